//! id_token verification (OpenID Connect Core, section 3.1.3.7; RFC 8725).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Code, Error};
use crate::secret::Secret;

/// Asymmetric only: `none`, and HMAC with a key that others know, are never accepted (RFC 8725, section 3.1).
const ALLOWED: &[(&str, Algorithm)] = &[
    ("EdDSA", Algorithm::EdDSA),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
];

/// Seconds by which two clocks may differ beyond the skew that was measured.
const LEEWAY: i64 = 60;

/// What the id_token must say.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a Secret,
    /// Seconds since the epoch, by the issuer's clock as far as it is known.
    pub(crate) now: i64,
}

/// What a verified id_token says about the person.
#[derive(Clone, PartialEq)]
pub(crate) struct Claims {
    pub(crate) subject: String,
    /// Every claim, as it came.
    pub(crate) all: serde_json::Map<String, Value>,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Claims: values hidden>")
    }
}

/// The key that the token's header asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KeyHint {
    algorithm: Algorithm,
    kid: Option<String>,
}

/// Reads the header alone: which key is needed. Nothing in it is trusted before the signature is checked.
pub(crate) fn key_hint(token: &Secret) -> Result<KeyHint, Error> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        kid: Option<String>,
        crit: Option<Value>,
    }
    let malformed = || Error::new(Code::IdTokenMalformed, "The id_token is not a signed JWT.");
    let mut parts = token.expose().split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(malformed());
    };
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| malformed())?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| malformed())?;
    if header.crit.is_some() {
        // An extension that has to be understood (RFC 7515, section 4.1.11), and is not.
        return Err(malformed());
    }
    let algorithm = ALLOWED.iter().find(|(name, _)| *name == header.alg).map(|(_, algorithm)| *algorithm);
    let algorithm = algorithm.ok_or_else(|| {
        Error::new(
            Code::IdTokenAlgorithm,
            "The id_token is signed with an algorithm that is not allowed (EdDSA, ES256, ES384, RS256, PS256 are).",
        )
        .with_detail(crate::oauth::token::error_code(&header.alg))
    })?;
    Ok(KeyHint { algorithm, kid: header.kid })
}

/// Finds the key among the issuer's; None where a newer set might have it.
pub(crate) fn find_key<'a>(keys: &'a JwkSet, hint: &KeyHint) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
            && key.common.key_algorithm.is_none_or(|algorithm| {
                Algorithm::try_from(algorithm).is_ok_and(|algorithm| algorithm == hint.algorithm)
            })
            && DecodingKey::from_jwk(key).is_ok_and(|decoding| decoding.family() == hint.algorithm.family())
    };
    let mut candidates = keys.keys.iter().filter(fits).filter(|key| match &hint.kid {
        Some(kid) => key.common.key_id.as_deref() == Some(kid),
        None => true,
    });
    let first = candidates.next()?;
    // Without a kid there must be no choice (OpenID Connect Core, section 10.1).
    (hint.kid.is_some() || candidates.next().is_none()).then_some(first)
}

/// Checks signature, issuer, audience, nonce and times, in that order.
pub(crate) fn verify(token: &Secret, hint: &KeyHint, key: &Jwk, expected: &Expected<'_>) -> Result<Claims, Error> {
    let refused = |code, message: &str| Err(Error::new(code, message));
    let mut validation = Validation::new(hint.algorithm);
    // The claims are judged below: with our clock, and with an error that says which one is wrong.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = DecodingKey::from_jwk(key)
        .and_then(|key| jsonwebtoken::decode::<serde_json::Map<String, Value>>(token.expose(), &key, &validation));
    let claims = match decoded {
        Ok(data) => data.claims,
        Err(error) if matches!(error.kind(), jsonwebtoken::errors::ErrorKind::InvalidSignature) => {
            return refused(Code::IdTokenSignature, "The id_token's signature is wrong; no tokens were kept.");
        }
        Err(_) => return refused(Code::IdTokenMalformed, "The id_token can't be read."),
    };
    check_claims(claims, expected)
}

