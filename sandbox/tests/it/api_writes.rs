//! Writes: later reads see them, what follows from them changes, each has its audit row, and a key does one once.

use std::time::Duration;

use loop_sandbox::Fault;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, MACHINE_SCOPES, new_biomarkers, new_lab_order, user_id};

const PARSE: &str = "/clinical/v1/biomarkers/parse";

#[tokio::test]
async fn new_results_change_what_follows_from_them() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let of_ada = json!({ "patient_id": patient, "brand_id": "loop" });
    let codes = |flags: &Value| -> Vec<String> {
        flags["flags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|flag| flag["biomarker_code"].as_str().unwrap().to_owned())
            .collect()
    };
    let flags_path = format!("/clinical/v1/red-flags/{patient}");
    let before = api.get(&flags_path, &ada).await.json();
    assert!(codes(&before).contains(&"ferritin".to_owned()), "11 ng/mL of ferritin raises a flag");
    let score = api.post("/clinical/v1/health-engine/score", &ada, &of_ada).await.json();
    let matched = api.post("/clinical/v1/protocols/match", &ada, &of_ada).await.json();
    assert_eq!(matched["matches"][0]["protocol_id"], "prt_iron_vitamin_d");
    assert_eq!(matched["matches"][0]["match_score"], 1.0);

    let parsed = api.post(PARSE, &ada, &new_biomarkers(&patient)).await.json();
    assert_eq!((&parsed["count"], &parsed["results"][0]["status"]), (&json!(1), &json!("normal")));
    let results = api.get("/clinical/v1/biomarkers/me", &ada).await.json();
    assert_eq!(results["results"].as_array().unwrap().last(), Some(&parsed["results"][0]));
    assert!(!codes(&api.get(&flags_path, &ada).await.json()).contains(&"ferritin".to_owned()));
    let better = api.post("/clinical/v1/health-engine/score", &ada, &of_ada).await.json();
    assert!(better["overall_score"].as_f64().unwrap() > score["overall_score"].as_f64().unwrap());
    let matched = api.post("/clinical/v1/protocols/match", &ada, &of_ada).await.json();
    assert_eq!(matched["matches"][0]["match_score"], 0.5);
    let series = format!("/patient-graph/v1/patients/{patient}/metrics/ferritin");
    let series = api.get(&series, &ada).await.json();
    let values: Vec<&str> =
        series["data"].as_array().unwrap().iter().map(|point| point["value_numeric"].as_str().unwrap()).collect();
    assert_eq!(values, ["11.00", "41.50"]);
}

#[tokio::test]
async fn a_critical_result_is_published_and_an_old_one_changes_nothing() {
    let api = Api::new().await;
    let (mei, patient) = (api.token("mei").await, api.patient("mei").await);
    let mut body = new_biomarkers(&patient);
    body["biomarkers"][0] = json!({
        "code": "triglycerides", "name": "Triglycerides", "value": 900, "unit": "mg/dL", "reference_low": null,
        "reference_high": 149, "collected_at": "2020-01-01T00:00:00+02:00",
    });
    let parsed = api.post(PARSE, &mei, &body).await.json();
    assert_eq!(parsed["results"][0]["status"], "critical");
    assert_eq!(parsed["results"][0]["collected_at"], "2019-12-31T22:00:00Z");
    let flags = api.get(&format!("/clinical/v1/red-flags/{patient}"), &mei).await.json();
    assert_eq!(flags["flags"], json!([]), "a newer result is in range");
    let events = api.world.get(&api.world.url("/_sandbox/events")).await.json();
    let names: Vec<&str> = events.as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["clinical.biomarker.parsed.v1", "clinical.lab_result.critical.v1", "comms.notification.created.v1"]
    );
    assert_eq!(events[1]["payload"]["biomarker_codes"], json!(["triglycerides"]));
    assert_eq!(events[1]["user_id"], user_id("mei"));
}

