//! Calls the application's own Python functions, sync or async, from the SDK's threads.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use tokio::sync::oneshot;

use crate::gate;

/// How long anybody waits for one of these functions. The detached refresh has no caller whose limit would end it.
const LIMIT: Duration = Duration::from_secs(30);

/// What turns a returned value into a Rust one, or says what it should have been.
pub(crate) type Read<T> = fn(&Bound<'_, PyAny>) -> Option<T>;

type Finish = Box<dyn for<'py> FnOnce(Python<'py>, PyResult<Bound<'py, PyAny>>) + Send>;

/// A function that the application gave, and how errors name it.
pub(crate) struct Function {
    name: &'static str,
    /// What it has to return.
    returns: &'static str,
    callable: Arc<Py<PyAny>>,
}

/// Why there is no value. It prints the exception's class only: its text may quote what the function was given.
pub(crate) struct Trouble {
    text: String,
    /// The exception itself, for `__cause__`.
    pub(crate) raised: Option<PyErr>,
    /// Whether a write may have happened all the same.
    pub(crate) may_have_happened: bool,
}

impl Trouble {
    fn new(text: String) -> Self {
        Self { text, raised: None, may_have_happened: false }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Trouble {}

impl Function {
    pub(crate) fn new(name: &'static str, returns: &'static str, callable: Py<PyAny>) -> Self {
        Self { name, returns, callable: Arc::new(callable) }
    }

    /// Calls it on a thread that may block. What it returns is awaited, if need be, on the SDK's own event loop: the
    /// application's may be waiting for this very call.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        arguments: impl for<'py> FnOnce(Python<'py>) -> PyResult<Bound<'py, PyTuple>> + Send + 'static,
        read: Read<T>,
    ) -> Result<T, Trouble> {
        let Self { name, returns, .. } = *self;
        let (sender, receiver) = oneshot::channel();
        let finish: Finish = Box::new(move |py, outcome| {
            let outcome = match outcome {
                Ok(value) => read(&value).ok_or_else(|| wrong_type(name, returns, &value)),
                Err(error) => Err(raised(py, name, error)),
            };
            // Whoever asked may have gone meanwhile.
            drop(sender.send(outcome));
        });
        let callable = Arc::clone(&self.callable);
        // Where the interpreter is going away, `finish` is dropped, which ends the wait.
        tokio::task::spawn_blocking(move || gate::attach(|py| begin(callable.bind(py), arguments, finish)));
        match tokio::time::timeout(LIMIT, receiver).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Trouble::new(format!("`{name}` can't be called: Python is shutting down"))),
            Err(_) => Err(Trouble {
                may_have_happened: true,
                ..Trouble::new(format!("`{name}` did not return within {} seconds", LIMIT.as_secs()))
            }),
        }
    }
}

fn begin(
    callable: &Bound<'_, PyAny>,
    arguments: impl for<'py> FnOnce(Python<'py>) -> PyResult<Bound<'py, PyTuple>>,
    finish: Finish,
) {
    let py = callable.py();
    let returned = arguments(py).and_then(|arguments| callable.call1(arguments));
    match returned {
        Ok(value) if value.hasattr("__await__").unwrap_or(false) => {
            let done = Done(Mutex::new(Some(finish)));
            // Where that fails, `done` is dropped, which ends the wait.
            let awaited = Bound::new(py, done).and_then(|done| {
                let run = run_awaitable(py)?.call1((value, &done));
                if let Err(error) = &run {
                    done.get().end(py, Err(error.clone_ref(py)));
                }
                run
            });
            drop(awaited);
        }
        other => finish(py, other),
    }
}

fn run_awaitable(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static RUN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    RUN.import(py, "loop_sdk._background", "run")
}

/// Takes the end of an awaitable.
#[pyclass(frozen, module = "loop_sdk._native")]
struct Done(Mutex<Option<Finish>>);

impl Done {
    fn end<'py>(&self, py: Python<'py>, outcome: PyResult<Bound<'py, PyAny>>) {
        let finish = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(finish) = finish {
            finish(py, outcome);
        }
    }
}

#[pymethods]
impl Done {
    fn __call__<'py>(&self, value: Bound<'py, PyAny>, error: Option<Bound<'py, PyAny>>) {
        let py = value.py();
        self.end(py, error.map_or(Ok(value), |error| Err(PyErr::from_value(error))));
    }
}

fn wrong_type(name: &str, returns: &str, value: &Bound<'_, PyAny>) -> Trouble {
    // A class is named by the application's authors; a value may be anybody's.
    let class = value.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
    Trouble::new(format!("`{name}` must return {returns}, and returned {class}"))
}

fn raised(py: Python<'_>, name: &str, error: PyErr) -> Trouble {
    let class = error.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    let may_have_happened = outcome_unknown(py).is_ok_and(|class| error.is_instance(py, class));
    Trouble { may_have_happened, raised: Some(error), ..Trouble::new(format!("`{name}` raised {class}")) }
}

fn outcome_unknown(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CLASS.import(py, "loop_sdk.store", "OutcomeUnknown")
}
