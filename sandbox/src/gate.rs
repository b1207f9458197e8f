//! The one guard of every operation: token, scope, limits, faults on order and idempotency, by what its OpenAPI entry
//! says. A handler behind it deals with its own subject only.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, MatchedPath, Request, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answers::{ApiError, NotedClient, no_store};
use crate::api::{Caller, unauthenticated};
use crate::fault::Met;
use crate::idempotency::{self, Claim, Kept, Key};
use crate::journal::{AppliedFault, Seq};
use crate::machine;
use crate::openapi::{Class, Operation, Operations};
use crate::rate_limit::Limit;
use crate::server::RequestId;
use crate::spoil::{self, Giving};
use crate::state::{Shared, State};
use crate::wire::Wire;
use crate::{revocation, scopes, seed};

/// Requests that come so soon after a client was first told to wait were under way already.
const GRACE_MS: i64 = 1_000;

#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) state: Shared,
    pub(crate) operations: Operations,
}

pub(crate) async fn pass(
    Extract(gate): Extract<Arc<Gate>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
    next: Next,
) -> Response {
    let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    // Pages and levers are no operations.
    let Some(operation) = gate.operations.find(request.method(), template).cloned() else {
        return next.run(request).await;
    };
    let state = Shared::clone(&gate.state);
    let seq = request.extensions().get::<Seq>().map_or(0, |seq| seq.0);
    state.journal.note(seq, |entry| entry.operation = Some(operation.id.clone()));
    let arrival = if operation.is_open() {
        Arrival { operation, caller: None, claim: Ok(None) }
    } else {
        state.stats.add(|stats| stats.api_requests += 1);
        match Arrival::of(&state, operation, &request) {
            Ok(arrival) => arrival,
            Err(limited) => return *limited,
        }
    };
    let client_id = arrival.client_id().map(str::to_owned);
    let fault = state.faults().next_api_fault(Met {
        service: &arrival.operation.service,
        method: request.method().as_str(),
        template: &arrival.operation.template,
        path: request.uri().path().get(arrival.operation.service.len() + 1..).unwrap_or_default(),
        client_id: client_id.as_deref(),
    });
    let stopped = state.stopped();
    let working = Shared::clone(&state);
    let work = async move |_: Giving| arrival.work(&working, request, next).await;
    let mut answer = match fault {
        None => work(Giving::AsTheRuleSays).await,
        Some(fault) => {
            let when = if fault.strikes_after() { "after" } else { "before" };
            let applied = AppliedFault { kind: fault.name(), when };
            state.journal.note(seq, |entry| entry.fault = Some(applied));
            spoil::answer(&fault, &wire, stopped, work).await
        }
    };
    if let Some(client_id) = client_id {
        answer.extensions_mut().insert(NotedClient(client_id));
    }
    answer
}

/// A request, with what is known of it before any work.
struct Arrival {
    operation: Operation,
    /// `None`: the operation needs no token.
    caller: Option<Result<Caller, ApiError>>,
    claim: Result<Option<Claim>, ApiError>,
}

impl Arrival {
    /// `Err` is the answer to a request over a limit.
    fn of(state: &State, operation: Operation, request: &Request) -> Result<Arrival, Box<Response>> {
        let request_id = request.extensions().get::<RequestId>().map_or_else(String::new, |id| id.0.clone());
        let caller = authenticate(state, &operation, request.headers(), &request_id);
        let mut claim = Ok(None);
        if let Ok(caller) = &caller {
            admit(state, &operation, caller).map_err(Box::new)?;
            if operation.takes_key {
                claim = claimed(state, caller, request);
            }
        }
        Ok(Arrival { operation, caller: Some(caller), claim })
    }

    fn client_id(&self) -> Option<&str> {
        self.caller.as_ref().and_then(|caller| caller.as_ref().ok()).map(|caller| caller.client_id.as_str())
    }

    /// What is done with the request when no fault keeps it from being done.
    async fn work(self, state: &State, request: Request, next: Next) -> Response {
        let Some(caller) = self.caller else {
            return next.run(request).await;
        };
        let mut answer = match caller.and_then(|caller| permitted(state, &self.operation, caller)) {
            Err(refusal) => refusal.into_response(),
            Ok(caller) => answered(state, caller, self.claim, request, next).await,
        };
        no_store(&mut answer);
        answer
    }
}

/// The bearer of a live token of either kind (RFC 6750).
fn authenticate(
    state: &State,
    operation: &Operation,
    headers: &HeaderMap,
    request_id: &str,
) -> Result<Caller, ApiError> {
    let authorization = headers.get(header::AUTHORIZATION).ok_or_else(unauthenticated)?;
    let pair = authorization.to_str().ok().and_then(|text| text.split_once(' '));
    let (scheme, token) = pair.ok_or_else(unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unauthenticated());
    }
    let caller = |client_id, person, scopes| Caller {
        client_id,
        person,
        scopes,
        service: operation.service_name(),
        request_id: request_id.to_owned(),
        key: None,
    };
    let token = token.trim();
    if let Some(live) = revocation::live_access_token(&state.store, state.now(), token)?
        && let Some(person) = seed::find(&live.user_id)
    {
        return Ok(caller(live.client_id, Some(person), live.scopes));
    }
    if let Some(machine) = machine::verify(state, token)? {
        return Ok(caller(machine.client_id, None, machine.scopes));
    }
    let text = "The access token has expired, was revoked, or never was one.";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_token", text).challenge("Bearer error=\"invalid_token\""))
}

