//! `cargo xtask bench`: the SDK beside its peers, in one run, on one machine.

mod document;
mod lane;
mod report;
mod server;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::step::{Step, Steps};
use crate::toolchain::{self, Language, Missing, Wanted};
use crate::workspace;
use report::{Lane, Report};
use server::{Cores, Server};

/// The languages that have peers to be measured beside.
const MEASURED: [Language; 4] = [Language::Rust, Language::Python, Language::Node, Language::Kotlin];

/// Measure the SDK beside its peers
///
/// Calls per second, one after the other and 64 at a time, and what a record of a long list costs: the SDK of each
/// language beside the HTTP clients and decoders that people would use in its place. A small server answers, on one core;
/// the client has another. In each language one process measures all, in rounds in which they take turns, after a
/// warm-up; the medians count. Nothing here passes or fails by its speed.
///
/// Release builds, which take minutes the first time. Writes `report.json` and `report.md` to `target/bench`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask bench
  cargo xtask bench --only kotlin --seconds 1 --rounds 1
  cargo xtask bench --debug
      Whether everything runs: debug builds, and figures that mean nothing.
  cargo xtask bench --write-docs
      Puts the report into docs/src/speed.md as well.")]
pub(crate) struct Bench {
    /// Languages, separated by commas: rust, python, node, kotlin; all without it
    #[arg(long, value_parser = measured_language, value_delimiter = ',', value_name = "LANGUAGES")]
    only: Vec<Language>,
    /// How long each contender runs in a round: 1 without it, 0.2 with --debug
    #[arg(long, value_parser = positive, value_name = "SECONDS")]
    seconds: Option<f64>,
    /// Rounds, of which the median counts: 5 without it, 1 with --debug
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..), value_name = "COUNT")]
    rounds: Option<u32>,
    /// Measure debug builds, to see that everything runs
    #[arg(long)]
    debug: bool,
    /// Put the report into the documentation
    #[arg(long, conflicts_with_all = ["only", "debug"])]
    write_docs: bool,
}

/// How to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    is_debug: bool,
    seconds: f64,
    rounds: u32,
}

impl Plan {
    /// Long enough for figures that mean something.
    const FULL: Plan = Plan { is_debug: false, seconds: 1.0, rounds: 5 };
    /// Long enough to see that everything runs.
    pub(crate) const SAMPLE: Plan = Plan { is_debug: true, seconds: 0.2, rounds: 1 };

    fn profile(self) -> &'static str {
        if self.is_debug { "debug" } else { "release" }
    }
}

/// `--only`.
fn measured_language(name: &str) -> Result<Language, String> {
    let found = MEASURED.into_iter().find(|each| each.to_string().eq_ignore_ascii_case(name));
    found.ok_or_else(|| "it is one of rust, python, node, kotlin".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds <= 3600.0);
    seconds.ok_or_else(|| "it is a number of seconds above 0".to_owned())
}

pub(crate) fn run(arguments: &Bench) -> ExitCode {
    let base = if arguments.debug { Plan::SAMPLE } else { Plan::FULL };
    let plan = Plan {
        seconds: arguments.seconds.unwrap_or(base.seconds),
        rounds: arguments.rounds.unwrap_or(base.rounds),
        ..base
    };
    let mut steps = Steps::new();
    let report = measure(&mut steps, &Wanted::among(&MEASURED, &arguments.only), plan);
    if let Some(report) = report {
        println!("\n{}", report.table(report::has_colour()));
        // A failure has been shown and counted.
        let _ = steps.check("Report: target/bench", || write(&report));
        if arguments.write_docs && !steps.has_failed() {
            let _ = steps.check("Report: docs/src/speed.md", || document::write(&report));
        }
    }
    steps.finish()
}

/// Builds and measures. None where nothing was measured; what failed has its step.
pub(crate) fn measure(steps: &mut Steps, wanted: &Wanted, plan: Plan) -> Option<Report> {
    let wanted_here: Vec<Language> = MEASURED.into_iter().filter(|language| wanted.has(*language)).collect();
    if wanted_here.is_empty() {
        return None;
    }
    let missing: Vec<Missing> = wanted_here
        .iter()
        .filter_map(|language| match language {
            Language::Python => toolchain::python().err(),
            Language::Node => toolchain::node().err(),
            Language::Kotlin => toolchain::maven().err(),
            _ => None,
        })
        .collect();
    if !missing.is_empty() {
        // Before minutes of building, not after them.
        let names: Vec<String> = missing.iter().map(|each| each.language.to_string()).collect();
        steps.fail(&format!("Toolchain of {}", names.join(" and ")), &toolchain::explain(&missing, wanted, "bench"));
        return None;
    }
    let cores = Cores::find();
    if let Err(reason) = &cores {
        steps.skip("Cores of their own for server and client", reason);
    }
    let cores = cores.ok();
    let build = lane::cargo(plan, "loop-bench-server", &["--bin", "loop-bench-server"]);
    steps.require(Step::new("Server: build", build)).ok()?;
    // Everything is built before anything is measured: a compiler beside it would be measured too.
    let built: Vec<_> = wanted_here
        .into_iter()
        .filter_map(|language| Some((language, lane::build(steps, language, plan, cores.as_ref()).ok()?)))
        .collect();
    if built.is_empty() {
        return None;
    }
    let mut server = None;
    steps
        .check("Server: start", || {
            server = Some(Server::start(plan, cores.as_ref())?);
            Ok(())
        })
        .ok()?;
    let server = server?;
    let mut report = Report::new(plan, cores.as_ref(), &server);
    for (language, mut command) in built {
        command.arg(server.url()).args([plan.seconds.to_string(), plan.rounds.to_string()]);
        println!("… {language}: measure");
        // A failure has been shown and counted, and the next language is measured all the same.
        let _ = steps.check(&format!("{language}: measure"), || {
            // Its progress goes to the terminal by itself.
            command.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::inherit());
            let again = crate::step::in_shell(&command);
            let answer = command.output().with_context(|| format!("can't be started: {again}"))?;
            let said = String::from_utf8_lossy(&answer.stdout);
            ensure!(answer.status.success(), "{said}\n{again}\nended with {}", answer.status);
            let Some(line) = said.lines().rev().find(|line| line.starts_with('{')) else {
                bail!("{again}\nprinted no figures: {said}");
            };
            report.lanes.push(Lane::read(language, line)?);
            Ok(())
        });
    }
    report.end();
    (!report.lanes.is_empty()).then_some(report)
}

fn write(report: &Report) -> Result<()> {
    let place = workspace::target_dir().join("bench");
    fs::create_dir_all(&place)?;
    let json = serde_json::to_string_pretty(&report.to_json())?;
    fs::write(place.join("report.json"), json + "\n")?;
    Ok(fs::write(place.join("report.md"), report.markdown())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_languages_with_a_lane_and_real_lengths_of_time_are_taken() {
        assert_eq!(measured_language("Kotlin"), Ok(Language::Kotlin));
        assert!(measured_language("swift").is_err());
        assert_eq!(positive("0.2"), Ok(0.2));
        for wrong in ["0", "-1", "NaN", "inf", "a"] {
            assert!(positive(wrong).is_err(), "{wrong}");
        }
    }
}
