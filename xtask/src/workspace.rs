//! Where things are: the repository, the target directory, the files that git knows.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// A path below the root.
pub(crate) fn path(relative: &str) -> PathBuf {
    // Joining nothing would leave a slash at the end.
    if relative.is_empty() { root().to_owned() } else { root().join(relative) }
}

/// An environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether nobody watches: continuous integration.
pub(crate) fn is_ci() -> bool {
    variable("CI").is_some_and(|value| value != "false" && value != "0")
}

/// The one target directory that Cargo, maturin and napi share.
pub(crate) fn target_dir() -> PathBuf {
    given_target_dir().unwrap_or_else(|| path("target"))
}

fn given_target_dir() -> Option<PathBuf> {
    let given = variable("CARGO_TARGET_DIR")?;
    Some(std::path::absolute(&given).unwrap_or_else(|_| given.into()))
}

/// Where these commands keep what they make for themselves.
pub(crate) fn scratch(relative: &str) -> PathBuf {
    target_dir().join("xtask").join(relative)
}

/// A debug build of a Rust program.
pub(crate) fn built(relative: &str) -> PathBuf {
    target_dir().join("debug").join(format!("{relative}{}", std::env::consts::EXE_SUFFIX))
}

/// A program that runs at the root, in the environment that the developer has: what `cargo run` adds for xtask itself
/// would make build scripts that watch it run again.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    if let Some(directory) = given_target_dir() {
        command.env("CARGO_TARGET_DIR", directory);
    }
    command
}

/// Cargo, the same that runs xtask.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut cargo = command("cargo");
    cargo.args(arguments);
    cargo
}

/// `cargo test` over every crate but the two addons, which their languages' own tools build. What is tested and what
/// [`build`] builds has the same features, and nothing is compiled twice: name what is wanted by target, not by package.
pub(crate) fn test<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    cargo(["test"].into_iter().chain(CRATES).chain(arguments))
}

/// `cargo build` with the features of [`test`]: an example brings in those that only tests need.
pub(crate) fn build<'a>(targets: impl IntoIterator<Item = &'a str>) -> Command {
    cargo(["build"].into_iter().chain(CRATES).chain(["--example", "walk"]).chain(targets))
}

const CRATES: [&str; 5] = ["--workspace", "--exclude", "loop-sdk-python", "--exclude", "loop-sdk-node"];

/// Lets a program take this process's place where that can be, so that Ctrl-C and other signals reach it alone.
pub(crate) fn hand_over(mut command: Command) -> Result<ExitCode> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = || format!("{name} can't be started");
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        Err(command.exec()).with_context(failed)
    }
    #[cfg(not(unix))]
    {
        let status = command.status().with_context(failed)?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
    }
}

/// Every file that git tracks or would track, from the root.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let listed = command("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("git can't be started")?;
    ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
    let names = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
    let mut files: Vec<PathBuf> = names.split_terminator('\0').map(PathBuf::from).collect();
    files.retain(|file| root().join(file).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}
