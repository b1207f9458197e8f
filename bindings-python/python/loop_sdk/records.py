"""The records that the APIs take and return. Written by `cargo xtask codegen`; do not edit."""

from typing import Literal, TypedDict

from loop_sdk._native import (
    AdherenceCalendar,
    AdherenceSummary,
    AdminUser,
    Badge,
    Biomarker,
    Bloodwork,
    BloodworkUploaded,
    BloodworkView,
    BonusEligible,
    CalendarDay,
    CheckIn,
    ConnectedApp,
    Connection,
    ConnectionAuthorization,
    ContraindicationCheck,
    ContraindicationHit,
    ConversionEligibility,
    ConversionLock,
    Dose,
    DoseCounts,
    DoseReminderSchedule,
    EncounterRecorded,
    Enrollment,
    EntitlementPreview,
    Entitlements,
    EntitlementSources,
    ExtractedBiomarker,
    ExtractedBloodwork,
    GraphProtocol,
    HealthScore,
    IntegrationLabOrder,
    LabAvailability,
    LabMarker,
    LabOrder,
    LabResultCritical,
    LiveStreamEvent,
    Membership,
    MembershipTierChanged,
    MembershipTransition,
    MessageSendRequested,
    Metric,
    MetricPoint,
    MetricSeries,
    NextCheckIn,
    Notification,
    NotificationCreated,
    OauthClient,
    OauthClientWithSecret,
    Page,
    PatientMetrics,
    PeptideDoses,
    Profile,
    Protocol,
    ProtocolCompound,
    ProtocolEvaluation,
    ProtocolMatch,
    ProtocolParameter,
    ProtocolPhase,
    PublishedEvent,
    Recommendation,
    RedFlag,
    RedFlagEvaluation,
    ReplayedDelivery,
    ScheduledDose,
    ScreeningStatusChanged,
    Session,
    Settings,
    SharpsReminderRequested,
    Streak,
    SubscriptionTierChanged,
    SyncRun,
    TodaySchedule,
    UpsertedMarkers,
    UserGrant,
    VialCreated,
    WearableConnection,
    WearableMetric,
)

__all__ = [
    "AdherenceCalendar",
    "AdherenceSummary",
    "AdminUser",
    "AvailabilityStatus",
    "Badge",
    "Biomarker",
    "BiomarkerStatus",
    "Bloodwork",
    "BloodworkUploaded",
    "BloodworkView",
    "BonusEligible",
    "CalendarDay",
    "CalendarStatus",
    "CheckIn",
    "ConnectedApp",
    "Connection",
    "ConnectionAuthorization",
    "ConnectionStatus",
    "ContraindicationCheck",
    "ContraindicationHit",
    "ContraindicationSeverity",
    "ConversionEligibility",
    "ConversionLock",
    "Dose",
    "DoseCounts",
    "DoseReminderSchedule",
    "DoseStatus",
    "DoseTiming",
    "EncounterRecorded",
    "Enrollment",
    "EnrollmentConsent",
    "EnrollmentIntake",
    "EntitlementPreview",
    "EntitlementSources",
    "Entitlements",
    "EventStatus",
    "ExtractedBiomarker",
    "ExtractedBloodwork",
    "Granularity",
    "GraphProtocol",
    "HealthScore",
    "IntegrationLabOrder",
    "LabAvailability",
    "LabMarker",
    "LabOrder",
    "LabPanel",
    "LabPatient",
    "LabResultCritical",
    "LabVendor",
    "LiveStreamEvent",
    "Membership",
    "MembershipTierChanged",
    "MembershipTransition",
    "MessageSendRequested",
    "Metric",
    "MetricPoint",
    "MetricSeries",
    "NewBiomarker",
    "NewLabMarker",
    "NextCheckIn",
    "Notification",
    "NotificationCreated",
    "NotificationLevel",
    "OauthClient",
    "OauthClientType",
    "OauthClientWithSecret",
    "Page",
    "PatientMetrics",
    "PeptideDoses",
    "PostalAddress",
    "Profile",
    "ProfileKind",
    "Protocol",
    "ProtocolCompound",
    "ProtocolEvaluation",
    "ProtocolMatch",
    "ProtocolParameter",
    "ProtocolPhase",
    "PublishedEvent",
    "Recommendation",
    "RecommendationCategory",
    "RecommendationPriority",
    "RecommendationSource",
    "RedFlag",
    "RedFlagEvaluation",
    "RedFlagSeverity",
    "ReplayedDelivery",
    "ScheduleSource",
    "ScheduledDose",
    "ScreeningStatusChanged",
    "Session",
    "Settings",
    "SharpsReminderRequested",
    "SkipReason",
    "Streak",
    "SubscriptionTierChanged",
    "SyncRun",
    "TodaySchedule",
    "UpsertedMarkers",
    "UserGrant",
    "VialCreated",
    "WearableConnection",
    "WearableMetric",
]

