//! A store that goes away. Before the request: nothing is sent. Between the answer and the save: the tokens are kept, and
//! stored when it is back, also by a process that was told to end meanwhile.

use std::path::Path;
use std::process::{Command, Output};

use loop_sandbox::Fault;
use serde_json::json;
use tempfile::TempDir;

use crate::support::process::{Process, RUST, languages, worker_commands};
use crate::support::server::Server;
use crate::support::store::{AnyStore, Store};
use crate::support::{counted, error_of, is_full, rounds, token_of};

const USER: &str = "user_1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_could_not_be_stored_are_stored_by_a_process_that_was_told_to_end() {
    let rounds = rounds(1, 10);
    for last_word in ["drain", "exit"].into_iter().cycle().take(2 * rounds as usize) {
        let mut server = Server::sandbox().await;
        let store = Store::new();
        let options = server.options(&store.url());
        let mut process = Process::open(&options).await;
        process.import(USER, &server.refresh_token().await).await;
        server.mark().await;
        process.stop_at("refresh.after_answer", "stop").await;
        let asked = process.send(json!({ "op": "access_token", "user_id": USER })).await;
        process.stopped().await;

        // Somebody else's transaction that does not end: nothing can be written.
        let lock = store.connection();
        lock.execute_batch("BEGIN IMMEDIATE").unwrap();
        process.go_on();
        let answer = process.answer(asked).await.expect("the process lives");
        assert_eq!(error_of(&answer), Some("token_not_saved"), "{answer}");
        let told = process.send(json!({ "op": last_word, "timeout": 60 })).await;
        assert!(store.grant(USER).get("intent").is_some(), "it is not stored yet");
        lock.execute_batch("ROLLBACK").unwrap();
        let settled = process.answer(told).await.expect("it says how it ended");
        assert_eq!(settled["settled"], true, "{last_word}: {settled}");
        if last_word == "exit" {
            assert!(!process.was_killed().await);
        }
        assert!(store.grant(USER).get("intent").is_none());
        let mut next = Process::open(&options).await;
        token_of(&next.access_token(USER).await);
        assert_eq!((server.token_requests().await, server.replays().await), (1, 0), "{last_word}");
    }
    counted("store away after the answer", &format!("{} rounds, 1 request each, saved when it was back", 2 * rounds));
}

