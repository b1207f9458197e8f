//! What came back to the redirect URI (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207).

use std::fmt;

use crate::error::{Code, Error};
use crate::secret::Secret;

/// The query of a callback. Only the query is read: a fragment never reaches a server.
#[derive(Default)]
pub(crate) struct Callback {
    pub(crate) code: Option<Secret>,
    pub(crate) state: Option<Secret>,
    pub(crate) issuer: Option<String>,
    pub(crate) error: Option<String>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("error", &self.error).finish_non_exhaustive()
    }
}

/// Reads a whole callback URL, a path with a query, or a bare query string.
pub(crate) fn parse(url_or_query: &str) -> Result<Callback, Error> {
    let text = url_or_query.trim();
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    // A bare query may hold a question mark of its own.
    let is_address = text.split('?').next().is_some_and(|before| before.contains("://") || before.starts_with('/'));
    let query =
        if is_address || text.starts_with('?') { text.split_once('?').map_or("", |(_, query)| query) } else { text };
    let mut callback = Callback::default();
    let mut seen: Vec<&'static str> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let known = match &*name {
            "code" => "code",
            "state" => "state",
            "iss" => "iss",
            "error" => "error",
            // `error_description` is text from outside: it is not shown, so it is not kept either.
            _ => continue,
        };
        if seen.contains(&known) {
            return Err(Error::new(
                Code::DuplicateParameter,
                format!("The callback has the parameter {known} more than once; start the sign-in again."),
            )
            .with_detail(known));
        }
        seen.push(known);
        match known {
            "code" => callback.code = Some(Secret::new(value)),
            "state" => callback.state = Some(Secret::new(value)),
            "iss" => callback.issuer = Some(value.into_owned()),
            _ => callback.error = Some(value.into_owned()),
        }
    }
    if callback.state.as_ref().is_none_or(|state| state.expose().is_empty()) {
        return Err(Error::new(
            Code::StateMissing,
            "The callback has no state parameter; open the app's sign-in link again.",
        ));
    }
    let has_code = callback.code.as_ref().is_some_and(|code| !code.expose().is_empty());
    if has_code == callback.error.is_some() {
        return Err(Error::new(
            Code::InvalidCallback,
            "The callback needs either a code or an error; open the app's sign-in link again.",
        ));
    }
    Ok(callback)
}

/// The issuer that the callback names must be the one that was asked (RFC 9207, section 2.4).
pub(crate) fn check_issuer(callback: &Callback, issuer: &str, required: bool) -> Result<(), Error> {
    match &callback.issuer {
        Some(named) if named == issuer => Ok(()),
        None if !required => Ok(()),
        _ => Err(Error::new(
            Code::IssuerMismatch,
            format!("The callback does not come from {issuer}, which this client asked; nothing was sent to it."),
        )),
    }
}

/// What an `error` in the callback means.
pub(crate) fn rejection(error: &str) -> Error {
    let detail = crate::oauth::token::error_code(error);
    let (code, message) = match detail.as_str() {
        "access_denied" => {
            (Code::AccessDenied, "The person did not allow access; say so, and offer to connect again.".to_owned())
        }
        "login_required" | "consent_required" | "interaction_required" | "account_selection_required" => {
            (Code::AccessDenied, format!("Loop needs the person ({detail}); begin again without prompt=none."))
        }
        "server_error" | "temporarily_unavailable" => (
            Code::AuthorizationUnavailable,
            format!("Loop could not answer the sign-in just now ({detail}); try it again."),
        ),
        "invalid_scope" => (
            Code::AuthorizationRejected,
            "Loop refused a scope: register it for this app (openid too, or set `identify` to false), and check \
             whether it needs a BAA."
                .to_owned(),
        ),
        _ => (
            Code::AuthorizationRejected,
            format!("Loop refused the sign-in request ({detail}); compare the options with the app's registration."),
        ),
    };
    Error::new(code, message).with_detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(input: &str) -> Code {
        parse(input).unwrap_err().code()
    }

    #[test]
    fn a_callback_is_read_from_a_url_a_path_or_a_query() {
        for input in [
            "https://app.example/cb?code=c&state=s#fragment",
            "/cb?code=c&state=s",
            "?code=c&state=s",
            "code=c&state=s",
            "state=s&code=c&next=a?b",
            "com.example.app://callback?state=s&code=c&iss=https%3A%2F%2Fid",
        ] {
            let callback = parse(input).unwrap();
            assert_eq!(callback.code.unwrap().expose(), "c", "{input}");
            assert_eq!(callback.state.unwrap().expose(), "s");
        }
    }

    #[test]
    fn a_wrong_callback_says_what_is_wrong() {
        assert_eq!(code_of("https://app.example/cb"), Code::StateMissing);
        assert_eq!(code_of("/cb?code=c&state="), Code::StateMissing);
        assert_eq!(code_of("state=s"), Code::InvalidCallback);
        assert_eq!(code_of("state=s&code="), Code::InvalidCallback);
        assert_eq!(code_of("state=s&code=c&error=e"), Code::InvalidCallback);
        for twice in ["state", "code", "iss"] {
            let query = format!("state=s&code=c&iss=i&{twice}=again");
            let error = parse(&query).unwrap_err();
            assert_eq!((error.code(), error.detail()), (Code::DuplicateParameter, Some(twice)));
        }
    }

    #[test]
    fn an_error_text_from_outside_is_not_repeated() {
        let error = rejection("<script>alert(1)</script>");
        assert_eq!(error.code(), Code::AuthorizationRejected);
        assert!(!format!("{error} {error:?}").contains("script"));
    }

    #[test]
    fn another_issuer_is_refused() {
        let callback = parse("state=s&code=c&iss=https%3A%2F%2Fevil.example").unwrap();
        assert_eq!(
            check_issuer(&callback, "https://identity.example", false).unwrap_err().code(),
            Code::IssuerMismatch
        );
        let silent = parse("state=s&code=c").unwrap();
        assert!(check_issuer(&silent, "https://identity.example", false).is_ok());
        assert!(check_issuer(&silent, "https://identity.example", true).is_err());
    }
}
