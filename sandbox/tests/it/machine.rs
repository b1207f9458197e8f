//! Machine tokens.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use loop_sandbox::NewApp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, user_id};

const PATIENT: &str = "/clinical/v1/biomarkers?user_id=user_01HXYADA00M7Q4T9W2K5R8N3B6";

#[tokio::test]
async fn a_machine_gets_a_jwt_that_the_published_keys_confirm() {
    let api = Api::new().await;
    let answer = api.mint(&[("grant_type", "client_credentials")]).await;
    let body = answer.json();
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let members: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "token_type", "expires_in", "scope"]);
    assert_eq!(body["scope"], "admin:identity admin:clinical admin:payments");
    let keys = api.world.get(&api.world.url("/identity/.well-known/jwks.json")).await.json();
    let key = DecodingKey::from_ed_components(keys["keys"][0]["x"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_aud = false;
    let token = body["access_token"].as_str().unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims;
    assert_eq!((&claims["sub"], &claims["scope"]), (&json!(api.machine.client_id), &body["scope"]));
    assert_eq!(api.get(PATIENT, token).await.status, 200);
    let entry = api.world.sandbox.journal().pop().unwrap();
    assert_eq!(entry.client_id.as_ref(), Some(&api.machine.client_id));
}

#[tokio::test]
async fn a_token_request_that_is_not_right_says_so() {
    let api = Api::new().await;
    let grant = ("grant_type", "client_credentials");
    for (fields, status, error) in [
        (vec![], 400, "invalid_request"),
        (vec![("grant_type", "authorization_code")], 400, "unsupported_grant_type"),
        (vec![grant, ("scope", "read:biomarkers")], 403, "invalid_scope"),
        (vec![grant, ("scope", "admin:everything")], 403, "invalid_scope"),
        (vec![grant, ("audience", "nowhere")], 403, "invalid_target"),
    ] {
        let answer = api.mint(&fields).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, error), "{fields:?}");
        assert!(answer.json()["error_description"].is_string());
    }
    for audience in ["clinical", "https://clinical.platform.loop.health", &api.world.url("/patient-graph")] {
        assert_eq!(api.mint(&[grant, ("audience", audience)]).await.status, 200, "{audience}");
    }
    let wrong = [("client_id", api.machine.client_id.as_str()), ("client_secret", "secret_wrong"), grant];
    let answer = api.world.form("/identity/v1/tokens", &[], &wrong).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"));
    let person = [api.world.credentials(), vec![grant]].concat();
    let answer = api.world.form("/identity/v1/tokens", &[], &person).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "unauthorized_client"));
    assert_eq!(api.world.oauth("token", &[grant]).await.error(), "unsupported_grant_type");
}

#[tokio::test]
async fn the_migration_guides_endpoint_can_be_switched_on() {
    let api = Api::new().await;
    api.world.sandbox.switch(|switches| switches.client_credentials_at_token_endpoint = true);
    let secret = api.machine.client_secret.as_deref().unwrap();
    let form = [
        ("client_id", api.machine.client_id.as_str()),
        ("client_secret", secret),
        ("grant_type", "client_credentials"),
        ("scope", "admin:clinical"),
    ];
    let answer = api.world.form("/identity/v1/oauth/token", &[], &form).await;
    assert_eq!((answer.status, &answer.json()["scope"]), (200, &json!("admin:clinical")));
}

#[tokio::test]
async fn a_machine_token_ends_with_its_time_its_client_or_a_letter_and_no_id_token_is_one() {
    let api = Api::new().await;
    let token = api.machine_token("admin:clinical").await;
    assert_eq!(api.get(PATIENT, &token).await.status, 200);
    let invalid = async |token: &str| {
        let answer = api.get(PATIENT, token).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_token"), "{token}");
    };
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    invalid(&format!("{head}.{other}{}", &signature[1..])).await;
    invalid(&format!("{head}.")).await;
    let id_token = api.world.signed_in().await.body["id_token"].as_str().unwrap().to_owned();
    invalid(&id_token).await;
    api.world.sandbox.rotate_keys();
    assert_eq!(api.get(PATIENT, &token).await.status, 200, "the former key is still published");
    let path = format!("/_sandbox/clients/{}", api.machine.client_id);
    api.world.json(Method::PATCH, &path, json!({ "enabled": false })).await;
    invalid(&token).await;
    api.world.json(Method::PATCH, &path, json!({ "enabled": true })).await;
    api.world.sandbox.advance_clock(Duration::from_secs(3601));
    invalid(&token).await;
}

