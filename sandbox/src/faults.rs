//! Wrong answers on order: what a test has asked for and has not yet been used up.

use std::collections::{BTreeMap, VecDeque};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::answers::{ApiError, NotedError};
use crate::fault::{Fault, Met};
use crate::id_token::IdTokenFault;

/// Each queue holds what the next such event gets, first come first served.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) id_tokens: VecDeque<IdTokenFault>,
    pub(crate) token_answers: VecDeque<CannedAnswer>,
    pub(crate) at_token: VecDeque<Fault>,
    pub(crate) at_api: VecDeque<Fault>,
}

impl Faults {
    pub(crate) fn next_id_token(&mut self) -> IdTokenFault {
        self.id_tokens.pop_front().unwrap_or_default()
    }

    /// The first fault in the queue that waits for such a request, used up by one.
    pub(crate) fn next_token_fault(&mut self, grant_type: Option<&str>, client_id: Option<&str>) -> Option<Fault> {
        let position = self.at_token.iter().position(|fault| fault.matches(grant_type, client_id))?;
        used(&mut self.at_token, position)
    }

    /// As above, at any other route.
    pub(crate) fn next_api_fault(&mut self, met: Met<'_>) -> Option<Fault> {
        let position = self.at_api.iter_mut().position(|fault| fault.waits_for(met) && fault.is_due())?;
        used(&mut self.at_api, position)
    }
}

fn used(queue: &mut VecDeque<Fault>, position: usize) -> Option<Fault> {
    let queued = queue.get_mut(position)?;
    let fault = queued.clone();
    if !queued.strike() {
        queue.remove(position);
    }
    Some(fault)
}

/// An answer that replaces the real one before anything was done with the request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CannedAnswer {
    status: u16,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl CannedAnswer {
    /// Refuses what could not be sent, when it is asked for and not when it is due.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        self.build().map(drop)
    }

    fn build(&self) -> Result<Response, ApiError> {
        let status = StatusCode::from_u16(self.status)
            .map_err(|_| ApiError::validation(format!("{} is no HTTP status.", self.status)))?;
        let mut answer = Response::new(Body::from(self.body.clone()));
        *answer.status_mut() = status;
        let content_type = self.content_type.iter().map(|value| ("content-type", value));
        for (name, value) in content_type.chain(self.headers.iter().map(|(name, value)| (name.as_str(), value))) {
            let bad = || ApiError::validation(format!("The header \"{name}\" can't be sent."));
            let header = HeaderName::try_from(name).map_err(|_| bad())?;
            answer.headers_mut().insert(header, HeaderValue::try_from(value).map_err(|_| bad())?);
        }
        answer.extensions_mut().insert(NotedError("sandbox_canned_answer".to_owned()));
        Ok(answer)
    }
}

impl IntoResponse for CannedAnswer {
    fn into_response(self) -> Response {
        self.build().unwrap_or_else(IntoResponse::into_response)
    }
}
