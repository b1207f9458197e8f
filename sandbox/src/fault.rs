//! Faults: what a test can order, and what makes no sense.

use axum::http::{HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids;
use crate::wire::{CutAt, Ending};

/// One wrong answer, on order, of the token endpoint or of any other route. Made by [`Fault::no_answer`] and its siblings.
///
/// ```
/// use loop_sandbox::{Fault, FaultBody};
///
/// let lost = Fault::no_answer().after().only("refresh_token");
/// let busy = Fault::status(503, FaultBody::Html).retry_after("7").times(3);
/// let flaky = Fault::no_answer().after().only_service("clinical").only_method("POST").probability(0.3, 42).times(1000);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub(crate) kind: FaultKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    when: Option<When>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// How often chance was asked so far.
    #[serde(skip)]
    drawn: u64,
    #[serde(skip)]
    place: Place,
    #[serde(default = "once")]
    times: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_byte: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_body_byte: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<FaultBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, deserialize_with = "seconds_or_text", skip_serializing_if = "Option::is_none")]
    retry_after: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

/// Where a fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    Token,
    Api,
}

/// A request that a fault may wait for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: &'a str,
    /// As the operation has it, with the service before it or without: `/v1/lab-orders/{order_id}`.
    pub(crate) template: &'a str,
    pub(crate) path: &'a str,
    pub(crate) client_id: Option<&'a str>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    NoAnswer,
    Hang,
    Delay,
    Reset,
    Truncate,
    Status,
    ContentType,
    DropRefreshToken,
    #[serde(rename = "garbage_200")]
    Garbage200,
}

/// On which side of the work the fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    Before,
    After,
}

/// The body of an ordered status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultBody {
    /// An OAuth error that fits the status: the default at the token endpoint.
    #[default]
    Oauth,
    /// `error` and `message`, as all other routes have it: their default.
    Api,
    /// A page, as a proxy sends it.
    Html,
    /// None.
    Empty,
    /// JSON in which no `error` is.
    JsonOther,
}

/// Where the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum At {
    /// After so many bytes of the answer, status line and headers counted.
    Byte(u64),
    /// After the headers and so many bytes of the body.
    BodyByte(u64),
}

/// Why a fault can't be ordered: one sentence.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct InvalidFault(String);

fn once() -> u32 {
    1
}

/// `Retry-After` is a number of seconds, or whatever text a test wants to see go wrong.
fn seconds_or_text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Seconds(u64),
        Text(String),
    }
    Ok(Option::<Given>::deserialize(value)?.map(|given| match given {
        Given::Seconds(seconds) => seconds.to_string(),
        Given::Text(text) => text,
    }))
}

impl Fault {
    fn new(kind: FaultKind) -> Fault {
        Fault {
            kind,
            when: None,
            grant_type: None,
            client_id: None,
            service: None,
            method: None,
            path: None,
            probability: None,
            seed: None,
            drawn: 0,
            place: Place::Token,
            times: 1,
            ms: None,
            at_byte: None,
            at_body_byte: None,
            status: None,
            body: None,
            error: None,
            content_type: None,
            retry_after: None,
            retry_after_ms: None,
        }
    }

    /// The connection closes, and not one byte was sent.
    pub fn no_answer() -> Fault {
        Fault::new(FaultKind::NoAnswer)
    }

    /// Nothing is sent, and the connection stays open until the client leaves or so many milliseconds are over.
    pub fn hang(ms: Option<u64>) -> Fault {
        Fault { ms, ..Fault::new(FaultKind::Hang) }
    }

    /// The right answer, so many milliseconds late. `before`: the work waits, and is done even if the client leaves.
    pub fn delay(ms: u64) -> Fault {
        Fault { ms: Some(ms), ..Fault::new(FaultKind::Delay) }
    }

    /// The connection is reset within the answer.
    pub fn reset(at: At) -> Fault {
        Fault::new(FaultKind::Reset).at(at)
    }

    /// The connection is closed in order within the answer, whose `Content-Length` says that more would come.
    pub fn truncate(at: At) -> Fault {
        Fault::new(FaultKind::Truncate).at(at)
    }

    /// This status (200 to 599) instead of the right answer.
    pub fn status(status: u16, body: FaultBody) -> Fault {
        Fault { status: Some(status), body: Some(body), ..Fault::new(FaultKind::Status) }
    }

    /// The right answer with another `Content-Type`, if it is a 200.
    pub fn content_type(content_type: impl Into<String>) -> Fault {
        Fault { content_type: Some(content_type.into()), ..Fault::new(FaultKind::ContentType) }
    }

    /// A 200 without a `refresh_token`. `before`: a refresh leaves the token that was sent as it is; `after`: the new
    /// one exists, and nobody is told.
    pub fn drop_refresh_token() -> Fault {
        Fault::new(FaultKind::DropRefreshToken)
    }

    /// A 200 whose body is no token answer.
    pub fn garbage_200() -> Fault {
        Fault::new(FaultKind::Garbage200)
    }

