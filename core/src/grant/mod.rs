//! The life of a grant: how it is recorded, what to do next, and the one leader that does it.

mod arrive;
pub(crate) mod cache;
pub(crate) mod decide;
pub(crate) mod flight;
pub(crate) mod manager;
mod owed;
pub(crate) mod record;
pub(crate) mod records;
