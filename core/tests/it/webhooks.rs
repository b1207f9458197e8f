//! Webhooks: the verdicts that all languages share.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use loop_sdk::bridge::verify_webhook;
use loop_sdk::webhook::EVENTS;
use serde_json::Value;

const FILE: &str = include_str!("../../../conformance/webhooks.json");

#[test]
fn every_delivery_gets_the_verdict_that_all_languages_give() {
    let file: Value = serde_json::from_str(FILE).unwrap();
    let mut known = BTreeSet::new();
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let body = match case["body"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => STANDARD.decode(case["body_base64"].as_str().unwrap()).unwrap(),
        };
        match verify_webhook(&body, &case["headers"].to_string(), &case["secrets"].to_string()) {
            Err(error) => assert_eq!(case["verdict"], error.code().as_str(), "{name}"),
            Ok(event) => {
                assert_eq!(case["verdict"], "ok", "{name}");
                let event: Value = serde_json::from_str(&event).unwrap();
                for (member, expected) in case["event"].as_object().unwrap() {
                    assert_eq!(event[member], *expected, "{name}: {member}");
                }
                if !event["known"].is_null() {
                    known.insert(event["type"].as_str().unwrap().to_owned());
                }
            }
        }
    }
    // Every type of event that is known has a case.
    assert_eq!(known, EVENTS.iter().map(|event| event.name.to_owned()).collect());
}
