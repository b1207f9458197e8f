//! Recommendations: from results out of range, from protocols that fit, and from what speaks against those.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::contraindications::hits;
use super::matching::fit;
use crate::ids::seeded_uuid;
use crate::seed::{self, Biomarker, BiomarkerStatus, Person, Protocol};

/// Something worth doing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Recommendation {
    #[schema(format = "uuid")]
    id: String,
    category: RecommendationCategory,
    priority: Priority,
    title: String,
    description: String,
    rationale: String,
    source: RecommendationSource,
    /// The result, the protocol or the rule that it comes from.
    source_id: String,
}

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecommendationCategory {
    Lifestyle,
    Dietary,
    Supplementation,
    Monitoring,
    Referral,
    MedicationReview,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Priority {
    Critical,
    High,
    Medium,
    Low,
}

/// Where it comes from.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecommendationSource {
    Biomarker,
    Protocol,
    Contraindication,
}

/// A protocol's own recommendation, as the catalogue has it.
#[derive(Debug, Deserialize)]
struct Advice {
    id: String,
    category: RecommendationCategory,
    priority: Priority,
    title: String,
    description: String,
}

/// The most urgent first. Without `named` protocols, those on offer that fit are taken.
pub(crate) fn recommend(
    person: &Person,
    newest: &[Biomarker],
    named: &[Protocol],
    medications: &[String],
) -> Vec<Recommendation> {
    let fitting: Vec<Protocol> = if named.is_empty() {
        let offered = seed::protocols().into_iter().filter(|protocol| protocol.active);
        offered.filter(|protocol| fit(protocol, person, newest).is_met).collect()
    } else {
        named.to_vec()
    };
    let id = |words: &str| seeded_uuid(&format!("recommendation {words} {}", person.user_id));
    let mut found = Vec::new();
    for result in newest.iter().filter(|result| result.status != BiomarkerStatus::Normal) {
        let is_critical = result.status == BiomarkerStatus::Critical;
        let category = if is_critical { RecommendationCategory::Referral } else { RecommendationCategory::Monitoring };
        let name = &result.biomarker_name;
        found.push(Recommendation {
            id: id(&result.id),
            category,
            priority: if is_critical { Priority::Critical } else { Priority::Medium },
            title: if is_critical { format!("See a clinician about {name}") } else { format!("Measure {name} again") },
            description: if is_critical {
                "This week, and with these results at hand.".to_owned()
            } else {
                "After eight weeks, at the same time of day.".to_owned()
            },
            rationale: format!("The newest result is {}.", result.status.as_str()),
            source: RecommendationSource::Biomarker,
            source_id: result.id.clone(),
        });
    }
    for protocol in &fitting {
        let advice: Vec<Advice> = serde_json::from_value(protocol.recommendations.clone()).unwrap_or_default();
        found.extend(advice.into_iter().map(|advice| Recommendation {
            id: id(&advice.id),
            category: advice.category,
            priority: advice.priority,
            title: advice.title,
            description: advice.description,
            rationale: format!("Part of {}.", protocol.name),
            source: RecommendationSource::Protocol,
            source_id: protocol.id.to_owned(),
        }));
        found.extend(hits(protocol, medications).into_iter().map(|hit| Recommendation {
            id: id(hit.rule_id()),
            category: RecommendationCategory::MedicationReview,
            priority: if hit.is_absolute() { Priority::Critical } else { Priority::High },
            title: format!("Review {}", hit.medication_name()),
            description: format!("Before {} begins.", protocol.name),
            rationale: hit.reason().to_owned(),
            source: RecommendationSource::Contraindication,
            source_id: hit.rule_id().to_owned(),
        }));
    }
    found.sort_by_key(|recommendation| recommendation.priority);
    found
}
