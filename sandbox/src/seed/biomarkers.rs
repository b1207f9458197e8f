//! The test people's lab results.

use serde::Serialize;
use utoipa::ToSchema;

use super::people::{Person, Sex};
use crate::ids::seeded_uuid;

/// One result, with the fields of the clinical service.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct Biomarker {
    #[schema(format = "uuid")]
    pub(crate) id: String,
    #[schema(format = "uuid")]
    pub(crate) patient_id: String,
    pub(crate) biomarker_code: String,
    pub(crate) biomarker_name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    pub(crate) reference_low: Option<f64>,
    pub(crate) reference_high: Option<f64>,
    pub(crate) status: BiomarkerStatus,
    #[schema(format = DateTime)]
    pub(crate) collected_at: String,
    #[schema(format = DateTime)]
    pub(crate) parsed_at: String,
}

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BiomarkerStatus {
    Normal,
    Low,
    High,
    /// Out of range by so much that somebody should be told.
    Critical,
}

impl BiomarkerStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            BiomarkerStatus::Normal => "normal",
            BiomarkerStatus::Low => "low",
            BiomarkerStatus::High => "high",
            BiomarkerStatus::Critical => "critical",
        }
    }
}

/// What a laboratory would call normal, for women and for men, and from where a result is critical.
pub(crate) struct Marker {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) female: Range,
    pub(crate) male: Range,
    pub(crate) critical: Range,
}

pub(crate) type Range = (Option<f64>, Option<f64>);

const fn marker(
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    female: Range,
    male: Range,
    critical: Range,
) -> Marker {
    Marker { code, name, unit, female, male, critical }
}

const fn between(low: f64, high: f64) -> Range {
    (Some(low), Some(high))
}

const fn below(high: f64) -> Range {
    (None, Some(high))
}

const fn above(low: f64) -> Range {
    (Some(low), None)
}

const NEVER: Range = (None, None);

pub(crate) const MARKERS: &[Marker] = &[
    marker("testosterone_total", "Testosterone, total", "ng/dL", between(8.0, 60.0), between(264.0, 916.0), NEVER),
    marker("shbg", "Sex hormone-binding globulin", "nmol/L", between(24.6, 122.0), between(16.5, 55.9), NEVER),
    marker("ldl_c", "LDL cholesterol", "mg/dL", below(99.0), below(99.0), above_is_critical(190.0)),
    marker("hdl_c", "HDL cholesterol", "mg/dL", above(50.0), above(40.0), NEVER),
    marker("apob", "Apolipoprotein B", "mg/dL", below(90.0), below(90.0), NEVER),
    marker("triglycerides", "Triglycerides", "mg/dL", below(149.0), below(149.0), above_is_critical(500.0)),
    marker("hba1c", "Hemoglobin A1c", "%", between(4.0, 5.6), between(4.0, 5.6), above_is_critical(9.0)),
    marker(
        "fasting_glucose",
        "Glucose, fasting",
        "mg/dL",
        between(70.0, 99.0),
        between(70.0, 99.0),
        between(50.0, 250.0),
    ),
    marker("hs_crp", "C-reactive protein, high sensitivity", "mg/L", below(3.0), below(3.0), above_is_critical(10.0)),
    marker("tsh", "Thyroid stimulating hormone", "mIU/L", between(0.45, 4.5), between(0.45, 4.5), between(0.1, 10.0)),
    marker(
        "vitamin_d_25_oh",
        "Vitamin D, 25-hydroxy",
        "ng/mL",
        between(30.0, 100.0),
        between(30.0, 100.0),
        between(10.0, 150.0),
    ),
    marker("ferritin", "Ferritin", "ng/mL", between(15.0, 150.0), between(30.0, 400.0), NEVER),
    marker("alt", "Alanine aminotransferase", "U/L", below(32.0), below(44.0), above_is_critical(200.0)),
    marker(
        "egfr",
        "Estimated glomerular filtration rate",
        "mL/min/1.73 m²",
        above(60.0),
        above(60.0),
        (Some(30.0), None),
    ),
];

const fn above_is_critical(limit: f64) -> Range {
    (None, Some(limit))
}

struct Panel {
    handle: &'static str,
    collected_at: &'static str,
    parsed_at: &'static str,
    values: &'static [(&'static str, f64)],
}

