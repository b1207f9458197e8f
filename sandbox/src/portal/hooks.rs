//! Webhooks in the portal: where events go, what became of them, and sending one again.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::routing::post;
use maud::{Markup, html};
use rusqlite::Connection;
use serde_json::json;

use super::app_page::AppPage;
use super::once::Shown;
use super::{apps, back_to};
use crate::db::Trouble;
use crate::pages::{Answer, Signed, Stop, when};
use crate::scopes;
use crate::seed::{self, PEOPLE};
use crate::state::{Shared, State};
use crate::webhooks::{self, Delivery, EVENTS, Endpoint, Event, Setup, Status};

/// How long a page waits for a delivery that was just ordered, so that it can show the outcome.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/developers/apps/{client_id}/webhook", post(set_up))
        .route("/developers/apps/{client_id}/webhook/remove", post(remove))
        .route("/developers/apps/{client_id}/webhook/rotate-secret", post(rotate_secret))
        .route("/developers/apps/{client_id}/webhook/send", post(send))
        .route("/developers/apps/{client_id}/deliveries/{delivery_id}/replay", post(replay))
}

async fn set_up(Extract(state): Extract<Shared>, Path(client_id): Path<String>, signed: Signed) -> Answer {
    let app = apps::find(&state, &signed.visitor, &client_id)?;
    let setup = Setup {
        client_id: &client_id,
        url: signed.form.get("url").unwrap_or_default().trim(),
        events: Some(signed.form.all("event").map(str::to_owned).collect()),
        allowed_scopes: &app.client.allowed_scopes,
    };
    setup.check().map_err(|wrong| Stop::new(StatusCode::BAD_REQUEST, wrong))?;
    let secret = state.store.write(|db| {
        let secret = webhooks::put(db, state.now(), &setup)?;
        noted(&state, db, &signed, "webhooks.endpoint.updated", &client_id)?;
        Ok(secret)
    })?;
    if let Some(secret) = secret {
        state.portal.keep(&signed.visitor, &client_id, vec![Shown::webhook_secret(secret)]);
        return Ok(back_to(&client_id, ""));
    }
    Ok(back_to(&client_id, "#webhook"))
}

async fn remove(Extract(state): Extract<Shared>, Path(client_id): Path<String>, signed: Signed) -> Answer {
    apps::find(&state, &signed.visitor, &client_id)?;
    state.store.write(|db| {
        let was_there = webhooks::remove(db, &client_id)?;
        if was_there { noted(&state, db, &signed, "webhooks.endpoint.removed", &client_id) } else { Ok(()) }
    })?;
    Ok(back_to(&client_id, "#webhook"))
}

async fn rotate_secret(Extract(state): Extract<Shared>, Path(client_id): Path<String>, signed: Signed) -> Answer {
    apps::find(&state, &signed.visitor, &client_id)?;
    let secret = state.store.write(|db| {
        let secret = webhooks::rotate_secret(db, state.now(), &client_id)?;
        if secret.is_some() {
            noted(&state, db, &signed, "webhooks.endpoint.secret_rotated", &client_id)?;
        }
        Ok(secret)
    })?;
    let secret = secret.ok_or_else(|| Stop::not_found("This app has no webhook URL."))?;
    state.portal.keep(&signed.visitor, &client_id, vec![Shown::webhook_secret(secret)]);
    Ok(back_to(&client_id, ""))
}

async fn send(Extract(state): Extract<Shared>, Path(client_id): Path<String>, signed: Signed) -> Answer {
    apps::find(&state, &signed.visitor, &client_id)?;
    let event = signed.form.get("event").and_then(webhooks::find_event);
    let (Some(event), Some(person)) = (event, signed.form.get("person").and_then(seed::find)) else {
        return Err(Stop::new(StatusCode::BAD_REQUEST, "Choose an event and a person."));
    };
    webhooks::send_test(&state, &client_id, event, person)?;
    outcome_soon(&state).await;
    Ok(back_to(&client_id, "#deliveries"))
}

async fn replay(
    Extract(state): Extract<Shared>,
    Path((client_id, delivery_id)): Path<(String, String)>,
    signed: Signed,
) -> Answer {
    apps::find(&state, &signed.visitor, &client_id)?;
    let no_such = || Stop::not_found("This app has no such delivery.");
    let found = webhooks::delivery(&state.store, &delivery_id)?.filter(|delivery| delivery.client_id == client_id);
    found.ok_or_else(no_such)?;
    state.store.write(|db| webhooks::replay(&state, db, &delivery_id))?.ok_or_else(no_such)?;
    outcome_soon(&state).await;
    Ok(back_to(&client_id, "#deliveries"))
}

/// The row of the audit log about a change of an app's webhook.
fn noted(
    state: &State,
    db: &Connection,
    signed: &Signed,
    event_type: &'static str,
    client_id: &str,
) -> Result<(), Trouble> {
    let details = json!({ "app": client_id });
    signed.visitor.noted(db, state, |audit| audit.note(event_type, "webhook_endpoint", client_id, details))
}

async fn outcome_soon(state: &State) {
    // Whatever becomes of it, the page says how things stand.
    let _ = tokio::time::timeout(PATIENCE, webhooks::settle(state)).await;
}

