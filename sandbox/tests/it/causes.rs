//! Answers with a cause of their own: the statuses that the platform's pages name, met without a fault on order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use loop_sandbox::Fault;
use loop_sandbox::FaultBody;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, MACHINE_SCOPES, USER_SCOPES, new_biomarkers, user_id};
use crate::world::Answer;

fn refused(answer: &Answer) -> (u16, String) {
    (answer.status, answer.error())
}

fn report(mime_type: &str, file: &[u8]) -> Value {
    json!({
        "brand_id": "loop", "requested_by": user_id("ada"), "mime_type": mime_type, "file_base64": STANDARD.encode(file),
    })
}

#[tokio::test]
async fn a_locked_pdf_is_412_and_a_picture_that_breaks_off_502() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let extract =
        async |mime_type: &str, file: &[u8]| api.post("/ai/v1/extract/bloodwork", &ada, &report(mime_type, file)).await;
    let locked = b"%PDF-1.7\ntrailer << /Encrypt 7 0 R >>\n%%EOF\n";
    assert_eq!(refused(&extract("application/pdf", locked).await), (412, "precondition_failed".to_owned()));
    assert_eq!(extract("application/pdf", b"%PDF-1.7\n%%EOF\n").await.status, 200);
    for (mime_type, whole, end) in [
        ("image/png", b"\x89PNG\r\n\x1a\n____IEND\xae\x42\x60\x82".as_slice(), 8),
        ("image/jpeg", b"\xff\xd8\xff\xe0____\xff\xd9".as_slice(), 2),
    ] {
        assert_eq!(extract(mime_type, whole).await.status, 200, "{mime_type}");
        let cut = &whole[..whole.len() - end];
        assert_eq!(refused(&extract(mime_type, cut).await), (502, "upstream_error".to_owned()), "{mime_type}");
    }
}

/// Sends Ada's browser through the provider's stand-in; returns where it comes back to.
async fn connect(api: &Api, token: &str, provider: &str, outcome: &str) -> String {
    let body = json!({ "provider": provider, "redirectUri": "https://app.example.com/connected" });
    let begun = api.post("/integrations/v1/connections/authorize", token, &body).await.json();
    let url = format!("{}{outcome}", begun["url"].as_str().unwrap());
    api.world.get(&url).await.header("location").to_owned()
}

#[tokio::test]
async fn a_provider_that_never_answers_is_502_and_one_that_works_again_is_not() {
    let api = Api::new().await;
    let nia = api.token("nia").await;
    let metrics = async || api.get("/clinical/v1/wearables/metrics", &nia).await;
    assert_eq!(refused(&metrics().await), (404, "not_found".to_owned()));
    assert!(connect(&api, &nia, "oura", "&outcome=denied").await.contains("status=denied"));
    assert_eq!(refused(&metrics().await), (404, "not_found".to_owned()), "who said no has connected nothing");
    assert!(connect(&api, &nia, "oura", "&outcome=broken").await.contains("status=connected"));
    assert_eq!(refused(&metrics().await), (502, "upstream_error".to_owned()));
    let connections = api.get("/clinical/v1/wearables/connections", &nia).await.json()["connections"].clone();
    assert_eq!(connections[0]["status"], "error");
    let path = format!("/integrations/v1/sync/{}", connections[0]["id"].as_str().unwrap());
    assert_eq!(api.send(Method::POST, &path, &nia, None).await.json()["syncRun"]["status"], "failed");
    connect(&api, &nia, "oura", "").await;
    assert_eq!(metrics().await.status, 200);
    let row = api.world.sandbox.audit().pop().unwrap();
    assert_eq!(
        (&row["event_type"], &row["service"]),
        (&json!("integrations.connection.created"), &json!("integrations"))
    );
}

#[tokio::test]
async fn who_has_joined_no_brand_has_an_account_and_nothing_else() {
    let api = Api::new().await;
    let kai = api.tokens("kai", USER_SCOPES).await;
    let id_token = kai.body["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(id_token).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims.get("brand"), None);
    let known = api.world.oauth("introspect", &[("token", &kai.access)]).await.json();
    assert_eq!((&known["active"], known.get("brand")), (&json!(true), None));
    let notifications = api.get("/comms/v1/notifications", &kai.access).await;
    assert_eq!(refused(&notifications), (403, "forbidden".to_owned()));
    assert_eq!(notifications.json()["message"], "Missing brand context");
    for path in ["/clinical/v1/biomarkers/me", "/clinical/v1/lab-catalog/markers", "/integrations/v1/labs/orders"] {
        assert_eq!(refused(&api.get(path, &kai.access).await), (403, "forbidden".to_owned()), "{path}");
    }
    let write = new_biomarkers(user_id("kai"));
    assert_eq!(api.post("/clinical/v1/biomarkers/parse", &kai.access, &write).await.status, 403);
    assert_eq!(api.get("/identity/v1/users/me", &kai.access).await.status, 200);
    assert_eq!(api.get("/identity/v1/users/me/sessions", &kai.access).await.json(), json!({ "data": [] }));

    let machine = api.machine_token(MACHINE_SCOPES).await;
    let account = api.get(&format!("/identity/v1/admin/users/{}", user_id("kai")), &machine).await.json();
    assert_eq!((&account["name"], &account["brand_id"]), (&json!("Kai Sorensen"), &json!(null)));
    let record = format!("/patient-graph/v1/patients/{}/metrics", user_id("kai"));
    assert_eq!(refused(&api.get(&record, &machine).await), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn an_inbound_webhook_is_412_while_its_secret_is_not_set_up() {
    let api = Api::new().await;
    let send = async || api.post("/integrations/v1/stream/webhooks", "", &json!({ "eventType": "x" })).await;
    assert_eq!(refused(&send().await), (401, "invalid_signature".to_owned()));
    api.world.lever("switches", json!({ "inbound_secret_missing": true })).await;
    assert_eq!(refused(&send().await), (412, "precondition_failed".to_owned()));
}

#[tokio::test]
async fn what_only_a_fault_can_cause_is_in_the_document_too() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let document = api.world.sandbox.openapi();
    for (status, method, path) in [
        (500, "get", "/clinical/v1/check-ins"),
        (500, "post", "/clinical/v1/bloodwork/upload"),
        (400, "get", "/clinical/v1/wearables/metrics"),
        (503, "get", "/clinical/v1/biomarkers/me"),
    ] {
        let (_, service, template) = {
            let mut parts = path.splitn(3, '/');
            (parts.next(), parts.next().unwrap(), format!("/{}", parts.next().unwrap()))
        };
        let fault = Fault::status(status, FaultBody::Api).only_service(service).only_path(template);
        api.world.sandbox.api_fault(fault).unwrap();
        let method_sent = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        assert_eq!(api.send(method_sent, path, &ada, None).await.status, status, "{path}");
        let response = &document["paths"][path][method]["responses"][status.to_string()];
        let text = response["description"].as_str().unwrap_or_else(|| panic!("{path}: {status}"));
        assert!(text.contains("fault"), "{path}: {text}");
    }
    for (path, status) in
        [("introspect", "403"), ("introspect", "429"), ("revoke", "429"), ("token", "503"), ("authorize", "429")]
    {
        let item = document["paths"][format!("/identity/v1/oauth/{path}")].as_object().unwrap();
        assert!(item.values().next().unwrap()["responses"].get(status).is_some(), "{path}: {status}");
    }
}
