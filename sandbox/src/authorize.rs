//! The authorization request: what makes it acceptable, and who is told when it is not.

use serde::{Deserialize, Serialize};

use crate::answers::OAuthError;
use crate::clients::{self, Client};
use crate::db::Trouble;
use crate::params::{Params, with_query};
use crate::state::State;
use crate::{scopes, seed};

/// An accepted request, kept while the person signs in and decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: String,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: String,
    pub(crate) login_hint: Option<String>,
    pub(crate) prompt: Prompt,
}

/// OpenID Connect Core, section 3.1.2.1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Prompt {
    #[default]
    AsNeeded,
    /// Sign in again, whoever is signed in.
    Login,
    /// Show no page at all.
    None,
}

/// Why a request goes no further.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The redirect URI can't be trusted: the person sees a page, the app hears nothing.
    Page(OAuthError),
    /// The app is told, at its redirect URI.
    Redirect { error: &'static str, location: String },
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Refusal {
        Refusal::Page(trouble.into())
    }
}

/// Checks a request, the client and the redirect URI before everything else.
pub(crate) fn check(state: &State, params: &Params) -> Result<(Client, Request), Refusal> {
    let (client, redirect_uri) = check_destination(state, params)?;
    let app_state = params.get("state").filter(|_| !params.is_repeated("state"));
    let refuse = |error: OAuthError| refusal(state, &redirect_uri, app_state, &error);
    let request = check_rest(state, &client, params).map_err(refuse)?;
    Ok((client, Request { redirect_uri, ..request }))
}

/// An error for the app, carried by the browser (RFC 6749, section 4.1.2.1, with `iss` of RFC 9207).
pub(crate) fn refusal(state: &State, redirect_uri: &str, app_state: Option<&str>, error: &OAuthError) -> Refusal {
    let issuer = state.issuer();
    let mut pairs = vec![("error", error.error), ("error_description", error.description.as_str())];
    pairs.extend(app_state.map(|value| ("state", value)));
    pairs.push(("iss", &issuer));
    Refusal::Redirect { error: error.error, location: with_query(redirect_uri, &pairs) }
}

fn check_destination(state: &State, params: &Params) -> Result<(Client, String), Refusal> {
    let page = |error, text: &str| Err(Refusal::Page(OAuthError::new(error, text)));
    for name in ["client_id", "redirect_uri"] {
        if params.is_repeated(name) {
            return page("invalid_request", &format!("The parameter {name} came more than once."));
        }
    }
    let Some(client_id) = params.get("client_id") else {
        return page("invalid_request", "The link names no app: client_id is missing.");
    };
    let Some(client) = clients::find(&state.store, client_id)? else {
        return page("invalid_client", "There is no app with this client_id.");
    };
    if !client.enabled {
        return page("invalid_client", "This app is switched off.");
    }
    let Some(redirect_uri) = params.get("redirect_uri") else {
        return page("invalid_request", "The link does not say where to return to: redirect_uri is missing.");
    };
    if !client.redirect_uris.iter().any(|registered| registered == redirect_uri) {
        let text =
            "The redirect_uri is not registered for this app. It must be exactly the same, to the last character.";
        return page("invalid_request", text);
    }
    let redirect_uri = redirect_uri.to_owned();
    Ok((client, redirect_uri))
}

fn check_rest(state: &State, client: &Client, params: &Params) -> Result<Request, OAuthError> {
    if let Some(name) = params.repeated() {
        return Err(OAuthError::invalid_request(format!("The parameter {name} came more than once.")));
    }
    let required = |name: &str| {
        params.get(name).ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
    };
    if required("response_type")? != "code" {
        return Err(OAuthError::new("unsupported_response_type", "The only response_type is code."));
    }
    if params.get("request").is_some() || params.get("request_uri").is_some() {
        return Err(OAuthError::new("request_not_supported", "Request objects are not supported."));
    }
    if params.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(OAuthError::invalid_request("The only response_mode is query."));
    }
    let app_state = required("state")?;
    let code_challenge = required("code_challenge")?;
    if required("code_challenge_method")? != "S256" {
        return Err(OAuthError::invalid_request("The only code_challenge_method is S256."));
    }
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if code_challenge.len() != 43 || !code_challenge.bytes().all(is_base64url) {
        return Err(OAuthError::invalid_request("The code_challenge must be 43 characters of base64url."));
    }
    let asked = check_scopes(state, client, required("scope")?)?;
    let nonce = params.get("nonce");
    if nonce.is_none() && asked.iter().any(|name| name == "openid") && !state.switches().lenient_nonce {
        return Err(OAuthError::invalid_request("With the scope openid, the parameter nonce is required."));
    }
    Ok(Request {
        client_id: client.client_id.clone(),
        redirect_uri: String::new(),
        scopes: asked,
        state: app_state.to_owned(),
        nonce: nonce.map(str::to_owned),
        code_challenge: code_challenge.to_owned(),
        login_hint: params.get("login_hint").and_then(seed::find).map(|person| person.handle.to_owned()),
        prompt: check_prompt(params.get("prompt"))?,
    })
}

fn check_scopes(state: &State, client: &Client, list: &str) -> Result<Vec<String>, OAuthError> {
    let asked = scopes::split(list);
    if asked.is_empty() {
        return Err(OAuthError::invalid_request("The parameter scope names nothing."));
    }
    let everyones = |name: &str| name == "openid" && !state.switches().strict_openid;
    for name in &asked {
        let Some(scope) = scopes::find(name) else {
            return Err(OAuthError::new(
                "invalid_scope",
                format!("There is no scope \"{name}\" that a person can grant."),
            ));
        };
        if scope.is_phi && !client.baa {
            let text =
                format!("The scope \"{name}\" opens health data, and this app has no agreement (BAA) with Loop.");
            return Err(OAuthError::new("invalid_scope", text));
        }
        if !everyones(name) && !client.allowed_scopes.contains(name) {
            let text = format!("This app is not registered for the scope \"{name}\".");
            return Err(OAuthError::new("invalid_scope", text));
        }
    }
    Ok(asked)
}

fn check_prompt(prompt: Option<&str>) -> Result<Prompt, OAuthError> {
    let values = scopes::split(prompt.unwrap_or_default());
    let mut found = Prompt::AsNeeded;
    for value in &values {
        match value.as_str() {
            "none" if values.len() > 1 => {
                return Err(OAuthError::invalid_request("prompt=none stands alone."));
            }
            "none" => found = Prompt::None,
            "login" | "select_account" => found = Prompt::Login,
            // The consent page is always shown.
            "consent" => {}
            _ => {
                return Err(OAuthError::invalid_request(format!("There is no prompt \"{value}\".")));
            }
        }
    }
    Ok(found)
}
