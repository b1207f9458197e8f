//! Colours, or none.

use anstyle::{AnsiColor, Style};

/// What a piece of text is, not which colour it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A title.
    Heading,
    /// Worth the eye.
    Strong,
    /// May be skipped.
    Soft,
    /// As it should be.
    Good,
    /// Not as it should be, but no failure.
    Warn,
    /// A failure.
    Bad,
}

/// Paints text, if the reader wants colours.
#[derive(Debug, Clone, Copy)]
pub struct Painter {
    coloured: bool,
}

impl Painter {
    /// With `false`, text stays as it is.
    pub fn new(coloured: bool) -> Painter {
        Painter { coloured }
    }

    /// The text in its tone.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.coloured {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Heading => Style::new().bold().fg_color(Some(AnsiColor::Cyan.into())),
            Tone::Strong => Style::new().bold(),
            Tone::Soft => Style::new().dimmed(),
            Tone::Good => Style::new().bold().fg_color(Some(AnsiColor::Green.into())),
            Tone::Warn => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            Tone::Bad => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
        };
        format!("{style}{text}{style:#}")
    }
}
