//! Signing in against the sandbox: the whole way, and everything that can go wrong on it.

use std::time::Duration;

use crate::support::{HOUR, World, code};
use loop_sandbox::NewApp;
use loop_sdk::{Action, AuthorizationRequest, Code, Environment, LoopClient};

#[tokio::test]
async fn a_person_signs_in_and_the_app_reads_their_biomarkers() {
    let world = World::new().await;
    let tokens = world.connect().await;
    assert!(tokens.user_id.starts_with("user_"));
    assert!(tokens.scopes.contains(&"read:biomarkers".to_owned()));
    assert_eq!(tokens.claims["sub"], tokens.user_id.as_str());

    let user = world.client.user(&tokens.user_id);
    let biomarkers = user.clinical().list_biomarkers().await.unwrap();
    assert!(biomarkers.len() >= 10);
    assert!(biomarkers.iter().all(|biomarker| biomarker.patient_id == biomarkers[0].patient_id));
    let of_somebody_else = world.client.user("user_nobody").clinical().list_biomarkers().await;
    assert_eq!(code(of_somebody_else), Code::NotConnected);
}

#[tokio::test]
async fn the_authorization_request_carries_what_the_security_rules_ask_for() {
    let world = World::new().await;
    let begun = world.begin().await;
    let url = url::Url::parse(&begun.url).unwrap();
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    for name in ["state", "nonce", "code_challenge", "code_challenge_method", "redirect_uri", "client_id", "scope"] {
        assert_eq!(names.iter().filter(|given| *given == name).count(), 1, "{name}");
    }
    let again = world.begin().await;
    assert_ne!(begun.state, again.state);
    assert_ne!(begun.browser_secret, again.browser_secret);
}

#[tokio::test]
async fn a_public_client_signs_in_without_a_secret() {
    let world = World::with(NewApp::default().public(), |builder| builder).await;
    assert!(world.app.client_secret.is_none());
    let tokens = world.connect().await;
    world.later(HOUR);
    assert!(world.client.access_token(&tokens.user_id).await.is_ok());
}

#[tokio::test]
async fn the_browser_secret_and_the_return_path_survive_the_round_trip() {
    let world = World::new().await;
    let first = world.begin().await;
    let request =
        AuthorizationRequest::new().browser_secret(first.browser_secret.clone()).app_state("/results?marker=ldl_c");
    let second = world.client.authorization_url(request).await.unwrap();
    assert_eq!(first.browser_secret, second.browser_secret, "tabs of one browser share its secret");
    let callback = world.allow(&second).await;
    let tokens = world.client.handle_callback(&callback, Some(&first.browser_secret)).await.unwrap();
    assert_eq!(tokens.app_state.as_deref(), Some("/results?marker=ldl_c"));
}

#[tokio::test]
async fn two_tabs_of_one_browser_both_finish() {
    let world = World::new().await;
    let first = world.begin().await;
    let request = AuthorizationRequest::new().browser_secret(first.browser_secret.clone());
    let second = world.client.authorization_url(request).await.unwrap();
    for begun in [&second, &first] {
        let callback = world.allow(begun).await;
        world.client.handle_callback(&callback, Some(&first.browser_secret)).await.unwrap();
    }
}

#[tokio::test]
async fn a_callback_in_another_browser_is_refused_and_spoils_nothing() {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    let other = world.begin().await.browser_secret;
    for secret in [None, Some(&other)] {
        assert_eq!(code(world.client.handle_callback(&callback, secret).await), Code::BrowserMismatch);
    }
    assert!(world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.is_ok());
}

#[tokio::test]
async fn a_reload_says_that_it_is_done_and_sends_nothing() {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    let tokens = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    let again = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await;
    assert_eq!(code(again), Code::AlreadyCompleted);
    assert_eq!(world.token_requests("authorization_code").len(), 1);
    assert!(world.client.access_token(&tokens.user_id).await.is_ok());
}

#[tokio::test]
async fn of_two_callbacks_at_once_one_is_exchanged() {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    let finish = || world.client.handle_callback(&callback, Some(&begun.browser_secret));
    let (first, second) = tokio::join!(finish(), finish());
    assert!(first.is_ok() != second.is_ok());
    assert_eq!(world.token_requests("authorization_code").len(), 1);
}

