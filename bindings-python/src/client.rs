//! The client as Python holds it: a method's name and JSON in, a record or JSON out.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use loop_sdk::Error;
use loop_sdk::bridge::{self, CancelHandle, Hooks, Reply, caught};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;

use crate::audit;
use crate::completion::Completions;
use crate::errors::Failure;
use crate::events;
use crate::gate;
use crate::secrets;
use crate::store::PythonStore;
use crate::views::Decoded;
use crate::wait::wait;

#[pyclass(frozen, module = "loop_sdk._native")]
pub(crate) struct Client(Arc<bridge::Client>);

/// What a call came back with, before the GIL is held again.
pub(crate) enum Outcome {
    Json(String),
    Record(Decoded),
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (options_json, language, store, on_event, client_secret, audit_log=None, machine=false))]
    #[allow(clippy::too_many_arguments, reason = "Python's side names them all")]
    fn new(
        py: Python<'_>,
        options_json: &str,
        language: &str,
        store: Option<&Bound<'_, PyAny>>,
        on_event: Option<Py<PyAny>>,
        client_secret: Option<Py<PyAny>>,
        audit_log: Option<Py<PyAny>>,
        machine: bool,
    ) -> PyResult<Self> {
        let mut hooks = Hooks::default();
        if let Some(store) = store {
            hooks.store = Some(Arc::new(PythonStore::new(store)?));
        }
        hooks.on_event = on_event.map(events::sink);
        hooks.client_secret = client_secret.map(secrets::source);
        hooks.audit_log = audit_log.map(audit::sink);
        hooks.machine = machine;
        let built: Result<_, Failure> = caught(|| Ok(bridge::Client::new(options_json, hooks, language)?));
        built.map(|client| Self(Arc::new(client))).map_err(|failure| failure.into_exception(py))
    }

    /// Where Loop sends the person back, wherever it was configured.
    #[getter]
    fn redirect_uri(&self) -> Option<String> {
        self.0.redirect_uri()
    }

    /// Whose people they are: the issuer and the client, as one text.
    #[getter]
    fn namespace(&self) -> Option<String> {
        self.0.namespace()
    }

    /// Calls a method of the client or an operation on the calling thread, without the GIL.
    #[pyo3(signature = (method, arguments_json, timeout))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        arguments_json: &str,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        gate::open_for_caller();
        let outcome = py.detach(|| caught(|| self.wait_for(method, arguments_json, timeout)));
        match outcome {
            Ok(outcome) => outcome.into_python(py),
            Err(failure) => Err(failure.into_exception(py)),
        }
    }

    /// Begins a call, whose end goes to an asyncio future by way of `completions`.
    #[pyo3(signature = (method, arguments_json, timeout, completions, future))]
    fn start(
        &self,
        py: Python<'_>,
        method: String,
        arguments_json: String,
        timeout: Option<f64>,
        completions: &Completions,
        future: Py<PyAny>,
    ) -> PyResult<Call> {
        gate::open_for_caller();
        let begun = || {
            let limit = timeout.map(bridge::time_limit).transpose()?;
            Ok::<_, Failure>((limit, bridge::runtime()?))
        };
        let (limit, runtime) = begun().map_err(|failure| failure.into_exception(py))?;
        let (client, calls) = (Arc::clone(&self.0), Arc::clone(&completions.0));
        let cancel = Arc::new(CancelHandle::new());
        let call = Call(Arc::clone(&cancel));
        let number = calls.expect(future);
        runtime.spawn(async move {
            let reply = async { outcome(client.call(&method, &arguments_json, limit, &cancel).await?) };
            // A panic's text may quote what it was handling: it goes no further.
            let ended = AssertUnwindSafe(reply).catch_unwind().await.unwrap_or_else(|_panic| Err(bridge::defect()));
            calls.finish(number, ended.map_err(Failure::from));
        });
        Ok(call)
    }
}

impl Client {
    fn wait_for(&self, method: &str, arguments: &str, timeout: Option<f64>) -> Result<Outcome, Failure> {
        let limit = timeout.map(bridge::time_limit).transpose()?;
        let cancel = CancelHandle::new();
        Ok(outcome(wait(self.0.call(method, arguments, limit, &cancel))??)?)
    }
}

fn outcome(reply: Reply) -> Result<Outcome, Error> {
    match reply {
        Reply::Operation(received) => Ok(Outcome::Record(Decoded::of(&received)?)),
        other => Ok(Outcome::Json(other.into_json()?)),
    }
}

impl Outcome {
    fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Json(text) => text.into_bound_py_any(py),
            Self::Record(decoded) => decoded.into_python(py),
        }
    }

    /// For a future, which prints its result: JSON goes into a [`Hidden`].
    pub(crate) fn into_hidden(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Json(text) => Hidden(text).into_bound_py_any(py),
            record @ Self::Record(_) => record.into_python(py),
        }
    }
}

/// A call under way.
#[pyclass(frozen, module = "loop_sdk._native")]
pub(crate) struct Call(Arc<CancelHandle>);

#[pymethods]
impl Call {
    /// Ends it for this caller; what it shares with others, such as a refresh, goes on.
    fn cancel(&self) {
        self.0.cancel();
    }
}

/// A text that does not print.
#[pyclass(frozen, module = "loop_sdk._native")]
struct Hidden(String);

#[pymethods]
impl Hidden {
    #[getter]
    fn text(&self) -> &str {
        &self.0
    }

    #[allow(clippy::unused_self, reason = "Python calls it on an instance")]
    fn __repr__(&self) -> &'static str {
        "<Hidden>"
    }
}

/// For the test that a panic becomes an error without its text.
#[cfg(debug_assertions)]
#[pyfunction]
#[allow(clippy::panic, reason = "it is what this function is for")]
pub(crate) fn _panic(py: Python<'_>, text: &str) -> PyResult<()> {
    let outcome: Result<(), Failure> = caught(|| panic!("{text}"));
    outcome.map_err(|failure| failure.into_exception(py))
}
