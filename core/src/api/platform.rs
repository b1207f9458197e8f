//! The smaller services, one declaration each.

/// Third-party providers that a person connects.
pub(super) mod integrations {
    use crate::api::operations::operations;
    use crate::model::{Connection, ConnectionAuthorization, IntegrationLabOrder, Page, SyncRun};

    operations! {
        /// Third-party providers that a person connects, and what arrives from them.
        service Integrations = "integrations" at "integrations";

        /// Begins connecting a provider: send the person to the address that it returns.
        ///
        /// Source: the platform's API page `integrations/authorize`.
        authorize_connection() {
            /// The provider, for instance `oura`.
            body provider: String,
            /// Where the person comes back to.
            body redirect_uri as "redirectUri": String,
        } -> ConnectionAuthorization;
        POST "/v1/connections/authorize", person "write:wearables";

        /// Lists the providers that a person has connected.
        ///
        /// Source: the platform's API page `integrations/connections`.
        list_connections() {
            /// The person.
            query patient_id as "userId": String,
        } -> Page<Connection>;
        GET "/v1/connections", person "read:wearables", machine "admin:clinical";

        /// Fetches a provider's newest data.
        ///
        /// Source: the platform's API page `integrations/sync`.
        sync_connection(
            /// The connection's id.
            connection_id,
        ) -> SyncRun;
        POST "/v1/sync/{connection_id}", person "write:wearables", machine "admin:clinical", within "syncRun";

        /// Lists the person's lab orders, newest first.
        ///
        /// Source: the platform's API page `integrations/labs`.
        list_lab_orders() -> Page<IntegrationLabOrder>;
        GET "/v1/labs/orders", person "read:lab_results";

        /// Returns one lab order.
        ///
        /// Source: the platform's API page `integrations/labs`.
        get_lab_order(
            /// The order's id.
            order_id,
        ) -> IntegrationLabOrder;
        GET "/v1/labs/orders/{order_id}", person "read:lab_results", machine "admin:clinical";
    }
}

/// Memberships.
pub(super) mod membership {
    use crate::api::operations::operations;
    use crate::model::{ConversionEligibility, Membership, MembershipTransition, Page};

    operations! {
        /// Memberships of a brand.
        service Memberships = "membership" at "membership";

        /// Begins a membership.
        ///
        /// Source: the platform's API page `membership`.
        create_membership() {
            /// The person.
            body member_id as "user_id": String,
            /// The brand.
            body brand_id: String,
            /// The tier.
            body tier: String,
            /// What pays for it.
            body subscription_id: Option<String>,
        } -> Membership;
        POST "/v1/memberships", person "manage:subscriptions", machine "admin:payments";

        /// Returns one membership.
        ///
        /// Source: the platform's API page `membership`.
        get_membership(
            /// The membership's id.
            membership_id,
        ) -> Membership;
        GET "/v1/memberships/{membership_id}", person "manage:subscriptions", machine "admin:payments";

        /// Lists how a membership's state has changed, oldest first.
        ///
        /// Source: the platform's API page `membership`.
        list_transitions(
            /// The membership's id.
            membership_id,
        ) -> Page<MembershipTransition>;
        GET "/v1/memberships/{membership_id}/history", person "manage:subscriptions", machine "admin:payments";

        /// Says whether a person's membership may be converted.
        ///
        /// Source: the platform's API page `membership`.
        get_conversion_eligibility(
            /// The person.
            member_id,
        ) -> ConversionEligibility;
        GET "/v1/memberships/{member_id}/conversion-eligibility", person "manage:subscriptions", machine "admin:payments";
    }
}

/// Entitlements.
pub(super) mod entitlements {
    use crate::api::operations::operations;
    use crate::model::{EntitlementPreview, Entitlements};

    operations! {
        /// What a person's tier gives them.
        service TierEntitlements = "entitlements" at "entitlements";

        /// Returns what a tier gives a person.
        ///
        /// Source: the platform's API page `entitlements`.
        get_entitlements(
            /// The person.
            member_id,
        ) {
            /// The tier.
            query tier: String,
            /// The brand.
            query brand_id: String,
        } -> Entitlements;
        GET "/v1/entitlements/user/{member_id}", person "read:entitlements", machine "admin:identity";

        /// Says what a person is entitled to, and where that comes from.
        ///
        /// Source: the platform's API page `entitlements`.
        preview() {
            /// The person.
            query member_id as "user_id": String,
            /// The brand.
            query brand_id: Option<String>,
        } -> EntitlementPreview;
        GET "/v1/admin/entitlements/preview", machine "admin:identity";
    }
}

/// Notifications.
pub(super) mod comms {
    use crate::api::operations::operations;
    use crate::model::{Notification, Page};

    operations! {
        /// Messages to a person.
        service Comms = "comms" at "comms";

        /// Lists the person's notifications, newest first.
        ///
        /// Source: the platform's API page `comms/notifications`.
        list_notifications() {
            /// The `next_cursor` of the page before.
            query cursor: Option<String>,
            /// The most notifications of a page.
            query limit: Option<i64>,
        } -> Page<Notification>;
        GET "/v1/notifications", person "manage:preferences";
    }
}

/// Events.
pub(super) mod events {
    use crate::api::operations::operations;
    use crate::model::{JsonObject, PublishedEvent};

    operations! {
        /// Events for everybody who listens on the platform.
        service Events = "events" at "events";

        /// Hands in an event.
        ///
        /// Source: the platform's API page `events/post_v1_events`.
        publish() {
            /// Its name with its version, for instance `clinical.biomarker.parsed.v1`.
            body name: String,
            /// What it says: a JSON object.
            body payload: JsonObject,
            /// Ties it to what led to it.
            body correlation_id: Option<String>,
            /// Who hands it in.
            body source: Option<String>,
            /// The brand it belongs to.
            body brand_id: Option<String>,
        } -> PublishedEvent;
        POST "/v1/events", machine "admin:clinical";
    }
}

/// Extraction.
pub(super) mod ai {
    use crate::api::operations::operations;
    use crate::model::ExtractedBloodwork;

    operations! {
        /// Reading documents.
        service Ai = "ai" at "ai";

        /// Reads the results out of a laboratory's document. Nothing is stored.
        ///
        /// Source: the platform's API page `ai/extract`.
        extract_bloodwork() {
            /// The brand it is done for.
            body brand_id: String,
            /// Who asks for it.
            body requested_by: String,
            /// `application/pdf`, `image/jpeg` or `image/png`.
            body mime_type: String,
            /// The document's bytes in base64.
            body file_base64: String,
            /// The laboratory, if it is known.
            body vendor_hint: Option<String>,
            /// When the sample was taken (RFC 3339), if it is known.
            body drawn_at: Option<String>,
        } -> ExtractedBloodwork;
        POST "/v1/extract/bloodwork", person "write:biomarkers", machine "admin:clinical";
    }
}

/// Webhook deliveries.
pub(super) mod webhooks {
    use crate::api::operations::operations;
    use crate::model::ReplayedDelivery;

    operations! {
        /// Deliveries of webhooks to apps. Receiving them is `verify`'s work.
        service WebhookDeliveries = "webhooks" at "webhooks";

        /// Sends a delivery once more.
        ///
        /// Source: the platform's API page `webhooks/replay`.
        replay_delivery(
            /// The delivery's id.
            delivery_id,
        ) -> ReplayedDelivery;
        POST "/v1/connect/webhooks/{delivery_id}/replay", machine "admin:identity";
    }
}
