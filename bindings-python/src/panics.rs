//! What becomes of a panic: an error with the code `internal` that says where, never what.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use loop_sdk::bridge::FlatError;
use loop_sdk::{Action, Code};

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic's text may quote a value, and the usual hook would print it. This library has a copy of the standard
/// library to itself, so nobody else's hook is replaced.
pub(crate) fn keep_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|location| {
            // The whole path would name a directory of the machine that built the package.
            let file = Path::new(location.file()).file_name().unwrap_or_default();
            format!("{}:{}", file.to_string_lossy(), location.line())
        });
        PLACE.with(|cell| cell.replace(place));
    }));
}

/// Runs `work`; a panic in it becomes the error of a defect.
pub(crate) fn caught<T, E: From<FlatError>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(E::from(FlatError {
            code: Code::Internal.as_str(),
            action: Action::CallOperator.as_str(),
            message: "The SDK has a defect; please report it with this error's detail.".to_owned(),
            retry_after_ms: None,
            status: None,
            request_id: None,
            detail: PLACE.with(RefCell::take),
            cause: None,
        }))
    })
}
