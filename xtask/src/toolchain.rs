//! Finds the languages' own tools, and says what is missing and how to get it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

const OLDEST_PYTHON: Version = Version(3, 10, 0);
const OLDEST_NODE: Version = Version(20, 0, 0);
const OLDEST_JAVA: Version = Version(17, 0, 0);
const OLDEST_SWIFT: Version = Version(6, 0, 0);

/// The ways to call a new enough Python, the plain name first: it is the one that the developer chose.
const PYTHONS: [&str; 7] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/// What `--only` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
    Python,
    Node,
    Kotlin,
    Swift,
    Expo,
}

impl Language {
    /// Those that have packages to build, and a quickstart that the demo walks.
    pub(crate) const SHOWN: [Language; 3] = [Language::Rust, Language::Python, Language::Node];

    /// `--only` of the commands that know these alone.
    pub(crate) fn shown(name: &str) -> Result<Language, String> {
        let found = Language::SHOWN.into_iter().find(|each| each.to_string().eq_ignore_ascii_case(name));
        found.ok_or_else(|| "it is one of rust, python, node".to_owned())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Language::Rust => "Rust",
            Language::Python => "Python",
            Language::Node => "Node",
            Language::Kotlin => "Kotlin",
            Language::Swift => "Swift",
            Language::Expo => "Expo",
        })
    }
}

/// Every language that was asked for: all of them when none was named.
#[derive(Debug)]
pub(crate) struct Wanted(Vec<Language>);

impl Wanted {
    pub(crate) fn new(only: &[Language]) -> Wanted {
        Wanted::among(Language::value_variants(), only)
    }

    pub(crate) fn among(all: &[Language], only: &[Language]) -> Wanted {
        Wanted(if only.is_empty() { all } else { only }.to_vec())
    }

    pub(crate) fn has(&self, language: Language) -> bool {
        self.0.contains(&language)
    }

    /// The value for `--only` that leaves these languages out.
    fn without(&self, left_out: &[Language]) -> String {
        let names: Vec<String> =
            self.0.iter().filter(|each| !left_out.contains(each)).map(|each| each.to_string().to_lowercase()).collect();
        names.join(",")
    }
}

/// A language that can't be used on this machine.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) language: Language,
    problem: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remedy = match self.language {
            Language::Rust => "Install Rust with rustup, see https://rustup.rs.",
            Language::Python => {
                "Install Python 3.10 or newer with venv: `apt-get install python3 python3-venv` on Debian and Ubuntu, \
                 `brew install python` on macOS, or https://www.python.org/downloads/."
            }
            Language::Node => {
                "Install Node 20 or newer with npm: `brew install node` on macOS, or https://nodejs.org/en/download \
                 (Debian 12's own package is too old)."
            }
            Language::Kotlin => {
                "Install a JDK of version 17 or newer, and Maven: `apt-get install openjdk-17-jdk-headless maven` on Debian \
                 and Ubuntu, `brew install openjdk maven` on macOS. Kotlin itself comes with the build."
            }
            Language::Swift => "Install Swift 6 or newer, see https://www.swift.org/install.",
            Language::Expo => "Expo is tested with Node 20 or newer and npm, see https://nodejs.org/en/download.",
        };
        write!(formatter, "{} is missing: {} {remedy}", self.language, self.problem)
    }
}

/// What a command says when it can't go on without these.
pub(crate) fn explain(missing: &[Missing], wanted: &Wanted, command: &str) -> String {
    let mut lines: Vec<String> = missing.iter().map(Missing::to_string).collect();
    let left_out: Vec<Language> = missing.iter().map(|each| each.language).collect();
    let rest = wanted.without(&left_out);
    if !rest.is_empty() {
        lines.push(format!("To go on without: cargo xtask {command} --only {rest}"));
    }
    lines.join("\n")
}

/// A version as programs print it: `Python 3.11.7`, `v20.20.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32, u32);

