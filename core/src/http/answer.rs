//! A whole HTTP answer, and the error that a resource API's answer stands for.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::error::{Code, Error};
use crate::oauth::token;

/// Status, the few headers that matter, and the body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) request_id: Option<String>,
    /// The `error` and `scope` of a Bearer challenge (RFC 6750, section 3).
    challenge: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: Vec<u8>, now_seconds: u64) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            status,
            retry_after: text(RETRY_AFTER).and_then(|value| retry_after(value, now_seconds)),
            request_id: text(HeaderName::from_static("x-request-id")).and_then(plain_id),
            challenge: text(WWW_AUTHENTICATE).map(str::to_owned),
            body,
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// How long the platform asks to wait; the body knows it better than the header.
    pub(crate) fn wait(&self) -> Option<Duration> {
        token::parse_error(&self.body).retry_after_ms.map(Duration::from_millis).or(self.retry_after)
    }

    /// The platform's error code, from the body or else from the challenge.
    pub(crate) fn error_code(&self) -> Option<String> {
        token::parse_error(&self.body)
            .error
            .or_else(|| self.challenge_parameter("error").map(|code| token::error_code(&code)))
    }

    /// Whether the access token is no longer good: the only answer that may lead to a refresh.
    ///
    /// A 401 that does not say so may come from something in between, which a new token would not please.
    pub(crate) fn token_is_invalid(&self) -> bool {
        self.status == 401
            && self.error_code().is_some_and(|code| matches!(code.as_str(), "invalid_token" | "unauthenticated"))
    }

    fn challenge_parameter(&self, name: &str) -> Option<String> {
        let challenge = self.challenge.as_deref()?;
        let (_, parameters) = challenge.split_once(' ')?;
        parameters.split(',').find_map(|parameter| {
            let (key, value) = parameter.trim().split_once('=')?;
            (key.eq_ignore_ascii_case(name)).then(|| value.trim_matches('"').to_owned())
        })
    }

    /// The error that this answer stands for. `scope` is what the operation is declared to need.
    pub(crate) fn into_error(self, scope: &str) -> Error {
        let detail = self.error_code();
        let after = self.wait();
        let (code, message) = match (self.status, detail.as_deref()) {
            (_, Some("insufficient_scope")) => {
                let missing = self.challenge_parameter("scope").filter(|scope| is_scope(scope));
                let missing = missing.unwrap_or_else(|| scope.to_owned());
                return Error::new(
                    Code::ScopeRequired,
                    format!("The person has not granted {missing}: begin an authorization that asks for it."),
                )
                .with_detail(missing)
                .with_status(self.status)
                .with_request_id(self.request_id);
            }
            (401, _) => (
                Code::AccessTokenRejected,
                "The API refuses the access token although it is new; check that client, token and API belong to the \
                 same environment.",
            ),
            (403, _) => (Code::Forbidden, "The platform's rules do not allow this for this person."),
            (404, _) => (Code::NotFound, "It does not exist, or this person may not see it."),
            (409, _) => (Code::Conflict, "It conflicts with what the platform already has."),
            (429, _) => (Code::RateLimited, "Too many requests: wait before the next one."),
            (400..500, _) => (Code::InvalidRequest, "The platform does not accept this request; check the arguments."),
            (500.., _) => (Code::ServerUnavailable, "The platform failed to answer; try again later."),
            _ => (Code::AnswerInvalid, "The platform answered with a status that the SDK does not expect."),
        };
        let error =
            Error::new(code, message).with_status(self.status).with_request_id(self.request_id).with_retry_after(after);
        match detail {
            Some(detail) => error.with_detail(detail),
            None => error,
        }
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3); a day at most, whatever a server says.
fn retry_after(value: &str, now_seconds: u64) -> Option<Duration> {
    let seconds = if let Ok(seconds) = value.trim().parse::<u64>() {
        seconds
    } else {
        let date = httpdate::parse_http_date(value.trim()).ok()?;
        date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs().saturating_sub(now_seconds)
    };
    Some(Duration::from_secs(seconds.min(24 * 60 * 60)))
}

/// A request id is printed, so only what looks like an id is kept.
fn plain_id(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    (!text.is_empty() && text.len() <= 128 && text.chars().all(plain)).then(|| text.to_owned())
}

