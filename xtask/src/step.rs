//! Runs one command after the other, shows that it is alive, and remembers how each ended.

use std::io::{BufRead as _, BufReader, IsTerminal as _, PipeReader, Write as _};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use crate::workspace;

/// How often a terminal is redrawn.
const TICK: Duration = Duration::from_millis(100);
/// How often a log says that something still runs.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// How long an ended command's own children may go on holding its output.
const LINGER: Duration = Duration::from_secs(2);

/// One command, and how it is shown.
#[derive(Debug)]
pub(crate) struct Step {
    title: String,
    command: Command,
    is_test: bool,
    also_fine: Option<i32>,
}

impl Step {
    pub(crate) fn new(title: impl Into<String>, command: Command) -> Step {
        Step { title: title.into(), command, is_test: false, also_fine: None }
    }

    /// A test runner: a log shows its output while it runs, because its closing lines are read there.
    pub(crate) fn test(title: impl Into<String>, command: Command) -> Step {
        Step { is_test: true, ..Step::new(title, command) }
    }

    /// An exit code other than 0 that is no failure.
    pub(crate) fn also_fine(mut self, code: Option<i32>) -> Step {
        self.also_fine = code;
        self
    }
}

/// A step failed that the rest stands on. What went wrong has been shown already.
#[derive(Debug)]
pub(crate) struct StepFailed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Passed,
    Failed,
    Skipped,
}

#[derive(Debug)]
struct Done {
    title: String,
    took: Duration,
    ending: Ending,
}

/// The steps of one command line.
#[derive(Debug)]
pub(crate) struct Steps {
    is_watched: bool,
    has_colour: bool,
    done: Vec<Done>,
}

impl Steps {
    pub(crate) fn new() -> Steps {
        let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let is_dumb = workspace::variable("TERM").is_some_and(|term| term == "dumb");
        let is_watched = is_terminal && !is_dumb && !workspace::is_ci();
        Steps { is_watched, has_colour: is_watched && workspace::variable("NO_COLOR").is_none(), done: Vec::new() }
    }

    /// Never a spinner or a colour.
    pub(crate) fn plain(mut self) -> Steps {
        self.is_watched = false;
        self.has_colour = false;
        self
    }

    /// Runs it; `true` when it passed.
    pub(crate) fn run(&mut self, mut step: Step) -> bool {
        let started = now();
        let again = in_shell(&step.command);
        let is_streamed = step.is_test && !self.is_watched;
        let line = Line::begin(&step.title, self.is_watched);
        let ran = watch(&mut step.command, &line, is_streamed);
        line.clear();
        let (passed, output, ended) = match ran {
            Ok((status, output)) => {
                let is_fine = status.success() || (status.code().is_some() && status.code() == step.also_fine);
                (is_fine, output, status.to_string())
            }
            Err(failure) => (false, Vec::new(), format!("it can't be started: {failure}")),
        };
        self.record(&step.title, started.elapsed(), if passed { Ending::Passed } else { Ending::Failed });
        if !passed {
            if !is_streamed && !output.is_empty() {
                println!("{}", self.paint(Style::new().dimmed(), "its output, whole:"));
                write_out(&output);
            }
            println!("{} ({ended}). To run it alone:\n  {again}\n", step.title);
        }
        passed
    }

    /// Runs it; an error when the rest can't go on.
    pub(crate) fn require(&mut self, step: Step) -> Result<(), StepFailed> {
        if self.run(step) { Ok(()) } else { Err(StepFailed) }
    }

    /// Runs it with its output kept: for what is decided by what a command says. Nothing is recorded.
    pub(crate) fn ask(&self, title: &str, mut command: Command) -> (bool, String) {
        let line = Line::begin(title, self.is_watched);
        let ran = watch(&mut command, &line, false);
        line.clear();
        match ran {
            Ok((status, output)) => (status.success(), String::from_utf8_lossy(&output).into_owned()),
            Err(failure) => (false, failure.to_string()),
        }
    }

