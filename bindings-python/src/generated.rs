//! The records' Python classes. Written by `cargo xtask codegen`; do not edit.

use std::sync::Arc;

use loop_sdk::{Error, model};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::records::{choice, record, records};
use crate::views::{Decoded, Record, ToPython, View};

record! {
    /// One lab result: a marker's value, its unit and the laboratory's reference range.
    Biomarker, see "value" {
        /// Identifies this result.
        id as id = "id",
        /// The person it belongs to.
        patient_id as patient_id = "patient_id",
        /// The marker's code, for instance `ldl_c`.
        biomarker_code as biomarker_code = "biomarker_code",
        /// The marker's name for people, for instance `LDL cholesterol`.
        biomarker_name as biomarker_name = "biomarker_name",
        /// The measured value, in `unit`.
        value as value = "value",
        /// The unit of `value` and of both references, for instance `mg/dL`.
        unit as unit = "unit",
        /// Lower end of the reference range, in `unit`; null where the laboratory gives none.
        reference_low as reference_low = "reference_low",
        /// Upper end of the reference range, in `unit`; null where the laboratory gives none.
        reference_high as reference_high = "reference_high",
        /// Where the value stands in its range.
        status as status = "status",
        /// When the sample was taken (RFC 3339).
        collected_at as collected_at = "collected_at",
        /// When Loop read the result (RFC 3339).
        parsed_at as parsed_at = "parsed_at",
    }
}

record! {
    /// A lab report that was uploaded.
    Bloodwork, see "id" {
        /// Identifies the report.
        id as id = "id",
        /// The person it belongs to.
        patient_id as patient_id = "patient_id",
        /// The brand it was uploaded under.
        brand_id as brand_id = "brand_id",
        /// The file's name; null where none was given.
        file_name as file_name = "file_name",
        /// `application/pdf` or `application/json`.
        content_type as content_type = "content_type",
        /// Where it came from, as the uploader said.
        source as source = "source",
        /// How far reading it has come.
        status as status = "status",
        /// When it was uploaded (RFC 3339).
        uploaded_at as uploaded_at = "uploaded_at",
    }
}

record! {
    /// A lab report with a link to its file.
    BloodworkView, see "id" {
        /// Identifies the report.
        id as id = "id",
        /// The person it belongs to.
        patient_id as patient_id = "patient_id",
        /// The brand it was uploaded under.
        brand_id as brand_id = "brand_id",
        /// The file's name; null where none was given.
        file_name as file_name = "file_name",
        /// `application/pdf` or `application/json`.
        content_type as content_type = "content_type",
        /// Where it came from, as the uploader said.
        source as source = "source",
        /// How far reading it has come.
        status as status = "status",
        /// When it was uploaded (RFC 3339).
        uploaded_at as uploaded_at = "uploaded_at",
        /// Fetches the file, for five minutes. Whoever has the link has the file.
        signed_url as signed_url = "signed_url",
    }
}

record! {
    /// One marker that can be ordered from a laboratory.
    LabMarker, see "name" {
        /// Identifies the marker in the catalogue.
        id as id = "id",
        /// Its name in addresses.
        slug as slug = "slug",
        /// Its name for people.
        name as name = "name",
        /// What it measures; null where the catalogue says nothing.
        description as description = "description",
        /// The code that its results carry.
        biomarker_code as biomarker_code = "biomarker_code",
        /// The unit of its results; null where there is none.
        units as units = "units",
        /// What the laboratory charges, in `currency`; null where it is not told.
        wholesale_cost as wholesale_cost = "wholesale_cost",
        /// ISO 4217, for instance `USD`.
        currency as currency = "currency",
        /// The laboratory's own id of the marker; null where it has none.
        source_lab_id as source_lab_id = "source_lab_id",
        /// What the marker is filed under.
        tags as tags = "tags",
        /// Where it can be ordered; null where no state was asked for.
        availability as availability = "availability",
        /// What the person pays, in `currency`; null where it is not told.
        retail_price as retail_price = "retail_price",
    }
}

record! {
    /// Whether a marker can be ordered in a state.
    LabAvailability, see "state" {
        /// The state's two letters.
        state as state = "state",
        /// Whether, and through whom.
        status as status = "status",
        /// The laboratory that it would come from; null where there is none.
        source_lab_id as source_lab_id = "source_lab_id",
        /// What else is to be known.
        note as note = "note",
    }
}

record! {
    /// How many markers were written.
    UpsertedMarkers, see "upserted" {
        /// The number of markers that were made or changed.
        upserted as upserted = "upserted",
    }
}

record! {
    /// An order of lab tests.
    LabOrder, see "id" {
        /// Identifies the order.
        id as id = "id",
        /// The brand it was placed under.
        brand_id as brand_id = "brand_id",
        /// The person it is for.
        patient_id as patient_id = "patient_id",
        /// The laboratory's own id of the order.
        junction_order_id as junction_order_id = "junction_order_id",
        /// What was ordered.
        panel_id as panel_id = "panel_id",
        /// How far the order has come.
        status as status = "status",
        /// When it was placed (RFC 3339).
        created_at as created_at = "created_at",
        /// When the results were there (RFC 3339); null until then.
        completed_at as completed_at = "completed_at",
    }
}

record! {
    /// How a person said that they were doing, 30, 60 or 90 days into a protocol.
    CheckIn, see "id" {
        /// Identifies the check-in.
        id as id = "id",
        /// The person it belongs to.
        patient_id as patient_id = "patient_id",
        /// The day it belongs to: 30, 60 or 90.
        day_marker as day_marker = "day_marker",
        /// What the person wants to reach.
        goals as goals = "goals",
        /// What went well.
        wins as wins = "wins",
        /// What stood in the way.
        blockers as blockers = "blockers",
        /// What was changed in the protocol; null for nothing.
        protocol_changes as protocol_changes = "protocol_changes",
        /// Mood, from 1 to 10.
        mood as mood = "mood",
        /// Weight in kilograms; null where it was not said.
        weight_kg as weight_kg = "weight_kg",
        /// Sleep quality, from 1 to 10.
        sleep_quality as sleep_quality = "sleep_quality",
        /// When it was filled in (RFC 3339).
        completed_at as completed_at = "completed_at",
        /// When it was stored (RFC 3339).
        created_at as created_at = "created_at",
    }
}

