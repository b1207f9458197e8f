//! Records and enums: the platform's, and those that an app makes; which record an event brings.

use std::fmt::Write as _;

use loop_sdk::schema::{FieldSchema, ModelSchema, Shape, Type};
use loop_sdk::webhook::EVENTS;

use super::names::{Value, open_set};
use super::{HIDDEN, comment, declaration, field_name, hidden_members, swift, type_name};
use crate::text::lines;

/// Who makes a record.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Made {
    ByLoop,
    ByApps,
}

pub(super) fn all(models: &[&ModelSchema], made: Made) -> String {
    let mut out = String::from("\nimport Foundation\n");
    for model in models {
        out.push('\n');
        let name = type_name(model);
        match &model.shape {
            Shape::Enum(values) => {
                let values: Vec<Value> = values.iter().map(|wire| Value { wire, docs: None }).collect();
                open_set(&mut out, "", &name, &lines(model.docs).join(" "), &values, Some(model.name));
            }
            Shape::Record(fields) => record(&mut out, &name, model, fields, made),
        }
    }
    if made == Made::ByLoop {
        for event in EVENTS {
            let _ = write!(
                out,
                "\nextension {}: WebhookData {{\n    public static let eventType = \"{}\"\n}}\n",
                type_name(event.data),
                event.name
            );
        }
    }
    out
}

fn record(out: &mut String, name: &str, model: &ModelSchema, fields: &[FieldSchema], made: Made) {
    let mut docs = lines(model.docs);
    docs.extend([
        String::new(),
        "It prints without its values; its properties and `JSONEncoder` give them all.".to_owned(),
    ]);
    comment(out, "", &docs);
    declaration(out, "", name, "SafelyViewed, Codable, Hashable, Sendable", HIDDEN);
    let word = if made == Made::ByApps { "var" } else { "let" };
    for field in fields {
        comment(out, "    ", &lines(field.docs));
        let _ = writeln!(out, "    public {word} {}: {}", field_name(field.name), swift(&field.ty));
    }
    let parameters: Vec<String> = fields
        .iter()
        .map(|field| {
            let default = if matches!(field.ty, Type::Optional(_)) { " = nil" } else { "" };
            format!("        {}: {}{default}", field_name(field.name), swift(&field.ty))
        })
        .collect();
    let purpose = match made {
        Made::ByLoop => "A record of your own, for previews and tests.",
        Made::ByApps => "What is nil is not sent.",
    };
    let _ = write!(out, "\n    /// {purpose}\n    public init(\n{}\n    ) {{\n", parameters.join(",\n"));
    for field in fields {
        let own = field_name(field.name);
        let _ = writeln!(out, "        self.{own} = {own}");
    }
    out.push_str("    }\n\n    private enum CodingKeys: String, CodingKey {\n");
    for field in fields {
        let own = field_name(field.name);
        if own.trim_matches('`') == field.name {
            let _ = writeln!(out, "        case {own}");
        } else {
            let _ = writeln!(out, "        case {own} = \"{}\"", field.name);
        }
    }
    let _ = write!(
        out,
        "    }}\n\n    public static let typeName = \"{}\"\n\n    public var safeView: SafeView {{\n        SafeView(type: \
         Self.typeName, [\n",
        model.name
    );
    for field in fields {
        // A field that is named `type` must not take the type's place.
        let key = if field.name == "type" { "type_" } else { field.name };
        let _ = writeln!(out, "            \"{key}\": {},", shown(field));
    }
    out.push_str("        ])\n    }\n");
    hidden_members(out, "", name, "values");
    out.push_str("}\n");
}

/// The expression that makes what may stand in a log, as core's `safe_view` does: a value that is declared safe, what may
/// be shown of a record inside, and else nothing.
fn shown(field: &FieldSchema) -> String {
    let own = field_name(field.name);
    if field.safe.is_some() {
        return plain(&field.ty, &own);
    }
    match &field.ty {
        ty if is_record(ty) => format!("{own}.safeView.value"),
        Type::List(inner) if is_record(inner) => format!(".array({own}.map {{ $0.safeView.value }})"),
        Type::Optional(inner) if is_record(inner) => format!("{own}?.safeView.value ?? JSONValue.hidden"),
        Type::Optional(Type::List(inner)) if is_record(inner) => {
            format!("{own}.map {{ JSONValue.array($0.map {{ $0.safeView.value }}) }} ?? JSONValue.hidden")
        }
        _ => ".hidden".to_owned(),
    }
}

/// A safe value as JSON. Only plain types are ever safe.
fn plain(ty: &Type, value: &str) -> String {
    match ty {
        Type::Text => format!(".string({value})"),
        Type::Integer => format!(".integer({value})"),
        Type::Number => format!(".number({value})"),
        Type::Boolean => format!(".bool({value})"),
        Type::Model(ModelSchema { shape: Shape::Enum(_), .. }) => format!(".string({value}.rawValue)"),
        Type::Optional(inner) => format!("{value}.map {{ JSONValue{} }} ?? JSONValue.null", plain(inner, "$0")),
        Type::List(inner) => format!(".array({value}.map {{ JSONValue{} }})", plain(inner, "$0")),
        Type::Decimal
        | Type::Json
        | Type::Object
        | Type::Nullable(_)
        | Type::Nothing
        | Type::Page(_)
        | Type::Model(_) => unreachable!("core has a test that such a field is never safe"),
    }
}

fn is_record(ty: &Type) -> bool {
    matches!(ty, Type::Model(ModelSchema { shape: Shape::Record(_), .. }))
}
