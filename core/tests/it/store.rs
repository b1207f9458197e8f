//! Stores of one process and of one host: the contract, the SQLite file, and sealed records.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::support::contract::{Can, blob, create, keeps_the_contract, version};
use loop_sdk::store::{Expected, MemoryStore, SealedStore, SqliteStore, StoreKeys, TokenStore};
use loop_sdk::{AuthorizationRequest, Code, Environment, ImportGrant, LoopClient, LoopClientBuilder, Secret};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER_KEY: &str = "__________________________________________8=";
const LISTS: Can = Can { list: true };

fn keys(text: &str) -> StoreKeys {
    StoreKeys::parse(&Secret::from(text)).unwrap()
}

fn sealed(inner: &Arc<dyn TokenStore>, text: &str) -> SealedStore {
    SealedStore::new(Arc::clone(inner), keys(text))
}

fn sqlite(path: &Path) -> Arc<dyn TokenStore> {
    Arc::new(SqliteStore::open(path).unwrap())
}

fn client(store: &str) -> LoopClientBuilder {
    LoopClient::builder()
        .client_id("client_1")
        .redirect_uri("https://app.example/callback")
        .scopes(["read:biomarkers"])
        .environment(Environment::Production)
        .store(store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_keeps_the_contract() {
    let store = Arc::new(MemoryStore::new());
    keeps_the_contract(store.clone(), store, LISTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.db");
    keeps_the_contract(sqlite(&path), sqlite(&path), LISTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_stores_keep_the_contract() {
    let memory: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    keeps_the_contract(Arc::new(sealed(&memory, KEY)), Arc::new(sealed(&memory, KEY)), LISTS).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.db");
    let handle = || Arc::new(sealed(&sqlite(&path), KEY));
    keeps_the_contract(handle(), handle(), LISTS).await;
}

#[tokio::test]
async fn a_sqlite_file_is_its_owners_alone_and_lasts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deeper").join("grants.db");
    let store = SqliteStore::open(&path).unwrap();
    create(&store, "a", b"1").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for beside in ["grants.db-wal", "grants.db-shm"] {
        assert_eq!(mode(&path.with_file_name(beside)), 0o600, "{beside}");
    }
    drop(store);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let again = SqliteStore::open(&path).unwrap();
    assert_eq!(again.load("a").await.unwrap().unwrap().blob, b"1");
    assert_eq!(mode(&path), 0o600, "also where others could read it before");
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_named_at_the_first_operation() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let client = client(&format!("sqlite:{}/grants.db", file.display())).build().unwrap();
    let error = client.authorization_url(AuthorizationRequest::new()).await.unwrap_err();
    assert_eq!(error.code(), Code::StoreUnavailable);
    assert!(error.message().contains("a-file/grants.db"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    let notes = "my notes ".repeat(200);
    std::fs::write(&path, &notes).unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err().code(), Code::StoreUnavailable);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
}

#[test]
fn many_processes_may_open_a_new_file_at_once() {
    for _ in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grants.db");
        std::thread::scope(|scope| {
            let openers: Vec<_> = (0..8).map(|_| scope.spawn(|| SqliteStore::open(&path).map(drop))).collect();
            for opener in openers {
                opener.join().unwrap().unwrap();
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_somebody_else_locks_for_too_long_is_busy_and_can_still_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.db");
    let store = sqlite(&path);
    create(&*store, "a", b"1").await;
    let somebody = rusqlite::Connection::open(&path).unwrap();
    somebody.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.save("b", b"1", &Expected::Absent, None).await.unwrap_err();
    assert_eq!(error.code(), Code::StoreBusy, "{error}");
    assert_eq!(blob(&*store, "a").await.unwrap(), b"1");
    somebody.execute_batch("COMMIT").unwrap();
    create(&*store, "b", b"1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_do_not_wait_for_another_tasks_write() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.db");
    let store = sqlite(&path);
    create(&*store, "a", b"1").await;
    let somebody = rusqlite::Connection::open(&path).unwrap();
    somebody.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writer = Arc::clone(&store);
    let write = tokio::spawn(async move { writer.save("b", b"1", &Expected::Absent, None).await });
    for _ in 0..100 {
        assert_eq!(blob(&*store, "a").await.unwrap(), b"1");
    }
    assert!(!write.is_finished(), "the reads were done while the write waited");
    somebody.execute_batch("COMMIT").unwrap();
    version(write.await.unwrap().unwrap());
}

/// The files as they are on the disk at this moment; what is in shared memory is lost.
fn after_a_power_cut(path: &Path, to: &Path) -> Vec<u8> {
    std::fs::copy(path, to).unwrap();
    let wal = std::fs::read(path.with_file_name("grants.db-wal")).unwrap();
    std::fs::write(to.with_file_name("cut.db-wal"), &wal).unwrap();
    let _ = std::fs::remove_file(to.with_file_name("cut.db-shm"));
    wal
}

#[tokio::test]
async fn whatever_was_acknowledged_is_there_after_a_power_cut() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.db");
    let store = SqliteStore::open(&path).unwrap();
    let mut expected = Expected::Absent;
    let mut acknowledged = Vec::new();
    for round in 0..20_u8 {
        let blob_of_round = vec![round; 3_000];
        expected = Expected::Version(version(store.save("a", &blob_of_round, &expected, None).await.unwrap()));
        create(&store, &format!("b{round}"), &[round]).await;
        acknowledged.push(round);

        let cut = directory.path().join(format!("{round}")).join("cut.db");
        std::fs::create_dir(cut.parent().unwrap()).unwrap();
        let whole = after_a_power_cut(&path, &cut);
        let check = async || {
            let again = SqliteStore::open(&cut).unwrap();
            assert_eq!(blob(&again, "a").await.unwrap(), blob_of_round);
            for round in &acknowledged {
                assert_eq!(blob(&again, &format!("b{round}")).await.unwrap(), [*round]);
            }
        };
        check().await;

        // A write that nobody was told of, torn in the middle.
        let unheard = version(store.save("torn", &[round; 9_000], &Expected::Absent, None).await.unwrap());
        let longer = after_a_power_cut(&path, &cut);
        for torn in [whole.len() + 1, usize::midpoint(whole.len(), longer.len()), longer.len() - 1] {
            std::fs::copy(&path, &cut).unwrap();
            std::fs::write(cut.with_file_name("cut.db-wal"), &longer[..torn.min(longer.len())]).unwrap();
            let _ = std::fs::remove_file(cut.with_file_name("cut.db-shm"));
            check().await;
        }
        assert!(store.delete("torn", &unheard).await.unwrap());
    }
}

#[tokio::test]
async fn a_sealed_record_shows_nothing_and_opens_only_untouched_with_its_key_under_its_name() {
    let inner: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    let store = sealed(&inner, KEY);
    create(&store, "grant/a", b"{\"canary\":true}").await;
    let entry = inner.load("grant/a").await.unwrap().unwrap();
    assert!(!entry.blob.windows(6).any(|window| window == b"canary"));

    let refused = async |store: &SealedStore, key: &str| {
        let error = store.load(key).await.unwrap_err();
        assert_eq!(error.code(), Code::StoreRecordUnreadable);
        error.detail().unwrap().to_owned()
    };
    for bit in 0..entry.blob.len() * 8 {
        let mut flipped = entry.blob.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let moved: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
        create(&*moved, "grant/a", &flipped).await;
        refused(&sealed(&moved, KEY), "grant/a").await;
    }
    for length in 0..entry.blob.len() {
        let cut: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
        create(&*cut, "grant/a", &entry.blob[..length]).await;
        refused(&sealed(&cut, KEY), "grant/a").await;
    }

    create(&*inner, "grant/b", &entry.blob).await;
    assert_eq!(refused(&store, "grant/b").await, "seal_broken", "another person's record");
    assert_eq!(refused(&sealed(&inner, OTHER_KEY), "grant/a").await, "key_unknown");
    assert_eq!(blob(&store, "grant/a").await.unwrap(), b"{\"canary\":true}");
    create(&store, "grant/c", b"{\"canary\":true}").await;
    let [one, other] = ["grant/a", "grant/c"].map(|key| inner.load(key));
    assert_ne!(one.await.unwrap().unwrap().blob, other.await.unwrap().unwrap().blob, "no two nonces are alike");
}

#[tokio::test]
async fn while_keys_rotate_both_open_and_the_first_seals() {
    let inner: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    create(&sealed(&inner, KEY), "old", b"1").await;
    let both = sealed(&inner, &format!("{OTHER_KEY}, {KEY}"));
    assert_eq!(blob(&both, "old").await.unwrap(), b"1");
    create(&both, "new", b"2").await;
    assert_eq!(blob(&sealed(&inner, OTHER_KEY), "new").await.unwrap(), b"2");
    assert!(sealed(&inner, KEY).load("new").await.is_err());
    let listed = sealed(&inner, OTHER_KEY).list("", None, 10).await.unwrap().unwrap();
    let blobs: Vec<_> = listed.iter().map(|(key, entry)| (key.as_str(), entry.blob.as_slice())).collect();
    assert_eq!(blobs, [("new", b"2".as_slice()), ("old", b"")], "what does not open is listed, and hides no others");
}

#[tokio::test]
async fn records_that_were_never_sealed_are_read_only_where_none_stands_behind_the_key() {
    let inner: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    create(&*inner, "old", b"{}").await;
    let error = sealed(&inner, KEY).load("old").await.unwrap_err();
    assert_eq!((error.code(), error.detail()), (Code::StoreRecordUnreadable, Some("not_sealed")));
    assert!(error.message().contains("key,none"), "{error}");
    let moving = sealed(&inner, &format!("{KEY},none"));
    let entry = moving.load("old").await.unwrap().unwrap();
    assert_eq!(entry.blob, b"{}");
    version(moving.save("old", &entry.blob, &Expected::Version(entry.version), None).await.unwrap());
    assert_eq!(blob(&sealed(&inner, KEY), "old").await.unwrap(), b"{}", "each write seals");
}

#[tokio::test]
async fn a_client_without_the_key_neither_reads_nor_replaces_a_sealed_grant() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/grants.db", directory.path().display());
    let grant = || ImportGrant::new("user_1", "refresh_1");
    client(&url).store_key(KEY).build().unwrap().import_grant(grant()).await.unwrap();
    for (stranger, detail) in [(client(&url), "key_missing"), (client(&url).store_key(OTHER_KEY), "key_unknown")] {
        let stranger = stranger.build().unwrap();
        let error = stranger.import_grant(grant()).await.unwrap_err();
        assert_eq!((error.code(), error.detail()), (Code::StoreRecordUnreadable, Some(detail)));
        assert_eq!(stranger.access_token("user_1").await.unwrap_err().detail(), Some(detail));
    }
    let both = client(&url).store_key(format!("{OTHER_KEY},{KEY}")).build().unwrap();
    assert_eq!(both.import_grant(grant()).await.unwrap(), loop_sdk::Imported::AlreadyHeld);
}

#[test]
fn a_wrong_key_or_a_missing_one_is_found_at_build() {
    let error = client("memory:").store_key("canary").build().unwrap_err();
    assert_eq!((error.code(), error.detail()), (Code::InvalidOption, Some("store_key")));
    assert!(!format!("{error:?}").contains("canary"));
    let error = client("redis://127.0.0.1").build().unwrap_err();
    assert_eq!((error.code(), error.detail()), (Code::MissingOption, Some("store_key")));
    client("redis://127.0.0.1").store_key("none").build().unwrap();
    client("postgres://app@db.example/app").store_key(KEY).build().unwrap();
}
