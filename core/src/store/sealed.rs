//! Records that only the holder of a key can read or make, and that can't be moved from one person to another.

use std::sync::Arc;
use std::time::Duration;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::keys::Key;
use super::{Entry, Expected, Saved, StoreKeys, TokenStore, Version};
use crate::error::{Code, Error};
use crate::sys::random_bytes;

/// What a sealed record begins with: the format's number, then a mark that no JSON has. After it come the key's id,
/// the nonce, and the sealed bytes.
const MARK: &[u8] = b"\x01loop";
const NONCE_BYTES: usize = 24;

/// Any store, with each record sealed (XChaCha20-Poly1305) and bound to its key. The keys themselves, which are
/// digests, stay as they are.
#[derive(Debug)]
pub struct SealedStore {
    inner: Arc<dyn TokenStore>,
    keys: StoreKeys,
}

impl SealedStore {
    /// Seals what goes into `inner`, and opens what comes out.
    pub fn new(inner: Arc<dyn TokenStore>, keys: StoreKeys) -> Self {
        Self { inner, keys }
    }

    fn seal(&self, name: &str, blob: &[u8]) -> Result<Vec<u8>, Error> {
        let Some(key) = self.keys.first() else { return Ok(blob.to_vec()) };
        let nonce = random_bytes::<NONCE_BYTES>()?;
        let payload = Payload { msg: blob, aad: &bound_to(key, name) };
        let sealed = XChaCha20Poly1305::new(&(*key.bytes).into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::new(Code::Internal, "A record could not be sealed."))?;
        Ok([MARK, &key.id, &nonce, &sealed].concat())
    }

    fn open(&self, name: &str, blob: Vec<u8>) -> Result<Vec<u8>, Error> {
        let Some(rest) = blob.strip_prefix(MARK) else {
            return if self.keys.read_unsealed() { Ok(blob) } else { Err(unreadable(NOT_SEALED)) };
        };
        let broken = || unreadable(BROKEN);
        let (id, rest) = rest.split_at_checked(Key::ID_BYTES).ok_or_else(broken)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES).ok_or_else(broken)?;
        let key = self
            .keys
            .find(id)
            .ok_or_else(|| unreadable(if self.keys.first().is_some() { ANOTHER_KEY } else { NO_KEY }))?;
        let nonce = XNonce::try_from(nonce).map_err(|_| broken())?;
        let payload = Payload { msg: sealed, aad: &bound_to(key, name) };
        XChaCha20Poly1305::new(&(*key.bytes).into()).decrypt(&nonce, payload).map_err(|_| broken())
    }
}

/// What a record is sealed together with: under another name, or with another header, it does not open.
fn bound_to(key: &Key, name: &str) -> Vec<u8> {
    [MARK, &key.id, name.as_bytes()].concat()
}

/// A machine's word and a sentence. None of them is the word for damage, which a new sign-in may write over: what a
/// missing key hides is a grant that may be alive.
type Why = (&'static str, &'static str);

const NOT_SEALED: Why = (
    "not_sealed",
    "A stored record is not sealed, and `store_key` says that all are. If it was written before there was a key, add \
     `none` after the key: `store_key` = key,none.",
);
const NO_KEY: Why = ("key_missing", "A stored record is sealed: set `store_key` to the key that it was sealed with.");
const ANOTHER_KEY: Why = (
    "key_unknown",
    "A stored record is sealed with a key that `store_key` does not name: add the former key after a comma.",
);
const BROKEN: Why = (
    "seal_broken",
    "A stored record does not open with its key: its bytes were changed, or it was moved here from another record.",
);

fn unreadable((detail, message): Why) -> Error {
    Error::new(Code::StoreRecordUnreadable, message).with_detail(detail)
}

#[async_trait::async_trait]
impl TokenStore for SealedStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        let Some(Entry { version, blob }) = self.inner.load(key).await? else { return Ok(None) };
        Ok(Some(Entry { version, blob: self.open(key, blob)? }))
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        self.inner.save(key, &self.seal(key, blob)?, expected, ttl).await
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        self.inner.delete(key, expected).await
    }

    async fn now(&self) -> Result<u64, Error> {
        self.inner.now().await
    }

    /// An entry that does not open is listed with an empty blob, so that it hides no others: loading it says why.
    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        let Some(entries) = self.inner.list(prefix, after, limit).await? else { return Ok(None) };
        let open = |(key, Entry { version, blob }): (String, Entry)| {
            let blob = self.open(&key, blob).unwrap_or_default();
            (key, Entry { version, blob })
        };
        Ok(Some(entries.into_iter().map(open).collect()))
    }
}
