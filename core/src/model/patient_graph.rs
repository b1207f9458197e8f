//! Records of the patient graph: protocols with their compounds, metrics over time, and adherence.

use loop_sdk_macros::model;

use super::{Decimal, Json};

/// A protocol of the patient graph, with what is taken in it.
#[model(plural = "protocols")]
pub struct GraphProtocol {
    /// Identifies the protocol.
    pub id: String,
    /// The brand that offers it.
    pub brand_id: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Its version, as the platform writes it.
    #[safe("the catalogue's version, the same for everybody")]
    pub version: String,
    /// The kind of protocol; null where it has none.
    pub category: Option<String>,
    /// What it is for; null where the platform says nothing.
    pub description: Option<String>,
    /// Who has to watch over it.
    pub oversight_tier: String,
    /// Whether new people may start it.
    #[safe("a fact of the catalogue, the same for everybody")]
    pub active: bool,
    /// JSON, not fixed by the platform.
    pub metadata: Json,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it was last changed (RFC 3339).
    pub updated_at: String,
    /// What is taken, in order.
    pub compounds: Vec<ProtocolCompound>,
}

/// Something that is taken in a protocol.
#[model(plural = "compounds")]
pub struct ProtocolCompound {
    /// Identifies this entry of the protocol.
    pub id: String,
    /// The protocol.
    pub protocol_id: String,
    /// Identifies the compound.
    pub compound_id: String,
    /// The compound's name in addresses.
    pub compound_slug: String,
    /// The compound's name for people.
    pub display_name: String,
    /// How much is taken at a time, exact, in `dose_unit`.
    pub dose_amount: Decimal,
    /// The unit of `dose_amount`.
    pub dose_unit: String,
    /// How it is taken, for instance `oral`; null where it is not said.
    pub route: Option<String>,
    /// Its place in the protocol, from 0.
    pub position: i64,
    /// When it was made (RFC 3339).
    pub created_at: String,
}

/// The newest values of all that is measured about a person.
#[model(plural = "patient_metrics")]
pub struct PatientMetrics {
    /// The person.
    pub patient_id: String,
    /// One entry for each metric.
    pub metrics: Vec<Metric>,
}

/// The newest value of one metric.
#[model]
pub struct Metric {
    /// Names the metric, for instance `resting_heart_rate`.
    pub metric_key: String,
    /// The value as a text, in `unit`; null where there is none.
    pub last_value: Option<String>,
    /// The unit; null where the metric has none.
    pub unit: Option<String>,
    /// When it was measured (RFC 3339).
    pub last_recorded_at: String,
    /// Whether the platform counts it as health data. The SDK hides it either way.
    pub is_phi: bool,
}

/// One metric over time.
#[model(plural = "metric_series")]
pub struct MetricSeries {
    /// The person.
    pub patient_id: String,
    /// Names the metric.
    pub metric_key: String,
    /// The values, oldest first.
    pub data: Vec<MetricPoint>,
    /// How many values there are.
    pub count: i64,
}

/// One value of a metric.
#[model]
pub struct MetricPoint {
    /// Identifies the value.
    pub id: String,
    /// The person.
    pub patient_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// Names the metric.
    pub metric_key: String,
    /// The value as a number, exact, in `unit`; null where it is a text.
    pub value_numeric: Option<Decimal>,
    /// The value as a text; null where it is a number.
    pub value_text: Option<String>,
    /// The unit; null where the metric has none.
    pub unit: Option<String>,
    /// Who measured it, for instance `oura`.
    pub source: String,
    /// Whether the platform counts it as health data. The SDK hides it either way.
    pub is_phi: bool,
    /// When it was measured (RFC 3339).
    pub recorded_at: String,
    /// When it was stored (RFC 3339).
    pub created_at: String,
}

/// How many values a series is made of.
#[model(plural = "granularities")]
pub enum Granularity {
    /// Every value that was measured.
    Raw,
    /// One a day.
    Day,
    /// One a week.
    Week,
    /// One a month.
    Month,
}

/// How long a person has kept to their protocols.
#[model]
pub struct Streak {
    /// The person.
    pub patient_id: String,
    /// Days in a row until today.
    pub current_streak: i64,
    /// The most days in a row.
    pub longest_streak: i64,
    /// Doses of each peptide.
    pub peptides: Vec<PeptideDoses>,
}

/// How often a peptide was taken.
#[model(plural = "peptides")]
pub struct PeptideDoses {
    /// Identifies the peptide.
    pub peptide_id: String,
    /// How many doses were taken.
    pub taken_dose_count: i64,
    /// Whether the person is reminded to dispose of sharps.
    pub sharps_reminder_enabled: bool,
}