    fn at(self, at: At) -> Fault {
        match at {
            At::Byte(byte) => Fault { at_byte: Some(byte), ..self },
            At::BodyByte(byte) => Fault { at_body_byte: Some(byte), ..self },
        }
    }

    /// Strikes before anything was done. The default, where it is possible.
    #[must_use]
    pub fn before(self) -> Fault {
        Fault { when: Some(When::Before), ..self }
    }

    /// Strikes when the work is done: tokens are rotated, codes are spent.
    #[must_use]
    pub fn after(self) -> Fault {
        Fault { when: Some(When::After), ..self }
    }

    /// Waits for a request with this `grant_type`.
    #[must_use]
    pub fn only(self, grant_type: impl Into<String>) -> Fault {
        Fault { grant_type: Some(grant_type.into()), ..self }
    }

    /// Waits for a request of this app.
    #[must_use]
    pub fn only_client(self, client_id: impl Into<String>) -> Fault {
        Fault { client_id: Some(client_id.into()), ..self }
    }

    /// Waits for a request at this service, such as `clinical`. Not at the token endpoint, like the next three.
    #[must_use]
    pub fn only_service(self, service: impl Into<String>) -> Fault {
        Fault { service: Some(service.into()), ..self }
    }

    /// Waits for a request with this method.
    #[must_use]
    pub fn only_method(self, method: impl Into<String>) -> Fault {
        Fault { method: Some(method.into()), ..self }
    }

    /// Waits for a request at this path, without the service: as it is sent, or as the operation has it
    /// (`/v1/lab-orders/{order_id}`).
    #[must_use]
    pub fn only_path(self, path: impl Into<String>) -> Fault {
        Fault { path: Some(path.into()), ..self }
    }

    /// Strikes a share of the requests that it waits for, from 0 to 1. Which ones, follows from `seed` alone.
    #[must_use]
    pub fn probability(self, share: f64, seed: u64) -> Fault {
        Fault { probability: Some(share), seed: Some(seed), ..self }
    }

    /// Strikes so many requests, not one.
    #[must_use]
    pub fn times(self, times: u32) -> Fault {
        Fault { times, ..self }
    }

    /// Of a status: the header's value, seconds or not.
    #[must_use]
    pub fn retry_after(self, value: impl Into<String>) -> Fault {
        Fault { retry_after: Some(value.into()), ..self }
    }

    /// Of a status with a JSON body: the member `retry_after_ms`.
    #[must_use]
    pub fn retry_after_ms(self, ms: u64) -> Fault {
        Fault { retry_after_ms: Some(ms), ..self }
    }

    /// Of a status with an OAuth body: this error code instead of the one that fits the status.
    #[must_use]
    pub fn error(self, error: impl Into<String>) -> Fault {
        Fault { error: Some(error.into()), ..self }
    }

    /// `Ok`, or one sentence about the first thing that makes no sense.
    pub(crate) fn check(mut self, place: Place) -> Result<Fault, InvalidFault> {
        self.place = place;
        self.check_place()?;
        self.check_kind()?;
        Ok(self)
    }

