//! Writes whose answers are lost, by processes that are killed: each caller learns that it was done or that nobody knows,
//! and whoever repeats it under its key has it done once.

use std::collections::VecDeque;
use std::time::Duration;

use loop_sandbox::{Fault, NewApp};
use loop_sdk::AuthorizationRequest;
use serde_json::json;

use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::store::Store;
use crate::support::{Moments, counted, error_of, progress, rounds, seed};

const NAME: &str = "writes with lost answers and killed processes";
const AT_ONCE: usize = 8;

/// A sandbox on which Ada has granted reading and writing, and the id that Loop knows her by.
pub(crate) async fn connected(store: &Store) -> (Server, String) {
    let server = Server::sandbox_with(NewApp::default().scopes("openid read:biomarkers write:biomarkers")).await;
    let client = server.builder(&store.url()).scopes(["read:biomarkers", "write:biomarkers"]).build().unwrap();
    let begun = client.authorization_url(AuthorizationRequest::new()).await.unwrap();
    let callback = server.allow(&begun.url).await;
    let tokens = client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    (server, tokens.user_id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_write_is_done_once_whatever_becomes_of_its_answer_and_its_process() {
    let writes = rounds(40, 1_000);
    let store = Store::new();
    let (server, user) = connected(&store).await;
    let options = server.options(&store.url());
    let lost = Fault::no_answer().after().only_method("POST").only_path("/clinical/v1/biomarkers/parse");
    server.sandbox_ref().api_fault(lost.times(u32::MAX).probability(0.4, seed(NAME))).unwrap();
    let mut moments = Moments::new(NAME);
    let mut process = Process::open(&options).await;
    let mut to_do: VecDeque<u32> = (0..writes).collect();
    let (mut done, mut unknown, mut killed, mut batches) = (0, 0, 0, 0);
    while !to_do.is_empty() {
        let batch: Vec<u32> = to_do.drain(..AT_ONCE.min(to_do.len())).collect();
        let mut asked = Vec::new();
        for number in batch {
            let key = format!("write-{number}");
            asked.push((number, process.send(json!({ "op": "write", "user_id": user, "key": key })).await));
        }
        batches += 1;
        if batches % 3 == 0 {
            moments.pass(Duration::from_millis(60)).await;
            process.kill().await;
        }
        for (number, asked) in asked {
            let again = match process.answer(asked).await {
                // It went with its process: whoever comes after it repeats what it had in hand.
                None => {
                    killed += 1;
                    true
                }
                Some(answer) => match error_of(&answer) {
                    None => false,
                    Some("write_outcome_unknown") => {
                        assert_eq!(answer["detail"], format!("write-{number}"), "the key to repeat it with");
                        unknown += 1;
                        true
                    }
                    Some(other) => panic!("{other}"),
                },
            };
            if again {
                to_do.push_back(number);
            } else {
                done += 1;
                progress(NAME, done, writes);
            }
        }
        if batches % 3 == 0 {
            process = Process::open(&options).await;
        }
    }
    assert_eq!(done, writes);
    let rows = server.sandbox_ref().audit();
    let parsed = rows.iter().filter(|row| row["event_type"] == "clinical.biomarker.parsed").count();
    assert_eq!(parsed, writes as usize, "the platform carried out each once");
    assert!(server.sandbox_ref().stats().api_replays > 0, "no answer was lost: this proved nothing");
    counted(NAME, &format!("{writes} writes, {parsed} records; {unknown} times unknown, {killed} calls killed"));
}
