//! The keys that sign id_tokens and machine tokens, and their public half as a JWK Set.

use ed25519_dalek::{Signature, Signer as _, SigningKey};
use rusqlite::params;
use serde_json::{Value, json};

use crate::db::{Store, Trouble};
use crate::ids::base64url;
use crate::sys::random_bytes;

/// One Ed25519 key with its name.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) kid: String,
    signing: SigningKey,
}

impl Key {
    pub(crate) fn generate() -> Result<Key, Trouble> {
        let seed = random_bytes::<32>()?;
        let kid = format!("key_{}", base64url(&random_bytes::<6>()?));
        Ok(Key { kid, signing: SigningKey::from_bytes(&seed) })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.signing.verifying_key().verify_strict(message, &signature).is_ok())
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    fn jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": self.kid, "x": base64url(&self.public()),
        })
    }
}

/// Makes a key the one that signs from now on; those before it stay in the set.
pub(crate) fn rotate(store: &Store) -> Result<Key, Trouble> {
    let key = Key::generate()?;
    store.write(|db| {
        db.execute(
            "INSERT INTO signing_keys (kid, seed, position)
             VALUES (?1, ?2, (SELECT coalesce(max(position), 0) + 1 FROM signing_keys))",
            params![key.kid, key.signing.to_bytes().as_slice()],
        )?;
        Ok(())
    })?;
    Ok(key)
}

/// All keys, the one that signs first.
pub(crate) fn all(store: &Store) -> Result<Vec<Key>, Trouble> {
    store.read(|db| {
        let mut statement = db.prepare("SELECT kid, seed FROM signing_keys ORDER BY position DESC")?;
        let rows = statement.query_map([], |row| {
            let seed: [u8; 32] = row.get(1)?;
            Ok(Key { kid: row.get(0)?, signing: SigningKey::from_bytes(&seed) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}

/// The key that signs, made at the first need.
pub(crate) fn current(store: &Store) -> Result<Key, Trouble> {
    match all(store)?.into_iter().next() {
        Some(key) => Ok(key),
        None => rotate(store),
    }
}

pub(crate) fn jwk_set(store: &Store) -> Result<Value, Trouble> {
    let keys: Vec<Value> = all(store)?.iter().map(Key::jwk).collect();
    Ok(json!({ "keys": keys }))
}
