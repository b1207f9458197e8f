//! What tests of an SDK pull and read.

use loop_sandbox::{Done, IdTokenFault, Presented};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{CHALLENGE, VERIFIER, World, query_of};

#[tokio::test]
async fn the_journal_tells_the_whole_story_and_holds_no_secret() {
    let world = World::new().await;
    let callback = world.sandbox.sign_in(&world.authorization_url(&[]), "ada", true).await.unwrap();
    let code = query_of(&callback)["code"].clone();
    let first = world.exchange(&code).await.tokens();
    let second = world.refresh(&first.refresh).await.tokens();
    world.biomarkers(&second.access).await;
    world.get(&world.url(&format!("/clinical/v1/biomarkers/me?access_token={}", second.access))).await;
    world.oauth("revoke", &[("token", &second.refresh)]).await;
    world.authorize(&[("prompt", "none")]).await;
    // A secret in the wrong place is a secret still.
    let secret = world.app.client_secret.clone().unwrap();
    world.form("/identity/v1/oauth/token", &[], &[("client_id", &secret), ("grant_type", &second.refresh)]).await;
    let journal = world.get(&world.url("/_sandbox/journal")).await.text;
    let secrets = [
        &code,
        &first.access,
        &first.refresh,
        &second.access,
        &second.refresh,
        &secret,
        CHALLENGE,
        VERIFIER,
        "the-state",
        "the-nonce",
        first.body["id_token"].as_str().unwrap(),
    ];
    for secret in secrets {
        let prefix = ["lph_at_", "lph_rt_", "secret_"].iter().find(|prefix| secret.starts_with(**prefix));
        let body = &secret[prefix.map_or(0, |prefix| prefix.len())..];
        assert!(!journal.contains(body), "{secret} is in {journal}");
    }
    let entries = world.sandbox.journal();
    let tokens: Vec<_> = entries.iter().filter(|entry| entry.grant_type.is_some()).collect();
    assert_eq!(tokens[0].grant_type.as_deref(), Some("authorization_code"));
    assert_eq!(tokens[1].grant_type.as_deref(), Some("refresh_token"));
    assert_eq!(tokens[1].status, Some(200));
    assert_eq!(tokens[1].client_id.as_deref(), Some(world.app.client_id.as_str()));
    assert_eq!(tokens[1].form["refresh_token"], "lph_rt_…");
    assert_eq!(tokens[0].form["code"], "••••");
    let refused = entries.iter().find(|entry| entry.query.contains_key("prompt")).unwrap();
    assert_eq!(refused.error.as_deref(), Some("login_required"));
    assert!(entries.iter().map(|entry| entry.seq).eq(1..=entries.len() as u64));
}

#[tokio::test]
async fn a_cleared_journal_goes_on_counting() {
    let world = World::new().await;
    world.get(&world.url("/healthz")).await;
    assert_eq!(world.send(Method::DELETE, &world.url("/_sandbox/journal"), &[], None).await.status, 204);
    world.get(&world.url("/healthz")).await;
    let entries = world.sandbox.journal();
    assert_eq!((entries.len(), entries[0].seq), (1, 2));
}

#[tokio::test]
async fn every_fault_of_an_id_token_has_its_name_on_the_wire() {
    let world = World::new().await;
    for name in [
        "wrong_issuer",
        "wrong_audience",
        "wrong_nonce",
        "missing_nonce",
        "wrong_signature",
        "alg_none",
        "alg_hs256",
        "unknown_kid",
        "expired",
        "issued_in_future",
        "malformed",
        "missing",
        "right",
    ] {
        serde_json::from_value::<IdTokenFault>(json!(name)).expect(name);
    }
    assert_eq!(world.lever("id-token", json!({ "next": "missing" })).await.status, 204);
    assert_eq!(world.signed_in().await.body.get("id_token"), None);
    let unknown = world.lever("id-token", json!({ "next": "sideways" })).await;
    assert_eq!((unknown.status, unknown.error().as_str()), (400, "validation_error"));
}

#[tokio::test]
async fn the_clock_lever_expires_tokens() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.lever("clock", json!({ "advance_seconds": 3601 })).await;
    assert_eq!(world.biomarkers(&tokens.access).await.error(), "invalid_token");
}

