//! The Python package's generated parts: native records, their type stub, and the services' methods.

use std::fmt::Write as _;

use loop_sdk::schema::{ModelSchema, Operation, Parameter, Place, Service, Shape, Type, models};
use loop_sdk::{Action, Code, SERVICES};

use crate::Output;
use crate::python_async;
use crate::text::{lines, pascal_case};

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
        package("bindings-python/python/loop_sdk/records.py", record_names()),
    ]
}

fn records() -> impl Iterator<Item = (&'static ModelSchema, &'static [loop_sdk::schema::FieldSchema])> {
    models(SERVICES).into_iter().filter_map(|model| match model.shape {
        Shape::Record(fields) => Some((model, fields)),
        Shape::Enum(_) => None,
    })
}

fn enums() -> impl Iterator<Item = (&'static ModelSchema, &'static [&'static str])> {
    models(SERVICES).into_iter().filter_map(|model| match model.shape {
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
            let _ = writeln!(out, "        {} as {},", field.name, python_name(field.name));
        }
        out.push_str("    }\n}\n");
    }
    out.push('\n');
    for (model, _) in enums() {
        let _ = writeln!(out, "choice!({});", model.name);
    }
    let names: Vec<&str> = records().map(|(model, _)| model.name).collect();
    let _ = write!(out, "\nrecords! {{ {} }}\n", names.join(", "));
    out
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
             or for JSON.\"\"\"\n",
        );
    }
    out.push_str(
        "\ndef _close() -> None: ...\ndef _forked() -> None: ...\ndef _settle(limit: float) -> None: ...\ndef _restore(name: str, json: str) -> Any: ...\ndef _restore_page(name: str, json: str, next_cursor: str | \
         None) -> Any: ...\n",
    );
    let names: Vec<&str> = enums().map(|(model, _)| model.name).collect();
    out.replace("{ENUMS}", &names.join(", "))
}

const STUB_HEAD: &str = r#"
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, final, overload

from loop_sdk.records import {ENUMS}

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

    def to_dict(self) -> dict[str, Any]:
        """The whole page in plain types, for a template or for JSON."""

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
    names.sort_unstable();
    let imported = names.join(", ");
    names.extend(enums().map(|(model, _)| model.name));
    names.sort_unstable();
    let all: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let mut out = format!(
        "\"\"\"The records that the APIs return. {DO_NOT_EDIT}\"\"\"\n\nfrom typing import Literal\n\nfrom loop_sdk._native \
         import {imported}\n\n__all__ = [{}]\n\n#: The classes among them.\nCLASSES = \
         ({imported})\n",
        all.join(", ")
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
    out
}

/// Every service twice: with the user at each call, and bound to one user.
fn services(flavour: Flavour) -> String {
    let mut names: Vec<&str> = models(SERVICES).iter().map(|model| model.name).chain(["Page"]).collect();
    let used = |name: &&str| {
        let mut results = SERVICES.iter().flat_map(|service| service.operations).map(|operation| &operation.result);
        results.any(|result| type_name(result).split(['[', ']', ' ']).any(|part| part == *name))
    };
    names.retain(used);
    names.sort_unstable();
    let (title, imported, result) = match flavour {
        Flavour::Sync => ("", "Callable", "Any"),
        Flavour::Async => (", as coroutines", "Awaitable, Callable", "Awaitable[Any]"),
    };
    let mut out = format!(
        "\"\"\"Services and their operations{title}. {DO_NOT_EDIT}\"\"\"\n\nfrom __future__ import annotations\n\nfrom \
         collections.abc import {imported}\nfrom typing import TYPE_CHECKING, Any\n\nfrom loop_sdk._arguments import \
         Arguments\n\nif TYPE_CHECKING:\n    from loop_sdk.records import {}\n\n#: Calls the native client.\nCall = \
         Callable[[str, Arguments, \"float | None\"], {result}]\n",
        names.join(", ")
    );
    for service in SERVICES {
        service_class(&mut out, service, flavour, false);
        service_class(&mut out, service, flavour, true);
    }
    facade(&mut out, flavour, "Services", "Every service, with the user at each call.", false);
    facade(&mut out, flavour, "UserServices", "Every service, for one user.", true);
    out
}

