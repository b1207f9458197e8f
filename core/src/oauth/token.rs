//! Requests to the token endpoint and what it answers (RFC 6749, sections 4.1.3, 5.1, 5.2 and 6).

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::secret::Secret;

/// A grant to present at the token endpoint.
pub(crate) enum Grant<'a> {
    AuthorizationCode {
        code: &'a Secret,
        redirect_uri: &'a str,
        code_verifier: &'a Secret,
    },
    RefreshToken(&'a Secret),
    /// A machine's own (section 4.4).
    ClientCredentials {
        scope: Option<&'a str>,
    },
}

impl Grant<'_> {
    /// The form, without the client's authentication.
    pub(crate) fn form(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::AuthorizationCode { code, redirect_uri, code_verifier } => vec![
                ("grant_type", "authorization_code"),
                ("code", code.expose()),
                ("redirect_uri", redirect_uri),
                ("code_verifier", code_verifier.expose()),
            ],
            Self::RefreshToken(token) => vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())],
            Self::ClientCredentials { scope } => {
                [("grant_type", "client_credentials")].into_iter().chain(scope.map(|scope| ("scope", scope))).collect()
            }
        }
    }
}

/// A token endpoint's answer with tokens in it.
#[derive(Clone)]
pub(crate) struct TokenAnswer {
    pub(crate) access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) id_token: Option<Secret>,
    /// Seconds; one hour where the server does not say.
    pub(crate) expires_in: u64,
    /// The granted scopes; absent means those that were asked for (RFC 6749, section 5.1).
    pub(crate) scopes: Option<Vec<String>>,
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer")
            .field("expires_in", &self.expires_in)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Longest lifetime that is believed: a server that says more is asked again after a day.
const LONGEST_LIFE: u64 = 24 * 60 * 60;

/// Reads a 200. None where it is not a usable answer: the tokens in it, if any, are then lost.
pub(crate) fn parse(body: &[u8]) -> Option<TokenAnswer> {
    #[derive(Deserialize)]
    struct Raw {
        access_token: Secret,
        token_type: Option<String>,
        #[serde(default)]
        expires_in: Value,
        refresh_token: Option<Secret>,
        id_token: Option<Secret>,
        scope: Option<String>,
    }
    let raw: Raw = serde_json::from_slice(body).ok()?;
    let bearer = raw.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    if raw.access_token.expose().is_empty() || !bearer {
        return None;
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to a day"
    )]
    let seconds = number(&raw.expires_in).map_or(3600, |seconds| seconds.clamp(0.0, LONGEST_LIFE as f64) as u64);
    Some(TokenAnswer {
        access_token: raw.access_token,
        refresh_token: raw.refresh_token.filter(|token| !token.expose().is_empty()),
        id_token: raw.id_token,
        expires_in: seconds,
        scopes: raw.scope.map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect()),
    })
}

/// An OAuth or platform error body: `{error, error_description}` or `{error, message}`; neither is fine too.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    /// The `error` member, where there is one and it is a code.
    pub(crate) error: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

/// How long to be quiet after a 429 that does not say: one that is ignored leads to a lock-out.
pub(crate) const UNSAID_PAUSE: Duration = Duration::from_secs(10);

impl ErrorBody {
    /// How long to wait, by the body and by the header beside it, which counts whole seconds. Where they say different
    /// things, the longer wait can't be wrong.
    pub(crate) fn wait(&self, header: Option<Duration>) -> Option<Duration> {
        let Some(body) = self.retry_after else { return header };
        let is_rounding = |header: &Duration| header.saturating_sub(body) < Duration::from_secs(1);
        Some(header.filter(|header| !is_rounding(header)).unwrap_or(body))
    }
}

pub(crate) fn parse_error(body: &[u8]) -> ErrorBody {
    #[derive(Deserialize)]
    struct Raw {
        #[serde(default)]
        error: Value,
        #[serde(default)]
        retry_after_ms: Value,
    }
    let Ok(raw) = serde_json::from_slice::<Raw>(body) else {
        return ErrorBody::default();
    };
    ErrorBody {
        error: raw.error.as_str().map(error_code),
        retry_after: number(&raw.retry_after_ms).filter(|wait| *wait >= 0.0).map(milliseconds),
    }
}

