//! What the glue for web frameworks answers: `policy` of `conformance/web.json`, as constants for each language and as
//! a table for the docs.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail, ensure};
use loop_sdk::{Action, Code};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Output;

const SOURCE: &str = include_str!("../../../conformance/web.json");
/// The one page of every glue; a name in double braces is a part that the glue fills in.
const PAGE: &str = include_str!("web_page.html");
const DO_NOT_EDIT: &str = "Written by `cargo xtask codegen` from `conformance/web.json`; do not edit.";

#[derive(Deserialize)]
struct Source {
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    session_seconds: u64,
    marker_seconds: u64,
    retry_after_seconds: u64,
    return_path_limit: u64,
    challenge: String,
    headers: Map<String, Value>,
    page_headers: Map<String, Value>,
    own_codes: Map<String, Value>,
    answers: Answers,
}

/// By place, then by code or action. A code goes before its action; what a place does not have is in `app`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    sign_in: Map<String, Value>,
    app: Map<String, Value>,
    other: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    title: String,
    text: String,
    link: Link,
    label: String,
    #[serde(default)]
    retry_after: bool,
    #[serde(default)]
    ends_session: bool,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Link {
    Login,
    Here,
    Start,
}

impl Link {
    fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Here => "here",
            Self::Start => "start",
        }
    }
}

