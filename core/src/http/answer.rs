//! A whole HTTP answer, and the error that a resource API's answer stands for.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::error::{Code, Error};
use crate::oauth::token::{self, UNSAID_PAUSE};

/// Status, the few headers that matter, and the body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) request_id: Option<String>,
    /// What the Bearer challenge says (RFC 6750, section 3).
    challenge: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: Vec<u8>, now_seconds: u64) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            status,
            retry_after: text(RETRY_AFTER).and_then(|value| retry_after(value, now_seconds)),
            request_id: request_id(headers),
            challenge: bearer_challenge(headers),
            body,
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The same answer as one that says no more than that it is done.
    pub(crate) fn into_done(self) -> Self {
        Self { status: 204, body: Vec::new(), ..self }
    }

    /// How long the platform asks to wait. A 429 always does, even without words.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let asked = token::parse_error(&self.body).wait(self.retry_after);
        asked.or((self.status == 429).then_some(UNSAID_PAUSE))
    }

    /// The platform's error code, from the body or else from the challenge.
    pub(crate) fn error_code(&self) -> Option<String> {
        token::parse_error(&self.body).error.or_else(|| self.challenge_parameter("error").map(token::error_code))
    }

    /// Whether the access token is no longer good: the only answer that may lead to a refresh.
    ///
    /// A 401 that does not say so may come from something in between, which a new token would not please.
    pub(crate) fn token_is_invalid(&self) -> bool {
        self.status == 401
            && self.error_code().is_some_and(|code| matches!(code.as_str(), "invalid_token" | "unauthenticated"))
    }

    fn challenge_parameter(&self, name: &str) -> Option<&str> {
        let parameter = self.challenge.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        parameter.map(|(_, value)| value.as_str())
    }

    /// The error that this answer stands for. `scope` is what the operation is declared to need.
    pub(crate) fn into_error(self, scope: &str) -> Error {
        let detail = self.error_code();
        let after = self.wait();
        let (code, message) = match (self.status, detail.as_deref()) {
            (_, Some("insufficient_scope")) => {
                let missing = self.challenge_parameter("scope").filter(|scope| is_scope(scope));
                let missing = missing.unwrap_or(scope).to_owned();
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
            // Both say that the server did not take the request in, not that anything is wrong with it.
            (408 | 425, _) => (Code::ServerUnavailable, "The platform did not take the request in; try again."),
            (409, _) => (Code::Conflict, "It conflicts with what the platform already has."),
            (412, _) => (
                Code::NotReady,
                "What this call builds on is not there yet, for instance the person's lab results; call it again once \
                 it is.",
            ),
            (413, _) => (Code::RequestTooLarge, "The request is larger than the platform takes."),
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

/// The platform's id of a request, from the answer's headers.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id")?.to_str().ok().and_then(plain_id)
}

/// The parameters of the Bearer challenge. Several challenges may stand in one header, and several headers in one answer
/// (RFC 9110, section 11.6.1); commas, blanks and `=` inside of a quoted text belong to the text.
fn bearer_challenge(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for header in headers.get_all(WWW_AUTHENTICATE) {
        let text = String::from_utf8_lossy(header.as_bytes());
        let mut rest = text.as_ref();
        let mut is_bearer = false;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',', '=', '"']);
            if rest.is_empty() {
                break;
            }
            let (word, after) = rest.split_at(rest.find([' ', '\t', ',', '=', '"']).unwrap_or(rest.len()));
            if let Some(value) = after.trim_start().strip_prefix('=') {
                let (value, after) = challenge_value(value.trim_start());
                if is_bearer {
                    found.push((word.to_owned(), value));
                }
                rest = after;
            } else {
                is_bearer = word.eq_ignore_ascii_case("bearer");
                rest = after;
            }
        }
    }
    found
}

/// A token or a quoted text, and what follows it.
fn challenge_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (token, rest) = text.split_at(text.find([' ', '\t', ',']).unwrap_or(text.len()));
        return (token.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// Seconds, or a date (RFC 9110, section 10.2.3); a day at most, whatever a server says.
fn retry_after(value: &str, now_seconds: u64) -> Option<Duration> {
    let value = value.trim();
    let seconds = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than a number holds is a long wait, too.
        value.parse().unwrap_or(u64::MAX)
    } else {
        let date = httpdate::parse_http_date(value).ok()?;
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
    fn a_challenge_is_read_as_it_is_quoted() {
        for (challenge, missing) in [
            (
                r#"Bearer error="insufficient_scope", error_description="needs x, scope=evil:one", scope="read:red_flags""#,
                "read:red_flags",
            ),
            (
                r#"Bearer error_description="say \"scope=evil:one\", scope=", error="insufficient_scope",scope = "read:a""#,
                "read:a",
            ),
            (r#"Basic realm="x", scope="evil:one", bearer error=insufficient_scope, scope=read:b"#, "read:b"),
            (
                r#"Negotiate c2NvcGU9, Bearer error="insufficient_scope" , scope="read:c", DPoP scope="evil:one""#,
                "read:c",
            ),
            (r#"Bearer error="insufficient_scope", scope="read:d"#, "read:d"),
            (r#"Bearer error="insufficient_scope", , =, "scope=evil:one", "#, "declared"),
        ] {
            let error = answer(403, challenge, "").into_error("declared");
            assert_eq!((error.code(), error.detail()), (Code::ScopeRequired, Some(missing)), "{challenge}");
        }
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, "Basic realm=\"x\"".parse().unwrap());
        headers.append(WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"".parse().unwrap());
        assert!(Answer::new(401, &headers, Vec::new(), 0).token_is_invalid());
    }

    #[test]
    fn a_status_that_says_more_than_wrong_arguments_has_a_code_of_its_own() {
        for (status, code) in [
            (408, Code::ServerUnavailable),
            (412, Code::NotReady),
            (413, Code::RequestTooLarge),
            (422, Code::InvalidRequest),
            (425, Code::ServerUnavailable),
        ] {
            let error = answer(status, "", r#"{"error":"x"}"#).into_error("");
            assert_eq!((error.code(), error.status(), error.detail()), (code, Some(status), Some("x")));
        }
    }

    #[test]
    fn a_429_says_how_long_it_is_held_even_if_the_platform_did_not() {
        let silent = with_header("retry-after", "soon").into_error("");
        assert_eq!(silent.retry_after(), Some(Duration::from_secs(10)));
        assert_eq!(answer(503, "", "").into_error("").retry_after(), None);
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
        for huge in [
            "86401",
            "18446744073709551615",
            "18446744073709551616",
            "9".repeat(99).as_str(),
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(with_header("retry-after", huge).retry_after, day, "{huge}");
        }
        assert_eq!(with_header("retry-after", "86399").retry_after, Some(Duration::from_secs(86_399)));
        for wrong in ["-1", "1.5", "", "1 minute"] {
            assert_eq!(with_header("retry-after", wrong).retry_after, None, "{wrong}");
        }
        assert_eq!(with_header("retry-after", "20").into_error("").retry_after(), Some(Duration::from_secs(20)));
    }
}