/// SIGTERM while tokens that arrived can't be saved: the process ends by itself, and not before they are.
async fn told_to_end_meanwhile(worker: &str) {
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let options = server.options(&store.url());
    let mut keeper = Process::open(&options).await;
    keeper.import(USER, &server.refresh_token().await).await;
    let mut process = Process::open_as(worker, &options).await;
    server.mark().await;
    // Long enough to lock the store while the answer is on its way.
    server.sandbox_ref().fault(Fault::delay(3_000).after().only("refresh_token")).unwrap();
    let asked = process.send(json!({ "op": "access_token", "user_id": USER })).await;
    while server.token_requests().await == 0 {
        tokio::task::yield_now().await;
    }
    let lock = store.connection();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = process.answer(asked).await.expect("the process lives");
    assert_eq!(error_of(&answer), Some("token_not_saved"), "{worker}: {answer}");

    process.tell_to_end().await;
    assert!(process.is_running(), "{worker}: it ended with tokens that were not stored");
    assert!(store.grant(USER).get("intent").is_some(), "{worker}: it is not stored yet");
    lock.execute_batch("ROLLBACK").unwrap();
    let status = process.ended().await;
    assert!(status.success(), "{worker}: {status}");
    assert!(store.grant(USER).get("intent").is_none(), "{worker}");
    token_of(&keeper.access_token(USER).await);
    assert_eq!((server.token_requests().await, server.replays().await), (1, 0), "{worker}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_gets_sigterm_stores_what_arrived_before_it_ends() {
    let rounds = rounds(1, 10);
    for _ in 0..rounds {
        told_to_end_meanwhile(RUST).await;
    }
    counted("SIGTERM with tokens unsaved, Rust", &format!("{rounds} rounds, 1 request each, saved before the end"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the bindings, which cargo xtask test and cargo xtask prove build"]
async fn processes_of_other_languages_that_get_sigterm_store_what_arrived_before_they_end() {
    let rounds = rounds(1, 5);
    let workers = worker_commands();
    for worker in &workers {
        for _ in 0..rounds {
            told_to_end_meanwhile(worker).await;
        }
    }
    let figures = format!("{rounds} rounds each, 1 request each, saved before the end");
    counted(&format!("SIGTERM with tokens unsaved, {}", languages(&workers)), &figures);
}

/// A call while the store can't be written, and another when it can again.
async fn nothing_is_sent_before_it_is_back(
    server: &mut Server,
    process: &mut Process,
    expected: &str,
    back: impl AsyncFnOnce(),
) {
    server.mark().await;
    let answer = process.access_token(USER).await;
    assert_eq!(error_of(&answer), Some(expected), "{answer}");
    assert_eq!(server.token_requests().await, 0, "something was sent");
    back().await;
    token_of(&process.access_token(USER).await);
    assert_eq!((server.token_requests().await, server.replays().await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_another_process_locks_the_store_nothing_is_sent() {
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let mut process = Process::open(&server.options(&store.url())).await;
    process.import(USER, &server.refresh_token().await).await;
    let lock = store.connection();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let back = async || lock.execute_batch("ROLLBACK").unwrap();
    nothing_is_sent_before_it_is_back(&mut server, &mut process, "store_busy", back).await;
    counted("store locked before the request", "0 requests, then 1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_server_that_keeps_grants_is_killed_nothing_is_sent() {
    let mut stores = vec![AnyStore::redis()];
    if is_full() {
        stores.push(AnyStore::postgres().await);
    }
    for store in stores {
        let mut server = Server::sandbox().await;
        let mut process = Process::open(&store.choose(server.options(""))).await;
        process.import(USER, &server.refresh_token().await).await;
        store.kill();
        let back = async || store.restart();
        nothing_is_sent_before_it_is_back(&mut server, &mut process, "store_unavailable", back).await;
        counted(&format!("{} killed before the request", store.name()), "0 requests, then 1");
    }
}

/// A small disk of its own.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// None, and a sentence why, where this machine lets nobody mount anything.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=512k", "tmpfs"], folder.path());
        if !mounted.status.success() {
            println!("skipped: no disk can be mounted here: {}", String::from_utf8_lossy(&mounted.stderr).trim());
            return None;
        }
        Some(Self { folder })
    }

    fn store(&self) -> Store {
        Store::at(self.folder.path())
    }

    /// Whoever opens the store from now on may read it only.
    fn make_read_only(&self) {
        let done = mount(&["-o", "remount,ro"], self.folder.path());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn make_writable(&self) {
        let done = mount(&["-o", "remount,rw"], self.folder.path());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Leaves room for nothing more.
    fn fill(&self) {
        let mut ballast = std::fs::File::create(self.ballast()).unwrap();
        while std::io::Write::write_all(&mut ballast, &[0; 512]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.folder.path().join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a worker that is just being killed may still hold a file.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

fn mount(arguments: &[&str], place: &Path) -> Output {
    Command::new("mount").args(arguments).arg(place).output().expect("mount is there")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_disk_is_read_only_nothing_is_sent() {
    let Some(disk) = Disk::new() else { return };
    let mut server = Server::sandbox().await;
    let options = server.options(&disk.store().url());
    let mut keeper = Process::open(&options).await;
    keeper.import(USER, &server.refresh_token().await).await;
    assert!(keeper.ask(json!({ "op": "exit" })).await["ok"] == true && keeper.ended().await.success());
    disk.make_read_only();
    let mut process = Process::open(&options).await;
    let back = async || disk.make_writable();
    nothing_is_sent_before_it_is_back(&mut server, &mut process, "store_unavailable", back).await;
    counted("disk read-only before the request", "0 requests, then 1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_disk_is_full_nothing_is_sent() {
    let Some(disk) = Disk::new() else { return };
    let mut server = Server::sandbox().await;
    let options = server.options(&disk.store().url());
    let mut process = Process::open(&options).await;
    process.import(USER, &server.refresh_token().await).await;
    let begun = process.ask(json!({ "op": "authorize", "user_id": null })).await;
    let callback = server.allow(begun["url"].as_str().expect("a URL")).await;
    let finish = json!({ "op": "finish", "callback": callback, "browser_secret": begun["browser_secret"] });
    disk.fill();
    // The code is as good as before, too.
    assert_eq!(error_of(&process.ask(finish.clone()).await), Some("store_unavailable"));
    let back = async || disk.make_room();
    nothing_is_sent_before_it_is_back(&mut server, &mut process, "store_unavailable", back).await;
    let finished = process.ask(finish).await;
    assert_eq!(finished["ok"], true, "{finished}");
    counted("disk full before the request", "0 requests, then 1; a code that waited works");
}