#[tokio::test]
async fn later_reads_see_every_write() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let machine = api.machine_token(MACHINE_SCOPES).await;

    let upload = json!({
        "patient_id": patient, "brand_id": "loop", "content_type": "application/json", "source": "app",
        "file_base64": "e30=", "file_name": "results.json",
    });
    let uploaded = api.post("/clinical/v1/bloodwork/upload", &ada, &upload).await.json();
    let view = format!("/clinical/v1/bloodwork/view/{}", uploaded["id"].as_str().unwrap());
    let viewed = api.get(&view, &ada).await.json();
    assert_eq!(viewed["file_name"], "results.json");
    let url = viewed["signed_url"].as_str().unwrap();
    assert_eq!(api.world.get(url).await.text, "{}");
    assert_eq!(api.world.get(&url.replace("signature=", "signature=0")).await.status, 403);
    api.world.sandbox.advance_clock(Duration::from_secs(301));
    assert_eq!(api.world.get(url).await.status, 403);

    let key = [("idempotency-key", "one")];
    let order = new_lab_order(&patient);
    let ordered = api.send_with(Method::POST, "/clinical/v1/lab-orders", &ada, Some(&order), &key).await.json();
    let orders = api.get("/integrations/v1/labs/orders", &ada).await.json();
    assert_eq!(orders["data"][0]["id"], ordered["id"], "newest first");
    assert_eq!(orders["data"][1]["status"], "completed");

    let label = async || api.get("/identity/v1/users/me", &ada).await.json()["active_protocol_label"].clone();
    assert_eq!(label().await, "Iron and vitamin D repletion");
    let enrolment = json!({
        "patient_id": patient, "protocol_id": "prt_lipid_control", "goals": ["Live long"],
        "consent": { "agreed_to_privacy": true, "agreed_to_terms": true },
        "intake": { "age": 38, "conditions": ["none"], "email": "ada@example.com", "full_name": "Ada Okafor" },
    });
    assert_eq!(api.post("/clinical/v1/enrollments", &ada, &enrolment).await.json()["status"], "active");
    assert_eq!(label().await, "Lipid control");
    let minor = json!({ "age": 17, "conditions": ["none"], "email": "a@b.c", "full_name": "Ada" });
    let mut refused = enrolment.clone();
    refused["intake"] = minor;
    assert_eq!(api.post("/clinical/v1/enrollments", &ada, &refused).await.status, 400);

    let marker = json!({ "markers": [{
        "slug": "ferritin", "name": "Ferritin, new method", "description": "", "biomarker_code": "ferritin",
        "units": "ng/mL", "wholesale_cost": 7, "currency": "USD", "source_lab_id": "quest",
    }] });
    let upserted = api.post("/clinical/v1/admin/lab-catalog/markers", &machine, &marker).await.json();
    assert_eq!(upserted, json!({ "upserted": 1 }));
    let found = api.get("/clinical/v1/lab-catalog/markers?q=new%20method", &ada).await.json();
    assert_eq!((&found["total"], &found["markers"][0]["slug"]), (&json!(1), &json!("ferritin")));

    let begun = json!({ "provider": "whoop", "redirectUri": "https://a.example/back?x=1" });
    let begun = api.post("/integrations/v1/connections/authorize", &ada, &begun).await.json();
    let back = api.world.get(begun["url"].as_str().unwrap()).await;
    let query = back.redirect();
    assert_eq!((query["x"].as_str(), query["state"].as_str()), ("1", begun["state"].as_str().unwrap()));
    let list = format!("/integrations/v1/connections?userId={}", user_id("ada"));
    let connections = api.get(&list, &ada).await.json();
    let made = connections["connections"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&made["providerSlug"], &made["lastSyncAt"]), (&json!("whoop"), &Value::Null));
    let sync = format!("/integrations/v1/sync/{}", made["id"].as_str().unwrap());
    let run = api.send(Method::POST, &sync, &ada, None).await.json();
    assert_eq!(run["syncRun"]["status"], "completed");
    let connections = api.get(&list, &ada).await.json();
    let synced = connections["connections"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(synced["lastSyncAt"], run["syncRun"]["completedAt"]);
    let metrics = api.get("/clinical/v1/wearables/metrics", &ada).await.json();
    assert!(metrics.as_array().unwrap().iter().any(|metric| metric["provider"] == "whoop"), "{metrics}");
}