#[tokio::test]
async fn an_answer_on_order_replaces_one_token_answer_and_rotates_nothing() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let order = json!({
        "status": 503, "content_type": "text/html", "body": "<h1>Busy</h1>", "headers": { "retry-after": "7" },
    });
    assert_eq!(world.lever("next-token-answer", order).await.status, 204);
    let canned = world.refresh(&tokens.refresh).await;
    assert_eq!((canned.status, canned.header("retry-after"), canned.text.as_str()), (503, "7", "<h1>Busy</h1>"));
    assert_eq!(canned.header("content-type"), "text/html");
    assert_eq!(world.refresh(&tokens.refresh).await.status, 200);
    let nonsense = world.lever("next-token-answer", json!({ "status": 42 })).await;
    assert_eq!(nonsense.status, 400);
}

#[tokio::test]
async fn a_person_who_disconnects_the_app_ends_its_tokens() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let order = json!({ "user_id": world.sandbox.people()[0].user_id, "client_id": world.app.client_id });
    assert_eq!(world.lever("revoke-grant", order.clone()).await.status, 204);
    assert_eq!(world.biomarkers(&tokens.access).await.error(), "invalid_token");
    assert_eq!(world.refresh(&tokens.refresh).await.error(), "invalid_grant");
    assert_eq!(world.lever("revoke-grant", order).await.status, 404);
    world.signed_in().await;
}

#[tokio::test]
async fn the_sign_in_lever_returns_the_callback_or_what_the_page_said() {
    let world = World::new().await;
    let order = |url: String, more: Value| {
        let mut order = json!({ "authorization_url": url, "person": "ben.castellano@example.com" });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let url = world.authorization_url(&[]);
    let answer = world.lever("sign-in", order(url.clone(), json!({ "untick": ["read:protocols"] }))).await;
    let callback = answer.json()["callback_url"].as_str().unwrap().to_owned();
    let tokens = world.exchange(&query_of(&callback)["code"]).await.tokens();
    assert_eq!(tokens.body["scope"], "openid read:biomarkers");
    let denied = world.lever("sign-in", order(url.clone(), json!({ "allow": false }))).await.json();
    assert!(denied["callback_url"].as_str().unwrap().contains("error=access_denied"));
    let bad = world.authorization_url(&[("redirect_uri", "http://localhost:9/other")]);
    let page = world.lever("sign-in", order(bad, json!({}))).await;
    assert_eq!((page.status, page.error().as_str()), (422, "invalid_request"));
    assert!(page.json()["page_text"].as_str().unwrap().contains("redirect_uri"));
    let foreign = world.lever("sign-in", order("https://example.com/identity/".to_owned(), json!({}))).await;
    assert_eq!((foreign.status, foreign.error().as_str()), (422, "invalid_order"));
    let openid = world.lever("sign-in", order(url, json!({ "untick": ["openid"] }))).await;
    assert_eq!(openid.error(), "invalid_order");
}

#[tokio::test]
async fn a_web_page_can_steer_nothing_and_another_hosts_name_reaches_nothing() {
    let world = World::new().await;
    let url = world.url("/_sandbox/keys/rotate");
    let foreign = world.send(Method::POST, &url, &[("origin", "https://evil.example")], None).await;
    assert_eq!((foreign.status, foreign.error().as_str()), (403, "forbidden"));
    let rebound = world.send(Method::GET, &world.url("/_sandbox/journal"), &[("host", "evil.example")], None).await;
    assert_eq!(rebound.status, 403);
}

#[tokio::test]
async fn the_journal_says_what_was_presented_and_what_was_done() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let digest = |secret: &str| {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(secret))[..16].to_owned()
    };
    let world = World::new().await;
    let code = world.code().await;
    let first = world.exchange(&code).await.tokens();
    world.refresh(&first.refresh).await.tokens();
    world.refresh(&first.refresh).await;
    world.refresh("lph_rt_never").await;
    world.exchange(&code).await;
    world.oauth("token", &[("grant_type", "password")]).await;
    let entries: Vec<_> = world.sandbox.journal().into_iter().filter(|entry| entry.path == "/v1/oauth/token").collect();
    let story: Vec<_> = entries.iter().map(|entry| (entry.presented_state, entry.done, entry.status)).collect();
    assert_eq!(
        story,
        [
            (Some(Presented::Live), Some(Done::Exchanged), Some(200)),
            (Some(Presented::Live), Some(Done::Rotated), Some(200)),
            (Some(Presented::Spent), Some(Done::GrantRevoked), Some(400)),
            (Some(Presented::Unknown), Some(Done::Refused), Some(400)),
            (Some(Presented::Spent), Some(Done::GrantRevoked), Some(400)),
            (None, Some(Done::Refused), Some(400)),
        ]
    );
    assert_eq!(entries[0].presented, Some(digest(&code)));
    assert_eq!(entries[1].presented, Some(digest(&first.refresh)));
    assert!(entries.iter().all(|entry| entry.at_ms >= entries[0].at_ms && entry.at_ms > 1_600_000_000_000));
    let json = world.get(&world.url("/_sandbox/journal")).await.json();
    let refresh = json.as_array().unwrap().iter().find(|entry| entry["grant_type"] == "refresh_token").unwrap();
    assert_eq!((&refresh["presented_state"], &refresh["done"]), (&json!("live"), &json!("rotated")));
}

