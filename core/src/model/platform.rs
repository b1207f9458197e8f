//! Records of the smaller services: integrations, membership, entitlements, notifications, events, extraction, webhooks.

use loop_sdk_macros::model;

use super::Json;
use super::decimal::written;

/// Where to send a person who wants to connect a provider.
#[model(plural = "connection_authorizations")]
pub struct ConnectionAuthorization {
    /// Send the person's browser there.
    pub url: String,
    /// Comes back with the person, to be compared.
    pub state: String,
}

/// A provider that a person has connected.
#[model(camel_case, plural = "connections")]
pub struct Connection {
    /// Identifies the connection.
    pub id: String,
    /// The person.
    pub user_id: String,
    /// Identifies the provider.
    pub provider_id: String,
    /// The provider's name in addresses, for instance `oura`.
    pub provider_slug: String,
    /// Whether data arrives.
    pub status: String,
    /// When data last arrived (RFC 3339); null if it never did.
    pub last_sync_at: Option<String>,
    /// When it was connected (RFC 3339).
    pub created_at: String,
}

/// One fetching of a provider's data.
#[model(camel_case)]
pub struct SyncRun {
    /// Identifies the run.
    pub id: String,
    /// The connection whose data was fetched.
    pub connection_id: String,
    /// How far it has come.
    #[safe("how far our processing has come, not what it found")]
    pub status: String,
    /// How many records were read.
    #[safe("a number of records, not what they say")]
    pub records_processed: i64,
    /// What went wrong, in words.
    pub errors: Vec<String>,
    /// When it ended (RFC 3339); null while it runs.
    pub completed_at: Option<String>,
}

/// A lab order as the integrations service keeps it. The clinical service has a record of its own.
#[model(plural = "lab_orders")]
pub struct IntegrationLabOrder {
    /// Identifies the order.
    pub id: String,
    /// The brand it was placed under.
    pub brand_id: String,
    /// The person who placed it.
    pub user_id: String,
    /// The person it is for; null where that is not known yet.
    pub patient_id: Option<String>,
    /// What was ordered.
    pub panel_slug: String,
    /// The laboratory's own id of the order.
    pub junction_order_id: String,
    /// How far the order has come.
    #[safe("how far the order has come, not what was ordered or found")]
    pub status: String,
    /// What it costs, in the smallest unit of `currency`; null where it is not told.
    pub total_cents: Option<i64>,
    /// ISO 4217, for instance `USD`; null where no price is told.
    pub currency: Option<String>,
    /// The parcel's number; null where nothing was sent.
    pub tracking_number: Option<String>,
    /// The report with its results; null until there is one.
    pub result_bloodwork_id: Option<String>,
    /// When it was placed (RFC 3339).
    pub created_at: String,
    /// When it was last changed (RFC 3339).
    pub updated_at: String,
    /// When the results were there (RFC 3339); null until then.
    pub completed_at: Option<String>,
}

/// A person's membership of a brand.
#[model]
pub struct Membership {
    /// Identifies the membership.
    pub id: String,
    /// The person.
    pub user_id: String,
    /// The brand.
    pub brand_id: String,
    /// The tier, for instance `basic`, `plus` or `premium`.
    pub tier: String,
    /// Where it stands, for instance `active`.
    pub state: String,
    /// What pays for it; null for nothing.
    pub subscription_id: Option<String>,
    /// Whether the person has what the tier gives.
    pub has_access: bool,
    /// When it began (RFC 3339).
    pub created_at: String,
    /// When it was last changed (RFC 3339).
    pub updated_at: String,
}

/// A change of a membership's state.
#[model(plural = "transitions")]
pub struct MembershipTransition {
    /// The state before; null at the beginning.
    pub from_state: Option<String>,
    /// The state afterwards.
    pub to_state: String,
    /// What changed it.
    pub trigger: String,
    /// Why; null where nobody said.
    pub reason: Option<String>,
    /// When (RFC 3339).
    pub created_at: String,
}

