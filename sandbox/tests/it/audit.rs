//! The audit log of identity: sign-ins, tokens, and how both end.

use loop_sandbox::{NewApp, Options};
use serde_json::{Value, json};

use crate::api::{Api, user_id};
use crate::portal::Tab;
use crate::world::World;

/// Event, who, and what of it.
fn told(rows: &[Value]) -> Vec<String> {
    let line = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        [text("event_type"), text("actor_type"), text("entity_type")].join(" ")
    };
    rows.iter().map(line).collect()
}

#[tokio::test]
async fn a_grant_is_told_from_the_sign_in_to_its_end() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let refreshed = world.refresh(&tokens.refresh).await;
    let second = refreshed.tokens();
    assert_eq!(world.oauth("revoke", &[("token", &second.access)]).await.status, 200);
    assert_eq!(world.oauth("revoke", &[("token", &second.refresh)]).await.status, 200);
    let rows = world.sandbox.audit();
    let expected = [
        "identity.session.started user session",
        "identity.grant.created user oauth_grant",
        "identity.token.issued user oauth_grant",
        "identity.token.issued user oauth_grant",
        "identity.token.revoked service oauth_grant",
        "identity.grant.revoked service oauth_grant",
    ];
    assert_eq!(told(&rows), expected);
    let issued = &rows[3];
    assert_eq!((&issued["actor_id"], &issued["entity_id"]), (&json!(user_id("ada")), &rows[1]["entity_id"]));
    assert_eq!(issued["details"], json!({ "grant_type": "refresh_token", "client_id": world.app.client_id }));
    assert_eq!(issued["request_id"], refreshed.header("x-request-id"));
    assert_eq!(rows[5]["actor_id"], world.app.client_id);
    let text = json!(rows).to_string();
    for secret in [&tokens.access, &tokens.refresh, &second.access, &second.refresh] {
        assert!(!text.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_has_no_row() {
    let world = World::new().await;
    world.signed_in().await;
    let before = world.sandbox.audit().len();
    assert_eq!(world.refresh("lph_rt_none").await.error(), "invalid_grant");
    assert_eq!(world.oauth("revoke", &[("token", "lph_at_none")]).await.status, 200);
    assert_eq!(world.exchange("none").await.error(), "invalid_grant");
    world.sandbox.sign_in(&world.authorization_url(&[]), "ada", false).await.unwrap();
    let after = world.sandbox.audit();
    assert_eq!(told(&after[before..]), ["identity.session.started user session"], "Deny is no grant");
}

#[tokio::test]
async fn a_second_use_is_told_as_the_rules_own_deed() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.refresh(&tokens.refresh).await.tokens();
    assert_eq!(world.refresh(&tokens.refresh).await.error(), "invalid_grant");
    let code = world.code().await;
    world.exchange(&code).await.tokens();
    assert_eq!(world.exchange(&code).await.error(), "invalid_grant");
    let rows = world.sandbox.audit();
    let of_rules: Vec<(&Value, &Value)> = rows
        .iter()
        .filter(|row| row["actor_type"] == "system")
        .map(|row| (&row["event_type"], &row["details"]["reason"]))
        .collect();
    let expected = [
        (&json!("identity.grant.revoked"), &json!("refresh_token_reused")),
        (&json!("identity.token.revoked"), &json!("code_reused")),
    ];
    assert_eq!(of_rules, expected);
}

#[tokio::test]
async fn a_machines_token_and_a_connection_that_a_lever_ends_have_their_rows() {
    let api = Api::new().await;
    api.machine_token("admin:clinical").await;
    let rows = api.world.sandbox.audit();
    assert_eq!(told(&rows), ["identity.token.issued service machine_token"]);
    assert_eq!(rows[0]["actor_id"], api.machine.client_id);
    let world = World::with(Options::default(), NewApp::default()).await;
    world.signed_in().await;
    let order = json!({ "user_id": user_id("ada"), "client_id": world.app.client_id });
    assert_eq!(world.lever("revoke-grant", order).await.status, 204);
    let row = world.sandbox.audit().pop().unwrap();
    assert_eq!(
        (&row["event_type"], &row["actor_id"]),
        (&json!("identity.connected_app.revoked"), &json!(user_id("ada")))
    );
}

#[tokio::test]
async fn the_portals_changes_of_a_webhook_have_their_rows() {
    let world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    let page = format!("/developers/apps/{}", world.app.client_id);
    let before = world.sandbox.audit().len();
    tab.send(&page, &format!("{page}/webhook"), &[("url", "http://127.0.0.1:9/hook")]).await;
    tab.send(&page, &format!("{page}/webhook/rotate-secret"), &[]).await;
    tab.send(&page, &format!("{page}/webhook/remove"), &[]).await;
    tab.send(&page, &format!("{page}/webhook/remove"), &[]).await;
    let expected = [
        "webhooks.endpoint.updated user webhook_endpoint",
        "webhooks.endpoint.secret_rotated user webhook_endpoint",
        "webhooks.endpoint.removed user webhook_endpoint",
    ];
    let rows = world.sandbox.audit();
    assert_eq!(told(&rows[before..]), expected);
    assert_eq!(
        (&rows[before]["actor_id"], &rows[before]["entity_id"]),
        (&json!(user_id("ben")), &json!(world.app.client_id))
    );
}
