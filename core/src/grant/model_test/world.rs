//! What the processes of the model share: one stored record, one issuer, the requests between them, the time.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::Map;

use super::process::Process;
use crate::grant::record::{GrantRecord, Intent, Tokens, encode};
use crate::profile::{Profile, Rules};
use crate::secret::Secret;
use crate::sys::Millis;

/// How long an access token lives in the model.
pub(super) const LIFE: Millis = 100_000;
pub(super) const USER: &str = "user_1";

/// The number of a refresh token, and of the access token that came with it.
pub(super) type Token = u8;

pub(super) fn tokens(token: Token, obtained_at: Millis) -> Tokens {
    Tokens {
        access_token: Secret::new(format!("a{token}")),
        access_expires_at: obtained_at + LIFE,
        obtained_at,
        refresh_token: Some(Secret::new(format!("r{token}"))),
        scopes: Vec::new(),
        unknown: Map::new(),
    }
}

pub(super) fn number(token: &Secret) -> Token {
    token.expose()[1..].parse().unwrap()
}

pub(super) fn bit(token: Token) -> u32 {
    1 << token
}

/// Who sends: the process, and the how-manieth attempt of its.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Attempt(pub(super) u8, pub(super) u8);

impl Attempt {
    pub(super) fn name(self) -> String {
        format!("{}.{}", self.0, self.1)
    }

    pub(super) fn of(name: &str) -> Self {
        let (process, number) = name.split_once('.').unwrap();
        Self(process.parse().unwrap(), number.parse().unwrap())
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// The real record. Two are the same if they would be stored as the same bytes.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) record: Arc<GrantRecord>,
    print: u64,
}

impl Stored {
    pub(super) fn new(mut record: GrantRecord) -> Self {
        // Nothing is decided by them.
        (record.created_at, record.updated_at) = (0, 0);
        let mut hasher = DefaultHasher::new();
        encode(&record).unwrap().hash(&mut hasher);
        Self { record: Arc::new(record), print: hasher.finish() }
    }
}

impl PartialEq for Stored {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

impl Eq for Stored {}

impl Hash for Stored {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.print.hash(state);
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.record;
        write!(f, "generation {}", record.generation)?;
        if let Some(tokens) = &record.tokens {
            let token = tokens.refresh_token.as_ref().map(number);
            write!(f, ", token {token:?} obtained at {}", tokens.obtained_at)?;
        }
        let intents = std::iter::successors(record.intent.as_ref(), |intent| intent.displaced.as_deref());
        for Intent { attempt, kind, first_at, send_by, answer_by, ambiguous, .. } in intents {
            write!(f, ", {kind:?} {attempt} ({first_at}, {send_by}, {answer_by}")?;
            write!(f, "{})", if *ambiguous { ", lost" } else { "" })?;
        }
        if let Some(tombstone) = &record.tombstone {
            write!(f, ", tombstone at {} (confirmed: {})", tombstone.at, tombstone.confirmed)?;
        }
        write!(f, ", ended {:?}, last {:?}", record.ended_at, record.last_attempt)
    }
}

/// What the issuer does with a refresh token that it has seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rotation {
    /// A second use ends the grant.
    Strict,
    Grace(Millis),
    /// The former token works until the new one was used.
    UntilUsed,
    /// There is but one token.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Issuer {
    pub(super) alive: bool,
    pub(super) current: Token,
    pub(super) issued: Token,
    pub(super) spent: u32,
    former: Option<(Token, Millis)>,
    /// When the code was sent that this grant comes from.
    pub(super) signed_in_at: Millis,
    /// A spent token was used: the grant is revoked, and the person alarmed.
    pub(super) alarmed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    Refresh(Token),
    Code,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reply {
    Granted(Token),
    Rejected,
}

impl Issuer {
    pub(super) fn new() -> Self {
        Self { alive: true, current: 0, issued: 0, spent: 0, former: None, signed_in_at: 0, alarmed: false }
    }

    pub(super) fn serve(&mut self, asked: Asked, sent_at: Millis, own: Millis, rotation: Rotation) -> Reply {
        match asked {
            Asked::Code => {
                (self.alive, self.signed_in_at, self.former) = (true, sent_at, None);
                self.issue()
            }
            Asked::Refresh(token) if self.alive && token == self.current => {
                if rotation == Rotation::None {
                    return Reply::Granted(token);
                }
                self.former = Some((token, own));
                self.issue()
            }
            Asked::Refresh(token) => {
                let again = self.alive
                    && self.former.is_some_and(|(former, at)| match rotation {
                        Rotation::Grace(grace) => former == token && own - at <= grace,
                        Rotation::UntilUsed => former == token,
                        _ => false,
                    });
                if again {
                    return self.issue();
                }
                if self.spent & bit(token) != 0 {
                    (self.alive, self.alarmed) = (false, true);
                }
                Reply::Rejected
            }
        }
    }

    fn issue(&mut self) -> Reply {
        self.spent |= bit(self.current);
        self.issued += 1;
        self.current = self.issued;
        Reply::Granted(self.current)
    }

    pub(super) fn revoke(&mut self, token: Token) {
        self.alive &= token != self.current;
    }

    pub(super) fn active(&self, token: Token) -> bool {
        self.alive && token == self.current
    }
}

/// A token request that is on its way, or whose answer is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Request {
    pub(super) attempt: Attempt,
    pub(super) asked: Asked,
    /// By the store's clock; and when its sender last looked, by its own.
    pub(super) sent_at: Millis,
    pub(super) looked_at: Millis,
    /// Nobody listens any more.
    pub(super) orphaned: bool,
    pub(super) reply: Option<Reply>,
}

/// How much may still go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Left {
    pub(super) ticks: u8,
    /// A process dies, and begins its next operation without its memory.
    pub(super) crashes: u8,
    /// A request or its answer is lost.
    pub(super) losses: u8,
    /// A write's answer is lost, or the store is away.
    pub(super) outages: u8,
    /// The store's clock is put back.
    pub(super) jumps: u8,
    /// The store goes back to its first state.
    pub(super) rollbacks: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    /// The store's clock; and the time that really passed, as each process measures it.
    pub(super) now: Millis,
    pub(super) own: Millis,
    pub(super) store: Option<Stored>,
    pub(super) issuer: Issuer,
    pub(super) wire: Vec<Request>,
    pub(super) processes: Vec<Process>,
    pub(super) left: Left,
    /// Tokens that reached a process which did not die before it stored them.
    pub(super) held: u32,
    /// Tokens whose request may have reached the issuer.
    pub(super) sent: u32,
    /// One of those was sent again.
    pub(super) sent_twice: bool,
    /// A request was given up while it was on its way.
    pub(super) stalled: bool,
    /// When the tombstone was written whose disconnect is confirmed.
    pub(super) confirmed: Option<Millis>,
}

impl World {
    pub(super) fn record(&self) -> Option<&GrantRecord> {
        self.store.as_ref().map(|stored| &*stored.record)
    }

    /// Whatever anybody has read before is old now.
    pub(super) fn write(&mut self, record: GrantRecord) {
        self.store = Some(Stored::new(record));
        for process in &mut self.processes {
            process.at.overtaken();
        }
    }
}

pub(super) fn rules(profile: Profile) -> Rules {
    Rules { profile, replay_once: false, no_background: false }
}
