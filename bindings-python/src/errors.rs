//! Raises core's errors as the classes that `loop_sdk.errors` defines.

use loop_sdk::Error;
use loop_sdk::bridge::{Case, FlatError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Why a call came back without a result.
pub(crate) enum Failure {
    /// Core, or this crate in its name.
    Loop(Box<FlatError>),
    /// Python itself: a signal's handler raised.
    Python(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Loop(Box::new(FlatError::new(&error, Case::Snake)))
    }
}

impl Failure {
    pub(crate) fn into_exception(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Python(error) => error,
            Self::Loop(error) => exception(py, *error).unwrap_or_else(|error| error),
        }
    }
}

fn exception(py: Python<'_>, error: FlatError) -> PyResult<PyErr> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let FlatError { code, action, message, retry_after_ms, status, request_id, detail, cause } = error;
    let arguments = (code, action, message, retry_after_ms, status, request_id, detail, cause);
    MAKE.import(py, "loop_sdk.errors", "from_native")?.call1(arguments).map(PyErr::from_value)
}