const PANELS: &[Panel] = &[
    Panel {
        handle: "ada",
        collected_at: "2026-04-14T07:40:00Z",
        parsed_at: "2026-04-16T15:02:11Z",
        values: &[
            ("testosterone_total", 31.0),
            ("shbg", 68.4),
            ("ldl_c", 84.0),
            ("hdl_c", 71.0),
            ("apob", 72.0),
            ("triglycerides", 62.0),
            ("hba1c", 5.2),
            ("fasting_glucose", 84.0),
            ("hs_crp", 3.4),
            ("tsh", 1.92),
            ("vitamin_d_25_oh", 22.0),
            ("ferritin", 11.0),
            ("alt", 19.0),
            ("egfr", 104.0),
        ],
    },
    Panel {
        handle: "ben",
        collected_at: "2026-03-02T08:15:00Z",
        parsed_at: "2026-03-04T11:47:30Z",
        values: &[
            ("testosterone_total", 452.0),
            ("shbg", 34.1),
            ("ldl_c", 162.0),
            ("hdl_c", 38.0),
            ("apob", 124.0),
            ("triglycerides", 188.0),
            ("hba1c", 5.9),
            ("fasting_glucose", 108.0),
            ("hs_crp", 2.1),
            ("tsh", 2.4),
            ("vitamin_d_25_oh", 41.0),
            ("alt", 39.0),
            ("egfr", 83.0),
        ],
    },
    Panel {
        handle: "mei",
        collected_at: "2026-05-06T09:05:00Z",
        parsed_at: "2026-05-07T16:20:45Z",
        values: &[
            ("ldl_c", 76.0),
            ("hdl_c", 66.0),
            ("apob", 64.0),
            ("triglycerides", 58.0),
            ("hba1c", 5.0),
            ("fasting_glucose", 81.0),
            ("hs_crp", 0.4),
            ("tsh", 1.35),
            ("vitamin_d_25_oh", 46.0),
            ("ferritin", 62.0),
            ("alt", 14.0),
            ("egfr", 112.0),
        ],
    },
    Panel {
        handle: "omar",
        collected_at: "2026-04-28T08:30:00Z",
        parsed_at: "2026-04-30T10:11:52Z",
        values: &[
            ("testosterone_total", 198.0),
            ("shbg", 19.8),
            ("ldl_c", 118.0),
            ("hdl_c", 35.0),
            ("triglycerides", 612.0),
            ("hba1c", 5.5),
            ("fasting_glucose", 97.0),
            ("hs_crp", 4.6),
            ("tsh", 6.8),
            ("vitamin_d_25_oh", 27.5),
            ("ferritin", 212.0),
            ("alt", 58.0),
            ("egfr", 91.0),
        ],
    },
];

impl Marker {
    pub(crate) fn reference(&self, sex: Sex) -> Range {
        match sex {
            Sex::Female => self.female,
            Sex::Male => self.male,
        }
    }
}

pub(crate) fn marker_of(code: &str) -> Option<&'static Marker> {
    MARKERS.iter().find(|marker| marker.code == code)
}

/// When a person's panel was taken, and when it was read.
pub(crate) fn panel_times(person: &Person) -> Option<(&'static str, &'static str)> {
    let panel = PANELS.iter().find(|panel| panel.handle == person.handle)?;
    Some((panel.collected_at, panel.parsed_at))
}

/// A person's newest panel.
pub(crate) fn of_person(person: &Person) -> Vec<Biomarker> {
    let Some(panel) = PANELS.iter().find(|panel| panel.handle == person.handle) else {
        return Vec::new();
    };
    let result = |&(code, value): &(&str, f64)| {
        let marker = marker_of(code)?;
        let (reference_low, reference_high) = marker.reference(person.sex);
        Some(Biomarker {
            id: seeded_uuid(&format!("biomarker {} {code}", person.user_id)),
            patient_id: person.patient_id(),
            biomarker_code: marker.code.to_owned(),
            biomarker_name: marker.name.to_owned(),
            value,
            unit: marker.unit.to_owned(),
            reference_low,
            reference_high,
            status: status(value, (reference_low, reference_high), marker.critical),
            collected_at: panel.collected_at.to_owned(),
            parsed_at: panel.parsed_at.to_owned(),
        })
    };
    panel.values.iter().filter_map(result).collect()
}

pub(crate) fn status(value: f64, reference: Range, critical: Range) -> BiomarkerStatus {
    let under = |limit: Option<f64>| limit.is_some_and(|limit| value < limit);
    let over = |limit: Option<f64>| limit.is_some_and(|limit| value > limit);
    if under(critical.0) || over(critical.1) {
        BiomarkerStatus::Critical
    } else if under(reference.0) {
        BiomarkerStatus::Low
    } else if over(reference.1) {
        BiomarkerStatus::High
    } else {
        BiomarkerStatus::Normal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::PEOPLE;

    #[test]
    fn every_status_agrees_with_its_value_and_range() {
        for result in PEOPLE.iter().flat_map(of_person) {
            let low = result.reference_low.is_some_and(|low| result.value < low);
            let high = result.reference_high.is_some_and(|high| result.value > high);
            let fits = match result.status {
                BiomarkerStatus::Normal => !low && !high,
                BiomarkerStatus::Low => low,
                BiomarkerStatus::High => high,
                BiomarkerStatus::Critical => low || high,
            };
            assert!(fits, "{result:?}");
        }
    }

    #[test]
    fn everybody_but_nia_and_kai_has_10_to_14_different_results_and_every_panel_a_person() {
        for person in PEOPLE {
            let results = of_person(person);
            if matches!(person.handle, "nia" | "kai") {
                assert!(results.is_empty());
                continue;
            }
            let mut codes: Vec<_> = results.iter().map(|result| &result.biomarker_code).collect();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), results.len(), "{}", person.handle);
            assert!((10..=14).contains(&results.len()), "{}", person.handle);
        }
        for panel in PANELS {
            assert!(PEOPLE.iter().any(|person| person.handle == panel.handle));
            assert!(panel.values.iter().all(|(code, _)| MARKERS.iter().any(|marker| marker.code == *code)));
        }
    }

    #[test]
    fn the_people_show_every_status_and_ids_never_change() {
        let all: Vec<_> = PEOPLE.iter().flat_map(of_person).collect();
        for status in ["normal", "low", "high", "critical"] {
            assert!(all.iter().any(|result| result.status.as_str() == status), "{status}");
        }
        assert_eq!(all[0].id, of_person(&PEOPLE[0])[0].id);
        assert_eq!(all[0].id.len(), 36);
    }
}
