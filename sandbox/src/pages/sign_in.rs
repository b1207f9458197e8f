//! The two pages on the way to an app: who signs in, and what they allow.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::{app_tile, page, person_card};
use crate::clients::Client;
use crate::scopes;
use crate::seed::{PEOPLE, Person};

/// Hidden fields that tie a form to this browser and this sign-in.
#[derive(Debug)]
pub(crate) struct FormKeys<'a> {
    pub(crate) interaction: &'a str,
    pub(crate) csrf: &'a str,
}

impl FormKeys<'_> {
    fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="interaction" value=(self.interaction);
            input type="hidden" name="csrf" value=(self.csrf);
        }
    }
}

pub(crate) fn sign_in(client: &Client, keys: &FormKeys<'_>, suggested: Option<&str>) -> Response {
    let content = html! {
        h1 { "Sign in to Loop" }
        p .soft { "to continue to " strong { (client.client_name) } ". Choose one of the test people; there is no password." }
        form method="post" action="/identity/sign-in" {
            (keys.fields())
            ul .plain {
                @for person in PEOPLE {
                    @let is_suggested = suggested == Some(person.handle);
                    li {
                        button .person.suggested[is_suggested] type="submit" name="person" value=(person.handle)
                            autofocus[is_suggested] { (person_card(person)) }
                    }
                }
            }
        }
    };
    page(StatusCode::OK, "Sign in", false, &content)
}

pub(crate) fn consent(
    client: &Client,
    person: &Person,
    asked: &[String],
    keys: &FormKeys<'_>,
    all_or_nothing: bool,
) -> Response {
    let rows: Vec<&scopes::Scope> = asked.iter().filter_map(|name| scopes::find(name)).collect();
    let content = html! {
        div .asking {
            (app_tile(client))
            h1 { (client.client_name) " wants to connect to your Loop account" }
        }
        p .who {
            span { "Signed in as " strong { (person.name) } }
            a href={ "/identity/sign-in?interaction=" (keys.interaction) } { "Not you?" }
        }
        form method="post" action="/identity/consent" {
            (keys.fields())
            fieldset {
                legend { "It asks to:" }
                ul .plain.scopes {
                    @for scope in &rows {
                        li { (scope_row(scope, all_or_nothing)) }
                    }
                }
            }
            div .choices {
                button .choice type="submit" name="decision" value="deny" { "Deny" }
                button .choice.yes type="submit" name="decision" value="allow" { "Allow" }
            }
        }
        p .small.soft {
            "You can disconnect " (client.client_name) " at any time in " a href="/account" { "your Loop account" } "."
        }
    };
    page(StatusCode::OK, "Connect an app", false, &content)
}

/// What a person can't leave out is shown as a fact, not as a switch.
fn scope_row(scope: &scopes::Scope, all_or_nothing: bool) -> Markup {
    let words = html! { span { strong { (scope.consent) } small { (scope.covers) } } };
    html! {
        @if all_or_nothing || scope.name == "openid" {
            div .fixed {
                input type="hidden" name="scope" value=(scope.name);
                span .tick aria-hidden="true" { "✓" }
                (words)
            }
        } @else {
            label {
                input type="checkbox" name="scope" value=(scope.name) checked;
                (words)
            }
        }
    }
}
