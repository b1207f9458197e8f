//! What went wrong, as a page for the person. Details are for the operator alone.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use loop_sdk::{Action, Code, Error};

use crate::pages;

pub(crate) enum Problem {
    Loop(Error),
    /// A form on somebody else's page.
    ForeignForm,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem::Loop(error)
    }
}

/// Whether the grant of the person who is here is over.
pub(crate) fn ends_session(error: &Error) -> bool {
    matches!(error.code(), Code::NotConnected | Code::GrantEnded | Code::RefreshOutcomeUnknown)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = match self {
            Problem::Loop(error) => error,
            Problem::ForeignForm => {
                let text = "Log out and Disconnect work only from this app's own page.";
                return pages::problem(StatusCode::FORBIDDEN, "That came from another site", text, ("/", "Go back"));
            }
        };
        let again = ("/login", "Try again");
        match (error.code(), error.action()) {
            (Code::AccessDenied, _) => {
                let text = "You chose not to connect. Nothing was shared, and you can change your mind.";
                pages::problem(StatusCode::FORBIDDEN, "Not connected", text, again)
            }
            _ if ends_session(&error) => {
                let text = "Your connection with Loop has ended. Connect again to see your results.";
                pages::problem(StatusCode::FORBIDDEN, "No longer connected", text, ("/login", "Connect again"))
            }
            (_, Action::SignInAgain) => {
                let text = "This sign-in can't be finished: its link is old, used, or from another browser.";
                pages::problem(StatusCode::BAD_REQUEST, "That didn't work", text, again)
            }
            (_, Action::AskForScope) => {
                let text = "You have not shared your lab results with this app. Connect again, and leave them ticked.";
                pages::problem(StatusCode::FORBIDDEN, "Your results are not shared", text, again)
            }
            (_, Action::Retry) => {
                let seconds = error.retry_after().map_or(5, |wait| wait.as_secs() + 1);
                let text = "Loop can't be reached at the moment. Please try again in a little while.";
                let page = pages::problem(StatusCode::SERVICE_UNAVAILABLE, "One moment", text, ("/", "Try again"));
                ([(header::RETRY_AFTER, seconds.to_string())], page).into_response()
            }
            _ => {
                // Printed, it has no secret and nothing about the person.
                eprintln!("{error}");
                let text = "Something is wrong on our side. We have noted it.";
                pages::problem(StatusCode::INTERNAL_SERVER_ERROR, "Sorry", text, ("/", "Start page"))
            }
        }
    }
}
