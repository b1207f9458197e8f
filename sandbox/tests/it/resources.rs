//! The clinical service.

use std::collections::HashSet;

use reqwest::Method;

use crate::world::World;

#[tokio::test]
async fn biomarkers_are_the_persons_own_with_the_documented_fields() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let body = world.biomarkers(&tokens.access).await.json();
    let results = body["results"].as_array().unwrap();
    assert_eq!(body["count"], results.len());
    assert!(results.len() >= 10);
    let fields = HashSet::from([
        "id",
        "patient_id",
        "biomarker_code",
        "biomarker_name",
        "value",
        "unit",
        "reference_low",
        "reference_high",
        "status",
        "collected_at",
        "parsed_at",
    ]);
    for result in results {
        let names: HashSet<&str> = result.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, fields);
        assert_eq!(result["patient_id"], results[0]["patient_id"]);
    }
}

#[tokio::test]
async fn a_protocol_has_the_documented_fields_and_an_unknown_one_is_not_found() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let protocol = world.resource("/clinical/v1/protocols/prt_lipid_control", &tokens.access).await.json();
    let names: HashSet<&str> = protocol.as_object().unwrap().keys().map(String::as_str).collect();
    let fields = [
        "id",
        "name",
        "version",
        "description",
        "category",
        "criteria",
        "recommendations",
        "contraindications",
        "active",
    ];
    assert_eq!(names, HashSet::from(fields));
    assert!(protocol["criteria"].is_object());
    assert!(protocol["recommendations"][0].is_object() && protocol["contraindications"][0].is_object());
    let unknown = world.resource("/clinical/v1/protocols/nope", &tokens.access).await;
    assert_eq!((unknown.status, unknown.error().as_str()), (404, "not_found"));
}

#[tokio::test]
async fn a_call_says_exactly_why_it_is_refused() {
    let world = World::new().await;
    let url = world.url("/clinical/v1/biomarkers/me");
    let none = world.get(&url).await;
    assert_eq!((none.status, none.error().as_str()), (401, "unauthenticated"));
    let basic = world.send(Method::GET, &url, &[("authorization", "Basic abc")], None).await;
    assert_eq!(basic.error(), "unauthenticated");
    let wrong = world.biomarkers("lph_at_wrong").await;
    assert_eq!((wrong.status, wrong.error().as_str()), (401, "invalid_token"));
    assert_eq!(wrong.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    let tokens = world.exchange(&world.code_for(&[("scope", "openid read:protocols")]).await).await.tokens();
    let narrow = world.biomarkers(&tokens.access).await;
    assert_eq!((narrow.status, narrow.error().as_str()), (403, "insufficient_scope"));
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"read:biomarkers\"";
    assert_eq!(narrow.header("www-authenticate"), challenge);
    assert!(narrow.json()["message"].as_str().unwrap().contains("read:biomarkers"));
    for not_one in [&tokens.refresh, tokens.body["id_token"].as_str().unwrap()] {
        assert_eq!(world.biomarkers(not_one).await.error(), "invalid_token");
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_the_sandboxs_date() {
    let world = World::new().await;
    world.lever("clock", serde_json::json!({ "advance_seconds": 400 * 24 * 3600 })).await;
    let mut ids = HashSet::new();
    for path in ["/", "/healthz", "/clinical/v1/biomarkers/me", "/nothing", "/identity/v1/oauth/token"] {
        let answer = world.get(&world.url(path)).await;
        assert!(answer.header("x-request-id").starts_with("req_"), "{path}");
        assert!(ids.insert(answer.header("x-request-id").to_owned()), "{path}");
        let now = world.get(&world.url("/_sandbox/clock")).await.json()["now"].as_str().unwrap().to_owned();
        assert!(answer.header("date").contains(&now[..4]), "{path}: {} at {now}", answer.header("date"));
    }
}