record! {
    /// Which check-in is due next.
    NextCheckIn, see "day_marker" {
        /// 30, 60 or 90; null after the last.
        day_marker as day_marker = "day_marker",
        /// When it is due (RFC 3339); null after the last.
        due_at as due_at = "due_at",
    }
}

record! {
    /// One protocol of the clinical catalogue.
    Protocol, see "name" {
        /// Identifies the protocol.
        id as id = "id",
        /// Its name for people.
        name as name = "name",
        /// Its version, as the platform writes it.
        version as version = "version",
        /// What it is for, in a paragraph; null where the platform gives none.
        description as description = "description",
        /// The kind of protocol, for instance `metabolic`.
        category as category = "category",
        /// Whom it suits: a JSON object whose keys the platform does not fix.
        criteria as criteria = "criteria",
        /// What it asks the person to do: JSON, not fixed by the platform.
        recommendations as recommendations = "recommendations",
        /// What speaks against it: JSON, not fixed by the platform.
        contraindications as contraindications = "contraindications",
        /// Whether new people may start it.
        active as active = "active",
    }
}

record! {
    /// A protocol that suits a person's results.
    ProtocolMatch, see "protocol_id" {
        /// Identifies the protocol.
        protocol_id as protocol_id = "protocol_id",
        /// Its name for people.
        protocol_name as protocol_name = "protocol_name",
        /// The kind of protocol.
        category as category = "category",
        /// How well it suits, from 0 to 1.
        match_score as match_score = "match_score",
        /// Which of its criteria the person meets: JSON, not fixed by the platform.
        matched_criteria as matched_criteria = "matched_criteria",
        /// What it would ask the person to do: JSON, not fixed by the platform.
        recommendations as recommendations = "recommendations",
    }
}

record! {
    /// What the protocol engine says about a person and a protocol.
    ProtocolEvaluation, see "protocol_id" {
        /// Identifies the protocol.
        protocol_id as protocol_id = "protocol_id",
        /// Its name for people.
        protocol_name as protocol_name = "protocol_name",
        /// Whether the person may start it.
        eligible as eligible = "eligible",
        /// How well it suits, from 0 to 1.
        match_score as match_score = "match_score",
        /// Codes of the results that speak for it.
        matched_biomarkers as matched_biomarkers = "matched_biomarkers",
        /// Codes of the results that it needs and that are not there.
        missing_biomarkers as missing_biomarkers = "missing_biomarkers",
        /// What speaks against it.
        contraindication_hits as contraindication_hits = "contraindication_hits",
        /// The part of the protocol that the week belongs to.
        phase as phase = "phase",
        /// What it works out to for this person.
        parameters as parameters = "parameters",
    }
}

record! {
    /// Why a medication and a protocol do not go together.
    ContraindicationHit, see "rule_id" {
        /// The rule that said so.
        rule_id as rule_id = "rule_id",
        /// The medication's code.
        medication_code as medication_code = "medication_code",
        /// The medication's name for people.
        medication_name as medication_name = "medication_name",
        /// The kind of protocol that it speaks against.
        protocol_category as protocol_category = "protocol_category",
        /// How grave it is.
        severity as severity = "severity",
        /// Why.
        reason as reason = "reason",
        /// What could be taken instead.
        alternatives as alternatives = "alternatives",
    }
}

record! {
    /// A part of a protocol.
    ProtocolPhase, see "name" {
        /// The week, from 1.
        week as week = "week",
        /// How many weeks the protocol has.
        total_weeks as total_weeks = "total_weeks",
        /// The phase's name for people.
        name as name = "name",
        /// What happens in it.
        description as description = "description",
    }
}

record! {
    /// One figure of a protocol, worked out for a person.
    ProtocolParameter, see "value" {
        /// What it is, for instance `daily_dose`.
        name as name = "name",
        /// The figure in `unit`, or in words such as `morning`, as the platform wrote it; null where there is none.
        value as value = "value",
        /// The unit of `value`.
        unit as unit = "unit",
        /// The result or rule that it follows from.
        derived_from as derived_from = "derived_from",
        /// Why it is what it is.
        rationale as rationale = "rationale",
    }
}

record! {
    /// A person who has started a protocol.
    Enrollment, see "id" {
        /// Identifies the enrolment.
        id as id = "id",
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The protocol.
        protocol_id as protocol_id = "protocol_id",
        /// Where it stands, for instance `active`.
        status as status = "status",
        /// When it began (RFC 3339).
        enrolled_at as enrolled_at = "enrolled_at",
    }
}

record! {
    /// Which of a person's medications do not go with a protocol.
    ContraindicationCheck, see "protocol_id" {
        /// Identifies the protocol.
        protocol_id as protocol_id = "protocol_id",
        /// Its name for people.
        protocol_name as protocol_name = "protocol_name",
        /// The kind of protocol.
        category as category = "category",
        /// What speaks against it.
        hits as hits = "hits",
        /// Whether one of the hits is absolute.
        has_absolute as has_absolute = "has_absolute",
        /// How many hits there are.
        count as count = "count",
    }
}

record! {
    /// Something that Loop suggests to a person.
    Recommendation, see "id" {
        /// Identifies the recommendation.
        id as id = "id",
        /// What kind of thing it is.
        category as category = "category",
        /// How soon it should be looked at.
        priority as priority = "priority",
        /// In a few words.
        title as title = "title",
        /// In a paragraph.
        description as description = "description",
        /// Why.
        rationale as rationale = "rationale",
        /// What it follows from.
        source as source = "source",
        /// The result, protocol or rule that it follows from.
        source_id as source_id = "source_id",
    }
}

