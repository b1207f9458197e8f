//! JSON of which the platform says no more than that: a value, an object, and null where that says something.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::schema::{Type, Typed};

/// Any JSON value. It prints as hidden, since it may hold anything about a person.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(pub serde_json::Value);

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Json: values hidden>")
    }
}

/// A JSON object to send. It prints as hidden, as [`Json`] does.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonObject(pub serde_json::Map<String, serde_json::Value>);

impl From<serde_json::Map<String, serde_json::Value>> for JsonObject {
    fn from(members: serde_json::Map<String, serde_json::Value>) -> Self {
        Self(members)
    }
}

impl fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<JsonObject: values hidden>")
    }
}

impl Typed for JsonObject {
    const TYPE: Type = Type::Object;
}

/// A new value, or null, which takes the old one away. What is not given at all stays as it is.
///
/// `.client_uri("https://…")` sets it, and `.client_uri(Nullable::Null)` takes it away.
#[derive(Clone, PartialEq, Eq)]
pub enum Nullable<T> {
    /// The new value.
    Value(T),
    /// None from now on.
    Null,
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl From<&str> for Nullable<String> {
    fn from(text: &str) -> Self {
        Self::Value(text.to_owned())
    }
}

impl<T> fmt::Debug for Nullable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Nullable: value hidden>")
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Null => serializer.serialize_unit(),
        }
    }
}

impl<T: Typed> Typed for Nullable<T> {
    const TYPE: Type = Type::Nullable(&T::TYPE);
}

impl Typed for Json {
    const TYPE: Type = Type::Json;
}
