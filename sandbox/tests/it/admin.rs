//! Registering apps.

use std::time::Duration;

use loop_sandbox::{NewApp, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const CLIENTS: &str = "/_sandbox/clients";

fn form(changes: &Value) -> Value {
    let mut form = json!({
        "client_name": "My Lab Aggregator",
        "redirect_uris": ["http://localhost:3000/callback"],
        "allowed_scopes": ["read:biomarkers"],
    });
    form.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    form
}

#[tokio::test]
async fn a_registered_app_has_the_documented_fields_and_its_secret_is_shown_once() {
    let world = World::new().await;
    let answer = world.json(Method::POST, CLIENTS, form(&json!({}))).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"));
    let body = answer.json();
    let secret = body["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("secret_"));
    let client = &body["client"];
    assert!(client["client_id"].as_str().unwrap().starts_with("client_01"));
    for field in [
        "id",
        "client_id",
        "client_name",
        "client_uri",
        "logo_uri",
        "client_type",
        "redirect_uris",
        "allowed_scopes",
        "allowed_origins",
        "owner_id",
        "brand_id",
        "is_first_party",
        "enabled",
        "created_at",
        "updated_at",
    ] {
        assert!(client.get(field).is_some(), "{field}");
    }
    let list = world.get(&world.url(CLIENTS)).await;
    assert!(list.text.contains(client["client_id"].as_str().unwrap()));
    assert!(!list.text.contains(secret));
}

#[tokio::test]
async fn a_public_app_gets_no_secret() {
    let world = World::new().await;
    let body = world.json(Method::POST, CLIENTS, form(&json!({ "client_type": "public" }))).await.json();
    assert_eq!((&body["client_secret"], body["client"]["client_type"].as_str()), (&Value::Null, Some("public")));
}

#[tokio::test]
async fn what_is_wrong_with_a_registration_is_named() {
    let world = World::new().await;
    for (changes, named) in [
        (json!({ "redirect_uris": ["https://fine.example/cb", "http://bad.example/cb"] }), "http://bad.example/cb"),
        (json!({ "redirect_uris": [] }), "redirect_uris"),
        (json!({ "allowed_scopes": [] }), "allowed_scopes"),
        (json!({ "allowed_scopes": ["read:all"] }), "read:all"),
        (json!({ "allowed_scopes": ["admin:clinical"], "client_type": "public" }), "client_type"),
        (json!({ "client_name": " " }), "client_name"),
        (json!({ "client_name": "x".repeat(256) }), "client_name"),
        (json!({ "client_type": "native" }), "client_type"),
        (json!({ "access_token_seconds": 0 }), "access_token_seconds"),
    ] {
        let answer = world.json(Method::POST, CLIENTS, form(&changes)).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"), "{named}");
        assert!(answer.json()["message"].as_str().unwrap().contains(named), "{answer:?}");
    }
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_a_switched_off_app_is_refused() {
    let world = World::new().await;
    let path = format!("{CLIENTS}/{}", world.app.client_id);
    let changed = world.json(Method::PATCH, &path, json!({ "client_name": "New", "logo_uri": null })).await.json();
    assert_eq!(changed["client"]["client_name"], "New");
    assert_eq!(changed["client"]["redirect_uris"][0], "http://localhost:3000/callback");
    let bad = world.json(Method::PATCH, &path, json!({ "redirect_uris": ["https://a.example/#b"] })).await;
    assert!(bad.text.contains("https://a.example/#b"));
    let tokens = world.signed_in().await;
    world.json(Method::PATCH, &path, json!({ "enabled": false })).await;
    assert_eq!(world.refresh(&tokens.refresh).await.error(), "invalid_client");
    assert_eq!(world.authorize(&[]).await.status, 400);
    let unknown = world.json(Method::PATCH, &format!("{CLIENTS}/client_nobody"), json!({})).await;
    assert_eq!(unknown.error(), "not_found");
}

#[tokio::test]
async fn a_rotated_secret_works_at_once_and_the_former_one_for_a_day() {
    let mut world = World::new().await;
    let tokens = world.signed_in().await;
    let rotate = format!("{CLIENTS}/{}/rotate-secret", world.app.client_id);
    let new = world.json(Method::POST, &rotate, json!({})).await.json()["client_secret"].as_str().unwrap().to_owned();
    world.sandbox.advance_clock(Duration::from_secs(23 * 3600));
    let tokens = world.refresh(&tokens.refresh).await.tokens();
    world.sandbox.advance_clock(Duration::from_secs(2 * 3600));
    assert_eq!(world.refresh(&tokens.refresh).await.error(), "invalid_client");
    world.app.client_secret = Some(new);
    assert_eq!(world.refresh(&tokens.refresh).await.status, 200);
    let public = World::with(Options::default(), NewApp::default().public()).await;
    let rotate = format!("{CLIENTS}/{}/rotate-secret", public.app.client_id);
    assert_eq!(public.json(Method::POST, &rotate, json!({})).await.status, 400);
}

#[tokio::test]
async fn a_registered_apps_debug_form_hides_its_secret() {
    let world = World::new().await;
    let printed = format!("{:?}", world.app);
    assert!(printed.contains(&world.app.client_id) && !printed.contains("secret_"), "{printed}");
}
