//! `cargo xtask dist`: the packages as users get them, for this machine; and the proof that they work without Cargo.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::setup::{self, NODE_BINDING, PYTHON_BINDING, Venv};
use crate::step::{Step, StepFailed, Steps};
use crate::toolchain::{self, Language, Missing, Node, Wanted};
use crate::workspace;

const SANDBOX_WHEEL: &str = "sandbox/python";
const SANDBOX_NPM: &str = "sandbox/npm";

/// Write the Python and Node packages for this machine
///
/// Release builds: wheels of loop-sdk and loop-sandbox, and npm packages of @platform/sdk and @platform/sandbox, each
/// with the package that holds its native part for this platform. Install all files of one language together; nothing
/// of ours is fetched from a registry then.
///
/// --verify installs them in empty places, where Cargo is not on PATH, and runs the quickstart there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask dist
  cargo xtask dist --only python --out wheels
  cargo xtask dist --verify

  pip install dist/*.whl && python -m loop_sdk demo
  npm install ./dist/*.tgz && npx @platform/sandbox demo")]
pub(crate) struct Dist {
    /// Languages, separated by commas: python, node; both without it
    #[arg(long, value_parser = Language::shown, value_delimiter = ',', value_name = "LANGUAGES")]
    only: Vec<Language>,
    /// Folder for the packages; older ones of ours in it are removed
    #[arg(long, value_name = "FOLDER", default_value = "dist")]
    out: PathBuf,
    /// Install what was built in empty places and run the quickstart there
    #[arg(long)]
    verify: bool,
}

pub(crate) fn run(arguments: &Dist) -> Result<ExitCode> {
    if arguments.only == [Language::Rust] {
        bail!("The Rust crates are packaged by `cargo package`; dist writes the packages of python and node.");
    }
    let mut steps = Steps::new();
    let out = std::path::absolute(&arguments.out)?;
    all(&mut steps, &Wanted::among(&Language::SHOWN, &arguments.only), &out, arguments.verify);
    Ok(steps.finish())
}

/// As a part of the tests, away from what a developer built.
pub(crate) fn build_and_verify(steps: &mut Steps, wanted: &Wanted) {
    all(steps, wanted, &workspace::scratch("dist"), true);
}

fn all(steps: &mut Steps, wanted: &Wanted, out: &Path, is_verified: bool) {
    // Each failure has been shown when it comes back here, and the other language is built all the same.
    if wanted.has(Language::Python) {
        match toolchain::python() {
            Ok(python) => {
                let _ = self::python(steps, &python, out, is_verified);
            }
            Err(missing) => fail(steps, wanted, missing),
        }
    }
    if wanted.has(Language::Node) {
        match toolchain::node() {
            Ok(node) => {
                let _ = self::node(steps, &node, out, is_verified);
            }
            Err(missing) => fail(steps, wanted, missing),
        }
    }
}

fn fail(steps: &mut Steps, wanted: &Wanted, missing: Missing) {
    let title = format!("Toolchain of {}", missing.language);
    steps.fail(&title, &toolchain::explain(&[missing], wanted, "dist"));
}

fn python(steps: &mut Steps, python: &Path, out: &Path, is_verified: bool) -> Result<(), StepFailed> {
    let venv = setup::venv(steps, python)?;
    let mut wheels = Vec::new();
    for (title, directory, name) in [
        ("Python: wheel of loop-sdk", PYTHON_BINDING, "loop_sdk-"),
        ("Python: wheel of loop-sandbox", SANDBOX_WHEEL, "loop_sandbox-"),
    ] {
        clear(steps, out, name)?;
        let mut build = venv.module(directory, ["maturin", "build", "--release", "--out"]);
        build.arg(out);
        steps.require(Step::new(title, build))?;
        wheels.extend(written(steps, out, name)?);
    }
    if is_verified { verify_python(steps, python, &wheels) } else { Ok(()) }
}

fn node(steps: &mut Steps, node: &Node, out: &Path, is_verified: bool) -> Result<(), StepFailed> {
    setup::node_modules(steps, node, NODE_BINDING, "Node: modules")?;
    let types = setup::npm(node, NODE_BINDING, ["run", "build:ts"]);
    steps.require(Step::new("Node: TypeScript", types))?;
    let native = setup::npm(node, NODE_BINDING, ["run", "build:native", "--", "--release"]);
    steps.require(Step::new("Node: native part", native))?;
    let sandbox = workspace::cargo(["build", "--release", "-p", "loop-sandbox"]);
    steps.require(Step::new("Node: sandbox", sandbox))?;

    let target = platform();
    let addon = format!("loop-sdk.{target}.node");
    let program = format!("loop-sandbox{}", std::env::consts::EXE_SUFFIX);
    let parts = [
        NativePart {
            name: format!("sdk-{target}"),
            main: Some(addon.clone()),
            from: workspace::path(NODE_BINDING).join("native").join(&addon),
            to: addon,
        },
        NativePart {
            name: format!("sandbox-{target}"),
            main: None,
            from: workspace::target_dir().join("release").join(&program),
            to: format!("bin/{program}"),
        },
    ];
    clear(steps, out, "platform-")?;
    let mut folders = vec![workspace::path(NODE_BINDING), workspace::path(SANDBOX_NPM)];
    for part in &parts {
        folders.push(workspace::scratch("npm").join(&part.name));
        steps.check(&format!("Node: files of @platform/{}", part.name), || part.lay_out())?;
    }
    for folder in folders {
        let mut pack = workspace::command(&node.npm);
        pack.args(["pack", "--pack-destination"]).arg(out).current_dir(&folder);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        steps.require(Step::new(format!("Node: pack {name}"), pack))?;
    }
    let tarballs = written(steps, out, "platform-")?;
    if is_verified { verify_node(steps, node, &tarballs) } else { Ok(()) }
}

/// A package that holds what only one platform can run.
struct NativePart {
    name: String,
    main: Option<String>,
    from: PathBuf,
    to: String,
}

impl NativePart {
    fn lay_out(&self) -> Result<()> {
        let folder = workspace::scratch("npm").join(&self.name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let to = folder.join(&self.to);
        fs::create_dir_all(to.parent().unwrap_or(&folder))?;
        fs::copy(&self.from, &to).with_context(|| self.from.display().to_string())?;
        fs::write(folder.join("package.json"), self.manifest()?)?;
        let license = workspace::path("LICENSE");
        if license.is_file() {
            fs::copy(license, folder.join("LICENSE"))?;
        }
        let whole = self.name.split('-').next().unwrap_or_default();
        let readme = format!("# @platform/{}\n\nThe native part of `@platform/{whole}`. Install that.\n", self.name);
        Ok(fs::write(folder.join("README.md"), readme)?)
    }

    fn manifest(&self) -> Result<String> {
        let (os, cpu, libc) = (node_os(), node_cpu(), node_libc());
        let mut manifest = serde_json::json!({
            "name": format!("@platform/{}", self.name),
            "version": env!("CARGO_PKG_VERSION"),
            "license": "Apache-2.0",
            "os": [os],
            "cpu": [cpu],
            "files": [self.to],
        });
        if let Some(main) = &self.main {
            manifest["main"] = main.as_str().into();
        }
        if let Some(libc) = libc {
            manifest["libc"] = serde_json::json!([if libc == "gnu" { "glibc" } else { libc }]);
        }
        Ok(serde_json::to_string_pretty(&manifest)?)
    }
}

/// This platform as Node's packages name it: `linux-x64-gnu`.
fn platform() -> String {
    let parts = [Some(node_os()), Some(node_cpu()), node_libc()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

fn node_os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    }
}

fn node_cpu() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn node_libc() -> Option<&'static str> {
    cfg!(target_os = "linux").then_some(if cfg!(target_env = "musl") { "musl" } else { "gnu" })
}

/// Removes earlier packages, so that what is there afterwards was built now.
fn clear(steps: &mut Steps, out: &Path, name: &str) -> Result<(), StepFailed> {
    let clear = || -> Result<()> {
        fs::create_dir_all(out)?;
        for file in packages(out, name)? {
            fs::remove_file(file)?;
        }
        Ok(())
    };
    clear().map_err(|failure| {
        steps.fail(&format!("Clear {}", out.display()), &format!("{failure:#}"));
        StepFailed
    })
}

fn written(steps: &mut Steps, out: &Path, name: &str) -> Result<Vec<PathBuf>, StepFailed> {
    match packages(out, name) {
        Ok(files) if !files.is_empty() => Ok(files),
        _ => {
            steps.fail(&format!("Find {name}*"), &format!("The build passed, and wrote nothing to {}.", out.display()));
            Err(StepFailed)
        }
    }
}

fn packages(out: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let is_package = path.extension().is_some_and(|extension| extension == "whl" || extension == "tgz");
        if is_package && path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn verify_python(steps: &mut Steps, python: &Path, wheels: &[PathBuf]) -> Result<(), StepFailed> {
    let place = empty_place(steps, "python")?;
    let venv = Venv::at(place.join("venv"));
    let mut create = place_command(python, &place);
    create.args(["-m", "venv", "venv"]);
    steps.require(Step::new("Python, empty place: virtual environment", create))?;
    let mut install = place_command(&venv.python(), &place);
    install.args(["-m", "pip", "install", "--disable-pip-version-check"]).args(wheels).arg("flask");
    steps.require(Step::new("Python, empty place: install", install))?;
    let mut import = place_command(&venv.python(), &place);
    import.args(["-c", "import loop_sdk, loop_sdk.flask, loop_sdk.testing"]);
    steps.run(Step::new("Python, empty place: import", import));
    let mut demo = place_command(&venv.python(), &place);
    demo.args(["-m", "loop_sdk", "demo"]);
    steps.require(Step::test("Python, empty place: python -m loop_sdk demo", demo))
}

fn verify_node(steps: &mut Steps, node: &Node, tarballs: &[PathBuf]) -> Result<(), StepFailed> {
    let place = empty_place(steps, "node")?;
    steps.check("Node, empty place: project", || {
        Ok(fs::write(place.join("package.json"), "{ \"private\": true }\n")?)
    })?;
    let mut install = place_command(&node.npm, &place);
    install.args(["install", "--no-audit", "--no-fund"]).args(tarballs).arg("express");
    steps.require(Step::new("Node, empty place: install", install))?;
    for (title, kind, script) in [
        (
            "Node, empty place: require",
            "commonjs",
            "for (const part of ['', '/express', '/testing']) require('@platform/sdk' + part); require('@platform/sandbox')",
        ),
        (
            "Node, empty place: import",
            "module",
            "for (const part of ['', '/express', '/testing']) await import('@platform/sdk' + part)",
        ),
    ] {
        let mut import = place_command(&node.node, &place);
        import.args(["--input-type", kind, "--eval", script]);
        steps.run(Step::new(title, import));
    }
    let mut demo = place_command(Path::new("npx"), &place);
    demo.args(["--no-install", "@platform/sandbox", "demo"]);
    steps.require(Step::test("Node, empty place: npx @platform/sandbox demo", demo))
}

fn empty_place(steps: &mut Steps, name: &str) -> Result<PathBuf, StepFailed> {
    let place = workspace::scratch("empty").join(name);
    let made = || -> Result<()> {
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        Ok(fs::create_dir_all(&place)?)
    };
    match made() {
        Ok(()) => Ok(place),
        Err(failure) => {
            steps.fail("Empty place", &format!("{}: {failure:#}", place.display()));
            Err(StepFailed)
        }
    }
}

/// A program as a user starts it, who has no Rust and has set nothing of ours.
fn place_command(program: &Path, place: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(place);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_ours = ["LOOP_", "CARGO", "RUST"].iter().any(|prefix| text.starts_with(prefix));
        if is_ours || ["VIRTUAL_ENV", "PYTHONPATH", "NODE_PATH", "LD_LIBRARY_PATH"].contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command.env("PATH", path_without_rust(place));
    command
}

/// PATH without Rust. A folder that holds Rust and other programs too is replaced by links to the others.
fn path_without_rust(place: &Path) -> OsString {
    let path = workspace::variable("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).enumerate().filter_map(|(index, folder)| {
        let has_rust = ["cargo", "rustc"].iter().any(|name| folder.join(name).exists());
        if has_rust { others(&folder, &place.join(format!("path-{index}"))) } else { Some(folder) }
    });
    std::env::join_paths(folders).unwrap_or_default()
}

#[cfg(unix)]
fn others(folder: &Path, links: &Path) -> Option<PathBuf> {
    fs::create_dir_all(links).ok()?;
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let name = entry.file_name();
        let is_rust =
            ["cargo", "rust", "clippy", "maturin"].iter().any(|each| name.to_string_lossy().starts_with(each));
        if !is_rust {
            // It exists from the command before.
            let _ = std::os::unix::fs::symlink(entry.path(), links.join(name));
        }
    }
    Some(links.to_owned())
}

#[cfg(not(unix))]
fn others(_folder: &Path, _links: &Path) -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cargo_is_found_in_an_empty_place_and_the_shell_is() {
        let place = std::env::temp_dir().join(format!("xtask-place-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let path = path_without_rust(&place);
        let found = |name: &str| which::which_in(name, Some(&path), &place).is_ok();
        assert!(!found("cargo") && !found("rustc"));
        assert!(cfg!(windows) || found("sh"));
        fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn a_native_part_installs_on_its_own_platform_only() {
        let part = NativePart { name: "sdk-x".to_owned(), main: None, from: PathBuf::new(), to: "a".to_owned() };
        let manifest: serde_json::Value = serde_json::from_str(&part.manifest().unwrap()).unwrap();
        assert_eq!(manifest["os"][0], node_os());
        assert_eq!(manifest["cpu"][0], node_cpu());
        assert_eq!(manifest["libc"].is_array(), cfg!(target_os = "linux"));
    }
}
