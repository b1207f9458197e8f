//! The test people's memberships, and what each tier opens.

use super::people::Person;

/// Each has all that the ones before it have.
pub(crate) const TIERS: &[&str] = &["basic", "plus", "premium"];

const FEATURES: &[(&str, &[&str])] = &[
    ("basic", &["lab_results", "community"]),
    ("plus", &["protocols", "wearables", "check_ins"]),
    ("premium", &["clinician_messaging", "priority_labs", "research_papers"]),
];

/// What a tier opens; `None`: there is no such tier.
pub(crate) fn features(tier: &str) -> Option<Vec<String>> {
    let position = TIERS.iter().position(|known| *known == tier)?;
    let included = FEATURES.iter().take(position + 1).flat_map(|(_, features)| features.iter());
    Some(included.map(|feature| (*feature).to_owned()).collect())
}

/// A membership that a person has from the start.
#[derive(Debug, Clone)]
pub(crate) struct SeededMembership {
    pub(crate) id: String,
    pub(crate) tier: &'static str,
    pub(crate) subscription_id: Option<&'static str>,
    /// From, to, trigger, reason, when; the first from nothing.
    pub(crate) transitions: &'static [Transition],
}

pub(crate) type Transition = (&'static str, &'static str, &'static str, Option<&'static str>, &'static str);

pub(crate) fn membership(person: &Person) -> Option<SeededMembership> {
    let (tier, subscription_id, transitions): (_, _, &'static [Transition]) = match person.handle {
        "ada" => (
            "plus",
            Some("sub_ada_plus"),
            &[
                ("none", "trial", "signup", None, "2025-12-28T10:00:00Z"),
                ("trial", "active", "payment_succeeded", None, "2026-01-11T10:00:00Z"),
            ],
        ),
        "ben" => (
            "premium",
            Some("sub_ben_premium"),
            &[
                ("none", "active", "signup", None, "2025-06-02T08:30:00Z"),
                ("active", "past_due", "payment_failed", Some("Card expired"), "2026-02-02T08:30:00Z"),
                ("past_due", "active", "payment_succeeded", None, "2026-02-05T17:12:00Z"),
            ],
        ),
        "mei" => ("basic", None, &[("none", "active", "signup", None, "2026-01-09T14:20:00Z")]),
        "omar" => (
            "plus",
            Some("sub_omar_plus"),
            &[
                ("none", "active", "signup", None, "2025-09-15T21:05:00Z"),
                ("active", "past_due", "payment_failed", Some("Insufficient funds"), "2026-05-15T21:05:00Z"),
            ],
        ),
        _ => return None,
    };
    Some(SeededMembership { id: person.record_id("membership"), tier, subscription_id, transitions })
}

/// Lock, subscription, status, from, until: what keeps a trial from turning into something else.
pub(crate) type Lock = (&'static str, &'static str, &'static str, &'static str, &'static str);

pub(crate) fn locks(person: &Person) -> &'static [Lock] {
    match person.handle {
        "ben" => &[("lock_ben_1", "sub_ben_premium", "released", "2026-02-05T17:12:00Z", "2026-03-07T17:12:00Z")],
        "omar" => &[
            ("lock_omar_1", "sub_omar_plus", "released", "2025-09-15T21:05:00Z", "2025-10-15T21:05:00Z"),
            ("lock_omar_2", "sub_omar_plus", "pending", "2026-05-15T21:05:00Z", "2026-06-14T21:05:00Z"),
        ],
        _ => &[],
    }
}
