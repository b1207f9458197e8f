//! Signing in: the authorization URL, its callback, and the exchange of the code.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::authorization::{Authorization, AuthorizationRequest, Tokens};
use crate::client::{Inner, LoopClient};
use crate::config::{self, check_app_state, check_scopes, effective_scopes, invalid};
use crate::error::{Code, Error};
use crate::grant::manager::tokens_of;
use crate::grant::record::PendingRecord;
use crate::grant::records::Swap;
use crate::oauth::authorize::{self, Parameters};
use crate::oauth::token::{Grant, TokenAnswer};
use crate::oauth::verdict::Verdict;
use crate::oauth::{callback, pkce};
use crate::secret::Secret;
use crate::store::Expected;
use crate::sys::{Millis, at, millis, random_bytes};

/// How long a person may take to sign in.
const PENDING_LIFE: Duration = Duration::from_secs(10 * 60);
/// How long after that a reload is still recognised as one.
const MARKER_LIFE: Duration = Duration::from_secs(10 * 60);
/// How long to wait before a code that did nothing is sent again; it lives for a minute.
const EXCHANGE_PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(1)];
/// A browser secret of another make was not made by the SDK: 32 bytes in base64url.
fn is_browser_secret(secret: &Secret) -> bool {
    let text = secret.expose();
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

impl LoopClient {
    /// Begins a sign-in: stores its state, verifier and nonce for ten minutes, and returns where to send the person.
    pub async fn authorization_url(&self, request: AuthorizationRequest) -> Result<Authorization, Error> {
        let Inner { config, manager, clock, .. } = &*self.inner;
        check_scopes(&request.scopes)?;
        let wanted = if request.scopes.is_empty() { &config.scopes } else { &request.scopes };
        if wanted.is_empty() {
            return Err(config::missing("scopes", "LOOP_SCOPES"));
        }
        let scopes = effective_scopes(wanted, config.identify);
        if let Some(path) = &request.app_state {
            check_app_state(path)?;
        }
        let redirect_uri =
            config.redirect_uri.clone().ok_or_else(|| config::missing("redirect_uri", "LOOP_REDIRECT_URI"))?;
        let identified = scopes.iter().any(|scope| scope == "openid");
        if request.user_id.as_deref().is_some_and(str::is_empty) {
            return Err(invalid("user_id", "must not be empty"));
        }
        if !identified && request.user_id.is_none() {
            return Err(invalid("user_id", "must be given, since identify is false and nobody else says who signs in"));
        }
        let metadata = manager.issuer.metadata().await?;
        let state = Secret::random()?;
        let nonce = if identified { Some(Secret::random()?) } else { None };
        let verifier = pkce::code_verifier(random_bytes()?);
        let browser_secret = match request.browser_secret {
            Some(secret) if is_browser_secret(&secret) => secret,
            // A cookie of another make, or none: this browser gets a new one.
            _ => Secret::random()?,
        };
        let url = authorize::url(&Parameters {
            endpoint: &metadata.authorization_endpoint,
            client_id: &config.client_id,
            redirect_uri: &redirect_uri,
            scopes: &scopes,
            state: state.expose(),
            nonce: nonce.as_ref().map(Secret::expose),
            code_challenge: &pkce::code_challenge(&verifier),
            prompt: request.prompt.as_deref(),
            login_hint: request.login_hint.as_deref(),
        });
        let mut pending = PendingRecord {
            min_reader: PendingRecord::MIN_READER,
            code_verifier: Some(verifier),
            nonce,
            redirect_uri,
            scopes,
            user_id: request.user_id,
            browser: request.check_browser.unwrap_or(config.check_browser).then(|| browser_secret.digest()),
            app_state: request.app_state,
            expires_at: clock.now().saturating_add(millis(PENDING_LIFE)),
            used_at: None,
            stamp: String::new(),
            unknown: Map::new(),
        };
        let key = manager.records.pending_key(state.expose());
        let saved =
            manager.records.swap(&key, &mut pending, &Expected::Absent, Some(PENDING_LIFE + MARKER_LIFE)).await?;
        if saved == Swap::Conflict {
            return Err(Error::new(
                Code::StoreUnavailable,
                "The store did not keep the new sign-in; check that it can be written.",
            ));
        }
        Ok(Authorization { url, state, browser_secret })
    }

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
        let client = self.clone();
        let task = tokio::spawn(async move {
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
        let Inner { manager, clock, .. } = &*self.inner;
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
        if clock.now() >= pending.expires_at {
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
        used.used_at = Some(clock.now());
        used.code_verifier = None;
        used.nonce = None;
        let key = manager.records.pending_key(state.expose());
        let swap = manager.records.swap(&key, &mut used, &Expected::Version(read.version), Some(MARKER_LIFE)).await?;
        if swap == Swap::Conflict {
            return Err(done());
        }
        Ok(pending)
    }

    async fn exchange(&self, state: &Secret, code: &Secret, pending: PendingRecord) -> Result<Tokens, Error> {
        let Inner { manager, .. } = &*self.inner;
        let issuer = &manager.issuer;
        let PendingRecord { code_verifier: Some(code_verifier), redirect_uri, .. } = &pending else {
            return Err(Error::new(Code::StoreRecordUnreadable, "The stored sign-in has no verifier; start it again."));
        };
        let grant = Grant::AuthorizationCode { code, redirect_uri, code_verifier };
        let mut pauses = EXCHANGE_PAUSES.into_iter();
        loop {
            let sent_at = self.inner.clock.now();
            return match issuer.request(&grant).await? {
                Verdict::Granted(answer) => self.keep(*answer, pending, sent_at).await,
                Verdict::Rejected => Err(Error::new(
                    Code::CodeRejected,
                    "Loop does not accept this code: it is expired, used, or made for another redirect URI; start the \
                     sign-in again.",
                )
                .with_detail("invalid_grant")),
                Verdict::Retry { after, reason } => {
                    if let Some(pause) = pauses.next().filter(|pause| after.is_none_or(|after| after <= *pause)) {
                        tokio::time::sleep(pause).await;
                        continue;
                    }
                    // Nothing was done with the code: a reload of the callback may try it again while it lives.
                    if let Err(error) = self.put_back(state, pending.clone()).await {
                        tracing::warn!(code = error.code().as_str(), "the sign-in could not be made pending again");
                    }
                    Err(issuer.retry_error(reason).with_retry_after(after))
                }
                Verdict::Operator { error, client } => Err(issuer.operator_error(&error, client)),
                Verdict::Ambiguous { .. } => Err(Error::new(
                    Code::ExchangeOutcomeUnknown,
                    "The code was sent and no usable answer came; it can't be sent twice, so start the sign-in again.",
                )),
            };
        }
    }

    /// Makes a taken sign-in pending again.
    async fn put_back(&self, state: &Secret, mut pending: PendingRecord) -> Result<(), Error> {
        let records = &self.manager().records;
        if let Some(read) = records.load_pending(state.expose()).await? {
            let key = records.pending_key(state.expose());
            let life = Some(PENDING_LIFE + MARKER_LIFE);
            records.swap(&key, &mut pending, &Expected::Version(read.version), life).await?;
        }
        Ok(())
    }

    /// Finds out who signed in, and stores the grant. What can't be kept is revoked, so that nothing lives on unseen.
    async fn keep(&self, answer: TokenAnswer, pending: PendingRecord, sent_at: Millis) -> Result<Tokens, Error> {
        let manager = self.manager();
        let stored = |answer| tokens_of(answer, None, &pending.scopes, sent_at);
        let error = match self.identify(&answer, &pending).await {
            Ok((user_id, claims)) if pending.user_id.as_ref().is_none_or(|expected| *expected == user_id) => {
                let access = manager.store_granted(&user_id, stored(answer)).await?;
                return Ok(Tokens {
                    user_id,
                    scopes: access.scopes.clone(),
                    expires_at: at(access.expires_at),
                    claims,
                    access_token: access.token.clone(),
                    app_state: pending.app_state,
                });
            }
            Ok((user_id, _)) => {
                let error = Error::new(
                    Code::UserMismatch,
                    "Another person signed in than the one that this sign-in was begun for; nobody was signed in here.",
                );
                let known = manager.records.load_grant(&user_id).await;
                if known.is_ok_and(|known| known.is_some_and(|read| read.record.is_live())) {
                    // At Loop their new tokens have replaced those that this app holds: without these they would be out.
                    manager.store_granted(&user_id, stored(answer)).await?;
                    return Err(error);
                }
                error
            }
            Err(error) => error,
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
