//! Applying a fault: what is sent in place of the right answer.

use std::future::pending;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::answers::{NotedError, NotedUnsent};
use crate::fault::{Fault, FaultBody, FaultKind};
use crate::wire::{CutAt, Ending, Wire};

/// What the work does with the refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Giving {
    AsTheRuleSays,
    /// It makes a new one, and does not name it in the answer.
    Withheld,
    /// At a refresh, it leaves the one that was sent as it is.
    Kept,
}

/// `HTTP/1.1 200`: a client that read less knows no status.
const STATUS_LINE: u64 = 12;

/// Answers a request with a fault. `work` does what the request asks for, and makes the right answer.
pub(crate) async fn answer<Work, Working>(
    fault: &Fault,
    wire: &Wire,
    stopped: watch::Receiver<bool>,
    work: Work,
) -> Response
where
    Work: FnOnce(Giving) -> Working + Send + 'static,
    Working: Future<Output = Response> + Send + 'static,
{
    let after = fault.strikes_after();
    let ms = fault.ms().map(Duration::from_millis);
    match fault.kind {
        FaultKind::DropRefreshToken => work(if after { Giving::Withheld } else { Giving::Kept }).await,
        FaultKind::ContentType => with_content_type(work(Giving::AsTheRuleSays).await, fault),
        FaultKind::Delay if after => {
            let answer = work(Giving::AsTheRuleSays).await;
            sleep(ms.unwrap_or_default()).await;
            answer
        }
        FaultKind::Delay => {
            // A task of its own: a slow server goes on working for a client that has left.
            let late = tokio::spawn(async move {
                sleep(ms.unwrap_or_default()).await;
                work(Giving::AsTheRuleSays).await
            });
            late.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
        FaultKind::NoAnswer | FaultKind::Hang => {
            if after {
                drop(work(Giving::AsTheRuleSays).await);
            }
            if fault.kind == FaultKind::Hang {
                hold(ms, stopped).await;
            }
            wire.cut(CutAt::Byte(0), Ending::Close);
            unsent(Response::default())
        }
        FaultKind::Reset | FaultKind::Truncate => {
            let whole = if after { work(Giving::AsTheRuleSays).await } else { page(StatusCode::BAD_GATEWAY) };
            wire.cut(fault.cut_at(), fault.ending());
            match fault.cut_at() {
                CutAt::Byte(byte) if byte < STATUS_LINE => unsent(whole),
                _ => whole,
            }
        }
        FaultKind::Status | FaultKind::Garbage200 => {
            if after {
                drop(work(Giving::AsTheRuleSays).await);
            }
            if fault.kind == FaultKind::Status { status(fault) } else { garbage(fault) }
        }
    }
}

/// Until the time is over or the sandbox stops. A client that leaves ends the whole request, and this with it.
async fn hold(time: Option<Duration>, mut stopped: watch::Receiver<bool>) {
    let over = async {
        match time {
            Some(time) => sleep(time).await,
            None => pending().await,
        }
    };
    tokio::select! {
        () = over => {}
        // An error means that the handle is gone, which says the same.
        _ = stopped.wait_for(|stop| *stop) => {}
    }
}

fn unsent(mut answer: Response) -> Response {
    answer.extensions_mut().insert(NotedUnsent);
    answer
}

fn with_content_type(mut answer: Response, fault: &Fault) -> Response {
    if let (StatusCode::OK, Some(value)) = (answer.status(), fault.content_type_value()) {
        answer.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    answer
}

fn page(status: StatusCode) -> Response {
    let text = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or("Unknown"));
    (status, Html(format!("<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>\n")))
        .into_response()
}

fn garbage(fault: &Fault) -> Response {
    let text = if fault.is_at_api() { "{\"data\": [{\"id\": \"" } else { "{\"access_token\": \"lph_at_" };
    (StatusCode::OK, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}

fn status(fault: &Fault) -> Response {
    let code = fault.status_code();
    let mut noted = None;
    let mut answer = match fault.body() {
        FaultBody::Html => page(code),
        FaultBody::Empty => (code, Body::empty()).into_response(),
        FaultBody::Oauth => {
            let error = fault.error_or(fitting_error(code));
            noted = Some(NotedError(error.to_owned()));
            let mut body = json!({
                "error": error,
                "error_description": "A fault that a test has ordered.",
                "error_uri": format!("https://platform.loop.health/connect/errors#{error}"),
            });
            if let Some(ms) = fault.retry_after_ms_value() {
                body["retry_after_ms"] = json!(ms);
            }
            (code, Json(body)).into_response()
        }
        FaultBody::Api => {
            let error = fault.error_or(fitting_api_error(code));
            noted = Some(NotedError(error.to_owned()));
            let mut body = json!({ "error": error, "message": "A fault that a test has ordered." });
            if let Some(ms) = fault.retry_after_ms_value() {
                body["retry_after_ms"] = json!(ms);
            }
            (code, Json(body)).into_response()
        }
        FaultBody::JsonOther => {
            let mut body = json!({ "message": "Something went wrong.", "code": 42 });
            if let Some(ms) = fault.retry_after_ms_value() {
                body["retry_after_ms"] = json!(ms);
            }
            (code, Json(body)).into_response()
        }
    };
    let headers = answer.headers_mut();
    headers.extend(fault.content_type_value().map(|value| (header::CONTENT_TYPE, value)));
    headers.extend(fault.retry_after_value().map(|value| (header::RETRY_AFTER, value)));
    answer.extensions_mut().insert(noted.unwrap_or_else(|| NotedError("sandbox_fault".to_owned())));
    answer
}

/// The platform's error code for a status, as its pages list them.
fn fitting_error(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "invalid_client",
        403 => "access_denied",
        429 => "rate_limited",
        503 => "temporarily_unavailable",
        500.. => "server_error",
        _ => "invalid_request",
    }
}

/// As above, at every other route.
fn fitting_api_error(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "invalid_token",
        403 => "forbidden",
        404 => "not_found",
        409 => "conflict",
        412 => "precondition_failed",
        422 => "unprocessable_entity",
        429 => "rate_limited",
        502 => "upstream_error",
        503 => "temporarily_unavailable",
        500.. => "server_error",
        _ => "validation_error",
    }
}
