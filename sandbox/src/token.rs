//! The token endpoint.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, RawQuery, State as Extract};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answers::{OAuthError, no_store};
use crate::clients::{self, Client};
use crate::db::Trouble;
use crate::grants::{self, Redemption};
use crate::id_token::{self, Claims};
use crate::issue::Issued;
use crate::journal::{AppliedFault, Done, Presented, Seq};
use crate::oauth_limits::{self, Endpoint};
use crate::params::Params;
use crate::refresh::{self, Order, Worked};
use crate::scopes;
use crate::seed;
use crate::server::RequestId;
use crate::spoil::{self, Giving};
use crate::state::{Shared, State};
use crate::wire::Wire;
use crate::{ids, machine, stats::Stats};

/// What the app sends; which fields, depends on the grant.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(dead_code, reason = "only its schema is used: the form is read as OAuth reads forms")]
pub(crate) struct TokenRequest {
    /// `authorization_code` or `refresh_token`.
    grant_type: String,
    code: Option<String>,
    /// With a code: the one that the authorization began with.
    redirect_uri: Option<String>,
    /// With a code: 43 to 128 characters (RFC 7636, section 4.1).
    code_verifier: Option<String>,
    refresh_token: Option<String>,
    /// With a refresh token: fewer scopes for the access token, separated by spaces.
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// The tokens of one grant.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "only its schema is used: a fault leaves fields out")]
pub(crate) struct TokenAnswer {
    access_token: String,
    #[schema(pattern = "^Bearer$")]
    token_type: String,
    expires_in: u32,
    refresh_token: Option<String>,
    /// Separated by spaces.
    scope: String,
    /// With the scope `openid`, for a code.
    id_token: Option<String>,
}

// Without a fault on order nothing in it waits once the form is read, so a caller that hangs up leaves no half-done work.
/// Exchange a code or a refresh token
#[utoipa::path(
    post, path = "/v1/oauth/token", operation_id = "oauth.token",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = TokenAnswer),
        (status = 400, description = "The form or the grant is not right", body = crate::answers::OAuthErrorBody),
        (status = 401, description = "Unknown client or wrong secret", body = crate::answers::OAuthErrorBody),
        (status = 403, description = "A scope or audience that this client may not have", body = crate::answers::OAuthErrorBody),
        (status = 429, description = "Over the limit; wait as long as Retry-After says", body = crate::answers::RateLimitedBody),
    )
)]
pub(crate) async fn token(
    Extract(state): Extract<Shared>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    Extension(seq): Extension<Seq>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let attempt = Attempt::arrived(state, (seq, request_id), query, headers, body);
    if let Err(limited) = oauth_limits::admit(&attempt.state, Endpoint::Token, attempt.client_id.as_deref()) {
        return limited.into_response();
    }
    let canned = attempt.state.faults().token_answers.pop_front();
    if let Some(canned) = canned {
        attempt.meets("canned_answer", false);
        return canned.into_response();
    }
    let fault = attempt.state.faults().next_token_fault(attempt.grant_type.as_deref(), attempt.client_id.as_deref());
    let Some(fault) = fault else {
        return attempt.work(Giving::AsTheRuleSays);
    };
    attempt.meets(fault.name(), fault.strikes_after());
    let stopped = attempt.state.stopped();
    spoil::answer(&fault, &wire, stopped, async move |giving| attempt.work(giving)).await
}

/// One request, with what it says of itself before anyone has checked it.
struct Attempt {
    state: Shared,
    seq: Seq,
    request_id: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
    grant_type: Option<String>,
    client_id: Option<String>,
    arrival: Presented,
}

