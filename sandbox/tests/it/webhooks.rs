//! Webhooks, as an app's own server receives them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hmac::{Hmac, KeyInit as _, Mac as _};
use loop_sandbox::{NewApp, Options};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::world::{Answer, World};

const PARSED: &str = "clinical.biomarker.parsed.v1";
const ADA: &str = "user_01HXYADA00M7Q4T9W2K5R8N3B6";

/// What arrived at the app.
#[derive(Debug, Clone)]
struct Arrived {
    headers: HeaderMap,
    body: String,
}

impl Arrived {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn is_signed_with(&self, secret: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(self.body.as_bytes());
        let expected: String =
            mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        self.header("x-loop-signature") == expected
    }
}

/// An app's server: answers with the statuses that were put in, then with 204.
#[derive(Debug, Clone, Default)]
struct Receiver {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    /// With its URL.
    async fn start() -> (Receiver, String) {
        let receiver = Receiver::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    fn attempts(&self) -> Vec<String> {
        self.arrived().iter().map(|arrived| arrived.header("x-loop-delivery-attempt").to_owned()).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> (StatusCode, HeaderMap, Bytes) {
    receiver.arrived.lock().unwrap().push(Arrived { headers, body });
    let status = StatusCode::from_u16(receiver.answers.lock().unwrap().pop_front().unwrap_or(204)).unwrap();
    let mut headers = HeaderMap::new();
    if status.is_redirection() {
        headers.insert("location", "/elsewhere".parse().unwrap());
    }
    (status, headers, Bytes::from_static(if status.is_success() { b"" } else { b"not today" }))
}

impl World {
    /// A world whose app has a webhook, and which Ada has connected. With the receiver and the signing secret.
    async fn listening() -> (World, Receiver, String) {
        let world = World::new().await;
        world.signed_in().await;
        let (receiver, url) = Receiver::start().await;
        let made = world.webhook("endpoint", json!({ "url": url })).await;
        let secret = made.json()["webhook_signing_secret"].as_str().unwrap().to_owned();
        (world, receiver, secret)
    }

    /// A lever, for the world's app.
    async fn webhook(&self, lever: &str, mut body: Value) -> Answer {
        body["client_id"] = json!(self.app.client_id);
        self.lever(&format!("webhooks/{lever}"), body).await
    }

    async fn tell(&self, more: Value) -> Answer {
        let mut body = json!({ "type": PARSED, "user_id": "ada" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.webhook("send", body).await
    }

    /// Delivers what is due.
    async fn run(&self) -> Value {
        self.lever("webhooks/run", json!({})).await.json()
    }

    async fn deliveries(&self) -> Vec<Value> {
        self.get(&self.url("/_sandbox/webhooks/deliveries")).await.json().as_array().unwrap().clone()
    }

    async fn later(&self, seconds: u64) -> Value {
        self.lever("clock", json!({ "advance_seconds": seconds })).await;
        self.run().await
    }
}

#[tokio::test]
async fn an_event_arrives_as_the_platform_sends_it() {
    let (world, receiver, secret) = World::listening().await;
    let sent = world.tell(json!({ "data": { "count": 3, "note": "naïve" } })).await.json();
    world.run().await;
    let arrived = receiver.arrived();
    assert_eq!(arrived.len(), 1);
    let body = arrived[0].json();
    assert_eq!(body["id"], sent["event_id"]);
    assert!(body["id"].as_str().unwrap().starts_with("evt_") && body["id"].as_str().unwrap().len() == 30);
    assert_eq!((&body["type"], &body["user_id"]), (&json!(PARSED), &json!(ADA)));
    assert_eq!(body["client_id"], json!(world.app.client_id));
    assert_eq!(body["data"], json!({ "count": 3, "note": "naïve" }));
    assert!(body["occurred_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(arrived[0].header("x-loop-event-id"), body["id"].as_str().unwrap());
    assert_eq!(arrived[0].header("x-loop-event-type"), PARSED);
    assert_eq!(arrived[0].header("x-loop-delivery-attempt"), "1");
    assert_eq!(arrived[0].header("content-type"), "application/json");
    assert!(arrived[0].is_signed_with(&secret));
    let delivery = &world.deliveries().await[0];
    assert_eq!((&delivery["status"], &delivery["last_status"]), (&json!("delivered"), &json!(204)));
}

#[tokio::test]
async fn a_refused_event_is_tried_five_times_on_the_sandboxs_clock() {
    let (world, receiver, _) = World::listening().await;
    receiver.answer(&[500, 302, 401, 503, 404]);
    world.tell(json!({})).await;
    world.run().await;
    for (before, wait) in [(1, 10), (2, 60), (3, 600), (4, 3600)] {
        assert_eq!(world.later(wait / 2).await["attempts"], 0, "too early for attempt {}", before + 1);
        world.later(wait / 2 + 1).await;
        assert_eq!(receiver.arrived().len(), before + 1);
    }
    assert_eq!(receiver.attempts(), ["1", "2", "3", "4", "5"]);
    let delivery = &world.deliveries().await[0];
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("failed"), &json!(5)));
    assert_eq!((&delivery["last_status"], &delivery["last_answer"]), (&json!(404), &json!("not today")));
    assert_eq!(world.later(100_000).await, json!({ "attempts": 0, "pending": 0, "next_attempt_at": null }));
}

#[tokio::test]
async fn the_events_of_a_person_keep_their_order_while_another_persons_go_on() {
    let (world, receiver, _) = World::listening().await;
    let callback = world.sandbox.sign_in(&world.authorization_url(&[]), "ben", true).await.unwrap();
    let code = crate::world::query_of(&callback)["code"].clone();
    world.exchange(&code).await.tokens();
    receiver.answer(&[500]);
    world.tell(json!({ "data": { "n": 1 } })).await;
    world.run().await;
    world.tell(json!({ "data": { "n": 2 } })).await;
    world.tell(json!({ "user_id": "ben", "data": { "n": 3 } })).await;
    world.run().await;
    world.later(11).await;
    let order: Vec<Value> = receiver.arrived().iter().map(|arrived| arrived.json()["data"]["n"].clone()).collect();
    assert_eq!(order, [1, 3, 1, 2]);
}

#[tokio::test]
async fn an_app_hears_only_of_what_the_person_granted_and_it_asked_for() {
    let app = NewApp::default().scopes("openid read:biomarkers read:protocols");
    let world = World::with(Options::default(), app).await;
    let (receiver, url) = Receiver::start().await;
    let too_much = json!({ "url": url, "events": ["comms.notification.created.v1"] });
    assert_eq!(world.webhook("endpoint", too_much).await.error(), "validation_error");
    world.webhook("endpoint", json!({ "url": url, "events": [PARSED] })).await;
    let everyone = |r#type: &'static str| {
        let world = &world;
        async move {
            world.lever("webhooks/send", json!({ "type": r#type, "user_id": "ada" })).await.json()["deliveries"].clone()
        }
    };
    assert_eq!(everyone(PARSED).await, 0, "nobody has connected the app");
    assert_eq!(world.tell(json!({})).await.status, 422);
    let code = world.code_for(&[("scope", "openid read:protocols")]).await;
    world.exchange(&code).await.tokens();
    assert_eq!(everyone(PARSED).await, 0, "the person granted something else");
    world.signed_in().await;
    assert_eq!(everyone("clinical.bloodwork.uploaded.v1").await, 0, "the app left it out");
    assert_eq!(everyone(PARSED).await, 1);
    world.run().await;
    assert_eq!(receiver.arrived().len(), 1);
}

#[tokio::test]
async fn a_waiting_event_is_given_up_when_the_person_disconnects_the_app() {
    let (world, receiver, _) = World::listening().await;
    receiver.answer(&[500]);
    world.tell(json!({})).await;
    world.run().await;
    assert!(world.sandbox.end_grant(ADA, &world.app.client_id));
    world.later(11).await;
    assert_eq!(receiver.arrived().len(), 1);
    let delivery = &world.deliveries().await[0];
    assert_eq!(delivery["status"], "failed");
    assert!(delivery["last_answer"].as_str().unwrap().contains("no longer grants"), "{delivery}");
}

#[tokio::test]
async fn a_replay_is_the_same_event_with_a_new_count() {
    let (world, receiver, secret) = World::listening().await;
    receiver.answer(&[500]);
    world.tell(json!({})).await;
    world.run().await;
    world.later(10).await;
    let id = world.deliveries().await[0]["delivery_id"].clone();
    let replayed = world.lever("webhooks/replay", json!({ "delivery_id": id })).await.json();
    assert_eq!(replayed, json!({ "delivery_id": id, "client_id": world.app.client_id, "status": "pending" }));
    world.run().await;
    assert_eq!(receiver.attempts(), ["1", "2", "1"]);
    let arrived = receiver.arrived();
    assert!(arrived[0].body == arrived[2].body && arrived[2].is_signed_with(&secret));
    assert_eq!(world.lever("webhooks/replay", json!({ "delivery_id": "dlv_none" })).await.status, 404);
}

#[tokio::test]
async fn the_platforms_replay_route_is_for_a_machine_and_not_for_a_person() {
    let (world, receiver, _) = World::listening().await;
    world.tell(json!({})).await;
    world.run().await;
    let id = world.deliveries().await[0]["delivery_id"].as_str().unwrap().to_owned();
    let replay = async |id: &str, headers: &[(&str, &str)]| {
        let path = world.url(&format!("/webhooks/v1/connect/webhooks/{id}/replay"));
        world.send(Method::POST, &path, headers, None).await
    };
    assert_eq!(replay(&id, &[]).await.error(), "unauthenticated");
    let token = format!("Bearer {}", world.signed_in().await.access);
    let refused = replay(&id, &[("authorization", &token)]).await;
    assert_eq!((refused.status, refused.error().as_str()), (403, "insufficient_scope"));
    let machine = json!({ "client_name": "Operations", "allowed_scopes": ["admin:identity"] });
    let machine = world.lever("clients", machine).await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (machine_id, secret) = (text(&machine["client"]["client_id"]), text(&machine["client_secret"]));
    let fields = [("grant_type", "client_credentials"), ("client_id", &machine_id), ("client_secret", &secret)];
    let token = world.form("/identity/v1/tokens", &[], &fields).await.json()["access_token"].clone();
    let token = format!("Bearer {}", token.as_str().unwrap());
    let replayed = replay(&id, &[("authorization", &token)]).await;
    let expected = json!({ "delivery_id": id, "client_id": world.app.client_id, "status": "pending" });
    assert_eq!((replayed.status, replayed.json()), (200, expected));
    assert_eq!(replay("dlv_none", &[("authorization", &token)]).await.error(), "not_found");
    world.run().await;
    assert_eq!(receiver.arrived().len(), 2);
}

#[tokio::test]
async fn a_write_through_the_api_reaches_the_app() {
    let app = NewApp::default().scopes("openid read:biomarkers write:biomarkers");
    let world = World::with(Options::default(), app).await;
    let code = world.code_for(&[("scope", "read:biomarkers write:biomarkers")]).await;
    let token = world.exchange(&code).await.tokens().access;
    let (receiver, url) = Receiver::start().await;
    world.webhook("endpoint", json!({ "url": url })).await;
    let own = world.biomarkers(&token).await.json()["results"][0].clone();
    let potassium = json!({
        "code": "potassium", "name": "Potassium", "value": 7.9, "unit": "mmol/L", "reference_low": 3.5,
        "reference_high": 5.1, "collected_at": "2026-05-01T08:00:00Z",
    });
    let body = json!({
        "patient_id": own["patient_id"], "brand_id": "loop", "source": "test", "biomarkers": [potassium],
    });
    let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let written =
        world.send(Method::POST, &world.url("/clinical/v1/biomarkers/parse"), &headers, Some(body.to_string())).await;
    assert_eq!(written.status, 200, "{written:?}");
    world.run().await;
    let arrived = receiver.arrived();
    let parsed = arrived[0].json();
    assert_eq!(parsed["type"], PARSED);
    assert_eq!(parsed["data"]["biomarker_ids"][0], written.json()["results"][0]["id"]);
    assert!(!arrived[0].body.contains("7.9"), "an event names records and holds no result");
}

#[tokio::test]
async fn a_webhook_comes_and_goes_with_the_url_in_the_apps_record() {
    let world = World::new().await;
    let new = json!({
        "client_name": "Listener", "redirect_uris": ["http://localhost:3000/callback"],
        "allowed_scopes": ["openid", "read:biomarkers"], "webhook_url": "http://127.0.0.1:9/hook",
    });
    let made = world.lever("clients", new.clone()).await.json();
    assert!(made["webhook_signing_secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made["client"]["webhook_url"], "http://127.0.0.1:9/hook");
    let id = made["client"]["client_id"].as_str().unwrap();
    let shown = world.url(&format!("/_sandbox/webhooks/endpoint?client_id={id}"));
    assert_eq!(world.get(&shown).await.json()["events"].as_array().unwrap().len(), 3);
    let change = async |to: Value| world.json(Method::PATCH, &format!("/_sandbox/clients/{id}"), to).await;
    assert_eq!(change(json!({ "client_name": "Renamed" })).await.json()["client"]["webhook_url"], new["webhook_url"]);
    assert_eq!(change(json!({ "webhook_url": "http://example.com/hook" })).await.error(), "validation_error");
    assert_eq!(change(json!({ "webhook_url": null })).await.json()["client"]["webhook_url"], Value::Null);
    assert_eq!(world.get(&shown).await.status, 404);
}

#[tokio::test]
async fn a_rotated_secret_signs_from_then_on_and_the_former_one_is_due_for_a_day() {
    let (world, receiver, former) = World::listening().await;
    let secret = world.webhook("rotate-secret", json!({})).await.json()["webhook_signing_secret"].clone();
    let secret = secret.as_str().unwrap();
    assert_ne!(secret, former);
    world.tell(json!({})).await;
    world.run().await;
    let arrived = receiver.arrived();
    assert!(arrived[0].is_signed_with(secret) && !arrived[0].is_signed_with(&former));
    let shown = world.get(&world.url(&format!("/_sandbox/webhooks/endpoint?client_id={}", world.app.client_id))).await;
    let now = world.get(&world.url("/_sandbox/clock")).await.json()["now_seconds"].as_i64().unwrap();
    let until: jiff::Timestamp = shown.json()["former_secret_until"].as_str().unwrap().parse().unwrap();
    assert!((until.as_second() - now - 24 * 3600).abs() <= 2, "{until}");
    assert!(!shown.text.contains("whsec_"), "a secret is shown once");
}

#[tokio::test]
async fn the_same_event_can_be_delivered_many_times_and_one_that_nobody_knows_by_force() {
    let (world, receiver, _) = World::listening().await;
    world.tell(json!({ "times": 3 })).await;
    world.run().await;
    let ids: Vec<Value> = receiver.arrived().iter().map(|arrived| arrived.json()["id"].clone()).collect();
    assert!(ids.len() == 3 && ids[0] == ids[1] && ids[1] == ids[2], "{ids:?}");
    assert_eq!(world.tell(json!({ "type": "clinical.new.thing.v9" })).await.error(), "validation_error");
    world.tell(json!({ "type": "clinical.new.thing.v9", "user_id": "user_elsewhere", "force": true })).await;
    world.run().await;
    assert_eq!(receiver.arrived()[3].json()["user_id"], "user_elsewhere");
}

/// `loop-sandbox webhooks send`, with its exit code and what it printed.
async fn played(url: &str, more: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_loop-sandbox"))
        .args(["webhooks", "send", "--to", url, "--secret", "whsec_of_the_test"])
        .args(more)
        .output()
        .await
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn the_command_plays_the_platform_and_says_what_an_answer_means() {
    let (receiver, url) = Receiver::start().await;
    receiver.answer(&[401]);
    let (code, text) = played(&url, &["--attempts", "2", "--replay"]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("401") && text.contains("raw body") && text.contains("Accepted at attempt 2"), "{text}");
    assert!(!text.contains("whsec_") && !text.contains('\u{1b}'), "{text}");
    let arrived = receiver.arrived();
    assert_eq!(receiver.attempts(), ["1", "2", "1"]);
    assert!(arrived.iter().all(|one| one.is_signed_with("whsec_of_the_test") && one.body == arrived[0].body));
    assert_eq!(arrived[0].json()["user_id"], ADA);
}

#[tokio::test]
async fn the_command_fails_if_the_event_is_never_accepted_or_a_wrong_signature_is() {
    let (receiver, url) = Receiver::start().await;
    receiver.answer(&[500]);
    assert_eq!(played(&url, &["--attempts", "1"]).await.0, Some(1));
    receiver.answer(&[401]);
    let (code, text) = played(&url, &["--bad-signature"]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(!receiver.arrived()[1].is_signed_with("whsec_of_the_test"));
    let (code, text) = played(&url, &["--bad-signature"]).await;
    assert!(code == Some(1) && text.contains("does not check"), "{text}");
    let (code, text) = played("http://example.com/hook", &[]).await;
    assert!(code == Some(1) && text.lines().count() == 1 && text.contains("https"), "{text}");
}
