//! `cargo xtask pictures`: the pictures of the sandbox's pages that the README and the docs show.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::setup;
use crate::step::{Step, StepFailed, Steps};
use crate::{toolchain, workspace};

const BROWSER_TESTS: &str = "conformance/browser";
const PICTURES: &str = "docs/src/pictures";

/// Take the pictures that the docs show
///
/// Builds the sandbox, goes through its pages in Chromium as a developer and as a person, and takes a picture of each that
/// the docs show. Run it after a change of the pages, look at what changed, and commit it with the change.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask pictures
  LOOP_PICTURES=phone cargo xtask pictures target/pictures
      Every page, whole, as a phone shows it; or light, or dark.")]
pub(crate) struct Pictures {
    /// Where to put them: docs/src/pictures without it
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Pictures) -> ExitCode {
    let mut steps = Steps::new();
    // A failure has been shown and counted.
    let _ = take(&mut steps, arguments);
    steps.finish()
}

fn take(steps: &mut Steps, arguments: &Pictures) -> Result<(), StepFailed> {
    let (node, chromium) = match (toolchain::node(), toolchain::chromium()) {
        (Ok(node), Some(chromium)) => (node, chromium),
        (node, chromium) => {
            let node = node.err().map(|missing| missing.to_string());
            let chromium = chromium.is_none().then(|| toolchain::NO_CHROMIUM.to_owned());
            let missing: Vec<String> = node.into_iter().chain(chromium).collect();
            steps.fail("Toolchain of the pictures", &missing.join("\n"));
            return Err(StepFailed);
        }
    };
    let programs = setup::programs(steps)?;
    setup::node_modules(steps, &node, BROWSER_TESTS, "Browser: modules")?;
    // A folder in the arguments is the developer's, and a relative one begins where they are.
    let folder = arguments.folder.as_ref().map_or_else(
        || workspace::path(PICTURES),
        |given| std::path::absolute(given).unwrap_or_else(|_| given.clone()),
    );
    let mut pictures = workspace::command(&node.node);
    pictures.arg("pictures.mjs").arg(&folder).current_dir(workspace::path(BROWSER_TESTS));
    pictures.env("LOOP_SANDBOX", &programs.sandbox).env("LOOP_CHROMIUM", chromium);
    steps.require(Step::new("Pictures", pictures))?;
    println!("They are in {}.", folder.display());
    Ok(())
}
