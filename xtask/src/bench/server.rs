//! The server of a measurement, and the cores that it and the clients have for themselves.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

use super::{Plan, lane};
use crate::workspace;

/// A core for the server, and another one for the client.
#[derive(Debug)]
pub(crate) struct Cores {
    taskset: PathBuf,
    pub(crate) server: usize,
    pub(crate) client: usize,
}

impl Cores {
    /// An error says why there are none.
    pub(crate) fn find() -> Result<Cores, String> {
        let taskset = which::which("taskset").map_err(|_| {
            "taskset is not on PATH (Linux has it in util-linux): server and client share all cores.".to_owned()
        })?;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
        match *allowed(list) {
            [server, client, ..] => Ok(Cores { taskset, server, client }),
            _ => Err("There are no two cores: server and client share what there is.".to_owned()),
        }
    }
}

/// The numbers of `0-2,7`.
fn allowed(list: &str) -> Vec<usize> {
    let ranges = list.trim().split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<usize>().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}

/// A program on one core, where there are cores to give.
pub(crate) fn pinned(cores: Option<&Cores>, core: impl Fn(&Cores) -> usize, program: &Path) -> Command {
    let Some(cores) = cores else { return workspace::command(program) };
    let mut taskset = workspace::command(&cores.taskset);
    taskset.args(["--cpu-list", &core(cores).to_string()]).arg(program);
    taskset
}

/// It runs until this goes.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    /// What it said of itself: the port, and what its two answers hold.
    pub(crate) said: serde_json::Value,
}

impl Server {
    pub(crate) fn start(plan: Plan, cores: Option<&Cores>) -> Result<Server> {
        let mut command = pinned(cores, |cores| cores.server, &lane::built(plan, "loop-bench-server"));
        // It ends when its input does, so it can't outlive this process.
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("can't be started")?;
        let output = process.stdout.take().context("has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let said = serde_json::from_str(&line).with_context(|| format!("The server said {line:?}"))?;
        Ok(Server { process, said })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.said["port"])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // Whether it is gone already makes no difference.
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_counted_from_the_kernels_list() {
        assert_eq!(allowed("\t0-2,7\n"), [0, 1, 2, 7]);
        assert_eq!(allowed("5"), [5]);
        assert!(allowed("").is_empty());
    }
}
