//! The browser's way through authorize, sign-in and consent.
#![allow(unused_qualifications, reason = "the code that utoipa's macros write")]

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, RawQuery, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::{OptionalExtension as _, params};
use utoipa::IntoParams;

use crate::answers::{NotedError, OAuthError, no_store};
use crate::authorize::{self, Prompt, Refusal, Request};
use crate::clients::{self, Client};
use crate::db::Trouble;
use crate::grants::{self, Approved};
use crate::ids::{self, Hashed};
use crate::oauth_limits;
use crate::pages::{self, FormKeys};
use crate::params::{Params, with_query};
use crate::seed::{self, Person};
use crate::server::RequestId;
use crate::session::{self, Browser, SignsIn};
use crate::state::{Shared, State};
use crate::wire::Wire;

/// How long a person may take to sign in and decide.
const INTERACTION_SECONDS: i64 = 3600;

/// A sign-in under way, found again by a page of it.
struct Interaction {
    id: String,
    request: Request,
    client: Client,
    browser: Browser,
}

/// The query of an authorization request.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its schema is used: the query is read as OAuth reads it")]
pub(crate) struct AuthorizeQuery {
    /// `code`.
    response_type: String,
    client_id: String,
    /// Exactly as registered.
    redirect_uri: String,
    /// Separated by spaces.
    scope: String,
    state: String,
    /// Required with the scope `openid`.
    nonce: Option<String>,
    /// 43 characters of base64url.
    code_challenge: String,
    /// `S256`.
    code_challenge_method: String,
    /// `none`, `login`, `consent`, `select_account`.
    prompt: Option<String>,
    /// A test person: handle, user id, e-mail address or name.
    login_hint: Option<String>,
}

/// Begin a sign-in
///
/// For the person's browser: leads to the pages where they sign in and decide, and from there back to the app.
#[utoipa::path(
    get, path = "/v1/oauth/authorize", operation_id = "oauth.authorize", params(AuthorizeQuery),
    responses(
        (status = 302, description = "An error for the app, at its redirect URI"),
        (status = 303, description = "To the next page"),
        (status = 400, description = "A page that says what is wrong, where the app can't be told", content_type = "text/html", body = String),
        (status = 429, description = "Over the limit of this address; a page, where the browser asks for one", body = crate::answers::RateLimitedBody),
        (status = 500, description = "A page that says that the sandbox failed", content_type = "text/html", body = String),
    )
)]
pub(crate) async fn authorize(
    Extract(state): Extract<Shared>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Err(limited) = oauth_limits::admit_browser(&state, &wire) {
        return pages::too_many(limited, &headers);
    }
    begin(&state, &Params::of_query(query.as_deref()), &headers).unwrap_or_else(refused)
}

fn begin(state: &State, params: &Params, headers: &HeaderMap) -> Result<Response, Refusal> {
    let (_, request) = authorize::check(state, params)?;
    let known = session::browser(state, headers)?;
    let signed_in = known.as_ref().and_then(|browser| browser.person);
    if request.prompt == Prompt::None {
        // Every app here is a third party, and those always ask the person; so no page can be left out.
        let error = match signed_in {
            None => OAuthError::new("login_required", "Nobody is signed in to Loop in this browser."),
            Some(_) => OAuthError::new("consent_required", "The person must be asked."),
        };
        return Err(authorize::refusal(state, &request.redirect_uri, Some(&request.state), &error));
    }
    let is_hinted = |person: &Person| request.login_hint.as_deref().is_none_or(|hint| hint == person.handle);
    let page = match signed_in {
        Some(person) if request.prompt == Prompt::AsNeeded && is_hinted(person) => "/identity/consent",
        _ => "/identity/sign-in",
    };
    let (secret, is_new) = match known {
        Some(browser) => (browser.secret, false),
        None => (session::begin(state, headers, None)?, true),
    };
    let id = ids::secret("").map_err(Trouble::from)?;
    let now = state.now();
    state.store.write(|db| {
        db.execute("DELETE FROM interactions WHERE expires_at <= ?1", [now])?;
        db.execute("DELETE FROM browsers WHERE expires_at <= ?1", [now])?;
        db.execute(
            "INSERT INTO interactions (hash, browser_hash, request, expires_at) VALUES (?1, ?2, ?3, ?4)",
            params![
                Hashed::of(&id).0,
                Hashed::of(&secret).0,
                serde_json::to_string(&request)?,
                now + INTERACTION_SECONDS
            ],
        )?;
        Ok(())
    })?;
    let mut answer = see_other(&with_query(page, &[("interaction", &id)]));
    if is_new {
        session::set_cookie(state, &mut answer, &secret);
    }
    Ok(answer)
}

