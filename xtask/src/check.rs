//! `cargo xtask check`: what a person runs before a commit, and CI runs the same.

use std::fs;
use std::process::ExitCode;

use clap::Args;

use crate::codegen;
use crate::setup::{self, NODE_BINDING, PYTHON_BINDING, Venv};
use crate::step::{Step, Steps};
use crate::toolchain::{self, Node};
use crate::{tree, workspace};

/// What cargo-deny says when it can't fetch the list of known vulnerabilities.
const NO_ADVISORIES: &str = "failed to fetch advisory database";

/// Check format, lints, types, generated files, licences, versions and links
///
/// It changes nothing. What of it needs Python or Node is left out, and said so, where they are missing; in CI that
/// fails. Dependencies are checked by cargo-deny, which --install builds into the target directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask check
  cargo xtask check --install
      Builds cargo-deny first if it isn't installed: two minutes, once.")]
pub(crate) struct Check {
    /// Build cargo-deny if it isn't installed
    #[arg(long)]
    install: bool,
}

pub(crate) fn run(arguments: &Check) -> ExitCode {
    let mut steps = Steps::new();
    tree(&mut steps);
    steps.run(Step::new("Rust: format", workspace::cargo(["fmt", "--all", "--check", "--", "--color", "never"])));
    clippy(&mut steps);
    codegen::check(&mut steps);
    dependencies(&mut steps, arguments.install);
    match toolchain::python() {
        Ok(python) => {
            if let Ok(venv) = setup::venv(&mut steps, &python) {
                self::python(&mut steps, &venv);
            }
        }
        Err(missing) => leave_out(&mut steps, "Python: lint and types", &missing.to_string()),
    }
    match toolchain::node() {
        Ok(node) => self::node(&mut steps, &node),
        Err(missing) => leave_out(&mut steps, "Node: types", &missing.to_string()),
    }
    steps.finish()
}

fn leave_out(steps: &mut Steps, title: &str, reason: &str) {
    if workspace::is_ci() {
        steps.fail(title, reason);
    } else {
        steps.skip(title, reason);
    }
}

/// What can be read off the files alone. Each failure has been shown, and the next check runs all the same.
fn tree(steps: &mut Steps) {
    let files = match workspace::files() {
        Ok(files) => files,
        Err(failure) => return steps.fail("Files", &format!("{failure:#}")),
    };
    let _ = steps.check("One version", || tree::versions(&files));
    let _ = steps.check("Links between documents", || tree::links(&files));
    let _ = steps.check("No paths of one machine", || tree::machine_paths(&files));
    let _ = steps.check("Every file says what it is for", || tree::first_lines(&files));
}

/// Everything at once, and core without what other crates ask of it, as a Rust app gets it.
fn clippy(steps: &mut Steps) {
    let sets: [(&str, &[&str]); 2] = [
        ("Rust: clippy", &["--workspace", "--all-targets", "--features", "loop-proofs/failpoints"]),
        ("Rust: clippy, core alone", &["-p", "loop-sdk"]),
    ];
    for (title, which) in sets {
        let arguments = ["clippy"].into_iter().chain(which.iter().copied()).chain(["--", "-D", "warnings"]);
        steps.run(Step::new(title, workspace::cargo(arguments)));
    }
}

fn dependencies(steps: &mut Steps, may_install: bool) {
    let title = "Dependencies: licences, bans, sources";
    if toolchain::cargo_deny().is_none() && may_install {
        // A debug build: it runs for two seconds, and an optimized one takes minutes more to compile.
        let mut install = workspace::cargo(["install", "cargo-deny", "--locked", "--debug", "--root"]);
        install.arg(workspace::scratch("")).env("CARGO_TARGET_DIR", workspace::scratch("cargo-deny"));
        if !steps.run(Step::new("Install cargo-deny", install)) {
            return;
        }
    }
    let Some(deny) = toolchain::cargo_deny() else {
        let remedy = "cargo-deny is missing; `cargo xtask check --install` builds it into the target directory.";
        return leave_out(steps, title, remedy);
    };
    let check = |what: &[&str]| {
        let mut command = workspace::command(&deny);
        command.arg("check").args(what);
        command
    };
    steps.run(Step::new(title, check(&["bans", "licenses", "sources"])));
    let title = "Dependencies: advisories";
    let (passed, output) = steps.ask(title, check(&["advisories"]));
    if !passed && output.contains(NO_ADVISORIES) {
        steps.skip(title, "The database of known vulnerabilities lives on GitHub, which can't be reached from here.");
    } else {
        let _ = steps.check(title, || if passed { Ok(()) } else { Err(anyhow::anyhow!(output)) });
    }
}

fn python(steps: &mut Steps, venv: &Venv) {
    if !workspace::path(PYTHON_BINDING).join("pyproject.toml").is_file() {
        return;
    }
    // From the binding's folder, whose settings name the packages that are our own.
    let others = [
        "sandbox/python",
        "examples",
        "docs",
        "conformance/workers",
        "conformance/bench/python",
        "conformance/schemathesis",
    ]
    .map(workspace::path);
    let others = others.iter().filter(|directory| directory.is_dir());
    for (title, subcommand) in [("Python: format", &["format", "--check"][..]), ("Python: lint", &["check"][..])] {
        let mut ruff = venv.module(PYTHON_BINDING, ["ruff"].into_iter().chain(subcommand.iter().copied()));
        ruff.args(["--config", "pyproject.toml", "."]).args(others.clone());
        steps.run(Step::new(title, ruff));
    }
    steps.run(Step::new("Python: types", venv.module(PYTHON_BINDING, ["mypy"])));
}

fn node(steps: &mut Steps, node: &Node) {
    let configured = workspace::path(NODE_BINDING).join("tsconfig.json");
    if fs::exists(&configured).unwrap_or(false)
        && setup::node_modules(steps, node, NODE_BINDING, "Node: modules").is_ok()
    {
        let tsc = setup::npm(node, NODE_BINDING, ["exec", "--no", "--", "tsc", "--noEmit"]);
        steps.run(Step::new("Node: types", tsc));
    }
}
