//! The token endpoint's limit and its lock-outs.

use std::time::Duration;

use loop_sandbox::{Done, NewApp, Options};
use serde_json::json;

use crate::world::World;

async fn world(cap: u32) -> World {
    World::with(Options { token_rate_limit: Some(cap), ..Options::default() }, NewApp::default()).await
}

#[tokio::test]
async fn over_the_cap_comes_a_429_of_the_documented_form_and_nothing_is_done() {
    let world = world(2).await;
    let tokens = world.signed_in().await;
    let tokens = world.refresh(&tokens.refresh).await.tokens();
    let limited = world.refresh(&tokens.refresh).await;
    assert_eq!((limited.status, limited.error().as_str()), (429, "rate_limited"));
    let seconds: u64 = limited.header("retry-after").parse().unwrap();
    let ms = limited.json()["retry_after_ms"].as_u64().unwrap();
    assert!((50_000..=60_000).contains(&ms) && seconds == ms.div_ceil(1000), "{seconds} s, {ms} ms");
    let entry = world.sandbox.journal().pop().unwrap();
    assert_eq!((entry.status, entry.done), (Some(429), Some(Done::Nothing)));
    world.sandbox.advance_clock(Duration::from_secs(seconds));
    world.refresh(&tokens.refresh).await.tokens();
    let stats = world.sandbox.stats();
    assert_eq!((stats.token_requests, stats.rate_limited, stats.lockouts), (4, 1, 0));
}

#[tokio::test]
async fn each_app_has_a_limit_of_its_own_and_none_is_the_default() {
    let world = world(1).await;
    world.signed_in().await;
    let other = world.sandbox.register(NewApp::named("Other").public()).await.unwrap();
    let fields = [("client_id", other.client_id.as_str()), ("grant_type", "refresh_token"), ("refresh_token", "x")];
    assert_eq!(world.form("/identity/v1/oauth/token", &[], &fields).await.error(), "invalid_grant");
    assert_eq!(world.form("/identity/v1/oauth/token", &[], &fields).await.error(), "rate_limited");
    world.lever("switches", json!({ "token_rate_limit": null })).await;
    for _ in 0..100 {
        assert_eq!(world.refresh("x").await.error(), "invalid_grant");
    }
}

#[tokio::test]
async fn who_ignores_the_wait_is_locked_out_for_15_minutes_and_then_for_an_hour() {
    let world = world(1).await;
    world.sandbox.switch(|rules| rules.lockout_after = 2);
    let mut tokens = world.signed_in().await;
    for (minutes, lockouts) in [(15, 1), (60, 2)] {
        for _ in 0..3 {
            assert_eq!(world.refresh(&tokens.refresh).await.status, 429);
        }
        assert_eq!(world.sandbox.stats().lockouts, lockouts);
        world.sandbox.advance_clock(Duration::from_secs(minutes * 60 - 5));
        let still = world.refresh(&tokens.refresh).await;
        assert_eq!(still.status, 429);
        assert!(still.header("retry-after").parse::<u64>().unwrap() <= 5);
        world.sandbox.advance_clock(Duration::from_secs(5));
        tokens = world.refresh(&tokens.refresh).await.tokens();
    }
    assert_eq!(world.sandbox.stats().rate_limited, 8);
}
