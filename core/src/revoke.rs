//! Disconnecting: nobody uses the grant from that moment on, Loop is told until it confirms, the secrets are forgotten.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::client::LoopClient;
use crate::error::{Code, Error};
use crate::event::EventKind;
use crate::grant::decide;
use crate::grant::manager::Manager;
use crate::grant::pending::RevokeRecord;
use crate::grant::record::{GrantRecord, Intent, IntentKind, Tokens, Tombstone};
use crate::grant::records::{Change, Damaged};
use crate::secret::Secret;
use crate::sys::{Millis, fail_point, millis};

/// How long telling Loop takes at most; a sign-in waits for it.
const TELLING: Duration = Duration::from_secs(130);
/// How often the disconnects that Loop has not confirmed are looked for.
const LOOK_FOR_PENDING: Duration = Duration::from_secs(24 * 60 * 60);
/// When they are looked for again, where one of them could not be judged.
const LOOK_AGAIN_SOON: Duration = Duration::from_secs(5 * 60);
/// A younger one may be just beginning in another process.
const YOUNGEST_PENDING: Duration = Duration::from_secs(10 * 60);
/// How many are read at once.
const PAGE: usize = 100;

impl LoopClient {
    /// Disconnects: nobody uses the grant from now on, Loop is told, the secrets are forgotten.
    ///
    /// Ending the app's own session is another thing, and leaves the grant. A user without a grant is no error. What
    /// Loop does not confirm is tried again by itself, at the next start and daily.
    pub async fn revoke(&self, user_id: &str) -> Result<(), Error> {
        let (manager, user) = (Arc::clone(self.manager()), user_id.to_owned());
        // Half a revocation would leave a live grant behind a tombstone: it goes on if the caller gives up.
        let task = tokio::spawn(async move { manager.revoke(&user).await });
        task.await.map_err(Error::ended_early)?.map_err(|error| error.with_user(user_id))
    }
}

impl Manager {
    async fn revoke(self: &Arc<Self>, user_id: &str) -> Result<(), Error> {
        let _under_way = self.activity.begin();
        self.forget(user_id);
        // Tokens that are not stored yet are the newest: they have to be known to be revoked.
        self.settle(user_id).await?;
        let now = self.records.now().await?;
        let known = self.records.load_grant(user_id).await?;
        if known.is_none_or(|read| is_confirmed(&read.record)) {
            return Ok(());
        }
        self.note_pending(user_id, now).await?;
        fail_point("revoke.before_tombstone");
        let buried = self.records.change_grant(user_id, Damaged::Fails, |current| buried(current, now)).await?;
        let Some(buried) = buried else { return self.forget_pending(user_id).await };
        fail_point("revoke.after_tombstone");
        self.tell_and_note(user_id, buried).await
    }

    /// Tells Loop again of a disconnect that it has not confirmed. Nothing happens where the person has come back.
    async fn revoke_again(self: &Arc<Self>, user_id: &str, generation: u64) -> Result<(), Error> {
        let _under_way = self.activity.begin();
        let now = self.records.now().await?;
        let buried = self
            .records
            .change_grant(user_id, Damaged::Fails, |current| buried_again(current, generation, now))
            .await?;
        let Some(buried) = buried else { return Ok(()) };
        self.tell_and_note(user_id, buried).await
    }

    async fn tell_and_note(self: &Arc<Self>, user_id: &str, buried: GrantRecord) -> Result<(), Error> {
        // A call may have put its token back before the tombstone was there.
        self.forget(user_id);
        let told = self.tell_loop(user_id).await;
        if told.is_err() {
            // A sign-in need not wait any longer for this.
            self.finish(user_id, &buried, |record| {
                if let Some(tombstone) = &mut record.tombstone {
                    tombstone.busy_by = 0;
                }
            })
            .await?;
        }
        told
    }

