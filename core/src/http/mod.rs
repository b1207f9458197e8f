//! The one place that sends: clients, limits, retries, and what a failed send means.

mod answer;
mod client;
pub(crate) mod hold;
pub(crate) mod policy;

pub(crate) use answer::Answer;
pub(crate) use client::{Http, UseProxy};
