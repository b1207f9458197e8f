//! The clinical service.

use super::operations::operations;
use crate::model::{Biomarker, Page, Protocol};

operations! {
    /// The person's clinical record.
    service Clinical = "clinical";

    /// Lists the person's own lab results, newest first.
    ///
    /// Source: the platform's quickstart, step 5.
    list_biomarkers() -> Page<Biomarker>;
    GET "/v1/biomarkers/me", scope "read:biomarkers";

    /// Returns one protocol of the clinical catalogue.
    ///
    /// Source: the platform's API page `clinical/protocol`.
    get_protocol(
        /// The protocol's id.
        path protocol_id: String,
    ) -> Protocol;
    GET "/v1/protocols/{protocol_id}", scope "read:protocols";
}
