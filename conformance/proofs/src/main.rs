//! One process of an app, driven by a harness: a JSON command a line on standard input, a JSON answer a line on output.
//!
//! Commands run beside each other; an answer carries its command's `id`. Tokens are told apart by the beginning of their
//! SHA-256, never printed. The workers of Python and Node understand `open`, `access_token`, `call` and `exit` alike.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "answers go to the harness")]

mod stop;
mod worker;

use std::io::Write as _;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::worker::Worker;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let worker = Worker::default();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(command) = serde_json::from_str::<Value>(&line) else {
            say(&json!({ "error": "not_json" }));
            continue;
        };
        let worker = worker.clone();
        if command["op"] == "exit" {
            // As a program does that is told to end: what is under way is settled first.
            say(&worker.answer(&command).await);
            return;
        }
        tokio::spawn(async move { say(&worker.answer(&command).await) });
    }
}

fn say(answer: &Value) {
    let mut out = std::io::stdout().lock();
    // A harness that went away reads nothing.
    let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
}
