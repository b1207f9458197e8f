//! The health score: 100 for each result in range, less for those that are not, averaged by domain and then over all.

use std::collections::BTreeMap;

use crate::seed::{Biomarker, BiomarkerStatus};

/// Overall, and by domain.
pub(crate) fn score(results: &[Biomarker]) -> (f64, BTreeMap<&'static str, f64>) {
    let mut points: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    for result in results {
        let value = match result.status {
            BiomarkerStatus::Normal => 100.0,
            BiomarkerStatus::Low | BiomarkerStatus::High => 65.0,
            BiomarkerStatus::Critical => 25.0,
        };
        points.entry(domain(&result.biomarker_code)).or_default().push(value);
    }
    let domains: BTreeMap<_, _> = points.into_iter().map(|(name, values)| (name, mean(values))).collect();
    (mean(domains.values().copied().collect()), domains)
}

/// To one decimal place.
fn mean(values: Vec<f64>) -> f64 {
    let count = f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX)).max(1.0);
    (values.into_iter().sum::<f64>() / count * 10.0).round() / 10.0
}

fn domain(code: &str) -> &'static str {
    match code {
        "ldl_c" | "hdl_c" | "apob" | "triglycerides" => "cardiovascular",
        "hba1c" | "fasting_glucose" => "metabolic",
        "testosterone_total" | "shbg" => "hormones",
        "tsh" => "thyroid",
        "ferritin" | "vitamin_d_25_oh" => "nutrients",
        "hs_crp" => "inflammation",
        "alt" => "liver",
        "egfr" => "kidney",
        _ => "other",
    }
}
