//! Which person is signed in in which browser.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::audit::{self, Actor};
use crate::db::Trouble;
use crate::ids::{self, Hashed};
use crate::pages::PAGES;
use crate::seed::{self, Person};
use crate::services::identity::account::live_sessions;
use crate::state::State;

const BROWSER_SECONDS: i64 = 12 * 3600;
/// A session's last activity is noted no more often than this.
const NOTED_EVERY_SECONDS: i64 = 60;
const LONGEST_USER_AGENT: usize = 300;

/// A browser that came with a cookie we gave it, and who is signed in there.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) secret: String,
    pub(crate) person: Option<&'static Person>,
}

impl Browser {
    /// What a form of this browser has to carry, on `page`.
    pub(crate) fn csrf(&self, page: &str) -> String {
        ids::csrf_token(&self.secret, page)
    }
}

/// The browser behind a request, if it is known.
pub(crate) fn browser(state: &State, headers: &HeaderMap) -> Result<Option<Browser>, Trouble> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let secret = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == state.cookie_name).then(|| value.to_owned()));
    let Some(secret) = secret else {
        return Ok(None);
    };
    let (hash, now) = (Hashed::of(&secret).0, state.now());
    let found: Option<Option<String>> = state.store.read(|db| {
        let sql = "SELECT user_id FROM browsers WHERE hash = ?1 AND expires_at > ?2";
        Ok(db.query_row(sql, params![hash, now], |row| row.get(0)).optional()?)
    })?;
    let Some(user_id) = found else {
        return Ok(None);
    };
    let person = user_id.as_deref().and_then(seed::find);
    if person.is_some() {
        state.store.write(|db| {
            let sql = "UPDATE sessions SET last_active_at = ?2 WHERE browser_hash = ?1 AND last_active_at < ?3";
            db.execute(sql, params![hash, now, now - NOTED_EVERY_SECONDS])?;
            Ok(())
        })?;
    }
    Ok(Some(Browser { secret, person }))
}

/// Who signs in, and in which request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignsIn<'a> {
    pub(crate) person: &'a Person,
    pub(crate) request_id: &'a str,
}

/// A new cookie's secret; with a person, the start of a session.
pub(crate) fn begin(state: &State, headers: &HeaderMap, who: Option<SignsIn<'_>>) -> Result<String, Trouble> {
    let secret = ids::secret("")?;
    let id = format!("sess_{}", ids::ulid(&state.clock)?);
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let user_agent: Option<String> = user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect());
    let (hash, now) = (Hashed::of(&secret).0, state.now());
    state.store.write(|db| {
        db.execute(
            "INSERT INTO browsers (hash, user_id, expires_at) VALUES (?1, ?2, ?3)",
            params![hash, who.map(|who| who.person.user_id), now + BROWSER_SECONDS],
        )?;
        if let Some(SignsIn { person, request_id }) = who {
            db.execute(
                "INSERT INTO sessions (browser_hash, id, user_agent, created_at, last_active_at)
                 VALUES (?1, ?2, ?3, ?4, ?4)",
                params![hash, id, user_agent, now],
            )?;
            let actor = Actor::user(person.user_id, PAGES, "identity", request_id);
            audit::row(db, now, actor, "identity.session.started", ("session", &id), json!({}))?;
        }
        Ok(())
    })?;
    Ok(secret)
}

/// The person signs in, in a browser that is known. A new cookie at every sign-in: one that somebody planted before is
/// worth nothing after. Returns its secret; what was under way in the browser goes on.
pub(crate) fn replace(
    state: &State,
    headers: &HeaderMap,
    former: &Browser,
    who: SignsIn<'_>,
) -> Result<String, Trouble> {
    let secret = begin(state, headers, Some(who))?;
    let [before, after] = [&former.secret, &secret].map(|secret| Hashed::of(secret).0);
    state.store.write(|db| {
        db.execute("UPDATE interactions SET browser_hash = ?2 WHERE browser_hash = ?1", [&before, &after])?;
        db.execute("DELETE FROM browsers WHERE hash = ?1", [&before])?;
        Ok(())
    })?;
    Ok(secret)
}

