//! The catalogue of protocols.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::people::Person;
use crate::ids::seeded_uuid;

/// One protocol, with the fields of the clinical service.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Protocol {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) category: &'static str,
    #[schema(value_type = Object)]
    pub(crate) criteria: Value,
    #[schema(value_type = Vec<Object>)]
    pub(crate) recommendations: Value,
    #[schema(value_type = Vec<Object>)]
    pub(crate) contraindications: Value,
    pub(crate) active: bool,
}

/// By the clinical service's id, or by the patient graph's.
pub(crate) fn protocol(id: &str) -> Option<Protocol> {
    protocols().into_iter().find(|protocol| protocol.id == id || protocol.graph_id() == id)
}

impl Protocol {
    /// The id that the patient graph has for it.
    pub(crate) fn graph_id(&self) -> String {
        seeded_uuid(&format!("protocol {}", self.id))
    }

    /// `lipid-control`.
    pub(crate) fn slug(&self) -> String {
        self.id.trim_start_matches("prt_").replace('_', "-")
    }
}

pub(crate) fn protocols() -> Vec<Protocol> {
    vec![iron_and_vitamin_d(), lipid_control(), thyroid_support(), testosterone_restoration()]
}

fn recommendation(id: &str, category: &str, priority: &str, title: &str, description: &str) -> Value {
    json!({ "id": id, "category": category, "priority": priority, "title": title, "description": description })
}

fn contraindication(id: &str, severity: &str, medication: &str, reason: &str) -> Value {
    json!({ "rule_id": id, "severity": severity, "medication_name": medication, "reason": reason })
}

fn iron_and_vitamin_d() -> Protocol {
    Protocol {
        id: "prt_iron_vitamin_d",
        name: "Iron and vitamin D repletion",
        version: "2.1.0",
        description: Some("Eight weeks to refill iron stores and vitamin D in people who train a lot."),
        category: "nutrition",
        criteria: json!({
            "any": [
                { "biomarker_code": "ferritin", "below": 30 },
                { "biomarker_code": "vitamin_d_25_oh", "below": 30 },
            ],
            "age": { "min": 18 },
        }),
        recommendations: json!([
            recommendation(
                "rec_iron_alternate",
                "supplementation",
                "high",
                "Iron every other day",
                "40 mg of elemental iron on alternate mornings, with vitamin C, away from coffee and tea."
            ),
            recommendation(
                "rec_vitamin_d3",
                "supplementation",
                "medium",
                "Vitamin D3 daily",
                "2,000 IU with a meal that has some fat in it."
            ),
            recommendation(
                "rec_recheck_8w",
                "monitoring",
                "medium",
                "Measure again after eight weeks",
                "Ferritin, vitamin D and a blood count."
            ),
        ]),
        contraindications: json!([
            contraindication(
                "ctr_hemochromatosis",
                "absolute",
                "Iron supplements",
                "Hereditary hemochromatosis: iron must not be added."
            ),
            contraindication(
                "ctr_levothyroxine",
                "caution",
                "Levothyroxine",
                "Iron hinders its uptake: keep four hours between them."
            ),
        ]),
        active: true,
    }
}

fn lipid_control() -> Protocol {
    Protocol {
        id: "prt_lipid_control",
        name: "Lipid control",
        version: "3.0.2",
        description: Some("Lowers LDL cholesterol and apolipoprotein B by diet first, medication where needed."),
        category: "cardiometabolic",
        criteria: json!({
            "any": [
                { "biomarker_code": "ldl_c", "above": 130 },
                { "biomarker_code": "apob", "above": 100 },
            ],
        }),
        recommendations: json!([
            recommendation(
                "rec_soluble_fibre",
                "dietary",
                "high",
                "Ten grams of soluble fibre a day",
                "Oats, beans, barley or psyllium."
            ),
            recommendation(
                "rec_statin_review",
                "medication_review",
                "medium",
                "Talk about a statin",
                "With a clinician, if LDL stays above 130 mg/dL after twelve weeks."
            ),
        ]),
        contraindications: json!([contraindication(
            "ctr_pregnancy",
            "absolute",
            "Statins",
            "Pregnancy, planned or present."
        ),]),
        active: true,
    }
}

fn thyroid_support() -> Protocol {
    Protocol {
        id: "prt_thyroid_support",
        name: "Thyroid follow-up",
        version: "1.4.0",
        description: Some("Confirms a raised TSH before anything is treated."),
        category: "endocrine",
        criteria: json!({ "all": [{ "biomarker_code": "tsh", "above": 4.5 }] }),
        recommendations: json!([
            recommendation(
                "rec_repeat_tsh",
                "monitoring",
                "high",
                "Repeat TSH with free T4",
                "After six to eight weeks, in the morning, without biotin for two days before."
            ),
            recommendation(
                "rec_endocrine_referral",
                "referral",
                "medium",
                "See an endocrinologist",
                "If TSH is above 10 mIU/L or symptoms get worse."
            ),
        ]),
        contraindications: json!([contraindication(
            "ctr_biotin",
            "caution",
            "Biotin",
            "High doses disturb the TSH test."
        ),]),
        active: true,
    }
}

fn testosterone_restoration() -> Protocol {
    Protocol {
        id: "prt_testosterone_restoration",
        name: "Testosterone restoration",
        version: "1.0.0",
        // The platform lets a description be absent; one protocol is, so that apps meet it.
        description: None,
        category: "endocrine",
        criteria: json!({
            "all": [{ "biomarker_code": "testosterone_total", "below": 264 }],
            "sex": "male",
        }),
        recommendations: json!([
            recommendation(
                "rec_repeat_testosterone",
                "monitoring",
                "high",
                "Repeat on two mornings",
                "Total testosterone and SHBG, before 10 o'clock, fasting."
            ),
            recommendation(
                "rec_sleep",
                "lifestyle",
                "medium",
                "Seven hours of sleep",
                "For four weeks before the second measurement."
            ),
        ]),
        contraindications: json!([contraindication(
            "ctr_prostate",
            "absolute",
            "Testosterone",
            "Prostate cancer, present or suspected."
        ),]),
        active: false,
    }
}

/// The protocol that a person follows from the start.
pub(crate) fn follows(person: &Person) -> Option<&'static str> {
    match person.handle {
        "ada" => Some("prt_iron_vitamin_d"),
        "ben" => Some("prt_lipid_control"),
        "omar" => Some("prt_thyroid_support"),
        _ => None,
    }
}
