//! `cargo xtask demo`: the quickstart in every language of this machine, or one of the example web apps.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::setup::{self, Programs};
use crate::step::{StepFailed, Steps, quoted};
use crate::toolchain::{self, Language, Missing, Wanted};
use crate::workspace;

const SANDBOX_PORT: u16 = 4010;
const PORTS_TO_TRY: u16 = 100;
/// How long a web app may take to answer.
const START: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(200);
const LOG_LINES: usize = 20;

/// Walk the quickstart in Rust, Python and Node, or start an example web app
///
/// Builds what it needs, starts a sandbox, and lets a small program in each language that this machine has do the six
/// steps of the quickstart: a person signs in and consents, the program gets tokens, reads biomarkers, and its token is
/// refreshed. Every step is shown with what went over the wire; the demo ends by itself, with 0 if all got through.
///
/// A language whose toolchain is missing is left out, and said so, unless --only asks for it.
///
/// With --browser it stops at the sign-in page: you choose a person and answer on the consent page, in your own browser, and
/// the program goes on with what you granted. In Rust, unless --only names others.
///
/// With --example the sandbox and that web app run side by side until Ctrl-C, and one address to open is printed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask demo
  cargo xtask demo --only rust
  cargo xtask demo --browser
      You click, where the demo would have signed Ada in by itself.
  cargo xtask demo --example flask
      Sign in with a browser, as one of the people on the sandbox's page.")]
