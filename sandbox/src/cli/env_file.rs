//! The file of `LOOP_*` variables: a shell can source it, and nobody else can read it.

use std::io::{self, Write as _};
use std::path::Path;

use loop_sandbox::shell;

/// One `NAME=value` per line.
pub(crate) fn text(variables: &[(&str, String)]) -> String {
    let lines: Vec<String> =
        variables.iter().map(|(name, value)| format!("{}\n", shell::variable(name, value))).collect();
    lines.concat()
}

/// Whole or not at all: a reader never meets half a file, and `tempfile` makes it 0600 from the start.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".loop-env-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
