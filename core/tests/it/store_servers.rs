//! Stores on a server, against the real Redis and Postgres: the contract, and what happens when the server goes away.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use crate::support::contract::{Can, blob, create, keeps_the_contract, version};
use crate::support::servers::{PgBouncer, Postgres, Redis};
use loop_sdk::store::{Expected, PostgresStore, RedisStore, Saved, SealedStore, StoreKeys, TokenStore, Version};
use loop_sdk::{Code, Environment, Error, ImportGrant, LoopClient, Secret};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const LISTS: Can = Can { list: true };

static REDIS: Mutex<Weak<Redis>> = Mutex::new(Weak::new());
static POSTGRES: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());

/// One server for the tests that run at the same time; it ends with the last of them.
fn shared<T>(server: &Mutex<Weak<T>>, start: fn() -> T) -> Arc<T> {
    let mut server = server.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    server.upgrade().unwrap_or_else(|| {
        let started = Arc::new(start());
        *server = Arc::downgrade(&started);
        started
    })
}

fn redis() -> Arc<Redis> {
    shared(&REDIS, Redis::start)
}

fn postgres() -> Arc<Postgres> {
    shared(&POSTGRES, Postgres::start)
}

fn in_redis(url: &str) -> Arc<dyn TokenStore> {
    Arc::new(RedisStore::new(url).unwrap())
}

fn in_postgres(url: &str) -> Arc<dyn TokenStore> {
    Arc::new(PostgresStore::new(url).unwrap())
}

async fn save(store: &dyn TokenStore, key: &str) -> Result<Saved, Error> {
    store.save(key, b"1", &Expected::Absent, None).await
}

