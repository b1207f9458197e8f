//! The OpenAPI document: collected from the handlers, completed by rules that hold for every operation, and read back by
//! the gate. What the document says of a route's scopes is what the route enforces.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::http::Method;
use serde_json::{Map, Value, json};
use utoipa::PartialSchema as _;
use utoipa::openapi::OpenApi;

use crate::answers::ApiErrorBody;
use crate::ids::seeded_uuid;
use crate::machine::SERVICES;
use crate::scopes::{MACHINE_SCOPES, SCOPES};
use crate::seed;

/// How a request counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Read,
    Write,
    /// Only machines can send it.
    Admin,
}

/// One operation, as the gate needs it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// `clinical.list_biomarkers`.
    pub(crate) id: String,
    /// `clinical`; with a hyphen where the path has one.
    pub(crate) service: String,
    /// `/v1/biomarkers/me`.
    pub(crate) template: String,
    /// The scope that opens it to a person's token.
    pub(crate) user: Option<String>,
    /// The scope that opens it to a machine's.
    pub(crate) machine: Option<String>,
    pub(crate) class: Class,
    /// It accepts an `Idempotency-Key`.
    pub(crate) takes_key: bool,
}

impl Operation {
    pub(crate) fn is_open(&self) -> bool {
        self.user.is_none() && self.machine.is_none()
    }

    pub(crate) fn service_name(&self) -> &'static str {
        SERVICES.iter().find(|name| **name == self.service).copied().unwrap_or_default()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Operations(HashMap<(String, String), Operation>);

impl Operations {
    /// By method and whole template: `/clinical/v1/biomarkers/me`.
    pub(crate) fn find(&self, method: &Method, template: &str) -> Option<&Operation> {
        let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
        self.0.get(&(method.to_owned(), template.to_owned()))
    }

    fn read(document: &Value) -> Operations {
        let mut found = HashMap::new();
        for (path, method, operation) in each_operation(document) {
            let (service, template) = path[1..].split_once('/').unwrap_or_default();
            let scope = |kind: &str| {
                let entries = operation["security"].as_array()?.iter();
                entries.filter_map(|entry| entry[kind][0].as_str()).map(str::to_owned).next()
            };
            let (user, machine) = (scope("user"), scope("machine"));
            let class = match method {
                "get" if user.is_some() => Class::Read,
                _ if user.is_none() => Class::Admin,
                _ => Class::Write,
            };
            let entry = Operation {
                id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                service: service.to_owned(),
                template: format!("/{template}"),
                takes_key: takes_key(method, operation),
                user,
                machine,
                class,
            };
            found.insert((method.to_ascii_uppercase(), path.to_owned()), entry);
        }
        Operations(found)
    }
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(crate) fn each_operation(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods
            .filter(|(name, _)| METHODS.contains(&name.as_str()))
            .map(|(name, it)| (path.as_str(), name.as_str(), it))
    })
}

fn is_secured(operation: &Value) -> bool {
    operation["security"].as_array().is_some_and(|security| !security.is_empty())
}

fn takes_key(method: &str, operation: &Value) -> bool {
    matches!(method, "post" | "patch") && is_secured(operation)
}

/// The finished document, and what the gate reads in it.
pub(crate) fn finish(collected: &OpenApi, base_url: &str) -> Result<(Value, Operations), serde_json::Error> {
    let mut document = serde_json::to_value(collected)?;
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Loop platform (sandbox)",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Every operation of the Loop platform as the sandbox answers it. A service's own base URL is \
                        `{server}/{service}`: the first part of each path.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = json!([{ "url": base_url }]);
    // No handler names it: `complete` does, for all of them.
    document["components"]["schemas"]["ApiError"] = serde_json::to_value(ApiErrorBody::schema())?;
    document["components"]["securitySchemes"] = security_schemes(base_url);
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let mut tags = BTreeSet::new();
    for (_, item) in paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) {
                complete(method, operation);
                tags.insert(operation["tags"][0].as_str().unwrap_or_default().to_owned());
            }
        }
    }
    document["tags"] = tags.into_iter().map(|name| json!({ "name": name })).collect();
    require_all_fields_of_answers(&mut document);
    add_examples(&mut document);
    let operations = Operations::read(&document);
    Ok((document, operations))
}

fn security_schemes(base_url: &str) -> Value {
    let identity = format!("{base_url}/identity");
    let user: BTreeMap<&str, &str> = SCOPES.iter().map(|scope| (scope.name, scope.consent)).collect();
    let machine: BTreeMap<&str, &str> = MACHINE_SCOPES.iter().map(|name| (*name, "For machines only")).collect();
    json!({
        "user": {
            "type": "oauth2",
            "description": "A person's access token",
            "flows": { "authorizationCode": {
                "authorizationUrl": format!("{identity}/v1/oauth/authorize"),
                "tokenUrl": format!("{identity}/v1/oauth/token"),
                "refreshUrl": format!("{identity}/v1/oauth/token"),
                "scopes": user,
            } },
        },
        "machine": {
            "type": "oauth2",
            "description": "A machine's token",
            "flows": { "clientCredentials": { "tokenUrl": format!("{identity}/v1/tokens"), "scopes": machine } },
        },
    })
}

/// What holds for every operation of its kind, so that no handler has to say it.
fn complete(method: &str, operation: &mut Value) {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let tag = id.split('.').next().unwrap_or_default().to_owned();
    operation["tags"] = json!([tag]);
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
            let schema = if status == "429" { "RateLimited" } else { "ApiError" };
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
fn require_all_fields_of_answers(document: &mut Value) {
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

fn add_examples(document: &mut Value) {
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

fn references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, member)| match (key.as_str(), member) {
            ("$ref", Value::String(reference)) => {
                into.extend(reference.strip_prefix("#/components/schemas/").map(str::to_owned));
            }
            _ => references(member, into),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}

/// For a field that holds any JSON object.
pub(crate) type JsonObject = Map<String, Value>;
