//! A client secret that the application's own function returns, so that it can change without a restart.

use std::sync::Arc;

use loop_sdk::Error;
use loop_sdk::bridge::SecretSource;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::foreign::Function;

/// Returns what core asks for the secrets, the newest first.
pub(crate) fn source(callable: Py<PyAny>) -> SecretSource {
    let function = Arc::new(Function::new("client_secret", "a str, or a list of them with the newest first", callable));
    Arc::new(move || {
        let function = Arc::clone(&function);
        Box::pin(async move {
            function.call(|py| Ok(PyTuple::empty(py)), read).await.map_err(Error::client_secret_unavailable)
        })
    })
}

fn read(value: &Bound<'_, PyAny>) -> Option<Vec<String>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Some(vec![text.to_string()]);
    }
    value.try_iter().ok()?.map(|item| Some(item.ok()?.cast::<PyString>().ok()?.to_string())).collect()
}
