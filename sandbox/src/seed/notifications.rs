//! The test people's notifications.

use serde_json::{Value, json};

use super::people::Person;

/// How many each person has, but for nia and kai: enough for two pages.
const COUNT: u32 = 28;

/// One notification.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) title: &'static str,
    pub(crate) body: Option<&'static str>,
    pub(crate) link: Option<&'static str>,
    pub(crate) read_at: Option<String>,
    pub(crate) created_at: String,
    pub(crate) metadata: Value,
}

/// What a notification says.
#[derive(Debug)]
pub(crate) struct NotificationKind {
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
    pub(crate) title: &'static str,
    pub(crate) body: Option<&'static str>,
    pub(crate) link: Option<&'static str>,
}

const fn kind(
    name: &'static str,
    category: &'static str,
    title: &'static str,
    body: Option<&'static str>,
    link: Option<&'static str>,
) -> NotificationKind {
    NotificationKind { name, category, title, body, link }
}

impl NotificationKind {
    pub(crate) const RESULTS_READY: &NotificationKind = &KINDS[0];

    pub(crate) fn named(name: &str) -> Option<&'static NotificationKind> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// One that nobody has read yet.
    pub(crate) fn at(&self, id: String, created_at: i64) -> Notification {
        let metadata = if self.link.is_some() { json!({ "channel": "in_app" }) } else { json!({}) };
        Notification {
            id,
            kind: self.name,
            title: self.title,
            body: self.body,
            link: self.link,
            read_at: None,
            created_at: crate::time_text(created_at),
            metadata,
        }
    }
}

const KINDS: &[NotificationKind] = &[
    kind(
        "lab_result.ready",
        "lab_results",
        "Your lab results are in",
        Some("Open them to see what changed."),
        Some("/labs"),
    ),
    kind("dose.reminder", "protocols", "Time for your morning doses", None, Some("/today")),
    kind("check_in.due", "check_ins", "How are you?", Some("Your next check-in is due."), Some("/check-ins")),
    kind("protocol.updated", "protocols", "Your protocol has a new version", None, None),
    kind(
        "message.received",
        "messages",
        "A message from your care team",
        Some("You have one new message."),
        Some("/messages"),
    ),
];

/// Newest first.
pub(crate) fn notifications(person: &Person) -> Vec<Notification> {
    if matches!(person.handle, "nia" | "kai") {
        return Vec::new();
    }
    (0..COUNT).map(|number| notification(person, number)).collect()
}

fn notification(person: &Person, number: u32) -> Notification {
    let kind = &KINDS[usize::try_from(number).unwrap_or_default() % KINDS.len()];
    // One every two days, back from 20 May 2026.
    let created = 1_779_264_000 - i64::from(number) * 2 * 24 * 3600;
    let mut notification = kind.at(person.record_id(&format!("notification {number}")), created);
    notification.read_at = (number >= 4).then(|| crate::time_text(created + 5400));
    if kind.link.is_some() {
        notification.metadata["number"] = json!(number);
    }
    notification
}
