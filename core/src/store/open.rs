//! Which store a client uses, and opening it at the first operation that needs one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{MemoryStore, SqliteStore, TokenStore};
use crate::config::invalid;
use crate::error::{Code, Error};
use crate::sys::{self, Clock};

/// What the `store` option says.
#[derive(Clone)]
pub(crate) enum StoreChoice {
    Memory,
    Sqlite(PathBuf),
    Given(Arc<dyn TokenStore>),
    /// Nothing was said: SQLite in the user's data directory, where that lasts.
    Default,
}

impl StoreChoice {
    /// `memory:`, `sqlite:///absolute/path` or `sqlite:relative/path`.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        if let Some(rest) = url.strip_prefix("sqlite:") {
            // After two slashes comes an absolute path: `sqlite://grants.db` would name a host.
            let path = match rest.strip_prefix("//") {
                Some(path) => Some(path).filter(|path| Path::new(path).is_absolute()),
                None => Some(rest),
            };
            if let Some(path) = path.filter(|path| is_file_name(path)) {
                return Ok(Self::Sqlite(PathBuf::from(path)));
            }
        }
        Err(invalid("store", "must be memory:, sqlite:///path/to/file, or a store object"))
    }
}

/// SQLite gives a meaning of its own to some names, under which nothing would be kept.
pub(super) fn is_file_name(path: &str) -> bool {
    !path.is_empty() && !path.ends_with('/') && !path.starts_with(':') && !path.starts_with("file:")
}

/// A store that is opened when it is first needed, so that building a client touches no disk.
pub(crate) struct LazyStore {
    choice: StoreChoice,
    clock: Clock,
    open: OnceCell<Arc<dyn TokenStore>>,
}

impl LazyStore {
    pub(crate) fn new(choice: StoreChoice, clock: Clock) -> Self {
        Self { choice, clock, open: OnceCell::new() }
    }

    pub(crate) async fn get(&self) -> Result<&Arc<dyn TokenStore>, Error> {
        self.open
            .get_or_try_init(|| async {
                let store: Arc<dyn TokenStore> = match &self.choice {
                    StoreChoice::Memory => Arc::new(MemoryStore::with_clock(self.clock.clone())),
                    StoreChoice::Given(store) => Arc::clone(store),
                    StoreChoice::Sqlite(path) => open_sqlite(path.clone(), self.clock.clone()).await?,
                    StoreChoice::Default => {
                        let path = default_path()?;
                        open_sqlite(path, self.clock.clone()).await.map_err(|error| {
                            if error.code() == Code::StoreUnavailable { required(error.message()) } else { error }
                        })?
                    }
                };
                Ok(store)
            })
            .await
    }
}

impl fmt::Debug for LazyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.choice {
            StoreChoice::Memory => f.write_str("memory:"),
            StoreChoice::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            StoreChoice::Given(store) => store.fmt(f),
            StoreChoice::Default => f.write_str("default"),
        }
    }
}

async fn open_sqlite(path: PathBuf, clock: Clock) -> Result<Arc<dyn TokenStore>, Error> {
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open_with(path, clock)).await;
    let store = opened.map_err(Error::ended_early)??;
    Ok(Arc::new(store))
}

/// Hosts whose disk is thrown away between requests or deploys: a grant kept there would be lost silently.
const EPHEMERAL_HOSTS: &[(&str, &str)] = &[
    ("AWS_LAMBDA_FUNCTION_NAME", "AWS Lambda"),
    ("KUBERNETES_SERVICE_HOST", "Kubernetes"),
    ("K_SERVICE", "Cloud Run"),
    ("FUNCTION_TARGET", "Cloud Functions"),
    ("WEBSITE_INSTANCE_ID", "Azure App Service"),
    ("DYNO", "Heroku"),
    ("VERCEL", "Vercel"),
    ("RENDER", "Render"),
    ("RAILWAY_ENVIRONMENT", "Railway"),
    ("FLY_APP_NAME", "Fly.io"),
];

fn default_path() -> Result<PathBuf, Error> {
    let host = EPHEMERAL_HOSTS.iter().find(|(variable, _)| sys::environment_variable(variable).is_some());
    if let Some((_, host)) = host {
        return Err(required(&format!("This looks like {host}, whose disk does not last.")));
    }
    let directories = directories::ProjectDirs::from("health", "Loop", "loop-sdk")
        .ok_or_else(|| required("This user has no home directory."))?;
    Ok(directories.data_local_dir().join("grants.db"))
}

fn required(why: &str) -> Error {
    Error::new(
        Code::StoreRequired,
        format!(
            "{why} Choose a store: sqlite:///path/to/file on a disk that lasts, memory: for tests, or a store object \
             (the `store` option, or LOOP_STORE)."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "sqlite:",
            "sqlite:///",
            "sqlite::memory:",
            "sqlite:file:x",
            "sqlite://x.db",
            "mysql://x",
            "redis://127.0.0.1",
        ] {
            assert_eq!(StoreChoice::parse(wrong).err().unwrap().detail(), Some("store"), "{wrong}");
        }
    }
}
