//! A new grant beside an old one: what a sign-in or an import waits for, and the right to send a code.

use std::sync::Arc;

use tokio::time::Instant;

use super::cache::Access;
use super::decide;
use super::late::Late;
use super::manager::{Manager, PATIENCE, grant_ended, new_attempt, not_connected, refresh_in_progress};
use super::owed::Arrived;
use super::record::{GrantRecord, IntentKind, Tokens};
use super::records::{Change, Damaged};
use crate::error::{Code, Error};
use crate::event::EventKind;
use crate::sys::{Millis, fail_point};

/// The right to send a code for a known user.
#[derive(Clone)]
pub(crate) struct Claimed {
    pub(crate) user_id: String,
    pub(crate) attempt: String,
    /// The generation that the sign-in replaces.
    generation: u64,
    /// The code must be on its way by then.
    send_by: Millis,
}

impl Claimed {
    pub(crate) fn may_send(&self, now: Millis) -> bool {
        now < self.send_by
    }
}

impl Manager {
    /// Waits for what is under way for this user: a refresh or an exchange, and a disconnect that is being told. For a
    /// few seconds: a code does not live long.
    pub(crate) async fn wait_for_quiet(self: &Arc<Self>, user_id: &str) -> Result<(), Error> {
        self.settle(user_id).await?;
        let started = Instant::now();
        let mut told = false;
        while started.elapsed() < PATIENCE {
            let now = self.records.now().await?;
            let read = match self.records.load_grant(user_id).await {
                Err(error) if super::record::is_damage(&error) => return Ok(()),
                read => read?,
            };
            let record = read.as_ref().map(|read| &read.record);
            let intent = record.and_then(|record| record.intent.as_ref());
            let judged_at = self.sightings_now(intent, now);
            if decide::courtesy(record, judged_at).is_none() {
                break;
            }
            if !std::mem::replace(&mut told, true) {
                self.tell(EventKind::Waiting, user_id, None);
            }
            self.look_again().await;
        }
        Ok(())
    }

    /// Writes the intent of a code exchange, and reads it back: nobody refreshes for this user while it stands.
    pub(crate) async fn claim_exchange(self: &Arc<Self>, user_id: &str) -> Result<Claimed, Error> {
        let (started, attempt) = (Instant::now(), new_attempt()?);
        let (began, generation, tombstone, send_by) = loop {
            self.wait_for_quiet(user_id).await?;
            let began = self.clock.elapsed();
            let now = self.records.now().await?;
            fail_point("exchange.before_intent");
            let claimed = self
                .records
                .change_grant(user_id, Damaged::Replaced, |current| {
                    let mut record = current.cloned().unwrap_or_else(|| GrantRecord::placeholder(user_id, now));
                    // Since we last looked somebody may have begun: only this write can tell.
                    let judged_at = self.sightings_now(record.intent.as_ref(), now);
                    let told_soon = started.elapsed() < PATIENCE && decide::is_being_told(&record, judged_at);
                    if told_soon || decide::would_cross(&record, &attempt, judged_at) {
                        return Change::Leave(None);
                    }
                    record.intent = Some(decide::exchange_intent(&record, &attempt, now, &self.rules));
                    let send_by = record.intent.as_ref().map_or(now, |intent| intent.send_by);
                    let found = (record.generation, record.tombstone.as_ref().map(|each| each.at), send_by);
                    Change::Write(Box::new(record), Some(found))
                })
                .await;
            match claimed {
                Ok(Some((generation, tombstone, send_by))) => break (began, generation, tombstone, send_by),
                Ok(None) if started.elapsed() < PATIENCE => {}
                Ok(None) => {
                    self.nothing_done(user_id, &attempt).await;
                    return Err(refresh_in_progress(1000));
                }
                Err(error) => {
                    self.owe_idle(user_id, &attempt);
                    return Err(error);
                }
            }
        };
        fail_point("exchange.after_intent");
        let mine = async {
            let current = self.records.load_grant(user_id).await?;
            let now = self.records.now().await?;
            // By our own clock too: the store's may have been put back.
            let in_time = self.clock.elapsed().saturating_sub(began) < self.rules.send_window();
            let mine = current.is_some_and(|read| decide::may_send(&read.record, &attempt, now, tombstone));
            Ok::<_, Error>(in_time && mine)
        };
        match mine.await {
            Ok(true) => Ok(Claimed { user_id: user_id.to_owned(), attempt, generation, send_by }),
            Ok(false) => {
                self.nothing_done(user_id, &attempt).await;
                Err(refresh_in_progress(1000))
            }
            Err(error) => {
                self.owe_idle(user_id, &attempt);
                Err(error)
            }
        }
    }

    /// Stores the grant of a sign-in; it replaces what this user had.
    pub(crate) async fn store_granted(
        self: &Arc<Self>,
        user_id: &str,
        tokens: Tokens,
        claimed: Option<&Claimed>,
    ) -> Result<Arc<Access>, Error> {
        self.forget(user_id);
        let claimed = claimed.filter(|claimed| claimed.user_id == user_id);
        let attempt = match claimed {
            Some(claimed) => claimed.attempt.clone(),
            None => new_attempt()?,
        };
        let replaces = claimed.map(|claimed| claimed.generation);
        let arrived = Arrived { attempt, kind: IntentKind::Exchange, tokens: tokens.clone(), replaces };
        if claimed.is_none() {
            // Nobody could know whose code it was, so a refresh may be under way: what came of it decides.
            self.owed.add_arrived(user_id, arrived.clone());
            self.wait_for_refresh(user_id, tokens.obtained_at).await;
        }
        match self.store_arrived(user_id, arrived, false).await? {
            Late::Saved => {
                self.learn_introspection(&tokens);
                let now = self.records.now().await.unwrap_or(tokens.obtained_at);
                Ok(self.publish(user_id, &tokens, now))
            }
            // What a newer sign-in stored is what lives at Loop now.
            Late::Replaced => self.lead(user_id, &decide::Need::Live).await,
            Late::Disconnected => Err(not_connected()),
            Late::Ended => {
                self.tell(EventKind::Ended, user_id, Some(Code::GrantEnded));
                Err(grant_ended())
            }
        }
    }

    /// Waits for a refresh that may have crossed our code, as long as its leader may still be alive.
    async fn wait_for_refresh(&self, user_id: &str, sent_at: Millis) {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let (Ok(now), Ok(Some(read))) = (self.records.now().await, self.records.load_grant(user_id).await) else {
                return;
            };
            let crossing = read.record.intent.as_ref().filter(|intent| intent.kind == IntentKind::Refresh);
            let judged_at = self.sightings_now(crossing, now).max(sent_at);
            if decide::courtesy(Some(&GrantRecord { tombstone: None, ..read.record.clone() }), judged_at).is_none() {
                return;
            }
            self.look_again().await;
        }
    }
}
