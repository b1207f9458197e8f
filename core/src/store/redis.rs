//! Grants in Redis, for several hosts. How much of them outlives a crash or a failover is up to the server's settings.

use std::fmt;
use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, Script, Value, cmd, from_redis_value};
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

use super::choice::is_this_machine;
use super::span::Span;
use super::{Entry, Expected, Saved, TokenStore, Version};
use crate::config::invalid;
use crate::error::{Code, Error};
use crate::sys::millis;

/// How long to wait for a connection, and then for an answer.
const LIMIT: Duration = Duration::from_secs(5);
/// No life that Redis can't count to.
const LONGEST: u64 = 100 * 365 * 86_400_000;

// What stands in braces decides where a cluster keeps a key: all of ours are in one place, as a script requires.
const ENTRY: &str = "{loop}:entry:";
const INDEX: &str = "{loop}:index";
const EXPIRIES: &str = "{loop}:expiries";
const COUNTER: &str = "{loop}:version";

static SAVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redis/save.lua")));
static DELETE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redis/delete.lua")));
static LIST: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redis/list.lua")));

/// A store in Redis 5 or newer. It connects at the first operation, and again after the connection broke.
pub struct RedisStore {
    client: Client,
    /// For messages: without user and password.
    address: String,
    private: bool,
    connection: Mutex<Option<(u64, MultiplexedConnection)>>,
}

/// Why there is no answer.
enum Failed {
    /// The server said no, or nothing was sent: nothing has changed.
    Refused(Error),
    /// It was sent. Nobody knows what came of it.
    Lost(Error),
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(error) | Failed::Lost(error) => error,
        }
    }
}

impl RedisStore {
    /// `redis://user:password@host:6379/0`, or `rediss://…` with TLS. Connects later.
    pub fn new(url: &str) -> Result<Self, Error> {
        // Neither parser's error is kept: it may quote the password.
        let wrong = || invalid("store", "is not a URL of Redis: rediss://user:password@host:6379/0");
        let parsed = Url::parse(url).map_err(|_| wrong())?;
        if parsed.fragment().is_some() {
            return Err(invalid("store", "must not have a fragment: certificates of Redis are always checked"));
        }
        let encrypted = parsed.scheme() == "rediss";
        if encrypted {
            choose_cryptography();
        }
        let client = Client::open(parsed.as_str()).map_err(|_| wrong())?;
        let host = parsed.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let address = format!("{}://{host}:{}", parsed.scheme(), parsed.port().unwrap_or(6379));
        let private = encrypted || is_this_machine(host);
        Ok(Self { client, address, private, connection: Mutex::new(None) })
    }

    pub(super) fn is_private(&self) -> bool {
        self.private
    }

    /// A connection that answers, and the server's time in milliseconds. Whatever fails here, nothing was written.
    async fn reach(&self) -> Result<(u64, MultiplexedConnection, u64), Error> {
        // A connection that broke unnoticed is replaced once; a server that is away stays away.
        for last in [false, true] {
            let (number, mut connection) = match timeout(LIMIT, self.connect()).await {
                Ok(connected) => connected?,
                Err(_) => return Err(self.late()),
            };
            let time = cmd("TIME");
            match timeout(LIMIT, time.query_async::<(u64, u64)>(&mut connection)).await {
                Ok(Ok((seconds, micros))) => return Ok((number, connection, seconds * 1000 + micros / 1000)),
                Ok(Err(error)) if last || error.code().is_some() => return Err(self.explain(&error)),
                Ok(Err(_)) => self.forget(number).await,
                Err(_) => {
                    self.forget(number).await;
                    return Err(self.late());
                }
            }
        }
        Err(self.late())
    }

    async fn connect(&self) -> Result<(u64, MultiplexedConnection), Error> {
        let mut current = self.connection.lock().await;
        if let Some((number, connection)) = &*current {
            return Ok((*number, connection.clone()));
        }
        // The library's own limits would end an answer that is almost there: ours count.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connected = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let mut connection = connected.map_err(|error| self.explain(&error))?;
        self.look_at_settings(&mut connection).await;
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        *current = Some((number, connection.clone()));
        Ok((number, connection))
    }

    /// Drops a connection, so that the next operation makes a new one.
    async fn forget(&self, number: u64) {
        let mut current = self.connection.lock().await;
        if current.as_ref().is_some_and(|(known, _)| *known == number) {
            *current = None;
        }
    }

    /// Sends one command, once: nothing here is ever repeated by itself.
    async fn send<T>(&self, number: u64, answer: impl Future<Output = Result<T, RedisError>>) -> Result<T, Failed> {
        match timeout(LIMIT, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            // Only the server's own word has a code.
            Ok(Err(error)) if error.code().is_some() => Err(Failed::Refused(self.explain(&error))),
            Ok(Err(error)) => {
                self.forget(number).await;
                Err(Failed::Lost(self.explain(&error)))
            }
            Err(_) => {
                self.forget(number).await;
                Err(Failed::Lost(self.late()))
            }
        }
    }

