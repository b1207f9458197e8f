//! The laboratory's catalogue: more markers than one page holds.

use serde::{Deserialize, Serialize};

use super::people::Person;

/// One marker, as the catalogue keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CatalogEntry {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) biomarker_code: String,
    pub(crate) units: String,
    pub(crate) wholesale_cost: f64,
    pub(crate) currency: String,
    pub(crate) source_lab_id: String,
    pub(crate) tags: Vec<String>,
}

type Row = (&'static str, &'static str, &'static str, f64, &'static str);

/// Code, name, unit, cost in dollars, tags.
const ROWS: &[Row] = &[
    ("testosterone_total", "Testosterone, total", "ng/dL", 9.5, "hormones"),
    ("testosterone_free", "Testosterone, free", "pg/mL", 14.25, "hormones"),
    ("shbg", "Sex hormone-binding globulin", "nmol/L", 11.0, "hormones"),
    ("estradiol", "Estradiol", "pg/mL", 12.0, "hormones fertility"),
    ("progesterone", "Progesterone", "ng/mL", 12.0, "hormones fertility"),
    ("lh", "Luteinizing hormone", "mIU/mL", 10.5, "hormones fertility"),
    ("fsh", "Follicle-stimulating hormone", "mIU/mL", 10.5, "hormones fertility"),
    ("amh", "Anti-Müllerian hormone", "ng/mL", 38.0, "hormones fertility"),
    ("prolactin", "Prolactin", "ng/mL", 10.75, "hormones"),
    ("dhea_s", "DHEA sulfate", "µg/dL", 11.5, "hormones"),
    ("cortisol_am", "Cortisol, morning", "µg/dL", 10.0, "hormones"),
    ("igf_1", "Insulin-like growth factor 1", "ng/mL", 22.0, "hormones"),
    ("ldl_c", "LDL cholesterol", "mg/dL", 4.0, "heart"),
    ("hdl_c", "HDL cholesterol", "mg/dL", 4.0, "heart"),
    ("total_cholesterol", "Cholesterol, total", "mg/dL", 3.5, "heart"),
    ("triglycerides", "Triglycerides", "mg/dL", 3.5, "heart"),
    ("apob", "Apolipoprotein B", "mg/dL", 9.0, "heart"),
    ("lp_a", "Lipoprotein (a)", "nmol/L", 13.5, "heart"),
    ("homocysteine", "Homocysteine", "µmol/L", 15.0, "heart"),
    ("hs_crp", "C-reactive protein, high sensitivity", "mg/L", 6.5, "heart inflammation"),
    ("esr", "Erythrocyte sedimentation rate", "mm/h", 3.0, "inflammation"),
    ("hba1c", "Hemoglobin A1c", "%", 5.0, "metabolic"),
    ("fasting_glucose", "Glucose, fasting", "mg/dL", 2.5, "metabolic"),
    ("fasting_insulin", "Insulin, fasting", "µIU/mL", 8.0, "metabolic"),
    ("c_peptide", "C-peptide", "ng/mL", 14.0, "metabolic"),
    ("uric_acid", "Uric acid", "mg/dL", 3.0, "metabolic"),
    ("tsh", "Thyroid stimulating hormone", "mIU/L", 6.0, "thyroid"),
    ("free_t4", "Thyroxine, free", "ng/dL", 6.5, "thyroid"),
    ("free_t3", "Triiodothyronine, free", "pg/mL", 8.5, "thyroid"),
    ("tpo_ab", "Thyroid peroxidase antibodies", "IU/mL", 12.5, "thyroid"),
    ("tg_ab", "Thyroglobulin antibodies", "IU/mL", 12.5, "thyroid"),
    ("vitamin_d_25_oh", "Vitamin D, 25-hydroxy", "ng/mL", 12.0, "nutrients"),
    ("vitamin_b12", "Vitamin B12", "pg/mL", 7.5, "nutrients"),
    ("folate", "Folate", "ng/mL", 7.5, "nutrients"),
    ("ferritin", "Ferritin", "ng/mL", 6.0, "nutrients"),
    ("iron", "Iron", "µg/dL", 3.0, "nutrients"),
    ("tibc", "Iron-binding capacity, total", "µg/dL", 3.5, "nutrients"),
    ("magnesium_rbc", "Magnesium in red cells", "mg/dL", 16.0, "nutrients"),
    ("zinc", "Zinc", "µg/dL", 14.5, "nutrients"),
    ("selenium", "Selenium", "µg/L", 18.0, "nutrients"),
    ("omega_3_index", "Omega-3 index", "%", 29.0, "nutrients heart"),
    ("alt", "Alanine aminotransferase", "U/L", 2.0, "liver"),
    ("ast", "Aspartate aminotransferase", "U/L", 2.0, "liver"),
    ("ggt", "Gamma-glutamyl transferase", "U/L", 2.5, "liver"),
    ("albumin", "Albumin", "g/dL", 2.0, "liver"),
    ("bilirubin_total", "Bilirubin, total", "mg/dL", 2.0, "liver"),
    ("creatinine", "Creatinine", "mg/dL", 2.0, "kidney"),
    ("egfr", "Estimated glomerular filtration rate", "mL/min/1.73 m²", 2.0, "kidney"),
    ("cystatin_c", "Cystatin C", "mg/L", 17.0, "kidney"),
    ("urea_nitrogen", "Urea nitrogen", "mg/dL", 2.0, "kidney"),
    ("hemoglobin", "Hemoglobin", "g/dL", 2.5, "blood"),
    ("hematocrit", "Hematocrit", "%", 2.5, "blood"),
    ("white_cells", "White cells", "10³/µL", 2.5, "blood"),
    ("platelets", "Platelets", "10³/µL", 2.5, "blood"),
    ("psa", "Prostate-specific antigen", "ng/mL", 9.0, "screening"),
];

/// In the catalogue's own order.
pub(crate) fn lab_catalog() -> Vec<CatalogEntry> {
    let entry = |&(code, name, units, cost, tags): &Row| CatalogEntry {
        slug: code.replace('_', "-"),
        name: name.to_owned(),
        description: format!("{name}, from a blood sample."),
        biomarker_code: code.to_owned(),
        units: units.to_owned(),
        wholesale_cost: cost,
        currency: "USD".to_owned(),
        source_lab_id: if cost < 10.0 { "labcorp" } else { "quest" }.to_owned(),
        tags: tags.split(' ').map(str::to_owned).collect(),
    };
    ROWS.iter().map(entry).collect()
}

/// What the order was for that a person's first results come from.
pub(crate) fn ordered_panel(person: &Person) -> &'static str {
    match person.handle {
        "mei" => "fertility",
        "ada" => "pcos",
        _ => "hashimotos",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_takes_three_pages_and_has_every_slug_once() {
        let mut slugs: Vec<String> = lab_catalog().into_iter().map(|entry| entry.slug).collect();
        assert!(slugs.len() >= 45);
        let count = slugs.len();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), count);
    }
}
