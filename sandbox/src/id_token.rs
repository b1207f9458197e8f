//! id_tokens, put together by hand so that wrong ones are as easy to make as right ones.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::db::{Store, Trouble};
use crate::ids::base64url;
use crate::keys::{self, Key};
use crate::seed::Person;

const LIFETIME_SECONDS: i64 = 300;
const TYPE: &str = "JWT";

/// What is wrong with the next id_token. Every one but `Right` must be refused by an app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IdTokenFault {
    /// Nothing is wrong.
    #[default]
    Right,
    /// `iss` names another server.
    WrongIssuer,
    /// `aud` names another app.
    WrongAudience,
    /// `nonce` is not the one that was sent.
    WrongNonce,
    /// There is no `nonce`.
    MissingNonce,
    /// The signature belongs to other claims.
    WrongSignature,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
    /// `alg` is `HS256`, keyed with the public key's bytes: the classic confusion of algorithms.
    AlgHs256,
    /// Signed by a key that is in no JWK Set.
    UnknownKid,
    /// `exp` was an hour ago.
    Expired,
    /// `iat` is an hour ahead.
    IssuedInFuture,
    /// Not a JWT at all.
    Malformed,
    /// The answer has no id_token.
    Missing,
}

/// What an id_token says, before anything is made wrong.
#[derive(Debug)]
pub(crate) struct Claims<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) person: &'a Person,
    pub(crate) scopes: &'a str,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) now: i64,
}

impl Claims<'_> {
    fn to_map(&self) -> Map<String, Value> {
        let granted = |name: &str| self.scopes.split(' ').any(|scope| scope == name);
        let mut claims = Map::new();
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("iss", json!(self.issuer));
        put("sub", json!(self.person.user_id));
        put("aud", json!(self.audience));
        put("iat", json!(self.now));
        put("exp", json!(self.now + LIFETIME_SECONDS));
        if let Some(brand) = self.person.brand_id {
            put("brand", json!(brand));
        }
        if let Some(nonce) = self.nonce {
            put("nonce", json!(nonce));
        }
        if granted("email") {
            put("email", json!(self.person.email));
            put("email_verified", json!(true));
        }
        if granted("profile") {
            put("name", json!(self.person.name));
        }
        claims
    }
}

/// The compact JWT, made wrong as asked. `None` when none is to be sent.
pub(crate) fn make(store: &Store, claims: &Claims<'_>, fault: IdTokenFault) -> Result<Option<String>, Trouble> {
    let key = keys::current(store)?;
    let mut body = claims.to_map();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    match fault {
        IdTokenFault::WrongIssuer => {
            drop(set("iss", json!("https://identity.somewhere-else.example")));
        }
        IdTokenFault::WrongAudience => drop(set("aud", json!("client_01HXY000000000000000000000"))),
        IdTokenFault::WrongNonce => drop(set("nonce", json!("not-the-nonce-that-was-sent"))),
        IdTokenFault::MissingNonce => drop(body.remove("nonce")),
        IdTokenFault::Expired => {
            set("iat", json!(claims.now - 3600 - LIFETIME_SECONDS));
            set("exp", json!(claims.now - 3600));
        }
        IdTokenFault::IssuedInFuture => {
            set("iat", json!(claims.now + 3600));
            set("exp", json!(claims.now + 3600 + LIFETIME_SECONDS));
        }
        _ => {}
    }
    let token = match fault {
        IdTokenFault::Missing => return Ok(None),
        IdTokenFault::Malformed => "this-is.no-jwt".to_owned(),
        IdTokenFault::AlgNone => {
            let mut token = unsigned("none", TYPE, &key.kid, &body);
            token.push('.');
            token
        }
        IdTokenFault::AlgHs256 => {
            let mut token = unsigned("HS256", TYPE, &key.kid, &body);
            // HMAC takes a key of any length, so this can't fail; an empty signature would be refused just as well.
            let signature = Hmac::<Sha256>::new_from_slice(&key.public())
                .map(|mac| mac.chain_update(token.as_bytes()).finalize().into_bytes().to_vec())
                .unwrap_or_default();
            token.push('.');
            token.push_str(&base64url(&signature));
            token
        }
        IdTokenFault::WrongSignature => {
            let token = unsigned("EdDSA", TYPE, &key.kid, &body);
            // A well-formed signature of the right key, over something else.
            let signature = key.sign(b"other claims");
            format!("{token}.{}", base64url(&signature))
        }
        IdTokenFault::UnknownKid => signed(TYPE, &Key::generate()?, &body),
        _ => signed(TYPE, &key, &body),
    };
    Ok(Some(token))
}

/// A right JWT of this type (RFC 7515, section 4.1.9).
pub(crate) fn signed(typ: &str, key: &Key, claims: &Map<String, Value>) -> String {
    let token = unsigned("EdDSA", typ, &key.kid, claims);
    let signature = base64url(&key.sign(token.as_bytes()));
    format!("{token}.{signature}")
}

fn unsigned(alg: &str, typ: &str, kid: &str, claims: &Map<String, Value>) -> String {
    let header = json!({ "alg": alg, "typ": typ, "kid": kid });
    let claims = Value::Object(claims.clone());
    format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()))
}
