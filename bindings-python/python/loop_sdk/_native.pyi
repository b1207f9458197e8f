"""Types of the native module. Written by `cargo xtask codegen`; do not edit."""

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar, final, overload

from loop_sdk.records import (
    AvailabilityStatus,
    BiomarkerStatus,
    CalendarStatus,
    ConnectionStatus,
    ContraindicationSeverity,
    DoseStatus,
    DoseTiming,
    EventStatus,
    LabPanel,
    NotificationLevel,
    OauthClientType,
    ProfileKind,
    RecommendationCategory,
    RecommendationPriority,
    RecommendationSource,
    RedFlagSeverity,
    ScheduleSource,
    SkipReason,
)

T = TypeVar("T")

__version__: str

@final
class Client:
    def __init__(
        self,
        options_json: str,
        language: str,
        store: object | None,
        on_event: Callable[[str], None] | None,
        client_secret: Callable[[], object] | None,
        audit_log: Callable[[str], object] | None = None,
        machine: bool = False,
    ) -> None: ...
    @property
    def redirect_uri(self) -> str | None: ...
    @property
    def namespace(self) -> str | None: ...
    def call(self, method: str, arguments_json: str, timeout: float | None) -> Any: ...
    def start(
        self,
        method: str,
        arguments_json: str,
        timeout: float | None,
        completions: Completions,
        future: Future[Any],
    ) -> Call: ...

@final
class Completions:
    def __init__(self, event_loop: AbstractEventLoop) -> None: ...
    def __len__(self) -> int: ...

@final
class Call:
    def cancel(self) -> None: ...

