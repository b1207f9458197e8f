//! The people, results and protocols that every sandbox starts with: invented, believable, and always the same.

mod account;
mod adherence;
mod biomarkers;
mod check_ins;
mod compounds;
mod lab_catalog;
mod membership;
mod metrics;
mod notifications;
mod people;
mod protocols;
mod wearables;

pub(crate) use account::{Badge, DoseReminders, PersonKind, Session, account, sessions};
pub(crate) use adherence::{FIRST_DAY, LAST_DAY, is_taken};
pub(crate) use biomarkers::{Biomarker, BiomarkerStatus, marker_of, of_person, panel_times, status};
pub(crate) use check_ins::{CheckIn, check_ins};
pub(crate) use compounds::{Compound, Timing, compounds};
pub(crate) use lab_catalog::{CatalogEntry, lab_catalog, ordered_panel};
pub(crate) use membership::{TIERS, features, locks, membership};
pub(crate) use metrics::{MetricPoint, MetricValue, series};
pub(crate) use notifications::{Notification, NotificationKind, notifications};
pub use people::Person;
pub(crate) use people::{BRAND, PEOPLE, Sex, by_id, find};
pub(crate) use protocols::{Protocol, follows, protocol, protocols};
pub(crate) use wearables::{ConnectionStatus, PROVIDERS, WearableMetric, connections, wearable_metrics};
