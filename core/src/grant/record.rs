//! The stored record of a grant. Add-only: several SDK versions share one store.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::secret::{Digest, Secret};
use crate::sys::Millis;

/// The oldest reader that understands what this version writes.
pub(super) const MIN_READER: u32 = 1;
/// What this version understands.
const READER: u32 = 1;

/// Spent refresh tokens whose digests are kept.
pub(crate) const SPENT_KEPT: usize = 16;
/// Imported refresh tokens whose digests are kept.
const IMPORTED_KEPT: usize = 64;

/// One person's grant to one client at one issuer. Times are milliseconds since the epoch.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct GrantRecord {
    pub(crate) min_reader: u32,
    pub(crate) user_id: String,
    /// Moves when a sign-in, an import or a revoke replaces the grant.
    pub(crate) generation: u64,
    /// Absent in a tombstone whose secrets were stripped.
    pub(crate) tokens: Option<Tokens>,
    /// While it stands, its writer alone may send a token request for this grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<Intent>,
    /// The grant was disconnected by this client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tombstone: Option<Tombstone>,
    /// The issuer said that the grant is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Millis>,
    /// The attempt whose answer `tokens` are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_attempt: Option<String>,
    /// Digests of refresh tokens that must never be sent again, newest last.
    #[serde(default)]
    pub(crate) spent: Vec<Digest>,
    /// Digests of refresh tokens that an app imported: it may do so again at every start, for months.
    #[serde(default)]
    pub(crate) imported: Vec<Digest>,
    /// Differs at every write.
    #[serde(default)]
    pub(crate) stamp: String,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
    /// What a newer SDK wrote, kept as it is.
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

/// The tokens of a live grant.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    #[serde(with = "crate::secret::stored")]
    pub(crate) access_token: Secret,
    pub(crate) access_expires_at: Millis,
    pub(crate) obtained_at: Millis,
    /// Absent where the server gave none: the grant then ends with its access token.
    #[serde(with = "crate::secret::stored_option", default)]
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) scopes: Vec<String>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

/// The right to send one token request, written before it is sent.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) attempt: String,
    pub(crate) kind: IntentKind,
    /// Of the refresh token that is about to be used.
    pub(crate) token: Digest,
    /// When the first attempt with this token began.
    pub(crate) first_at: Millis,
    /// After this moment its writer must not send any more.
    pub(crate) send_by: Millis,
    /// Until this moment an answer may still come.
    pub(crate) answer_by: Millis,
    /// The request was sent and its answer lost.
    #[serde(default)]
    pub(crate) ambiguous: bool,
    /// How many lost attempts with this token came before.
    #[serde(default)]
    pub(crate) takeovers: u32,
    /// The refresh that a code exchange did not wait for any longer: it counts again if the code did nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) displaced: Option<Box<Intent>>,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntentKind {
    Refresh,
    Exchange,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    pub(crate) at: Millis,
    /// Whether the issuer confirmed that the tokens are dead.
    pub(crate) confirmed: bool,
    /// Until when somebody is telling the issuer.
    #[serde(default)]
    pub(crate) busy_by: Millis,
    #[serde(flatten)]
    pub(crate) unknown: Map<String, Value>,
}

impl Intent {
    fn changed(mut self, attempt: &str, change: impl FnOnce(Self) -> Option<Self>) -> Option<Self> {
        let displaced = self.displaced.take();
        if self.attempt == attempt {
            let rest = displaced.clone();
            return change(Self { displaced, ..self }).or(rest.map(|rest| *rest));
        }
        self.displaced = displaced.and_then(|rest| rest.changed(attempt, change)).map(Box::new);
        Some(self)
    }
}

impl Tombstone {
    pub(crate) fn new(at: Millis, busy_by: Millis) -> Self {
        Self { at, confirmed: false, busy_by, unknown: Map::new() }
    }
}

macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("<", stringify!($name), ": values hidden>"))
            }
        }
    )*};
}
pub(super) use redacted;
redacted!(GrantRecord, Tokens, Intent, Tombstone);

