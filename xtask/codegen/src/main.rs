//! Writes what every binding shares from core's declarations. `--check` writes nothing and fails on a difference.

#![allow(clippy::print_stdout, reason = "a command tells what it wrote")]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

mod docs;
mod expo;
mod kotlin;
mod node;
mod python;
mod python_async;
mod swift;
mod text;
mod web;

/// One generated file.
pub(crate) struct Output {
    /// From the workspace's root.
    pub(crate) path: &'static str,
    pub(crate) content: String,
}

fn main() -> Result<()> {
    let check = std::env::args().any(|argument| argument == "--check");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("no workspace root")?;
    let phones = expo::outputs().into_iter().chain(kotlin::outputs()).chain(swift::outputs());
    let languages = node::outputs().into_iter().chain(python::outputs()).chain(phones);
    let outputs = docs::outputs().into_iter().chain(languages).chain(web::outputs()?);
    let mut stale = Vec::new();
    for output in outputs {
        let path: PathBuf = root.join(output.path);
        if std::fs::read_to_string(&path).ok().as_deref() == Some(output.content.as_str()) {
            continue;
        }
        stale.push(output.path);
        if !check {
            if let Some(directory) = path.parent() {
                std::fs::create_dir_all(directory)?;
            }
            std::fs::write(&path, output.content).with_context(|| output.path.to_owned())?;
        }
    }
    if check && !stale.is_empty() {
        bail!("not up to date: {}. Run `cargo xtask codegen` and commit what it writes.", stale.join(", "));
    }
    for path in &stale {
        println!("wrote {path}");
    }
    Ok(())
}
