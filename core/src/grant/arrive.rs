//! Tokens that arrived: stored before anybody sees them, however late, and never over something newer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::activity::within;
use super::late::{self, Late};
use super::manager::Manager;
use super::owed::Arrived;
use super::record::{IntentKind, Tokens};
use super::records::Damaged;
use crate::error::{Code, Error};
use crate::event::EventKind;
use crate::sys::fail_point;

/// How often a store that was away is tried again, at first and later.
const PAY_AGAIN: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(15)];

/// How often a drain looks, and how often it presses what is owed on a store that does not take it.
const DRAIN_AGAIN: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// Says that nobody pays any more, however the task ends: also with its runtime.
struct Paying(Arc<Manager>);

impl Drop for Paying {
    fn drop(&mut self) {
        self.0.paying.store(false, Ordering::Release);
    }
}

impl Manager {
    /// Pays what this process owes the store for this user.
    pub(crate) async fn settle(self: &Arc<Self>, user_id: &str) -> Result<(), Error> {
        let Some(debts) = self.owed.of(user_id) else { return Ok(()) };
        for arrived in debts.arrived {
            match self.store_arrived(user_id, arrived, true).await {
                // That Loop still has to be told concerns nobody who wants to go on.
                Err(error) if error.code() != Code::TokenNotSaved => {}
                stored => stored.map(drop)?,
            }
        }
        for attempt in debts.idle {
            self.clear_intent(user_id, &attempt).await?;
            self.owed.settle(user_id, &attempt);
        }
        Ok(())
    }

    /// Remembers an intent that may still stand although nothing was sent.
    pub(super) fn owe_idle(self: &Arc<Self>, user_id: &str, attempt: &str) {
        self.owed.add_idle(user_id, attempt);
        self.pay_later();
    }

    /// Pays what is owed as soon as the store is back, without a caller.
    fn pay_later(self: &Arc<Self>) {
        if self.paying.swap(true, Ordering::AcqRel) {
            return;
        }
        let (manager, paying) = (Arc::clone(self), Paying(Arc::clone(self)));
        tokio::spawn(async move {
            let mut pause = PAY_AGAIN[0];
            loop {
                tokio::time::sleep(pause).await;
                manager.settle_all().await;
                if manager.owed.is_empty() {
                    break;
                }
                pause = (pause * 2).min(PAY_AGAIN[1]);
            }
            drop(paying);
            // A debt that came just now found this task running.
            if !manager.owed.is_empty() {
                manager.pay_later();
            }
        });
    }

    pub(crate) async fn settle_all(self: &Arc<Self>) {
        for user_id in self.owed.users() {
            // Whatever fails is tried again.
            let _ = self.settle(&user_id).await;
        }
    }

    /// Waits until nothing is under way and everything is stored. False where the time is up before.
    pub(crate) async fn drain(self: &Arc<Self>, limit: Option<Duration>) -> bool {
        let settled = async {
            let mut pause = DRAIN_AGAIN[0];
            while self.is_busy() {
                self.settle_all().await;
                tokio::select! {
                    () = self.activity.less() => {}
                    () = tokio::time::sleep(pause) => {}
                }
                // What a store or Loop did not take is not pressed on them all the time.
                pause = if self.owed.is_empty() { DRAIN_AGAIN[0] } else { (pause * 2).min(DRAIN_AGAIN[1]) };
            }
        };
        within(limit, settled).await
    }

    /// Stores tokens that arrived, however late.
    pub(super) async fn store_arrived(
        self: &Arc<Self>,
        user_id: &str,
        arrived: Arrived,
        is_late: bool,
    ) -> Result<Late, Error> {
        self.owed.add_arrived(user_id, arrived.clone());
        fail_point("save.before");
        let mut replaces = arrived.replaces;
        let saved = match arrived.kind {
            IntentKind::Refresh => self.save_rotated(user_id, &arrived).await,
            IntentKind::Exchange => self.save_granted(user_id, &arrived, &mut replaces, is_late).await,
        };
        self.changed.notify_waiters();
        let stored = match saved {
            Ok((stored, healed)) => {
                if healed {
                    self.tell(EventKind::Resolved, user_id, None);
                }
                stored
            }
            Err(error) => {
                self.owed.add_arrived(user_id, Arrived { replaces, ..arrived });
                self.tell(EventKind::NotSaved, user_id, Some(error.code()));
                self.pay_later();
                return Err(Error::new(
                    Code::TokenNotSaved,
                    format!("New tokens arrived and could not be stored; they are kept in memory. {error}"),
                )
                .with_source(error));
            }
        };
        fail_point("save.after");
        if let (Late::Disconnected, Some(token)) = (&stored, &arrived.tokens.refresh_token) {
            // The app disconnected meanwhile, and nothing of this grant may stay alive. A disconnect that could not wait for
            // this answer any longer has given up, and forgotten its note.
            let noted = self.note_pending(user_id, arrived.tokens.obtained_at).await;
            let told = self.issuer.revoke(token, "refresh_token").await;
            if let Err(error) = noted.and(told) {
                // Nobody calls for a user who is gone, so it is tried again without a caller.
                self.pay_later();
                return Err(error);
            }
        }
        if self.owed.settle(user_id, &arrived.attempt) && matches!(stored, Late::Saved) {
            self.tell(EventKind::Saved, user_id, None);
        }
        Ok(stored)
    }

    /// With whether the attempt had been given up.
    async fn save_rotated(&self, user_id: &str, arrived: &Arrived) -> Result<(Late, bool), Error> {
        self.records
            .change_grant(user_id, Damaged::Fails, |current| late::rotated(current, &arrived.attempt, &arrived.tokens))
            .await
    }

    async fn save_granted(
        &self,
        user_id: &str,
        arrived: &Arrived,
        replaces: &mut Option<u64>,
        is_late: bool,
    ) -> Result<(Late, bool), Error> {
        let now = self.records.now().await?;
        self.records
            .change_grant(user_id, Damaged::Replaced, |current| {
                late::granted(current, user_id, arrived, replaces, is_late, now)
            })
            .await
    }

    /// Under the profile `introspect`: whether this issuer tells live refresh tokens at all. It has to be known before
    /// an answer is lost, and this token is live as surely as any.
    pub(super) fn learn_introspection(self: &Arc<Self>, tokens: &Tokens) {
        let wanted = self.rules.profile == crate::profile::Profile::Introspect;
        let Some(token) = tokens.refresh_token.clone().filter(|_| wanted) else { return };
        if self.introspects.load(Ordering::Relaxed) {
            return;
        }
        let (manager, under_way) = (Arc::clone(self), self.activity.begin());
        tokio::spawn(async move {
            let _under_way = under_way;
            let active = matches!(manager.issuer.introspect(&token).await, Ok(Some(true)));
            // In the store, for the process that will have to resolve what this one lost.
            if active && manager.pacer.saw_introspection().await.is_ok() {
                manager.introspects.store(true, Ordering::Relaxed);
            }
        });
    }
}