record! {
    /// A warning that a rule raised about a result.
    RedFlag, see "id" {
        /// Identifies the warning.
        id as id = "id",
        /// The person it is about.
        patient_id as patient_id = "patient_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// The rule that raised it.
        rule_id as rule_id = "rule_id",
        /// The rule's name for people.
        rule_name as rule_name = "rule_name",
        /// How grave it is.
        severity as severity = "severity",
        /// The code of the result that it is about.
        biomarker_code as biomarker_code = "biomarker_code",
        /// The result that it is about.
        biomarker_id as biomarker_id = "biomarker_id",
        /// What it says to a clinician.
        message as message = "message",
        /// Whether a clinician has seen it.
        acknowledged as acknowledged = "acknowledged",
        /// When it was raised (RFC 3339).
        detected_at as detected_at = "detected_at",
    }
}

record! {
    /// What the rules say about a person's results.
    RedFlagEvaluation, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// How many warnings there are.
        flags_detected as flags_detected = "flags_detected",
        /// The warnings.
        flags as flags = "flags",
    }
}

record! {
    /// One number for a person's health, with its parts.
    HealthScore, see "id" {
        /// Identifies the computation.
        id as id = "id",
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// From 0 to 100.
        overall_score as overall_score = "overall_score",
        /// From 0 to 100 each, by domain: the platform does not fix which there are.
        domain_scores as domain_scores = "domain_scores",
        /// How many results went into it.
        biomarker_count as biomarker_count = "biomarker_count",
        /// When it was computed (RFC 3339).
        computed_at as computed_at = "computed_at",
    }
}

record! {
    /// The newest value of something that a wearable measures.
    WearableMetric, see "value" {
        /// The device's maker, for instance `oura`.
        provider as provider = "provider",
        /// What was measured, for instance `sleep_score`.
        metric as metric = "metric",
        /// Its name for people.
        label as label = "label",
        /// The value as the maker writes it, with its unit if it has one.
        value as value = "value",
        /// Whether Loop shows it on its own start page.
        show_on_optimize as show_on_optimize = "show_on_optimize",
    }
}

record! {
    /// A wearable that a person has connected.
    WearableConnection, see "id" {
        /// Identifies the connection.
        id as id = "id",
        /// The person it belongs to.
        patient_id as patient_id = "patient_id",
        /// The device's maker, for instance `oura`.
        provider as provider = "provider",
        /// The person's id at Junction, which collects the data.
        junction_user_id as junction_user_id = "junction_user_id",
        /// Whether data arrives.
        status as status = "status",
        /// When it was connected (RFC 3339).
        connected_at as connected_at = "connected_at",
        /// When data last arrived (RFC 3339); null if it never did.
        last_synced_at as last_synced_at = "last_synced_at",
    }
}

record! {
    /// A protocol of the patient graph, with what is taken in it.
    GraphProtocol, see "name" {
        /// Identifies the protocol.
        id as id = "id",
        /// The brand that offers it.
        brand_id as brand_id = "brand_id",
        /// Its name in addresses.
        slug as slug = "slug",
        /// Its name for people.
        name as name = "name",
        /// Its version, as the platform writes it.
        version as version = "version",
        /// The kind of protocol; null where it has none.
        category as category = "category",
        /// What it is for; null where the platform says nothing.
        description as description = "description",
        /// Who has to watch over it.
        oversight_tier as oversight_tier = "oversight_tier",
        /// Whether new people may start it.
        active as active = "active",
        /// JSON, not fixed by the platform.
        metadata as metadata = "metadata",
        /// When it was made (RFC 3339).
        created_at as created_at = "created_at",
        /// When it was last changed (RFC 3339).
        updated_at as updated_at = "updated_at",
        /// What is taken, in order.
        compounds as compounds = "compounds",
    }
}

record! {
    /// Something that is taken in a protocol.
    ProtocolCompound, see "id" {
        /// Identifies this entry of the protocol.
        id as id = "id",
        /// The protocol.
        protocol_id as protocol_id = "protocol_id",
        /// Identifies the compound.
        compound_id as compound_id = "compound_id",
        /// The compound's name in addresses.
        compound_slug as compound_slug = "compound_slug",
        /// The compound's name for people.
        display_name as display_name = "display_name",
        /// How much is taken at a time, exact, in `dose_unit`.
        dose_amount as dose_amount = "dose_amount",
        /// The unit of `dose_amount`.
        dose_unit as dose_unit = "dose_unit",
        /// How it is taken, for instance `oral`; null where it is not said.
        route as route = "route",
        /// Its place in the protocol, from 0.
        position as position = "position",
        /// When it was made (RFC 3339).
        created_at as created_at = "created_at",
    }
}

record! {
    /// The newest values of all that is measured about a person.
    PatientMetrics, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// One entry for each metric.
        metrics as metrics = "metrics",
    }
}

record! {
    /// The newest value of one metric.
    Metric, see "metric_key" {
        /// Names the metric, for instance `resting_heart_rate`.
        metric_key as metric_key = "metric_key",
        /// The value as a text, in `unit`; null where there is none.
        last_value as last_value = "last_value",
        /// The unit; null where the metric has none.
        unit as unit = "unit",
        /// When it was measured (RFC 3339).
        last_recorded_at as last_recorded_at = "last_recorded_at",
        /// Whether the platform counts it as health data. The SDK hides it either way.
        is_phi as is_phi = "is_phi",
    }
}

record! {
    /// One metric over time.
    MetricSeries, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// Names the metric.
        metric_key as metric_key = "metric_key",
        /// The values, oldest first.
        data as data = "data",
        /// How many values there are.
        count as count = "count",
    }
}

