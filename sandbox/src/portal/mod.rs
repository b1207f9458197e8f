//! `/developers`: where a developer registers apps, renews their secrets, and sees what became of their webhooks.

mod app_page;
mod apps;
mod form;
mod hooks;
mod once;

use axum::Router;
use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::routing::{get, post};
use maud::{Markup, html};

use self::app_page::AppPage;
use self::apps::App;
use self::form::AppForm;
pub(crate) use self::once::Once;
use self::once::Shown;
use crate::interact::see_other;
use crate::pages::{Answer, Here, Signed, Site, Stop, Visitor};
use crate::state::{Shared, State};
use crate::webhooks;

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/developers", get(list))
        .route("/developers/apps", post(register))
        .route("/developers/apps/new", get(new))
        .route("/developers/apps/{client_id}", get(show).post(change))
        .route("/developers/apps/{client_id}/enabled", post(enable))
        .route("/developers/apps/{client_id}/rotate-secret", post(rotate_secret))
        .merge(hooks::router())
}

async fn list(Extract(state): Extract<Shared>, visitor: Visitor) -> Answer {
    let (own, unowned): (Vec<App>, Vec<App>) =
        apps::visible(&state, &visitor)?.into_iter().partition(|app| app.client.owner_id.is_some());
    let content = html! {
        div .heading {
            div { h1 { "Your apps" } p .soft { "An app is what connects with a person's Loop account." } }
            a .button.primary href="/developers/apps/new" { "Register an app" }
        }
        @if own.is_empty() {
            section .card.empty {
                h2 { "No app yet" }
                p .soft { "Register one to get its client id, and a secret if it runs on a server." }
            }
        } @else { (table(&own)) }
        @if !unowned.is_empty() {
            h2 { "Without an owner" }
            p .soft { "Registered from the command line or by a test. On this sandbox everybody may change them." }
            (table(&unowned))
        }
    };
    Ok(site("Your apps", &visitor).page(StatusCode::OK, &content))
}

fn table(apps: &[App]) -> Markup {
    html! {
        section .card.flush { div .scroll { table {
            thead { tr { th scope="col" { "App" } th scope="col" { "Type" } th scope="col" { "Client id" } th scope="col" { "State" } } }
            tbody { @for app in apps {
                tr {
                    td { a href={ "/developers/apps/" (app.client.client_id) } { (app.client.client_name) } }
                    td { (app.kind().name()) }
                    td { code { (app.client.client_id) } }
                    td { (app_page::state_badge(&app.client)) }
                }
            } }
        } } }
    }
}

async fn new(visitor: Visitor) -> Answer {
    Ok(new_page(&visitor, StatusCode::OK, &AppForm::fresh(), None))
}

fn new_page(visitor: &Visitor, status: StatusCode, form: &AppForm, wrong: Option<&str>) -> axum::response::Response {
    let content = html! {
        p .crumbs { a href="/developers" { "Your apps" } }
        h1 { "Register an app" }
        @if let Some(wrong) = wrong { p .notice role="alert" { (wrong) } }
        form .card.fields method="post" action="/developers/apps" {
            (visitor.key())
            (form.fields(true))
            div .actions {
                button .button.primary type="submit" { "Register" }
                a .button href="/developers" { "Cancel" }
            }
        }
    };
    site("Register an app", visitor).page(status, &content)
}

async fn register(Extract(state): Extract<Shared>, signed: Signed) -> Answer {
    let form = AppForm::of(&signed.form);
    let again = |wrong: &str| Ok(new_page(&signed.visitor, StatusCode::BAD_REQUEST, &form, Some(wrong)));
    let client_form = match form.checked() {
        Ok(client_form) => client_form,
        Err(wrong) => return again(&wrong),
    };
    let registered = apps::register(&state, &signed.visitor, &client_form, form.kind)?;
    let client_id = registered.client.client_id;
    let mut shown: Vec<Shown> =
        registered.client_secret.into_iter().map(|secret| Shown::client_secret(secret, form.kind)).collect();
    shown.extend(registered.webhook_signing_secret.map(Shown::webhook_secret));
    state.portal.keep(&signed.visitor, &client_id, shown);
    Ok(back_to(&client_id, ""))
}

async fn show(Extract(state): Extract<Shared>, visitor: Visitor, Path(client_id): Path<String>) -> Answer {
    let app = apps::find(&state, &visitor, &client_id)?;
    let form = AppForm::of_app(&app);
    app_page(&state, &visitor, &app, StatusCode::OK, &form, None)
}

fn app_page(
    state: &State,
    visitor: &Visitor,
    app: &App,
    status: StatusCode,
    form: &AppForm,
    wrong: Option<&str>,
) -> Answer {
    let client_id = &app.client.client_id;
    let page = AppPage {
        app,
        form,
        visitor,
        wrong,
        base_url: &state.base_url,
        now: state.now(),
        shown: &state.portal.take(visitor, client_id),
        endpoint: webhooks::endpoint_of(&state.store, client_id)?,
        deliveries: &webhooks::deliveries_of(&state.store, Some(client_id), 50)?,
    };
    Ok(site(&app.client.client_name, visitor).page(status, &page.markup()))
}

async fn change(Extract(state): Extract<Shared>, Path(client_id): Path<String>, signed: Signed) -> Answer {
    let app = apps::find(&state, &signed.visitor, &client_id)?;
    let form = AppForm { kind: app.kind(), ..AppForm::of(&signed.form) };
    match form.checked() {
        Err(wrong) => app_page(&state, &signed.visitor, &app, StatusCode::BAD_REQUEST, &form, Some(&wrong)),
        Ok(client_form) => {
            apps::change(&state, &app, client_form)?;
            Ok(back_to(&client_id, ""))
        }
    }
}

async fn enable(Extract(state): Extract<Shared>, Path(client_id): Path<String>, signed: Signed) -> Answer {
    let app = apps::find(&state, &signed.visitor, &client_id)?;
    apps::enable(&state, &app, signed.form.get("enabled") == Some("true"))?;
    Ok(back_to(&client_id, ""))
}

async fn rotate_secret(Extract(state): Extract<Shared>, Path(client_id): Path<String>, signed: Signed) -> Answer {
    let app = apps::find(&state, &signed.visitor, &client_id)?;
    if !app.client.confidential {
        return Err(Stop::new(StatusCode::BAD_REQUEST, "A public app has no secret to rotate."));
    }
    let secret = apps::rotate_secret(&state, &client_id)?;
    state.portal.keep(&signed.visitor, &client_id, vec![Shown::client_secret(secret, app.kind())]);
    Ok(back_to(&client_id, ""))
}

fn back_to(client_id: &str, place: &str) -> axum::response::Response {
    see_other(&format!("/developers/apps/{client_id}{place}"))
}

fn site<'a>(title: &'a str, visitor: &'a Visitor) -> Site<'a> {
    Site { title, here: Here::Developers, visitor: Some(visitor), script: None }
}
