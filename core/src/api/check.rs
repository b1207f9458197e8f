//! Whether an argument is what its operation declares: a wrong one is named, down to the field of a record in a list.

use serde_json::Value;

use crate::config::invalid;
use crate::error::{Code, Error};
use crate::schema::{FieldSchema, Shape, Type};

/// Checks a value that was given.
pub(crate) fn check(ty: &Type, value: &Value, name: &str) -> Result<(), Error> {
    let must = |what: &str| Err(invalid(name, &format!("must be {what}")));
    match (ty, value) {
        (Type::Text | Type::Decimal, Value::String(_))
        | (Type::Number, Value::Number(_))
        | (Type::Boolean, Value::Bool(_))
        | (Type::Json, _)
        | (Type::Object, Value::Object(_))
        | (Type::Optional(_) | Type::Nullable(_), Value::Null) => Ok(()),
        (Type::Text, _) => must("a text"),
        // Every language writes a number that JSON lacks as null, or refuses to write it.
        (Type::Number, Value::Null) => must("a number, and not null, which NaN and infinity become"),
        (Type::Number, _) => must("a number"),
        (Type::Boolean, _) => must("true or false"),
        (Type::Integer, Value::Number(number)) if number.as_i64().is_some() => Ok(()),
        (Type::Integer, _) => must("a whole number"),
        (Type::Decimal, _) => must("a decimal number as a text"),
        (Type::Object, _) => must("a JSON object"),
        (Type::Optional(inner) | Type::Nullable(inner), _) => check(inner, value, name),
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
                    match given.get(field.name) {
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

pub(crate) fn missing(name: &str) -> Error {
    Error::new(Code::MissingOption, format!("`{name}` is missing.")).with_detail(name)
}

/// The key is printed, so only what looks like a name is repeated.
fn unknown_field(name: &str, key: &str, fields: &[FieldSchema]) -> Error {
    let plain = key.len() <= 40 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // Not between backticks, as arguments are: records have these names in every language.
    let known = fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
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
        let null = check(&biomarkers.ty, &with("value", Value::Null), "biomarkers").unwrap_err();
        assert!(null.message().contains("`biomarkers[1].value` must be a number, and not null"), "{null}");
        let unknown = check(&biomarkers.ty, &with("referenceLow", json!(1)), "biomarkers").unwrap_err();
        assert!(unknown.message().contains("known are code, name"), "{unknown}");
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
    fn what_has_to_be_an_object_is_one() {
        for (operation, name) in [
            ("clinical.parse_vendor_results", "raw_payload"),
            ("clinical.upload_bloodwork", "structured_data"),
            ("events.publish", "payload"),
        ] {
            let operation = crate::api::operation(operation).unwrap();
            let parameter = operation.parameters.iter().find(|parameter| parameter.name == name).unwrap();
            assert!(check(&parameter.ty, &json!({"any": [1]}), name).is_ok());
            for wrong in [json!("x"), json!([{}]), json!(1), json!(true)] {
                assert_eq!(check(&parameter.ty, &wrong, name).unwrap_err().detail(), Some(name), "{wrong}");
            }
        }
    }

    #[test]
    fn null_takes_away_only_what_may_be_taken_away() {
        let update = operation("identity.update_oauth_client").unwrap();
        for parameter in update.parameters {
            let may = matches!(parameter.ty, Type::Optional(_));
            assert_eq!(check(&parameter.ty, &Value::Null, parameter.name).is_ok(), may, "{}", parameter.name);
            let is_nullable = ["client_uri", "logo_uri"].contains(&parameter.name);
            assert_eq!(parameter.is_nullable(), is_nullable, "{}", parameter.name);
        }
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written_in_its_language() {
        assert!(check(&Type::Integer, &json!(30), "x").is_ok());
        assert!(check(&Type::Integer, &json!(1.5), "x").is_err());
        assert!(check(&Type::Boolean, &json!(1), "x").is_err());
    }
}
