//! Values that find something, for whoever tries the API out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{each_operation, references};
use crate::ids::seeded_uuid;
use crate::seed;

/// Values that find something, for fields and parameters of these names: whoever tries the API out needs them, tools
/// included.
fn examples() -> Vec<(&'static str, Value)> {
    let Some(ada) = seed::find("ada") else {
        return Vec::new();
    };
    let ids =
        ["patient_id", "user_id", "userId", "membership_id", "requested_by"].map(|name| (name, json!(ada.user_id)));
    let mut found = vec![
        ("brand_id", json!(seed::BRAND)),
        ("protocol_id", json!("prt_iron_vitamin_d")),
        ("order_id", json!(ada.record_id("lab order"))),
        ("bloodwork_id", json!(ada.record_id("bloodwork"))),
        ("connection_id", json!(ada.record_id("connection oura"))),
        ("metric_key", json!("weight_kg")),
        ("medications", json!(["levothyroxine"])),
        ("tier", json!("plus")),
        ("state", json!("NY")),
        ("month", json!("2026-05")),
        ("date", json!("2026-05-20")),
        ("enrolled_at", json!("2026-03-16T00:00:00Z")),
        ("collected_at", json!("2026-06-01T08:00:00Z")),
        ("scheduled_at", json!("2026-05-21T07:00:00Z")),
        ("file_base64", json!("JVBERi0xLjQK")),
        ("provider", json!("whoop")),
        ("redirectUri", json!("https://app.example.com/connected")),
        ("raw_payload", json!({ "results": [{ "code": "tsh", "value": 2.1 }] })),
        ("peptide_id", json!(seeded_uuid("compound iron-bisglycinate"))),
        ("dob", json!("1988-02-11")),
        ("email", json!("ada.okafor@example.com")),
        ("full_name", json!("Ada Okafor")),
        ("agreed_to_privacy", json!(true)),
        ("agreed_to_terms", json!(true)),
    ];
    found.extend(ids);
    found
}

pub(super) fn add(document: &mut Value) {
    let examples = examples();
    let example = |name: &str| examples.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let mut asked = BTreeSet::new();
    let mut waiting = Vec::new();
    for (_, _, operation) in each_operation(document) {
        references(&operation["requestBody"], &mut waiting);
    }
    while let Some(name) = waiting.pop() {
        if asked.insert(name.clone()) {
            references(&document["components"]["schemas"][&name], &mut waiting);
        }
    }
    for name in asked {
        let schema = document["components"]["schemas"].get_mut(&name);
        let properties = schema.and_then(|schema| schema.get_mut("properties")?.as_object_mut());
        for (field, property) in properties.into_iter().flatten() {
            if let (Some(value), Some(property)) = (example(field), property.as_object_mut()) {
                property.insert("examples".to_owned(), json!([value]));
            }
        }
    }
    for (_, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            // At authorize, state is something else.
            let is_service = !id.starts_with("oauth.");
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten().filter(|_| is_service) {
                if let Some(value) = parameter["name"].as_str().and_then(example) {
                    parameter["example"] = value;
                }
            }
        }
    }
}
