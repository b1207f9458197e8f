//! How a walk looks: headings, what went over the wire, and the table of results.

use serde_json::{Map, Value};
use url::Url;

use super::paint::{Painter, Tone};
use crate::journal::JournalEntry;

const WIDTH: usize = 100;

pub(super) fn banner(painter: Painter, label: &str) -> String {
    let rule = "─".repeat(WIDTH.saturating_sub(label.chars().count() + 4));
    format!(
        "{} {} {}",
        painter.paint(Tone::Soft, "──"),
        painter.paint(Tone::Heading, label),
        painter.paint(Tone::Soft, &rule)
    )
}

pub(super) fn step(painter: Painter, number: u8, title: &str) -> String {
    format!("\n{} {}", painter.paint(Tone::Heading, &format!(" {number} ")), painter.paint(Tone::Strong, title))
}

/// `name  value`, below a step.
pub(super) fn fact(painter: Painter, name: &str, value: &str) -> String {
    format!("    {} {value}", painter.paint(Tone::Soft, &format!("{name:<22}")))
}

/// The requests of a step, as the journal has them.
pub(super) fn wire(painter: Painter, entries: &[JournalEntry]) -> String {
    if entries.is_empty() {
        return format!("    {}", painter.paint(Tone::Soft, "over the wire: nothing"));
    }
    let mut lines = vec![format!("    {}", painter.paint(Tone::Soft, "over the wire:"))];
    for entry in entries {
        lines.push(request_line(painter, entry));
        let parameters: Vec<String> = [&entry.query, &entry.form].into_iter().flat_map(pairs).collect();
        lines.extend(
            wrapped(&parameters).into_iter().map(|line| format!("             {}", painter.paint(Tone::Soft, &line))),
        );
    }
    lines.join("\n")
}

fn request_line(painter: Painter, entry: &JournalEntry) -> String {
    let target =
        if entry.service.is_empty() { entry.path.clone() } else { format!("/{}{}", entry.service, entry.path) };
    let credentials = entry.authorization.as_deref().map(|scheme| format!("  {scheme} ••••")).unwrap_or_default();
    let status = match entry.status {
        None => painter.paint(Tone::Bad, "no answer"),
        Some(status @ 200..400) => painter.paint(Tone::Good, &status.to_string()),
        Some(status) => painter.paint(Tone::Bad, &status.to_string()),
    };
    let error = entry.error.as_deref().map(|error| format!(" {error}")).unwrap_or_default();
    let call = format!("{:<4} {target}{}", entry.method, painter.paint(Tone::Soft, &credentials));
    let used = entry.method.chars().count().max(4) + 1 + target.chars().count() + credentials.chars().count();
    format!("      → {call}{} {status}{error}", " ".repeat(62_usize.saturating_sub(used)))
}

fn pairs(parameters: &Map<String, Value>) -> Vec<String> {
    parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect()
}

fn wrapped(words: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() + 3 <= WIDTH - 13 => {
                line.push_str("  ");
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

/// A URL over several lines, with what is random in it cut short.
pub(super) fn address(painter: Painter, url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    let mut lines = vec![format!("    {bare}")];
    for (position, (name, value)) in url.query_pairs().enumerate() {
        let sign = if position == 0 { '?' } else { '&' };
        let value = match name.as_ref() {
            "code" => "••••".to_owned(),
            "state" | "nonce" | "code_challenge" => shortened(&value),
            _ => value.into_owned(),
        };
        lines.push(format!("      {}{value}", painter.paint(Tone::Soft, &format!("{sign}{name}="))));
    }
    lines.join("\n")
}

fn shortened(value: &str) -> String {
    let start: String = value.chars().take(6).collect();
    if value.chars().count() > 6 { format!("{start}…") } else { start }
}

/// The results as a table.
pub(super) fn results(painter: Painter, biomarkers: &[Value]) -> String {
    if biomarkers.is_empty() {
        return "    This person has no results yet.".to_owned();
    }
    let heads = ["Marker", "Value", "Unit", "Reference", "Status"].map(str::to_owned);
    let rows: Vec<[String; 5]> = biomarkers.iter().map(row).collect();
    let width =
        |column: usize| rows.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[String; 5], tone: Tone| {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                let gap = " ".repeat(width.saturating_sub(cell.chars().count()));
                // Numbers stand right, so that their digits line up.
                if column == 1 { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
            })
            .collect();
        let (status, rest) = (cells[4].clone(), cells[..4].join("  "));
        let rest = if tone == Tone::Soft { painter.paint(Tone::Soft, &rest) } else { rest };
        format!("    {rest}  {}", painter.paint(tone, &status))
    };
    let mut lines = vec![line(&heads, Tone::Soft)];
    for row in &rows {
        let tone = match row[4].as_str() {
            "normal" => Tone::Good,
            "critical" => Tone::Bad,
            _ => Tone::Warn,
        };
        lines.push(line(row, tone));
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn row(biomarker: &Value) -> [String; 5] {
    let text = |name: &str| biomarker[name].as_str().unwrap_or("–").to_owned();
    let number = |name: &str| match &biomarker[name] {
        Value::Number(number) => Some(number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())),
        Value::String(digits) => Some(digits.clone()),
        _ => None,
    };
    let reference = match (number("reference_low"), number("reference_high")) {
        (Some(low), Some(high)) => format!("{low} – {high}"),
        (Some(low), None) => format!("≥ {low}"),
        (None, Some(high)) => format!("≤ {high}"),
        (None, None) => "–".to_owned(),
    };
    [text("biomarker_name"), number("value").unwrap_or_else(|| "–".to_owned()), text("unit"), reference, text("status")]
}
