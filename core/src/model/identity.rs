//! Records of the identity service: the person's account, their grants, and registered apps.

use loop_sdk_macros::model;

/// A person as others see them on Loop.
#[model]
pub struct Profile {
    /// The person's stable id.
    pub user_id: String,
    /// The name that others see; null where none is set.
    pub display_name: Option<String>,
    /// What the person says about themselves.
    pub bio: Option<String>,
    /// Where their picture is.
    pub avatar_url: Option<String>,
    /// What the person was awarded.
    pub badges: Vec<Badge>,
    /// How many people follow them.
    pub follower_count: i64,
    /// When they joined (RFC 3339); null where it is not told.
    pub joined_at: Option<String>,
    /// Whether others see the full name.
    pub display_full_name: bool,
    /// What a coach works on.
    pub specialties: Vec<String>,
    /// Where a coach can be booked; null for everybody else.
    pub coach_booking_url: Option<String>,
    /// Always 0 here.
    pub mutual_followers_count: i64,
    /// Member, coach or team.
    pub kind: ProfileKind,
    /// Days since they began; null where they have not.
    pub day_on_loop: Option<i64>,
    /// The protocol that they follow, in words; null for none.
    pub active_protocol_label: Option<String>,
}

/// Who somebody is on Loop.
#[model]
pub enum ProfileKind {
    /// Somebody who uses Loop.
    Member,
    /// Somebody who coaches.
    Coach,
    /// Loop itself.
    Team,
}

/// Something that a person was awarded.
#[model]
pub struct Badge {
    /// Identifies the badge.
    pub id: String,
    /// Its kind: `verified`, `credential` or `achievement`.
    pub r#type: String,
    /// What it says.
    pub label: String,
    /// Its colour.
    pub color: String,
    /// Its picture's name.
    pub icon: String,
    /// What it says on a closer look.
    pub tooltip: String,
    /// When it was given (RFC 3339).
    pub granted_at: String,
}

/// What a person has set in their account.
#[model(plural = "settings")]
pub struct Settings {
    /// Whether everybody may see the profile.
    pub profile_public: bool,
    /// Whether the full name is shown.
    pub show_full_name: bool,
    /// Whether others see the full name.
    pub display_full_name: bool,
    /// What a coach works on.
    pub specialties: Vec<String>,
    /// Whether the number of days is shown.
    pub show_day_count: bool,
    /// Which notifications are sent.
    pub notification_level: NotificationLevel,
    /// An IANA name, for instance `America/New_York`; null where none is set.
    pub timezone: Option<String>,
    /// A BCP 47 tag, for instance `en-US`.
    pub locale: String,
    /// The short name; null where none is set.
    pub handle: Option<String>,
    /// The pronouns; null where none are set.
    pub pronouns: Option<String>,
    /// When the person is reminded of doses; null where they are not.
    pub dose_reminder_schedule: Option<DoseReminderSchedule>,
    /// When the settings were last changed (RFC 3339).
    pub updated_at: String,
}

/// Which notifications a person gets.
#[model]
pub enum NotificationLevel {
    /// All of them.
    All,
    /// The important ones.
    Highlights,
    /// None.
    Off,
}

/// When a person is reminded of doses.
#[model]
pub struct DoseReminderSchedule {
    /// `HH:mm`; null for not in the morning.
    pub morning_time: Option<String>,
    /// `HH:mm`; null for not in the evening.
    pub evening_time: Option<String>,
    /// Days of the week, 0 for Sunday to 6.
    pub days: Vec<i64>,
}

/// A browser or device in which a person is signed in at Loop.
#[model]
pub struct Session {
    /// Identifies the session.
    pub id: String,
    /// The device, in words.
    pub device_label: String,
    /// The address it was last seen at; null where it is not kept.
    pub ip_address: Option<String>,
    /// What the browser says about itself; null where it is not kept.
    pub user_agent: Option<String>,
    /// Whether it is the session of this call.
    pub is_current: bool,
    /// When it was last used (RFC 3339).
    pub last_active_at: String,
    /// When it began (RFC 3339).
    pub created_at: String,
}