    async fn tell_loop(self: &Arc<Self>, user_id: &str) -> Result<(), Error> {
        // Another disconnect may have taken over meanwhile. Only Loop's own word confirms either of them.
        let Some(buried) = self.after_all_answers(user_id).await? else { return self.forget_pending(user_id).await };
        if let Some(tokens) = &buried.tokens {
            self.revoke_tokens(tokens).await?;
        }
        fail_point("revoke.after_answer");
        if buried.intent.is_some() {
            // All that is known here is dead, so trying again tomorrow could not do more.
            self.forget_pending(user_id).await?;
            return Err(Error::new(
                Code::RevokeUnconfirmed,
                "A refresh was sent before and its answer was lost, so Loop may hold a token that nobody here knows; the \
                 person can disconnect the app in their Loop account.",
            ));
        }
        let now = self.records.now().await?;
        self.finish(user_id, &buried, |record| strip(record, now)).await?;
        self.forget(user_id);
        self.tell(EventKind::Ended, user_id, None);
        self.forget_pending(user_id).await
    }

    async fn finish(
        &self,
        user_id: &str,
        buried: &GrantRecord,
        change: impl Fn(&mut GrantRecord),
    ) -> Result<(), Error> {
        self.records
            .change_grant(user_id, Damaged::Fails, |current| while_buried(current, buried.generation, &change))
            .await
    }

    async fn revoke_tokens(&self, tokens: &Tokens) -> Result<(), Error> {
        if let Some(refresh_token) = &tokens.refresh_token {
            self.issuer.revoke(refresh_token, "refresh_token").await?;
        }
        if tokens.access_token.expose().is_empty() {
            return Ok(());
        }
        match self.issuer.revoke(&tokens.access_token, "access_token").await {
            // Some servers revoke refresh tokens only (RFC 7009, section 2.2.1): what matters is done.
            Err(error) if tokens.refresh_token.is_some() && error.detail() == Some("unsupported_token_type") => Ok(()),
            done => done,
        }
    }

    /// The buried grant, when no request is under way for it any more. One that is may still bring a new token: its leader
    /// sees the tombstone and revokes it. That includes a request that began since, by a sign-in that had looked before
    /// the tombstone was there. None where a new sign-in has taken the place.
    async fn after_all_answers(&self, user_id: &str) -> Result<Option<GrantRecord>, Error> {
        loop {
            let now = self.records.now().await?;
            let read = self.records.load_grant(user_id).await?;
            let Some(record) = read.map(|read| read.record).filter(|record| record.tombstone.is_some()) else {
                return Ok(None);
            };
            let mut intents = std::iter::successors(record.intent.as_ref(), |intent| intent.displaced.as_deref());
            if !intents.any(|intent| decide::is_under_way(intent, self.sightings_now(Some(intent), now))) {
                return Ok(Some(record));
            }
            self.look_again().await;
        }
    }

    /// Whoever finds the note tells Loop again, should this process not live to.
    pub(crate) async fn note_pending(&self, user_id: &str, now: Millis) -> Result<(), Error> {
        self.records
            .change(&self.records.revoke_key(user_id), Damaged::Replaced, |_: Option<&RevokeRecord>| {
                Change::Write(Box::new(RevokeRecord::new(user_id, now)), ())
            })
            .await
    }

    async fn forget_pending(&self, user_id: &str) -> Result<(), Error> {
        self.records.delete(&self.records.revoke_key(user_id)).await
    }

    /// Looks for disconnects that Loop has not confirmed, once a day and beside everything else.
    pub(crate) fn retry_pending_revokes(self: &Arc<Self>) {
        let now = self.clock.elapsed();
        {
            let mut look_at = self.look_for_revokes_at.lock().unwrap_or_else(PoisonError::into_inner);
            if now < *look_at {
                return;
            }
            *look_at = now.saturating_add(millis(LOOK_FOR_PENDING));
        }
        let manager = Arc::clone(self);
        tokio::spawn(async move {
            match manager.retry_pending_now().await {
                Ok(false) => {}
                // A process that just died was telling Loop: its time is not up yet.
                Ok(true) => manager.look_for_revokes_soon(now),
                Err(error) => {
                    tracing::debug!(code = error.code().as_str(), "pending disconnects could not be looked for");
                    if error.code() != Code::StoreCannotList {
                        manager.look_for_revokes_soon(now);
                    }
                }
            }
        });
    }