#[tokio::test]
async fn a_wrong_or_foreign_state_is_unknown() {
    let world = World::new().await;
    let begun = world.begin().await;
    let secret = Some(&begun.browser_secret);
    let forged = "http://localhost:3000/callback?code=c&state=forged";
    assert_eq!(code(world.client.handle_callback(forged, secret).await), Code::StateUnknown);
    let other = World::new().await;
    let foreign = other.begin().await;
    let callback = format!("code=c&state={}", foreign.state.expose());
    assert_eq!(code(world.client.handle_callback(&callback, secret).await), Code::StateUnknown);
    assert!(world.token_requests("authorization_code").is_empty());
}

#[tokio::test]
async fn a_sign_in_lasts_ten_minutes_and_is_remembered_for_twenty() {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    let finish = || world.client.handle_callback(&callback, Some(&begun.browser_secret));
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(code(finish().await), Code::StateExpired);
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(code(finish().await), Code::StateUnknown);
}

#[tokio::test]
async fn deny_and_every_other_error_have_their_own_words() {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.sandbox.sign_in(&begun.url, "ada", false).await.unwrap();
    let error = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap_err();
    assert_eq!((error.code(), error.action()), (Code::AccessDenied, Action::SignInAgain));
    for (text, expected) in [
        ("invalid_scope", Code::AuthorizationRejected),
        ("unauthorized_client", Code::AuthorizationRejected),
        ("server_error", Code::AuthorizationUnavailable),
        ("temporarily_unavailable", Code::AuthorizationUnavailable),
        ("login_required", Code::AccessDenied),
    ] {
        let begun = world.begin().await;
        let query = format!("error={text}&state={}", begun.state.expose());
        let error = world.client.handle_callback(&query, Some(&begun.browser_secret)).await.unwrap_err();
        assert_eq!((error.code(), error.detail()), (expected, Some(text)));
    }
}

#[tokio::test]
async fn a_callback_of_another_issuer_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    let begun = world.begin().await;
    let query = format!("code=c&state={}&iss=https%3A%2F%2Fevil.example", begun.state.expose());
    assert_eq!(code(world.client.handle_callback(&query, Some(&begun.browser_secret)).await), Code::IssuerMismatch);
    assert!(world.token_requests("authorization_code").is_empty());
}

#[tokio::test]
async fn an_expired_or_foreign_code_is_rejected() {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    world.sandbox.advance_clock(Duration::from_secs(61));
    assert_eq!(code(world.client.handle_callback(&callback, Some(&begun.browser_secret)).await), Code::CodeRejected);
    // A code of another sign-in comes with another verifier.
    let (mine, other) = (world.begin().await, world.begin().await);
    let callback = url::Url::parse(&world.allow(&other).await).unwrap();
    let stolen = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    assert_eq!(code(world.client.exchange_code(&stolen, mine.state.expose()).await), Code::CodeRejected);
}

#[tokio::test]
async fn exchange_code_takes_the_quickstarts_two_parameters() {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = url::Url::parse(&world.allow(&begun).await).unwrap();
    let get = |wanted| callback.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
    assert_eq!(code(world.client.exchange_code("", &get("state")).await), Code::InvalidCallback);
    assert_eq!(code(world.client.exchange_code(&get("code"), "").await), Code::StateMissing);
    assert!(world.client.exchange_code(&get("code"), &get("state")).await.is_ok());
}

#[tokio::test]
async fn a_wrong_secret_or_client_is_the_operators_problem() {
    let world = World::new().await;
    let wrong = world.builder().client_secret("secret_wrong").build().unwrap();
    let begun = wrong.authorization_url(AuthorizationRequest::new()).await.unwrap();
    let callback = world.allow(&begun).await;
    let error = wrong.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap_err();
    assert_eq!((error.code(), error.action()), (Code::ClientRejected, Action::CallOperator));
    assert_eq!(error.detail(), Some("invalid_client"));
}

