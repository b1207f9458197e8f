//! The scopes that Loop knows, and what each one says on the consent page.

/// One row of the scope table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    /// What the person reads before allowing it.
    pub(crate) consent: &'static str,
    /// What it opens, in a few more words.
    pub(crate) covers: &'static str,
}

const fn scope(name: &'static str, consent: &'static str, covers: &'static str) -> Scope {
    Scope { name, consent, covers }
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
    scope("read:biomarkers", "View your lab results", "Hormones, lipids, inflammation and the other markers measured"),
    scope("write:biomarkers", "Upload lab results on your behalf", "Add a lab report or single results"),
    scope("read:protocols", "View your current and past protocols", "Protocols and the actions they ask for"),
    scope("write:protocols", "Start or stop protocols for you", "Change which protocols you follow"),
    scope("read:check_ins", "View your weekly check-ins", "How you said that you feel"),
    scope("write:check_ins", "Record check-ins on your behalf", "Answer a check-in for you"),
    scope("read:recommendations", "View protocol recommendations for you", "Suggestions made from your results"),
    scope("read:red_flags", "View health safety flags on your account", "Safety flags raised for your clinician"),
    scope("read:profile", "View your full Loop profile and order history", "Your customer profile and past orders"),
    scope("read:wearables", "View your wearable device data", "What Oura, WHOOP, Libre and Dexcom sent"),
    scope("write:wearables", "Sync your wearables on your behalf", "Ask a device for its newest data"),
];

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
