//! The test people's notifications.

use serde_json::{Value, json};

use super::people::Person;

/// How many each person has, but for nia: enough for two pages.
const COUNT: u32 = 28;

/// One notification.
#[derive(Debug, Clone)]
pub(crate) struct SeededNotification {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) title: &'static str,
    pub(crate) body: Option<&'static str>,
    pub(crate) link: Option<&'static str>,
    pub(crate) read_at: Option<String>,
    pub(crate) created_at: String,
    pub(crate) metadata: Value,
}

type Template = (&'static str, &'static str, Option<&'static str>, Option<&'static str>);

const TEMPLATES: &[Template] = &[
    ("lab_result.ready", "Your lab results are in", Some("Open them to see what changed."), Some("/labs")),
    ("dose.reminder", "Time for your morning doses", None, Some("/today")),
    ("check_in.due", "How are you?", Some("Your next check-in is due."), Some("/check-ins")),
    ("protocol.updated", "Your protocol has a new version", None, None),
    ("message.received", "A message from your care team", Some("You have one new message."), Some("/messages")),
];

/// Newest first.
pub(crate) fn notifications(person: &Person) -> Vec<SeededNotification> {
    if person.handle == "nia" {
        return Vec::new();
    }
    (0..COUNT).map(|number| notification(person, number)).collect()
}

fn notification(person: &Person, number: u32) -> SeededNotification {
    let template = TEMPLATES[usize::try_from(number).unwrap_or_default() % TEMPLATES.len()];
    let (kind, title, body, link) = template;
    // One every two days, back from 20 May 2026.
    let created = 1_779_264_000 - i64::from(number) * 2 * 24 * 3600;
    SeededNotification {
        id: person.record_id(&format!("notification {number}")),
        kind,
        title,
        body,
        link,
        read_at: (number >= 4).then(|| crate::time_text(created + 5400)),
        created_at: crate::time_text(created),
        metadata: if link.is_some() { json!({ "channel": "in_app", "number": number }) } else { json!({}) },
    }
}
