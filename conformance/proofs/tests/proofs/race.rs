//! Many callers, one grant that is due: one token request, everybody served, the grant alive.

use std::collections::BTreeSet;
use std::sync::Arc;

use loop_sdk::{ImportGrant, LoopClient};
use serde_json::json;
use tokio::sync::Barrier;

use crate::support::process::{Process, worker_commands};
use crate::support::server::Server;
use crate::support::store::{self, Store};
use crate::support::{TWO_HOURS, counted, progress, rounds, token_of};

/// Processes of one language each, where there are several languages.
const EACH: usize = 4;

/// Processes that stay up; in every round all of them want one due grant's token at once.
async fn race(server: &mut Server, name: &str, store: &str, rounds: u32) {
    let options = server.options(store);
    let mut processes = Vec::new();
    let commands = worker_commands();
    for command in commands.iter().flat_map(|command| std::iter::repeat_n(command, EACH)) {
        processes.push(Process::open_as(command, &options).await);
    }
    let mut keeper = Process::open(&options).await;
    let mut witness = Process::open_ahead(&options, TWO_HOURS).await;
    for round in 0..rounds {
        progress(name, round, rounds);
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
            for process in &mut processes {
                let call = json!({ "op": "call", "method": "clinical.list_biomarkers", "user_id": user });
                let answer = process.ask(call).await;
                assert_eq!(answer["ok"], true, "{name}, round {round}: {answer}");
            }
        }
        // What was stored is what lives: it can be refreshed again.
        let next = token_of(&witness.access_token(&user).await);
        assert!(!tokens.contains(&next));
        assert_eq!(server.token_requests().await, 2, "{name}, round {round}");
    }
    assert_eq!(server.replays().await, 0, "{name}");
    counted(name, &format!("{rounds} rounds, {} processes, 1 request each, 0 replays", processes.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_on_one_store_refresh_a_due_grant_once() {
    let mut server = Server::sandbox().await;
    let store = Store::new();
    race(&mut server, "race, SQLite, sandbox", &store.url(), rounds(20, 1000)).await;
    for url in store::others() {
        let scheme = url.split(':').next().unwrap_or_default();
        race(&mut server, &format!("race, {scheme}, sandbox"), &url, rounds(20, 1000)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_refresh_once_at_somebody_elses_server() {
    let Some(mut server) = Server::peer() else { return };
    let store = Store::new();
    race(&mut server, "race, SQLite, oidc-provider", &store.url(), rounds(20, 1000)).await;
    for url in store::others() {
        let scheme = url.split(':').next().unwrap_or_default();
        race(&mut server, &format!("race, {scheme}, oidc-provider"), &url, rounds(20, 1000)).await;
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
