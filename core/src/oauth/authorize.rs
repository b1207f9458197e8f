//! The authorization URL (RFC 6749, section 4.1.1; RFC 7636; OpenID Connect Core, section 3.1.2.1).

use url::Url;

/// Everything that goes into the URL.
pub(crate) struct Parameters<'a> {
    pub(crate) endpoint: &'a Url,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) state: &'a str,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) code_challenge: &'a str,
    pub(crate) prompt: Option<&'a str>,
    pub(crate) login_hint: Option<&'a str>,
}

pub(crate) fn url(parameters: &Parameters<'_>) -> String {
    let mut pairs =
        vec![("response_type", "code"), ("client_id", parameters.client_id), ("redirect_uri", parameters.redirect_uri)];
    let scope = parameters.scopes.join(" ");
    pairs.push(("scope", &scope));
    pairs.push(("state", parameters.state));
    pairs.extend(parameters.nonce.map(|nonce| ("nonce", nonce)));
    pairs.push(("code_challenge", parameters.code_challenge));
    pairs.push(("code_challenge_method", "S256"));
    pairs.extend(parameters.prompt.map(|prompt| ("prompt", prompt)));
    pairs.extend(parameters.login_hint.map(|hint| ("login_hint", hint)));

    let mut url = parameters.endpoint.clone();
    // `%20`, as the platform documents it, where the form encoding of URL's own writer would send `+`.
    let query = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
    let query = match url.query() {
        Some(existing) if !existing.is_empty() => format!("{existing}&{query}"),
        _ => query,
    };
    url.set_query(Some(&query));
    url.into()
}

pub(crate) fn encode(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_separated_by_percent_20_and_nothing_is_sent_twice() {
        let endpoint = Url::parse("https://identity.example/v1/oauth/authorize?brand=loop").unwrap();
        let text = url(&Parameters {
            endpoint: &endpoint,
            client_id: "client_1",
            redirect_uri: "https://app.example/cb",
            scopes: &["openid".into(), "read:biomarkers".into()],
            state: "s",
            nonce: Some("n"),
            code_challenge: "c",
            prompt: None,
            login_hint: Some("ada@example.com"),
        });
        assert_eq!(
            text,
            "https://identity.example/v1/oauth/authorize?brand=loop&response_type=code&client_id=client_1\
             &redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=openid%20read%3Abiomarkers&state=s&nonce=n\
             &code_challenge=c&code_challenge_method=S256&login_hint=ada%40example.com"
        );
    }
}
