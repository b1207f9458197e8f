//! Finishing a sign-in: its callback, and the exchange of the code. How it begins: `authorization.rs`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::authorization::Tokens;
use crate::client::LoopClient;
use crate::config::invalid;
use crate::error::{Code, Error};
use crate::grant::exchange::Claimed;
use crate::grant::manager::{PATIENCE, exchange_outcome_unknown, refresh_in_progress};
use crate::grant::pacer;
use crate::grant::pending::PendingRecord;
use crate::grant::records::Swap;
use crate::grant::refresh::tokens_of;
use crate::grant::window::Class;
use crate::oauth::callback;
use crate::oauth::token::{Grant, TokenAnswer};
use crate::oauth::verdict::{OTHER_SECRET, Verdict};
use crate::secret::Secret;
use crate::store::Expected;
use crate::sys::{Millis, at, fail_point};

/// How long to wait before a code that did nothing is sent again; it lives for a minute.
const EXCHANGE_PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(1)];
/// How long a code waits for its turn at the token endpoint; it lives for a minute.
const PERMIT_PATIENCE: Duration = Duration::from_secs(15);

impl LoopClient {
    /// Finishes a sign-in from the URL that the person's browser came back to.
    ///
    /// Reads only the query. `browser_secret` is the one that [`authorization_url`](Self::authorization_url) returned
    /// for this browser: without it anybody could make a person finish a stranger's sign-in.
    pub async fn handle_callback(&self, url_or_query: &str, browser_secret: Option<&Secret>) -> Result<Tokens, Error> {
        let callback = callback::parse(url_or_query)?;
        let metadata = self.manager().issuer.metadata().await?;
        callback::check_issuer(&callback, &metadata.issuer, metadata.callback_has_issuer)?;
        let state = callback.state.unwrap_or_else(|| Secret::new(""));
        self.finish(state, callback.code, callback.error, Browser::Secret(browser_secret.cloned())).await
    }

