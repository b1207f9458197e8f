//! Identifiers and secrets: how they are made, and how they are compared without keeping them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::sys::{Clock, RandomFailed, random_bytes};

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A secret's SHA-256 in hexadecimal: the only form in which a secret is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hashed(pub(crate) String);

impl Hashed {
    pub(crate) fn of(secret: &str) -> Hashed {
        Hashed::of_bytes(secret.as_bytes())
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Hashed {
        Hashed(hex(&Sha256::digest(bytes)))
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

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
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
    hyphenated(text)
}

fn hyphenated(mut text: String) -> String {
    for position in [20, 16, 12, 8] {
        text.insert(position, '-');
    }
    text
}

/// A number from 0 to 1 (without 1) that always comes out the same for the same words.
pub(crate) fn chance(words: &str) -> f64 {
    let digest: [u8; 32] = Sha256::digest(words.as_bytes()).into();
    let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

/// A UUID for a new record, random (version 4).
pub(crate) fn uuid() -> Result<String, RandomFailed> {
    let mut bytes = random_bytes::<16>()?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Ok(hyphenated(hex(&bytes)))
}

/// What a forged form can't contain: made from the browser's secret and the page that it belongs to.
pub(crate) fn csrf_token(browser: &str, interaction: &str) -> String {
    base64url(&Sha256::digest(format!("csrf\n{browser}\n{interaction}").as_bytes()))
}

/// The HMAC-SHA256 of a message, in lower-case hexadecimal.
pub(crate) fn hmac_sha256_hex(key: &[u8], message: &[u8]) -> String {
    // HMAC takes a key of any length, so this can't fail; an empty tag would match nothing.
    let tag = Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(message).finalize().into_bytes());
    tag.map(|tag| hex(&tag)).unwrap_or_default()
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
