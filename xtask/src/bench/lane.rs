//! Builds the program that measures a language, and says how it is started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};

use super::Plan;
use super::server::{Cores, pinned};
use crate::setup::{self, NODE_BINDING, PYTHON_BINDING};
use crate::step::{Step, StepFailed, Steps};
use crate::toolchain::{self, Language};
use crate::workspace;

const KOTLIN_LANE: &str = "conformance/bench/kotlin";
const KOTLIN_PACKAGE: &str = "bindings-swift-kotlin/kotlin";
const NODE_LANE: &str = "conformance/bench/node";
const PYTHON_LANE: &str = "conformance/bench/python";

/// The command that measures; it takes the server's URL, the seconds and the rounds.
pub(crate) fn build(
    steps: &mut Steps,
    language: Language,
    plan: Plan,
    cores: Option<&Cores>,
) -> Result<Command, StepFailed> {
    let client = |program: &Path| pinned(cores, |cores| cores.client, program);
    match language {
        Language::Rust => rust(steps, plan, client),
        Language::Python => python(steps, plan, client),
        Language::Node => node(steps, plan, client),
        Language::Kotlin => kotlin(steps, plan, client),
        other => {
            steps.fail(&format!("{other}: measure"), "Nothing measures it.");
            Err(StepFailed)
        }
    }
}

/// Builds a package as people get it, where it is measured; as the tests build it where it is only tried.
pub(crate) fn cargo(plan: Plan, package: &str, targets: &[&str]) -> Command {
    if plan.is_debug {
        return workspace::build(targets.iter().copied());
    }
    workspace::cargo(["build", "--release", "-p", package])
}

pub(crate) fn built(plan: Plan, program: &str) -> PathBuf {
    directory(plan).join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

fn directory(plan: Plan) -> PathBuf {
    workspace::target_dir().join(plan.profile())
}

fn rust(steps: &mut Steps, plan: Plan, client: impl Fn(&Path) -> Command) -> Result<Command, StepFailed> {
    steps.require(Step::new("Rust: build", cargo(plan, "loop-bench-rust", &["--bin", "loop-bench-rust"])))?;
    Ok(client(&built(plan, "loop-bench-rust")))
}

/// The wheel as users get it, in a virtual environment of its own: the developer's keeps what was built there.
fn python(steps: &mut Steps, plan: Plan, client: impl Fn(&Path) -> Command) -> Result<Command, StepFailed> {
    let python = found(steps, toolchain::python())?;
    let tools = setup::venv(steps, &python)?;
    let wheels = workspace::target_dir().join("bench").join("wheels");
    // An older one would be found in place of what is built now.
    let _ = fs::remove_dir_all(&wheels);
    let mut build = tools.module(PYTHON_BINDING, ["maturin", "build", "--out"]);
    build.arg(&wheels);
    if !plan.is_debug {
        build.arg("--release");
    }
    steps.require(Step::new("Python: build", build))?;
    let requirements = workspace::path(PYTHON_LANE).join("requirements.txt");
    let place = workspace::scratch("bench-venv");
    let venv = setup::environment(steps, &python, "Python, peers", place, &requirements)?;
    let mut install = venv.module("", ["pip", "install", "--disable-pip-version-check", "--force-reinstall"]);
    install.args(["--no-deps", "--no-index", "--find-links"]).arg(&wheels).arg("loop-sdk");
    steps.require(Step::new("Python: install", install))?;
    let mut measure = client(&venv.python());
    measure.arg(workspace::path(PYTHON_LANE).join("bench.py"));
    Ok(measure)
}

fn node(steps: &mut Steps, plan: Plan, client: impl Fn(&Path) -> Command) -> Result<Command, StepFailed> {
    let node = found(steps, toolchain::node())?;
    setup::node_modules(steps, &node, NODE_BINDING, "Node: modules")?;
    steps.require(Step::new("Node: TypeScript", setup::npm(&node, NODE_BINDING, ["run", "build:ts"])))?;
    let mut build = setup::npm(&node, NODE_BINDING, ["run", "build:native"]);
    if !plan.is_debug {
        build.args(["--", "--release"]);
    }
    steps.require(Step::new("Node: build", build))?;
    setup::node_modules(steps, &node, NODE_LANE, "Node: peers")?;
    let mut measure = client(&node.node);
    measure.arg(workspace::path(NODE_LANE).join("bench.mjs"));
    Ok(measure)
}

fn kotlin(steps: &mut Steps, plan: Plan, client: impl Fn(&Path) -> Command) -> Result<Command, StepFailed> {
    let maven = found(steps, toolchain::maven())?;
    steps.require(Step::new("Kotlin: native part", cargo(plan, "loop-sdk-uniffi", &["--lib"])))?;
    let target = workspace::path(KOTLIN_LANE).join("lane/target");
    // Maven writes the JAR at every build, and the class path only when it changes.
    let (jar, classpath) = (target.join("bench.jar"), target.join("classpath"));
    if !is_newer(&jar, &[KOTLIN_LANE, KOTLIN_PACKAGE]) {
        package(steps, &maven)?;
    }
    let mut parts = Vec::new();
    steps.check("Kotlin: class path", || {
        let text = fs::read_to_string(&classpath).with_context(|| classpath.display().to_string())?;
        parts.extend(std::env::split_paths(text.trim()));
        parts.push(jar.clone());
        if let Some(gone) = parts.iter().find(|part| !part.exists()) {
            // Without the JAR the next run builds both anew.
            let _ = fs::remove_file(&jar);
            bail!("{} is gone; run it again.", gone.display());
        }
        Ok(())
    })?;
    let home = workspace::variable("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    let java = home.filter(|java| java.is_file()).unwrap_or_else(|| PathBuf::from("java"));
    let mut measure = client(&java);
    // JNA looks there first. The JAR may carry the debug build that the tests made.
    measure.arg(format!("-Djna.library.path={}", directory(plan).display()));
    measure.arg("-cp").arg(std::env::join_paths(parts).unwrap_or_default()).arg("health.loop.bench.MainKt");
    Ok(measure)
}

/// Builds the SDK's JAR and the lane's classes: without the network where everything has been fetched before.
fn package(steps: &mut Steps, maven: &Path) -> Result<(), StepFailed> {
    let package = || {
        let mut mvn = workspace::command(maven);
        mvn.args(["--batch-mode", "--quiet", "package", "-DskipTests"]).current_dir(workspace::path(KOTLIN_LANE));
        // Nowhere: a release build that the JAR carried would be newer than the tests' own, and stay in their JAR.
        mvn.arg(format!("-Dloop.native={}", workspace::scratch("no-native").display()));
        mvn
    };
    let mut offline = package();
    offline.arg("--offline");
    let (passed, _) = steps.ask("Kotlin: build", offline);
    if passed { Ok(()) } else { steps.require(Step::new("Kotlin: build", package())) }
}

/// Whether a file was written after each source in these folders.
fn is_newer(file: &Path, folders: &[&str]) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let (Some(written), Ok(files)) = (changed(file), workspace::files()) else { return false };
    let sources = files.iter().filter(|source| folders.iter().any(|folder| source.starts_with(folder)));
    let newest: Option<SystemTime> = sources.filter_map(|source| changed(&workspace::root().join(source))).max();
    newest.is_some_and(|newest| newest < written)
}

fn found<T>(steps: &mut Steps, tool: Result<T, toolchain::Missing>) -> Result<T, StepFailed> {
    tool.map_err(|missing| {
        steps.fail(&format!("Toolchain of {}", missing.language), &missing.to_string());
        StepFailed
    })
}
