//! What a protocol consists of, day by day.

use jiff::civil::Weekday;
use serde::Serialize;
use utoipa::ToSchema;

use super::protocols::Protocol;
use crate::ids::seeded_uuid;

/// One thing to take.
#[derive(Debug, Clone)]
#[allow(clippy::struct_field_names, reason = "the names on the wire")]
pub(crate) struct Compound {
    pub(crate) id: String,
    pub(crate) compound_id: String,
    pub(crate) slug: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) dose_amount: &'static str,
    pub(crate) dose_unit: &'static str,
    pub(crate) dose_mcg_equivalent: Option<&'static str>,
    pub(crate) route: Option<&'static str>,
    /// 0 is Sunday.
    pub(crate) days_of_week: &'static [u8],
    pub(crate) timing: Timing,
    pub(crate) has_sharps: bool,
}

/// When in the day it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Timing {
    Morning,
    Evening,
    BeforeBed,
    Any,
}

impl Compound {
    pub(crate) fn is_due_on(&self, weekday: Weekday) -> bool {
        let number = u8::try_from(weekday.to_sunday_zero_offset()).unwrap_or_default();
        self.days_of_week.contains(&number)
    }
}

const EVERY_DAY: &[u8] = &[0, 1, 2, 3, 4, 5, 6];
const ALTERNATE_DAYS: &[u8] = &[1, 3, 5];

pub(crate) fn compounds(protocol: &Protocol) -> Vec<Compound> {
    let one = |slug: &'static str, display_name, dose_amount, dose_unit| Compound {
        id: seeded_uuid(&format!("protocol compound {} {slug}", protocol.id)),
        compound_id: seeded_uuid(&format!("compound {slug}")),
        slug,
        display_name,
        dose_amount,
        dose_unit,
        dose_mcg_equivalent: None,
        route: Some("oral"),
        days_of_week: EVERY_DAY,
        timing: Timing::Morning,
        has_sharps: false,
    };
    match protocol.id {
        "prt_iron_vitamin_d" => vec![
            Compound {
                dose_mcg_equivalent: Some("40000"),
                days_of_week: ALTERNATE_DAYS,
                ..one("iron-bisglycinate", "Iron bisglycinate", "40.0", "mg")
            },
            one("vitamin-d3", "Vitamin D3", "2000", "IU"),
        ],
        "prt_lipid_control" => vec![
            Compound {
                dose_mcg_equivalent: Some("5000000"),
                route: None,
                ..one("psyllium-husk", "Psyllium husk", "5.00", "g")
            },
            Compound {
                dose_mcg_equivalent: Some("2000000"),
                timing: Timing::Evening,
                ..one("omega-3", "Omega-3 (EPA and DHA)", "2.0", "g")
            },
        ],
        "prt_thyroid_support" => vec![
            Compound {
                dose_mcg_equivalent: Some("100"),
                timing: Timing::Any,
                ..one("selenium", "Selenium", "100", "mcg")
            },
            Compound {
                dose_mcg_equivalent: Some("250"),
                route: Some("subcutaneous"),
                days_of_week: ALTERNATE_DAYS,
                timing: Timing::BeforeBed,
                has_sharps: true,
                ..one("bpc-157", "BPC-157", "250", "mcg")
            },
        ],
        "prt_testosterone_restoration" => vec![Compound {
            dose_mcg_equivalent: Some("200000"),
            timing: Timing::BeforeBed,
            ..one("magnesium-glycinate", "Magnesium glycinate", "200", "mg")
        }],
        _ => Vec::new(),
    }
}
