//! Starting: the library's errors, and the command `loop-sandbox`.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use loop_sandbox::{Database, NewApp, Options, Sandbox, StartError};
use serde_json::Value;

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loop-sandbox"));
    command.env_remove("RUST_BACKTRACE").stdin(Stdio::null());
    command
}

fn port_of(sandbox: &Sandbox) -> u16 {
    sandbox.base_url().rsplit_once(':').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn a_taken_port_is_named_with_a_way_out() {
    let first = Sandbox::start(Options::default()).await.unwrap();
    let port = port_of(&first);
    let refusal = Sandbox::start(Options { port, ..Options::default() }).await.unwrap_err();
    assert!(matches!(refusal, StartError::PortTaken { port: named } if named == port));
    let output = command().args(["serve", "--port", &port.to_string()]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains(&port.to_string()) && stderr.contains("--port"), "{stderr}");
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database at all, but a text that is long enough to be looked at by SQLite").unwrap();
    for path in [folder.path().join("missing/sandbox.db"), folder.path().to_owned(), text] {
        let options = Options { database: Database::File(path.clone()), ..Options::default() };
        let refusal = Sandbox::start(options).await.unwrap_err().to_string();
        assert!(refusal.contains(&path.display().to_string()), "{refusal}");
        assert!(refusal.contains("--database"), "{refusal}");
    }
}

#[tokio::test]
async fn a_database_file_keeps_apps_and_keys_between_runs() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { database: Database::File(folder.path().join("sandbox.db")), ..Options::default() };
    let first = Sandbox::start(options()).await.unwrap();
    let app = first.register(NewApp::default()).await.unwrap();
    let keys = |sandbox: &Sandbox| reqwest::get(format!("{}/identity/.well-known/jwks.json", sandbox.base_url()));
    let before = keys(&first).await.unwrap().text().await.unwrap();
    drop(first);
    let second = Sandbox::start(options()).await.unwrap();
    assert_eq!(keys(&second).await.unwrap().text().await.unwrap(), before);
    let list = reqwest::get(format!("{}/_sandbox/clients", second.base_url())).await.unwrap();
    assert!(list.text().await.unwrap().contains(&app.client_id));
}

#[test]
fn serve_prints_one_line_of_json_and_stops_with_its_standard_input() {
    let mut child = command()
        .args(["serve", "--port", "0", "--json", "--exit-with-stdin", "--redirect-uri", "myapp://callback", "--public"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert!(line["client_id"].as_str().unwrap().starts_with("client_"));
    assert_eq!(line["client_secret"], Value::Null);
    assert_eq!(line["redirect_uri"], "myapp://callback");
    assert_eq!(line["environment"], format!("{}/{{service}}", line["base_url"].as_str().unwrap()));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(lines.next().is_none());
}

#[cfg(unix)]
#[test]
fn the_env_file_is_the_owners_alone_and_a_shell_reads_it_back() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loop.env");
    let output = command()
        .args([
            "serve",
            "--port",
            "0",
            "--exit-with-stdin",
            "--scopes",
            "read:biomarkers read:protocols",
            "--write-env",
        ])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let greeting = String::from_utf8(output.stdout).unwrap();
    assert!(!greeting.contains('\u{1b}'), "no colours into a pipe: {greeting}");
    assert!(!greeting.contains("secret_"), "{greeting}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let script = ". \"$1\" && printf '%s|%s|%s|%s|%s' \"$LOOP_ENVIRONMENT\" \"$LOOP_CLIENT_ID\" \
                  \"$LOOP_CLIENT_SECRET\" \"$LOOP_REDIRECT_URI\" \"$LOOP_SCOPES\"";
    let read = Command::new("sh").args(["-c", script, "sh"]).arg(&path).output().unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    let values: Vec<&str> = read.split('|').collect();
    assert!(values[0].ends_with("/{service}") && values[1].starts_with("client_"), "{read}");
    assert!(values[2].starts_with("secret_"));
    assert_eq!(values[3..], ["http://localhost:3000/callback", "read:biomarkers read:protocols"]);
}

#[test]
fn a_redirect_uri_that_breaks_the_rules_is_one_plain_sentence() {
    let output = command().args(["serve", "--port", "0", "--redirect-uri", "http://example.com/cb"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("http://example.com/cb"));
}

#[tokio::test]
async fn rules_can_be_set_when_the_sandbox_starts_and_a_wrong_one_is_named() {
    let mut child = command()
        .args(["serve", "--port", "0", "--json", "--exit-with-stdin"])
        .args(["--rotation", "grace:30", "--token-rate-limit", "60"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let url = format!("{}/_sandbox/switches", line["base_url"].as_str().unwrap());
    let switches: Value = serde_json::from_str(&reqwest::get(url).await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!((switches["rotation"].as_str(), switches["token_rate_limit"].as_u64()), (Some("grace:30"), Some(60)));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let wrong = command().args(["serve", "--rotation", "sometimes"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("previous_until_used"));
}

/// A folder with a program of the name that Linux opens addresses with; it writes what it was given to a pipe.
#[cfg(target_os = "linux")]
fn fake_opener(script: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("opened");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let program = folder.path().join("xdg-open");
    std::fs::write(&program, format!("#!/bin/sh\n{}\n", script.replace("PIPE", pipe.to_str().unwrap()))).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, pipe)
}

#[cfg(target_os = "linux")]
#[test]
fn open_shows_the_home_page_in_a_browser() {
    let (folder, pipe) = fake_opener("printf '%s' \"$1\" > PIPE");
    let mut child = command()
        .args(["serve", "--port", "0", "--json", "--exit-with-stdin", "--open"])
        .env("PATH", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    // Reading waits for the opener; a thread of its own, so that one that never comes fails the test.
    let (sent, opened) = std::sync::mpsc::channel();
    std::thread::spawn(move || sent.send(std::fs::read_to_string(pipe).unwrap()));
    let opened = opened.recv_timeout(std::time::Duration::from_secs(60)).expect("nothing was opened");
    assert_eq!(opened, line["base_url"].as_str().unwrap());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_browser_open_says_what_to_do_and_the_sandbox_runs() {
    let empty = tempfile::tempdir().unwrap();
    let output = command()
        .args(["serve", "--port", "0", "--exit-with-stdin", "--open"])
        .env("PATH", empty.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && stderr.contains("yourself") && stderr.lines().count() == 1, "{stderr}");
}
