//! Every operation by its name, for the tests: Swift can't look for a method by its name, as the other languages do.

use std::fmt::Write as _;

use loop_sdk::SERVICES;
use loop_sdk::schema::{Operation, Place, Type};

use super::services::{Caller, is_optional, ordered};
use super::{identifier, listed};
use crate::text::camel_case;

pub(super) fn by_name() -> String {
    let mut out = String::from("\n@testable import LoopSDK\n\nextension Called {\n");
    for (caller, name, client) in
        [(Caller::Client, "byPerson", "LoopClient"), (Caller::Machine, "byMachine", "M2MClient")]
    {
        let _ = write!(
            out,
            "    static func {name}(_ loop: {client}, _ operation: String, _ given: Given) async throws -> Called? {{\n        \
             switch operation {{\n"
        );
        for service in SERVICES {
            for operation in caller.operations(service) {
                let _ = writeln!(
                    out,
                    "        case \"{}\":\n{}",
                    operation.name,
                    call(operation, &camel_case(service.name))
                );
            }
        }
        out.push_str("        default: return nil\n        }\n    }\n");
        if caller == Caller::Client {
            out.push('\n');
        }
    }
    out.push_str("}\n");
    out
}

fn call(operation: &Operation, service: &str) -> String {
    let arguments: Vec<String> = ordered(operation)
        .map(|parameter| {
            let label = if parameter.place == Place::Path {
                String::new()
            } else {
                format!("{}: ", identifier(parameter.name))
            };
            let given = if is_optional(parameter) { "given.optional" } else { "given" };
            format!("{label}{given}(\"{}\")", parameter.name)
        })
        .collect();
    let method = format!("loop.{service}.{}", identifier(operation.method_name));
    if matches!(operation.result, Type::Nothing) {
        let call = listed(12, &format!("try await {method}"), ["(", ")"], &arguments, "");
        return format!("            {call}\n            return Called.nothing");
    }
    format!("            {}", listed(12, &format!("return try Called(await {method}"), ["(", ")"], &arguments, ")"))
}
