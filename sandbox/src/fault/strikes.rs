//! Which request a fault strikes, and what it says of the answer.

use axum::http::{HeaderValue, StatusCode};

use super::{Fault, FaultBody, FaultKind, Place};
use crate::ids;
use crate::wire::{CutAt, Ending};

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

impl Fault {
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
