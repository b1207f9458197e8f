//! The `store_key` option: the keys that records are sealed with.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::config::invalid;
use crate::error::Error;
use crate::secret::Secret;
use crate::sys;

/// The keys of a [`SealedStore`](super::SealedStore): the first seals, all of them open. They are never printed, and
/// wiped from memory in the end.
#[derive(Clone)]
pub struct StoreKeys {
    keys: Vec<Key>,
    /// Whether records that were never sealed may be read.
    reads_unsealed: bool,
}

#[derive(Clone)]
pub(super) struct Key {
    /// Written beside what it sealed: a digest, which tells keys apart and says nothing about them.
    pub(super) id: [u8; Self::ID_BYTES],
    pub(super) bytes: Zeroizing<[u8; 32]>,
}

/// What was said about keys.
pub(super) enum StoreKeyOption {
    Unsaid,
    /// The word `none`.
    Unsealed,
    Keys(StoreKeys),
}

impl Key {
    pub(super) const ID_BYTES: usize = 8;

    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let digest = Sha256::new().chain_update(b"loop-sdk store key\n").chain_update(bytes.as_slice()).finalize();
        let mut id = [0; Self::ID_BYTES];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self { id, bytes }
    }
}

impl StoreKeys {
    /// Reads base64 of 32 bytes (either alphabet), several separated by commas. The word `none` after them lets records
    /// be read that were never sealed.
    pub fn parse(text: &Secret) -> Result<Self, Error> {
        let mut keys = Self { keys: Vec::new(), reads_unsealed: false };
        for word in text.expose().split(',').map(str::trim) {
            if keys.reads_unsealed {
                return Err(invalid("store_key", "must have the word none last"));
            }
            match word {
                "none" if !keys.keys.is_empty() => keys.reads_unsealed = true,
                _ => keys.keys.push(Key::new(decode(word)?)),
            }
        }
        Ok(keys)
    }

    /// Seals nothing.
    pub(super) fn none() -> Self {
        Self { keys: Vec::new(), reads_unsealed: true }
    }

    /// The one that seals.
    pub(super) fn first(&self) -> Option<&Key> {
        self.keys.first()
    }

    pub(super) fn find(&self, id: &[u8]) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    pub(super) fn read_unsealed(&self) -> bool {
        self.reads_unsealed
    }
}

impl fmt::Debug for StoreKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreKeys({})", self.keys.len())
    }
}

impl StoreKeyOption {
    /// From the option, or from the environment where it was not given.
    pub(super) fn parse(given: Option<&Secret>) -> Result<Self, Error> {
        let variable = || sys::environment_variable("LOOP_STORE_KEY").map(Secret::from);
        match given.cloned().or_else(variable) {
            None => Ok(Self::Unsaid),
            Some(text) if text.expose().trim() == "none" => Ok(Self::Unsealed),
            Some(text) => StoreKeys::parse(&text).map(Self::Keys),
        }
    }

    pub(super) fn into_keys(self) -> StoreKeys {
        match self {
            Self::Keys(keys) => keys,
            Self::Unsaid | Self::Unsealed => StoreKeys::none(),
        }
    }
}

fn decode(word: &str) -> Result<Zeroizing<[u8; 32]>, Error> {
    const EITHER: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if word.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let wrong = || {
        invalid(
            "store_key",
            "must be base64 of 32 random bytes, several separated by commas, or the word none; `openssl rand -base64 \
             32` makes one",
        )
    };
    // The decoder's own error would quote a part of the key.
    let bytes = GeneralPurpose::new(alphabet, EITHER).decode(word).map(Zeroizing::new).map_err(|_| wrong())?;
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(wrong());
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn a_key_is_32_bytes_in_either_base64() {
        let bytes = [0xfb; 32];
        for engine in [
            base64::engine::general_purpose::STANDARD,
            base64::engine::general_purpose::STANDARD_NO_PAD,
            base64::engine::general_purpose::URL_SAFE,
            base64::engine::general_purpose::URL_SAFE_NO_PAD,
        ] {
            let keys = StoreKeys::parse(&Secret::from(engine.encode(bytes))).unwrap();
            assert_eq!(*keys.first().unwrap().bytes, bytes);
            assert!(!keys.read_unsealed());
        }
    }

    #[test]
    fn a_wrong_key_is_named_and_not_shown() {
        let key = "CANARYCANARYCANARYCANARYCANARYCANARYCANARYA=";
        StoreKeys::parse(&Secret::from(key)).unwrap();
        for wrong in [
            "",
            "CANARY",
            "none",
            &format!("{key},"),
            &format!("none,{key}"),
            &format!("{key},none,{key}"),
            &format!("{key}CANARY!"),
        ] {
            let error = StoreKeys::parse(&Secret::from(wrong)).unwrap_err();
            assert_eq!((error.code(), error.detail()), (Code::InvalidOption, Some("store_key")), "{wrong}");
            assert!(!format!("{error:?}").contains("CANARY"));
        }
        assert_eq!(format!("{:?}", StoreKeys::parse(&Secret::from(key)).unwrap()), "StoreKeys(1)");
    }
}
