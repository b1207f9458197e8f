//! The data of webhook events, as far as the platform describes it.

use loop_sdk_macros::model;

use super::Json;

/// A lab report was uploaded.
#[model(plural = "events")]
pub struct BloodworkUploaded {
    /// The report.
    pub bloodwork_id: String,
    /// The person.
    pub patient_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// The file's name; null where none was given.
    pub file_name: Option<String>,
    /// `application/pdf` or `application/json`.
    #[safe("says which format a file has, nothing of what it says")]
    pub content_type: String,
    /// Where it came from.
    pub source: String,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// When (RFC 3339).
    pub uploaded_at: String,
}

/// A lab result needs somebody to look at once.
#[model(plural = "events")]
pub struct LabResultCritical {
    /// The person.
    pub patient_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// The lab order; null where there is none.
    pub order_id: Option<String>,
    /// Codes of the critical markers.
    pub biomarker_codes: Vec<String>,
    /// How many there are.
    pub critical_marker_count: i64,
    /// `labtest.result.ready` or `labtest.result.critical`.
    pub source_event_type: String,
    /// When the laboratory said so (RFC 3339).
    pub reported_at: String,
}

/// A vial was reconstituted.
#[model(plural = "events")]
pub struct VialCreated {
    /// The vial.
    pub vial_id: String,
    /// The person.
    pub user_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// The peptide in it.
    pub peptide_id: String,
    /// The peptide's name for people.
    pub peptide_name: String,
    /// When it was reconstituted (RFC 3339).
    pub reconstituted_at: String,
    /// Until when it is good (RFC 3339).
    pub expires_at: String,
}

/// A membership has earned its bonus.
#[model(plural = "events")]
pub struct BonusEligible {
    /// The lock that lapsed.
    pub lock_id: String,
    /// The membership.
    pub membership_id: String,
    /// The person.
    pub user_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// The subscription.
    pub subscription_id: String,
    /// The tier.
    pub tier: String,
    /// When the lock began (RFC 3339).
    pub locked_at: String,
    /// When it lapsed (RFC 3339).
    pub released_at: String,
}

/// A subscription's plan has changed.
#[model(plural = "events")]
pub struct SubscriptionTierChanged {
    /// The subscription.
    pub subscription_id: String,
    /// Who pays.
    pub customer_id: String,
    /// The plan before; null for none.
    pub previous_plan_id: Option<String>,
    /// The plan now.
    pub new_plan_id: String,
    /// The subscription's id at Stripe.
    pub stripe_subscription_id: String,
    /// When (RFC 3339).
    pub changed_at: String,
}

/// A membership's tier has changed.
#[model(plural = "events")]
pub struct MembershipTierChanged {
    /// The person.
    pub user_id: String,
    /// The tier now.
    pub tier: String,
    /// The tier before; null for none.
    pub previous_tier: Option<String>,
}

/// A person met a clinician.
#[model(plural = "events")]
pub struct EncounterRecorded {
    /// The encounter.
    pub encounter_id: String,
    /// The person.
    pub patient_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// What kind of encounter it was.
    pub encounter_type: String,
    /// When it was recorded (RFC 3339).
    pub recorded_at: String,
}

/// A person should dispose of sharps.
#[model(plural = "events")]
pub struct SharpsReminderRequested {
    /// The person.
    pub patient_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// The person's account.
    pub user_id: String,
    /// The peptide.
    pub peptide_id: String,
    /// The protocol.
    pub protocol_id: String,
    /// How many doses were taken.
    pub taken_dose_count: i64,
}

/// A notification was made.
#[model(plural = "events")]
pub struct NotificationCreated {
    /// The notification.
    pub id: String,
    /// The person's brand.
    pub brand_id: String,
    /// The person.
    pub person_id: String,
    /// How it is sent.
    pub channel: String,
    /// What it is about.
    pub category: String,
    /// Its first line.
    pub title: String,
    /// Its text; null where the title is all.
    pub body: Option<String>,
    /// Where it leads; null where it leads nowhere.
    pub action_url: Option<String>,
    /// When it was read (RFC 3339); null until then.
    pub read_at: Option<String>,
    /// When it was made (RFC 3339).
    pub created_at: String,
}

/// A message is to be sent.
#[model(plural = "events")]
pub struct MessageSendRequested {
    /// The message.
    pub message_id: String,
    /// `email`, `sms`, `push` or `in_app`.
    pub channel: String,
    /// The template.
    pub template_key: String,
    /// Who gets it.
    pub recipient: String,
    /// The brand.
    pub brand_id: String,
    /// What goes into the template: JSON, not fixed by the platform.
    pub variables: Json,
    /// Who asked for it.
    pub requested_by: String,
    /// When (RFC 3339).
    pub requested_at: String,
}

/// Something happened in a live stream.
#[model(plural = "events")]
pub struct LiveStreamEvent {
    /// What happened.
    pub event_type: String,
    /// The session; null where there is none.
    pub session_id: Option<String>,
    /// The brand; null where there is none.
    pub brand_id: Option<String>,
    /// The call; null where there is none.
    pub stream_call_id: Option<String>,
    /// When (RFC 3339).
    pub occurred_at: String,
    /// JSON, not fixed by the platform.
    pub payload: Json,
}

/// Where a person's screening stands has changed.
#[model(plural = "events")]
pub struct ScreeningStatusChanged {
    /// The person.
    pub person_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// Where it stood; null at the beginning.
    pub previous_status: Option<String>,
    /// Where it stands.
    pub new_status: String,
    /// Who changed it.
    pub changed_by: String,
    /// When (RFC 3339).
    pub changed_at: String,
}
