//! Which path leads where, and what every request and answer goes through.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use url::{Host, Url};

use crate::answers::{ApiError, NotedClient, NotedError, NotedUnsent};
use crate::clients::basic_pair;
use crate::gate::{self, Gate};
use crate::journal::{JournalEntry, Seq, harmless, redacted};
use crate::machine::SERVICES;
use crate::params::Params;
use crate::state::{Shared, State};
use crate::wire::Wire;
use crate::{account, docs_page, home, ids, interact, levers, openapi, pages, portal, services, sys, webhooks};

const BODY_LIMIT: usize = 1024 * 1024;

/// What carries a file.
const UPLOAD_LIMIT: usize = 32 * 1024 * 1024;
const UPLOADS: [&str; 2] = ["/clinical/v1/bloodwork/upload", "/ai/v1/extract/bloodwork"];

/// The `X-Request-Id` of the answer, put on the request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// The body as it arrived, put on the request.
#[derive(Debug, Clone)]
pub(crate) struct WholeBody(pub(crate) Bytes);

/// Everything that the sandbox answers, and its OpenAPI document.
pub(crate) fn router(state: &Shared) -> Result<(Router, Value), serde_json::Error> {
    let (operations, collected) = services::router().split_for_parts();
    let (document, known) = openapi::finish(&collected, &state.base_url)?;
    let gate = Gate { state: Shared::clone(state), operations: known };
    let operations =
        operations.route_layer(from_fn_with_state(Arc::new(gate), gate::pass)).route_layer(DefaultBodyLimit::disable());
    let served: Arc<str> = document.to_string().into();
    let docs = docs_page::content(&document);
    let router = operations
        .merge(pages_and_levers())
        .route("/openapi.json", get(async move || openapi_json(&served)))
        .route("/docs", get(async move || docs_page::answer(&docs)))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Shared::clone(state), around))
        .with_state(Shared::clone(state));
    Ok((router, document))
}

fn openapi_json(text: &str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text.to_owned()).into_response()
}

/// What a browser or a test asks for: no operation of the API.
fn pages_and_levers() -> Router<Shared> {
    let identity = Router::new()
        .route("/sign-in", get(interact::sign_in_page).post(interact::sign_in))
        .route("/consent", get(interact::consent_page).post(interact::consent));
    Router::new()
        .merge(home::router())
        .merge(portal::router())
        .merge(account::router())
        .merge(pages::session_router())
        .route("/healthz", get(health))
        .route("/assets/loop.css", get(pages::css))
        .nest("/identity", identity)
        .merge(services::pages())
        .nest("/_sandbox", levers::router())
        .nest("/_sandbox/webhooks", webhooks::router())
}

pub(crate) async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn nothing_here() -> ApiError {
    ApiError::not_found("The sandbox has nothing at this path.")
}

async fn wrong_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path has no such method.")
}

/// Guards, notes and stamps every request.
async fn around(
    Extract(state): Extract<Shared>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    mut request: Request,
    next: Next,
) -> Response {
    wire.mend();
    let request_id = ids::ulid(&state.clock).map_or_else(|_| "req_unknown".to_owned(), |id| format!("req_{id}"));
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let mut answer = match guard(request.headers(), request.uri().path()) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => noted(&state, request, next, &request_id).await,
    };
    let headers = answer.headers_mut();
    // An answer on order may have its own date.
    let date = httpdate::fmt_http_date(sys::system_time(state.told_now()));
    if let (false, Ok(date)) = (headers.contains_key(header::DATE), HeaderValue::try_from(date)) {
        headers.insert(header::DATE, date);
    }
    if let Ok(request_id) = HeaderValue::try_from(request_id) {
        headers.insert("x-request-id", request_id);
    }
    answer
}

/// The sandbox trusts whoever can reach it, and a web page in the developer's browser can; so what such a page could
/// send is refused: another host's name (DNS rebinding), or a lever or admin call from another origin.
fn guard(headers: &HeaderMap, path: &str) -> Result<(), ApiError> {
    let refuse = |text: &str| Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", text));
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_local(&format!("http://{host}")) {
        return refuse("The sandbox answers to 127.0.0.1 and localhost only.");
    }
    let is_control = path.starts_with("/_sandbox") || path.starts_with("/identity/v1/admin");
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    let is_foreign = origin.is_some_and(|origin| origin != format!("http://{host}"));
    if is_control && is_foreign {
        return refuse("A web page of another origin can't steer the sandbox.");
    }
    Ok(())
}

/// An address is fine whatever it is: rebinding needs a name, and an emulator reaches its host by another address.
fn is_local(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    })
}

