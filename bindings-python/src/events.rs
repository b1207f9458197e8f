//! Hands the events of grants to the application, on a thread that does nothing else.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use loop_sdk::bridge::EventSink;
use pyo3::prelude::*;

use crate::gate;

/// How many events may wait for a slow application; more are dropped, and the log says so.
const BACKLOG: usize = 4096;

/// Returns what core calls with each event. `callback` gets its JSON.
pub(crate) fn sink(callback: Py<PyAny>) -> EventSink {
    let listener = Listener { callback: Arc::new(callback), first: Link::default() };
    Arc::new(move |event| {
        // A full backlog and an interpreter that is gone lose events, and never hold up a refresh.
        if let Some(sender) = listener.sender() {
            match sender.try_send(event.to_owned()) {
                Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
            }
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
    next: Link,
}

impl Listener {
    fn sender(&self) -> Option<&SyncSender<String>> {
        let process = std::process::id();
        let mut link = &self.first;
        loop {
            let thread = link.0.get_or_init(|| Box::new(self.start(process)));
            if thread.process == process {
                return thread.sender.as_ref();
            }
            link = &thread.next;
        }
    }

    fn start(&self, process: u32) -> Thread {
        let (sender, events) = sync_channel(BACKLOG);
        let callback = Arc::clone(&self.callback);
        let started =
            thread::Builder::new().name("loop-sdk-events".to_owned()).spawn(move || deliver(&callback, &events));
        Thread { process, sender: started.is_ok().then_some(sender), next: Link::default() }
    }
}

fn deliver(callback: &Py<PyAny>, events: &Receiver<String>) {
    while let Ok(event) = events.recv() {
        let called = gate::attach(|py| {
            // `loop_sdk._events` catches what the application raises; anything else has no place to go.
            drop(callback.call1(py, (event,)));
        });
        if called.is_none() {
            return;
        }
    }
}
