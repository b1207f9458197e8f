//! Keeps grants alive: hands out access tokens, and leads whatever has to happen for one.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::activity::Activity;
use super::cache::{Access, AccessCache, Moment};
use super::decide::{self, Need, Step};
use super::flight::{Flights, Seat};
use super::owed::Owed;
use super::pacer::Pacer;
use super::record::{GrantRecord, Intent, Tokens};
use super::records::Records;
use super::refresh::{RETRY_PAUSE, Refreshed};
use super::resolve::Asked;
use super::sightings::Sightings;
use super::window::Class;
use crate::config::Config;
use crate::error::{Action, Code, Error};
use crate::event::{EventKind, Watcher};
use crate::issuer::Issuer;
use crate::profile::Rules;
use crate::secret::Digest;
use crate::sys::{self, Clock, Millis};

/// How often a refresh that never reached the server is sent again within one call.
const ATTEMPTS: u32 = 3;
/// A longer pause is the caller's to make.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a caller waits for others, where its own limit leaves that much.
pub(crate) const PATIENCE: Duration = Duration::from_secs(25);
/// How long nobody's call has to be served in.
const NO_HURRY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it looks meanwhile.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// More looks than patience allows: only a store without working compare-and-swap gets there.
const LOOKS: u32 = 1000;

/// The grants of one client.
pub(crate) struct Manager {
    pub(crate) records: Arc<Records>,
    pub(crate) issuer: Issuer,
    pub(crate) rules: Rules,
    /// Shorter than a call's own limit, so that the caller is told why.
    pub(super) patience: Duration,
    pub(crate) clock: Clock,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) activity: Activity,
    pub(super) cache: AccessCache,
    flights: Flights,
    pub(super) owed: Owed,
    /// Whether a task that pays what is owed is running.
    pub(super) paying: AtomicBool,
    sightings: Sightings,
    watcher: Watcher,
    /// Something in the store changed by our own hand: whoever waits looks at once.
    pub(super) changed: Notify,
    /// The token endpoint refuses this client: until then nobody is sent there for a refresh.
    refused: Mutex<Option<(Millis, Error)>>,
    /// The store knows that this issuer calls live refresh tokens active.
    pub(super) introspects: AtomicBool,
    /// What the issuer said last of a young token that an API refused.
    pub(super) asked: tokio::sync::Mutex<Option<Asked>>,
    /// When the disconnects that Loop has not confirmed are looked for next.
    pub(crate) look_for_revokes_at: Mutex<Millis>,
}

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manager").field("records", &self.records).finish_non_exhaustive()
    }
}

impl Manager {
    pub(crate) fn new(records: Records, issuer: Issuer, clock: Clock, config: &Config, watcher: Watcher) -> Self {
        let records = Arc::new(records);
        Self {
            pacer: Arc::new(Pacer::new(Arc::clone(&records), config.token_requests_per_minute)),
            records,
            issuer,
            rules: config.rules,
            patience: (config.limits.call * 5 / 6).clamp(Duration::from_secs(1), PATIENCE),
            clock,
            activity: Activity::default(),
            cache: AccessCache::new(),
            flights: Flights::default(),
            owed: Owed::default(),
            paying: AtomicBool::new(false),
            sightings: Sightings::default(),
            watcher,
            changed: Notify::new(),
            refused: Mutex::default(),
            introspects: AtomicBool::new(false),
            asked: tokio::sync::Mutex::default(),
            look_for_revokes_at: Mutex::default(),
        }
    }

    /// An access token that lives: from memory, from the store, or from a refresh.
    pub(crate) async fn access(self: &Arc<Self>, user_id: &str) -> Result<Arc<Access>, Error> {
        let now = self.clock.elapsed();
        let Some(access) = self.cache.living(user_id, now) else {
            return self.board(user_id, Need::Live).arrive().await;
        };
        if access.is_due(now) {
            // One call in a while: where nothing comes of it, the others have a token that lives.
            if access.take_turn(now) {
                if self.rules.no_background {
                    return match self.board(user_id, Need::Live).arrive().await {
                        Err(error) if error.action() != Action::SignInAgain => Ok(access),
                        outcome => outcome,
                    };
                }
                // Beside the call: nobody waits for it.
                drop(self.board(user_id, Need::Ahead));
            }
        }
        Ok(access)
    }

