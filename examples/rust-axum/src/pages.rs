//! How the app looks.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use loop_sdk::model::Biomarker;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; --green: #0b5d4b }
body { max-width: 56rem; margin: 3rem auto; padding: 0 1.25rem }
.scroll { overflow-x: auto } table { width: 100%; border-collapse: collapse }
caption { text-align: left; opacity: .75; padding-bottom: .5rem }
th, td { text-align: left; padding: .5rem .6rem; border-bottom: 1px solid #8885 } .number { text-align: right }
td b { font-weight: 500; padding: .1rem .55rem; border-radius: 1rem; white-space: nowrap } .normal b { background: #8882 }
.low b { background: #cfe3ff; color: #0b3a75 } .low b::before { content: '↓ ' }
.high b { background: #ffe0c7; color: #7a3300 } .high b::before { content: '↑ ' }
.critical b { background: #b3121f; color: #fff } .critical b::before { content: '! ' }
.button, button { font: inherit; padding: .6rem 1.1rem; border: 1px solid var(--green); border-radius: .5rem; cursor: pointer }
.button { background: var(--green); color: #fff; text-decoration: none } button { background: none; color: inherit }
form { display: inline-block; margin: 1.5rem .75rem 0 0 } :focus-visible { outline: 3px solid #3b82f6; outline-offset: 2px }
";

pub(crate) fn home() -> Html<String> {
    page(
        "Your lab results, in one place",
        &html! {
            p { "Connect your Loop account to see your biomarkers here. You choose what to share." }
            p { a .button href="/login" { "Connect with Loop" } }
        },
    )
}

pub(crate) fn biomarkers(biomarkers: &[Biomarker]) -> Html<String> {
    page(
        "Your biomarkers",
        &html! {
            div .scroll tabindex="0" role="region" aria-label="Results" {
                table {
                    caption { (biomarkers.len()) " results, newest first" }
                    thead {
                        tr {
                            th scope="col" { "Marker" }
                            th .number scope="col" { "Value" }
                            th scope="col" { "Unit" }
                            th scope="col" { "Reference" }
                            th scope="col" { "Status" }
                        }
                    }
                    tbody { @for biomarker in biomarkers { (row(biomarker)) } }
                }
            }
            form method="post" action="/logout" { button { "Log out" } }
            form method="post" action="/disconnect" { button { "Disconnect Loop" } }
        },
    )
}

fn row(biomarker: &Biomarker) -> Markup {
    let reference = match (biomarker.reference_low, biomarker.reference_high) {
        (Some(low), Some(high)) => format!("{low} – {high}"),
        (Some(low), None) => format!("≥ {low}"),
        (None, Some(high)) => format!("≤ {high}"),
        (None, None) => "–".to_owned(),
    };
    let status = biomarker.status.as_str();
    html! {
        tr class=(status) {
            th scope="row" { (biomarker.biomarker_name) }
            td .number { (biomarker.value) }
            td { (biomarker.unit) }
            td { (reference) }
            td { b { (status) } }
        }
    }
}

pub(crate) fn problem(status: StatusCode, title: &str, text: &str, (href, label): (&str, &str)) -> Response {
    (status, page(title, &html! { p { (text) } p { a .button href=(href) { (label) } } })).into_response()
}

fn page(title: &str, body: &Markup) -> Html<String> {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } (body) } }
        }
    };
    Html(document.into_string())
}

/// No cache keeps a person's page, nothing from elsewhere is loaded into it, and no frame is put around it.
pub(crate) async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}
