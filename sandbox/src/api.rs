//! What the handlers of the services share: who calls, what was sent, and how a write is done.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use rusqlite::Transaction;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answers::ApiError;
use crate::audit::{Actor, Audit};
use crate::idempotency::{self, Kept, Key};
use crate::seed::{self, BRAND, Person};
use crate::state::State;

/// Whose token a request came with. Put on it by the gate, which has checked the scope.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) client_id: String,
    /// `None`: a machine.
    pub(crate) person: Option<&'static Person>,
    /// Separated by spaces.
    pub(crate) scopes: String,
    /// The operation's service: `clinical`.
    pub(crate) service: &'static str,
    pub(crate) request_id: String,
    /// Where the answer is kept for a repeated request.
    pub(crate) key: Option<Key>,
}

impl Caller {
    /// As the audit log names them.
    pub(crate) fn actor(&self) -> Actor<'_> {
        match self.person {
            Some(person) => Actor::user(person.user_id, &self.client_id, self.service, &self.request_id),
            None => Actor::client(&self.client_id, self.service, &self.request_id),
        }
    }

    /// The person whose token it is.
    pub(crate) fn me(&self) -> Result<&'static Person, ApiError> {
        self.person.ok_or_else(no_such_person)
    }

    /// The person of this id, if the caller may know of them: the id in their records, or their user id.
    pub(crate) fn patient(&self, id: &str) -> Result<&'static Person, ApiError> {
        let found = seed::by_id(id).ok_or_else(no_such_person)?;
        let may_see = match self.person {
            Some(me) => me.user_id == found.user_id,
            // Rows belong to a brand: who has joined none has an account, and no record.
            None => found.brand_id.is_some() || self.service == "identity",
        };
        if may_see { Ok(found) } else { Err(no_such_person()) }
    }

    /// Every record here belongs to one brand.
    #[allow(clippy::unused_self, reason = "a caller has a brand; here it is everybody's")]
    pub(crate) fn brand(&self, brand_id: &str) -> Result<(), ApiError> {
        if brand_id == BRAND {
            return Ok(());
        }
        let text = format!("Your token belongs to the brand \"{BRAND}\", not to the one that you named.");
        Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", text))
    }

    /// As [`Caller::patient`], for a request that names the brand too.
    pub(crate) fn patient_of_brand(&self, id: &str, brand_id: &str) -> Result<&'static Person, ApiError> {
        self.brand(brand_id)?;
        self.patient(id)
    }
}

/// Also the answer about a person whom the caller may not see: it must not say that they exist.
fn no_such_person() -> ApiError {
    ApiError::not_found("There is no such person, or your token does not open their records.")
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, ApiError> {
        // A route that the gate does not know has no caller, and so answers nobody.
        parts.extensions.get::<Caller>().cloned().ok_or_else(unauthenticated)
    }
}

pub(crate) fn unauthenticated() -> ApiError {
    let text = "Send an access token: Authorization: Bearer …";
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthenticated", text).challenge("Bearer")
}

/// A JSON body; one that does not fit is a `validation_error`.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, ApiError> {
        let body: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        body.map(|Json(value)| Body(value)).map_err(|rejection| ApiError::validation(rejection.body_text()))
    }
}

/// The query; one that does not fit is a `validation_error`.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, ApiError> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(value)| Asked(value)).map_err(|rejection| ApiError::validation(rejection.body_text()))
    }
}

/// A part of the path, decoded; one that can't be names nothing.
#[derive(Debug)]
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<At<T>, ApiError> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(value)| At(value)).map_err(|_| ApiError::not_found("The path names nothing."))
    }
}

