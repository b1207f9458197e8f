//! The test people.

use serde::Serialize;

use crate::ids::seeded_uuid;

/// Someone who can sign in. Nobody real.
#[derive(Debug, Clone, Copy, Serialize)]
#[non_exhaustive]
pub struct Person {
    /// The short name that levers and tests use: `ada`.
    pub handle: &'static str,
    /// `user_01…`, the `sub` of an id_token.
    pub user_id: &'static str,
    /// The full name.
    pub name: &'static str,
    /// At `example.com`, so that no mail can reach anyone.
    pub email: &'static str,
    /// One line about what their results show.
    pub about: &'static str,
    /// The brand that they have joined. Without one nothing but the account itself is open to them.
    pub brand_id: Option<&'static str>,
    #[serde(skip)]
    pub(crate) sex: Sex,
}

/// Which reference ranges apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    Female,
    Male,
}

pub(crate) const PEOPLE: &[Person] = &[
    Person {
        handle: "ada",
        user_id: "user_01HXYADA00M7Q4T9W2K5R8N3B6",
        name: "Ada Okafor",
        email: "ada.okafor@example.com",
        about: "38, training for her second marathon; iron and vitamin D are running low",
        brand_id: Some(BRAND),
        sex: Sex::Female,
    },
    Person {
        handle: "ben",
        user_id: "user_01HXYBEN00C4V8J1P6S3D7G2F5",
        name: "Ben Castellano",
        email: "ben.castellano@example.com",
        about: "52, working on his cholesterol; blood sugar just above the line",
        brand_id: Some(BRAND),
        sex: Sex::Male,
    },
    Person {
        handle: "mei",
        user_id: "user_01HXYME100H9Z5X2Y8A4E7M1K6",
        name: "Mei Tanaka",
        email: "mei.tanaka@example.com",
        about: "29, first baseline panel, everything within range",
        brand_id: Some(BRAND),
        sex: Sex::Female,
    },
    Person {
        handle: "omar",
        user_id: "user_01HXY0MAR0R3W6T1N9Q5B8V2J4",
        name: "Omar Haddad",
        email: "omar.haddad@example.com",
        about: "46, tired for months; low testosterone, slow thyroid, very high triglycerides",
        brand_id: Some(BRAND),
        sex: Sex::Male,
    },
    Person {
        handle: "nia",
        user_id: "user_01HXYN1A00D2F6K8P4T7W1Z3X5",
        name: "Nia Lindqvist",
        email: "nia.lindqvist@example.com",
        about: "34, joined last week; no results, no protocol, nothing on record yet",
        brand_id: Some(BRAND),
        sex: Sex::Female,
    },
    Person {
        handle: "kai",
        user_id: "user_01HXYKA100E5G9N3R7V1X4Z8B2",
        name: "Kai Sorensen",
        email: "kai.sorensen@example.com",
        about: "27, made an account today and has joined no brand yet; the API knows the account alone",
        brand_id: None,
        sex: Sex::Male,
    },
];

/// The one brand here.
pub(crate) const BRAND: &str = "loop";

impl Person {
    /// The id in clinical records.
    pub(crate) fn patient_id(&self) -> String {
        seeded_uuid(&format!("patient {}", self.user_id))
    }

    /// The id of a record that this person has from the start.
    pub(crate) fn record_id(&self, words: &str) -> String {
        seeded_uuid(&format!("{words} {}", self.user_id))
    }
}

/// By the id in clinical records, or by user id.
pub(crate) fn by_id(id: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.user_id == id || person.patient_id() == id)
}

/// By handle, user id, e-mail address or full name, in any case.
pub(crate) fn find(who: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| {
        [person.handle, person.user_id, person.email, person.name].iter().any(|known| known.eq_ignore_ascii_case(who))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_id_is_a_ulid_behind_its_prefix() {
        for person in PEOPLE {
            let ulid = person.user_id.strip_prefix("user_").expect(person.user_id);
            assert_eq!(ulid.len(), 26, "{}", person.user_id);
            assert!(ulid.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte)), "{ulid}");
        }
    }
}
