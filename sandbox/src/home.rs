//! `/`: what is running, who can sign in, and the last requests as they come.

use axum::Router;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};

use crate::clients::{self, Client};
use crate::live::{self, Row};
use crate::pages::{Answer, Here, Site, Visitor, person_card};
use crate::seed::PEOPLE;
use crate::state::{Shared, State};

const SCRIPT: &str = include_str!("assets/live.js");

/// Without the script the page shows so many requests, and a link to look again; with it, no more than these.
const REQUESTS: usize = 20;

/// Each service under its address, as one answers to it on the platform.
const SERVICES: &[(&str, &str)] = &[
    ("identity", "Sign-in, consent, tokens, grants, app registration"),
    ("clinical", "Lab results, protocols, red flags, lab orders, wearables"),
    ("patient-graph", "Metrics over time, protocols, adherence"),
    ("integrations", "Connections to devices and laboratories"),
    ("membership", "Memberships and their history"),
    ("entitlements", "Which features a membership opens"),
    ("comms", "Notifications"),
    ("events", "Taking events in"),
    ("ai", "Reading lab reports"),
    ("webhooks", "Deliveries, and sending one again"),
];

const LINKS: &[(&str, &str, &str)] = &[
    ("/developers", "Developer portal", "Register an app, rotate its secret, see its webhooks"),
    ("/account", "Account", "As a person: connected apps, sessions, disconnecting"),
    ("/docs", "API reference", "Every operation, with its scope and its answers"),
    ("/openapi.json", "OpenAPI 3.1", "The same, for tools"),
    ("/_sandbox/journal", "Journal", "Every request as JSON, without its secrets"),
];

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/", get(home)).route("/assets/live.js", get(script)).route("/_sandbox/live", get(live::stream))
}

async fn script() -> Response {
    let kind = "text/javascript; charset=utf-8";
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], SCRIPT).into_response()
}

async fn home(Extract(state): Extract<Shared>, headers: HeaderMap) -> Answer {
    let visitor = Visitor::of(&state, &headers, None)?;
    let apps = clients::all(&state.store)?;
    let requests = live::latest(&state, REQUESTS)?;
    let content = html! {
        div .hero {
            h1 { "Loop is running on your machine" }
            p .soft { "Sign-in, consent, tokens, health data and webhooks, as an app meets them. Nothing leaves this computer." }
            p .address { span .dot aria-hidden="true" {} code { (state.base_url) } }
        }
        ul .plain.links { @for (path, name, words) in LINKS {
            li { a href=(path) { strong { (name) } span { (words) } } }
        } }
        (requests_table(&requests))
        h2 { "Test people" }
        p .soft { "Each of them signs in without a password." }
        ul .plain.grid { @for person in PEOPLE { li { div .person.still { (person_card(person)) } } } }
        h2 { "Point your app here" }
        pre tabindex="0" { code { "LOOP_ENVIRONMENT='" (state.base_url) "/{service}'" } }
        (services(&state))
        h2 { "Registered apps" }
        (registered(&apps))
    };
    let site = Site { title: "Home", here: Here::Home, visitor: visitor.as_ref(), script: Some("/assets/live.js") };
    Ok(site.page(StatusCode::OK, &content))
}

fn requests_table(requests: &[Row]) -> Markup {
    html! {
        div .heading {
            h2 #requests { "Last requests" }
            p .small.soft { span .dot.off data-live-state="" aria-hidden="true" {} " " span data-live-words="" { a href="/#requests" { "Load again" } " to see newer ones" } }
        }
        section .card.flush { div .scroll { table .requests aria-labelledby="requests" {
            thead { tr {
                th scope="col" { "Time" } th scope="col" { "Request" } th scope="col" { "App" }
                th scope="col" { "Status" } th scope="col" { "What happened" }
            } }
            tbody data-live="/_sandbox/live" data-most=(REQUESTS) {
                @for row in requests { (row.markup()) }
                @if requests.is_empty() { tr data-empty="" { td colspan="5" .soft { "None yet. They appear here as your app sends them." } } }
            }
        } } }
    }
}

fn services(state: &State) -> Markup {
    html! {
        section .card.flush { div .scroll { table {
            thead { tr { th scope="col" { "Service" } th scope="col" { "Base URL" } th scope="col" { "What it does" } } }
            tbody { @for (service, words) in SERVICES {
                tr { td { (service) } td { code { (state.base_url) "/" (service) } } td { (words) } }
            } }
        } } }
    }
}

fn registered(apps: &[Client]) -> Markup {
    html! {
        @if apps.is_empty() {
            section .card.empty { p .soft { "None yet. " a href="/developers/apps/new" { "Register one" } ", or start the sandbox with " code { "--write-env .env.loop" } "." } }
        } @else {
            section .card.flush { div .scroll { table {
                thead { tr { th scope="col" { "App" } th scope="col" { "Client id" } th scope="col" { "Returns to" } } }
                tbody { @for app in apps {
                    tr { td { (app.client_name) } td { code { (app.client_id) } } td { code { (app.redirect_uris.join(" ")) } } }
                } }
            } } }
        }
    }
}
