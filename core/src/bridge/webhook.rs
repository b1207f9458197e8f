//! Webhooks for the bindings: the delivery in, the event as JSON out.

use serde_json::{Map, Value, json};

use crate::config::invalid;
use crate::error::Error;
use crate::secret::Secret;
use crate::webhook::{EVENTS, secrets_of_environment, verify};

/// Checks and reads a delivery. `headers` is a JSON object of texts and lists of texts; `secrets` a JSON text, a list of
/// texts, or null for `LOOP_WEBHOOK_SECRET`.
///
/// The event has a member `known`, the name of its data's record, or null.
pub fn verify_webhook(raw_body: &[u8], headers: &str, secrets: &str) -> Result<String, Error> {
    let headers: Map<String, Value> =
        serde_json::from_str(headers).map_err(|_| invalid("headers", "must be the request's headers"))?;
    let mut pairs = Vec::new();
    for (name, value) in &headers {
        match value {
            Value::String(text) => pairs.push((name.as_str(), text.as_str())),
            Value::Array(list) => pairs.extend(list.iter().filter_map(|text| Some((name.as_str(), text.as_str()?)))),
            _ => {}
        }
    }
    let wrong = || invalid("secret", "must be a text, or a list of texts");
    let secrets = match serde_json::from_str(secrets).map_err(|_| wrong())? {
        Value::Null => secrets_of_environment(),
        Value::String(text) => vec![Secret::from(text.as_str())],
        Value::Array(list) => {
            list.iter().map(|text| text.as_str().map(Secret::from)).collect::<Option<_>>().ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    let event = verify(raw_body, pairs, &secrets)?;
    let known = EVENTS.iter().find(|known| known.name == event.event_type);
    let data = known.and_then(|known| Some((known.data.name, (known.normalize)(&event.data.0)?)));
    let (name, data) = data.map_or((None, event.data.0), |(name, data)| (Some(name), data));
    Ok(json!({
        "id": event.id,
        "type": event.event_type,
        "user_id": event.user_id,
        "client_id": event.client_id,
        "occurred_at": event.occurred_at,
        "attempt": event.attempt,
        "data": data,
        "known": name,
    })
    .to_string())
}
