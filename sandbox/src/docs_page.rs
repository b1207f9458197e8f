//! `GET /docs`: the OpenAPI document as a page to read, service by service.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use crate::openapi::each_operation;
use crate::pages::{Here, Site};

/// The page's content, made once.
pub(crate) fn content(document: &Value) -> Markup {
    let tags: Vec<&str> =
        document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()).collect();
    html! {
        h1 { "The API" }
        p .soft {
            "Every operation that this sandbox answers, as "
            a href="/openapi.json" { "OpenAPI 3.1" }
            " says it. A person's token needs the scope named; a machine's token is got at "
            code { "/identity/v1/tokens" } "."
        }
        p { @for tag in &tags { a href={ "#" (tag) } { (tag) } " " } }
        @for tag in &tags {
            h2 id=(tag) { (tag) }
            @for (path, method, operation) in each_operation(document).filter(|(_, _, one)| one["tags"][0] == **tag) {
                (one(document, path, method, operation))
            }
        }
    }
}

pub(crate) fn answer(content: &Markup) -> Response {
    let site = Site { title: "API", here: Here::Docs, visitor: None, script: None };
    site.page(StatusCode::OK, content)
}

fn one(document: &Value, path: &str, method: &str, operation: &Value) -> Markup {
    let id = text(operation, "operationId");
    html! {
        details .operation id=(id) {
            summary {
                span class={ "method " (method) } { (method.to_uppercase()) }
                " " code { (path) }
                " " span .soft { (text(operation, "summary")) }
            }
            div .inside {
                p .small.soft { "Operation " code { (id) } }
                @if let Some(description) = operation["description"].as_str() { p { (description) } }
                (scopes(operation))
                (parameters(operation))
                @for (media_type, content) in members(&operation["requestBody"]["content"]) {
                    h3 { "Body " code .soft { (media_type) } }
                    (fields(document, &content["schema"]))
                }
                h3 { "Answers" }
                (answers(document, operation))
            }
        }
    }
}

fn scopes(operation: &Value) -> Markup {
    let entries: Vec<(&str, &str)> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(members)
        .filter_map(|(kind, scopes)| Some((kind, scopes[0].as_str()?)))
        .collect();
    html! {
        @if entries.is_empty() { p .small { "Needs no token." } }
        @for (kind, scope) in entries {
            p .small { @if kind == "user" { "A person's token with " } @else { "A machine's token with " } code { (scope) } }
        }
    }
}

fn parameters(operation: &Value) -> Markup {
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    html! {
        @if !parameters.is_empty() {
            h3 { "Parameters" }
            div .scroll { table {
                tr { th { "Name" } th { "In" } th { "Type" } th { "" } }
                @for parameter in parameters {
                    tr {
                        td { code { (text(parameter, "name")) } @if parameter["required"] == true { " *" } }
                        td { (text(parameter, "in")) }
                        td { (kind(&parameter["schema"])) }
                        td { (text(parameter, "description")) }
                    }
                }
            } }
        }
    }
}

fn answers(document: &Value, operation: &Value) -> Markup {
    html! {
        @for (status, answer) in members(&operation["responses"]) {
            @let schema = members(&answer["content"]).map(|(_, content)| &content["schema"]).next();
            p .small {
                strong { (status) } " " (text(answer, "description"))
                @if let Some(schema) = schema { @if !status.starts_with('2') { " · " (kind(schema)) } }
            }
            @if status.starts_with('2') { @if let Some(schema) = schema { (fields(document, schema)) } }
        }
    }
}

/// The fields of a record, with those of the records in it one step further in.
fn fields(document: &Value, schema: &Value) -> Markup {
    let mut rows = Vec::new();
    collect(document, schema, "", 0, &mut rows);
    html! {
        @if rows.is_empty() { p .small { (kind(schema)) } } @else {
            div .scroll { table {
                tr { th { "Field" } th { "Type" } th { "" } }
                @for row in rows {
                    tr { td { code { (row.name) } @if row.is_required { " *" } } td { (row.kind) } td { (row.description) } }
                }
            } }
        }
    }
}

struct Row<'a> {
    name: String,
    kind: String,
    is_required: bool,
    description: &'a str,
}

/// Deeper than any record here goes.
const DEEPEST: usize = 4;

fn collect<'a>(document: &'a Value, schema: &'a Value, prefix: &str, depth: usize, rows: &mut Vec<Row<'a>>) {
    let schema = resolved(document, schema);
    if let Some(items) = schema.get("items") {
        return collect(document, items, &format!("{prefix}[]"), depth, rows);
    }
    if depth == DEEPEST {
        return;
    }
    for (name, property) in members(&schema["properties"]) {
        let dot = if prefix.is_empty() { "" } else { "." };
        let path = format!("{prefix}{dot}{name}");
        let is_required = schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
        let record = resolved(document, property);
        let description = property["description"].as_str().unwrap_or_else(|| text(record, "description"));
        rows.push(Row { name: path.clone(), kind: kind(record), is_required, description });
        collect(document, record, &path, depth + 1, rows);
    }
}

/// The schema itself, where another is referred to; of "that or null", that.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    let schema = alternatives.into_iter().find(|one| one["type"] != "null").unwrap_or(schema);
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &document["components"]["schemas"][name],
        None => schema,
    }
}

/// A type in few words: `string (date-time) or null`.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return name.to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ");
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        return alternatives.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let base = match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    };
    schema["format"].as_str().map_or(base.clone(), |format| format!("{base} ({format})"))
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, member)| (name.as_str(), member))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