/// What the claims must say once the signature is good.
fn check_claims(claims: serde_json::Map<String, Value>, expected: &Expected<'_>) -> Result<Claims, Error> {
    let refused = |code, message: &str| Err(Error::new(code, message));
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return refused(Code::IdTokenIssuer, "The id_token comes from another issuer; no tokens were kept.");
    }
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let authorized_party = claims.get("azp").is_none_or(|party| party.as_str() == Some(expected.client_id));
    let only_party = audiences.len() == 1 || claims.contains_key("azp");
    if !audiences.contains(&expected.client_id) || !authorized_party || !only_party {
        return refused(Code::IdTokenAudience, "The id_token was made for another client; no tokens were kept.");
    }
    if !text("nonce").is_some_and(|nonce| expected.nonce.matches(nonce)) {
        return refused(Code::IdTokenNonce, "The id_token belongs to another sign-in; start the sign-in again.");
    }
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
    let (Some(issued_at), Some(expires_at)) = (seconds("iat"), seconds("exp")) else {
        return refused(Code::IdTokenMalformed, "The id_token has no iat or exp.");
    };
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in 53 bits")]
    let (earliest, latest) = ((expected.now - LEEWAY) as f64, (expected.now + LEEWAY) as f64);
    if expires_at <= earliest
        || issued_at > latest
        || claims.get("nbf").is_some_and(|begin| begin.as_f64().is_none_or(|begin| begin > latest))
    {
        return refused(
            Code::IdTokenExpired,
            "The id_token is expired or not valid yet; check this host's clock, then start the sign-in again.",
        );
    }
    let Some(subject) = text("sub").filter(|subject| !subject.is_empty()).map(str::to_owned) else {
        return refused(Code::IdTokenMalformed, "The id_token has no sub.");
    };
    Ok(Claims { subject, all: claims })
}

pub(crate) fn unknown_key() -> Error {
    Error::new(
        Code::IdTokenKeyUnknown,
        "The id_token is signed with a key that the issuer does not publish; no tokens were kept.",
    )
}

