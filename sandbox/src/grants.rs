//! Grants and what they give: codes, access tokens and refresh tokens, with Loop's strict rules about using them twice.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::answers::OAuthError;
use crate::clients::Client;
use crate::db::{Store, Trouble};
use crate::ids::{self, Hashed};
use crate::revocation::{end_grant_in, revoke_from_code};
use crate::scopes;
use crate::sys::Clock;

const CODE_SECONDS: i64 = 60;
const REFRESH_TOKEN_SECONDS: i64 = 90 * 24 * 3600;
pub(crate) const ACCESS_TOKEN: &str = "lph_at_";
pub(crate) const REFRESH_TOKEN: &str = "lph_rt_";

/// What a code is bound to.
#[derive(Debug, Clone)]
pub(crate) struct Approved<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) scopes: &'a str,
    pub(crate) code_challenge: &'a str,
    pub(crate) nonce: Option<&'a str>,
}

/// New tokens, about to be sent.
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) scopes: String,
    pub(crate) user_id: String,
    pub(crate) nonce: Option<String>,
}

/// A person said yes: records the grant, and gives the code that the app may redeem.
pub(crate) fn approve(store: &Store, clock: &Clock, approved: &Approved<'_>) -> Result<String, Trouble> {
    let code = ids::secret("")?;
    let new_grant = ids::ulid(clock)?;
    let now = clock.now();
    store.write(|db| {
        let standing: Option<String> = db
            .query_row(
                "SELECT id FROM grants WHERE user_id = ?1 AND client_id = ?2 AND revoked_at IS NULL",
                [approved.user_id, approved.client_id],
                |row| row.get(0),
            )
            .optional()?;
        let grant_id = if let Some(grant_id) = standing {
            db.execute(
                "UPDATE grants SET scopes = ?2, updated_at = ?3 WHERE id = ?1",
                params![grant_id, approved.scopes, now],
            )?;
            grant_id
        } else {
            db.execute(
                "INSERT INTO grants (id, user_id, client_id, scopes, granted_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                params![new_grant, approved.user_id, approved.client_id, approved.scopes, now],
            )?;
            new_grant
        };
        db.execute(
            "INSERT INTO codes (hash, grant_id, client_id, user_id, redirect_uri, scopes, code_challenge, nonce, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                Hashed::of(&code).0,
                grant_id,
                approved.client_id,
                approved.user_id,
                approved.redirect_uri,
                approved.scopes,
                approved.code_challenge,
                approved.nonce,
                now + CODE_SECONDS
            ],
        )?;
        Ok(())
    })?;
    Ok(code)
}

struct StoredCode {
    grant_id: String,
    client_id: String,
    user_id: String,
    redirect_uri: String,
    scopes: String,
    code_challenge: String,
    nonce: Option<String>,
    expires_at: i64,
    used: bool,
    grant_ended: bool,
}

