//! Putting a new pair of tokens into the database.

use rusqlite::{Connection, params};
use serde_json::json;

use crate::audit::{self, Actor};
use crate::clients::Client;
use crate::db::Trouble;
use crate::ids::{self, Hashed};

const REFRESH_TOKEN_SECONDS: i64 = 90 * 24 * 3600;
const ACCESS_TOKEN: &str = "lph_at_";
const REFRESH_TOKEN: &str = "lph_rt_";

/// New tokens, about to be sent.
pub(crate) struct Issued {
    pub(crate) access_token: String,
    /// `None` where the rule says that the app keeps the one it has.
    pub(crate) refresh_token: Option<String>,
    pub(crate) scopes: String,
    pub(crate) user_id: String,
    pub(crate) nonce: Option<String>,
}

/// Who a new pair of tokens belongs to.
pub(crate) struct Holder<'a> {
    pub(crate) grant_id: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) user_id: &'a str,
    /// The whole grant's scopes, which the refresh token keeps.
    pub(crate) scopes: &'a str,
    /// The code that all this began with, so that its reuse can take back what it gave.
    pub(crate) code_hash: &'a str,
}

impl Holder<'_> {
    /// The row of the audit log about new tokens.
    pub(crate) fn note_issued(&self, db: &Connection, now: i64, by: &str, request_id: &str) -> Result<(), Trouble> {
        let actor = Actor::user(self.user_id, &self.client.client_id, "identity", request_id);
        let details = json!({ "grant_type": by });
        audit::row(db, now, actor, "identity.token.issued", ("oauth_grant", self.grant_id), details)
    }
}

/// A pair of tokens, made before the transaction begins: nothing in it waits for randomness.
pub(crate) struct Fresh {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

impl Fresh {
    pub(crate) fn make() -> Result<Fresh, Trouble> {
        Ok(Fresh { access_token: ids::secret(ACCESS_TOKEN)?, refresh_token: ids::secret(REFRESH_TOKEN)? })
    }

    pub(crate) fn insert_access(
        &self,
        db: &Connection,
        now: i64,
        holder: &Holder<'_>,
        scopes: &str,
    ) -> Result<(), Trouble> {
        db.execute(
            "INSERT INTO access_tokens (hash, grant_id, client_id, user_id, scopes, code_hash, issued_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                Hashed::of(&self.access_token).0,
                holder.grant_id,
                holder.client.client_id,
                holder.user_id,
                scopes,
                holder.code_hash,
                now,
                now + i64::from(holder.client.access_token_seconds)
            ],
        )?;
        db.execute("UPDATE grants SET last_used_at = ?2 WHERE id = ?1", params![holder.grant_id, now])?;
        Ok(())
    }

    /// `parent` is the refresh token that was exchanged for this one.
    pub(crate) fn insert_refresh(
        &self,
        db: &Connection,
        now: i64,
        holder: &Holder<'_>,
        parent: Option<&Hashed>,
    ) -> Result<(), Trouble> {
        db.execute(
            "INSERT INTO refresh_tokens
                 (hash, grant_id, client_id, user_id, scopes, code_hash, state, issued_at, expires_at, parent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'live', ?7, ?8, ?9)",
            params![
                Hashed::of(&self.refresh_token).0,
                holder.grant_id,
                holder.client.client_id,
                holder.user_id,
                holder.scopes,
                holder.code_hash,
                now,
                refresh_end(now),
                parent.map(|parent| &parent.0)
            ],
        )?;
        Ok(())
    }
}

/// 90 days from each use.
pub(crate) fn refresh_end(now: i64) -> i64 {
    now + REFRESH_TOKEN_SECONDS
}
