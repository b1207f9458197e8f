//! Answers every call with one of two fixed bodies, so that what is measured is the client.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "its first line says where it listens")]

use std::convert::Infallible;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// About 2 KB of JSON.
const SMALL: usize = 7;
const LARGE: usize = 500;

/// Where lists are, below `/small` and `/large`: the template of the SDK's environment takes a path.
const LIST: &str = "/clinical/v1/biomarkers/me";

/// The two bodies.
#[derive(Clone)]
struct Bodies {
    small: Bytes,
    large: Bytes,
}

/// One thread: it has one core, and the client has the other.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let bodies = Bodies { small: list(SMALL), large: list(LARGE) };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let said = json!({
        "port": listener.local_addr()?.port(),
        "small": { "records": SMALL, "bytes": bodies.small.len() },
        "large": { "records": LARGE, "bytes": bodies.large.len() },
    });
    println!("{said}");
    let (mut input, mut byte) = (tokio::io::stdin(), [0]);
    tokio::select! {
        served = serve(listener, bodies) => served,
        // It ends with the command that started it, however that ends.
        _ = input.read(&mut byte) => Ok(()),
    }
}

async fn serve(listener: TcpListener, bodies: Bodies) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let bodies = bodies.clone();
        let service = service_fn(move |request| {
            let response = answer(&request, &bodies);
            async move { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(async move {
            // A client that goes away has been measured.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer(request: &Request<Incoming>, bodies: &Bodies) -> Response<Full<Bytes>> {
    let (status, body) = match request.uri().path().strip_suffix(LIST) {
        // A lane that forgets its token would be measured doing less than the others.
        Some("/small" | "/large") if !request.headers().contains_key(AUTHORIZATION) => {
            (StatusCode::UNAUTHORIZED, Bytes::from_static(b"{}"))
        }
        Some("/small") => (StatusCode::OK, bodies.small.clone()),
        Some("/large") => (StatusCode::OK, bodies.large.clone()),
        _ => (StatusCode::NOT_FOUND, Bytes::from_static(b"{}")),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A list as the platform sends it. Its values are made up, and the same in every run.
fn list(count: usize) -> Bytes {
    let results: Vec<Value> = (0..count).map(record).collect();
    Bytes::from(json!({ "results": results }).to_string())
}

fn record(index: usize) -> Value {
    let markers = [("ldl_c", "LDL cholesterol", "mg/dL"), ("hba1c", "HbA1c", "%"), ("ferritin", "Ferritin", "ng/mL")];
    let (code, name, unit) = markers[index % markers.len()];
    let status = ["normal", "low", "high"][index % 3];
    let tenths = u32::try_from(index % 900).unwrap_or_default();
    json!({
        "id": format!("5b8d5a54-0000-4000-8000-{index:012}"),
        "patient_id": "user_01j9zq3w7m8k",
        "biomarker_code": code,
        "biomarker_name": name,
        "value": 40.5 + f64::from(tenths) / 10.0,
        "unit": unit,
        "reference_low": if index.is_multiple_of(4) { Value::Null } else { json!(12.5) },
        "reference_high": 130.0,
        "status": status,
        "collected_at": format!("2026-05-{:02}T08:30:00Z", 1 + index % 28),
        "parsed_at": "2026-05-30T12:34:56.789Z",
    })
}
