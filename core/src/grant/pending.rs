//! The stored records of what is under way: a sign-in, and a disconnect that Loop has not confirmed. Add-only, like
//! [`record`](super::record).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::record::{MIN_READER, Stamped, redacted};
use crate::secret::{Digest, Secret};
use crate::sys::Millis;

/// A sign-in between the authorization URL and its callback, used once.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingRecord {
    pub(crate) min_reader: u32,
    /// Wiped when the callback is taken.
    #[serde(with = "crate::secret::stored_option", default)]
    pub(crate) code_verifier: Option<Secret>,
    /// Absent where nobody is to be identified.
    #[serde(with = "crate::secret::stored_option", default)]
    pub(crate) nonce: Option<Secret>,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    #[serde(default)]
    pub(crate) user_id: Option<String>,
    /// Of the browser's secret; absent where the browser is not checked.
    #[serde(default)]
    pub(crate) browser: Option<Digest>,
    #[serde(default)]
    pub(crate) app_state: Option<String>,
    pub(crate) expires_at: Millis,
    /// When the callback was taken: whatever comes after is a reload.
    #[serde(default)]
    pub(crate) used_at: Option<Millis>,
    /// Differs at every write.
    #[serde(default)]
    pub(crate) stamp: String,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

redacted!(PendingRecord, RevokeRecord);

impl Stamped for PendingRecord {
    fn stamp(&mut self, stamp: String) {
        self.stamp = stamp;
    }

    fn life(&self) -> Option<Duration> {
        Some(if self.used_at.is_some() { Self::MARKER_LIFE } else { Self::LIFE + Self::MARKER_LIFE })
    }
}

/// Who is to be disconnected at Loop, until Loop has confirmed it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RevokeRecord {
    pub(crate) min_reader: u32,
    pub(crate) user_id: String,
    pub(crate) at: Millis,
    #[serde(default)]
    pub(crate) stamp: String,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

impl RevokeRecord {
    pub(crate) fn new(user_id: &str, at: Millis) -> Self {
        let (min_reader, user_id) = (MIN_READER, user_id.to_owned());
        Self { min_reader, user_id, at, stamp: String::new(), unknown: Map::new() }
    }
}

impl Stamped for RevokeRecord {
    fn stamp(&mut self, stamp: String) {
        self.stamp = stamp;
    }

    fn life(&self) -> Option<Duration> {
        Some(Duration::from_secs(90 * 24 * 60 * 60))
    }
}

impl PendingRecord {
    pub(crate) const MIN_READER: u32 = MIN_READER;
    /// How long a person may take to sign in.
    pub(crate) const LIFE: Duration = Duration::from_secs(10 * 60);
    /// How long after that a reload is still recognised as one.
    pub(crate) const MARKER_LIFE: Duration = Duration::from_secs(10 * 60);
}
