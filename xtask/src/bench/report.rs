//! What was measured: read from the lanes, and shown as a table, as Markdown and as JSON.

use std::fmt::Write as _;
use std::fs;
use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::Plan;
use super::server::{Cores, Server};
use crate::toolchain::Language;
use crate::workspace;

/// How each lane names the SDK, with or without more.
const OURS: &str = "Loop SDK";

/// All of a run.
#[derive(Debug)]
pub(crate) struct Report {
    /// Where and how it was measured: names and values.
    facts: Vec<(&'static str, String)>,
    load_before: String,
    pub(crate) lanes: Vec<Lane>,
}

/// One language.
#[derive(Debug)]
pub(crate) struct Lane {
    language: Language,
    runtime: String,
    measures: Vec<Measure>,
}

/// What all contenders were measured doing.
#[derive(Debug)]
struct Measure {
    name: String,
    unit: String,
    results: Vec<Contender>,
}

#[derive(Debug)]
struct Contender {
    name: String,
    /// One figure of each round, the smallest first.
    rounds: Vec<f64>,
}

impl Report {
    pub(crate) fn new(plan: Plan, cores: Option<&Cores>, server: &Server) -> Report {
        let pinning = match cores {
            Some(cores) => format!("server on core {}, client on core {}", cores.server, cores.client),
            None => "server and client share all cores".to_owned(),
        };
        let list =
            |name: &str| format!("{} records in {} bytes", server.said[name]["records"], server.said[name]["bytes"]);
        let facts = vec![
            ("Date", jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()),
            ("Loop SDK", format!("{}, commit {}", env!("CARGO_PKG_VERSION"), commit())),
            ("Machine", machine()),
            ("Cores", pinning),
            ("Build", plan.profile().to_owned()),
            ("Rounds", format!("{} of {} s for each contender, after a warm-up", plan.rounds, plan.seconds)),
            ("Answer", list("small")),
            ("Long list", list("large")),
        ];
        Report { facts, load_before: load(), lanes: Vec::new() }
    }

    /// Everything is measured. The measurement itself keeps one to two cores busy, and anything above disturbed it.
    pub(crate) fn end(&mut self) {
        let after = load();
        let is_busy = is_busy(&after, processors());
        let warning = if is_busy { "; other work disturbed it, and the figures are no more than a hint" } else { "" };
        self.facts.push(("Load average", format!("{} before, {after} after{warning}", self.load_before)));
    }

    pub(crate) fn to_json(&self) -> Value {
        let facts: serde_json::Map<String, Value> =
            self.facts.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        json!({ "facts": facts, "lanes": self.lanes.iter().map(Lane::to_json).collect::<Vec<_>>() })
    }