impl GrantRecord {
    /// A grant from a sign-in or an import, taking over what must be remembered of the former one.
    pub(crate) fn granted(user_id: &str, tokens: Tokens, former: Option<&Self>, now: Millis) -> Self {
        let mut record = Self {
            generation: former.map_or(1, |former| former.generation.wrapping_add(1)),
            tokens: Some(tokens),
            spent: former.map(|former| former.spent.clone()).unwrap_or_default(),
            imported: former.map(|former| former.imported.clone()).unwrap_or_default(),
            unknown: former.map(|former| former.unknown.clone()).unwrap_or_default(),
            ..Self::placeholder(user_id, now)
        };
        // The issuer replaced the former refresh token: sending it again would look like theft.
        if let Some(token) = former.and_then(Self::refresh_token) {
            record.remember_spent(token.digest());
        }
        record
    }

    /// A place for the intent of a sign-in, for a user of whom nothing is stored yet.
    pub(crate) fn placeholder(user_id: &str, now: Millis) -> Self {
        Self {
            min_reader: MIN_READER,
            user_id: user_id.to_owned(),
            generation: 0,
            tokens: None,
            intent: None,
            tombstone: None,
            ended_at: None,
            last_attempt: None,
            spent: Vec::new(),
            imported: Vec::new(),
            stamp: String::new(),
            created_at: now,
            updated_at: now,
            unknown: Map::new(),
        }
    }

    /// The intent of this attempt, also where a code exchange displaced it.
    pub(crate) fn intent_of(&self, attempt: &str) -> Option<&Intent> {
        let mut intents = std::iter::successors(self.intent.as_ref(), |intent| intent.displaced.as_deref());
        intents.find(|intent| intent.attempt == attempt)
    }

    /// Changes the intent of this attempt, or takes it away: what it displaced then counts again.
    pub(crate) fn change_intent(&mut self, attempt: &str, change: impl FnOnce(Intent) -> Option<Intent>) {
        self.intent = self.intent.take().and_then(|intent| intent.changed(attempt, change));
    }

    /// The same grant after a refresh.
    pub(crate) fn rotated(&self, attempt: &str, tokens: Tokens) -> Self {
        let mut record = self.clone();
        if let Some(former) = self.refresh_token()
            && tokens.refresh_token.as_ref() != Some(former)
        {
            record.remember_spent(former.digest());
        }
        record.updated_at = tokens.obtained_at;
        record.tokens = Some(tokens);
        record.change_intent(attempt, |_| None);
        record.last_attempt = Some(attempt.to_owned());
        record
    }

    pub(crate) fn refresh_token(&self) -> Option<&Secret> {
        self.tokens.as_ref()?.refresh_token.as_ref()
    }

    /// Whether calls can be made with it, now or after a refresh.
    pub(crate) fn is_live(&self) -> bool {
        self.tombstone.is_none() && self.ended_at.is_none() && self.tokens.is_some()
    }

    pub(crate) fn remember_spent(&mut self, digest: Digest) {
        remember(&mut self.spent, digest, SPENT_KEPT);
    }

    pub(crate) fn remember_imported(&mut self, digest: Digest) {
        remember(&mut self.imported, digest, IMPORTED_KEPT);
    }
}

fn remember(list: &mut Vec<Digest>, digest: Digest, kept: usize) {
    list.retain(|known| *known != digest);
    list.push(digest);
    let surplus = list.len().saturating_sub(kept);
    list.drain(..surplus);
}

/// A record whose every write can be told from any other.
pub(crate) trait Stamped: Serialize {
    fn stamp(&mut self, stamp: String);

    /// How long after its last write the store may drop it.
    fn life(&self) -> Option<Duration>;
}

impl Stamped for GrantRecord {
    fn stamp(&mut self, stamp: String) {
        self.stamp = stamp;
    }

    fn life(&self) -> Option<Duration> {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        match (&self.tombstone, &self.tokens) {
            // Every token that it remembers is dead by then.
            (Some(_), _) => Some(90 * 24 * HOUR),
            (None, None) => Some(HOUR),
            (None, Some(_)) => None,
        }
    }
}

const DAMAGED: &str = "damaged";

/// Whether a record can't be read at all, as opposed to being a newer version's.
pub(crate) fn is_damage(error: &Error) -> bool {
    error.code() == Code::StoreRecordUnreadable && error.detail() == Some(DAMAGED)
}

