//! `cargo xtask codegen`: what every language shares, written from core's declarations.

use std::process::ExitCode;

use clap::Args;

use crate::step::{Step, Steps};
use crate::workspace;

/// Write methods, records, error codes and docs tables from core's declarations
///
/// Run it after changing a declaration in core/src/api or a record in core/src/model, and commit what it writes. The
/// check that nothing is out of date is part of `cargo xtask check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask codegen
  cargo xtask codegen --check")]
pub(crate) struct Codegen {
    /// Write nothing, and fail if something is out of date
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Codegen) -> ExitCode {
    let mut steps = Steps::new();
    if arguments.check {
        steps.run(check());
    } else if steps.run(Step::new("Write generated files", workspace::cargo(["run", "-p", "loop-codegen"]))) {
        steps.run(Step::new("Format", workspace::cargo(["fmt", "--all"])));
    }
    steps.finish()
}

pub(crate) fn check() -> Step {
    Step::new("Generated files", workspace::cargo(["run", "-p", "loop-codegen", "--", "--check"]))
}
