//! Records as other versions write them, on one store with this version's.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::store::{Snapshot, Store};
use crate::support::{LAPSED, TWO_HOURS, counted, error_of, rounds, token_of};

const USER: &str = "user_1";

/// What version 0.1 did not know when it was new.
fn as_old(grant: &mut Value) {
    let grant = grant.as_object_mut().unwrap();
    for name in ["imported", "ended_at", "last_attempt"] {
        grant.remove(name);
    }
    for (part, names) in [("intent", vec!["takeovers", "displaced", "ambiguous"]), ("tombstone", vec!["busy_by"])] {
        if let Some(part) = grant.get_mut(part).and_then(Value::as_object_mut) {
            part.retain(|name, _| !names.contains(&name.as_str()));
        }
    }
}

/// What a later version may add anywhere.
fn as_new(grant: &mut Value) {
    grant["later"] = json!({ "nested": [1, 2] });
    for part in ["tokens", "intent", "tombstone"] {
        if grant[part].is_object() {
            grant[part]["later"] = json!("kept");
        }
    }
}

type Rewrite = fn(&mut Value);

const VERSIONS: [(&str, Rewrite); 2] = [("old", as_old), ("new", as_new)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_of_other_versions_are_refreshed_and_what_they_added_is_kept() {
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let options = server.options(&store.url());
    let mut processes = [Process::open(&options).await, Process::open(&options).await];
    for (name, write) in VERSIONS {
        processes[0].import(name, &server.refresh_token().await).await;
        store.edit(name, write);
        server.mark().await;
        // Another version rewrites the record between any two steps of this one.
        let mut tokens = Vec::new();
        for process in &mut processes {
            tokens.push(token_of(&process.access_token(name).await));
            store.edit(name, write);
        }
        assert_eq!((tokens[0] == tokens[1], server.token_requests().await), (true, 1), "{name}");
        let mut later = Process::open_ahead(&options, TWO_HOURS).await;
        assert!(!tokens.contains(&token_of(&later.access_token(name).await)), "{name}");
        assert_eq!(store.grant(name).get("later").is_some(), name == "new");
    }
    assert_eq!(server.replays().await, 0);
    counted("records of other versions", "refreshed once each, unknown fields kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intents_of_other_versions_are_respected_and_their_late_save_is_found() {
    for (name, write) in VERSIONS {
        let mut server = Server::sandbox().await;
        let store = Store::new();
        let options = server.options(&store.url());
        let mut process = Process::open(&options).await;
        process.import(USER, &server.refresh_token().await).await;
        server.mark().await;
        process.stop_at("refresh.after_answer", "stop").await;
        let asked = process.send(json!({ "op": "access_token", "user_id": USER })).await;
        process.stopped().await;
        store.edit(USER, write);

        let mut hurried = options.clone();
        hurried["timeout"] = 1.into();
        let mut other = Process::open(&hurried).await;
        assert_eq!(error_of(&other.access_token(USER).await), Some("refresh_in_progress"), "{name}");
        let mut later = Process::open_ahead(&hurried, LAPSED).await;
        assert_eq!(error_of(&later.access_token(USER).await), Some("refresh_outcome_unknown"), "{name}");
        process.go_on();
        let token = token_of(&process.answer(asked).await.expect("the process lives"));
        assert_eq!(token_of(&other.access_token(USER).await), token, "{name}");
        assert_eq!((server.token_requests().await, server.replays().await), (1, 0), "{name}");
    }
    counted("intents of other versions", "waited for, unknown when they lapse, healed by the late save");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tombstones_of_other_versions_end_a_grant() {
    for (name, write) in VERSIONS {
        let mut server = Server::sandbox().await;
        let store = Store::new();
        let options = server.options(&store.url());
        let mut process = Process::open(&options).await;
        process.import(USER, &server.refresh_token().await).await;
        assert_eq!(process.ask(json!({ "op": "revoke", "user_id": USER })).await["ok"], true, "{name}");
        store.edit(USER, write);
        server.mark().await;
        let mut other = Process::open(&options).await;
        assert_eq!(error_of(&other.access_token(USER).await), Some("not_connected"), "{name}");
        assert_eq!(server.token_requests().await, 0, "{name}");
        // A new grant takes its place.
        other.import(USER, &server.refresh_token().await).await;
        token_of(&process.access_token(USER).await);
        assert_eq!(server.replays().await, 0, "{name}");
    }
    counted("tombstones of other versions", "nobody connected, a new grant works");
}

/// A process of another version. It refreshes by the same rules, writes what it knows, and keeps what it does not know.
#[derive(Clone, Copy, PartialEq)]
enum Other {
    /// It knows no `last_attempt`, and of an intent what a first version needs.
    Old,
    /// It adds fields everywhere.
    New,
}

impl Other {
    /// Writes its intent over this copy. False where somebody was faster.
    fn claim(self, store: &Store, copy: &Snapshot, now: Duration) -> bool {
        let mut copy = copy.clone();
        let token = copy.grant["tokens"]["refresh_token"].as_str().expect("a live grant");
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()));
        let now = millis(now);
        copy.grant["intent"] = json!({
            "attempt": "another", "kind": "refresh", "token": digest,
            "first_at": now, "send_by": now + 5_000, "answer_by": now + 135_000,
        });
        if self == Self::New {
            as_new(&mut copy.grant);
        }
        store.swap(&copy)
    }

    /// Sends the token that its intent is for and stores the answer. Returns the digest of the new access token.
    async fn refresh(self, server: &Server, store: &Store, now: Duration) -> String {
        let mut copy = store.copy(USER);
        let grant = copy.grant.as_object_mut().unwrap();
        let former = grant["tokens"]["refresh_token"].as_str().unwrap().to_owned();
        let answer = server.refresh(&former).await;
        let access_token = answer["access_token"].as_str().unwrap_or_else(|| panic!("refused: {}", answer["error"]));
        let intent = grant.remove("intent").expect("its own");
        assert_eq!(intent["attempt"], "another");
        grant["tokens"] = json!({
            "access_token": access_token, "access_expires_at": millis(now) + 3_600_000, "obtained_at": millis(now),
            "refresh_token": answer["refresh_token"], "scopes": grant["tokens"]["scopes"],
        });
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(former.as_bytes()));
        grant["spent"].as_array_mut().unwrap().push(digest.into());
        if self == Self::New {
            grant.insert("last_attempt".to_owned(), "another".into());
            as_new(&mut copy.grant);
        }
        assert!(store.swap(&copy), "nobody writes while its intent stands");
        short_digest(access_token)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}

/// As the workers tell tokens apart.
fn short_digest(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The time of a process whose clock is ahead.
fn now(ahead: Duration) -> Duration {
    #[allow(clippy::disallowed_methods, reason = "a process of another version has the system's clock")]
    let now = std::time::SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap() + ahead
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_that_take_turns_on_one_grant_keep_it_alive() {
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let options = server.options(&store.url());
    let mut this = Process::open(&options).await;
    this.import(USER, &server.refresh_token().await).await;
    store.edit(USER, as_old);
    server.mark().await;
    let turns = [Some(Other::Old), None, Some(Other::New), Some(Other::Old), Some(Other::New), None];
    let turns = turns.into_iter().cycle().take(6 * rounds(1, 20) as usize);
    let (mut ahead, mut sent, mut tokens) = (Duration::ZERO, 0, Vec::new());
    for turn in turns {
        ahead += TWO_HOURS;
        let token = if let Some(other) = turn {
            let copy = store.copy(USER);
            assert!(other.claim(&store, &copy, now(ahead)), "nobody is in the way");
            for late in [Other::Old, Other::New] {
                assert!(!late.claim(&store, &copy, now(ahead)), "the right to send is one version's alone");
            }
            let mut hurried = options.clone();
            hurried["timeout"] = 1.into();
            let mut waiting = Process::open_ahead(&hurried, ahead).await;
            assert_eq!(error_of(&waiting.access_token(USER).await), Some("refresh_in_progress"));
            other.refresh(&server, &store, now(ahead)).await
        } else {
            let mut copy = store.copy(USER);
            let mut process = Process::open_ahead(&options, ahead).await;
            let token = token_of(&process.access_token(USER).await);
            copy.grant["tokens"] = store.grant(USER)["tokens"].clone();
            assert!(!Other::Old.claim(&store, &copy, now(ahead)), "another version's intent over this one's tokens");
            token
        };
        sent += 1;
        assert!(!tokens.contains(&token), "a new one each time");
        // Every version uses what any of them stored.
        let mut reader = Process::open_ahead(&options, ahead).await;
        assert_eq!(token_of(&reader.access_token(USER).await), token);
        assert_eq!(short_digest(store.grant(USER)["tokens"]["access_token"].as_str().unwrap()), token);
        assert_eq!((server.token_requests().await, server.replays().await), (sent, 0));
        tokens.push(token);
    }
    assert_eq!(store.grant(USER)["later"], json!({ "nested": [1, 2] }), "what the new version added is kept");
    counted("three versions on one grant", &format!("{sent} turns, 1 request each, 0 replays, nothing lost"));
}
