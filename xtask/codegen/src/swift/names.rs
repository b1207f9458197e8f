//! Names: of errors, actions, events and states, of enums' values, and of scopes.

use std::fmt::Write as _;

use loop_sdk::scope::Scope;
use loop_sdk::webhook::EventSchema;
use loop_sdk::{Action, Code, EventKind, Standing};

use super::{HIDDEN, comment, declaration, hidden_members, identifier};
use crate::text::lines;

const NEWER: &str = "A value that is newer than this SDK is kept as it came.";

pub(super) fn codes() -> String {
    let mut out = String::from("\nextension LoopError {\n");
    let values: Vec<Value> =
        Code::ALL.iter().map(|code| Value { wire: code.as_str(), docs: Some(code.summary()) }).collect();
    open_set(&mut out, "    ", "Code", "What went wrong: stable names, the same in every language.", &values, None);
    out.push('\n');
    let values: Vec<Value> = Action::ALL.iter().map(|action| Value { wire: action.as_str(), docs: None }).collect();
    open_set(&mut out, "    ", "Action", "What the caller should do about an error.", &values, None);
    out.push_str("}\n\nextension LoopError.Code {\n    /// What to do about each of the known codes.\n");
    out.push_str("    public static let actions: [LoopError.Code: LoopError.Action] = [\n");
    for code in Code::ALL {
        let (code, action) = (static_name(code.as_str()), static_name(code.action().as_str()));
        let _ = writeln!(out, "        .{code}: .{action},");
    }
    out.push_str("    ]\n}\n");
    let kinds: Vec<Value> = EventKind::ALL.iter().map(|kind| Value { wire: kind.as_str(), docs: None }).collect();
    out.push_str("\nextension LoopEvent {\n");
    open_set(&mut out, "    ", "Kind", "What can happen to a grant.", &kinds, None);
    let states: Vec<Value> =
        Standing::ALL.iter().map(|standing| Value { wire: standing.as_str(), docs: None }).collect();
    out.push_str("}\n\nextension GrantStatus {\n");
    open_set(&mut out, "    ", "State", "Where a grant stands.", &states, None);
    out.push_str("}\n");
    out
}

/// One known value of an open set.
pub(super) struct Value {
    pub(super) wire: &'static str,
    pub(super) docs: Option<&'static str>,
}

/// A set of names that may grow. A value of a clinical one is not printed; it has the name of its type in core.
pub(super) fn open_set(
    out: &mut String,
    indent: &str,
    name: &str,
    docs: &str,
    values: &[Value],
    clinical: Option<&str>,
) {
    let shown = if clinical.is_some() { HIDDEN } else { "CustomStringConvertible" };
    let is = "RawRepresentable, Codable, Hashable, Sendable";
    let is = if clinical.is_some() { format!("SafelyViewed, {is}") } else { is.to_owned() };
    comment(out, indent, &[docs.to_owned(), String::new(), NEWER.to_owned()]);
    declaration(out, indent, name, &is, shown);
    let _ = write!(
        out,
        "{indent}    /// As it travels.\n{indent}    public let rawValue: String\n\n{indent}    /// The value of this \
         name, known or not.\n{indent}    public init(rawValue: String) {{\n{indent}        self.rawValue = \
         rawValue\n{indent}    }}\n\n"
    );
    for value in values {
        let docs = value.docs.map_or_else(|| format!("`{}`", value.wire), str::to_owned);
        let _ = writeln!(out, "{indent}    /// {docs}");
        let (own, wire) = (static_name(value.wire), value.wire);
        let _ = writeln!(out, "{indent}    public static let {own} = {name}(rawValue: \"{wire}\")");
    }
    let names: Vec<String> = values.iter().map(|value| format!(".{}", static_name(value.wire))).collect();
    let _ =
        write!(out, "\n{indent}    /// Those that this SDK knows.\n{indent}    public static let known: [{name}] = [");
    for name in names {
        let _ = write!(out, "\n{indent}        {name},");
    }
    let _ = writeln!(out, "\n{indent}    ]");
    if let Some(core_name) = clinical {
        let _ = writeln!(
            out,
            "\n{indent}    public static let typeName = \"{core_name}\"\n\n{indent}    public var safeView: SafeView {{ \
             SafeView(type: Self.typeName, [\"value\": .hidden]) }}"
        );
        hidden_members(out, indent, name, "value");
    } else {
        let _ = writeln!(out, "\n{indent}    public var description: String {{ rawValue }}");
    }
    let _ = writeln!(out, "{indent}}}");
}

/// A value's name. Two are taken: one lists the others, and one makes a value.
fn static_name(name: &str) -> String {
    match name {
        "known" | "init" => format!("{name}Value"),
        _ => identifier(name),
    }
}

pub(super) fn scopes(scopes: &[Scope]) -> String {
    let mut out = String::from("\n/// The scopes that the platform knows.\npublic enum Scope {\n");
    let name = |scope: &Scope| identifier(&scope.constant.to_lowercase());
    for scope in scopes {
        let mut docs = vec![scope.covers.to_owned()];
        docs.extend(scope.consent.iter().flat_map(|text| [String::new(), format!("A person reads: “{text}”.")]));
        comment(&mut out, "    ", &docs);
        let _ = writeln!(out, "    public static let {} = \"{}\"\n", name(scope), scope.name);
    }
    out.push_str("    /// All of them, in the order of the docs.\n    public static let all: [String] = [\n");
    for scope in scopes {
        let _ = writeln!(out, "        {},", name(scope));
    }
    out.push_str(
        "    ]\n\n    /// What a person reads before granting a scope; nil where a person never grants it, and for one \
         that is newer than\n    /// this SDK.\n    public static func consentText(_ scope: String) -> String? {\n        \
         switch scope {\n",
    );
    for (scope, text) in scopes.iter().filter_map(|scope| Some((scope, scope.consent?))) {
        let _ = writeln!(out, "        case {}: return \"{text}\"", name(scope));
    }
    out.push_str("        default: return nil\n        }\n    }\n}\n");
    out
}

pub(super) fn event_names(events: &[EventSchema]) -> String {
    let mut out =
        String::from("\n/// The types of webhook events that the platform describes.\npublic enum EventName {\n");
    let constants: Vec<String> = events
        .iter()
        .map(|event| {
            let mut one = String::new();
            comment(&mut one, "    ", &[lines(event.data.docs).join(" ").trim().to_owned()]);
            let name = identifier(&event.constant.to_lowercase());
            let _ = writeln!(one, "    public static let {name} = \"{}\"", event.name);
            one
        })
        .collect();
    let _ = writeln!(out, "{}}}", constants.join("\n"));
    out
}
