//! One contract for every store: compare-and-swap, versions that never repeat, entries that vanish on time.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use loop_sdk::store::{Expected, MemoryStore, Saved, SqliteStore, TokenStore, Version};
use loop_sdk::{AuthorizationRequest, Code, Environment, LoopClient};

fn version(saved: Saved) -> Version {
    match saved {
        Saved::Version(version) => version,
        other => panic!("not saved: {other:?}"),
    }
}

async fn keeps_the_contract(store: Arc<dyn TokenStore>) {
    assert!(store.load("a").await.unwrap().is_none());
    let first = version(store.save("a", b"1", &Expected::Absent, None).await.unwrap());
    assert_eq!(store.save("a", b"x", &Expected::Absent, None).await.unwrap(), Saved::Conflict);
    let second = version(store.save("a", b"2", &Expected::Version(first.clone()), None).await.unwrap());
    assert_eq!(store.save("a", b"x", &Expected::Version(first.clone()), None).await.unwrap(), Saved::Conflict);
    let entry = store.load("a").await.unwrap().unwrap();
    assert_eq!((entry.blob.as_slice(), &entry.version), (b"2".as_slice(), &second));

    assert!(!store.delete("a", &first).await.unwrap());
    assert!(store.delete("a", &second).await.unwrap());
    assert_eq!(store.save("a", b"x", &Expected::Version(second.clone()), None).await.unwrap(), Saved::Conflict);
    let third = version(store.save("a", b"3", &Expected::Absent, None).await.unwrap());
    assert!(third != first && third != second, "a version never repeats, even after a deletion");

    store.save("b", b"1", &Expected::Absent, Some(Duration::ZERO)).await.unwrap();
    assert!(store.load("b").await.unwrap().is_none(), "what has expired is absent");
    version(store.save("b", b"2", &Expected::Absent, Some(Duration::from_secs(60))).await.unwrap());
    assert!(store.load("b").await.unwrap().is_some());
    assert!(store.now().await.unwrap() > 0);

    let racers = (0..16_u8).map(|racer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.save("race", &[racer], &Expected::Absent, None).await.unwrap() })
    });
    let mut winners = 0;
    for racer in racers.collect::<Vec<_>>() {
        winners += usize::from(matches!(racer.await.unwrap(), Saved::Version(_)));
    }
    assert_eq!(winners, 1, "of many writers that expect the same, one wins");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_keeps_the_contract() {
    keeps_the_contract(Arc::new(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    keeps_the_contract(Arc::new(SqliteStore::open(directory.path().join("grants.db")).unwrap())).await;
}

#[tokio::test]
async fn a_sqlite_file_is_its_owners_alone_and_lasts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deeper").join("grants.db");
    let store = SqliteStore::open(&path).unwrap();
    version(store.save("a", b"1", &Expected::Absent, None).await.unwrap());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
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
    let client = LoopClient::builder()
        .client_id("client_1")
        .redirect_uri("https://app.example/callback")
        .scopes(["read:biomarkers"])
        .environment(Environment::Production)
        .store(&format!("sqlite:{}/grants.db", file.display()))
        .build()
        .unwrap();
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
