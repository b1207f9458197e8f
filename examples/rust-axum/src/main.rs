//! The quickstart as a web app: connect with Loop, see your biomarkers, log out, disconnect.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an app talks to its terminal")]
#![allow(clippy::disallowed_methods, reason = "an app reads its own environment")]

mod pages;
mod problem;

use std::env;

use anyhow::Context as _;
use axum::extract::{FromRef, OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use axum_extra::extract::SignedCookieJar;
use axum_extra::extract::cookie::{Cookie, Key, SameSite};
use loop_sdk::{AuthorizationRequest, Code, LoopClient, Secret, User};

use problem::Problem;

/// Who is signed in to this app.
const SESSION: &str = "session";
/// The SDK's secret of this browser: only the browser that began a sign-in can finish it.
const BROWSER: &str = "browser";

#[derive(Clone)]
struct App {
    client: LoopClient,
    /// Signs the cookies. It is new at each start, which signs everybody out of this app; their grants stay.
    key: Key,
    is_https: bool,
}

impl FromRef<App> for Key {
    fn from_ref(app: &App) -> Key {
        app.key.clone()
    }
}

impl App {
    fn cookie(&self, name: &'static str, value: impl Into<String>) -> Cookie<'static> {
        Cookie::build((name, value.into()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_https)
            .build()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let client = LoopClient::builder().build()?; // LOOP_* from the environment
    let is_https = env::var("LOOP_REDIRECT_URI").is_ok_and(|uri| uri.starts_with("https:"));
    // A link preview that sends HEAD must not begin a sign-in, or spend a code.
    let no_head = || async { StatusCode::METHOD_NOT_ALLOWED };
    let router = Router::new()
        .route("/", get(home))
        .route("/login", get(login).head(no_head))
        .route("/callback", get(callback).head(no_head))
        .route("/biomarkers", get(biomarkers))
        .route("/logout", post(logout))
        .route("/disconnect", post(disconnect))
        .layer(middleware::map_response(pages::harden))
        .with_state(App { client, key: Key::generate(), is_https });
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned()).parse().context("PORT is no port")?;
    let listener = tokio::net::TcpListener::bind(("localhost", port)).await?;
    println!("http://localhost:{port}");
    Ok(axum::serve(listener, router).await?)
}

async fn home(jar: SignedCookieJar) -> Response {
    match jar.get(SESSION) {
        Some(_) => Redirect::to("/biomarkers").into_response(),
        None => pages::home().into_response(),
    }
}

/// Sends the browser to Loop.
async fn login(State(app): State<App>, jar: SignedCookieJar) -> Result<(SignedCookieJar, Redirect), Problem> {
    let mut request = AuthorizationRequest::new().app_state("/biomarkers");
    // Several tabs share one secret, so that each of them can finish.
    request.browser_secret = browser_secret(&jar);
    let begun = app.client.authorization_url(request).await?;
    Ok((jar.add(app.cookie(BROWSER, begun.browser_secret.expose())), Redirect::to(&begun.url)))
}

/// Where Loop sends the browser back to.
async fn callback(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    jar: SignedCookieJar,
) -> Result<(SignedCookieJar, Redirect), Problem> {
    match app.client.handle_callback(&uri.to_string(), browser_secret(&jar).as_ref()).await {
        Ok(tokens) => {
            let path = tokens.app_state.unwrap_or_else(|| "/biomarkers".to_owned());
            Ok((jar.add(app.cookie(SESSION, tokens.user_id)), Redirect::to(&path)))
        }
        // A reload, or the back button.
        Err(error) if error.code() == Code::AlreadyCompleted && jar.get(SESSION).is_some() => {
            Ok((jar, Redirect::to("/biomarkers")))
        }
        Err(error) => Err(error.into()),
    }
}

async fn biomarkers(State(app): State<App>, headers: HeaderMap, jar: SignedCookieJar) -> Result<Response, Problem> {
    let Some(session) = jar.get(SESSION) else {
        return Ok(Redirect::to("/").into_response());
    };
    match in_trace(app.client.user(session.value()), &headers).clinical().list_biomarkers().await {
        Ok(page) => Ok(pages::biomarkers(&page).into_response()),
        // The grant is over, at Loop or by the person, and so is what it stood for here.
        Err(error) if problem::ends_session(&error) => {
            Ok((jar.remove(app.cookie(SESSION, "")), Problem::from(error)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the session here; the grant stays.
async fn logout(State(app): State<App>, headers: HeaderMap, jar: SignedCookieJar) -> Result<Response, Problem> {
    posted_here(&headers)?;
    Ok((jar.remove(app.cookie(SESSION, "")), Redirect::to("/")).into_response())
}

/// Ends the grant at Loop, and then the session: while Loop has not confirmed, the button can be pressed again.
async fn disconnect(State(app): State<App>, headers: HeaderMap, jar: SignedCookieJar) -> Result<Response, Problem> {
    posted_here(&headers)?;
    if let Some(session) = jar.get(SESSION) {
        app.client.revoke(session.value()).await?;
    }
    Ok((jar.remove(app.cookie(SESSION, "")), Redirect::to("/")).into_response())
}

/// Calls go on in the trace of the request, where it has one. Anybody may send the header: a malformed one is dropped.
fn in_trace(user: User, headers: &HeaderMap) -> User {
    let mut given = headers.get_all("traceparent").iter().filter_map(|value| value.to_str().ok());
    match (given.next(), given.next()) {
        (Some(traceparent), None) => user.clone().traceparent(traceparent).unwrap_or(user),
        _ => user,
    }
}

fn browser_secret(jar: &SignedCookieJar) -> Option<Secret> {
    jar.get(BROWSER).map(|cookie| Secret::new(cookie.value()))
}

/// Whether a form was sent by a page of this very site. Browsers say so; what says nothing is no browser of today.
fn posted_here(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("sec-fetch-site") {
        Some(site) if site != "same-origin" => Err(Problem::ForeignForm),
        _ => Ok(()),
    }
}