/// Whether a person's membership may be converted.
#[model(plural = "conversion_eligibilities")]
pub struct ConversionEligibility {
    /// The person.
    pub user_id: String,
    /// Whether it may.
    pub eligible: bool,
    /// How many locks are still to lapse.
    pub pending_locks: i64,
    /// What stands in the way, or did.
    pub locks: Vec<ConversionLock>,
}

/// What keeps a membership from being converted for some time.
#[model(plural = "locks")]
pub struct ConversionLock {
    /// Identifies the lock.
    pub lock_id: String,
    /// The subscription it holds.
    pub subscription_id: String,
    /// Where it stands.
    pub status: String,
    /// When it began (RFC 3339).
    pub locked_at: String,
    /// When it lapses (RFC 3339).
    pub expires_at: String,
}

/// What a person's tier gives them.
#[model(plural = "entitlements")]
pub struct Entitlements {
    /// The person.
    pub user_id: String,
    /// The tier.
    pub tier: String,
    /// The brand.
    pub brand_id: String,
    /// The names of the features.
    pub features: Vec<String>,
}

/// What a person is entitled to, and where that comes from.
#[model]
pub struct EntitlementPreview {
    /// The person.
    pub user_id: String,
    /// The tier; null where the person has none.
    pub tier: Option<String>,
    /// The brand; null where none was asked for.
    pub brand_id: Option<String>,
    /// The names of the features.
    pub entitlements: Vec<String>,
    /// Where they come from.
    pub sources: EntitlementSources,
}

/// Where entitlements come from.
#[model(plural = "entitlement_sources")]
pub struct EntitlementSources {
    /// From the tier.
    pub tier: Vec<String>,
    /// Given by hand.
    pub manual_grants: Vec<String>,
    /// From a cohort.
    pub cohorts: Vec<String>,
}

/// A notification to a person.
#[model]
pub struct Notification {
    /// Identifies the notification.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its first line.
    pub title: String,
    /// Its text; null where the title is all.
    pub body: Option<String>,
    /// Where it leads; null where it leads nowhere.
    pub link: Option<String>,
    /// When it was read (RFC 3339); null until then.
    pub read_at: Option<String>,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// JSON, not fixed by the platform.
    pub metadata: Json,
}

/// An event that was handed in.
#[model]
pub struct PublishedEvent {
    /// Identifies the event.
    pub id: String,
    /// Its name, with its version.
    pub name: String,
    /// Whether it is out, or waits.
    #[safe("how far our processing has come")]
    pub status: EventStatus,
    /// When it was taken (RFC 3339).
    pub ts: String,
}

/// Whether an event is out.
#[model(plural = "event_statuses")]
pub enum EventStatus {
    /// It is out.
    Published,
    /// It waits.
    Queued,
}

/// What was read from a document of a laboratory.
#[model]
pub struct ExtractedBloodwork {
    /// The laboratory; null where it was not recognised.
    pub lab_vendor: Option<String>,
    /// When the sample was taken (RFC 3339); null where the document does not say.
    pub collected_at: Option<String>,
    /// The results that it shows.
    pub biomarkers: Vec<ExtractedBiomarker>,
}

/// One result that a document shows.
#[model]
pub struct ExtractedBiomarker {
    /// The marker's name, as the document writes it.
    pub name: String,
    /// The measured value in `unit`, as the document writes it, for instance `41.2` or `<0.5`; null where it has none.
    #[serde(deserialize_with = "written")]
    pub value: Option<String>,
    /// The unit, as the document writes it.
    pub unit: String,
    /// The reference range, as the document writes it; null where it has none.
    pub reference_range: Option<String>,
}

/// A webhook delivery that is sent once more.
#[model(plural = "deliveries")]
pub struct ReplayedDelivery {
    /// Identifies the delivery.
    #[safe("names a delivery to an app, not a person")]
    pub delivery_id: String,
    /// The app that gets it.
    #[safe("names an app, not a person")]
    pub client_id: String,
    /// How far it has come.
    #[safe("how far our processing has come")]
    pub status: String,
}
