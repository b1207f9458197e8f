//! Which redirect URIs an app may register.

use url::{Host, Url};

/// Schemes that a browser gives a meaning of its own: a redirect to one of them is never an app taking its code.
const NEVER_AN_APP: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "mailto",
    "sms",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// `Ok` when the URI may be registered, else one sentence that names it and says why not.
pub(crate) fn check(uri: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("The redirect URI \"{uri}\" can't be registered: {why}."));
    if uri.is_empty() {
        return refuse("it is empty");
    }
    // The URL parser silently drops tabs and new lines; an exact match must not depend on what it dropped.
    if uri.chars().any(|character| !character.is_ascii_graphic()) {
        return refuse("it holds a space or a character outside ASCII");
    }
    if uri.contains('*') {
        return refuse("it must match exactly, so there are no wildcards");
    }
    if uri.contains('#') {
        return refuse("it must have no fragment (#…)");
    }
    if uri.contains('?') {
        return refuse("it must have no query (?…)");
    }
    let Ok(url) = Url::parse(uri) else {
        return refuse("it is not an absolute URL");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it must hold no user name or password");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_this_machine(&url) => Ok(()),
        "http" => refuse("http is only for localhost, 127.0.0.1 and [::1]; use https"),
        scheme if NEVER_AN_APP.contains(&scheme) => refuse(&format!("{scheme}: does not lead to an app")),
        scheme if url.path().is_empty() && url.host().is_none() => {
            refuse(&format!("it needs something after the scheme, like {scheme}://callback"))
        }
        _ => Ok(()),
    }
}

/// Whether the browser would take it to an app or a site, and not run or open it itself.
pub(crate) fn may_be_an_app(url: &Url) -> bool {
    !NEVER_AN_APP.contains(&url.scheme())
}

pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_rules_allow_is_accepted() {
        for uri in [
            "https://your-app.example.com/auth/loop/callback",
            "https://example.com",
            "http://localhost:3000/callback",
            "http://localhost/callback",
            "http://127.0.0.1:5000/callback",
            "http://[::1]:5000/callback",
            "com.example.app://callback",
            "com.example.app:/callback",
            "myloopapp://auth/callback",
            "exp://127.0.0.1:8081/--/auth/callback",
        ] {
            assert_eq!(check(uri), Ok(()), "{uri}");
        }
    }

    #[test]
    fn what_the_rules_forbid_is_refused_by_name() {
        for (uri, why) in [
            ("", "empty"),
            ("/callback", "absolute"),
            ("localhost", "absolute"),
            ("https://example.com/cb#x", "fragment"),
            ("https://example.com/cb#", "fragment"),
            ("https://example.com/cb?a=b", "query"),
            ("https://example.com/cb?", "query"),
            ("https://*.example.com/cb", "wildcards"),
            ("https://example.com/*", "wildcards"),
            ("http://example.com/cb", "https"),
            ("http://localhost.example.com/cb", "https"),
            ("http://127.0.0.2/cb", "https"),
            ("http://10.0.2.2:3000/cb", "https"),
            ("https://user:word@example.com/cb", "password"),
            ("https://example.com/c b", "space"),
            ("https://example.com/\tcb", "space"),
            ("https://exämple.com/cb", "ASCII"),
            ("javascript:alert(1)", "app"),
            ("data:text/html,hi", "app"),
            ("file:///etc/passwd", "app"),
            ("myapp:", "after the scheme"),
        ] {
            let refusal = check(uri).expect_err(uri);
            assert!(refusal.contains(why), "{uri}: {refusal}");
            assert!(refusal.contains(uri), "{refusal} names no URI");
        }
    }
}
