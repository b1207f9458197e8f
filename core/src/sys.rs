//! The only place that reads the clock, the operating system's random source or the environment.
#![allow(clippy::disallowed_methods, reason = "the wrappers that every other file has to use")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::TryRng as _;
use rand::rngs::SysRng;

use crate::error::{Code, Error};

/// Milliseconds since the Unix epoch.
pub(crate) type Millis = u64;

/// Wall time, either the system's or one that a test moves by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicU64>>);

impl Clock {
    /// A clock that stands still until [`advance`](Self::advance) is called.
    #[doc(hidden)]
    pub fn manual() -> Self {
        Self(Some(Arc::new(AtomicU64::new(Self::default().now()))))
    }

    #[doc(hidden)]
    pub fn advance(&self, by: Duration) {
        if let Some(time) = &self.0 {
            time.fetch_add(millis(by), Ordering::SeqCst);
        }
    }

    pub(crate) fn now(&self) -> Millis {
        match &self.0 {
            Some(time) => time.load(Ordering::SeqCst),
            None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis),
        }
    }
}

pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// The moment of a time in milliseconds.
pub(crate) fn at(time: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(time)
}

/// The milliseconds of a moment; 0 before 1970.
pub(crate) fn millis_of(moment: SystemTime) -> Millis {
    moment.duration_since(UNIX_EPOCH).map_or(0, millis)
}

/// Random bytes from the operating system.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    match SysRng.try_fill_bytes(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Error::new(Code::Internal, "The operating system gave no randomness.").with_source(error)),
    }
}

/// An environment variable that is set and not blank.
pub(crate) fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

pub(crate) fn process_id() -> u32 {
    std::process::id()
}