/// Redeems a code. A wrong verifier or redirect URI spends it, because whoever sends those did not begin the sign-in.
pub(crate) fn redeem(
    store: &Store,
    clock: &Clock,
    client: &Client,
    code: &str,
    redirect_uri: &str,
    verifier: &str,
) -> Result<Issued, OAuthError> {
    let now = clock.now();
    let hash = Hashed::of(code);
    let fresh = Fresh::make()?;
    store.write(|db| {
        // Another client's code is left alone: a stranger must not be able to spoil it.
        let Some(stored) = find_code(db, &hash)?.filter(|stored| stored.client_id == client.client_id) else {
            return Ok(Err(OAuthError::invalid_grant("The authorization code is not valid.")));
        };
        if stored.used {
            revoke_from_code(db, now, &hash)?;
            let text = "The authorization code was used before, so the tokens that it gave are revoked too.";
            return Ok(Err(OAuthError::invalid_grant(text)));
        }
        db.execute("UPDATE codes SET used_at = ?2 WHERE hash = ?1", params![hash.0, now])?;
        let refusal = if now >= stored.expires_at {
            Some("Authorization code expired")
        } else if stored.grant_ended {
            Some("The person has disconnected this app since.")
        } else if stored.redirect_uri != redirect_uri {
            Some("The redirect_uri is not the one that the authorization began with.")
        } else if !ids::same(&ids::challenge_of(verifier), &stored.code_challenge) {
            Some("The code_verifier does not match the code_challenge.")
        } else {
            None
        };
        if let Some(text) = refusal {
            return Ok(Err(OAuthError::invalid_grant(text)));
        }
        // One live refresh token per person and app: this sign-in's takes the place of the former one.
        db.execute(
            "UPDATE refresh_tokens SET state = 'replaced' WHERE grant_id = ?1 AND state = 'live'",
            [&stored.grant_id],
        )?;
        let holder = Holder {
            grant_id: &stored.grant_id,
            client,
            user_id: &stored.user_id,
            scopes: &stored.scopes,
            code_hash: &hash.0,
        };
        fresh.insert(db, now, &holder, &stored.scopes)?;
        Ok(Ok(fresh.issued(stored.scopes, stored.user_id, stored.nonce)))
    })?
}

fn find_code(db: &Connection, hash: &Hashed) -> Result<Option<StoredCode>, Trouble> {
    let found = db
        .query_row(
            "SELECT c.grant_id, c.client_id, c.user_id, c.redirect_uri, c.scopes, c.code_challenge, c.nonce,
                    c.expires_at, c.used_at IS NOT NULL, g.revoked_at IS NOT NULL
             FROM codes c JOIN grants g ON g.id = c.grant_id WHERE c.hash = ?1",
            [&hash.0],
            |row| {
                Ok(StoredCode {
                    grant_id: row.get(0)?,
                    client_id: row.get(1)?,
                    user_id: row.get(2)?,
                    redirect_uri: row.get(3)?,
                    scopes: row.get(4)?,
                    code_challenge: row.get(5)?,
                    nonce: row.get(6)?,
                    expires_at: row.get(7)?,
                    used: row.get(8)?,
                    grant_ended: row.get(9)?,
                })
            },
        )
        .optional()?;
    Ok(found)
}

struct StoredRefresh {
    grant_id: String,
    client_id: String,
    user_id: String,
    scopes: String,
    code_hash: String,
    state: String,
    expires_at: i64,
}

/// Rotates a refresh token. One that was rotated before counts as stolen, and ends the grant.
///
/// A token that a *new sign-in* replaced was never used up, so its use says nothing about theft: it is refused, and
/// the new grant lives on. `narrower` asks for fewer scopes in the access token (RFC 6749, section 6).
pub(crate) fn rotate(
    store: &Store,
    clock: &Clock,
    client: &Client,
    token: &str,
    narrower: Option<&str>,
) -> Result<Issued, OAuthError> {
    let now = clock.now();
    let hash = Hashed::of(token);
    let fresh = Fresh::make()?;
    let alert_id = ids::ulid(clock).map_err(Trouble::from)?;
    store.write(|db| {
        let Some(stored) = find_refresh(db, &hash)?.filter(|stored| stored.client_id == client.client_id) else {
            return Ok(Err(OAuthError::invalid_grant("The refresh token is not valid.")));
        };
        match stored.state.as_str() {
            "live" if now < stored.expires_at => {}
            "live" => {
                return Ok(Err(OAuthError::invalid_grant("The refresh token has expired.")));
            }
            "rotated" => {
                end_grant_in(db, now, &stored.grant_id)?;
                db.execute(
                    "INSERT INTO security_alerts (id, at, kind, user_id, client_id, grant_id)
                     VALUES (?1, ?2, 'refresh_token_reused', ?3, ?4, ?5)",
                    params![alert_id, now, stored.user_id, stored.client_id, stored.grant_id],
                )?;
                let text = "The refresh token was used before, so the whole grant is revoked.";
                return Ok(Err(OAuthError::invalid_grant(text)));
            }
            "replaced" => {
                return Ok(Err(OAuthError::invalid_grant("A newer sign-in has replaced this refresh token.")));
            }
            _ => {
                return Ok(Err(OAuthError::invalid_grant("The refresh token was revoked.")));
            }
        }
        let access_scopes = match narrower.map(scopes::split) {
            None => stored.scopes.clone(),
            Some(asked) => {
                if let Some(extra) = asked.iter().find(|name| !scopes::split(&stored.scopes).contains(name)) {
                    let text = format!("The scope \"{extra}\" was not granted; a refresh can't add one.");
                    return Ok(Err(OAuthError::new("invalid_scope", text)));
                }
                asked.join(" ")
            }
        };
        db.execute("UPDATE refresh_tokens SET state = 'rotated' WHERE hash = ?1", [&hash.0])?;
        let holder = Holder {
            grant_id: &stored.grant_id,
            client,
            user_id: &stored.user_id,
            scopes: &stored.scopes,
            code_hash: &stored.code_hash,
        };
        fresh.insert(db, now, &holder, &access_scopes)?;
        Ok(Ok(fresh.issued(access_scopes, stored.user_id, None)))
    })?
}