fn class_name(service: &Service, flavour: Flavour, bound: bool) -> String {
    let (_, _, prefix) = flavour.words();
    format!("{prefix}{}{}", if bound { "User" } else { "" }, pascal_case(service.name))
}

fn service_class(out: &mut String, service: &Service, flavour: Flavour, bound: bool) {
    let class = class_name(service, flavour, bound);
    let mut docs = lines(service.docs);
    if bound && let Some(first) = docs.first_mut() {
        *first = format!("{} For one user.", first.trim());
    }
    let _ = write!(out, "\n\nclass {class}:\n{}", docstring(&docs, 4));
    let (parameters, setting) = if bound { (", user_id: str", "        self._user_id = user_id\n") } else { ("", "") };
    let slots = if bound { "(\"_call\", \"_user_id\")" } else { "(\"_call\",)" };
    let _ = write!(
        out,
        "\n    __slots__ = {slots}\n\n    def __init__(self, call: Call{parameters}) -> None:\n        self._call = \
         call\n{setting}"
    );
    for operation in service.operations {
        method(out, operation, flavour, bound);
    }
}

fn method(out: &mut String, operation: &Operation, flavour: Flavour, bound: bool) {
    let (required, optional): (Vec<&Parameter>, Vec<&Parameter>) =
        operation.parameters.iter().partition(|parameter| !matches!(parameter.ty, Type::Optional(_)));
    let positional = |parameter: &&&Parameter| parameter.place == Place::Path;
    let declare = |parameter: &&Parameter| format!("{}: {}", python_name(parameter.name), type_name(&parameter.ty));
    let mut signature = vec!["self".to_owned()];
    signature.extend(required.iter().filter(positional).map(declare));
    signature.push("*".to_owned());
    signature.extend((!bound).then(|| "user_id: str".to_owned()));
    signature.extend(required.iter().filter(|parameter| !positional(parameter)).map(declare));
    signature.extend(optional.iter().map(|parameter| format!("{} = None", declare(parameter))));
    signature.push("timeout: float | None = None".to_owned());

    let result = type_name(&operation.result);
    let mut docs = lines(operation.docs);
    docs.push(String::new());
    docs.push(format!("Needs the scope `{}`. `timeout` is in seconds.", operation.scope));
    for parameter in operation.parameters {
        docs.push(String::new());
        docs.push(format!("`{}`: {}", python_name(parameter.name), lines(parameter.docs).join(" ").trim()));
    }
    let user = if bound { "self._user_id" } else { "user_id" };
    let mut arguments = vec![format!("user_id={user}")];
    // Keyword arguments can't be named like a keyword, so those go in as a dict.
    for parameter in operation.parameters {
        let name = python_name(parameter.name);
        arguments.push(if name == parameter.name {
            format!("{name}={name}")
        } else {
            format!("**{{\"{}\": {name}}}", parameter.name)
        });
    }
    let (asynchronous, awaited, _) = flavour.words();
    let _ = write!(
        out,
        "\n    {asynchronous}def {}({}) -> {result}:\n{}        result: {result} = {awaited}self._call(\"{}\", Arguments({}), timeout)\n        \
         return result\n",
        operation.method_name,
        signature.join(", "),
        docstring(&docs, 8),
        operation.name,
        arguments.join(", "),
    );
}

/// The class that a client, or a user's facade, inherits its services from.
fn facade(out: &mut String, flavour: Flavour, name: &str, docs: &str, bound: bool) {
    let (parameter, argument) = if bound { (", user_id: str", ", user_id") } else { ("", "") };
    let (_, _, prefix) = flavour.words();
    let _ = write!(
        out,
        "\n\nclass {prefix}{name}:\n    \"\"\"{docs}\"\"\"\n\n    def __init__(self, call: Call{parameter}) -> None:\n"
    );
    for service in SERVICES {
        let class = class_name(service, flavour, bound);
        let _ = writeln!(out, "        #: {}", lines(service.docs).join(" ").trim());
        let _ = writeln!(out, "        self.{}: {class} = {class}(call{argument})", python_name(service.name));
    }
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Text => "str".to_owned(),
        Type::Number => "float".to_owned(),
        Type::Integer => "int".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Json => "Any".to_owned(),
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
