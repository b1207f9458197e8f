//! Faults: what a test can order. What makes no sense is in check.rs, which request a fault strikes in strikes.rs, and
//! what is sent then in spoil.rs.

mod check;
mod strikes;

use serde::{Deserialize, Deserializer, Serialize};

pub(crate) use self::strikes::Met;

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
}