record! {
    /// One value of a metric.
    MetricPoint, see "id" {
        /// Identifies the value.
        id as id = "id",
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// Names the metric.
        metric_key as metric_key = "metric_key",
        /// The value as a number, exact, in `unit`; null where it is a text.
        value_numeric as value_numeric = "value_numeric",
        /// The value as a text; null where it is a number.
        value_text as value_text = "value_text",
        /// The unit; null where the metric has none.
        unit as unit = "unit",
        /// Who measured it, for instance `oura`.
        source as source = "source",
        /// Whether the platform counts it as health data. The SDK hides it either way.
        is_phi as is_phi = "is_phi",
        /// When it was measured (RFC 3339).
        recorded_at as recorded_at = "recorded_at",
        /// When it was stored (RFC 3339).
        created_at as created_at = "created_at",
    }
}

record! {
    /// How long a person has kept to their protocols.
    Streak, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// Days in a row until today.
        current_streak as current_streak = "current_streak",
        /// The most days in a row.
        longest_streak as longest_streak = "longest_streak",
        /// Doses of each peptide.
        peptides as peptides = "peptides",
    }
}

record! {
    /// How often a peptide was taken.
    PeptideDoses, see "peptide_id" {
        /// Identifies the peptide.
        peptide_id as peptide_id = "peptide_id",
        /// How many doses were taken.
        taken_dose_count as taken_dose_count = "taken_dose_count",
        /// Whether the person is reminded to dispose of sharps.
        sharps_reminder_enabled as sharps_reminder_enabled = "sharps_reminder_enabled",
    }
}

record! {
    /// How well a person keeps to one protocol.
    AdherenceSummary, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The protocol.
        protocol_id as protocol_id = "protocol_id",
        /// Days in a row until today.
        streak_days as streak_days = "streak_days",
        /// Doses taken of those scheduled, in per cent.
        adherence_pct as adherence_pct = "adherence_pct",
        /// The last thirty days.
        last30 as last30 = "last30",
    }
}

record! {
    /// Doses of a span of time.
    DoseCounts, see "taken" {
        /// How many were taken.
        taken as taken = "taken",
        /// How many were missed.
        missed as missed = "missed",
        /// How many were due.
        scheduled as scheduled = "scheduled",
    }
}

record! {
    /// One dose of a peptide.
    Dose, see "id" {
        /// Identifies the dose.
        id as id = "id",
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The peptide.
        peptide_id as peptide_id = "peptide_id",
        /// The protocol that it belongs to.
        protocol_id as protocol_id = "protocol_id",
        /// The protocol's entry that it belongs to; null where none was named.
        protocol_compound_id as protocol_compound_id = "protocol_compound_id",
        /// Whether it was taken.
        status as status = "status",
        /// Why it was left out; null where it was not.
        skip_reason as skip_reason = "skip_reason",
        /// When it was due (RFC 3339).
        scheduled_at as scheduled_at = "scheduled_at",
        /// When it was recorded (RFC 3339).
        logged_at as logged_at = "logged_at",
    }
}

record! {
    /// What a person takes on one day.
    TodaySchedule, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The day, `YYYY-MM-DD`.
        date as date = "date",
        /// The day of the week, from 0 for Sunday to 6.
        weekday as weekday = "weekday",
        /// In the morning.
        morning as morning = "morning",
        /// In the evening.
        evening as evening = "evening",
        /// Before going to bed; null where the platform leaves it out.
        before_bed as before_bed = "before_bed",
        /// At any time; null where the platform leaves it out.
        any as any = "any",
    }
}

record! {
    /// One dose of a day.
    ScheduledDose, see "protocol_id" {
        /// The protocol that it belongs to.
        protocol_id as protocol_id = "protocol_id",
        /// The protocol's entry that it belongs to.
        protocol_compound_id as protocol_compound_id = "protocol_compound_id",
        /// Identifies the compound.
        compound_id as compound_id = "compound_id",
        /// The compound's name in addresses.
        compound_slug as compound_slug = "compound_slug",
        /// The compound's name for people.
        display_name as display_name = "display_name",
        /// How much is taken, exact, in `dose_unit`.
        dose_amount as dose_amount = "dose_amount",
        /// The unit of `dose_amount`.
        dose_unit as dose_unit = "dose_unit",
        /// The same in micrograms, exact; null where the unit is none of weight.
        dose_mcg_equivalent as dose_mcg_equivalent = "dose_mcg_equivalent",
        /// How it is taken; null where it is not said.
        route as route = "route",
        /// The days of the week on which it is taken, 0 for Sunday to 6.
        days_of_week as days_of_week = "days_of_week",
        /// When on the day.
        timing as timing = "timing",
        /// Where this entry of the schedule comes from.
        source as source = "source",
        /// Whether the schedule differs from the protocol's.
        schedule_changed as schedule_changed = "schedule_changed",
    }
}

record! {
    /// Doses by day.
    AdherenceCalendar, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The days, oldest first.
        days as days = "days",
    }
}

record! {
    /// One day of a calendar.
    CalendarDay, see "date" {
        /// The day, `YYYY-MM-DD`.
        date as date = "date",
        /// How it went.
        status as status = "status",
    }
}

record! {
    /// A person as others see them on Loop.
    Profile, see "user_id" {
        /// The person's stable id.
        user_id as user_id = "user_id",
        /// The name that others see; null where none is set.
        display_name as display_name = "display_name",
        /// What the person says about themselves.
        bio as bio = "bio",
        /// Where their picture is.
        avatar_url as avatar_url = "avatar_url",
        /// What the person was awarded.
        badges as badges = "badges",
        /// How many people follow them.
        follower_count as follower_count = "follower_count",
        /// When they joined (RFC 3339); null where it is not told.
        joined_at as joined_at = "joined_at",
        /// Whether others see the full name.
        display_full_name as display_full_name = "display_full_name",
        /// What a coach works on.
        specialties as specialties = "specialties",
        /// Where a coach can be booked; null for everybody else.
        coach_booking_url as coach_booking_url = "coach_booking_url",
        /// Always 0 here.
        mutual_followers_count as mutual_followers_count = "mutual_followers_count",
        /// Member, coach or team.
        kind as kind = "kind",
        /// Days since they began; null where they have not.
        day_on_loop as day_on_loop = "day_on_loop",
        /// The protocol that they follow, in words; null for none.
        active_protocol_label as active_protocol_label = "active_protocol_label",
    }
}

