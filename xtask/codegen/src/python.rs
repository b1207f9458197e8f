//! The Python package's generated parts: native records, their type stub, and the services' methods.

use std::fmt::Write as _;

use loop_sdk::schema::{FieldSchema, ModelSchema, Operation, Parameter, Place, Service, Shape, Type, inputs, models};
use loop_sdk::webhook::EVENTS;
use loop_sdk::{Action, Code, SERVICES, scope};

use crate::Output;
use crate::python_async;
use crate::text::lines;

const DO_NOT_EDIT: &str = "Written by `cargo xtask codegen`; do not edit.";

/// Which client the services belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Sync,
    Async,
}

impl Flavour {
    /// What a function, an awaited value and a class have in front.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Sync => ("", "", ""),
            Self::Async => ("async ", "await ", "Async"),
        }
    }
}

pub(crate) fn outputs() -> Vec<Output> {
    let package = |path, content| Output { path, content };
    vec![
        package("bindings-python/src/generated.rs", native()),
        package("bindings-python/python/loop_sdk/_native.pyi", stub()),
        package("bindings-python/python/loop_sdk/_codes.py", codes()),
        package("bindings-python/python/loop_sdk/_services.py", services(Flavour::Sync)),
        package("bindings-python/python/loop_sdk/_services_async.py", services(Flavour::Async)),
        package("bindings-python/python/loop_sdk/async_client.py", python_async::async_client()),
        package("bindings-python/python/loop_sdk/async_m2m.py", python_async::async_m2m()),
        package("bindings-python/python/loop_sdk/_request_async.py", python_async::request()),
        package("bindings-python/python/loop_sdk/records.py", record_names()),
        package("bindings-python/python/loop_sdk/scopes.py", scopes()),
        package("bindings-python/python/loop_sdk/event_names.py", event_names()),
    ]
}

fn records() -> impl Iterator<Item = (&'static ModelSchema, &'static [FieldSchema])> {
    models(SERVICES).into_iter().filter_map(|model| match model.shape {
        Shape::Record(fields) => Some((model, fields)),
        Shape::Enum(_) => None,
    })
}

/// What an app gives: typed dicts.
fn given() -> impl Iterator<Item = (&'static ModelSchema, &'static [FieldSchema])> {
    inputs(SERVICES).into_iter().filter_map(|model| match model.shape {
        Shape::Record(fields) => Some((model, fields)),
        Shape::Enum(_) => None,
    })
}

