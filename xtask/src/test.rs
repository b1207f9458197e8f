//! `cargo xtask test`: everything, from a clean clone.

use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Args;

use crate::bench;
use crate::dist;
use crate::prove;
use crate::setup::{self, EXPRESS_EXAMPLE, NODE_BINDING, PYTHON_BINDING, Package, Programs, Venv};
use crate::step::{Step, StepFailed, Steps};
use crate::toolchain::{self, Language, Missing, Node, Wanted};
use crate::workspace;

/// Run every test, from a clean clone on
///
/// Builds the sandbox and the bindings, sets up Python's virtual environment and Node's modules by itself (and again
/// only when what they are made from changes), then runs the tests of Rust, of Python and of Node against the sandbox,
/// made-up requests against its OpenAPI document, its pages and the web examples in a browser, and a moment of each bench. A toolchain that is missing fails by name, with how to get it, before anything is
/// built; --only leaves languages out.
///
/// Each step that fails shows its whole output and the command that runs it alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask test
  cargo xtask test --only rust,node
  cargo xtask test --only python --filter refresh
      Only the tests whose names contain \"refresh\".
  cargo xtask test --dist
      Builds the packages as users get them too, installs them in empty places, and runs the quickstart there.")]
pub(crate) struct Test {
    /// Languages to test, separated by commas; all of them without it
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LANGUAGES")]
    only: Vec<Language>,
    /// Only tests whose names contain this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Test the built packages as well, which takes minutes: release builds
    #[arg(long)]
    dist: bool,
}

/// Tests beside the packages that run by `npm test`: a title and a folder. One more suite is one more line.
const SUITES: &[(&str, &str)] = &[("Sandbox: npm wrapper", "sandbox/npm")];

/// Other projects' servers, which the tests of several languages use.
const PEERS: &str = "conformance/peers";

const SWIFT_PACKAGE: &str = "bindings-swift-kotlin/swift";
const SWIFT_EXAMPLE: &str = "examples/swift";
const EXPO_PACKAGE: &str = "bindings-swift-kotlin/expo";
const EXPO_EXAMPLE: &str = "examples/expo";
const EXPO_IOS: &str = "bindings-swift-kotlin/expo/ios";

/// The sandbox's pages and the web examples in a browser.
const BROWSER_TESTS: &str = "conformance/browser";
const BROWSER_TITLE: &str = "Browser";

const SCHEMATHESIS: &str = "conformance/schemathesis";

pub(crate) fn run(arguments: &Test) -> ExitCode {
    let wanted = Wanted::new(&arguments.only);
    let mut missing: Vec<Missing> = Vec::new();
    let python = wanted.has(Language::Python).then(toolchain::python).and_then(|found| kept(found, &mut missing));
    let node = wanted.has(Language::Node).then(toolchain::node).and_then(|found| kept(found, &mut missing));
    let maven = wanted.has(Language::Kotlin).then(toolchain::maven).and_then(|found| kept(found, &mut missing));
    let mut steps = Steps::new();
    if !missing.is_empty() {
        // Before minutes of building, not after them.
        let names: Vec<String> = missing.iter().map(|each| each.language.to_string()).collect();
        steps.fail(&format!("Toolchain of {}", names.join(" and ")), &toolchain::explain(&missing, &wanted, "test"));
        return steps.finish();
    }
    let chromium = toolchain::chromium();
    if chromium.is_none() && arguments.only.is_empty() {
        let way_out = "To go on without: cargo xtask test --only rust,python,node";
        steps.fail("Chromium", &format!("{}\n{way_out}", toolchain::NO_CHROMIUM));
        return steps.finish();
    }
    let filter = arguments.filter.as_deref();
    if wanted.has(Language::Rust) {
        rust(&mut steps, filter);
    }
    // A language that could not be set up has its failed step, and the next language is tested all the same.
    if let Ok(programs) = setup::programs(&mut steps) {
        if let (Some(python), None, true) = (&python, filter, wanted.has(Language::Rust)) {
            let _ = schemathesis(&mut steps, python, &programs);
        }
        let python = python.as_deref().and_then(|found| self::python(&mut steps, found, &programs, filter).ok());
        let node = node.filter(|found| self::node(&mut steps, found, &programs, filter).is_ok());
        let has_kotlin = maven.is_some_and(|maven| kotlin(&mut steps, &maven, &programs, filter).is_ok());
        if let (Some(python), Some(node), true) = (&python, &node, wanted.has(Language::Rust)) {
            let proofs = prove::languages(python, node, has_kotlin, filter);
            steps.run(Step::test("All languages: proofs, a sample", proofs));
        }
        if let Some(node) = node {
            for (title, directory) in SUITES {
                let modules = setup::node_modules(&mut steps, &node, directory, &format!("{title}: modules"));
                if modules.is_ok() {
                    steps.run(Step::test(*title, npm_test(&node, directory, &programs, filter)));
                }
            }
            match chromium {
                Some(chromium) => {
                    let examples = Examples { python: python.as_ref(), has_rust: wanted.has(Language::Rust) };
                    let _ = browser(&mut steps, &examples, &node, &chromium, &programs, filter);
                }
                None => steps.skip(BROWSER_TITLE, toolchain::NO_CHROMIUM),
            }
        }
        if wanted.has(Language::Expo) {
            let _ = expo(&mut steps, &programs, filter);
        }
        if wanted.has(Language::Swift) {
            let _ = swift(&mut steps, &programs);
        }
    }
    if filter.is_none() {
        // Whether each lane runs: its figures mean nothing, and nobody is shown them.
        bench::measure(&mut steps, &wanted, bench::Plan::SAMPLE);
    }
    if arguments.dist && !steps.has_failed() {
        dist::build_and_verify(&mut steps, &wanted);
    }
    steps.finish()
}

