//! The OpenAPI document: collected from the handlers, completed by rules that hold for every operation, and read back by
//! the gate. What the document says of a route's scopes is what the route enforces.

mod complete;
mod examples;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::http::Method;
use serde_json::{Map, Value, json};
use utoipa::PartialSchema as _;
use utoipa::openapi::OpenApi;

use crate::answers::ApiErrorBody;
use crate::machine::SERVICES;
use crate::scopes::{MACHINE_SCOPES, SCOPES};

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
                complete::operation(method, operation);
                tags.insert(operation["tags"][0].as_str().unwrap_or_default().to_owned());
            }
        }
    }
    document["tags"] = tags.into_iter().map(|name| json!({ "name": name })).collect();
    complete::answers(&mut document);
    examples::add(&mut document);
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