/// A number. Some servers send it as a text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A wait of a day at most, and not shorter than was asked for.
fn milliseconds(wait: f64) -> Duration {
    let longest = Duration::from_secs(LONGEST_LIFE);
    Duration::try_from_secs_f64(wait.ceil() / 1000.0).map_or(longest, |wait| wait.min(longest))
}

/// An error code as sent, if it looks like one: it is printed, so text from outside must not pass as a code.
pub(crate) fn error_code(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !text.is_empty() && text.len() <= 64 && text.chars().all(plain) {
        text.to_owned()
    } else {
        "unrecognised_error".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_needs_an_access_token_of_type_bearer() {
        let whole = parse(
            br#"{"access_token":"a","refresh_token":"r","expires_in":"300","token_type":"bearer","scope":"openid read:biomarkers"}"#,
        )
        .unwrap();
        assert_eq!(whole.expires_in, 300);
        assert_eq!(whole.scopes.unwrap(), ["openid", "read:biomarkers"]);
        let bare = parse(br#"{"access_token":"a","refresh_token":""}"#).unwrap();
        assert_eq!((bare.expires_in, bare.refresh_token, bare.scopes), (3600, None, None));
        for wrong in ["", "[]", "{}", r#"{"access_token":""}"#, r#"{"access_token":"a","token_type":"mac"}"#, "<html>"]
        {
            assert!(parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }

    #[test]
    fn both_error_bodies_are_read_and_neither_is_needed() {
        assert_eq!(
            parse_error(br#"{"error":"invalid_grant","error_description":"x"}"#).error.unwrap(),
            "invalid_grant"
        );
        let limited = parse_error(br#"{"error":"rate_limited","message":"x","retry_after_ms":12000}"#);
        assert_eq!(limited.retry_after, Some(Duration::from_secs(12)));
        assert_eq!(parse_error(b"<html>"), ErrorBody::default());
        assert_eq!(parse_error(br#"{"error":{"code":1}}"#), ErrorBody::default());
    }

    #[test]
    fn a_wait_is_milliseconds_in_any_form_and_a_day_at_most() {
        for (text, wait) in [
            ("500", Some(500)),
            (r#""500""#, Some(500)),
            ("500.7", Some(501)),
            ("0", Some(0)),
            ("-1", None),
            (r#""soon""#, None),
            (r#""NaN""#, None),
            ("null", None),
            ("86400001", Some(86_400_000)),
            ("1e300", Some(86_400_000)),
            ("18446744073709551616", Some(86_400_000)),
        ] {
            let body = format!(r#"{{"error":{{}},"retry_after_ms":{text}}}"#);
            assert_eq!(parse_error(body.as_bytes()).retry_after, wait.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn the_body_says_the_wait_more_finely_than_the_header_and_the_longer_one_counts() {
        for (body, header, wait) in [
            (Some(1500), Some(2), Some(1500)),
            (Some(12_000), Some(12), Some(12_000)),
            (Some(0), Some(30), Some(30_000)),
            (Some(1500), Some(60), Some(60_000)),
            (Some(60_000), Some(1), Some(60_000)),
            (Some(700), None, Some(700)),
            (None, Some(3), Some(3000)),
            (None, None, None),
        ] {
            let error = ErrorBody { error: None, retry_after: body.map(Duration::from_millis) };
            assert_eq!(
                error.wait(header.map(Duration::from_secs)),
                wait.map(Duration::from_millis),
                "{body:?} {header:?}"
            );
        }
    }

    #[test]
    fn a_lifetime_is_seconds_in_any_form_and_a_day_at_most() {
        for (text, seconds) in [
            ("300", 300),
            ("299.9", 299),
            (r#""300""#, 300),
            (r#""300.5""#, 300),
            ("0", 0),
            ("-5", 0),
            ("86399", 86_399),
            ("86401", 86_400),
            ("1e300", 86_400),
            ("18446744073709551615", 86_400),
            (r#""NaN""#, 0),
            (r#""inf""#, 86_400),
            ("null", 3600),
            (r#""soon""#, 3600),
            ("true", 3600),
            ("{}", 3600),
        ] {
            let body = format!(r#"{{"access_token":"a","expires_in":{text}}}"#);
            assert_eq!(parse(body.as_bytes()).unwrap().expires_in, seconds, "{text}");
        }
    }
}
