//! The SDK's operations and the platform's, as the sandbox describes them in OpenAPI: the same ones, in the same form.

use std::collections::BTreeMap;
use std::fmt::Debug;

use loop_sandbox::{Options, Sandbox};
use loop_sdk::SERVICES;
use loop_sdk::schema::{Place, Type};
use serde_json::Value;

/// Spoken by the SDK's own parts (sign-in, M2M, webhooks), or not to be called by an app at all.
const NOT_CALLED: [&str; 2] = ["oauth.", "inbound."];

/// Body members of the sandbox's own, beside those of the platform's page: no parameter of the SDK.
const SANDBOX_ONLY: &[(&str, &[&str])] = &[
    ("identity.create_oauth_client", &["access_token_seconds", "baa", "webhook_url"]),
    ("identity.update_oauth_client", &["access_token_seconds", "baa", "webhook_url"]),
];

/// An operation as far as both sides describe it.
#[derive(Debug, PartialEq, Eq)]
struct Described {
    /// Method and path; what stands in braces is left out, as the names may differ.
    route: String,
    person: Option<String>,
    machine: Option<String>,
    /// Name, and whether it is required.
    query: BTreeMap<String, bool>,
    body: BTreeMap<String, bool>,
}

fn route(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{} {}", method.to_uppercase(), parts.collect::<Vec<_>>().join("/"))
}

fn of_sdk() -> BTreeMap<String, Described> {
    let operations = SERVICES.iter().flat_map(|service| service.operations);
    let described = operations.map(|operation| {
        let placed = |place: Place| -> BTreeMap<String, bool> {
            let parameters = operation.parameters.iter().filter(|parameter| parameter.place == place);
            parameters.map(|one| (one.wire.to_owned(), !matches!(one.ty, Type::Optional(_)))).collect()
        };
        let described = Described {
            route: route(operation.http_method, &format!("/{}{}", operation.host, operation.path)),
            person: operation.scope.map(str::to_owned),
            machine: operation.machine_scope.map(str::to_owned),
            query: placed(Place::Query),
            body: placed(Place::Body),
        };
        (operation.name.to_owned(), described)
    });
    described.collect()
}

fn of_document(document: &Value) -> BTreeMap<String, Described> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let scope = |kind: &str| {
                let entries = operation["security"].as_array().into_iter().flatten();
                entries.filter_map(|entry| entry[kind][0].as_str()).map(str::to_owned).next()
            };
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let query = parameters
                .filter(|parameter| parameter["in"] == "query")
                .map(|one| (text(&one["name"]), one["required"].as_bool().unwrap_or_default()))
                .collect();
            let mut body = body_of(document, operation);
            for (_, names) in SANDBOX_ONLY.iter().filter(|(operation, _)| *operation == id) {
                for name in *names {
                    assert!(body.remove(*name).is_some(), "{id} has no {name}: strike it from SANDBOX_ONLY");
                }
            }
            let described =
                Described { route: route(method, path), person: scope("user"), machine: scope("machine"), query, body };
            assert!(found.insert(id.to_owned(), described).is_none(), "{id} stands twice in the document");
        }
    }
    found
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The members of a JSON body.
fn body_of(document: &Value, operation: &Value) -> BTreeMap<String, bool> {
    let mut schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let Some(reference) = schema["$ref"].as_str() {
        schema = document.pointer(reference.trim_start_matches('#')).unwrap();
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let members = schema["properties"].as_object().into_iter().flatten();
    members.map(|(name, _)| (name.clone(), required.contains(&name.as_str()))).collect()
}

/// One line about each thing in which the two differ.
fn differences(sdk: &BTreeMap<String, Described>, platform: &BTreeMap<String, Described>) -> Vec<String> {
    let mut lines = Vec::new();
    for id in platform.keys().filter(|id| !NOT_CALLED.iter().any(|prefix| id.starts_with(prefix))) {
        if !sdk.contains_key(id) {
            lines.push(format!("{id} is no operation of the SDK"));
        }
    }
    for (id, ours) in sdk {
        let Some(theirs) = platform.get(id) else {
            lines.push(format!("{id} is not in the OpenAPI document"));
            continue;
        };
        let mut compare = |what: &str, ours: &dyn Debug, theirs: &dyn Debug| {
            let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
            if ours != theirs {
                lines.push(format!("{id}, {what}: the SDK has {ours}, the OpenAPI document {theirs}"));
            }
        };
        compare("route", &ours.route, &theirs.route);
        compare("a person's scope", &ours.person, &theirs.person);
        compare("a machine's scope", &ours.machine, &theirs.machine);
        compare("query parameters (required?)", &ours.query, &theirs.query);
        compare("body members (required?)", &ours.body, &theirs.body);
    }
    lines
}

#[tokio::test]
async fn the_sdk_has_every_operation_of_the_platform_and_no_other() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let platform = of_document(&sandbox.openapi());
    let sdk = of_sdk();
    assert!(sdk.len() > 50, "only {} operations were found", sdk.len());
    let differences = differences(&sdk, &platform);
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}