record! {
    /// Something that a person was awarded.
    Badge, see "id" {
        /// Identifies the badge.
        id as id = "id",
        /// Its kind: `verified`, `credential` or `achievement`.
        r#type as r#type = "type",
        /// What it says.
        label as label = "label",
        /// Its colour.
        color as color = "color",
        /// Its picture's name.
        icon as icon = "icon",
        /// What it says on a closer look.
        tooltip as tooltip = "tooltip",
        /// When it was given (RFC 3339).
        granted_at as granted_at = "granted_at",
    }
}

record! {
    /// What a person has set in their account.
    Settings, see "profile_public" {
        /// Whether everybody may see the profile.
        profile_public as profile_public = "profile_public",
        /// Whether the full name is shown.
        show_full_name as show_full_name = "show_full_name",
        /// Whether others see the full name.
        display_full_name as display_full_name = "display_full_name",
        /// What a coach works on.
        specialties as specialties = "specialties",
        /// Whether the number of days is shown.
        show_day_count as show_day_count = "show_day_count",
        /// Which notifications are sent.
        notification_level as notification_level = "notification_level",
        /// An IANA name, for instance `America/New_York`; null where none is set.
        timezone as timezone = "timezone",
        /// A BCP 47 tag, for instance `en-US`.
        locale as locale = "locale",
        /// The short name; null where none is set.
        handle as handle = "handle",
        /// The pronouns; null where none are set.
        pronouns as pronouns = "pronouns",
        /// When the person is reminded of doses; null where they are not.
        dose_reminder_schedule as dose_reminder_schedule = "dose_reminder_schedule",
        /// When the settings were last changed (RFC 3339).
        updated_at as updated_at = "updated_at",
    }
}

record! {
    /// When a person is reminded of doses.
    DoseReminderSchedule, see "morning_time" {
        /// `HH:mm`; null for not in the morning.
        morning_time as morning_time = "morning_time",
        /// `HH:mm`; null for not in the evening.
        evening_time as evening_time = "evening_time",
        /// Days of the week, 0 for Sunday to 6.
        days as days = "days",
    }
}

record! {
    /// A browser or device in which a person is signed in at Loop.
    Session, see "id" {
        /// Identifies the session.
        id as id = "id",
        /// The device, in words.
        device_label as device_label = "device_label",
        /// The address it was last seen at; null where it is not kept.
        ip_address as ip_address = "ip_address",
        /// What the browser says about itself; null where it is not kept.
        user_agent as user_agent = "user_agent",
        /// Whether it is the session of this call.
        is_current as is_current = "is_current",
        /// When it was last used (RFC 3339).
        last_active_at as last_active_at = "last_active_at",
        /// When it began (RFC 3339).
        created_at as created_at = "created_at",
    }
}

record! {
    /// What a person has granted to one app.
    UserGrant, see "id" {
        /// Identifies the grant.
        id as id = "id",
        /// The app's public id.
        client_id as client_id = "client_id",
        /// The app's name for people.
        client_name as client_name = "client_name",
        /// The app's page; null where it has none.
        client_uri as client_uri = "client_uri",
        /// The app's picture; null where it has none.
        logo_uri as logo_uri = "logo_uri",
        /// Whether the app is Loop's own.
        is_first_party as is_first_party = "is_first_party",
        /// The scopes that the person granted.
        scopes_granted as scopes_granted = "scopes_granted",
        /// When it was granted (RFC 3339).
        granted_at as granted_at = "granted_at",
        /// When it was last changed (RFC 3339).
        updated_at as updated_at = "updated_at",
        /// When the app last used it (RFC 3339); null if it never did.
        last_used_at as last_used_at = "last_used_at",
    }
}

record! {
    /// An app that a person has connected.
    ConnectedApp, see "client_id" {
        /// The app's public id.
        client_id as client_id = "client_id",
        /// The app's name for people.
        client_name as client_name = "client_name",
        /// The app's page; null where it has none.
        client_uri as client_uri = "client_uri",
        /// The app's picture; null where it has none.
        logo_uri as logo_uri = "logo_uri",
        /// Whether the app is Loop's own.
        is_first_party as is_first_party = "is_first_party",
        /// The scopes that the person granted.
        scopes_granted as scopes_granted = "scopes_granted",
        /// When it was granted (RFC 3339).
        granted_at as granted_at = "granted_at",
        /// When it was last changed (RFC 3339).
        updated_at as updated_at = "updated_at",
    }
}

record! {
    /// A person as an administrator sees them.
    AdminUser, see "name" {
        /// The person's stable id.
        user_id as user_id = "user_id",
        /// The person's address.
        email as email = "email",
        /// The person's name; null where none is known.
        name as name = "name",
        /// The person's brand; null where they have none.
        brand_id as brand_id = "brand_id",
        /// When the account was made (RFC 3339).
        created_at as created_at = "created_at",
    }
}

