//! The audit log: who looked at or changed whose data, and why. Entries say what was done, never what was read.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::audit_file::AuditFile;
use crate::error::{Code, Error};
use crate::sys::Clock;

/// One call of one of Loop's APIs. It names a person and may be kept for years: it is a record of its own, not a line in a
/// debug log, and prints without the names. Serializing it gives the whole.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// When the call ended, or began where [`outcome`](Self::outcome) is `begun`: milliseconds since 1970.
    pub at: u64,
    /// Who called, as the application said.
    pub actor: Option<String>,
    /// Why, as the application said.
    pub purpose: Option<String>,
    /// Whose data: the person whose grant was used, or whom a machine's call names; none where it names nobody.
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

impl fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<AuditEntry {} {}: values hidden, use serde>", self.operation, self.outcome)
    }
}

type Callback = dyn Fn(AuditEntry) -> BoxFuture<'static, Result<(), Error>> + Send + Sync;

#[derive(Clone)]
enum Sink {
    File(Arc<AuditFile>),
    Callback(Arc<Callback>),
    Tracing,
}

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
    /// Into a file, one JSON object a line. It is made for its owner alone (0600), and only ever appended to. A link, or
    /// what is no file, takes no entry.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::to(Sink::File(Arc::new(AuditFile::new(path.into()))))
    }

    /// To a function of yours. It is called on the runtime of the call, and runs to its end also where the call does not.
    pub fn callback<F>(record: impl Fn(AuditEntry) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self::to(Sink::Callback(Arc::new(move |entry| Box::pin(record(entry)))))
    }

    /// To `tracing`, at the level INFO, with the target `loop_sdk::audit`. Where nobody listens to that, the entry counts
    /// as lost.
    pub fn tracing() -> Self {
        Self::to(Sink::Tracing)
    }

    fn to(sink: Sink) -> Self {
        Self { sink, required: false }
    }

    /// A call whose entry can't be written fails with `audit_failed`, before anything is sent: an entry `begun` comes first.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// The entry of one call: written once, when the call ends, however it ends. A call that its caller drops has ended too.
pub(crate) struct Recording {
    log: AuditLog,
    clock: Clock,
    /// What is known before the call; none once the entry was written.
    entry: Option<AuditEntry>,
    /// The entry `begun`, while it is being written.
    begun: Option<Written>,
    runtime: Handle,
}

type Written = BoxFuture<'static, Result<(), Error>>;

/// What a call has come to.
pub(crate) struct Ended<'a> {
    pub(crate) request_id: Option<&'a str>,
    /// How many records came back.
    pub(crate) records: Option<u64>,
    pub(crate) failure: Option<Code>,
}

impl Recording {
    /// Asks nothing of the log yet.
    pub(crate) fn new(log: AuditLog, clock: Clock, entry: AuditEntry) -> Self {
        Self { log, clock, entry: Some(entry), begun: None, runtime: Handle::current() }
    }

    /// Where the log is required, an entry comes before anything is sent.
    pub(crate) async fn begin(&mut self) -> Result<(), Error> {
        let Some(mut entry) = self.entry.clone().filter(|_| self.log.required) else { return Ok(()) };
        entry.at = self.clock.now();
        "begun".clone_into(&mut entry.outcome);
        let written = self.begun.insert(self.log.write(&self.runtime, entry)).await;
        self.begun = None;
        written.map_err(|error| {
            // The call ends here, and nothing was sent that an entry could tell of.
            self.entry = None;
            failed(&error)
        })
    }

    pub(crate) async fn end(mut self, ended: Ended<'_>) -> Result<(), Error> {
        let Some(entry) = self.take(&ended) else { return Ok(()) };
        match self.log.write(&self.runtime, entry).await {
            Err(error) if self.log.required => Err(Error::new(
                Code::AuditFailed,
                "The call was made, and the audit log took no entry of how it ended. Repeat a write only with the same \
                 `idempotency_key`, which is this error's detail where there is one.",
            )
            .with_source(error)),
            written => {
                lost(written);
                Ok(())
            }
        }
    }