#[tokio::test]
async fn a_logged_dose_is_seen_in_the_calendar_and_the_streak() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let day = format!("/patient-graph/v1/adherence/calendar?patient_id={patient}&from=2026-05-21&to=2026-05-21");
    assert_eq!(api.get(&day, &ada).await.json()["days"], json!([{ "date": "2026-05-21", "status": "scheduled" }]));
    let streak = api.get("/patient-graph/v1/adherence/streak/me", &ada).await.json();
    let schedule = format!("/patient-graph/v1/adherence/today-schedule?patient_id={patient}&date=2026-05-21");
    let schedule = api.get(&schedule, &ada).await.json();
    assert_eq!((&schedule["weekday"], schedule["morning"].as_array().unwrap().len()), (&json!(4), 1));
    let due = &schedule["morning"][0];
    let dose = json!({
        "peptide_id": due["compound_id"], "protocol_id": due["protocol_id"], "status": "taken",
        "protocol_compound_id": due["protocol_compound_id"], "scheduled_at": "2026-05-21T07:00:00Z",
    });
    assert_eq!(api.post("/patient-graph/v1/adherence/doses", &ada, &dose).await.status, 201);
    assert_eq!(api.get(&day, &ada).await.json()["days"][0]["status"], "taken");
    let longer = api.get("/patient-graph/v1/adherence/streak/me", &ada).await.json();
    assert_eq!(longer["current_streak"].as_u64(), streak["current_streak"].as_u64().map(|days| days + 1));
    let unknown = json!({ "peptide_id": "x", "protocol_id": "prt_lipid_control", "status": "taken", "scheduled_at": "2026-05-21T07:00:00Z" });
    assert_eq!(api.post("/patient-graph/v1/adherence/doses", &ada, &unknown).await.status, 404);
    let skipped = json!({ "skip_reason": "sick", "peptide_id": due["compound_id"], "protocol_id": due["protocol_id"], "status": "taken", "scheduled_at": "2026-05-21T07:00:00Z" });
    assert_eq!(api.post("/patient-graph/v1/adherence/doses", &ada, &skipped).await.status, 422);
}

#[tokio::test]
async fn every_write_has_one_audit_row_without_a_value_and_a_refused_one_has_none() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let machine = api.machine_token("admin:clinical").await;
    let parsed = api.post(PARSE, &ada, &new_biomarkers(&patient)).await;
    api.post(PARSE, &machine, &new_biomarkers(&patient)).await;
    let mut upside_down = new_biomarkers(&patient);
    upside_down["biomarkers"][0]["reference_high"] = json!(1);
    assert_eq!(api.post(PARSE, &ada, &upside_down).await.status, 422);
    api.get("/clinical/v1/biomarkers/me", &ada).await;
    let rows = api.world.get(&api.world.url("/_sandbox/audit")).await.json();
    let rows: Value = rows.as_array().unwrap().iter().filter(|row| row["service"] == "clinical").cloned().collect();
    assert_eq!(rows.as_array().unwrap().len(), 2, "{rows}");
    let row = &rows[0];
    assert_eq!(row["event_type"], "clinical.biomarker.parsed");
    assert_eq!((&row["actor_type"], &row["actor_id"]), (&json!("user"), &json!(user_id("ada"))));
    assert_eq!(row["entity_id"], parsed.json()["results"][0]["id"]);
    assert_eq!(row["request_id"], parsed.header("x-request-id"));
    assert!(!rows.to_string().contains("41.5"), "{rows}");
    assert_eq!((&rows[1]["actor_type"], &rows[1]["actor_id"]), (&json!("service"), &json!(api.machine.client_id)));
    assert_eq!(api.world.sandbox.stats().api_writes_done, 2);
}

