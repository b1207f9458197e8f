//! Checking a webhook's delivery.

use loop_sdk::bridge::{caught, verify_webhook};
use pyo3::prelude::*;

use crate::errors::Failure;

/// Returns the event as JSON, or raises what is wrong with the delivery.
#[pyfunction]
pub(crate) fn _verify_webhook(py: Python<'_>, raw_body: &[u8], headers: &str, secrets: &str) -> PyResult<String> {
    let event: Result<_, Failure> = caught(|| Ok(verify_webhook(raw_body, headers, secrets)?));
    event.map_err(|failure| failure.into_exception(py))
}
