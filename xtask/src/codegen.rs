//! `cargo xtask codegen`: what every language shares, written from core's declarations.

use std::process::ExitCode;

use clap::Args;

use crate::setup;
use crate::step::{Step, Steps};
use crate::workspace;

/// Write methods, records, error codes and docs tables from core's declarations
///
/// Run it after changing a declaration in core/src/api, a record in core/src/model or what bindings-swift-kotlin/src
/// exports, and commit what it writes. The
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
        check(&mut steps);
    } else if let Ok(codegen) = setup::program(&mut steps, "loop-codegen")
        && steps.run(Step::new("Write generated files", workspace::command(codegen)))
    {
        steps.run(Step::new("Format", workspace::cargo(["fmt", "--all"])));
        native(&mut steps, &[]);
    }
    steps.finish()
}

pub(crate) fn check(steps: &mut Steps) {
    if let Ok(codegen) = setup::program(steps, "loop-codegen") {
        let mut check = workspace::command(codegen);
        check.arg("--check");
        steps.run(Step::new("Generated files", check));
    }
    native(steps, &["--check"]);
}

/// What uniffi writes is read off the built library.
fn native(steps: &mut Steps, arguments: &[&str]) {
    if let Ok(library) = setup::uniffi_library(steps)
        && let Ok(bindgen) = setup::program(steps, "loop-bindgen")
    {
        let mut bindgen = workspace::command(bindgen);
        bindgen.arg(library).args(arguments);
        steps.run(Step::new("Generated files: uniffi", bindgen));
    }
}
