//! The authorization request, and who is told what is wrong with it.

use loop_sandbox::{NewApp, Options};

use crate::world::{REDIRECT_URI, World, query_of};

#[tokio::test]
async fn a_request_whose_destination_is_not_trusted_shows_a_page_and_tells_no_app() {
    let world = World::new().await;
    let url = world.authorization_url(&[]);
    for (url, error) in [
        (world.authorization_url(&[("client_id", "client_nobody")]), "invalid_client"),
        (world.authorization_url(&[("client_id", "")]), "invalid_request"),
        (world.authorization_url(&[("redirect_uri", "")]), "invalid_request"),
        (world.authorization_url(&[("redirect_uri", "http://localhost:3000/callback/")]), "invalid_request"),
        (world.authorization_url(&[("redirect_uri", "http://localhost:3001/callback")]), "invalid_request"),
        (world.authorization_url(&[("redirect_uri", "http://LOCALHOST:3000/callback")]), "invalid_request"),
        (world.authorization_url(&[("redirect_uri", "https://evil.example/")]), "invalid_request"),
        (format!("{url}&client_id=client_other"), "invalid_request"),
        (format!("{url}&redirect_uri=https://evil.example/"), "invalid_request"),
    ] {
        let answer = world.get(&url).await;
        assert_eq!(answer.status, 400, "{url}");
        assert_eq!(answer.header("location"), "", "{url}");
        assert!(answer.text.contains(&format!("data-error=\"{error}\"")), "{url}: {}", answer.text);
    }
}

#[tokio::test]
async fn everything_else_that_is_wrong_goes_back_to_the_app_with_state_and_issuer() {
    let world = World::new().await;
    let long = format!("{}A", crate::world::CHALLENGE);
    for (changes, error) in [
        (("response_type", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", "code id_token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge", long.as_str()), "invalid_request"),
        (("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("nonce", ""), "invalid_request"),
        (("scope", ""), "invalid_request"),
        (("scope", "openid read:everything"), "invalid_scope"),
        (("scope", "openid write:biomarkers"), "invalid_scope"),
        (("prompt", "none"), "login_required"),
        (("prompt", "none login"), "invalid_request"),
        (("prompt", "maybe"), "invalid_request"),
        (("response_mode", "fragment"), "invalid_request"),
        (("request", "a.b.c"), "request_not_supported"),
    ] {
        let answer = world.authorize(&[changes]).await;
        let query = answer.redirect();
        assert!(answer.header("location").starts_with(&format!("{REDIRECT_URI}?")), "{changes:?}");
        assert_eq!(query["error"], error, "{changes:?}");
        assert_eq!(query["state"], "the-state", "{changes:?}");
        assert_eq!(query["iss"], world.url("/identity"), "{changes:?}");
        assert!(query["error_description"].ends_with('.'), "{changes:?}");
    }
}

#[tokio::test]
async fn a_missing_state_is_told_without_one_and_a_repeated_parameter_is_refused() {
    let world = World::new().await;
    let query = world.authorize(&[("state", "")]).await.redirect();
    assert_eq!((query["error"].as_str(), query.get("state")), ("invalid_request", None));
    for name in ["scope", "state", "nonce", "code_challenge", "response_type", "unheard_of"] {
        let url = format!("{}&{name}=a&{name}=b", world.authorization_url(&[]));
        assert_eq!(world.get(&url).await.redirect()["error"], "invalid_request", "{name}");
    }
}

#[tokio::test]
async fn openid_is_for_every_app_unless_the_sandbox_is_strict() {
    let app = || NewApp::default().scopes("read:biomarkers");
    let lenient = World::with(Options::default(), app()).await;
    assert!(lenient.authorize(&[("scope", "openid read:biomarkers")]).await.header("location").starts_with('/'));
    let strict = World::with(Options { strict_openid: true, ..Options::default() }, app()).await;
    let answer = strict.authorize(&[("scope", "openid read:biomarkers")]).await;
    assert_eq!(answer.redirect()["error"], "invalid_scope");
}

#[tokio::test]
async fn a_nonce_may_be_missing_without_openid_or_with_the_lenient_switch() {
    let world = World::new().await;
    let answer = world.authorize(&[("nonce", ""), ("scope", "read:biomarkers")]).await;
    assert!(answer.header("location").starts_with("/identity/sign-in"), "{answer:?}");
    let lenient = World::with(Options { lenient_nonce: true, ..Options::default() }, NewApp::default()).await;
    let answer = lenient.authorize(&[("nonce", "")]).await;
    assert!(answer.header("location").starts_with("/identity/sign-in"), "{answer:?}");
}

#[tokio::test]
async fn allowing_returns_code_state_and_issuer_and_denying_returns_access_denied() {
    let world = World::new().await;
    let url = world.authorization_url(&[("state", "a+b /?&=é")]);
    let allowed = query_of(&world.sandbox.sign_in(&url, "ada", true).await.unwrap());
    assert_eq!(allowed.keys().collect::<Vec<_>>(), ["code", "iss", "state"]);
    assert_eq!((allowed["state"].as_str(), &allowed["iss"]), ("a+b /?&=é", &world.url("/identity")));
    let denied = query_of(&world.sandbox.sign_in(&url, "ada", false).await.unwrap());
    assert_eq!((denied["error"].as_str(), denied.get("code")), ("access_denied", None));
    assert_eq!((denied["state"].as_str(), &denied["iss"]), ("a+b /?&=é", &world.url("/identity")));
}

#[tokio::test]
async fn a_custom_scheme_gets_its_redirect_to_the_letter() {
    let app = NewApp::default().public().redirect_uri("com.example.app://callback");
    let world = World::with(Options::default(), app).await;
    let url = world.authorization_url(&[("redirect_uri", "com.example.app://callback")]);
    let callback = world.sandbox.sign_in(&url, "mei", true).await.unwrap();
    assert!(callback.starts_with("com.example.app://callback?code="), "{callback}");
}