fn find_refresh(db: &Connection, hash: &Hashed) -> Result<Option<StoredRefresh>, Trouble> {
    let found = db
        .query_row(
            "SELECT grant_id, client_id, user_id, scopes, code_hash, state, expires_at
             FROM refresh_tokens WHERE hash = ?1",
            [&hash.0],
            |row| {
                Ok(StoredRefresh {
                    grant_id: row.get(0)?,
                    client_id: row.get(1)?,
                    user_id: row.get(2)?,
                    scopes: row.get(3)?,
                    code_hash: row.get(4)?,
                    state: row.get(5)?,
                    expires_at: row.get(6)?,
                })
            },
        )
        .optional()?;
    Ok(found)
}

/// Who a new pair of tokens belongs to.
struct Holder<'a> {
    grant_id: &'a str,
    client: &'a Client,
    user_id: &'a str,
    /// The whole grant's scopes, which the refresh token keeps.
    scopes: &'a str,
    /// The code that all this began with, so that its reuse can take back what it gave.
    code_hash: &'a str,
}

/// A pair of tokens, made before the transaction begins: nothing in it waits for randomness.
struct Fresh {
    access_token: String,
    refresh_token: String,
}

impl Fresh {
    fn make() -> Result<Fresh, Trouble> {
        Ok(Fresh { access_token: ids::secret(ACCESS_TOKEN)?, refresh_token: ids::secret(REFRESH_TOKEN)? })
    }

    fn insert(&self, db: &Connection, now: i64, holder: &Holder<'_>, access_scopes: &str) -> Result<(), Trouble> {
        db.execute(
            "INSERT INTO access_tokens (hash, grant_id, client_id, user_id, scopes, code_hash, issued_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                Hashed::of(&self.access_token).0,
                holder.grant_id,
                holder.client.client_id,
                holder.user_id,
                access_scopes,
                holder.code_hash,
                now,
                now + i64::from(holder.client.access_token_seconds)
            ],
        )?;
        db.execute(
            "INSERT INTO refresh_tokens
                 (hash, grant_id, client_id, user_id, scopes, code_hash, state, issued_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'live', ?7, ?8)",
            params![
                Hashed::of(&self.refresh_token).0,
                holder.grant_id,
                holder.client.client_id,
                holder.user_id,
                holder.scopes,
                holder.code_hash,
                now,
                now + REFRESH_TOKEN_SECONDS
            ],
        )?;
        db.execute("UPDATE grants SET last_used_at = ?2 WHERE id = ?1", params![holder.grant_id, now])?;
        Ok(())
    }

    fn issued(self, scopes: String, user_id: String, nonce: Option<String>) -> Issued {
        Issued { access_token: self.access_token, refresh_token: self.refresh_token, scopes, user_id, nonce }
    }
}
