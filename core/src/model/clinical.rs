//! Records of the clinical service: results, laboratory, check-ins, wearables. Protocols and what is computed from
//! results are in `protocols.rs`.

use loop_sdk_macros::model;

/// One lab result: a marker's value, its unit and the laboratory's reference range.
#[model]
pub struct Biomarker {
    /// Identifies this result.
    pub id: String,
    /// The person it belongs to.
    pub patient_id: String,
    /// The marker's code, for instance `ldl_c`.
    pub biomarker_code: String,
    /// The marker's name for people, for instance `LDL cholesterol`.
    pub biomarker_name: String,
    /// The measured value, in `unit`.
    pub value: f64,
    /// The unit of `value` and of both references, for instance `mg/dL`.
    pub unit: String,
    /// Lower end of the reference range, in `unit`; null where the laboratory gives none.
    pub reference_low: Option<f64>,
    /// Upper end of the reference range, in `unit`; null where the laboratory gives none.
    pub reference_high: Option<f64>,
    /// Where the value stands in its range.
    pub status: BiomarkerStatus,
    /// When the sample was taken (RFC 3339).
    pub collected_at: String,
    /// When Loop read the result (RFC 3339).
    pub parsed_at: String,
}

/// Where a value stands in its reference range.
#[model(plural = "biomarker_statuses")]
pub enum BiomarkerStatus {
    /// Inside the range.
    Normal,
    /// Below the range.
    Low,
    /// Above the range.
    High,
    /// So far outside that somebody should look at once.
    Critical,
}

/// One result to add to a person's record.
#[model(input)]
pub struct NewBiomarker {
    /// The marker's code, for instance `ldl_c`.
    pub code: String,
    /// The marker's name for people.
    pub name: String,
    /// The measured value, in `unit`.
    pub value: f64,
    /// The unit of `value` and of both references, for instance `mg/dL`.
    pub unit: String,
    /// Lower end of the reference range, in `unit`.
    pub reference_low: Option<f64>,
    /// Upper end of the reference range, in `unit`.
    pub reference_high: Option<f64>,
    /// When the sample was taken (RFC 3339).
    pub collected_at: String,
}

/// A laboratory whose own format Loop reads.
#[model]
pub enum LabVendor {
    /// Labcorp.
    Labcorp,
    /// Quest Diagnostics.
    Quest,
    /// Junction.
    Junction,
}

/// A lab report that was uploaded.
#[model(plural = "bloodwork")]
pub struct Bloodwork {
    /// Identifies the report.
    pub id: String,
    /// The person it belongs to.
    pub patient_id: String,
    /// The brand it was uploaded under.
    pub brand_id: String,
    /// The file's name; null where none was given.
    pub file_name: Option<String>,
    /// `application/pdf` or `application/json`.
    #[safe("says which format a file has, nothing of what it says")]
    pub content_type: String,
    /// Where it came from, as the uploader said.
    pub source: String,
    /// How far reading it has come.
    #[safe("how far our processing has come, not what it found")]
    pub status: String,
    /// When it was uploaded (RFC 3339).
    pub uploaded_at: String,
}

/// A lab report with a link to its file.
#[model(plural = "bloodwork")]
pub struct BloodworkView {
    /// Identifies the report.
    pub id: String,
    /// The person it belongs to.
    pub patient_id: String,
    /// The brand it was uploaded under.
    pub brand_id: String,
    /// The file's name; null where none was given.
    pub file_name: Option<String>,
    /// `application/pdf` or `application/json`.
    #[safe("says which format a file has, nothing of what it says")]
    pub content_type: String,
    /// Where it came from, as the uploader said.
    pub source: String,
    /// How far reading it has come.
    #[safe("how far our processing has come, not what it found")]
    pub status: String,
    /// When it was uploaded (RFC 3339).
    pub uploaded_at: String,
    /// Fetches the file, for five minutes. Whoever has the link has the file.
    pub signed_url: String,
}

/// One marker that can be ordered from a laboratory.
#[model(plural = "markers")]
pub struct LabMarker {
    /// Identifies the marker in the catalogue.
    pub id: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it measures; null where the catalogue says nothing.
    pub description: Option<String>,
    /// The code that its results carry.
    pub biomarker_code: String,
    /// The unit of its results; null where there is none.
    pub units: Option<String>,
    /// What the laboratory charges, in `currency`; null where it is not told.
    pub wholesale_cost: Option<f64>,
    /// ISO 4217, for instance `USD`.
    #[safe("the catalogue's currency, the same for everybody")]
    pub currency: String,
    /// The laboratory's own id of the marker; null where it has none.
    pub source_lab_id: Option<String>,
    /// What the marker is filed under.
    pub tags: Vec<String>,
    /// Where it can be ordered; null where no state was asked for.
    pub availability: Option<LabAvailability>,
    /// What the person pays, in `currency`; null where it is not told.
    pub retail_price: Option<f64>,
}

/// Whether a marker can be ordered in a state.
#[model(plural = "availability")]
pub struct LabAvailability {
    /// The state's two letters.
    pub state: String,
    /// Whether, and through whom.
    pub status: AvailabilityStatus,
    /// The laboratory that it would come from; null where there is none.
    pub source_lab_id: Option<String>,
    /// What else is to be known.
    pub note: Option<String>,
}

