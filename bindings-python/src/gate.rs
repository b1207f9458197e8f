//! The way of the SDK's own threads into Python. It closes before the interpreter goes away: CPython ends a thread that
//! comes back to it then in the middle of its frames, which takes the whole process down.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::prelude::*;

/// How long the end of the process waits for application code that an SDK thread still runs, such as a store's method.
const PATIENCE: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(1);

// Atomics, because a forked child inherits them: a lock could be held there for ever.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
static IS_CLOSED: AtomicBool = AtomicBool::new(false);
static LAST_THREAD: OnceLock<ThreadId> = OnceLock::new();

struct Inside;

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs `work` with the GIL on a thread of the SDK; None where the interpreter is going away.
pub(crate) fn attach<T>(work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    INSIDE.fetch_add(1, Ordering::SeqCst);
    // Dropped after the thread has left Python.
    let _inside = Inside;
    if IS_CLOSED.load(Ordering::SeqCst) { None } else { Python::try_attach(work) }
}

/// A call that begins: one of the thread that ends the process, in an exit hook that comes later, needs the way again.
pub(crate) fn open_for_caller() {
    if IS_CLOSED.load(Ordering::SeqCst) && LAST_THREAD.get() == Some(&thread::current().id()) {
        IS_CLOSED.store(false, Ordering::SeqCst);
    }
}

/// Closes the way and waits until all have left. `loop_sdk._exit` calls it last.
#[pyfunction]
pub(crate) fn _close(py: Python<'_>) {
    LAST_THREAD.get_or_init(|| thread::current().id());
    IS_CLOSED.store(true, Ordering::SeqCst);
    wait_until_empty(py);
}

/// After a call that a later exit hook made: nobody closes behind it.
pub(crate) fn leave_no_one(py: Python<'_>) {
    if LAST_THREAD.get().is_some() {
        wait_until_empty(py);
    }
}

fn wait_until_empty(py: Python<'_>) {
    py.detach(|| {
        let mut waited = Duration::ZERO;
        while INSIDE.load(Ordering::SeqCst) > 0 && waited < PATIENCE {
            thread::sleep(STEP);
            waited += STEP;
        }
    });
}

/// A forked child has none of the threads that were inside.
#[pyfunction]
pub(crate) fn _forked() {
    INSIDE.store(0, Ordering::SeqCst);
    IS_CLOSED.store(false, Ordering::SeqCst);
}
