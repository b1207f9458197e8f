//! Hands finished calls to an asyncio event loop: one wake-up for all that finished since the last one.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;

use crate::client::Outcome;
use crate::errors::Failure;
use crate::gate;

/// The calls under way of one event loop.
#[pyclass(frozen, module = "loop_sdk._native")]
pub(crate) struct Completions(pub(crate) Arc<Calls>);

pub(crate) struct Calls {
    /// Weak, because the event loop's thread keeps this; a future that waits keeps its event loop.
    event_loop: Py<PyWeakrefReference>,
    state: Mutex<State>,
}

// Python code never runs while this is locked: it may switch threads.
#[derive(Default)]
struct State {
    waiting: HashMap<u64, Py<PyAny>>,
    last: u64,
    finished: Vec<(u64, Result<Outcome, Failure>)>,
    is_woken: bool,
}

#[pymethods]
impl Completions {
    #[new]
    fn new(event_loop: &Bound<'_, PyAny>) -> PyResult<Self> {
        let event_loop = PyWeakrefReference::new(event_loop)?.unbind();
        Ok(Self(Arc::new(Calls { event_loop, state: Mutex::default() })))
    }

    /// How many calls are under way, for tests.
    fn __len__(&self) -> usize {
        self.0.state().waiting.len()
    }
}

impl Calls {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a future that waits for a call; the number stands for it on the SDK's threads.
    pub(crate) fn expect(&self, future: Py<PyAny>) -> u64 {
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        state.waiting.insert(number, future);
        number
    }

    /// Takes a call's end, on any thread, without the GIL.
    pub(crate) fn finish(self: &Arc<Self>, number: u64, outcome: Result<Outcome, Failure>) {
        let mut state = self.state();
        state.finished.push((number, outcome));
        let is_woken = mem::replace(&mut state.is_woken, true);
        drop(state);
        if !is_woken {
            // An interpreter that is shutting down has nobody left who waits.
            gate::attach(|py| {
                if self.wake(py).is_err() {
                    self.forget();
                }
            });
        }
    }

    fn wake(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let event_loop = self.event_loop.bind(py).call0()?;
        let deliver = Bound::new(py, Deliver(Arc::clone(self)))?;
        event_loop.call_method1("call_soon_threadsafe", (deliver,)).map(drop)
    }

    /// The event loop is closed or gone: its futures will never be looked at.
    fn forget(&self) {
        let mut state = self.state();
        let forgotten = (mem::take(&mut state.waiting), mem::take(&mut state.finished));
        state.is_woken = false;
        drop(state);
        drop(forgotten);
    }
}

/// What the event loop runs: it ends every future whose call has finished.
#[pyclass(frozen, module = "loop_sdk._native")]
struct Deliver(Arc<Calls>);

#[pymethods]
impl Deliver {
    fn __call__(&self, py: Python<'_>) {
        gate::leave_no_one(py);
        let mut state = self.0.state();
        state.is_woken = false;
        let finished = mem::take(&mut state.finished);
        drop(state);
        for (number, outcome) in finished {
            let future = self.0.state().waiting.remove(&number);
            if let Some(future) = future {
                // One that can't be ended must not keep the others waiting.
                if let Err(error) = settle(future.bind(py), outcome) {
                    error.write_unraisable(py, None);
                }
            }
        }
    }
}

fn settle(future: &Bound<'_, PyAny>, outcome: Result<Outcome, Failure>) -> PyResult<()> {
    let py = future.py();
    // A cancelled future wants nothing more.
    if future.call_method0("done")?.is_truthy()? {
        return Ok(());
    }
    match outcome.map_or_else(|failure| Err(failure.into_exception(py)), |outcome| outcome.into_hidden(py)) {
        Ok(value) => future.call_method1("set_result", (value,)),
        Err(error) => future.call_method1("set_exception", (error,)),
    }
    .map(drop)
}
