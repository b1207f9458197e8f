//! The scopes that the platform knows, with what a person reads before granting them.

/// One scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scope {
    /// As it is asked for, for instance `read:biomarkers`.
    pub name: &'static str,
    /// The constant's name in every language, for instance `READ_BIOMARKERS`.
    pub constant: &'static str,
    /// What the consent page says; none where a person never grants it.
    pub consent: Option<&'static str>,
    /// What it opens.
    pub covers: &'static str,
}

macro_rules! scopes {
    ($($constant:ident = $name:literal, $($consent:literal)?, $covers:literal;)+) => {
        $(
            #[doc = $covers]
            pub const $constant: &str = $name;
        )+

        /// All of them, in the order of the docs.
        pub const ALL: &[Scope] = &[$(Scope {
            name: $name,
            constant: stringify!($constant),
            consent: consent!($($consent)?),
            covers: $covers,
        }),+];
    };
}

macro_rules! consent {
    () => {
        None
    };
    ($text:literal) => {
        Some($text)
    };
}

// The one table: constants, docs and the other languages' constants are generated from it.
scopes! {
    OPENID = "openid", "Sign in with Loop", "The person's stable id.";
    PROFILE = "profile", "View your name and basic profile", "Name, brand and language.";
    EMAIL = "email", "View your email address", "The verified address.";
    READ_ACCOUNT = "read:account", "View your Loop account info", "When the account was made, where it stands, its settings and sessions.";
    MANAGE_CONNECTED_APPS = "manage:connected_apps", "Manage which apps are connected to your Loop account", "Grants to apps: listing and ending them.";
    READ_BIOMARKERS = "read:biomarkers", "View your lab results", "Lab results, uploaded reports and the health score.";
    WRITE_BIOMARKERS = "write:biomarkers", "Upload lab results on your behalf", "Adding lab results and reports.";
    READ_PROTOCOLS = "read:protocols", "View your current and past protocols", "Protocols, what is matched to them, and adherence.";
    WRITE_PROTOCOLS = "write:protocols", "Start or stop protocols for you", "Starting protocols and recording doses.";
    READ_CHECK_INS = "read:check_ins", "View your weekly check-ins", "Check-ins.";
    WRITE_CHECK_INS = "write:check_ins", "Record check-ins on your behalf", "Recording a check-in.";
    READ_RECOMMENDATIONS = "read:recommendations", "View protocol recommendations for you", "Recommendations.";
    READ_RED_FLAGS = "read:red_flags", "View health safety flags on your account", "Warnings about results.";
    READ_PROFILE = "read:profile", "View your full Loop profile and order history", "The customer profile and metrics over time.";
    READ_WEARABLES = "read:wearables", "View your wearable device data", "Wearables and what they measure.";
    WRITE_WEARABLES = "write:wearables", "Sync your wearables on your behalf", "Connecting a wearable and fetching its data.";
    READ_LAB_CATALOG = "read:lab_catalog", "View the lab test catalogue", "What can be ordered from laboratories.";
    READ_LAB_RESULTS = "read:lab_results", "View your lab orders and their results", "Lab orders.";
    WRITE_LAB_ORDERS = "write:lab_orders", "Order lab tests on your behalf", "Ordering lab tests.";
    READ_RESEARCH_PAPERS = "read:research_papers", "View research papers picked for you", "Research papers.";
    READ_ENTITLEMENTS = "read:entitlements", "View which features your membership includes", "What a tier gives.";
    MANAGE_SUBSCRIPTIONS = "manage:subscriptions", "Manage your Loop membership", "Memberships.";
    MANAGE_PREFERENCES = "manage:preferences", "View your notifications and manage your preferences", "Notifications and preferences.";
    ADMIN_IDENTITY = "admin:identity", , "For machines: accounts, registered apps and deliveries.";
    ADMIN_CLINICAL = "admin:clinical", , "For machines: every person's clinical data.";
    ADMIN_PAYMENTS = "admin:payments", , "For machines: memberships and payments.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SERVICES;

    #[test]
    fn a_constant_is_named_after_its_scope_and_every_operation_needs_one_that_is_known() {
        for scope in ALL {
            assert_eq!(scope.constant, scope.name.replace(':', "_").to_uppercase());
            assert_eq!(scope.consent.is_none(), scope.name.starts_with("admin:"), "{}", scope.name);
        }
        for operation in SERVICES.iter().flat_map(|service| service.operations) {
            let needed = [operation.scope, operation.machine_scope];
            assert!(needed.iter().any(Option::is_some), "{} is open to nobody", operation.name);
            for scope in needed.into_iter().flatten() {
                assert!(ALL.iter().any(|known| known.name == scope), "{}: {scope}", operation.name);
            }
            assert!(operation.machine_scope.is_none_or(|scope| scope.starts_with("admin:")), "{}", operation.name);
        }
    }
}
