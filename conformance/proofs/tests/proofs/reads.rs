//! Four processes that read as fast as they can against the platform's cap: after the first 429 all of them hold until its
//! deadline, nobody is locked out, and every caller gets data or the time to come back.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::support::process::Process;
use crate::support::store::Store;
use crate::support::{counted, error_of, rounds};
use crate::writes::connected;

const NAME: &str = "four processes reading at the cap";
const PROCESSES: u64 = 4;

/// What became of one process's reads.
#[derive(Default)]
struct Reads {
    served: u64,
    told_to_wait: u64,
    slowest_wait_ms: u64,
}

async fn read(process: &mut Process, user: &str, until: Instant) -> Reads {
    let mut reads = Reads::default();
    loop {
        let asking = process.ask(json!({ "op": "call", "user_id": user, "method": "clinical.list_biomarkers" }));
        // A held call is cut off at the end, as an app's own deadline would.
        let Ok(answer) = timeout_at(until, asking).await else { return reads };
        match error_of(&answer) {
            None => reads.served += 1,
            Some("rate_limited") => {
                let wait = answer["retry_after_ms"].as_u64().expect("whoever is told to wait is told for how long");
                reads.told_to_wait += 1;
                reads.slowest_wait_ms = reads.slowest_wait_ms.max(wait);
                assert!(wait <= 61_000, "{wait}");
            }
            Some(other) => panic!("{other}"),
        }
        if Instant::now() >= until {
            return reads;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_first_429_every_process_holds_until_its_deadline() {
    // The sample sees the cap hit and held for some seconds; the proof sees two whole windows.
    let seconds = u64::from(rounds(4, 125));
    let cap = 120;
    let store = Store::new();
    let (server, user) = connected(&store).await;
    let options: Value = server.options(&store.url());
    server.sandbox_ref().switch(|rules| rules.read_rate_limit = Some(cap));
    let mut processes = Vec::new();
    for _ in 0..PROCESSES {
        processes.push(Process::open(&options).await);
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let reads = futures_util::future::join_all(processes.iter_mut().map(|process| read(process, &user, until))).await;
    let stats = server.sandbox_ref().stats();
    let sum = |of: fn(&Reads) -> u64| reads.iter().map(of).sum::<u64>();
    let windows = seconds / 60 + 1;
    assert_eq!(stats.api_lockouts, 0);
    // Requests that were under way at that moment; nothing after it.
    let most = PROCESSES * 2 * windows;
    assert!(stats.api_rate_limited <= most, "{} requests over the cap, of {most} tolerated", stats.api_rate_limited);
    assert_eq!(stats.api_ignored, 0, "a process went on after it was told to wait");
    assert!(sum(|reads| reads.served) >= u64::from(cap), "the cap itself is used");
    assert!(sum(|reads| reads.told_to_wait) > 0, "the cap was not reached: this proved nothing");
    counted(
        NAME,
        &format!(
            "{seconds} s: {} served, {} over the cap, {} told to come back (after {} s at most), 0 lock-outs",
            sum(|reads| reads.served),
            stats.api_rate_limited,
            sum(|reads| reads.told_to_wait),
            reads.iter().map(|reads| reads.slowest_wait_ms).max().unwrap_or_default() / 1000,
        ),
    );
}