impl Version {
    fn parse(text: &str) -> Option<Version> {
        let start = text.find(|character: char| character.is_ascii_digit())?;
        let mut numbers = text[start..].split('.').map(|part| {
            let end = part.find(|character: char| !character.is_ascii_digit()).unwrap_or(part.len());
            part[..end].parse().ok()
        });
        let major = numbers.next()??;
        Some(Version(major, numbers.next().flatten().unwrap_or(0), numbers.next().flatten().unwrap_or(0)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Node and its npm.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) node: PathBuf,
    pub(crate) npm: PathBuf,
}

/// A Python that can make virtual environments.
pub(crate) fn python() -> Result<PathBuf, Missing> {
    let mut problem = "there is no python3 on PATH.".to_owned();
    for name in PYTHONS {
        let Some(path) = find(name) else { continue };
        // ensurepip is what Debian leaves out of its python3 package, and what venv can't do without.
        let probe = "import sys; print(*sys.version_info[:3], sep='.'); import venv, ensurepip";
        let Some((version, works)) = ask(&path, &["-c", probe]) else { continue };
        if version < OLDEST_PYTHON {
            problem = format!("{name} is {version}, and 3.10 is the oldest that works.");
        } else if !works {
            problem = format!("{name} {version} has no venv.");
        } else {
            return Ok(path);
        }
    }
    Err(Missing { language: Language::Python, problem })
}

/// A new enough Node with npm.
pub(crate) fn node() -> Result<Node, Missing> {
    let missing = |problem: String| Missing { language: Language::Node, problem };
    let Some(node) = find("node") else {
        return Err(missing("there is no node on PATH.".to_owned()));
    };
    match ask(&node, &["--version"]) {
        Some((version, true)) if version >= OLDEST_NODE => {}
        Some((version, _)) => return Err(missing(format!("node is {version}, and 20 is the oldest that works."))),
        None => return Err(missing("node does not start.".to_owned())),
    }
    match find("npm") {
        Some(npm) => Ok(Node { node, npm }),
        None => Err(missing("there is no npm on PATH.".to_owned())),
    }
}

/// Maven, which brings Kotlin, beside a new enough JDK.
pub(crate) fn maven() -> Result<PathBuf, Missing> {
    let missing = |problem: String| Missing { language: Language::Kotlin, problem };
    let Some(maven) = find("mvn") else { return Err(missing("there is no mvn on PATH.".to_owned())) };
    // Maven takes the JDK of JAVA_HOME, else of PATH.
    let home = crate::workspace::variable("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/javac"));
    let Some(javac) = home.filter(|javac| javac.is_file()).or_else(|| find("javac")) else {
        return Err(missing("there is no javac on PATH or in JAVA_HOME.".to_owned()));
    };
    match ask(&javac, &["-version"]) {
        Some((version, true)) if version >= OLDEST_JAVA => Ok(maven),
        Some((version, _)) => Err(missing(format!("the JDK is {version}, and 17 is the oldest that works."))),
        None => Err(missing("javac does not start.".to_owned())),
    }
}

/// The Java of the JDK that Maven takes.
pub(crate) fn java() -> PathBuf {
    let home = crate::workspace::variable("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    home.filter(|java| java.is_file()).unwrap_or_else(|| "java".into())
}

/// A new enough Swift.
pub(crate) fn swift() -> Result<PathBuf, Missing> {
    let missing = |problem: String| Missing { language: Language::Swift, problem };
    let Some(swift) = find("swift") else { return Err(missing("there is no swift on PATH.".to_owned())) };
    match ask(&swift, &["--version"]) {
        Some((version, true)) if version >= OLDEST_SWIFT => Ok(swift),
        Some((version, _)) => Err(missing(format!("swift is {version}, and 6 is the oldest that works."))),
        None => Err(missing("swift does not start.".to_owned())),
    }
}

pub(crate) const NO_CHROMIUM: &str = "Chromium is missing, in which the web examples are tested: `apt-get install chromium` on Debian, any \
     Chrome or Chromium on PATH elsewhere, or its path in LOOP_CHROMIUM.";

/// A browser of Chromium's kind.
pub(crate) fn chromium() -> Option<PathBuf> {
    let given = crate::workspace::variable("LOOP_CHROMIUM").map(PathBuf::from);
    let of_macos = PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    given.or_else(|| names.into_iter().find_map(find)).or_else(|| of_macos.is_file().then_some(of_macos))
}

/// Cargo's supplementary program of this name: on PATH, or installed by [`crate::check`].
pub(crate) fn cargo_deny() -> Option<PathBuf> {
    let own = crate::workspace::scratch("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if own.is_file() { Some(own) } else { find("cargo-deny") }
}

fn find(name: &str) -> Option<PathBuf> {
    which::which(name).ok()
}

/// The version that a program prints, and whether it exited with 0. A pyenv shim exists and fails.
fn ask(program: &Path, arguments: &[&str]) -> Option<(Version, bool)> {
    let answer = Command::new(program).args(arguments).output().ok()?;
    Some((Version::parse(&String::from_utf8_lossy(&answer.stdout))?, answer.status.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_print() {
        assert_eq!(Version::parse("v20.20.2\n"), Some(Version(20, 20, 2)));
        assert_eq!(Version::parse("Python 3.15.0rc1"), Some(Version(3, 15, 0)));
        assert_eq!(Version::parse("3.9"), Some(Version(3, 9, 0)));
        assert_eq!(Version::parse("pyenv: command not found"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(Version(3, 9, 18) < OLDEST_PYTHON);
        assert!(Version(3, 10, 0) >= OLDEST_PYTHON);
        assert!(Version(18, 20, 0) < OLDEST_NODE);
        assert!(Version(100, 0, 0) > OLDEST_NODE);
    }

    #[test]
    fn a_missing_toolchain_is_named_with_how_to_get_it_and_how_to_go_on_without() {
        let missing = Missing { language: Language::Node, problem: "there is no node on PATH.".to_owned() };
        let text = explain(&[missing], &Wanted::new(&[]), "test");
        assert!(text.starts_with("Node is missing: there is no node on PATH. Install Node 20 or newer"), "{text}");
        assert!(text.ends_with("cargo xtask test --only rust,python,kotlin,swift,expo"), "{text}");
    }

    #[test]
    fn no_way_on_is_offered_when_nothing_would_be_left() {
        let missing = Missing { language: Language::Node, problem: String::new() };
        assert!(!explain(&[missing], &Wanted::new(&[Language::Node]), "test").contains("--only"));
    }
}
