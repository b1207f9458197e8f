//! What several commands need first: the Rust programs, a virtual environment, Node's modules, the two bindings.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow};

use crate::step::{Step, StepFailed, Steps};
use crate::toolchain::Node;
use crate::workspace;

pub(crate) const PYTHON_BINDING: &str = "bindings-python";
/// What the Swift package is checked with where there is no Swift.
pub(crate) const SWIFT_CHECKS: &str = "bindings-swift-kotlin/swift/scripts";
pub(crate) const KOTLIN_PACKAGES: &str = "bindings-swift-kotlin";
pub(crate) const NODE_BINDING: &str = "bindings-node";
pub(crate) const FLASK_EXAMPLE: &str = "examples/python-flask";
pub(crate) const EXPRESS_EXAMPLE: &str = "examples/node-express";
/// The web app in Rust.
pub(crate) const AXUM_EXAMPLE: &str = "loop-example";

/// The Rust programs that the other languages are shown and tested with.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) sandbox: PathBuf,
    /// The quickstart in Rust, as the demo walks it.
    pub(crate) walk: PathBuf,
}

pub(crate) fn programs(steps: &mut Steps) -> Result<Programs, StepFailed> {
    steps.require(Step::new("Rust: sandbox and example", workspace::build(["--bin", "loop-sandbox"])))?;
    Ok(Programs { sandbox: workspace::built("loop-sandbox"), walk: workspace::built("examples/walk") })
}

/// Any other Rust program.
pub(crate) fn program(steps: &mut Steps, name: &str) -> Result<PathBuf, StepFailed> {
    steps.require(Step::new(format!("Rust: {name}"), workspace::build(["--bin", name])))?;
    Ok(workspace::built(name))
}

/// A Python virtual environment.
#[derive(Debug)]
pub(crate) struct Venv(PathBuf);

impl Venv {
    pub(crate) fn at(directory: PathBuf) -> Venv {
        Venv(directory)
    }

    /// Where Python's programs are in it.
    pub(crate) fn programs(&self) -> PathBuf {
        self.0.join(if cfg!(windows) { "Scripts" } else { "bin" })
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.programs().join(if cfg!(windows) { "python.exe" } else { "python" })
    }

    /// `python -m …` in a directory below the root.
    pub(crate) fn module<'a>(&self, directory: &str, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut python = workspace::command(self.python());
        python.arg("-m").args(arguments).current_dir(workspace::path(directory)).env("VIRTUAL_ENV", &self.0);
        python
    }
}

/// The virtual environment of the Python binding with its tools.
pub(crate) fn venv(steps: &mut Steps, python: &Path) -> Result<Venv, StepFailed> {
    let binding = workspace::path(PYTHON_BINDING);
    environment(steps, python, "Python", binding.join(".venv"), &binding.join("requirements-dev.txt"))
}

/// Made when it is absent or its tools changed.
pub(crate) fn environment(
    steps: &mut Steps,
    python: &Path,
    of: &str,
    place: PathBuf,
    requirements: &Path,
) -> Result<Venv, StepFailed> {
    let venv = Venv(place);
    let tools = fs::read_to_string(requirements).unwrap_or_default();
    let stamp = Stamp::new(&venv.0, [OsStr::new(&tools)]);
    // The Python that it was made with may be gone.
    let works = venv.module("", ["pip", "--version"]).output().is_ok_and(|answer| answer.status.success());
    if works && stamp.is_current() {
        return Ok(venv);
    }
    if !works {
        let mut create = workspace::command(python);
        create.args(["-m", "venv", "--clear"]).arg(&venv.0);
        steps.require(Step::new(format!("{of}: virtual environment"), create))?;
    }
    let mut install = venv.module("", ["pip", "install", "--disable-pip-version-check", "-r"]);
    install.arg(requirements);
    steps.require(Step::new(format!("{of}: tools"), install))?;
    stamp.set();
    Ok(venv)
}

/// Builds the Python binding into its virtual environment.
pub(crate) fn python_binding(steps: &mut Steps, venv: &Venv) -> Result<(), StepFailed> {
    steps.require(Step::new("Python: build", venv.module(PYTHON_BINDING, ["maturin", "develop"])))
}

/// Installs what a `package.json` names, unless that has been done.
pub(crate) fn node_modules(steps: &mut Steps, node: &Node, directory: &str, title: &str) -> Result<(), StepFailed> {
    if Package::read(directory).is_ok_and(|package| !package.has_dependencies()) {
        return Ok(());
    }
    let package = workspace::path(directory);
    let modules = package.join("node_modules");
    let lock = package.join("package-lock.json");
    let inputs = [&package.join("package.json"), &lock].map(|file| fs::read_to_string(file).unwrap_or_default());
    let stamp = Stamp::new(&modules, [node.node.as_os_str(), OsStr::new(&inputs[0]), OsStr::new(&inputs[1])]);
    if stamp.is_current() {
        return Ok(());
    }
    let install = if lock.is_file() { "ci" } else { "install" };
    steps.require(Step::new(title, npm(node, directory, [install, "--no-audit", "--no-fund"])))?;
    if modules.is_dir() {
        stamp.set();
    }
    Ok(())
}