record! {
    /// A registered app.
    OauthClient, see "id" {
        /// Identifies the record.
        id as id = "id",
        /// The app's public id.
        client_id as client_id = "client_id",
        /// The app's name for people.
        client_name as client_name = "client_name",
        /// The app's page; null where it has none.
        client_uri as client_uri = "client_uri",
        /// The app's picture; null where it has none.
        logo_uri as logo_uri = "logo_uri",
        /// Whether it can keep a secret.
        client_type as client_type = "client_type",
        /// Where people may be sent back.
        redirect_uris as redirect_uris = "redirect_uris",
        /// What the app may ask for.
        allowed_scopes as allowed_scopes = "allowed_scopes",
        /// Which web pages may call the API themselves.
        allowed_origins as allowed_origins = "allowed_origins",
        /// Who registered it; null where nobody is known.
        owner_id as owner_id = "owner_id",
        /// The brand it belongs to.
        brand_id as brand_id = "brand_id",
        /// Whether the app is Loop's own.
        is_first_party as is_first_party = "is_first_party",
        /// Whether it may be used.
        enabled as enabled = "enabled",
        /// When it was registered (RFC 3339).
        created_at as created_at = "created_at",
        /// When it was last changed (RFC 3339).
        updated_at as updated_at = "updated_at",
    }
}

record! {
    /// A registered app with its secret, which is shown this once.
    OauthClientWithSecret, see "client" {
        /// The app.
        client as client = "client",
        /// The secret; null for a public app. After a rotation the former one works for 24 hours more.
        client_secret as client_secret = "client_secret",
    }
}

record! {
    /// Where to send a person who wants to connect a provider.
    ConnectionAuthorization, see "url" {
        /// Send the person's browser there.
        url as url = "url",
        /// Comes back with the person, to be compared.
        state as state = "state",
    }
}

record! {
    /// A provider that a person has connected.
    Connection, see "id" {
        /// Identifies the connection.
        id as id = "id",
        /// The person.
        user_id as user_id = "user_id",
        /// Identifies the provider.
        provider_id as provider_id = "provider_id",
        /// The provider's name in addresses, for instance `oura`.
        provider_slug as provider_slug = "provider_slug",
        /// Whether data arrives.
        status as status = "status",
        /// When data last arrived (RFC 3339); null if it never did.
        last_sync_at as last_sync_at = "last_sync_at",
        /// When it was connected (RFC 3339).
        created_at as created_at = "created_at",
    }
}

record! {
    /// One fetching of a provider's data.
    SyncRun, see "id" {
        /// Identifies the run.
        id as id = "id",
        /// The connection whose data was fetched.
        connection_id as connection_id = "connection_id",
        /// How far it has come.
        status as status = "status",
        /// How many records were read.
        records_processed as records_processed = "records_processed",
        /// What went wrong, in words.
        errors as errors = "errors",
        /// When it ended (RFC 3339); null while it runs.
        completed_at as completed_at = "completed_at",
    }
}

record! {
    /// A lab order as the integrations service keeps it. The clinical service has a record of its own.
    IntegrationLabOrder, see "id" {
        /// Identifies the order.
        id as id = "id",
        /// The brand it was placed under.
        brand_id as brand_id = "brand_id",
        /// The person who placed it.
        user_id as user_id = "user_id",
        /// The person it is for; null where that is not known yet.
        patient_id as patient_id = "patient_id",
        /// What was ordered.
        panel_slug as panel_slug = "panel_slug",
        /// The laboratory's own id of the order.
        junction_order_id as junction_order_id = "junction_order_id",
        /// How far the order has come.
        status as status = "status",
        /// What it costs, in the smallest unit of `currency`; null where it is not told.
        total_cents as total_cents = "total_cents",
        /// ISO 4217, for instance `USD`; null where no price is told.
        currency as currency = "currency",
        /// The parcel's number; null where nothing was sent.
        tracking_number as tracking_number = "tracking_number",
        /// The report with its results; null until there is one.
        result_bloodwork_id as result_bloodwork_id = "result_bloodwork_id",
        /// When it was placed (RFC 3339).
        created_at as created_at = "created_at",
        /// When it was last changed (RFC 3339).
        updated_at as updated_at = "updated_at",
        /// When the results were there (RFC 3339); null until then.
        completed_at as completed_at = "completed_at",
    }
}

record! {
    /// A person's membership of a brand.
    Membership, see "id" {
        /// Identifies the membership.
        id as id = "id",
        /// The person.
        user_id as user_id = "user_id",
        /// The brand.
        brand_id as brand_id = "brand_id",
        /// The tier, for instance `basic`, `plus` or `premium`.
        tier as tier = "tier",
        /// Where it stands, for instance `active`.
        state as state = "state",
        /// What pays for it; null for nothing.
        subscription_id as subscription_id = "subscription_id",
        /// Whether the person has what the tier gives.
        has_access as has_access = "has_access",
        /// When it began (RFC 3339).
        created_at as created_at = "created_at",
        /// When it was last changed (RFC 3339).
        updated_at as updated_at = "updated_at",
    }
}

record! {
    /// A change of a membership's state.
    MembershipTransition, see "from_state" {
        /// The state before; null at the beginning.
        from_state as from_state = "from_state",
        /// The state afterwards.
        to_state as to_state = "to_state",
        /// What changed it.
        trigger as trigger = "trigger",
        /// Why; null where nobody said.
        reason as reason = "reason",
        /// When (RFC 3339).
        created_at as created_at = "created_at",
    }
}

record! {
    /// Whether a person's membership may be converted.
    ConversionEligibility, see "user_id" {
        /// The person.
        user_id as user_id = "user_id",
        /// Whether it may.
        eligible as eligible = "eligible",
        /// How many locks are still to lapse.
        pending_locks as pending_locks = "pending_locks",
        /// What stands in the way, or did.
        locks as locks = "locks",
    }
}

record! {
    /// What keeps a membership from being converted for some time.
    ConversionLock, see "lock_id" {
        /// Identifies the lock.
        lock_id as lock_id = "lock_id",
        /// The subscription it holds.
        subscription_id as subscription_id = "subscription_id",
        /// Where it stands.
        status as status = "status",
        /// When it began (RFC 3339).
        locked_at as locked_at = "locked_at",
        /// When it lapses (RFC 3339).
        expires_at as expires_at = "expires_at",
    }
}

