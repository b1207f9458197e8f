//! The answer to a call that the platform took, before it is decoded, with what an error about it has to say.

use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Code, Error};
use crate::http::Answer;
use crate::model::{self, Answered};
use crate::schema::{Operation, Type};

/// What is known of an answer beside its body.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    /// Of a write.
    pub(super) idempotency_key: Option<String>,
    /// It changed something: the answer says that it was done.
    pub(super) is_write: bool,
    pub(super) user_id: Option<String>,
}

impl Head {
    /// An error about the answer, which came all the same.
    pub(super) fn tell(&self, error: &Error) -> Error {
        let done = if self.is_write { "The write was done. " } else { "" };
        let mut told = Error::new(error.code(), format!("{done}{}", error.message()))
            .with_status(self.status)
            .with_request_id(self.request_id.clone());
        if let Some(key) = &self.idempotency_key {
            told = told.with_detail(key);
        }
        match &self.user_id {
            Some(user_id) => told.with_user(user_id),
            None => told,
        }
    }
}

/// The undecoded answer to an operation.
pub struct Received {
    operation: &'static Operation,
    head: Head,
    /// What the result is made of.
    body: Vec<u8>,
    /// What led here, where it is a later page of a list.
    cursor: Option<String>,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Received of {}; values hidden>", self.operation.name)
    }
}

impl Received {
    pub(super) fn new(
        operation: &'static Operation,
        head: Head,
        body: Vec<u8>,
        cursor: Option<String>,
    ) -> Result<Self, Error> {
        let inner = unwrapped(operation, &body).map_err(|error| head.tell(&error))?;
        let body = inner.unwrap_or(body);
        Ok(Self { operation, head, body, cursor })
    }

    /// Whose answer it is.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The JSON that the result is made of.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What led here, where it is a later page of a list.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// An error about its body, with all that is known of the answer.
    #[must_use]
    pub fn tell(&self, error: &Error) -> Error {
        self.head.tell(error)
    }

    pub(crate) fn decode<T: Answered>(&self) -> Result<T, Error> {
        let mut result: T = model::decode(&self.body).map_err(|error| self.tell(&error))?;
        result.came_from(self.cursor());
        Ok(result)
    }

    /// Decoded as Rust does, in the one JSON form that bindings hand out.
    pub(crate) fn json<T: Answered + Serialize>(&self) -> Result<String, Error> {
        let result: T = self.decode()?;
        serde_json::to_string(&result)
            .map_err(|error| Error::new(Code::Internal, "The answer could not be written as JSON.").with_source(error))
    }
}

/// The bytes that the result is made of; none where those are the whole answer.
pub(super) fn unwrapped(operation: &Operation, body: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    if matches!(operation.result, Type::Nothing) {
        return Ok(Some(b"null".to_vec()));
    }
    let Some(member) = operation.within else { return Ok(None) };
    let members: std::collections::HashMap<String, &RawValue> = model::decode_borrowed(body)?;
    let inner = members.get(member).map_or("null", |value| value.get());
    Ok(Some(inner.as_bytes().to_vec()))
}

/// What is known of this answer beside its body, which is left.
pub(super) fn split(
    answer: Answer,
    idempotency_key: Option<String>,
    is_write: bool,
    user_id: Option<&str>,
) -> (Head, Vec<u8>) {
    let Answer { status, request_id, body, .. } = answer;
    (Head { status, request_id, idempotency_key, is_write, user_id: user_id.map(str::to_owned) }, body)
}