/// What a person has granted to one app.
#[model]
pub struct UserGrant {
    /// Identifies the grant.
    pub id: String,
    /// The app's public id.
    #[safe("names an app, not a person")]
    pub client_id: String,
    /// The app's name for people.
    #[safe("names an app, not a person")]
    pub client_name: String,
    /// The app's page; null where it has none.
    pub client_uri: Option<String>,
    /// The app's picture; null where it has none.
    pub logo_uri: Option<String>,
    /// Whether the app is Loop's own.
    #[safe("a fact about an app")]
    pub is_first_party: bool,
    /// The scopes that the person granted.
    #[safe("which kinds of access exist, not what they opened")]
    pub scopes_granted: Vec<String>,
    /// When it was granted (RFC 3339).
    pub granted_at: String,
    /// When it was last changed (RFC 3339).
    pub updated_at: String,
    /// When the app last used it (RFC 3339); null if it never did.
    pub last_used_at: Option<String>,
}

/// An app that a person has connected.
#[model]
pub struct ConnectedApp {
    /// The app's public id.
    #[safe("names an app, not a person")]
    pub client_id: String,
    /// The app's name for people.
    #[safe("names an app, not a person")]
    pub client_name: String,
    /// The app's page; null where it has none.
    pub client_uri: Option<String>,
    /// The app's picture; null where it has none.
    pub logo_uri: Option<String>,
    /// Whether the app is Loop's own.
    #[safe("a fact about an app")]
    pub is_first_party: bool,
    /// The scopes that the person granted.
    #[safe("which kinds of access exist, not what they opened")]
    pub scopes_granted: Vec<String>,
    /// When it was granted (RFC 3339).
    pub granted_at: String,
    /// When it was last changed (RFC 3339).
    pub updated_at: String,
}

/// A person as an administrator sees them.
#[model(plural = "users")]
pub struct AdminUser {
    /// The person's stable id.
    pub user_id: String,
    /// The person's address.
    pub email: String,
    /// The person's name; null where none is known.
    pub name: Option<String>,
    /// The person's brand; null where they have none.
    pub brand_id: Option<String>,
    /// When the account was made (RFC 3339).
    pub created_at: String,
}

/// A registered app.
#[model(plural = "clients")]
pub struct OauthClient {
    /// Identifies the record.
    pub id: String,
    /// The app's public id.
    #[safe("names an app, not a person")]
    pub client_id: String,
    /// The app's name for people.
    #[safe("names an app, not a person")]
    pub client_name: String,
    /// The app's page; null where it has none.
    pub client_uri: Option<String>,
    /// The app's picture; null where it has none.
    pub logo_uri: Option<String>,
    /// Whether it can keep a secret.
    pub client_type: OauthClientType,
    /// Where people may be sent back.
    pub redirect_uris: Vec<String>,
    /// What the app may ask for.
    #[safe("which kinds of access an app may ask for")]
    pub allowed_scopes: Vec<String>,
    /// Which web pages may call the API themselves.
    pub allowed_origins: Vec<String>,
    /// Who registered it; null where nobody is known.
    pub owner_id: Option<String>,
    /// The brand it belongs to.
    pub brand_id: String,
    /// Whether the app is Loop's own.
    #[safe("a fact about an app")]
    pub is_first_party: bool,
    /// Whether it may be used.
    #[safe("a fact about an app")]
    pub enabled: bool,
    /// When it was registered (RFC 3339).
    pub created_at: String,
    /// When it was last changed (RFC 3339).
    pub updated_at: String,
}

/// Whether an app can keep a secret.
#[model]
pub enum OauthClientType {
    /// It runs on a server of its own, and has a secret.
    Confidential,
    /// It runs on people's devices, and has none.
    Public,
}

/// A registered app with its secret, which is shown this once.
#[model]
pub struct OauthClientWithSecret {
    /// The app.
    pub client: OauthClient,
    /// The secret; null for a public app. After a rotation the former one works for 24 hours more.
    pub client_secret: Option<String>,
}