    /// Finishes a sign-in from `code` and `state` alone, as the quickstart does.
    ///
    /// It can't tell which browser it serves: compare `state` with the one in the browser's own session first, or use
    /// [`handle_callback`](Self::handle_callback).
    pub async fn exchange_code(&self, code: &str, state: &str) -> Result<Tokens, Error> {
        static SAID: AtomicBool = AtomicBool::new(false);
        if state.is_empty() {
            return Err(Error::new(Code::StateMissing, "`state` is empty: pass the callback's state parameter."));
        }
        if code.is_empty() {
            return Err(Error::new(Code::InvalidCallback, "`code` is empty: pass the callback's code parameter."));
        }
        if !SAID.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "exchange_code can't see the browser: compare state with its session, or use handle_callback"
            );
        }
        self.finish(Secret::new(state), Some(Secret::new(code)), None, Browser::Unseen).await
    }

    /// From here on the sign-in is being used up: a caller that gives up must not leave it half done.
    async fn finish(
        &self,
        state: Secret,
        code: Option<Secret>,
        error: Option<String>,
        browser: Browser,
    ) -> Result<Tokens, Error> {
        let (client, under_way) = (self.clone(), self.manager().activity.begin());
        let task = tokio::spawn(async move {
            let _under_way = under_way;
            client.manager().retry_pending_revokes();
            let pending = client.take_pending(&state, &browser).await?;
            match (error, code) {
                (Some(error), _) => Err(callback::rejection(&error)),
                (None, code) => client.exchange(&state, &code.unwrap_or_else(|| Secret::new("")), pending).await,
            }
        });
        task.await.map_err(Error::ended_early)?
    }

    /// Finds the pending sign-in, checks the browser, and marks it used: by one compare-and-swap, so that of two
    /// callbacks with one state a single one goes on.
    async fn take_pending(&self, state: &Secret, browser: &Browser) -> Result<PendingRecord, Error> {
        let manager = self.manager();
        let now = manager.records.now().await?;
        let Some(read) = manager.records.load_pending(state.expose()).await? else {
            return Err(Error::new(
                Code::StateUnknown,
                "No sign-in with this state was begun here, or it was too long ago: start the sign-in again. (With \
                 several processes, give them one store.)",
            ));
        };
        let pending = read.record;
        browser.check(&pending)?;
        let done = || {
            Error::new(
                Code::AlreadyCompleted,
                "This sign-in's callback was handled already; a reload or the back button came here again.",
            )
        };
        if pending.used_at.is_some() {
            return Err(done());
        }
        if now >= pending.expires_at {
            return Err(Error::new(
                Code::StateExpired,
                "This sign-in was begun more than ten minutes ago; start it again.",
            ));
        }
        if pending.nonce.is_some() {
            // While the code can still be tried again: after it is spent, missing keys would cost the new grant.
            manager.issuer.have_keys().await?;
        }
        let mut used = pending.clone();
        used.used_at = Some(now);
        used.code_verifier = None;
        used.nonce = None;
        let key = manager.records.pending_key(state.expose());
        let swap = manager.records.swap(&key, &mut used, &Expected::Version(read.version)).await?;
        if swap == Swap::Conflict {
            return Err(done());
        }
        Ok(pending)
    }

    async fn exchange(&self, state: &Secret, code: &Secret, pending: PendingRecord) -> Result<Tokens, Error> {
        let manager = self.manager();
        let PendingRecord { code_verifier: Some(code_verifier), redirect_uri, .. } = &pending else {
            return Err(Error::new(Code::StoreRecordUnreadable, "The stored sign-in has no verifier; start it again."));
        };
        let grant = Grant::AuthorizationCode { code, redirect_uri, code_verifier };
        let mut pauses = EXCHANGE_PAUSES.into_iter();
        loop {
            let turn = async {
                // What is slow comes first, so that the request follows its intent at once.
                let secret = manager.issuer.warm_up().await?;
                let (claimed, sent_at) = self.claim_turn(pending.user_id.as_deref()).await?;
                Ok((secret, claimed, sent_at))
            };
            let (secret, claimed, sent_at) = match turn.await {
                Ok(turn) => turn,
                // Nothing was sent: a reload of the callback may try the code again while it lives.
                Err(error) => return Err(self.put_back(state, pending, error).await),
            };
            fail_point("exchange.before_request");
            let heard = manager.issuer.request(&grant, secret).await;
            fail_point("exchange.after_answer");
            let (verdict, head) = match heard {
                Ok(heard) => heard,
                Err(error) => {
                    self.nothing_done(claimed.as_ref()).await;
                    return Err(self.put_back(state, pending, error).await);
                }
            };
            // The intent ends before anything else happens, so that nobody waits for what is over.
            match &verdict {
                Verdict::Granted(_) => {}
                Verdict::Ambiguous { .. } => {
                    self.outcome_unknown(claimed.as_ref()).await;
                }
                _ => self.nothing_done(claimed.as_ref()).await,
            }
            return match verdict {
                Verdict::Granted(answer) => self.keep(*answer, pending, sent_at, claimed).await,
                Verdict::Rejected => Err(head.name(code_rejected())),
                Verdict::Retry { after, reason } => {
                    if let Some(pause) = pauses.next().filter(|pause| after.is_none_or(|after| after <= *pause)) {
                        if reason != OTHER_SECRET {
                            tokio::time::sleep(pause).await;
                        }
                        continue;
                    }
                    if let Some(after) = after.filter(|after| !after.is_zero()) {
                        // What the code's caller hears does not depend on it.
                        let _ = manager.pacer.pause_for(after).await;
                    }
                    let error = head.name(manager.issuer.retry_error(reason).with_retry_after(after));
                    Err(self.put_back(state, pending, error).await)
                }
                Verdict::Operator { error, client } => Err(head.name(manager.issuer.operator_error(&error, client))),
                Verdict::Ambiguous { .. } => Err(head.name(exchange_outcome_unknown())),
            };
        }
    }

    /// The right to send a code now: a permit, and for a known user an intent, during which nobody refreshes.
    async fn claim_turn(&self, user_id: Option<&str>) -> Result<(Option<Claimed>, Millis), Error> {
        let manager = self.manager();
        let permit = manager.pacer.permit(Class::Exchange, PERMIT_PATIENCE).await?;
        let claimed = match user_id {
            Some(user_id) => Some(manager.claim_exchange(user_id).await?),
            None => None,
        };
        let turn = async {
            let now = manager.records.now().await?;
            // The wait for a refresh may have taken longer than the permit is good.
            let in_time = permit.redeem(now);
            match manager.pacer.pause().await? {
                Some(pause) => Err(pacer::paused(pause)),
                None if in_time => Ok(now),
                None => {
                    let permit = manager.pacer.permit(Class::Exchange, Duration::from_secs(1)).await?;
                    permit.redeem(now);
                    manager.records.now().await
                }
            }
        };
        match turn.await {
            // A store that is slow may have used up the window.
            Ok(sent_at) if claimed.as_ref().is_some_and(|claimed| !claimed.may_send(sent_at)) => {
                self.nothing_done(claimed.as_ref()).await;
                Err(refresh_in_progress(1000))
            }
            Ok(sent_at) => Ok((claimed, sent_at)),
            Err(error) => {
                self.nothing_done(claimed.as_ref()).await;
                Err(error)
            }
        }
    }

    /// Says so in the store. Where it does not answer, the intent runs out by itself: what follows matters more.
    async fn outcome_unknown(&self, claimed: Option<&Claimed>) {
        if let Some(claimed) = claimed
            && let Err(error) = self.manager().mark_ambiguous(&claimed.user_id, &claimed.attempt).await
        {
            tracing::warn!(code = error.code().as_str(), "a sign-in without an answer could not be marked");
        }
    }

    async fn nothing_done(&self, claimed: Option<&Claimed>) {
        if let Some(claimed) = claimed {
            self.manager().nothing_done(&claimed.user_id, &claimed.attempt).await;
        }
    }

    /// Makes a taken sign-in pending again, since nothing was done with its code, and returns the error that says why.
    async fn put_back(&self, state: &Secret, mut pending: PendingRecord, error: Error) -> Error {
        let records = &self.manager().records;
        let put = async {
            if let Some(read) = records.load_pending(state.expose()).await? {
                let key = records.pending_key(state.expose());
                records.swap(&key, &mut pending, &Expected::Version(read.version)).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(failed) = put.await {
            tracing::warn!(code = failed.code().as_str(), "the sign-in could not be made pending again");
        }
        error
    }

    /// Finds out who signed in, and stores the grant. What can't be kept is revoked, so that nothing lives on unseen.
    async fn keep(
        &self,
        answer: TokenAnswer,
        pending: PendingRecord,
        sent_at: Millis,
        claimed: Option<Claimed>,
    ) -> Result<Tokens, Error> {
        let manager = self.manager();
        let stored = |answer| tokens_of(answer, None, &pending.scopes, sent_at);
        let error = match self.identify(&answer, &pending).await {
            Ok((user_id, claims)) if pending.user_id.as_ref().is_none_or(|expected| *expected == user_id) => {
                let tokens = stored(answer);
                let (scopes, ends_at) = (tokens.scopes.clone(), tokens.access_expires_at);
                let access = manager.store_granted(&user_id, tokens, claimed.as_ref()).await;
                let access = access.map_err(|error| error.with_user(&user_id))?;
                return Ok(Tokens {
                    user_id,
                    scopes,
                    expires_at: at(ends_at),
                    claims,
                    access_token: access.token.clone(),
                    app_state: pending.app_state,
                });
            }
            Ok((user_id, _)) => {
                // The code was another person's, so it did nothing to the grant of the one who was expected.
                self.nothing_done(claimed.as_ref()).await;
                let error = Error::new(
                    Code::UserMismatch,
                    "Another person signed in than the one that this sign-in was begun for; nobody was signed in here.",
                );
                if self.holds_grant_of(&user_id).await {
                    // At Loop their new tokens have replaced those that this app holds: without these they would be out.
                    manager.store_granted(&user_id, stored(answer), None).await?;
                    return Err(error);
                }
                error
            }
            Err(error) => {
                // Nobody knows whose code it was: it may have replaced the grant of the one who was expected.
                self.outcome_unknown(claimed.as_ref()).await;
                error
            }
        };
        let (token, hint) = match &answer.refresh_token {
            Some(token) => (token, "refresh_token"),
            None => (&answer.access_token, "access_token"),
        };
        if let Err(revoke) = manager.issuer.revoke(token, hint).await {
            tracing::warn!(code = revoke.code().as_str(), "tokens that were not kept could not be revoked");
        }
        Err(error)
    }

    /// Whether this app has a live grant of somebody. A store that is away is waited for: the answer decides whether
    /// they are signed out.
    async fn holds_grant_of(&self, user_id: &str) -> bool {
        let started = Instant::now();
        loop {
            match self.manager().records.load_grant(user_id).await {
                Ok(read) => return read.is_some_and(|read| read.record.is_live()),
                Err(_) if started.elapsed() < PATIENCE => self.manager().look_again().await,
                Err(_) => return false,
            }
        }
    }

    async fn identify(
        &self,
        answer: &TokenAnswer,
        pending: &PendingRecord,
    ) -> Result<(String, Map<String, Value>), Error> {
        let Some(nonce) = &pending.nonce else {
            let user_id =
                pending.user_id.clone().ok_or_else(|| invalid("user_id", "must be given where identify is false"))?;
            return Ok((user_id, Map::new()));
        };
        let Some(id_token) = &answer.id_token else {
            return Err(Error::new(
                Code::IdTokenMissing,
                "Loop sent no id_token: register the scope openid for this app, or set `identify` to false and name the \
                 `user_id` at `authorization_url`.",
            ));
        };
        let claims = self.manager().issuer.verify_id_token(id_token, nonce).await?;
        Ok((claims.subject, claims.all))
    }
}

/// What is known of the browser that brought the callback.
enum Browser {
    Secret(Option<Secret>),
    /// `exchange_code` can't see it.
    Unseen,
}

impl Browser {
    fn check(&self, pending: &PendingRecord) -> Result<(), Error> {
        let (Self::Secret(given), Some(digest)) = (self, &pending.browser) else { return Ok(()) };
        if given.as_ref().is_some_and(|secret| digest.is_of(secret.expose())) {
            return Ok(());
        }
        Err(Error::new(
            Code::BrowserMismatch,
            "This sign-in was begun in another browser, or its cookie is gone. Usual cause: the app was opened on \
             127.0.0.1 and redirected to localhost. Start again on the redirect URI's host.",
        ))
    }
}

fn code_rejected() -> Error {
    Error::new(
        Code::CodeRejected,
        "Loop does not accept this code: it is expired, used, or made for another redirect URI; start the sign-in again.",
    )
    .with_detail("invalid_grant")
}
