//! One process of an app, driven by a harness: a JSON command a line on standard input, a JSON answer a line on output.
//!
//! Commands run beside each other; an answer carries its command's `id`. Tokens are told apart by the beginning of their
//! SHA-256, never printed. SIGTERM is answered with `{"told": "SIGTERM"}`; what is under way is settled before the end.
//! The workers of Python and Node understand `open`, `access_token`, `call`, `exit` and SIGTERM alike, and `open` takes
//! the same options; only this one has `clock_offset_seconds` and can be stopped or killed at a step.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "answers go to the harness")]

mod ahead;
mod stop;
mod worker;

use std::io::Write as _;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::signal::unix::{SignalKind, signal};

use crate::worker::Worker;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    let worker = Worker::default();
    let mut told_to_end = signal(SignalKind::terminate())?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line?,
            _ = told_to_end.recv() => {
                say(&json!({ "told": "SIGTERM" }));
                worker.answer(&json!({ "op": "exit" })).await;
                // The thread that reads commands would hold up an end that waits for it.
                std::process::exit(0);
            }
        };
        let Some(line) = line else { return Ok(()) };
        let Ok(command) = serde_json::from_str::<Value>(&line) else {
            say(&json!({ "error": "not_json" }));
            continue;
        };
        let worker = worker.clone();
        if command["op"] == "exit" {
            // As a program does that is told to end: what is under way is settled first.
            say(&worker.answer(&command).await);
            return Ok(());
        }
        tokio::spawn(async move { say(&worker.answer(&command).await) });
    }
}

fn say(answer: &Value) {
    let mut out = std::io::stdout().lock();
    // A harness that went away reads nothing.
    let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
}
