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
pub struct Clock(Time);

#[derive(Clone, Debug, Default)]
enum Time {
    #[default]
    System,
    /// Stands still at these milliseconds.
    Manual(Arc<AtomicU64>),
    /// The system's, and so many milliseconds more.
    Ahead(Arc<AtomicU64>),
}

impl Clock {
    /// A clock that stands still until [`advance`](Self::advance) is called.
    #[doc(hidden)]
    pub fn manual() -> Self {
        Self(Time::Manual(Arc::new(AtomicU64::new(Self::default().now()))))
    }

    /// A clock that goes on as the system's does, and jumps where [`advance`](Self::advance) is called.
    #[doc(hidden)]
    pub fn running() -> Self {
        Self(Time::Ahead(Arc::default()))
    }

    #[doc(hidden)]
    pub fn advance(&self, by: Duration) {
        if let Time::Manual(time) | Time::Ahead(time) = &self.0 {
            time.fetch_add(millis(by), Ordering::SeqCst);
        }
    }

    /// Milliseconds that passed since some moment: it never jumps, and goes on while the machine sleeps.
    pub(crate) fn elapsed(&self) -> Millis {
        self.read(since_boot)
    }

    pub(crate) fn now(&self) -> Millis {
        self.read(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis))
    }

    fn read(&self, system: impl FnOnce() -> Millis) -> Millis {
        match &self.0 {
            Time::System => system(),
            Time::Manual(time) => time.load(Ordering::SeqCst),
            Time::Ahead(by) => system().saturating_add(by.load(Ordering::SeqCst)),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot() -> Millis {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec).unwrap_or(0), u64::try_from(time.tv_nsec).unwrap_or(0));
    seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)
}

/// CLOCK_MONOTONIC counts the time asleep on Apple's systems.
#[cfg(target_vendor = "apple")]
fn since_boot() -> Millis {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let (seconds, nanos) = (u64::try_from(time.tv_sec).unwrap_or(0), u64::try_from(time.tv_nsec).unwrap_or(0));
    seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)
}

/// Elsewhere (Windows) the standard clock counts the time asleep.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn since_boot() -> Millis {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_millis().try_into().unwrap_or(Millis::MAX)
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

/// A place where tests stop or kill the process.
#[allow(clippy::inline_always, unused_variables, reason = "without the feature there is nothing left of it")]
#[inline(always)]
pub(crate) fn fail_point(name: &str) {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(name);
}

pub(crate) fn process_id() -> u32 {
    std::process::id()
}
