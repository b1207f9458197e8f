//! A person's own browser in a walk: it is shown the real pages, and comes back to a port that listens here.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use url::Url;

use super::paint::{Painter, Tone};
use crate::pages;

/// Who goes through sign-in and consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// Ada, by herself.
    Ada,
    /// A person, in a browser that is opened for them.
    InBrowser,
    /// Whoever reads the address, which is printed as a line of JSON: `{"authorization_url":"…"}`.
    AtPrintedAddress,
}

/// Where the browser comes back to.
#[derive(Debug)]
pub struct Browser {
    visitor: Visitor,
    painter: Painter,
    redirect_uri: Url,
    returns: watch::Receiver<Option<Url>>,
    expected: watch::Sender<Option<String>>,
    stop: mpsc::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

/// What the port's one handler needs.
#[derive(Debug, Clone)]
struct Door {
    redirect_uri: Url,
    returned: watch::Sender<Option<Url>>,
    expected: watch::Receiver<Option<String>>,
}

impl Browser {
    /// Listens on a port that is free.
    pub async fn listen(visitor: Visitor, painter: Painter) -> io::Result<Browser> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}/callback", listener.local_addr()?);
        let redirect_uri = Url::parse(&address).map_err(io::Error::other)?;
        let (returned, returns) = watch::channel(None);
        let (expected, expects) = watch::channel(None);
        let (stop, mut stopped) = mpsc::channel(1);
        let door = Door { redirect_uri: redirect_uri.clone(), returned, expected: expects };
        let router = Router::new()
            .route("/callback", get(come_back))
            .route("/assets/loop.css", get(pages::css))
            .with_state(door);
        let serve = axum::serve(listener, router).with_graceful_shutdown(async move {
            stopped.recv().await;
        });
        let server = tokio::spawn(async move { serve.await });
        Ok(Browser { visitor, painter, redirect_uri, returns, expected, stop, server })
    }

    /// To be registered for the walker's app.
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_str()
    }

    /// Opens or hands out the address, and says what to write to the terminal about it.
    pub(super) fn show(&self, url: &Url) -> String {
        // Before anybody can come back from there.
        self.expected.send_replace(state_of(url));
        if self.visitor == Visitor::AtPrintedAddress {
            return json!({ "authorization_url": url.as_str() }).to_string();
        }
        let said = match open::that_detached(url.as_str()) {
            Ok(()) => "Your browser opens Loop's sign-in: choose a person, then Allow or Deny. If it does not, open",
            Err(_) => "No browser can be opened here. Open this yourself, choose a person, then Allow or Deny:",
        };
        let waits = self.painter.paint(Tone::Soft, "Waiting for you. Ctrl-C ends it.");
        format!("    {}\n    {url}\n    {waits}", self.painter.paint(Tone::Strong, said))
    }

    /// Waits until the browser comes back from the address that was shown.
    pub(super) async fn callback(&self) -> io::Result<Url> {
        let mut returns = self.returns.clone();
        let returned = returns.wait_for(Option::is_some).await.map_err(io::Error::other)?;
        returned.clone().ok_or_else(|| io::Error::other("nothing came back"))
    }

    /// Lets the browser have the page that it waits for.
    pub(super) async fn close(self) {
        // Nobody listens where the server ended by itself; and an idle connection must not keep the demo alive.
        let _ = self.stop.send(()).await;
        let _ = tokio::time::timeout(Duration::from_secs(1), self.server).await;
    }
}

fn state_of(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned())
}

/// `GET /callback`, once, and only from the sign-in that is waited for.
async fn come_back(State(door): State<Door>, OriginalUri(uri): OriginalUri) -> Response {
    let mut callback = door.redirect_uri.clone();
    callback.set_query(uri.query());
    let is_expected = state_of(&callback).is_some_and(|state| Some(state) == *door.expected.borrow());
    if !is_expected {
        return page(
            StatusCode::BAD_REQUEST,
            "Not this sign-in",
            "The demo waits for another one; go back to its window.",
        );
    }
    let is_denied = callback.query_pairs().any(|(name, _)| name == "error");
    door.returned.send_if_modified(|returned| {
        let is_first = returned.is_none();
        if is_first {
            *returned = Some(callback);
        }
        is_first
    });
    if is_denied {
        page(
            StatusCode::OK,
            "Nothing was shared",
            "The app was told so. You can close this page and go back to the terminal.",
        )
    } else {
        page(StatusCode::OK, "You are connected", "The demo goes on in the terminal. You can close this page.")
    }
}

fn page(status: StatusCode, title: &str, sentence: &str) -> Response {
    pages::page(status, title, false, &html! { h1 { (title) } p .soft { (sentence) } })
}
