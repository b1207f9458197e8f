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

#[tokio::test]
async fn introspection_and_revocation_have_limits_of_their_own_and_one_lock_out() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.switch(|rules| {
        rules.introspect_rate_limit = Some(2);
        rules.revoke_rate_limit = Some(1);
        rules.lockout_after = 2;
    });
    let introspect = async || world.oauth("introspect", &[("token", &tokens.access)]).await;
    let revoke = async || world.oauth("revoke", &[("token", "lph_at_none")]).await;
    assert_eq!((introspect().await.status, introspect().await.status), (200, 200));
    let limited = introspect().await;
    assert_eq!((limited.status, limited.error().as_str()), (429, "rate_limited"));
    assert!((1..=60).contains(&limited.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!((revoke().await.status, revoke().await.status), (200, 429));
    assert_eq!(world.refresh("x").await.error(), "invalid_grant", "the token endpoint has its own");
    world.sandbox.advance_clock(Duration::from_secs(60));
    assert_eq!(introspect().await.status, 200);
    for _ in 0..4 {
        introspect().await;
    }
    assert_eq!(world.sandbox.stats().lockouts, 1);
    world.sandbox.advance_clock(Duration::from_secs(61));
    assert_eq!(revoke().await.error(), "rate_limited", "locked out of one is locked out of all");
    world.sandbox.advance_clock(Duration::from_secs(900));
    assert_eq!(revoke().await.status, 200);
}

#[tokio::test]
async fn sign_ins_are_limited_by_address_and_nobody_is_locked_out() {
    let world = World::new().await;
    world.sandbox.switch(|rules| {
        rules.authorize_rate_limit = Some(2);
        rules.lockout_after = 1;
    });
    assert_eq!((world.authorize(&[]).await.status, world.authorize(&[]).await.status), (303, 303));
    let limited = world.authorize(&[]).await;
    assert_eq!((limited.status, limited.error().as_str()), (429, "rate_limited"));
    let url = world.authorization_url(&[]);
    let page = world.send(reqwest::Method::GET, &url, &[("accept", "text/html,*/*")], None).await;
    assert_eq!((page.status, page.header("content-type")), (429, "text/html; charset=utf-8"));
    assert!(page.text.contains("data-error=\"rate_limited\"") && !page.header("retry-after").is_empty());
    // The rest of 127.0.0.0/8 is this machine too, and another address.
    let elsewhere = reqwest::Client::builder()
        .local_address(std::net::IpAddr::from([127, 0, 0, 2]))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(elsewhere.get(&url).send().await.unwrap().status(), 303);
    }
    for _ in 0..5 {
        world.authorize(&[]).await;
    }
    world.sandbox.advance_clock(Duration::from_secs(61));
    assert_eq!(world.authorize(&[]).await.status, 303);
    assert_eq!(world.sandbox.stats().lockouts, 0);
}

#[tokio::test]
async fn the_platforms_figures_are_set_together() {
    let mut rules = loop_sandbox::Switches::default();
    rules.limit_as_the_platform();
    let oauth =
        (rules.authorize_rate_limit, rules.token_rate_limit, rules.introspect_rate_limit, rules.revoke_rate_limit);
    assert_eq!(oauth, (Some(30), Some(60), Some(600), Some(60)));
    assert_eq!(
        (rules.read_rate_limit, rules.write_rate_limit, rules.admin_rate_limit),
        (Some(1000), Some(200), Some(100))
    );
}