#[tokio::test]
async fn the_stats_count_and_begin_again() {
    let world = World::new().await;
    let code = world.code().await;
    let first = world.exchange(&code).await.tokens();
    world.refresh(&first.refresh).await.tokens();
    world.refresh(&first.refresh).await;
    world.exchange(&code).await;
    world.oauth("introspect", &[("token", &first.access)]).await;
    let stats = world.get(&world.url("/_sandbox/stats")).await.json();
    let expected = json!({
        "token_requests": 4, "exchanges": 2, "refreshes": 2, "rotations": 1, "replays": 1, "code_replays": 1,
        "superseded_uses": 0, "revoked_families": 2, "alerts": 1, "rate_limited": 0, "lockouts": 0, "introspections": 1,
        "api_requests": 0, "api_writes_done": 0, "api_replays": 0, "api_rate_limited": 0, "api_lockouts": 0,
        "api_ignored": 0,
    });
    assert_eq!(stats, expected);
    assert_eq!(json!(world.sandbox.stats()), expected);
    assert_eq!(world.send(Method::DELETE, &world.url("/_sandbox/stats"), &[], None).await.status, 204);
    assert_eq!(world.sandbox.stats().token_requests, 0);
}

#[tokio::test]
async fn access_tokens_can_be_ended_for_one_person_or_app_and_refreshes_go_on() {
    let world = World::new().await;
    let user_id = world.sandbox.people()[0].user_id;
    let tokens = world.signed_in().await;
    let nobody = world.lever("expire-access", json!({ "user_id": "user_nobody" })).await.json();
    assert_eq!(nobody, json!({ "expired": 0 }));
    assert_eq!(world.biomarkers(&tokens.access).await.status, 200);
    let order = json!({ "user_id": user_id, "client_id": world.app.client_id });
    assert_eq!(world.lever("expire-access", order).await.json(), json!({ "expired": 1 }));
    assert_eq!(world.biomarkers(&tokens.access).await.error(), "invalid_token");
    let next = world.refresh(&tokens.refresh).await.tokens();
    assert_eq!(world.biomarkers(&next.access).await.status, 200);
    assert_eq!(world.sandbox.expire_access(None, None), 1);
    assert_eq!(world.biomarkers(&next.access).await.error(), "invalid_token");
}

#[tokio::test]
async fn a_lever_goes_below_the_shortest_life_that_the_portal_allows() {
    let world = World::new().await;
    let path = format!("/_sandbox/clients/{}", world.app.client_id);
    let portal = world.json(Method::PATCH, &path, json!({ "access_token_seconds": 299 })).await;
    assert_eq!((portal.status, portal.error().as_str()), (400, "validation_error"));
    let order = json!({ "client_id": world.app.client_id, "seconds": 2 });
    assert_eq!(world.lever("access-token-seconds", order).await.status, 204);
    assert_eq!(world.signed_in().await.body["expires_in"], 2);
    assert_eq!(world.json(Method::PATCH, &path, json!({ "client_name": "New" })).await.status, 200);
    let unknown = world.lever("access-token-seconds", json!({ "client_id": "client_nobody", "seconds": 2 })).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_skewed_clock_lies_in_the_date_header_and_the_id_token_and_nowhere_else() {
    use base64::Engine as _;
    for skew in [-400_i64, 400] {
        let world = World::new().await;
        world.lever("switches", json!({ "clock_skew_seconds": skew })).await;
        let answer = world.exchange(&world.code().await).await;
        let now = world.get(&world.url("/_sandbox/clock")).await.json()["now_seconds"].as_i64().unwrap();
        let date = httpdate::parse_http_date(answer.header("date")).unwrap();
        let date = i64::try_from(date.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap();
        assert!((date - now - skew).abs() <= 2, "{date} at {now}");
        let tokens = answer.tokens();
        let claims = tokens.body["id_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert!((claims["iat"].as_i64().unwrap() - now - skew).abs() <= 2);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
        assert_eq!(world.biomarkers(&tokens.access).await.status, 200);
        assert_eq!(world.refresh(&tokens.refresh).await.status, 200);
    }
}
