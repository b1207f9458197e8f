//! What the `store` option says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::TokenStore;
use super::keys::StoreKeyOption;
use crate::config::invalid;
use crate::error::{Code, Error};

/// Which store a client uses.
#[derive(Clone)]
pub(crate) enum StoreChoice {
    Memory,
    Sqlite(PathBuf),
    #[cfg_attr(not(any(feature = "redis", feature = "postgres")), allow(dead_code, reason = "there is no server then"))]
    Remote(Remote),
    Given(Arc<dyn TokenStore>),
    /// Nothing was said: SQLite in the user's data directory, where that lasts.
    Default,
}

/// A server that keeps grants. It is reached at the first operation.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(super) store: Arc<dyn TokenStore>,
    /// Whether what is sent is encrypted, or stays on this machine.
    pub(super) private: bool,
}

impl StoreChoice {
    /// `memory:`, `sqlite:///absolute/path`, `sqlite:relative/path`, `redis://…`, `rediss://…` or `postgres://…`.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        // Never the URL itself in an error: it may hold a password.
        match url.split_once(':') {
            Some(("memory", "")) => return Ok(Self::Memory),
            Some(("sqlite", rest)) => {
                // After two slashes comes an absolute path: `sqlite://grants.db` would name a host.
                let path = match rest.strip_prefix("//") {
                    Some(path) => Some(path).filter(|path| Path::new(path).is_absolute()),
                    None => Some(rest),
                };
                if let Some(path) = path.filter(|path| is_file_name(path)) {
                    return Ok(Self::Sqlite(PathBuf::from(path)));
                }
            }
            Some(("redis" | "rediss", _)) => return redis(url),
            Some(("postgres" | "postgresql", _)) => return postgres(url),
            _ => (),
        }
        Err(invalid(
            "store",
            "must be memory:, sqlite:///path/to/file, redis://host, rediss://host, postgres://host/database, or a \
             store object",
        ))
    }

    /// A server is seen by more people than a file: tokens go there sealed, unless somebody said that they need not.
    pub(super) fn check(&self, key: &StoreKeyOption) -> Result<(), Error> {
        let Self::Remote(remote) = self else { return Ok(()) };
        match key {
            StoreKeyOption::Unsaid => Err(Error::new(
                Code::MissingOption,
                "`store_key` is missing: a store on a server holds sealed records. Make a key with `openssl rand \
                 -base64 32`, and pass it or set LOOP_STORE_KEY. (The word `none` stores tokens unsealed.)",
            )
            .with_detail("store_key")),
            StoreKeyOption::Unsealed if !remote.private => Err(invalid(
                "store",
                "would send tokens unsealed and unencrypted over the network: use rediss:// or sslmode=require, or set \
                 `store_key`",
            )),
            _ => Ok(()),
        }
    }
}

/// SQLite gives a meaning of its own to some names, under which nothing would be kept.
pub(super) fn is_file_name(path: &str) -> bool {
    !path.is_empty() && !path.ends_with('/') && !path.starts_with(':') && !path.starts_with("file:")
}

/// Whether what is sent to a host never leaves this machine.
#[cfg(any(feature = "redis", feature = "postgres"))]
pub(super) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(feature = "redis")]
fn redis(url: &str) -> Result<StoreChoice, Error> {
    let store = super::RedisStore::new(url)?;
    let private = store.is_private();
    Ok(StoreChoice::Remote(Remote { store: Arc::new(store), private }))
}

#[cfg(not(feature = "redis"))]
fn redis(_url: &str) -> Result<StoreChoice, Error> {
    Err(invalid("store", "is in Redis, which this build leaves out: turn the cargo feature `redis` on"))
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<StoreChoice, Error> {
    let store = super::PostgresStore::new(url)?;
    let private = store.is_private();
    Ok(StoreChoice::Remote(Remote { store: Arc::new(store), private }))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_url: &str) -> Result<StoreChoice, Error> {
    Err(invalid("store", "is in Postgres, which this build leaves out: turn the cargo feature `postgres` on"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_store_is_chosen_by_url() {
        let path = |url| match StoreChoice::parse(url).unwrap() {
            StoreChoice::Sqlite(path) => path,
            _ => panic!("not sqlite"),
        };
        assert_eq!(path("sqlite:///var/lib/app/grants.db"), PathBuf::from("/var/lib/app/grants.db"));
        assert_eq!(path("sqlite:grants.db"), PathBuf::from("grants.db"));
        assert!(matches!(StoreChoice::parse("memory:"), Ok(StoreChoice::Memory)));
        for wrong in [
            "",
            "memory",
            "memory:x",
            "sqlite:",
            "sqlite:///",
            "sqlite::memory:",
            "sqlite:file:x",
            "sqlite://x.db",
            "mysql://x",
        ] {
            assert_eq!(StoreChoice::parse(wrong).err().unwrap().detail(), Some("store"), "{wrong}");
        }
    }

    #[test]
    fn a_store_on_a_server_wants_a_key_or_the_word_none() {
        let check = |url: &str, key: Option<&str>| {
            let key = StoreKeyOption::parse(key.map(Secret::from).as_ref()).unwrap();
            StoreChoice::parse(url).unwrap().check(&key)
        };
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        for url in ["redis://127.0.0.1", "rediss://cache.example", "postgres://app@db.example/app"] {
            let error = check(url, None).unwrap_err();
            assert_eq!((error.code(), error.detail()), (Code::MissingOption, Some("store_key")), "{url}");
            assert!(error.message().contains("openssl rand -base64 32"));
            check(url, Some(key)).unwrap();
            check(url, Some("none")).unwrap();
        }
        check("memory:", None).unwrap();
        for local in ["redis://[::1]:6379", "redis://localhost", "postgres://app@127.0.0.2/app?sslmode=disable"] {
            check(local, Some("none")).unwrap();
        }
        for plain in ["redis://cache.example", "postgres://app@db.example/app?sslmode=disable"] {
            check(plain, Some(key)).unwrap();
            let error = check(plain, Some("none")).unwrap_err();
            assert_eq!((error.code(), error.detail()), (Code::InvalidOption, Some("store")), "{plain}");
        }
    }

    #[test]
    fn the_error_for_a_wrong_url_does_not_show_its_password() {
        for url in [
            "redis://:canary@",
            "redis://:canary@host/x",
            "rediss://:canary@host#insecure",
            "postgres://app:canary@host:port/x",
            "postgres://app:canary@host/x?sslmode=maybe",
            "postgres://app:canary@host/x?colour=red",
            "canary://x",
        ] {
            let error = StoreChoice::parse(url).err().unwrap();
            assert_eq!((error.code(), error.detail()), (Code::InvalidOption, Some("store")), "{url}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }
}
