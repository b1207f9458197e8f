//! What is said of every operation alike, so that no handler has to say it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{each_operation, is_secured, references, takes_key};

/// Statuses that the platform's pages name and that nothing in the sandbox leads to.
const BY_FAULT: &[(&str, &str, &str)] = &[
    ("oauth.introspect", "403", "The client may not ask about tokens: by a fault on order"),
    ("identity.list_oauth_clients", "400", "The request is not right: by a fault on order"),
    ("clinical.list_wearable_metrics", "400", "The request is not right: by a fault on order"),
];

/// What holds for every operation of its kind, so that no handler has to say it.
pub(super) fn operation(method: &str, operation: &mut Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let tag = id.split('.').next().unwrap_or_default().to_owned();
    operation["tags"] = json!([tag]);
    let is_oauth = tag == "oauth";
    let is_secured = is_secured(operation);
    let has_body = operation.get("requestBody").is_some();
    let has_input = has_body || operation.get("parameters").is_some();
    let mut answer = |status: &str, description: &str| {
        if operation["responses"].get(status).is_none() {
            operation["responses"][status] = json!({ "description": description });
        }
    };
    if is_secured {
        answer("401", "No token, or one that is not live");
        answer("403", "A scope is missing, or the brand is another");
        answer("429", "Over the limit; wait as long as Retry-After says");
        if has_input || method != "get" {
            answer("400", "The request does not fit the schema");
        }
    }
    if has_body {
        answer("413", "The body is too large");
    }
    answer("500", "By a fault on order, or if the sandbox itself fails");
    answer("503", "Overloaded: by a fault on order");
    for (_, status, description) in BY_FAULT.iter().filter(|(named, _, _)| *named == id) {
        answer(status, description);
    }
    if takes_key(method, operation) {
        add_idempotency_key(operation);
    }
    let responses = operation["responses"].as_object_mut().into_iter().flatten();
    for (status, response) in responses {
        if response.get("description").is_none() {
            response["description"] = json!(if status == "201" { "Made" } else { "Done" });
        }
        let is_error = status.starts_with('4') || status.starts_with('5');
        if is_error && response.get("content").is_none() {
            let schema = match status.as_str() {
                "429" => "RateLimited",
                // Whatever is too large is refused before anybody looks at what it is.
                "413" => "ApiError",
                _ if is_oauth => "OAuthError",
                _ => "ApiError",
            };
            let reference = format!("#/components/schemas/{schema}");
            response["content"] = json!({ "application/json": { "schema": { "$ref": reference } } });
        }
        if status == "429" {
            let schema = json!({ "type": "integer", "minimum": 1 });
            response["headers"] = json!({ "Retry-After": { "description": "Seconds", "schema": schema } });
        }
    }
    // Statuses in order: some come from the handler, some from here.
    let sorted: BTreeMap<String, Value> = operation["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    operation["responses"] = json!(sorted);
}

fn add_idempotency_key(operation: &mut Value) {
    if operation["responses"].get("409").is_none() {
        let text = "The Idempotency-Key was used for another request, or its first request is not finished";
        operation["responses"]["409"] = json!({ "description": text });
    }
    let is_required = operation["operationId"] == "clinical.create_lab_order";
    let parameter = json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": is_required,
        "description": "Repeat a request with the same key, and it is done once: the first answer comes again for a day",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
    });
    match operation.get_mut("parameters").and_then(Value::as_array_mut) {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

/// Fields that an answer may leave out.
const LEFT_OUT: &[(&str, &str)] = &[
    ("TokenAnswer", "id_token"),
    ("TokenAnswer", "refresh_token"),
    ("OAuthClientAnswer", "webhook_signing_secret"),
    ("OAuthClientWithSecret", "webhook_signing_secret"),
    ("OAuthError", "error_uri"),
    ("RateLimited", "error_uri"),
    ("Introspection", "sub"),
    ("Introspection", "client_id"),
    ("Introspection", "scope"),
    ("Introspection", "exp"),
    ("Introspection", "brand"),
    ("Introspection", "token_type"),
];

/// An answer has all its fields, `null` where there is nothing; a request may leave optional ones out.
pub(super) fn answers(document: &mut Value) {
    let mut reached = BTreeSet::new();
    let mut waiting = Vec::new();
    for (_, _, operation) in each_operation(document) {
        references(&operation["responses"], &mut waiting);
    }
    while let Some(name) = waiting.pop() {
        if reached.insert(name.clone()) {
            references(&document["components"]["schemas"][&name], &mut waiting);
        }
    }
    for name in reached {
        let Some(schema) = document["components"]["schemas"].get_mut(&name) else {
            continue;
        };
        let Some(properties) = schema["properties"].as_object() else {
            continue;
        };
        let is_left_out = |field: &&String| LEFT_OUT.contains(&(name.as_str(), field.as_str()));
        let required: Vec<String> = properties.keys().filter(|field| !is_left_out(field)).cloned().collect();
        schema["required"] = json!(required);
    }
}