fn kept<T>(found: Result<T, Missing>, missing: &mut Vec<Missing>) -> Option<T> {
    found.map_err(|reason| missing.push(reason)).ok()
}

fn rust(steps: &mut Steps, filter: Option<&str>) {
    // One test file signs in at another project's server, and says that it is skipped where there is no Node.
    if let Ok(node) = toolchain::node() {
        // A failure has been shown and counted; the other tests still run.
        let _ = setup::node_modules(steps, &node, PEERS, "Rust: another server to test against");
    }
    if steps.run(Step::new("Rust: build", workspace::test(["--no-run"]))) {
        steps.run(Step::test("Rust: tests", workspace::test(["--no-fail-fast"].into_iter().chain(filter))));
    }
    // On their own, so that their fail points reach no other test.
    steps.run(Step::test("Rust: proofs, a sample", prove::proofs(filter)));
}

/// Made-up requests to every operation of the sandbox, and whether it answers as its OpenAPI document says.
fn schemathesis(steps: &mut Steps, python: &Path, programs: &Programs) -> Result<(), StepFailed> {
    let folder = workspace::path(SCHEMATHESIS);
    let place = workspace::scratch("schemathesis-venv");
    let venv = setup::environment(steps, python, "Schemathesis", place, &folder.join("requirements.txt"))?;
    let mut run = workspace::command(venv.python());
    run.arg(folder.join("run.py")).env("LOOP_SANDBOX", &programs.sandbox);
    steps.require(Step::test("Sandbox: schemathesis", run))
}

fn python(steps: &mut Steps, python: &Path, programs: &Programs, filter: Option<&str>) -> Result<Venv, StepFailed> {
    let venv = setup::venv(steps, python)?;
    setup::python_binding(steps, &venv)?;
    steps.run(pytest("Python: tests", &venv, PYTHON_BINDING, programs, filter));
    Ok(venv)
}

fn node(steps: &mut Steps, node: &Node, programs: &Programs, filter: Option<&str>) -> Result<(), StepFailed> {
    setup::node_binding(steps, node)?;
    setup::node_modules(steps, node, PEERS, "Node: another server to test against")?;
    steps.run(Step::test("Node: tests", npm_test(node, NODE_BINDING, programs, filter)));
    Ok(())
}

/// The TypeScript on the real core, which Node's binding lends it; its screens; the example as an app.
fn expo(steps: &mut Steps, programs: &Programs, filter: Option<&str>) -> Result<(), StepFailed> {
    let node = match toolchain::node() {
        Ok(node) => node,
        Err(missing) => {
            steps.fail("Expo", &missing.to_string());
            return Err(StepFailed);
        }
    };
    setup::node_binding(steps, &node)?;
    setup::node_modules(steps, &node, EXPO_PACKAGE, "Expo: modules")?;
    steps.require(Step::new("Expo: build", setup::npm(&node, EXPO_PACKAGE, ["run", "build"])))?;
    // It installs the package that was just built.
    setup::node_modules(steps, &node, EXPO_EXAMPLE, "Expo: the example's modules")?;
    let mut example = workspace::command(&node.node);
    example.arg("scripts/example.mjs").current_dir(workspace::path(EXPO_PACKAGE));
    steps.require(Step::new("Expo: example", example))?;
    // Its runners take no common filter.
    if filter.is_none() {
        let mut test = setup::npm(&node, EXPO_PACKAGE, ["test"]);
        test.env("LOOP_SANDBOX", &programs.sandbox).env("EXPO_NO_TELEMETRY", "1").env("EXPO_OFFLINE", "1");
        steps.run(Step::test("Expo: tests", test));
    }
    Ok(())
}

fn kotlin(steps: &mut Steps, maven: &Path, programs: &Programs, filter: Option<&str>) -> Result<(), StepFailed> {
    let library = setup::uniffi_library(steps)?;
    let mut verify = setup::kotlin_packages(maven, "verify", &library);
    if let Some(filter) = filter {
        verify.args([format!("-Dtest=*#*{filter}*").as_str(), "-Dsurefire.failIfNoSpecifiedTests=false"]);
    }
    verify.env("LOOP_SANDBOX", &programs.sandbox);
    steps.require(Step::test("Kotlin: tests, Android's part, example", verify))
}

