//! Ends or stops this very process when it comes to a named step.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

/// Arms a step: `kill`, `stop` (until SIGCONT) or `abort`, at its first pass only.
pub(crate) fn at(point: &str, how: &str) -> Result<(), String> {
    let signal = match how {
        "kill" => Signal::KILL,
        "stop" => Signal::STOP,
        "abort" => Signal::ABORT,
        other => return Err(format!("`how` is kill, stop or abort, not {other}")),
    };
    let passed = AtomicBool::new(false);
    fail::cfg_callback(point, move || {
        if passed.swap(true, Ordering::SeqCst) {
            return;
        }
        let _ = kill_process(getpid(), signal);
        // Another thread may receive the signal: this one must not run on until it has taken hold.
        std::thread::sleep(Duration::from_millis(50));
    })
}
