//! `cargo xtask prove`: what the tests sample, as often as it takes to believe it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::setup::{self, Venv};
use crate::step::{Step, StepFailed, Steps, duration, now};
use crate::toolchain::{self, Node};
use crate::workspace;

const PEERS: &str = "conformance/peers";
const PYTHON_WORKER: &str = "conformance/workers/worker.py";
const NODE_WORKER: &str = "conformance/workers/worker.mjs";
/// Where Maven puts Kotlin's worker and all that it needs.
const KOTLIN_WORKER: &str = "conformance/workers/kotlin/target";

/// Run the proofs over real processes as often as it takes to believe them
///
/// Races of processes of all languages on one store of each kind, kill -9 and SIGSTOP at every step and at random moments,
/// callers that give up, stores that go away, power cuts, a fleet at its cap. Needs Python, Node, Redis and Postgres, and
/// starts and builds what it needs; Kotlin takes part where there is Maven. `cargo xtask test` runs a sample of the same. A table says what was counted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask prove
  cargo xtask prove --only kills
      Only the proofs whose names contain \"kills\": race, kills, stops, cancel, away, power,
      pacing, fleet, formats, writes, reads.

Environment:
  LOOP_PROVE_SEED      the random moments of an earlier run")]
pub(crate) struct Prove {
    /// Only proofs whose names contain this
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

pub(crate) fn run(arguments: &Prove) -> ExitCode {
    let mut steps = Steps::new();
    let (python, node) = match (toolchain::python(), toolchain::node()) {
        (Ok(python), Ok(node)) => (python, node),
        (python, node) => {
            let missing = [python.err(), node.err()].into_iter().flatten();
            let lines: Vec<String> = missing.map(|each| each.to_string()).collect();
            steps.fail("Toolchains", &lines.join("\n"));
            return steps.finish();
        }
    };
    let Ok(workers) = set_up(&mut steps, &python, &node) else { return steps.finish() };
    if !steps.run(Step::new("Proofs: build", proofs(["--no-run"]))) {
        return steps.finish();
    }
    let filter = arguments.only.as_deref();
    if filter.is_none() {
        // What core's own tests sample: the model of grants, every fault under every rule, every verdict, every operation
        // interrupted at every step, and pairs of them in every order of their steps.
        let sampled = ["model", "faults", "verdicts", "steps", "orders"];
        let own = ["--lib", "--test", "it", "--"];
        let mut core = workspace::test(own.into_iter().chain(sampled));
        core.env("LOOP_PROVE", "1");
        steps.run(Step::new(format!("Core: {}", sampled.join(", ")), core));
    }
    let mut figures = Vec::new();
    // A failure has been shown and counted.
    let _ = steps.check("Proofs", || {
        let passed = prove(filter, &workers, &mut figures)?;
        ensure!(passed, "a proof failed; its output is above");
        ensure!(!figures.is_empty(), "no proof has this in its name");
        Ok(())
    });
    let width = figures.iter().map(|counted| counted.name.chars().count()).max().unwrap_or_default();
    println!("\n{:<width$}  {:>8}  Counted", "Proof", "Time");
    for Counted { name, took, figures } in &figures {
        println!("{name:<width$}  {:>8}  {figures}", duration(*took));
    }
    steps.finish()
}

/// Builds what the proofs need beside Rust; returns the commands of the workers.
fn set_up(steps: &mut Steps, python: &Path, node: &Node) -> Result<String, StepFailed> {
    setup::node_modules(steps, node, PEERS, "Proofs: another server")?;
    let venv = setup::venv(steps, python)?;
    setup::python_binding(steps, &venv)?;
    setup::node_binding(steps, node)?;
    let has_kotlin = match toolchain::maven() {
        Ok(maven) => {
            let library = setup::uniffi_library(steps)?;
            let mut package = setup::kotlin_packages(&maven, "package", &library);
            package.args(["-DskipTests", "--projects", "../conformance/workers/kotlin", "--also-make"]);
            steps.require(Step::new("Kotlin: worker", package))?;
            true
        }
        Err(missing) => {
            steps.skip("Kotlin's processes", &missing.to_string());
            false
        }
    };
    Ok(workers(&venv, node, has_kotlin))
}

fn workers(venv: &Venv, node: &Node, has_kotlin: bool) -> String {
    let both = format!("{} {PYTHON_WORKER}; {} {NODE_WORKER}", venv.python().display(), node.node.display());
    if !has_kotlin {
        return both;
    }
    let java = toolchain::java();
    format!("{both}; {} -cp {KOTLIN_WORKER}/classes:{KOTLIN_WORKER}/lib/* WorkerKt", java.display())
}

/// The proofs that need the bindings, where those are built.
pub(crate) fn languages(venv: &Venv, node: &Node, has_kotlin: bool, filter: Option<&str>) -> Command {
    let mut cargo = proofs(["--", "--ignored"].into_iter().chain(filter));
    cargo.env("LOOP_PROVE_WORKERS", workers(venv, node, has_kotlin));
    cargo
}

/// What one proof said at its end.
struct Counted {
    name: String,
    took: Duration,
    figures: String,
}

/// Runs them one by one, so that each has the machine for itself, and passes on what they say.
fn prove(filter: Option<&str>, workers: &str, figures: &mut Vec<Counted>) -> Result<bool> {
    let mut cargo = proofs(["--"]);
    cargo.args(filter).args(["--include-ignored", "--nocapture", "--test-threads", "1"]);
    cargo.env("LOOP_PROVE", "1").env("LOOP_PROVE_WORKERS", workers);
    let mut child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cargo can't be started")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut since = now();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        if let Some((name, text)) = counted(&line) {
            figures.push(Counted { name: name.to_owned(), took: since.elapsed(), figures: text.to_owned() });
            since = now();
        }
    }
    Ok(child.wait()?.success())
}

/// The name and the figures of a line that says what was counted; the test's own line may be before it.
fn counted(line: &str) -> Option<(&str, &str)> {
    let said = line.rsplit_once(" ... ").map_or(line, |(_, said)| said);
    said.strip_prefix("proof: ")?.split_once(": ")
}

/// The proofs, as cargo runs them: the default of everything else is a sample.
pub(crate) fn proofs<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    workspace::test(["--features", "loop-proofs/failpoints", "--test", "proofs"].into_iter().chain(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_on_a_line_of_their_own_and_after_the_name_of_their_test() {
        let figures = Some(("race, SQLite", "20 rounds: fine"));
        assert_eq!(counted("proof: race, SQLite: 20 rounds: fine"), figures);
        assert_eq!(counted("test race::processes ... proof: race, SQLite: 20 rounds: fine"), figures);
        assert_eq!(counted("test race::processes ... ok"), None);
        assert_eq!(counted("… race, SQLite: 10 of 20"), None);
    }
}
