//! Identifiers and secrets: how they are made, and how they are compared without keeping them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::sys::{Clock, RandomFailed, random_bytes};

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A secret's SHA-256 in hexadecimal: the only form in which a secret is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hashed(pub(crate) String);

impl Hashed {
    pub(crate) fn of(secret: &str) -> Hashed {
        Hashed(hex(&Sha256::digest(secret.as_bytes())))
    }

    /// Compares in constant time. Looking up by hash in the database needs none: an attacker can't steer a hash.
    pub(crate) fn equals(&self, stored: &str) -> bool {
        self.0.as_bytes().ct_eq(stored.as_bytes()).into()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
        text
    })
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The `S256` challenge of a verifier (RFC 7636, section 4.2).
pub(crate) fn challenge_of(verifier: &str) -> String {
    base64url(&Sha256::digest(verifier.as_bytes()))
}

/// Enough of a secret's SHA-256 to find it again by whoever holds it, and useless to everybody else.
pub(crate) fn digest(secret: &str) -> String {
    base64url(&Sha256::digest(secret.as_bytes())[..12])
}

/// A ULID: 48 bits of milliseconds and 80 random bits, in Crockford's base 32.
pub(crate) fn ulid(clock: &Clock) -> Result<String, RandomFailed> {
    let random = random_bytes::<10>()?;
    let mut bits = u128::from(clock.now_millis() & 0xFFFF_FFFF_FFFF);
    for byte in random {
        bits = (bits << 8) | u128::from(byte);
    }
    let mut text = String::with_capacity(26);
    for position in (0..26).rev() {
        let digit = (bits >> (position * 5)) & 31;
        text.push(char::from(CROCKFORD[usize::try_from(digit).unwrap_or_default()]));
    }
    Ok(text)
}

/// 256 random bits after a prefix such as `lph_at_`.
pub(crate) fn secret(prefix: &str) -> Result<String, RandomFailed> {
    Ok(format!("{prefix}{}", base64url(&random_bytes::<32>()?)))
}

/// A UUID that always comes out the same for the same words, for seeded records.
pub(crate) fn seeded_uuid(words: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(words.as_bytes()).into();
    let mut text = hex(&digest[..16]);
    // Version 8 and the RFC 9562 variant: a value of our own making.
    text.replace_range(12..13, "8");
    text.replace_range(16..17, "a");
    for position in [20, 16, 12, 8] {
        text.insert(position, '-');
    }
    text
}

/// What a forged form can't contain: made from the browser's secret and the page that it belongs to.
pub(crate) fn csrf_token(browser: &str, interaction: &str) -> String {
    base64url(&Sha256::digest(format!("csrf\n{browser}\n{interaction}").as_bytes()))
}

pub(crate) fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636_appendix_b() {
        assert_eq!(
            challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_ulid_has_26_characters_and_sorts_by_time() {
        let clock = Clock::default();
        let early = ulid(&clock).unwrap();
        clock.advance(1);
        let late = ulid(&clock).unwrap();
        assert_eq!((early.len(), late.len()), (26, 26));
        assert!(early < late);
    }
}
