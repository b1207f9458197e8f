//! The form of an app: what may be filled in, and what is wrong with it.

use maud::{Markup, html};

use super::apps::App;
use crate::clients::{Client, ClientForm, DEFAULT_ACCESS_TOKEN_SECONDS};
use crate::params::Params;
use crate::scopes::{self, MACHINE_SCOPES, SCOPES};

/// What kind of app it is. The platform's API knows two: those that can keep a secret, and those that can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Web,
    Spa,
    Mobile,
    Native,
    Service,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Web, Kind::Spa, Kind::Mobile, Kind::Native, Kind::Service];

    pub(super) const fn value(self) -> &'static str {
        match self {
            Kind::Web => "web",
            Kind::Spa => "spa",
            Kind::Mobile => "mobile",
            Kind::Native => "native",
            Kind::Service => "service",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Web => "Web app",
            Kind::Spa => "Single-page app",
            Kind::Mobile => "Mobile app",
            Kind::Native => "Native app",
            Kind::Service => "Service",
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Kind::Web => "Runs on your server, which keeps a client secret (confidential)",
            Kind::Spa => "Runs in the browser alone: no secret (public)",
            Kind::Mobile => "Runs on a phone: no secret (public)",
            Kind::Native => "Runs on a computer: no secret (public)",
            Kind::Service => "A job on your server, where nobody signs in: machine tokens by its own secret",
        }
    }

    pub(super) fn named(value: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.value() == value)
    }

    const fn is_confidential(self) -> bool {
        matches!(self, Kind::Web | Kind::Service)
    }

    pub(super) const fn is_service(self) -> bool {
        matches!(self, Kind::Service)
    }

    /// Told by the client itself, where nobody said more.
    pub(super) fn of(client: &Client) -> Kind {
        match client.confidential {
            true if client.allowed_scopes.iter().any(|name| scopes::is_for_machines(name)) => Kind::Service,
            true => Kind::Web,
            false => Kind::Mobile,
        }
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
    pub(super) baa: bool,
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
            baa: true,
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
            baa: form.get("baa").is_some(),
            webhook_url: text("webhook_url"),
        }
    }

    pub(super) fn of_app(app: &App) -> AppForm {
        AppForm {
            name: app.client.client_name.clone(),
            kind: app.kind(),
            redirect_uris: app.client.redirect_uris.join("\n"),
            scopes: app.client.allowed_scopes.clone(),
            baa: app.client.baa,
            webhook_url: String::new(),
        }
    }

    /// What is to be stored, or one sentence about the first thing that is wrong.
    pub(super) fn checked(&self) -> Result<ClientForm, String> {
        if self.name.is_empty() || self.name.chars().count() > 255 {
            return Err("Give the app a name of 255 characters at most.".to_owned());
        }
        // The page of a new app holds the fields of both kinds, and shows those of the one that is chosen.
        let is_service = self.kind.is_service();
        let redirect_uris: Vec<String> =
            if is_service { Vec::new() } else { self.redirect_uris.split_whitespace().map(str::to_owned).collect() };
        if redirect_uris.is_empty() && !is_service {
            return Err("Name at least one redirect URI.".to_owned());
        }
        let is_meant = |name: &&String| scopes::is_for_machines(name) == is_service;
        let allowed_scopes: Vec<String> = self.scopes.iter().filter(is_meant).cloned().collect();
        if allowed_scopes.is_empty() {
            return Err("Choose at least one scope.".to_owned());
        }
        let form = ClientForm {
            client_name: self.name.clone(),
            client_uri: None,
            logo_uri: None,
            confidential: self.kind.is_confidential(),
            redirect_uris,
            allowed_scopes,
            allowed_origins: Vec::new(),
            access_token_seconds: DEFAULT_ACCESS_TOKEN_SECONDS,
            enabled: true,
            baa: self.baa || is_service,
            webhook_url: Some(self.webhook_url.clone()).filter(|url| !url.is_empty() && !is_service),
        };
        form.check(is_service).map(|()| form)
    }

    /// The type and the webhook belong to a new app only: the one never changes, the other has a form of its own.
    pub(super) fn fields(&self, is_new: bool) -> Markup {
        html! {
            label .field { span { "Name" }
                input type="text" name="name" required maxlength="255" autocomplete="off" value=(self.name);
                @if is_new || !self.kind.is_service() { small .for-people { "As the consent page shows it." } }
            }
            @if is_new { (self.types()) }
            @if is_new || !self.kind.is_service() { (self.for_people(is_new)) }
            @if is_new || self.kind.is_service() { (self.for_services(is_new)) }
        }
    }

    /// Not `required`, as a browser would hold a form back for a field that it does not show.
    fn for_people(&self, is_new: bool) -> Markup {
        html! {
            div .for-people {
                label .field { span { "Redirect URIs" }
                    textarea name="redirect_uris" rows="3" spellcheck="false" { (self.redirect_uris) }
                    small { "One a line; compared to the last character. https, http on this machine, or an app's own scheme." }
                }
                (self.scope_boxes())
                label .baa {
                    input type="checkbox" name="baa" value="yes" checked[self.baa];
                    span {
                        strong { "We have a BAA with Loop" }
                        small { "The agreement on health data (business associate agreement), signed by both. Without it, sign-in ends with "
                            code { "invalid_scope" } " as soon as the app asks for a scope marked " span .tag { "PHI" }
                            ". Untick it to see what your app makes of that." }
                    }
                }
                @if is_new {
                    label .field { span { "Webhook URL " em { "optional" } }
                        input type="url" name="webhook_url" placeholder="https://" autocomplete="off" value=(self.webhook_url);
                        small { "https, or http on this machine. Every event that the scopes open is sent there." }
                    }
                }
            }
        }
    }

    fn for_services(&self, is_new: bool) -> Markup {
        let about = |name: &str| match name {
            "admin:identity" => "Accounts, apps, entitlements and webhook deliveries",
            "admin:clinical" => "Everybody's health records, the lab catalogue and events",
            _ => "Everybody's memberships",
        };
        html! {
            fieldset class=[is_new.then_some("for-services")] { legend { "Machine scopes" }
                p .small.soft { "What the service may do for everybody, without anybody's consent. Loop gives these to its own systems only." }
                ul .plain.scopes { @for name in MACHINE_SCOPES {
                    li { label {
                        input type="checkbox" name="scope" value=(name) checked[self.scopes.iter().any(|chosen| chosen == name)];
                        span { strong { (about(name)) } small { code { (name) } } }
                    } }
                } }
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
                            strong { (scope.consent) @if scope.is_phi { " " span .tag { "PHI" } } }
                            small { code { (scope.name) } }
                        }
                    } }
                } }
            }
        }
    }
}
