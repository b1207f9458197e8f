//! Limits of the OAuth endpoints: which one, and whose requests count.

use axum::http::{HeaderMap, header};

use crate::clients;
use crate::params::Params;
use crate::rate_limit::{Limit, Limited};
use crate::state::State;
use crate::wire::Wire;

/// An endpoint at which an app's requests are limited. Who is locked out at one of them is locked out at all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Endpoint {
    Token,
    Introspect,
    Revoke,
}

/// The app that a form names, before anybody has checked it.
pub(crate) fn named_client(headers: &HeaderMap, form: &Params) -> Option<String> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = authorization.and_then(clients::basic_pair).map(|(id, _)| id);
    form.get("client_id").map(str::to_owned).or(basic)
}

/// Counts a request of this app.
pub(crate) fn admit(state: &State, endpoint: Endpoint, client_id: Option<&str>) -> Result<(), Limited> {
    let switches = state.switches();
    let (class, cap) = match endpoint {
        Endpoint::Token => ("token", switches.token_rate_limit),
        Endpoint::Introspect => ("introspect", switches.introspect_rate_limit),
        Endpoint::Revoke => ("revoke", switches.revoke_rate_limit),
    };
    let Some(cap) = cap else {
        return Ok(());
    };
    let limit = Limit { class, cap, patience: switches.lockout_after, grace_ms: 0 };
    let admitted = state.rate_limit().admit(client_id.unwrap_or_default(), state.clock.now_ms(), limit);
    counted(state, admitted)
}

/// Counts a browser's request at the authorization endpoint. An address is never locked out: the platform locks out apps.
pub(crate) fn admit_browser(state: &State, wire: &Wire) -> Result<(), Limited> {
    let Some(cap) = state.switches().authorize_rate_limit else {
        return Ok(());
    };
    let limit = Limit { class: "authorize", cap, patience: u32::MAX, grace_ms: 0 };
    let admitted = state.address_limit().admit(&wire.peer(), state.clock.now_ms(), limit);
    counted(state, admitted)
}

fn counted(state: &State, admitted: Result<(), Limited>) -> Result<(), Limited> {
    if let Err(limited) = &admitted {
        state.stats.add(|stats| {
            stats.rate_limited += 1;
            stats.lockouts += u64::from(limited.begins_lockout);
        });
    }
    admitted
}
