//! Exchanging a refresh token, by the rotation rule that is switched on.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::answers::OAuthError;
use crate::audit::{self, Actor};
use crate::clients::Client;
use crate::db::{Store, Trouble};
use crate::ids::{self, Hashed};
use crate::issue::{Fresh, Holder, Issued, refresh_end};
use crate::journal::{Done, Presented};
use crate::revocation::{LiveToken, end_grant_in};
use crate::rotation::Rotation;
use crate::scopes;
use crate::sys::Clock;

/// What the switches say about refresh tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) rotation: Rotation,
    /// A token that a newer sign-in replaced counts as used twice.
    pub(crate) replaced_is_reuse: bool,
}

/// One token request's outcome, with what the journal wants to know.
pub(crate) struct Worked {
    pub(crate) result: Result<Issued, OAuthError>,
    pub(crate) done: Done,
    pub(crate) presented: Presented,
}

impl Worked {
    pub(crate) fn refused(presented: Presented, error: OAuthError) -> Worked {
        Worked { result: Err(error), done: Done::Refused, presented }
    }
}

/// A refresh request whose client is known.
pub(crate) struct Order<'a> {
    pub(crate) client: &'a Client,
    pub(crate) token: &'a str,
    /// Fewer scopes for the access token (RFC 6749, section 6).
    pub(crate) narrower: Option<&'a str>,
    /// Give an access token only, and leave the refresh token as it is, whatever the rule says.
    pub(crate) keeps_token: bool,
    pub(crate) request_id: &'a str,
}

struct StoredRefresh {
    hash: Hashed,
    grant_id: String,
    client_id: String,
    user_id: String,
    scopes: String,
    code_hash: String,
    state: String,
    expires_at: i64,
    /// Milliseconds; when it was first exchanged.
    rotated_at_ms: Option<i64>,
}

/// Exchanges a refresh token. One whose use the rule no longer allows counts as stolen, and ends the grant.
pub(crate) fn refresh(store: &Store, clock: &Clock, rule: Rule, order: &Order<'_>) -> Result<Worked, Trouble> {
    let (now, now_ms) = (clock.now(), clock.now_ms());
    let fresh = Fresh::make()?;
    let alert_id = ids::ulid(clock)?;
    store.write(|db| {
        let stored = find(db, order.token)?.filter(|stored| stored.client_id == order.client.client_id);
        let Some(stored) = stored else {
            let error = OAuthError::invalid_grant("The refresh token is not valid.");
            return Ok(Worked::refused(Presented::Unknown, error));
        };
        let presented = standing(db, &stored, now_ms, rule.rotation)?;
        let was_stolen = match presented {
            Presented::Spent => stored.state == "rotated",
            Presented::Replaced => rule.replaced_is_reuse,
            _ => false,
        };
        if was_stolen {
            end_grant_in(db, now, &stored.grant_id)?;
            db.execute(
                "INSERT INTO security_alerts (id, at, kind, user_id, client_id, grant_id)
                 VALUES (?1, ?2, 'refresh_token_reused', ?3, ?4, ?5)",
                params![alert_id, now, stored.user_id, stored.client_id, stored.grant_id],
            )?;
            let actor = Actor::rules(&stored.client_id, order.request_id);
            let why = json!({ "reason": "refresh_token_reused" });
            audit::row(db, now, actor, "identity.grant.revoked", ("oauth_grant", &stored.grant_id), why)?;
            let text = "The refresh token was used before, so the whole grant is revoked.";
            return Ok(Worked { result: Err(OAuthError::invalid_grant(text)), done: Done::GrantRevoked, presented });
        }
        let refusal = match presented {
            Presented::Live | Presented::Superseded => None,
            Presented::Expired => Some("The refresh token has expired."),
            Presented::Replaced => Some("A newer sign-in has replaced this refresh token."),
            Presented::Spent | Presented::Revoked | Presented::Unknown => Some("The refresh token was revoked."),
        };
        if let Some(text) = refusal {
            return Ok(Worked::refused(presented, OAuthError::invalid_grant(text)));
        }
        let access_scopes = match narrowed(&stored.scopes, order.narrower) {
            Ok(scopes) => scopes,
            Err(error) => return Ok(Worked::refused(presented, error)),
        };
        let (refresh_token, done) = exchange(db, clock, rule.rotation, order, &stored, &fresh, &access_scopes)?;
        let access_token = fresh.access_token;
        let issued =
            Issued { access_token, refresh_token, scopes: access_scopes, user_id: stored.user_id, nonce: None };
        Ok(Worked { result: Ok(issued), done, presented })
    })
}

/// The scopes of the new access token.
fn narrowed(granted: &str, narrower: Option<&str>) -> Result<String, OAuthError> {
    let Some(asked) = narrower.map(scopes::split) else {
        return Ok(granted.to_owned());
    };
    if let Some(extra) = asked.iter().find(|name| !scopes::split(granted).contains(name)) {
        let text = format!("The scope \"{extra}\" was not granted; a refresh can't add one.");
        return Err(OAuthError::new("invalid_scope", text));
    }
    Ok(asked.join(" "))
}