#[tokio::test]
async fn a_key_gives_the_first_answer_again_and_does_the_write_once() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let body = new_biomarkers(&patient);
    let send = async |token: &str, key: &str, body: &Value| {
        api.send_with(Method::POST, PARSE, token, Some(body), &[("idempotency-key", key)]).await
    };
    let first = send(&ada, "k", &body).await;
    let again = send(&ada, "k", &body).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    let count = async || api.get("/clinical/v1/biomarkers/me", &ada).await.json()["count"].as_u64().unwrap();
    let once = count().await;
    let mut other = body.clone();
    other["source"] = json!("another");
    assert_eq!(send(&ada, "k", &other).await.error(), "conflict");
    assert_eq!(count().await, once);
    let stats = api.world.sandbox.stats();
    assert_eq!((stats.api_writes_done, stats.api_replays), (1, 1));
    // Another person's key is another key.
    let ben = api.token("ben").await;
    assert_eq!(send(&ben, "k", &body).await.status, 404);
    // What was refused is kept as well, and a day later nothing is.
    assert_eq!(send(&ben, "k", &body).await.status, 404);
    assert_eq!(api.world.sandbox.stats().api_replays, 2);
    api.world.sandbox.advance_clock(Duration::from_secs(24 * 3600 + 1));
    let ada = api.token("ada").await;
    assert_eq!(send(&ada, "k", &other).await.status, 200);
    for bad in ["", &"x".repeat(256)] {
        assert_eq!(send(&ada, bad, &body).await.error(), "validation_error");
    }
    let order = new_lab_order(&patient);
    let without = api.post("/clinical/v1/lab-orders", &ada, &order).await;
    assert_eq!((without.status, without.error().as_str()), (400, "validation_error"));
}

#[tokio::test]
async fn a_key_whose_first_request_is_under_way_is_a_conflict() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let body = new_biomarkers(&patient);
    let key = [("idempotency-key", "slow")];
    // The first hangs before its work until the sandbox hears of the second.
    api.world.sandbox.api_fault(Fault::hang(None).only_path("/v1/biomarkers/parse")).unwrap();
    let hanging = api.send_with(Method::POST, PARSE, &ada, Some(&body), &key);
    let second = async {
        while api.world.sandbox.journal().iter().all(|entry| entry.fault.is_none()) {
            tokio::task::yield_now().await;
        }
        api.send_with(Method::POST, PARSE, &ada, Some(&body), &key).await
    };
    tokio::select! {
        _ = hanging => panic!("it does not hang"),
        answer = second => assert_eq!((answer.status, answer.error().as_str()), (409, "conflict")),
    }
}

#[tokio::test]
async fn writes_whose_answers_are_dropped_by_chance_are_each_done_once() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let fault = || Fault::no_answer().after().only_method("POST").only_service("clinical").times(1000);
    api.world.sandbox.api_fault(fault().probability(0.4, 7)).unwrap();
    let before = api.get("/clinical/v1/biomarkers/me", &ada).await.json()["count"].as_u64().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut lost = 0;
    for number in 0..40 {
        loop {
            let request = http
                .post(api.world.url(PARSE))
                .bearer_auth(&ada)
                .header("content-type", "application/json")
                .header("idempotency-key", format!("write-{number}"))
                .body(new_biomarkers(&patient).to_string());
            match request.send().await {
                Ok(answer) => {
                    assert_eq!(answer.status(), 200);
                    break;
                }
                Err(_) => lost += 1,
            }
        }
    }
    assert!((10..60).contains(&lost), "{lost} of about 27");
    api.world.sandbox.clear_api_faults();
    let after = api.get("/clinical/v1/biomarkers/me", &ada).await.json()["count"].as_u64().unwrap();
    assert_eq!(after - before, 40);
    assert_eq!(api.world.sandbox.stats().api_writes_done, 40);
}