/// Does a write: what it changes, its audit rows, and the answer kept for its `Idempotency-Key`, in one transaction.
pub(crate) fn write<T: Serialize>(
    state: &State,
    caller: &Caller,
    status: StatusCode,
    work: impl FnOnce(&Transaction<'_>, &mut Audit) -> Result<T, ApiError>,
) -> Result<Response, ApiError> {
    write_with_secret(state, caller, status, |_| Ok(None), work)
}

/// As [`write`], of an answer that holds a secret: `kept` is what a repeated request is told instead.
pub(crate) fn write_with_secret<T: Serialize>(
    state: &State,
    caller: &Caller,
    status: StatusCode,
    kept: impl FnOnce(&T) -> Result<Option<Kept>, ApiError>,
    work: impl FnOnce(&Transaction<'_>, &mut Audit) -> Result<T, ApiError>,
) -> Result<Response, ApiError> {
    let text = state.store.try_write(|db| {
        let mut audit = Audit::at(state.now());
        let answer = work(db, &mut audit)?;
        let audit_now = audit.now;
        audit.record(db, state, caller.actor())?;
        let text = if status == StatusCode::NO_CONTENT { String::new() } else { serde_json::to_string(&answer)? };
        if let Some(key) = &caller.key {
            let kept = kept(&answer)?.unwrap_or_else(|| Kept::Answer(text.clone()));
            idempotency::keep(db, audit_now, key, status, &kept)?;
        }
        Ok::<_, ApiError>(text)
    })?;
    state.stats.add(|stats| stats.api_writes_done += 1);
    if status == StatusCode::NO_CONTENT {
        return Ok(status.into_response());
    }
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response())
}

/// A time that was sent, in the form in which all times are given back: UTC, RFC 3339.
pub(crate) fn time(field: &str, text: &str) -> Result<String, ApiError> {
    let wrong = || ApiError::validation(format!("{field} must be a time of RFC 3339, such as 2026-05-22T12:34:56Z."));
    if !has_form_of_rfc_3339(text) {
        return Err(wrong());
    }
    let at: Timestamp = text.parse().map_err(|_| wrong())?;
    let text = at.to_string();
    // In UTC the first hours of the year 0 lie before it, and years before it have another form.
    if text.starts_with('-') { Err(wrong()) } else { Ok(text) }
}

/// `2026-05-22T12:34:56Z`, with a fraction or another offset. The parser alone takes more: expanded years, no seconds,
/// names of time zones.
fn has_form_of_rfc_3339(text: &str) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else {
        return false;
    };
    let Some((time, rest)) = rest.split_at_checked(9) else {
        return false;
    };
    let is_like = |text: &str, form: &str| {
        let fits = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
        text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
    };
    let fraction = rest.strip_prefix('.').map(|rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    let zone = match fraction {
        Some(zone) if rest.len() - zone.len() < 2 => return false,
        Some(zone) => zone,
        None => rest,
    };
    is_like(date, "0000-00-00")
        && is_like(&time.to_ascii_uppercase(), "T00:00:00")
        && (zone.eq_ignore_ascii_case("z") || is_like(zone, "+00:00") || is_like(zone, "-00:00"))
}

/// A date that was sent.
pub(crate) fn date(field: &str, text: &str) -> Result<jiff::civil::Date, ApiError> {
    // `parse` alone also takes a whole time, and an expanded year.
    let parsed = jiff::civil::Date::strptime("%Y-%m-%d", text);
    parsed.map_err(|_| ApiError::validation(format!("{field} must be a date such as 2026-05-22.")))
}

/// A text that must say something.
pub(crate) fn said(field: &str, text: &str) -> Result<(), ApiError> {
    if text.trim().is_empty() { Err(ApiError::validation(format!("{field} must not be empty."))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_that_of_rfc_3339_and_comes_back_in_utc() {
        for (sent, back) in [
            ("2026-05-22T12:34:56Z", "2026-05-22T12:34:56Z"),
            ("2026-05-22t12:34:56.25z", "2026-05-22T12:34:56.25Z"),
            ("2020-01-01T00:00:00+02:00", "2019-12-31T22:00:00Z"),
        ] {
            assert_eq!(time("at", sent).ok().as_deref(), Some(back), "{sent}");
        }
        for wrong in [
            "",
            "2026-05-22",
            "2026-05-22T12:34Z",
            "2026-05-22T12:34:56",
            "2026-05-22 12:34:56Z",
            "20260522T123456Z",
            "+002026-05-22T00:00:00Z",
            "-000001-01-01T00:00:00Z",
            "0000-01-01T00:00:00+10:00",
            "2026-02-30T00:00:00Z",
            "2026-05-22T12:34:56.Z",
            "2026-05-22T12:34:56+02:00[Europe/Berlin]",
            "2026-05-22T25:00:00Z",
            "٢٠٢٦-05-22T12:34:56Z",
        ] {
            assert!(time("at", wrong).is_err(), "{wrong}");
        }
    }
}