@final
class Page(Sequence[T], Generic[T]):
    """One page of a list: a sequence of its records."""

    @property
    def items(self) -> list[T]:
        """The records, in the platform's order."""

    @property
    def next_cursor(self) -> str | None:
        """Fetches the next page; None on the last one."""

    @property
    def total(self) -> int | None:
        """How many records all pages have together; None where the platform does not say."""

    def to_dict(self) -> dict[str, Any]:
        """The whole page in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[T]: ...
    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

@final
class Biomarker:
    """One lab result: a marker's value, its unit and the laboratory's reference range."""

    @property
    def id(self) -> str:
        """Identifies this result."""

    @property
    def patient_id(self) -> str:
        """The person it belongs to."""

    @property
    def biomarker_code(self) -> str:
        """The marker's code, for instance `ldl_c`."""

    @property
    def biomarker_name(self) -> str:
        """The marker's name for people, for instance `LDL cholesterol`."""

    @property
    def value(self) -> float:
        """The measured value, in `unit`."""

    @property
    def unit(self) -> str:
        """The unit of `value` and of both references, for instance `mg/dL`."""

    @property
    def reference_low(self) -> float | None:
        """Lower end of the reference range, in `unit`; None where the laboratory gives none."""

    @property
    def reference_high(self) -> float | None:
        """Upper end of the reference range, in `unit`; None where the laboratory gives none."""

    @property
    def status(self) -> BiomarkerStatus:
        """Where the value stands in its range."""

    @property
    def collected_at(self) -> str:
        """When the sample was taken (RFC 3339)."""

    @property
    def parsed_at(self) -> str:
        """When Loop read the result (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Bloodwork:
    """A lab report that was uploaded."""

    @property
    def id(self) -> str:
        """Identifies the report."""

    @property
    def patient_id(self) -> str:
        """The person it belongs to."""

    @property
    def brand_id(self) -> str:
        """The brand it was uploaded under."""

    @property
    def file_name(self) -> str | None:
        """The file's name; None where none was given."""

    @property
    def content_type(self) -> str:
        """`application/pdf` or `application/json`."""

    @property
    def source(self) -> str:
        """Where it came from, as the uploader said."""

    @property
    def status(self) -> str:
        """How far reading it has come."""

    @property
    def uploaded_at(self) -> str:
        """When it was uploaded (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class BloodworkView:
    """A lab report with a link to its file."""

    @property
    def id(self) -> str:
        """Identifies the report."""

    @property
    def patient_id(self) -> str:
        """The person it belongs to."""

    @property
    def brand_id(self) -> str:
        """The brand it was uploaded under."""

    @property
    def file_name(self) -> str | None:
        """The file's name; None where none was given."""

    @property
    def content_type(self) -> str:
        """`application/pdf` or `application/json`."""

    @property
    def source(self) -> str:
        """Where it came from, as the uploader said."""

    @property
    def status(self) -> str:
        """How far reading it has come."""

    @property
    def uploaded_at(self) -> str:
        """When it was uploaded (RFC 3339)."""

    @property
    def signed_url(self) -> str:
        """Fetches the file, for five minutes. Whoever has the link has the file."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class LabMarker:
    """One marker that can be ordered from a laboratory."""

    @property
    def id(self) -> str:
        """Identifies the marker in the catalogue."""

    @property
    def slug(self) -> str:
        """Its name in addresses."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def description(self) -> str | None:
        """What it measures; None where the catalogue says nothing."""

    @property
    def biomarker_code(self) -> str:
        """The code that its results carry."""

    @property
    def units(self) -> str | None:
        """The unit of its results; None where there is none."""

    @property
    def wholesale_cost(self) -> float | None:
        """What the laboratory charges, in `currency`; None where it is not told."""

    @property
    def currency(self) -> str:
        """ISO 4217, for instance `USD`."""

    @property
    def source_lab_id(self) -> str | None:
        """The laboratory's own id of the marker; None where it has none."""

    @property
    def tags(self) -> list[str]:
        """What the marker is filed under."""

    @property
    def availability(self) -> LabAvailability | None:
        """Where it can be ordered; None where no state was asked for."""

    @property
    def retail_price(self) -> float | None:
        """What the person pays, in `currency`; None where it is not told."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class LabAvailability:
    """Whether a marker can be ordered in a state."""

    @property
    def state(self) -> str:
        """The state's two letters."""

    @property
    def status(self) -> AvailabilityStatus:
        """Whether, and through whom."""

    @property
    def source_lab_id(self) -> str | None:
        """The laboratory that it would come from; None where there is none."""

    @property
    def note(self) -> str | None:
        """What else is to be known."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class UpsertedMarkers:
    """How many markers were written."""

    @property
    def upserted(self) -> int:
        """The number of markers that were made or changed."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class LabOrder:
    """An order of lab tests."""

    @property
    def id(self) -> str:
        """Identifies the order."""

    @property
    def brand_id(self) -> str:
        """The brand it was placed under."""

    @property
    def patient_id(self) -> str:
        """The person it is for."""

    @property
    def junction_order_id(self) -> str:
        """The laboratory's own id of the order."""

    @property
    def panel_id(self) -> LabPanel:
        """What was ordered."""

    @property
    def status(self) -> str:
        """How far the order has come."""

    @property
    def created_at(self) -> str:
        """When it was placed (RFC 3339)."""

    @property
    def completed_at(self) -> str | None:
        """When the results were there (RFC 3339); None until then."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class CheckIn:
    """How a person said that they were doing, 30, 60 or 90 days into a protocol."""

    @property
    def id(self) -> str:
        """Identifies the check-in."""

    @property
    def patient_id(self) -> str:
        """The person it belongs to."""

    @property
    def day_marker(self) -> int:
        """The day it belongs to: 30, 60 or 90."""

    @property
    def goals(self) -> list[str]:
        """What the person wants to reach."""

    @property
    def wins(self) -> list[str]:
        """What went well."""

    @property
    def blockers(self) -> list[str]:
        """What stood in the way."""

    @property
    def protocol_changes(self) -> str | None:
        """What was changed in the protocol; None for nothing."""

    @property
    def mood(self) -> int:
        """Mood, from 1 to 10."""

    @property
    def weight_kg(self) -> float | None:
        """Weight in kilograms; None where it was not said."""

    @property
    def sleep_quality(self) -> int:
        """Sleep quality, from 1 to 10."""

    @property
    def completed_at(self) -> str:
        """When it was filled in (RFC 3339)."""

    @property
    def created_at(self) -> str:
        """When it was stored (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class NextCheckIn:
    """Which check-in is due next."""

    @property
    def day_marker(self) -> int | None:
        """30, 60 or 90; None after the last."""

    @property
    def due_at(self) -> str | None:
        """When it is due (RFC 3339); None after the last."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Protocol:
    """One protocol of the clinical catalogue."""

    @property
    def id(self) -> str:
        """Identifies the protocol."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def version(self) -> str:
        """Its version, as the platform writes it."""

    @property
    def description(self) -> str | None:
        """What it is for, in a paragraph; None where the platform gives none."""

    @property
    def category(self) -> str:
        """The kind of protocol, for instance `metabolic`."""

    @property
    def criteria(self) -> Any:
        """Whom it suits: a JSON object whose keys the platform does not fix."""

    @property
    def recommendations(self) -> list[Any]:
        """What it asks the person to do: JSON, not fixed by the platform."""

    @property
    def contraindications(self) -> list[Any]:
        """What speaks against it: JSON, not fixed by the platform."""

    @property
    def active(self) -> bool:
        """Whether new people may start it."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ProtocolMatch:
    """A protocol that suits a person's results."""

    @property
    def protocol_id(self) -> str:
        """Identifies the protocol."""

    @property
    def protocol_name(self) -> str:
        """Its name for people."""

    @property
    def category(self) -> str:
        """The kind of protocol."""

    @property
    def match_score(self) -> float:
        """How well it suits, from 0 to 1."""

    @property
    def matched_criteria(self) -> list[Any]:
        """Which of its criteria the person meets: JSON, not fixed by the platform."""

    @property
    def recommendations(self) -> list[Any]:
        """What it would ask the person to do: JSON, not fixed by the platform."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ProtocolEvaluation:
    """What the protocol engine says about a person and a protocol."""

    @property
    def protocol_id(self) -> str:
        """Identifies the protocol."""

    @property
    def protocol_name(self) -> str:
        """Its name for people."""

    @property
    def eligible(self) -> bool:
        """Whether the person may start it."""

    @property
    def match_score(self) -> float:
        """How well it suits, from 0 to 1."""

    @property
    def matched_biomarkers(self) -> list[str]:
        """Codes of the results that speak for it."""

    @property
    def missing_biomarkers(self) -> list[str]:
        """Codes of the results that it needs and that are not there."""

    @property
    def contraindication_hits(self) -> list[ContraindicationHit]:
        """What speaks against it."""

    @property
    def phase(self) -> ProtocolPhase:
        """The part of the protocol that the week belongs to."""

    @property
    def parameters(self) -> list[ProtocolParameter]:
        """What it works out to for this person."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ContraindicationHit:
    """Why a medication and a protocol do not go together."""

    @property
    def rule_id(self) -> str:
        """The rule that said so."""

    @property
    def medication_code(self) -> str:
        """The medication's code."""

    @property
    def medication_name(self) -> str:
        """The medication's name for people."""

    @property
    def protocol_category(self) -> str:
        """The kind of protocol that it speaks against."""

    @property
    def severity(self) -> ContraindicationSeverity:
        """How grave it is."""

    @property
    def reason(self) -> str:
        """Why."""

    @property
    def alternatives(self) -> list[str]:
        """What could be taken instead."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ProtocolPhase:
    """A part of a protocol."""

    @property
    def week(self) -> int:
        """The week, from 1."""

    @property
    def total_weeks(self) -> int:
        """How many weeks the protocol has."""

    @property
    def name(self) -> str:
        """The phase's name for people."""

    @property
    def description(self) -> str:
        """What happens in it."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ProtocolParameter:
    """One figure of a protocol, worked out for a person."""

    @property
    def name(self) -> str:
        """What it is, for instance `daily_dose`."""

    @property
    def value(self) -> str | None:
        """The figure in `unit`, or in words such as `morning`, as the platform wrote it; None where there is none."""

    @property
    def unit(self) -> str:
        """The unit of `value`."""

    @property
    def derived_from(self) -> str:
        """The result or rule that it follows from."""

    @property
    def rationale(self) -> str:
        """Why it is what it is."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Enrollment:
    """A person who has started a protocol."""

    @property
    def id(self) -> str:
        """Identifies the enrolment."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def protocol_id(self) -> str:
        """The protocol."""

    @property
    def status(self) -> str:
        """Where it stands, for instance `active`."""

    @property
    def enrolled_at(self) -> str:
        """When it began (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ContraindicationCheck:
    """Which of a person's medications do not go with a protocol."""

    @property
    def protocol_id(self) -> str:
        """Identifies the protocol."""

    @property
    def protocol_name(self) -> str:
        """Its name for people."""

    @property
    def category(self) -> str:
        """The kind of protocol."""

    @property
    def hits(self) -> list[ContraindicationHit]:
        """What speaks against it."""

    @property
    def has_absolute(self) -> bool:
        """Whether one of the hits is absolute."""

    @property
    def count(self) -> int:
        """How many hits there are."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Recommendation:
    """Something that Loop suggests to a person."""

    @property
    def id(self) -> str:
        """Identifies the recommendation."""

    @property
    def category(self) -> RecommendationCategory:
        """What kind of thing it is."""

    @property
    def priority(self) -> RecommendationPriority:
        """How soon it should be looked at."""

    @property
    def title(self) -> str:
        """In a few words."""

    @property
    def description(self) -> str:
        """In a paragraph."""

    @property
    def rationale(self) -> str:
        """Why."""

    @property
    def source(self) -> RecommendationSource:
        """What it follows from."""

    @property
    def source_id(self) -> str:
        """The result, protocol or rule that it follows from."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class RedFlag:
    """A warning that a rule raised about a result."""

    @property
    def id(self) -> str:
        """Identifies the warning."""

    @property
    def patient_id(self) -> str:
        """The person it is about."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def rule_id(self) -> str:
        """The rule that raised it."""

    @property
    def rule_name(self) -> str:
        """The rule's name for people."""

    @property
    def severity(self) -> RedFlagSeverity:
        """How grave it is."""

    @property
    def biomarker_code(self) -> str:
        """The code of the result that it is about."""

    @property
    def biomarker_id(self) -> str:
        """The result that it is about."""

    @property
    def message(self) -> str:
        """What it says to a clinician."""

    @property
    def acknowledged(self) -> bool:
        """Whether a clinician has seen it."""

    @property
    def detected_at(self) -> str:
        """When it was raised (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class RedFlagEvaluation:
    """What the rules say about a person's results."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def flags_detected(self) -> int:
        """How many warnings there are."""

    @property
    def flags(self) -> list[RedFlag]:
        """The warnings."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class HealthScore:
    """One number for a person's health, with its parts."""

    @property
    def id(self) -> str:
        """Identifies the computation."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def overall_score(self) -> float:
        """From 0 to 100."""

    @property
    def domain_scores(self) -> Any:
        """From 0 to 100 each, by domain: the platform does not fix which there are."""

    @property
    def biomarker_count(self) -> int:
        """How many results went into it."""

    @property
    def computed_at(self) -> str:
        """When it was computed (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class WearableMetric:
    """The newest value of something that a wearable measures."""

    @property
    def provider(self) -> str:
        """The device's maker, for instance `oura`."""

    @property
    def metric(self) -> str:
        """What was measured, for instance `sleep_score`."""

    @property
    def label(self) -> str:
        """Its name for people."""

    @property
    def value(self) -> str:
        """The value as the maker writes it, with its unit if it has one."""

    @property
    def show_on_optimize(self) -> bool:
        """Whether Loop shows it on its own start page."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class WearableConnection:
    """A wearable that a person has connected."""

    @property
    def id(self) -> str:
        """Identifies the connection."""

    @property
    def patient_id(self) -> str:
        """The person it belongs to."""

    @property
    def provider(self) -> str:
        """The device's maker, for instance `oura`."""

    @property
    def junction_user_id(self) -> str:
        """The person's id at Junction, which collects the data."""

    @property
    def status(self) -> ConnectionStatus:
        """Whether data arrives."""

    @property
    def connected_at(self) -> str:
        """When it was connected (RFC 3339)."""

    @property
    def last_synced_at(self) -> str | None:
        """When data last arrived (RFC 3339); None if it never did."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class GraphProtocol:
    """A protocol of the patient graph, with what is taken in it."""

    @property
    def id(self) -> str:
        """Identifies the protocol."""

    @property
    def brand_id(self) -> str:
        """The brand that offers it."""

    @property
    def slug(self) -> str:
        """Its name in addresses."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def version(self) -> str:
        """Its version, as the platform writes it."""

    @property
    def category(self) -> str | None:
        """The kind of protocol; None where it has none."""

    @property
    def description(self) -> str | None:
        """What it is for; None where the platform says nothing."""

    @property
    def oversight_tier(self) -> str:
        """Who has to watch over it."""

    @property
    def active(self) -> bool:
        """Whether new people may start it."""

    @property
    def metadata(self) -> Any:
        """JSON, not fixed by the platform."""

    @property
    def created_at(self) -> str:
        """When it was made (RFC 3339)."""

    @property
    def updated_at(self) -> str:
        """When it was last changed (RFC 3339)."""

    @property
    def compounds(self) -> list[ProtocolCompound]:
        """What is taken, in order."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ProtocolCompound:
    """Something that is taken in a protocol."""

    @property
    def id(self) -> str:
        """Identifies this entry of the protocol."""

    @property
    def protocol_id(self) -> str:
        """The protocol."""

    @property
    def compound_id(self) -> str:
        """Identifies the compound."""

    @property
    def compound_slug(self) -> str:
        """The compound's name in addresses."""

    @property
    def display_name(self) -> str:
        """The compound's name for people."""

    @property
    def dose_amount(self) -> Decimal:
        """How much is taken at a time, exact, in `dose_unit`."""

    @property
    def dose_unit(self) -> str:
        """The unit of `dose_amount`."""

    @property
    def route(self) -> str | None:
        """How it is taken, for instance `oral`; None where it is not said."""

    @property
    def position(self) -> int:
        """Its place in the protocol, from 0."""

    @property
    def created_at(self) -> str:
        """When it was made (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class PatientMetrics:
    """The newest values of all that is measured about a person."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def metrics(self) -> list[Metric]:
        """One entry for each metric."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Metric:
    """The newest value of one metric."""

    @property
    def metric_key(self) -> str:
        """Names the metric, for instance `resting_heart_rate`."""

    @property
    def last_value(self) -> str | None:
        """The value as a text, in `unit`; None where there is none."""

    @property
    def unit(self) -> str | None:
        """The unit; None where the metric has none."""

    @property
    def last_recorded_at(self) -> str:
        """When it was measured (RFC 3339)."""

    @property
    def is_phi(self) -> bool:
        """Whether the platform counts it as health data. The SDK hides it either way."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class MetricSeries:
    """One metric over time."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def metric_key(self) -> str:
        """Names the metric."""

    @property
    def data(self) -> list[MetricPoint]:
        """The values, oldest first."""

    @property
    def count(self) -> int:
        """How many values there are."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class MetricPoint:
    """One value of a metric."""

    @property
    def id(self) -> str:
        """Identifies the value."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def metric_key(self) -> str:
        """Names the metric."""

    @property
    def value_numeric(self) -> Decimal | None:
        """The value as a number, exact, in `unit`; None where it is a text."""

    @property
    def value_text(self) -> str | None:
        """The value as a text; None where it is a number."""

    @property
    def unit(self) -> str | None:
        """The unit; None where the metric has none."""

    @property
    def source(self) -> str:
        """Who measured it, for instance `oura`."""

    @property
    def is_phi(self) -> bool:
        """Whether the platform counts it as health data. The SDK hides it either way."""

    @property
    def recorded_at(self) -> str:
        """When it was measured (RFC 3339)."""

    @property
    def created_at(self) -> str:
        """When it was stored (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Streak:
    """How long a person has kept to their protocols."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def current_streak(self) -> int:
        """Days in a row until today."""

    @property
    def longest_streak(self) -> int:
        """The most days in a row."""

    @property
    def peptides(self) -> list[PeptideDoses]:
        """Doses of each peptide."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class PeptideDoses:
    """How often a peptide was taken."""

    @property
    def peptide_id(self) -> str:
        """Identifies the peptide."""

    @property
    def taken_dose_count(self) -> int:
        """How many doses were taken."""

    @property
    def sharps_reminder_enabled(self) -> bool:
        """Whether the person is reminded to dispose of sharps."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class AdherenceSummary:
    """How well a person keeps to one protocol."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def protocol_id(self) -> str:
        """The protocol."""

    @property
    def streak_days(self) -> int:
        """Days in a row until today."""

    @property
    def adherence_pct(self) -> float:
        """Doses taken of those scheduled, in per cent."""

    @property
    def last30(self) -> DoseCounts:
        """The last thirty days."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class DoseCounts:
    """Doses of a span of time."""

    @property
    def taken(self) -> int:
        """How many were taken."""

    @property
    def missed(self) -> int:
        """How many were missed."""

    @property
    def scheduled(self) -> int:
        """How many were due."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Dose:
    """One dose of a peptide."""

    @property
    def id(self) -> str:
        """Identifies the dose."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def peptide_id(self) -> str:
        """The peptide."""

    @property
    def protocol_id(self) -> str:
        """The protocol that it belongs to."""

    @property
    def protocol_compound_id(self) -> str | None:
        """The protocol's entry that it belongs to; None where none was named."""

    @property
    def status(self) -> DoseStatus:
        """Whether it was taken."""

    @property
    def skip_reason(self) -> SkipReason | None:
        """Why it was left out; None where it was not."""

    @property
    def scheduled_at(self) -> str:
        """When it was due (RFC 3339)."""

    @property
    def logged_at(self) -> str:
        """When it was recorded (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class TodaySchedule:
    """What a person takes on one day."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def date(self) -> str:
        """The day, `YYYY-MM-DD`."""

    @property
    def weekday(self) -> int:
        """The day of the week, from 0 for Sunday to 6."""

    @property
    def morning(self) -> list[ScheduledDose]:
        """In the morning."""

    @property
    def evening(self) -> list[ScheduledDose]:
        """In the evening."""

    @property
    def before_bed(self) -> list[ScheduledDose] | None:
        """Before going to bed; None where the platform leaves it out."""

    @property
    def any(self) -> list[ScheduledDose] | None:
        """At any time; None where the platform leaves it out."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ScheduledDose:
    """One dose of a day."""

    @property
    def protocol_id(self) -> str:
        """The protocol that it belongs to."""

    @property
    def protocol_compound_id(self) -> str:
        """The protocol's entry that it belongs to."""

    @property
    def compound_id(self) -> str:
        """Identifies the compound."""

    @property
    def compound_slug(self) -> str:
        """The compound's name in addresses."""

    @property
    def display_name(self) -> str:
        """The compound's name for people."""

    @property
    def dose_amount(self) -> Decimal:
        """How much is taken, exact, in `dose_unit`."""

    @property
    def dose_unit(self) -> str:
        """The unit of `dose_amount`."""

    @property
    def dose_mcg_equivalent(self) -> Decimal | None:
        """The same in micrograms, exact; None where the unit is none of weight."""

    @property
    def route(self) -> str | None:
        """How it is taken; None where it is not said."""

    @property
    def days_of_week(self) -> list[int]:
        """The days of the week on which it is taken, 0 for Sunday to 6."""

    @property
    def timing(self) -> DoseTiming:
        """When on the day."""

    @property
    def source(self) -> ScheduleSource:
        """Where this entry of the schedule comes from."""

    @property
    def schedule_changed(self) -> bool:
        """Whether the schedule differs from the protocol's."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class AdherenceCalendar:
    """Doses by day."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def days(self) -> list[CalendarDay]:
        """The days, oldest first."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class CalendarDay:
    """One day of a calendar."""

    @property
    def date(self) -> str:
        """The day, `YYYY-MM-DD`."""

    @property
    def status(self) -> CalendarStatus:
        """How it went."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Profile:
    """A person as others see them on Loop."""

    @property
    def user_id(self) -> str:
        """The person's stable id."""

    @property
    def display_name(self) -> str | None:
        """The name that others see; None where none is set."""

    @property
    def bio(self) -> str | None:
        """What the person says about themselves."""

    @property
    def avatar_url(self) -> str | None:
        """Where their picture is."""

    @property
    def badges(self) -> list[Badge]:
        """What the person was awarded."""

    @property
    def follower_count(self) -> int:
        """How many people follow them."""

    @property
    def joined_at(self) -> str | None:
        """When they joined (RFC 3339); None where it is not told."""

    @property
    def display_full_name(self) -> bool:
        """Whether others see the full name."""

    @property
    def specialties(self) -> list[str]:
        """What a coach works on."""

    @property
    def coach_booking_url(self) -> str | None:
        """Where a coach can be booked; None for everybody else."""

    @property
    def mutual_followers_count(self) -> int:
        """Always 0 here."""

    @property
    def kind(self) -> ProfileKind:
        """Member, coach or team."""

    @property
    def day_on_loop(self) -> int | None:
        """Days since they began; None where they have not."""

    @property
    def active_protocol_label(self) -> str | None:
        """The protocol that they follow, in words; None for none."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Badge:
    """Something that a person was awarded."""

    @property
    def id(self) -> str:
        """Identifies the badge."""

    @property
    def type(self) -> str:
        """Its kind: `verified`, `credential` or `achievement`."""

    @property
    def label(self) -> str:
        """What it says."""

    @property
    def color(self) -> str:
        """Its colour."""

    @property
    def icon(self) -> str:
        """Its picture's name."""

    @property
    def tooltip(self) -> str:
        """What it says on a closer look."""

    @property
    def granted_at(self) -> str:
        """When it was given (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Settings:
    """What a person has set in their account."""

    @property
    def profile_public(self) -> bool:
        """Whether everybody may see the profile."""

    @property
    def show_full_name(self) -> bool:
        """Whether the full name is shown."""

    @property
    def display_full_name(self) -> bool:
        """Whether others see the full name."""

    @property
    def specialties(self) -> list[str]:
        """What a coach works on."""

    @property
    def show_day_count(self) -> bool:
        """Whether the number of days is shown."""

    @property
    def notification_level(self) -> NotificationLevel:
        """Which notifications are sent."""

    @property
    def timezone(self) -> str | None:
        """An IANA name, for instance `America/New_York`; None where none is set."""

    @property
    def locale(self) -> str:
        """A BCP 47 tag, for instance `en-US`."""

    @property
    def handle(self) -> str | None:
        """The short name; None where none is set."""

    @property
    def pronouns(self) -> str | None:
        """The pronouns; None where none are set."""

    @property
    def dose_reminder_schedule(self) -> DoseReminderSchedule | None:
        """When the person is reminded of doses; None where they are not."""

    @property
    def updated_at(self) -> str:
        """When the settings were last changed (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class DoseReminderSchedule:
    """When a person is reminded of doses."""

    @property
    def morning_time(self) -> str | None:
        """`HH:mm`; None for not in the morning."""

    @property
    def evening_time(self) -> str | None:
        """`HH:mm`; None for not in the evening."""

    @property
    def days(self) -> list[int]:
        """Days of the week, 0 for Sunday to 6."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Session:
    """A browser or device in which a person is signed in at Loop."""

    @property
    def id(self) -> str:
        """Identifies the session."""

    @property
    def device_label(self) -> str:
        """The device, in words."""

    @property
    def ip_address(self) -> str | None:
        """The address it was last seen at; None where it is not kept."""

    @property
    def user_agent(self) -> str | None:
        """What the browser says about itself; None where it is not kept."""

    @property
    def is_current(self) -> bool:
        """Whether it is the session of this call."""

    @property
    def last_active_at(self) -> str:
        """When it was last used (RFC 3339)."""

    @property
    def created_at(self) -> str:
        """When it began (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class UserGrant:
    """What a person has granted to one app."""

    @property
    def id(self) -> str:
        """Identifies the grant."""

    @property
    def client_id(self) -> str:
        """The app's public id."""

    @property
    def client_name(self) -> str:
        """The app's name for people."""

    @property
    def client_uri(self) -> str | None:
        """The app's page; None where it has none."""

    @property
    def logo_uri(self) -> str | None:
        """The app's picture; None where it has none."""

    @property
    def is_first_party(self) -> bool:
        """Whether the app is Loop's own."""

    @property
    def scopes_granted(self) -> list[str]:
        """The scopes that the person granted."""

    @property
    def granted_at(self) -> str:
        """When it was granted (RFC 3339)."""

    @property
    def updated_at(self) -> str:
        """When it was last changed (RFC 3339)."""

    @property
    def last_used_at(self) -> str | None:
        """When the app last used it (RFC 3339); None if it never did."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ConnectedApp:
    """An app that a person has connected."""

    @property
    def client_id(self) -> str:
        """The app's public id."""

    @property
    def client_name(self) -> str:
        """The app's name for people."""

    @property
    def client_uri(self) -> str | None:
        """The app's page; None where it has none."""

    @property
    def logo_uri(self) -> str | None:
        """The app's picture; None where it has none."""

    @property
    def is_first_party(self) -> bool:
        """Whether the app is Loop's own."""

    @property
    def scopes_granted(self) -> list[str]:
        """The scopes that the person granted."""

    @property
    def granted_at(self) -> str:
        """When it was granted (RFC 3339)."""

    @property
    def updated_at(self) -> str:
        """When it was last changed (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class AdminUser:
    """A person as an administrator sees them."""

    @property
    def user_id(self) -> str:
        """The person's stable id."""

    @property
    def email(self) -> str:
        """The person's address."""

    @property
    def name(self) -> str | None:
        """The person's name; None where none is known."""

    @property
    def brand_id(self) -> str | None:
        """The person's brand; None where they have none."""

    @property
    def created_at(self) -> str:
        """When the account was made (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class OauthClient:
    """A registered app."""

    @property
    def id(self) -> str:
        """Identifies the record."""

    @property
    def client_id(self) -> str:
        """The app's public id."""

    @property
    def client_name(self) -> str:
        """The app's name for people."""

    @property
    def client_uri(self) -> str | None:
        """The app's page; None where it has none."""

    @property
    def logo_uri(self) -> str | None:
        """The app's picture; None where it has none."""

    @property
    def client_type(self) -> OauthClientType:
        """Whether it can keep a secret."""

    @property
    def redirect_uris(self) -> list[str]:
        """Where people may be sent back."""

    @property
    def allowed_scopes(self) -> list[str]:
        """What the app may ask for."""

    @property
    def allowed_origins(self) -> list[str]:
        """Which web pages may call the API themselves."""

    @property
    def owner_id(self) -> str | None:
        """Who registered it; None where nobody is known."""

    @property
    def brand_id(self) -> str:
        """The brand it belongs to."""

    @property
    def is_first_party(self) -> bool:
        """Whether the app is Loop's own."""

    @property
    def enabled(self) -> bool:
        """Whether it may be used."""

    @property
    def created_at(self) -> str:
        """When it was registered (RFC 3339)."""

    @property
    def updated_at(self) -> str:
        """When it was last changed (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class OauthClientWithSecret:
    """A registered app with its secret, which is shown this once."""

    @property
    def client(self) -> OauthClient:
        """The app."""

    @property
    def client_secret(self) -> str | None:
        """The secret; None for a public app. After a rotation the former one works for 24 hours more."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ConnectionAuthorization:
    """Where to send a person who wants to connect a provider."""

    @property
    def url(self) -> str:
        """Send the person's browser there."""

    @property
    def state(self) -> str:
        """Comes back with the person, to be compared."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Connection:
    """A provider that a person has connected."""

    @property
    def id(self) -> str:
        """Identifies the connection."""

    @property
    def user_id(self) -> str:
        """The person."""

    @property
    def provider_id(self) -> str:
        """Identifies the provider."""

    @property
    def provider_slug(self) -> str:
        """The provider's name in addresses, for instance `oura`."""

    @property
    def status(self) -> str:
        """Whether data arrives."""

    @property
    def last_sync_at(self) -> str | None:
        """When data last arrived (RFC 3339); None if it never did."""

    @property
    def created_at(self) -> str:
        """When it was connected (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class SyncRun:
    """One fetching of a provider's data."""

    @property
    def id(self) -> str:
        """Identifies the run."""

    @property
    def connection_id(self) -> str:
        """The connection whose data was fetched."""

    @property
    def status(self) -> str:
        """How far it has come."""

    @property
    def records_processed(self) -> int:
        """How many records were read."""

    @property
    def errors(self) -> list[str]:
        """What went wrong, in words."""

    @property
    def completed_at(self) -> str | None:
        """When it ended (RFC 3339); None while it runs."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class IntegrationLabOrder:
    """A lab order as the integrations service keeps it. The clinical service has a record of its own."""

    @property
    def id(self) -> str:
        """Identifies the order."""

    @property
    def brand_id(self) -> str:
        """The brand it was placed under."""

    @property
    def user_id(self) -> str:
        """The person who placed it."""

    @property
    def patient_id(self) -> str | None:
        """The person it is for; None where that is not known yet."""

    @property
    def panel_slug(self) -> str:
        """What was ordered."""

    @property
    def junction_order_id(self) -> str:
        """The laboratory's own id of the order."""

    @property
    def status(self) -> str:
        """How far the order has come."""

    @property
    def total_cents(self) -> int | None:
        """What it costs, in the smallest unit of `currency`; None where it is not told."""

    @property
    def currency(self) -> str | None:
        """ISO 4217, for instance `USD`; None where no price is told."""

    @property
    def tracking_number(self) -> str | None:
        """The parcel's number; None where nothing was sent."""

    @property
    def result_bloodwork_id(self) -> str | None:
        """The report with its results; None until there is one."""

    @property
    def created_at(self) -> str:
        """When it was placed (RFC 3339)."""

    @property
    def updated_at(self) -> str:
        """When it was last changed (RFC 3339)."""

    @property
    def completed_at(self) -> str | None:
        """When the results were there (RFC 3339); None until then."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Membership:
    """A person's membership of a brand."""

    @property
    def id(self) -> str:
        """Identifies the membership."""

    @property
    def user_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The brand."""

    @property
    def tier(self) -> str:
        """The tier, for instance `basic`, `plus` or `premium`."""

    @property
    def state(self) -> str:
        """Where it stands, for instance `active`."""

    @property
    def subscription_id(self) -> str | None:
        """What pays for it; None for nothing."""

    @property
    def has_access(self) -> bool:
        """Whether the person has what the tier gives."""

    @property
    def created_at(self) -> str:
        """When it began (RFC 3339)."""

    @property
    def updated_at(self) -> str:
        """When it was last changed (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class MembershipTransition:
    """A change of a membership's state."""

    @property
    def from_state(self) -> str | None:
        """The state before; None at the beginning."""

    @property
    def to_state(self) -> str:
        """The state afterwards."""

    @property
    def trigger(self) -> str:
        """What changed it."""

    @property
    def reason(self) -> str | None:
        """Why; None where nobody said."""

    @property
    def created_at(self) -> str:
        """When (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ConversionEligibility:
    """Whether a person's membership may be converted."""

    @property
    def user_id(self) -> str:
        """The person."""

    @property
    def eligible(self) -> bool:
        """Whether it may."""

    @property
    def pending_locks(self) -> int:
        """How many locks are still to lapse."""

    @property
    def locks(self) -> list[ConversionLock]:
        """What stands in the way, or did."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ConversionLock:
    """What keeps a membership from being converted for some time."""

    @property
    def lock_id(self) -> str:
        """Identifies the lock."""

    @property
    def subscription_id(self) -> str:
        """The subscription it holds."""

    @property
    def status(self) -> str:
        """Where it stands."""

    @property
    def locked_at(self) -> str:
        """When it began (RFC 3339)."""

    @property
    def expires_at(self) -> str:
        """When it lapses (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Entitlements:
    """What a person's tier gives them."""

    @property
    def user_id(self) -> str:
        """The person."""

    @property
    def tier(self) -> str:
        """The tier."""

    @property
    def brand_id(self) -> str:
        """The brand."""

    @property
    def features(self) -> list[str]:
        """The names of the features."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class EntitlementPreview:
    """What a person is entitled to, and where that comes from."""

    @property
    def user_id(self) -> str:
        """The person."""

    @property
    def tier(self) -> str | None:
        """The tier; None where the person has none."""

    @property
    def brand_id(self) -> str | None:
        """The brand; None where none was asked for."""

    @property
    def entitlements(self) -> list[str]:
        """The names of the features."""

    @property
    def sources(self) -> EntitlementSources:
        """Where they come from."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class EntitlementSources:
    """Where entitlements come from."""

    @property
    def tier(self) -> list[str]:
        """From the tier."""

    @property
    def manual_grants(self) -> list[str]:
        """Given by hand."""

    @property
    def cohorts(self) -> list[str]:
        """From a cohort."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class Notification:
    """A notification to a person."""

    @property
    def id(self) -> str:
        """Identifies the notification."""

    @property
    def kind(self) -> str:
        """Its kind."""

    @property
    def title(self) -> str:
        """Its first line."""

    @property
    def body(self) -> str | None:
        """Its text; None where the title is all."""

    @property
    def link(self) -> str | None:
        """Where it leads; None where it leads nowhere."""

    @property
    def read_at(self) -> str | None:
        """When it was read (RFC 3339); None until then."""

    @property
    def created_at(self) -> str:
        """When it was made (RFC 3339)."""

    @property
    def metadata(self) -> Any:
        """JSON, not fixed by the platform."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class PublishedEvent:
    """An event that was handed in."""

    @property
    def id(self) -> str:
        """Identifies the event."""

    @property
    def name(self) -> str:
        """Its name, with its version."""

    @property
    def status(self) -> EventStatus:
        """Whether it is out, or waits."""

    @property
    def ts(self) -> str:
        """When it was taken (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ExtractedBloodwork:
    """What was read from a document of a laboratory."""

    @property
    def lab_vendor(self) -> str | None:
        """The laboratory; None where it was not recognised."""

    @property
    def collected_at(self) -> str | None:
        """When the sample was taken (RFC 3339); None where the document does not say."""

    @property
    def biomarkers(self) -> list[ExtractedBiomarker]:
        """The results that it shows."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ExtractedBiomarker:
    """One result that a document shows."""

    @property
    def name(self) -> str:
        """The marker's name, as the document writes it."""

    @property
    def value(self) -> str | None:
        """The measured value in `unit`, as the document writes it, for instance `41.2` or `<0.5`; None where it has none."""

    @property
    def unit(self) -> str:
        """The unit, as the document writes it."""

    @property
    def reference_range(self) -> str | None:
        """The reference range, as the document writes it; None where it has none."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ReplayedDelivery:
    """A webhook delivery that is sent once more."""

    @property
    def delivery_id(self) -> str:
        """Identifies the delivery."""

    @property
    def client_id(self) -> str:
        """The app that gets it."""

    @property
    def status(self) -> str:
        """How far it has come."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class BloodworkUploaded:
    """A lab report was uploaded."""

    @property
    def bloodwork_id(self) -> str:
        """The report."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def file_name(self) -> str | None:
        """The file's name; None where none was given."""

    @property
    def content_type(self) -> str:
        """`application/pdf` or `application/json`."""

    @property
    def source(self) -> str:
        """Where it came from."""

    @property
    def uploaded_by(self) -> str:
        """Who uploaded it."""

    @property
    def uploaded_at(self) -> str:
        """When (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class LabResultCritical:
    """A lab result needs somebody to look at once."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def order_id(self) -> str | None:
        """The lab order; None where there is none."""

    @property
    def biomarker_codes(self) -> list[str]:
        """Codes of the critical markers."""

    @property
    def critical_marker_count(self) -> int:
        """How many there are."""

    @property
    def source_event_type(self) -> str:
        """`labtest.result.ready` or `labtest.result.critical`."""

    @property
    def reported_at(self) -> str:
        """When the laboratory said so (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class VialCreated:
    """A vial was reconstituted."""

    @property
    def vial_id(self) -> str:
        """The vial."""

    @property
    def user_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def peptide_id(self) -> str:
        """The peptide in it."""

    @property
    def peptide_name(self) -> str:
        """The peptide's name for people."""

    @property
    def reconstituted_at(self) -> str:
        """When it was reconstituted (RFC 3339)."""

    @property
    def expires_at(self) -> str:
        """Until when it is good (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class BonusEligible:
    """A membership has earned its bonus."""

    @property
    def lock_id(self) -> str:
        """The lock that lapsed."""

    @property
    def membership_id(self) -> str:
        """The membership."""

    @property
    def user_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def subscription_id(self) -> str:
        """The subscription."""

    @property
    def tier(self) -> str:
        """The tier."""

    @property
    def locked_at(self) -> str:
        """When the lock began (RFC 3339)."""

    @property
    def released_at(self) -> str:
        """When it lapsed (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class SubscriptionTierChanged:
    """A subscription's plan has changed."""

    @property
    def subscription_id(self) -> str:
        """The subscription."""

    @property
    def customer_id(self) -> str:
        """Who pays."""

    @property
    def previous_plan_id(self) -> str | None:
        """The plan before; None for none."""

    @property
    def new_plan_id(self) -> str:
        """The plan now."""

    @property
    def stripe_subscription_id(self) -> str:
        """The subscription's id at Stripe."""

    @property
    def changed_at(self) -> str:
        """When (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class MembershipTierChanged:
    """A membership's tier has changed."""

    @property
    def user_id(self) -> str:
        """The person."""

    @property
    def tier(self) -> str:
        """The tier now."""

    @property
    def previous_tier(self) -> str | None:
        """The tier before; None for none."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class EncounterRecorded:
    """A person met a clinician."""

    @property
    def encounter_id(self) -> str:
        """The encounter."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def encounter_type(self) -> str:
        """What kind of encounter it was."""

    @property
    def recorded_at(self) -> str:
        """When it was recorded (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class SharpsReminderRequested:
    """A person should dispose of sharps."""

    @property
    def patient_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def user_id(self) -> str:
        """The person's account."""

    @property
    def peptide_id(self) -> str:
        """The peptide."""

    @property
    def protocol_id(self) -> str:
        """The protocol."""

    @property
    def taken_dose_count(self) -> int:
        """How many doses were taken."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class NotificationCreated:
    """A notification was made."""

    @property
    def id(self) -> str:
        """The notification."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def person_id(self) -> str:
        """The person."""

    @property
    def channel(self) -> str:
        """How it is sent."""

    @property
    def category(self) -> str:
        """What it is about."""

    @property
    def title(self) -> str:
        """Its first line."""

    @property
    def body(self) -> str | None:
        """Its text; None where the title is all."""

    @property
    def action_url(self) -> str | None:
        """Where it leads; None where it leads nowhere."""

    @property
    def read_at(self) -> str | None:
        """When it was read (RFC 3339); None until then."""

    @property
    def created_at(self) -> str:
        """When it was made (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class MessageSendRequested:
    """A message is to be sent."""

    @property
    def message_id(self) -> str:
        """The message."""

    @property
    def channel(self) -> str:
        """`email`, `sms`, `push` or `in_app`."""

    @property
    def template_key(self) -> str:
        """The template."""

    @property
    def recipient(self) -> str:
        """Who gets it."""

    @property
    def brand_id(self) -> str:
        """The brand."""

    @property
    def variables(self) -> Any:
        """What goes into the template: JSON, not fixed by the platform."""

    @property
    def requested_by(self) -> str:
        """Who asked for it."""

    @property
    def requested_at(self) -> str:
        """When (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class LiveStreamEvent:
    """Something happened in a live stream."""

    @property
    def event_type(self) -> str:
        """What happened."""

    @property
    def session_id(self) -> str | None:
        """The session; None where there is none."""

    @property
    def brand_id(self) -> str | None:
        """The brand; None where there is none."""

    @property
    def stream_call_id(self) -> str | None:
        """The call; None where there is none."""

    @property
    def occurred_at(self) -> str:
        """When (RFC 3339)."""

    @property
    def payload(self) -> Any:
        """JSON, not fixed by the platform."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

@final
class ScreeningStatusChanged:
    """Where a person's screening stands has changed."""

    @property
    def person_id(self) -> str:
        """The person."""

    @property
    def brand_id(self) -> str:
        """The person's brand."""

    @property
    def previous_status(self) -> str | None:
        """Where it stood; None at the beginning."""

    @property
    def new_status(self) -> str:
        """Where it stands."""

    @property
    def changed_by(self) -> str:
        """Who changed it."""

    @property
    def changed_at(self) -> str:
        """When (RFC 3339)."""

    def to_dict(self) -> dict[str, Any]:
        """The whole record in plain types, for a template or for JSON."""

    def _safe_view(self) -> dict[str, Any]: ...

def _close() -> None: ...
def _forked() -> None: ...
def _settle(limit: float) -> None: ...
def _schema() -> str: ...
def _verify_webhook(raw_body: bytes, headers: str, secrets: str) -> str: ...
def _restore(name: str, json: str) -> Any: ...
def _restore_page(name: str, json: str, next_cursor: str | None, total: int | None = None) -> Any: ...