record! {
    /// What a person's tier gives them.
    Entitlements, see "user_id" {
        /// The person.
        user_id as user_id = "user_id",
        /// The tier.
        tier as tier = "tier",
        /// The brand.
        brand_id as brand_id = "brand_id",
        /// The names of the features.
        features as features = "features",
    }
}

record! {
    /// What a person is entitled to, and where that comes from.
    EntitlementPreview, see "user_id" {
        /// The person.
        user_id as user_id = "user_id",
        /// The tier; null where the person has none.
        tier as tier = "tier",
        /// The brand; null where none was asked for.
        brand_id as brand_id = "brand_id",
        /// The names of the features.
        entitlements as entitlements = "entitlements",
        /// Where they come from.
        sources as sources = "sources",
    }
}

record! {
    /// Where entitlements come from.
    EntitlementSources, see "tier" {
        /// From the tier.
        tier as tier = "tier",
        /// Given by hand.
        manual_grants as manual_grants = "manual_grants",
        /// From a cohort.
        cohorts as cohorts = "cohorts",
    }
}

record! {
    /// A notification to a person.
    Notification, see "id" {
        /// Identifies the notification.
        id as id = "id",
        /// Its kind.
        kind as kind = "kind",
        /// Its first line.
        title as title = "title",
        /// Its text; null where the title is all.
        body as body = "body",
        /// Where it leads; null where it leads nowhere.
        link as link = "link",
        /// When it was read (RFC 3339); null until then.
        read_at as read_at = "read_at",
        /// When it was made (RFC 3339).
        created_at as created_at = "created_at",
        /// JSON, not fixed by the platform.
        metadata as metadata = "metadata",
    }
}

record! {
    /// An event that was handed in.
    PublishedEvent, see "name" {
        /// Identifies the event.
        id as id = "id",
        /// Its name, with its version.
        name as name = "name",
        /// Whether it is out, or waits.
        status as status = "status",
        /// When it was taken (RFC 3339).
        ts as ts = "ts",
    }
}

record! {
    /// What was read from a document of a laboratory.
    ExtractedBloodwork, see "lab_vendor" {
        /// The laboratory; null where it was not recognised.
        lab_vendor as lab_vendor = "lab_vendor",
        /// When the sample was taken (RFC 3339); null where the document does not say.
        collected_at as collected_at = "collected_at",
        /// The results that it shows.
        biomarkers as biomarkers = "biomarkers",
    }
}

record! {
    /// One result that a document shows.
    ExtractedBiomarker, see "value" {
        /// The marker's name, as the document writes it.
        name as name = "name",
        /// The measured value in `unit`, as the document writes it, for instance `41.2` or `<0.5`; null where it has none.
        value as value = "value",
        /// The unit, as the document writes it.
        unit as unit = "unit",
        /// The reference range, as the document writes it; null where it has none.
        reference_range as reference_range = "reference_range",
    }
}

record! {
    /// A webhook delivery that is sent once more.
    ReplayedDelivery, see "delivery_id" {
        /// Identifies the delivery.
        delivery_id as delivery_id = "delivery_id",
        /// The app that gets it.
        client_id as client_id = "client_id",
        /// How far it has come.
        status as status = "status",
    }
}

record! {
    /// A lab report was uploaded.
    BloodworkUploaded, see "bloodwork_id" {
        /// The report.
        bloodwork_id as bloodwork_id = "bloodwork_id",
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// The file's name; null where none was given.
        file_name as file_name = "file_name",
        /// `application/pdf` or `application/json`.
        content_type as content_type = "content_type",
        /// Where it came from.
        source as source = "source",
        /// Who uploaded it.
        uploaded_by as uploaded_by = "uploaded_by",
        /// When (RFC 3339).
        uploaded_at as uploaded_at = "uploaded_at",
    }
}

record! {
    /// A lab result needs somebody to look at once.
    LabResultCritical, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// The lab order; null where there is none.
        order_id as order_id = "order_id",
        /// Codes of the critical markers.
        biomarker_codes as biomarker_codes = "biomarker_codes",
        /// How many there are.
        critical_marker_count as critical_marker_count = "critical_marker_count",
        /// `labtest.result.ready` or `labtest.result.critical`.
        source_event_type as source_event_type = "source_event_type",
        /// When the laboratory said so (RFC 3339).
        reported_at as reported_at = "reported_at",
    }
}

record! {
    /// A vial was reconstituted.
    VialCreated, see "vial_id" {
        /// The vial.
        vial_id as vial_id = "vial_id",
        /// The person.
        user_id as user_id = "user_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// The peptide in it.
        peptide_id as peptide_id = "peptide_id",
        /// The peptide's name for people.
        peptide_name as peptide_name = "peptide_name",
        /// When it was reconstituted (RFC 3339).
        reconstituted_at as reconstituted_at = "reconstituted_at",
        /// Until when it is good (RFC 3339).
        expires_at as expires_at = "expires_at",
    }
}

record! {
    /// A membership has earned its bonus.
    BonusEligible, see "lock_id" {
        /// The lock that lapsed.
        lock_id as lock_id = "lock_id",
        /// The membership.
        membership_id as membership_id = "membership_id",
        /// The person.
        user_id as user_id = "user_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// The subscription.
        subscription_id as subscription_id = "subscription_id",
        /// The tier.
        tier as tier = "tier",
        /// When the lock began (RFC 3339).
        locked_at as locked_at = "locked_at",
        /// When it lapsed (RFC 3339).
        released_at as released_at = "released_at",
    }
}

record! {
    /// A subscription's plan has changed.
    SubscriptionTierChanged, see "subscription_id" {
        /// The subscription.
        subscription_id as subscription_id = "subscription_id",
        /// Who pays.
        customer_id as customer_id = "customer_id",
        /// The plan before; null for none.
        previous_plan_id as previous_plan_id = "previous_plan_id",
        /// The plan now.
        new_plan_id as new_plan_id = "new_plan_id",
        /// The subscription's id at Stripe.
        stripe_subscription_id as stripe_subscription_id = "stripe_subscription_id",
        /// When (RFC 3339).
        changed_at as changed_at = "changed_at",
    }
}

