//! Records of the clinical service: protocols, and what Loop computes from a person's results.

use loop_sdk_macros::model;

use super::Json;
use super::decimal::written;

/// One protocol of the clinical catalogue.
#[model]
pub struct Protocol {
    /// Identifies the protocol.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its version, as the platform writes it.
    #[safe("the catalogue's version, the same for everybody")]
    pub version: String,
    /// What it is for, in a paragraph; null where the platform gives none.
    pub description: Option<String>,
    /// The kind of protocol, for instance `metabolic`.
    pub category: String,
    /// Whom it suits: a JSON object whose keys the platform does not fix.
    pub criteria: Json,
    /// What it asks the person to do: JSON, not fixed by the platform.
    pub recommendations: Vec<Json>,
    /// What speaks against it: JSON, not fixed by the platform.
    pub contraindications: Vec<Json>,
    /// Whether new people may start it.
    #[safe("a fact of the catalogue, the same for everybody")]
    pub active: bool,
}

/// A protocol that suits a person's results.
#[model(plural = "matches")]
pub struct ProtocolMatch {
    /// Identifies the protocol.
    pub protocol_id: String,
    /// Its name for people.
    pub protocol_name: String,
    /// The kind of protocol.
    pub category: String,
    /// How well it suits, from 0 to 1.
    pub match_score: f64,
    /// Which of its criteria the person meets: JSON, not fixed by the platform.
    pub matched_criteria: Vec<Json>,
    /// What it would ask the person to do: JSON, not fixed by the platform.
    pub recommendations: Vec<Json>,
}

/// What the protocol engine says about a person and a protocol.
#[model(plural = "evaluations")]
pub struct ProtocolEvaluation {
    /// Identifies the protocol.
    pub protocol_id: String,
    /// Its name for people.
    pub protocol_name: String,
    /// Whether the person may start it.
    pub eligible: bool,
    /// How well it suits, from 0 to 1.
    pub match_score: f64,
    /// Codes of the results that speak for it.
    pub matched_biomarkers: Vec<String>,
    /// Codes of the results that it needs and that are not there.
    pub missing_biomarkers: Vec<String>,
    /// What speaks against it.
    pub contraindication_hits: Vec<ContraindicationHit>,
    /// The part of the protocol that the week belongs to.
    pub phase: ProtocolPhase,
    /// What it works out to for this person.
    pub parameters: Vec<ProtocolParameter>,
}

/// Why a medication and a protocol do not go together.
#[model(plural = "hits")]
pub struct ContraindicationHit {
    /// The rule that said so.
    pub rule_id: String,
    /// The medication's code.
    pub medication_code: String,
    /// The medication's name for people.
    pub medication_name: String,
    /// The kind of protocol that it speaks against.
    pub protocol_category: String,
    /// How grave it is.
    pub severity: ContraindicationSeverity,
    /// Why.
    pub reason: String,
    /// What could be taken instead.
    pub alternatives: Vec<String>,
}

/// How grave a contraindication is.
#[model(plural = "contraindication_severities")]
pub enum ContraindicationSeverity {
    /// Never together.
    Absolute,
    /// Only if a clinician says so.
    Relative,
    /// Together, with care.
    Caution,
}

/// A part of a protocol.
#[model]
pub struct ProtocolPhase {
    /// The week, from 1.
    pub week: i64,
    /// How many weeks the protocol has.
    pub total_weeks: i64,
    /// The phase's name for people.
    pub name: String,
    /// What happens in it.
    pub description: String,
}

/// One figure of a protocol, worked out for a person.
#[model(plural = "parameters")]
pub struct ProtocolParameter {
    /// What it is, for instance `daily_dose`.
    pub name: String,
    /// The figure in `unit`, or in words such as `morning`, as the platform wrote it; null where there is none.
    #[serde(deserialize_with = "written")]
    pub value: Option<String>,
    /// The unit of `value`.
    pub unit: String,
    /// The result or rule that it follows from.
    pub derived_from: String,
    /// Why it is what it is.
    pub rationale: String,
}

/// What a person agreed to before starting a protocol.
#[model(input)]
pub struct EnrollmentConsent {
    /// The person agreed to the privacy policy: must be true.
    pub agreed_to_privacy: bool,
    /// The person agreed to the terms: must be true.
    pub agreed_to_terms: bool,
}

/// What a person said about themselves before starting a protocol.
#[model(input)]
pub struct EnrollmentIntake {
    /// Age in years, 18 or more.
    pub age: i64,
    /// Conditions, at least one; `none` is one.
    pub conditions: Vec<String>,
    /// The person's address.
    pub email: String,
    /// The person's name, at least two characters.
    pub full_name: String,
    /// Whatever else the person wants to say.
    pub notes: Option<String>,
}

/// A person who has started a protocol.
#[model]
pub struct Enrollment {
    /// Identifies the enrolment.
    pub id: String,
    /// The person.
    pub patient_id: String,
    /// The protocol.
    pub protocol_id: String,
    /// Where it stands, for instance `active`.
    pub status: String,
    /// When it began (RFC 3339).
    pub enrolled_at: String,
}

