//! Publishing events.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answers::ApiError;
use crate::api::{self, Body, Caller};
use crate::audit::{self, Event};
use crate::ids;
use crate::openapi::JsonObject;
use crate::seed;
use crate::state::Shared;

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::default().routes(routes!(publish))
}

/// An event to publish.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewEvent {
    /// `<domain>.<thing>.<action>.v<N>`.
    name: String,
    #[schema(value_type = Object)]
    payload: JsonObject,
    correlation_id: Option<String>,
    source: Option<String>,
    brand_id: Option<String>,
}

/// An event that was published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublishedEvent {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    status: EventStatus,
    #[schema(format = DateTime)]
    ts: String,
}

/// How far an event has come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventStatus {
    Published,
    /// Not in the sandbox.
    #[allow(dead_code, reason = "the platform has it; here nothing waits")]
    Queued,
}

/// Publish an event
#[utoipa::path(
    post, path = "/v1/events", operation_id = "events.publish",
    security(("machine" = ["admin:clinical"])), request_body = NewEvent,
    responses((status = 201, body = PublishedEvent), (status = 422, description = "The name is not of the right form"))
)]
pub(crate) async fn publish(
    Extract(state): Extract<Shared>,
    caller: Caller,
    Body(asked): Body<NewEvent>,
) -> Result<Response, ApiError> {
    if let Some(brand_id) = &asked.brand_id {
        caller.brand(brand_id)?;
    }
    if !is_event_name(&asked.name) {
        let text = "name must be <domain>.<thing>.<action>.v<N>, such as clinical.biomarker.parsed.v1.";
        return Err(ApiError::unprocessable(text));
    }
    let id = ids::uuid()?;
    // An event about a person says so in its payload, and then their apps may hear of it.
    let about = ["user_id", "patient_id"].iter().find_map(|key| asked.payload.get(*key)?.as_str());
    let user_id = about.and_then(seed::by_id).map(|person| person.user_id.to_owned());
    api::write(&state, &caller, StatusCode::CREATED, |db, audit| {
        let event = Event { name: asked.name, user_id, payload: json!(asked.payload) };
        audit::publish(db, &state, audit.now, &id, &event)?;
        let details = json!({ "correlation_id": asked.correlation_id, "source": asked.source });
        audit.note("events.event.published", "event", &id, details);
        Ok(PublishedEvent { id, name: event.name, status: EventStatus::Published, ts: crate::time_text(audit.now) })
    })
}

fn is_event_name(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let is_word = |part: &&&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let [words @ .., version] = parts.as_slice() else {
        return false;
    };
    let number = version.strip_prefix('v').unwrap_or_default();
    words.len() >= 3 && words.iter().all(|word| is_word(&word)) && number.parse::<u32>().is_ok_and(|number| number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_name_has_three_words_and_a_version() {
        for right in
            ["clinical.biomarker.parsed.v1", "patient_graph.encounter.recorded.v12", "subscription.a.tier_changed.v2"]
        {
            assert!(is_event_name(right), "{right}");
        }
        for wrong in
            ["", "v1", "clinical.parsed.v1", "clinical.biomarker.parsed", "Clinical.a.b.v1", "a.b.c.v0", "a..c.d.v1"]
        {
            assert!(!is_event_name(wrong), "{wrong}");
        }
    }
}
