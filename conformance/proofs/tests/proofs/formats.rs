//! Records as other versions write them, on one store with this version's.

use serde_json::{Value, json};

use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::store::Store;
use crate::support::{LAPSED, TWO_HOURS, counted, error_of, token_of};

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
