//! Wrong answers of the API, on order.

use loop_sandbox::{Fault, FaultBody};
use reqwest::Method;
use serde_json::json;

use crate::api::{Api, new_biomarkers};

const MINE: &str = "/clinical/v1/biomarkers/me";

#[tokio::test]
async fn a_fault_waits_for_its_service_method_and_path_in_either_form() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let flags = format!("/clinical/v1/red-flags/{patient}");
    let sandbox = &api.world.sandbox;
    for path in ["/v1/red-flags/{patient_id}", "/clinical/v1/red-flags/{patient_id}", &flags[9..], &flags] {
        sandbox.api_fault(Fault::status(503, FaultBody::Api).only_path(path).retry_after("7")).unwrap();
        assert_eq!(api.get(MINE, &ada).await.status, 200, "{path}");
        let answer = api.get(&flags, &ada).await;
        assert_eq!((answer.status, answer.error().as_str()), (503, "temporarily_unavailable"), "{path}");
        assert_eq!(answer.header("retry-after"), "7");
        assert_eq!(api.get(&flags, &ada).await.status, 200, "{path}");
    }
    sandbox.api_fault(Fault::status(502, FaultBody::Html).only_service("membership")).unwrap();
    sandbox.api_fault(Fault::status(500, FaultBody::Empty).only_method("post")).unwrap();
    sandbox.api_fault(Fault::status(500, FaultBody::Empty).only_client("client_other")).unwrap();
    assert_eq!(api.get(MINE, &ada).await.status, 200);
    let queued = api.world.get(&api.world.url("/_sandbox/api-faults")).await.json();
    assert_eq!(queued.as_array().unwrap().len(), 3);
    let cleared = api.world.send(Method::DELETE, &api.world.url("/_sandbox/api-faults"), &[], None).await;
    assert_eq!(cleared.status, 204);
    assert_eq!(api.world.get(&api.world.url("/_sandbox/api-faults")).await.json(), json!([]));
}

#[tokio::test]
async fn before_the_work_nothing_is_written_and_after_it_all_is() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    for (fault, written) in [(Fault::garbage_200(), 0), (Fault::garbage_200().after(), 1)] {
        api.world.sandbox.reset_stats();
        api.world.sandbox.api_fault(fault).unwrap();
        let answer = api.post("/clinical/v1/biomarkers/parse", &ada, &new_biomarkers(&patient)).await;
        assert_eq!(answer.status, 200);
        assert!(serde_json::from_str::<serde_json::Value>(&answer.text).is_err());
        assert_eq!(api.world.sandbox.stats().api_writes_done, written);
        let entry = api.world.sandbox.journal().pop().unwrap();
        assert_eq!(entry.operation.as_deref(), Some("clinical.parse_biomarkers"));
        assert_eq!(entry.client_id.as_ref(), Some(&api.world.app.client_id));
        assert_eq!(entry.fault.unwrap().when, if written == 0 { "before" } else { "after" });
    }
}

#[tokio::test]
async fn chance_depends_on_the_seed_alone() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let run = async |seed: u64| {
        api.world.sandbox.clear_api_faults();
        let order = json!({ "kind": "status", "status": 500, "probability": 0.5, "seed": seed, "times": 1000 });
        assert_eq!(api.world.lever("api-faults", order).await.status, 204);
        let mut statuses = Vec::new();
        for _ in 0..32 {
            statuses.push(api.get(MINE, &ada).await.status);
        }
        statuses
    };
    let first = run(1).await;
    assert_eq!(first, run(1).await);
    assert_ne!(first, run(2).await);
    let struck = first.iter().filter(|status| **status == 500).count();
    assert!((6..=26).contains(&struck), "{struck} of 32");
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused_with_a_reason() {
    let api = Api::new().await;
    for (lever, order, named) in [
        ("api-faults", json!({ "kind": "no_answer", "grant_type": "refresh_token" }), "grant_type"),
        ("api-faults", json!({ "kind": "drop_refresh_token" }), "drop_refresh_token"),
        ("api-faults", json!({ "kind": "no_answer", "probability": 1.5 }), "probability"),
        ("api-faults", json!({ "kind": "no_answer", "seed": 1 }), "seed"),
        ("token-faults", json!({ "kind": "no_answer", "path": "/v1/x" }), "path"),
        ("token-faults", json!({ "kind": "no_answer", "probability": 0.5 }), "probability"),
    ] {
        let answer = api.world.lever(lever, order.clone()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"), "{order}");
        assert!(answer.json()["message"].as_str().unwrap().contains(named), "{order}: {}", answer.text);
    }
}
