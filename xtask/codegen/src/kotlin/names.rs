//! Names: of errors, actions, events and states, of enums' values, and of scopes.

use std::fmt::Write as _;

use loop_sdk::scope::Scope;
use loop_sdk::webhook::EventSchema;
use loop_sdk::{Action, Code, EventKind, Standing};

use super::{comment, constant};
use crate::text::lines;

/// A name for each value, for instance `GRANT_ENDED`.
pub(super) struct Named {
    pub(super) value: &'static str,
    pub(super) docs: Option<&'static str>,
}

pub(super) fn all() -> String {
    let mut out = String::new();
    let actions: Vec<Named> = Action::ALL.iter().map(|each| Named { value: each.as_str(), docs: None }).collect();
    open_names(&mut out, "Action", "What the caller should do about an error.", &actions, Printed::Plain);
    let codes: Vec<Named> =
        Code::ALL.iter().map(|each| Named { value: each.as_str(), docs: Some(each.summary()) }).collect();
    open_names(
        &mut out,
        "ErrorCode",
        "What went wrong: stable names, the same in every language.",
        &codes,
        Printed::Plain,
    );
    out.push_str(
        "\n/** Every error code with its action. */\npublic val ERROR_ACTIONS: Map<ErrorCode, Action> = mapOf(\n",
    );
    for code in Code::ALL {
        let (code, action) = (constant(code.as_str()), constant(code.action().as_str()));
        let _ = writeln!(out, "    ErrorCode.{code} to Action.{action},");
    }
    out.push_str(")\n");
    let kinds: Vec<Named> = EventKind::ALL.iter().map(|each| Named { value: each.as_str(), docs: None }).collect();
    open_names(&mut out, "LoopEventKind", "What can happen to a grant.", &kinds, Printed::Plain);
    let states: Vec<Named> = Standing::ALL.iter().map(|each| Named { value: each.as_str(), docs: None }).collect();
    open_names(&mut out, "GrantState", "Where a grant stands.", &states, Printed::Plain);
    out
}

/// Whether a name says something about a person.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Printed {
    Plain,
    Hidden,
}

/// A class of names, which keeps those that it does not know.
pub(super) fn open_names(out: &mut String, name: &str, docs: &str, values: &[Named], printed: Printed) {
    let mut docs = vec![docs.to_owned(), String::new()];
    docs.push("A value that is newer than this SDK is kept as it came.".to_owned());
    if printed == Printed::Hidden {
        docs.push("It prints without its value.".to_owned());
    }
    out.push('\n');
    comment(out, "", &docs);
    let (modifier, parent, text) = match printed {
        Printed::Plain => ("", "", "value".to_owned()),
        Printed::Hidden => ("override ", " : Choice", format!("\"<{name}: value hidden>\"")),
    };
    let _ = write!(
        out,
        "@JvmInline\npublic value class {name}(\n    /** As it travels. */\n    public {modifier}val value: \
         String,\n){parent} {{\n    override fun toString(): String = {text}\n\n    public companion object {{\n"
    );
    for each in values {
        comment(out, "        ", &[each.docs.map_or_else(|| format!("`{}`.", each.value), str::to_owned)]);
        let _ = writeln!(out, "        public val {}: {name} = {name}(\"{}\")", constant(each.value), each.value);
    }
    let _ =
        write!(out, "\n        /** Those that this SDK knows. */\n        public val KNOWN: List<{name}> = listOf(\n");
    for each in values {
        let _ = writeln!(out, "            {},", constant(each.value));
    }
    out.push_str("        )\n    }\n}\n");
}

pub(super) fn scopes(scopes: &[Scope]) -> String {
    let mut out = String::from("\n/** The scopes that the platform knows. */\npublic object Scopes {\n");
    for scope in scopes {
        let mut docs = vec![scope.covers.to_owned()];
        docs.extend(scope.consent.iter().flat_map(|text| [String::new(), format!("A person reads: “{text}”.")]));
        comment(&mut out, "    ", &docs);
        let _ = writeln!(out, "    public const val {}: String = \"{}\"\n", scope.constant, scope.name);
    }
    out.push_str("    /** All of them, in the order of the docs. */\n    public val ALL: List<String> = listOf(\n");
    for scope in scopes {
        let _ = writeln!(out, "        {},", scope.constant);
    }
    out.push_str(
        "    )\n\n    /** What a person reads before granting a scope; null where a person never grants it, and for one \
         that is newer than this SDK. */\n    public fun consentText(scope: String): String? = when (scope) {\n",
    );
    for (scope, text) in scopes.iter().filter_map(|scope| Some((scope, scope.consent?))) {
        let _ = writeln!(out, "        {} -> \"{text}\"", scope.constant);
    }
    out.push_str("        else -> null\n    }\n}\n");
    out
}

pub(super) fn event_names(events: &[EventSchema]) -> String {
    let mut out =
        String::from("\n/** The types of webhook events that the platform describes. */\npublic object EventNames {\n");
    let constants: Vec<String> = events
        .iter()
        .map(|event| {
            let mut one = String::new();
            comment(&mut one, "    ", &[lines(event.data.docs).join(" ").trim().to_owned()]);
            let _ = writeln!(one, "    public const val {}: String = \"{}\"", event.constant, event.name);
            one
        })
        .collect();
    let _ = writeln!(out, "{}}}", constants.join("\n"));
    out
}
