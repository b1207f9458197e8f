//! Puts a report into the documentation, between two lines that mark its place.

use std::fs;

use anyhow::{Context as _, Result};

use super::report::Report;
use crate::workspace;

const PAGE: &str = "docs/src/speed.md";
const BEGIN: &str = "<!-- The report begins here; `cargo xtask bench --write-docs` writes it. -->";
const END: &str = "<!-- The report ends here. -->";

pub(crate) fn write(report: &Report) -> Result<()> {
    let page = workspace::path(PAGE);
    let text = fs::read_to_string(&page).with_context(|| PAGE.to_owned())?;
    let replaced = replaced(&text, &report.markdown())?;
    Ok(fs::write(page, replaced)?)
}

fn replaced(page: &str, report: &str) -> Result<String> {
    let (before, rest) = page.split_once(BEGIN).with_context(|| format!("{PAGE} has no line {BEGIN}"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{PAGE} has no line {END}"))?;
    Ok(format!("{before}{BEGIN}\n\n{report}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_the_one_before_and_nothing_else() {
        let page = format!("Before.\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter.\n");
        let once = replaced(&page, "new\n").unwrap();
        assert_eq!(once, format!("Before.\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter.\n"));
        assert_eq!(replaced(&once, "new\n").unwrap(), once);
        assert!(replaced("no marks", "new").is_err());
    }

    #[test]
    fn the_page_has_a_place_for_the_report() {
        let page = fs::read_to_string(workspace::path(PAGE)).unwrap();
        assert!(replaced(&page, "new").is_ok());
    }
}
