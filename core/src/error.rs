//! The one error of the SDK: a stable code, what to do about it, and a sentence for a tired person.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What the caller should do. Every [`Code`] has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Try the same call again, after [`Error::retry_after`] where it is given.
    Retry,
    /// Send the person through sign-in again.
    SignInAgain,
    /// Ask the person for the missing scope with a new authorization.
    AskForScope,
    /// Change the call or the options: repeating it can't help.
    FixCall,
    /// Something about the deployment, the registration or the platform needs its operator.
    CallOperator,
}

impl Action {
    /// Every action, in the order of the docs.
    pub const ALL: &'static [Self] =
        &[Self::Retry, Self::SignInAgain, Self::AskForScope, Self::FixCall, Self::CallOperator];

    /// The name that all languages use, for instance `sign_in_again`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::SignInAgain => "sign_in_again",
            Self::AskForScope => "ask_for_scope",
            Self::FixCall => "fix_call",
            Self::CallOperator => "call_operator",
        }
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $action:ident;)+) => {
        /// What went wrong. The names are stable and the same in every language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in the order of the docs.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name that all languages use, for instance `grant_ended`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What the caller should do about it.
            pub const fn action(self) -> Action {
                match self { $(Self::$name => Action::$action,)+ }
            }

            /// One sentence for the docs.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc,)+).trim_start(),)+ }
            }
        }
    };
}

