//! Which tokens are live, and how tokens and whole grants end.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::audit::{self, Actor};
use crate::clients::Client;
use crate::db::{Store, Trouble};
use crate::ids::Hashed;
use crate::pages::PAGES;

/// A token that is good right now.
#[derive(Debug, Clone)]
pub(crate) struct LiveToken {
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) scopes: String,
    pub(crate) expires_at: i64,
    pub(crate) is_refresh: bool,
}

/// The live access token of this value. Refresh tokens: refresh.rs.
pub(crate) fn live_access_token(store: &Store, now: i64, token: &str) -> Result<Option<LiveToken>, Trouble> {
    store.read(|db| {
        let found = db
            .query_row(
                "SELECT t.client_id, t.user_id, t.scopes, t.expires_at
                 FROM access_tokens t JOIN grants g ON g.id = t.grant_id
                 WHERE t.hash = ?1 AND t.expires_at > ?2 AND t.revoked_at IS NULL AND g.revoked_at IS NULL",
                params![Hashed::of(token).0, now],
                |row| {
                    Ok(LiveToken {
                        client_id: row.get(0)?,
                        user_id: row.get(1)?,
                        scopes: row.get(2)?,
                        expires_at: row.get(3)?,
                        is_refresh: false,
                    })
                },
            )
            .optional()?;
        Ok(found)
    })
}

/// Ends the access tokens of a person, of an app, of both together, or all of them, as if their time were up. Refresh
/// tokens stay. Returns how many were live.
pub(crate) fn expire_access(
    store: &Store,
    now: i64,
    user_id: Option<&str>,
    client_id: Option<&str>,
) -> Result<usize, Trouble> {
    store.write(|db| {
        let ended = db.execute(
            "UPDATE access_tokens SET expires_at = ?1
             WHERE expires_at > ?1 AND revoked_at IS NULL
                 AND user_id = coalesce(?2, user_id) AND client_id = coalesce(?3, client_id)",
            params![now, user_id, client_id],
        )?;
        Ok(ended)
    })
}

/// RFC 7009: an access token goes alone; a refresh token, live or spent, takes its whole grant along.
pub(crate) fn revoke_token(
    store: &Store,
    now: i64,
    client: &Client,
    token: &str,
    request_id: &str,
) -> Result<(), Trouble> {
    let hash = Hashed::of(token);
    let actor = Actor::client(&client.client_id, "identity", request_id);
    store.write(|db| {
        let access: Option<String> = db
            .query_row(
                "UPDATE access_tokens SET revoked_at = ?3 WHERE hash = ?1 AND client_id = ?2 AND revoked_at IS NULL
                 RETURNING grant_id",
                params![hash.0, client.client_id, now],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(grant) = access {
            return audit::row(db, now, actor, "identity.token.revoked", ("oauth_grant", &grant), json!({}));
        }
        let grant: Option<String> = db
            .query_row(
                // A replaced token belongs to a former sign-in: revoking it must not end the present one.
                "SELECT grant_id FROM refresh_tokens
                 WHERE hash = ?1 AND client_id = ?2 AND state IN ('live', 'rotated')",
                [&hash.0, &client.client_id],
                |row| row.get(0),
            )
            .optional()?;
        let Some(grant) = grant else {
            return Ok(());
        };
        end_grant_in(db, now, &grant)?;
        audit::row(db, now, actor, "identity.grant.revoked", ("oauth_grant", &grant), json!({}))
    })
}

/// As if the person disconnected the app in their account. `false` when there was no live grant.
pub(crate) fn end_grant(
    store: &Store,
    now: i64,
    user_id: &str,
    client_id: &str,
    request_id: &str,
) -> Result<bool, Trouble> {
    store.write(|db| {
        let Some(grant) = end_connection(db, now, user_id, client_id)? else {
            return Ok(false);
        };
        let actor = Actor::user(user_id, PAGES, "identity", request_id);
        let details = json!({ "app": client_id });
        audit::row(db, now, actor, "identity.connected_app.revoked", ("oauth_grant", &grant), details)?;
        Ok(true)
    })
}

/// As [`end_grant`], within a transaction: the grant that has ended.
pub(crate) fn end_connection(
    db: &Connection,
    now: i64,
    user_id: &str,
    client_id: &str,
) -> Result<Option<String>, Trouble> {
    let grant: Option<String> = db
        .query_row(
            "SELECT id FROM grants WHERE user_id = ?1 AND client_id = ?2 AND revoked_at IS NULL",
            [user_id, client_id],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(grant) = &grant {
        end_grant_in(db, now, grant)?;
    }
    Ok(grant)
}

pub(crate) fn end_grant_in(db: &Connection, now: i64, grant_id: &str) -> Result<(), Trouble> {
    db.execute("UPDATE grants SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL", params![grant_id, now])?;
    db.execute("UPDATE refresh_tokens SET state = 'revoked' WHERE grant_id = ?1", [grant_id])?;
    db.execute(
        "UPDATE access_tokens SET revoked_at = ?2 WHERE grant_id = ?1 AND revoked_at IS NULL",
        params![grant_id, now],
    )?;
    Ok(())
}

/// RFC 6749, section 4.1.2: a code used twice takes back the tokens that it gave, and those that came from them.
pub(crate) fn revoke_from_code(db: &Connection, now: i64, code: &Hashed) -> Result<(), Trouble> {
    db.execute(
        "UPDATE access_tokens SET revoked_at = ?2 WHERE code_hash = ?1 AND revoked_at IS NULL",
        params![code.0, now],
    )?;
    db.execute("UPDATE refresh_tokens SET state = 'revoked' WHERE code_hash = ?1", [&code.0])?;
    Ok(())
}

/// The security alerts raised so far, for `/_sandbox/alerts`.
pub(crate) fn alerts(store: &Store) -> Result<Vec<serde_json::Value>, Trouble> {
    store.read(|db| {
        let mut statement =
            db.prepare("SELECT id, at, kind, user_id, client_id, grant_id FROM security_alerts ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            Ok(serde_json::json!({
                "id": row.get::<_, String>(0)?,
                "at": crate::time_text(row.get(1)?),
                "kind": row.get::<_, String>(2)?,
                "user_id": row.get::<_, String>(3)?,
                "client_id": row.get::<_, String>(4)?,
                "grant_id": row.get::<_, String>(5)?,
            }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}
