//! The quickstart's six steps, as `cargo xtask demo` shows them: prints what it does as JSON lines, reads the callback URL.
#![allow(clippy::print_stdout, reason = "its output is what the demo reads")]
#![allow(clippy::disallowed_methods, reason = "waits for a real token to end")]

use std::error::Error;
use std::time::SystemTime;

use loop_sdk::{AuthorizationRequest, LoopClient};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // LOOP_CLIENT_ID, LOOP_CLIENT_SECRET, LOOP_REDIRECT_URI, LOOP_SCOPES and LOOP_ENVIRONMENT say the rest.
    let client = LoopClient::builder().build()?;

    let begun = client.authorization_url(AuthorizationRequest::new()).await?;
    println!("{}", json!({"step": 2, "authorization_url": begun.url}));

    let mut callback_url = String::new();
    std::io::stdin().read_line(&mut callback_url)?;
    let tokens = client.handle_callback(&callback_url, Some(&begun.browser_secret)).await?;
    println!("{}", json!({"step": 3}));
    let text = jiff::Timestamp::try_from(tokens.expires_at)?.to_string();
    println!("{}", json!({"step": 4, "user_id": tokens.user_id, "scopes": tokens.scopes, "expires_at": text}));

    let user = client.user(&tokens.user_id);
    let biomarkers = user.clinical().list_biomarkers().await?;
    println!("{}", json!({"step": 5, "biomarkers": biomarkers.items}));

    // The demo's tokens live two seconds; an hour later this would be the same call.
    tokio::time::sleep(tokens.expires_at.duration_since(SystemTime::now()).unwrap_or_default()).await;
    user.clinical().list_biomarkers().await?;
    let rotated = client.access_token(&tokens.user_id).await?.expose() != tokens.access_token.expose();
    println!("{}", json!({"step": 6, "rotated": rotated}));
    Ok(())
}