/// `GET /sign-in`.
pub(crate) async fn sign_in_page(
    Extract(state): Extract<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    find(&state, &Params::of_query(query.as_deref()), &headers).map_or_else(refused, |found| {
        let keys = found.keys();
        pages::sign_in(&found.client, &keys.as_form_keys(), found.request.login_hint.as_deref())
    })
}

/// `POST /sign-in`.
pub(crate) async fn sign_in(
    Extract(state): Extract<Shared>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Params::parse(&body);
    find_by_form(&state, &form, &headers)
        .and_then(|found| signed_in(&state, &form, &headers, &found, &request_id))
        .unwrap_or_else(refused)
}

fn signed_in(
    state: &State,
    form: &Params,
    headers: &HeaderMap,
    found: &Interaction,
    request_id: &str,
) -> Result<Response, Refusal> {
    let Some(person) = form.get("person").and_then(seed::find) else {
        return Err(Refusal::Page(OAuthError::invalid_request("There is no such test person.")));
    };
    let secret = session::replace(state, headers, &found.browser, SignsIn { person, request_id })?;
    let request = Request { prompt: Prompt::AsNeeded, ..found.request.clone() };
    state.store.write(|db| {
        db.execute(
            "UPDATE interactions SET request = ?2 WHERE hash = ?1",
            params![Hashed::of(&found.id).0, serde_json::to_string(&request)?],
        )?;
        Ok(())
    })?;
    let mut answer = see_other(&with_query("/identity/consent", &[("interaction", &found.id)]));
    session::set_cookie(state, &mut answer, &secret);
    Ok(answer)
}

/// `GET /consent`.
pub(crate) async fn consent_page(
    Extract(state): Extract<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    find(&state, &Params::of_query(query.as_deref()), &headers).map_or_else(refused, |found| {
        match found.person_to_ask() {
            None => see_other(&with_query("/identity/sign-in", &[("interaction", &found.id)])),
            Some(person) => {
                let keys = found.keys();
                let all_or_nothing = state.switches().all_or_nothing;
                pages::consent(&found.client, person, &found.request.scopes, &keys.as_form_keys(), all_or_nothing)
            }
        }
    })
}

/// `POST /consent`.
pub(crate) async fn consent(
    Extract(state): Extract<Shared>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Params::parse(&body);
    find_by_form(&state, &form, &headers)
        .and_then(|found| decided(&state, &form, &found, &request_id))
        .unwrap_or_else(refused)
}

fn decided(state: &State, form: &Params, found: &Interaction, request_id: &str) -> Result<Response, Refusal> {
    let request = &found.request;
    let Some(person) = found.person_to_ask() else {
        return Err(Refusal::Page(OAuthError::invalid_request("Sign in first.")));
    };
    let allowed = match form.get("decision") {
        Some("allow") => true,
        Some("deny") => false,
        _ => {
            return Err(Refusal::Page(OAuthError::invalid_request("Choose Allow or Deny.")));
        }
    };
    let all_or_nothing = state.switches().all_or_nothing;
    let stays = |name: &&String| all_or_nothing || *name == "openid" || form.all("scope").any(|ticked| ticked == *name);
    let granted: Vec<&str> = request.scopes.iter().filter(stays).map(String::as_str).collect();
    let granted = granted.join(" ");
    let approved = Approved {
        client_id: &request.client_id,
        user_id: person.user_id,
        redirect_uri: &request.redirect_uri,
        scopes: &granted,
        code_challenge: &request.code_challenge,
        nonce: request.nonce.as_deref(),
        request_id,
    };
    let code = state.store.try_write(|db| {
        // The decision is made once: the back button and a second click find nothing.
        let sql = "DELETE FROM interactions WHERE hash = ?1";
        if db.execute(sql, [Hashed::of(&found.id).0]).map_err(Trouble::from)? == 0 {
            return Err(gone());
        }
        let is_yes = allowed && !granted.is_empty();
        Ok(if is_yes { Some(grants::approve(db, &state.clock, &approved)?) } else { None })
    })?;
    let Some(code) = code else {
        let error = OAuthError::new("access_denied", "The person did not allow it.");
        return Err(authorize::refusal(state, &request.redirect_uri, Some(&request.state), &error));
    };
    let pairs = [("code", code.as_str()), ("state", &request.state), ("iss", &state.issuer())];
    Ok(see_other(&with_query(&request.redirect_uri, &pairs)))
}

