//! Apps as the portal sees them: with an owner and a type. All that the portal does to an app goes through here.

use std::collections::HashMap;

use rusqlite::params;

use super::form::Kind;
use crate::clients::{self, Client, ClientForm, Registered};
use crate::db::Trouble;
use crate::pages::{Stop, Visitor};
use crate::state::State;

/// A registered app, as far as the visitor may see it.
#[derive(Debug)]
pub(super) struct App {
    pub(super) client: Client,
    /// As it was registered here.
    kind: Option<Kind>,
}

impl App {
    pub(super) fn kind(&self) -> Kind {
        self.kind.unwrap_or_else(|| Kind::of(&self.client))
    }
}

/// The visitor's own apps and those without an owner, by name.
pub(super) fn visible(state: &State, visitor: &Visitor) -> Result<Vec<App>, Trouble> {
    let kinds: HashMap<String, String> = state.store.read(|db| {
        let mut statement = db.prepare("SELECT client_id, app_type FROM portal_apps")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    let mut apps: Vec<App> = clients::all(&state.store)?
        .into_iter()
        .map(|client| {
            let kind = kinds.get(&client.client_id).and_then(|kind| Kind::named(kind));
            App { client, kind }
        })
        .filter(|app| app.client.owner_id.as_deref().is_none_or(|owner| owner == visitor.person.user_id))
        .collect();
    apps.sort_by_key(|app| app.client.client_name.to_lowercase());
    Ok(apps)
}

pub(super) fn find(state: &State, visitor: &Visitor, client_id: &str) -> Result<App, Stop> {
    let mut apps = visible(state, visitor)?.into_iter();
    apps.find(|app| app.client.client_id == client_id)
        .ok_or_else(|| Stop::not_found("You have no app with this client id."))
}

pub(super) fn register(state: &State, visitor: &Visitor, form: &ClientForm, kind: Kind) -> Result<Registered, Trouble> {
    state.store.write(|db| {
        let registered = clients::register_in(db, &state.clock, form)?;
        db.execute(
            "INSERT INTO portal_apps (client_id, owner_id, app_type) VALUES (?1, ?2, ?3)",
            params![registered.client.client_id, visitor.person.user_id, kind.value()],
        )?;
        Ok(registered)
    })
}

/// What the form does not show stays as it is.
pub(super) fn change(state: &State, app: &App, form: ClientForm) -> Result<(), Trouble> {
    let former = &app.client;
    let form = ClientForm {
        client_uri: former.client_uri.clone(),
        logo_uri: former.logo_uri.clone(),
        allowed_origins: former.allowed_origins.clone(),
        access_token_seconds: former.access_token_seconds,
        enabled: former.enabled,
        confidential: former.confidential,
        webhook_url: former.webhook_url.clone(),
        ..form
    };
    state.store.write(|db| clients::update(db, state.now(), &former.client_id, &form)).map(drop)
}

pub(super) fn enable(state: &State, app: &App, enabled: bool) -> Result<(), Trouble> {
    let client = app.client.clone();
    let form = ClientForm {
        client_name: client.client_name,
        client_uri: client.client_uri,
        logo_uri: client.logo_uri,
        confidential: client.confidential,
        redirect_uris: client.redirect_uris,
        allowed_scopes: client.allowed_scopes,
        allowed_origins: client.allowed_origins,
        access_token_seconds: client.access_token_seconds,
        enabled,
        baa: client.baa,
        webhook_url: client.webhook_url,
    };
    state.store.write(|db| clients::update(db, state.now(), &client.client_id, &form)).map(drop)
}

pub(super) fn rotate_secret(state: &State, client_id: &str) -> Result<String, Trouble> {
    state.store.write(|db| clients::rotate_secret(db, state.now(), client_id))
}
