//! OAuth 2.0 and OpenID Connect as pure functions: no I/O, no clock, no randomness of their own.

pub(crate) mod authorize;
pub(crate) mod callback;
pub(crate) mod id_token;
pub(crate) mod metadata;
pub(crate) mod pkce;
pub(crate) mod token;
pub(crate) mod verdict;
