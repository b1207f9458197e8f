//! Arguments as they come from another language: every wrong one is named, whatever its spelling.

use serde_json::{Map, Value};

use crate::config::invalid;
use crate::error::{Code, Error};

/// The arguments of one call, by their snake_case names. Null counts as absent, except where [`given`](Self::given) is asked.
pub(super) struct Arguments<'a>(Vec<(&'static str, &'a Value)>);

impl<'a> Arguments<'a> {
    /// Takes an object whose keys are `known` names in snake_case or camelCase.
    pub(super) fn new(object: &'a Map<String, Value>, known: &[&'static str]) -> Result<Self, Error> {
        let mut found = Vec::with_capacity(object.len());
        let mut seen = Vec::with_capacity(object.len());
        for (key, value) in object {
            let name = known.iter().find(|name| **name == key || camel_case(name) == *key);
            if let Some(name) = name {
                // One spelling could smuggle in another user's id beside the other.
                if seen.contains(name) {
                    return Err(invalid(*name, "is given twice, in two spellings"));
                }
                seen.push(*name);
            }
            let Some(name) = name else {
                let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                return Err(invalid(plain(key), &format!("is not known here; known are {known}")));
            };
            found.push((*name, value));
        }
        Ok(Self(found))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.given(name).filter(|value| !value.is_null())
    }

    /// The same, and null where that was given.
    pub(super) fn given(&self, name: &str) -> Option<&'a Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(invalid(name, "must be a text")),
        }
    }

    pub(super) fn required_text(&self, name: &'static str) -> Result<String, Error> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(Error::new(Code::MissingOption, format!("`{name}` is missing.")).with_detail(name)),
        }
    }

    pub(super) fn boolean(&self, name: &'static str) -> Result<Option<bool>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(invalid(name, "must be true or false")),
        }
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Option<f64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| invalid(name, "must be a number")),
        }
    }

    /// A list of texts, or one text with spaces.
    pub(super) fn words(&self, name: &'static str) -> Result<Option<Vec<String>>, Error> {
        let wrong = || invalid(name, "must be a list of texts");
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.split_whitespace().map(str::to_owned).collect())),
            Some(Value::Array(list)) => {
                let words: Option<Vec<String>> = list.iter().map(|word| word.as_str().map(str::to_owned)).collect();
                words.map(Some).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }
}

/// An argument's name is printed, so only what looks like a name is repeated.
fn plain(key: &str) -> String {
    let name = key.len() <= 40 && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if name { key.to_owned() } else { "argument".to_owned() }
}

/// An argument's name, or the path to a part of it such as `patient.first_name`: what stands inside of a record has the same
/// name in every language.
pub(super) fn camel_path(path: &str) -> String {
    let (name, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    camel_case(name) + rest
}

pub(super) fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        if character == '_' {
            upper = true;
        } else if upper {
            out.push(character.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_two_spellings_is_refused_in_any_order_and_with_null() {
        for text in [
            r#"{"userId":"me","user_id":"other"}"#,
            r#"{"user_id":"other","userId":"me"}"#,
            r#"{"user_id":null,"userId":"me"}"#,
        ] {
            let object: Map<String, Value> = serde_json::from_str(text).unwrap();
            assert_eq!(Arguments::new(&object, &["user_id"]).err().unwrap().detail(), Some("user_id"), "{text}");
        }
    }
}
