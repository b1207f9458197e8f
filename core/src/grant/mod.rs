//! The life of a grant: how it is recorded, what to do next, and the one leader that does it.

pub(crate) mod activity;
mod arrive;
pub(crate) mod cache;
pub(crate) mod decide;
pub(crate) mod exchange;
mod flight;
mod late;
pub(crate) mod manager;
mod owed;
pub(crate) mod pacer;
pub(crate) mod pending;
pub(crate) mod record;
pub(crate) mod records;
pub(crate) mod refresh;
mod resolve;
mod sightings;
pub(crate) mod window;

#[cfg(test)]
mod model_test;