type Places = [(&'static str, Vec<(String, Answer)>); 3];

pub(crate) fn outputs() -> Result<Vec<Output>> {
    let (policy, places) = read(SOURCE).context("conformance/web.json")?;
    Ok(vec![
        Output { path: "bindings-python/python/loop_sdk/_web_policy.py", content: python(&policy, &places) },
        Output { path: "bindings-node/ts/web-policy.ts", content: node(&policy, &places) },
        Output { path: "docs/src/web-table.md", content: table(&places) },
    ])
}

fn read(source: &str) -> Result<(Policy, Places)> {
    let Source { policy } = serde_json::from_str(source)?;
    let places = places(&policy)?;
    Ok((policy, places))
}

/// Reads the rows. An action without one would leave a glue without an answer, and a code that nobody raises is a typo.
fn places(policy: &Policy) -> Result<Places> {
    let Answers { sign_in, app, other } = &policy.answers;
    for action in Action::ALL {
        ensure!(app.contains_key(action.as_str()), "no answer for the action {}", action.as_str());
    }
    for code in policy.own_codes.keys() {
        ensure!(Code::ALL.iter().all(|known| known.as_str() != code), "{code} is a code of core");
    }
    let read = |rows: &Map<String, Value>| {
        let mut answers = Vec::new();
        for (name, row) in rows {
            let is_code = Code::ALL.iter().any(|code| code.as_str() == name) || policy.own_codes.contains_key(name);
            if !is_code && Action::ALL.iter().all(|action| action.as_str() != name) {
                bail!("{name} is neither a code nor an action");
            }
            let answer: Answer = serde_json::from_value(row.clone()).context(name.clone())?;
            answers.push((name.clone(), answer));
        }
        Ok(answers)
    };
    Ok([("sign_in", read(sign_in)?), ("app", read(app)?), ("other", read(other)?)])
}

/// The policy's names and values that both languages spell alike.
fn constants(policy: &Policy) -> [(&'static str, String, &'static str); 5] {
    let text = |text: &str| Value::from(text).to_string();
    [
        ("SESSION_SECONDS", policy.session_seconds.to_string(), "How long a person stays signed in to the app."),
        ("MARKER_SECONDS", policy.marker_seconds.to_string(), "For so long a browser says that it just signed in."),
        ("RETRY_AFTER_SECONDS", policy.retry_after_seconds.to_string(), "For where nobody knows how long to wait."),
        ("RETURN_PATH_LIMIT", policy.return_path_limit.to_string(), "A sign-in does not come back to a longer path."),
        ("CHALLENGE", text(&policy.challenge), "What RFC 9110, section 15.5.2, asks of a 401. No browser knows it."),
    ]
}

fn python(policy: &Policy, places: &Places) -> String {
    let mut out = format!(
        "\"\"\"What the glue for web frameworks answers, as data. {DO_NOT_EDIT}\"\"\"\n\nfrom typing import Final, \
         Literal, NamedTuple\n\nfrom loop_sdk._codes import Action\n\n\nclass Answer(NamedTuple):\n    \"\"\"What is sent, and what it says.\"\"\"\n\n    \
         status: int\n    title: str\n    text: str\n    link: Literal[\"login\", \"here\", \"start\"]\n    label: \
         str\n    retry_after: bool\n    ends_session: bool\n\n\n"
    );
    for (name, value, docs) in constants(policy) {
        let _ = writeln!(out, "#: {docs}\n{name}: Final = {value}");
    }
    let _ = writeln!(out, "#: Of every answer.\nHEADERS: Final = {}", object(&policy.headers, "    "));
    let _ = writeln!(
        out,
        "#: Of pages, which load nothing from anywhere.\nPAGE_HEADERS: Final = {}",
        object(&policy.page_headers, "    ")
    );
    let own: Vec<String> = policy.own_codes.keys().map(|code| format!("\"{code}\"")).collect();
    let _ = writeln!(
        out,
        "#: What goes wrong in the glue alone.\nOwnCode = Literal[{}]\n#: Their actions.\nOWN_CODES: \
         Final[dict[OwnCode, Action]] = {}",
        own.join(", "),
        object(&policy.own_codes, "    ")
    );
    out.push_str(
        "#: By place, then by code or action: a code goes first, and what a place does not have is in `app`.\nANSWERS: \
         Final[dict[str, dict[str, Answer]]] = {\n",
    );
    for (place, answers) in places {
        let _ = writeln!(out, "    \"{place}\": {{");
        for (name, answer) in answers {
            let flag = |is: bool| if is { "True" } else { "False" };
            let parts = [Value::from(&*answer.title), Value::from(&*answer.text), Value::from(&*answer.label)];
            let [title, text, label] = parts.map(|part| part.to_string());
            let _ = writeln!(
                out,
                "        \"{name}\": Answer({}, {title}, {text}, \"{}\", {label}, {}, {}),",
                answer.status,
                answer.link.as_str(),
                flag(answer.retry_after),
                flag(answer.ends_session),
            );
        }
        out.push_str("    },\n");
    }
    let _ =
        write!(out, "}}\n#: The page; a name in double braces is a part of it.\nPAGE: Final = \"\"\"{PAGE}\"\"\"\n");
    out
}

fn node(policy: &Policy, places: &Places) -> String {
    let mut out = format!(
        "// What the glue for web frameworks answers, as data. {DO_NOT_EDIT}\nimport type {{ Action }} from \
         \"./generated\";\n\n/** What is sent, and what it says. @internal */\nexport interface Answer {{\n  readonly \
         status: number;\n  readonly title: string;\n  readonly text: string;\n  readonly link: \"login\" | \"here\" \
         | \"start\";\n  readonly label: string;\n  readonly retryAfter: boolean;\n  readonly endsSession: \
         boolean;\n}}\n\n"
    );
    for (name, value, docs) in constants(policy) {
        let _ = writeln!(out, "/** {docs} @internal */\nexport const {name} = {value};");
    }
    let _ = writeln!(
        out,
        "/** Of every answer. @internal */\nexport const HEADERS: Readonly<Record<string, string>> = {};\n/** Of pages, \
         which load nothing from anywhere. @internal */\nexport const PAGE_HEADERS: Readonly<Record<string, string>> = \
         {};\n/** The \
         glue's own codes, and their actions. @internal */\nexport const OWN_CODES = {} as const satisfies \
         Record<string, Action>;",
        object(&policy.headers, "  "),
        object(&policy.page_headers, "  "),
        object(&policy.own_codes, "  ")
    );
    out.push_str(
        "/** By place, then by code or action: a code goes first, and what a place does not have is in `app`. @internal */\nexport \
         const ANSWERS: Readonly<Record<\"sign_in\" | \"app\" | \"other\", Readonly<Record<string, Answer>>>> = {\n",
    );
    for (place, answers) in places {
        let _ = writeln!(out, "  {place}: {{");
        for (name, answer) in answers {
            let parts = [Value::from(&*answer.title), Value::from(&*answer.text), Value::from(&*answer.label)];
            let [title, text, label] = parts.map(|part| part.to_string());
            let _ = writeln!(
                out,
                "    {name}: {{\n      status: {},\n      title: {title},\n      text: {text},\n      link: \"{}\",\n      \
                 label: {label},\n      retryAfter: {},\n      endsSession: {},\n    }},",
                answer.status,
                answer.link.as_str(),
                answer.retry_after,
                answer.ends_session,
            );
        }
        out.push_str("  },\n");
    }
    let _ = write!(
        out,
        "}};\n/** The page; a name in double braces is a part of it. @internal */\nexport const PAGE = `{PAGE}`;\n"
    );
    out
}

/// A JSON object over several lines, which is a literal of both languages.
fn object(entries: &Map<String, Value>, indent: &str) -> String {
    let lines = entries.iter().map(|(name, value)| format!("{indent}\"{name}\": {value},\n"));
    format!("{{\n{}}}", lines.collect::<String>())
}

fn table(places: &Places) -> String {
    let mut out = String::new();
    for (place, answers) in places {
        let heading = match *place {
            "sign_in" => "at login and callback",
            "app" => "elsewhere",
            _ => "elsewhere, about another person",
        };
        let _ = writeln!(out, "| {heading} | status | page | link | |\n| --- | --- | --- | --- | --- |");
        for (name, answer) in answers {
            let mut notes = Vec::new();
            notes.extend(answer.retry_after.then_some("`Retry-After`"));
            notes.extend(answer.ends_session.then_some("ends the session; a page load is led to sign-in"));
            let _ = writeln!(
                out,
                "| `{name}` | {} | {} | {} | {} |",
                answer.status,
                answer.title,
                answer.link.as_str(),
                notes.join(", ")
            );
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// The source, with one text in place of another.
    fn read_with(from: &str, to: &str) -> Result<(Policy, Places)> {
        assert!(SOURCE.contains(from), "{from}");
        read(&SOURCE.replacen(from, to, 1))
    }

    #[test]
    fn a_policy_that_would_leave_a_glue_without_an_answer_is_refused() {
        read(SOURCE).unwrap();
        for (from, to) in [
            ("\"ask_for_scope\": {\"status\": 403", "\"scope_required\": {\"status\": 403"),
            ("\"grant_ended\": {", "\"grant_endet\": {"),
            ("\"session_lost\": \"sign_in_again\"", "\"grant_ended\": \"sign_in_again\""),
            ("\"link\": \"start\"", "\"link\": \"stop\""),
            ("\"status\": 401", "\"statuss\": 401"),
        ] {
            assert!(read_with(from, to).is_err(), "{to}");
        }
    }
}
