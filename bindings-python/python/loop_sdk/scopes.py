"""The platform's scopes, by name. Written by `cargo xtask codegen`; do not edit."""

from typing import Final

#: The person's stable id.
OPENID: Final = "openid"

#: Name, brand and language.
PROFILE: Final = "profile"

#: The verified address.
EMAIL: Final = "email"

#: When the account was made, where it stands, its settings and sessions.
READ_ACCOUNT: Final = "read:account"

#: Grants to apps: listing and ending them.
MANAGE_CONNECTED_APPS: Final = "manage:connected_apps"

#: Lab results, uploaded reports and the health score.
READ_BIOMARKERS: Final = "read:biomarkers"

#: Adding lab results and reports.
WRITE_BIOMARKERS: Final = "write:biomarkers"

#: Protocols, what is matched to them, and adherence.
READ_PROTOCOLS: Final = "read:protocols"

#: Starting protocols and recording doses.
WRITE_PROTOCOLS: Final = "write:protocols"

#: Check-ins.
READ_CHECK_INS: Final = "read:check_ins"

#: Recording a check-in.
WRITE_CHECK_INS: Final = "write:check_ins"

#: Recommendations.
READ_RECOMMENDATIONS: Final = "read:recommendations"

#: Warnings about results.
READ_RED_FLAGS: Final = "read:red_flags"

#: The customer profile and metrics over time.
READ_PROFILE: Final = "read:profile"

#: Wearables and what they measure.
READ_WEARABLES: Final = "read:wearables"

#: Connecting a wearable and fetching its data.
WRITE_WEARABLES: Final = "write:wearables"

#: What can be ordered from laboratories.
READ_LAB_CATALOG: Final = "read:lab_catalog"

#: Lab orders.
READ_LAB_RESULTS: Final = "read:lab_results"

#: Ordering lab tests.
WRITE_LAB_ORDERS: Final = "write:lab_orders"

#: Research papers.
READ_RESEARCH_PAPERS: Final = "read:research_papers"

#: What a tier gives.
READ_ENTITLEMENTS: Final = "read:entitlements"

#: Memberships.
MANAGE_SUBSCRIPTIONS: Final = "manage:subscriptions"

#: Notifications and preferences.
MANAGE_PREFERENCES: Final = "manage:preferences"

#: For machines: accounts, registered apps and deliveries.
ADMIN_IDENTITY: Final = "admin:identity"

#: For machines: every person's clinical data.
ADMIN_CLINICAL: Final = "admin:clinical"

#: For machines: memberships and payments.
ADMIN_PAYMENTS: Final = "admin:payments"

#: What the consent page says of each scope; those that nobody consents to are not here.
CONSENT_TEXTS: Final[dict[str, str]] = {
    "openid": "Sign in with Loop",
    "profile": "View your name and basic profile",
    "email": "View your email address",
    "read:account": "View your Loop account info",
    "manage:connected_apps": "Manage which apps are connected to your Loop account",
    "read:biomarkers": "View your lab results",
    "write:biomarkers": "Upload lab results on your behalf",
    "read:protocols": "View your current and past protocols",
    "write:protocols": "Start or stop protocols for you",
    "read:check_ins": "View your weekly check-ins",
    "write:check_ins": "Record check-ins on your behalf",
    "read:recommendations": "View protocol recommendations for you",
    "read:red_flags": "View health safety flags on your account",
    "read:profile": "View your full Loop profile and order history",
    "read:wearables": "View your wearable device data",
    "write:wearables": "Sync your wearables on your behalf",
    "read:lab_catalog": "View the lab test catalogue",
    "read:lab_results": "View your lab orders and their results",
    "write:lab_orders": "Order lab tests on your behalf",
    "read:research_papers": "View research papers picked for you",
    "read:entitlements": "View which features your membership includes",
    "manage:subscriptions": "Manage your Loop membership",
    "manage:preferences": "View your notifications and manage your preferences",
}
