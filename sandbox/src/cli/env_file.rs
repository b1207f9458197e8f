//! The file of `LOOP_*` variables: a shell can source it, and nobody else can read it.

use std::io::{self, Write as _};
use std::path::Path;

/// One `NAME=value` per line.
pub(crate) fn text(variables: &[(&str, String)]) -> String {
    let lines: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect();
    lines.concat()
}

/// The value as a shell reads it back: bare where nothing in it means anything to a shell.
pub(crate) fn quoted(value: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/@%+,".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_bare) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_change_is_quoted() {
        assert_eq!(quoted("http://localhost:3000/callback"), "http://localhost:3000/callback");
        assert_eq!(quoted("http://127.0.0.1:1/{service}"), "'http://127.0.0.1:1/{service}'");
        assert_eq!(quoted("openid profile"), "'openid profile'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
