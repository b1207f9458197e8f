//! What speaks against a protocol, given what a person takes.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::seed::Protocol;

/// A medication that speaks against a protocol.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ContraindicationHit {
    rule_id: String,
    medication_code: String,
    medication_name: String,
    protocol_category: &'static str,
    severity: ContraindicationSeverity,
    reason: String,
    alternatives: Vec<&'static str>,
}

/// How much it speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContraindicationSeverity {
    Absolute,
    Relative,
    Caution,
}

impl ContraindicationHit {
    pub(crate) fn is_absolute(&self) -> bool {
        self.severity == ContraindicationSeverity::Absolute
    }

    pub(crate) fn rule_id(&self) -> &str {
        &self.rule_id
    }

    pub(crate) fn medication_name(&self) -> &str {
        &self.medication_name
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

/// Single drugs, and the kind by which the rules know them.
const KINDS: &[(&str, &str)] = &[
    ("atorvastatin", "statins"),
    ("rosuvastatin", "statins"),
    ("simvastatin", "statins"),
    ("statin", "statins"),
    ("ferrous_sulfate", "iron_supplements"),
    ("iron", "iron_supplements"),
    ("testosterone_cypionate", "testosterone"),
];

/// In the order of the protocol's rules. A medication may be named or given by code, in any case.
pub(crate) fn hits(protocol: &Protocol, medications: &[String]) -> Vec<ContraindicationHit> {
    let taken: Vec<String> = medications.iter().map(|name| kind(&code(name))).collect();
    let rules = protocol.contraindications.as_array().into_iter().flatten();
    rules.filter_map(|rule| hit(protocol, rule, &taken)).collect()
}

fn hit(protocol: &Protocol, rule: &Value, taken: &[String]) -> Option<ContraindicationHit> {
    let text = |field: &str| rule[field].as_str().unwrap_or_default().to_owned();
    let medication_code = code(&text("medication_name"));
    taken.contains(&medication_code).then(|| ContraindicationHit {
        rule_id: text("rule_id"),
        alternatives: alternatives(&medication_code),
        medication_code,
        medication_name: text("medication_name"),
        protocol_category: protocol.category,
        severity: match rule["severity"].as_str() {
            Some("absolute") => ContraindicationSeverity::Absolute,
            Some("relative") => ContraindicationSeverity::Relative,
            _ => ContraindicationSeverity::Caution,
        },
        reason: text("reason"),
    })
}

fn code(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

fn kind(code: &str) -> String {
    KINDS.iter().find(|(drug, _)| *drug == code).map_or(code, |(_, kind)| kind).to_owned()
}

fn alternatives(code: &str) -> Vec<&'static str> {
    match code {
        "statins" => vec!["Ezetimibe", "Bempedoic acid"],
        "levothyroxine" => vec!["Take iron four hours later"],
        "biotin" => vec!["Stop biotin two days before the test"],
        _ => Vec::new(),
    }
}
