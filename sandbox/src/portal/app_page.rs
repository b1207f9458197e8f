//! The page of one app.

use maud::{Markup, html};

use super::apps::App;
use super::form::AppForm;
use super::hooks;
use super::once::Shown;
use crate::clients::Client;
use crate::pages::{Visitor, when};
use crate::shell::variable;
use crate::webhooks::{Delivery, Endpoint};

/// What the page shows.
pub(super) struct AppPage<'a> {
    pub(super) app: &'a App,
    pub(super) form: &'a AppForm,
    pub(super) visitor: &'a Visitor,
    pub(super) wrong: Option<&'a str>,
    pub(super) base_url: &'a str,
    pub(super) now: i64,
    /// Secrets that were made just now.
    pub(super) shown: &'a [Shown],
    pub(super) endpoint: Option<Endpoint>,
    pub(super) deliveries: &'a [Delivery],
}

impl AppPage<'_> {
    pub(super) fn markup(&self) -> Markup {
        let client = &self.app.client;
        html! {
            p .crumbs { a href="/developers" { "Your apps" } }
            div .heading {
                div { h1 { (client.client_name) } p .soft { (self.app.kind().name()) " · registered " (when(client.created_at)) } }
                (state_badge(client))
            }
            @if let Some(wrong) = self.wrong { p .notice role="alert" { (wrong) } }
            @if !self.shown.is_empty() { (self.secrets()) }
            section .card { h2 { "Connect" }
                p .soft { "Put these where your app reads its environment." }
                pre tabindex="0" { code { (self.environment()) } }
            }
            @if client.confidential { (self.secret_rotation()) }
            form .card.fields method="post" action=(self.path("")) {
                h2 { "Settings" }
                (self.visitor.key())
                (self.form.fields(false))
                div .actions { button .button.primary type="submit" { "Save" } }
            }
            @if !self.app.kind().is_service() { (hooks::section(self)) }
            (self.switch())
        }
    }

    pub(super) fn path(&self, rest: &str) -> String {
        format!("/developers/apps/{}{rest}", self.app.client.client_id)
    }

    fn secrets(&self) -> Markup {
        html! {
            section .card.once role="status" {
                h2 { "Copy this now: it is shown this once" }
                @for shown in self.shown {
                    div .secret { span { (shown.label) } code { (shown.secret) } }
                }
                p .small.soft { "The sandbox keeps no copy that it could show you again. Lost? Rotate it." }
            }
        }
    }

    fn environment(&self) -> String {
        let client = &self.app.client;
        let is_service = self.app.kind().is_service();
        let mut lines = vec![
            variable("LOOP_ENVIRONMENT", &format!("{}/{{service}}", self.base_url)),
            variable(if is_service { "LOOP_SERVICE_CLIENT_ID" } else { "LOOP_CLIENT_ID" }, &client.client_id),
        ];
        lines.extend(self.shown.iter().map(|shown| variable(shown.variable, &shown.secret)));
        lines.extend(client.redirect_uris.first().map(|uri| variable("LOOP_REDIRECT_URI", uri)));
        lines.join("\n")
    }

    fn secret_rotation(&self) -> Markup {
        let former = self.app.client.former_secret_until().filter(|until| *until > self.now);
        html! {
            section .card #secret { h2 { "Client secret" }
                @if let Some(until) = former {
                    p { "The former secret works until " strong { (when(until)) } ", beside the new one." }
                }
                details {
                    summary { "Rotate the secret…" }
                    p .soft { "You get a new secret at once. The one that is in use now keeps working for 24 hours, so that you can bring the new one to every server." }
                    form method="post" action=(self.path("/rotate-secret")) {
                        (self.visitor.key())
                        button .button.primary type="submit" { "Rotate the secret" }
                    }
                }
            }
        }
    }

    fn switch(&self) -> Markup {
        let enabled = self.app.client.enabled;
        html! {
            section .card { h2 { @if enabled { "Switch the app off" } @else { "Switch the app on" } }
                form .inline method="post" action=(self.path("/enabled")) {
                    (self.visitor.key())
                    input type="hidden" name="enabled" value=(!enabled);
                    p .soft { @if enabled {
                        @if self.app.kind().is_service() { "It gets no token, and those that it has open nothing, until you switch it on again." }
                        @else { "Nobody can sign in to it, its tokens can't be refreshed, and it hears of no events, until you switch it on again." }
                    } @else {
                        "It is off: nobody can use it, and its tokens can't be renewed."
                    } }
                    @if enabled { button .button.danger type="submit" { "Disable" } }
                    @else { button .button.primary type="submit" { "Enable" } }
                }
            }
        }
    }
}

pub(super) fn state_badge(client: &Client) -> Markup {
    html! { @if client.enabled { span .status.good { "Enabled" } } @else { span .status.bad { "Disabled" } } }
}
