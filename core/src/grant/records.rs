//! Reading and changing records in the store: keys, compare-and-swap, and what to do when its answer is lost.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::pending::PendingRecord;
use super::record::{self, GrantRecord, Stamped};
use crate::error::{Code, Error};
use crate::secret::{Digest, base64url};
use crate::store::{Expected, LazyStore, Saved, TokenStore, Version};
use crate::sys::random_bytes;

/// How often a change is tried again because somebody else wrote in between.
const CONFLICTS_TOLERATED: usize = 32;
/// How often a write is made that the store does not confirm and did not make: a connection that broke is made anew, and
/// a disk that is full stays so.
const WRITES: u32 = 4;

/// The records of one issuer and client.
#[derive(Debug)]
pub(crate) struct Records {
    store: LazyStore,
    namespace: String,
}

/// A record and the version it was read at.
pub(crate) struct Read<T> {
    pub(crate) version: Version,
    pub(crate) record: T,
}

/// How a compare-and-swap ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Swap {
    Done,
    Conflict,
}

impl Records {
    pub(crate) fn new(store: LazyStore, namespace: String) -> Self {
        Self { store, namespace }
    }

    /// User ids are about a person, so keys hold their digest only.
    pub(crate) fn grant_key(&self, user_id: &str) -> String {
        format!("grant/{}/{}", self.namespace, Digest::of(user_id).as_str())
    }

    /// All grants of this client.
    pub(crate) fn grant_prefix(&self) -> String {
        format!("grant/{}/", self.namespace)
    }

    /// A disconnect that Loop has not confirmed yet.
    pub(crate) fn revoke_key(&self, user_id: &str) -> String {
        format!("revoke/{}/{}", self.namespace, Digest::of(user_id).as_str())
    }

    pub(crate) fn revoke_prefix(&self) -> String {
        format!("revoke/{}/", self.namespace)
    }

    /// What all processes know together about the token endpoint.
    pub(crate) fn pacing_key(&self) -> String {
        format!("pacing/{}", self.namespace)
    }

    /// Who handles a webhook event, or did. Its id may stand in other systems' logs, so the key has its digest.
    pub(crate) fn event_key(&self, event_id: &str) -> String {
        format!("event/{}/{}", self.namespace, Digest::of(event_id).as_str())
    }

    /// Until when the APIs' requests are held.
    pub(crate) fn holds_key(&self) -> String {
        format!("holds/{}", self.namespace)
    }

    /// The state is a secret until it is used.
    pub(crate) fn pending_key(&self, state: &str) -> String {
        format!("pending/{}/{}", self.namespace, Digest::of(state).as_str())
    }

    pub(crate) async fn now(&self) -> Result<u64, Error> {
        self.store().await?.now().await
    }

    /// One page of the records under a prefix, and where the next one begins.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Result<T, Error>>, Option<String>), Error> {
        let Some(entries) = self.store().await?.list(prefix, after, limit).await? else {
            return Err(Error::new(
                Code::StoreCannotList,
                "This store can't list its entries: use SQLite, Redis or Postgres, or give your store a `list` method.",
            ));
        };
        let next = if entries.len() < limit { None } else { entries.last().map(|(key, _)| key.clone()) };
        Ok((entries.iter().map(|(_, entry)| record::decode(&entry.blob)).collect(), next))
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), Error> {
        let store = self.store().await?;
        if let Some(entry) = store.load(key).await? {
            store.delete(key, &entry.version).await?;
        }
        Ok(())
    }

    async fn store(&self) -> Result<&dyn TokenStore, Error> {
        self.store.get().await.map(AsRef::as_ref)
    }

    pub(crate) async fn load<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Read<T>>, Error> {
        match self.store().await?.load(key).await? {
            Some(entry) => Ok(Some(Read { version: entry.version, record: record::decode(&entry.blob)? })),
            None => Ok(None),
        }
    }

    pub(crate) async fn load_grant(&self, user_id: &str) -> Result<Option<Read<GrantRecord>>, Error> {
        self.load(&self.grant_key(user_id)).await
    }

    pub(crate) async fn load_pending(&self, state: &str) -> Result<Option<Read<PendingRecord>>, Error> {
        self.load(&self.pending_key(state)).await
    }

    /// Writes if the entry is as expected. A lost answer is resolved by reading what is there now: every write has a
    /// stamp of its own, so that nobody takes another's for it.
    pub(crate) async fn swap(&self, key: &str, record: &mut impl Stamped, expected: &Expected) -> Result<Swap, Error> {
        let store = self.store().await?;
        record.stamp(base64url(&random_bytes::<9>()?));
        let blob = record::encode(record)?;
        for tries in 1..=WRITES {
            match store.save(key, &blob, expected, record.life()).await? {
                Saved::Version(_) => return Ok(Swap::Done),
                Saved::Conflict if tries == 1 => return Ok(Swap::Conflict),
                // What is in the way may be our own write, made after all.
                Saved::Conflict | Saved::Unknown => {}
            }
            match (store.load(key).await?, expected) {
                (Some(entry), _) if entry.blob == blob => return Ok(Swap::Done),
                (Some(entry), Expected::Version(version)) if entry.version == *version => {}
                (None, Expected::Absent) => {}
                _ => return Ok(Swap::Conflict),
            }
            tokio::time::sleep(Duration::from_millis(10) * tries).await;
        }
        Err(Error::new(Code::StoreUnavailable, "The store took no write and did not say why: its disk may be full."))
    }

    /// Changes a user's grant: reads, lets `change` decide, writes; from the start again on a conflict.
    pub(crate) async fn change_grant<T>(
        &self,
        user_id: &str,
        damaged: Damaged,
        change: impl FnMut(Option<&GrantRecord>) -> Change<GrantRecord, T>,
    ) -> Result<T, Error> {
        self.change(&self.grant_key(user_id), damaged, change).await
    }

    /// Changes any record. `change` returns the new one, or an answer for the caller that needs no write.
    pub(crate) async fn change<R: Stamped + DeserializeOwned, T>(
        &self,
        key: &str,
        damaged: Damaged,
        mut change: impl FnMut(Option<&R>) -> Change<R, T>,
    ) -> Result<T, Error> {
        for conflicts in 0..CONFLICTS_TOLERATED {
            let entry = self.store().await?.load(key).await?;
            let current = match entry.as_ref().map(|entry| record::decode::<R>(&entry.blob)) {
                Some(Err(error)) if damaged == Damaged::Replaced && record::is_damage(&error) => None,
                current => current.transpose()?,
            };
            let (mut record, answer) = match change(current.as_ref()) {
                Change::Write(record, answer) => (record, answer),
                Change::Leave(answer) => return Ok(answer),
            };
            let expected = entry.map_or(Expected::Absent, |entry| Expected::Version(entry.version));
            if self.swap(key, &mut *record, &expected).await? == Swap::Done {
                return Ok(answer);
            }
            // Those who met once would meet again.
            let [chance] = random_bytes::<1>()?;
            tokio::time::sleep(Duration::from_micros(u64::from(chance) * (conflicts as u64 + 1) * 8)).await;
        }
        Err(Error::new(Code::StoreBusy, "This record changes all the time; try again."))
    }
}

/// What to do with a record that was just read.
pub(crate) enum Change<R, T> {
    Write(Box<R>, T),
    Leave(T),
}

/// What a record that can't be read is to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damaged {
    Fails,
    /// A new grant takes its place, as if nothing were there. (A newer version's record is never replaced.)
    Replaced,
}
