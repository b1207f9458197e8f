//! Which doses the test people took before the sandbox began.

use jiff::civil::{Date, date};

use super::people::Person;
use crate::ids::chance;

/// Days between these two have a history; later days have what is logged.
pub(crate) const FIRST_DAY: Date = date(2026, 3, 16);
pub(crate) const LAST_DAY: Date = date(2026, 5, 20);

/// Whether a dose that was due on that day was taken: most were.
pub(crate) fn is_taken(person: &Person, slug: &str, day: Date) -> bool {
    chance(&format!("dose {} {slug} {day}", person.handle)) < 0.94
}
