//! Proofs over real processes: whatever happens to them, no refresh token is used twice and no grant is lost.
//!
//! A sample runs with the tests; `cargo xtask prove` runs everything and makes a table of what was counted.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a proof fails by panicking")]
#![allow(clippy::print_stdout, reason = "says what was counted")]

mod away;
mod cancel;
mod fleet;
mod formats;
mod kills;
mod pacing;
mod power;
mod race;
mod reads;
mod stops;
mod support;
mod writes;