/// Whether a marker can be ordered. BYOP means that the person brings their own physician.
#[model(plural = "availability_statuses")]
pub enum AvailabilityStatus {
    /// It can be ordered.
    Available,
    /// It takes the person's own physician.
    RequiresByop,
    /// It can be had through the person's own physician.
    AvailableViaByop,
    /// It can't be ordered there.
    Unavailable,
}

/// A marker to put into the laboratory's catalogue, or to change there.
#[model(input)]
pub struct NewLabMarker {
    /// Its name in addresses: names the entry to change, or the new one.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it measures.
    pub description: String,
    /// The code that its results carry.
    pub biomarker_code: String,
    /// The unit of its results.
    pub units: String,
    /// What the laboratory charges, in `currency`.
    pub wholesale_cost: f64,
    /// ISO 4217, for instance `USD`.
    pub currency: String,
    /// The laboratory's own id of the marker.
    pub source_lab_id: String,
    /// What to file it under.
    pub tags: Vec<String>,
}

/// How many markers were written.
#[model(plural = "upserted_markers")]
pub struct UpsertedMarkers {
    /// The number of markers that were made or changed.
    #[safe("a number of catalogue entries, the same for everybody")]
    pub upserted: i64,
}

/// A set of markers that is ordered together.
#[model]
pub enum LabPanel {
    /// Thyroid antibodies and hormones.
    Hashimotos,
    /// Polycystic ovary syndrome.
    Pcos,
    /// Fertility.
    Fertility,
}

/// Whose blood the laboratory will draw.
#[model(input)]
pub struct LabPatient {
    /// The first name, as on an identity card.
    pub first_name: String,
    /// The last name, as on an identity card.
    pub last_name: String,
    /// The date of birth, `YYYY-MM-DD`.
    pub dob: String,
    /// The address that the laboratory writes to.
    pub email: String,
}

/// Where the kit is sent.
#[model(input, plural = "addresses")]
pub struct PostalAddress {
    /// Street and number.
    pub line1: String,
    /// Whatever the first line has no room for.
    pub line2: Option<String>,
    /// The city.
    pub city: String,
    /// The state's two letters.
    pub state: String,
    /// The postal code.
    pub zip: String,
    /// The country's two letters.
    pub country: String,
}

/// An order of lab tests.
#[model]
pub struct LabOrder {
    /// Identifies the order.
    pub id: String,
    /// The brand it was placed under.
    pub brand_id: String,
    /// The person it is for.
    pub patient_id: String,
    /// The laboratory's own id of the order.
    pub junction_order_id: String,
    /// What was ordered.
    pub panel_id: LabPanel,
    /// How far the order has come.
    #[safe("how far the order has come, not what was ordered or found")]
    pub status: String,
    /// When it was placed (RFC 3339).
    pub created_at: String,
    /// When the results were there (RFC 3339); null until then.
    pub completed_at: Option<String>,
}

/// How a person said that they were doing, 30, 60 or 90 days into a protocol.
#[model]
pub struct CheckIn {
    /// Identifies the check-in.
    pub id: String,
    /// The person it belongs to.
    pub patient_id: String,
    /// The day it belongs to: 30, 60 or 90.
    pub day_marker: i64,
    /// What the person wants to reach.
    pub goals: Vec<String>,
    /// What went well.
    pub wins: Vec<String>,
    /// What stood in the way.
    pub blockers: Vec<String>,
    /// What was changed in the protocol; null for nothing.
    pub protocol_changes: Option<String>,
    /// Mood, from 1 to 10.
    pub mood: i64,
    /// Weight in kilograms; null where it was not said.
    pub weight_kg: Option<f64>,
    /// Sleep quality, from 1 to 10.
    pub sleep_quality: i64,
    /// When it was filled in (RFC 3339).
    pub completed_at: String,
    /// When it was stored (RFC 3339).
    pub created_at: String,
}

/// Which check-in is due next.
#[model(plural = "next_check_ins")]
pub struct NextCheckIn {
    /// 30, 60 or 90; null after the last.
    pub day_marker: Option<i64>,
    /// When it is due (RFC 3339); null after the last.
    pub due_at: Option<String>,
}

/// The newest value of something that a wearable measures.
#[model(plural = "metrics")]
pub struct WearableMetric {
    /// The device's maker, for instance `oura`.
    pub provider: String,
    /// What was measured, for instance `sleep_score`.
    pub metric: String,
    /// Its name for people.
    pub label: String,
    /// The value as the maker writes it, with its unit if it has one.
    pub value: String,
    /// Whether Loop shows it on its own start page.
    pub show_on_optimize: bool,
}

/// A wearable that a person has connected.
#[model(plural = "connections")]
pub struct WearableConnection {
    /// Identifies the connection.
    pub id: String,
    /// The person it belongs to.
    pub patient_id: String,
    /// The device's maker, for instance `oura`.
    pub provider: String,
    /// The person's id at Junction, which collects the data.
    pub junction_user_id: String,
    /// Whether data arrives.
    pub status: ConnectionStatus,
    /// When it was connected (RFC 3339).
    pub connected_at: String,
    /// When data last arrived (RFC 3339); null if it never did.
    pub last_synced_at: Option<String>,
}

/// Whether data arrives.
#[model(plural = "connection_statuses")]
pub enum ConnectionStatus {
    /// Data arrives.
    Connected,
    /// The person has disconnected it.
    Disconnected,
    /// The maker refuses: the person has to connect it again.
    Error,
    /// The person has not finished connecting it.
    Pending,
}
