//! The events that an app can be told of, and the scope that the person must have granted for each.

use serde_json::{Value, json};

use crate::ids::seeded_uuid;
use crate::seed::{self, Person};

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    /// `<domain>.<thing>.<action>.v<N>`.
    pub(crate) name: &'static str,
    /// Which scope backs it. The platform says that one does, and not which: this is our choice.
    pub(crate) scope: &'static str,
    /// When it happens, in a few words.
    pub(crate) about: &'static str,
}

const fn event(name: &'static str, scope: &'static str, about: &'static str) -> Event {
    Event { name, scope, about }
}

/// Events about one person that a scope opens. The platform's bus has more, which no consent covers: messages on
/// their way, live streams, its own staff's work.
pub(crate) const EVENTS: &[Event] = &[
    event("clinical.biomarker.parsed.v1", "read:biomarkers", "New lab results are in"),
    event("clinical.bloodwork.uploaded.v1", "read:biomarkers", "A lab report was uploaded"),
    event("clinical.lab_result.critical.v1", "read:biomarkers", "A lab result needs attention at once"),
    event("clinical.vial.created.v1", "read:protocols", "A vial was mixed"),
    event("patient_graph.adherence.sharps_reminder_requested.v1", "read:protocols", "The sharps box will be full soon"),
    event("patient_graph.encounter.recorded.v1", "read:profile", "A visit was recorded"),
    event("membership.bonus.eligible.v1", "manage:subscriptions", "A membership bonus can be claimed"),
    event("membership.tier.changed.v1", "manage:subscriptions", "The membership has another tier"),
    event("subscription.tier_changed.v1", "manage:subscriptions", "The subscription has another plan"),
    event("comms.notification.created.v1", "manage:preferences", "The person was sent a notification"),
];

pub(crate) fn find(name: &str) -> Option<&'static Event> {
    EVENTS.iter().find(|event| event.name == name)
}

/// Believable `data` for an event that nobody gave any: the same for the same person, but for its times.
pub(crate) fn sample(name: &str, person: &Person, now: i64) -> Value {
    let (user, patient, at) = (person.user_id, person.patient_id(), crate::time_text(now));
    let uuid = |thing: &str| seeded_uuid(&format!("{thing} {user}"));
    match name {
        "clinical.biomarker.parsed.v1" => {
            let ids: Vec<String> = seed::of_person(person).into_iter().map(|result| result.id).collect();
            json!({ "patient_id": patient, "brand_id": "loop", "biomarker_ids": ids, "parsed_at": at })
        }
        "clinical.bloodwork.uploaded.v1" => json!({
            "bloodwork_id": uuid("bloodwork"), "patient_id": patient, "brand_id": "loop", "file_name": "lab-report.pdf",
            "content_type": "application/pdf", "source": "patient_upload", "uploaded_by": user, "uploaded_at": at,
        }),
        "clinical.lab_result.critical.v1" => {
            let results = seed::of_person(person);
            let critical = results.iter().filter(|result| result.status == seed::BiomarkerStatus::Critical);
            let codes: Vec<String> = critical.map(|result| result.biomarker_code.clone()).collect();
            json!({
                "patient_id": patient, "brand_id": "loop", "order_id": null, "critical_marker_count": codes.len(),
                "biomarker_codes": codes, "source_event_type": "labtest.result.critical", "reported_at": at,
            })
        }
        "clinical.vial.created.v1" => json!({
            "vial_id": uuid("vial"), "user_id": user, "brand_id": "loop", "peptide_id": "bpc-157",
            "peptide_name": "BPC-157", "reconstituted_at": at, "expires_at": crate::time_text(now + 28 * 24 * 3600),
        }),
        "patient_graph.adherence.sharps_reminder_requested.v1" => json!({
            "patient_id": patient, "brand_id": "loop", "user_id": user, "peptide_id": "bpc-157",
            "protocol_id": uuid("protocol"), "taken_dose_count": 25,
        }),
        "patient_graph.encounter.recorded.v1" => json!({
            "encounter_id": uuid("encounter"), "patient_id": patient, "brand_id": "loop", "encounter_type": "lab_review",
            "recorded_at": at,
        }),
        "membership.bonus.eligible.v1" => json!({
            "lock_id": uuid("lock"), "membership_id": uuid("membership"), "user_id": user, "brand_id": "loop",
            "subscription_id": uuid("subscription"), "tier": "plus",
            "locked_at": crate::time_text(now - 30 * 24 * 3600), "released_at": at,
        }),
        "membership.tier.changed.v1" => json!({ "user_id": user, "tier": "plus", "previous_tier": "core" }),
        "subscription.tier_changed.v1" => json!({
            "subscription_id": uuid("subscription"), "customer_id": uuid("customer"), "previous_plan_id": "core-monthly",
            "new_plan_id": "plus-monthly", "stripe_subscription_id": "sub_sandbox", "changed_at": at,
        }),
        "comms.notification.created.v1" => json!({
            "id": uuid("notification"), "brand_id": "loop", "person_id": user, "channel": "in_app",
            "category": "lab_results", "title": "Your lab results are in", "body": "Open them to see what changed.", "action_url": "/labs",
            "read_at": null, "created_at": at,
        }),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_versioned_name_and_data_of_its_person() {
        let [omar, mei] = ["omar", "mei"].map(|handle| seed::find(handle).unwrap());
        for event in EVENTS {
            let parts: Vec<&str> = event.name.split('.').collect();
            assert!(parts.len() >= 3 && parts.last() == Some(&"v1"), "{}", event.name);
            assert_ne!(sample(event.name, omar, 0), sample(event.name, mei, 0), "{}", event.name);
        }
    }
}
