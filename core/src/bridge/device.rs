//! What an app on a person's own device adds: a sign-in in one call, and a `user_id` that may be left out.

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::call::{AUTHORIZATION_REQUEST, authorization_request, tokens_json};
use super::client::Hooks;
use crate::client::LoopClient;
use crate::config::invalid;
use crate::error::{Code, Error};
use crate::grant::manager::not_connected;
use crate::status::Standing;

/// Sends the person to the browser and finishes the sign-in that comes back.
///
/// An app that is killed meanwhile finishes it later from the redirect URL alone, by `handle_callback`: what was begun
/// is in the store.
pub(super) async fn sign_in(
    client: &LoopClient,
    hooks: &Hooks,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    let Some(browser) = &hooks.browser else {
        return Err(invalid("browser", "must be given to the client: `sign_in` opens it"));
    };
    let request = authorization_request(&Arguments::new(arguments, &AUTHORIZATION_REQUEST)?)?;
    let begun = client.authorization_url(request).await?;
    let redirect_uri = client.inner.config.redirect_uri.clone().unwrap_or_default();
    let callback = browser(begun.url, redirect_uri).await?.ok_or_else(|| {
        Error::new(Code::SignInAbandoned, "The person closed the browser before the sign-in was finished.")
    })?;
    client.handle_callback(&callback, Some(&begun.browser_secret)).await.map(|tokens| tokens_json(&tokens))
}

/// The arguments with the user that they leave out, where the device's store holds one grant.
pub(super) async fn with_only_user(
    client: &LoopClient,
    arguments: &Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let mut arguments = arguments.clone();
    let is_given = |name| arguments.get(name).is_some_and(|value| !value.is_null());
    if !is_given("user_id") && !is_given("userId") {
        let user_id = only_user(client).await?;
        arguments.remove("userId");
        arguments.insert("user_id".to_owned(), user_id.into());
    }
    Ok(arguments)
}

async fn only_user(client: &LoopClient) -> Result<String, Error> {
    let (mut current, mut over, mut cursor) = (Vec::new(), Vec::new(), None);
    loop {
        let page = client.grants(cursor.as_deref(), None).await?;
        for status in page.items {
            // Somebody whose grant is over, and somebody who signed in after them, are not two to choose from.
            let kind = if status.standing == Standing::Ended { &mut over } else { &mut current };
            kind.push(status.user_id);
        }
        cursor = page.next_cursor;
        if cursor.is_none() || current.len() > 1 {
            break;
        }
    }
    let candidates = if current.is_empty() { over } else { current };
    match <[String; 1]>::try_from(candidates) {
        Ok([user_id]) => Ok(user_id),
        Err(none) if none.is_empty() => Err(not_connected()),
        Err(_) => Err(invalid("user_id", "must be given: the store holds the grants of several people")),
    }
}
