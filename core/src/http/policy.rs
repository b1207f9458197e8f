//! Whether and when an API call is sent again, and what is known of a write whose answer did not come.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use reqwest::Method;
use tokio::time::Instant;
use url::Url;

use super::client::{Heard, SendFailure};
use super::hold::{Class, Holds};
use super::{Answer, Http};
use crate::config::is_loopback;
use crate::error::{Code, Error};

/// What the retries of one call depend on.
pub(crate) struct Attempts<'a> {
    pub(crate) http: &'a Http,
    pub(crate) holds: &'a Arc<Holds>,
    /// All that it may be counted as.
    pub(crate) classes: &'static [Class],
    pub(crate) method: &'a Method,
    pub(crate) url: &'a Url,
    /// The platform does it once, however often it arrives.
    pub(crate) repeats: bool,
    pub(crate) deadline: Instant,
}

impl Attempts<'_> {
    /// It changes something, so that it matters whether it was done.
    fn is_write(&self) -> bool {
        !self.method.is_safe()
    }
}

/// What one attempt says about the next.
enum Next {
    /// It is over, well or badly.
    Stop,
    /// Once more, after the wait that the server named or one of our own.
    Again(Option<Duration>),
}

/// Sends until it succeeds, fails for good, or the deadline is near.
pub(crate) async fn send(
    attempts: &Attempts<'_>,
    build: impl Fn() -> reqwest::RequestBuilder,
) -> Result<Answer, Error> {
    let Attempts { http, holds, classes, url, deadline, .. } = *attempts;
    let is_write = attempts.is_write();
    let heard = Heard::default();
    // Who would wait for more than half of the time is told how long instead: it can use the time better.
    let patience = http.limits().call / 2;
    let mut pauses = pauses();
    let mut last = None;
    // A write of which an attempt may have been done.
    let mut maybe_done = false;
    let work = async {
        loop {
            holds.wait(classes, patience, deadline).await?;
            let may_count = is_write && !maybe_done;
            maybe_done |= is_write;
            let outcome = http.send(build(), &heard).await;
            if may_count && !may_be_done(&outcome) {
                maybe_done = false;
            }
            let next = judge(attempts, &outcome, maybe_done);
            let wait = match next {
                Next::Stop => return Ok::<_, Error>(outcome),
                Next::Again(wait) => wait,
            };
            if let Ok(Answer { status: 429, .. }) = &outcome {
                let pause = holds.begin(classes, wait);
                // Waiting past the caller's limit would only turn a clear answer into a timeout.
                if pause > patience || Instant::now() + pause >= deadline || pauses.next().is_none() {
                    return Ok(outcome);
                }
                last = Some(outcome);
                continue;
            }
            let (Some(pause), true) = (pauses.next(), http.may_retry()) else { return Ok(outcome) };
            let pause = wait.unwrap_or(pause);
            if pause > patience || Instant::now() + pause >= deadline {
                return Ok(outcome);
            }
            last = Some(outcome);
            tokio::time::sleep(pause).await;
        }
    };
    let outcome = tokio::time::timeout_at(deadline, work).await;
    let outcome = match outcome {
        Ok(Ok(outcome)) => Ok(outcome),
        // Held: the platform asked for more time than the caller has.
        Ok(Err(error)) => Err(error),
        // What the last attempt said tells more than that the time is up.
        Err(_) => last.ok_or_else(|| heard.tell(timed_out(url))),
    };
    let failed = match outcome {
        Ok(Ok(answer)) if answer.is_success() => {
            http.succeeded();
            return Ok(answer);
        }
        Ok(Ok(answer)) => {
            // What an earlier attempt deleted is not there any more, and that is what was asked for.
            if maybe_done && *attempts.method == Method::DELETE && matches!(answer.status, 404 | 410) {
                http.succeeded();
                return Ok(answer.into_done());
            }
            // A plain no ends all doubt, except where it speaks of the token, the rate, or an attempt still under way.
            let is_plain = (400..500).contains(&answer.status) && !matches!(answer.status, 401 | 408 | 409 | 425 | 429);
            if !maybe_done || is_plain {
                return Ok(answer);
            }
            answer.into_error("")
        }
        Ok(Err(failure)) => heard.tell(send_error(failure, url)),
        Err(error) => error,
    };
    if maybe_done { Err(unknown(url, failed)) } else { Err(failed) }
}

fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(3)
        .with_jitter()
        .build()
}

/// Whether the server may have carried a write out, although it did not say so.
fn may_be_done(outcome: &Result<Answer, SendFailure>) -> bool {
    match outcome {
        // 503 says that it did not; a success needs no doubt.
        Ok(answer) => matches!(answer.status, 408 | 500..=502 | 504..),
        Err(SendFailure::NeverSent(_)) => false,
        Err(SendFailure::NoAnswer(_) | SendFailure::TooLarge) => true,
    }
}

fn judge(attempts: &Attempts<'_>, outcome: &Result<Answer, SendFailure>, maybe_done: bool) -> Next {
    match outcome {
        // It was not carried out: this may be repeated whatever it is.
        Ok(answer) if answer.status == 429 => Next::Again(answer.wait()),
        Ok(answer) if attempts.repeats && matches!(answer.status, 408 | 425 | 502..=504) => Next::Again(answer.wait()),
        // The attempt whose answer was lost is still under way there.
        Ok(answer) if attempts.repeats && maybe_done && answer.status == 409 => Next::Again(None),
        // On this machine nobody starts listening because we wait.
        Err(SendFailure::NeverSent(error)) if !error.is_timeout() && !is_loopback(attempts.url) => Next::Again(None),
        Err(SendFailure::NoAnswer(error)) if attempts.repeats && !error.is_timeout() => Next::Again(None),
        _ => Next::Stop,
    }
}

/// Sends a request that may be repeated and is not counted with the API's: metadata and keys.
pub(crate) async fn send_idempotent(
    http: &Http,
    build: impl Fn() -> reqwest::RequestBuilder,
    url: &Url,
    deadline: Instant,
) -> Result<Answer, Error> {
    let holds = Arc::new(Holds::new(None));
    let (classes, method) = (&[Class::Reads], &Method::GET);
    let attempts = Attempts { http, holds: &holds, classes, method, url, repeats: true, deadline };
    send(&attempts, build).await
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

fn unknown(url: &Url, failed: Error) -> Error {
    let text = format!(
        "{} may have carried this write out: no answer says so. Send it again with the same `idempotency_key`, which is \
         this error's detail where there is one, or look whether it is there.",
        host(url)
    );
    let mut error = Error::new(Code::WriteOutcomeUnknown, text).with_request_id(failed.request_id().map(str::to_owned));
    if let Some(status) = failed.status() {
        error = error.with_status(status);
    }
    let after = failed.retry_after();
    error.with_retry_after(after).with_source(failed)
}

/// The caller's own limit ended a write that may have been sent.
#[cfg(feature = "bridge")]
pub(crate) fn unknown_by_limit(key: Option<&str>) -> Error {
    let text = "The call's time limit is over, and the write may have been carried out. Send it again with the same \
                `idempotency_key`, which is this error's detail where there is one, or look whether it is there.";
    let error = Error::new(Code::WriteOutcomeUnknown, text);
    match key {
        Some(key) => error.with_detail(key),
        None => error,
    }
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
