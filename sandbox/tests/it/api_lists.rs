//! Lists that come in pages, to their end, and what a filter leaves.

use std::collections::HashSet;

use serde_json::json;

use crate::api::Api;

#[tokio::test]
async fn offset_pages_lead_to_the_end_without_a_gap_or_a_repetition() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let mut slugs = Vec::new();
    let total = loop {
        let path = format!("/clinical/v1/lab-catalog/markers?offset={}", slugs.len());
        let page = api.get(&path, &ada).await.json();
        assert_eq!((&page["limit"], &page["offset"]), (&json!(20), &json!(slugs.len())));
        let markers = page["markers"].as_array().unwrap();
        if markers.is_empty() {
            break page["total"].as_u64().unwrap();
        }
        assert!(markers.len() <= 20);
        slugs.extend(markers.iter().map(|marker| marker["slug"].as_str().unwrap().to_owned()));
    };
    assert!(total >= 45);
    assert_eq!(slugs.iter().collect::<HashSet<_>>().len(), slugs.len());
    assert_eq!(slugs.len() as u64, total);
}

#[tokio::test]
async fn the_catalogue_is_filtered_by_words_and_tag_and_says_what_a_state_allows() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let page = api.get("/clinical/v1/lab-catalog/markers?q=CHOLESTEROL&tag=heart&state=ny&limit=2", &ada).await.json();
    assert_eq!((&page["total"], page["markers"].as_array().unwrap().len()), (&json!(3), 2));
    assert_eq!(page["markers"][0]["availability"]["status"], "requires_byop");
    assert_eq!(page["state"], "ny");
    let plain = api.get("/clinical/v1/lab-catalog/markers?q=ldl", &ada).await.json();
    assert_eq!((&plain["markers"][0]["availability"], &plain["state"]), (&json!(null), &json!(null)));
    for bad in ["limit=0", "limit=101", "limit=x", "offset=-1"] {
        let answer = api.get(&format!("/clinical/v1/lab-catalog/markers?{bad}"), &ada).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"), "{bad}");
    }
}

#[tokio::test]
async fn cursor_pages_lead_to_the_end_without_a_gap_or_a_repetition() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let (mut ids, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = api.get(&format!("/comms/v1/notifications?limit=10&cursor={cursor}"), &ada).await.json();
        pages += 1;
        let data = page["data"].as_array().unwrap();
        ids.extend(data.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!((ids.len(), pages), (28, 3));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 28);
    let first = api.get("/comms/v1/notifications", &ada).await.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 20);
    // A cursor is good for the person whose page gave it.
    let ben = api.token("ben").await;
    for (token, cursor) in [(&ada, "nonsense"), (&ben, cursor.as_str())] {
        let answer = api.get(&format!("/comms/v1/notifications?cursor={cursor}"), token).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"));
    }
}

#[tokio::test]
async fn a_series_is_cut_and_thinned_and_keeps_every_digit() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let patient = api.patient("ada").await;
    let series = async |query: &str| {
        let path = format!("/patient-graph/v1/patients/{patient}/metrics/weight_kg?{query}");
        let body = api.get(&path, &ada).await.json();
        let points = body["data"].as_array().unwrap().clone();
        assert_eq!(body["count"], points.len());
        points.iter().map(|point| point["value_numeric"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(series("").await.len(), 12);
    assert_eq!(series("granularity=week").await.len(), 12);
    assert_eq!(series("granularity=month").await, ["59.20", "58.45", "58.10"]);
    assert_eq!(series("from=2026-05-13&to=2026-05-20").await, ["58.30", "58.10"]);
    assert_eq!(series("from=2026-05-13T07:00:01Z&to=2026-05-20").await, ["58.10"]);
    let path = format!("/patient-graph/v1/patients/{patient}/metrics");
    assert_eq!(api.get(&format!("{path}/nothing"), &ada).await.status, 404);
    assert_eq!(api.get(&format!("{path}/weight_kg?granularity=hour"), &ada).await.status, 400);
    let metrics = api.get(&path, &ada).await.json();
    let metric = |key: &str| {
        metrics["metrics"].as_array().unwrap().iter().find(|metric| metric["metric_key"] == key).unwrap().clone()
    };
    assert_eq!((&metric("weight_kg")["last_value"], &metric("weight_kg")["is_phi"]), (&json!("58.10"), &json!(true)));
    assert_eq!(
        (&metric("app_sessions")["is_phi"], &metric("training_phase")["last_value"]),
        (&json!(false), &json!("build"))
    );
}
