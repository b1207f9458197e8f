//! The test people's accounts: profile, settings, and where they are signed in.

use serde::Serialize;
use utoipa::ToSchema;

use super::people::Person;

/// What identity knows of a person beyond their name.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) bio: Option<&'static str>,
    pub(crate) avatar_url: Option<String>,
    pub(crate) badges: Vec<Badge>,
    pub(crate) follower_count: u32,
    pub(crate) joined_at: &'static str,
    pub(crate) kind: PersonKind,
    pub(crate) day_on_loop: Option<u32>,
    pub(crate) timezone: Option<&'static str>,
    pub(crate) locale: &'static str,
    pub(crate) pronouns: Option<&'static str>,
    pub(crate) dose_reminder_schedule: Option<DoseReminders>,
    pub(crate) settings_updated_at: &'static str,
}

/// Something that a person can show.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Badge {
    id: String,
    #[serde(rename = "type")]
    kind: BadgeType,
    label: &'static str,
    color: &'static str,
    icon: &'static str,
    tooltip: &'static str,
    #[schema(format = DateTime)]
    granted_at: &'static str,
}

/// What a badge stands for.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BadgeType {
    Verified,
    #[allow(dead_code, reason = "coaches have these, and no test person is one")]
    Credential,
    Achievement,
}

/// What a person is at Loop.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PersonKind {
    Member,
    #[allow(dead_code, reason = "no test person is one")]
    Coach,
    #[allow(dead_code, reason = "no test person is one")]
    Team,
}

/// When to remind of doses.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct DoseReminders {
    /// HH:mm.
    #[schema(pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    morning_time: &'static str,
    /// HH:mm.
    #[schema(pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    evening_time: &'static str,
    /// 0 is Sunday.
    days: Vec<u8>,
}

pub(crate) fn account(person: &Person) -> Account {
    let badge = |kind, label, color, icon, tooltip, granted_at| Badge {
        id: person.record_id(&format!("badge {label}")),
        kind,
        label,
        color,
        icon,
        tooltip,
        granted_at,
    };
    let verified = |at| badge(BadgeType::Verified, "Verified", "#1a7f5a", "check", "Loop has checked who this is", at);
    let plain = Account {
        bio: None,
        avatar_url: None,
        badges: Vec::new(),
        follower_count: 0,
        joined_at: "2026-05-14T09:12:00Z",
        kind: PersonKind::Member,
        day_on_loop: None,
        timezone: None,
        locale: "en-US",
        pronouns: None,
        dose_reminder_schedule: None,
        settings_updated_at: "2026-05-14T09:12:00Z",
    };
    match person.handle {
        "ada" => Account {
            bio: Some("Runs far, reads labels."),
            avatar_url: Some("https://assets.example.com/avatars/ada.png".to_owned()),
            badges: vec![
                verified("2025-12-28T10:05:00Z"),
                badge(
                    BadgeType::Achievement,
                    "60 days",
                    "#b4690e",
                    "flame",
                    "Sixty days in a row",
                    "2026-05-19T06:40:00Z",
                ),
            ],
            follower_count: 42,
            joined_at: "2025-12-28T10:00:00Z",
            day_on_loop: Some(144),
            timezone: Some("Europe/London"),
            locale: "en-GB",
            pronouns: Some("she/her"),
            dose_reminder_schedule: Some(DoseReminders {
                morning_time: "07:00",
                evening_time: "21:30",
                days: vec![0, 1, 2, 3, 4, 5, 6],
            }),
            settings_updated_at: "2026-03-16T08:00:00Z",
            ..plain
        },
        "ben" => Account {
            badges: vec![verified("2025-06-02T08:40:00Z")],
            follower_count: 7,
            joined_at: "2025-06-02T08:30:00Z",
            day_on_loop: Some(353),
            timezone: Some("America/New_York"),
            dose_reminder_schedule: Some(DoseReminders {
                morning_time: "06:30",
                evening_time: "20:00",
                days: vec![1, 2, 3, 4, 5],
            }),
            settings_updated_at: "2026-02-05T17:20:00Z",
            ..plain
        },
        "mei" => Account {
            joined_at: "2026-01-09T14:20:00Z",
            day_on_loop: Some(132),
            timezone: Some("Asia/Tokyo"),
            locale: "ja-JP",
            settings_updated_at: "2026-01-09T14:20:00Z",
            ..plain
        },
        "omar" => Account {
            bio: Some("Tired of being tired."),
            follower_count: 3,
            joined_at: "2025-09-15T21:05:00Z",
            day_on_loop: Some(248),
            timezone: Some("America/Chicago"),
            settings_updated_at: "2025-10-01T12:00:00Z",
            ..plain
        },
        _ => plain,
    }
}

/// Where a person is signed in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) device_label: &'static str,
    pub(crate) ip_address: Option<&'static str>,
    pub(crate) user_agent: Option<&'static str>,
    pub(crate) is_current: bool,
    #[schema(format = DateTime)]
    pub(crate) last_active_at: &'static str,
    #[schema(format = DateTime)]
    pub(crate) created_at: &'static str,
}

/// Newest first. Addresses are those of RFC 5737, which nobody has.
pub(crate) fn sessions(person: &Person) -> Vec<Session> {
    if matches!(person.handle, "nia" | "kai") {
        return Vec::new();
    }
    let id = |number: u8| person.record_id(&format!("session {number}"));
    vec![
        Session {
            id: id(1),
            device_label: "iPhone",
            ip_address: Some("192.0.2.14"),
            user_agent: Some("LoopApp/4.2 (iPhone; iOS 19.1)"),
            is_current: true,
            last_active_at: "2026-05-20T06:58:00Z",
            created_at: "2026-04-02T18:30:00Z",
        },
        Session {
            id: id(2),
            device_label: "Unknown device",
            ip_address: None,
            user_agent: None,
            is_current: false,
            last_active_at: "2026-03-28T20:01:00Z",
            created_at: "2026-03-28T19:44:00Z",
        },
    ]
}
