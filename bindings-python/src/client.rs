//! The client as Python holds it: a method's name and JSON in, a record or JSON out.

use std::time::Duration;

use loop_sdk::bridge::{self, CancelHandle, Reply, caught};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;

use crate::errors::Failure;
use crate::views::Decoded;

/// How often a waiting call looks for Ctrl-C. A call that is faster never does.
const SIGNAL_PAUSE: Duration = Duration::from_millis(50);

#[pyclass(frozen, module = "loop_sdk._native")]
pub(crate) struct Client(bridge::Client);

enum Outcome {
    Json(String),
    Record(Decoded),
}

#[pymethods]
impl Client {
    #[new]
    fn new(py: Python<'_>, options_json: &str, language: &str) -> PyResult<Self> {
        let built: Result<_, Failure> =
            caught(|| Ok(bridge::Client::new(options_json, bridge::Hooks::default(), language)?));
        built.map(Self).map_err(|failure| failure.into_exception(py))
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
        let outcome = py.detach(|| caught(|| self.wait_for(method, arguments_json, timeout)));
        match outcome {
            Ok(Outcome::Json(text)) => text.into_bound_py_any(py),
            Ok(Outcome::Record(decoded)) => decoded.into_python(py),
            Err(failure) => Err(failure.into_exception(py)),
        }
    }
}

impl Client {
    fn wait_for(&self, method: &str, arguments: &str, timeout: Option<f64>) -> Result<Outcome, Failure> {
        let limit = timeout.map(bridge::time_limit).transpose()?;
        let runtime = bridge::runtime()?;
        let cancel = CancelHandle::new();
        let reply = runtime.block_on(async {
            let mut call = std::pin::pin!(cancel.run(limit, self.0.call(method, arguments)));
            loop {
                tokio::select! {
                    biased;
                    reply = &mut call => return reply.map_err(Failure::from),
                    // Leaving drops the call: what it shares with others, such as a refresh, goes on.
                    () = tokio::time::sleep(SIGNAL_PAUSE) => look_for_signals()?,
                }
            }
        })?;
        match reply {
            Reply::Operation(operation, body) => Ok(Outcome::Record(Decoded::of(operation, &body)?)),
            other => Ok(Outcome::Json(other.into_json()?)),
        }
    }
}

fn look_for_signals() -> Result<(), Failure> {
    // An interpreter that is shutting down can't be asked any more; its process ends without this call's answer.
    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method itself is not general over 'py")]
    let looked = Python::try_attach(|py| py.check_signals());
    looked.unwrap_or(Ok(())).map_err(Failure::Python)
}

/// For the test that a panic becomes an error without its text.
#[cfg(debug_assertions)]
#[pyfunction]
#[allow(clippy::panic, reason = "it is what this function is for")]
pub(crate) fn _panic(py: Python<'_>, text: &str) -> PyResult<()> {
    let outcome: Result<(), Failure> = caught(|| panic!("{text}"));
    outcome.map_err(|failure| failure.into_exception(py))
}
