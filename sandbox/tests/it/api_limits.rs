//! Limits of the API, and lock-outs.

use std::time::Duration;

use serde_json::json;

use crate::api::{Api, MACHINE_SCOPES, new_biomarkers};

const MINE: &str = "/clinical/v1/biomarkers/me";

#[tokio::test]
async fn reads_writes_and_administration_are_limited_each_for_itself() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let machine = api.machine_token(MACHINE_SCOPES).await;
    api.world.sandbox.switch(|switches| {
        switches.read_rate_limit = Some(2);
        switches.write_rate_limit = Some(1);
        switches.admin_rate_limit = Some(1);
    });
    for expected in [200, 200, 429] {
        assert_eq!(api.get(MINE, &ada).await.status, expected);
    }
    let limited = api.get(MINE, &ada).await;
    assert_eq!(limited.error(), "rate_limited");
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert!(limited.json()["retry_after_ms"].as_u64().unwrap() > 0);
    assert_eq!(api.post("/clinical/v1/biomarkers/parse", &ada, &new_biomarkers(&patient)).await.status, 200);
    assert_eq!(api.post("/clinical/v1/biomarkers/parse", &ada, &new_biomarkers(&patient)).await.status, 429);
    let admin = "/identity/v1/admin/oauth-clients";
    assert_eq!(api.get(admin, &machine).await.status, 200);
    assert_eq!(api.get(admin, &machine).await.status, 429);
    // What is over the limit is not done.
    assert_eq!(api.world.sandbox.stats().api_writes_done, 1);
    assert_eq!(api.world.sandbox.stats().api_rate_limited, 4);
    api.world.sandbox.advance_clock(Duration::from_secs(61));
    assert_eq!(api.get(MINE, &ada).await.status, 200);
}

#[tokio::test]
async fn who_goes_on_after_the_grace_is_locked_out_of_everything() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    api.world.sandbox.switch(|switches| {
        switches.read_rate_limit = Some(1);
        switches.write_rate_limit = Some(100);
        switches.lockout_after = 3;
    });
    api.get(MINE, &ada).await;
    // Told to wait. What comes within a second of that counts for nothing: rate_limit.rs has it to the millisecond.
    assert_eq!(api.get(MINE, &ada).await.status, 429);
    assert_eq!(api.world.sandbox.stats().api_ignored, 0);
    api.world.sandbox.advance_clock(Duration::from_secs(2));
    for _ in 0..3 {
        assert_eq!(api.get(MINE, &ada).await.status, 429);
    }
    let stats = api.world.sandbox.stats();
    assert_eq!((stats.api_ignored, stats.api_lockouts), (3, 1));
    let write = api.post("/clinical/v1/biomarkers/parse", &ada, &new_biomarkers(&patient)).await;
    assert_eq!(write.status, 429);
    let wait: u64 = write.header("retry-after").parse().unwrap();
    assert!((895..=900).contains(&wait), "{wait}");
    api.world.sandbox.advance_clock(Duration::from_secs(901));
    assert_eq!(api.get(MINE, &ada).await.status, 200);
}

#[tokio::test]
async fn without_a_switch_there_is_no_limit_and_a_changed_one_forgives_everybody() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    for _ in 0..30 {
        assert_eq!(api.get(MINE, &ada).await.status, 200);
    }
    api.world.lever("switches", json!({ "read_rate_limit": 1 })).await;
    assert_eq!(api.get(MINE, &ada).await.status, 200);
    assert_eq!(api.get(MINE, &ada).await.status, 429);
    api.world.lever("switches", json!({ "read_rate_limit": 2 })).await;
    assert_eq!(api.get(MINE, &ada).await.status, 200);
}
