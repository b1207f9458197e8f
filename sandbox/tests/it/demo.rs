//! The demo, with walkers made for it.

use loop_sandbox::demo::{Painter, Stage, WalkerCommand, run, walk};
use loop_sandbox::{NewApp, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex};

use crate::world::{World, query_of};

async fn say(stream: &mut DuplexStream, line: Value) {
    stream.write_all(format!("{line}\n").as_bytes()).await.unwrap();
}

/// A walker in this process. `refreshes` is how often it refreshes at step 6.
async fn walker(world: &World, mut out: DuplexStream, input: DuplexStream, refreshes: usize) {
    say(&mut out, json!({ "step": 2, "authorization_url": world.authorization_url(&[]) })).await;
    let mut callback = String::new();
    BufReader::new(input).read_line(&mut callback).await.unwrap();
    say(&mut out, json!({ "step": 3 })).await;
    let mut tokens = world.exchange(&query_of(callback.trim())["code"]).await.tokens();
    let user_id = world.sandbox.people()[0].user_id;
    let scopes = ["openid", "read:biomarkers", "read:protocols"];
    say(&mut out, json!({ "step": 4, "user_id": user_id, "scopes": scopes, "expires_at": "2026-01-01T00:00:00Z" }))
        .await;
    let results = world.biomarkers(&tokens.access).await.json()["results"].clone();
    say(&mut out, json!({ "step": 5, "biomarkers": results })).await;
    for _ in 0..refreshes {
        tokens = world.refresh(&tokens.refresh).await.tokens();
    }
    world.biomarkers(&tokens.access).await;
    say(&mut out, json!({ "step": 6, "rotated": true })).await;
}

async fn walked(refreshes: usize) -> (Result<(), String>, String) {
    let world = World::with(Options::default(), NewApp::default().access_token_seconds(2)).await;
    let (walker_out, demo_in) = duplex(64 * 1024);
    let (demo_out, walker_in) = duplex(64 * 1024);
    let stage = Stage {
        sandbox: &world.sandbox,
        app: &world.app,
        redirect_uri: "http://localhost:3000/callback",
        painter: Painter::new(false),
    };
    let mut shown = Vec::new();
    let demo = walk(&stage, BufReader::new(demo_in), demo_out, &mut shown);
    let (outcome, ()) = tokio::join!(demo, walker(&world, walker_out, walker_in, refreshes));
    (outcome.map_err(|failure| failure.to_string()), String::from_utf8(shown).unwrap())
}

#[tokio::test]
async fn a_walker_that_does_it_right_is_shown_step_by_step_without_a_secret() {
    let (outcome, shown) = walked(1).await;
    outcome.unwrap();
    for words in [
        "Register your app",
        "Send the browser to Loop",
        "View your lab results",
        "Exchange the code",
        "Ferritin",
        "15 – 150",
        "POST /identity/v1/oauth/token",
        "refresh_token=lph_rt_…",
        "Bearer ••••",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    for secret in ["the-state", "the-nonce", crate::world::CHALLENGE, crate::world::VERIFIER] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_walker_that_refreshes_never_or_twice_fails() {
    for refreshes in [0, 2] {
        let refusal = walked(refreshes).await.0.unwrap_err();
        assert!(refusal.contains("Step 6") && refusal.contains("exactly one"), "{refusal}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_walker_that_crashes_or_talks_nonsense_fails_with_its_own_last_words() {
    let walkers: Vec<WalkerCommand> = ["Crash=echo no such module >&2; exit 3", "Chatter=echo hello", "Silent=true"]
        .map(|text| text.parse().unwrap())
        .to_vec();
    let mut shown = Vec::new();
    assert!(!run(&walkers, Painter::new(false), &mut shown).await.unwrap());
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("│ no such module") && shown.contains("exit status: 3"), "{shown}");
    assert!(shown.contains("the walker printed: hello"), "{shown}");
    assert_eq!(shown.matches("  ✗ ").count(), 6, "{shown}");
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn a_walker_is_a_label_and_a_command() {
    let walker: WalkerCommand = "Python=A=b python3 walk.py".parse().unwrap();
    assert_eq!((walker.label.as_str(), walker.command.as_str()), ("Python", "A=b python3 walk.py"));
    assert!("python3 walk.py".parse::<WalkerCommand>().is_err());
}