impl Attempt {
    /// Counts the request, and notes what it presents.
    fn arrived(
        state: Shared,
        (seq, request_id): (Seq, String),
        query: Option<String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Attempt {
        let form = Params::parse(&body);
        let client_id = oauth_limits::named_client(&headers, &form);
        let grant_type = form.get("grant_type").map(str::to_owned);
        let mut attempt = Attempt {
            state,
            seq,
            request_id,
            query,
            headers,
            body,
            grant_type,
            client_id,
            arrival: Presented::Unknown,
        };
        let is_refresh = attempt.grant_type.as_deref() == Some("refresh_token");
        let credential = form.get(if is_refresh { "refresh_token" } else { "code" });
        attempt.state.stats.add(|stats| {
            stats.token_requests += 1;
            match attempt.grant_type.as_deref() {
                Some("refresh_token") => stats.refreshes += 1,
                Some("authorization_code") => stats.exchanges += 1,
                _ => {}
            }
        });
        // A database that fails will say so when the work is done.
        attempt.arrival = credential
            .and_then(|credential| attempt.standing(is_refresh, credential).ok())
            .unwrap_or(Presented::Unknown);
        attempt.count_replay(attempt.arrival);
        attempt.state.journal.note(seq.0, |entry| {
            entry.presented = credential.map(ids::digest);
            entry.presented_state = credential.map(|_| attempt.arrival);
            entry.done = Some(Done::Nothing);
        });
        attempt
    }

    fn standing(&self, is_refresh: bool, credential: &str) -> Result<Presented, Trouble> {
        let (state, client_id) = (&self.state, self.client_id.as_deref());
        if is_refresh {
            refresh::presented(&state.store, &state.clock, state.rule(), client_id, credential)
        } else {
            grants::presented(&state.store, state.now(), client_id, credential)
        }
    }

    fn count_replay(&self, presented: Presented) {
        if presented == Presented::Spent {
            self.state.stats.add(|stats| match self.grant_type.as_deref() {
                Some("refresh_token") => stats.replays += 1,
                _ => stats.code_replays += 1,
            });
        }
    }

    fn meets(&self, kind: &'static str, after: bool) {
        let when = if after { "after" } else { "before" };
        self.state.journal.note(self.seq.0, |entry| entry.fault = Some(AppliedFault { kind, when }));
    }

    /// Does what the request asks for, and makes the right answer.
    fn work(self, giving: Giving) -> Response {
        let outcome = self.worked(giving);
        let (answer, done, presented) = match outcome {
            Ok((answer, done, presented)) => (answer, done, Some(presented)),
            Err(error) => (error.into_response(), Done::Refused, None),
        };
        self.state.journal.note(self.seq.0, |entry| entry.done = Some(done));
        let seen = presented.unwrap_or(self.arrival);
        if seen != self.arrival {
            // Another request with the same token was quicker, or this one was delayed.
            self.count_replay(seen);
        }
        self.state.stats.add(|stats| self.count_work(stats, done, seen));
        answer
    }

    fn count_work(&self, stats: &mut Stats, done: Done, seen: Presented) {
        match done {
            Done::Rotated => stats.rotations += 1,
            Done::GrantRevoked => {
                stats.revoked_families += 1;
                stats.alerts += u64::from(self.grant_type.as_deref() == Some("refresh_token"));
            }
            _ => {}
        }
        if matches!(done, Done::Rotated | Done::Renewed) && seen == Presented::Superseded {
            stats.superseded_uses += 1;
        }
    }

    fn worked(&self, giving: Giving) -> Result<(Response, Done, Presented), OAuthError> {
        let state = &*self.state;
        let (client, form) = authenticated_form(state, self.query.as_deref(), &self.headers, &self.body)?;
        if form.get("grant_type") == Some("client_credentials") && state.switches().client_credentials_at_token_endpoint
        {
            let answer = machine::mint(state, &client, &form, &self.request_id).unwrap_or_else(|refusal| refusal);
            return Ok((answer, Done::Nothing, Presented::Unknown));
        }
        let required = |name: &str| {
            form.get(name).ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
        };
        let Worked { result, done, presented } = match required("grant_type")? {
            "authorization_code" => {
                let (code, redirect_uri) = (required("code")?, required("redirect_uri")?);
                let verifier = required("code_verifier")?;
                if !is_verifier(verifier) {
                    let text = "The code_verifier must be 43 to 128 letters, digits, or any of - . _ ~";
                    return Err(OAuthError::invalid_request(text));
                }
                let order = Redemption { client: &client, code, redirect_uri, verifier, request_id: &self.request_id };
                grants::redeem(&state.store, &state.clock, state.rule(), &order)?
            }
            "refresh_token" => {
                let order = Order {
                    client: &client,
                    token: required("refresh_token")?,
                    narrower: form.get("scope"),
                    keeps_token: giving == Giving::Kept,
                    request_id: &self.request_id,
                };
                refresh::refresh(&state.store, &state.clock, state.rule(), &order)?
            }
            _ => {
                let text = "The grant_type must be authorization_code or refresh_token.";
                return Err(OAuthError::new("unsupported_grant_type", text));
            }
        };
        let answer = match result {
            Err(error) => error.into_response(),
            Ok(mut issued) => {
                let id_token = if done == Done::Exchanged { id_token_for(state, &client, &issued)? } else { None };
                if giving != Giving::AsTheRuleSays {
                    issued.refresh_token = None;
                }
                tokens(&client, &issued, id_token)
            }
        };
        Ok((answer, done, presented))
    }
}

/// The form of a POST at `/v1/oauth/*`, and the app that sent it.
pub(crate) fn authenticated_form(
    state: &State,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Client, Params), OAuthError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(OAuthError::invalid_request("Send a form: Content-Type application/x-www-form-urlencoded."));
    }
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(OAuthError::invalid_request("Parameters belong in the form, never in the URL."));
    }
    let form = Params::parse(body);
    if let Some(name) = form.repeated() {
        return Err(OAuthError::invalid_request(format!("The parameter {name} came more than once.")));
    }
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let client = clients::authenticate(&state.store, state.now(), &form, authorization)?;
    Ok((client, form))
}

/// RFC 7636, section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn id_token_for(state: &State, client: &Client, issued: &Issued) -> Result<Option<String>, OAuthError> {
    let Some(person) = seed::find(&issued.user_id) else {
        return Ok(None);
    };
    if !scopes::split(&issued.scopes).iter().any(|name| name == "openid") {
        return Ok(None);
    }
    let fault = state.faults().next_id_token();
    let claims = Claims {
        issuer: &state.issuer(),
        audience: &client.client_id,
        person,
        scopes: &issued.scopes,
        nonce: issued.nonce.as_deref(),
        now: state.told_now(),
    };
    Ok(id_token::make(&state.store, &claims, fault)?)
}

fn tokens(client: &Client, issued: &Issued, id_token: Option<String>) -> Response {
    let mut body = json!({
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": client.access_token_seconds,
        "scope": issued.scopes,
    });
    if let Some(refresh_token) = &issued.refresh_token {
        body["refresh_token"] = json!(refresh_token);
    }
    if let Some(id_token) = id_token {
        body["id_token"] = json!(id_token);
    }
    let mut answer = Json(body).into_response();
    no_store(&mut answer);
    answer
}
