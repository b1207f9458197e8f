//! One tokio runtime per process, made when it is first needed.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

use crate::error::{Code, Error};
use crate::sys;

static CURRENT: Mutex<Option<(u32, Arc<Runtime>)>> = Mutex::new(None);

/// The process's runtime. A forked child gets a new one: the parent's threads do not exist there.
pub fn runtime() -> Result<Arc<Runtime>, Error> {
    let process = sys::process_id();
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, runtime)) = &*current
        && *owner == process
    {
        return Ok(Arc::clone(runtime));
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("loop-sdk")
        .enable_all()
        .build()
        .map_err(|error| Error::new(Code::Internal, "The SDK's threads can't be started.").with_source(error))?;
    let runtime = Arc::new(runtime);
    if let Some(inherited) = current.replace((process, Arc::clone(&runtime))) {
        // Dropping it would wait for threads that were not forked.
        std::mem::forget(inherited);
    }
    Ok(runtime)
}
