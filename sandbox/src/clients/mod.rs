//! Registered apps: making them, changing them, finding them.

mod form;
mod proof;
mod view;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

pub(crate) use self::form::ClientForm;
pub(crate) use self::proof::{authenticate, basic_pair};
pub(crate) use self::view::{ClientType, ClientView};
use crate::db::{Store, Trouble};
use crate::ids::{self, Hashed};
use crate::sys::Clock;
use crate::webhooks;

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
    /// Those before it, each with the second at which its time is up: whoever rotates twice within a day has servers that
    /// know the first one only.
    former: Vec<(String, i64)>,
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
    let webhook_signing_secret = webhooks::follow(db, now, &client_id, form)?;
    let client = find_in(db, &client_id)?.ok_or(Trouble::Database(rusqlite::Error::QueryReturnedNoRows))?;
    Ok(Registered { client, client_secret: secret, webhook_signing_secret })
}

/// Overwrites what a `PATCH` may change; with the signing secret of a webhook that is new by it.
pub(crate) fn update(
    db: &Connection,
    now: i64,
    client_id: &str,
    form: &ClientForm,
) -> Result<Option<(Client, Option<String>)>, Trouble> {
    if find_in(db, client_id)?.is_none() {
        return Ok(None);
    }
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
    let signing_secret = webhooks::follow(db, now, client_id, form)?;
    Ok(find_in(db, client_id)?.map(|client| (client, signing_secret)))
}

/// How long the app's access tokens live from now on. `false` when there is no such app.
pub(crate) fn set_access_token_seconds(store: &Store, client_id: &str, seconds: u32) -> Result<bool, Trouble> {
    store.write(|db| {
        let sql = "UPDATE clients SET access_token_seconds = ?2 WHERE client_id = ?1";
        Ok(db.execute(sql, params![client_id, seconds])? > 0)
    })
}

/// A new secret; each one before stays good for a day from its own rotation.
pub(crate) fn rotate_secret(db: &Connection, now: i64, client_id: &str) -> Result<String, Trouble> {
    let secret = ids::secret("secret_")?;
    db.execute("DELETE FROM former_secrets WHERE until <= ?1", [now])?;
    db.execute(
        "INSERT INTO former_secrets (client_id, hash, until) SELECT client_id, secret_hash, ?2 FROM clients
             WHERE client_id = ?1 AND secret_hash IS NOT NULL",
        params![client_id, now + FORMER_SECRET_SECONDS],
    )?;
    db.execute(
        "UPDATE clients SET secret_hash = ?2, updated_at = ?3 WHERE client_id = ?1",
        params![client_id, Hashed::of(&secret).0, now],
    )?;
    Ok(secret)
}

pub(crate) fn find(store: &Store, client_id: &str) -> Result<Option<Client>, Trouble> {
    store.read(|db| find_in(db, client_id))
}

/// An app with what the portal and the webhooks know of it.
const SELECT: &str = "SELECT c.*, e.url AS hook_url, p.owner_id,
        (SELECT json_group_array(json_array(f.hash, f.until)) FROM former_secrets f WHERE f.client_id = c.client_id)
        AS former_secrets FROM clients c
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
            former: serde_json::from_str(&row.get::<_, String>("former_secrets")?)?,
        },
    })
}

impl Client {
    /// Until when the secret before the last rotation works, if there was one.
    pub(crate) fn former_secret_until(&self) -> Option<i64> {
        self.secret.former.iter().map(|(_, until)| *until).max()
    }

    fn knows(&self, presented: &str, now: i64) -> bool {
        let presented = Hashed::of(presented);
        let is_former = |(hash, until): &(String, i64)| now < *until && presented.equals(hash);
        self.secret.hash.as_deref().is_some_and(|hash| presented.equals(hash))
            || self.secret.former.iter().any(is_former)
    }
}
