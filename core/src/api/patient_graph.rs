//! The patient graph.

use super::operations::operations;
use crate::model::{
    AdherenceCalendar, AdherenceSummary, Dose, DoseStatus, Granularity, GraphProtocol, MetricSeries, PatientMetrics,
    SkipReason, Streak, TodaySchedule,
};

operations! {
    /// What is known about a person over time: metrics, protocols and how well they are kept to.
    service PatientGraph = "patient_graph" at "patient-graph";

    /// Returns one protocol with what is taken in it.
    ///
    /// Source: the platform's API page `patient-graph/protocol`.
    get_protocol(
        /// The protocol's id.
        protocol_id,
    ) -> GraphProtocol;
    GET "/v1/protocols/{protocol_id}", person "read:protocols", machine "admin:clinical";

    /// Returns the newest values of all that is measured about a person.
    ///
    /// Source: the platform's API page `patient-graph/metrics`.
    list_metrics(
        /// The person.
        patient_id,
    ) -> PatientMetrics;
    GET "/v1/patients/{patient_id}/metrics", person "read:profile", machine "admin:clinical";

    /// Returns one metric over time, oldest first.
    ///
    /// Source: the platform's API page `patient-graph/metric-series`.
    get_metric_series(
        /// The person.
        patient_id,
        /// Names the metric, for instance `resting_heart_rate`.
        metric_key,
    ) {
        /// The first moment (RFC 3339).
        query from: Option<String>,
        /// The last moment (RFC 3339).
        query to: Option<String>,
        /// How many values.
        query granularity: Option<Granularity>,
    } -> MetricSeries;
    GET "/v1/patients/{patient_id}/metrics/{metric_key}", person "read:profile", machine "admin:clinical";

    /// Returns how long the person has kept to their protocols.
    ///
    /// Source: the platform's API page `patient-graph/streak`.
    get_streak() -> Streak;
    GET "/v1/adherence/streak/me", person "read:protocols";

    /// Returns how well a person keeps to one protocol.
    ///
    /// Source: the platform's API page `patient-graph/summary`.
    get_adherence_summary() {
        /// The person.
        query patient_id: String,
        /// The protocol.
        query protocol_id: String,
    } -> AdherenceSummary;
    GET "/v1/adherence/summary", person "read:protocols", machine "admin:clinical";

    /// Records a dose that the person took, or left out.
    ///
    /// Source: the platform's API page `patient-graph/doses`.
    log_dose() {
        /// The peptide.
        body peptide_id: String,
        /// The protocol that it belongs to.
        body protocol_id: String,
        /// Whether it was taken.
        body status: DoseStatus,
        /// When it was due (RFC 3339).
        body scheduled_at: String,
        /// The protocol's entry that it belongs to.
        body protocol_compound_id: Option<String>,
        /// Why it was left out.
        body skip_reason: Option<SkipReason>,
        /// Why it was left out, in the person's words, at most 500 characters.
        body skip_reason_note: Option<String>,
        /// When it was recorded (RFC 3339); now unless said otherwise.
        body logged_at: Option<String>,
    } -> Dose;
    POST "/v1/adherence/doses", person "write:protocols";

    /// Returns what a person takes on one day.
    ///
    /// Source: the platform's API page `patient-graph/today`.
    get_today_schedule() {
        /// The person.
        query patient_id: String,
        /// The day, `YYYY-MM-DD`.
        query date: String,
        /// Only this protocol.
        query protocol_id: Option<String>,
    } -> TodaySchedule;
    GET "/v1/adherence/today-schedule", person "read:protocols", machine "admin:clinical";

    /// Returns how well a person kept to their protocols, day by day.
    ///
    /// Name a `month`, or `start` and `end`, or `from` and `to`. Source: the platform's API page
    /// `patient-graph/calendar`.
    get_calendar() {
        /// The person.
        query patient_id: String,
        /// A month, `YYYY-MM`.
        query month: Option<String>,
        /// The first day, `YYYY-MM-DD`.
        query start: Option<String>,
        /// The last day, `YYYY-MM-DD`.
        query end: Option<String>,
        /// The first day, `YYYY-MM-DD`: another name for `start`.
        query from: Option<String>,
        /// The last day, `YYYY-MM-DD`: another name for `end`.
        query to: Option<String>,
        /// Only this protocol.
        query protocol_id: Option<String>,
        /// Only this entry of a protocol.
        query protocol_compound_id: Option<String>,
    } -> AdherenceCalendar;
    GET "/v1/adherence/calendar", person "read:protocols", machine "admin:clinical";
}
