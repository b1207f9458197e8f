//! The HTTP clients: one for APIs, and one for the token endpoint that never redirects and never repeats.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap};
use reqwest::{Client, RequestBuilder};

use super::Answer;
use super::answer::request_id;
use crate::config::Limits;
use crate::error::{Code, Error};
use crate::oauth::verdict::Outcome;
use crate::sys::Clock;

/// Longest skew between this host and the platform that is believed, in milliseconds.
const LARGEST_SKEW: i64 = 5 * 60 * 1000;

/// What a retry costs, and how many may come without successes between them: when everything fails, retries would only
/// double the load.
const RETRY_COST: u32 = 10;
const MOST_CREDIT: u32 = 10 * RETRY_COST;

#[derive(Debug)]
pub(crate) struct Http {
    api: Client,
    token: Client,
    clock: Clock,
    limits: Limits,
    /// The platform's clock minus ours, in milliseconds, from `Date` headers. For id_token checks only.
    skew: AtomicI64,
    /// What is left for retries. Each success brings a tenth of one.
    credit: AtomicU32,
}

/// Whether the proxy variables of the environment count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UseProxy {
    FromEnvironment,
    /// Plain HTTP to this machine must not travel to a proxy elsewhere.
    Never,
}

/// What has arrived of the answer to the newest attempt: its head comes first, and may come alone.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Option<(u16, Option<String>)>>);

impl Heard {
    fn set(&self, head: Option<(u16, Option<String>)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }

    fn head(&self) -> Option<(u16, Option<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The error of a request whose answer did not come whole, with what did come of it.
    pub(crate) fn tell(&self, error: Error) -> Error {
        match self.head() {
            Some((status, request_id)) => error.with_status(status).with_request_id(request_id),
            None => error,
        }
    }
}

/// Why no whole answer came.
pub(crate) enum SendFailure {
    /// Nothing left this machine, or nothing that a server could act on.
    NeverSent(reqwest::Error),
    /// It left.
    NoAnswer(reqwest::Error),
    /// The answer is larger than the limit.
    TooLarge,
}

impl Http {
    pub(crate) fn new(
        limits: Limits,
        token_limit: Duration,
        user_agent: &str,
        clock: Clock,
        proxy: UseProxy,
    ) -> Result<Self, Error> {
        let builder = || {
            let builder = Client::builder()
                .user_agent(user_agent)
                .pool_idle_timeout(Duration::from_secs(60))
                .redirect(reqwest::redirect::Policy::none())
                // A retry that the SDK did not decide on could send a refresh token twice.
                .retry(reqwest::retry::never());
            match proxy {
                UseProxy::FromEnvironment => builder,
                UseProxy::Never => builder.no_proxy(),
            }
        };
        let built = |client: reqwest::Result<Client>| {
            client.map_err(|error| {
                Error::new(Code::Internal, "The HTTP client can't be set up on this host (TLS roots, proxy settings).")
                    .with_source(error)
            })
        };
        Ok(Self {
            api: built(builder().connect_timeout(limits.connect).build())?,
            token: built(
                builder()
                    .connect_timeout(Duration::from_secs(5))
                    // A kept connection may be closed by the server just as a refresh token goes out on it, and
                    // nobody could tell whether it arrived: token requests are rare enough for one each.
                    .pool_max_idle_per_host(0)
                    .timeout(token_limit)
                    .build(),
            )?,
            clock,
            limits,
            skew: AtomicI64::new(0),
            credit: AtomicU32::new(MOST_CREDIT),
        })
    }

    pub(crate) fn api(&self) -> &Client {
        &self.api
    }

    /// Whether another retry is affordable; it is paid for then.
    pub(crate) fn may_retry(&self) -> bool {
        let pay = |credit: u32| credit.checked_sub(RETRY_COST);
        self.credit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_ok()
    }

    pub(crate) fn succeeded(&self) {
        // Written only where it changes something: every call comes here.
        if self.credit.load(Ordering::Relaxed) < MOST_CREDIT {
            let earn = |credit: u32| Some((credit + 1).min(MOST_CREDIT));
            let _ = self.credit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earn);
        }
    }

    /// Seconds since the epoch by the platform's clock, as far as it was seen.
    pub(crate) fn platform_seconds(&self) -> i64 {
        let now = i64::try_from(self.clock.now()).unwrap_or(i64::MAX);
        now.saturating_add(self.skew.load(Ordering::Relaxed)) / 1000
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sends and reads the whole answer, up to the body limit.
    pub(crate) async fn send(&self, request: RequestBuilder, heard: &Heard) -> Result<Answer, SendFailure> {
        self.send_measuring(request, heard, false).await
    }

    /// The token endpoint's `Date` is its clock; another answer's may come from a cache, and be old.
    async fn send_measuring(
        &self,
        request: RequestBuilder,
        heard: &Heard,
        measures_skew: bool,
    ) -> Result<Answer, SendFailure> {
        heard.set(None);
        let mut response = request.send().await.map_err(|error| {
            let error = error.without_url();
            if error.is_connect() || error.is_builder() {
                SendFailure::NeverSent(error)
            } else {
                SendFailure::NoAnswer(error)
            }
        })?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        heard.set(Some((status, request_id(&headers))));
        if measures_skew {
            self.note_date(&headers);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| SendFailure::NoAnswer(error.without_url()))? {
            if body.len() + chunk.len() > self.limits.body_bytes {
                return Err(SendFailure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer::new(status, &headers, body, self.clock.now() / 1000))
    }

    /// A POST to the token or revocation endpoint: sent once, whatever happens.
    pub(crate) async fn post_form(
        &self,
        url: &url::Url,
        form: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> (Outcome, Option<String>) {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self
            .token
            .post(url.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body);
        if let Some((id, secret)) = basic {
            // The parts are form-encoded first (RFC 6749, section 2.3.1).
            let encode = crate::oauth::authorize::encode;
            request = request.basic_auth(encode(id), Some(encode(secret)));
        }
        let heard = Heard::default();
        let request_id = || heard.head().and_then(|(_, request_id)| request_id);
        match self.send_measuring(request, &heard, true).await {
            Ok(answer) => (
                Outcome::Answer { status: answer.status, retry_after: answer.retry_after, body: answer.body },
                answer.request_id,
            ),
            Err(SendFailure::NeverSent(error)) => {
                tracing::debug!(%error, "token request not sent");
                (Outcome::NeverSent, None)
            }
            Err(SendFailure::NoAnswer(error)) => {
                tracing::debug!(%error, "token request without an answer");
                (Outcome::NoAnswer, request_id())
            }
            Err(SendFailure::TooLarge) => (Outcome::NoAnswer, request_id()),
        }
    }

    fn note_date(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|value| value.to_str().ok());
        let Some(date) = date.and_then(|text| httpdate::parse_http_date(text).ok()) else { return };
        let Ok(date) = date.duration_since(std::time::UNIX_EPOCH) else { return };
        let theirs = i64::try_from(date.as_millis()).unwrap_or(i64::MAX);
        let ours = i64::try_from(self.clock.now()).unwrap_or(i64::MAX);
        let skew = theirs.saturating_sub(ours);
        // The header counts whole seconds: smaller differences say nothing.
        let skew = if skew.abs() < 2000 { 0 } else { skew.clamp(-LARGEST_SKEW, LARGEST_SKEW) };
        self.skew.store(skew, Ordering::Relaxed);
    }
}
