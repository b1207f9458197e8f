//! One tokio runtime per process, made when it is first needed.

use tokio::runtime::{Builder, Runtime};

use super::forked::PerProcess;
use crate::error::{Code, Error};

static RUNTIME: PerProcess<Runtime> = PerProcess::new();

/// The process's runtime. A forked child gets a new one: the parent's threads do not exist there.
pub fn runtime() -> Result<&'static Runtime, Error> {
    RUNTIME.get(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("loop-sdk")
            .enable_all()
            .build()
            .map_err(|error| Error::new(Code::Internal, "The SDK's threads can't be started.").with_source(error))
    })
}
