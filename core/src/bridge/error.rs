//! The error as plain data, with names spelled as the language spells them.

use serde::Serialize;

use super::arguments::camel_path;
use crate::error::{Code, Error};

/// How a language writes the names of options and methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `redirect_uri`
    Snake,
    /// `redirectUri`
    Camel,
}

/// An [`Error`] for another language. It holds no secret and no clinical value.
#[derive(Clone, Debug, Serialize)]
pub struct FlatError {
    /// The stable code, for instance `grant_ended`.
    pub code: &'static str,
    /// What to do, for instance `sign_in_again`.
    pub action: &'static str,
    /// One sentence.
    pub message: String,
    /// Milliseconds to wait before the next try.
    pub retry_after_ms: Option<u64>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The platform's id of the request.
    pub request_id: Option<String>,
    /// The platform's error code, or the name of what is wrong.
    pub detail: Option<String>,
    /// The sentences of the errors underneath.
    pub cause: Option<String>,
    /// Whose call it was. A binding never prints it.
    pub user_id: Option<String>,
    /// The scopes to ask for, where that is the way out.
    pub missing_scopes: Vec<String>,
}

impl FlatError {
    /// Flattens an error for a language.
    pub fn new(error: &Error, case: Case) -> Self {
        let mut causes = Vec::new();
        let mut source = std::error::Error::source(error);
        while let Some(error) = source {
            causes.push(error.to_string());
            source = error.source();
        }
        let names_an_option = matches!(error.code(), Code::InvalidOption | Code::MissingOption);
        let detail = error.detail().map(|detail| match case {
            Case::Camel if names_an_option => camel_path(detail),
            _ => detail.to_owned(),
        });
        Self {
            code: error.code().as_str(),
            action: error.action().as_str(),
            message: spell(error.message(), case),
            retry_after_ms: error.retry_after().map(crate::sys::millis),
            status: error.status(),
            request_id: error.request_id().map(str::to_owned),
            detail,
            user_id: error.user_id().map(str::to_owned),
            missing_scopes: error.missing_scopes().into_iter().map(str::to_owned).collect(),
            cause: (!causes.is_empty()).then(|| causes.join(": ")),
        }
    }
}

/// Names stand between backticks in every message.
fn spell(message: &str, case: Case) -> String {
    if case == Case::Snake {
        return message.to_owned();
    }
    let parts = message.split('`').enumerate();
    let spelled: Vec<String> =
        parts.map(|(index, part)| if index % 2 == 1 { camel_path(part) } else { part.to_owned() }).collect();
    spelled.join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_the_language_does() {
        let error = crate::config::invalid("redirect_uri", "must not be empty");
        let camel = FlatError::new(&error, Case::Camel);
        assert_eq!(camel.message, "`redirectUri` must not be empty.");
        assert_eq!(camel.detail.as_deref(), Some("redirectUri"));
        let inside = crate::config::invalid("lab_patient.firstName", "is not known here; known are first_name");
        let camel = FlatError::new(&inside, Case::Camel);
        assert_eq!(camel.message, "`labPatient.firstName` is not known here; known are first_name.");
        let inside = crate::config::invalid("lab_patients[0].first_name", "must be a text");
        assert_eq!(FlatError::new(&inside, Case::Camel).detail.as_deref(), Some("labPatients[0].first_name"));
        assert_eq!(FlatError::new(&error, Case::Snake).message, "`redirect_uri` must not be empty.");
    }
}
