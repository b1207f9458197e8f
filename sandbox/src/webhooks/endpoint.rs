//! Where an app wants its events, which ones, and the secret that they are signed with.

use rusqlite::{Connection, OptionalExtension as _, params};
use url::Url;

use super::catalogue::{self, Event};
use crate::clients::ClientForm;
use crate::db::{Store, Trouble};
use crate::{ids, scopes};

/// How long an app is asked to accept the former secret too.
const OVERLAP_SECONDS: i64 = 24 * 3600;
const SECRET: &str = "whsec_";

/// An app's webhook set-up, without its secret.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    /// Names from the catalogue; `None` for every event that the app's scopes can open.
    events: Option<Vec<String>>,
    /// While it lies ahead, the secret was changed less than a day ago.
    pub(crate) former_secret_until: Option<i64>,
}

impl Endpoint {
    pub(crate) fn wants(&self, event: &Event) -> bool {
        wants(self.events.as_deref(), event)
    }
}

fn wants(events: Option<&[String]>, event: &Event) -> bool {
    events.is_none_or(|names| names.iter().any(|name| name == event.name))
}

/// What an app asks for.
#[derive(Debug, Clone)]
pub(crate) struct Setup<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) url: &'a str,
    /// `None` for what it is: at first, every event that the app's scopes can open.
    pub(crate) events: Option<Vec<String>>,
    pub(crate) allowed_scopes: &'a [String],
}

impl Setup<'_> {
    /// `Ok`, or one sentence about the first thing that is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        check_url(self.url)?;
        let Some(events) = &self.events else {
            return Ok(());
        };
        for name in events {
            let event = catalogue::find(name).ok_or_else(|| format!("There is no event \"{name}\"."))?;
            if !scopes::satisfies(&self.allowed_scopes.join(" "), event.scope) {
                return Err(format!("The event {name} needs the scope {}, which this app can't ask for.", event.scope));
            }
        }
        Ok(())
    }
}

/// HTTPS anywhere, as the platform asks; plain HTTP on this machine, which is what a sandbox is for.
pub(crate) fn check_url(text: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("The webhook URL \"{text}\" can't be used: {why}."));
    let Ok(url) = Url::parse(text) else {
        return refuse("it is not an absolute URL");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it must hold no user name or password");
    }
    if url.fragment().is_some() {
        return refuse("it must have no fragment (#…)");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if crate::redirect_uri::is_this_machine(&url) => Ok(()),
        "http" => refuse("http is only for localhost, 127.0.0.1 and [::1]; use https"),
        _ => refuse("it must begin with https://"),
    }
}

/// Brings the set-up in line with what an app's record says: no URL, no webhook. The events stay as they were chosen; at
/// first they are all that the app's scopes open. Returns the secret of a new one.
pub(crate) fn follow(db: &Connection, now: i64, client_id: &str, form: &ClientForm) -> Result<Option<String>, Trouble> {
    let Some(url) = &form.webhook_url else {
        db.execute("DELETE FROM webhook_endpoints WHERE client_id = ?1", [client_id])?;
        return Ok(None);
    };
    put(db, now, &Setup { client_id, url, events: None, allowed_scopes: &form.allowed_scopes })
}

/// Stores a checked set-up. The first one makes the secret, which is returned this once.
pub(crate) fn put(db: &Connection, now: i64, setup: &Setup<'_>) -> Result<Option<String>, Trouble> {
    let events = setup.events.as_ref().map(serde_json::to_string).transpose()?;
    let sql = "UPDATE webhook_endpoints SET url = ?2, events = coalesce(?3, events), updated_at = ?4
               WHERE client_id = ?1";
    if db.execute(sql, params![setup.client_id, setup.url, events, now])? > 0 {
        return Ok(None);
    }
    let secret = ids::secret(SECRET)?;
    db.execute(
        "INSERT INTO webhook_endpoints (client_id, url, events, secret, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        params![setup.client_id, setup.url, events.as_deref().unwrap_or("null"), secret, now],
    )?;
    Ok(Some(secret))
}

/// The app wants no more events. What waits is given up at its next attempt.
pub(crate) fn remove(db: &Connection, client_id: &str) -> Result<bool, Trouble> {
    Ok(db.execute("DELETE FROM webhook_endpoints WHERE client_id = ?1", [client_id])? > 0)
}

/// A new secret, with which every delivery is signed from now on; `None` if there is no set-up.
pub(crate) fn rotate_secret(db: &Connection, now: i64, client_id: &str) -> Result<Option<String>, Trouble> {
    let secret = ids::secret(SECRET)?;
    let sql = "UPDATE webhook_endpoints SET secret = ?2, former_secret_until = ?3, updated_at = ?4
               WHERE client_id = ?1";
    let changed = db.execute(sql, params![client_id, secret, now + OVERLAP_SECONDS, now])?;
    Ok((changed > 0).then_some(secret))
}

