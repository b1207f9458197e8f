//! What every page has in common, and the page that says what went wrong.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::answers::{NotedError, OAuthError, no_store};
use crate::clients::Client;
use crate::rate_limit::Limited;
use crate::seed::Person;

mod sign_in;
mod site;

pub(crate) use sign_in::{FormKeys, consent, sign_in};
pub(crate) use site::{Answer, Here, PAGES, Signed, Site, Stop, Visitor, session_router};

const CSS: &str = include_str!("../assets/loop.css");

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

/// One card in the middle, for somebody who comes from an app.
pub(crate) fn page(status: StatusCode, title: &str, wide: bool, content: &Markup) -> Response {
    let body = html! {
        body {
            main class=[wide.then_some("wide")] {
                (brand())
                (content)
            }
            (footer())
        }
    };
    document(status, title, POLICY, &html! {}, &body)
}

fn brand() -> Markup {
    html! { div .brand { (PreEscaped(MARK)) "Loop" span .badge { "Sandbox" } } }
}

fn footer() -> Markup {
    html! { footer { "A sandbox on your own machine. The people and results in it are invented." } }
}

/// A whole document, with the headers that keep it out of frames, caches and referrers.
fn document(status: StatusCode, title: &str, policy: &'static str, head: &Markup, body: &Markup) -> Response {
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
                (head)
            }
            (body)
        }
    };
    let mut answer = (status, axum::response::Html(markup.into_string())).into_response();
    no_store(&mut answer);
    harden(answer.headers_mut(), policy);
    answer
}

fn harden(headers: &mut HeaderMap, policy: &'static str) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
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

/// 429 for a browser; as JSON where it asks for no page.
pub(crate) fn too_many(limited: Limited, headers: &HeaderMap) -> Response {
    let wants_page = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    let seconds = limited.seconds();
    let json = limited.into_response();
    if !wants_page {
        return json;
    }
    let content = html! {
        h1 { "Too many sign-ins at once" }
        p .soft { "Sign-ins came faster from here than Loop lets them through. Nothing was shared with any app." }
        p .notice role="alert" data-error="rate_limited" { "Wait " (seconds) " seconds, and load this page again." }
    };
    let mut answer = page(StatusCode::TOO_MANY_REQUESTS, "Too many sign-ins", false, &content);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer.extensions_mut().insert(NotedError("rate_limited".to_owned()));
    answer
}

pub(crate) fn person_card(person: &Person) -> Markup {
    html! {
        span .tile aria-hidden="true" { (initials(person.name)) }
        span {
            strong { (person.name) }
            em { (person.email) }
            span .about { (person.about) }
        }
    }
}

/// The app's logo, or its first letter.
pub(crate) fn app_tile(client: &Client) -> Markup {
    html! {
        @if let Some(logo) = &client.logo_uri {
            img .tile.app src=(logo) alt="" width="56" height="56";
        } @else {
            span .tile.app aria-hidden="true" { (initials(&client.client_name).chars().take(1).collect::<String>()) }
        }
    }
}

/// A time as a person reads it, in UTC.
pub(crate) fn when(seconds: i64) -> Markup {
    html! { time datetime=(crate::time_text(seconds)) { (when_text(seconds)) } }
}

/// `2026-05-22 12:34:56 UTC`.
pub(crate) fn when_text(seconds: i64) -> String {
    crate::time_text(seconds).replace('T', " ").replace('Z', " UTC")
}

fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect()
}