    /// A step that is no command. Its error is shown line by line.
    pub(crate) fn check(&mut self, title: &str, work: impl FnOnce() -> anyhow::Result<()>) -> Result<(), StepFailed> {
        let started = now();
        let outcome = work();
        let ending = if outcome.is_ok() { Ending::Passed } else { Ending::Failed };
        self.record(title, started.elapsed(), ending);
        outcome.map_err(|failure| {
            println!("{failure:#}\n");
            StepFailed
        })
    }

    /// A step that failed before it began.
    pub(crate) fn fail(&mut self, title: &str, reason: &str) {
        self.record(title, Duration::ZERO, Ending::Failed);
        println!("{reason}\n");
    }

    /// A step that was left out, and why.
    pub(crate) fn skip(&mut self, title: &str, reason: &str) {
        self.record(title, Duration::ZERO, Ending::Skipped);
        println!("  {reason}");
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.count(Ending::Failed) > 0
    }

    /// The table, then one line with the sums as the very last.
    pub(crate) fn finish(self) -> ExitCode {
        let width = self.done.iter().map(|done| done.title.chars().count()).max().unwrap_or_default().max(4);
        println!("\n{:<width$}  {:>8}  Result", "Step", "Time");
        for done in &self.done {
            let (style, word) = look(done.ending);
            let time = if done.ending == Ending::Skipped { String::new() } else { duration(done.took) };
            println!("{:<width$}  {time:>8}  {}", done.title, self.paint(style, word));
        }
        let skipped = match self.count(Ending::Skipped) {
            0 => String::new(),
            count => format!(", {count} skipped"),
        };
        println!("\n{} passed, {} failed{skipped}", self.count(Ending::Passed), self.count(Ending::Failed));
        if self.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn record(&mut self, title: &str, took: Duration, ending: Ending) {
        let (style, word) = look(ending);
        let mark = match ending {
            Ending::Passed => "✓",
            Ending::Failed => "✗",
            Ending::Skipped => "–",
        };
        let time = match ending {
            Ending::Skipped => word.to_owned(),
            Ending::Passed => duration(took),
            Ending::Failed => format!("{word} after {}", duration(took)),
        };
        println!("{} {title} {}", self.paint(style, mark), self.paint(Style::new().dimmed(), &format!("({time})")));
        self.done.push(Done { title: title.to_owned(), took, ending });
    }

    fn count(&self, ending: Ending) -> usize {
        self.done.iter().filter(|done| done.ending == ending).count()
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.has_colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

fn look(ending: Ending) -> (Style, &'static str) {
    match ending {
        Ending::Passed => (AnsiColor::Green.on_default(), "passed"),
        Ending::Failed => (AnsiColor::Red.on_default().bold(), "FAILED"),
        Ending::Skipped => (AnsiColor::Yellow.on_default(), "skipped"),
    }
}

/// What says that a step is alive: a spinner on a terminal, a line now and then in a log.
struct Line {
    title: String,
    spinner: Option<ProgressBar>,
}

impl Line {
    fn begin(title: &str, is_watched: bool) -> Line {
        let spinner = is_watched.then(|| {
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg:.dim}") {
                spinner.set_style(style);
            }
            spinner.with_prefix(title.to_owned())
        });
        if spinner.is_none() {
            println!("… {title}");
        }
        Line { title: title.to_owned(), spinner }
    }

    fn tick(&self, latest: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(latest.to_owned());
            spinner.tick();
        }
    }

    fn beat(&self, elapsed: Duration, latest: &str) {
        if self.spinner.is_none() {
            println!("… {} has run for {}: {latest}", self.title, duration(elapsed));
        }
    }

