//! Whether an argument is what its operation declares: a wrong one is named, down to the field of a record in a list.

use serde_json::Value;

use crate::config::invalid;
use crate::error::{Code, Error};
use crate::schema::{FieldSchema, Shape, Type};

/// Checks a value that is not null.
pub(super) fn check(ty: &Type, value: &Value, name: &str) -> Result<(), Error> {
    let must = |what: &str| Err(invalid(name, &format!("must be {what}")));
    match (ty, value) {
        (Type::Text | Type::Decimal, Value::String(_))
        | (Type::Number, Value::Number(_))
        | (Type::Boolean, Value::Bool(_))
        | (Type::Json, _)
        | (Type::Optional(_), Value::Null) => Ok(()),
        (Type::Text, _) => must("a text"),
        (Type::Number, _) => must("a number"),
        (Type::Boolean, _) => must("true or false"),
        (Type::Integer, Value::Number(number)) if number.as_i64().is_some() => Ok(()),
        (Type::Integer, _) => must("a whole number"),
        (Type::Decimal, _) => must("a decimal number as a text"),
        (Type::Optional(inner), _) => check(inner, value, name),
        (Type::List(inner), Value::Array(values)) => {
            values.iter().enumerate().try_for_each(|(index, value)| check(inner, value, &format!("{name}[{index}]")))
        }
        (Type::List(_), _) => must("a list"),
        (Type::Model(model), value) => match (&model.shape, value) {
            // A value that is newer than this SDK may be sent.
            (Shape::Enum(_), Value::String(_)) => Ok(()),
            (Shape::Enum(known), _) => must(&format!("a text, for instance one of {}", known.join(", "))),
            (Shape::Record(fields), Value::Object(given)) => {
                if let Some(unknown) = given.keys().find(|key| !fields.iter().any(|field| field.name == **key)) {
                    return Err(unknown_field(name, unknown, fields));
                }
                fields.iter().try_for_each(|field| {
                    let name = format!("{name}.{}", field.name);
                    match given.get(field.name).filter(|value| !value.is_null()) {
                        Some(value) => check(&field.ty, value, &name),
                        None if matches!(field.ty, Type::Optional(_)) => Ok(()),
                        None => Err(missing(&name)),
                    }
                })
            }
            (Shape::Record(_), _) => must("an object"),
        },
        (Type::Page(_) | Type::Nothing, _) => must("left out"),
    }
}

pub(super) fn missing(name: &str) -> Error {
    Error::new(Code::MissingOption, format!("`{name}` is missing.")).with_detail(name)
}

/// The key is printed, so only what looks like a name is repeated.
fn unknown_field(name: &str, key: &str, fields: &[FieldSchema]) -> Error {
    let plain = key.len() <= 40 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let known = fields.iter().map(|field| format!("`{}`", field.name)).collect::<Vec<_>>().join(", ");
    let name = if plain { format!("{name}.{key}") } else { name.to_owned() };
    invalid(name, &format!("is not known here; known are {known}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::operation;

    #[test]
    fn a_wrong_argument_is_named_down_to_its_field() {
        let parse = operation("clinical.parse_biomarkers").unwrap();
        let biomarkers = parse.parameters.iter().find(|parameter| parameter.name == "biomarkers").unwrap();
        let good = json!({"code": "ldl_c", "name": "LDL", "value": 131, "unit": "mg/dL", "collected_at": "2026-01-01T00:00:00Z",
                          "reference_low": null});
        let with = |field: &str, value: Value| {
            let mut wrong = good.clone();
            wrong[field] = value;
            json!([good, wrong])
        };
        assert!(check(&biomarkers.ty, &with("value", json!(1.5)), "biomarkers").is_ok());
        let mut short = good.clone();
        short.as_object_mut().unwrap().remove("unit");
        for (given, detail) in [
            (with("value", json!("131")), "biomarkers[1].value"),
            (with("code", json!(7)), "biomarkers[1].code"),
            (with("referenceLow", json!(1)), "biomarkers[1].referenceLow"),
            (with("a b", json!(1)), "biomarkers[1]"),
            (json!([good, short]), "biomarkers[1].unit"),
            (json!({"code": "x"}), "biomarkers"),
            (json!([7]), "biomarkers[0]"),
        ] {
            let error = check(&biomarkers.ty, &given, "biomarkers").unwrap_err();
            assert_eq!(error.detail(), Some(detail), "{given}");
            assert!(!error.message().contains("131"));
        }
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written_in_its_language() {
        assert!(check(&Type::Integer, &json!(30), "x").is_ok());
        assert!(check(&Type::Integer, &json!(1.5), "x").is_err());
        assert!(check(&Type::Boolean, &json!(1), "x").is_err());
    }
}