pub(crate) fn endpoint_of(store: &Store, client_id: &str) -> Result<Option<Endpoint>, Trouble> {
    store.read(|db| {
        let sql = "SELECT url, events, former_secret_until FROM webhook_endpoints WHERE client_id = ?1";
        let found = db.query_row(sql, [client_id], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?))
        });
        let Some((url, events, former_secret_until)) = found.optional()? else {
            return Ok(None);
        };
        Ok(Some(Endpoint { url, events: serde_json::from_str(&events)?, former_secret_until }))
    })
}

/// The apps that hear of this event about this person.
pub(super) fn listeners(db: &Connection, event: &Event, user_id: &str) -> Result<Vec<String>, Trouble> {
    let mut statement = db.prepare_cached(
        "SELECT e.client_id, e.events, g.scopes
         FROM webhook_endpoints e JOIN grants g ON g.client_id = e.client_id AND g.user_id = ?1
             JOIN clients c ON c.client_id = e.client_id
         WHERE g.revoked_at IS NULL AND c.enabled ORDER BY e.client_id",
    )?;
    let rows = statement.query_map([user_id], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut listening = Vec::new();
    for row in rows {
        let (client_id, events, granted) = row?;
        let wanted: Option<Vec<String>> = serde_json::from_str(&events)?;
        if wants(wanted.as_deref(), event) && scopes::satisfies(&granted, event.scope) {
            listening.push(client_id);
        }
    }
    Ok(listening)
}

#[derive(Debug)]
pub(super) struct Destination {
    pub(super) url: String,
    pub(super) secret: String,
}

/// Where a delivery goes now, or one sentence about why it goes nowhere any more.
pub(super) fn destination(
    db: &Connection,
    client_id: &str,
    user_id: &str,
    scope: Option<&str>,
) -> Result<Result<Destination, &'static str>, Trouble> {
    let enabled = db
        .query_row("SELECT enabled FROM clients WHERE client_id = ?1", [client_id], |row| row.get::<_, bool>(0))
        .optional()?;
    if enabled != Some(true) {
        return Ok(Err("The app is switched off."));
    }
    if let Some(scope) = scope {
        let sql = "SELECT scopes FROM grants WHERE user_id = ?1 AND client_id = ?2 AND revoked_at IS NULL";
        let granted: Option<String> = db.query_row(sql, [user_id, client_id], |row| row.get(0)).optional()?;
        if !granted.is_some_and(|granted| scopes::satisfies(&granted, scope)) {
            return Ok(Err("The person no longer grants the app the scope behind this event."));
        }
    }
    let sql = "SELECT url, secret FROM webhook_endpoints WHERE client_id = ?1";
    let found =
        db.query_row(sql, [client_id], |row| Ok(Destination { url: row.get(0)?, secret: row.get(1)? })).optional()?;
    Ok(found.ok_or("The app has no webhook URL any more."))
}

/// Makes sure that an event may go to an app: what a lever is refused with otherwise.
pub(super) fn may_hear(
    db: &Connection,
    client_id: &str,
    user_id: &str,
    event: &Event,
) -> Result<Result<(), String>, Trouble> {
    let sql = "SELECT events FROM webhook_endpoints WHERE client_id = ?1";
    let events: Option<String> = db.query_row(sql, [client_id], |row| row.get(0)).optional()?;
    let wanted: Option<Vec<String>> = events.map_or(Ok(None), |events| serde_json::from_str(&events))?;
    Ok(match destination(db, client_id, user_id, Some(event.scope))? {
        Err(why) => Err(why.to_owned()),
        Ok(_) if !wants(wanted.as_deref(), event) => {
            Err(format!("The app's webhook leaves the event {} out.", event.name))
        }
        Ok(_) => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_url_is_https_or_on_this_machine() {
        for url in
            ["https://hooks.example.com/loop?a=b", "http://localhost:3000/hook", "http://127.0.0.1:1", "http://[::1]/"]
        {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for (url, why) in [
            ("", "absolute"),
            ("/hook", "absolute"),
            ("http://example.com/hook", "https"),
            ("http://localhost.example.com/hook", "https"),
            ("ftp://localhost/hook", "https://"),
            ("https://a:b@example.com/", "password"),
            ("https://example.com/#x", "fragment"),
        ] {
            let refusal = check_url(url).unwrap_err();
            assert!(refusal.contains(why), "{url}: {refusal}");
        }
    }
}
