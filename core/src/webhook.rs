//! Webhooks: whether a delivery comes from Loop, and what it says. Pure: bytes and headers in, an event out.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

use crate::config::missing;
use crate::error::{Code, Error};
use crate::model::{
    BloodworkUploaded, BonusEligible, EncounterRecorded, Json, LabResultCritical, LiveStreamEvent,
    MembershipTierChanged, MessageSendRequested, NotificationCreated, ScreeningStatusChanged, SharpsReminderRequested,
    SubscriptionTierChanged, VialCreated,
};
use crate::schema::{Model, ModelSchema};
use crate::secret::Secret;
use crate::sys;

/// The headers of a delivery.
pub const SIGNATURE_HEADER: &str = "x-loop-signature";
/// Names the event; the same in every attempt.
pub const EVENT_ID_HEADER: &str = "x-loop-event-id";
/// The event's type.
pub const EVENT_TYPE_HEADER: &str = "x-loop-event-type";
/// Which attempt this is, from 1.
pub const ATTEMPT_HEADER: &str = "x-loop-delivery-attempt";

/// An event that Loop delivered. It prints without what it is about.
///
/// A delivery may come more than once, and an old one may be sent again by whoever saw it: there is no time in the
/// signature. Handle each [`id`](Self::id) once, as [`claim_event`](crate::LoopClient::claim_event) helps to do. Events of
/// one person come in order; those of different people need not.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct WebhookEvent {
    /// Identifies the event: the key to handle it once.
    pub id: String,
    /// Its type with its version, for instance `clinical.biomarker.parsed.v1`.
    pub event_type: String,
    /// The person it is about; none where it is about nobody.
    pub user_id: Option<String>,
    /// The app that it was sent to.
    pub client_id: Option<String>,
    /// When it happened (RFC 3339).
    pub occurred_at: String,
    /// Which attempt this is, from 1; none where the header is not there.
    pub attempt: Option<u32>,
    /// What it says, whole.
    pub data: Json,
}

impl std::fmt::Debug for WebhookEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The type says what was measured or done, but neither of whom nor with which result.
        write!(f, "<WebhookEvent {} {}: values hidden>", self.event_type, self.id)
    }
}

impl WebhookEvent {
    /// What it says as a record, where the type is that record's and this version of the SDK can read it.
    pub fn data<T: EventData>(&self) -> Option<T> {
        if self.event_type == T::EVENT_TYPE { serde_json::from_value(self.data.0.clone()).ok() } else { None }
    }
}

/// A record that is the data of an event.
pub trait EventData: Model {
    /// The event's type.
    const EVENT_TYPE: &'static str;
}

/// An event type that the platform describes.
#[derive(Debug)]
pub struct EventSchema {
    /// For instance `clinical.bloodwork.uploaded.v1`.
    pub name: &'static str,
    /// The constant's name in every language, for instance `CLINICAL_BLOODWORK_UPLOADED_V1`.
    pub constant: &'static str,
    /// What its data looks like.
    pub data: &'static ModelSchema,
    /// Decodes its data and writes it in the one JSON form; none where it is not what it should be.
    pub normalize: fn(&serde_json::Value) -> Option<serde_json::Value>,
}

/// Checks a delivery, and reads it.
///
/// `raw_body` is the body as it came, before anything parsed it; `headers` are all of the request's. `secrets` are the
/// signing secrets, two while one is being changed.
pub fn verify<'a>(
    raw_body: &[u8],
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    secrets: &[Secret],
) -> Result<WebhookEvent, Error> {
    let headers: Vec<(String, &str)> =
        headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let header = |wanted: &str| {
        let mut values = headers.iter().filter(|(name, _)| name == wanted).map(|(_, value)| *value);
        (values.next(), values.next().is_some())
    };
    let signature = match header(SIGNATURE_HEADER) {
        (Some(value), false) => value,
        (None, _) => return Err(bad_signature("The delivery has no X-Loop-Signature")),
        (Some(_), true) => return Err(bad_signature("The delivery has several X-Loop-Signature headers")),
    };
    if secrets.is_empty() || secrets.iter().any(|secret| secret.expose().is_empty()) {
        return Err(missing("secret", "LOOP_WEBHOOK_SECRET"));
    }
    let given = decode_hex(signature)
        .ok_or_else(|| bad_signature("X-Loop-Signature is not 64 hexadecimal digits, as HMAC-SHA256 has"))?;
    if !is_signed(raw_body, &given, secrets) {
        return Err(bad_signature(
            "X-Loop-Signature does not fit the body: check the signing secret, and that the body is what came, byte for byte",
        ));
    }
    let event = read(raw_body)?;
    // The signature covers the body alone: headers that say something else were changed on the way.
    for (name, own) in [(EVENT_ID_HEADER, &event.id), (EVENT_TYPE_HEADER, &event.event_type)] {
        if matches!(header(name), (Some(value), _) if value != own.as_str()) {
            return Err(malformed("its headers name another event than its body"));
        }
    }
    let attempt = header(ATTEMPT_HEADER).0.and_then(|value| value.parse().ok()).filter(|attempt| *attempt > 0);
    Ok(WebhookEvent { attempt, ..event })
}

