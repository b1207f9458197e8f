//! `safe_view`: a record in a form that may stand in a log.

use serde_json::{Map, Value, json};

use crate::model::Page;
use crate::schema::{Model, ModelSchema, Shape, Type};

/// What stands in place of a value.
const HIDDEN: &str = "[hidden]";

/// Something with a loggable form.
pub trait SafeView {
    /// Its type, and of its values those that say nothing about a person. A field is shown only if its declaration says why
    /// it may be.
    fn safe_view(&self) -> Value;
}

impl<T: Model> SafeView for T {
    fn safe_view(&self) -> Value {
        match serde_json::to_value(self) {
            Ok(value) => shown(T::SCHEMA, &value),
            Err(_) => json!({ "type": T::SCHEMA.name }),
        }
    }
}

impl<T: Model> SafeView for Page<T> {
    fn safe_view(&self) -> Value {
        let items: Vec<Value> = self.items.iter().map(SafeView::safe_view).collect();
        json!({ "type": "Page", "of": T::SCHEMA.name, "count": items.len(), "items": items })
    }
}

impl SafeView for crate::Error {
    fn safe_view(&self) -> Value {
        json!({
            "type": "Error",
            "code": self.code().as_str(),
            "action": self.action().as_str(),
            "status": self.status(),
            "request_id": self.request_id(),
            "retry_after_ms": self.retry_after().map(crate::sys::millis),
        })
    }
}

/// The loggable form of what an operation returned, from its one JSON form: what other languages are held to.
#[cfg(feature = "bridge")]
pub(crate) fn of_result(operation: &crate::schema::Operation, value: &Value) -> Value {
    match operation.result {
        Type::Page(model) => {
            let items: Vec<Value> =
                value["items"].as_array().into_iter().flatten().map(|item| shown(model, item)).collect();
            json!({ "type": "Page", "of": model.name, "count": items.len(), "items": items })
        }
        Type::Model(model) => shown(model, value),
        _ => Value::Null,
    }
}

fn shown(schema: &ModelSchema, value: &Value) -> Value {
    let Shape::Record(fields) = &schema.shape else {
        return json!({ "type": schema.name, "value": HIDDEN });
    };
    let mut out = Map::new();
    out.insert("type".to_owned(), schema.name.into());
    for field in *fields {
        let value = value.get(field.name).unwrap_or(&Value::Null);
        let view = if field.safe.is_some() { value.clone() } else { of_type(&field.ty, value) };
        // A field that is named `type` must not take the type's place.
        let name = if field.name == "type" { "type_" } else { field.name };
        out.insert(name.to_owned(), view);
    }
    Value::Object(out)
}

/// Records inside records may have something to show; lists say how long they are; nothing else says anything.
fn of_type(ty: &Type, value: &Value) -> Value {
    match (ty, value) {
        (Type::Optional(inner), value) if !value.is_null() => of_type(inner, value),
        (Type::Model(model), Value::Object(_)) => shown(model, value),
        (Type::List(Type::Model(model)), Value::Array(values)) if matches!(model.shape, Shape::Record(_)) => {
            values.iter().map(|value| shown(model, value)).collect()
        }
        // Whether something is there says as much as what it is: null is hidden too.
        _ => HIDDEN.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SERVICES;
    use crate::schema::{inputs, models};

    const CANARY: &str = "canary";

    /// A value of this type whose every text is the canary.
    fn filled(ty: &Type) -> Value {
        match ty {
            Type::Text | Type::Json | Type::Object => CANARY.into(),
            Type::Decimal => "424242.5".into(),
            Type::Number => 424_242.5.into(),
            Type::Integer => 424_242.into(),
            Type::Boolean => true.into(),
            Type::Optional(inner) | Type::Nullable(inner) => filled(inner),
            Type::List(inner) => vec![filled(inner)].into(),
            Type::Page(model) | Type::Model(model) => record(model),
            Type::Nothing => Value::Null,
        }
    }

    fn record(model: &ModelSchema) -> Value {
        match &model.shape {
            Shape::Enum(_) => CANARY.into(),
            Shape::Record(fields) => {
                fields.iter().map(|field| (field.name.to_owned(), filled(&field.ty))).collect::<Map<_, _>>().into()
            }
        }
    }

    #[test]
    fn every_field_of_every_record_is_hidden_unless_it_says_why_not() {
        let mut safe = 0;
        for model in models(SERVICES).into_iter().chain(inputs(SERVICES)) {
            let Shape::Record(fields) = &model.shape else { continue };
            for field in *fields {
                safe += usize::from(field.safe.is_some());
                let mut only = record(model);
                for other in fields.iter().filter(|other| other.name != field.name) {
                    only[other.name] = Value::Null;
                }
                let text = shown(model, &only).to_string();
                let shows = ["canary", "424242", "true"].iter().any(|value| text.contains(value));
                let nested = matches!(
                    field.ty,
                    Type::Model(_) | Type::List(Type::Model(_)) | Type::Optional(Type::Model(_) | Type::List(_))
                );
                assert!(shows == field.safe.is_some() || nested, "{}.{}: {text}", model.name, field.name);
            }
        }
        assert!(safe > 20, "no field was found safe: {safe}");
    }

    #[test]
    fn what_is_clinical_is_never_safe() {
        for model in models(SERVICES).into_iter().chain(inputs(SERVICES)) {
            let Shape::Record(fields) = &model.shape else { continue };
            for field in fields.iter().filter(|field| field.safe.is_some()) {
                let name = field.name;
                let tells = ["value", "patient", "user_id", "_at", "dose", "score", "code", "mood", "weight", "email"];
                assert!(!tells.iter().any(|part| name.contains(part)), "{}.{name} is marked safe", model.name);
                assert!(
                    !matches!(field.ty, Type::Json | Type::Object | Type::Decimal),
                    "{}.{name} is marked safe",
                    model.name
                );
            }
        }
    }
}