/// Which of a person's medications do not go with a protocol.
#[model(plural = "contraindication_checks")]
pub struct ContraindicationCheck {
    /// Identifies the protocol.
    pub protocol_id: String,
    /// Its name for people.
    pub protocol_name: String,
    /// The kind of protocol.
    pub category: String,
    /// What speaks against it.
    pub hits: Vec<ContraindicationHit>,
    /// Whether one of the hits is absolute.
    pub has_absolute: bool,
    /// How many hits there are.
    pub count: i64,
}

/// Something that Loop suggests to a person.
#[model]
pub struct Recommendation {
    /// Identifies the recommendation.
    pub id: String,
    /// What kind of thing it is.
    pub category: RecommendationCategory,
    /// How soon it should be looked at.
    pub priority: RecommendationPriority,
    /// In a few words.
    pub title: String,
    /// In a paragraph.
    pub description: String,
    /// Why.
    pub rationale: String,
    /// What it follows from.
    pub source: RecommendationSource,
    /// The result, protocol or rule that it follows from.
    pub source_id: String,
}

/// What kind of thing a recommendation is.
#[model(plural = "recommendation_categories")]
pub enum RecommendationCategory {
    /// How one lives.
    Lifestyle,
    /// What one eats.
    Dietary,
    /// What one takes in addition.
    Supplementation,
    /// What to measure again.
    Monitoring,
    /// Whom to see.
    Referral,
    /// Which medication to talk about.
    MedicationReview,
}

/// How soon a recommendation should be looked at.
#[model(plural = "recommendation_priorities")]
pub enum RecommendationPriority {
    /// At once.
    Critical,
    /// Soon.
    High,
    /// When there is time.
    Medium,
    /// Sometime.
    Low,
}

/// What a recommendation follows from.
#[model]
pub enum RecommendationSource {
    /// A lab result.
    Biomarker,
    /// A protocol.
    Protocol,
    /// Something that speaks against a protocol.
    Contraindication,
}

/// A warning that a rule raised about a result.
#[model(plural = "flags")]
pub struct RedFlag {
    /// Identifies the warning.
    pub id: String,
    /// The person it is about.
    pub patient_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// The rule that raised it.
    pub rule_id: String,
    /// The rule's name for people.
    pub rule_name: String,
    /// How grave it is.
    pub severity: RedFlagSeverity,
    /// The code of the result that it is about.
    pub biomarker_code: String,
    /// The result that it is about.
    pub biomarker_id: String,
    /// What it says to a clinician.
    pub message: String,
    /// Whether a clinician has seen it.
    pub acknowledged: bool,
    /// When it was raised (RFC 3339).
    pub detected_at: String,
}

/// How grave a warning is.
#[model(plural = "red_flag_severities")]
pub enum RedFlagSeverity {
    /// Somebody should look at once.
    Urgent,
    /// Somebody should look soon.
    Warn,
    /// Good to know.
    Info,
}

/// What the rules say about a person's results.
#[model(plural = "red_flag_evaluations")]
pub struct RedFlagEvaluation {
    /// The person.
    pub patient_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// How many warnings there are.
    pub flags_detected: i64,
    /// The warnings.
    pub flags: Vec<RedFlag>,
}

/// One number for a person's health, with its parts.
#[model]
pub struct HealthScore {
    /// Identifies the computation.
    pub id: String,
    /// The person.
    pub patient_id: String,
    /// The person's brand.
    pub brand_id: String,
    /// From 0 to 100.
    pub overall_score: f64,
    /// From 0 to 100 each, by domain: the platform does not fix which there are.
    pub domain_scores: Json,
    /// How many results went into it.
    pub biomarker_count: i64,
    /// When it was computed (RFC 3339).
    pub computed_at: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ExtractedBiomarker, decode};

    #[test]
    fn a_value_of_no_documented_type_is_kept_as_it_was_written() {
        for (written, kept) in [
            ("41.20", Some("41.20")),
            ("1e21", Some("1e21")),
            ("\"<0.5\"", Some("<0.5")),
            ("\"morning\"", Some("morning")),
            ("true", Some("true")),
            ("[1, 2]", Some("[1, 2]")),
            ("null", None),
        ] {
            let parameter =
                format!(r#"{{"name":"n","value":{written},"unit":"u","derived_from":"d","rationale":"r"}}"#);
            let parameter: ProtocolParameter = decode(parameter.as_bytes()).unwrap();
            let found = format!(r#"[{{"name":"n","value":{written},"unit":"u","reference_range":null}}]"#);
            let found: crate::model::Page<ExtractedBiomarker> = decode(found.as_bytes()).unwrap();
            assert_eq!((parameter.value.as_deref(), found[0].value.as_deref()), (kept, kept), "{written}");
        }
        assert!(decode::<ExtractedBiomarker>(br#"{"name":"n","unit":"u"}"#).unwrap().value.is_none());
    }
}
