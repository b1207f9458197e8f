//! Text that a person pastes into a shell, or that a shell reads.

/// `NAME=value`.
pub fn variable(name: &str, value: &str) -> String {
    format!("{name}={}", quoted(value))
}

/// The value as a shell reads it back: bare where nothing in it means anything to a shell.
pub fn quoted(value: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/@%+,".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_bare) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
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
