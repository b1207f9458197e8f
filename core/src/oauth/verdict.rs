//! What an outcome at the token endpoint means: one pure function for code exchange and refresh.

use std::time::Duration;

use super::token::{self, TokenAnswer, UNSAID_PAUSE};

/// What happened to a token request.
pub(crate) enum Outcome {
    /// It never left: DNS, refused connection, TLS, connect timeout.
    NeverSent,
    /// It left, and no whole answer came.
    NoAnswer,
    /// A whole answer.
    Answer { status: u16, retry_after: Option<Duration>, body: Vec<u8> },
}

/// What that means for the token or code that was sent.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// New tokens.
    Granted(Box<TokenAnswer>),
    /// The server did nothing with it: it may be sent again, after the wait where one is given.
    Retry { after: Option<Duration>, reason: &'static str },
    /// It is over: this token or code is never sent again.
    Rejected,
    /// The request is wrong in a way that is not the person's: the grant is kept.
    Operator { error: String, client: bool },
    /// The server may have used it: nobody can tell.
    Ambiguous { reason: &'static str },
}

/// The reason of a retry that only changes the client's secret: it needs no pause.
pub(crate) const OTHER_SECRET: &str = "client_secret";

pub(crate) fn judge(outcome: Outcome) -> Verdict {
    let (status, retry_after, body) = match outcome {
        Outcome::NeverSent => return Verdict::Retry { after: None, reason: "unreachable" },
        Outcome::NoAnswer => return Verdict::Ambiguous { reason: "no_answer" },
        Outcome::Answer { status, retry_after, body } => (status, retry_after, body),
    };
    if status == 200 {
        return match token::parse(&body) {
            Some(answer) => Verdict::Granted(Box::new(answer)),
            None => Verdict::Ambiguous { reason: "unreadable_answer" },
        };
    }
    let error = token::parse_error(&body);
    let after = error.wait(retry_after);
    match (status, error.error.as_deref()) {
        (429, _) => Verdict::Retry { after: after.or(Some(UNSAID_PAUSE)), reason: "rate_limited" },
        // With an OAuth body the platform says in words that it did nothing; without one, a proxy may have
        // cut off an answer that held new tokens.
        (503, Some("temporarily_unavailable")) | (500, Some("server_error")) => {
            Verdict::Retry { after, reason: "server_unavailable" }
        }
        (408 | 500.., _) => Verdict::Ambiguous { reason: "server_failed" },
        (400 | 401, Some("invalid_grant")) => Verdict::Rejected,
        (400..500, Some(error)) => Verdict::Operator {
            client: matches!(error, "invalid_client" | "unauthorized_client"),
            error: error.to_owned(),
        },
        // There is no token endpoint there. Other answers without a reason may come from something between us and Loop
        // that did not like Loop's answer, new tokens and all.
        (404 | 405 | 421, None) => Verdict::Operator { error: format!("http_{status}"), client: false },
        _ => Verdict::Ambiguous { reason: "unexplained_answer" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, body: &str) -> &'static str {
        let outcome = Outcome::Answer { status, retry_after: None, body: body.into() };
        match judge(outcome) {
            Verdict::Granted(_) => "granted",
            Verdict::Retry { .. } => "retry",
            Verdict::Rejected => "rejected",
            Verdict::Operator { client: true, .. } => "client",
            Verdict::Operator { .. } => "operator",
            Verdict::Ambiguous { .. } => "ambiguous",
        }
    }

    #[test]
    fn each_answer_has_one_verdict() {
        for (status, body, expected) in [
            (200, r#"{"access_token":"a","token_type":"Bearer"}"#, "granted"),
            (200, "", "ambiguous"),
            (200, "<html>", "ambiguous"),
            (204, "", "ambiguous"),
            (302, "", "ambiguous"),
            (400, r#"{"error":"invalid_grant"}"#, "rejected"),
            (400, r#"{"error":"invalid_request"}"#, "operator"),
            (400, r#"{"error":"unauthorized_client"}"#, "client"),
            (400, "", "ambiguous"),
            (401, r#"{"error":"invalid_client"}"#, "client"),
            (401, "", "ambiguous"),
            (403, "<html>", "ambiguous"),
            (404, "<html>", "operator"),
            (408, "", "ambiguous"),
            (429, "", "retry"),
            (500, r#"{"error":"server_error"}"#, "retry"),
            (500, "", "ambiguous"),
            (502, "<html>", "ambiguous"),
            (503, r#"{"error":"temporarily_unavailable"}"#, "retry"),
            (503, "", "ambiguous"),
            (504, r#"{"error":"server_error"}"#, "ambiguous"),
        ] {
            assert_eq!(verdict(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_wait_is_taken_from_the_body_and_the_header() {
        let outcome = Outcome::Answer {
            status: 429,
            retry_after: Some(Duration::from_secs(2)),
            body: br#"{"error":"rate_limited","retry_after_ms":1500}"#.to_vec(),
        };
        let Verdict::Retry { after, .. } = judge(outcome) else { panic!("not a retry") };
        assert_eq!(after, Some(Duration::from_millis(1500)));
    }
}
