//! One process of an app: a worker that does what its standard input says.

use std::collections::HashMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// An answer that takes longer will not come.
const LONGEST_ANSWER: Duration = Duration::from_secs(120);

pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    last_id: u64,
    /// Answers that came before somebody asked for them.
    early: HashMap<u64, Value>,
}

/// The worker of Rust, where a worker's command is asked for.
pub(crate) const RUST: &str = "rust";

/// A command that was sent.
#[derive(Clone, Copy)]
pub(crate) struct Asked(u64);

/// The commands that start the workers of other languages. `cargo xtask test` and `prove` build the bindings and name
/// them here, separated by `;`.
pub(crate) fn worker_commands() -> Vec<String> {
    let named = std::env::var_os("LOOP_PROVE_WORKERS").and_then(|text| text.into_string().ok()).unwrap_or_default();
    let commands: Vec<String> = named.split(';').map(|each| each.trim().to_owned()).filter(|c| !c.is_empty()).collect();
    assert!(!commands.is_empty(), "LOOP_PROVE_WORKERS names no workers: `cargo xtask prove` builds and names them");
    commands
}

/// The languages of these workers, as a text: `Python, Node and Kotlin`.
pub(crate) fn languages(workers: &[String]) -> String {
    let of = |worker: &String| match worker {
        command if command == RUST => "Rust",
        command if command.contains("worker.py") => "Python",
        command if command.contains("worker.mjs") => "Node",
        command if command.contains("WorkerKt") => "Kotlin",
        other => panic!("the worker of an unknown language: {other}"),
    };
    let names: Vec<&str> = workers.iter().map(of).collect();
    match names.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        names => names.join(""),
    }
}

impl Process {
    /// A worker of Rust with this client.
    pub(crate) async fn open(options: &Value) -> Self {
        Self::open_as(RUST, options).await
    }

    /// The same for a later time: its clock is ahead.
    pub(crate) async fn open_ahead(options: &Value, ahead: Duration) -> Self {
        let mut options = options.clone();
        options["clock_offset_seconds"] = ahead.as_secs_f64().into();
        Self::open(&options).await
    }

    /// `rust`, or a command with its arguments that runs at the root of the repository.
    pub(crate) async fn open_as(command: &str, options: &Value) -> Self {
        let mut process = Self::start(command);
        let opened = process.ask(json!({ "op": "open", "options": options })).await;
        assert_eq!(opened["ok"], true, "{command}: {opened}");
        process
    }

    fn start(command: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let own = env!("CARGO_BIN_EXE_loop-worker");
        let mut words = command.split_whitespace();
        let program = words.next().filter(|program| *program != RUST).unwrap_or(own);
        let mut child = Command::new(program)
            .args(words)
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{command} can't be started: {error}"));
        let stdin = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, lines, last_id: 0, early: HashMap::new() }
    }

    /// Sends a command; the answer is fetched later.
    pub(crate) async fn send(&mut self, mut command: Value) -> Asked {
        self.last_id += 1;
        command["id"] = self.last_id.into();
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        stdin.flush().await.unwrap();
        Asked(self.last_id)
    }

    /// The answer to a command; none where the process ended before.
    pub(crate) async fn answer(&mut self, asked: Asked) -> Option<Value> {
        loop {
            if let Some(answer) = self.early.remove(&asked.0) {
                return Some(answer);
            }
            let answer = self.line().await?;
            let id = answer["id"].as_u64().unwrap_or_else(|| panic!("an answer to nothing: {answer}"));
            self.early.insert(id, answer);
        }
    }

    async fn line(&mut self) -> Option<Value> {
        let line = tokio::time::timeout(LONGEST_ANSWER, self.lines.next_line()).await.expect("an answer in time");
        Some(serde_json::from_str(&line.unwrap()?).unwrap())
    }

    pub(crate) async fn ask(&mut self, command: Value) -> Value {
        let asked = self.send(command).await;
        self.answer(asked).await.expect("the process lives")
    }

    pub(crate) async fn access_token(&mut self, user_id: &str) -> Value {
        self.ask(json!({ "op": "access_token", "user_id": user_id })).await
    }

    pub(crate) async fn import(&mut self, user_id: &str, refresh_token: &str) {
        let command = json!({ "op": "import", "user_id": user_id, "refresh_token": refresh_token, "replace": true });
        let answer = self.ask(command).await;
        assert_eq!(answer["imported"], "imported", "{answer}");
    }

    pub(crate) async fn stop_at(&mut self, point: &str, how: &str) {
        let answer = self.ask(json!({ "op": "stop_at", "point": point, "how": how })).await;
        assert_eq!(answer["ok"], true, "{answer}");
    }

    fn pid(&self) -> Pid {
        let pid = self.child.id().expect("the process was not waited for");
        Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
    }

    /// Waits until it has stopped itself.
    pub(crate) async fn stopped(&self) {
        let pid = self.pid();
        let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let waited = tokio::task::spawn_blocking(move || waitid(WaitId::Pid(pid), options)).await.unwrap();
        assert!(waited.unwrap().is_some_and(|status| status.stopped()), "it ended, and was to stop");
    }

    pub(crate) fn go_on(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    /// Tells it to end, as whoever runs services does, and waits until it has heard.
    pub(crate) async fn tell_to_end(&mut self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
        let heard = self.line().await.expect("it lives, and has a handler");
        assert_eq!(heard["told"], "SIGTERM", "{heard}");
    }

    /// Whether it runs, as opposed to having ended by itself or by a signal.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) async fn kill(&mut self) {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
    }

    /// Waits for its end; its standard input stays open. True where it was killed, false where it ended by itself.
    pub(crate) async fn was_killed(&mut self) -> bool {
        std::os::unix::process::ExitStatusExt::signal(&self.ended().await) == Some(Signal::KILL.as_raw())
    }

    /// Waits for its end, as `was_killed` does.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(LONGEST_ANSWER, self.child.wait()).await.expect("it ends").unwrap()
    }
}
