//! What becomes of a panic: an error with the code `internal` that says where, never what.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::error::{Code, Error};

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Replaces the hook that prints a panic's text, which may quote a value. An addon has a copy of the standard library
/// to itself, so nobody else's hook is touched.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|location| {
            // The whole path would name a directory of the machine that built the package.
            let file = Path::new(location.file()).file_name().unwrap_or_default();
            format!("{}:{}", file.to_string_lossy(), location.line())
        });
        PLACE.with(|cell| cell.replace(place));
    }));
}

/// Runs `work`; a panic in it becomes [`defect`].
pub fn caught<T, E: From<Error>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(E::from(defect())))
}

/// The error of a panic that was just caught on this thread.
pub fn defect() -> Error {
    let error = Error::new(Code::Internal, "The SDK has a defect; please report it with this error's detail.");
    match PLACE.with(RefCell::take) {
        Some(place) => error.with_detail(place),
        None => error,
    }
}
