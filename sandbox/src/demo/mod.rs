//! The quickstart, walked in front of the reader by a program of each language.

mod browser;
mod paint;
mod show;
mod walk;
mod walker;

use std::io::Write;

pub use browser::{Browser, Visitor};
pub use paint::{Painter, Tone};
pub use walk::{Failure, Stage, walk};
pub use walker::WalkerCommand;

use crate::{Options, Sandbox};

/// Walks with every walker, one after the other. `true` when all of them got through.
pub async fn run(
    walkers: &[WalkerCommand],
    visitor: Visitor,
    painter: Painter,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let title = painter.paint(Tone::Heading, "The Loop quickstart");
    writeln!(out, "\n{title}, against {}", painter.paint(Tone::Strong, sandbox.base_url()))?;
    let mut outcomes = Vec::new();
    for command in walkers {
        writeln!(out, "\n{}", show::banner(painter, &command.label))?;
        let outcome = walker::start_and_walk(&sandbox, command, visitor, painter, out).await;
        if let Err(failure) = &outcome {
            writeln!(out, "\n  {} {failure}", painter.paint(Tone::Bad, "✗"))?;
        }
        outcomes.push((command.label.as_str(), outcome));
    }
    writeln!(out, "\n{}", show::banner(painter, "Summary"))?;
    let width = outcomes.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
    for (label, outcome) in &outcomes {
        let padded = format!("{label:<width$}");
        match outcome {
            Ok(()) => writeln!(out, "  {} {padded}  all six steps", painter.paint(Tone::Good, "✓"))?,
            Err(failure) => {
                writeln!(out, "  {} {padded}  {}", painter.paint(Tone::Bad, "✗"), failure.sentence)?;
            }
        }
    }
    writeln!(out)?;
    Ok(outcomes.iter().all(|(_, outcome)| outcome.is_ok()))
}
