//! The frame of the sandbox's own pages: navigation, who is signed in, and forms that can't be forged.

use axum::body::Bytes;
use axum::extract::{Extension, FromRequest, FromRequestParts, Request, State as Extract};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{RequestPartsExt as _, Router};
use maud::{Markup, html};
use rusqlite::Connection;
use serde_json::json;

use super::{POLICY, brand, document, footer, person_card};
use crate::audit::{Actor, Audit};
use crate::db::Trouble;
use crate::ids;
use crate::interact::see_other;
use crate::params::Params;
use crate::seed::{self, PEOPLE, Person};
use crate::server::RequestId;
use crate::session::{self, Browser, SignsIn};
use crate::state::{Shared, State};

// The home page's own script and its stream of requests; nothing else may run or be spoken to.
const LIVE_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
                           img-src 'self' https: data:; base-uri 'none'; frame-ancestors 'none'";

/// Which forms a CSRF token is good for: all of these pages.
const FORMS: &str = "site";
const SESSION: &str = "session";

/// The app that the audit log names for what a person does on these pages.
pub(crate) const PAGES: &str = "loop_pages";

/// Where in the navigation a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Home,
    Developers,
    Account,
    Docs,
}

/// What is around a page.
#[derive(Debug)]
pub(crate) struct Site<'a> {
    pub(crate) title: &'a str,
    pub(crate) here: Here,
    pub(crate) visitor: Option<&'a Visitor>,
    /// Loads this script, and lets it speak to the sandbox.
    pub(crate) script: Option<&'static str>,
}

impl Site<'_> {
    pub(crate) fn page(&self, status: StatusCode, content: &Markup) -> Response {
        let head = html! { @if let Some(script) = self.script { script src=(script) defer {} } };
        let body = html! {
            body .site {
                a .skip href="#content" { "Skip to the content" }
                header .top {
                    (brand())
                    (self.navigation())
                    @if let Some(visitor) = self.visitor { (visitor.corner()) }
                }
                main #content { (content) }
                (footer())
            }
        };
        let policy = if self.script.is_some() { LIVE_POLICY } else { POLICY };
        document(status, self.title, policy, &head, &body)
    }

    fn navigation(&self) -> Markup {
        let links = [
            (Here::Home, "/", "Home"),
            (Here::Developers, "/developers", "Developers"),
            (Here::Account, "/account", "Account"),
            (Here::Docs, "/docs", "API docs"),
        ];
        html! {
            nav aria-label="Pages" {
                @for (here, path, name) in links {
                    a href=(path) aria-current=[(self.here == here).then_some("page")] { (name) }
                }
            }
        }
    }
}

/// Somebody who is signed in. As an extractor it shows the sign-in page to everybody else.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) browser: Browser,
    pub(crate) person: &'static Person,
    request_id: String,
}

impl Visitor {
    pub(crate) fn of(
        state: &State,
        headers: &HeaderMap,
        request_id: Option<&RequestId>,
    ) -> Result<Option<Visitor>, Trouble> {
        let request_id = request_id.map(|id| id.0.clone()).unwrap_or_default();
        let browser = session::browser(state, headers)?;
        Ok(browser.and_then(|browser| browser.person.map(|person| Visitor { browser, person, request_id })))
    }

    /// Writes down what the visitor has changed, in the transaction of the change.
    pub(crate) fn noted(&self, db: &Connection, state: &State, note: impl FnOnce(&mut Audit)) -> Result<(), Trouble> {
        let mut audit = Audit::at(state.now());
        note(&mut audit);
        audit.record(db, state, self.actor())
    }

    fn actor(&self) -> Actor<'_> {
        Actor::user(self.person.user_id, PAGES, "identity", &self.request_id)
    }

    /// The hidden field of every form.
    pub(crate) fn key(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.browser.csrf(FORMS)); }
    }

    fn corner(&self) -> Markup {
        html! {
            form .corner method="post" action="/session/end" {
                (self.key())
                span { (self.person.name) }
                button .quiet type="submit" { "Sign out" }
            }
        }
    }
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Visitor, Response> {
        let request_id = parts.extensions.get::<RequestId>();
        let found =
            Visitor::of(state, &parts.headers, request_id).map_err(|trouble| Stop::from(trouble).into_response())?;
        found.ok_or_else(|| {
            let path = parts.uri.path();
            // What a form asked for is gone with the session; the page that it stood on is not.
            let next = if parts.method == Method::GET { path } else { section(path) };
            sign_in_first(state, &parts.headers, next).unwrap_or_else(IntoResponse::into_response)
        })
    }
}

