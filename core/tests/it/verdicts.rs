//! Every answer of `conformance/verdicts.json`, as bytes on a connection: what the caller hears, and what may follow.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use loop_sdk::{Environment, ImportGrant, LoopClient};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Larger answers take longer than a test should: the full proof sends them too.
const LARGEST: u64 = 2_000_000;

/// A token endpoint that gives the same answer to everybody, and counts.
struct Endpoint {
    address: String,
    requests: Arc<AtomicUsize>,
    /// Holds a port on which nobody listens: one that is free may be another endpoint's a moment later.
    _refuses: Option<TcpSocket>,
}

impl Endpoint {
    async fn start(answer: Value) -> Self {
        if answer["transport"] == "refused" {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let address = socket.local_addr().unwrap().to_string();
            return Self { address, requests: Arc::default(), _refuses: Some(socket) };
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                read_request(&mut stream).await;
                count.fetch_add(1, Ordering::SeqCst);
                respond(stream, &answer).await;
            }
        });
        Self { address, requests, _refuses: None }
    }
}

async fn read_request(stream: &mut TcpStream) {
    let (mut received, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return;
            }
        }
        let read = stream.read(&mut chunk).await.unwrap();
        assert!(read > 0, "the request ended early");
        received.extend_from_slice(&chunk[..read]);
    }
}

async fn respond(mut stream: TcpStream, answer: &Value) {
    let transport = answer["transport"].as_str();
    if let Some(status) = answer["status"].as_u64() {
        let body = answer["body"].as_str().unwrap_or_default();
        let padding = usize::try_from(answer["padding"].as_u64().unwrap_or(0)).unwrap();
        let missing = if transport.is_some() { 100 } else { 0 };
        let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            write!(head, "{name}: {}\r\n", value.as_str().unwrap()).unwrap();
        }
        write!(head, "content-length: {}\r\n\r\n{body}", body.len() + padding + missing).unwrap();
        // Whoever finds the answer too long hangs up.
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(&vec![b' '; padding]).await;
    }
    if transport == Some("reset") {
        stream.set_zero_linger().unwrap();
    }
}

fn client(endpoint: &Endpoint) -> LoopClient {
    LoopClient::builder()
        .client_id("client_1")
        .client_secret("secret_1")
        .environment(Environment::Template(format!("http://{}/{{service}}", endpoint.address)))
        .store("memory:")
        .build()
        .unwrap()
}

/// What the first call hears, how many requests it made, what the second hears, and how many more that made.
async fn play(case: &Value) -> String {
    let endpoint = Endpoint::start(case["answer"].clone()).await;
    let client = client(&endpoint);
    client.import_grant(ImportGrant::new("u", "r0")).await.unwrap();
    let mut heard = Vec::new();
    for _ in 0..2 {
        let before = endpoint.requests.load(Ordering::SeqCst);
        let outcome = client.access_token("u").await;
        let said = outcome.map_or_else(|error| error.code().as_str(), |_| "granted");
        heard.push((said, endpoint.requests.load(Ordering::SeqCst) - before));
    }
    let code = case["code"].as_str().unwrap_or("granted");
    let wait = case["retry_after_ms"].as_u64().unwrap_or(0);
    let expected = match case["verdict"].as_str().unwrap() {
        // A token that is over when it arrives serves one call.
        "granted" => vec![(code, 1), (code, usize::from(case["next_requests"] == 1))],
        // Of what is the operator's, nobody asks again for a few seconds.
        "ambiguous" | "rejected" | "client" | "operator" => vec![(code, 1), (code, 0)],
        "retry" if code == "unreachable" => vec![(code, 0), (code, 0)],
        // A longer pause is the caller's to make, and holds for everybody: whatever the reason was.
        "retry" if wait > 5000 => vec![(code, 1), ("rate_limited", 0)],
        "retry" => vec![(code, 3), (code, 3)],
        other => panic!("{other} is no verdict"),
    };
    if heard == expected {
        String::new()
    } else {
        format!("{}: heard {heard:?}, expected {expected:?}\n", case["name"])
    }
}

#[tokio::test]
async fn every_answer_has_the_verdict_of_the_table() {
    let table: Vec<Value> = serde_json::from_str(include_str!("../../../conformance/verdicts.json")).unwrap();
    assert!(table.len() >= 60);
    let full = std::env::var_os("LOOP_PROVE").is_some();
    let (played, left): (Vec<_>, Vec<_>) =
        table.iter().partition(|case| full || case["answer"]["padding"].as_u64().unwrap_or(0) <= LARGEST);
    for case in left {
        println!("left to the full proof, because it takes long: {}", case["name"]);
    }
    let wrong = tokio::time::timeout(Duration::from_secs(120), join_all(played.into_iter().map(play))).await.unwrap();
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "\n{wrong}");
}
