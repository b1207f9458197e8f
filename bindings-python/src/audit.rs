//! The audit log's entries, for the application's own function.

use std::sync::Arc;

use loop_sdk::Error;
use loop_sdk::bridge::AuditSink;
use pyo3::prelude::*;

use crate::foreign::Function;

/// Returns what core gives each entry to, as a JSON text. Whatever the function returns counts as taken.
pub(crate) fn sink(callable: Py<PyAny>) -> AuditSink {
    let function = Arc::new(Function::new("audit_log", "anything", callable));
    Arc::new(move |entry| {
        let function = Arc::clone(&function);
        Box::pin(async move {
            function.call(move |py| (entry,).into_pyobject(py), |_returned| Some(())).await.map_err(Error::audit_failed)
        })
    })
}