pub(crate) fn parse_keys(body: &[u8]) -> Result<JwkSet, Error> {
    serde_json::from_slice(body)
        .map_err(|_| Error::new(Code::AnswerInvalid, "The issuer's key set (JWKS) can't be read."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsigned(header: &str) -> Secret {
        Secret::new(format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header)))
    }

    #[test]
    fn an_algorithm_that_is_not_on_the_list_is_refused_before_any_key_is_looked_up() {
        for algorithm in ["none", "None", "HS256", "HS512", "RS1", ""] {
            let error = key_hint(&unsigned(&format!(r#"{{"alg":"{algorithm}","kid":"k"}}"#))).unwrap_err();
            assert_eq!(error.code(), Code::IdTokenAlgorithm, "{algorithm}");
        }
        assert!(key_hint(&unsigned(r#"{"alg":"EdDSA"}"#)).is_ok());
    }

    #[test]
    fn what_is_not_a_jwt_is_malformed() {
        for text in ["", "a.b", "a.b.c.d", "%%%.e30.x"] {
            assert_eq!(key_hint(&Secret::new(text)).unwrap_err().code(), Code::IdTokenMalformed, "{text}");
        }
    }

    #[test]
    fn a_header_that_asks_for_an_unknown_extension_is_malformed() {
        for extension in [r#"["b64"]"#, "[]", r#""b64""#] {
            let header = format!(r#"{{"alg":"EdDSA","kid":"k","crit":{extension}}}"#);
            assert_eq!(key_hint(&unsigned(&header)).unwrap_err().code(), Code::IdTokenMalformed, "{extension}");
        }
    }

    const NOW: i64 = 1_000_000;

    /// The subject, or the code of the error, of the right claims with `changes`; a null takes the claim away.
    fn checked(changes: &Value) -> Result<String, Code> {
        let mut claims = serde_json::json!({
            "iss": "https://id.example", "aud": "client_1", "nonce": "n", "iat": NOW, "exp": NOW + 300, "sub": "user_1",
        });
        let map = claims.as_object_mut().unwrap();
        map.extend(changes.as_object().unwrap().clone());
        map.retain(|_, value| !value.is_null());
        let nonce = Secret::new("n");
        let expected = Expected { issuer: "https://id.example", client_id: "client_1", nonce: &nonce, now: NOW };
        check_claims(map.clone(), &expected).map(|claims| claims.subject).map_err(|error| error.code())
    }

    #[test]
    fn each_claim_that_is_wrong_is_refused_by_its_name() {
        for (changes, code) in [
            (r#"{"iss":"https://id.example/"}"#, Code::IdTokenIssuer),
            (r#"{"iss":null}"#, Code::IdTokenIssuer),
            (r#"{"iss":["https://id.example"]}"#, Code::IdTokenIssuer),
            (r#"{"aud":"client_2"}"#, Code::IdTokenAudience),
            (r#"{"aud":[]}"#, Code::IdTokenAudience),
            (r#"{"aud":["client_2"]}"#, Code::IdTokenAudience),
            (r#"{"aud":null}"#, Code::IdTokenAudience),
            (r#"{"aud":["client_1","client_2"]}"#, Code::IdTokenAudience),
            (r#"{"aud":["client_1","client_2"],"azp":"client_2"}"#, Code::IdTokenAudience),
            (r#"{"aud":["client_2","client_3"],"azp":"client_1"}"#, Code::IdTokenAudience),
            (r#"{"azp":"client_2"}"#, Code::IdTokenAudience),
            (r#"{"azp":1}"#, Code::IdTokenAudience),
            (r#"{"azp":["client_1"]}"#, Code::IdTokenAudience),
            (r#"{"nonce":"other"}"#, Code::IdTokenNonce),
            (r#"{"nonce":null}"#, Code::IdTokenNonce),
            (r#"{"nonce":1}"#, Code::IdTokenNonce),
            (r#"{"iat":null}"#, Code::IdTokenMalformed),
            (r#"{"exp":null}"#, Code::IdTokenMalformed),
            (r#"{"exp":"1000300"}"#, Code::IdTokenMalformed),
            (r#"{"sub":null}"#, Code::IdTokenMalformed),
            (r#"{"sub":""}"#, Code::IdTokenMalformed),
            (r#"{"sub":1}"#, Code::IdTokenMalformed),
            (r#"{"iat":1000061}"#, Code::IdTokenExpired),
            (r#"{"nbf":1000061}"#, Code::IdTokenExpired),
            (r#"{"exp":999940}"#, Code::IdTokenExpired),
        ] {
            assert_eq!(checked(&serde_json::from_str(changes).unwrap()), Err(code), "{changes}");
        }
        for changes in [
            "{}",
            r#"{"aud":["client_1"]}"#,
            r#"{"azp":"client_1"}"#,
            r#"{"aud":["client_2","client_1"],"azp":"client_1"}"#,
            r#"{"iat":1000060,"nbf":1000060}"#,
            r#"{"exp":999941}"#,
            r#"{"exp":1000300.5}"#,
        ] {
            assert_eq!(checked(&serde_json::from_str(changes).unwrap()), Ok("user_1".to_owned()), "{changes}");
        }
    }

    const ED25519: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
    const RSA: &str =
        r#""kty":"RSA","n":"u1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0abc","e":"AQAB""#;

    /// Which of the keys serves a token of this algorithm and kid.
    fn found(keys: &[String], algorithm: &str, kid: Option<&str>) -> Option<usize> {
        let keys = parse_keys(format!(r#"{{"keys":[{{{}}}]}}"#, keys.join("},{")).as_bytes()).unwrap();
        let kid = kid.map(|kid| format!(r#","kid":"{kid}""#)).unwrap_or_default();
        let hint = key_hint(&unsigned(&format!(r#"{{"alg":"{algorithm}"{kid}}}"#))).unwrap();
        let key = find_key(&keys, &hint)?;
        keys.keys.iter().position(|candidate| std::ptr::eq(candidate, key))
    }

    #[test]
    fn a_key_is_found_by_its_kid_or_where_there_is_no_choice() {
        let key = |kind: &str, rest: &str| format!("{kind}{rest}");
        let one = key(ED25519, r#","kid":"1","use":"sig","alg":"EdDSA""#);
        let two = key(ED25519, r#","kid":"2""#);
        assert_eq!(found(&[one.clone(), two.clone()], "EdDSA", Some("1")), Some(0));
        assert_eq!(found(&[one.clone(), two.clone()], "EdDSA", Some("2")), Some(1));
        assert_eq!(found(&[one.clone(), two.clone()], "EdDSA", Some("3")), None);
        assert_eq!(found(&[one.clone(), two], "EdDSA", None), None, "a choice");
        assert_eq!(found(std::slice::from_ref(&one), "EdDSA", None), Some(0));
        assert_eq!(found(&[key(ED25519, "")], "EdDSA", Some("1")), None, "a key without a kid is not the one named");
        let rsa = key(RSA, r#","kid":"3""#);
        assert_eq!(found(&[rsa.clone(), one.clone()], "EdDSA", None), Some(1), "the other one can't be meant");
        assert_eq!(found(&[one, rsa], "RS256", None), Some(1));
    }

    #[test]
    fn a_key_for_something_else_is_not_found() {
        for (key, algorithm) in [
            (format!(r#"{ED25519},"kid":"k","use":"enc""#), "EdDSA"),
            (format!(r#"{ED25519},"kid":"k","alg":"ES256""#), "EdDSA"),
            (format!(r#"{RSA},"kid":"k""#), "EdDSA"),
            (format!(r#"{ED25519},"kid":"k""#), "RS256"),
            (format!(r#"{RSA},"kid":"k","alg":"RS512""#), "RS256"),
            (format!(r#"{RSA},"kid":"k","alg":"PS256""#), "RS256"),
            (format!(r#"{RSA},"kid":"k","alg":"RSA-OAEP""#), "RS256"),
            (r#""kty":"oct","k":"c2VjcmV0","kid":"k""#.to_owned(), "ES256"),
        ] {
            assert_eq!(found(std::slice::from_ref(&key), algorithm, Some("k")), None, "{key} {algorithm}");
            assert_eq!(found(std::slice::from_ref(&key), algorithm, None), None, "{key} {algorithm}");
        }
    }
}
