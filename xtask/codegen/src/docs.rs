//! The tables of the docs: error codes, and operations with their scopes.

use std::fmt::Write as _;

use loop_sdk::schema::Type;
use loop_sdk::{Action, Code, SERVICES};

use crate::Output;
use crate::text::{camel_case, lines};

pub(crate) fn outputs() -> Vec<Output> {
    vec![
        Output { path: "docs/src/errors-table.md", content: errors() },
        Output { path: "docs/src/operations.md", content: operations() },
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
         exactly as the platform sends them.\n",
    );
    for service in SERVICES {
        let _ = write!(out, "\n## {}\n\n{}\n", service.name, lines(service.docs).join(" ").trim());
        for operation in service.operations {
            let docs = lines(operation.docs);
            let _ = write!(
                out,
                "\n### `{}`\n\n{}\n\n| | |\n| --- | --- |\n| route | `{} {}` |\n| scope | `{}` |\n| returns | {} |\n",
                operation.name,
                docs.join("\n").trim(),
                operation.http_method,
                operation.path,
                operation.scope,
                type_name(&operation.result),
            );
            for parameter in operation.parameters {
                let docs = lines(parameter.docs).join(" ");
                let _ = writeln!(out, "| `{}` | {} |", parameter.name, docs.trim());
            }
            let _ = writeln!(
                out,
                "| Rust | `client.user(id).{}().{}(…)` |\n| Python | `loop.{}.{}(user_id=…)` |\n| Node | \
                 `loop.{}.{}({{ userId }})` |",
                operation.service,
                operation.method_name,
                operation.service,
                operation.method_name,
                camel_case(operation.service),
                camel_case(operation.method_name),
            );
        }
    }
    out
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Page(model) => format!("a page of `{}`", model.name),
        Type::Model(model) => format!("`{}`", model.name),
        other => format!("{other:?}").to_lowercase(),
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
