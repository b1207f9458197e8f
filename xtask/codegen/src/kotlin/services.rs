//! Services: one class for each, and for each kind of caller.

use std::fmt::Write as _;

use loop_sdk::SERVICES;
use loop_sdk::schema::{Operation, Parameter, Place, Service, Type};

use super::{comment, decoded, kotlin, listed};
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
    /// The class of a service.
    fn class(self, service: &Service) -> String {
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

    fn operations(self, service: &Service) -> Vec<&'static Operation> {
        service.operations.iter().copied().filter(|operation| self.scope(operation).is_some()).collect()
    }
}

pub(super) fn all(caller: Caller) -> String {
    let mut body = String::new();
    let services: Vec<&Service> =
        SERVICES.iter().copied().filter(|service| !caller.operations(service).is_empty()).collect();
    for service in &services {
        class(&mut body, service, caller);
    }
    let (name, docs) = match caller {
        Caller::Client => ("Services", "Every service of Loop that is open to people."),
        Caller::User => ("UserServices", "Every service of Loop that is open to people, for one person."),
        Caller::Machine => ("MachineServices", "Every service of Loop that is open to machines."),
    };
    let _ = write!(body, "\n/** {docs} */\npublic abstract class {name} internal constructor(caller: Caller) {{\n");
    for service in services {
        comment(&mut body, "    ", &lines(service.docs));
        let class = caller.class(service);
        let _ = writeln!(body, "    public val {}: {class} = {class}(caller)", camel_case(service.name));
    }
    body.push_str("}\n");
    let object = if body.contains("JsonObject") { "import kotlinx.serialization.json.JsonObject\n" } else { "" };
    format!("\nimport kotlin.time.Duration\n{object}{body}")
}

fn class(out: &mut String, service: &Service, caller: Caller) {
    out.push('\n');
    comment(out, "", &lines(service.docs));
    let _ = writeln!(out, "public class {} internal constructor(private val caller: Caller) {{", caller.class(service));
    for (index, operation) in caller.operations(service).into_iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        function(out, operation, caller);
    }
    out.push_str("}\n");
}

fn function(out: &mut String, operation: &Operation, caller: Caller) {
    comment(out, "    ", &docs(operation, caller));
    let parameters: Vec<String> = ordered(operation)
        .map(|each| {
            let default = if is_optional(each) { " = null" } else { "" };
            format!("{}: {}{default}", camel_case(each.name), kotlin(&each.ty))
        })
        .chain(more(operation, caller).map(|(name, ty, _)| format!("{}: {ty}? = null", camel_case(name))))
        .collect();
    let arguments: Vec<String> = operation
        .parameters
        .iter()
        .map(|parameter| parameter.name)
        .chain(more(operation, caller).map(|(name, _, _)| name).filter(|name| *name != "timeout"))
        .map(|name| format!("\"{name}\" to {}", camel_case(name)))
        .collect();
    let (how, what) = match &operation.result {
        Type::Nothing => ("nothing", String::new()),
        Type::Page(model) => {
            let how = if operation.is_paged() { "pages" } else { "page" };
            (how, format!(" {{ {} }}", decoded(&Type::Model(model), "it")))
        }
        other => ("value", format!(" {{ {} }}", decoded(other, "it"))),
    };
    // Where null says something, what was not given must not become one.
    let json_of = if operation.parameters.iter().any(Parameter::is_nullable) { "givenOf" } else { "jsonOf" };
    let mut passed = vec![format!("\"{}\"", operation.name), listed(12, json_of, &arguments, ""), "timeout".to_owned()];
    if let Type::Page(model) = &operation.result {
        passed.push(format!("\"{}\"", model.name));
    }
    let name = camel_case(operation.method_name);
    let result = kotlin(&operation.result);
    let head = listed(4, &format!("public suspend fun {name}"), &parameters, &format!(": {result} ="));
    let call = listed(8, &format!("caller.{how}"), &passed, &what);
    let _ = write!(out, "    {head}\n        {call}\n");
}

fn docs(operation: &Operation, caller: Caller) -> Vec<String> {
    let mut docs = lines(operation.docs);
    let returns = match &operation.result {
        Type::Nothing => String::new(),
        Type::Page(model) => format!("Returns a page of [{}]. ", model.name),
        Type::Model(model) => format!("Returns [{}]. ", model.name),
        other => format!("Returns `{}`. ", kotlin(other)),
    };
    let scope = caller.scope(operation).unwrap_or_default();
    docs.extend([String::new(), format!("{returns}Needs the scope `{scope}`."), String::new()]);
    for parameter in ordered(operation) {
        docs.push(format!("@param {} {}", camel_case(parameter.name), parameter.summary("[Nullable.Null]", "null")));
    }
    docs.extend(more(operation, caller).map(|(name, _, docs)| format!("@param {} {docs}", camel_case(name))));
    docs
}

/// An operation's own parameters: those of the path, others that are required, those that may be left out.
fn ordered(operation: &Operation) -> impl Iterator<Item = &'static Parameter> {
    let mut parameters: Vec<&Parameter> = operation.parameters.iter().collect();
    parameters.sort_by_key(|parameter| (is_optional(parameter), parameter.place != Place::Path));
    parameters.into_iter()
}

/// What every call takes besides, with types and docs.
fn more(operation: &Operation, caller: Caller) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let key = operation.is_write().then_some((
        "idempotency_key",
        "String",
        "Names this write, so that it is done once. If null, the SDK makes a name, and keeps it across its retries; an error \
         `write_outcome_unknown` has it as `detail`.",
    ));
    let user = (caller == Caller::Client).then_some((
        "user_id",
        "String",
        "Whose data; may be left out while this device's store holds one grant.",
    ));
    let timeout = ("timeout", "Duration", "Ends the call with the code `timeout` after this long.");
    key.into_iter().chain(user).chain([timeout])
}

fn is_optional(parameter: &Parameter) -> bool {
    matches!(parameter.ty, Type::Optional(_))
}