/// Builds the Node binding where it is.
pub(crate) fn node_binding(steps: &mut Steps, node: &Node) -> Result<(), StepFailed> {
    node_modules(steps, node, NODE_BINDING, "Node: modules")?;
    let scripts = Package::read(NODE_BINDING);
    let script = if scripts.as_ref().is_ok_and(|package| package.script("build:debug").is_some()) {
        "build:debug"
    } else {
        "build"
    };
    steps.require(Step::new("Node: build", npm(node, NODE_BINDING, ["run", script])))
}

/// Builds the native part of the Swift, Kotlin and Expo packages, and says where it is.
pub(crate) fn uniffi_library(steps: &mut Steps) -> Result<PathBuf, StepFailed> {
    steps.require(Step::new("Swift and Kotlin: native part", workspace::build(["--lib"])))?;
    let name = format!("{}loop_uniffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    Ok(workspace::target_dir().join("debug").join(name))
}

/// Maven with a goal for everything in Kotlin: the package, Android's part, the example, the worker of the proofs. Each part
/// takes the JAR of the same build, and nothing is installed outside of this checkout.
pub(crate) fn kotlin_packages(maven: &Path, goal: &str, library: &Path) -> Command {
    let mut mvn = workspace::command(maven);
    mvn.args(["--batch-mode", "--quiet", goal]).current_dir(workspace::path(KOTLIN_PACKAGES));
    mvn.arg(format!("-Dloop.native={}", library.parent().unwrap_or(library).display()));
    mvn
}

pub(crate) fn npm<'a>(node: &Node, directory: &str, arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut npm = workspace::command(&node.npm);
    npm.args(arguments).current_dir(workspace::path(directory));
    npm
}

/// A `package.json`.
#[derive(Debug)]
pub(crate) struct Package(serde_json::Value);

impl Package {
    pub(crate) fn read(directory: &str) -> Result<Package> {
        Package::parse(&workspace::path(directory).join("package.json"))
    }

    pub(crate) fn parse(file: &Path) -> Result<Package> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        Ok(Package(serde_json::from_str(&text).map_err(|failure| anyhow!("{}: {failure}", file.display()))?))
    }

    pub(crate) fn name(&self) -> &str {
        self.0["name"].as_str().unwrap_or_default()
    }

    pub(crate) fn version(&self) -> Option<&str> {
        self.0["version"].as_str()
    }

    pub(crate) fn script(&self, name: &str) -> Option<&str> {
        self.0["scripts"][name].as_str()
    }

    fn has_dependencies(&self) -> bool {
        ["dependencies", "devDependencies", "optionalDependencies"].iter().any(|kind| self.0[*kind].is_object())
    }

    /// Packages of ours that it asks for, with the version asked for.
    pub(crate) fn own_dependencies(&self) -> Vec<(String, String)> {
        let kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
        let all = kinds.iter().filter_map(|kind| self.0[*kind].as_object()).flatten();
        all.filter(|(name, _)| name.starts_with("@platform/"))
            .map(|(name, version)| (name.clone(), version.as_str().unwrap_or_default().to_owned()))
            .collect()
    }
}

/// Remembers, inside what an installer made, what it was made from: it goes when that goes.
struct Stamp {
    file: PathBuf,
    text: String,
}

impl Stamp {
    fn new<'a>(directory: &Path, inputs: impl IntoIterator<Item = &'a OsStr>) -> Stamp {
        let mut hasher = DefaultHasher::new();
        directory.hash(&mut hasher);
        for input in inputs {
            input.hash(&mut hasher);
        }
        Stamp { file: directory.join(".xtask-stamp"), text: format!("{:016x}", hasher.finish()) }
    }

    fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|text| text == self.text)
    }

    fn set(&self) {
        // Without the stamp the next run installs again, and nothing else is lost.
        let _ = fs::write(&self.file, &self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_current_only_for_the_inputs_that_it_was_set_for() {
        let directory = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let stamp = |input: &str| Stamp::new(&directory, [OsStr::new(input)]);
        assert!(!stamp("one").is_current());
        stamp("one").set();
        assert!(stamp("one").is_current());
        assert!(!stamp("two").is_current());
        fs::remove_dir_all(&directory).unwrap();
        assert!(!stamp("one").is_current());
    }

    #[test]
    fn only_our_own_dependencies_are_compared() {
        let json =
            r#"{"name": "a", "dependencies": {"express": "5"}, "optionalDependencies": {"@platform/b": "1.0.0"}}"#;
        let package = Package(serde_json::from_str(json).unwrap());
        assert_eq!(package.own_dependencies(), [("@platform/b".to_owned(), "1.0.0".to_owned())]);
    }
}