/// `Err` is the answer to a request over the limit of its class.
#[allow(clippy::result_large_err, reason = "an answer is what the caller returns at once")]
fn admit(state: &State, operation: &Operation, caller: &Caller) -> Result<(), Response> {
    let switches = state.switches();
    let (class, cap) = match operation.class {
        Class::Read => ("read", switches.read_rate_limit),
        Class::Write => ("write", switches.write_rate_limit),
        Class::Admin => ("admin", switches.admin_rate_limit),
    };
    let Some(cap) = cap else {
        return Ok(());
    };
    let limit = Limit { class, cap, patience: switches.lockout_after, grace_ms: GRACE_MS };
    state.api_limits().admit(&caller.client_id, state.clock.now_ms(), limit).map_err(|limited| {
        state.stats.add(|stats| {
            stats.api_rate_limited += 1;
            stats.api_ignored += u64::from(limited.was_ignored);
            stats.api_lockouts += u64::from(limited.begins_lockout);
        });
        let mut answer = limited.into_response();
        answer.extensions_mut().insert(NotedClient(caller.client_id.clone()));
        answer
    })
}

/// Whether the token opens the operation.
fn permitted(state: &State, operation: &Operation, caller: Caller) -> Result<Caller, ApiError> {
    let (own, other) = match caller.person {
        Some(_) => (&operation.user, &operation.machine),
        None => (&operation.machine, &operation.user),
    };
    if own.as_deref().is_some_and(|needed| scopes::satisfies(&caller.scopes, needed)) {
        return with_brand(caller);
    }
    let needed = own.as_ref().or(other.as_ref()).map(String::as_str).unwrap_or_default();
    let text = match (own, caller.person) {
        (Some(_), Some(_)) => format!("The person has not granted {needed}."),
        (Some(_), None) => format!("This machine's token does not hold {needed}."),
        (None, Some(_)) => format!("Only a machine's token with {needed} opens this."),
        (None, None) => format!("Only a person's token with {needed} opens this."),
    };
    let status = StatusCode::from_u16(state.switches().insufficient_scope_status).unwrap_or(StatusCode::FORBIDDEN);
    Err(ApiError::new(status, "insufficient_scope", text)
        .challenge(format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"")))
}

/// Every record belongs to a brand; what identity knows of a person does not.
fn with_brand(caller: Caller) -> Result<Caller, ApiError> {
    if caller.service != "identity" && caller.person.is_some_and(|person| person.brand_id.is_none()) {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", "Missing brand context"));
    }
    Ok(caller)
}

fn claimed(state: &State, caller: &Caller, request: &Request) -> Result<Option<Claim>, ApiError> {
    let Some(key) = idempotency::read(request.headers())? else {
        return Ok(None);
    };
    let route = format!("{} {}", request.method(), request.uri());
    let person = caller.person.map(|person| person.user_id);
    let body = request.extensions().get::<crate::server::WholeBody>().map(|body| body.0.clone()).unwrap_or_default();
    let key = Key::new(&caller.client_id, person, route, key, &body);
    match state.running.claim(key) {
        Some(claim) => Ok(Some(claim)),
        None => Err(ApiError::conflict("The first request with this Idempotency-Key is still being worked on.")),
    }
}

/// The kept answer of an earlier request with the same key, or this one's own.
async fn answered(
    state: &State,
    mut caller: Caller,
    claim: Result<Option<Claim>, ApiError>,
    mut request: Request,
    next: Next,
) -> Response {
    let claim = match claim {
        Ok(claim) => claim,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(claim) = claim else {
        request.extensions_mut().insert(caller);
        return next.run(request).await;
    };
    match idempotency::kept(&state.store, state.now(), &claim.key) {
        Err(refusal) => return refusal.into_response(),
        Ok(Some(again)) => {
            state.stats.add(|stats| stats.api_replays += 1);
            return again;
        }
        Ok(None) => {}
    }
    caller.key = Some(claim.key.clone());
    request.extensions_mut().insert(caller);
    kept(state, &claim, next.run(request).await).await
}

/// Writes keep their answer with the change; this keeps those of requests that changed nothing.
async fn kept(state: &State, claim: &Claim, answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let kept = Kept::Answer(String::from_utf8_lossy(&body).into_owned());
    let now = state.now();
    match state.store.write(|db| idempotency::keep(db, now, &claim.key, parts.status, &kept)) {
        Ok(()) => Response::from_parts(parts, Body::from(body)),
        Err(trouble) => ApiError::from(trouble).into_response(),
    }
}