// The one table of codes: docs, TypeScript and Python types are generated from it.
codes! {
    /// An option is missing.
    MissingOption = "missing_option", FixCall;
    /// An option or argument has a value that can't work.
    InvalidOption = "invalid_option", FixCall;
    /// No store was chosen, and this host has no place that lasts.
    StoreRequired = "store_required", FixCall;
    /// The store can't be opened, read or written.
    StoreUnavailable = "store_unavailable", CallOperator;
    /// The store is locked by somebody else for too long.
    StoreBusy = "store_busy", Retry;
    /// This needs a store that can list its entries.
    StoreCannotList = "store_cannot_list", FixCall;
    /// The store's table does not exist, or is older than this SDK.
    StoreSchemaMissing = "store_schema_missing", FixCall;
    /// The store serves one process, and this is a child of it.
    StoreForked = "store_forked", FixCall;
    /// A stored record was written by a newer SDK, is damaged, or does not open with the store's key.
    StoreRecordUnreadable = "store_record_unreadable", CallOperator;

    /// The callback has neither a code nor an error, or is not a URL.
    InvalidCallback = "invalid_callback", SignInAgain;
    /// A parameter stands in the callback more than once.
    DuplicateParameter = "duplicate_parameter", SignInAgain;
    /// The callback has no state.
    StateMissing = "state_missing", SignInAgain;
    /// No sign-in that this client began has this state.
    StateUnknown = "state_unknown", SignInAgain;
    /// The sign-in was begun more than ten minutes ago.
    StateExpired = "state_expired", SignInAgain;
    /// This callback was already handled: a reload, or the back button.
    AlreadyCompleted = "already_completed", SignInAgain;
    /// The callback arrived in another browser than the one that began.
    BrowserMismatch = "browser_mismatch", SignInAgain;
    /// The callback or the metadata comes from another issuer.
    IssuerMismatch = "issuer_mismatch", CallOperator;
    /// The person clicked Deny.
    AccessDenied = "access_denied", SignInAgain;
    /// The person closed the browser, or went back to the app, before the sign-in was finished.
    SignInAbandoned = "sign_in_abandoned", SignInAgain;
    /// The browser could not be opened on the person's device.
    BrowserUnavailable = "browser_unavailable", CallOperator;
    /// The authorization server refused the authorization request.
    AuthorizationRejected = "authorization_rejected", CallOperator;
    /// The authorization server could not answer just now.
    AuthorizationUnavailable = "authorization_unavailable", SignInAgain;

    /// The authorization code is expired, used, or made for another request.
    CodeRejected = "code_rejected", SignInAgain;
    /// The code was sent, and no answer came: it can't be sent again.
    ExchangeOutcomeUnknown = "exchange_outcome_unknown", SignInAgain;
    /// The client id or secret is wrong.
    ClientRejected = "client_rejected", CallOperator;
    /// The application's own function for the client secret failed.
    ClientSecretUnavailable = "client_secret_unavailable", CallOperator;
    /// The token endpoint refused the request for a reason that is not the person's.
    TokenRequestRejected = "token_request_rejected", CallOperator;
    /// The token endpoint's answer can't be used.
    TokenAnswerInvalid = "token_answer_invalid", CallOperator;

    /// There is no id_token, so nobody knows who signed in.
    IdTokenMissing = "id_token_missing", CallOperator;
    /// The id_token is not a signed JWT with the required claims.
    IdTokenMalformed = "id_token_malformed", CallOperator;
    /// The id_token comes from another issuer.
    IdTokenIssuer = "id_token_issuer", CallOperator;
    /// The id_token was made for another client.
    IdTokenAudience = "id_token_audience", CallOperator;
    /// The id_token belongs to another sign-in.
    IdTokenNonce = "id_token_nonce", SignInAgain;
    /// The id_token's signature is wrong.
    IdTokenSignature = "id_token_signature", CallOperator;
    /// The id_token is signed with an algorithm that is not allowed.
    IdTokenAlgorithm = "id_token_algorithm", CallOperator;
    /// The id_token's key is not among the issuer's keys.
    IdTokenKeyUnknown = "id_token_key_unknown", CallOperator;
    /// The id_token is expired, or not valid yet.
    IdTokenExpired = "id_token_expired", SignInAgain;
    /// Another person signed in than the one that was asked for.
    UserMismatch = "user_mismatch", SignInAgain;

    /// No grant is stored for this user.
    NotConnected = "not_connected", SignInAgain;
    /// The grant is over: revoked, expired, or replaced by a sign-in elsewhere.
    GrantEnded = "grant_ended", SignInAgain;
    /// A refresh was sent and its answer lost; using the token again could end the grant.
    RefreshOutcomeUnknown = "refresh_outcome_unknown", SignInAgain;
    /// Another process is refreshing this grant, and did not finish in time.
    RefreshInProgress = "refresh_in_progress", Retry;
    /// The token endpoint's limit is used up for the moment, by all processes together.
    Paced = "paced", Retry;
    /// New tokens arrived and could not be stored yet; they are kept in memory.
    TokenNotSaved = "token_not_saved", Retry;
    /// The store already holds a live grant for this user.
    GrantExists = "grant_exists", FixCall;
    /// Loop did not confirm the revocation.
    RevokeUnconfirmed = "revoke_unconfirmed", Retry;

    /// The access token is new, and the API refuses it all the same.
    AccessTokenRejected = "access_token_rejected", CallOperator;
    /// The person has not granted the scope that this call needs.
    ScopeRequired = "scope_required", AskForScope;
    /// The platform's rules forbid this call for this person.
    Forbidden = "forbidden", FixCall;
    /// It does not exist, or this person may not see it.
    NotFound = "not_found", FixCall;
    /// It conflicts with what is already there.
    Conflict = "conflict", FixCall;
    /// What the call builds on is not there yet, for instance the person's lab results.
    NotReady = "not_ready", FixCall;
    /// The request is larger than the platform takes.
    RequestTooLarge = "request_too_large", FixCall;
    /// The platform does not accept the request's content.
    InvalidRequest = "invalid_request", FixCall;
    /// A write was sent and nobody knows whether it was done. The detail is its idempotency key: sent again under it, it
    /// is done once.
    WriteOutcomeUnknown = "write_outcome_unknown", Retry;
    /// The audit log took no entry, and the client is set to fail then.
    AuditFailed = "audit_failed", CallOperator;
    /// A webhook's signature is missing or wrong: answer it with 401.
    WebhookSignature = "webhook_signature", FixCall;
    /// A webhook's body is not an event.
    WebhookMalformed = "webhook_malformed", FixCall;
    /// Too many requests.
    RateLimited = "rate_limited", Retry;
    /// The platform failed, or is overloaded.
    ServerUnavailable = "server_unavailable", Retry;
    /// The platform can't be reached.
    Unreachable = "unreachable", Retry;
    /// No answer within the time limit.
    Timeout = "timeout", Retry;
    /// The platform's answer can't be decoded. After a write, which was done, the detail is its idempotency key.
    AnswerInvalid = "answer_invalid", CallOperator;
    /// The answer is larger than the limit.
    AnswerTooLarge = "answer_too_large", CallOperator;
    /// The caller cancelled the call. Of a write, which may have been sent, the detail is its idempotency key.
    Cancelled = "cancelled", Retry;
    /// A defect of the SDK: please report it.
    Internal = "internal", CallOperator;
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Any failure of the SDK. Cheap to clone: waiters of one flight share it.
///
/// `Display` is the sentence; it never holds a token, secret or clinical value, and neither does `Debug`.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    message: String,
    retry_after: Option<Duration>,
    status: Option<u16>,
    request_id: Option<String>,
    detail: Option<String>,
    user_id: Option<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            code,
            message: message.into(),
            retry_after: None,
            status: None,
            request_id: None,
            detail: None,
            user_id: None,
            source: None,
        }))
    }

    /// For a store of your own that can't be reached, read or written. The source's text is printed with the error.
    pub fn store_unavailable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Code::StoreUnavailable, "The store can't be reached, read or written.").with_source(source)
    }

    /// For a store of your own that is locked for too long. The source's text is printed with the error.
    pub fn store_busy(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Code::StoreBusy, "The store is locked; try again.").with_source(source)
    }

    /// For a browser that could not be opened. The source's text is printed with the error.
    pub fn browser_unavailable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Code::BrowserUnavailable, "The browser for the sign-in could not be opened.").with_source(source)
    }

    /// For an audit log of your own that takes no entry. The source's text is printed with the error.
    pub fn audit_failed(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Code::AuditFailed, "The audit log took no entry.").with_source(source)
    }

    /// For a client secret that your application could not provide. The source's text is printed with the error.
    pub fn client_secret_unavailable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Code::ClientSecretUnavailable, "The application could not provide its client secret.")
            .with_source(source)
    }

    /// A task of ours panicked or was dropped. The panic's text may quote anything, so it is not kept.
    pub(crate) fn ended_early(_error: tokio::task::JoinError) -> Self {
        Self::new(Code::Internal, "The call ended early; please report it.")
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What to do about it.
    pub fn action(&self) -> Action {
        self.0.code.action()
    }

    /// How long to wait before the next try, where the platform or the SDK knows.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The HTTP status, where an answer came.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The platform's id of the request, for a support ticket.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The platform's own error code, or the name of the wrong option, scope or parameter.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Whose call it was, where it was one person's. It says who somebody is, so it is never printed.
    pub fn user_id(&self) -> Option<&str> {
        self.0.user_id.as_deref()
    }

    /// The scopes to ask the person for, where that is the way out.
    pub fn missing_scopes(&self) -> Vec<&str> {
        match (self.code(), self.detail()) {
            (Code::ScopeRequired, Some(scopes)) => scopes.split_whitespace().collect(),
            _ => Vec::new(),
        }
    }

    /// The sentence, as `Display` prints it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    fn map(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn with_source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.map(|inner| inner.source = Some(Arc::new(source)))
    }

    pub(crate) fn with_detail(self, detail: impl Into<String>) -> Self {
        self.map(|inner| inner.detail = Some(detail.into()))
    }

    pub(crate) fn with_user(self, user_id: &str) -> Self {
        self.map(|inner| inner.user_id = Some(user_id.to_owned()))
    }

    pub(crate) fn with_status(self, status: impl Into<Option<u16>>) -> Self {
        let status = status.into();
        self.map(|inner| inner.status = status)
    }

    pub(crate) fn with_request_id(self, id: Option<String>) -> Self {
        self.map(|inner| inner.request_id = id)
    }

    pub(crate) fn with_retry_after(self, after: Option<Duration>) -> Self {
        self.map(|inner| inner.retry_after = after)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { code, message, retry_after, status, request_id, detail, source, user_id: _ } = &*self.0;
        let mut out = f.debug_struct("Error");
        out.field("code", &code.as_str()).field("action", &code.action().as_str()).field("message", message);
        if let Some(detail) = detail {
            out.field("detail", detail);
        }
        if let Some(status) = status {
            out.field("status", status);
        }
        if let Some(id) = request_id {
            out.field("request_id", id);
        }
        if let Some(after) = retry_after {
            out.field("retry_after", after);
        }
        if let Some(source) = source {
            out.field("source", &source.to_string());
        }
        out.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_a_sentence() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.summary().ends_with('.'), "{code:?}: {}", code.summary());
        }
    }
}
