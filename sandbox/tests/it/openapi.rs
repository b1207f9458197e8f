//! The OpenAPI document, and the page that shows it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::World;

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    found
}

fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, member)| match member.as_str() {
            Some(text) if key == "$ref" => drop(into.insert(text.to_owned())),
            _ => collect(member, into),
        }),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_served_and_complete_in_itself() {
    let world = World::new().await;
    let answer = world.get(&world.url("/openapi.json")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"], json!([{ "url": world.sandbox.base_url() }]));
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(references.len() > 60);
    for reference in references {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.get(name).is_some_and(Value::is_object), "{reference}");
    }
}

#[tokio::test]
async fn every_operation_says_what_it_is_who_may_and_what_it_can_answer() {
    let world = World::new().await;
    let document = world.sandbox.openapi();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} twice");
        let (tag, _) = id.split_once('.').unwrap();
        assert_eq!(operation["tags"], json!([tag]), "{id}");
        if !matches!(tag, "oauth" | "inbound") {
            assert!(path.starts_with(&format!("/{}/v1/", tag.replace('_', "-"))), "{id} at {path}");
        }
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{id}");
        let responses = operation["responses"].as_object().unwrap();
        let is_secured = operation.get("security").is_some();
        assert_eq!(is_secured, !matches!(tag, "oauth" | "inbound"), "{id}");
        if is_secured {
            for status in ["401", "403", "429"] {
                assert!(responses.contains_key(status), "{id}: {status}");
            }
            assert_eq!(responses["429"]["headers"]["Retry-After"]["schema"]["type"], "integer", "{id}");
            for security in operation["security"].as_array().unwrap() {
                let (kind, scopes) = security.as_object().unwrap().iter().next().unwrap();
                let scope = scopes[0].as_str().unwrap();
                let flows = document["components"]["securitySchemes"][kind]["flows"].as_object().unwrap();
                let known = flows.values().next().unwrap()["scopes"].as_object().unwrap();
                assert!(known.contains_key(scope), "{id}: {scope}");
            }
        }
        let names: Vec<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let takes_key = is_secured && matches!(method.as_str(), "post" | "patch");
        assert_eq!(names.contains(&"Idempotency-Key"), takes_key, "{id}");
        assert_eq!(responses.contains_key("409"), takes_key, "{id}");
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')) {
            assert!(names.contains(&part.trim_end_matches('}')), "{id}: {part}");
        }
        for (status, response) in responses {
            assert!(response["description"].is_string(), "{id}: {status}");
            let has_body = status != "204" && !status.starts_with('3');
            assert_eq!(response.get("content").is_some(), has_body, "{id}: {status}");
        }
    }
    assert!(ids.len() >= 60);
}

#[tokio::test]
async fn an_answers_fields_are_all_there_and_say_which_may_be_null() {
    let world = World::new().await;
    let document = world.sandbox.openapi();
    let schema = &document["components"]["schemas"]["Biomarker"];
    assert_eq!(schema["required"].as_array().unwrap().len(), schema["properties"].as_object().unwrap().len());
    assert_eq!(schema["properties"]["reference_low"]["type"], json!(["number", "null"]));
    assert_eq!(schema["properties"]["collected_at"]["format"], "date-time");
    let statuses = &document["components"]["schemas"]["BiomarkerStatus"]["enum"];
    assert_eq!(statuses, &json!(["normal", "low", "high", "critical"]));
    let request = document["components"]["schemas"]["NewBiomarker"]["required"].as_array().unwrap();
    assert!(!request.contains(&json!("reference_low")), "a request may leave it out");
}

#[tokio::test]
async fn the_page_shows_every_operation_and_loads_nothing_from_elsewhere() {
    let world = World::new().await;
    let page = world.get(&world.url("/docs")).await;
    assert_eq!(page.status, 200);
    for (_, _, operation) in operations(&world.sandbox.openapi()) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.text.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(!page.text.contains("<script"));
    for (position, _) in page.text.match_indices("src=\"").chain(page.text.match_indices("stylesheet\" href=\"")) {
        assert!(!page.text[position..position + 40].contains("http"), "{}", &page.text[position..position + 40]);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_an_upload_may_be_large() {
    let world = World::new().await;
    let big = "x".repeat(1024 * 1024 + 1);
    let answer = world.json(reqwest::Method::POST, "/clinical/v1/biomarkers/parse", json!({ "source": big })).await;
    assert_eq!((answer.status, answer.error().as_str()), (413, "payload_too_large"));
    let answer =
        world.json(reqwest::Method::POST, "/clinical/v1/bloodwork/upload", json!({ "file_base64": big })).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "unauthenticated"));
}
