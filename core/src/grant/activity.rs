//! What is under way in this process and must not be cut off: requests that may bring tokens, and tokens not yet stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Counts what is under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity(Arc<State>);

#[derive(Debug, Default)]
struct State {
    count: AtomicUsize,
    less: Notify,
}

/// One thing that is under way, until it is dropped.
pub(crate) struct UnderWay(Arc<State>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::AcqRel);
        self.0.less.notify_waiters();
    }
}

impl Activity {
    pub(crate) fn begin(&self) -> UnderWay {
        self.0.count.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(&self.0))
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.0.count.load(Ordering::Acquire) > 0
    }

    /// Ends when something has ended.
    pub(crate) async fn less(&self) {
        self.0.less.notified().await;
    }
}

/// Runs to the end, or until the time is up: false then.
pub(crate) async fn within(limit: Option<Duration>, work: impl Future<Output = ()>) -> bool {
    if let Some(limit) = limit {
        return tokio::time::timeout(limit, work).await.is_ok();
    }
    work.await;
    true
}
