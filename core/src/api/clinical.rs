//! The clinical service.

use super::operations::operations;
use crate::model::{
    Biomarker, Bloodwork, BloodworkView, CheckIn, ContraindicationCheck, Enrollment, EnrollmentConsent,
    EnrollmentIntake, HealthScore, JsonObject, LabMarker, LabOrder, LabPanel, LabPatient, LabVendor, NewBiomarker,
    NewLabMarker, NextCheckIn, Page, PostalAddress, Protocol, ProtocolEvaluation, ProtocolMatch, Recommendation,
    RedFlag, RedFlagEvaluation, UpsertedMarkers, WearableConnection, WearableMetric,
};

operations! {
    /// The person's clinical record.
    service Clinical = "clinical" at "clinical";

    /// Lists the person's own lab results, newest first.
    ///
    /// Source: the platform's quickstart, step 5.
    list_biomarkers() -> Page<Biomarker>;
    GET "/v1/biomarkers/me", person "read:biomarkers";

    /// Lists a person's lab results, for a machine.
    ///
    /// Source: the platform's page on migrating from M2M.
    list_patient_biomarkers() {
        /// Whose results.
        query patient_id as "user_id": String,
    } -> Page<Biomarker>;
    GET "/v1/biomarkers", machine "admin:clinical";

    /// Adds results to a person's record, and returns them as Loop keeps them.
    ///
    /// Source: the platform's API page `clinical/biomarkers-parse`.
    parse_biomarkers() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// Where the results come from, in a word.
        body source: String,
        /// The results, at least one.
        body biomarkers: Vec<NewBiomarker>,
    } -> Page<Biomarker>;
    POST "/v1/biomarkers/parse", person "write:biomarkers", machine "admin:clinical";

    /// Adds results that are written in a laboratory's own format.
    ///
    /// Source: the platform's API page `clinical/biomarkers-vendor`.
    parse_vendor_results() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// The laboratory.
        body vendor: LabVendor,
        /// What the laboratory sent: a JSON object.
        body raw_payload: JsonObject,
    } -> Page<Biomarker>;
    POST "/v1/biomarkers/parse/vendor", person "write:biomarkers", machine "admin:clinical";

    /// Uploads a lab report.
    ///
    /// Source: the platform's API page `clinical/bloodwork-upload`.
    upload_bloodwork() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// `application/pdf` or `application/json`.
        body content_type: String,
        /// Where the report comes from, in a word.
        body source: String,
        /// The file's bytes in base64.
        body file_base64: String,
        /// The clinician who ordered it.
        body clinician_id: Option<String>,
        /// The file's name.
        body file_name: Option<String>,
        /// What is already known of its content: a JSON object.
        body structured_data: Option<JsonObject>,
    } -> Bloodwork;
    POST "/v1/bloodwork/upload", person "write:biomarkers", machine "admin:clinical";

    /// Returns an uploaded lab report with a link to its file, which works for five minutes.
    ///
    /// Source: the platform's API page `clinical/bloodwork-view`.
    view_bloodwork(
        /// The report's id.
        bloodwork_id,
    ) -> BloodworkView;
    GET "/v1/bloodwork/view/{bloodwork_id}", person "read:biomarkers", machine "admin:clinical";

    /// Lists the markers that can be ordered from laboratories.
    ///
    /// Source: the platform's API page `clinical/lab-markers`.
    list_lab_markers() {
        /// Words to look for.
        query q: Option<String>,
        /// A state's two letters, for what can be ordered there.
        query state: Option<String>,
        /// What the markers are filed under.
        query tag: Option<String>,
        /// The most markers of a page.
        query limit: Option<i64>,
        /// The `next_cursor` of the page before.
        query cursor as "offset": Option<String>,
    } -> Page<LabMarker>;
    GET "/v1/lab-catalog/markers", person "read:lab_catalog", machine "admin:clinical";

    /// Makes or changes many markers of the laboratory's catalogue.
    ///
    /// Source: the platform's API page `clinical/admin-markers`.
    upsert_lab_markers() {
        /// The markers.
        body markers: Vec<NewLabMarker>,
    } -> UpsertedMarkers;
    POST "/v1/admin/lab-catalog/markers", machine "admin:clinical";

    /// Orders lab tests for a person.
    ///
    /// Source: the platform's API page `clinical/lab-orders`.
    create_lab_order() {
        /// The person's brand.
        body brand_id: String,
        /// The person.
        body patient_id: String,
        /// What to order.
        body panel_id: LabPanel,
        /// Whose blood will be drawn.
        body patient: LabPatient,
        /// Where the kit is sent.
        body address: PostalAddress,
    } -> LabOrder;
    POST "/v1/lab-orders", person "write:lab_orders", machine "admin:clinical";

    /// Returns one order of lab tests.
    ///
    /// Source: the platform's API page `clinical/lab-order`.
    get_lab_order(
        /// The order's id.
        order_id,
    ) -> LabOrder;
    GET "/v1/lab-orders/{order_id}", person "read:lab_results", machine "admin:clinical";

    /// Lists the person's check-ins.
    ///
    /// Source: the platform's API page `clinical/check-ins`.
    list_check_ins() -> Page<CheckIn>;
    GET "/v1/check-ins", person "read:check_ins";

    /// Returns which check-in is due next.
    ///
    /// Source: the platform's API page `clinical/check-ins-next`.
    get_next_check_in() {
        /// When the person began (RFC 3339).
        query enrolled_at: String,
    } -> NextCheckIn;
    GET "/v1/check-ins/next", person "read:check_ins";

    /// Returns one protocol of the clinical catalogue.
    ///
    /// Source: the platform's API page `clinical/protocol`.
    get_protocol(
        /// The protocol's id.
        protocol_id,
    ) -> Protocol;
    GET "/v1/protocols/{protocol_id}", person "read:protocols", machine "admin:clinical";

    /// Lists the protocols that suit a person's results, the best first.
    ///
    /// Without any results the platform answers 412. Source: the platform's API page `clinical/protocols-match`.
    match_protocols() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// Only these results.
        body biomarker_codes: Option<Vec<String>>,
        /// Only this kind of protocol.
        body category: Option<String>,
    } -> Page<ProtocolMatch>;
    POST "/v1/protocols/match", person "read:protocols", machine "admin:clinical";

    /// Returns what the protocol engine says about a person and a protocol.
    ///
    /// Source: the platform's API page `clinical/protocol-engine`.
    evaluate_protocol() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// The protocol.
        body protocol_id: String,
        /// Codes of what the person takes.
        body medications: Option<Vec<String>>,
        /// The week that the person is in, 1 to 8.
        body current_week: Option<i64>,
    } -> ProtocolEvaluation;
    POST "/v1/protocol-engine/evaluate", person "read:protocols", machine "admin:clinical";

    /// Starts a protocol for a person.
    ///
    /// Source: the platform's API page `clinical/enrollments`.
    enroll() {
        /// The person.
        body patient_id: String,
        /// The protocol.
        body protocol_id: String,
        /// What the person agreed to.
        body consent: EnrollmentConsent,
        /// What the person wants to reach, at least one thing.
        body goals: Vec<String>,
        /// What the person said about themselves.
        body intake: EnrollmentIntake,
    } -> Enrollment;
    POST "/v1/enrollments", person "write:protocols", machine "admin:clinical";

    /// Says which of a person's medications do not go with a protocol.
    ///
    /// Source: the platform's API page `clinical/contraindications`.
    check_contraindications() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// The protocol.
        body protocol_id: String,
        /// Codes of what the person takes, at least one.
        body medications: Vec<String>,
    } -> ContraindicationCheck;
    POST "/v1/contraindications/check", person "read:protocols", machine "admin:clinical";

    /// Makes recommendations for a person from their results.
    ///
    /// Without any results the platform answers 412. Source: the platform's API page `clinical/recommendations`.
    generate_recommendations() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// Only these protocols.
        body protocol_ids: Option<Vec<String>>,
        /// Codes of what the person takes.
        body medications: Option<Vec<String>>,
    } -> Page<Recommendation>;
    POST "/v1/recommendations/generate", person "read:recommendations", machine "admin:clinical";

    /// Lists the warnings about a person's results.
    ///
    /// Source: the platform's API page `clinical/red-flags`.
    list_red_flags(
        /// The person.
        patient_id,
    ) -> Page<RedFlag>;
    GET "/v1/red-flags/{patient_id}", person "read:red_flags", machine "admin:clinical";

    /// Looks at a person's results for what somebody should look at.
    ///
    /// Without any results the platform answers 412. Source: the platform's API page `clinical/red-flags-evaluate`.
    evaluate_red_flags() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// Only these results.
        body biomarker_ids: Option<Vec<String>>,
    } -> RedFlagEvaluation;
    POST "/v1/red-flags/evaluate", person "read:red_flags", machine "admin:clinical";

    /// Computes a person's health score from their results.
    ///
    /// Without any results the platform answers 412. Source: the platform's API page `clinical/health-score`.
    compute_health_score() {
        /// The person.
        body patient_id: String,
        /// The person's brand.
        body brand_id: String,
        /// Only these results.
        body biomarker_ids: Option<Vec<String>>,
    } -> HealthScore;
    POST "/v1/health-engine/score", person "read:biomarkers", machine "admin:clinical";

    /// Lists the newest values from the person's wearables.
    ///
    /// Without a connected wearable the platform answers 404. Source: the platform's API page `clinical/wearables-metrics`.
    list_wearable_metrics() -> Page<WearableMetric>;
    GET "/v1/wearables/metrics", person "read:wearables";

    /// Lists the wearables that the person has connected.
    ///
    /// Source: the platform's API page `clinical/wearables-connections`.
    list_wearable_connections() -> Page<WearableConnection>;
    GET "/v1/wearables/connections", person "read:wearables";
}
