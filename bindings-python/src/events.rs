//! Hands the events of grants to the application, on a thread that does nothing else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use loop_sdk::bridge::EventSink;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::gate;

/// How many events may wait for a slow application; more are dropped, and the log says so. At 60 refreshes a minute,
/// which is what Loop allows an app, they are those of eight minutes and more.
const BACKLOG: usize = 1024;

/// Returns what core calls with each event. `callback` gets its JSON.
pub(crate) fn sink(callback: Py<PyAny>) -> EventSink {
    let listener = Listener { callback: Arc::new(callback), first: Link::default() };
    Arc::new(move |event| {
        // A full backlog and an interpreter that is gone lose events, and never hold up a refresh.
        if let Some((sender, overflow)) = listener.queue()
            && let Err(TrySendError::Full(_)) = sender.try_send(event.to_owned())
            && !overflow.swap(true, Ordering::SeqCst)
        {
            warn();
        }
    })
}

struct Listener {
    callback: Arc<Py<PyAny>>,
    first: Link,
}

/// The threads of each process that forks made, read without a lock: one that was held at a fork would stay held.
#[derive(Default)]
struct Link(OnceLock<Box<Thread>>);

struct Thread {
    process: u32,
    sender: Option<SyncSender<String>>,
    /// Whether events were dropped since the backlog was last empty.
    overflow: Arc<AtomicBool>,
    next: Link,
}

impl Listener {
    fn queue(&self) -> Option<(&SyncSender<String>, &AtomicBool)> {
        let process = std::process::id();
        let mut link = &self.first;
        loop {
            let thread = link.0.get_or_init(|| Box::new(self.start(process)));
            if thread.process == process {
                return thread.sender.as_ref().map(|sender| (sender, &*thread.overflow));
            }
            link = &thread.next;
        }
    }

    fn start(&self, process: u32) -> Thread {
        let (sender, events) = sync_channel(BACKLOG);
        let callback = Arc::clone(&self.callback);
        let overflow = Arc::<AtomicBool>::default();
        let caught_up = Arc::clone(&overflow);
        let started = thread::Builder::new()
            .name("loop-sdk-events".to_owned())
            .spawn(move || deliver(&callback, &events, &caught_up));
        Thread { process, sender: started.is_ok().then_some(sender), overflow, next: Link::default() }
    }
}

fn deliver(callback: &Py<PyAny>, events: &Receiver<String>, overflow: &AtomicBool) {
    while let Some(event) = next(events, overflow) {
        let called = gate::attach(|py| {
            // `loop_sdk.events` catches what the application raises; anything else has no place to go.
            drop(callback.call1(py, (event,)));
        });
        if called.is_none() {
            return;
        }
    }
}

fn next(events: &Receiver<String>, overflow: &AtomicBool) -> Option<String> {
    match events.try_recv() {
        Ok(event) => Some(event),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) => {
            overflow.store(false, Ordering::SeqCst);
            events.recv().ok()
        }
    }
}

/// Says that events are dropped. On a thread of its own: the one that tells of events must not wait for the GIL or for
/// a slow log, and the one that delivers them is held up by the application.
fn warn() {
    static WARN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let warn = || {
        gate::attach(|py| {
            // A log that fails has no other place to say so.
            drop(WARN.import(py, "loop_sdk.events", "warn_of_overflow").and_then(PyAnyMethods::call0));
        });
    };
    // Where no thread can be had, the events are lost without a word: the refresh must not be.
    drop(thread::Builder::new().name("loop-sdk-log".to_owned()).spawn(warn));
}
