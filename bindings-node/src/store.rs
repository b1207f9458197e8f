//! The application's own store, as the core sees it.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use loop_sdk::Error;
use loop_sdk::store::{Entry, Expected, Saved, TokenStore, Version};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::hook::{Asked, Failure, Hook};

/// A store object of the application.
pub(crate) struct ForeignStore {
    hook: Hook,
    lists: bool,
}

impl fmt::Debug for ForeignStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("store object")
    }
}

/// An entry as it crosses: bytes as base64, which costs less than building an object field by field.
#[derive(Deserialize)]
struct Crossed {
    #[serde(default)]
    key: String,
    version: String,
    blob: String,
}

impl ForeignStore {
    pub(crate) fn new(hook: Hook, lists: bool) -> Self {
        Self { hook, lists }
    }

    async fn ask(&self, method: &str, arguments: &Value) -> Result<Value, Error> {
        match self.hook.ask(method, arguments.to_string()).await {
            Asked::Answered(value) => Ok(value),
            Asked::Refused(failure) | Asked::Lost(failure) => Err(Error::store_unavailable(failure)),
        }
    }
}

/// The shell has checked what the store returned; what does not fit here is a defect of ours.
fn read<T: serde::de::DeserializeOwned>(method: &str, value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|_| unreadable(method))
}

fn unreadable(method: &str) -> Error {
    Error::store_unavailable(Failure(format!("the answer of `{method}` can't be read")))
}

impl Crossed {
    fn entry(self, method: &str) -> Result<(String, Entry), Error> {
        let blob = STANDARD.decode(self.blob).map_err(|_| unreadable(method))?;
        Ok((self.key, Entry { version: Version(self.version), blob }))
    }
}

#[async_trait::async_trait]
impl TokenStore for ForeignStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        let found: Option<Crossed> = read("load", self.ask("load", &json!({ "key": key })).await?)?;
        found.map(|found| Ok(found.entry("load")?.1)).transpose()
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        let expected = match expected {
            Expected::Absent => None,
            Expected::Version(version) => Some(&version.0),
        };
        let ttl = ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        let arguments = json!({ "key": key, "blob": STANDARD.encode(blob), "expected": expected, "ttl": ttl });
        match self.hook.ask("save", arguments.to_string()).await {
            Asked::Answered(Value::Null) => Ok(Saved::Conflict),
            Asked::Answered(version) => Ok(Saved::Version(Version(read("save", version)?))),
            Asked::Lost(_) => Ok(Saved::Unknown),
            Asked::Refused(failure) => Err(Error::store_unavailable(failure)),
        }
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        read("delete", self.ask("delete", &json!({ "key": key, "expected": expected.0 })).await?)
    }

    async fn now(&self) -> Result<u64, Error> {
        read("now", self.ask("now", &json!({})).await?)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        if !self.lists {
            return Ok(None);
        }
        let arguments = json!({ "prefix": prefix, "after": after, "limit": limit });
        let found: Vec<Crossed> = read("list", self.ask("list", &arguments).await?)?;
        found.into_iter().map(|found| found.entry("list")).collect::<Result<_, _>>().map(Some)
    }
}