#[tokio::test]
async fn an_admin_scope_is_for_machines_and_only_a_lever_makes_one() {
    let api = Api::new().await;
    let refused = api.world.authorize(&[("scope", "openid admin:clinical")]).await.redirect();
    assert_eq!(refused["error"], "invalid_scope");
    let machine = api.machine_token("admin:identity").await;
    let body = json!({
        "client_name": "Sly", "redirect_uris": ["https://a.example/cb"], "allowed_scopes": ["admin:identity"],
    });
    let answer = api.post("/identity/v1/admin/oauth-clients", &machine, &body).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"));
    let lever =
        json!({ "client_name": "Cron", "allowed_scopes": ["admin:identity"], "webhook_url": "https://a.example/h" });
    let made = api.world.lever("clients", lever).await.json();
    assert_eq!(made["client"]["redirect_uris"], json!([]));
    assert_eq!(made["client"]["webhook_url"], "https://a.example/h");
    assert!(api.world.sandbox.register(NewApp::machine("Public", "admin:clinical").public()).await.is_err());
}

#[tokio::test]
async fn apps_are_administered_by_machines_and_each_change_is_in_the_audit_log() {
    let api = Api::new().await;
    let machine = api.machine_token("admin:identity").await;
    let body = json!({ "client_name": "New", "redirect_uris": ["https://a.example/cb"], "allowed_scopes": ["openid"] });
    let made = api.post("/identity/v1/admin/oauth-clients", &machine, &body).await.json();
    let path = format!("/identity/v1/admin/oauth-clients/{}", made["client"]["client_id"].as_str().unwrap());
    let changed =
        api.send(Method::PATCH, &path, &machine, Some(&json!({ "logo_uri": "https://a.example/l.png" }))).await;
    assert_eq!(changed.json()["client"]["logo_uri"], "https://a.example/l.png");
    let rotated = api.send(Method::POST, &format!("{path}/rotate-secret"), &machine, None).await.json();
    assert_ne!(rotated["client_secret"], made["client_secret"]);
    let unknown = "/identity/v1/admin/oauth-clients/client_none/rotate-secret";
    assert_eq!(api.send(Method::POST, unknown, &machine, None).await.status, 404);
    let rows = api.world.sandbox.audit();
    let of_apps = rows.iter().filter(|row| row["entity_type"] == "oauth_client");
    let events: Vec<&str> = of_apps.map(|row| row["event_type"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        ["identity.oauth_client.created", "identity.oauth_client.updated", "identity.oauth_client.secret_rotated"]
    );
    let user = api.get(&format!("/identity/v1/admin/users/{}", user_id("ben")), &machine).await.json();
    assert_eq!((&user["email"], &user["brand_id"]), (&json!("ben.castellano@example.com"), &json!("loop")));
    assert_eq!(api.get("/identity/v1/admin/users/user_none", &machine).await.status, 404);
}

#[tokio::test]
async fn a_disconnected_app_is_out_at_once() {
    let api = Api::new().await;
    let tokens = api.tokens("ada", "openid manage:connected_apps read:biomarkers").await;
    let apps = api.get("/identity/v1/users/me/connected-apps", &tokens.access).await.json();
    assert_eq!(apps["data"][0]["client_id"], api.world.app.client_id);
    let grants = api.get("/identity/v1/me/grants", &tokens.access).await.json();
    assert_eq!(grants["data"][0]["scopes_granted"], apps["data"][0]["scopes_granted"]);
    let path = format!("/identity/v1/users/me/connected-apps/{}", api.world.app.client_id);
    let answer = api.send(Method::DELETE, &path, &tokens.access, None).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(api.get("/clinical/v1/biomarkers/me", &tokens.access).await.error(), "invalid_token");
    assert_eq!(api.world.refresh(&tokens.refresh).await.error(), "invalid_grant");
    let again = api.tokens("ada", "openid manage:connected_apps").await.access;
    let none = "/identity/v1/users/me/connected-apps/client_none";
    assert_eq!(api.send(Method::DELETE, none, &again, None).await.status, 404);
    let grants = api.get("/identity/v1/me/grants", &again).await.json();
    let grant = format!("/identity/v1/me/grants/{}", grants["data"][0]["id"].as_str().unwrap());
    assert_eq!(api.send(Method::DELETE, &grant, &again, None).await.status, 204);
    assert_eq!(api.get("/identity/v1/me/grants", &again).await.error(), "invalid_token");
}
