//! The form of an app: what may be filled in, and what is wrong with it.

use maud::{Markup, html};

use super::apps::App;
use crate::clients::{ClientForm, DEFAULT_ACCESS_TOKEN_SECONDS};
use crate::params::Params;
use crate::scopes::{SCOPES, Scope};

/// What kind of app it is. The platform's API knows two: those that can keep a secret, and those that can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Web,
    Spa,
    Mobile,
    Native,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Web, Kind::Spa, Kind::Mobile, Kind::Native];

    pub(super) const fn value(self) -> &'static str {
        match self {
            Kind::Web => "web",
            Kind::Spa => "spa",
            Kind::Mobile => "mobile",
            Kind::Native => "native",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Web => "Web app",
            Kind::Spa => "Single-page app",
            Kind::Mobile => "Mobile app",
            Kind::Native => "Native app",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Kind::Web => "Runs on your server, which keeps a client secret (confidential)",
            Kind::Spa => "Runs in the browser alone: no secret (public)",
            Kind::Mobile => "Runs on a phone: no secret (public)",
            Kind::Native => "Runs on a computer: no secret (public)",
        }
    }

    pub(super) fn named(value: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.value() == value)
    }

    const fn is_confidential(self) -> bool {
        matches!(self, Kind::Web)
    }
}

/// As it was filled in, right or wrong.
#[derive(Debug)]
pub(super) struct AppForm {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// One a line.
    pub(super) redirect_uris: String,
    pub(super) scopes: Vec<String>,
    pub(super) webhook_url: String,
}

impl AppForm {
    /// The quickstart's app.
    pub(super) fn fresh() -> AppForm {
        AppForm {
            name: String::new(),
            kind: Kind::Web,
            redirect_uris: "http://localhost:3000/callback".to_owned(),
            scopes: ["openid", "profile", "read:biomarkers"].map(str::to_owned).to_vec(),
            webhook_url: String::new(),
        }
    }

    pub(super) fn of(form: &Params) -> AppForm {
        let text = |name| form.get(name).unwrap_or_default().trim().to_owned();
        AppForm {
            name: text("name"),
            kind: form.get("type").and_then(Kind::named).unwrap_or(Kind::Web),
            redirect_uris: text("redirect_uris"),
            scopes: form.all("scope").map(str::to_owned).collect(),
            webhook_url: text("webhook_url"),
        }
    }

    pub(super) fn of_app(app: &App) -> AppForm {
        AppForm {
            name: app.client.client_name.clone(),
            kind: app.kind(),
            redirect_uris: app.client.redirect_uris.join("\n"),
            scopes: app.client.allowed_scopes.clone(),
            webhook_url: String::new(),
        }
    }

    /// What is to be stored, or one sentence about the first thing that is wrong.
    pub(super) fn checked(&self) -> Result<ClientForm, String> {
        if self.name.is_empty() || self.name.chars().count() > 255 {
            return Err("Give the app a name of 255 characters at most.".to_owned());
        }
        let redirect_uris: Vec<String> = self.redirect_uris.split_whitespace().map(str::to_owned).collect();
        if redirect_uris.is_empty() {
            return Err("Name at least one redirect URI.".to_owned());
        }
        if self.scopes.is_empty() {
            return Err("Choose at least one scope.".to_owned());
        }
        let form = ClientForm {
            client_name: self.name.clone(),
            client_uri: None,
            logo_uri: None,
            confidential: self.kind.is_confidential(),
            redirect_uris,
            allowed_scopes: self.scopes.clone(),
            allowed_origins: Vec::new(),
            access_token_seconds: DEFAULT_ACCESS_TOKEN_SECONDS,
            enabled: true,
            baa: true,
            webhook_url: None,
        };
        form.check(false).map(|()| form)
    }

    /// The type and the webhook belong to a new app only: the one never changes, the other has a form of its own.
    pub(super) fn fields(&self, is_new: bool) -> Markup {
        html! {
            label .field { span { "Name" }
                input type="text" name="name" required maxlength="255" autocomplete="off" value=(self.name);
                small { "As the consent page shows it." }
            }
            @if is_new { (self.types()) }
            label .field { span { "Redirect URIs" }
                textarea name="redirect_uris" rows="3" required spellcheck="false" { (self.redirect_uris) }
                small { "One a line; compared to the last character. https, http on this machine, or an app's own scheme." }
            }
            (self.scope_boxes())
            @if is_new {
                label .field { span { "Webhook URL " em { "optional" } }
                    input type="url" name="webhook_url" placeholder="https://" autocomplete="off" value=(self.webhook_url);
                    small { "https, or http on this machine. Every event that the scopes open is sent there." }
                }
            }
        }
    }

    fn types(&self) -> Markup {
        html! {
            fieldset { legend { "Type" }
                div .options { @for kind in Kind::ALL {
                    label {
                        input type="radio" name="type" value=(kind.value()) checked[self.kind == kind];
                        span { strong { (kind.name()) } small { (kind.about()) } }
                    }
                } }
            }
        }
    }

    fn scope_boxes(&self) -> Markup {
        html! {
            fieldset { legend { "Scopes" }
                p .small.soft { "What the app may ask a person for, in the words that the person reads." }
                ul .plain.scopes.two { @for scope in SCOPES {
                    li { label {
                        input type="checkbox" name="scope" value=(scope.name) checked[self.scopes.iter().any(|name| name == scope.name)];
                        span {
                            strong { (scope.consent) @if is_phi(scope) { " " span .tag { "PHI" } } }
                            small { code { (scope.name) } }
                        }
                    } }
                } }
            }
        }
    }
}

/// It opens health data.
fn is_phi(scope: &Scope) -> bool {
    let resource = scope.name.split_once(':').map_or("", |(_, resource)| resource);
    !matches!(resource, "" | "account" | "connected_apps")
}