#: The classes among them.
CLASSES = (
    AdherenceCalendar,
    AdherenceSummary,
    AdminUser,
    Badge,
    Biomarker,
    Bloodwork,
    BloodworkUploaded,
    BloodworkView,
    BonusEligible,
    CalendarDay,
    CheckIn,
    ConnectedApp,
    Connection,
    ConnectionAuthorization,
    ContraindicationCheck,
    ContraindicationHit,
    ConversionEligibility,
    ConversionLock,
    Dose,
    DoseCounts,
    DoseReminderSchedule,
    EncounterRecorded,
    Enrollment,
    EntitlementPreview,
    Entitlements,
    EntitlementSources,
    ExtractedBiomarker,
    ExtractedBloodwork,
    GraphProtocol,
    HealthScore,
    IntegrationLabOrder,
    LabAvailability,
    LabMarker,
    LabOrder,
    LabResultCritical,
    LiveStreamEvent,
    Membership,
    MembershipTierChanged,
    MembershipTransition,
    MessageSendRequested,
    Metric,
    MetricPoint,
    MetricSeries,
    NextCheckIn,
    Notification,
    NotificationCreated,
    OauthClient,
    OauthClientWithSecret,
    Page,
    PatientMetrics,
    PeptideDoses,
    Profile,
    Protocol,
    ProtocolCompound,
    ProtocolEvaluation,
    ProtocolMatch,
    ProtocolParameter,
    ProtocolPhase,
    PublishedEvent,
    Recommendation,
    RedFlag,
    RedFlagEvaluation,
    ReplayedDelivery,
    ScheduledDose,
    ScreeningStatusChanged,
    Session,
    Settings,
    SharpsReminderRequested,
    Streak,
    SubscriptionTierChanged,
    SyncRun,
    TodaySchedule,
    UpsertedMarkers,
    UserGrant,
    VialCreated,
    WearableConnection,
    WearableMetric,
)

#: Where a value stands in its reference range. Others are kept as they came.
BiomarkerStatus = Literal["normal", "low", "high", "critical"] | str

#: Whether a marker can be ordered. BYOP means that the person brings their own physician. Others are kept as they came.
AvailabilityStatus = Literal["available", "requires_byop", "available_via_byop", "unavailable"] | str

#: A set of markers that is ordered together. Others are kept as they came.
LabPanel = Literal["hashimotos", "pcos", "fertility"] | str

#: How grave a contraindication is. Others are kept as they came.
ContraindicationSeverity = Literal["absolute", "relative", "caution"] | str

#: What kind of thing a recommendation is. Others are kept as they came.
RecommendationCategory = Literal["lifestyle", "dietary", "supplementation", "monitoring", "referral", "medication_review"] | str

#: How soon a recommendation should be looked at. Others are kept as they came.
RecommendationPriority = Literal["critical", "high", "medium", "low"] | str

#: What a recommendation follows from. Others are kept as they came.
RecommendationSource = Literal["biomarker", "protocol", "contraindication"] | str

#: How grave a warning is. Others are kept as they came.
RedFlagSeverity = Literal["urgent", "warn", "info"] | str

#: Whether data arrives. Others are kept as they came.
ConnectionStatus = Literal["connected", "disconnected", "error", "pending"] | str

