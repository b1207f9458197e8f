//! A store that goes away between the answer and the save: the tokens are kept, and stored when it is back, also by a
//! process that was told to end meanwhile.

use serde_json::json;

use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::store::Store;
use crate::support::{counted, error_of, rounds, token_of};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_store_can_not_be_written_nothing_is_sent() {
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let options = server.options(&store.url());
    let mut process = Process::open(&options).await;
    process.import(USER, &server.refresh_token().await).await;
    server.mark().await;
    let lock = store.connection();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = process.access_token(USER).await;
    assert_eq!(error_of(&answer), Some("store_busy"), "{answer}");
    assert_eq!(server.token_requests().await, 0);
    lock.execute_batch("ROLLBACK").unwrap();
    token_of(&process.access_token(USER).await);
    assert_eq!((server.token_requests().await, server.replays().await), (1, 0));
    counted("store away before the request", "0 requests, then 1");
}
