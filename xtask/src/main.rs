//! Every developer command of the repository: `cargo xtask <command>`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its terminal")]

mod bench;
mod check;
mod codegen;
mod demo;
mod dist;
mod pictures;
mod prove;
mod sandbox;
mod setup;
mod step;
mod test;
mod toolchain;
mod tree;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The developer commands of Loop SDK.
///
/// From a fresh clone, `cargo xtask demo` shows what the SDK does and `cargo xtask test` tests all of it. Both set up
/// what they need by themselves; only Rust, and for the bindings Python 3.10 and Node 20 or newer, must be installed.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
#[command(after_help = "\
Start with:
  cargo xtask demo     a person's sign-in and biomarkers, in every language that this machine has
  cargo xtask test     every test
  cargo xtask prove    what the tests sample, a thousand times
  cargo xtask check    what to run before a commit")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Test(test::Test),
    Prove(prove::Prove),
    Check(check::Check),
    Codegen(codegen::Codegen),
    Bench(bench::Bench),
    Sandbox(sandbox::Sandbox),
    Dist(dist::Dist),
    Pictures(pictures::Pictures),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => Ok(test::run(&arguments)),
        Command::Prove(arguments) => Ok(prove::run(&arguments)),
        Command::Check(arguments) => Ok(check::run(&arguments)),
        Command::Codegen(arguments) => Ok(codegen::run(&arguments)),
        Command::Bench(arguments) => Ok(bench::run(&arguments)),
        Command::Sandbox(arguments) => sandbox::run(&arguments),
        Command::Dist(arguments) => dist::run(&arguments),
        Command::Pictures(arguments) => Ok(pictures::run(&arguments)),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("{failure:#}");
        ExitCode::FAILURE
    })
}
