//! Power cuts: a SQLite store as a disk would hold it on which every write since the last flush was lost, or any part of
//! them. What was confirmed is there, nothing is used twice, and the next call works or says that it can't know.
//!
//! All that SQLite asks of the disk while a grant lives is written down (import, refreshes, a checkpoint, a client that
//! closes the file and one that opens it again), and beside it what the world saw: requests that arrived, tokens that were
//! handed out. For a cut between any two of these steps the files are made again from what had been flushed, and a new
//! process goes on with them. Writes are lost, kept and cut at sectors one by one and without order, also file lengths and
//! deletions; what a disk flushed is never lost. Not covered: disks that lie about flushing.

mod disk;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use loop_sdk::{Clock, Environment, ImportGrant, LoopClient};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use self::disk::{Event, Fate, Files};
use crate::support::process::Process;
use crate::support::store::Store;
use crate::support::{TWO_HOURS, counted, error_of, is_full, progress};

const USER: &str = "user_1";
const REFRESHES: u32 = 4;

/// A strict token endpoint: `r1` gives `r2`, and a token that was used before is counted.
#[derive(Clone, Default)]
struct Endpoint {
    current: Arc<AtomicU32>,
    replays: Arc<AtomicUsize>,
}

impl Respond for Endpoint {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let current = self.current.load(Ordering::SeqCst);
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if !body.split('&').any(|field| field == format!("refresh_token=r{current}")) {
            self.replays.fetch_add(1, Ordering::SeqCst);
            return ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
        }
        let next = current + 1;
        self.current.store(next, Ordering::SeqCst);
        disk::note(Event::Rotated(next));
        ResponseTemplate::new(200).set_body_json(json!({
            "access_token": format!("a{next}"), "refresh_token": format!("r{next}"), "expires_in": 3600,
            "token_type": "Bearer",
        }))
    }
}

/// What the world knew when the power was cut.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The import was confirmed.
    imported: bool,
    /// The token that lives at the server.
    rotated: u32,
    /// The newest whose access token a caller got to see.
    handed_out: u32,
}

/// Lives through a grant's life on a store whose disk is written down.
async fn life_of_a_grant(platform: &MockServer) -> Vec<Event> {
    let store = Store::new();
    let clock = Clock::running();
    let client = || {
        LoopClient::builder()
            .client_id("client_1")
            .environment(Environment::Template(format!("{}/{{service}}", platform.uri())))
            .store(&store.url())
            .token_requests_per_minute(1_000_000)
            .clock(clock.clone())
            .build()
            .unwrap()
    };
    disk::watch(store.folder());
    let mut current = client();
    current.import_grant(ImportGrant::new(USER, "r0")).await.unwrap();
    disk::note(Event::Imported);
    for number in 1..=REFRESHES {
        let token = current.access_token(USER).await.unwrap();
        assert_eq!(token.expose(), format!("a{number}"));
        disk::note(Event::HandedOut(number));
        clock.advance(TWO_HOURS);
        match number {
            2 => store.connection().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap(),
            3 => {
                // Whoever closes the file last puts everything into it.
                assert!(current.drain(Some(Duration::from_secs(10))).await);
                current = client();
            }
            _ => {}
        }
    }
    assert!(current.drain(Some(Duration::from_secs(10))).await);
    drop(current);
    disk::stop_watching()
}

/// The number of the stored token, and whether an intent stands; none where there is no grant.
fn stored(store: &Store) -> Option<(u32, bool)> {
    if !store.exists() {
        return None;
    }
    let sound: String = store.connection().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    if !store.has_tables() {
        return None;
    }
    let grant = store.grants().into_iter().next()?;
    let token = grant["tokens"]["refresh_token"].as_str().unwrap();
    Some((token[1..].parse().unwrap(), grant.get("intent").is_some()))
}

/// A new process goes on with what is on the disk. True where it says that it can't know the outcome.
async fn goes_on(files: &Files, known: Known, endpoint: &Endpoint, options: &serde_json::Value) -> bool {
    let [looked_at, used] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in [&looked_at, &used] {
        files.write(folder.path());
    }
    let stored = stored(&Store::at(looked_at.path()));
    match stored {
        None => assert!(!known.imported, "the import was confirmed, and is gone"),
        Some((number, stands)) => {
            assert!(number >= known.handed_out, "the save of token {} was confirmed, and is gone", known.handed_out);
            assert!(number == known.rotated || stands, "token {number} would be used twice");
        }
    }
    endpoint.current.store(known.rotated, Ordering::SeqCst);
    let mut options = options.clone();
    options["store"] = Store::at(used.path()).url().into();
    let mut next = Process::open_ahead(&options, TWO_HOURS * (REFRESHES + 2)).await;
    let answer = next.access_token(USER).await;
    let expected = match stored {
        None => Some("not_connected"),
        Some((_, true)) => Some("refresh_outcome_unknown"),
        Some((_, false)) => None,
    };
    assert_eq!(error_of(&answer), expected, "{answer}");
    assert_eq!(endpoint.replays.load(Ordering::SeqCst), 0, "a token was used twice");
    expected == Some("refresh_outcome_unknown")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_loses_nothing_that_was_confirmed_and_leads_to_no_second_use() {
    const NAME: &str = "power cuts on SQLite";
    let platform = MockServer::start().await;
    let endpoint = Endpoint::default();
    Mock::given(path("/identity/v1/oauth/token")).respond_with(endpoint.clone()).mount(&platform).await;
    let events = life_of_a_grant(&platform).await;
    let flushes = events.iter().filter(|event| event.is_flush()).count();
    assert!(flushes > 10, "the disk was not watched");
    let options = json!({
        "client_id": "client_1", "environment": format!("{}/{{service}}", platform.uri()),
        "token_requests_per_minute": 1_000_000,
    });

    let seed = crate::support::seed(NAME);
    let mut random = StdRng::seed_from_u64(seed);
    // Of all points in a full run, else of some, and others each time.
    let (apart, variants) = if is_full() { (1, 8) } else { (9, 2) };
    let first = random.random_range(0..apart);
    let (mut seen, mut cuts, mut unknown, mut known) = (HashSet::new(), 0, 0, Known::default());
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Imported => known.imported = true,
            Event::Rotated(number) => known.rotated = *number,
            Event::HandedOut(number) => known.handed_out = *number,
            Event::Disk { .. } => {}
        }
        if at % apart != first {
            continue;
        }
        progress(NAME, u32::try_from(at).unwrap(), u32::try_from(events.len()).unwrap());
        for variant in 0..variants {
            let files = Files::after_a_cut(&events[..=at], || match variant {
                0 => Fate::Lost,
                2 => Fate::Kept,
                _ => Fate::any(&mut random),
            });
            if seen.insert((files.digest(), at)) {
                cuts += 1;
                unknown += u32::from(goes_on(&files, known, &endpoint, &options).await);
            }
        }
    }
    let figures = format!("{} steps of the disk, {flushes} flushes, {cuts} cuts", events.len());
    counted(NAME, &format!("{figures}: nothing confirmed was lost, {unknown} unknown, 0 replays"));
}
