//! Registered apps: making them, finding them, and checking that one is who it says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::answers::OAuthError;
use crate::db::{Store, Trouble};
use crate::ids::{self, Hashed};
use crate::params::Params;
use crate::sys::Clock;
use crate::webhooks::{self, Setup};
use crate::{redirect_uri, scopes};

/// How long the former secret works after a rotation.
const FORMER_SECRET_SECONDS: i64 = 24 * 3600;
pub(crate) const DEFAULT_ACCESS_TOKEN_SECONDS: u32 = 3600;

/// A registered app, without anything secret.
#[derive(Debug, Clone)]
#[allow(clippy::struct_field_names, reason = "the names of the admin API")]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    pub(crate) client_uri: Option<String>,
    pub(crate) logo_uri: Option<String>,
    pub(crate) confidential: bool,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) allowed_scopes: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) access_token_seconds: u32,
    pub(crate) enabled: bool,
    /// Loop and the app's maker have signed the agreement that health data needs.
    pub(crate) baa: bool,
    /// Kept with the rest of its webhook set-up.
    pub(crate) webhook_url: Option<String>,
    /// Who registered it in the portal.
    pub(crate) owner_id: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    secret: Secret,
}

/// Hashes of what the app may present.
#[derive(Debug, Clone, Default)]
struct Secret {
    hash: Option<String>,
    former_hash: Option<String>,
    former_until: i64,
}

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

/// What a registration gives. The secrets are shown this once.
pub(crate) struct Registered {
    pub(crate) client: Client,
    /// A public app has none.
    pub(crate) client_secret: Option<String>,
    /// Without a webhook URL there is none.
    pub(crate) webhook_signing_secret: Option<String>,
}

/// Stores a checked form.
pub(crate) fn register(store: &Store, clock: &Clock, form: &ClientForm) -> Result<Registered, Trouble> {
    store.write(|db| register_in(db, clock, form))
}

/// As [`register`], within a transaction.
pub(crate) fn register_in(db: &Connection, clock: &Clock, form: &ClientForm) -> Result<Registered, Trouble> {
    let client_id = format!("client_{}", ids::ulid(clock)?);
    let id = ids::seeded_uuid(&client_id);
    let secret = form.confidential.then(|| ids::secret("secret_")).transpose()?;
    let hash = secret.as_deref().map(|secret| Hashed::of(secret).0);
    let now = clock.now();
    db.execute(
        "INSERT INTO clients (client_id, id, client_name, client_uri, logo_uri, client_type, redirect_uris,
                 allowed_scopes, allowed_origins, secret_hash, access_token_seconds, enabled, created_at, updated_at,
                 baa)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14)",
        params![
            client_id,
            id,
            form.client_name,
            form.client_uri,
            form.logo_uri,
            if form.confidential { "confidential" } else { "public" },
            serde_json::to_string(&form.redirect_uris)?,
            serde_json::to_string(&form.allowed_scopes)?,
            serde_json::to_string(&form.allowed_origins)?,
            hash,
            form.access_token_seconds,
            form.enabled,
            now,
            form.baa
        ],
    )?;
    let webhook_signing_secret = webhook(db, now, &client_id, form, None)?;
    let client = find_in(db, &client_id)?.ok_or(Trouble::Database(rusqlite::Error::QueryReturnedNoRows))?;
    Ok(Registered { client, client_secret: secret, webhook_signing_secret })
}

/// Brings the app's webhook to the URL of the form. Returns the signing secret of a new one.
fn webhook(
    db: &Connection,
    now: i64,
    client_id: &str,
    form: &ClientForm,
    former: Option<&str>,
) -> Result<Option<String>, Trouble> {
    match form.webhook_url.as_deref() {
        wanted if wanted == former => Ok(None),
        None => webhooks::remove_in(db, client_id).map(|_| None),
        Some(url) => {
            let setup = Setup { client_id, url, events: None, allowed_scopes: &form.allowed_scopes };
            webhooks::put_in(db, now, &setup)
        }
    }
}

/// Overwrites what a `PATCH` may change; with the signing secret of a webhook that is new by it.
pub(crate) fn update(
    db: &Connection,
    now: i64,
    client_id: &str,
    form: &ClientForm,
) -> Result<Option<(Client, Option<String>)>, Trouble> {
    let Some(former) = find_in(db, client_id)? else {
        return Ok(None);
    };
    db.execute(
        "UPDATE clients SET client_name = ?2, client_uri = ?3, logo_uri = ?4, redirect_uris = ?5,
                 allowed_scopes = ?6, allowed_origins = ?7, access_token_seconds = ?8, enabled = ?9, updated_at = ?10,
                 baa = ?11
             WHERE client_id = ?1",
        params![
            client_id,
            form.client_name,
            form.client_uri,
            form.logo_uri,
            serde_json::to_string(&form.redirect_uris)?,
            serde_json::to_string(&form.allowed_scopes)?,
            serde_json::to_string(&form.allowed_origins)?,
            form.access_token_seconds,
            form.enabled,
            now,
            form.baa
        ],
    )?;
    let signing_secret = webhook(db, now, client_id, form, former.webhook_url.as_deref())?;
    Ok(find_in(db, client_id)?.map(|client| (client, signing_secret)))
}

