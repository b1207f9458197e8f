//! A walker as a child process.

use std::io::Write;
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use super::browser::{Browser, Visitor};
use super::paint::Painter;
use super::walk::{Failure, Stage, walk};
use crate::{NewApp, RegisteredApp, Sandbox};

const TIME_LIMIT: Duration = Duration::from_secs(60);
/// How long the SDK remembers a sign-in that was begun.
const TIME_FOR_A_PERSON: Duration = Duration::from_secs(600);
const STDERR_LINES: usize = 12;
const REDIRECT_URI: &str = "http://localhost:3000/callback";
const SCOPES: &str = "openid read:biomarkers read:protocols";

/// `LABEL=COMMAND`.
#[derive(Debug, Clone)]
pub struct WalkerCommand {
    /// The language, as the demo shows it.
    pub label: String,
    /// For the shell.
    pub command: String,
}

impl FromStr for WalkerCommand {
    type Err = String;

    fn from_str(text: &str) -> Result<WalkerCommand, String> {
        match text.split_once('=') {
            Some((label, command)) if !label.trim().is_empty() && !command.trim().is_empty() => {
                Ok(WalkerCommand { label: label.trim().to_owned(), command: command.trim().to_owned() })
            }
            _ => Err("give a label and a command: Python='python3 walk.py'".to_owned()),
        }
    }
}

pub(super) async fn start_and_walk(
    sandbox: &Sandbox,
    command: &WalkerCommand,
    visitor: Visitor,
    painter: Painter,
    out: &mut impl Write,
) -> Result<(), Failure> {
    if visitor == Visitor::Ada {
        return walk_with(sandbox, command, None, painter, out).await;
    }
    let browser = Browser::listen(visitor, painter)
        .await
        .map_err(|failure| Failure::new(1, format!("No port can be listened on: {failure}.")))?;
    let outcome = walk_with(sandbox, command, Some(&browser), painter, out).await;
    browser.close().await;
    outcome
}

async fn walk_with(
    sandbox: &Sandbox,
    command: &WalkerCommand,
    browser: Option<&Browser>,
    painter: Painter,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let redirect_uri = browser.map_or(REDIRECT_URI, Browser::redirect_uri);
    let limit = browser.map_or(TIME_LIMIT, |_| TIME_LIMIT + TIME_FOR_A_PERSON);
    let app = NewApp::default().redirect_uri(redirect_uri).scopes(SCOPES).access_token_seconds(2);
    let app = sandbox.register(app).await.map_err(|failure| Failure::new(1, failure.to_string()))?;
    sandbox.clear_journal();
    let mut child = shell(sandbox, command, &app, redirect_uri)
        .spawn()
        .map_err(|failure| Failure::new(1, format!("\"{}\" can't be started: {failure}.", command.command)))?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Failure::new(1, "The walker's standard streams can't be reached.".to_owned()));
    };
    let tail = tokio::spawn(tail_of(stderr));
    let stage = Stage { sandbox, app: &app, redirect_uri, painter, browser };
    let walked = async {
        walk(&stage, BufReader::new(stdout), stdin, out).await?;
        ended_well(&mut child).await
    };
    let outcome = tokio::time::timeout(limit, walked)
        .await
        .unwrap_or_else(|_| Err(Failure::new(0, format!("It was not through after {} seconds.", limit.as_secs()))));
    let Err(mut failure) = outcome else {
        return Ok(());
    };
    // A moment to end by itself, now that its input is closed: a crash then shows its own words.
    let status = tokio::time::timeout(Duration::from_secs(1), child.wait()).await;
    if let Ok(Ok(status)) = status {
        if !status.success() {
            failure.sentence = format!("{} The walker ended with {status}.", failure.sentence);
        }
    } else {
        // It may have ended in this very moment.
        let _ = child.kill().await;
    }
    // A grandchild may hold the stream open for ever.
    if let Ok(Ok(lines)) = tokio::time::timeout(Duration::from_secs(1), tail).await {
        failure.stderr = lines;
    }
    Err(failure)
}

async fn ended_well(child: &mut Child) -> Result<(), Failure> {
    let status = child.wait().await.map_err(|failure| Failure::new(6, format!("The walker is lost: {failure}.")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(6, "It did all six steps and failed after them.".to_owned()))
    }
}

fn shell(sandbox: &Sandbox, command: &WalkerCommand, app: &RegisteredApp, redirect_uri: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(program);
    shell
        .arg(flag)
        .arg(&command.command)
        .env("LOOP_ENVIRONMENT", sandbox.environment())
        .env("LOOP_CLIENT_ID", &app.client_id)
        .env("LOOP_CLIENT_SECRET", app.client_secret.as_deref().unwrap_or_default())
        .env("LOOP_REDIRECT_URI", redirect_uri)
        .env("LOOP_SCOPES", SCOPES)
        .env("LOOP_STORE", "memory:")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    shell
}

async fn tail_of(stream: impl AsyncRead + Unpin) -> Vec<String> {
    let mut lines = BufReader::new(stream).lines();
    let mut tail = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if tail.len() == STDERR_LINES {
            tail.remove(0);
        }
        tail.push(line);
    }
    tail
}