/// How well a person keeps to one protocol.
#[model(plural = "adherence_summaries")]
pub struct AdherenceSummary {
    /// The person.
    pub patient_id: String,
    /// The protocol.
    pub protocol_id: String,
    /// Days in a row until today.
    pub streak_days: i64,
    /// Doses taken of those scheduled, in per cent.
    pub adherence_pct: f64,
    /// The last thirty days.
    pub last30: DoseCounts,
}

/// Doses of a span of time.
#[model]
pub struct DoseCounts {
    /// How many were taken.
    pub taken: i64,
    /// How many were missed.
    pub missed: i64,
    /// How many were due.
    pub scheduled: i64,
}

/// Whether a dose was taken.
#[model(plural = "dose_statuses")]
pub enum DoseStatus {
    /// It was taken.
    Taken,
    /// It was left out on purpose.
    Skipped,
    /// It is due.
    Scheduled,
}

/// Why a dose was left out.
#[model]
pub enum SkipReason {
    /// On vacation.
    Vacation,
    /// Ill.
    Sick,
    /// Forgotten.
    Forgot,
    /// Because of a side effect.
    SideEffect,
    /// For another reason.
    Other,
}

/// One dose of a peptide.
#[model]
pub struct Dose {
    /// Identifies the dose.
    pub id: String,
    /// The person.
    pub patient_id: String,
    /// The peptide.
    pub peptide_id: String,
    /// The protocol that it belongs to.
    pub protocol_id: String,
    /// The protocol's entry that it belongs to; null where none was named.
    pub protocol_compound_id: Option<String>,
    /// Whether it was taken.
    pub status: DoseStatus,
    /// Why it was left out; null where it was not.
    pub skip_reason: Option<SkipReason>,
    /// When it was due (RFC 3339).
    pub scheduled_at: String,
    /// When it was recorded (RFC 3339).
    pub logged_at: String,
}

/// What a person takes on one day.
#[model]
pub struct TodaySchedule {
    /// The person.
    pub patient_id: String,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// The day of the week, from 0 for Sunday to 6.
    pub weekday: i64,
    /// In the morning.
    pub morning: Vec<ScheduledDose>,
    /// In the evening.
    pub evening: Vec<ScheduledDose>,
    /// Before going to bed; null where the platform leaves it out.
    pub before_bed: Option<Vec<ScheduledDose>>,
    /// At any time; null where the platform leaves it out.
    pub any: Option<Vec<ScheduledDose>>,
}

/// One dose of a day.
#[model]
pub struct ScheduledDose {
    /// The protocol that it belongs to.
    pub protocol_id: String,
    /// The protocol's entry that it belongs to.
    pub protocol_compound_id: String,
    /// Identifies the compound.
    pub compound_id: String,
    /// The compound's name in addresses.
    pub compound_slug: String,
    /// The compound's name for people.
    pub display_name: String,
    /// How much is taken, exact, in `dose_unit`.
    pub dose_amount: Decimal,
    /// The unit of `dose_amount`.
    pub dose_unit: String,
    /// The same in micrograms, exact; null where the unit is none of weight.
    pub dose_mcg_equivalent: Option<Decimal>,
    /// How it is taken; null where it is not said.
    pub route: Option<String>,
    /// The days of the week on which it is taken, 0 for Sunday to 6.
    pub days_of_week: Vec<i64>,
    /// When on the day.
    pub timing: DoseTiming,
    /// Where this entry of the schedule comes from.
    pub source: ScheduleSource,
    /// Whether the schedule differs from the protocol's.
    pub schedule_changed: bool,
}

/// When on a day a dose is taken.
#[model]
pub enum DoseTiming {
    /// In the morning.
    Morning,
    /// In the evening.
    Evening,
    /// Before going to bed.
    BeforeBed,
    /// At any time.
    Any,
}

/// Where an entry of a schedule comes from.
#[model]
pub enum ScheduleSource {
    /// From the protocol.
    Canonical,
    /// From the person's schedule.
    Schedule,
    /// The person's schedule says otherwise than the protocol.
    Overridden,
    /// The person added it.
    Added,
}

/// Doses by day.
#[model]
pub struct AdherenceCalendar {
    /// The person.
    pub patient_id: String,
    /// The days, oldest first.
    pub days: Vec<CalendarDay>,
}

/// One day of a calendar.
#[model(plural = "days")]
pub struct CalendarDay {
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// How it went.
    pub status: CalendarStatus,
}

/// How a day went.
#[model(plural = "calendar_statuses")]
pub enum CalendarStatus {
    /// Everything was taken.
    Taken,
    /// Something was missed.
    Missed,
    /// Something is due.
    Scheduled,
    /// Nothing was due.
    Off,
}