    fn clear(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

/// Runs the command to its end. Both of its streams come back as one, in the order in which it wrote them.
fn watch(command: &mut Command, line: &Line, is_streamed: bool) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The command holds the writing end, and without letting go of it the reading end never closes.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || read_lines(reader, &sender));
    let started = now();
    let (mut output, mut latest) = (Vec::new(), String::new());
    let (mut last_beat, mut ended): (Instant, Option<(ExitStatus, Instant)>) = (started, None);
    loop {
        match lines.recv_timeout(TICK) {
            Ok(bytes) => {
                if is_streamed {
                    write_out(&bytes);
                }
                let text = String::from_utf8_lossy(&bytes);
                if !text.trim().is_empty() {
                    text.trim().clone_into(&mut latest);
                }
                output.extend(bytes);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok((child.wait()?, output)),
        }
        line.tick(&latest);
        if !is_streamed && last_beat.elapsed() >= HEARTBEAT {
            last_beat = now();
            line.beat(started.elapsed(), &latest);
        }
        match ended {
            Some((status, when)) if when.elapsed() >= LINGER => return Ok((status, output)),
            Some(_) => {}
            None => ended = child.try_wait()?.map(|status| (status, now())),
        }
    }
}

fn read_lines(reader: PipeReader, sender: &mpsc::Sender<Vec<u8>>) {
    let mut reader = BufReader::new(reader);
    loop {
        let mut bytes = Vec::new();
        match reader.read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if sender.send(bytes).is_err() {
                    return;
                }
            }
        }
    }
}

fn write_out(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    // A reader that went away is no reason to stop a build.
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// The command as a person types it.
pub(crate) fn in_shell(command: &Command) -> String {
    let mut words: Vec<String> = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={}", name.to_string_lossy(), quoted(&value?.to_string_lossy()))))
        .collect();
    words.push(quoted(&command.get_program().to_string_lossy()));
    words.extend(command.get_args().map(|argument| quoted(&argument.to_string_lossy())));
    let line = words.join(" ");
    match command.get_current_dir() {
        Some(directory) => format!("(cd {} && {line})", quoted(&directory.to_string_lossy())),
        None => line,
    }
}

/// One word of a POSIX shell.
pub(crate) fn quoted(word: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/@%+,=".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_bare) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

pub(crate) fn duration(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds >= 60 {
        format!("{}m {:02}s", seconds / 60, seconds % 60)
    } else {
        format!("{:.1}s", took.as_secs_f64())
    }
}

#[allow(clippy::disallowed_methods, reason = "how long a build takes is read from the real clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_command_is_shown_as_a_person_types_it() {
        let mut command = Command::new("python");
        command.args(["-m", "pytest", "-k", "a or b"]).env("LOOP_SANDBOX", "bin/loop-sandbox").current_dir("folder");
        assert_eq!(in_shell(&command), "(cd folder && LOOP_SANDBOX=bin/loop-sandbox python -m pytest -k 'a or b')");
    }

    #[test]
    fn quotes_survive_quoting() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn times_are_short_to_read() {
        assert_eq!(duration(Duration::from_millis(1250)), "1.2s");
        assert_eq!(duration(Duration::from_secs(125)), "2m 05s");
    }

    #[cfg(unix)]
    #[test]
    fn both_streams_come_back_in_the_order_in_which_they_were_written() {
        let line = Line::begin("order", false);
        let ran = watch(&mut shell("echo one; echo two >&2; echo three; exit 3"), &line, false);
        let (status, output) = ran.expect("sh starts");
        assert_eq!(String::from_utf8_lossy(&output), "one\ntwo\nthree\n");
        assert_eq!(status.code(), Some(3));
    }

    #[cfg(unix)]
    #[test]
    fn a_failed_step_fails_the_whole_and_an_expected_exit_code_does_not() {
        let mut steps = Steps::new().plain();
        assert!(steps.run(Step::new("expected", shell("exit 5")).also_fine(Some(5))));
        assert!(!steps.has_failed());
        assert!(!steps.run(Step::new("failing", shell("exit 5"))));
        assert!(!steps.run(Step::new("absent", Command::new("there-is-no-such-program"))));
        assert_eq!(steps.count(Ending::Failed), 2);
    }
}