/// How long the app's access tokens live from now on. `false` when there is no such app.
pub(crate) fn set_access_token_seconds(store: &Store, client_id: &str, seconds: u32) -> Result<bool, Trouble> {
    store.write(|db| {
        let sql = "UPDATE clients SET access_token_seconds = ?2 WHERE client_id = ?1";
        Ok(db.execute(sql, params![client_id, seconds])? > 0)
    })
}

/// A new secret; the one before stays good for a day.
pub(crate) fn rotate_secret(db: &Connection, now: i64, client_id: &str) -> Result<String, Trouble> {
    let secret = ids::secret("secret_")?;
    db.execute(
        "UPDATE clients SET former_secret_hash = secret_hash, former_secret_until = ?3, secret_hash = ?2,
                 updated_at = ?4 WHERE client_id = ?1",
        params![client_id, Hashed::of(&secret).0, now + FORMER_SECRET_SECONDS, now],
    )?;
    Ok(secret)
}

pub(crate) fn find(store: &Store, client_id: &str) -> Result<Option<Client>, Trouble> {
    store.read(|db| find_in(db, client_id))
}

/// An app with what the portal and the webhooks know of it.
const SELECT: &str = "SELECT c.*, e.url AS hook_url, p.owner_id FROM clients c
    LEFT JOIN webhook_endpoints e ON e.client_id = c.client_id LEFT JOIN portal_apps p ON p.client_id = c.client_id";

pub(crate) fn all(store: &Store) -> Result<Vec<Client>, Trouble> {
    store.read(|db| {
        let mut statement = db.prepare(&format!("{SELECT} ORDER BY c.client_id"))?;
        let rows = statement.query_map([], |row| Ok(from_row(row)))?;
        rows.map(|row| row.map_err(Trouble::from)?).collect()
    })
}

pub(crate) fn find_in(db: &Connection, client_id: &str) -> Result<Option<Client>, Trouble> {
    db.prepare_cached(&format!("{SELECT} WHERE c.client_id = ?1"))?
        .query_row([client_id], |row| Ok(from_row(row)))
        .optional()?
        .transpose()
}

fn from_row(row: &Row<'_>) -> Result<Client, Trouble> {
    let list =
        |column: &str| -> Result<Vec<String>, Trouble> { Ok(serde_json::from_str(&row.get::<_, String>(column)?)?) };
    Ok(Client {
        id: row.get("id")?,
        client_id: row.get("client_id")?,
        client_name: row.get("client_name")?,
        client_uri: row.get("client_uri")?,
        logo_uri: row.get("logo_uri")?,
        confidential: row.get::<_, String>("client_type")? == "confidential",
        redirect_uris: list("redirect_uris")?,
        allowed_scopes: list("allowed_scopes")?,
        allowed_origins: list("allowed_origins")?,
        access_token_seconds: row.get("access_token_seconds")?,
        enabled: row.get("enabled")?,
        baa: row.get("baa")?,
        webhook_url: row.get("hook_url")?,
        owner_id: row.get("owner_id")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        secret: Secret {
            hash: row.get("secret_hash")?,
            former_hash: row.get("former_secret_hash")?,
            former_until: row.get::<_, Option<i64>>("former_secret_until")?.unwrap_or_default(),
        },
    })
}

impl Client {
    /// Until when the secret before the last rotation works, if there was one.
    pub(crate) fn former_secret_until(&self) -> Option<i64> {
        self.secret.former_hash.as_ref().map(|_| self.secret.former_until)
    }

    fn knows(&self, presented: &str, now: i64) -> bool {
        let presented = Hashed::of(presented);
        let matches = |stored: &Option<String>| stored.as_deref().is_some_and(|stored| presented.equals(stored));
        matches(&self.secret.hash) || (now < self.secret.former_until && matches(&self.secret.former_hash))
    }
}

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

/// The record of the admin API. The last three are the sandbox's own additions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthClient)]
#[allow(clippy::struct_field_names, reason = "the names of the admin API")]
pub(crate) struct ClientView {
    id: String,
    client_id: String,
    client_name: String,
    client_uri: Option<String>,
    logo_uri: Option<String>,
    client_type: ClientType,
    redirect_uris: Vec<String>,
    allowed_scopes: Vec<String>,
    allowed_origins: Vec<String>,
    owner_id: Option<String>,
    brand_id: &'static str,
    is_first_party: bool,
    enabled: bool,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    /// How long its access tokens live.
    access_token_seconds: u32,
    /// Whether it may ask for scopes that open health data.
    baa: bool,
    webhook_url: Option<String>,
}

/// Whether a client can keep a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OAuthClientType)]
pub(crate) enum ClientType {
    #[default]
    Confidential,
    Public,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> ClientView {
        ClientView {
            id: client.id,
            client_id: client.client_id,
            client_name: client.client_name,
            client_uri: client.client_uri,
            logo_uri: client.logo_uri,
            client_type: if client.confidential { ClientType::Confidential } else { ClientType::Public },
            redirect_uris: client.redirect_uris,
            allowed_scopes: client.allowed_scopes,
            allowed_origins: client.allowed_origins,
            owner_id: client.owner_id,
            brand_id: "loop",
            is_first_party: false,
            enabled: client.enabled,
            created_at: crate::time_text(client.created_at),
            updated_at: crate::time_text(client.updated_at),
            access_token_seconds: client.access_token_seconds,
            baa: client.baa,
            webhook_url: client.webhook_url,
        }
    }
}
