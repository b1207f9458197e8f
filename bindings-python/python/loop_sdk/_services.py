"""Services and their operations. Written by `cargo xtask codegen`; do not edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from loop_sdk._arguments import NULL, UNSET, Arguments, Unset

if TYPE_CHECKING:
    from loop_sdk.records import (
        AdherenceCalendar,
        AdherenceSummary,
        AdminUser,
        Biomarker,
        Bloodwork,
        BloodworkView,
        CheckIn,
        ConnectedApp,
        Connection,
        ConnectionAuthorization,
        ContraindicationCheck,
        ConversionEligibility,
        Dose,
        DoseStatus,
        Enrollment,
        EnrollmentConsent,
        EnrollmentIntake,
        EntitlementPreview,
        Entitlements,
        ExtractedBloodwork,
        Granularity,
        GraphProtocol,
        HealthScore,
        IntegrationLabOrder,
        LabMarker,
        LabOrder,
        LabPanel,
        LabPatient,
        LabVendor,
        Membership,
        MembershipTransition,
        MetricSeries,
        NewBiomarker,
        NewLabMarker,
        NextCheckIn,
        Notification,
        OauthClient,
        OauthClientType,
        OauthClientWithSecret,
        Page,
        PatientMetrics,
        PostalAddress,
        Profile,
        Protocol,
        ProtocolEvaluation,
        ProtocolMatch,
        PublishedEvent,
        Recommendation,
        RedFlag,
        RedFlagEvaluation,
        ReplayedDelivery,
        Session,
        Settings,
        SkipReason,
        Streak,
        SyncRun,
        TodaySchedule,
        UpsertedMarkers,
        UserGrant,
        WearableConnection,
        WearableMetric,
    )

#: Calls the native client.
Call = Callable[[str, Arguments, "float | None"], Any]


class Clinical:
    """The person's clinical record."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def list_biomarkers(self, *, user_id: str, timeout: float | None = None) -> Page[Biomarker]:
        """Lists the person's own lab results, newest first.

        Source: the platform's quickstart, step 5.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Page[Biomarker] = self._call("clinical.list_biomarkers", arguments, timeout)
        return result

    def parse_biomarkers(self, *, user_id: str, patient_id: str, brand_id: str, source: str, biomarkers: list[NewBiomarker], idempotency_key: str | None = None, timeout: float | None = None) -> Page[Biomarker]:
        """Adds results to a person's record, and returns them as Loop keeps them.

        Source: the platform's API page `clinical/biomarkers-parse`.

        Needs the scope `write:biomarkers`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `source`: Where the results come from, in a word.

        `biomarkers`: The results, at least one.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, source=source, biomarkers=biomarkers, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, source, biomarkers, idempotency_key
        result: Page[Biomarker] = self._call("clinical.parse_biomarkers", arguments, timeout)
        return result

    def parse_vendor_results(self, *, user_id: str, patient_id: str, brand_id: str, vendor: LabVendor, raw_payload: dict[str, Any], idempotency_key: str | None = None, timeout: float | None = None) -> Page[Biomarker]:
        """Adds results that are written in a laboratory's own format.

        Source: the platform's API page `clinical/biomarkers-vendor`.

        Needs the scope `write:biomarkers`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `vendor`: The laboratory.

        `raw_payload`: What the laboratory sent: a JSON object.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, vendor=vendor, raw_payload=raw_payload, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, vendor, raw_payload, idempotency_key
        result: Page[Biomarker] = self._call("clinical.parse_vendor_results", arguments, timeout)
        return result

    def upload_bloodwork(self, *, user_id: str, patient_id: str, brand_id: str, content_type: str, source: str, file_base64: str, clinician_id: str | None = None, file_name: str | None = None, structured_data: dict[str, Any] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Bloodwork:
        """Uploads a lab report.

        Source: the platform's API page `clinical/bloodwork-upload`.

        Needs the scope `write:biomarkers`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `content_type`: `application/pdf` or `application/json`.

        `source`: Where the report comes from, in a word.

        `file_base64`: The file's bytes in base64.

        `clinician_id`: The clinician who ordered it.

        `file_name`: The file's name.

        `structured_data`: What is already known of its content: a JSON object.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, content_type=content_type, source=source, file_base64=file_base64, clinician_id=clinician_id, file_name=file_name, structured_data=structured_data, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, content_type, source, file_base64, clinician_id, file_name, structured_data, idempotency_key
        result: Bloodwork = self._call("clinical.upload_bloodwork", arguments, timeout)
        return result

    def view_bloodwork(self, bloodwork_id: str, *, user_id: str, timeout: float | None = None) -> BloodworkView:
        """Returns an uploaded lab report with a link to its file, which works for five minutes.

        Source: the platform's API page `clinical/bloodwork-view`.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.

        `bloodwork_id`: The report's id.
        """
        arguments = Arguments(user_id=user_id, bloodwork_id=bloodwork_id)
        del user_id, bloodwork_id
        result: BloodworkView = self._call("clinical.view_bloodwork", arguments, timeout)
        return result

    def list_lab_markers(self, *, user_id: str, q: str | None = None, state: str | None = None, tag: str | None = None, limit: int | None = None, cursor: str | None = None, timeout: float | None = None) -> Page[LabMarker]:
        """Lists the markers that can be ordered from laboratories.

        Source: the platform's API page `clinical/lab-markers`.

        Needs the scope `read:lab_catalog`. `timeout` is in seconds.

        `q`: Words to look for.

        `state`: A state's two letters, for what can be ordered there.

        `tag`: What the markers are filed under.

        `limit`: The most markers of a page.

        `cursor`: The `next_cursor` of the page before.
        """
        arguments = Arguments(user_id=user_id, q=q, state=state, tag=tag, limit=limit, cursor=cursor)
        del user_id, q, state, tag, limit, cursor
        result: Page[LabMarker] = self._call("clinical.list_lab_markers", arguments, timeout)
        return result

    def iter_lab_markers(self, *, user_id: str, q: str | None = None, state: str | None = None, tag: str | None = None, limit: int | None = None, timeout: float | None = None) -> Iterator[LabMarker]:
        """Goes over all pages of `list_lab_markers`, which are fetched as they are needed.

        Takes the same arguments; `timeout`, in seconds, is each page's.
        """
        arguments = Arguments(user_id=user_id, q=q, state=state, tag=tag, limit=limit)
        del user_id, q, state, tag, limit
        seen: set[str] = set()
        while True:
            page: Page[LabMarker] = self._call("clinical.list_lab_markers", arguments, timeout)
            yield from page
            cursor = page.next_cursor
            # A list that leads in circles would never end.
            if cursor is None or cursor in seen:
                return
            seen.add(cursor)
            arguments["cursor"] = cursor

    def create_lab_order(self, *, user_id: str, brand_id: str, patient_id: str, panel_id: LabPanel, patient: LabPatient, address: PostalAddress, idempotency_key: str | None = None, timeout: float | None = None) -> LabOrder:
        """Orders lab tests for a person.

        Source: the platform's API page `clinical/lab-orders`.

        Needs the scope `write:lab_orders`. `timeout` is in seconds.

        `brand_id`: The person's brand.

        `patient_id`: The person.

        `panel_id`: What to order.

        `patient`: Whose blood will be drawn.

        `address`: Where the kit is sent.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, brand_id=brand_id, patient_id=patient_id, panel_id=panel_id, patient=patient, address=address, idempotency_key=idempotency_key)
        del user_id, brand_id, patient_id, panel_id, patient, address, idempotency_key
        result: LabOrder = self._call("clinical.create_lab_order", arguments, timeout)
        return result

    def get_lab_order(self, order_id: str, *, user_id: str, timeout: float | None = None) -> LabOrder:
        """Returns one order of lab tests.

        Source: the platform's API page `clinical/lab-order`.

        Needs the scope `read:lab_results`. `timeout` is in seconds.

        `order_id`: The order's id.
        """
        arguments = Arguments(user_id=user_id, order_id=order_id)
        del user_id, order_id
        result: LabOrder = self._call("clinical.get_lab_order", arguments, timeout)
        return result

    def list_check_ins(self, *, user_id: str, timeout: float | None = None) -> Page[CheckIn]:
        """Lists the person's check-ins.

        Source: the platform's API page `clinical/check-ins`.

        Needs the scope `read:check_ins`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Page[CheckIn] = self._call("clinical.list_check_ins", arguments, timeout)
        return result

    def get_next_check_in(self, *, user_id: str, enrolled_at: str, timeout: float | None = None) -> NextCheckIn:
        """Returns which check-in is due next.

        Source: the platform's API page `clinical/check-ins-next`.

        Needs the scope `read:check_ins`. `timeout` is in seconds.

        `enrolled_at`: When the person began (RFC 3339).
        """
        arguments = Arguments(user_id=user_id, enrolled_at=enrolled_at)
        del user_id, enrolled_at
        result: NextCheckIn = self._call("clinical.get_next_check_in", arguments, timeout)
        return result

    def get_protocol(self, protocol_id: str, *, user_id: str, timeout: float | None = None) -> Protocol:
        """Returns one protocol of the clinical catalogue.

        Source: the platform's API page `clinical/protocol`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        arguments = Arguments(user_id=user_id, protocol_id=protocol_id)
        del user_id, protocol_id
        result: Protocol = self._call("clinical.get_protocol", arguments, timeout)
        return result

    def match_protocols(self, *, user_id: str, patient_id: str, brand_id: str, biomarker_codes: list[str] | None = None, category: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Page[ProtocolMatch]:
        """Lists the protocols that suit a person's results, the best first.

        Without any results the platform answers 412. Source: the platform's API page `clinical/protocols-match`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_codes`: Only these results.

        `category`: Only this kind of protocol.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, biomarker_codes=biomarker_codes, category=category, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, biomarker_codes, category, idempotency_key
        result: Page[ProtocolMatch] = self._call("clinical.match_protocols", arguments, timeout)
        return result

    def evaluate_protocol(self, *, user_id: str, patient_id: str, brand_id: str, protocol_id: str, medications: list[str] | None = None, current_week: int | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> ProtocolEvaluation:
        """Returns what the protocol engine says about a person and a protocol.

        Source: the platform's API page `clinical/protocol-engine`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_id`: The protocol.

        `medications`: Codes of what the person takes.

        `current_week`: The week that the person is in, 1 to 8.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, protocol_id=protocol_id, medications=medications, current_week=current_week, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, protocol_id, medications, current_week, idempotency_key
        result: ProtocolEvaluation = self._call("clinical.evaluate_protocol", arguments, timeout)
        return result

    def enroll(self, *, user_id: str, patient_id: str, protocol_id: str, consent: EnrollmentConsent, goals: list[str], intake: EnrollmentIntake, idempotency_key: str | None = None, timeout: float | None = None) -> Enrollment:
        """Starts a protocol for a person.

        Source: the platform's API page `clinical/enrollments`.

        Needs the scope `write:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `protocol_id`: The protocol.

        `consent`: What the person agreed to.

        `goals`: What the person wants to reach, at least one thing.

        `intake`: What the person said about themselves.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, protocol_id=protocol_id, consent=consent, goals=goals, intake=intake, idempotency_key=idempotency_key)
        del user_id, patient_id, protocol_id, consent, goals, intake, idempotency_key
        result: Enrollment = self._call("clinical.enroll", arguments, timeout)
        return result

    def check_contraindications(self, *, user_id: str, patient_id: str, brand_id: str, protocol_id: str, medications: list[str], idempotency_key: str | None = None, timeout: float | None = None) -> ContraindicationCheck:
        """Says which of a person's medications do not go with a protocol.

        Source: the platform's API page `clinical/contraindications`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_id`: The protocol.

        `medications`: Codes of what the person takes, at least one.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, protocol_id=protocol_id, medications=medications, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, protocol_id, medications, idempotency_key
        result: ContraindicationCheck = self._call("clinical.check_contraindications", arguments, timeout)
        return result

    def generate_recommendations(self, *, user_id: str, patient_id: str, brand_id: str, protocol_ids: list[str] | None = None, medications: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Page[Recommendation]:
        """Makes recommendations for a person from their results.

        Without any results the platform answers 412. Source: the platform's API page `clinical/recommendations`.

        Needs the scope `read:recommendations`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_ids`: Only these protocols.

        `medications`: Codes of what the person takes.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, protocol_ids=protocol_ids, medications=medications, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, protocol_ids, medications, idempotency_key
        result: Page[Recommendation] = self._call("clinical.generate_recommendations", arguments, timeout)
        return result

    def list_red_flags(self, patient_id: str, *, user_id: str, timeout: float | None = None) -> Page[RedFlag]:
        """Lists the warnings about a person's results.

        Source: the platform's API page `clinical/red-flags`.

        Needs the scope `read:red_flags`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id)
        del user_id, patient_id
        result: Page[RedFlag] = self._call("clinical.list_red_flags", arguments, timeout)
        return result

    def evaluate_red_flags(self, *, user_id: str, patient_id: str, brand_id: str, biomarker_ids: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> RedFlagEvaluation:
        """Looks at a person's results for what somebody should look at.

        Without any results the platform answers 412. Source: the platform's API page `clinical/red-flags-evaluate`.

        Needs the scope `read:red_flags`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_ids`: Only these results.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, biomarker_ids=biomarker_ids, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, biomarker_ids, idempotency_key
        result: RedFlagEvaluation = self._call("clinical.evaluate_red_flags", arguments, timeout)
        return result

    def compute_health_score(self, *, user_id: str, patient_id: str, brand_id: str, biomarker_ids: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> HealthScore:
        """Computes a person's health score from their results.

        Without any results the platform answers 412. Source: the platform's API page `clinical/health-score`.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_ids`: Only these results.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, brand_id=brand_id, biomarker_ids=biomarker_ids, idempotency_key=idempotency_key)
        del user_id, patient_id, brand_id, biomarker_ids, idempotency_key
        result: HealthScore = self._call("clinical.compute_health_score", arguments, timeout)
        return result

    def list_wearable_metrics(self, *, user_id: str, timeout: float | None = None) -> Page[WearableMetric]:
        """Lists the newest values from the person's wearables.

        Without a connected wearable the platform answers 404. Source: the platform's API page `clinical/wearables-metrics`.

        Needs the scope `read:wearables`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Page[WearableMetric] = self._call("clinical.list_wearable_metrics", arguments, timeout)
        return result

    def list_wearable_connections(self, *, user_id: str, timeout: float | None = None) -> Page[WearableConnection]:
        """Lists the wearables that the person has connected.

        Source: the platform's API page `clinical/wearables-connections`.

        Needs the scope `read:wearables`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Page[WearableConnection] = self._call("clinical.list_wearable_connections", arguments, timeout)
        return result


class PatientGraph:
    """What is known about a person over time: metrics, protocols and how well they are kept to."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def get_protocol(self, protocol_id: str, *, user_id: str, timeout: float | None = None) -> GraphProtocol:
        """Returns one protocol with what is taken in it.

        Source: the platform's API page `patient-graph/protocol`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        arguments = Arguments(user_id=user_id, protocol_id=protocol_id)
        del user_id, protocol_id
        result: GraphProtocol = self._call("patient_graph.get_protocol", arguments, timeout)
        return result

    def list_metrics(self, patient_id: str, *, user_id: str, timeout: float | None = None) -> PatientMetrics:
        """Returns the newest values of all that is measured about a person.

        Source: the platform's API page `patient-graph/metrics`.

        Needs the scope `read:profile`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id)
        del user_id, patient_id
        result: PatientMetrics = self._call("patient_graph.list_metrics", arguments, timeout)
        return result

    def get_metric_series(self, patient_id: str, metric_key: str, *, user_id: str, from_: str | None = None, to: str | None = None, granularity: Granularity | None = None, timeout: float | None = None) -> MetricSeries:
        """Returns one metric over time, oldest first.

        Source: the platform's API page `patient-graph/metric-series`.

        Needs the scope `read:profile`. `timeout` is in seconds.

        `patient_id`: The person.

        `metric_key`: Names the metric, for instance `resting_heart_rate`.

        `from_`: The first moment (RFC 3339).

        `to`: The last moment (RFC 3339).

        `granularity`: How many values.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, metric_key=metric_key, **{"from": from_}, to=to, granularity=granularity)
        del user_id, patient_id, metric_key, from_, to, granularity
        result: MetricSeries = self._call("patient_graph.get_metric_series", arguments, timeout)
        return result

    def get_streak(self, *, user_id: str, timeout: float | None = None) -> Streak:
        """Returns how long the person has kept to their protocols.

        Source: the platform's API page `patient-graph/streak`.

        Needs the scope `read:protocols`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Streak = self._call("patient_graph.get_streak", arguments, timeout)
        return result

    def get_adherence_summary(self, *, user_id: str, patient_id: str, protocol_id: str, timeout: float | None = None) -> AdherenceSummary:
        """Returns how well a person keeps to one protocol.

        Source: the platform's API page `patient-graph/summary`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `protocol_id`: The protocol.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, protocol_id=protocol_id)
        del user_id, patient_id, protocol_id
        result: AdherenceSummary = self._call("patient_graph.get_adherence_summary", arguments, timeout)
        return result

    def log_dose(self, *, user_id: str, peptide_id: str, protocol_id: str, status: DoseStatus, scheduled_at: str, protocol_compound_id: str | None = None, skip_reason: SkipReason | None = None, skip_reason_note: str | None = None, logged_at: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Dose:
        """Records a dose that the person took, or left out.

        Source: the platform's API page `patient-graph/doses`.

        Needs the scope `write:protocols`. `timeout` is in seconds.

        `peptide_id`: The peptide.

        `protocol_id`: The protocol that it belongs to.

        `status`: Whether it was taken.

        `scheduled_at`: When it was due (RFC 3339).

        `protocol_compound_id`: The protocol's entry that it belongs to.

        `skip_reason`: Why it was left out.

        `skip_reason_note`: Why it was left out, in the person's words, at most 500 characters.

        `logged_at`: When it was recorded (RFC 3339); now unless said otherwise.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, peptide_id=peptide_id, protocol_id=protocol_id, status=status, scheduled_at=scheduled_at, protocol_compound_id=protocol_compound_id, skip_reason=skip_reason, skip_reason_note=skip_reason_note, logged_at=logged_at, idempotency_key=idempotency_key)
        del user_id, peptide_id, protocol_id, status, scheduled_at, protocol_compound_id, skip_reason, skip_reason_note, logged_at, idempotency_key
        result: Dose = self._call("patient_graph.log_dose", arguments, timeout)
        return result

    def get_today_schedule(self, *, user_id: str, patient_id: str, date: str, protocol_id: str | None = None, timeout: float | None = None) -> TodaySchedule:
        """Returns what a person takes on one day.

        Source: the platform's API page `patient-graph/today`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `date`: The day, `YYYY-MM-DD`.

        `protocol_id`: Only this protocol.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, date=date, protocol_id=protocol_id)
        del user_id, patient_id, date, protocol_id
        result: TodaySchedule = self._call("patient_graph.get_today_schedule", arguments, timeout)
        return result

    def get_calendar(self, *, user_id: str, patient_id: str, month: str | None = None, start: str | None = None, end: str | None = None, from_: str | None = None, to: str | None = None, protocol_id: str | None = None, protocol_compound_id: str | None = None, timeout: float | None = None) -> AdherenceCalendar:
        """Returns how well a person kept to their protocols, day by day.

        Name a `month`, or `start` and `end`, or `from` and `to`. Source: the platform's API page
        `patient-graph/calendar`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `month`: A month, `YYYY-MM`.

        `start`: The first day, `YYYY-MM-DD`.

        `end`: The last day, `YYYY-MM-DD`.

        `from_`: The first day, `YYYY-MM-DD`: another name for `start`.

        `to`: The last day, `YYYY-MM-DD`: another name for `end`.

        `protocol_id`: Only this protocol.

        `protocol_compound_id`: Only this entry of a protocol.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id, month=month, start=start, end=end, **{"from": from_}, to=to, protocol_id=protocol_id, protocol_compound_id=protocol_compound_id)
        del user_id, patient_id, month, start, end, from_, to, protocol_id, protocol_compound_id
        result: AdherenceCalendar = self._call("patient_graph.get_calendar", arguments, timeout)
        return result


class Identity:
    """The person's account at Loop, and registered apps."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def get_me(self, *, user_id: str, timeout: float | None = None) -> Profile:
        """Returns the person as others see them on Loop.

        Source: the platform's API page `identity/users-me`.

        Needs the scope `profile`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Profile = self._call("identity.get_me", arguments, timeout)
        return result

    def get_settings(self, *, user_id: str, timeout: float | None = None) -> Settings:
        """Returns what the person has set in their account.

        Source: the platform's API page `identity/users-me-settings`.

        Needs the scope `read:account`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Settings = self._call("identity.get_settings", arguments, timeout)
        return result

    def list_sessions(self, *, user_id: str, timeout: float | None = None) -> Page[Session]:
        """Lists the browsers and devices in which the person is signed in at Loop.

        Source: the platform's API page `identity/users-me-sessions`.

        Needs the scope `read:account`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Page[Session] = self._call("identity.list_sessions", arguments, timeout)
        return result

    def list_grants(self, *, user_id: str, timeout: float | None = None) -> Page[UserGrant]:
        """Lists what the person has granted to apps.

        Source: the platform's API page `identity/me-grants`.

        Needs the scope `manage:connected_apps`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Page[UserGrant] = self._call("identity.list_grants", arguments, timeout)
        return result

    def delete_grant(self, grant_id: str, *, user_id: str, timeout: float | None = None) -> None:
        """Ends a grant. One that has ended already is no error.

        Source: the platform's API page `identity/delete-grant`.

        Needs the scope `manage:connected_apps`. `timeout` is in seconds.

        `grant_id`: The grant's id.
        """
        arguments = Arguments(user_id=user_id, grant_id=grant_id)
        del user_id, grant_id
        self._call("identity.delete_grant", arguments, timeout)

    def list_connected_apps(self, *, user_id: str, timeout: float | None = None) -> Page[ConnectedApp]:
        """Lists the apps that the person has connected.

        Source: the platform's API page `identity/connected-apps`.

        Needs the scope `manage:connected_apps`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Page[ConnectedApp] = self._call("identity.list_connected_apps", arguments, timeout)
        return result

    def delete_connected_app(self, client_id: str, *, user_id: str, timeout: float | None = None) -> None:
        """Disconnects an app: its access and refresh tokens end.

        Source: the platform's API page `identity/delete-connected-app`.

        Needs the scope `manage:connected_apps`. `timeout` is in seconds.

        `client_id`: The app's public id.
        """
        arguments = Arguments(user_id=user_id, client_id=client_id)
        del user_id, client_id
        self._call("identity.delete_connected_app", arguments, timeout)


class Integrations:
    """Third-party providers that a person connects, and what arrives from them."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def authorize_connection(self, *, user_id: str, provider: str, redirect_uri: str, idempotency_key: str | None = None, timeout: float | None = None) -> ConnectionAuthorization:
        """Begins connecting a provider: send the person to the address that it returns.

        Source: the platform's API page `integrations/authorize`.

        Needs the scope `write:wearables`. `timeout` is in seconds.

        `provider`: The provider, for instance `oura`.

        `redirect_uri`: Where the person comes back to.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, provider=provider, redirect_uri=redirect_uri, idempotency_key=idempotency_key)
        del user_id, provider, redirect_uri, idempotency_key
        result: ConnectionAuthorization = self._call("integrations.authorize_connection", arguments, timeout)
        return result

    def list_connections(self, *, user_id: str, patient_id: str, timeout: float | None = None) -> Page[Connection]:
        """Lists the providers that a person has connected.

        Source: the platform's API page `integrations/connections`.

        Needs the scope `read:wearables`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(user_id=user_id, patient_id=patient_id)
        del user_id, patient_id
        result: Page[Connection] = self._call("integrations.list_connections", arguments, timeout)
        return result

    def sync_connection(self, connection_id: str, *, user_id: str, idempotency_key: str | None = None, timeout: float | None = None) -> SyncRun:
        """Fetches a provider's newest data.

        Source: the platform's API page `integrations/sync`.

        Needs the scope `write:wearables`. `timeout` is in seconds.

        `connection_id`: The connection's id.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, connection_id=connection_id, idempotency_key=idempotency_key)
        del user_id, connection_id, idempotency_key
        result: SyncRun = self._call("integrations.sync_connection", arguments, timeout)
        return result

    def list_lab_orders(self, *, user_id: str, timeout: float | None = None) -> Page[IntegrationLabOrder]:
        """Lists the person's lab orders, newest first.

        Source: the platform's API page `integrations/labs`.

        Needs the scope `read:lab_results`. `timeout` is in seconds.
        """
        arguments = Arguments(user_id=user_id)
        del user_id
        result: Page[IntegrationLabOrder] = self._call("integrations.list_lab_orders", arguments, timeout)
        return result

    def get_lab_order(self, order_id: str, *, user_id: str, timeout: float | None = None) -> IntegrationLabOrder:
        """Returns one lab order.

        Source: the platform's API page `integrations/labs`.

        Needs the scope `read:lab_results`. `timeout` is in seconds.

        `order_id`: The order's id.
        """
        arguments = Arguments(user_id=user_id, order_id=order_id)
        del user_id, order_id
        result: IntegrationLabOrder = self._call("integrations.get_lab_order", arguments, timeout)
        return result


class Memberships:
    """Memberships of a brand."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def create_membership(self, *, user_id: str, member_id: str, brand_id: str, tier: str, subscription_id: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Membership:
        """Begins a membership.

        Source: the platform's API page `membership`.

        Needs the scope `manage:subscriptions`. `timeout` is in seconds.

        `member_id`: The person.

        `brand_id`: The brand.

        `tier`: The tier.

        `subscription_id`: What pays for it.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, member_id=member_id, brand_id=brand_id, tier=tier, subscription_id=subscription_id, idempotency_key=idempotency_key)
        del user_id, member_id, brand_id, tier, subscription_id, idempotency_key
        result: Membership = self._call("membership.create_membership", arguments, timeout)
        return result

    def get_membership(self, membership_id: str, *, user_id: str, timeout: float | None = None) -> Membership:
        """Returns one membership.

        Source: the platform's API page `membership`.

        Needs the scope `manage:subscriptions`. `timeout` is in seconds.

        `membership_id`: The membership's id.
        """
        arguments = Arguments(user_id=user_id, membership_id=membership_id)
        del user_id, membership_id
        result: Membership = self._call("membership.get_membership", arguments, timeout)
        return result

    def list_transitions(self, membership_id: str, *, user_id: str, timeout: float | None = None) -> Page[MembershipTransition]:
        """Lists how a membership's state has changed, oldest first.

        Source: the platform's API page `membership`.

        Needs the scope `manage:subscriptions`. `timeout` is in seconds.

        `membership_id`: The membership's id.
        """
        arguments = Arguments(user_id=user_id, membership_id=membership_id)
        del user_id, membership_id
        result: Page[MembershipTransition] = self._call("membership.list_transitions", arguments, timeout)
        return result

    def get_conversion_eligibility(self, member_id: str, *, user_id: str, timeout: float | None = None) -> ConversionEligibility:
        """Says whether a person's membership may be converted.

        Source: the platform's API page `membership`.

        Needs the scope `manage:subscriptions`. `timeout` is in seconds.

        `member_id`: The person.
        """
        arguments = Arguments(user_id=user_id, member_id=member_id)
        del user_id, member_id
        result: ConversionEligibility = self._call("membership.get_conversion_eligibility", arguments, timeout)
        return result


class TierEntitlements:
    """What a person's tier gives them."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def get_entitlements(self, member_id: str, *, user_id: str, tier: str, brand_id: str, timeout: float | None = None) -> Entitlements:
        """Returns what a tier gives a person.

        Source: the platform's API page `entitlements`.

        Needs the scope `read:entitlements`. `timeout` is in seconds.

        `member_id`: The person.

        `tier`: The tier.

        `brand_id`: The brand.
        """
        arguments = Arguments(user_id=user_id, member_id=member_id, tier=tier, brand_id=brand_id)
        del user_id, member_id, tier, brand_id
        result: Entitlements = self._call("entitlements.get_entitlements", arguments, timeout)
        return result


class Comms:
    """Messages to a person."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def list_notifications(self, *, user_id: str, cursor: str | None = None, limit: int | None = None, timeout: float | None = None) -> Page[Notification]:
        """Lists the person's notifications, newest first.

        Source: the platform's API page `comms/notifications`.

        Needs the scope `manage:preferences`. `timeout` is in seconds.

        `cursor`: The `next_cursor` of the page before.

        `limit`: The most notifications of a page.
        """
        arguments = Arguments(user_id=user_id, cursor=cursor, limit=limit)
        del user_id, cursor, limit
        result: Page[Notification] = self._call("comms.list_notifications", arguments, timeout)
        return result

    def iter_notifications(self, *, user_id: str, limit: int | None = None, timeout: float | None = None) -> Iterator[Notification]:
        """Goes over all pages of `list_notifications`, which are fetched as they are needed.

        Takes the same arguments; `timeout`, in seconds, is each page's.
        """
        arguments = Arguments(user_id=user_id, limit=limit)
        del user_id, limit
        seen: set[str] = set()
        while True:
            page: Page[Notification] = self._call("comms.list_notifications", arguments, timeout)
            yield from page
            cursor = page.next_cursor
            # A list that leads in circles would never end.
            if cursor is None or cursor in seen:
                return
            seen.add(cursor)
            arguments["cursor"] = cursor


class Ai:
    """Reading documents."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def extract_bloodwork(self, *, user_id: str, brand_id: str, requested_by: str, mime_type: str, file_base64: str, vendor_hint: str | None = None, drawn_at: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> ExtractedBloodwork:
        """Reads the results out of a laboratory's document. Nothing is stored.

        Source: the platform's API page `ai/extract`.

        Needs the scope `write:biomarkers`. `timeout` is in seconds.

        `brand_id`: The brand it is done for.

        `requested_by`: Who asks for it.

        `mime_type`: `application/pdf`, `image/jpeg` or `image/png`.

        `file_base64`: The document's bytes in base64.

        `vendor_hint`: The laboratory, if it is known.

        `drawn_at`: When the sample was taken (RFC 3339), if it is known.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(user_id=user_id, brand_id=brand_id, requested_by=requested_by, mime_type=mime_type, file_base64=file_base64, vendor_hint=vendor_hint, drawn_at=drawn_at, idempotency_key=idempotency_key)
        del user_id, brand_id, requested_by, mime_type, file_base64, vendor_hint, drawn_at, idempotency_key
        result: ExtractedBloodwork = self._call("ai.extract_bloodwork", arguments, timeout)
        return result


class Services:
    """Every service, with the user at each call."""

    def __init__(self, call: Call) -> None:
        #: The person's clinical record.
        self.clinical: Clinical = Clinical(call)
        #: What is known about a person over time: metrics, protocols and how well they are kept to.
        self.patient_graph: PatientGraph = PatientGraph(call)
        #: The person's account at Loop, and registered apps.
        self.identity: Identity = Identity(call)
        #: Third-party providers that a person connects, and what arrives from them.
        self.integrations: Integrations = Integrations(call)
        #: Memberships of a brand.
        self.membership: Memberships = Memberships(call)
        #: What a person's tier gives them.
        self.entitlements: TierEntitlements = TierEntitlements(call)
        #: Messages to a person.
        self.comms: Comms = Comms(call)
        #: Reading documents.
        self.ai: Ai = Ai(call)


class UserClinical:
    """The person's clinical record. For one user."""

    __slots__ = ("_call", "_context")

    def __init__(self, call: Call, context: Arguments) -> None:
        self._call = call
        self._context = context

    def list_biomarkers(self, *, timeout: float | None = None) -> Page[Biomarker]:
        """Lists the person's own lab results, newest first.

        Source: the platform's quickstart, step 5.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Page[Biomarker] = self._call("clinical.list_biomarkers", arguments, timeout)
        return result

    def parse_biomarkers(self, *, patient_id: str, brand_id: str, source: str, biomarkers: list[NewBiomarker], idempotency_key: str | None = None, timeout: float | None = None) -> Page[Biomarker]:
        """Adds results to a person's record, and returns them as Loop keeps them.

        Source: the platform's API page `clinical/biomarkers-parse`.

        Needs the scope `write:biomarkers`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `source`: Where the results come from, in a word.

        `biomarkers`: The results, at least one.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, source=source, biomarkers=biomarkers, idempotency_key=idempotency_key)
        del patient_id, brand_id, source, biomarkers, idempotency_key
        result: Page[Biomarker] = self._call("clinical.parse_biomarkers", arguments, timeout)
        return result

    def parse_vendor_results(self, *, patient_id: str, brand_id: str, vendor: LabVendor, raw_payload: dict[str, Any], idempotency_key: str | None = None, timeout: float | None = None) -> Page[Biomarker]:
        """Adds results that are written in a laboratory's own format.

        Source: the platform's API page `clinical/biomarkers-vendor`.

        Needs the scope `write:biomarkers`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `vendor`: The laboratory.

        `raw_payload`: What the laboratory sent: a JSON object.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, vendor=vendor, raw_payload=raw_payload, idempotency_key=idempotency_key)
        del patient_id, brand_id, vendor, raw_payload, idempotency_key
        result: Page[Biomarker] = self._call("clinical.parse_vendor_results", arguments, timeout)
        return result

    def upload_bloodwork(self, *, patient_id: str, brand_id: str, content_type: str, source: str, file_base64: str, clinician_id: str | None = None, file_name: str | None = None, structured_data: dict[str, Any] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Bloodwork:
        """Uploads a lab report.

        Source: the platform's API page `clinical/bloodwork-upload`.

        Needs the scope `write:biomarkers`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `content_type`: `application/pdf` or `application/json`.

        `source`: Where the report comes from, in a word.

        `file_base64`: The file's bytes in base64.

        `clinician_id`: The clinician who ordered it.

        `file_name`: The file's name.

        `structured_data`: What is already known of its content: a JSON object.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, content_type=content_type, source=source, file_base64=file_base64, clinician_id=clinician_id, file_name=file_name, structured_data=structured_data, idempotency_key=idempotency_key)
        del patient_id, brand_id, content_type, source, file_base64, clinician_id, file_name, structured_data, idempotency_key
        result: Bloodwork = self._call("clinical.upload_bloodwork", arguments, timeout)
        return result

    def view_bloodwork(self, bloodwork_id: str, *, timeout: float | None = None) -> BloodworkView:
        """Returns an uploaded lab report with a link to its file, which works for five minutes.

        Source: the platform's API page `clinical/bloodwork-view`.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.

        `bloodwork_id`: The report's id.
        """
        arguments = Arguments(**self._context, bloodwork_id=bloodwork_id)
        del bloodwork_id
        result: BloodworkView = self._call("clinical.view_bloodwork", arguments, timeout)
        return result

    def list_lab_markers(self, *, q: str | None = None, state: str | None = None, tag: str | None = None, limit: int | None = None, cursor: str | None = None, timeout: float | None = None) -> Page[LabMarker]:
        """Lists the markers that can be ordered from laboratories.

        Source: the platform's API page `clinical/lab-markers`.

        Needs the scope `read:lab_catalog`. `timeout` is in seconds.

        `q`: Words to look for.

        `state`: A state's two letters, for what can be ordered there.

        `tag`: What the markers are filed under.

        `limit`: The most markers of a page.

        `cursor`: The `next_cursor` of the page before.
        """
        arguments = Arguments(**self._context, q=q, state=state, tag=tag, limit=limit, cursor=cursor)
        del q, state, tag, limit, cursor
        result: Page[LabMarker] = self._call("clinical.list_lab_markers", arguments, timeout)
        return result

    def iter_lab_markers(self, *, q: str | None = None, state: str | None = None, tag: str | None = None, limit: int | None = None, timeout: float | None = None) -> Iterator[LabMarker]:
        """Goes over all pages of `list_lab_markers`, which are fetched as they are needed.

        Takes the same arguments; `timeout`, in seconds, is each page's.
        """
        arguments = Arguments(**self._context, q=q, state=state, tag=tag, limit=limit)
        del q, state, tag, limit
        seen: set[str] = set()
        while True:
            page: Page[LabMarker] = self._call("clinical.list_lab_markers", arguments, timeout)
            yield from page
            cursor = page.next_cursor
            # A list that leads in circles would never end.
            if cursor is None or cursor in seen:
                return
            seen.add(cursor)
            arguments["cursor"] = cursor

    def create_lab_order(self, *, brand_id: str, patient_id: str, panel_id: LabPanel, patient: LabPatient, address: PostalAddress, idempotency_key: str | None = None, timeout: float | None = None) -> LabOrder:
        """Orders lab tests for a person.

        Source: the platform's API page `clinical/lab-orders`.

        Needs the scope `write:lab_orders`. `timeout` is in seconds.

        `brand_id`: The person's brand.

        `patient_id`: The person.

        `panel_id`: What to order.

        `patient`: Whose blood will be drawn.

        `address`: Where the kit is sent.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, brand_id=brand_id, patient_id=patient_id, panel_id=panel_id, patient=patient, address=address, idempotency_key=idempotency_key)
        del brand_id, patient_id, panel_id, patient, address, idempotency_key
        result: LabOrder = self._call("clinical.create_lab_order", arguments, timeout)
        return result

    def get_lab_order(self, order_id: str, *, timeout: float | None = None) -> LabOrder:
        """Returns one order of lab tests.

        Source: the platform's API page `clinical/lab-order`.

        Needs the scope `read:lab_results`. `timeout` is in seconds.

        `order_id`: The order's id.
        """
        arguments = Arguments(**self._context, order_id=order_id)
        del order_id
        result: LabOrder = self._call("clinical.get_lab_order", arguments, timeout)
        return result

    def list_check_ins(self, *, timeout: float | None = None) -> Page[CheckIn]:
        """Lists the person's check-ins.

        Source: the platform's API page `clinical/check-ins`.

        Needs the scope `read:check_ins`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Page[CheckIn] = self._call("clinical.list_check_ins", arguments, timeout)
        return result

    def get_next_check_in(self, *, enrolled_at: str, timeout: float | None = None) -> NextCheckIn:
        """Returns which check-in is due next.

        Source: the platform's API page `clinical/check-ins-next`.

        Needs the scope `read:check_ins`. `timeout` is in seconds.

        `enrolled_at`: When the person began (RFC 3339).
        """
        arguments = Arguments(**self._context, enrolled_at=enrolled_at)
        del enrolled_at
        result: NextCheckIn = self._call("clinical.get_next_check_in", arguments, timeout)
        return result

    def get_protocol(self, protocol_id: str, *, timeout: float | None = None) -> Protocol:
        """Returns one protocol of the clinical catalogue.

        Source: the platform's API page `clinical/protocol`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        arguments = Arguments(**self._context, protocol_id=protocol_id)
        del protocol_id
        result: Protocol = self._call("clinical.get_protocol", arguments, timeout)
        return result

    def match_protocols(self, *, patient_id: str, brand_id: str, biomarker_codes: list[str] | None = None, category: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Page[ProtocolMatch]:
        """Lists the protocols that suit a person's results, the best first.

        Without any results the platform answers 412. Source: the platform's API page `clinical/protocols-match`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_codes`: Only these results.

        `category`: Only this kind of protocol.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, biomarker_codes=biomarker_codes, category=category, idempotency_key=idempotency_key)
        del patient_id, brand_id, biomarker_codes, category, idempotency_key
        result: Page[ProtocolMatch] = self._call("clinical.match_protocols", arguments, timeout)
        return result

    def evaluate_protocol(self, *, patient_id: str, brand_id: str, protocol_id: str, medications: list[str] | None = None, current_week: int | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> ProtocolEvaluation:
        """Returns what the protocol engine says about a person and a protocol.

        Source: the platform's API page `clinical/protocol-engine`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_id`: The protocol.

        `medications`: Codes of what the person takes.

        `current_week`: The week that the person is in, 1 to 8.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, protocol_id=protocol_id, medications=medications, current_week=current_week, idempotency_key=idempotency_key)
        del patient_id, brand_id, protocol_id, medications, current_week, idempotency_key
        result: ProtocolEvaluation = self._call("clinical.evaluate_protocol", arguments, timeout)
        return result

    def enroll(self, *, patient_id: str, protocol_id: str, consent: EnrollmentConsent, goals: list[str], intake: EnrollmentIntake, idempotency_key: str | None = None, timeout: float | None = None) -> Enrollment:
        """Starts a protocol for a person.

        Source: the platform's API page `clinical/enrollments`.

        Needs the scope `write:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `protocol_id`: The protocol.

        `consent`: What the person agreed to.

        `goals`: What the person wants to reach, at least one thing.

        `intake`: What the person said about themselves.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, protocol_id=protocol_id, consent=consent, goals=goals, intake=intake, idempotency_key=idempotency_key)
        del patient_id, protocol_id, consent, goals, intake, idempotency_key
        result: Enrollment = self._call("clinical.enroll", arguments, timeout)
        return result

    def check_contraindications(self, *, patient_id: str, brand_id: str, protocol_id: str, medications: list[str], idempotency_key: str | None = None, timeout: float | None = None) -> ContraindicationCheck:
        """Says which of a person's medications do not go with a protocol.

        Source: the platform's API page `clinical/contraindications`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_id`: The protocol.

        `medications`: Codes of what the person takes, at least one.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, protocol_id=protocol_id, medications=medications, idempotency_key=idempotency_key)
        del patient_id, brand_id, protocol_id, medications, idempotency_key
        result: ContraindicationCheck = self._call("clinical.check_contraindications", arguments, timeout)
        return result

    def generate_recommendations(self, *, patient_id: str, brand_id: str, protocol_ids: list[str] | None = None, medications: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Page[Recommendation]:
        """Makes recommendations for a person from their results.

        Without any results the platform answers 412. Source: the platform's API page `clinical/recommendations`.

        Needs the scope `read:recommendations`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_ids`: Only these protocols.

        `medications`: Codes of what the person takes.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, protocol_ids=protocol_ids, medications=medications, idempotency_key=idempotency_key)
        del patient_id, brand_id, protocol_ids, medications, idempotency_key
        result: Page[Recommendation] = self._call("clinical.generate_recommendations", arguments, timeout)
        return result

    def list_red_flags(self, patient_id: str, *, timeout: float | None = None) -> Page[RedFlag]:
        """Lists the warnings about a person's results.

        Source: the platform's API page `clinical/red-flags`.

        Needs the scope `read:red_flags`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(**self._context, patient_id=patient_id)
        del patient_id
        result: Page[RedFlag] = self._call("clinical.list_red_flags", arguments, timeout)
        return result

    def evaluate_red_flags(self, *, patient_id: str, brand_id: str, biomarker_ids: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> RedFlagEvaluation:
        """Looks at a person's results for what somebody should look at.

        Without any results the platform answers 412. Source: the platform's API page `clinical/red-flags-evaluate`.

        Needs the scope `read:red_flags`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_ids`: Only these results.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, biomarker_ids=biomarker_ids, idempotency_key=idempotency_key)
        del patient_id, brand_id, biomarker_ids, idempotency_key
        result: RedFlagEvaluation = self._call("clinical.evaluate_red_flags", arguments, timeout)
        return result

    def compute_health_score(self, *, patient_id: str, brand_id: str, biomarker_ids: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> HealthScore:
        """Computes a person's health score from their results.

        Without any results the platform answers 412. Source: the platform's API page `clinical/health-score`.

        Needs the scope `read:biomarkers`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_ids`: Only these results.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, brand_id=brand_id, biomarker_ids=biomarker_ids, idempotency_key=idempotency_key)
        del patient_id, brand_id, biomarker_ids, idempotency_key
        result: HealthScore = self._call("clinical.compute_health_score", arguments, timeout)
        return result

    def list_wearable_metrics(self, *, timeout: float | None = None) -> Page[WearableMetric]:
        """Lists the newest values from the person's wearables.

        Without a connected wearable the platform answers 404. Source: the platform's API page `clinical/wearables-metrics`.

        Needs the scope `read:wearables`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Page[WearableMetric] = self._call("clinical.list_wearable_metrics", arguments, timeout)
        return result

    def list_wearable_connections(self, *, timeout: float | None = None) -> Page[WearableConnection]:
        """Lists the wearables that the person has connected.

        Source: the platform's API page `clinical/wearables-connections`.

        Needs the scope `read:wearables`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Page[WearableConnection] = self._call("clinical.list_wearable_connections", arguments, timeout)
        return result


class UserPatientGraph:
    """What is known about a person over time: metrics, protocols and how well they are kept to. For one user."""

    __slots__ = ("_call", "_context")

    def __init__(self, call: Call, context: Arguments) -> None:
        self._call = call
        self._context = context

    def get_protocol(self, protocol_id: str, *, timeout: float | None = None) -> GraphProtocol:
        """Returns one protocol with what is taken in it.

        Source: the platform's API page `patient-graph/protocol`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        arguments = Arguments(**self._context, protocol_id=protocol_id)
        del protocol_id
        result: GraphProtocol = self._call("patient_graph.get_protocol", arguments, timeout)
        return result

    def list_metrics(self, patient_id: str, *, timeout: float | None = None) -> PatientMetrics:
        """Returns the newest values of all that is measured about a person.

        Source: the platform's API page `patient-graph/metrics`.

        Needs the scope `read:profile`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(**self._context, patient_id=patient_id)
        del patient_id
        result: PatientMetrics = self._call("patient_graph.list_metrics", arguments, timeout)
        return result

    def get_metric_series(self, patient_id: str, metric_key: str, *, from_: str | None = None, to: str | None = None, granularity: Granularity | None = None, timeout: float | None = None) -> MetricSeries:
        """Returns one metric over time, oldest first.

        Source: the platform's API page `patient-graph/metric-series`.

        Needs the scope `read:profile`. `timeout` is in seconds.

        `patient_id`: The person.

        `metric_key`: Names the metric, for instance `resting_heart_rate`.

        `from_`: The first moment (RFC 3339).

        `to`: The last moment (RFC 3339).

        `granularity`: How many values.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, metric_key=metric_key, **{"from": from_}, to=to, granularity=granularity)
        del patient_id, metric_key, from_, to, granularity
        result: MetricSeries = self._call("patient_graph.get_metric_series", arguments, timeout)
        return result

    def get_streak(self, *, timeout: float | None = None) -> Streak:
        """Returns how long the person has kept to their protocols.

        Source: the platform's API page `patient-graph/streak`.

        Needs the scope `read:protocols`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Streak = self._call("patient_graph.get_streak", arguments, timeout)
        return result

    def get_adherence_summary(self, *, patient_id: str, protocol_id: str, timeout: float | None = None) -> AdherenceSummary:
        """Returns how well a person keeps to one protocol.

        Source: the platform's API page `patient-graph/summary`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `protocol_id`: The protocol.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, protocol_id=protocol_id)
        del patient_id, protocol_id
        result: AdherenceSummary = self._call("patient_graph.get_adherence_summary", arguments, timeout)
        return result

    def log_dose(self, *, peptide_id: str, protocol_id: str, status: DoseStatus, scheduled_at: str, protocol_compound_id: str | None = None, skip_reason: SkipReason | None = None, skip_reason_note: str | None = None, logged_at: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Dose:
        """Records a dose that the person took, or left out.

        Source: the platform's API page `patient-graph/doses`.

        Needs the scope `write:protocols`. `timeout` is in seconds.

        `peptide_id`: The peptide.

        `protocol_id`: The protocol that it belongs to.

        `status`: Whether it was taken.

        `scheduled_at`: When it was due (RFC 3339).

        `protocol_compound_id`: The protocol's entry that it belongs to.

        `skip_reason`: Why it was left out.

        `skip_reason_note`: Why it was left out, in the person's words, at most 500 characters.

        `logged_at`: When it was recorded (RFC 3339); now unless said otherwise.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, peptide_id=peptide_id, protocol_id=protocol_id, status=status, scheduled_at=scheduled_at, protocol_compound_id=protocol_compound_id, skip_reason=skip_reason, skip_reason_note=skip_reason_note, logged_at=logged_at, idempotency_key=idempotency_key)
        del peptide_id, protocol_id, status, scheduled_at, protocol_compound_id, skip_reason, skip_reason_note, logged_at, idempotency_key
        result: Dose = self._call("patient_graph.log_dose", arguments, timeout)
        return result

    def get_today_schedule(self, *, patient_id: str, date: str, protocol_id: str | None = None, timeout: float | None = None) -> TodaySchedule:
        """Returns what a person takes on one day.

        Source: the platform's API page `patient-graph/today`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `date`: The day, `YYYY-MM-DD`.

        `protocol_id`: Only this protocol.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, date=date, protocol_id=protocol_id)
        del patient_id, date, protocol_id
        result: TodaySchedule = self._call("patient_graph.get_today_schedule", arguments, timeout)
        return result

    def get_calendar(self, *, patient_id: str, month: str | None = None, start: str | None = None, end: str | None = None, from_: str | None = None, to: str | None = None, protocol_id: str | None = None, protocol_compound_id: str | None = None, timeout: float | None = None) -> AdherenceCalendar:
        """Returns how well a person kept to their protocols, day by day.

        Name a `month`, or `start` and `end`, or `from` and `to`. Source: the platform's API page
        `patient-graph/calendar`.

        Needs the scope `read:protocols`. `timeout` is in seconds.

        `patient_id`: The person.

        `month`: A month, `YYYY-MM`.

        `start`: The first day, `YYYY-MM-DD`.

        `end`: The last day, `YYYY-MM-DD`.

        `from_`: The first day, `YYYY-MM-DD`: another name for `start`.

        `to`: The last day, `YYYY-MM-DD`: another name for `end`.

        `protocol_id`: Only this protocol.

        `protocol_compound_id`: Only this entry of a protocol.
        """
        arguments = Arguments(**self._context, patient_id=patient_id, month=month, start=start, end=end, **{"from": from_}, to=to, protocol_id=protocol_id, protocol_compound_id=protocol_compound_id)
        del patient_id, month, start, end, from_, to, protocol_id, protocol_compound_id
        result: AdherenceCalendar = self._call("patient_graph.get_calendar", arguments, timeout)
        return result


class UserIdentity:
    """The person's account at Loop, and registered apps. For one user."""

    __slots__ = ("_call", "_context")

    def __init__(self, call: Call, context: Arguments) -> None:
        self._call = call
        self._context = context

    def get_me(self, *, timeout: float | None = None) -> Profile:
        """Returns the person as others see them on Loop.

        Source: the platform's API page `identity/users-me`.

        Needs the scope `profile`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Profile = self._call("identity.get_me", arguments, timeout)
        return result

    def get_settings(self, *, timeout: float | None = None) -> Settings:
        """Returns what the person has set in their account.

        Source: the platform's API page `identity/users-me-settings`.

        Needs the scope `read:account`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Settings = self._call("identity.get_settings", arguments, timeout)
        return result

    def list_sessions(self, *, timeout: float | None = None) -> Page[Session]:
        """Lists the browsers and devices in which the person is signed in at Loop.

        Source: the platform's API page `identity/users-me-sessions`.

        Needs the scope `read:account`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Page[Session] = self._call("identity.list_sessions", arguments, timeout)
        return result

    def list_grants(self, *, timeout: float | None = None) -> Page[UserGrant]:
        """Lists what the person has granted to apps.

        Source: the platform's API page `identity/me-grants`.

        Needs the scope `manage:connected_apps`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Page[UserGrant] = self._call("identity.list_grants", arguments, timeout)
        return result

    def delete_grant(self, grant_id: str, *, timeout: float | None = None) -> None:
        """Ends a grant. One that has ended already is no error.

        Source: the platform's API page `identity/delete-grant`.

        Needs the scope `manage:connected_apps`. `timeout` is in seconds.

        `grant_id`: The grant's id.
        """
        arguments = Arguments(**self._context, grant_id=grant_id)
        del grant_id
        self._call("identity.delete_grant", arguments, timeout)

    def list_connected_apps(self, *, timeout: float | None = None) -> Page[ConnectedApp]:
        """Lists the apps that the person has connected.

        Source: the platform's API page `identity/connected-apps`.

        Needs the scope `manage:connected_apps`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Page[ConnectedApp] = self._call("identity.list_connected_apps", arguments, timeout)
        return result

    def delete_connected_app(self, client_id: str, *, timeout: float | None = None) -> None:
        """Disconnects an app: its access and refresh tokens end.

        Source: the platform's API page `identity/delete-connected-app`.

        Needs the scope `manage:connected_apps`. `timeout` is in seconds.

        `client_id`: The app's public id.
        """
        arguments = Arguments(**self._context, client_id=client_id)
        del client_id
        self._call("identity.delete_connected_app", arguments, timeout)


class UserIntegrations:
    """Third-party providers that a person connects, and what arrives from them. For one user."""

    __slots__ = ("_call", "_context")

    def __init__(self, call: Call, context: Arguments) -> None:
        self._call = call
        self._context = context

    def authorize_connection(self, *, provider: str, redirect_uri: str, idempotency_key: str | None = None, timeout: float | None = None) -> ConnectionAuthorization:
        """Begins connecting a provider: send the person to the address that it returns.

        Source: the platform's API page `integrations/authorize`.

        Needs the scope `write:wearables`. `timeout` is in seconds.

        `provider`: The provider, for instance `oura`.

        `redirect_uri`: Where the person comes back to.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, provider=provider, redirect_uri=redirect_uri, idempotency_key=idempotency_key)
        del provider, redirect_uri, idempotency_key
        result: ConnectionAuthorization = self._call("integrations.authorize_connection", arguments, timeout)
        return result

    def list_connections(self, *, patient_id: str, timeout: float | None = None) -> Page[Connection]:
        """Lists the providers that a person has connected.

        Source: the platform's API page `integrations/connections`.

        Needs the scope `read:wearables`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(**self._context, patient_id=patient_id)
        del patient_id
        result: Page[Connection] = self._call("integrations.list_connections", arguments, timeout)
        return result

    def sync_connection(self, connection_id: str, *, idempotency_key: str | None = None, timeout: float | None = None) -> SyncRun:
        """Fetches a provider's newest data.

        Source: the platform's API page `integrations/sync`.

        Needs the scope `write:wearables`. `timeout` is in seconds.

        `connection_id`: The connection's id.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, connection_id=connection_id, idempotency_key=idempotency_key)
        del connection_id, idempotency_key
        result: SyncRun = self._call("integrations.sync_connection", arguments, timeout)
        return result

    def list_lab_orders(self, *, timeout: float | None = None) -> Page[IntegrationLabOrder]:
        """Lists the person's lab orders, newest first.

        Source: the platform's API page `integrations/labs`.

        Needs the scope `read:lab_results`. `timeout` is in seconds.
        """
        arguments = Arguments(**self._context)
        result: Page[IntegrationLabOrder] = self._call("integrations.list_lab_orders", arguments, timeout)
        return result

    def get_lab_order(self, order_id: str, *, timeout: float | None = None) -> IntegrationLabOrder:
        """Returns one lab order.

        Source: the platform's API page `integrations/labs`.

        Needs the scope `read:lab_results`. `timeout` is in seconds.

        `order_id`: The order's id.
        """
        arguments = Arguments(**self._context, order_id=order_id)
        del order_id
        result: IntegrationLabOrder = self._call("integrations.get_lab_order", arguments, timeout)
        return result


class UserMemberships:
    """Memberships of a brand. For one user."""

    __slots__ = ("_call", "_context")

    def __init__(self, call: Call, context: Arguments) -> None:
        self._call = call
        self._context = context

    def create_membership(self, *, member_id: str, brand_id: str, tier: str, subscription_id: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Membership:
        """Begins a membership.

        Source: the platform's API page `membership`.

        Needs the scope `manage:subscriptions`. `timeout` is in seconds.

        `member_id`: The person.

        `brand_id`: The brand.

        `tier`: The tier.

        `subscription_id`: What pays for it.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, member_id=member_id, brand_id=brand_id, tier=tier, subscription_id=subscription_id, idempotency_key=idempotency_key)
        del member_id, brand_id, tier, subscription_id, idempotency_key
        result: Membership = self._call("membership.create_membership", arguments, timeout)
        return result

    def get_membership(self, membership_id: str, *, timeout: float | None = None) -> Membership:
        """Returns one membership.

        Source: the platform's API page `membership`.

        Needs the scope `manage:subscriptions`. `timeout` is in seconds.

        `membership_id`: The membership's id.
        """
        arguments = Arguments(**self._context, membership_id=membership_id)
        del membership_id
        result: Membership = self._call("membership.get_membership", arguments, timeout)
        return result

    def list_transitions(self, membership_id: str, *, timeout: float | None = None) -> Page[MembershipTransition]:
        """Lists how a membership's state has changed, oldest first.

        Source: the platform's API page `membership`.

        Needs the scope `manage:subscriptions`. `timeout` is in seconds.

        `membership_id`: The membership's id.
        """
        arguments = Arguments(**self._context, membership_id=membership_id)
        del membership_id
        result: Page[MembershipTransition] = self._call("membership.list_transitions", arguments, timeout)
        return result

    def get_conversion_eligibility(self, member_id: str, *, timeout: float | None = None) -> ConversionEligibility:
        """Says whether a person's membership may be converted.

        Source: the platform's API page `membership`.

        Needs the scope `manage:subscriptions`. `timeout` is in seconds.

        `member_id`: The person.
        """
        arguments = Arguments(**self._context, member_id=member_id)
        del member_id
        result: ConversionEligibility = self._call("membership.get_conversion_eligibility", arguments, timeout)
        return result


class UserTierEntitlements:
    """What a person's tier gives them. For one user."""

    __slots__ = ("_call", "_context")

    def __init__(self, call: Call, context: Arguments) -> None:
        self._call = call
        self._context = context

    def get_entitlements(self, member_id: str, *, tier: str, brand_id: str, timeout: float | None = None) -> Entitlements:
        """Returns what a tier gives a person.

        Source: the platform's API page `entitlements`.

        Needs the scope `read:entitlements`. `timeout` is in seconds.

        `member_id`: The person.

        `tier`: The tier.

        `brand_id`: The brand.
        """
        arguments = Arguments(**self._context, member_id=member_id, tier=tier, brand_id=brand_id)
        del member_id, tier, brand_id
        result: Entitlements = self._call("entitlements.get_entitlements", arguments, timeout)
        return result


class UserComms:
    """Messages to a person. For one user."""

    __slots__ = ("_call", "_context")

    def __init__(self, call: Call, context: Arguments) -> None:
        self._call = call
        self._context = context

    def list_notifications(self, *, cursor: str | None = None, limit: int | None = None, timeout: float | None = None) -> Page[Notification]:
        """Lists the person's notifications, newest first.

        Source: the platform's API page `comms/notifications`.

        Needs the scope `manage:preferences`. `timeout` is in seconds.

        `cursor`: The `next_cursor` of the page before.

        `limit`: The most notifications of a page.
        """
        arguments = Arguments(**self._context, cursor=cursor, limit=limit)
        del cursor, limit
        result: Page[Notification] = self._call("comms.list_notifications", arguments, timeout)
        return result

    def iter_notifications(self, *, limit: int | None = None, timeout: float | None = None) -> Iterator[Notification]:
        """Goes over all pages of `list_notifications`, which are fetched as they are needed.

        Takes the same arguments; `timeout`, in seconds, is each page's.
        """
        arguments = Arguments(**self._context, limit=limit)
        del limit
        seen: set[str] = set()
        while True:
            page: Page[Notification] = self._call("comms.list_notifications", arguments, timeout)
            yield from page
            cursor = page.next_cursor
            # A list that leads in circles would never end.
            if cursor is None or cursor in seen:
                return
            seen.add(cursor)
            arguments["cursor"] = cursor


class UserAi:
    """Reading documents. For one user."""

    __slots__ = ("_call", "_context")

    def __init__(self, call: Call, context: Arguments) -> None:
        self._call = call
        self._context = context

    def extract_bloodwork(self, *, brand_id: str, requested_by: str, mime_type: str, file_base64: str, vendor_hint: str | None = None, drawn_at: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> ExtractedBloodwork:
        """Reads the results out of a laboratory's document. Nothing is stored.

        Source: the platform's API page `ai/extract`.

        Needs the scope `write:biomarkers`. `timeout` is in seconds.

        `brand_id`: The brand it is done for.

        `requested_by`: Who asks for it.

        `mime_type`: `application/pdf`, `image/jpeg` or `image/png`.

        `file_base64`: The document's bytes in base64.

        `vendor_hint`: The laboratory, if it is known.

        `drawn_at`: When the sample was taken (RFC 3339), if it is known.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(**self._context, brand_id=brand_id, requested_by=requested_by, mime_type=mime_type, file_base64=file_base64, vendor_hint=vendor_hint, drawn_at=drawn_at, idempotency_key=idempotency_key)
        del brand_id, requested_by, mime_type, file_base64, vendor_hint, drawn_at, idempotency_key
        result: ExtractedBloodwork = self._call("ai.extract_bloodwork", arguments, timeout)
        return result


class UserServices:
    """Every service, for one user."""

    def __init__(self, call: Call, context: Arguments) -> None:
        #: The person's clinical record.
        self.clinical: UserClinical = UserClinical(call, context)
        #: What is known about a person over time: metrics, protocols and how well they are kept to.
        self.patient_graph: UserPatientGraph = UserPatientGraph(call, context)
        #: The person's account at Loop, and registered apps.
        self.identity: UserIdentity = UserIdentity(call, context)
        #: Third-party providers that a person connects, and what arrives from them.
        self.integrations: UserIntegrations = UserIntegrations(call, context)
        #: Memberships of a brand.
        self.membership: UserMemberships = UserMemberships(call, context)
        #: What a person's tier gives them.
        self.entitlements: UserTierEntitlements = UserTierEntitlements(call, context)
        #: Messages to a person.
        self.comms: UserComms = UserComms(call, context)
        #: Reading documents.
        self.ai: UserAi = UserAi(call, context)


class MachineClinical:
    """The person's clinical record. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def list_patient_biomarkers(self, *, patient_id: str, timeout: float | None = None) -> Page[Biomarker]:
        """Lists a person's lab results, for a machine.

        Source: the platform's page on migrating from M2M.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: Whose results.
        """
        arguments = Arguments(patient_id=patient_id)
        del patient_id
        result: Page[Biomarker] = self._call("clinical.list_patient_biomarkers", arguments, timeout)
        return result

    def parse_biomarkers(self, *, patient_id: str, brand_id: str, source: str, biomarkers: list[NewBiomarker], idempotency_key: str | None = None, timeout: float | None = None) -> Page[Biomarker]:
        """Adds results to a person's record, and returns them as Loop keeps them.

        Source: the platform's API page `clinical/biomarkers-parse`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `source`: Where the results come from, in a word.

        `biomarkers`: The results, at least one.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, source=source, biomarkers=biomarkers, idempotency_key=idempotency_key)
        del patient_id, brand_id, source, biomarkers, idempotency_key
        result: Page[Biomarker] = self._call("clinical.parse_biomarkers", arguments, timeout)
        return result

    def parse_vendor_results(self, *, patient_id: str, brand_id: str, vendor: LabVendor, raw_payload: dict[str, Any], idempotency_key: str | None = None, timeout: float | None = None) -> Page[Biomarker]:
        """Adds results that are written in a laboratory's own format.

        Source: the platform's API page `clinical/biomarkers-vendor`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `vendor`: The laboratory.

        `raw_payload`: What the laboratory sent: a JSON object.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, vendor=vendor, raw_payload=raw_payload, idempotency_key=idempotency_key)
        del patient_id, brand_id, vendor, raw_payload, idempotency_key
        result: Page[Biomarker] = self._call("clinical.parse_vendor_results", arguments, timeout)
        return result

    def upload_bloodwork(self, *, patient_id: str, brand_id: str, content_type: str, source: str, file_base64: str, clinician_id: str | None = None, file_name: str | None = None, structured_data: dict[str, Any] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Bloodwork:
        """Uploads a lab report.

        Source: the platform's API page `clinical/bloodwork-upload`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `content_type`: `application/pdf` or `application/json`.

        `source`: Where the report comes from, in a word.

        `file_base64`: The file's bytes in base64.

        `clinician_id`: The clinician who ordered it.

        `file_name`: The file's name.

        `structured_data`: What is already known of its content: a JSON object.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, content_type=content_type, source=source, file_base64=file_base64, clinician_id=clinician_id, file_name=file_name, structured_data=structured_data, idempotency_key=idempotency_key)
        del patient_id, brand_id, content_type, source, file_base64, clinician_id, file_name, structured_data, idempotency_key
        result: Bloodwork = self._call("clinical.upload_bloodwork", arguments, timeout)
        return result

    def view_bloodwork(self, bloodwork_id: str, *, timeout: float | None = None) -> BloodworkView:
        """Returns an uploaded lab report with a link to its file, which works for five minutes.

        Source: the platform's API page `clinical/bloodwork-view`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `bloodwork_id`: The report's id.
        """
        arguments = Arguments(bloodwork_id=bloodwork_id)
        del bloodwork_id
        result: BloodworkView = self._call("clinical.view_bloodwork", arguments, timeout)
        return result

    def list_lab_markers(self, *, q: str | None = None, state: str | None = None, tag: str | None = None, limit: int | None = None, cursor: str | None = None, timeout: float | None = None) -> Page[LabMarker]:
        """Lists the markers that can be ordered from laboratories.

        Source: the platform's API page `clinical/lab-markers`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `q`: Words to look for.

        `state`: A state's two letters, for what can be ordered there.

        `tag`: What the markers are filed under.

        `limit`: The most markers of a page.

        `cursor`: The `next_cursor` of the page before.
        """
        arguments = Arguments(q=q, state=state, tag=tag, limit=limit, cursor=cursor)
        del q, state, tag, limit, cursor
        result: Page[LabMarker] = self._call("clinical.list_lab_markers", arguments, timeout)
        return result

    def iter_lab_markers(self, *, q: str | None = None, state: str | None = None, tag: str | None = None, limit: int | None = None, timeout: float | None = None) -> Iterator[LabMarker]:
        """Goes over all pages of `list_lab_markers`, which are fetched as they are needed.

        Takes the same arguments; `timeout`, in seconds, is each page's.
        """
        arguments = Arguments(q=q, state=state, tag=tag, limit=limit)
        del q, state, tag, limit
        seen: set[str] = set()
        while True:
            page: Page[LabMarker] = self._call("clinical.list_lab_markers", arguments, timeout)
            yield from page
            cursor = page.next_cursor
            # A list that leads in circles would never end.
            if cursor is None or cursor in seen:
                return
            seen.add(cursor)
            arguments["cursor"] = cursor

    def upsert_lab_markers(self, *, markers: list[NewLabMarker], idempotency_key: str | None = None, timeout: float | None = None) -> UpsertedMarkers:
        """Makes or changes many markers of the laboratory's catalogue.

        Source: the platform's API page `clinical/admin-markers`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `markers`: The markers.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(markers=markers, idempotency_key=idempotency_key)
        del markers, idempotency_key
        result: UpsertedMarkers = self._call("clinical.upsert_lab_markers", arguments, timeout)
        return result

    def create_lab_order(self, *, brand_id: str, patient_id: str, panel_id: LabPanel, patient: LabPatient, address: PostalAddress, idempotency_key: str | None = None, timeout: float | None = None) -> LabOrder:
        """Orders lab tests for a person.

        Source: the platform's API page `clinical/lab-orders`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `brand_id`: The person's brand.

        `patient_id`: The person.

        `panel_id`: What to order.

        `patient`: Whose blood will be drawn.

        `address`: Where the kit is sent.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(brand_id=brand_id, patient_id=patient_id, panel_id=panel_id, patient=patient, address=address, idempotency_key=idempotency_key)
        del brand_id, patient_id, panel_id, patient, address, idempotency_key
        result: LabOrder = self._call("clinical.create_lab_order", arguments, timeout)
        return result

    def get_lab_order(self, order_id: str, *, timeout: float | None = None) -> LabOrder:
        """Returns one order of lab tests.

        Source: the platform's API page `clinical/lab-order`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `order_id`: The order's id.
        """
        arguments = Arguments(order_id=order_id)
        del order_id
        result: LabOrder = self._call("clinical.get_lab_order", arguments, timeout)
        return result

    def get_protocol(self, protocol_id: str, *, timeout: float | None = None) -> Protocol:
        """Returns one protocol of the clinical catalogue.

        Source: the platform's API page `clinical/protocol`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        arguments = Arguments(protocol_id=protocol_id)
        del protocol_id
        result: Protocol = self._call("clinical.get_protocol", arguments, timeout)
        return result

    def match_protocols(self, *, patient_id: str, brand_id: str, biomarker_codes: list[str] | None = None, category: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Page[ProtocolMatch]:
        """Lists the protocols that suit a person's results, the best first.

        Without any results the platform answers 412. Source: the platform's API page `clinical/protocols-match`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_codes`: Only these results.

        `category`: Only this kind of protocol.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, biomarker_codes=biomarker_codes, category=category, idempotency_key=idempotency_key)
        del patient_id, brand_id, biomarker_codes, category, idempotency_key
        result: Page[ProtocolMatch] = self._call("clinical.match_protocols", arguments, timeout)
        return result

    def evaluate_protocol(self, *, patient_id: str, brand_id: str, protocol_id: str, medications: list[str] | None = None, current_week: int | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> ProtocolEvaluation:
        """Returns what the protocol engine says about a person and a protocol.

        Source: the platform's API page `clinical/protocol-engine`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_id`: The protocol.

        `medications`: Codes of what the person takes.

        `current_week`: The week that the person is in, 1 to 8.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, protocol_id=protocol_id, medications=medications, current_week=current_week, idempotency_key=idempotency_key)
        del patient_id, brand_id, protocol_id, medications, current_week, idempotency_key
        result: ProtocolEvaluation = self._call("clinical.evaluate_protocol", arguments, timeout)
        return result

    def enroll(self, *, patient_id: str, protocol_id: str, consent: EnrollmentConsent, goals: list[str], intake: EnrollmentIntake, idempotency_key: str | None = None, timeout: float | None = None) -> Enrollment:
        """Starts a protocol for a person.

        Source: the platform's API page `clinical/enrollments`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `protocol_id`: The protocol.

        `consent`: What the person agreed to.

        `goals`: What the person wants to reach, at least one thing.

        `intake`: What the person said about themselves.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, protocol_id=protocol_id, consent=consent, goals=goals, intake=intake, idempotency_key=idempotency_key)
        del patient_id, protocol_id, consent, goals, intake, idempotency_key
        result: Enrollment = self._call("clinical.enroll", arguments, timeout)
        return result

    def check_contraindications(self, *, patient_id: str, brand_id: str, protocol_id: str, medications: list[str], idempotency_key: str | None = None, timeout: float | None = None) -> ContraindicationCheck:
        """Says which of a person's medications do not go with a protocol.

        Source: the platform's API page `clinical/contraindications`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_id`: The protocol.

        `medications`: Codes of what the person takes, at least one.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, protocol_id=protocol_id, medications=medications, idempotency_key=idempotency_key)
        del patient_id, brand_id, protocol_id, medications, idempotency_key
        result: ContraindicationCheck = self._call("clinical.check_contraindications", arguments, timeout)
        return result

    def generate_recommendations(self, *, patient_id: str, brand_id: str, protocol_ids: list[str] | None = None, medications: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Page[Recommendation]:
        """Makes recommendations for a person from their results.

        Without any results the platform answers 412. Source: the platform's API page `clinical/recommendations`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `protocol_ids`: Only these protocols.

        `medications`: Codes of what the person takes.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, protocol_ids=protocol_ids, medications=medications, idempotency_key=idempotency_key)
        del patient_id, brand_id, protocol_ids, medications, idempotency_key
        result: Page[Recommendation] = self._call("clinical.generate_recommendations", arguments, timeout)
        return result

    def list_red_flags(self, patient_id: str, *, timeout: float | None = None) -> Page[RedFlag]:
        """Lists the warnings about a person's results.

        Source: the platform's API page `clinical/red-flags`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(patient_id=patient_id)
        del patient_id
        result: Page[RedFlag] = self._call("clinical.list_red_flags", arguments, timeout)
        return result

    def evaluate_red_flags(self, *, patient_id: str, brand_id: str, biomarker_ids: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> RedFlagEvaluation:
        """Looks at a person's results for what somebody should look at.

        Without any results the platform answers 412. Source: the platform's API page `clinical/red-flags-evaluate`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_ids`: Only these results.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, biomarker_ids=biomarker_ids, idempotency_key=idempotency_key)
        del patient_id, brand_id, biomarker_ids, idempotency_key
        result: RedFlagEvaluation = self._call("clinical.evaluate_red_flags", arguments, timeout)
        return result

    def compute_health_score(self, *, patient_id: str, brand_id: str, biomarker_ids: list[str] | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> HealthScore:
        """Computes a person's health score from their results.

        Without any results the platform answers 412. Source: the platform's API page `clinical/health-score`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `brand_id`: The person's brand.

        `biomarker_ids`: Only these results.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(patient_id=patient_id, brand_id=brand_id, biomarker_ids=biomarker_ids, idempotency_key=idempotency_key)
        del patient_id, brand_id, biomarker_ids, idempotency_key
        result: HealthScore = self._call("clinical.compute_health_score", arguments, timeout)
        return result


class MachinePatientGraph:
    """What is known about a person over time: metrics, protocols and how well they are kept to. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def get_protocol(self, protocol_id: str, *, timeout: float | None = None) -> GraphProtocol:
        """Returns one protocol with what is taken in it.

        Source: the platform's API page `patient-graph/protocol`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `protocol_id`: The protocol's id.
        """
        arguments = Arguments(protocol_id=protocol_id)
        del protocol_id
        result: GraphProtocol = self._call("patient_graph.get_protocol", arguments, timeout)
        return result

    def list_metrics(self, patient_id: str, *, timeout: float | None = None) -> PatientMetrics:
        """Returns the newest values of all that is measured about a person.

        Source: the platform's API page `patient-graph/metrics`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(patient_id=patient_id)
        del patient_id
        result: PatientMetrics = self._call("patient_graph.list_metrics", arguments, timeout)
        return result

    def get_metric_series(self, patient_id: str, metric_key: str, *, from_: str | None = None, to: str | None = None, granularity: Granularity | None = None, timeout: float | None = None) -> MetricSeries:
        """Returns one metric over time, oldest first.

        Source: the platform's API page `patient-graph/metric-series`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `metric_key`: Names the metric, for instance `resting_heart_rate`.

        `from_`: The first moment (RFC 3339).

        `to`: The last moment (RFC 3339).

        `granularity`: How many values.
        """
        arguments = Arguments(patient_id=patient_id, metric_key=metric_key, **{"from": from_}, to=to, granularity=granularity)
        del patient_id, metric_key, from_, to, granularity
        result: MetricSeries = self._call("patient_graph.get_metric_series", arguments, timeout)
        return result

    def get_adherence_summary(self, *, patient_id: str, protocol_id: str, timeout: float | None = None) -> AdherenceSummary:
        """Returns how well a person keeps to one protocol.

        Source: the platform's API page `patient-graph/summary`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `protocol_id`: The protocol.
        """
        arguments = Arguments(patient_id=patient_id, protocol_id=protocol_id)
        del patient_id, protocol_id
        result: AdherenceSummary = self._call("patient_graph.get_adherence_summary", arguments, timeout)
        return result

    def get_today_schedule(self, *, patient_id: str, date: str, protocol_id: str | None = None, timeout: float | None = None) -> TodaySchedule:
        """Returns what a person takes on one day.

        Source: the platform's API page `patient-graph/today`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `date`: The day, `YYYY-MM-DD`.

        `protocol_id`: Only this protocol.
        """
        arguments = Arguments(patient_id=patient_id, date=date, protocol_id=protocol_id)
        del patient_id, date, protocol_id
        result: TodaySchedule = self._call("patient_graph.get_today_schedule", arguments, timeout)
        return result

    def get_calendar(self, *, patient_id: str, month: str | None = None, start: str | None = None, end: str | None = None, from_: str | None = None, to: str | None = None, protocol_id: str | None = None, protocol_compound_id: str | None = None, timeout: float | None = None) -> AdherenceCalendar:
        """Returns how well a person kept to their protocols, day by day.

        Name a `month`, or `start` and `end`, or `from` and `to`. Source: the platform's API page
        `patient-graph/calendar`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.

        `month`: A month, `YYYY-MM`.

        `start`: The first day, `YYYY-MM-DD`.

        `end`: The last day, `YYYY-MM-DD`.

        `from_`: The first day, `YYYY-MM-DD`: another name for `start`.

        `to`: The last day, `YYYY-MM-DD`: another name for `end`.

        `protocol_id`: Only this protocol.

        `protocol_compound_id`: Only this entry of a protocol.
        """
        arguments = Arguments(patient_id=patient_id, month=month, start=start, end=end, **{"from": from_}, to=to, protocol_id=protocol_id, protocol_compound_id=protocol_compound_id)
        del patient_id, month, start, end, from_, to, protocol_id, protocol_compound_id
        result: AdherenceCalendar = self._call("patient_graph.get_calendar", arguments, timeout)
        return result


class MachineIdentity:
    """The person's account at Loop, and registered apps. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def get_user(self, account_id: str, *, timeout: float | None = None) -> AdminUser:
        """Returns a person as an administrator sees them.

        Source: the platform's API page `identity/admin-user`.

        Needs the scope `admin:identity`. `timeout` is in seconds.

        `account_id`: The person's stable id.
        """
        arguments = Arguments(account_id=account_id)
        del account_id
        result: AdminUser = self._call("identity.get_user", arguments, timeout)
        return result

    def list_oauth_clients(self, *, timeout: float | None = None) -> Page[OauthClient]:
        """Lists registered apps.

        Source: the platform's API page `identity/oauth-clients-get`.

        Needs the scope `admin:identity`. `timeout` is in seconds.
        """
        arguments = Arguments()
        result: Page[OauthClient] = self._call("identity.list_oauth_clients", arguments, timeout)
        return result

    def create_oauth_client(self, *, client_name: str, redirect_uris: list[str], allowed_scopes: list[str], client_type: OauthClientType | None = None, allowed_origins: list[str] | None = None, client_uri: str | None = None, logo_uri: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> OauthClientWithSecret:
        """Registers an app. Its secret is shown this once.

        Source: the platform's API page `identity/oauth-clients-post`.

        Needs the scope `admin:identity`. `timeout` is in seconds.

        `client_name`: The app's name for people, 1 to 255 characters.

        `client_type`: Whether it can keep a secret; `confidential` unless said otherwise.

        `redirect_uris`: Where people may be sent back, at least one address.

        `allowed_scopes`: What the app may ask for, at least one scope.

        `allowed_origins`: Which web pages may call the API themselves.

        `client_uri`: The app's page.

        `logo_uri`: The app's picture.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(client_name=client_name, client_type=client_type, redirect_uris=redirect_uris, allowed_scopes=allowed_scopes, allowed_origins=allowed_origins, client_uri=client_uri, logo_uri=logo_uri, idempotency_key=idempotency_key)
        del client_name, client_type, redirect_uris, allowed_scopes, allowed_origins, client_uri, logo_uri, idempotency_key
        result: OauthClientWithSecret = self._call("identity.create_oauth_client", arguments, timeout)
        return result

    def update_oauth_client(self, client_id: str, *, client_name: str | None = None, client_uri: str | Unset | None = UNSET, logo_uri: str | Unset | None = UNSET, redirect_uris: list[str] | None = None, allowed_scopes: list[str] | None = None, allowed_origins: list[str] | None = None, enabled: bool | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> OauthClient:
        """Changes a registered app. What is not named stays as it is.

        Source: the platform's API page `identity/oauth-clients-patch`.

        Needs the scope `admin:identity`. `timeout` is in seconds.

        `client_id`: The app's public id.

        `client_name`: The app's name for people.

        `client_uri`: The app's page. None takes it away, `UNSET`, the default, leaves it.

        `logo_uri`: The app's picture. None takes it away, `UNSET`, the default, leaves it.

        `redirect_uris`: Where people may be sent back.

        `allowed_scopes`: What the app may ask for.

        `allowed_origins`: Which web pages may call the API themselves.

        `enabled`: Whether it may be used.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(client_id=client_id, client_name=client_name, client_uri=NULL if client_uri is None else client_uri, logo_uri=NULL if logo_uri is None else logo_uri, redirect_uris=redirect_uris, allowed_scopes=allowed_scopes, allowed_origins=allowed_origins, enabled=enabled, idempotency_key=idempotency_key)
        del client_id, client_name, client_uri, logo_uri, redirect_uris, allowed_scopes, allowed_origins, enabled, idempotency_key
        result: OauthClient = self._call("identity.update_oauth_client", arguments, timeout)
        return result

    def rotate_oauth_client_secret(self, client_id: str, *, idempotency_key: str | None = None, timeout: float | None = None) -> OauthClientWithSecret:
        """Gives an app a new secret, which is shown this once. The former one works for 24 hours more.

        Source: the platform's API page `identity/rotate-secret`.

        Needs the scope `admin:identity`. `timeout` is in seconds.

        `client_id`: The app's public id.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(client_id=client_id, idempotency_key=idempotency_key)
        del client_id, idempotency_key
        result: OauthClientWithSecret = self._call("identity.rotate_oauth_client_secret", arguments, timeout)
        return result


class MachineIntegrations:
    """Third-party providers that a person connects, and what arrives from them. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def list_connections(self, *, patient_id: str, timeout: float | None = None) -> Page[Connection]:
        """Lists the providers that a person has connected.

        Source: the platform's API page `integrations/connections`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `patient_id`: The person.
        """
        arguments = Arguments(patient_id=patient_id)
        del patient_id
        result: Page[Connection] = self._call("integrations.list_connections", arguments, timeout)
        return result

    def sync_connection(self, connection_id: str, *, idempotency_key: str | None = None, timeout: float | None = None) -> SyncRun:
        """Fetches a provider's newest data.

        Source: the platform's API page `integrations/sync`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `connection_id`: The connection's id.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(connection_id=connection_id, idempotency_key=idempotency_key)
        del connection_id, idempotency_key
        result: SyncRun = self._call("integrations.sync_connection", arguments, timeout)
        return result

    def get_lab_order(self, order_id: str, *, timeout: float | None = None) -> IntegrationLabOrder:
        """Returns one lab order.

        Source: the platform's API page `integrations/labs`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `order_id`: The order's id.
        """
        arguments = Arguments(order_id=order_id)
        del order_id
        result: IntegrationLabOrder = self._call("integrations.get_lab_order", arguments, timeout)
        return result


class MachineMemberships:
    """Memberships of a brand. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def create_membership(self, *, member_id: str, brand_id: str, tier: str, subscription_id: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> Membership:
        """Begins a membership.

        Source: the platform's API page `membership`.

        Needs the scope `admin:payments`. `timeout` is in seconds.

        `member_id`: The person.

        `brand_id`: The brand.

        `tier`: The tier.

        `subscription_id`: What pays for it.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(member_id=member_id, brand_id=brand_id, tier=tier, subscription_id=subscription_id, idempotency_key=idempotency_key)
        del member_id, brand_id, tier, subscription_id, idempotency_key
        result: Membership = self._call("membership.create_membership", arguments, timeout)
        return result

    def get_membership(self, membership_id: str, *, timeout: float | None = None) -> Membership:
        """Returns one membership.

        Source: the platform's API page `membership`.

        Needs the scope `admin:payments`. `timeout` is in seconds.

        `membership_id`: The membership's id.
        """
        arguments = Arguments(membership_id=membership_id)
        del membership_id
        result: Membership = self._call("membership.get_membership", arguments, timeout)
        return result

    def list_transitions(self, membership_id: str, *, timeout: float | None = None) -> Page[MembershipTransition]:
        """Lists how a membership's state has changed, oldest first.

        Source: the platform's API page `membership`.

        Needs the scope `admin:payments`. `timeout` is in seconds.

        `membership_id`: The membership's id.
        """
        arguments = Arguments(membership_id=membership_id)
        del membership_id
        result: Page[MembershipTransition] = self._call("membership.list_transitions", arguments, timeout)
        return result

    def get_conversion_eligibility(self, member_id: str, *, timeout: float | None = None) -> ConversionEligibility:
        """Says whether a person's membership may be converted.

        Source: the platform's API page `membership`.

        Needs the scope `admin:payments`. `timeout` is in seconds.

        `member_id`: The person.
        """
        arguments = Arguments(member_id=member_id)
        del member_id
        result: ConversionEligibility = self._call("membership.get_conversion_eligibility", arguments, timeout)
        return result


class MachineTierEntitlements:
    """What a person's tier gives them. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def get_entitlements(self, member_id: str, *, tier: str, brand_id: str, timeout: float | None = None) -> Entitlements:
        """Returns what a tier gives a person.

        Source: the platform's API page `entitlements`.

        Needs the scope `admin:identity`. `timeout` is in seconds.

        `member_id`: The person.

        `tier`: The tier.

        `brand_id`: The brand.
        """
        arguments = Arguments(member_id=member_id, tier=tier, brand_id=brand_id)
        del member_id, tier, brand_id
        result: Entitlements = self._call("entitlements.get_entitlements", arguments, timeout)
        return result

    def preview(self, *, member_id: str, brand_id: str | None = None, timeout: float | None = None) -> EntitlementPreview:
        """Says what a person is entitled to, and where that comes from.

        Source: the platform's API page `entitlements`.

        Needs the scope `admin:identity`. `timeout` is in seconds.

        `member_id`: The person.

        `brand_id`: The brand.
        """
        arguments = Arguments(member_id=member_id, brand_id=brand_id)
        del member_id, brand_id
        result: EntitlementPreview = self._call("entitlements.preview", arguments, timeout)
        return result


class MachineEvents:
    """Events for everybody who listens on the platform. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def publish(self, *, name: str, payload: dict[str, Any], correlation_id: str | None = None, source: str | None = None, brand_id: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> PublishedEvent:
        """Hands in an event.

        Source: the platform's API page `events/post_v1_events`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `name`: Its name with its version, for instance `clinical.biomarker.parsed.v1`.

        `payload`: What it says: a JSON object.

        `correlation_id`: Ties it to what led to it.

        `source`: Who hands it in.

        `brand_id`: The brand it belongs to.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(name=name, payload=payload, correlation_id=correlation_id, source=source, brand_id=brand_id, idempotency_key=idempotency_key)
        del name, payload, correlation_id, source, brand_id, idempotency_key
        result: PublishedEvent = self._call("events.publish", arguments, timeout)
        return result


class MachineAi:
    """Reading documents. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def extract_bloodwork(self, *, brand_id: str, requested_by: str, mime_type: str, file_base64: str, vendor_hint: str | None = None, drawn_at: str | None = None, idempotency_key: str | None = None, timeout: float | None = None) -> ExtractedBloodwork:
        """Reads the results out of a laboratory's document. Nothing is stored.

        Source: the platform's API page `ai/extract`.

        Needs the scope `admin:clinical`. `timeout` is in seconds.

        `brand_id`: The brand it is done for.

        `requested_by`: Who asks for it.

        `mime_type`: `application/pdf`, `image/jpeg` or `image/png`.

        `file_base64`: The document's bytes in base64.

        `vendor_hint`: The laboratory, if it is known.

        `drawn_at`: When the sample was taken (RFC 3339), if it is known.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(brand_id=brand_id, requested_by=requested_by, mime_type=mime_type, file_base64=file_base64, vendor_hint=vendor_hint, drawn_at=drawn_at, idempotency_key=idempotency_key)
        del brand_id, requested_by, mime_type, file_base64, vendor_hint, drawn_at, idempotency_key
        result: ExtractedBloodwork = self._call("ai.extract_bloodwork", arguments, timeout)
        return result


class MachineWebhookDeliveries:
    """Deliveries of webhooks to apps. Receiving them is `verify`'s work. For a machine."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def replay_delivery(self, delivery_id: str, *, idempotency_key: str | None = None, timeout: float | None = None) -> ReplayedDelivery:
        """Sends a delivery once more.

        Source: the platform's API page `webhooks/replay`.

        Needs the scope `admin:identity`. `timeout` is in seconds.

        `delivery_id`: The delivery's id.

        `idempotency_key`: names this write: the platform does it once, however often it is sent. The SDK makes a name where none is given, and keeps it across its own retries.
        """
        arguments = Arguments(delivery_id=delivery_id, idempotency_key=idempotency_key)
        del delivery_id, idempotency_key
        result: ReplayedDelivery = self._call("webhooks.replay_delivery", arguments, timeout)
        return result


class MachineServices:
    """Every service that a machine may call."""

    def __init__(self, call: Call) -> None:
        #: The person's clinical record.
        self.clinical: MachineClinical = MachineClinical(call)
        #: What is known about a person over time: metrics, protocols and how well they are kept to.
        self.patient_graph: MachinePatientGraph = MachinePatientGraph(call)
        #: The person's account at Loop, and registered apps.
        self.identity: MachineIdentity = MachineIdentity(call)
        #: Third-party providers that a person connects, and what arrives from them.
        self.integrations: MachineIntegrations = MachineIntegrations(call)
        #: Memberships of a brand.
        self.membership: MachineMemberships = MachineMemberships(call)
        #: What a person's tier gives them.
        self.entitlements: MachineTierEntitlements = MachineTierEntitlements(call)
        #: Events for everybody who listens on the platform.
        self.events: MachineEvents = MachineEvents(call)
        #: Reading documents.
        self.ai: MachineAi = MachineAi(call)
        #: Deliveries of webhooks to apps. Receiving them is `verify`'s work.
        self.webhooks: MachineWebhookDeliveries = MachineWebhookDeliveries(call)
