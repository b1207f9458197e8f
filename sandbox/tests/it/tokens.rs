//! The token endpoint, introspection and revocation.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use loop_sandbox::{NewApp, Options, Rotation};
use reqwest::Method;
use serde_json::json;

use crate::world::{REDIRECT_URI, VERIFIER, World};

const TOKEN: &str = "/identity/v1/oauth/token";

#[tokio::test]
async fn a_code_gives_tokens_of_the_documented_form_and_they_open_the_data() {
    let world = World::new().await;
    let answer = world.exchange(&world.code().await).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.tokens();
    assert!(tokens.access.starts_with("lph_at_") && tokens.refresh.starts_with("lph_rt_"));
    assert_eq!(tokens.body["token_type"], "Bearer");
    assert_eq!(tokens.body["expires_in"], 3600);
    assert_eq!(tokens.body["scope"], "openid read:biomarkers read:protocols");
    assert_eq!(world.biomarkers(&tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_code_that_is_wrong_in_any_way_is_an_invalid_grant() {
    let world = World::new().await;
    let other_verifier = "a".repeat(43);
    for (redirect_uri, verifier) in [(REDIRECT_URI, other_verifier.as_str()), ("http://localhost:3000/other", VERIFIER)]
    {
        let code = world.code().await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let answer = world.oauth("token", &fields).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
        assert_eq!(world.exchange(&code).await.error(), "invalid_grant", "a failed try must spend the code");
    }
    assert_eq!(world.exchange("never-was-one").await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_code_lives_for_sixty_seconds() {
    let world = World::new().await;
    let (early, late) = (world.code().await, world.code().await);
    world.sandbox.advance_clock(Duration::from_secs(58));
    assert_eq!(world.exchange(&early).await.status, 200);
    world.sandbox.advance_clock(Duration::from_secs(3));
    assert_eq!(world.exchange(&late).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_code_used_twice_takes_back_everything_that_came_of_it() {
    let world = World::new().await;
    let code = world.code().await;
    let first = world.exchange(&code).await.tokens();
    let second = world.refresh(&first.refresh).await.tokens();
    assert_eq!(world.exchange(&code).await.error(), "invalid_grant");
    assert_eq!(world.biomarkers(&first.access).await.status, 401);
    assert_eq!(world.biomarkers(&second.access).await.status, 401);
    assert_eq!(world.refresh(&second.refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn another_app_can_neither_redeem_nor_spoil_a_code() {
    let world = World::new().await;
    let code = world.code().await;
    let other = world.sandbox.register(NewApp::named("Other").public()).await.unwrap();
    let fields = [
        ("client_id", other.client_id.as_str()),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(world.form(TOKEN, &[], &fields).await.error(), "invalid_grant");
    assert_eq!(world.exchange(&code).await.status, 200);
}

#[tokio::test]
async fn a_confidential_app_must_show_its_secret_also_when_it_refreshes() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let id = world.app.client_id.as_str();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str()), ("client_id", id)];
    let missing = world.form(TOKEN, &[], &refresh).await;
    assert_eq!((missing.status, missing.error().as_str()), (401, "invalid_client"));
    let wrong = [refresh.to_vec(), vec![("client_secret", "secret_wrong")]].concat();
    assert_eq!(world.form(TOKEN, &[], &wrong).await.error(), "invalid_client");
    let nobody = [("client_id", "client_nobody"), ("client_secret", "x"), ("grant_type", "refresh_token")];
    assert_eq!(world.form(TOKEN, &[], &nobody).await.error(), "invalid_client");
    assert_eq!(world.refresh(&tokens.refresh).await.status, 200, "none of these tries may spend the token");
}

#[tokio::test]
async fn http_basic_serves_as_well_and_never_together_with_the_form() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let secret = world.app.client_secret.clone().unwrap();
    let basic = |secret: &str| format!("Basic {}", STANDARD.encode(format!("{}:{secret}", world.app.client_id)));
    let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    let wrong = world.form(TOKEN, &[("authorization", &basic("nope"))], &fields).await;
    assert_eq!((wrong.status, wrong.error().as_str()), (401, "invalid_client"));
    assert!(wrong.header("www-authenticate").starts_with("Basic"));
    let both = [fields.to_vec(), vec![("client_secret", secret.as_str())]].concat();
    assert_eq!(world.form(TOKEN, &[("authorization", &basic(&secret))], &both).await.error(), "invalid_request");
    assert_eq!(world.form(TOKEN, &[("authorization", &basic(&secret))], &fields).await.status, 200);
}

#[tokio::test]
async fn a_public_app_needs_no_secret_and_must_send_none() {
    let world = World::with(Options::default(), NewApp::default().public()).await;
    assert!(world.app.client_secret.is_none());
    let tokens = world.signed_in().await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh), ("client_secret", "x")];
    assert_eq!(world.oauth("token", &fields).await.error(), "unauthorized_client");
    assert_eq!(world.refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn the_form_must_be_a_form_and_whole() {
    let world = World::new().await;
    let url = world.url(TOKEN);
    let json_body = [("content-type", "application/json")];
    assert_eq!(world.send(Method::POST, &url, &json_body, Some("{}".into())).await.error(), "invalid_request");
    assert_eq!(world.send(Method::POST, &format!("{url}?code=x"), &[], None).await.error(), "invalid_request");
    assert_eq!(world.oauth("token", &[]).await.error(), "invalid_request");
    assert_eq!(world.oauth("token", &[("grant_type", "password")]).await.error(), "unsupported_grant_type");
    assert_eq!(world.oauth("token", &[("grant_type", "client_credentials")]).await.error(), "unsupported_grant_type");
    assert_eq!(world.oauth("token", &[("grant_type", "refresh_token")]).await.error(), "invalid_request");
    let twice = [("grant_type", "refresh_token"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
    let answer = world.oauth("token", &twice).await;
    assert_eq!(answer.error(), "invalid_request");
    let uri = answer.json()["error_uri"].as_str().unwrap().to_owned();
    assert_eq!(uri, "https://platform.loop.health/connect/errors#invalid_request");
    assert_eq!(world.get(&url).await.status, 405);
}

#[tokio::test]
async fn every_refresh_rotates_and_earlier_access_tokens_live_on() {
    let world = World::new().await;
    let first = world.signed_in().await;
    let second = world.refresh(&first.refresh).await.tokens();
    assert_ne!(first.refresh, second.refresh);
    assert_ne!(first.access, second.access);
    assert!(second.body.get("id_token").is_none());
    assert_eq!(world.biomarkers(&first.access).await.status, 200);
    assert_eq!(world.biomarkers(&second.access).await.status, 200);
}

#[tokio::test]
async fn using_a_refresh_token_twice_ends_the_grant_and_raises_an_alert() {
    let world = World::new().await;
    let first = world.signed_in().await;
    let second = world.refresh(&first.refresh).await.tokens();
    let reuse = world.refresh(&first.refresh).await;
    assert_eq!((reuse.status, reuse.error().as_str()), (400, "invalid_grant"));
    assert_eq!(world.refresh(&second.refresh).await.error(), "invalid_grant");
    for token in [&first.access, &second.access] {
        assert_eq!(world.biomarkers(token).await.error(), "invalid_token");
    }
    let alerts = world.get(&world.url("/_sandbox/alerts")).await.json();
    assert_eq!(alerts.as_array().unwrap().len(), 1);
    assert_eq!(alerts[0]["kind"], "refresh_token_reused");
    assert_eq!(alerts[0]["client_id"], world.app.client_id);
}

#[tokio::test]
async fn a_new_sign_in_replaces_the_refresh_token_and_the_former_one_does_no_harm() {
    let world = World::new().await;
    let former = world.signed_in().await;
    let present = world.signed_in().await;
    assert_eq!(world.refresh(&former.refresh).await.error(), "invalid_grant");
    assert_eq!(world.biomarkers(&present.access).await.status, 200);
    assert_eq!(world.refresh(&present.refresh).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_lives_for_90_days_from_its_last_use() {
    let world = World::new().await;
    let day = Duration::from_secs(24 * 3600);
    let mut tokens = world.signed_in().await;
    for _ in 0..3 {
        world.sandbox.advance_clock(day * 89);
        tokens = world.refresh(&tokens.refresh).await.tokens();
    }
    world.sandbox.advance_clock(day * 91);
    assert_eq!(world.refresh(&tokens.refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_may_narrow_its_access_token_but_never_widen_it() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let refresh = |token: String, scope: &'static str| {
        let world = &world;
        async move {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", scope)];
            world.oauth("token", &fields).await
        }
    };
    assert_eq!(refresh(tokens.refresh.clone(), "read:biomarkers email").await.error(), "invalid_scope");
    let narrow = refresh(tokens.refresh, "read:protocols").await.tokens();
    assert_eq!(narrow.body["scope"], "read:protocols");
    assert_eq!(world.biomarkers(&narrow.access).await.error(), "insufficient_scope");
    let whole = world.refresh(&narrow.refresh).await.tokens();
    assert_eq!(world.biomarkers(&whole.access).await.status, 200);
}

#[tokio::test]
async fn an_access_token_lives_as_long_as_its_app_was_registered_with() {
    let world = World::with(Options::default(), NewApp::default().access_token_seconds(2)).await;
    let tokens = world.signed_in().await;
    assert_eq!(tokens.body["expires_in"], 2);
    world.sandbox.advance_clock(Duration::from_secs(3));
    assert_eq!(world.biomarkers(&tokens.access).await.error(), "invalid_token");
}

#[tokio::test]
async fn introspection_answers_for_the_apps_own_tokens_only() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let access = world.oauth("introspect", &[("token", &tokens.access)]).await.json();
    assert_eq!(access["active"], true);
    assert_eq!(access["token_type"], "Bearer");
    assert_eq!(access["client_id"], world.app.client_id);
    assert_eq!(access["sub"], world.sandbox.people()[0].user_id);
    assert_eq!(world.oauth("introspect", &[("token", &tokens.refresh)]).await.json()["active"], true);
    let inactive = json!({ "active": false });
    assert_eq!(world.oauth("introspect", &[("token", "lph_at_x")]).await.json(), inactive);
    let other = world.sandbox.register(NewApp::named("Other").public()).await.unwrap();
    let fields = [("client_id", other.client_id.as_str()), ("token", &tokens.access)];
    assert_eq!(world.form("/identity/v1/oauth/introspect", &[], &fields).await.json(), inactive);
    let stranger = world.form("/identity/v1/oauth/introspect", &[], &[("token", &tokens.access)]).await;
    assert_eq!((stranger.status, stranger.error().as_str()), (400, "invalid_request"));
}

#[tokio::test]
async fn introspection_calls_inactive_what_a_refresh_would_refuse_and_active_what_it_would_grant() {
    let world = World::new().await;
    let active = async |token: &str| world.oauth("introspect", &[("token", token)]).await.json()["active"].clone();
    let spent = world.signed_in().await;
    let replaced = world.refresh(&spent.refresh).await.tokens();
    let live = world.signed_in().await;
    assert_eq!(active(&spent.refresh).await, false);
    assert_eq!(active(&replaced.refresh).await, false);
    assert_eq!(active(&live.refresh).await, true);
    let next = world.refresh(&live.refresh).await.tokens();
    world.sandbox.switch(|rules| rules.rotation = Rotation::Grace { seconds: 60 });
    assert_eq!(active(&live.refresh).await, true, "within the grace it would be granted");
    world.sandbox.switch(|rules| rules.rotation = Rotation::Strict);
    world.sandbox.advance_clock(Duration::from_secs(90 * 24 * 3600 + 1));
    assert_eq!(active(&next.refresh).await, false, "expired");
    assert_eq!(world.sandbox.stats().replays, 0, "asking is not using");
}

#[tokio::test]
async fn introspection_needs_the_apps_secret() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    for (secret, error) in [(None, "invalid_client"), (Some("secret_wrong"), "invalid_client")] {
        let mut fields = vec![("client_id", world.app.client_id.as_str()), ("token", tokens.refresh.as_str())];
        fields.extend(secret.map(|secret| ("client_secret", secret)));
        let answer = world.form("/identity/v1/oauth/introspect", &[], &fields).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, error));
    }
}

#[tokio::test]
async fn introspection_may_be_switched_to_answer_what_was_true_a_while_ago() {
    let world = World::new().await;
    let active = async |token: &str| world.oauth("introspect", &[("token", token)]).await.json()["active"].clone();
    let tokens = world.signed_in().await;
    assert_eq!(active(&tokens.refresh).await, true);
    world.lever("switches", json!({ "introspection_cache_seconds": 30 })).await;
    assert_eq!(active(&tokens.refresh).await, true);
    let next = world.refresh(&tokens.refresh).await.tokens();
    assert_eq!(active(&tokens.refresh).await, true, "an old answer");
    assert_eq!(active(&next.refresh).await, true);
    world.sandbox.advance_clock(Duration::from_secs(31));
    assert_eq!(active(&tokens.refresh).await, false);
}

#[tokio::test]
async fn revoking_an_access_token_leaves_the_rest_and_a_refresh_token_takes_all() {
    let world = World::new().await;
    let first = world.signed_in().await;
    let second = world.refresh(&first.refresh).await.tokens();
    assert_eq!(world.oauth("revoke", &[("token", &first.access)]).await.status, 200);
    assert_eq!(world.biomarkers(&first.access).await.status, 401);
    assert_eq!(world.biomarkers(&second.access).await.status, 200);
    for _ in 0..2 {
        assert_eq!(world.oauth("revoke", &[("token", &second.refresh)]).await.status, 200);
    }
    assert_eq!(world.biomarkers(&second.access).await.status, 401);
    assert_eq!(world.refresh(&second.refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn another_app_can_revoke_nothing() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let other = world.sandbox.register(NewApp::named("Other").public()).await.unwrap();
    for token in [&tokens.access, &tokens.refresh] {
        let fields = [("client_id", other.client_id.as_str()), ("token", token)];
        assert_eq!(world.form("/identity/v1/oauth/revoke", &[], &fields).await.status, 200);
    }
    assert_eq!(world.biomarkers(&tokens.access).await.status, 200);
    assert_eq!(world.refresh(&tokens.refresh).await.status, 200);
}
