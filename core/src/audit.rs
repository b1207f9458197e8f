//! The audit log: who looked at or changed whose data, and why. Entries say what was done, never what was read.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::error::{Code, Error};
use crate::sys::Clock;

/// One call of one of Loop's APIs. It names a person and may be kept for years: it is a record of its own, not a line in a
/// debug log.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// When the call ended, or began where [`outcome`](Self::outcome) is `begun`: milliseconds since 1970.
    pub at: u64,
    /// Who called, as the application said.
    pub actor: Option<String>,
    /// Why, as the application said.
    pub purpose: Option<String>,
    /// Whose data; none where a machine called.
    pub user_id: Option<String>,
    /// The app.
    pub client_id: String,
    /// For instance `clinical.list_biomarkers`; `request` with the method and service for any other request.
    pub operation: String,
    /// The scope that the operation needs; none where the SDK does not know it.
    pub scope: Option<String>,
    /// The platform's id of the request.
    pub request_id: Option<String>,
    /// How many records came back; none where none did.
    pub records: Option<u64>,
    /// `ok`, the code of the error, or `begun`.
    pub outcome: String,
}

type Sink = Arc<dyn Fn(AuditEntry) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// Where the audit log goes.
#[derive(Clone)]
pub struct AuditLog {
    sink: Sink,
    required: bool,
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog").field("required", &self.required).finish_non_exhaustive()
    }
}

impl AuditLog {
    /// Into a file, one JSON object a line. It is made for its owner alone (0600), and only ever appended to.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let file = Arc::new(AuditFile { path: path.into(), open: Mutex::new(None) });
        Self::to(move |entry| {
            let file = Arc::clone(&file);
            Box::pin(async move {
                tokio::task::spawn_blocking(move || file.append(&entry)).await.map_err(Error::ended_early)?
            })
        })
    }

    /// To a function of yours.
    pub fn callback<F>(record: impl Fn(AuditEntry) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self::to(move |entry| Box::pin(record(entry)))
    }

    /// To `tracing`, at the level INFO, with the target `loop_sdk::audit`.
    pub fn tracing() -> Self {
        Self::to(|entry| {
            let text = serde_json::to_string(&entry).unwrap_or_default();
            tracing::info!(target: "loop_sdk::audit", "{text}");
            Box::pin(std::future::ready(Ok(())))
        })
    }

    fn to(sink: impl Fn(AuditEntry) -> BoxFuture<'static, Result<(), Error>> + Send + Sync + 'static) -> Self {
        Self { sink: Arc::new(sink), required: false }
    }

    /// A call whose entry can't be written fails with `audit_failed`, before anything is sent: an entry `begun` comes first.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// What of an entry is known before the call.
pub(crate) struct Begun<'a> {
    pub(crate) log: &'a AuditLog,
    pub(crate) clock: &'a Clock,
    pub(crate) entry: AuditEntry,
}

impl Begun<'_> {
    pub(crate) async fn begin(&self) -> Result<(), Error> {
        if !self.log.required {
            return Ok(());
        }
        let mut entry = self.entry.clone();
        entry.at = self.clock.now();
        "begun".clone_into(&mut entry.outcome);
        (self.log.sink)(entry).await.map_err(|error| failed(&error))
    }

    pub(crate) async fn end(
        mut self,
        request_id: Option<&str>,
        records: Option<u64>,
        failure: Option<Code>,
    ) -> Result<(), Error> {
        self.entry.at = self.clock.now();
        self.entry.request_id = request_id.map(str::to_owned);
        self.entry.records = records;
        failure.map_or("ok", Code::as_str).clone_into(&mut self.entry.outcome);
        match (self.log.sink)(self.entry).await {
            Err(error) if self.log.required => Err(failed(&error)),
            Err(error) => {
                tracing::warn!(%error, "an audit entry was lost");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

fn failed(error: &Error) -> Error {
    Error::new(Code::AuditFailed, "The audit log took no entry, and the client is set to fail then.")
        .with_source(error.clone())
}

struct AuditFile {
    path: PathBuf,
    open: Mutex<Option<File>>,
}

impl AuditFile {
    fn append(&self, entry: &AuditEntry) -> Result<(), Error> {
        let mut line = serde_json::to_vec(entry)
            .map_err(|error| Error::new(Code::Internal, "An audit entry has no JSON.").with_source(error))?;
        line.push(b'\n');
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *open {
            Some(file) => file,
            none => none.insert(self.open_file().map_err(unwritable)?),
        };
        // One write: lines of several processes do not mix.
        let written = file.write_all(&line);
        if written.is_err() {
            // The next entry tries with a fresh descriptor: the disk may have come back.
            *open = None;
        }
        written.map_err(unwritable)
    }

    fn open_file(&self) -> std::io::Result<File> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }
}

fn unwritable(error: std::io::Error) -> Error {
    Error::new(Code::AuditFailed, "The audit log's file can't be written.").with_source(error)
}
