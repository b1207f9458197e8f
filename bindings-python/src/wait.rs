//! Waiting on the calling thread, without the GIL: for a call, and for what is unfinished when the process ends.

use std::future::Future;
use std::time::Duration;

use loop_sdk::bridge;
use pyo3::prelude::*;

use crate::errors::Failure;
use crate::gate;

/// How often a wait looks for Ctrl-C. A call that is faster never does.
const SIGNAL_PAUSE: Duration = Duration::from_millis(50);

/// Waits for `work`, or until a signal's handler raises. Leaving drops it: what it shares with others, such as a
/// refresh, goes on.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    bridge::runtime()?.block_on(async {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return Ok(result),
                () = tokio::time::sleep(SIGNAL_PAUSE) => look_for_signals()?,
            }
        }
    })
}

fn look_for_signals() -> Result<(), Failure> {
    // An interpreter that is shutting down can't be asked any more; its process ends without this call's answer.
    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method itself is not general over 'py")]
    let looked = gate::attach(|py| py.check_signals());
    looked.unwrap_or(Ok(())).map_err(Failure::Python)
}

/// Waits until no token request is under way and all tokens are stored, where there are any. `loop_sdk._exit` calls it.
#[pyfunction]
pub(crate) fn _settle(py: Python<'_>, limit: f64) -> PyResult<()> {
    let settled = py.detach(|| match bridge::time_limit(limit) {
        Ok(limit) if bridge::busy() => wait(bridge::drain_all(Some(limit))).map(drop),
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::from(error)),
    });
    settled.map_err(|failure| failure.into_exception(py))
}
