//! `/account`: what a person sees of their connections: which apps, which browsers, and how to end either.

use axum::Router;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::routing::{get, post};
use maud::{Markup, html};
use rusqlite::params;
use serde_json::json;

use crate::clients::{self, Client};
use crate::db::Trouble;
use crate::interact::see_other;
use crate::pages::{Answer, Here, Signed, Site, Stop, Visitor, app_tile, person_card, when};
use crate::session::{self, Session};
use crate::state::{Shared, State};
use crate::{revocation, scopes};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/account", get(overview))
        .route("/account/apps/{client_id}/disconnect", get(ask).post(disconnect))
        .route("/account/sessions/{id}/end", post(end_session))
}

/// An app that the person has connected.
struct Connection {
    client: Client,
    scopes: String,
    granted_at: i64,
    last_used_at: Option<i64>,
}

fn connections(state: &State, user_id: &str) -> Result<Vec<Connection>, Trouble> {
    let rows: Vec<(String, String, i64, Option<i64>)> = state.store.read(|db| {
        let mut statement = db.prepare(
            "SELECT client_id, scopes, updated_at, last_used_at FROM grants
             WHERE user_id = ?1 AND revoked_at IS NULL ORDER BY updated_at DESC, client_id",
        )?;
        let rows =
            statement.query_map(params![user_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    let mut found = Vec::new();
    for (client_id, scopes, granted_at, last_used_at) in rows {
        if let Some(client) = clients::find(&state.store, &client_id)? {
            found.push(Connection { client, scopes, granted_at, last_used_at });
        }
    }
    Ok(found)
}

async fn overview(Extract(state): Extract<Shared>, visitor: Visitor) -> Answer {
    let user_id = visitor.person.user_id;
    let connected = connections(&state, user_id)?;
    let sessions = session::of_person(&state, visitor.person, &visitor.browser)?;
    let alerts = alerts(&state, user_id)?;
    let content = html! {
        h1 { "Your Loop account" }
        section .card { div .person.still { (person_card(visitor.person)) } }
        @for text in &alerts { p .notice role="alert" { (text) } }
        h2 { "Connected apps" }
        @if connected.is_empty() {
            section .card.empty { p .soft { "No app is connected to your account." } }
        } @else {
            div .stack { @for connection in &connected { (connection.card()) } }
        }
        h2 { "Where you are signed in" }
        section .card.flush { ul .plain.lines { @for session in &sessions { li { (session_line(session, &visitor)) } } } }
    };
    Ok(site("Your account", &visitor).page(StatusCode::OK, &content))
}

impl Connection {
    fn card(&self) -> Markup {
        let id = &self.client.client_id;
        html! {
            section .card.connection data-app=(id) {
                div .asking {
                    (app_tile(&self.client))
                    div {
                        h3 { (self.client.client_name) }
                        p .small.soft {
                            "Connected " (when(self.granted_at)) " · "
                            @if let Some(at) = self.last_used_at { "last used " (when(at)) } @else { "not used yet" }
                        }
                    }
                    a .button.danger href={ "/account/apps/" (id) "/disconnect" } aria-label={ "Disconnect " (self.client.client_name) } { "Disconnect" }
                }
                p .small { "It may:" }
                (self.rights(false))
            }
        }
    }

    fn rights(&self, are_lost: bool) -> Markup {
        html! {
            ul .rights.lost[are_lost] { @for name in self.scopes.split(' ') {
                li { (scopes::find(name).map_or(name, |scope| scope.consent)) }
            } }
        }
    }
}

fn session_line(session: &Session, visitor: &Visitor) -> Markup {
    html! {
        div {
            strong { (session.device_label) }
            @if session.is_current { " " span .status.good { "This browser" } }
            p .small.soft { "Since " (when(session.created_at)) " · last active " (when(session.last_active_at)) }
        }
        form method="post" action={ "/account/sessions/" (session.id) "/end" } {
            (visitor.key())
            button .button.small type="submit" aria-label={ @if session.is_current { "Sign out here" } @else { "End " (session.device_label) } } {
                @if session.is_current { "Sign out" } @else { "End" }
            }
        }
    }
}

/// Each sentence tells of a connection that Loop ended for safety.
fn alerts(state: &State, user_id: &str) -> Result<Vec<String>, Trouble> {
    let rows: Vec<(i64, String)> = state.store.read(|db| {
        let mut statement = db.prepare(
            "SELECT a.at, c.client_name FROM security_alerts a JOIN clients c ON c.client_id = a.client_id
             WHERE a.user_id = ?1 ORDER BY a.id DESC LIMIT 3",
        )?;
        let rows = statement.query_map([user_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    let sentence = |(at, name): (i64, String)| {
        let at = crate::pages::when_text(at);
        format!("{at}: a key of {name} was used twice, as if it had been stolen. We disconnected the app to be safe.")
    };
    Ok(rows.into_iter().map(sentence).collect())
}

fn connected(state: &State, visitor: &Visitor, client_id: &str) -> Result<Connection, Stop> {
    let mut all = connections(state, visitor.person.user_id)?.into_iter();
    let found = all.find(|connection| connection.client.client_id == client_id);
    found.ok_or_else(|| Stop::not_found("This app is not connected to your account."))
}

async fn ask(Extract(state): Extract<Shared>, visitor: Visitor, Path(client_id): Path<String>) -> Answer {
    let connection = connected(&state, &visitor, &client_id)?;
    let name = &connection.client.client_name;
    let content = html! {
        p .crumbs { a href="/account" { "Your account" } }
        section .card.narrow {
            h1 { "Disconnect " (name) "?" }
            p { "From this moment it can no longer:" }
            (connection.rights(true))
            p .soft { "What it has already received stays with it. You can connect it again from the app." }
            form .actions method="post" action={ "/account/apps/" (client_id) "/disconnect" } {
                (visitor.key())
                button .button.danger.full type="submit" { "Disconnect " (name) }
                a .button href="/account" { "Cancel" }
            }
        }
    };
    Ok(site("Disconnect an app", &visitor).page(StatusCode::OK, &content))
}

async fn disconnect(Extract(state): Extract<Shared>, Path(client_id): Path<String>, signed: Signed) -> Answer {
    let visitor = &signed.visitor;
    connected(&state, visitor, &client_id)?;
    state.store.write(|db| {
        let Some(grant) = revocation::end_connection(db, state.now(), visitor.person.user_id, &client_id)? else {
            return Ok(());
        };
        visitor.noted(db, &state, |audit| {
            audit.note("identity.connected_app.revoked", "oauth_grant", grant, json!({ "app": client_id }));
        })
    })?;
    Ok(see_other("/account"))
}

async fn end_session(Extract(state): Extract<Shared>, Path(id): Path<String>, signed: Signed) -> Answer {
    let visitor = &signed.visitor;
    state.store.write(|db| {
        if !session::end_by_id(db, state.now(), visitor.person, &id)? {
            return Ok(());
        }
        visitor.noted(db, &state, |audit| audit.note("identity.session.ended", "session", id, json!({})))
    })?;
    Ok(see_other("/account"))
}

fn site<'a>(title: &'a str, visitor: &'a Visitor) -> Site<'a> {
    Site { title, here: Here::Account, visitor: Some(visitor), script: None }
}
