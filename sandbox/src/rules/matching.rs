//! Which protocols fit a person's results, and what a protocol means for them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::seed::{self, Biomarker, Person, Protocol, Sex};

/// A protocol that fits.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct Match {
    protocol_id: &'static str,
    protocol_name: &'static str,
    pub(crate) category: &'static str,
    /// 0 to 1.
    match_score: f64,
    /// Such as `ferritin below 30`.
    matched_criteria: Vec<String>,
    /// The protocol's own.
    #[schema(value_type = Vec<Object>)]
    recommendations: Vec<Value>,
}

/// Where a protocol is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Phase {
    week: u8,
    total_weeks: u8,
    name: &'static str,
    description: &'static str,
}

/// A number that a protocol has for a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Parameter {
    name: &'static str,
    /// A decimal number, exact.
    value: &'static str,
    unit: &'static str,
    /// The marker that it follows from.
    derived_from: &'static str,
    rationale: &'static str,
}

/// How far a protocol's criteria are met.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    pub(crate) is_met: bool,
    pub(crate) score: f64,
    /// Codes of markers whose values fit.
    pub(crate) matched: Vec<String>,
    /// Codes of markers that were not measured.
    pub(crate) missing: Vec<String>,
    criteria: Vec<String>,
}

/// The protocols on offer whose criteria are met, the best first.
pub(crate) fn matches(person: &Person, newest: &[Biomarker]) -> Vec<Match> {
    let offered = seed::protocols().into_iter().filter(|protocol| protocol.active);
    let mut found: Vec<Match> = offered
        .filter_map(|protocol| {
            let fit = fit(&protocol, person, newest);
            fit.is_met.then(|| Match {
                protocol_id: protocol.id,
                protocol_name: protocol.name,
                category: protocol.category,
                match_score: fit.score,
                matched_criteria: fit.criteria,
                recommendations: protocol.recommendations.as_array().cloned().unwrap_or_default(),
            })
        })
        .collect();
    found.sort_by(|left, right| right.match_score.total_cmp(&left.match_score));
    found
}

pub(crate) fn fit(protocol: &Protocol, person: &Person, newest: &[Biomarker]) -> Fit {
    let criteria = &protocol.criteria;
    let is_any = criteria["any"].is_array();
    let conditions = criteria[if is_any { "any" } else { "all" }].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut fit = Fit { is_met: false, score: 0.0, matched: Vec::new(), missing: Vec::new(), criteria: Vec::new() };
    for condition in conditions {
        let code = condition["biomarker_code"].as_str().unwrap_or_default();
        let Some(result) = newest.iter().find(|result| result.biomarker_code == code) else {
            fit.missing.push(code.to_owned());
            continue;
        };
        for (side, limit) in [("below", condition["below"].as_f64()), ("above", condition["above"].as_f64())] {
            let Some(limit) = limit else {
                continue;
            };
            if (side == "below" && result.value < limit) || (side == "above" && result.value > limit) {
                fit.matched.push(code.to_owned());
                fit.criteria.push(format!("{code} {side} {limit}"));
            }
        }
    }
    let sex = match person.sex {
        Sex::Female => "female",
        Sex::Male => "male",
    };
    let is_right_sex = criteria["sex"].as_str().is_none_or(|wanted| wanted == sex);
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    fit.is_met = is_right_sex && if is_any { !fit.matched.is_empty() } else { fit.matched.len() == conditions.len() };
    if is_right_sex && !conditions.is_empty() {
        fit.score = (number(fit.matched.len()) / number(conditions.len()) * 100.0).round() / 100.0;
    }
    fit
}

/// Eight weeks, in three parts.
pub(crate) fn phase(week: u8) -> Phase {
    let (name, description) = match week {
        1..=2 => ("Start", "Begin with half, and watch how it goes."),
        3..=6 => ("Main part", "The full amount, every day that it is due."),
        _ => ("Measure again", "Keep going until the next results are in."),
    };
    Phase { week, total_weeks: 8, name, description }
}

/// What a protocol asks of a person in a week; more where the results are further away.
pub(crate) fn parameters(protocol: &Protocol, person: &Person, newest: &[Biomarker], week: u8) -> Vec<Parameter> {
    let value = |code: &str| newest.iter().find(|result| result.biomarker_code == code).map(|result| result.value);
    let is_start = week <= 2;
    let mut found = Vec::new();
    match protocol.id {
        "prt_iron_vitamin_d" => {
            if let Some(ferritin) = value("ferritin") {
                found.push(Parameter {
                    name: "elemental_iron",
                    value: match (ferritin < 15.0, is_start) {
                        (true, false) => "60.0",
                        (false, true) => "20.0",
                        _ => "40.0",
                    },
                    unit: "mg",
                    derived_from: "ferritin",
                    rationale: "More while stores are empty, half as much in the first two weeks.",
                });
            }
            if let Some(vitamin_d) = value("vitamin_d_25_oh") {
                found.push(Parameter {
                    name: "vitamin_d3",
                    value: if vitamin_d < 20.0 { "4000" } else { "2000" },
                    unit: "IU",
                    derived_from: "vitamin_d_25_oh",
                    rationale: "Twice as much below 20 ng/mL.",
                });
            }
        }
        "prt_lipid_control" if value("ldl_c").is_some() => found.push(Parameter {
            name: "soluble_fibre",
            value: if is_start { "5.00" } else { "10.00" },
            unit: "g",
            derived_from: "ldl_c",
            rationale: "Half in the first two weeks, so that the gut gets used to it.",
        }),
        "prt_thyroid_support" if value("tsh").is_some() => found.push(Parameter {
            name: "weeks_until_repeat",
            value: if value("tsh").is_some_and(|tsh| tsh > 10.0) { "2" } else { "6" },
            unit: "weeks",
            derived_from: "tsh",
            rationale: "Sooner above 10 mIU/L.",
        }),
        "prt_testosterone_restoration" if person.sex == Sex::Male && value("testosterone_total").is_some() => {
            found.push(Parameter {
                name: "morning_samples",
                value: "2",
                unit: "samples",
                derived_from: "testosterone_total",
                rationale: "One low value is not enough.",
            });
        }
        _ => {}
    }
    found
}