    fn check_place(&self) -> Result<(), InvalidFault> {
        let refuse = |text: &str| Err(InvalidFault(text.to_owned()));
        let at_api = self.place == Place::Api;
        for (field, is_given, belongs) in [
            ("grant_type", self.grant_type.is_some(), !at_api),
            ("service", self.service.is_some(), at_api),
            ("method", self.method.is_some(), at_api),
            ("path", self.path.is_some(), at_api),
            ("probability", self.probability.is_some(), at_api),
            ("seed", self.seed.is_some(), at_api && self.probability.is_some()),
        ] {
            if is_given && !belongs {
                let at = if at_api { "there" } else { "at the token endpoint" };
                return refuse(&format!("{field} means nothing {at}."));
            }
        }
        if self.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return refuse("probability must be from 0 to 1.");
        }
        if at_api && self.kind == FaultKind::DropRefreshToken {
            return refuse("The kind drop_refresh_token belongs to the token endpoint.");
        }
        Ok(())
    }

    fn check_kind(&self) -> Result<(), InvalidFault> {
        let refuse = |text: &str| Err(InvalidFault(text.to_owned()));
        let (name, kind) = (self.name(), self.kind);
        let cuts = matches!(kind, FaultKind::Reset | FaultKind::Truncate);
        let is_status = kind == FaultKind::Status;
        for (field, is_given, belongs) in [
            ("ms", self.ms.is_some(), matches!(kind, FaultKind::Delay | FaultKind::Hang)),
            ("at_byte", self.at_byte.is_some(), cuts),
            ("at_body_byte", self.at_body_byte.is_some(), cuts),
            ("status", self.status.is_some(), is_status),
            ("body", self.body.is_some(), is_status),
            ("error", self.error.is_some(), is_status),
            ("content_type", self.content_type.is_some(), is_status || kind == FaultKind::ContentType),
            ("retry_after", self.retry_after.is_some(), is_status),
            ("retry_after_ms", self.retry_after_ms.is_some(), is_status),
        ] {
            if is_given && !belongs {
                return refuse(&format!("{field} means nothing with the kind {name}."));
            }
        }
        let headers = [("content_type", &self.content_type), ("retry_after", &self.retry_after)];
        for (field, value) in headers {
            if value.as_ref().is_some_and(|value| HeaderValue::try_from(value).is_err()) {
                return refuse(&format!("{field} can't be sent as a header."));
            }
        }
        let is_json = matches!(self.body(), FaultBody::Oauth | FaultBody::Api | FaultBody::JsonOther);
        match kind {
            _ if self.times == 0 => refuse("times must be at least 1."),
            FaultKind::Delay if self.ms.is_none() => refuse("The kind delay needs ms."),
            FaultKind::Reset | FaultKind::Truncate if self.at_byte.is_some() == self.at_body_byte.is_some() => {
                refuse(&format!("The kind {name} needs at_byte or at_body_byte."))
            }
            FaultKind::Status if !self.status.is_some_and(|status| (200..600).contains(&status)) => {
                refuse("The kind status needs a status from 200 to 599.")
            }
            FaultKind::Status if self.error.is_some() && !matches!(self.body(), FaultBody::Oauth | FaultBody::Api) => {
                refuse("error needs the body oauth or api.")
            }
            FaultKind::Status if self.retry_after_ms.is_some() && !is_json => {
                refuse("retry_after_ms needs the body oauth, api or json_other.")
            }
            FaultKind::ContentType if self.content_type.is_none() => {
                refuse("The kind content_type needs content_type.")
            }
            FaultKind::ContentType if self.when == Some(When::Before) => {
                refuse("The kind content_type changes the right answer, so it can't strike before the work.")
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            FaultKind::NoAnswer => "no_answer",
            FaultKind::Hang => "hang",
            FaultKind::Delay => "delay",
            FaultKind::Reset => "reset",
            FaultKind::Truncate => "truncate",
            FaultKind::Status => "status",
            FaultKind::ContentType => "content_type",
            FaultKind::DropRefreshToken => "drop_refresh_token",
            FaultKind::Garbage200 => "garbage_200",
        }
    }

    pub(crate) fn strikes_after(&self) -> bool {
        match self.when {
            Some(when) => when == When::After,
            None => self.kind == FaultKind::ContentType,
        }
    }

    pub(crate) fn matches(&self, grant_type: Option<&str>, client_id: Option<&str>) -> bool {
        let fits = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        fits(&self.grant_type, grant_type) && fits(&self.client_id, client_id)
    }

    pub(crate) fn waits_for(&self, met: Met<'_>) -> bool {
        let fits = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let is_path = |wanted: &str| {
            let with_service = |path: &str| wanted == format!("/{}{path}", met.service);
            wanted == met.template || wanted == met.path || with_service(met.template) || with_service(met.path)
        };
        fits(&self.service, met.service)
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(met.method))
            && self.path.as_deref().is_none_or(is_path)
            && (self.client_id.is_none() || self.client_id.as_deref() == met.client_id)
    }

    /// Asks chance, where the fault leaves it to chance.
    pub(crate) fn is_due(&mut self) -> bool {
        let Some(share) = self.probability else {
            return true;
        };
        self.drawn += 1;
        ids::chance(&format!("fault {} {}", self.seed.unwrap_or_default(), self.drawn)) < share
    }

    /// Uses the fault up by one; `false` when that was the last time.
    pub(crate) fn strike(&mut self) -> bool {
        self.times = self.times.saturating_sub(1);
        self.times > 0
    }

    pub(crate) fn ms(&self) -> Option<u64> {
        self.ms
    }

    pub(crate) fn cut_at(&self) -> CutAt {
        self.at_body_byte.map_or(CutAt::Byte(self.at_byte.unwrap_or_default()), CutAt::BodyByte)
    }

    pub(crate) fn ending(&self) -> Ending {
        if self.kind == FaultKind::Reset { Ending::Reset } else { Ending::Close }
    }

    pub(crate) fn status_code(&self) -> StatusCode {
        self.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn body(&self) -> FaultBody {
        self.body.unwrap_or(if self.place == Place::Api { FaultBody::Api } else { FaultBody::Oauth })
    }

    pub(crate) fn is_at_api(&self) -> bool {
        self.place == Place::Api
    }

    pub(crate) fn error_or(&self, fitting: &'static str) -> &str {
        self.error.as_deref().unwrap_or(fitting)
    }

    pub(crate) fn content_type_value(&self) -> Option<HeaderValue> {
        self.content_type.as_ref().and_then(|value| HeaderValue::try_from(value).ok())
    }

    pub(crate) fn retry_after_value(&self) -> Option<HeaderValue> {
        self.retry_after.as_ref().and_then(|value| HeaderValue::try_from(value).ok())
    }

    pub(crate) fn retry_after_ms_value(&self) -> Option<u64> {
        self.retry_after_ms
    }
}
