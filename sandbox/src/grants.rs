//! Grants and the codes that they begin with. What happens at a refresh is in refresh.rs.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::answers::OAuthError;
use crate::audit::{self, Actor};
use crate::clients::Client;
use crate::db::{Store, Trouble};
use crate::ids::{self, Hashed};
use crate::issue::{Fresh, Holder, Issued};
use crate::journal::{Done, Presented};
use crate::refresh::{self, Rule, Worked};
use crate::revocation::revoke_from_code;
use crate::sys::Clock;

const CODE_SECONDS: i64 = 60;

/// What a code is bound to.
#[derive(Debug, Clone)]
pub(crate) struct Approved<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) scopes: &'a str,
    pub(crate) code_challenge: &'a str,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) request_id: &'a str,
}

/// A person said yes: records the grant, and gives the code that the app may redeem.
pub(crate) fn approve(db: &Connection, clock: &Clock, approved: &Approved<'_>) -> Result<String, Trouble> {
    let code = ids::secret("")?;
    let new_grant = ids::ulid(clock)?;
    let now = clock.now();
    let standing: Option<String> = db
        .query_row(
            "SELECT id FROM grants WHERE user_id = ?1 AND client_id = ?2 AND revoked_at IS NULL",
            [approved.user_id, approved.client_id],
            |row| row.get(0),
        )
        .optional()?;
    let (grant_id, event_type) = if let Some(grant_id) = standing {
        db.execute(
            "UPDATE grants SET scopes = ?2, updated_at = ?3 WHERE id = ?1",
            params![grant_id, approved.scopes, now],
        )?;
        (grant_id, "identity.grant.updated")
    } else {
        db.execute(
            "INSERT INTO grants (id, user_id, client_id, scopes, granted_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            params![new_grant, approved.user_id, approved.client_id, approved.scopes, now],
        )?;
        (new_grant, "identity.grant.created")
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
    let actor = Actor::user(approved.user_id, approved.client_id, "identity", approved.request_id);
    audit::row(db, now, actor, event_type, ("oauth_grant", &grant_id), json!({}))?;
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

impl StoredCode {
    fn standing(&self, now: i64) -> Presented {
        if self.used {
            Presented::Spent
        } else if now >= self.expires_at {
            Presented::Expired
        } else if self.grant_ended {
            Presented::Revoked
        } else {
            Presented::Live
        }
    }
}

/// A request to redeem a code, by a client that is known.
pub(crate) struct Redemption<'a> {
    pub(crate) client: &'a Client,
    pub(crate) code: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) verifier: &'a str,
    pub(crate) request_id: &'a str,
}

/// Redeems a code. A wrong verifier or redirect URI spends it, because whoever sends those did not begin the sign-in.
pub(crate) fn redeem(store: &Store, clock: &Clock, rule: Rule, order: &Redemption<'_>) -> Result<Worked, Trouble> {
    let now = clock.now();
    let hash = Hashed::of(order.code);
    let fresh = Fresh::make()?;
    store.write(|db| {
        // Another client's code is left alone: a stranger must not be able to spoil it.
        let Some(stored) = find_code(db, &hash)?.filter(|stored| stored.client_id == order.client.client_id) else {
            let error = OAuthError::invalid_grant("The authorization code is not valid.");
            return Ok(Worked::refused(Presented::Unknown, error));
        };
        let presented = stored.standing(now);
        if presented == Presented::Spent {
            revoke_from_code(db, now, &hash)?;
            let actor = Actor::rules(&stored.client_id, order.request_id);
            let why = json!({ "reason": "code_reused" });
            audit::row(db, now, actor, "identity.token.revoked", ("oauth_grant", &stored.grant_id), why)?;
            let text = "The authorization code was used before, so the tokens that it gave are revoked too.";
            return Ok(Worked { result: Err(OAuthError::invalid_grant(text)), done: Done::GrantRevoked, presented });
        }
        db.execute("UPDATE codes SET used_at = ?2 WHERE hash = ?1", params![hash.0, now])?;
        let refusal = if presented == Presented::Expired {
            Some("Authorization code expired")
        } else if presented == Presented::Revoked {
            Some("The person has disconnected this app since.")
        } else if stored.redirect_uri != order.redirect_uri {
            Some("The redirect_uri is not the one that the authorization began with.")
        } else if !ids::same(&ids::challenge_of(order.verifier), &stored.code_challenge) {
            Some("The code_verifier does not match the code_challenge.")
        } else {
            None
        };
        if let Some(text) = refusal {
            return Ok(Worked::refused(presented, OAuthError::invalid_grant(text)));
        }
        // One live refresh token per person and app: this sign-in's takes the place of the former one.
        refresh::replace_all(db, clock.now_ms(), rule, &stored.grant_id)?;
        let holder = Holder {
            grant_id: &stored.grant_id,
            client: order.client,
            user_id: &stored.user_id,
            scopes: &stored.scopes,
            code_hash: &hash.0,
        };
        fresh.insert_access(db, now, &holder, &stored.scopes)?;
        fresh.insert_refresh(db, now, &holder, None)?;
        holder.note_issued(db, now, "authorization_code", order.request_id)?;
        let issued = Issued {
            access_token: fresh.access_token,
            refresh_token: Some(fresh.refresh_token),
            scopes: stored.scopes,
            user_id: stored.user_id,
            nonce: stored.nonce,
        };
        Ok(Worked { result: Ok(issued), done: Done::Exchanged, presented })
    })
}

/// Where a code stands, as far as the app that names itself is concerned; nothing is changed.
pub(crate) fn presented(store: &Store, now: i64, client_id: Option<&str>, code: &str) -> Result<Presented, Trouble> {
    store.read(|db| {
        let stored = find_code(db, &Hashed::of(code))?.filter(|stored| client_id == Some(&stored.client_id));
        Ok(stored.map_or(Presented::Unknown, |stored| stored.standing(now)))
    })
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
