//! Whether and when an API call is sent again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use super::client::SendFailure;
use super::{Answer, Http};
use crate::error::{Code, Error};

/// Sends an idempotent request until it succeeds, fails for good, or the deadline is near.
pub(crate) async fn send_idempotent(
    http: &Http,
    build: impl Fn() -> reqwest::RequestBuilder,
    host: &str,
) -> Result<Answer, Error> {
    let limit = http.limits().call;
    let attempts = async {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(5))
            .with_max_times(3)
            .with_jitter()
            .build();
        loop {
            let outcome = http.send(build()).await;
            let Some(pause) = pauses.next() else { return outcome };
            let wait = match &outcome {
                Ok(answer) if matches!(answer.status, 429 | 502..=504) => answer.retry_after.unwrap_or(pause),
                Err(SendFailure::NeverSent(error)) if error.is_timeout() => return outcome,
                Err(SendFailure::NeverSent(_)) => pause,
                _ => return outcome,
            };
            // Waiting past the caller's limit would only turn a clear answer into a timeout.
            if wait > limit / 2 {
                return outcome;
            }
            tokio::time::sleep(wait).await;
        }
    };
    match tokio::time::timeout(limit, attempts).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(failure)) => Err(send_error(failure, host)),
        Err(_) => Err(timed_out(host)),
    }
}

fn timed_out(host: &str) -> Error {
    Error::new(Code::Timeout, format!("No answer from {host} within the time limit."))
}

/// The error of a request that got no whole answer.
pub(crate) fn send_error(failure: SendFailure, host: &str) -> Error {
    match failure {
        SendFailure::NeverSent(error) => unreachable(host).with_source(error),
        SendFailure::NoAnswer(error) if error.is_timeout() => timed_out(host).with_source(error),
        SendFailure::NoAnswer(error) => {
            Error::new(Code::Unreachable, format!("The connection to {host} broke before a whole answer came."))
                .with_source(error)
        }
        SendFailure::TooLarge => {
            Error::new(Code::AnswerTooLarge, format!("The answer of {host} is larger than the limit."))
        }
    }
}

/// Nothing listens there; on this machine that means that the sandbox is not running.
pub(crate) fn unreachable(host: &str) -> Error {
    let hint = if host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]") {
        "start the sandbox (loop-sandbox serve) or check the port"
    } else {
        "check the network, the proxy settings and the environment option"
    };
    Error::new(Code::Unreachable, format!("{host} can't be reached: {hint}."))
}
