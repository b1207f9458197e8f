//! `Idempotency-Key`: the first answer is kept for a day, and given again to whoever repeats the request.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::answers::ApiError;
use crate::db::{Store, Trouble};
use crate::ids::Hashed;

const KEPT_SECONDS: i64 = 24 * 3600;
const LONGEST: usize = 255;

/// One key, as one caller uses it at one route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::struct_field_names, reason = "the key itself is what the header calls a key")]
pub(crate) struct Key {
    /// The app, and the person whose token it used: one person's answer is never given to another.
    holder: String,
    /// Method and path as sent.
    route: String,
    key: String,
    body_hash: String,
}

/// The keys whose first request is still being worked on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<HashSet<(String, String, String)>>>);

/// Holds a key while its request is worked on.
#[derive(Debug)]
pub(crate) struct Claim {
    running: Running,
    pub(crate) key: Key,
}

/// The key in the headers, if there is one.
pub(crate) fn read(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let is_one = headers.get_all("idempotency-key").iter().count() == 1;
    let is_key = |key: &&str| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    match value.to_str().ok().filter(is_key) {
        Some(key) if is_one => Ok(Some(key)),
        _ => {
            let text = format!("Send one Idempotency-Key of 1 to {LONGEST} ASCII characters without spaces.");
            Err(ApiError::validation(text))
        }
    }
}

impl Key {
    pub(crate) fn new(client_id: &str, person: Option<&str>, route: String, key: &str, body: &[u8]) -> Key {
        let holder = format!("{client_id} {}", person.unwrap_or_default());
        Key { holder, route, key: key.to_owned(), body_hash: Hashed::of_bytes(body).0 }
    }

    fn place(&self) -> (String, String, String) {
        (self.holder.clone(), self.route.clone(), self.key.clone())
    }
}

impl Running {
    /// `None` while another request with this key is worked on.
    pub(crate) fn claim(&self, key: Key) -> Option<Claim> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.place());
        is_free.then(|| Claim { running: self.clone(), key })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key.place());
    }
}

/// What is kept for a repeated request. A secret never is: the database holds secrets as hashes only.
#[derive(Debug, Clone)]
pub(crate) enum Kept {
    /// This body again, with the first one's status.
    Answer(String),
    /// Nothing but the key: the request is done again, because its answer is worth nothing without its secret.
    KeyAlone,
}

/// Keeps an answer, if none is kept for this key yet. A fault of the sandbox itself is not an answer.
pub(crate) fn keep(db: &Connection, now: i64, key: &Key, status: StatusCode, kept: &Kept) -> Result<(), Trouble> {
    if status.is_server_error() {
        return Ok(());
    }
    let body = match kept {
        Kept::Answer(text) => Some(text),
        Kept::KeyAlone => None,
    };
    db.execute(
        "INSERT OR IGNORE INTO idempotency (holder, route, key, body_hash, status, body, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![key.holder, key.route, key.key, key.body_hash, status.as_u16(), body, now],
    )?;
    Ok(())
}

/// The answer kept for this key; `Err` where the key was used for another body.
pub(crate) fn kept(store: &Store, now: i64, key: &Key) -> Result<Option<Response>, ApiError> {
    let found: Option<(String, u16, Option<String>)> = store.write(|db| {
        db.execute("DELETE FROM idempotency WHERE at <= ?1", [now - KEPT_SECONDS])?;
        let sql = "SELECT body_hash, status, body FROM idempotency WHERE holder = ?1 AND route = ?2 AND key = ?3";
        let found =
            db.query_row(sql, [&key.holder, &key.route, &key.key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        Ok(found.optional()?)
    })?;
    let Some((body_hash, status, body)) = found else {
        return Ok(None);
    };
    if body_hash != key.body_hash {
        return Err(ApiError::conflict("This Idempotency-Key was used for another request."));
    }
    let Some(body) = body else {
        return Ok(None);
    };
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Some(answer))
}
