//! The records' Python classes. Written by `cargo xtask codegen`; do not edit.

use std::sync::Arc;

use loop_sdk::{Error, model};
use pyo3::IntoPyObjectExt as _;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::records::{choice, record, records};
use crate::views::{Decoded, Record, ToPython, View};

record! {
    /// One lab result: a marker's value, its unit and the laboratory's reference range.
    Biomarker, see "value" {
        /// Identifies this result.
        id as id,
        /// The person it belongs to.
        patient_id as patient_id,
        /// The marker's code, for instance `ldl_c`.
        biomarker_code as biomarker_code,
        /// The marker's name for people, for instance `LDL cholesterol`.
        biomarker_name as biomarker_name,
        /// The measured value, in `unit`.
        value as value,
        /// The unit of `value` and of both references, for instance `mg/dL`.
        unit as unit,
        /// Lower end of the reference range, in `unit`; null where the laboratory gives none.
        reference_low as reference_low,
        /// Upper end of the reference range, in `unit`; null where the laboratory gives none.
        reference_high as reference_high,
        /// Where the value stands in its range.
        status as status,
        /// When the sample was taken (RFC 3339).
        collected_at as collected_at,
        /// When Loop read the result (RFC 3339).
        parsed_at as parsed_at,
    }
}

record! {
    /// One protocol of the clinical catalogue.
    Protocol, see "name" {
        /// Identifies the protocol.
        id as id,
        /// Its name for people.
        name as name,
        /// Its version, as the platform writes it.
        version as version,
        /// What it is for, in a paragraph; null where the platform gives none.
        description as description,
        /// The kind of protocol, for instance `metabolic`.
        category as category,
        /// Whom it suits: a JSON object whose keys the platform does not fix.
        criteria as criteria,
        /// What it asks the person to do: JSON, not fixed by the platform.
        recommendations as recommendations,
        /// What speaks against it: JSON, not fixed by the platform.
        contraindications as contraindications,
        /// Whether new people may start it.
        active as active,
    }
}

choice!(BiomarkerStatus);

records! { Biomarker, Protocol }
