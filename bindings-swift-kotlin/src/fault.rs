//! The error as it crosses: one payload, which each language turns into its own error. None of it is a secret or a
//! clinical value; the user is not printed.

use std::fmt;

use loop_sdk::Error;
use loop_sdk::bridge::{Case, FlatError};

/// Why a call failed.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum Fault {
    /// The one case. `FaultInfo` says what is wrong.
    #[error("{info}")]
    Failed {
        /// What is wrong.
        info: FaultInfo,
    },
}

/// What is wrong, and what to do.
#[derive(Clone, uniffi::Record)]
#[uniffi::export(Debug, Display)]
pub struct FaultInfo {
    /// The stable code, for instance `grant_ended`.
    pub code: String,
    /// What to do, for instance `sign_in_again`.
    pub action: String,
    /// One sentence.
    pub sentence: String,
    /// Milliseconds to wait before the next try.
    pub retry_after_ms: Option<u64>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The platform's id of the request.
    pub request_id: Option<String>,
    /// The platform's error code, or the name of what is wrong.
    pub detail: Option<String>,
    /// The sentences of the errors underneath.
    pub reason: Option<String>,
    /// Whose call it was. Never printed.
    pub user_id: Option<String>,
    /// The scopes to ask for, where that is the way out.
    pub missing_scopes: Vec<String>,
}

impl fmt::Display for FaultInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.sentence, self.code)
    }
}

impl fmt::Debug for FaultInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let flat = FlatError::new(&error, Case::Camel);
        Self::Failed {
            info: FaultInfo {
                code: flat.code.to_owned(),
                action: flat.action.to_owned(),
                sentence: flat.message,
                retry_after_ms: flat.retry_after_ms,
                status: flat.status,
                request_id: flat.request_id,
                detail: flat.detail,
                reason: flat.cause,
                user_id: flat.user_id,
                missing_scopes: flat.missing_scopes,
            },
        }
    }
}
