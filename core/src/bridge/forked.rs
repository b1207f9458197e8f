//! A value for each process that a fork makes: a child builds its own, and leaks what it inherited.

use std::sync::OnceLock;

use crate::error::{Code, Error};
use crate::sys;

/// Append-only, and read without a lock: one that another thread held at the fork would never be released in the child.
pub(super) struct PerProcess<T>(OnceLock<Box<Slot<T>>>);

struct Slot<T> {
    process: u32,
    /// Present until the slot is dropped.
    value: Option<T>,
    next: PerProcess<T>,
}

impl<T> PerProcess<T> {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// This process's value, made by `make` when it is first needed.
    pub(super) fn get(&self, make: impl Fn() -> Result<T, Error>) -> Result<&T, Error> {
        let process = sys::process_id();
        let mut place = self;
        loop {
            match place.0.get() {
                Some(slot) if slot.process == process => {
                    return slot.value.as_ref().ok_or_else(|| Error::new(Code::Internal, "The client was dropped."));
                }
                Some(slot) => place = &slot.next,
                None => {
                    let slot = Slot { process, value: Some(make()?), next: Self::new() };
                    // Where another thread of this process was first, the next round finds its value.
                    let _ = place.0.set(Box::new(slot));
                }
            }
        }
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        // An inherited value's sockets and database handles are the parent's: closing them here would close them there.
        if self.process != sys::process_id() {
            std::mem::forget(self.value.take());
        }
    }
}
