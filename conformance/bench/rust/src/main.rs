//! Measures the SDK beside reqwest, in one process: URL, SECONDS and ROUNDS in, one line of JSON out.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures go to one, progress to the other")]

mod rounds;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use loop_sdk::{Environment, ImportGrant, LoopClient, Secret};
use serde::Deserialize;
use serde_json::json;

use rounds::{Contender, Rounds};

const PERSON: &str = "user_01j9zq3w7m8k";
const TOKEN: &str = "access-token-of-the-bench";

/// How many records the long list has; the server says so too.
const LONG: u32 = 500;

/// What the peer decodes: records equal to the SDK's.
#[derive(Deserialize)]
struct Answer {
    results: Vec<Record>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is what is measured")]
struct Record {
    id: String,
    patient_id: String,
    biomarker_code: String,
    biomarker_name: String,
    value: f64,
    unit: String,
    reference_low: Option<f64>,
    reference_high: Option<f64>,
    status: String,
    collected_at: String,
    parsed_at: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, seconds, count] = arguments.as_slice() else { anyhow::bail!("it takes URL SECONDS ROUNDS") };
    let mut rounds = Rounds::new(Duration::from_secs_f64(seconds.parse()?), count.parse()?);
    let client = reqwest::Client::new();
    let peer_name = format!("reqwest {} + serde_json {}", version("reqwest"), version("serde_json"));
    let contenders = async |size: &str| -> Result<[Contender; 2]> {
        let person = loop_client(&format!("{url}/{size}/{{service}}")).await?.user(PERSON);
        let client = client.clone();
        let address: Arc<str> = format!("{url}/{size}/clinical/v1/biomarkers/me").into();
        Ok([
            Contender::new("Loop SDK", move || {
                let person = person.clone();
                async move { Ok(person.clinical().list_biomarkers().await?.iter().map(|record| record.value).sum()) }
            }),
            Contender::new(&peer_name, move || peer(client.clone(), Arc::clone(&address))),
        ])
    };
    let (small, large) = (contenders("small").await?, contenders("large").await?);
    rounds.calls_per_second("sequential", &small).await?;
    rounds.calls_per_second_concurrently("64 concurrent", 64, &small).await?;
    rounds.microseconds_per_record("list of 500, one call", LONG, &large).await?;
    println!("{}", json!({ "runtime": format!("tokio {}", version("tokio")), "measures": rounds.measures }));
    Ok(())
}

async fn peer(client: reqwest::Client, url: Arc<str>) -> Result<f64> {
    let response = client.get(&*url).bearer_auth(TOKEN).send().await?.error_for_status()?;
    let answer: Answer = serde_json::from_slice(&response.bytes().await?)?;
    Ok(answer.results.iter().map(|record| record.value).sum())
}

/// The version of a crate in this build.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../../../../Cargo.lock");
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).map(|(_, rest)| rest);
    entry.and_then(|rest| rest.split('"').next()).unwrap_or("of unknown version")
}

/// A client with a grant whose access token outlives the measurement.
async fn loop_client(environment: &str) -> Result<LoopClient> {
    let client = LoopClient::builder()
        .client_id("bench")
        .redirect_uri("http://localhost:3000/callback")
        .environment(Environment::Template(environment.to_owned()))
        .scopes(["read:biomarkers"])
        .store("memory:")
        .build()?;
    let mut grant = ImportGrant::new(PERSON, "refresh-token-of-the-bench");
    grant.access_token = Some(Secret::new(TOKEN));
    grant.expires_at = Some(rounds::today().checked_add(Duration::from_secs(12 * 60 * 60)).context("no such time")?);
    grant.scopes = vec!["read:biomarkers".to_owned()];
    client.import_grant(grant).await?;
    Ok(client)
}
