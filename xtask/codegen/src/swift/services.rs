//! Services: one struct for each, and for each kind of caller.

use std::fmt::Write as _;

use loop_sdk::SERVICES;
use loop_sdk::schema::{Operation, Parameter, Place, Service, Type};

use super::{HIDDEN, comment, declaration, hidden_members, identifier, listed, swift, type_name};
use crate::text::{camel_case, lines};

/// Who calls.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Caller {
    /// An app's client: the person is an argument.
    Client,
    /// An app's client, for one person.
    User,
    /// A machine.
    Machine,
}

impl Caller {
    /// The struct of a service.
    fn name(self, service: &Service) -> String {
        match self {
            Self::Client => service.type_name.to_owned(),
            Self::User => format!("User{}", service.type_name),
            Self::Machine => format!("Machine{}", service.type_name),
        }
    }

    /// The scope that its token has to hold; none where no token of this kind opens the route.
    fn scope(self, operation: &Operation) -> Option<&'static str> {
        match self {
            Self::Client | Self::User => operation.scope,
            Self::Machine => operation.machine_scope,
        }
    }

    pub(super) fn operations(self, service: &Service) -> Vec<&'static Operation> {
        service.operations.iter().copied().filter(|operation| self.scope(operation).is_some()).collect()
    }
}

pub(super) fn all(caller: Caller) -> String {
    let mut out = String::from("\nimport Foundation\n");
    let services: Vec<&Service> =
        SERVICES.iter().copied().filter(|service| !caller.operations(service).is_empty()).collect();
    for service in &services {
        structure(&mut out, service, caller);
    }
    let client = match caller {
        Caller::Client => "LoopClient",
        Caller::User => "LoopUser",
        Caller::Machine => "M2MClient",
    };
    let _ = write!(out, "\nextension {client} {{\n");
    for service in services {
        comment(&mut out, "    ", &lines(service.docs));
        let (own, name) = (camel_case(service.name), caller.name(service));
        let _ = writeln!(out, "    public var {own}: {name} {{ {name}(caller: caller) }}");
    }
    out.push_str("}\n");
    out
}

fn structure(out: &mut String, service: &Service, caller: Caller) {
    out.push('\n');
    comment(out, "", &lines(service.docs));
    let name = caller.name(service);
    declaration(out, "", &name, "Sendable", HIDDEN);
    out.push_str("    let caller: Caller\n");
    for operation in caller.operations(service) {
        out.push('\n');
        method(out, operation, caller);
    }
    hidden_members(out, "", &name, "values");
    out.push_str("}\n");
}

fn method(out: &mut String, operation: &Operation, caller: Caller) {
    comment(out, "    ", &docs(operation, caller));
    let parameters: Vec<String> = ordered(operation)
        .map(|each| {
            let label = if each.place == Place::Path { "_ " } else { "" };
            let default = if is_optional(each) { " = nil" } else { "" };
            format!("{label}{}: {}{default}", identifier(each.name), swift(&each.ty))
        })
        .chain(more(operation, caller).map(|(name, ty, _)| format!("{}: {ty}? = nil", camel_case(name))))
        .collect();
    let more_arguments = more(operation, caller).map(|(name, _, _)| name).filter(|name| *name != "timeout");
    let (nullable, plain): (Vec<&Parameter>, Vec<_>) =
        operation.parameters.iter().partition(|parameter| parameter.is_nullable());
    let arguments: Vec<String> = plain
        .into_iter()
        .map(argument)
        .chain(more_arguments.map(|name| format!("\"{name}\": .text({})", camel_case(name))))
        .collect();
    let arguments = if arguments.is_empty() { vec![":".to_owned()] } else { arguments };
    // Where null says something, what was not given must not become one.
    let changes: Vec<String> =
        nullable.iter().map(|parameter| format!("\"{}\": {}", parameter.name, identifier(parameter.name))).collect();
    let changes = if changes.is_empty() { String::new() } else { format!(".changing([{}])", changes.join(", ")) };
    let passed = [
        format!("\"{}\"", operation.name),
        listed(12, "", ["[", "]"], &arguments, &changes),
        "timeout: timeout".to_owned(),
    ];
    let (how, result) = match &operation.result {
        Type::Nothing => ("run", String::new()),
        Type::Page(_) if operation.is_paged() => ("pages", format!(" -> {}", swift(&operation.result))),
        Type::Page(_) => ("page", format!(" -> {}", swift(&operation.result))),
        other => ("value", format!(" -> {}", swift(other))),
    };
    let name = identifier(operation.method_name);
    let after = format!(" async throws{result} {{");
    let head = listed(4, &format!("public func {name}"), ["(", ")"], &parameters, &after);
    let call = listed(8, &format!("try await caller.{how}"), ["(", ")"], &passed, "");
    let _ = write!(out, "    {head}\n        {call}\n    }}\n");
}

fn docs(operation: &Operation, caller: Caller) -> Vec<String> {
    let mut docs = lines(operation.docs);
    docs.extend([String::new(), "- Parameters:".to_owned()]);
    for parameter in ordered(operation) {
        docs.push(format!("  - {}: {}", camel_case(parameter.name), parameter.summary("`.null`", "nil")));
    }
    docs.extend(more(operation, caller).map(|(name, _, docs)| format!("  - {}: {docs}", camel_case(name))));
    let returns = match &operation.result {
        Type::Nothing => "Nothing.".to_owned(),
        Type::Page(model) => format!("A page of ``{}``.", type_name(model)),
        Type::Model(model) => format!("``{}``.", type_name(model)),
        other => format!("`{}`.", swift(other)),
    };
    let scope = caller.scope(operation).unwrap_or_default();
    docs.push(format!("- Returns: {returns} Needs the scope `{scope}`."));
    docs.push("- Throws: ``LoopError``.".to_owned());
    docs
}

/// An operation's own parameters: those of the path, others that are required, those that may be left out.
pub(super) fn ordered(operation: &Operation) -> impl Iterator<Item = &'static Parameter> {
    let mut parameters: Vec<&Parameter> = operation.parameters.iter().collect();
    parameters.sort_by_key(|parameter| (is_optional(parameter), parameter.place != Place::Path));
    parameters.into_iter()
}

/// What every call takes besides, with types and docs.
fn more(operation: &Operation, caller: Caller) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let key = operation.is_write().then_some((
        "idempotency_key",
        "String",
        "Names this write, so that it is done once. If nil, the SDK makes a name, and keeps it across its retries; an error \
         `write_outcome_unknown` has it as `detail`.",
    ));
    let user = (caller == Caller::Client).then_some((
        "user_id",
        "String",
        "The person; it may be left out while the device's store holds one grant.",
    ));
    let timeout = ("timeout", "TimeInterval", "Seconds, after which the call ends with the code `timeout`.");
    key.into_iter().chain(user).chain([timeout])
}

/// An argument as JSON.
fn argument(parameter: &Parameter) -> String {
    let own = identifier(parameter.name);
    let value = match &parameter.ty {
        Type::Text | Type::Optional(Type::Text) => format!(".text({own})"),
        Type::Json => own,
        Type::Optional(Type::Json) => format!("{own} ?? .null"),
        _ => format!(".encoded({own})"),
    };
    format!("\"{}\": {value}", parameter.name)
}

pub(super) fn is_optional(parameter: &Parameter) -> bool {
    matches!(parameter.ty, Type::Optional(_))
}