fn is_scope(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '.' | ' ');
    !text.is_empty() && text.len() <= 256 && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, challenge: &str, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if !challenge.is_empty() {
            headers.insert(WWW_AUTHENTICATE, challenge.parse().unwrap());
        }
        Answer::new(status, &headers, body.into(), 0)
    }

    #[test]
    fn a_missing_scope_is_named_whatever_the_status() {
        for status in [401, 403] {
            let answer = answer(
                status,
                r#"Bearer error="insufficient_scope", scope="read:protocols""#,
                r#"{"error":"insufficient_scope","message":"x"}"#,
            );
            assert!(!answer.token_is_invalid());
            let error = answer.into_error("read:biomarkers");
            assert_eq!((error.code(), error.detail()), (Code::ScopeRequired, Some("read:protocols")));
        }
        let silent = answer(403, "", r#"{"error":"insufficient_scope"}"#).into_error("read:biomarkers");
        assert_eq!(silent.detail(), Some("read:biomarkers"));
    }

    #[test]
    fn only_an_invalid_token_leads_to_a_refresh() {
        assert!(answer(401, r#"Bearer error="invalid_token""#, "").token_is_invalid());
        assert!(answer(401, "", r#"{"error":"unauthenticated"}"#).token_is_invalid());
        assert!(!answer(401, "", "").token_is_invalid());
        assert!(!answer(403, r#"Bearer error="invalid_token""#, "").token_is_invalid());
        assert!(!answer(401, "", r#"{"error":"forbidden"}"#).token_is_invalid());
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after("12", 0), Some(Duration::from_secs(12)));
        let date = "Thu, 01 Jan 1970 00:01:00 GMT";
        assert_eq!(retry_after(date, 10), Some(Duration::from_secs(50)));
        assert_eq!(retry_after(date, 100), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", 0), None);
    }

    #[test]
    fn no_text_of_the_platform_reaches_the_error() {
        let error = answer(422, "", r#"{"error":"unprocessable_entity","message":"ldl canary"}"#).into_error("");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    fn with_header(name: &'static str, value: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        Answer::new(429, &headers, Vec::new(), 0)
    }

    #[test]
    fn a_request_id_that_does_not_look_like_one_is_dropped() {
        let longest = "x".repeat(128);
        for id in ["req_1-2.3:4", "5", &longest] {
            assert_eq!(with_header("x-request-id", id).request_id.as_deref(), Some(id));
        }
        let too_long = "x".repeat(129);
        for hostile in ["", " ", "a b", "<script>", "a\tb", "\"", "req;rm", "é", &too_long] {
            assert_eq!(with_header("x-request-id", hostile).request_id, None, "{hostile}");
        }
    }

    #[test]
    fn a_scope_that_does_not_look_like_one_is_not_named() {
        let longest = "x".repeat(257);
        for hostile in ["<b>ldl</b>", "read:x; drop", "", &longest] {
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{hostile}""#);
            let error = answer(403, &challenge, "").into_error("read:biomarkers");
            assert_eq!((error.code(), error.detail()), (Code::ScopeRequired, Some("read:biomarkers")), "{hostile}");
        }
        let several = r#"Bearer error="insufficient_scope", scope="read:a write:b""#;
        assert_eq!(answer(403, several, "").into_error("").detail(), Some("read:a write:b"));
    }

    #[test]
    fn an_error_code_that_does_not_look_like_one_is_not_repeated() {
        for (challenge, body) in [
            (r#"Bearer error="<script>""#, ""),
            ("", r#"{"error":"<script>"}"#),
            (r#"Bearer error="an error of many words""#, ""),
        ] {
            assert_eq!(answer(400, challenge, body).error_code().as_deref(), Some("unrecognised_error"));
        }
    }

    #[test]
    fn a_huge_retry_after_is_a_day_and_a_wrong_one_is_none() {
        let day = Some(Duration::from_secs(86_400));
        for huge in ["86401", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(with_header("retry-after", huge).retry_after, day, "{huge}");
        }
        assert_eq!(with_header("retry-after", "86399").retry_after, Some(Duration::from_secs(86_399)));
        for wrong in ["-1", "1.5", "", "18446744073709551616", "1 minute"] {
            assert_eq!(with_header("retry-after", wrong).retry_after, None, "{wrong}");
        }
        assert_eq!(with_header("retry-after", "20").into_error("").retry_after(), Some(Duration::from_secs(20)));
    }
}
