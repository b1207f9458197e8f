//! What an app's record may say: the rules for a registration and for a change.

use url::Url;

use crate::{redirect_uri, scopes, webhooks};

/// What a registration or a change asks for.
#[derive(Debug, Clone)]
pub(crate) struct ClientForm {
    pub(crate) client_name: String,
    pub(crate) client_uri: Option<String>,
    pub(crate) logo_uri: Option<String>,
    pub(crate) confidential: bool,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) allowed_scopes: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) access_token_seconds: u32,
    pub(crate) enabled: bool,
    pub(crate) baa: bool,
    pub(crate) webhook_url: Option<String>,
}

impl ClientForm {
    /// `Ok`, or one sentence about the first thing that is wrong. Only the sandbox's own levers register machines,
    /// which hold `admin:` scopes.
    pub(crate) fn check(&self, may_be_machine: bool) -> Result<(), String> {
        let name_length = self.client_name.chars().count();
        if self.client_name.trim().is_empty() || name_length > 255 {
            return Err("client_name must have 1 to 255 characters.".to_owned());
        }
        if self.client_name.chars().any(hides_or_turns) {
            return Err(
                "client_name must not hold characters that can't be seen or that turn the text around.".to_owned()
            );
        }
        check_page("client_uri", self.client_uri.as_deref())?;
        check_page("logo_uri", self.logo_uri.as_deref())?;
        self.allowed_origins.iter().try_for_each(|origin| check_origin(origin))?;
        let is_machine = may_be_machine && self.allowed_scopes.iter().any(|name| scopes::is_for_machines(name));
        if is_machine && !self.confidential {
            return Err("client_type must be confidential for a client with an admin: scope.".to_owned());
        }
        if self.redirect_uris.is_empty() && !is_machine {
            return Err("redirect_uris must name at least one URI.".to_owned());
        }
        self.redirect_uris.iter().try_for_each(|uri| redirect_uri::check(uri))?;
        if self.allowed_scopes.is_empty() {
            return Err("allowed_scopes must name at least one scope.".to_owned());
        }
        for name in &self.allowed_scopes {
            if scopes::find(name).is_none() && !(is_machine && scopes::is_for_machines(name)) {
                return Err(format!("allowed_scopes names \"{name}\", which is no scope that an app can ask for."));
            }
        }
        if self.access_token_seconds == 0 {
            return Err("access_token_seconds must be at least 1.".to_owned());
        }
        self.webhook_url.as_deref().map_or(Ok(()), webhooks::check_url)
    }
}

/// A name is shown to whoever decides whom to trust: it must read as it is written (Unicode Technical Report 36, 2.5).
fn hides_or_turns(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A page or picture that a browser is led to.
fn check_page(field: &str, uri: Option<&str>) -> Result<(), String> {
    let is_page = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && redirect_uri::is_this_machine(url));
    match uri.map(Url::parse) {
        None => Ok(()),
        Some(Ok(url)) if is_page(&url) => Ok(()),
        Some(_) => Err(format!("{field} must be a URL with https, or with http on this machine.")),
    }
}

fn check_origin(text: &str) -> Result<(), String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.origin().ascii_serialization() == text => Ok(()),
        _ => Err(format!("allowed_origins names \"{text}\", which is no origin, such as https://app.example.com.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_any_language_is_fine_and_one_that_deceives_is_not() {
        for name in ["Lab 📈 Übersicht", "健康アプリ", "מעבדה", "e\u{301}tude", "👩‍⚕️"] {
            assert!(!name.chars().any(hides_or_turns), "{name}");
        }
        for name in ["Loop\u{202e}ppA", "Loop\u{200b}", "a\nb", "a\u{0}", "\u{feff}Loop", "a\u{2066}b"] {
            assert!(name.chars().any(hides_or_turns), "{name:?}");
        }
    }

    #[test]
    fn pages_and_origins_are_told_from_what_looks_like_them() {
        for right in ["https://a.example", "https://a.example:8443/logo.png?a=b", "http://localhost:3000/logo.png"] {
            assert_eq!(check_page("logo_uri", Some(right)), Ok(()), "{right}");
        }
        for wrong in
            ["", "a.example", "http://a.example", "javascript:alert(1)", "data:image/png;base64,AA", "//a.example"]
        {
            assert!(check_page("logo_uri", Some(wrong)).is_err(), "{wrong}");
        }
        for right in ["https://a.example", "http://localhost:5173", "https://a.example:8443"] {
            assert_eq!(check_origin(right), Ok(()), "{right}");
        }
        for wrong in ["*", "null", "https://a.example/", "https://a.example:443", "https://A.example", "myapp://x", ""]
        {
            assert!(check_origin(wrong).is_err(), "{wrong}");
        }
    }
}
