//! The only place that reads the machine's clock, its randomness and its environment.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::TryRng;
use rand::rngs::SysRng;

/// As far as a clock may be moved, either way: every date stays printable.
pub(crate) const CENTURY_SECONDS: i64 = 100 * 365 * 24 * 3600;

/// The sandbox's own time: the machine's, moved ahead by as much as the tests asked for.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_seconds: AtomicI64,
}

impl Clock {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        i64::try_from(self.now_millis() / 1000).unwrap_or(i64::MAX)
    }

    /// Milliseconds since 1970, never negative.
    pub(crate) fn now_millis(&self) -> u64 {
        let real = i64::try_from(real_millis()).unwrap_or(i64::MAX);
        let ahead = self.ahead_seconds.load(Ordering::SeqCst);
        u64::try_from(real.saturating_add(ahead.saturating_mul(1000))).unwrap_or_default()
    }

    /// As [`Clock::now_millis`], for arithmetic.
    pub(crate) fn now_ms(&self) -> i64 {
        i64::try_from(self.now_millis()).unwrap_or(i64::MAX)
    }

    /// Moves the clock; a negative number moves it back.
    pub(crate) fn advance(&self, seconds: i64) {
        let moved = self.ahead_seconds.load(Ordering::SeqCst).saturating_add(seconds);
        self.ahead_seconds.store(moved.clamp(-CENTURY_SECONDS, CENTURY_SECONDS), Ordering::SeqCst);
    }
}

/// Milliseconds since 1970 on the machine's own clock, which no lever moves.
pub(crate) fn real_millis() -> u64 {
    let real = machine_now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(real.as_millis()).unwrap_or(u64::MAX)
}

/// The form that a `Date` header is made from; before 1970 there is none.
pub(crate) fn system_time(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

#[allow(clippy::disallowed_methods, reason = "this is the wrapper that the lint asks for")]
fn machine_now() -> SystemTime {
    SystemTime::now()
}

/// `N` bytes of the operating system's randomness.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], RandomFailed> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| RandomFailed)?;
    Ok(bytes)
}

/// The operating system gave no randomness, so nothing secret can be made.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub(crate) struct RandomFailed;

/// An environment variable, if it is set and not empty.
#[allow(clippy::disallowed_methods, reason = "this is the wrapper that the lint asks for")]
pub fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
