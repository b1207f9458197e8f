//! Many callers, one grant that is due: one token request, everybody served, the grant alive.

use std::collections::BTreeSet;
use std::sync::Arc;

use loop_sdk::{ImportGrant, LoopClient};
use serde_json::json;
use tokio::sync::Barrier;

use crate::support::process::{Process, RUST, languages, worker_commands};
use crate::support::server::Server;
use crate::support::store::{AnyStore, Store};
use crate::support::{TWO_HOURS, counted, is_full, progress, rounds, token_of};

/// Processes of each language.
const EACH: usize = 4;

/// Processes that stay up; in every round all of them want one due grant's token at once.
async fn race(server: &mut Server, store: &AnyStore, workers: &[String], rounds: u32) {
    let languages = if workers == [RUST] { String::new() } else { format!("{}, ", languages(workers)) };
    let name = format!("race, {languages}{}, {}", store.name(), server.name());
    let options = store.choose(server.options(""));
    let mut processes = Vec::new();
    for command in workers.iter().flat_map(|command| std::iter::repeat_n(command, EACH)) {
        processes.push(Process::open_as(command, &options).await);
    }
    let mut keeper = Process::open(&options).await;
    let mut witness = Process::open_ahead(&options, TWO_HOURS).await;
    for round in 0..rounds {
        progress(&name, round, rounds);
        let user = format!("user_{round}");
        keeper.import(&user, &server.refresh_token().await).await;
        server.mark().await;

        let mut asked = Vec::new();
        for process in &mut processes {
            asked.push(process.send(json!({ "op": "access_token", "user_id": user })).await);
        }
        let mut tokens = BTreeSet::new();
        for (process, asked) in processes.iter_mut().zip(asked) {
            tokens.insert(token_of(&process.answer(asked).await.expect("the process lives")));
        }
        assert_eq!(tokens.len(), 1, "{name}, round {round}: everybody gets the same token");
        assert_eq!(server.token_requests().await, 1, "{name}, round {round}");

        if server.has_apis() {
            let call = json!({ "op": "call", "method": "clinical.list_biomarkers", "user_id": user });
            let mut asked = Vec::new();
            for process in &mut processes {
                asked.push(process.send(call.clone()).await);
            }
            for (process, asked) in processes.iter_mut().zip(asked) {
                let answer = process.answer(asked).await.expect("the process lives");
                assert_eq!(answer["ok"], true, "{name}, round {round}: {answer}");
            }
        }
        // What was stored is what lives: it can be refreshed again.
        let next = token_of(&witness.access_token(&user).await);
        assert!(!tokens.contains(&next));
        assert_eq!(server.token_requests().await, 2, "{name}, round {round}");
    }
    assert_eq!(server.replays().await, 0, "{name}");
    counted(&name, &format!("{rounds} rounds, {} processes, 1 request each, 0 replays", processes.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_on_one_store_refresh_a_due_grant_once() {
    race(&mut Server::sandbox().await, &AnyStore::sqlite(), &[RUST.to_owned()], rounds(20, 1000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_refresh_once_at_somebody_elses_server() {
    let Some(mut server) = Server::peer() else { return };
    race(&mut server, &AnyStore::sqlite(), &[RUST.to_owned()], rounds(20, 1000)).await;
}

/// Four of each language, Kotlin among them where its JAR was built, on one SQLite file, one Redis, one Postgres.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the bindings, which cargo xtask test and cargo xtask prove build"]
async fn processes_of_several_languages_refresh_a_due_grant_once() {
    let (workers, rounds) = (worker_commands(), rounds(5, 1000));
    let mut stores = vec![AnyStore::sqlite(), AnyStore::redis()];
    if is_full() {
        stores.push(AnyStore::postgres().await);
    }
    for store in stores {
        race(&mut Server::sandbox().await, &store, &workers, rounds).await;
        if is_full() {
            race(&mut Server::peer().expect("Node, which the workers need too"), &store, &workers, rounds).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_clients_in_one_process_refresh_a_due_grant_once() {
    const CLIENTS: usize = 8;
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let clients: Vec<LoopClient> = (0..CLIENTS).map(|_| server.client(&store.url())).collect();
    let rounds = rounds(20, 1000);
    for round in 0..rounds {
        progress("race, 8 clients", round, rounds);
        let user = format!("user_{round}");
        clients[0].import_grant(ImportGrant::new(&user, server.refresh_token().await)).await.unwrap();
        server.mark().await;
        // Eight callers each: 64 in all.
        let barrier = Arc::new(Barrier::new(8 * CLIENTS));
        let calls: Vec<_> = clients
            .iter()
            .flat_map(|client| std::iter::repeat_n(client, 8))
            .map(|client| {
                let (client, user, barrier) = (client.clone(), user.clone(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    client.access_token(&user).await
                })
            })
            .collect();
        let mut tokens = BTreeSet::new();
        for call in calls {
            tokens.insert(call.await.unwrap().unwrap().expose().to_owned());
        }
        assert_eq!((tokens.len(), server.token_requests().await), (1, 1), "round {round}");
    }
    assert_eq!(server.replays().await, 0);
    counted("race, 8 clients in one process", &format!("{rounds} rounds, 64 callers, 1 request each, 0 replays"));
}