pub(crate) fn encode(record: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(record)
        .map_err(|error| Error::new(Code::Internal, "A record could not be written.").with_source(error))
}

pub(crate) fn decode<T: for<'de> Deserialize<'de>>(blob: &[u8]) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Reader {
        min_reader: u32,
    }
    // The decoder's message may quote what it read: it is dropped.
    let damaged = |_| {
        Error::new(Code::StoreRecordUnreadable, "A stored record is damaged; the person has to sign in again.")
            .with_detail(DAMAGED)
    };
    let reader: Reader = serde_json::from_slice(blob).map_err(damaged)?;
    if reader.min_reader > READER {
        return Err(Error::new(
            Code::StoreRecordUnreadable,
            "A stored record was written by a newer version of the SDK; update this one.",
        ));
    }
    serde_json::from_slice(blob).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(refresh: &str) -> Tokens {
        Tokens {
            access_token: Secret::new("a"),
            access_expires_at: 10,
            obtained_at: 1,
            refresh_token: Some(Secret::new(refresh)),
            scopes: vec!["openid".into()],
            unknown: Map::new(),
        }
    }

    #[test]
    fn what_a_newer_version_added_survives_a_rewrite() {
        let record = GrantRecord::granted("user_1", tokens("r1"), None, 5);
        let mut json: Value = serde_json::from_slice(&encode(&record).unwrap()).unwrap();
        json["pacing"] = "lease".into();
        json["tokens"]["dpop"] = "key".into();
        let read: GrantRecord = decode(json.to_string().as_bytes()).unwrap();
        let again: Value = serde_json::from_slice(&encode(&read).unwrap()).unwrap();
        assert_eq!((&again["pacing"], &again["tokens"]["dpop"]), (&json["pacing"], &json["tokens"]["dpop"]));
    }

    #[test]
    fn a_record_for_newer_readers_is_left_alone() {
        let error = decode::<GrantRecord>(br#"{"min_reader":2,"anything":"else"}"#).unwrap_err();
        assert_eq!(error.code(), Code::StoreRecordUnreadable);
    }

    #[test]
    fn a_new_grant_remembers_that_the_former_token_is_spent() {
        let first = GrantRecord::granted("user_1", tokens("r1"), None, 5);
        let second = GrantRecord::granted("user_1", tokens("r2"), Some(&first), 6);
        assert_eq!((first.generation, second.generation), (1, 2));
        assert!(second.spent.iter().any(|digest| digest.is_of("r1")));
    }

    #[test]
    fn only_the_newest_sixteen_spent_and_sixty_four_imported_digests_are_kept() {
        let mut record = GrantRecord::granted("user_1", tokens("r"), None, 5);
        for number in 0..100 {
            record.remember_spent(Digest::of(&number.to_string()));
            record.remember_imported(Digest::of(&number.to_string()));
        }
        // Literal: stored records are shared with other versions, so these numbers do not change unseen.
        assert_eq!((record.spent.len(), record.imported.len()), (16, 64));
        for (list, oldest) in [(&record.spent, "84"), (&record.imported, "36")] {
            assert!(list[0].is_of(oldest) && list.last().unwrap().is_of("99"));
        }
    }

    #[test]
    fn a_digest_that_is_remembered_again_is_the_newest_and_there_once() {
        let mut record = GrantRecord::granted("user_1", tokens("r"), None, 5);
        for text in ["1", "2", "1"] {
            record.remember_spent(Digest::of(text));
        }
        assert_eq!(record.spent.len(), 2);
        assert!(record.spent[0].is_of("2") && record.spent[1].is_of("1"));
    }

    #[test]
    fn a_new_grant_takes_over_what_was_imported_and_spent() {
        let mut first = GrantRecord::granted("user_1", tokens("r1"), None, 5);
        first.remember_imported(Digest::of("r0"));
        first.remember_spent(Digest::of("r0"));
        let second = GrantRecord::granted("user_1", tokens("r2"), Some(&first), 6);
        assert!(second.imported[0].is_of("r0") && second.spent[0].is_of("r0"));
    }
}
