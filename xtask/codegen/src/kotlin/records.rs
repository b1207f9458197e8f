//! Records and enums: the platform's, with decoders, and those that an app makes; which record an event brings.

use std::fmt::Write as _;

use loop_sdk::schema::{FieldSchema, ModelSchema, Shape, Type};
use loop_sdk::webhook::EVENTS;

use super::names::{Named, Printed, open_names};
use super::{comment, decoded, kotlin};
use crate::text::{camel_case, lines};

/// Who makes a record.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Made {
    ByLoop,
    ByApps,
}

pub(super) fn all(models: &[&ModelSchema], made: Made) -> String {
    let mut body = String::new();
    for model in models {
        match &model.shape {
            Shape::Record(fields) => record(&mut body, model, fields, made),
            Shape::Enum(values) => {
                let values: Vec<Named> = values.iter().map(|value| Named { value, docs: None }).collect();
                let docs = lines(model.docs).join("\n");
                open_names(&mut body, model.name, &docs, &values, Printed::Hidden);
            }
        }
    }
    if made == Made::ByLoop {
        events(&mut body);
    }
    let decimal = if body.contains("BigDecimal") { "import java.math.BigDecimal\n" } else { "" };
    format!("\n{decimal}import kotlinx.serialization.json.JsonObject\n{body}")
}

fn events(out: &mut String) {
    out.push_str(
        "\n/** What a webhook's event says, by the name that the core gives its record. */\ninternal fun eventRecord(name: \
         String, data: JsonObject): Record? = when (name) {\n",
    );
    for event in EVENTS {
        let _ = writeln!(out, "    \"{0}\" -> {0}.fromJson(data)", event.data.name);
    }
    out.push_str("    else -> null\n}\n");
}

fn record(out: &mut String, model: &ModelSchema, fields: &[FieldSchema], made: Made) {
    let name = model.name;
    let mut docs = lines(model.docs);
    docs.extend([String::new(), "It prints without its values; [toJson] gives them all.".to_owned()]);
    out.push('\n');
    comment(out, "", &docs);
    let declaration = match made {
        Made::ByLoop => format!("@ConsistentCopyVisibility\npublic data class {name} internal constructor("),
        Made::ByApps => format!("public data class {name}("),
    };
    let _ = writeln!(out, "{declaration}");
    for field in fields {
        comment(out, "    ", &lines(field.docs));
        let default = if made == Made::ByApps && matches!(field.ty, Type::Optional(_)) { " = null" } else { "" };
        let _ = writeln!(out, "    public val {}: {}{default},", camel_case(field.name), kotlin(&field.ty));
    }
    // What an app does not say is not sent.
    let json_of = if made == Made::ByApps { "givenOf" } else { "jsonOf" };
    let _ = write!(
        out,
        ") : Record() {{\n    override fun toString(): String = \"<{name}: values hidden>\"\n\n    override fun toJson(): \
         JsonObject = {json_of}(\n"
    );
    for field in fields {
        let _ = writeln!(out, "        \"{}\" to {},", field.name, camel_case(field.name));
    }
    let _ = write!(out, "    )\n\n    override fun shown(): JsonObject = jsonOf(\n        \"type\" to \"{name}\",\n");
    for field in fields {
        // A field that is named `type` must not take the type's place.
        let key = if field.name == "type" { "type_" } else { field.name };
        let _ = writeln!(out, "        \"{key}\" to {},", shown(field));
    }
    let _ = write!(
        out,
        "    )\n\n    public companion object {{\n        /** A record from what [toJson] gave. */\n        public fun \
         fromJson(json: JsonObject): {name} = {name}(\n"
    );
    for field in fields {
        let value = decoded(&field.ty, &format!("json.field(\"{}\")", field.name));
        let _ = writeln!(out, "            {} = {value},", camel_case(field.name));
    }
    out.push_str("        )\n    }\n}\n");
}

/// The expression that makes what may stand in a log, as core's `safe_view` does: a value that is declared safe, what may
/// be shown of a record inside, and else nothing.
fn shown(field: &FieldSchema) -> String {
    let value = camel_case(field.name);
    if field.safe.is_some() {
        return value;
    }
    match &field.ty {
        ty if is_record(ty) => format!("{value}.shown()"),
        Type::List(inner) if is_record(inner) => format!("{value}.map {{ it.shown() }}"),
        Type::Optional(inner) if is_record(inner) => format!("({value}?.shown() ?: HIDDEN)"),
        Type::Optional(Type::List(inner)) if is_record(inner) => {
            format!("({value}?.map {{ it.shown() }} ?: HIDDEN)")
        }
        _ => "HIDDEN".to_owned(),
    }
}

fn is_record(ty: &Type) -> bool {
    matches!(ty, Type::Model(ModelSchema { shape: Shape::Record(_), .. }))
}
