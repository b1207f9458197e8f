//! The SDK as an app sees it: signing in, keeping grants, calling, beside the sandbox, stores, and servers that misbehave.
//! One program, for it takes minutes to link many; who needs a process of its own is beside this folder.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a proof says how much it has played, and a skip why")]

mod answers;
mod attack;
mod audit;
mod canary;
mod coverage;
mod crossing;
mod environment;
mod events;
mod faults;
#[cfg(feature = "bridge")]
mod golden;
mod grant;
mod hostile;
mod id_token;
mod interrupted;
mod lasting;
mod machine;
mod orders;
mod other_server;
mod sign_in;
mod steps;
mod store;
mod store_servers;
mod support;
#[cfg(feature = "bridge")]
mod trace;
mod verdicts;
#[cfg(feature = "bridge")]
mod webhooks;
