//! The tables of the docs: error codes, and operations with their scopes.

use std::fmt::Write as _;

use loop_sdk::schema::{Shape, Type, inputs, models};
use loop_sdk::{Action, Code, SERVICES, scope};

use crate::Output;
use crate::text::lines;

pub(crate) fn outputs() -> Vec<Output> {
    vec![
        Output { path: "docs/src/errors-table.md", content: errors() },
        Output { path: "docs/src/operations.md", content: operations() },
        Output { path: "docs/src/scopes-table.md", content: scopes() },
        Output { path: "conformance/codes.json", content: codes() },
    ]
}

fn errors() -> String {
    let mut out = String::from("| code | action | meaning |\n| --- | --- | --- |\n");
    for code in Code::ALL {
        let _ = writeln!(out, "| `{}` | `{}` | {} |", code.as_str(), code.action().as_str(), code.summary());
    }
    out
}

fn operations() -> String {
    let mut out = String::from(
        "# Operations\n\nEvery operation of the SDK, from its declaration in `core/src/api/`. Times are RFC 3339 texts, \
         exactly as the platform sends them. Each call is `loop.service.method` in every language, with the names spelled \
         as the language does: `list_check_ins` in Rust and Python, `listCheckIns` in Node, Kotlin and Swift. A machine's \
         operations are methods of `M2MClient`.\n",
    );
    for service in SERVICES {
        let _ = write!(out, "\n## {}\n\n{}\n", service.name, lines(service.docs).join(" ").trim());
        for operation in service.operations {
            let docs = lines(operation.docs);
            let _ = write!(
                out,
                "\n### `{}`\n\n{}\n\n| | |\n| --- | --- |\n| route | `{} {}` |\n",
                operation.name,
                docs.join("\n").trim(),
                operation.http_method,
                operation.path,
            );
            for (who, scope) in [("a person's scope", operation.scope), ("a machine's scope", operation.machine_scope)]
            {
                if let Some(scope) = scope {
                    let _ = writeln!(out, "| {who} | `{scope}` |");
                }
            }
            let _ = writeln!(out, "| returns | {} |", type_name(&operation.result));
            for parameter in operation.parameters {
                let docs = parameter.summary("Null", "nothing given");
                let optional = match parameter.ty {
                    Type::Optional(Type::Nullable(_)) => " or null, optional",
                    Type::Optional(_) => ", optional",
                    _ => "",
                };
                let ty = type_name(&parameter.ty);
                let _ = writeln!(out, "| `{}` | {ty}{optional}: {docs} |", parameter.name);
            }
        }
    }
    out.push_str("\n# Records\n\nWhat operations take and return. A field is hidden in every printed form unless it says why not.\n");
    for model in models(SERVICES).into_iter().chain(inputs(SERVICES)) {
        let _ = write!(out, "\n## `{}`\n\n{}\n", model.name, lines(model.docs).join("\n").trim());
        match &model.shape {
            Shape::Enum(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                let _ = writeln!(out, "\nOne of {}; newer values are kept as they came.", values.join(", "));
            }
            Shape::Record(fields) => {
                out.push_str("\n| field | type | |\n| --- | --- | --- |\n");
                for field in *fields {
                    let safe = field.safe.map(|why| format!(" *Printed: {why}.*")).unwrap_or_default();
                    let null = if matches!(field.ty, Type::Optional(_)) { " or null" } else { "" };
                    let _ = writeln!(
                        out,
                        "| `{}` | {}{null} | {}{safe} |",
                        field.name,
                        type_name(&field.ty),
                        lines(field.docs).join(" ").trim()
                    );
                }
            }
        }
    }
    out
}

fn scopes() -> String {
    let mut out = String::from("| scope | what it opens | what the person reads |\n| --- | --- | --- |\n");
    for scope in scope::ALL {
        let consent = scope.consent.unwrap_or("never asked of a person");
        let _ = writeln!(out, "| `{}` | {} | {consent} |", scope.name, scope.covers);
    }
    out
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Text => "text".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Integer => "whole number".to_owned(),
        Type::Boolean => "true or false".to_owned(),
        Type::Decimal => "exact decimal".to_owned(),
        Type::Json => "JSON".to_owned(),
        Type::Nothing => "nothing".to_owned(),
        Type::Object => "JSON object".to_owned(),
        Type::Optional(inner) | Type::Nullable(inner) => type_name(inner),
        Type::List(inner) => format!("list of {}", type_name(inner)),
        Type::Page(model) => format!("a page of `{}`", model.name),
        Type::Model(model) => format!("`{}`", model.name),
    }
}

/// For the check that every language knows every code.
fn codes() -> String {
    let mut out = String::from("{\n  \"actions\": [");
    let actions: Vec<String> = Action::ALL.iter().map(|action| format!("\"{}\"", action.as_str())).collect();
    let _ = write!(out, "{}],\n  \"codes\": {{\n", actions.join(", "));
    let codes: Vec<String> =
        Code::ALL.iter().map(|code| format!("    \"{}\": \"{}\"", code.as_str(), code.action().as_str())).collect();
    let _ = write!(out, "{}\n  }}\n}}\n", codes.join(",\n"));
    out
}