/// A form's two hidden values, owned.
struct Keys<'a> {
    interaction: &'a str,
    csrf: String,
}

impl Keys<'_> {
    fn as_form_keys(&self) -> FormKeys<'_> {
        FormKeys { interaction: self.interaction, csrf: &self.csrf }
    }
}

impl Interaction {
    fn keys(&self) -> Keys<'_> {
        Keys { interaction: &self.id, csrf: self.browser.csrf(&self.id) }
    }

    /// Nobody while `prompt=login` has not been obeyed, whoever is signed in.
    fn person_to_ask(&self) -> Option<&'static Person> {
        self.browser.person.filter(|_| self.request.prompt != Prompt::Login)
    }
}

fn gone() -> Refusal {
    let text = "This sign-in was finished already, has expired, or belongs to another browser. \
                Go back to the app and start again.";
    Refusal::Page(OAuthError::invalid_request(text))
}

fn find(state: &State, params: &Params, headers: &HeaderMap) -> Result<Interaction, Refusal> {
    let id = params.get("interaction").ok_or_else(gone)?;
    let browser = session::browser(state, headers)?.ok_or_else(gone)?;
    let stored: Option<String> = state.store.read(|db| {
        let found = db.query_row(
            "SELECT request FROM interactions WHERE hash = ?1 AND browser_hash = ?2 AND expires_at > ?3",
            params![Hashed::of(id).0, Hashed::of(&browser.secret).0, state.now()],
            |row| row.get(0),
        );
        Ok(found.optional()?)
    })?;
    let request: Request = serde_json::from_str(&stored.ok_or_else(gone)?).map_err(Trouble::from)?;
    let client = clients::find(&state.store, &request.client_id)?.filter(|client| client.enabled).ok_or_else(gone)?;
    Ok(Interaction { id: id.to_owned(), request, client, browser })
}

fn find_by_form(state: &State, form: &Params, headers: &HeaderMap) -> Result<Interaction, Refusal> {
    let found = find(state, form, headers)?;
    if ids::same(&found.keys().csrf, form.get("csrf").unwrap_or_default()) {
        Ok(found)
    } else {
        Err(Refusal::Page(OAuthError::invalid_request("This form did not come from a page of this sign-in.")))
    }
}

/// 303: what follows a form is a GET.
pub(crate) fn see_other(location: &str) -> Response {
    redirect(StatusCode::SEE_OTHER, location)
}

fn redirect(status: StatusCode, location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        let error = OAuthError::new("server_error", "The address to return to can't be sent.");
        return pages::error(StatusCode::INTERNAL_SERVER_ERROR, &error);
    };
    let mut answer = status.into_response();
    answer.headers_mut().insert(header::LOCATION, location);
    answer.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    no_store(&mut answer);
    answer
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Page(error) if error.error == "server_error" => {
            pages::error(StatusCode::INTERNAL_SERVER_ERROR, &error)
        }
        Refusal::Page(error) => pages::error(StatusCode::BAD_REQUEST, &error),
        Refusal::Redirect { error, location } => {
            // 302 as the platform's error table says; after the consent form a browser treats it like a 303.
            let mut answer = redirect(StatusCode::FOUND, &location);
            answer.extensions_mut().insert(NotedError(error.to_owned()));
            answer
        }
    }
}
