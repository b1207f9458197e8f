//! The people, results and protocols that every sandbox starts with: invented, believable, and always the same.

mod biomarkers;
mod people;
mod protocols;

pub(crate) use biomarkers::{Biomarker, of_person};
pub use people::Person;
pub(crate) use people::{PEOPLE, find};
pub(crate) use protocols::protocol;
