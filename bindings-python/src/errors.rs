//! Raises core's errors as the classes that `loop_sdk.errors` defines.

use std::error::Error as _;

use loop_sdk::Error;
use loop_sdk::bridge::{self, Case, FlatError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::foreign::Trouble;

/// Why a call came back without a result.
pub(crate) enum Failure {
    /// Core, or this crate in its name.
    Loop(Box<Error>),
    /// Python itself: a signal's handler raised.
    Python(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Loop(Box::new(error))
    }
}

impl Failure {
    pub(crate) fn into_exception(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Python(error) => error,
            Self::Loop(error) => exception(py, &error).unwrap_or_else(|error| error),
        }
    }
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let flat = serde_json::to_string(&FlatError::new(error, Case::Snake));
    // Texts and numbers always become JSON.
    let flat = flat.or_else(|_| serde_json::to_string(&FlatError::new(&bridge::defect(), Case::Snake)));
    let make = MAKE.import(py, "loop_sdk.errors", "from_native")?;
    make.call1((flat.unwrap_or_default(), raised(py, error))).map(PyErr::from_value)
}

/// The exception of the application's own code underneath.
fn raised(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(Trouble { raised: Some(raised), .. }) = error.downcast_ref() {
            return Some(raised.clone_ref(py));
        }
        source = error.source();
    }
    None
}