    /// An access token other than the one that an API just refused.
    pub(crate) async fn access_other_than(
        self: &Arc<Self>,
        user_id: &str,
        refused: &Access,
    ) -> Result<Arc<Access>, Error> {
        match self.cache.living(user_id, self.clock.elapsed()) {
            // Somebody else has replaced it already.
            Some(access) if access.digest != refused.digest => Ok(access),
            _ => self.board(user_id, Need::Other(refused.digest.clone())).arrive().await,
        }
    }

    pub(crate) fn board(self: &Arc<Self>, user_id: &str, need: Need) -> Seat {
        self.flights.board((user_id.to_owned(), need.clone()), || {
            // A quiet grant may wait for its turn for hours: no process has to stay up for that.
            let under_way = (need != Need::KeepAlive).then(|| self.activity.begin());
            let (manager, user_id) = (Arc::clone(self), user_id.to_owned());
            async move {
                let outcome = manager.lead(&user_id, &need).await;
                drop(under_way);
                outcome
            }
        })
    }

    pub(super) async fn lead(self: &Arc<Self>, user_id: &str, need: &Need) -> Result<Arc<Access>, Error> {
        self.settle(user_id).await?;
        self.retry_pending_revokes();
        let user = Digest::of(user_id).number();
        let (started, mut attempts, mut told) = (Instant::now(), 0, false);
        for _ in 0..LOOKS {
            let now = self.records.now().await?;
            let read = self.records.load_grant(user_id).await?;
            let intent = read.as_ref().and_then(|read| read.record.intent.as_ref());
            let judged_at = self.sightings_now(intent, now);
            let step = decide::next_step(read.as_ref().map(|read| &read.record), need, user, judged_at, &self.rules);
            let (Some(read), true) = (read, !matches!(step, Step::NotConnected)) else {
                self.cache.forget(user_id);
                return Err(not_connected());
            };
            // Whatever can't be done now: a token that lives is better than an error.
            let living = self.living(user, &read.record, need, now);
            let left = self.patience.saturating_sub(started.elapsed());
            match step {
                Step::Use => {
                    let tokens = read.record.tokens.as_ref().ok_or_else(|| self.ended(user_id))?;
                    let access = self.publish(user_id, tokens, now);
                    if *need == Need::Ahead {
                        // Where nothing can be renewed, the next call need not come here again at once.
                        access.take_turn(self.clock.elapsed());
                    }
                    return Ok(access);
                }
                Step::NotConnected | Step::Ended => return Err(self.ended(user_id)),
                Step::Refused => return Err(self.young_and_refused(user_id, &read.record).await),
                Step::RefreshUnknown => return Err(refresh_outcome_unknown()),
                Step::ExchangeUnknown => return Err(exchange_outcome_unknown()),
                Step::Wait { until } => {
                    if let Some(access) = living {
                        return Ok(access);
                    }
                    if left.is_zero() || matches!(need, Need::Ahead | Need::KeepAlive) {
                        return Err(refresh_in_progress(until.saturating_sub(now)));
                    }
                    if !std::mem::replace(&mut told, true) {
                        self.tell(EventKind::Waiting, user_id, None);
                    }
                    self.look_again().await;
                }
                Step::Refresh | Step::Introspect => {
                    // Still good, says the issuer twice: the lost request never arrived, and another may take its place.
                    if matches!(step, Step::Introspect) && !self.resolve(user_id, &read.record).await? {
                        continue;
                    }
                    if let Some(error) = self.refused(now) {
                        return living.ok_or(error);
                    }
                    if attempts >= ATTEMPTS {
                        return living.ok_or_else(|| self.issuer.retry_error("server_unavailable"));
                    }
                    attempts += 1;
                    match self.refresh(user_id, read, need, left).await? {
                        Refreshed::Rotated(access) => return Ok(access),
                        Refreshed::LookAgain => {}
                        Refreshed::Lost if living.is_some() => {}
                        Refreshed::Lost => tokio::time::sleep(RETRY_PAUSE).await,
                        // The request did nothing, so the token is as good as before.
                        Refreshed::Failed(error) => return living.ok_or(error),
                        Refreshed::RetryAfter(pause, error) => {
                            if let Some(access) = living {
                                return Ok(access);
                            }
                            if attempts >= ATTEMPTS || pause > LONGEST_PAUSE {
                                return Err(error);
                            }
                            tokio::time::sleep(pause).await;
                        }
                    }
                }
            }
        }
        Err(Error::new(Code::StoreBusy, "This user's record changes all the time; try again."))
    }

