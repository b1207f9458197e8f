//! Whether and when an API call is sent again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::time::Instant;
use url::Url;

use super::client::SendFailure;
use super::{Answer, Http};
use crate::config::is_loopback;
use crate::error::{Code, Error};

/// Sends an idempotent request until it succeeds, fails for good, or the deadline is near.
pub(crate) async fn send_idempotent(
    http: &Http,
    build: impl Fn() -> reqwest::RequestBuilder,
    url: &Url,
    deadline: Instant,
) -> Result<Answer, Error> {
    let limit = http.limits().call;
    let mut pauses = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(3)
        .with_jitter()
        .build();
    let mut last = None;
    let attempts = async {
        loop {
            let outcome = http.send(build()).await;
            let wait = match &outcome {
                Ok(answer) if matches!(answer.status, 429 | 502..=504) => answer.wait(),
                // On this machine nobody starts listening because we wait.
                Err(SendFailure::NeverSent(error)) if !error.is_timeout() && !is_loopback(url) => None,
                _ => return outcome,
            };
            // Waiting past the caller's limit would only turn a clear answer into a timeout.
            let wait = match (wait, pauses.next()) {
                (_, None) => return outcome,
                (Some(wait), Some(_)) if wait > limit / 2 => return outcome,
                (wait, Some(pause)) => wait.unwrap_or(pause),
            };
            last = Some(outcome);
            tokio::time::sleep(wait).await;
        }
    };
    let outcome = tokio::time::timeout_at(deadline, attempts).await;
    // What the last attempt said tells more than that the time is up.
    match outcome.ok().or(last) {
        Some(outcome) => outcome.map_err(|failure| send_error(failure, url)),
        None => Err(timed_out(url)),
    }
}

/// Host and port, as an error names them.
pub(crate) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        _ => "the server".to_owned(),
    }
}

fn timed_out(url: &Url) -> Error {
    Error::new(Code::Timeout, format!("No answer from {} within the time limit.", host(url)))
}

/// The error of a request that got no whole answer.
pub(crate) fn send_error(failure: SendFailure, url: &Url) -> Error {
    match failure {
        SendFailure::NeverSent(error) => unreachable(url).with_source(error),
        SendFailure::NoAnswer(error) if error.is_timeout() => timed_out(url).with_source(error),
        SendFailure::NoAnswer(error) => {
            Error::new(Code::Unreachable, format!("The connection to {} broke before a whole answer came.", host(url)))
                .with_source(error)
        }
        SendFailure::TooLarge => {
            Error::new(Code::AnswerTooLarge, format!("The answer of {} is larger than the limit.", host(url)))
        }
    }
}

/// Nothing listens there; on this machine that means that the sandbox is not running.
pub(crate) fn unreachable(url: &Url) -> Error {
    let hint = if is_loopback(url) {
        "start the sandbox (loop-sandbox serve) or check the port"
    } else {
        "check the network, the proxy settings and the environment option"
    };
    Error::new(Code::Unreachable, format!("{} can't be reached: {hint}.", host(url)))
}
