//! The last requests of apps, as lines for the home page: those that were, and each new one as it comes.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State as Extract;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use maud::{Markup, html};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use crate::clients;
use crate::db::Trouble;
use crate::journal::{Done, JournalEntry};
use crate::state::{Shared, State};

/// One line. Every member is text that may be shown as it is.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    seq: u64,
    time: String,
    method: String,
    path: String,
    app: Option<String>,
    status: Option<u16>,
    note: Option<String>,
}

/// Requests of apps and of people on their way to one; not the sandbox's own pages.
fn is_shown(entry: &JournalEntry) -> bool {
    !entry.service.is_empty() && entry.path != "/healthz"
}

/// The newest first.
pub(crate) fn latest(state: &State, most: usize) -> Result<Vec<Row>, Trouble> {
    let entries = state.journal.latest(most, is_shown);
    entries.iter().map(|entry| Row::of(state, entry)).collect()
}

impl Row {
    fn of(state: &State, entry: &JournalEntry) -> Result<Row, Trouble> {
        let app = entry.client_id.as_deref().map(|id| clients::find(&state.store, id)).transpose()?.flatten();
        Ok(Row {
            seq: entry.seq,
            time: entry.at.split('T').next_back().unwrap_or_default().trim_end_matches('Z').to_owned(),
            method: entry.method.clone(),
            path: format!("/{}{}", entry.service, entry.path),
            app: app.map(|client| client.client_name).or_else(|| entry.client_id.clone()),
            status: entry.status,
            note: note(entry),
        })
    }

    /// As assets/live.js builds it from the same members.
    pub(crate) fn markup(&self) -> Markup {
        let tone = match self.status {
            Some(200..400) => "good",
            Some(_) => "bad",
            None => "wait",
        };
        html! {
            tr data-seq=(self.seq) {
                td { (self.time) }
                td { code { (self.method) " " (self.path) } }
                td { (self.app.as_deref().unwrap_or_default()) }
                td { span class={ "status " (tone) } { @if let Some(status) = self.status { (status) } @else { "…" } } }
                td { (self.note.as_deref().unwrap_or_default()) }
            }
        }
    }
}

/// The error, else the fault that it met, else what was done.
fn note(entry: &JournalEntry) -> Option<String> {
    let done = entry.done.filter(|done| *done != Done::Nothing).map(|done| serde_json::json!(done));
    let done = done.as_ref().and_then(Value::as_str).map(|name| name.replace('_', " "));
    let fault = entry.fault.map(|fault| format!("fault {}", fault.kind));
    entry.error.clone().or(fault).or(done)
}

/// `GET /_sandbox/live`: server-sent events, one for each request as it arrives and one as it is answered.
pub(crate) async fn stream(
    Extract(state): Extract<Shared>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let entries = state.journal.watch();
    let stopped = state.stopped();
    let lines = unfold((state, entries, stopped), |(state, mut entries, mut stopped)| async move {
        loop {
            let entry = tokio::select! {
                entry = entries.recv() => entry,
                _ = stopped.wait_for(|stop| *stop) => return None,
            };
            match entry {
                Ok(entry) if is_shown(&entry) => {
                    let line = Row::of(&state, &entry).ok().and_then(|row| Event::default().json_data(row).ok());
                    if let Some(line) = line {
                        return Some((Ok(line), (state, entries, stopped)));
                    }
                }
                // Too slow to be told everything: it goes on with what comes next.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(lines).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
