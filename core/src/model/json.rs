//! A JSON value of which the platform says no more than that it is JSON.

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

impl Typed for Json {
    const TYPE: Type = Type::Json;
}