    pub(crate) fn sightings_now(&self, intent: Option<&Intent>, stored: Millis) -> Millis {
        self.sightings.now(intent, stored, self.clock.elapsed())
    }

    /// Waits until the record may have changed: by our own hand, or by another process's.
    pub(crate) async fn look_again(&self) {
        tokio::select! {
            () = self.changed.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }

    pub(super) fn class_of(&self, need: &Need, left: Duration) -> (Class, Duration) {
        match need {
            Need::Live | Need::Other(_) => (Class::Caller, left),
            Need::Ahead => (Class::Ahead, self.patience),
            Need::KeepAlive => (Class::KeepAlive, NO_HURRY),
        }
    }

    fn living(&self, user: u64, record: &GrantRecord, need: &Need, now: Millis) -> Option<Arc<Access>> {
        let tokens = record.tokens.as_ref()?;
        decide::lives(tokens, need, now).then(|| Access::of(tokens, user, self.moment(now)))
    }

    fn moment(&self, stored: Millis) -> Moment {
        Moment { stored, own: self.clock.elapsed() }
    }

    /// Puts an access token where the calls of this process find it.
    pub(super) fn publish(&self, user_id: &str, tokens: &Tokens, now: Millis) -> Arc<Access> {
        let access = Access::of(tokens, Digest::of(user_id).number(), self.moment(now));
        self.cache.put(user_id, Arc::clone(&access));
        access
    }

    pub(crate) fn forget(&self, user_id: &str) {
        self.cache.forget(user_id);
    }

    pub(crate) fn tell(&self, kind: EventKind, user_id: &str, code: Option<Code>) {
        self.watcher.tell(kind, user_id, sys::at(self.clock.now()), code);
    }

    pub(super) fn refuse_until(&self, until: Millis, error: &Error) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((until, error.clone()));
    }

    /// The error that everybody gets while the token endpoint refuses this client.
    fn refused(&self, now: Millis) -> Option<Error> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, error) = refused.as_ref().filter(|(until, _)| now < *until)?;
        Some(error.clone().with_retry_after(Some(Duration::from_millis(until - now))))
    }

    /// Whether this process must not be stopped now: a request is under way, or tokens are not stored.
    pub(crate) fn is_busy(&self) -> bool {
        self.activity.is_busy() || !self.owed.is_empty()
    }

    pub(super) fn ended(&self, user_id: &str) -> Error {
        self.cache.forget(user_id);
        grant_ended()
    }
}

pub(super) fn new_attempt() -> Result<String, Error> {
    // The process id makes an attempt readable in a support case; the random part makes it unique.
    Ok(format!("{}-{}", sys::process_id(), crate::secret::base64url(&sys::random_bytes::<12>()?)))
}

pub(super) fn grant_ended() -> Error {
    Error::new(
        Code::GrantEnded,
        "This grant is over (disconnected by the person, unused for 90 days, or replaced by a sign-in on another \
         device): send the person to sign in.",
    )
}

fn refresh_outcome_unknown() -> Error {
    Error::new(
        Code::RefreshOutcomeUnknown,
        "A refresh was sent and its answer was lost; sending the token again could end the grant, so the person has \
         to sign in.",
    )
}

pub(crate) fn exchange_outcome_unknown() -> Error {
    Error::new(
        Code::ExchangeOutcomeUnknown,
        "The code was sent and no usable answer came; it can't be sent twice, so start the sign-in again.",
    )
}

pub(crate) fn not_connected() -> Error {
    Error::new(Code::NotConnected, "This user is not connected: send the person to sign in.")
}

pub(crate) fn refresh_in_progress(left: Millis) -> Error {
    Error::new(Code::RefreshInProgress, "Another process is refreshing this grant; try again in a moment.")
        .with_retry_after(Some(Duration::from_millis(left)))
}

impl Drop for Manager {
    fn drop(&mut self) {
        if !self.owed.is_empty() {
            tracing::error!("a client with tokens that were not stored was dropped; call drain first");
        }
    }
}