/// The secrets of `LOOP_WEBHOOK_SECRET`: two, separated by a space, while one is being changed.
pub fn secrets_of_environment() -> Vec<Secret> {
    let text = sys::environment_variable("LOOP_WEBHOOK_SECRET").unwrap_or_default();
    text.split_whitespace().map(Secret::from).collect()
}

fn is_signed(body: &[u8], given: &[u8; 32], secrets: &[Secret]) -> bool {
    let mut fits = Choice::from(0);
    // Every secret is tried, so that time does not tell which one fits.
    for secret in secrets {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { continue };
        mac.update(body);
        fits |= mac.finalize().into_bytes().as_slice().ct_eq(given);
    }
    fits.into()
}

/// Both cases are the same digits.
fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = [0; 32];
    for (pair, byte) in digits.chunks_exact(2).zip(&mut out) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(out)
}

fn read(body: &[u8]) -> Result<WebhookEvent, Error> {
    #[derive(Deserialize)]
    struct Raw {
        id: String,
        #[serde(rename = "type")]
        event_type: String,
        user_id: Option<String>,
        client_id: Option<String>,
        occurred_at: String,
        #[serde(default)]
        data: Json,
    }
    let raw: Raw = serde_json::from_slice(body).map_err(|_| malformed("its body is not an event"))?;
    if !is_name(&raw.id) || !is_name(&raw.event_type) {
        return Err(malformed("its id or type is not a name: 1 to 200 letters, digits and . _ - :"));
    }
    let Raw { id, event_type, user_id, client_id, occurred_at, data } = raw;
    Ok(WebhookEvent { id, event_type, user_id, client_id, occurred_at, attempt: None, data })
}

fn bad_signature(why: &str) -> Error {
    Error::new(Code::WebhookSignature, format!("{why}. Answer with 401, and do not handle it."))
}

fn malformed(why: &str) -> Error {
    Error::new(Code::WebhookMalformed, format!("The delivery is signed, but {why}. Answer with 400."))
}

/// Every language prints ids and types, and applications log them.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    (1..=200).contains(&text.len()) && text.bytes().all(is_plain)
}

macro_rules! events {
    ($($constant:ident = $name:literal, $model:ident;)+) => {
        $(impl EventData for $model {
            const EVENT_TYPE: &'static str = $name;
        })+

        /// The types of events, to compare [`WebhookEvent::event_type`] with.
        pub mod event_names {
            $(
                #[doc = concat!("Its data is a [`", stringify!($model), "`](crate::model::", stringify!($model), ").")]
                pub const $constant: &str = $name;
            )+
        }

        /// Every event type whose data the platform describes. Others are kept as they came.
        pub static EVENTS: &[EventSchema] = &[$(EventSchema {
            name: $name,
            constant: stringify!($constant),
            data: <$model as Model>::SCHEMA,
            normalize: normalize::<$model>,
        }),+];
    };
}

fn normalize<T: Model>(data: &serde_json::Value) -> Option<serde_json::Value> {
    serde_json::from_value::<T>(data.clone()).ok().and_then(|data| serde_json::to_value(data).ok())
}

// The one table: constants, records and the other languages' constants are generated from it.
events! {
    CLINICAL_BLOODWORK_UPLOADED_V1 = "clinical.bloodwork.uploaded.v1", BloodworkUploaded;
    CLINICAL_LAB_RESULT_CRITICAL_V1 = "clinical.lab_result.critical.v1", LabResultCritical;
    CLINICAL_VIAL_CREATED_V1 = "clinical.vial.created.v1", VialCreated;
    MEMBERSHIP_BONUS_ELIGIBLE_V1 = "membership.bonus.eligible.v1", BonusEligible;
    SUBSCRIPTION_TIER_CHANGED_V1 = "subscription.tier_changed.v1", SubscriptionTierChanged;
    MEMBERSHIP_TIER_CHANGED_V1 = "membership.tier.changed.v1", MembershipTierChanged;
    PATIENT_GRAPH_ENCOUNTER_RECORDED_V1 = "patient_graph.encounter.recorded.v1", EncounterRecorded;
    PATIENT_GRAPH_ADHERENCE_SHARPS_REMINDER_REQUESTED_V1 = "patient_graph.adherence.sharps_reminder_requested.v1", SharpsReminderRequested;
    COMMS_NOTIFICATION_CREATED_V1 = "comms.notification.created.v1", NotificationCreated;
    COMMS_MESSAGE_SEND_REQUESTED_V1 = "comms.message.send_requested.v1", MessageSendRequested;
    LIVE_STREAM_EVENT_V1 = "live.stream.event.v1", LiveStreamEvent;
    OPS_INBOX_SCREENING_STATUS_CHANGED_V1 = "ops.inbox.screening_status_changed.v1", ScreeningStatusChanged;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_named_after_its_event() {
        for event in EVENTS {
            assert_eq!(event.constant, event.name.replace('.', "_").to_uppercase());
        }
        assert_eq!(event_names::CLINICAL_BLOODWORK_UPLOADED_V1, BloodworkUploaded::EVENT_TYPE);
    }
}