/// Forgets a browser: its cookie is worth nothing from now on. Returns the session that has ended with it.
pub(crate) fn end(db: &Connection, secret: &str) -> Result<Option<String>, Trouble> {
    let hash = Hashed::of(secret).0;
    let sql = "SELECT id FROM sessions WHERE browser_hash = ?1";
    let session = db.query_row(sql, [&hash], |row| row.get(0)).optional()?;
    db.execute("DELETE FROM browsers WHERE hash = ?1", [&hash])?;
    Ok(session)
}

pub(crate) fn set_cookie(state: &State, answer: &mut Response, secret: &str) {
    let cookie = format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax", state.cookie_name);
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// Where a person is signed in, as the person sees it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) device_label: String,
    pub(crate) created_at: i64,
    pub(crate) last_active_at: i64,
    /// It is the browser that asks.
    pub(crate) is_current: bool,
}

/// The sessions of a person, the latest first: browsers of this sandbox, then those that the person has from the start.
pub(crate) fn of_person(state: &State, person: &Person, current: &Browser) -> Result<Vec<Session>, Trouble> {
    let hash = Hashed::of(&current.secret).0;
    let mut sessions: Vec<Session> = state.store.read(|db| {
        let mut statement = db.prepare(
            "SELECT s.id, s.user_agent, s.created_at, s.last_active_at, s.browser_hash = ?3
             FROM sessions s JOIN browsers b ON b.hash = s.browser_hash
             WHERE b.user_id = ?1 AND b.expires_at > ?2 ORDER BY s.last_active_at DESC, s.id DESC",
        )?;
        let rows = statement.query_map(params![person.user_id, state.now(), hash], |row| {
            Ok(Session {
                id: row.get(0)?,
                device_label: device_label(row.get::<_, Option<String>>(1)?.as_deref()),
                created_at: row.get(2)?,
                last_active_at: row.get(3)?,
                is_current: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    let seconds = |text: &str| text.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
    sessions.extend(live_sessions(state, person)?.into_iter().map(|seeded| Session {
        device_label: seeded.device_label.to_owned(),
        created_at: seconds(seeded.created_at),
        last_active_at: seconds(seeded.last_active_at),
        is_current: false,
        id: seeded.id,
    }));
    Ok(sessions)
}

/// Ends one of the person's sessions. `false` if they have none of this id.
pub(crate) fn end_by_id(db: &Connection, now: i64, person: &Person, id: &str) -> Result<bool, Trouble> {
    if seed::sessions(person).iter().any(|seeded| seeded.id == id) {
        let sql = "INSERT OR IGNORE INTO ended_sessions (id, at) VALUES (?1, ?2)";
        return Ok(db.execute(sql, params![id, now])? > 0);
    }
    let sql = "DELETE FROM browsers WHERE user_id = ?1
               AND hash = (SELECT browser_hash FROM sessions WHERE id = ?2)";
    Ok(db.execute(sql, [person.user_id, id])? > 0)
}

/// `Firefox on Linux`, as far as the header lets it be told.
pub(crate) fn device_label(user_agent: Option<&str>) -> String {
    let text = user_agent.unwrap_or_default();
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name);
    // In an order in which the one that pretends to be others comes before them.
    let browser = first(&[("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => "A program, not a browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_as_a_person_would() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36";
        assert_eq!(device_label(Some(chrome)), "Chrome on Linux");
        assert_eq!(device_label(Some(&format!("{chrome} Edg/130.0"))), "Edge on Linux");
        assert_eq!(
            device_label(Some("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Firefox/132.0")),
            "Firefox on macOS"
        );
        assert_eq!(device_label(None), "A program, not a browser");
    }
}