fn enums() -> impl Iterator<Item = (&'static ModelSchema, &'static [&'static str])> {
    models(SERVICES).into_iter().chain(inputs(SERVICES)).filter_map(|model| match model.shape {
        Shape::Enum(values) => Some((model, values)),
        Shape::Record(_) => None,
    })
}

/// The invocations of the macros in `bindings-python/src/records.rs`.
fn native() -> String {
    let mut out = format!(
        "//! The records' Python classes. {DO_NOT_EDIT}\n\nuse std::sync::Arc;\n\nuse loop_sdk::{{Error, model}};\nuse \
         pyo3::IntoPyObjectExt as _;\nuse pyo3::prelude::*;\nuse pyo3::types::PyDict;\n\nuse \
         crate::records::{{choice, record, records}};\nuse crate::views::{{Decoded, Record, ToPython, View}};\n"
    );
    for (model, fields) in records() {
        let hint = ["value", "name"].into_iter().find(|name| fields.iter().any(|field| field.name == *name));
        let hint = hint.or_else(|| fields.first().map(|field| field.name)).unwrap_or_default();
        out.push_str("\nrecord! {\n");
        for line in lines(model.docs) {
            let _ = writeln!(out, "{}", format!("    /// {line}").trim_end());
        }
        let _ = writeln!(out, "    {}, see \"{}\" {{", model.name, python_name(hint));
        for field in fields {
            for line in lines(field.docs) {
                let _ = writeln!(out, "{}", format!("        /// {line}").trim_end());
            }
            let _ = writeln!(
                out,
                "        {} as {} = \"{}\",",
                rust_name(field.name),
                rust_name(&python_name(field.name)),
                field.name
            );
        }
        out.push_str("    }\n}\n");
    }
    out.push('\n');
    for model in models(SERVICES).iter().filter(|model| matches!(model.shape, Shape::Enum(_))) {
        let _ = writeln!(out, "choice!({});", model.name);
    }
    let names: Vec<&str> = records().map(|(model, _)| model.name).collect();
    let _ = write!(out, "\nrecords! {{ {} }}\n", names.join(", "));
    out
}

/// A field's name as Rust allows it.
fn rust_name(name: &str) -> String {
    if name == "type" { format!("r#{name}") } else { name.to_owned() }
}

/// What type checkers and editors know of the native module.
fn stub() -> String {
    let mut out = format!("\"\"\"Types of the native module. {DO_NOT_EDIT}\"\"\"\n");
    out.push_str(STUB_HEAD);
    for (model, fields) in records() {
        let _ = write!(out, "\n@final\nclass {}:\n{}", model.name, docstring(&lines(model.docs), 4));
        for field in fields {
            let _ = write!(
                out,
                "\n    @property\n    def {}(self) -> {}:\n{}",
                python_name(field.name),
                type_name(&field.ty),
                docstring(&lines(field.docs), 8)
            );
        }
        out.push_str(
            "\n    def to_dict(self) -> dict[str, Any]:\n        \"\"\"The whole record in plain types, for a template \
             or for JSON.\"\"\"\n\n    def _safe_view(self) -> dict[str, Any]: ...\n",
        );
    }
    out.push_str(
        "\ndef _close() -> None: ...\ndef _forked() -> None: ...\ndef _settle(limit: float) -> None: ...\ndef _schema() -> str: ...\ndef _verify_webhook(raw_body: bytes, headers: str, secrets: str) -> str: ...\ndef _restore(name: str, json: str) -> Any: ...\ndef _restore_page(name: str, json: str, next_cursor: str | \
         None, total: int | None = None) -> Any: ...\n",
    );
    let mut names: Vec<&str> =
        models(SERVICES).iter().filter(|model| matches!(model.shape, Shape::Enum(_))).map(|model| model.name).collect();
    names.sort_by_key(|name| name.to_lowercase());
    out.replace("{ENUMS}", &listed(&names, "    ", ""))
}

const STUB_HEAD: &str = r#"
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar, final, overload

from loop_sdk.records import (
{ENUMS})

T = TypeVar("T")

__version__: str

@final
class Client:
    def __init__(
        self,
        options_json: str,
        language: str,
        store: object | None,
        on_event: Callable[[str], None] | None,
        client_secret: Callable[[], object] | None,
        audit_log: Callable[[str], object] | None = None,
        machine: bool = False,
    ) -> None: ...
    @property
    def redirect_uri(self) -> str | None: ...
    @property
    def namespace(self) -> str | None: ...
    def call(self, method: str, arguments_json: str, timeout: float | None) -> Any: ...
    def start(
        self,
        method: str,
        arguments_json: str,
        timeout: float | None,
        completions: Completions,
        future: Future[Any],
    ) -> Call: ...

@final
class Completions:
    def __init__(self, event_loop: AbstractEventLoop) -> None: ...
    def __len__(self) -> int: ...

@final
class Call:
    def cancel(self) -> None: ...

@final
class Page(Sequence[T], Generic[T]):
    """One page of a list: a sequence of its records."""

    @property
    def items(self) -> list[T]:
        """The records, in the platform's order."""

    @property
    def next_cursor(self) -> str | None:
        """Fetches the next page; None on the last one."""

    @property
    def total(self) -> int | None:
        """How many records all pages have together; None where the platform does not say."""

    def to_dict(self) -> dict[str, Any]:
        """The whole page in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[T]: ...
    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
"#;

/// Error codes and actions.
fn codes() -> String {
    let quoted = |texts: Vec<&str>| {
        texts.iter().fold(String::new(), |mut out, text| {
            let _ = write!(out, "\n    \"{text}\",");
            out
        })
    };
    let actions = Action::ALL.iter().map(|action| action.as_str()).collect();
    let codes = Code::ALL.iter().map(|code| code.as_str()).collect();
    let mut out = format!(
        "\"\"\"Error codes and their actions. {DO_NOT_EDIT}\"\"\"\n\nfrom typing import Final, Literal\n\n#: What to do about \
         an error.\nAction = Literal[{}\n]\n\n#: What went wrong; stable, and the same in every language.\nErrorCode = \
         Literal[{}\n]\n\n#: Every code's action.\nACTIONS: Final[dict[ErrorCode, Action]] = {{\n",
        quoted(actions),
        quoted(codes)
    );
    for code in Code::ALL {
        let _ = writeln!(out, "    \"{}\": \"{}\",", code.as_str(), code.action().as_str());
    }
    out.push_str("}\n");
    out
}

/// The public names of records and enums.
fn record_names() -> String {
    let mut names: Vec<&str> = records().map(|(model, _)| model.name).chain(["Page"]).collect();
    names.sort_by_key(|name| name.to_lowercase());
    let imported = listed(&names, "    ", "");
    let classes = imported.clone();
    names.extend(enums().map(|(model, _)| model.name));
    names.extend(given().map(|(model, _)| model.name));
    names.sort_unstable();
    let all = listed(&names, "    ", "\"");
    let mut out = format!(
        "\"\"\"The records that the APIs take and return. {DO_NOT_EDIT}\"\"\"\n\nfrom typing import Literal, TypedDict\n\nfrom \
         loop_sdk._native import (\n{imported})\n\n__all__ = [\n{all}]\n\n#: The classes among them.\nCLASSES = \
         (\n{classes})\n",
    );
    for (model, values) in enums() {
        let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        let _ = write!(
            out,
            "\n#: {} Others are kept as they came.\n{} = Literal[{}] | str\n",
            lines(model.docs).join(" ").trim(),
            model.name,
            values.join(", ")
        );
    }
    for (model, fields) in given() {
        let (optional, required): (Vec<_>, Vec<_>) =
            fields.iter().partition(|field| matches!(field.ty, Type::Optional(_)));
        let docs = docstring(&lines(model.docs), 4);
        let members = |out: &mut String, fields: &[&FieldSchema]| {
            for field in fields {
                let _ = write!(
                    out,
                    "\n    #: {}\n    {}: {}\n",
                    lines(field.docs).join(" ").trim(),
                    field.name,
                    argument_type(&field.ty)
                );
            }
        };
        if optional.is_empty() {
            let _ = write!(out, "\n\nclass {}(TypedDict):\n{docs}", model.name);
            members(&mut out, &required);
        } else {
            // Python 3.10 has no NotRequired.
            let _ = write!(out, "\n\nclass _{}(TypedDict):\n{docs}", model.name);
            members(&mut out, &required);
            let _ = write!(out, "\n\nclass {0}(_{0}, total=False):\n{docs}", model.name);
            members(&mut out, &optional);
        }
    }
    out
}

/// Names, one a line.
fn listed(names: &[&str], indent: &str, quote: &str) -> String {
    names.iter().fold(String::new(), |mut out, name| {
        let _ = writeln!(out, "{indent}{quote}{name}{quote},");
        out
    })
}

/// The scopes by name, with what people read.
fn scopes() -> String {
    let mut out = format!("\"\"\"The platform's scopes, by name. {DO_NOT_EDIT}\"\"\"\n\nfrom typing import Final\n");
    for scope in scope::ALL {
        let _ = write!(out, "\n#: {}\n{}: Final = \"{}\"\n", scope.covers, scope.constant, scope.name);
    }
    out.push_str(
        "\n#: What the consent page says of each scope; those that nobody consents to are not here.\nCONSENT_TEXTS: \
         Final[dict[str, str]] = {\n",
    );
    for scope in scope::ALL {
        if let Some(consent) = scope.consent {
            let _ = writeln!(out, "    \"{}\": \"{consent}\",", scope.name);
        }
    }
    out.push_str("}\n");
    out
}

/// The types of webhook events by name.
fn event_names() -> String {
    let mut out =
        format!("\"\"\"The types of webhook events, by name. {DO_NOT_EDIT}\"\"\"\n\nfrom typing import Final\n");
    for event in EVENTS {
        let docs = lines(event.data.docs).join(" ");
        let _ = write!(out, "\n#: {}\n{}: Final = \"{}\"\n", docs.trim(), event.constant, event.name);
    }
    out
}

/// Whose calls a class has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Everybody's: each call names the person.
    Client,
    /// One person's.
    Person,
    /// A machine's.
    Machine,
}

impl Whose {
    fn prefix(self) -> &'static str {
        match self {
            Self::Client => "",
            Self::Person => "User",
            Self::Machine => "Machine",
        }
    }

    fn operations(self, service: &Service) -> impl Iterator<Item = &'static Operation> {
        service.operations.iter().copied().filter(move |operation| match self {
            Self::Machine => operation.machine_scope.is_some(),
            // An operation that only a machine may call is nobody's here: calling it could only fail.
            Self::Client | Self::Person => operation.scope.is_some(),
        })
    }

    fn services(self) -> impl Iterator<Item = &'static Service> {
        SERVICES.iter().copied().filter(move |service| self.operations(service).next().is_some())
    }
}

/// Every service three times: with the user at each call, bound to one user, and for a machine.
fn services(flavour: Flavour) -> String {
    let (title, imported, result) = match flavour {
        Flavour::Sync => ("", "Callable, Iterator", "Any"),
        Flavour::Async => (", as coroutines", "AsyncIterator, Awaitable, Callable", "Awaitable[Any]"),
    };
    let mut body = String::new();
    for whose in [Whose::Client, Whose::Person, Whose::Machine] {
        for service in whose.services() {
            service_class(&mut body, service, flavour, whose);
        }
        facade(&mut body, flavour, whose);
    }
    let every = models(SERVICES).into_iter().chain(inputs(SERVICES)).map(|model| model.name);
    let mut names: Vec<&str> = every.chain(["Page"]).collect();
    let words: std::collections::HashSet<&str> = body.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    // A record may be named in the text of a docstring only: importing it then would be refused.
    let code: String = body.lines().filter(|line| line.contains("def ") || line.contains("result:")).collect();
    let used: std::collections::HashSet<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    names.retain(|name| words.contains(name) && used.contains(name));
    names.sort_by_key(|name| name.to_lowercase());
    names.dedup();
    let names = listed(&names, "        ", "");
    format!(
        "\"\"\"Services and their operations{title}. {DO_NOT_EDIT}\"\"\"\n\nfrom __future__ import annotations\n\nfrom \
         collections.abc import {imported}\nfrom typing import TYPE_CHECKING, Any\n\nfrom loop_sdk._arguments import \
         NULL, UNSET, Arguments, Unset\n\nif TYPE_CHECKING:\n    from loop_sdk.records import (\n{names}    )\n\n#: Calls the native client.\nCall = \
         Callable[[str, Arguments, \"float | None\"], {result}]\n{body}"
    )
}

fn class_name(service: &Service, flavour: Flavour, whose: Whose) -> String {
    let (_, _, prefix) = flavour.words();
    format!("{prefix}{}{}", whose.prefix(), service.type_name)
}

fn service_class(out: &mut String, service: &Service, flavour: Flavour, whose: Whose) {
    let class = class_name(service, flavour, whose);
    let mut docs = lines(service.docs);
    if let Some(first) = docs.first_mut() {
        match whose {
            Whose::Client => {}
            Whose::Person => *first = format!("{} For one user.", first.trim()),
            Whose::Machine => *first = format!("{} For a machine.", first.trim()),
        }
    }
    let _ = write!(out, "\n\nclass {class}:\n{}", docstring(&docs, 4));
    let (parameters, setting, slots) = match whose {
        Whose::Person => (", context: Arguments", "        self._context = context\n", "(\"_call\", \"_context\")"),
        Whose::Client | Whose::Machine => ("", "", "(\"_call\",)"),
    };
    let _ = write!(
        out,
        "\n    __slots__ = {slots}\n\n    def __init__(self, call: Call{parameters}) -> None:\n        self._call = \
         call\n{setting}"
    );
    for operation in whose.operations(service) {
        method(out, operation, flavour, whose);
        if operation.is_paged() {
            iterating(out, operation, flavour, whose);
        }
    }
}

/// A method's parameters after `self`: path parameters may be positional, the others are named.
fn signature(operation: &Operation, whose: Whose, without: Option<&str>) -> Vec<String> {
    let own = operation.parameters.iter().filter(|parameter| Some(parameter.name) != without);
    let (required, optional): (Vec<&Parameter>, Vec<&Parameter>) =
        own.partition(|parameter| !matches!(parameter.ty, Type::Optional(_)));
    let positional = |parameter: &&&Parameter| parameter.place == Place::Path;
    let declare = |parameter: &&Parameter| format!("{}: {}", python_name(parameter.name), argument_type(&parameter.ty));
    let mut signature = vec!["self".to_owned()];
    signature.extend(required.iter().filter(positional).map(declare));
    signature.push("*".to_owned());
    signature.extend((whose == Whose::Client).then(|| "user_id: str".to_owned()));
    signature.extend(required.iter().filter(|parameter| !positional(parameter)).map(declare));
    let absent = |parameter: &Parameter| if parameter.is_nullable() { "UNSET" } else { "None" };
    signature.extend(optional.iter().map(|parameter| format!("{} = {}", declare(parameter), absent(parameter))));
    signature.extend(operation.is_write().then(|| "idempotency_key: str | None = None".to_owned()));
    signature.push("timeout: float | None = None".to_owned());
    signature
}

fn method_docs(operation: &Operation, whose: Whose) -> Vec<String> {
    let mut docs = lines(operation.docs);
    docs.push(String::new());
    let scope = if whose == Whose::Machine { operation.machine_scope } else { operation.scope };
    docs.push(format!("Needs the scope `{}`. `timeout` is in seconds.", scope.unwrap_or_default()));
    for parameter in operation.parameters {
        docs.push(String::new());
        docs.push(format!("`{}`: {}", python_name(parameter.name), parameter.summary("None", "`UNSET`, the default,")));
    }
    if operation.is_write() {
        docs.push(String::new());
        docs.push(
            "`idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name \
             where none is given, and keeps it across its own retries."
                .to_owned(),
        );
    }
    docs
}

fn method(out: &mut String, operation: &Operation, flavour: Flavour, whose: Whose) {
    let signature = signature(operation, whose, None);
    let result = type_name(&operation.result);
    let packed = packed(operation, whose, None);
    let (asynchronous, awaited, _) = flavour.words();
    let call = format!("{awaited}self._call(\"{}\", arguments, timeout)", operation.name);
    let body = match operation.result {
        Type::Nothing => call,
        _ => format!("result: {result} = {call}\n        return result"),
    };
    let _ = write!(
        out,
        "\n    {asynchronous}def {}({}) -> {result}:\n{}{packed}        {body}\n",
        operation.method_name,
        signature.join(", "),
        docstring(&method_docs(operation, whose), 8),
    );
}

/// Puts a method's arguments into what does not print, and forgets them: a traceback with local variables shows none.
fn packed(operation: &Operation, whose: Whose, without: Option<&str>) -> String {
    let mut arguments = match whose {
        Whose::Client => vec!["user_id=user_id".to_owned()],
        Whose::Person => vec!["**self._context".to_owned()],
        Whose::Machine => Vec::new(),
    };
    let mut names: Vec<String> = (whose == Whose::Client).then(|| "user_id".to_owned()).into_iter().collect();
    // Keyword arguments can't be named like a keyword, so those go in as a dict.
    for parameter in operation.parameters.iter().filter(|parameter| Some(parameter.name) != without) {
        let name = python_name(parameter.name);
        arguments.push(if parameter.is_nullable() {
            format!("{name}=NULL if {name} is None else {name}")
        } else if name == parameter.name {
            format!("{name}={name}")
        } else {
            format!("**{{\"{}\": {name}}}", parameter.name)
        });
        names.push(name);
    }
    if operation.is_write() {
        arguments.push("idempotency_key=idempotency_key".to_owned());
        names.push("idempotency_key".to_owned());
    }
    let packed = format!("        arguments = Arguments({})\n", arguments.join(", "));
    if names.is_empty() { packed } else { format!("{packed}        del {}\n", names.join(", ")) }
}

/// The method that goes over all pages of a list.
fn iterating(out: &mut String, operation: &Operation, flavour: Flavour, whose: Whose) {
    let Type::Page(model) = operation.result else { return };
    let name = operation.method_name.replacen("list_", "iter_", 1);
    let signature = signature(operation, whose, Some("cursor"));
    let (asynchronous, awaited, _) = flavour.words();
    let (iterator, goes_over) = match flavour {
        Flavour::Sync => ("Iterator", "            yield from page\n"),
        Flavour::Async => ("AsyncIterator", "            for item in page:\n                yield item\n"),
    };
    let docs = [
        format!("Goes over all pages of `{}`, which are fetched as they are needed.", operation.method_name),
        String::new(),
        "Takes the same arguments; `timeout`, in seconds, is each page's.".to_owned(),
    ];
    let _ = write!(
        out,
        "\n    {asynchronous}def {name}({}) -> {iterator}[{item}]:\n{}{}        seen: set[str] = set()\n        while \
         True:\n            page: Page[{item}] = {awaited}self._call(\"{}\", arguments, timeout)\n{goes_over}            cursor = \
         page.next_cursor\n            # A list that leads in circles would never end.\n            if cursor is None or \
         cursor in seen:\n                return\n            seen.add(cursor)\n            arguments[\"cursor\"] = cursor\n",
        signature.join(", "),
        docstring(&docs, 8),
        packed(operation, whose, Some("cursor")),
        operation.name,
        item = model.name,
    );
}

/// The class that a client, or a user's facade, inherits its services from.
fn facade(out: &mut String, flavour: Flavour, whose: Whose) {
    let (parameter, argument, docs) = match whose {
        Whose::Client => ("", "", "Every service, with the user at each call."),
        Whose::Person => (", context: Arguments", ", context", "Every service, for one user."),
        Whose::Machine => ("", "", "Every service that a machine may call."),
    };
    let (_, _, prefix) = flavour.words();
    let _ = write!(
        out,
        "\n\nclass {prefix}{}Services:\n    \"\"\"{docs}\"\"\"\n\n    def __init__(self, call: Call{parameter}) -> None:\n",
        whose.prefix(),
    );
    for service in whose.services() {
        let class = class_name(service, flavour, whose);
        let _ = writeln!(out, "        #: {}", lines(service.docs).join(" ").trim());
        let _ = writeln!(out, "        self.{}: {class} = {class}(call{argument})", python_name(service.name));
    }
}

/// What a parameter takes: more than a result gives.
fn argument_type(ty: &Type) -> String {
    match ty {
        Type::Optional(Type::Nullable(inner)) => format!("{} | Unset | None", argument_type(inner)),
        Type::Optional(inner) => format!("{} | None", argument_type(inner)),
        Type::List(inner) => format!("list[{}]", argument_type(inner)),
        other => type_name(other),
    }
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Text => "str".to_owned(),
        Type::Number => "float".to_owned(),
        Type::Integer => "int".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Decimal => "Decimal".to_owned(),
        Type::Json => "Any".to_owned(),
        Type::Object => "dict[str, Any]".to_owned(),
        Type::Nullable(inner) => type_name(inner),
        Type::Nothing => "None".to_owned(),
        Type::Optional(inner) => format!("{} | None", type_name(inner)),
        Type::List(inner) => format!("list[{}]", type_name(inner)),
        Type::Page(model) => format!("Page[{}]", model.name),
        Type::Model(model) => model.name.to_owned(),
    }
}

fn docstring(lines: &[String], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let text = lines.join("\n");
    // Rust's doc links mean nothing here, and a backslash would need a raw string.
    let text = text.trim().replace('\\', "\\\\").replace("null", "None");
    if text.contains('\n') {
        let body: Vec<String> = text.lines().map(|line| format!("{pad}{line}").trim_end().to_owned()).collect();
        format!("{pad}\"\"\"{}\n{pad}\"\"\"\n", body.join("\n").trim_start())
    } else {
        format!("{pad}\"\"\"{text}\"\"\"\n")
    }
}

/// A name as Python allows it: its keywords get an underscore.
fn python_name(name: &str) -> String {
    const KEYWORDS: &[&str] = &[
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass",
        "raise", "return", "try", "while", "with", "yield",
    ];
    if KEYWORDS.contains(&name) { format!("{name}_") } else { name.to_owned() }
}