    fn take(&mut self, ended: &Ended<'_>) -> Option<AuditEntry> {
        let mut entry = self.entry.take()?;
        entry.at = self.clock.now();
        entry.request_id = ended.request_id.map(str::to_owned);
        entry.records = ended.records;
        ended.failure.map_or("ok", Code::as_str).clone_into(&mut entry.outcome);
        Some(entry)
    }
}

impl Drop for Recording {
    /// The call was cut short: by a time limit or a cancellation around it, wherever it was.
    fn drop(&mut self) {
        let failure = Some(cut::code());
        let Some(entry) = self.take(&Ended { request_id: None, records: None, failure }) else { return };
        let (log, runtime) = (self.log.clone(), self.runtime.clone());
        let late = match self.begun.take() {
            // The two entries of a call stay in their order.
            Some(begun) => self.runtime.spawn(async move {
                lost(begun.await);
                lost(log.write(&runtime, entry).await);
            }),
            None => self.runtime.spawn(self.log.write(&self.runtime, entry).map(lost)),
        };
        cut::leave(late);
    }
}

impl AuditLog {
    /// Begins to write at once. Dropping what this returns does not stop it.
    fn write(&self, runtime: &Handle, entry: AuditEntry) -> Written {
        let task = match &self.sink {
            Sink::File(file) => {
                let line = file.line(entry);
                runtime.spawn_blocking(|| line.write())
            }
            Sink::Callback(record) => {
                let record = Arc::clone(record);
                runtime.spawn(async move { record(entry).await }.in_current_span())
            }
            // Here, so that it stands in the caller's span.
            Sink::Tracing => return std::future::ready(trace(&entry)).boxed(),
        };
        task.map(|ended| ended.map_err(Error::ended_early)?).boxed()
    }
}

fn trace(entry: &AuditEntry) -> Result<(), Error> {
    if !tracing::enabled!(target: "loop_sdk::audit", tracing::Level::INFO) {
        return Err(Error::new(Code::AuditFailed, "Nobody listens to `loop_sdk::audit` at the level INFO."));
    }
    let text = serde_json::to_string(entry).unwrap_or_default();
    tracing::info!(target: "loop_sdk::audit", "{text}");
    Ok(())
}

fn lost(written: Result<(), Error>) {
    if let Err(error) = written {
        tracing::warn!(%error, "an audit entry was lost");
    }
}

fn failed(error: &Error) -> Error {
    Error::new(Code::AuditFailed, "The audit log took no entry, and the client is set to fail then.")
        .with_source(error.clone())
}

/// What the bridge says of a call that it cuts short. A Rust application drops the call's future, and says nothing.
#[cfg(feature = "bridge")]
pub(crate) mod cut {
    use std::cell::Cell;

    use tokio::task::JoinHandle;

    use crate::error::Code;

    #[derive(Default)]
    struct Cut {
        code: Cell<Option<Code>>,
        late: Cell<Option<JoinHandle<()>>>,
    }

    tokio::task_local! {
        static CUT: Cut;
    }

    /// Runs a call that may be cut short inside. Its entry is written before this ends, unless the log takes too long.
    pub(crate) async fn scope<T>(call: impl Future<Output = T>) -> T {
        CUT.scope(Cut::default(), async {
            let result = call.await;
            if let Some(late) = CUT.with(|cut| cut.late.take()) {
                let _ = tokio::time::timeout(super::LATEST, late).await;
            }
            result
        })
        .await
    }

    /// The error that the caller gets in place of the call's own.
    pub(crate) fn set_code(code: Code) {
        let _ = CUT.try_with(|cut| cut.code.set(Some(code)));
    }

    pub(super) fn code() -> Code {
        CUT.try_with(|cut| cut.code.get()).ok().flatten().unwrap_or(Code::Cancelled)
    }

    pub(super) fn leave(late: JoinHandle<()>) {
        let _ = CUT.try_with(|cut| cut.late.set(Some(late)));
    }
}

/// How long a caller who left a call waits for its entry: a process that ends then would lose it.
#[cfg(feature = "bridge")]
const LATEST: std::time::Duration = std::time::Duration::from_millis(500);

#[cfg(not(feature = "bridge"))]
mod cut {
    pub(super) fn code() -> crate::error::Code {
        crate::error::Code::Cancelled
    }

    pub(super) fn leave(_late: tokio::task::JoinHandle<()>) {}
}