#[tokio::test]
async fn another_person_than_the_expected_one_is_refused() {
    let world = World::new().await;
    let request = AuthorizationRequest::new().user_id("user_somebody_else");
    let begun = world.client.authorization_url(request).await.unwrap();
    let callback = world.allow(&begun).await;
    assert_eq!(code(world.client.handle_callback(&callback, Some(&begun.browser_secret)).await), Code::UserMismatch);
    let revoked = world.sandbox.journal().into_iter().any(|entry| entry.path == "/v1/oauth/revoke");
    assert!(revoked, "tokens that are not kept do not stay alive");
}

#[tokio::test]
async fn without_openid_the_app_says_who_signs_in() {
    let world = World::with(NewApp::default(), |builder| builder.identify(false)).await;
    let nobody = world.client.authorization_url(AuthorizationRequest::new()).await;
    assert_eq!(nobody.unwrap_err().detail(), Some("user_id"));
    let request = AuthorizationRequest::new().user_id("my-own-id");
    let begun = world.client.authorization_url(request).await.unwrap();
    assert!(!begun.url.contains("openid") && !begun.url.contains("nonce"));
    let callback = world.allow(&begun).await;
    let tokens = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    assert_eq!(tokens.user_id, "my-own-id");
}

#[tokio::test]
async fn an_issuer_is_found_by_discovery() {
    let world = World::new().await;
    let issuer = loop_sdk::IssuerOptions::new(format!("{}/identity", world.sandbox.base_url()));
    let client = world.builder().environment(Environment::Issuer(issuer)).build().unwrap();
    let begun = client.authorization_url(AuthorizationRequest::new()).await.unwrap();
    let callback = world.allow(&begun).await;
    let tokens = client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    let error = client.user(&tokens.user_id).clinical().list_biomarkers().await.unwrap_err();
    assert_eq!((error.code(), error.detail()), (Code::InvalidOption, Some("environment")));
}

#[tokio::test]
async fn a_sign_in_begun_by_one_process_is_finished_by_another() {
    let directory = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", directory.path().join("grants.db").display());
    let world = World::with(NewApp::default(), |builder| builder.store(&store)).await;
    let other = world.builder().store(&store).build().unwrap();
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    let tokens = other.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    let page = world.client.user(&tokens.user_id).clinical().list_biomarkers().await.unwrap();
    assert!(!page.is_empty());
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_named() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = LoopClient::builder()
        .client_id("client_1")
        .redirect_uri(crate::support::REDIRECT_URI)
        .scopes(crate::support::SCOPES)
        .environment(Environment::Template(format!("http://127.0.0.1:{free}/{{service}}")))
        .store("memory:")
        .build()
        .unwrap();
    let begun_there = client.authorization_url(AuthorizationRequest::new()).await.unwrap();
    let query = format!("code=c&state={}", begun_there.state.expose());
    let error = client.handle_callback(&query, Some(&begun_there.browser_secret)).await.unwrap_err();
    assert_eq!((error.code(), error.action()), (Code::Unreachable, Action::Retry));
    assert!(error.message().contains("loop-sandbox serve"), "{error}");
}

#[tokio::test]
async fn a_code_that_could_not_be_sent_is_not_lost() {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    let answer = serde_json::json!({
        "status": 503,
        "content_type": "application/json",
        "body": r#"{"error":"temporarily_unavailable"}"#,
        "headers": {"retry-after": "30"},
    });
    let lever = format!("{}/_sandbox/next-token-answer", world.sandbox.base_url());
    let request = reqwest::Client::new().post(lever).header("content-type", "application/json");
    request.body(answer.to_string()).send().await.unwrap().error_for_status().unwrap();
    let finish = || world.client.handle_callback(&callback, Some(&begun.browser_secret));
    let error = finish().await.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), (Code::ServerUnavailable, Some(Duration::from_secs(30))));
    assert_eq!(code(finish().await), Code::RateLimited, "the pause holds for reloads too");
    assert_eq!(world.token_requests("authorization_code").len(), 1);
    world.later(Duration::from_secs(31));
    assert!(finish().await.is_ok(), "a reload tries it again");
    assert_eq!(code(finish().await), Code::AlreadyCompleted);
}