    /// Says once where this server may lose what it confirmed. Many servers forbid the question; then nobody knows.
    async fn look_at_settings(&self, connection: &mut MultiplexedConnection) {
        static SAID: std::sync::Once = std::sync::Once::new();
        let mut risks = Vec::new();
        for (name, safe) in [("maxmemory-policy", "noeviction"), ("appendonly", "yes"), ("appendfsync", "always")] {
            let answer = cmd("CONFIG").arg("GET").arg(name).query_async::<(String, String)>(connection).await;
            let Ok((_, value)) = answer else { return };
            if value != safe {
                risks.push(format!("{name} is {value}, not {safe}"));
            }
        }
        if !risks.is_empty() {
            let (address, risks) = (&self.address, risks.join("; "));
            SAID.call_once(
                || tracing::warn!(%address, %risks, "this Redis may lose grants, and people must then sign in again"),
            );
        }
    }

    fn late(&self) -> Error {
        Error::new(Code::StoreUnavailable, format!("The store {} did not answer within 5 seconds.", self.address))
    }

    /// The server's code, never its text: it may quote what was sent.
    fn explain(&self, error: &RedisError) -> Error {
        let address = &self.address;
        let code = error.code().unwrap_or_default();
        let why = match code {
            "NOAUTH" | "WRONGPASS" => "refuses the user or the password",
            "NOPERM" => "does not allow this user the commands that the SDK needs",
            "READONLY" => "takes no writes: it is a replica",
            "OOM" => "takes no writes: its memory is full",
            "MISCONF" => "takes no writes: it can't write to its disk",
            "LOADING" => "is starting, and not ready yet",
            "MOVED" | "CLUSTERDOWN" | "CROSSSLOT" => {
                "is a node of a cluster, and not the one that holds the SDK's keys"
            }
            "BUSY" => {
                return Error::new(Code::StoreBusy, format!("The store {address} runs a long script; try again."));
            }
            "" if error.kind() == ErrorKind::AuthenticationFailed => "refuses the user or the password",
            "" => "can't be reached",
            _ => "refuses the SDK's command",
        };
        let error = Error::new(Code::StoreUnavailable, format!("The store {address} {why}."));
        if code.is_empty() { error } else { error.with_detail(code) }
    }
}

/// Connections are told apart by number, so that nobody drops the successor of the one that failed.
static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

/// The library takes the process's choice, and panics where there is none and the build knows two.
fn choose_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have chosen meanwhile: that is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisStore({})", self.address)
    }
}

fn entry_key(key: &str) -> String {
    format!("{ENTRY}{key}")
}

#[async_trait::async_trait]
impl TokenStore for RedisStore {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        let (number, mut connection, _) = self.reach().await?;
        let command = cmd("HMGET").arg(entry_key(key)).arg("v").arg("b").to_owned();
        let answer = command.query_async::<(Option<String>, Option<Vec<u8>>)>(&mut connection);
        Ok(match self.send(number, answer).await? {
            (Some(version), Some(blob)) => Some(Entry { version: Version(version), blob }),
            _ => None,
        })
    }

    async fn save(&self, key: &str, blob: &[u8], expected: &Expected, ttl: Option<Duration>) -> Result<Saved, Error> {
        let (number, mut connection, now) = self.reach().await?;
        let expected = match expected {
            Expected::Absent => String::new(),
            Expected::Version(version) => format!("={}", version.0),
        };
        let life = ttl.map(|ttl| millis(ttl).min(LONGEST).to_string()).unwrap_or_default();
        let mut call = SAVE.key(entry_key(key));
        call.key(INDEX).key(EXPIRIES).key(COUNTER);
        call.arg(key).arg(blob).arg(expected).arg(life).arg(now + millis(LIMIT));
        match self.send::<Vec<String>>(number, call.invoke_async(&mut connection)).await {
            Ok(answer) => match answer.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["saved", version] => Ok(Saved::Version(Version((*version).to_owned()))),
                ["conflict"] => Ok(Saved::Conflict),
                _ => Err(self.late()),
            },
            Err(Failed::Refused(error)) => Err(error),
            Err(Failed::Lost(_)) => Ok(Saved::Unknown),
        }
    }

    async fn delete(&self, key: &str, expected: &Version) -> Result<bool, Error> {
        let (number, mut connection, _) = self.reach().await?;
        let mut call = DELETE.key(entry_key(key));
        call.key(INDEX).key(EXPIRIES).arg(key).arg(&expected.0);
        Ok(self.send::<bool>(number, call.invoke_async(&mut connection)).await?)
    }

    async fn now(&self) -> Result<u64, Error> {
        Ok(self.reach().await?.2)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<(String, Entry)>>, Error> {
        let (number, mut connection, _) = self.reach().await?;
        let span = Span::new(prefix, after);
        let first = format!("{}{}", if span.is_inclusive() { '[' } else { '(' }, span.start());
        let last = span.end().map_or_else(|| "+".to_owned(), |end| format!("({end}"));
        let mut call = LIST.key(INDEX);
        call.key(EXPIRIES).arg(ENTRY).arg(first).arg(last).arg(limit);
        let answer = self.send::<Vec<Value>>(number, call.invoke_async(&mut connection)).await?;
        let mut page = Vec::with_capacity(answer.len() / 3);
        let mut values = answer.into_iter();
        while let (Some(key), Some(version), Some(blob)) = (values.next(), values.next(), values.next()) {
            let read = || Some((text(key)?, Entry { version: Version(text(version)?), blob: bytes(blob)? }));
            page.push(read().ok_or_else(|| self.late())?);
        }
        Ok(Some(page))
    }
}

fn text(value: Value) -> Option<String> {
    from_redis_value(value).ok()
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    from_redis_value(value).ok()
}
