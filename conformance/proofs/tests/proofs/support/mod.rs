//! What the proofs share: how often they run, processes, servers and stores.

pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod store;

/// Redis and Postgres, as the tests of core start them.
#[allow(dead_code, reason = "the tests of core use more of it")]
#[path = "../../../../../core/tests/it/support/servers.rs"]
pub(crate) mod servers;

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

/// No attempt that began now is under way any more after so long.
pub(crate) const LAPSED: Duration = Duration::from_secs(140);
/// Every access token is over by then.
pub(crate) const TWO_HOURS: Duration = Duration::from_secs(7200);

/// Whether everything runs as often as it should: `cargo xtask prove`.
pub(crate) fn is_full() -> bool {
    std::env::var_os("LOOP_PROVE").is_some_and(|value| value != "0")
}

/// How often to do something: a sample in the tests, everything in `cargo xtask prove`.
pub(crate) fn rounds(sample: u32, full: u32) -> u32 {
    if is_full() { full } else { sample }
}

/// Says what was counted: `cargo xtask prove` makes its table of these lines.
pub(crate) fn counted(name: &str, figures: &str) {
    println!("proof: {name}: {figures}");
}

/// Says every now and then how far a long proof is.
pub(crate) fn progress(name: &str, done: u32, of: u32) {
    if done > 0 && done < of && done.is_multiple_of((of / 10).max(1)) {
        println!("… {name}: {done} of {of}");
    }
}

/// The seed of whatever a proof does at random: said, so that `LOOP_PROVE_SEED` brings it back.
pub(crate) fn seed(name: &str) -> u64 {
    let given = std::env::var_os("LOOP_PROVE_SEED").and_then(|seed| seed.to_str()?.parse().ok());
    let seed = given.unwrap_or_else(|| StdRng::try_from_rng(&mut rand::rngs::SysRng).unwrap().random());
    println!("{name}: LOOP_PROVE_SEED={seed}");
    seed
}

/// Random moments that a seed brings back: `LOOP_PROVE_SEED`.
pub(crate) struct Moments(StdRng);

impl Moments {
    pub(crate) fn new(name: &str) -> Self {
        Self(StdRng::seed_from_u64(seed(name)))
    }

    /// Waits for a random while.
    pub(crate) async fn pass(&mut self, longest: Duration) {
        let pause = longest.mul_f64(self.0.random_range(0.0..1.0));
        // Finer than the runtime's timer.
        tokio::task::spawn_blocking(move || std::thread::sleep(pause)).await.unwrap();
    }
}

#[track_caller]
pub(crate) fn error_of(answer: &Value) -> Option<&str> {
    assert_ne!(answer["error"], "harness", "{answer}");
    answer["error"].as_str()
}

/// The digest of the token in an answer that has to have one.
#[track_caller]
pub(crate) fn token_of(answer: &Value) -> String {
    answer["token"].as_str().unwrap_or_else(|| panic!("no token in {answer}")).to_owned()
}