    /// For a terminal.
    pub(crate) fn table(&self, has_colour: bool) -> String {
        let paint =
            |style: Style, text: &str| if has_colour { format!("{style}{text}{style:#}") } else { text.to_owned() };
        let all = self.lanes.iter().flat_map(|lane| &lane.measures).flat_map(|measure| &measure.results);
        let width = all.map(|contender| contender.name.chars().count()).max().unwrap_or_default();
        let mut text = String::new();
        for lane in &self.lanes {
            let title = paint(Style::new().bold(), &lane.language.to_string());
            let _ = writeln!(text, "{title}  {}", paint(Style::new().dimmed(), &lane.runtime));
            for measure in &lane.measures {
                let _ = writeln!(text, "  {}, {}", measure.name, measure.unit);
                for contender in &measure.results {
                    let (style, ratio) = match measure.ratio().filter(|_| contender.is_ours()) {
                        Some(ratio) => (look(ratio), format!("  {ratio:.2} × the best peer")),
                        None => (Style::new(), String::new()),
                    };
                    let figure = format!("{:>9}{ratio}", shown(contender.median()));
                    let _ = writeln!(text, "    {:<width$}{}", contender.name, paint(style, &figure));
                }
            }
            text.push('\n');
        }
        text + "Above 1 the SDK is faster."
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from("| measured | |\n| --- | --- |\n");
        for (name, value) in &self.facts {
            let _ = writeln!(text, "| {name} | {value} |");
        }
        for lane in &self.lanes {
            let _ = write!(text, "\n### {}\n\n{}\n\n", lane.language, lane.runtime);
            text.push_str("| what | who | median | lowest to highest | SDK to best peer |\n");
            text.push_str("| --- | --- | ---: | ---: | ---: |\n");
            for measure in &lane.measures {
                for (index, contender) in measure.results.iter().enumerate() {
                    let what = if index == 0 { format!("{}, {}", measure.name, measure.unit) } else { String::new() };
                    let ratio = measure.ratio().filter(|_| contender.is_ours());
                    let ratio = ratio.map(|ratio| format!("{ratio:.2} ×")).unwrap_or_default();
                    let (lowest, highest) = contender.range();
                    let _ = writeln!(
                        text,
                        "| {what} | {} | {} | {} – {} | {ratio} |",
                        contender.name,
                        shown(contender.median()),
                        shown(lowest),
                        shown(highest),
                    );
                }
            }
        }
        text
    }
}

impl Lane {
    /// What a lane's program printed.
    pub(crate) fn read(language: Language, line: &str) -> Result<Lane> {
        let said: Value = serde_json::from_str(line)?;
        let measures = said["measures"].as_array().context("there are no `measures`")?;
        let measures = measures.iter().map(Measure::read).collect::<Result<Vec<_>>>()?;
        ensure!(!measures.is_empty(), "nothing was measured");
        Ok(Lane { language, runtime: text(&said["runtime"])?, measures })
    }