record! {
    /// A membership's tier has changed.
    MembershipTierChanged, see "user_id" {
        /// The person.
        user_id as user_id = "user_id",
        /// The tier now.
        tier as tier = "tier",
        /// The tier before; null for none.
        previous_tier as previous_tier = "previous_tier",
    }
}

record! {
    /// A person met a clinician.
    EncounterRecorded, see "encounter_id" {
        /// The encounter.
        encounter_id as encounter_id = "encounter_id",
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// What kind of encounter it was.
        encounter_type as encounter_type = "encounter_type",
        /// When it was recorded (RFC 3339).
        recorded_at as recorded_at = "recorded_at",
    }
}

record! {
    /// A person should dispose of sharps.
    SharpsReminderRequested, see "patient_id" {
        /// The person.
        patient_id as patient_id = "patient_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// The person's account.
        user_id as user_id = "user_id",
        /// The peptide.
        peptide_id as peptide_id = "peptide_id",
        /// The protocol.
        protocol_id as protocol_id = "protocol_id",
        /// How many doses were taken.
        taken_dose_count as taken_dose_count = "taken_dose_count",
    }
}

record! {
    /// A notification was made.
    NotificationCreated, see "id" {
        /// The notification.
        id as id = "id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// The person.
        person_id as person_id = "person_id",
        /// How it is sent.
        channel as channel = "channel",
        /// What it is about.
        category as category = "category",
        /// Its first line.
        title as title = "title",
        /// Its text; null where the title is all.
        body as body = "body",
        /// Where it leads; null where it leads nowhere.
        action_url as action_url = "action_url",
        /// When it was read (RFC 3339); null until then.
        read_at as read_at = "read_at",
        /// When it was made (RFC 3339).
        created_at as created_at = "created_at",
    }
}

record! {
    /// A message is to be sent.
    MessageSendRequested, see "message_id" {
        /// The message.
        message_id as message_id = "message_id",
        /// `email`, `sms`, `push` or `in_app`.
        channel as channel = "channel",
        /// The template.
        template_key as template_key = "template_key",
        /// Who gets it.
        recipient as recipient = "recipient",
        /// The brand.
        brand_id as brand_id = "brand_id",
        /// What goes into the template: JSON, not fixed by the platform.
        variables as variables = "variables",
        /// Who asked for it.
        requested_by as requested_by = "requested_by",
        /// When (RFC 3339).
        requested_at as requested_at = "requested_at",
    }
}

record! {
    /// Something happened in a live stream.
    LiveStreamEvent, see "event_type" {
        /// What happened.
        event_type as event_type = "event_type",
        /// The session; null where there is none.
        session_id as session_id = "session_id",
        /// The brand; null where there is none.
        brand_id as brand_id = "brand_id",
        /// The call; null where there is none.
        stream_call_id as stream_call_id = "stream_call_id",
        /// When (RFC 3339).
        occurred_at as occurred_at = "occurred_at",
        /// JSON, not fixed by the platform.
        payload as payload = "payload",
    }
}

record! {
    /// Where a person's screening stands has changed.
    ScreeningStatusChanged, see "person_id" {
        /// The person.
        person_id as person_id = "person_id",
        /// The person's brand.
        brand_id as brand_id = "brand_id",
        /// Where it stood; null at the beginning.
        previous_status as previous_status = "previous_status",
        /// Where it stands.
        new_status as new_status = "new_status",
        /// Who changed it.
        changed_by as changed_by = "changed_by",
        /// When (RFC 3339).
        changed_at as changed_at = "changed_at",
    }
}

choice!(BiomarkerStatus);
choice!(AvailabilityStatus);
choice!(LabPanel);
choice!(ContraindicationSeverity);
choice!(RecommendationCategory);
choice!(RecommendationPriority);
choice!(RecommendationSource);
choice!(RedFlagSeverity);
choice!(ConnectionStatus);
choice!(DoseStatus);
choice!(SkipReason);
choice!(DoseTiming);
choice!(ScheduleSource);
choice!(CalendarStatus);
choice!(ProfileKind);
choice!(NotificationLevel);
choice!(OauthClientType);
choice!(EventStatus);

records! { Biomarker, Bloodwork, BloodworkView, LabMarker, LabAvailability, UpsertedMarkers, LabOrder, CheckIn, NextCheckIn, Protocol, ProtocolMatch, ProtocolEvaluation, ContraindicationHit, ProtocolPhase, ProtocolParameter, Enrollment, ContraindicationCheck, Recommendation, RedFlag, RedFlagEvaluation, HealthScore, WearableMetric, WearableConnection, GraphProtocol, ProtocolCompound, PatientMetrics, Metric, MetricSeries, MetricPoint, Streak, PeptideDoses, AdherenceSummary, DoseCounts, Dose, TodaySchedule, ScheduledDose, AdherenceCalendar, CalendarDay, Profile, Badge, Settings, DoseReminderSchedule, Session, UserGrant, ConnectedApp, AdminUser, OauthClient, OauthClientWithSecret, ConnectionAuthorization, Connection, SyncRun, IntegrationLabOrder, Membership, MembershipTransition, ConversionEligibility, ConversionLock, Entitlements, EntitlementPreview, EntitlementSources, Notification, PublishedEvent, ExtractedBloodwork, ExtractedBiomarker, ReplayedDelivery, BloodworkUploaded, LabResultCritical, VialCreated, BonusEligible, SubscriptionTierChanged, MembershipTierChanged, EncounterRecorded, SharpsReminderRequested, NotificationCreated, MessageSendRequested, LiveStreamEvent, ScreeningStatusChanged }