/// Writes the new tokens down; returns the refresh token that the answer names.
fn exchange(
    db: &Connection,
    clock: &Clock,
    rotation: Rotation,
    order: &Order<'_>,
    stored: &StoredRefresh,
    fresh: &Fresh,
    access_scopes: &str,
) -> Result<(Option<String>, Done), Trouble> {
    let now = clock.now();
    let holder = Holder {
        grant_id: &stored.grant_id,
        client: order.client,
        user_id: &stored.user_id,
        scopes: &stored.scopes,
        code_hash: &stored.code_hash,
    };
    fresh.insert_access(db, now, &holder, access_scopes)?;
    holder.note_issued(db, now, "refresh_token", order.request_id)?;
    if order.keeps_token || matches!(rotation, Rotation::Never | Rotation::NeverSame) {
        let sql = "UPDATE refresh_tokens SET expires_at = ?2 WHERE hash = ?1";
        db.execute(sql, params![stored.hash.0, refresh_end(now)])?;
        let repeats = rotation == Rotation::NeverSame && !order.keeps_token;
        return Ok((repeats.then(|| order.token.to_owned()), Done::Renewed));
    }
    // The first use counts: a grace period does not begin again with each use.
    let sql =
        "UPDATE refresh_tokens SET state = 'rotated', rotated_at_ms = coalesce(rotated_at_ms, ?2) WHERE hash = ?1";
    db.execute(sql, params![stored.hash.0, clock.now_ms()])?;
    fresh.insert_refresh(db, now, &holder, Some(&stored.hash))?;
    Ok((Some(fresh.refresh_token.clone()), Done::Rotated))
}

/// Where a token stands, as far as the app that names itself is concerned; nothing is changed.
pub(crate) fn presented(
    store: &Store,
    clock: &Clock,
    rule: Rule,
    client_id: Option<&str>,
    token: &str,
) -> Result<Presented, Trouble> {
    store.read(|db| {
        let stored = find(db, token)?.filter(|stored| client_id == Some(&stored.client_id));
        stored.map_or(Ok(Presented::Unknown), |stored| standing(db, &stored, clock.now_ms(), rule.rotation))
    })
}

/// The refresh token of this value, if a refresh with it would be granted now.
pub(crate) fn live(store: &Store, clock: &Clock, rule: Rule, token: &str) -> Result<Option<LiveToken>, Trouble> {
    store.read(|db| {
        let Some(stored) = find(db, token)? else {
            return Ok(None);
        };
        let standing = standing(db, &stored, clock.now_ms(), rule.rotation)?;
        Ok(matches!(standing, Presented::Live | Presented::Superseded).then_some(LiveToken {
            client_id: stored.client_id,
            user_id: stored.user_id,
            scopes: stored.scopes,
            expires_at: stored.expires_at,
            is_refresh: true,
        }))
    })
}

/// A new sign-in takes the place of the former one: whatever would still be granted is refused from now on.
pub(crate) fn replace_all(db: &Connection, now_ms: i64, rule: Rule, grant_id: &str) -> Result<(), Trouble> {
    let replace = "UPDATE refresh_tokens SET state = 'replaced' WHERE hash = ?1";
    let sql = "SELECT hash FROM refresh_tokens WHERE grant_id = ?1 AND state IN ('live', 'rotated')";
    let hashes: Vec<String> =
        db.prepare(sql)?.query_map([grant_id], |row| row.get(0))?.collect::<Result<_, rusqlite::Error>>()?;
    for hash in hashes {
        let Some(stored) = find_hashed(db, &Hashed(hash))? else { continue };
        if stored.state == "live" || standing(db, &stored, now_ms, rule.rotation)? == Presented::Superseded {
            db.execute(replace, [&stored.hash.0])?;
        }
    }
    Ok(())
}

fn standing(db: &Connection, stored: &StoredRefresh, now_ms: i64, rotation: Rotation) -> Result<Presented, Trouble> {
    let is_over = now_ms / 1000 >= stored.expires_at;
    Ok(match stored.state.as_str() {
        "live" if is_over => Presented::Expired,
        "live" => Presented::Live,
        "rotated" if works_again(db, stored, now_ms, rotation)? => {
            if is_over {
                Presented::Expired
            } else {
                Presented::Superseded
            }
        }
        "rotated" => Presented::Spent,
        "replaced" => Presented::Replaced,
        // One that was used up before its grant ended is still one that must not be sent.
        _ if stored.rotated_at_ms.is_some() && !works_again(db, stored, now_ms, rotation)? => Presented::Spent,
        _ => Presented::Revoked,
    })
}

/// Whether the rule allows another use of a token that was exchanged.
fn works_again(db: &Connection, stored: &StoredRefresh, now_ms: i64, rotation: Rotation) -> Result<bool, Trouble> {
    match (rotation, stored.rotated_at_ms) {
        (Rotation::Grace { seconds }, Some(at)) => Ok(now_ms.saturating_sub(at) < i64::from(seconds) * 1000),
        (Rotation::PreviousUntilUsed, Some(_)) => {
            let sql = "SELECT NOT EXISTS
                 (SELECT 1 FROM refresh_tokens WHERE parent = ?1 AND rotated_at_ms IS NOT NULL)";
            Ok(db.query_row(sql, [&stored.hash.0], |row| row.get(0))?)
        }
        _ => Ok(false),
    }
}

fn find(db: &Connection, token: &str) -> Result<Option<StoredRefresh>, Trouble> {
    find_hashed(db, &Hashed::of(token))
}

fn find_hashed(db: &Connection, hash: &Hashed) -> Result<Option<StoredRefresh>, Trouble> {
    let mut statement = db.prepare_cached(
        "SELECT grant_id, client_id, user_id, scopes, code_hash, state, expires_at, rotated_at_ms
         FROM refresh_tokens WHERE hash = ?1",
    )?;
    let found = statement
        .query_row([&hash.0], |row| {
            Ok(StoredRefresh {
                hash: hash.clone(),
                grant_id: row.get(0)?,
                client_id: row.get(1)?,
                user_id: row.get(2)?,
                scopes: row.get(3)?,
                code_hash: row.get(4)?,
                state: row.get(5)?,
                expires_at: row.get(6)?,
                rotated_at_ms: row.get(7)?,
            })
        })
        .optional()?;
    Ok(found)
}