/// Where there is no Swift, what can be read off its files is checked in its place.
fn swift(steps: &mut Steps, programs: &Programs) -> Result<(), StepFailed> {
    match toolchain::swift() {
        Ok(swift) => {
            let library = setup::uniffi_library(steps)?;
            let mut test = workspace::command(&swift);
            test.args(["test", "--package-path"]).arg(workspace::path(SWIFT_PACKAGE));
            test.env("LOOP_LIBRARY_DIR", library.parent().unwrap_or(&library)).env("LOOP_SANDBOX", &programs.sandbox);
            steps.run(Step::test("Swift: tests", test));
            let mut example = workspace::command(&swift);
            example.args(["build", "--package-path"]).arg(workspace::path(SWIFT_EXAMPLE));
            example.env("LOOP_LIBRARY_DIR", library.parent().unwrap_or(&library));
            steps.run(Step::new("Swift: example", example));
        }
        Err(missing) => {
            steps
                .skip("Swift: compiling and tests", &format!("{missing} Its sources are parsed and searched instead."));
        }
    }
    let python = match toolchain::python() {
        Ok(python) => python,
        Err(missing) => {
            steps.fail("Swift: sources", &missing.to_string());
            return Err(StepFailed);
        }
    };
    let requirements = workspace::path(setup::SWIFT_CHECKS).join("requirements.txt");
    let venv = setup::environment(steps, &python, "Swift", workspace::scratch("swift-venv"), &requirements)?;
    for (title, script, arguments) in [
        ("Swift: sources", "check.py", &[SWIFT_EXAMPLE, EXPO_IOS][..]),
        ("Swift: what the check of the sources notices", "test_check.py", &[][..]),
    ] {
        let mut check = workspace::command(venv.python());
        check.arg(workspace::path(setup::SWIFT_CHECKS).join(script)).args(arguments);
        steps.run(Step::new(title, check));
    }
    Ok(())
}

/// The languages whose web examples are ready, beside Node.
struct Examples<'a> {
    python: Option<&'a Venv>,
    has_rust: bool,
}

/// The sandbox's pages, the demo that a person clicks through, and the web examples, in a browser that Node drives.
fn browser(
    steps: &mut Steps,
    examples: &Examples<'_>,
    node: &Node,
    chromium: &Path,
    programs: &Programs,
    filter: Option<&str>,
) -> Result<(), StepFailed> {
    setup::node_modules(steps, node, EXPRESS_EXAMPLE, "Express: modules")?;
    setup::node_modules(steps, node, BROWSER_TESTS, "Browser: modules")?;
    let mut npm = npm_test(node, BROWSER_TESTS, programs, filter);
    let mut names = vec!["express"];
    npm.env("LOOP_CHROMIUM", chromium).env("LOOP_WALK", &programs.walk);
    if let Some(venv) = examples.python {
        names.push("flask");
        npm.env("LOOP_PYTHON", venv.python());
    }
    if examples.has_rust {
        names.push("axum");
        npm.env("LOOP_AXUM", setup::program(steps, setup::AXUM_EXAMPLE)?);
    }
    npm.env("LOOP_EXAMPLES", names.join(","));
    steps.require(Step::test(BROWSER_TITLE, npm))
}

fn pytest(title: &str, venv: &Venv, directory: &str, programs: &Programs, filter: Option<&str>) -> Step {
    let mut pytest = venv.module(directory, ["pytest"]);
    if let Some(filter) = filter {
        pytest.args(["-k", filter]);
    }
    pytest.env("LOOP_SANDBOX", &programs.sandbox);
    // 5 says that no test was found, which only a filter excuses.
    Step::test(title, pytest).also_fine(filter.map(|_| 5))
}

fn npm_test(node: &Node, directory: &str, programs: &Programs, filter: Option<&str>) -> Command {
    let script = Package::read(directory).ok().and_then(|package| package.script("test").map(str::to_owned));
    let filtered = filter.zip(script).and_then(|(filter, script)| with_pattern(&script, filter));
    let mut npm = match &filtered {
        Some(script) => setup::npm(node, directory, ["exec", "-c", script]),
        None => setup::npm(node, directory, ["test"]),
    };
    npm.env("LOOP_SANDBOX", &programs.sandbox);
    npm
}

/// The script with a pattern for node's test runner, which reads options only before the names of files.
fn with_pattern(script: &str, filter: &str) -> Option<String> {
    let (before, after) = script.split_once("node --test")?;
    let pattern = crate::step::quoted(filter);
    Some(format!("{before}node --test --test-name-pattern={pattern}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_reaches_nodes_test_runner_before_its_files() {
        assert_eq!(
            with_pattern("node --test test/a.test.mjs", "two words").as_deref(),
            Some("node --test --test-name-pattern='two words' test/a.test.mjs")
        );
        assert_eq!(with_pattern("vitest", "a"), None);
    }

    #[test]
    fn every_suite_is_there() {
        for (title, directory) in SUITES {
            assert!(workspace::path(directory).join("package.json").is_file(), "{title}");
        }
    }
}
