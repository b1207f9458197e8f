//! Checks that need only the files: one version, links that lead somewhere, no path of one machine, a first line each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::setup::Package;
use crate::workspace;

/// Paths that exist on one machine only. In pieces, so that this file does not hold them.
const MACHINE_PATHS: [&str; 3] = [concat!("/wor", "k/"), concat!("/roo", "t/"), concat!("/tmp/", "target")];

/// How a file of each kind may begin. Rust is told apart by its name: a `//!` documents the module.
const BEGINNINGS: &[(&str, &[&str])] = &[
    ("rs", &["//!"]),
    ("py", &["\"\"\"", "#"]),
    ("pyi", &["\"\"\"", "#"]),
    ("js", &["//", "/*"]),
    ("cjs", &["//", "/*"]),
    ("mjs", &["//", "/*"]),
    ("ts", &["//", "/*"]),
    ("mts", &["//", "/*"]),
    ("cts", &["//", "/*"]),
    ("css", &["/*"]),
    ("sh", &["#"]),
];

/// Every package has the version of the workspace.
pub(crate) fn versions(files: &[PathBuf]) -> Result<()> {
    let manifest = read(Path::new("Cargo.toml"))?;
    let expected = toml_value(&manifest, "workspace.package", "version").context("Cargo.toml names no version")?;
    let mut found: Vec<(String, String)> = own_crates(&manifest);
    for file in files {
        let shown = file.display().to_string();
        match file.file_name().and_then(|name| name.to_str()) {
            Some("Cargo.toml") if file.components().count() > 1 => {
                // `version.workspace = true` is no value of its own.
                found.extend(toml_value(&read(file)?, "package", "version").map(|version| (shown, version)));
            }
            Some("pyproject.toml") => {
                found.extend(toml_value(&read(file)?, "project", "version").map(|version| (shown, version)));
            }
            Some("package.json") => {
                let package = Package::parse(&workspace::root().join(file))?;
                if package.name().starts_with("@platform/") {
                    found.extend(package.version().map(|version| (shown.clone(), version.to_owned())));
                }
                let depends = package.own_dependencies().into_iter();
                let by_version = depends.filter(|(_, version)| !version.starts_with("file:"));
                found.extend(by_version.map(|(name, version)| (format!("{shown}: {name}"), version)));
            }
            _ => {}
        }
    }
    let wrong = found.into_iter().filter(|(_, version)| version.trim_start_matches('=') != expected);
    let wrong: Vec<String> =
        wrong.map(|(place, version)| format!("{place}: {version} instead of {expected}")).collect();
    report(&wrong)
}

/// The versions that the workspace asks of its own crates.
fn own_crates(manifest: &str) -> Vec<(String, String)> {
    let dependencies = section(manifest, "workspace.dependencies");
    dependencies
        .filter(|(_, value)| value.contains("path = "))
        .filter_map(|(name, value)| {
            let version = value.split("version = \"").nth(1)?.split('"').next()?;
            Some((format!("Cargo.toml: {name}"), version.to_owned()))
        })
        .collect()
}

/// A quoted string of a TOML file. Manifests of ours are plain enough to need no parser.
fn toml_value(text: &str, table: &str, key: &str) -> Option<String> {
    let value = section(text, table).find(|(name, _)| *name == key)?.1;
    Some(value.strip_prefix('"')?.split('"').next()?.to_owned())
}

fn section<'a>(text: &'a str, table: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    let header = format!("[{table}]");
    text.lines()
        .map(str::trim)
        .skip_while(move |line| *line != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
}

/// Every relative link of a Markdown file leads to a file or folder.
pub(crate) fn links(files: &[PathBuf]) -> Result<()> {
    let mut broken = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
        let text = read(file)?;
        for (line, target) in markdown_links(&text) {
            let base = file.parent().unwrap_or(Path::new(""));
            if !workspace::root().join(base).join(target).exists() {
                broken.push(format!("{}:{line}: nothing is at {target}", file.display()));
            }
        }
    }
    report(&broken)
}