fn section(path: &str) -> &'static str {
    if path.starts_with("/account") { "/account" } else { "/developers" }
}

/// A form of a signed-in visitor, from one of our own pages.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) visitor: Visitor,
    pub(crate) form: Params,
}

impl FromRequest<Shared> for Signed {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Shared) -> Result<Signed, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor: Visitor = parts.extract_with_state(state).await?;
        let whole = Bytes::from_request(Request::from_parts(parts, body), state).await;
        let form = Params::parse(&whole.map_err(IntoResponse::into_response)?);
        if ids::same(&visitor.browser.csrf(FORMS), form.get("csrf").unwrap_or_default()) {
            Ok(Signed { visitor, form })
        } else {
            Err(forged().into_response())
        }
    }
}

fn forged() -> Stop {
    Stop::new(StatusCode::BAD_REQUEST, "This form did not come from a page that is yours. Go back and load it again.")
}

/// Why a page is not shown, in one sentence.
#[derive(Debug)]
pub(crate) struct Stop {
    status: StatusCode,
    text: String,
}

/// What the handlers of these pages return.
pub(crate) type Answer = Result<Response, Stop>;

impl Stop {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Stop {
        Stop { status, text: text.into() }
    }

    pub(crate) fn not_found(text: &str) -> Stop {
        Stop::new(StatusCode::NOT_FOUND, text)
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Stop {
        Stop::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The sandbox itself failed: {trouble}."))
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        let content = html! {
            h1 { "This page can't be shown" }
            p .notice role="alert" { (self.text) }
            p { a href="/" { "To the home page" } }
        };
        super::page(self.status, "Something is wrong", false, &content)
    }
}

/// The page that asks who you are, and then leads to `next`.
fn sign_in_first(state: &State, headers: &HeaderMap, next: &str) -> Answer {
    let known = session::browser(state, headers)?;
    let (browser, is_new) = match known {
        Some(browser) => (browser, false),
        None => (Browser { secret: session::begin(state, headers, None)?, person: None }, true),
    };
    let words = if next.starts_with("/account") {
        "to see the apps that are connected to your account."
    } else {
        "to register and manage apps."
    };
    let content = html! {
        h1 { "Sign in to Loop" }
        p .soft { (words) " Choose one of the test people; there is no password." }
        form method="post" action="/session" {
            input type="hidden" name="csrf" value=(browser.csrf(SESSION));
            input type="hidden" name="next" value=(next);
            ul .plain { @for person in PEOPLE {
                li { button .person type="submit" name="person" value=(person.handle) { (person_card(person)) } }
            } }
        }
    };
    let mut answer = super::page(StatusCode::OK, "Sign in", false, &content);
    if is_new {
        session::set_cookie(state, &mut answer, &browser.secret);
    }
    Ok(answer)
}

/// Signing in and out on these pages.
pub(crate) fn session_router() -> Router<Shared> {
    Router::new().route("/session", post(sign_in)).route("/session/end", post(sign_out))
}

async fn sign_in(
    Extract(state): Extract<Shared>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let form = Params::parse(&body);
    let browser = session::browser(&state, &headers)?.ok_or_else(forged)?;
    if !ids::same(&browser.csrf(SESSION), form.get("csrf").unwrap_or_default()) {
        return Err(forged());
    }
    let person = form.get("person").and_then(seed::find);
    let person = person.ok_or_else(|| Stop::new(StatusCode::BAD_REQUEST, "There is no such test person."))?;
    let secret = session::replace(&state, &headers, &browser, SignsIn { person, request_id: &request_id })?;
    let mut answer = see_other(own_page(form.get("next").unwrap_or_default()));
    session::set_cookie(&state, &mut answer, &secret);
    Ok(answer)
}

async fn sign_out(Extract(state): Extract<Shared>, signed: Signed) -> Answer {
    let visitor = &signed.visitor;
    state.store.write(|db| match session::end(db, &visitor.browser.secret)? {
        Some(id) => visitor.noted(db, &state, |audit| audit.note("identity.session.ended", "session", id, json!({}))),
        None => Ok(()),
    })?;
    Ok(see_other("/"))
}

/// Only a page of ours: a link must not be able to lead away through the sign-in.
fn own_page(next: &str) -> &str {
    let is_ours =
        |section: &str| next.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_ours("/developers") || is_ours("/account") { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_no_other_site() {
        for ours in ["/developers", "/developers/apps/client_1", "/account"] {
            assert_eq!(own_page(ours), ours);
        }
        for foreign in
            ["https://example.com", "//example.com", "/\\example.com", "/developersx", "/account.example.com"]
        {
            assert_eq!(own_page(foreign), "/", "{foreign}");
        }
    }
}