    fn look_for_revokes_soon(&self, now: Millis) {
        let mut look_at = self.look_for_revokes_at.lock().unwrap_or_else(PoisonError::into_inner);
        *look_at = now.saturating_add(millis(LOOK_AGAIN_SOON));
    }

    /// True where somebody else may be telling Loop of one just now.
    pub(crate) async fn retry_pending_now(self: &Arc<Self>) -> Result<bool, Error> {
        let mut busy = false;
        let prefix = self.records.revoke_prefix();
        let mut after: Option<String> = None;
        loop {
            let (page, next) = self.records.list::<RevokeRecord>(&prefix, after.as_deref(), PAGE).await?;
            let now = self.records.now().await?;
            for pending in page.into_iter().flatten() {
                let old_enough = now.saturating_sub(pending.at) >= millis(YOUNGEST_PENDING);
                let read = self.records.load_grant(&pending.user_id).await?;
                let generation = read.as_ref().map_or(0, |read| read.record.generation);
                let tombstone = read.and_then(|read| read.record.tombstone);
                match tombstone {
                    Some(tombstone) if !tombstone.confirmed && now >= tombstone.busy_by => {
                        // Whatever fails is tried again tomorrow.
                        let _ = self.revoke_again(&pending.user_id, generation).await;
                    }
                    Some(tombstone) if !tombstone.confirmed => busy = true,
                    Some(_) => self.forget_pending(&pending.user_id).await?,
                    None if old_enough => self.forget_pending(&pending.user_id).await?,
                    _ => {}
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(busy),
            }
        }
    }
}

fn is_confirmed(record: &GrantRecord) -> bool {
    record.tombstone.as_ref().is_some_and(|tombstone| tombstone.confirmed)
}

/// The grant under a tombstone, which keeps tokens and intent: they are needed to tell Loop.
pub(crate) fn buried(current: Option<&GrantRecord>, now: Millis) -> Change<GrantRecord, Option<GrantRecord>> {
    match current {
        Some(current) if !is_confirmed(current) => {
            let mut record = current.clone();
            record.generation = record.generation.wrapping_add(1);
            record.tombstone = Some(Tombstone::new(now, now.saturating_add(millis(TELLING))));
            let buried = record.clone();
            Change::Write(Box::new(record), Some(buried))
        }
        _ => Change::Leave(None),
    }
}

/// The same tombstone, told of once more: it stays as old as it is, so that a sign-in that came after it wins. None where
/// another grant has taken its place, or may be about to.
pub(crate) fn buried_again(
    current: Option<&GrantRecord>,
    generation: u64,
    now: Millis,
) -> Change<GrantRecord, Option<GrantRecord>> {
    let Some(current) = current.filter(|current| current.generation == generation && !is_confirmed(current)) else {
        return Change::Leave(None);
    };
    let comes_back = |intent: &Intent| intent.kind == IntentKind::Exchange && decide::is_under_way(intent, now);
    let mut record = current.clone();
    match &mut record.tombstone {
        Some(tombstone) if !current.intent.as_ref().is_some_and(comes_back) => {
            tombstone.busy_by = now.saturating_add(millis(TELLING));
        }
        _ => return Change::Leave(None),
    }
    let buried = record.clone();
    Change::Write(Box::new(record), Some(buried))
}

/// Changes the tombstone that this disconnect wrote; whoever came after is left alone.
pub(crate) fn while_buried(
    current: Option<&GrantRecord>,
    generation: u64,
    change: impl Fn(&mut GrantRecord),
) -> Change<GrantRecord, ()> {
    match current {
        Some(current) if current.generation == generation && current.tombstone.is_some() => {
            let mut record = current.clone();
            change(&mut record);
            Change::Write(Box::new(record), ())
        }
        _ => Change::Leave(()),
    }
}

/// Loop has confirmed: nothing but the memory of spent tokens is left.
pub(crate) fn strip(record: &mut GrantRecord, now: Millis) {
    if let Some(token) = record.refresh_token().map(Secret::digest) {
        record.remember_spent(token);
    }
    record.tokens = None;
    record.updated_at = now;
    if let Some(tombstone) = &mut record.tombstone {
        tombstone.confirmed = true;
    }
}
