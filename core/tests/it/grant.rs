//! The life of a grant: refreshed once whoever asks, saved before it is seen, ended cleanly.

use std::sync::Arc;

use crate::support::{HOUR, World, code};
use loop_sandbox::NewApp;
use loop_sdk::store::{MemoryStore, TokenStore};
use loop_sdk::{ApiRequest, Code, ImportGrant, Imported, LoopClient};

#[tokio::test]
async fn a_token_that_lives_is_used_and_one_that_ends_is_rotated() {
    let world = World::new().await;
    let tokens = world.connect().await;
    let first = world.client.access_token(&tokens.user_id).await.unwrap();
    assert_eq!(first, tokens.access_token);
    assert!(world.token_requests("refresh_token").is_empty());
    for round in 1..=3 {
        world.later(HOUR);
        let next = world.client.access_token(&tokens.user_id).await.unwrap();
        assert_ne!(next, first);
        assert_eq!(world.token_requests("refresh_token").len(), round);
    }
}

async fn refresh_from_all(world: &World, clients: Vec<LoopClient>, user_id: &str) {
    let calls = clients.into_iter().map(|client| {
        let user_id = user_id.to_owned();
        tokio::spawn(async move { client.user(user_id).clinical().list_biomarkers().await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    let requests = world.token_requests("refresh_token");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].status, Some(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_on_an_expired_token_make_one_request() {
    let world = World::new().await;
    let tokens = world.connect().await;
    world.later(HOUR);
    refresh_from_all(&world, vec![world.client.clone(); 64], &tokens.user_id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_on_one_sqlite_file_make_one_request() {
    let directory = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", directory.path().join("grants.db").display());
    let world = World::with(NewApp::default(), |builder| builder.store(&store)).await;
    let tokens = world.connect().await;
    world.later(HOUR);
    let clients = (0..8).map(|_| world.builder().store(&store).build().unwrap()).collect();
    refresh_from_all(&world, clients, &tokens.user_id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_does_not_cancel_the_refresh() {
    let world = World::new().await;
    let tokens = world.connect().await;
    for _ in 0..20 {
        world.later(HOUR);
        let (client, user_id) = (world.client.clone(), tokens.user_id.clone());
        let call = tokio::spawn(async move { client.access_token(&user_id).await });
        tokio::task::yield_now().await;
        call.abort();
        world.client.access_token(&tokens.user_id).await.unwrap();
    }
    let requests = world.token_requests("refresh_token");
    assert!(requests.iter().all(|entry| entry.status == Some(200)));
    assert!(requests.len() <= 20);
}

#[tokio::test]
async fn a_grant_that_loop_ended_says_so_and_is_not_tried_again() {
    let world = World::new().await;
    let tokens = world.connect().await;
    // The person signs in on another device with the same app: this store's refresh token is replaced.
    let other = world.builder().build().unwrap();
    let begun = other.authorization_url(loop_sdk::AuthorizationRequest::new()).await.unwrap();
    let callback = world.allow(&begun).await;
    other.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    world.later(HOUR);
    for _ in 0..3 {
        assert_eq!(code(world.client.access_token(&tokens.user_id).await), Code::GrantEnded);
    }
    assert_eq!(world.token_requests("refresh_token").len(), 1);
    assert!(other.access_token(&tokens.user_id).await.is_ok(), "the newer sign-in lives on");
}

#[tokio::test]
async fn a_user_without_a_grant_is_not_connected() {
    let world = World::new().await;
    assert_eq!(code(world.client.access_token("user_nobody").await), Code::NotConnected);
    assert!(world.client.revoke("user_nobody").await.is_ok());
}

#[tokio::test]
async fn disconnecting_ends_the_grant_at_loop_and_here() {
    let world = World::new().await;
    let tokens = world.connect().await;
    world.client.revoke(&tokens.user_id).await.unwrap();
    assert_eq!(code(world.client.access_token(&tokens.user_id).await), Code::NotConnected);
    let revocations: Vec<_> =
        world.sandbox.journal().into_iter().filter(|entry| entry.path == "/v1/oauth/revoke").collect();
    assert!(!revocations.is_empty() && revocations.iter().all(|entry| entry.status == Some(200)));
    world.client.revoke(&tokens.user_id).await.unwrap();

    let again = world.connect().await;
    assert_eq!(again.user_id, tokens.user_id);
    assert!(world.client.access_token(&again.user_id).await.is_ok());
}

#[tokio::test]
async fn a_disconnect_that_loop_did_not_confirm_can_be_repeated() {
    let world = World::new().await;
    let tokens = world.connect().await;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let offline = LoopClient::builder()
        .client_id(&world.app.client_id)
        .environment(loop_sdk::Environment::Template(format!("http://127.0.0.1:{free}/{{service}}")))
        .store_object(Arc::clone(&store))
        .build()
        .unwrap();
    let grant = ImportGrant::new(&tokens.user_id, "lph_rt_somewhere");
    offline.import_grant(grant).await.unwrap();
    for _ in 0..2 {
        assert_eq!(code(offline.revoke(&tokens.user_id).await), Code::RevokeUnconfirmed);
        assert_eq!(code(offline.access_token(&tokens.user_id).await), Code::NotConnected);
    }
}

#[tokio::test]
async fn an_import_brings_a_grant_once() {
    let world = World::new().await;
    let tokens = world.connect().await;
    // Another app of the same registration, with a store of its own, takes the grant over.
    let (taker, user_id) = (world.builder().build().unwrap(), tokens.user_id.as_str());
    let held = refresh_token_by_hand(&world).await;
    let import = || taker.import_grant(ImportGrant::new(user_id, held.as_str()));
    assert_eq!(import().await.unwrap(), Imported::Imported);
    assert_eq!(import().await.unwrap(), Imported::AlreadyHeld);
    assert!(taker.access_token(user_id).await.is_ok());
    assert_eq!(import().await.unwrap(), Imported::KnownSpent, "the refresh has used it");
    assert_eq!(code(taker.import_grant(ImportGrant::new(user_id, "another")).await), Code::GrantExists);
    let mut replace = ImportGrant::new(user_id, "another");
    replace.replace = true;
    assert_eq!(taker.import_grant(replace).await.unwrap(), Imported::Imported);
}

/// The refresh token that a client never hands out, from the answer of a sign-in done by hand.
async fn refresh_token_by_hand(world: &World) -> String {
    let verifier = "0123456789012345678901234567890123456789012";
    let mut url = url::Url::parse(&format!("{}/identity/v1/oauth/authorize", world.sandbox.base_url())).unwrap();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &world.app.client_id)
        .append_pair("redirect_uri", crate::support::REDIRECT_URI)
        .append_pair("scope", "read:biomarkers")
        .append_pair("state", "state-of-the-test")
        .append_pair("code_challenge", &challenge_of(verifier))
        .append_pair("code_challenge_method", "S256");
    let callback = world.sandbox.sign_in(url.as_str(), "ada", true).await.unwrap();
    let callback = url::Url::parse(&callback).unwrap();
    let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", &code)
        .append_pair("redirect_uri", crate::support::REDIRECT_URI)
        .append_pair("client_id", &world.app.client_id)
        .append_pair("client_secret", world.app.client_secret.as_deref().unwrap())
        .append_pair("code_verifier", verifier);
    let answer = reqwest::Client::new()
        .post(format!("{}/identity/v1/oauth/token", world.sandbox.base_url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.finish())
        .send()
        .await
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    answer["refresh_token"].as_str().unwrap().to_owned()
}

fn challenge_of(verifier: &str) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier))
}

#[tokio::test]
async fn a_missing_scope_is_named_and_never_leads_to_a_refresh() {
    let world = World::with(NewApp::default(), |builder| builder.scopes(["read:biomarkers"])).await;
    let tokens = world.connect().await;
    let user = world.client.user(&tokens.user_id);
    let error = user.clinical().get_protocol("any").await.unwrap_err();
    assert_eq!((error.code(), error.detail()), (Code::ScopeRequired, Some("read:protocols")));
    assert!(world.token_requests("refresh_token").is_empty());
}

#[tokio::test]
async fn a_revoked_access_token_is_replaced_once_and_a_young_one_is_not() {
    let world = World::new().await;
    let tokens = world.connect().await;
    let revoke_access_token = |token: String| {
        let form = [("token", token), ("client_id", world.app.client_id.clone())];
        let secret = [("client_secret", world.app.client_secret.clone().unwrap())];
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).extend_pairs(secret).finish();
        reqwest::Client::new()
            .post(format!("{}/identity/v1/oauth/revoke", world.sandbox.base_url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
    };
    revoke_access_token(tokens.access_token.expose().to_owned()).await.unwrap();
    let user = world.client.user(&tokens.user_id);
    assert_eq!(code(user.clinical().list_biomarkers().await), Code::AccessTokenRejected, "it is seconds old");
    assert!(world.token_requests("refresh_token").is_empty());

    world.later(std::time::Duration::from_secs(61));
    assert!(user.clinical().list_biomarkers().await.is_ok());
    assert_eq!(world.token_requests("refresh_token").len(), 1);
}

#[tokio::test]
async fn a_grant_that_was_ended_at_loop_a_moment_ago_is_over_and_no_refresh_finds_that_out() {
    let world = World::new().await;
    let tokens = world.connect().await;
    assert!(world.sandbox.end_grant(&tokens.user_id, &world.app.client_id));
    let user = world.client.user(&tokens.user_id);
    for _ in 0..3 {
        assert_eq!(code(user.clinical().list_biomarkers().await), Code::GrantEnded);
    }
    let asked = || world.sandbox.journal().iter().filter(|entry| entry.path.ends_with("/introspect")).count();
    assert_eq!(asked(), 2, "about both tokens, once a second at most");
    assert!(world.token_requests("refresh_token").is_empty());
}

#[tokio::test]
async fn any_other_route_is_reached_by_request() {
    let world = World::new().await;
    let tokens = world.connect().await;
    let answer = world.client.request(&tokens.user_id, ApiRequest::get("clinical", "/v1/biomarkers/me")).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.request_id.is_some());
    assert!(answer.body.0["results"].is_array());
    let missing = world.client.request(&tokens.user_id, ApiRequest::get("clinical", "/v1/nothing")).await;
    assert_eq!(code(missing), Code::NotFound);
}

#[tokio::test]
async fn a_protocol_is_read_and_an_unknown_one_is_not_found() {
    let world = World::new().await;
    let tokens = world.connect().await;
    let user = world.client.user(&tokens.user_id);
    assert_eq!(code(user.clinical().get_protocol("nothing").await), Code::NotFound);
    assert_eq!(code(user.clinical().get_protocol("").await), Code::InvalidOption);
    assert_eq!(code(user.clinical().get_protocol("../biomarkers/me").await), Code::NotFound);
}