/// Notes the request when it arrives, so that one whose caller hangs up is in the journal too.
async fn noted(state: &State, request: Request, next: Next, request_id: &str) -> Response {
    let path = request.uri().path().to_owned();
    if path.starts_with("/_sandbox") || path.starts_with("/assets") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let limit = if UPLOADS.contains(&path.as_str()) { UPLOAD_LIMIT } else { BODY_LIMIT };
    let Ok(body) = to_bytes(body, limit).await else {
        let text = format!("The body is larger than {} MiB, or did not arrive whole.", limit / BODY_LIMIT);
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", text).into_response();
    };
    let seq = state.journal.arrived(entry(state, &parts, &path, &body, request_id));
    parts.extensions.insert(Seq(seq));
    parts.extensions.insert(WholeBody(body.clone()));
    let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
    let noted = answer.extensions();
    state.journal.note(seq, |entry| {
        entry.status = noted.get::<NotedUnsent>().is_none().then(|| answer.status().as_u16());
        entry.error = noted.get::<NotedError>().map(|noted| noted.0.clone());
        entry.client_id = entry.client_id.take().or_else(|| noted.get::<NotedClient>().map(|noted| noted.0.clone()));
    });
    answer
}

fn entry(
    state: &State,
    parts: &axum::http::request::Parts,
    path: &str,
    body: &Bytes,
    request_id: &str,
) -> JournalEntry {
    let (service, rest) = match path.strip_prefix('/').and_then(|path| path.split_once('/')) {
        Some((service, rest)) if SERVICES.contains(&service) => (service, format!("/{rest}")),
        _ => ("", path.to_owned()),
    };
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let query = Params::of_query(parts.uri.query());
    let is_form =
        text(header::CONTENT_TYPE).is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let form = if is_form { Params::parse(body) } else { Params::default() };
    let authorization = text(header::AUTHORIZATION);
    let client_id = form
        .get("client_id")
        .or_else(|| query.get("client_id"))
        .map(str::to_owned)
        .or_else(|| authorization.and_then(basic_pair).map(|(id, _)| id));
    JournalEntry {
        seq: 0,
        at: crate::time_text(state.now()),
        at_ms: sys::real_millis(),
        service: service.to_owned(),
        method: parts.method.to_string(),
        path: harmless(&rest),
        query: redacted(service, &query),
        form: if is_form { redacted(service, &form) } else { Map::new() },
        authorization: authorization.map(|value| value.split(' ').next().unwrap_or_default()).and_then(scheme_name),
        status: None,
        client_id: client_id.as_deref().map(harmless),
        grant_type: form.get("grant_type").map(harmless),
        presented: None,
        presented_state: None,
        done: None,
        operation: None,
        idempotency_key: text(HeaderName::from_static("idempotency-key")).map(harmless),
        traceparent: text(HeaderName::from_static("traceparent")).map(harmless),
        fault: None,
        error: None,
        request_id: request_id.to_owned(),
    }
}

/// Only the two known words: a header without a scheme would otherwise be kept whole.
fn scheme_name(scheme: &str) -> Option<String> {
    ["Basic", "Bearer"].iter().find(|known| known.eq_ignore_ascii_case(scheme)).map(|known| (*known).to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokio::sync::watch;

    use super::*;
    use crate::db::{Database, Store};
    use crate::openapi::each_operation;
    use crate::switches::Switches;

    /// What stands under a service's name and is no operation: for a browser or a load balancer.
    const PAGES: &[&str] = &[
        "/identity/sign-in",
        "/identity/consent",
        "/clinical/files/bloodwork/{bloodwork_id}",
        "/integrations/connect",
    ];

    #[test]
    fn the_document_has_every_route_of_the_services_and_no_other() {
        let store = Store::open(&Database::Memory).unwrap();
        let (_stop, stopped) = watch::channel(false);
        let state = Shared::new(State::new(store, Switches::default(), 0, stopped).unwrap());
        let (router, document) = router(&state).unwrap();
        // axum lists its routes nowhere else: `RouteId(7): "/identity/v1/users/me"`.
        let printed = format!("{router:?}");
        let routes = printed.split("RouteId(").filter_map(|piece| piece.split_once("): \"")?.1.split('"').next());
        let is_service = |path: &&str| {
            SERVICES.iter().any(|service| path.starts_with(&format!("/{service}/")))
                && !path.ends_with("/healthz")
                && !path.ends_with("/readyz")
                && !PAGES.contains(path)
        };
        let routed: BTreeSet<&str> = routes.filter(is_service).collect();
        let documented: BTreeSet<&str> = each_operation(&document).map(|(path, _, _)| path).collect();
        assert!(routed.len() > 50, "axum prints its routes in another way: {printed}");
        assert_eq!(routed, documented);
    }
}
