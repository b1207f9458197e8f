//! `cargo xtask sandbox`: the Loop platform on this machine.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::setup;
use crate::step::Steps;
use crate::workspace;

/// Build the sandbox and keep it running until Ctrl-C
///
/// Arguments go to `loop-sandbox serve` as they are; `cargo xtask sandbox -- --help` lists them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask sandbox
  cargo xtask sandbox --port 4020 --write-env .env.loop")]
pub(crate) struct Sandbox {
    /// For `loop-sandbox serve`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Sandbox) -> Result<ExitCode> {
    let mut steps = Steps::new();
    let Ok(programs) = setup::programs(&mut steps) else {
        return Ok(ExitCode::FAILURE);
    };
    let mut serve = workspace::command(programs.sandbox);
    serve.arg("serve").args(&arguments.arguments);
    // Paths in its arguments are the developer's.
    serve.current_dir(std::env::current_dir()?);
    workspace::hand_over(serve)
}