/// The part of an app's page that is about webhooks.
pub(super) fn section(page: &AppPage<'_>) -> Markup {
    html! {
        section .card #webhook { h2 { "Webhook" }
            (set_up_form(page))
            @if let Some(endpoint) = &page.endpoint { (secret(page, endpoint)) }
        }
        @if page.endpoint.is_some() || !page.deliveries.is_empty() {
            section .card #deliveries {
                h2 { "Deliveries" }
                @if page.endpoint.is_some() { (test_form(page)) }
                @if page.deliveries.is_empty() {
                    p .soft { "Nothing was sent yet." }
                } @else { (table(page)) }
            }
        }
    }
}

fn open_events(page: &AppPage<'_>) -> impl Iterator<Item = &'static Event> {
    let scopes = page.app.client.allowed_scopes.join(" ");
    EVENTS.iter().filter(move |event| scopes::satisfies(&scopes, event.scope))
}

fn set_up_form(page: &AppPage<'_>) -> Markup {
    let is_wanted = |event: &Event| page.endpoint.as_ref().is_none_or(|endpoint| endpoint.wants(event));
    html! {
        form .fields method="post" action=(page.path("/webhook")) {
            (page.visitor.key())
            label .field { span { "URL" }
                input type="url" name="url" required placeholder="https://" autocomplete="off"
                    value=(page.endpoint.as_ref().map_or("", |endpoint| endpoint.url.as_str()));
                small { "https, or http on this machine." }
            }
            fieldset { legend { "Events" }
                p .small.soft { "An event is sent only about people who granted the app the scope behind it." }
                @if open_events(page).next().is_none() { p .soft { "The app's scopes open no event." } }
                ul .plain.scopes { @for event in open_events(page) {
                    li { label {
                        input type="checkbox" name="event" value=(event.name) checked[is_wanted(event)];
                        span { strong { (event.about) } small { code { (event.name) } " · " code { (event.scope) } } }
                    } }
                } }
            }
            div .actions {
                button .button.primary type="submit" { @if page.endpoint.is_some() { "Save the webhook" } @else { "Set the webhook up" } }
                @if page.endpoint.is_some() {
                    button .button type="submit" formaction=(page.path("/webhook/remove")) formnovalidate { "Remove it" }
                }
            }
        }
    }
}

fn secret(page: &AppPage<'_>, endpoint: &Endpoint) -> Markup {
    let former = endpoint.former_secret_until.filter(|until| *until > page.now);
    html! {
        h3 { "Signing secret" }
        @if let Some(until) = former {
            p { "Every delivery is signed with the new secret. Let your app accept the former one too until "
                strong { (when(until)) } ", for what was under way." }
        }
        details {
            summary { "Rotate the signing secret…" }
            p .soft { "Every delivery is signed with the new one from then on. Let your app accept both for 24 hours." }
            form method="post" action=(page.path("/webhook/rotate-secret")) {
                (page.visitor.key())
                button .button.primary type="submit" { "Rotate the signing secret" }
            }
        }
    }
}

fn test_form(page: &AppPage<'_>) -> Markup {
    html! {
        form .inline.send method="post" action=(page.path("/webhook/send")) {
            (page.visitor.key())
            label { span { "Event" } select name="event" { @for event in EVENTS { option value=(event.name) { (event.name) } } } }
            label { span { "About" } select name="person" { @for person in PEOPLE { option value=(person.handle) { (person.name) } } } }
            button .button type="submit" { "Send a test event" }
        }
    }
}

fn table(page: &AppPage<'_>) -> Markup {
    html! {
        div .scroll.deliveries { table {
            thead { tr {
                th scope="col" { "Event" } th scope="col" { "About" } th scope="col" { "Status" }
                th scope="col" { "Attempts" } th scope="col" { "Last answer" } th scope="col" { span .unseen { "Replay" } }
            } }
            tbody { @for delivery in page.deliveries { (row(page, delivery)) } }
        } }
    }
}

fn row(page: &AppPage<'_>, delivery: &Delivery) -> Markup {
    let person = seed::find(&delivery.user_id).map_or(delivery.user_id.as_str(), |person| person.name);
    html! {
        tr data-delivery=(delivery.id) {
            td { code { (delivery.event_type) } small { (delivery.event_id) " · " (when(delivery.created_at)) } }
            td { (person) }
            td { (badge(delivery.status)) }
            td { (delivery.attempts)
                @if delivery.status == Status::Pending && delivery.attempts > 0 {
                    small { "next " (when(delivery.due_at_ms / 1000)) }
                }
            }
            td {
                @if let Some(status) = delivery.last_status { strong { (status) } }
                @if let Some(text) = &delivery.last_answer { small .answer { (text) } }
            }
            td { form method="post" action=(page.path(&format!("/deliveries/{}/replay", delivery.id))) {
                (page.visitor.key())
                button .button.small type="submit" aria-label={ "Replay " (delivery.event_type) } { "Replay" }
            } }
        }
    }
}

fn badge(status: Status) -> Markup {
    let tone = match status {
        Status::Pending => "wait",
        Status::Delivered => "good",
        Status::Failed => "bad",
    };
    html! { span class={ "status " (tone) } { (status.name()) } }
}