/// Every operation says that the store is away, within its time limit, and no write is left in doubt.
async fn is_away(store: &dyn TokenStore) {
    let anything = Version("1".to_owned());
    let all = async {
        tokio::join!(
            async { store.load("a").await.err() },
            async { save(store, "new").await.err() },
            async { store.delete("a", &anything).await.err() },
            async { store.now().await.err() },
            async { store.list("", None, 1).await.err() },
        )
    };
    let (load, save, delete, now, list) =
        tokio::time::timeout(Duration::from_secs(20), all).await.expect("each within its limit");
    for error in [load, save, delete, now, list] {
        let error = error.expect("the store is away");
        assert_eq!(error.code(), Code::StoreUnavailable, "{error}");
        assert!(error.message().contains("127.0.0.1"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_keeps_the_contract() {
    let redis = redis();
    let url = redis.url();
    keeps_the_contract(in_redis(&url), in_redis(&url), LISTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract() {
    let postgres = postgres();
    let url = postgres.url().await;
    keeps_the_contract(in_postgres(&url), in_postgres(&url), LISTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_records_on_servers_keep_the_contract() {
    let (redis, postgres) = (redis(), postgres());
    let sealed = |inner| -> Arc<dyn TokenStore> {
        Arc::new(SealedStore::new(inner, StoreKeys::parse(&Secret::from(KEY)).unwrap()))
    };
    let url = redis.url();
    keeps_the_contract(sealed(in_redis(&url)), sealed(in_redis(&url)), LISTS).await;
    let url = postgres.url().await;
    keeps_the_contract(sealed(in_postgres(&url)), sealed(in_postgres(&url)), LISTS).await;
}

/// Under every isolation level that an operator may have made the default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract_when_transactions_are_serializable() {
    let postgres = postgres();
    let url = postgres.url().await;
    let database = url.rsplit('/').next().unwrap();
    for setting in ["default_transaction_isolation = 'serializable'", "synchronous_commit = off"] {
        postgres.execute(&url, &format!("ALTER DATABASE {database} SET {setting}")).await;
    }
    keeps_the_contract(in_postgres(&url), in_postgres(&url), LISTS).await;
}

/// A pooler in transaction mode gives each statement to another connection: nothing may be left on one for the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract_behind_a_pooler() {
    let postgres = postgres();
    let pooler = PgBouncer::before(&postgres);
    let url = postgres.url().await;
    keeps_the_contract(in_postgres(&pooler.url(&url)), in_postgres(&pooler.url(&url)), LISTS).await;
}

#[tokio::test]
async fn a_stopped_redis_is_away_and_a_started_one_is_used_again() {
    let redis = Redis::start();
    let store = in_redis(&redis.url());
    create(&*store, "a", b"1").await;
    for end in [Redis::kill, Redis::stop] {
        end(&redis);
        is_away(&*store).await;
        redis.restart();
        assert_eq!(blob(&*store, "a").await.unwrap(), b"1", "what was confirmed is there");
    }
    create(&*store, "b", b"1").await;
    redis.kill();
    redis.restart();
    create(&*store, "c", b"1").await;
    assert_eq!(blob(&*store, "b").await.unwrap(), b"1", "a connection that broke unnoticed is replaced");
}

#[tokio::test]
async fn a_stopped_postgres_is_away_and_a_started_one_is_used_again() {
    let postgres = Postgres::start();
    let store = in_postgres(&postgres.url().await);
    create(&*store, "a", b"1").await;
    for end in [Postgres::kill, Postgres::stop] {
        end(&postgres);
        is_away(&*store).await;
        postgres.restart();
        assert_eq!(blob(&*store, "a").await.unwrap(), b"1", "what was confirmed is there");
    }
    create(&*store, "b", b"1").await;
    postgres.kill();
    postgres.restart();
    create(&*store, "c", b"1").await;
    assert_eq!(blob(&*store, "b").await.unwrap(), b"1", "a connection that broke unnoticed is replaced");
}

#[tokio::test]
async fn a_write_that_redis_takes_up_too_late_does_not_happen() {
    let redis = Redis::start();
    let store = in_redis(&redis.url());
    create(&*store, "a", b"1").await;
    redis.pause();
    is_away(&*store).await;
    redis.resume();
    assert!(store.load("new").await.unwrap().is_none());

    // What the server finds when it takes a write up late: the script, and a deadline that has passed.
    let script = format!("{}\n", include_str!("../../src/store/redis/save.lua"));
    let client = ::redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let long_ago = 1;
    let script = ::redis::Script::new(&script);
    let mut call = script.key("{loop}:entry:late");
    call.key("{loop}:index").key("{loop}:expiries").key("{loop}:version");
    call.arg("late").arg("blob").arg("").arg("").arg(long_ago);
    let answer: Vec<String> = call.invoke_async(&mut connection).await.unwrap();
    assert_eq!(answer, ["late"]);
    let written: Vec<String> = ::redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    assert!(written.is_empty(), "{written:?}");
}

#[tokio::test]
async fn what_has_expired_leaves_nothing_behind_in_redis() {
    let redis = redis();
    let url = redis.url();
    let store = in_redis(&url);
    for number in 0..40 {
        let ttl = Some(Duration::ZERO);
        version(store.save(&format!("pending/{number}"), b"1", &Expected::Absent, ttl).await.unwrap());
    }
    for number in 0..4 {
        create(&*store, &format!("grant/{number}"), b"1").await;
    }
    let mut connection = ::redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let count = async |command: &str, key: &str, connection: &mut ::redis::aio::MultiplexedConnection| -> u32 {
        ::redis::cmd(command).arg(key).query_async(connection).await.unwrap()
    };
    assert_eq!(count("ZCARD", "{loop}:index", &mut connection).await, 4);
    assert_eq!(count("ZCARD", "{loop}:expiries", &mut connection).await, 0);
    let keys: Vec<String> = ::redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    assert!(keys.iter().all(|key| key.starts_with("{loop}:")), "one slot of a cluster holds all: {keys:?}");
}

#[tokio::test]
async fn a_redis_whose_memory_is_full_refuses_whole_writes() {
    let redis = Redis::with(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    let url = redis.url();
    let store = in_redis(&url);
    let error = save(&*store, "a").await.unwrap_err();
    assert_eq!((error.code(), error.detail()), (Code::StoreUnavailable, Some("OOM")), "{error}");
    let mut connection = ::redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = ::redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    assert!(keys.is_empty(), "half a write was left: {keys:?}");
}

#[tokio::test]
async fn redis_refusals_are_told_apart_and_show_no_password() {
    let redis = Redis::with(&["--requirepass", "right"]);
    let url = redis.url();
    let with = |user: &str| url.replace("redis://", &format!("redis://{user}@"));
    create(&*in_redis(&with(":right")), "a", b"1").await;
    for wrong in [with(":canary"), with("canary:canary"), url.clone()] {
        let error = in_redis(&wrong).load("a").await.unwrap_err();
        assert_eq!(error.code(), Code::StoreUnavailable);
        assert!(error.message().contains("refuses the user or the password"), "{error}");
        let printed = format!("{error:?} {:?}", in_redis(&wrong));
        assert!(!printed.contains("canary"), "{printed}");
    }
}

#[tokio::test]
async fn postgres_refusals_are_told_apart_and_show_no_password() {
    let postgres = postgres();
    let url = postgres.url().await;
    let refused = async |url: &str| {
        let error = save(&*in_postgres(url), "a").await.unwrap_err();
        let printed = format!("{error:?} {:?}", in_postgres(url));
        assert!(!printed.contains("canary") && !printed.contains(Postgres::PASSWORD), "{printed}");
        (error.code(), error.message().to_owned())
    };
    let with = |credentials: &str| url.replace(&format!("app:{}", Postgres::PASSWORD), credentials);
    for (url, sentence) in [
        (with("app:canary"), "refuses the user or the password"),
        (with("canary:canary"), "refuses the user or the password"),
        (format!("{url}_canary"), "has no such database"),
    ] {
        let (code, message) = refused(&url).await;
        assert_eq!(code, Code::StoreUnavailable);
        assert!(message.contains(sentence), "{message}");
    }

    let (code, message) = refused(&postgres.empty_url().await).await;
    assert_eq!(code, Code::StoreSchemaMissing);
    assert!(message.contains("store-schema"), "{message}");

    let database = url.rsplit('/').next().unwrap();
    postgres
        .execute(
            &url,
            "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reads'; GRANT SELECT ON loop_entry TO reader",
        )
        .await;
    let (code, message) = refused(&with("reader:reads")).await;
    assert_eq!(code, Code::StoreUnavailable);
    assert!(message.contains("does not allow this role"), "{message}");
    assert!(in_postgres(&with("reader:reads")).load("a").await.unwrap().is_none(), "it may read");

    // What the schema's last line grants is enough.
    postgres
        .execute(
            &url,
            "DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN PASSWORD 'writes';
             GRANT SELECT, INSERT, UPDATE, DELETE ON loop_entry TO writer",
        )
        .await;
    let writer = in_postgres(&with("writer:writes"));
    let first = create(&*writer, "w", b"1").await;
    let second = version(writer.save("w", b"2", &Expected::Version(first), None).await.unwrap());
    assert!(writer.delete("w", &second).await.unwrap());

    postgres.execute(&url, &format!("ALTER DATABASE {database} SET default_transaction_read_only = on")).await;
    let (code, message) = refused(&url).await;
    assert_eq!(code, Code::StoreUnavailable);
    assert!(message.contains("takes no writes"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_postgres_are_checked_with_their_names() {
    let postgres = Postgres::start();
    let url = postgres.url().await;
    let refused = async |url: &str| {
        let error = in_postgres(url).load("a").await.unwrap_err();
        assert_eq!(error.code(), Code::StoreUnavailable, "{error}");
    };
    refused(&format!("{url}?sslmode=require")).await;
    postgres.stop();
    let certificate = postgres.use_tls();
    postgres.restart();
    let trusted = format!("sslmode=require&sslrootcert={}", certificate.display());
    let named = url.replace("127.0.0.1", "localhost");
    create(&*in_postgres(&format!("{named}?{trusted}")), "a", b"1").await;
    refused(&format!("{named}?sslmode=require")).await;
    refused(&format!("{url}?{trusted}")).await;
    refused(&format!("{named}?sslmode=require&sslrootcert=/nowhere.pem")).await;
}

#[tokio::test]
async fn a_replica_of_postgres_is_refused_for_reads_too() {
    let postgres = Postgres::start();
    let url = postgres.url().await;
    let store = in_postgres(&url);
    create(&*store, "a", b"1").await;
    postgres.stop();
    postgres.make_replica();
    postgres.restart();
    for error in [
        store.load("a").await.err(),
        save(&*store, "b").await.err(),
        store.list("", None, 1).await.err(),
        store.now().await.err(),
    ] {
        let error = error.unwrap();
        assert_eq!(error.code(), Code::StoreUnavailable);
        assert!(error.message().contains("is a read replica"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_held_up_for_too_long_is_unknown_and_never_lands() {
    let postgres = postgres();
    let url = postgres.url().await;
    let store = in_postgres(&url);
    let first = create(&*store, "a", b"1").await;
    let (mut somebody, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let transaction = somebody.transaction().await.unwrap();
    // As an index that is being built does.
    transaction.execute("LOCK TABLE loop_entry IN SHARE MODE", &[]).await.unwrap();
    let saved = store.save("a", b"2", &Expected::Version(first.clone()), None).await.unwrap();
    assert_eq!(saved, Saved::Unknown);
    assert_eq!(blob(&*store, "a").await.unwrap(), b"1");
    transaction.commit().await.unwrap();
    // The server lets the held statement go on now; by its deadline it must do nothing.
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
         AND query LIKE '%UPDATE loop_entry%' AND pid <> pg_backend_pid()";
    while somebody.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0 {}
    let entry = store.load("a").await.unwrap().unwrap();
    assert_eq!((entry.version, entry.blob), (first, b"1".to_vec()));
}

#[tokio::test]
async fn what_was_stored_is_there_for_the_next_process() {
    let (redis, postgres) = (redis(), postgres());
    let (redis_url, postgres_url) = (redis.url(), postgres.url().await);
    for open in [&|| in_redis(&redis_url), &|| in_postgres(&postgres_url)] as [&dyn Fn() -> Arc<dyn TokenStore>; 2] {
        let version = create(&*open(), "a", b"1").await;
        let entry = open().load("a").await.unwrap().unwrap();
        assert_eq!((entry.version, entry.blob), (version, b"1".to_vec()));
    }
}

#[tokio::test]
async fn clients_and_environments_on_one_server_never_mix() {
    let (redis, postgres) = (redis(), postgres());
    for url in [redis.url(), postgres.url().await] {
        let client = |id: &str, environment: Environment| {
            let builder = LoopClient::builder().client_id(id).environment(environment);
            builder.store(&url).store_key(KEY).build().unwrap()
        };
        let grant = || ImportGrant::new("user_1", "refresh_1");
        let first = client("client_1", Environment::Production);
        first.import_grant(grant()).await.unwrap();
        for other in [client("client_2", Environment::Production), client("client_1", Environment::Staging)] {
            assert_eq!(other.access_token("user_1").await.unwrap_err().code(), Code::NotConnected);
        }
        let again = client("client_1", Environment::Production).import_grant(grant()).await.unwrap();
        assert_eq!(again, loop_sdk::Imported::AlreadyHeld, "another process of the first sees it");
    }
}
