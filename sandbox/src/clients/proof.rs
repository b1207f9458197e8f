//! How an app proves who it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::{Client, find};
use crate::answers::OAuthError;
use crate::db::Store;
use crate::params::Params;

/// The app behind a form post, by the form's own fields or by HTTP Basic, never both (RFC 6749, section 2.3).
pub(crate) fn authenticate(
    store: &Store,
    now: i64,
    form: &Params,
    authorization: Option<&str>,
) -> Result<Client, OAuthError> {
    let basic = authorization.map(basic_credentials).transpose()?;
    let uses_basic = basic.is_some();
    let (client_id, secret) = match basic {
        Some(_) if form.get("client_secret").is_some() => {
            let text = "Send the client secret once: by HTTP Basic or in the form, not both.";
            return Err(OAuthError::invalid_request(text));
        }
        Some((id, _)) if form.get("client_id").is_some_and(|named| named != id) => {
            let text = "The client_id in the form is not the one in the Authorization header.";
            return Err(OAuthError::invalid_request(text));
        }
        Some((id, secret)) => (id, Some(secret).filter(|secret| !secret.is_empty())),
        None => {
            let id = form.get("client_id").ok_or_else(|| OAuthError::invalid_request("client_id is missing."))?;
            (id.to_owned(), form.get("client_secret").map(str::to_owned))
        }
    };
    let refuse = |text: &str| OAuthError { basic: uses_basic, ..OAuthError::new("invalid_client", text) };
    let client = find(store, &client_id)?
        .filter(|client| client.enabled)
        .ok_or_else(|| refuse("There is no such client, or it is switched off."))?;
    match (client.confidential, secret) {
        (false, None) => Ok(client),
        (false, Some(_)) => {
            let text = "This is a public client: it has no secret and must send none.";
            Err(OAuthError::new("unauthorized_client", text))
        }
        (true, None) => Err(refuse("This client must send its client_secret.")),
        (true, Some(secret)) if client.knows(&secret, now) => Ok(client),
        (true, Some(_)) => Err(refuse("The client secret is wrong.")),
    }
}

/// The two halves of `Basic …`, each form-encoded inside (RFC 6749, section 2.3.1).
fn basic_credentials(header: &str) -> Result<(String, String), OAuthError> {
    basic_pair(header).ok_or_else(|| OAuthError {
        basic: true,
        ..OAuthError::new("invalid_client", "The Authorization header is not HTTP Basic with a client id and secret.")
    })
}

pub(crate) fn basic_pair(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // A lone value parses as a key without a value; "=" can't occur unescaped in what we give out.
    form_urlencoded::parse(text.as_bytes()).next().map_or_else(String::new, |(key, _)| key.into_owned())
}