    fn to_json(&self) -> Value {
        json!({
            "language": self.language.to_string(),
            "runtime": self.runtime,
            "measures": self.measures.iter().map(Measure::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Measure {
    fn read(said: &Value) -> Result<Measure> {
        let results = said["results"].as_array().context("a measure has no `results`")?;
        let results = results.iter().map(Contender::read).collect::<Result<Vec<_>>>()?;
        Ok(Measure { name: text(&said["name"])?, unit: text(&said["unit"])?, results })
    }

    fn to_json(&self) -> Value {
        let results = self.results.iter().map(
            |contender| json!({ "name": contender.name, "median": contender.median(), "rounds": contender.rounds }),
        );
        let ratio = self.ratio();
        json!({ "name": self.name, "unit": self.unit, "ratio": ratio, "results": results.collect::<Vec<_>>() })
    }

    /// The SDK beside the best of the others: above 1 it is faster, in either unit.
    fn ratio(&self) -> Option<f64> {
        let (ours, peers): (Vec<&Contender>, Vec<&Contender>) =
            self.results.iter().partition(|contender| contender.is_ours());
        let (ours, peers) = (ours.into_iter().map(Contender::median), peers.into_iter().map(Contender::median));
        if self.unit.ends_with("/s") {
            Some(ours.reduce(f64::max)? / peers.reduce(f64::max)?)
        } else {
            Some(peers.reduce(f64::min)? / ours.reduce(f64::min)?)
        }
    }
}

impl Contender {
    fn read(said: &Value) -> Result<Contender> {
        let rounds = said["rounds"].as_array().context("a result has no `rounds`")?;
        let mut rounds: Vec<f64> = rounds.iter().filter_map(Value::as_f64).filter(|figure| *figure > 0.0).collect();
        rounds.sort_by(f64::total_cmp);
        let name = text(&said["name"])?;
        ensure!(!rounds.is_empty(), "{name} has no figure");
        Ok(Contender { name, rounds })
    }

    fn is_ours(&self) -> bool {
        self.name.starts_with(OURS)
    }

    fn median(&self) -> f64 {
        let middle = self.rounds.len() / 2;
        if self.rounds.len().is_multiple_of(2) {
            f64::midpoint(self.rounds[middle - 1], self.rounds[middle])
        } else {
            self.rounds[middle]
        }
    }

    fn range(&self) -> (f64, f64) {
        (self.rounds[0], self.rounds[self.rounds.len() - 1])
    }
}

/// A colour for a ratio to the best peer.
fn look(ratio: f64) -> Style {
    match ratio {
        ratio if ratio >= 1.0 => AnsiColor::Green.on_default(),
        ratio if ratio >= 0.9 => AnsiColor::Yellow.on_default(),
        _ => AnsiColor::Red.on_default(),
    }
}

/// `12,345` for large figures, `1.23` for small ones.
fn shown(figure: f64) -> String {
    if figure < 100.0 {
        return format!("{figure:.2}");
    }
    let digits = format!("{figure:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

pub(crate) fn has_colour() -> bool {
    let is_dumb = workspace::variable("TERM").is_some_and(|term| term == "dumb");
    std::io::stdout().is_terminal() && !is_dumb && workspace::variable("NO_COLOR").is_none()
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().with_context(|| format!("a name is missing, and in its place stands {value}"))?.to_owned())
}

fn commit() -> String {
    said("git", &["describe", "--always", "--dirty"])
}

fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    let processor = model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned());
    format!("{processor}, {} cores, {}", processors(), said("uname", &["-sr"]))
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Server and client alone keep a load of about two.
fn is_busy(load: &str, processors: usize) -> bool {
    let limit = f64::from(u32::try_from(processors).unwrap_or(u32::MAX)) + 2.0;
    load.parse::<f64>().is_ok_and(|load| load > limit)
}

/// How busy the machine is: figures of a busy one say little.
fn load() -> String {
    let average = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    average.split(' ').next().filter(|text| !text.is_empty()).unwrap_or("unknown").to_owned()
}

fn said(program: &str, arguments: &[&str]) -> String {
    let answer = workspace::command(program).args(arguments).output().ok().filter(|answer| answer.status.success());
    answer.map_or_else(|| "unknown".to_owned(), |answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(unit: &str, results: &[(&str, &[f64])]) -> Measure {
        let results: Vec<Value> =
            results.iter().map(|(name, rounds)| json!({ "name": name, "rounds": rounds })).collect();
        Measure::read(&json!({ "name": "a", "unit": unit, "results": results })).unwrap()
    }

    #[test]
    fn a_ratio_above_1_means_faster_in_either_unit() {
        let results: &[(&str, &[f64])] = &[("Loop SDK, async", &[200.0]), ("a", &[100.0]), ("b", &[50.0])];
        assert_eq!(measure("calls/s", results).ratio(), Some(2.0));
        assert_eq!(measure("µs/record", results).ratio(), Some(0.25));
        assert_eq!(measure("calls/s", &results[..1]).ratio(), None);
    }

    #[test]
    fn the_median_of_an_even_number_of_rounds_lies_between_the_two_in_the_middle() {
        let results: &[(&str, &[f64])] = &[("a", &[9.0, 1.0, 4.0, 2.0]), ("b", &[3.0, 1.0, 2.0])];
        let measure = measure("calls/s", results);
        assert_eq!(shown(measure.results[0].median()), "3.00");
        assert_eq!(shown(measure.results[1].median()), "2.00");
        assert_eq!(measure.results[0].range(), (1.0, 9.0));
    }

    #[test]
    fn a_load_that_server_and_client_do_not_explain_is_said() {
        assert!(is_busy("10.70", 2));
        assert!(!is_busy("2.90", 2) && !is_busy("10.70", 16) && !is_busy("unknown", 2));
    }

    #[test]
    fn a_lane_without_figures_is_no_lane() {
        for wrong in [
            r#"{"runtime": "x", "measures": []}"#,
            r#"{"runtime": "x", "measures": [{"name": "a", "unit": "b", "results": [{"name": "c", "rounds": []}]}]}"#,
            r#"{"runtime": "x"}"#,
        ] {
            assert!(Lane::read(Language::Rust, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn large_figures_are_grouped_and_small_ones_keep_two_places() {
        assert_eq!([shown(1_234_567.4), shown(999.6), shown(0.5)], ["1,234,567", "1,000", "0.50"]);
    }
}
