//! The scopes that Loop knows, and what each one says on the consent page.

/// One row of the scope table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    /// What the person reads before allowing it.
    pub(crate) consent: &'static str,
    /// What it opens, in a few more words.
    pub(crate) covers: &'static str,
    /// It opens health data: an app needs a signed agreement with Loop (a BAA) to ask for it.
    pub(crate) is_phi: bool,
}

const fn scope(name: &'static str, consent: &'static str, covers: &'static str) -> Scope {
    Scope { name, consent, covers, is_phi: false }
}

const fn phi(name: &'static str, consent: &'static str, covers: &'static str) -> Scope {
    Scope { name, consent, covers, is_phi: true }
}

/// In the order in which the consent page lists them.
pub(crate) const SCOPES: &[Scope] = &[
    scope("openid", "Sign in with Loop", "Who you are at Loop, as an id that never changes"),
    scope("profile", "View your name and basic profile", "Your name, your language and the Loop brand you use"),
    scope("email", "View your email address", "Your verified address"),
    scope("read:account", "View your Loop account info", "When you joined and whether your account is active"),
    scope(
        "manage:connected_apps",
        "Manage which apps are connected to your Loop account",
        "See connected apps and disconnect them",
    ),
    phi("read:biomarkers", "View your lab results", "Hormones, lipids, inflammation and the other markers measured"),
    phi("write:biomarkers", "Upload lab results on your behalf", "Add a lab report or single results"),
    phi("read:protocols", "View your current and past protocols", "Protocols and the actions they ask for"),
    phi("write:protocols", "Start or stop protocols for you", "Change which protocols you follow"),
    phi("read:check_ins", "View your weekly check-ins", "How you said that you feel"),
    phi("write:check_ins", "Record check-ins on your behalf", "Answer a check-in for you"),
    phi("read:recommendations", "View protocol recommendations for you", "Suggestions made from your results"),
    phi("read:red_flags", "View health safety flags on your account", "Safety flags raised for your clinician"),
    phi("read:profile", "View your full Loop profile and order history", "Your customer profile and past orders"),
    phi("read:wearables", "View your wearable device data", "What Oura, WHOOP, Libre and Dexcom sent"),
    phi("write:wearables", "Sync your wearables on your behalf", "Ask a device for its newest data"),
    scope("read:lab_catalog", "View the lab test catalogue", "Which markers can be measured, and what they cost"),
    phi("read:lab_results", "View your lab orders and their results", "Orders, their state, and what came of them"),
    phi("write:lab_orders", "Order lab tests on your behalf", "Place an order with the laboratory"),
    scope("read:research_papers", "View research papers picked for you", "Papers that fit your goals"),
    scope("read:entitlements", "View which features your membership includes", "What your tier opens"),
    scope("manage:subscriptions", "Manage your Loop membership", "Start a membership and see its history"),
    scope("manage:preferences", "View your notifications and manage your preferences", "Messages, and what you want"),
];

/// What machines alone can hold: never asked of a person, never on the consent page.
pub(crate) const MACHINE_SCOPES: &[&str] = &["admin:identity", "admin:clinical", "admin:payments"];

pub(crate) fn is_for_machines(name: &str) -> bool {
    MACHINE_SCOPES.contains(&name)
}

pub(crate) fn find(name: &str) -> Option<&'static Scope> {
    SCOPES.iter().find(|scope| scope.name == name)
}

/// The names in a space-separated list, each once, in the order given.
pub(crate) fn split(list: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in list.split(' ').filter(|name| !name.is_empty()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Whether what was granted opens a route that asks for `needed`: `manage:` and `admin:` include reading and writing.
pub(crate) fn satisfies(granted: &str, needed: &str) -> bool {
    let resource = needed.split_once(':').map_or("", |(_, resource)| resource);
    granted.split(' ').any(|name| {
        name == needed
            || name.split_once(':').is_some_and(|(verb, of)| matches!(verb, "manage" | "admin") && of == resource)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manage_includes_read_of_the_same_resource_only() {
        assert!(satisfies("manage:biomarkers", "read:biomarkers"));
        assert!(!satisfies("manage:protocols", "read:biomarkers"));
        assert!(!satisfies("write:biomarkers", "read:biomarkers"));
        assert!(!satisfies("", "read:biomarkers"));
    }
}
