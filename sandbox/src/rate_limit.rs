//! The token endpoint's limit: an exact sliding window per client, and lock-outs for those who do not wait.

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
pub(crate) struct RateLimit(HashMap<String, Window>);

#[derive(Debug, Default)]
struct Window {
    /// When the requests of the last minute were let through.
    admitted: VecDeque<i64>,
    /// Until when the client was told to wait.
    wait_until: i64,
    /// How often it came back before that.
    ignored: u32,
    locked_until: i64,
    lockouts: u32,
}

/// Why a request is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) wait_ms: i64,
    /// This very request began a lock-out.
    pub(crate) begins_lockout: bool,
}

impl RateLimit {
    /// Counts a request. `cap` requests a minute are let through; `patience` requests that come before the wait is
    /// over lock the client out: for 15 minutes, then for an hour, then for twice as long each time.
    pub(crate) fn admit(&mut self, client_id: &str, now: i64, cap: u32, patience: u32) -> Result<(), Limited> {
        let window = self.0.entry(client_id.to_owned()).or_default();
        if now < window.locked_until {
            return Err(Limited { wait_ms: window.locked_until - now, begins_lockout: false });
        }
        // A clock that was moved back must not make old requests count for ever.
        window.admitted.retain(|at| (now - WINDOW_MS + 1..=now).contains(at));
        let oldest = window.admitted.len().checked_sub(usize::try_from(cap).unwrap_or(usize::MAX));
        let Some(must_leave) = oldest else {
            window.admitted.push_back(now);
            (window.wait_until, window.ignored) = (0, 0);
            return Ok(());
        };
        let free_at = window.admitted.get(must_leave).map_or(now + WINDOW_MS, |at| at + WINDOW_MS);
        if now < window.wait_until {
            window.ignored += 1;
        }
        window.wait_until = free_at;
        if window.ignored < patience {
            return Err(Limited { wait_ms: free_at - now, begins_lockout: false });
        }
        let length = match window.lockouts {
            0 => 15 * MINUTE_MS,
            // "Then longer", says the platform; a day is long enough for any test.
            earlier => ((60 * MINUTE_MS) << (earlier - 1).min(5)).min(24 * 60 * MINUTE_MS),
        };
        window.lockouts += 1;
        window.locked_until = now + length;
        (window.wait_until, window.ignored) = (0, 0);
        Err(Limited { wait_ms: length, begins_lockout: true })
    }
}

impl IntoResponse for Limited {
    fn into_response(self) -> Response {
        // Whole seconds, rounded up: who waits as long as the header says is let through.
        let seconds = self.wait_ms.max(1).div_euclid(1000) + i64::from(self.wait_ms.max(1).rem_euclid(1000) > 0);
        let body = json!({
            "error": "rate_limited",
            "error_description": "Request limit exceeded for client_id",
            "error_uri": "https://platform.loop.health/connect/errors#rate_limited",
            "retry_after_ms": self.wait_ms,
        });
        let mut answer = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
        no_store(&mut answer);
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        answer.extensions_mut().insert(NotedError("rate_limited".to_owned()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_request_by_request() {
        let mut limit = RateLimit::default();
        assert_eq!(limit.admit("a", 0, 2, 10), Ok(()));
        assert_eq!(limit.admit("a", 20_000, 2, 10), Ok(()));
        assert_eq!(limit.admit("a", 59_999, 2, 10), Err(Limited { wait_ms: 1, begins_lockout: false }));
        assert_eq!(limit.admit("b", 59_999, 2, 10), Ok(()), "each client has its own");
        assert_eq!(limit.admit("a", 60_000, 2, 10), Ok(()));
        assert_eq!(limit.admit("a", 60_001, 2, 10), Err(Limited { wait_ms: 19_999, begins_lockout: false }));
        assert_eq!(limit.admit("a", 80_000, 2, 10), Ok(()));
    }

    #[test]
    fn a_lowered_cap_counts_from_the_requests_that_were_let_through() {
        let mut limit = RateLimit::default();
        for at in [0, 1_000, 2_000] {
            assert_eq!(limit.admit("a", at, 3, 10), Ok(()));
        }
        assert_eq!(limit.admit("a", 3_000, 1, 10), Err(Limited { wait_ms: 59_000, begins_lockout: false }));
    }

    #[test]
    fn those_who_do_not_wait_are_locked_out_for_longer_and_longer() {
        let mut limit = RateLimit::default();
        let mut now = 0;
        for expected in [15, 60, 120, 240] {
            assert_eq!(limit.admit("a", now, 1, 2), Ok(()));
            for begins_lockout in [false, false, true] {
                assert_eq!(limit.admit("a", now, 1, 2).unwrap_err().begins_lockout, begins_lockout);
            }
            let locked = limit.admit("a", now + 1, 1, 2).unwrap_err();
            assert_eq!(locked, Limited { wait_ms: expected * MINUTE_MS - 1, begins_lockout: false });
            now += expected * MINUTE_MS;
        }
    }

    #[test]
    fn who_waits_is_forgiven() {
        let mut limit = RateLimit::default();
        let mut now = 0;
        for _ in 0..20 {
            assert_eq!(limit.admit("a", now, 1, 2), Ok(()));
            let limited = limit.admit("a", now + 10, 1, 2).unwrap_err();
            assert!(!limited.begins_lockout);
            now += 10 + limited.wait_ms;
        }
    }
}