pub(crate) struct Demo {
    /// Languages to show, separated by commas; every one that is found without it
    #[arg(long, value_parser = Language::shown, value_delimiter = ',', value_name = "LANGUAGES", conflicts_with = "example")]
    only: Vec<Language>,
    /// Stop at Loop's pages and let you click, in your browser
    #[arg(long, conflicts_with = "example")]
    browser: bool,
    /// Start this web app beside the sandbox instead
    #[arg(long, value_enum)]
    example: Option<Example>,
    /// No colours and no spinner, also on a terminal
    #[arg(long)]
    plain: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Example {
    /// examples/python-flask
    Flask,
    /// examples/node-express
    Express,
    /// examples/rust-axum
    Axum,
}

pub(crate) fn run(arguments: &Demo) -> Result<ExitCode> {
    let steps = if arguments.plain { Steps::new().plain() } else { Steps::new() };
    match arguments.example {
        Some(example) => run_example(steps, example),
        None => walk(steps, arguments),
    }
}

fn walk(mut steps: Steps, arguments: &Demo) -> Result<ExitCode> {
    // A person clicks once, not once for each language.
    let all = if arguments.browser { &Language::SHOWN[..1] } else { &Language::SHOWN[..] };
    let wanted = Wanted::among(all, &arguments.only);
    let python = wanted.has(Language::Python).then(toolchain::python).transpose();
    let node = wanted.has(Language::Node).then(toolchain::node).transpose();
    let (python, node) = match (python, node) {
        (Ok(python), Ok(node)) => (python, node),
        (python, node) if arguments.only.is_empty() => (or_say(python), or_say(node)),
        (python, node) => {
            let missing: Vec<Missing> = [python.err(), node.err()].into_iter().flatten().collect();
            bail!(toolchain::explain(&missing, &wanted, "demo"));
        }
    };
    let mut build = || -> Result<(Programs, Vec<String>), StepFailed> {
        let programs = setup::programs(&mut steps)?;
        let mut walkers = Vec::new();
        if wanted.has(Language::Rust) {
            walkers.push(format!("Rust={}", word(&programs.walk)));
        }
        if let Some(python) = &python {
            let venv = setup::venv(&mut steps, python)?;
            setup::python_binding(&mut steps, &venv)?;
            walkers.push(format!("Python={} -m loop_sdk._walk", word(&venv.python())));
        }
        if let Some(node) = &node {
            setup::node_binding(&mut steps, node)?;
            let script = workspace::path(setup::NODE_BINDING).join("lib/walk.js");
            walkers.push(format!("Node={} {}", word(&node.node), word(&script)));
        }
        Ok((programs, walkers))
    };
    let Ok((programs, walkers)) = build() else {
        return Ok(ExitCode::FAILURE);
    };
    let mut demo = workspace::command(&programs.sandbox);
    demo.arg("demo");
    for walker in walkers {
        demo.arg("--walker").arg(walker);
    }
    if arguments.plain {
        demo.arg("--plain");
    }
    if arguments.browser {
        demo.arg("--browser");
    }
    workspace::hand_over(demo)
}

fn or_say<T>(found: Result<Option<T>, Missing>) -> Option<T> {
    found.unwrap_or_else(|missing| {
        println!("Skipped {}. {missing}", missing.language);
        None
    })
}

fn word(path: &Path) -> String {
    if cfg!(windows) { format!("\"{}\"", path.display()) } else { quoted(&path.to_string_lossy()) }
}

fn run_example(mut steps: Steps, example: Example) -> Result<ExitCode> {
    let Some(prepared) = prepare(&mut steps, example)? else {
        return Ok(ExitCode::FAILURE);
    };
    let stopped = when_stopped()?;
    let (name, usual_port) = match example {
        Example::Flask => ("flask", 5000),
        Example::Express => ("express", 3000),
        Example::Axum => ("axum", 3000),
    };
    let port = free_port(usual_port, "the app")?;
    let sandbox_port = free_port(SANDBOX_PORT, "the sandbox")?;
    fs::create_dir_all(workspace::scratch(""))?;
    let env_file = workspace::scratch(&format!("demo-{name}.env"));
    let log = workspace::scratch(&format!("demo-{name}.log"));

    let mut sandbox = workspace::command(&prepared.sandbox);
    sandbox
        .args(["serve", "--json", "--exit-with-stdin", "--port", &sandbox_port.to_string()])
        .args(["--redirect-uri", &format!("http://localhost:{port}/callback"), "--write-env"])
        .arg(&env_file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut sandbox = Running(sandbox.spawn().context("the sandbox can't be started")?);
    let mut line = String::new();
    let stdout = sandbox.0.stdout.take().context("the sandbox has no standard output")?;
    BufReader::new(stdout).read_line(&mut line)?;
    if line.is_empty() {
        // It has said why on standard error.
        return Ok(ExitCode::FAILURE);
    }

    let mut app = prepared.app;
    app.env("PORT", port.to_string()).stdin(Stdio::null());
    if workspace::variable("LOOP_STORE").is_none() {
        // The sandbox forgets its people's grants when it stops, and so should the app.
        app.env("LOOP_STORE", "memory:");
    }
    let written = fs::read_to_string(&env_file).with_context(|| env_file.display().to_string())?;
    app.envs(variables(&written));
    let log_file = File::create(&log).with_context(|| log.display().to_string())?;
    app.stdout(log_file.try_clone()?).stderr(log_file);
    let mut app = Running(app.spawn().with_context(|| format!("the {name} app can't be started"))?);

    let mut waited = Duration::ZERO;
    let mut is_open = false;
    loop {
        if !is_open && answers(port) {
            is_open = true;
            println!("\nOpen http://localhost:{port}\n\nThe app's output: {}. Ctrl-C stops both.", log.display());
        }
        if stopped.recv_timeout(POLL).is_ok() {
            return Ok(ExitCode::SUCCESS);
        }
        waited += POLL;
        if let Some(status) = app.0.try_wait()? {
            bail!("the {name} app has ended by itself ({status}). The end of its output:\n{}", tail(&log));
        }
        if let Some(status) = sandbox.0.try_wait()? {
            bail!("the sandbox has ended by itself ({status})");
        }
        if !is_open && waited > START {
            bail!("the {name} app does not answer on port {port}. The end of its output:\n{}", tail(&log));
        }
    }
}

struct Prepared {
    sandbox: PathBuf,
    app: Command,
}

/// Builds the sandbox and what the app imports. `None`: a step failed, and has said so.
fn prepare(steps: &mut Steps, example: Example) -> Result<Option<Prepared>> {
    let missing = |reason: Missing| anyhow::anyhow!("{reason}");
    let app = match example {
        Example::Flask => {
            let python = toolchain::python().map_err(missing)?;
            setup::venv(steps, &python).and_then(|venv| setup::python_binding(steps, &venv).map(|()| venv)).map(
                |venv| {
                    let mut app = workspace::command(venv.python());
                    app.arg("app.py").current_dir(workspace::path(setup::FLASK_EXAMPLE));
                    app
                },
            )
        }
        Example::Express => {
            let node = toolchain::node().map_err(missing)?;
            setup::node_binding(steps, &node)
                .and_then(|()| setup::node_modules(steps, &node, setup::EXPRESS_EXAMPLE, "Express: modules"))
                .map(|()| {
                    let mut app = workspace::command(&node.node);
                    app.arg("server.mjs").current_dir(workspace::path(setup::EXPRESS_EXAMPLE));
                    app
                })
        }
        Example::Axum => setup::program(steps, setup::AXUM_EXAMPLE).map(workspace::command),
    };
    let Ok(app) = app else { return Ok(None) };
    Ok(setup::programs(steps).ok().map(|programs| Prepared { sandbox: programs.sandbox, app }))
}

/// A child that does not outlive its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Closed input is how the sandbox is told; and it, like the app, may have ended already.
        drop(self.0.stdin.take());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Hears of Ctrl-C and of the signals that end a process.
fn when_stopped() -> Result<Receiver<()>> {
    let (sender, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        // Nobody listens any more when the demo is ending already.
        let _ = sender.send(());
    })?;
    Ok(stopped)
}

/// The usual port, or the next that is free, saying so.
fn free_port(usual: u16, whose: &str) -> Result<u16> {
    let Some(port) = (usual..usual + PORTS_TO_TRY).find(|port| is_free(*port)) else {
        bail!("Ports {usual} to {} are all taken; stop what uses them.", usual + PORTS_TO_TRY - 1);
    };
    if port != usual {
        println!("Port {usual} is taken by another program, so {whose} uses {port}.");
    }
    Ok(port)
}

fn is_free(port: u16) -> bool {
    // Some systems let a second program bind a port that a first one has on every address.
    connect(port).is_none() && TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// `localhost` may mean either kind of address.
fn connect(port: u16) -> Option<TcpStream> {
    let addresses = ("localhost", port).to_socket_addrs().ok()?;
    addresses.into_iter().find_map(|address| TcpStream::connect_timeout(&address, POLL).ok())
}

/// Whether an HTTP server answers there, whatever it says.
fn answers(port: u16) -> bool {
    let Some(mut stream) = connect(port) else { return false };
    let request = format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    let mut start = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok()
        && stream.write_all(request.as_bytes()).is_ok()
        && stream.read_exact(&mut start).is_ok()
        && &start == b"HTTP/"
}

/// The variables of a file that the sandbox wrote: bare values, or single quotes where a shell needs them.
fn variables(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| {
            let bare = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(value);
            (name.to_owned(), bare.replace(r"'\''", "'"))
        })
        .collect()
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sandboxs_variables_are_read_as_a_shell_reads_them() {
        let text = "LOOP_CLIENT_ID=app_1\nLOOP_SCOPES='openid read:biomarkers'\nNAME='it'\\''s'\n";
        let expected = [("LOOP_CLIENT_ID", "app_1"), ("LOOP_SCOPES", "openid read:biomarkers"), ("NAME", "it's")];
        assert_eq!(variables(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_port_that_is_listened_on_is_passed_over() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        assert!(!is_free(taken));
        assert_ne!(free_port(taken, "the test").ok(), Some(taken));
    }
}