/// The relative links outside of code, without their anchors, each with its line.
fn markdown_links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut is_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        // What stands between backticks shows a link and is none.
        for prose in line.split('`').step_by(2) {
            let inline = prose.match_indices("](").filter_map(|(at, _)| prose[at + 2..].split([')', ' ']).next());
            let definition = prose.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
            let defined = definition.and_then(|(_, target)| target.split_whitespace().next());
            links.extend(inline.chain(defined).filter_map(relative).map(|target| (index + 1, target)));
        }
    }
    links
}

fn relative(target: &str) -> Option<&str> {
    let path = target.split('#').next()?;
    let is_elsewhere = path.contains("://") || path.starts_with("mailto:") || path.is_empty();
    (!is_elsewhere).then_some(path)
}

/// No file names a folder of the machine that it was written on.
pub(crate) fn machine_paths(files: &[PathBuf]) -> Result<()> {
    let mut found = Vec::new();
    for file in files {
        // Pictures and databases hold no text.
        let Ok(text) = fs::read_to_string(workspace::root().join(file)) else { continue };
        for (index, line) in text.lines().enumerate() {
            let paths = MACHINE_PATHS.iter().filter(|path| line.contains(**path));
            found.extend(paths.map(|path| format!("{}:{}: {path}", file.display(), index + 1)));
        }
    }
    report(&found)
}

/// Every source file begins by saying what it is for.
pub(crate) fn first_lines(files: &[PathBuf]) -> Result<()> {
    let beginnings: BTreeMap<&str, &[&str]> = BEGINNINGS.iter().copied().collect();
    let mut silent = Vec::new();
    for file in files {
        let Some(allowed) = file.extension().and_then(|extension| beginnings.get(extension.to_str()?)) else {
            continue;
        };
        if !begins_with_any(&read(file)?, allowed) {
            silent.push(format!("{}: its first line must be a comment that says what it is for", file.display()));
        }
    }
    report(&silent)
}

/// Whether the first line counts, where the line that names an interpreter does not.
fn begins_with_any(text: &str, allowed: &[&str]) -> bool {
    let first = text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
    text.is_empty() || allowed.iter().any(|beginning| first.starts_with(beginning))
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(workspace::root().join(file)).with_context(|| file.display().to_string())
}

fn report(problems: &[String]) -> Result<()> {
    if problems.is_empty() { Ok(()) } else { bail!(problems.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_are_found_and_others_left_alone() {
        let text = "\
See [the docs](docs/a.md#part), [here](#here) and [there](https://example.com/x.md).
An image: ![picture](images/p.png \"title\"); `[not](a/link.md)`.
```
[code](no.md)
```
[named]: ../other.md
";
        assert_eq!(markdown_links(text), [(1, "docs/a.md"), (2, "images/p.png"), (6, "../other.md")]);
    }

    #[test]
    fn a_version_is_read_from_its_own_table() {
        let text = "[package]\nname = \"a\"\nversion = \"1.2.3\"\n\n[dependencies]\nversion = \"9\"\n";
        assert_eq!(toml_value(text, "package", "version").as_deref(), Some("1.2.3"));
        assert_eq!(toml_value(text, "project", "version"), None);
        assert_eq!(toml_value("[package]\nversion.workspace = true\n", "package", "version"), None);
    }

    #[test]
    fn the_workspaces_own_crates_are_compared() {
        let text = "[workspace.dependencies]\na = { path = \"a\", version = \"=0.1.0\" }\nb = { version = \"2\" }\n";
        assert_eq!(own_crates(text), [("Cargo.toml: a".to_owned(), "=0.1.0".to_owned())]);
    }

    #[test]
    fn a_script_may_name_its_interpreter_before_it_says_what_it_is_for() {
        assert!(begins_with_any("#!/usr/bin/env node\n// Starts it.\n", &["//"]));
        assert!(!begins_with_any("#!/usr/bin/env node\nrequire('x');\n", &["//"]));
        assert!(!begins_with_any("use std::fs;\n", &["//!"]));
    }
}
