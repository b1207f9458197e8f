//! Limits: an exact sliding window per client and class of request, and lock-outs for those who do not wait.

use std::collections::{HashMap, VecDeque};

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::answers::{NotedError, no_store};

const WINDOW_MS: i64 = 60_000;
const MINUTE_MS: i64 = 60_000;

/// All clients' windows. Times are milliseconds on the sandbox clock.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    /// One for each client and class of request.
    windows: HashMap<(String, &'static str), Window>,
    /// Of the client as a whole: whoever is locked out by one class is locked out of all.
    lockouts: HashMap<String, Lockout>,
}

/// How a class of requests is limited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) class: &'static str,
    /// Requests a minute that are let through.
    pub(crate) cap: u32,
    /// So many requests that come before the wait is over lock the client out: for 15 minutes, then for an hour, then
    /// for twice as long each time.
    pub(crate) patience: u32,
    /// For so long after a client was first told to wait, its requests may have been under way already.
    pub(crate) grace_ms: i64,
}

#[derive(Debug, Default)]
struct Window {
    /// When the requests of the last minute were let through.
    admitted: VecDeque<i64>,
    /// When the client was first told to wait, and until when.
    told_at: i64,
    wait_until: i64,
    /// How often it came back before that.
    ignored: u32,
}

#[derive(Debug, Default)]
struct Lockout {
    until: i64,
    count: u32,
}

/// Why a request is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) wait_ms: i64,
    /// It came before the wait was over.
    pub(crate) was_ignored: bool,
    /// This very request began a lock-out.
    pub(crate) begins_lockout: bool,
}

impl RateLimit {
    /// Counts a request.
    pub(crate) fn admit(&mut self, client_id: &str, now: i64, limit: Limit) -> Result<(), Limited> {
        let lockout = self.lockouts.entry(client_id.to_owned()).or_default();
        if now < lockout.until {
            return Err(Limited { wait_ms: lockout.until - now, was_ignored: true, begins_lockout: false });
        }
        let window = self.windows.entry((client_id.to_owned(), limit.class)).or_default();
        // A clock that was moved back must not make old requests count for ever.
        window.admitted.retain(|at| (now - WINDOW_MS + 1..=now).contains(at));
        let oldest = window.admitted.len().checked_sub(usize::try_from(limit.cap).unwrap_or(usize::MAX));
        let Some(must_leave) = oldest else {
            window.admitted.push_back(now);
            (window.wait_until, window.ignored) = (0, 0);
            return Ok(());
        };
        let free_at = window.admitted.get(must_leave).map_or(now + WINDOW_MS, |at| at + WINDOW_MS);
        let was_told = now < window.wait_until;
        if !was_told {
            window.told_at = now;
        }
        let was_ignored = was_told && now - window.told_at >= limit.grace_ms;
        window.ignored += u32::from(was_ignored);
        window.wait_until = free_at;
        if window.ignored < limit.patience {
            return Err(Limited { wait_ms: free_at - now, was_ignored, begins_lockout: false });
        }
        let length = match lockout.count {
            0 => 15 * MINUTE_MS,
            // "Then longer", says the platform; a day is long enough for any test.
            earlier => ((60 * MINUTE_MS) << (earlier - 1).min(5)).min(24 * 60 * MINUTE_MS),
        };
        *lockout = Lockout { until: now + length, count: lockout.count + 1 };
        (window.wait_until, window.ignored) = (0, 0);
        Err(Limited { wait_ms: length, was_ignored, begins_lockout: true })
    }
}

impl Limited {
    /// Whole seconds, rounded up: who waits as long as the header says is let through.
    pub(crate) fn seconds(self) -> i64 {
        self.wait_ms.max(1).div_euclid(1000) + i64::from(self.wait_ms.max(1).rem_euclid(1000) > 0)
    }
}

impl IntoResponse for Limited {
    fn into_response(self) -> Response {
        let body = json!({
            "error": "rate_limited",
            "error_description": "Request limit exceeded for client_id",
            "error_uri": "https://platform.loop.health/connect/errors#rate_limited",
            "retry_after_ms": self.wait_ms,
        });
        let mut answer = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
        no_store(&mut answer);
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(self.seconds()));
        answer.extensions_mut().insert(NotedError("rate_limited".to_owned()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(cap: u32, patience: u32) -> Limit {
        Limit { class: "read", cap, patience, grace_ms: 0 }
    }

    fn limited(wait_ms: i64) -> Result<(), Limited> {
        Err(Limited { wait_ms, was_ignored: false, begins_lockout: false })
    }

    #[test]
    fn the_window_slides_request_by_request() {
        let mut windows = RateLimit::default();
        let rule = limit(2, 10);
        assert_eq!(windows.admit("a", 0, rule), Ok(()));
        assert_eq!(windows.admit("a", 20_000, rule), Ok(()));
        assert_eq!(windows.admit("a", 59_999, rule), limited(1));
        assert_eq!(windows.admit("b", 59_999, rule), Ok(()), "each client has its own");
        assert_eq!(windows.admit("a", 59_999, Limit { class: "write", ..rule }), Ok(()), "so has each class");
        assert_eq!(windows.admit("a", 60_000, rule), Ok(()));
        assert_eq!(windows.admit("a", 60_001, rule), limited(19_999));
        assert_eq!(windows.admit("a", 80_000, rule), Ok(()));
    }

    #[test]
    fn a_lowered_cap_counts_from_the_requests_that_were_let_through() {
        let mut windows = RateLimit::default();
        for at in [0, 1_000, 2_000] {
            assert_eq!(windows.admit("a", at, limit(3, 10)), Ok(()));
        }
        assert_eq!(windows.admit("a", 3_000, limit(1, 10)), limited(59_000));
    }

    #[test]
    fn those_who_do_not_wait_are_locked_out_for_longer_and_longer() {
        let mut windows = RateLimit::default();
        let rule = limit(1, 2);
        let mut now = 0;
        for expected in [15, 60, 120, 240] {
            assert_eq!(windows.admit("a", now, rule), Ok(()));
            for begins_lockout in [false, false, true] {
                assert_eq!(windows.admit("a", now, rule).unwrap_err().begins_lockout, begins_lockout);
            }
            let other_class = Limit { class: "write", ..rule };
            let locked = windows.admit("a", now + 1, other_class).unwrap_err();
            assert_eq!((locked.wait_ms, locked.begins_lockout), (expected * MINUTE_MS - 1, false));
            now += expected * MINUTE_MS;
        }
    }

    #[test]
    fn who_waits_is_forgiven() {
        let mut windows = RateLimit::default();
        let mut now = 0;
        for _ in 0..20 {
            assert_eq!(windows.admit("a", now, limit(1, 2)), Ok(()));
            let limited = windows.admit("a", now + 10, limit(1, 2)).unwrap_err();
            assert!(!limited.begins_lockout);
            now += 10 + limited.wait_ms;
        }
    }

    #[test]
    fn requests_that_were_under_way_when_the_client_was_told_to_wait_do_not_count() {
        let mut windows = RateLimit::default();
        let rule = Limit { grace_ms: 1_000, ..limit(1, 1) };
        assert_eq!(windows.admit("a", 0, rule), Ok(()));
        for at in [5_000, 5_001, 5_999] {
            assert_eq!(windows.admit("a", at, rule), limited(60_000 - at));
        }
        assert!(windows.admit("a", 6_000, rule).unwrap_err().begins_lockout);
    }
}
