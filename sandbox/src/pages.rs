//! The pages that a person sees: signing in, consenting, what went wrong, and the home page.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::answers::{NotedError, OAuthError, no_store};
use crate::clients::Client;
use crate::scopes;
use crate::seed::{PEOPLE, Person};

const CSS: &str = include_str!("assets/loop.css");

/// A loop that closes on itself.
const MARK: &str = r#"<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="3.2" stroke-linecap="round" aria-hidden="true"><path d="M16 16c-2.6-3.8-5-6-8-6a6 6 0 0 0 0 12c3 0 5.400-2.200 8-6s5-6 8-6a6 6 0 0 1 0 12c-3 0-5.400-2.200-8-6z"/></svg>"#;

// No form-action: Chromium applies it to the redirect that answers the consent form, and would block the way back to
// the app, whose address can be anything that was registered.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' https: data:; base-uri 'none'; frame-ancestors 'none'";

/// `GET /assets/loop.css`.
pub(crate) async fn css() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], CSS).into_response()
}

/// A page with the headers that keep it out of frames, caches and referrers.
pub(crate) fn page(status: StatusCode, title: &str, wide: bool, content: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · Loop sandbox" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/assets/loop.css";
            }
            body {
                main class=[wide.then_some("wide")] {
                    div .brand { (PreEscaped(MARK)) "Loop" span .badge { "Sandbox" } }
                    (content)
                }
                footer { "A sandbox on your own machine. The people and results in it are invented." }
            }
        }
    };
    let mut answer = (status, axum::response::Html(markup.into_string())).into_response();
    no_store(&mut answer);
    harden(answer.headers_mut());
    answer
}

fn harden(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The page in place of a redirect that can't be trusted. Its code is in the markup too, for tools.
pub(crate) fn error(status: StatusCode, error: &OAuthError) -> Response {
    let content = html! {
        h1 { "This sign-in can't go on" }
        p .soft { "Something is wrong with the link that brought you here. Nothing was shared with any app." }
        p .notice role="alert" data-error=(error.error) { (error.description) }
        p .small.soft { "Building this app? The error code is " code { (error.error) } "." }
    };
    let mut answer = page(status, "Something is wrong", false, &content);
    answer.extensions_mut().insert(NotedError(error.error.to_owned()));
    answer
}

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

fn person_card(person: &Person) -> Markup {
    html! {
        span .tile aria-hidden="true" { (initials(person.name)) }
        span {
            strong { (person.name) }
            em { (person.email) }
            span .about { (person.about) }
        }
    }
}

fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect()
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
            @if let Some(logo) = &client.logo_uri {
                img .tile.app src=(logo) alt="" width="56" height="56";
            } @else {
                span .tile.app aria-hidden="true" { (initials(&client.client_name).chars().take(1).collect::<String>()) }
            }
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
            "You can disconnect " (client.client_name) " at any time in your Loop account."
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

/// What `GET /` shows.
#[derive(Debug)]
pub(crate) struct Home<'a> {
    pub(crate) base_url: &'a str,
    pub(crate) apps: &'a [Client],
    pub(crate) protocols: &'a [(&'static str, &'static str)],
}

pub(crate) fn home(home: &Home<'_>) -> Response {
    let register = format!(
        "curl {}/identity/v1/admin/oauth-clients \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"client_name\": \"My Lab Aggregator\",\n       \"redirect_uris\": [\"http://localhost:3000/callback\"],\n       \"allowed_scopes\": [\"read:biomarkers\", \"read:protocols\"]}}'",
        home.base_url
    );
    let environment = format!("LOOP_ENVIRONMENT={}/{{service}}", home.base_url);
    let content = html! {
        h1 { "Loop is running on your machine" }
        p .soft { "Sign-in, consent, tokens and clinical data, as an app meets them. Nothing leaves this computer." }
        h2 { "Connect your app" }
        p { "Register it, and keep the secret that comes back:" }
        pre tabindex="0" { code { (register) } }
        p { "Then point the SDK here:" }
        pre tabindex="0" { code { (environment) } }
        h2 { "Test people" }
        ul .plain.grid { @for person in PEOPLE { li { div .person { (person_card(person)) } } } }
        h2 { "Registered apps" }
        @if home.apps.is_empty() {
            p .soft { "None yet." }
        } @else {
            div .scroll { table {
                thead { tr { th scope="col" { "App" } th scope="col" { "client_id" } th scope="col" { "Returns to" } } }
                tbody { @for app in home.apps {
                    tr { td { (app.client_name) } td { code { (app.client_id) } } td { code { (app.redirect_uris.join(" ")) } } }
                } }
            } }
        }
        h2 { "What answers" }
        div .scroll { table { tbody {
            @for (path, words) in ENDPOINTS {
                tr { td { code { (path) } } td { (words) } }
            }
            @for (id, name) in home.protocols {
                tr { td { code { "/clinical/v1/protocols/" (id) } } td { (name) } }
            }
        } } }
    };
    page(StatusCode::OK, "Home", true, &content)
}

const ENDPOINTS: &[(&str, &str)] = &[
    ("/identity/.well-known/openid-configuration", "Discovery: every other identity address"),
    ("/identity/v1/oauth/authorize", "Where your app sends the browser"),
    ("/identity/v1/oauth/token", "Code and refresh token for new tokens"),
    ("/identity/v1/admin/oauth-clients", "Registered apps"),
    ("/clinical/v1/biomarkers/me", "The person's lab results (read:biomarkers)"),
    ("/_sandbox/journal", "Every request received, without its secrets"),
];
