//! How a sandbox starts, and why it may not.

use std::path::PathBuf;

use crate::db::Database;
use crate::rotation::Rotation;

/// How a sandbox starts.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// On 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// Where apps, grants and tokens are kept.
    pub database: Database,
    /// Grant `openid` only to apps that registered it. Else every app may ask for it.
    pub strict_openid: bool,
    /// Accept `openid` without a `nonce`.
    pub lenient_nonce: bool,
    /// Show the scopes of a consent page without checkboxes: all of them or none.
    pub all_or_nothing: bool,
    /// How refresh tokens follow one another.
    pub rotation: Rotation,
    /// Requests a minute that the token endpoint lets through for each app; no limit if not given.
    pub token_rate_limit: Option<u32>,
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Something else listens there.
    #[error("Port {port} is already in use; choose another with --port, or --port 0 for any that is free.")]
    PortTaken {
        /// The one asked for.
        port: u16,
    },
    /// The port can't be listened on for another reason.
    #[error("The sandbox can't listen on port {port} ({source}); choose another with --port.")]
    PortRefused {
        /// The one asked for.
        port: u16,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file can't be opened or written.
    #[error("The database {} can't be written ({reason}); choose another file with --database.", path.display())]
    DatabaseUnwritable {
        /// The file asked for.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// Nothing that the caller did.
    #[error("The sandbox could not start: {reason}.")]
    Internal {
        /// What happened.
        reason: String,
    },
}

pub(super) fn not_opened(database: &Database, failure: &rusqlite::Error) -> StartError {
    match database {
        Database::Memory => StartError::Internal { reason: failure.to_string() },
        Database::File(path) => {
            let reason = failure.sqlite_error().map_or_else(|| failure.to_string(), ToString::to_string);
            // "Error code 14: unable to open database file": the number helps nobody.
            let reason = reason.split_once(": ").map_or(reason.as_str(), |(_, words)| words).to_owned();
            StartError::DatabaseUnwritable { path: path.clone(), reason }
        }
    }
}
