//! Callers that give up, at any moment: the refresh goes on, the others are served, nothing is asked twice.

use std::time::Duration;

use loop_sdk::{Code, ImportGrant};

use crate::support::server::Server;
use crate::support::store::Store;
use crate::support::{Moments, counted, progress, rounds};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_gives_up_at_a_random_moment_costs_nobody_anything() {
    const NAME: &str = "callers that give up";
    const WAITERS: usize = 4;
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let client = server.client(&store.url());
    let mut moments = Moments::new(NAME);
    // How long an undisturbed refresh takes, with the machine as busy as it is.
    let mut longest = Duration::ZERO;
    for number in 0..5 {
        let user = format!("measured_{number}");
        client.import_grant(ImportGrant::new(&user, server.refresh_token().await)).await.unwrap();
        let started = tokio::time::Instant::now();
        client.access_token(&user).await.unwrap();
        longest = longest.max(started.elapsed());
    }
    let (rounds, mut cut) = (rounds(30, 200), 0);
    for round in 0..rounds {
        progress(NAME, round, rounds);
        let user = format!("user_{round}");
        client.import_grant(ImportGrant::new(&user, server.refresh_token().await)).await.unwrap();
        server.mark().await;
        let call = || {
            let (client, user) = (client.clone(), user.clone());
            tokio::spawn(async move { client.access_token(&user).await })
        };
        // Whoever comes first leads; in every other round that is who gives up.
        let early = round % 2 == 0;
        let first = early.then(call);
        let waiters: Vec<_> = (0..WAITERS).map(|_| call()).collect();
        let quitter = first.unwrap_or_else(call);
        moments.pass(longest).await;
        quitter.abort();
        cut += u32::from(quitter.await.is_err_and(|ended| ended.is_cancelled()));
        let mut tokens = Vec::new();
        for waiter in waiters {
            tokens.push(waiter.await.unwrap().unwrap());
        }
        tokens.dedup();
        assert_eq!((tokens.len(), server.token_requests().await), (1, 1), "round {round}");
    }
    assert!(cut > 0, "nobody gave up in time");
    assert_eq!(server.replays().await, 0);
    counted(NAME, &format!("{rounds} rounds, {cut} cut off, 1 request each, 0 lost, 0 replays"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_everybody_gives_up_the_refresh_is_stored_all_the_same() {
    const NAME: &str = "all callers give up";
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let client = server.client(&store.url());
    let mut moments = Moments::new(NAME);
    let rounds = rounds(15, 200);
    for round in 0..rounds {
        progress(NAME, round, rounds);
        let user = format!("user_{round}");
        client.import_grant(ImportGrant::new(&user, server.refresh_token().await)).await.unwrap();
        server.mark().await;
        let limit = Duration::from_millis(20);
        let call = tokio::spawn({
            let (client, user) = (client.clone(), user.clone());
            async move { tokio::time::timeout(limit, client.access_token(&user)).await.map(drop) }
        });
        moments.pass(limit).await;
        call.abort();
        drop(call.await);
        assert!(client.drain(Some(Duration::from_secs(30))).await, "round {round}: what began is settled");
        // Another process finds the new token, or refreshes for itself where the caller was gone before it began.
        let other = server.client(&store.url());
        other.access_token(&user).await.unwrap();
        assert_eq!(server.token_requests().await, 1, "round {round}");
    }
    assert_eq!(server.replays().await, 0);
    counted(NAME, &format!("{rounds} rounds, 1 request each, 0 lost, 0 replays"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_time_is_up_says_so_and_the_refresh_goes_on() {
    let mut server = Server::sandbox().await;
    let store = Store::new();
    let client = server.client(&store.url());
    client.import_grant(ImportGrant::new("user_1", server.refresh_token().await)).await.unwrap();
    server.mark().await;
    let hurried = server.builder(&store.url()).timeout(Duration::from_millis(1)).build().unwrap();
    let error = hurried.access_token("user_1").await.unwrap_err();
    assert_eq!(error.code(), Code::RefreshInProgress);
    assert!(hurried.drain(Some(Duration::from_secs(30))).await);
    client.access_token("user_1").await.unwrap();
    assert_eq!((server.token_requests().await, server.replays().await), (1, 0));
}