#: Whether a dose was taken. Others are kept as they came.
DoseStatus = Literal["taken", "skipped", "scheduled"] | str

#: Why a dose was left out. Others are kept as they came.
SkipReason = Literal["vacation", "sick", "forgot", "side_effect", "other"] | str

#: When on a day a dose is taken. Others are kept as they came.
DoseTiming = Literal["morning", "evening", "before_bed", "any"] | str

#: Where an entry of a schedule comes from. Others are kept as they came.
ScheduleSource = Literal["canonical", "schedule", "overridden", "added"] | str

#: How a day went. Others are kept as they came.
CalendarStatus = Literal["taken", "missed", "scheduled", "off"] | str

#: Who somebody is on Loop. Others are kept as they came.
ProfileKind = Literal["member", "coach", "team"] | str

#: Which notifications a person gets. Others are kept as they came.
NotificationLevel = Literal["all", "highlights", "off"] | str

#: Whether an app can keep a secret. Others are kept as they came.
OauthClientType = Literal["confidential", "public"] | str

#: Whether an event is out. Others are kept as they came.
EventStatus = Literal["published", "queued"] | str

#: A laboratory whose own format Loop reads. Others are kept as they came.
LabVendor = Literal["labcorp", "quest", "junction"] | str

#: How many values a series is made of. Others are kept as they came.
Granularity = Literal["raw", "day", "week", "month"] | str


class _NewBiomarker(TypedDict):
    """One result to add to a person's record."""

    #: The marker's code, for instance `ldl_c`.
    code: str

    #: The marker's name for people.
    name: str

    #: The measured value, in `unit`.
    value: float

    #: The unit of `value` and of both references, for instance `mg/dL`.
    unit: str

    #: When the sample was taken (RFC 3339).
    collected_at: str


class NewBiomarker(_NewBiomarker, total=False):
    """One result to add to a person's record."""

    #: Lower end of the reference range, in `unit`.
    reference_low: float | None

    #: Upper end of the reference range, in `unit`.
    reference_high: float | None


class NewLabMarker(TypedDict):
    """A marker to put into the laboratory's catalogue, or to change there."""

    #: Its name in addresses: names the entry to change, or the new one.
    slug: str

    #: Its name for people.
    name: str

    #: What it measures.
    description: str

    #: The code that its results carry.
    biomarker_code: str

    #: The unit of its results.
    units: str

    #: What the laboratory charges, in `currency`.
    wholesale_cost: float

    #: ISO 4217, for instance `USD`.
    currency: str

    #: The laboratory's own id of the marker.
    source_lab_id: str

    #: What to file it under.
    tags: list[str]


class LabPatient(TypedDict):
    """Whose blood the laboratory will draw."""

    #: The first name, as on an identity card.
    first_name: str

    #: The last name, as on an identity card.
    last_name: str

    #: The date of birth, `YYYY-MM-DD`.
    dob: str

    #: The address that the laboratory writes to.
    email: str


class _PostalAddress(TypedDict):
    """Where the kit is sent."""

    #: Street and number.
    line1: str

    #: The city.
    city: str

    #: The state's two letters.
    state: str

    #: The postal code.
    zip: str

    #: The country's two letters.
    country: str


class PostalAddress(_PostalAddress, total=False):
    """Where the kit is sent."""

    #: Whatever the first line has no room for.
    line2: str | None


class EnrollmentConsent(TypedDict):
    """What a person agreed to before starting a protocol."""

    #: The person agreed to the privacy policy: must be true.
    agreed_to_privacy: bool

    #: The person agreed to the terms: must be true.
    agreed_to_terms: bool


class _EnrollmentIntake(TypedDict):
    """What a person said about themselves before starting a protocol."""

    #: Age in years, 18 or more.
    age: int

    #: Conditions, at least one; `none` is one.
    conditions: list[str]

    #: The person's address.
    email: str

    #: The person's name, at least two characters.
    full_name: str


class EnrollmentIntake(_EnrollmentIntake, total=False):
    """What a person said about themselves before starting a protocol."""

    #: Whatever else the person wants to say.
    notes: str | None
