//! What every store promises, as one suite: over any [`TokenStore`], so that stores in other languages can be asked the
//! same.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use loop_sdk::store::{Entry, Expected, Saved, TokenStore, Version};

/// What a store can do beyond the contract.
#[derive(Clone, Copy)]
pub(crate) struct Can {
    pub(crate) list: bool,
}

/// Asks two handles of one store, as two processes would hold them. Both may be the same.
pub(crate) async fn keeps_the_contract(one: Arc<dyn TokenStore>, other: Arc<dyn TokenStore>, can: Can) {
    compares_and_swaps(&*one, &*other).await;
    lets_entries_expire(&*one, &*other).await;
    keeps_odd_keys_and_large_blobs(&*one, &*other).await;
    has_a_clock(&*one, &*other).await;
    lets_one_writer_win(&one, &other).await;
    if can.list {
        lists_page_by_page(&*one, &*other).await;
    } else {
        assert!(one.list("", None, 1).await.unwrap().is_none(), "a store that can't list says so");
    }
}

#[track_caller]
pub(crate) fn version(saved: Saved) -> Version {
    match saved {
        Saved::Version(version) => version,
        other => panic!("not saved: {other:?}"),
    }
}

pub(crate) async fn create(store: &dyn TokenStore, key: &str, blob: &[u8]) -> Version {
    version(store.save(key, blob, &Expected::Absent, None).await.unwrap())
}

async fn replace(store: &dyn TokenStore, key: &str, blob: &[u8], expected: &Version) -> Saved {
    store.save(key, blob, &Expected::Version(expected.clone()), None).await.unwrap()
}

pub(crate) async fn blob(store: &dyn TokenStore, key: &str) -> Option<Vec<u8>> {
    store.load(key).await.unwrap().map(|entry| entry.blob)
}

async fn compares_and_swaps(one: &dyn TokenStore, other: &dyn TokenStore) {
    let key = "contract/swap";
    assert!(one.load(key).await.unwrap().is_none());
    let nobodys = Expected::Version(Version("0".to_owned()));
    assert_eq!(one.save(key, b"x", &nobodys, None).await.unwrap(), Saved::Conflict, "nothing is there");
    let strange = Expected::Version(Version("of another store".to_owned()));
    assert_eq!(one.save(key, b"x", &strange, None).await.unwrap(), Saved::Conflict);
    assert!(one.load(key).await.unwrap().is_none(), "a conflict writes nothing");

    let mut seen = HashSet::new();
    let first = create(one, key, b"1").await;
    assert_eq!(other.save(key, b"x", &Expected::Absent, None).await.unwrap(), Saved::Conflict);
    let second = version(replace(other, key, b"2", &first).await);
    assert_eq!(replace(one, key, b"x", &first).await, Saved::Conflict, "somebody else wrote in between");
    let Entry { version: current, blob: stored } = one.load(key).await.unwrap().unwrap();
    assert_eq!((&current, stored.as_slice()), (&second, b"2".as_slice()));

    assert!(!one.delete(key, &first).await.unwrap(), "another version");
    assert!(!one.delete(key, &Version("of another store".to_owned())).await.unwrap());
    assert!(other.delete(key, &second).await.unwrap());
    assert!(!one.delete(key, &second).await.unwrap(), "it is gone");
    assert!(one.load(key).await.unwrap().is_none());
    assert_eq!(replace(one, key, b"x", &second).await, Saved::Conflict, "what was deleted does not come back");

    seen.extend([first.0, second.0]);
    for _ in 0..10 {
        let again = create(one, key, b"3").await;
        assert!(seen.insert(again.0.clone()), "a version never repeats, even after a deletion");
        assert!(one.delete(key, &again).await.unwrap());
    }
}

async fn lets_entries_expire(one: &dyn TokenStore, other: &dyn TokenStore) {
    let key = "contract/expiry";
    let save = async |store: &dyn TokenStore, expected: &Expected, ttl: Option<u64>| {
        store.save(key, b"1", expected, ttl.map(Duration::from_millis)).await.unwrap()
    };
    let gone = version(save(one, &Expected::Absent, Some(0)).await);
    assert!(other.load(key).await.unwrap().is_none(), "what has expired is absent");
    assert_eq!(save(one, &Expected::Version(gone.clone()), None).await, Saved::Conflict, "and can't be replaced");
    assert!(!one.delete(key, &gone).await.unwrap(), "nor deleted");
    let began = one.now().await.unwrap();
    let short = version(save(one, &Expected::Absent, Some(300)).await);
    assert_ne!(short, gone);
    // Waits for the store's own clock.
    while other.load(key).await.unwrap().is_some() {
        assert!(other.now().await.unwrap() < began + 10_000, "it is over and still there");
    }
    assert!(other.now().await.unwrap() >= began + 295, "it was gone too early");

    let long = version(save(one, &Expected::Absent, Some(3_600_000)).await);
    let kept = version(save(other, &Expected::Version(long), None).await);
    assert_eq!(one.load(key).await.unwrap().unwrap().version, kept);
    let shorter = version(save(one, &Expected::Version(kept), Some(0)).await);
    assert!(one.load(key).await.unwrap().is_none(), "a write decides anew when an entry ends");
    drop(shorter);
    version(save(one, &Expected::Absent, Some(u64::MAX)).await);
    assert!(other.load(key).await.unwrap().is_some(), "no life is too long");
}

async fn keeps_odd_keys_and_large_blobs(one: &dyn TokenStore, other: &dyn TokenStore) {
    let long = format!("contract/odd/{}", "k".repeat(500));
    let keys = ["", " ", "ключ", "🗝/ß", "a'b\"c\\", "%_*?[x]", "{loop}", "line\nbreak\ttab", "a", "A", &long];
    for key in keys {
        create(one, key, key.as_bytes()).await;
    }
    for key in keys {
        assert_eq!(blob(other, key).await.as_deref(), Some(key.as_bytes()), "{key:?}");
    }
    for key in keys {
        let entry = other.load(key).await.unwrap().unwrap();
        assert!(one.delete(key, &entry.version).await.unwrap(), "{key:?}");
    }
    let everything: Vec<u8> = (0..1 << 18).flat_map(|at: u32| at.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    create(one, "contract/large", &everything).await;
    assert!(blob(other, "contract/large").await.unwrap() == everything, "a megabyte of any bytes comes back");
    create(one, "contract/empty", b"").await;
    assert_eq!(blob(other, "contract/empty").await.unwrap(), b"");
}

async fn has_a_clock(one: &dyn TokenStore, other: &dyn TokenStore) {
    let mut last = one.now().await.unwrap();
    let year_2025 = 1_735_689_600_000;
    assert!(last > year_2025, "milliseconds since the epoch");
    for _ in 0..10 {
        for store in [one, other] {
            let now = store.now().await.unwrap();
            assert!(now + 1_000 >= last, "one clock for all handles, which does not jump back");
            last = now;
        }
    }
}

async fn lets_one_writer_win(one: &Arc<dyn TokenStore>, other: &Arc<dyn TokenStore>) {
    const WRITERS: u8 = 64;
    let mut expected = Expected::Absent;
    for round in 0..5 {
        let writers = (0..WRITERS).map(|writer| {
            let store = Arc::clone(if writer % 2 == 0 { one } else { other });
            let expected = expected.clone();
            tokio::spawn(
                async move { (writer, store.save("contract/race", &[writer], &expected, None).await.unwrap()) },
            )
        });
        let mut winners = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            match writer.await.unwrap() {
                (writer, Saved::Version(version)) => winners.push((writer, version)),
                (_, lost) => assert_eq!(lost, Saved::Conflict),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}: of many writers that expect the same, one wins");
        let (writer, version) = winners.remove(0);
        let entry = other.load("contract/race").await.unwrap().unwrap();
        assert_eq!((&entry.version, entry.blob), (&version, vec![writer]), "what is stored is the winner's");
        expected = Expected::Version(version);
    }
}

async fn page(store: &dyn TokenStore, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
    let page = store.list(prefix, after, limit).await.unwrap().expect("this store lists");
    page.into_iter().map(|(key, _)| key).collect()
}

async fn lists_page_by_page(one: &dyn TokenStore, other: &dyn TokenStore) {
    let of = |number: u32| format!("contract/list/{number:03}");
    for number in (0..250).rev() {
        create(one, &of(number), number.to_string().as_bytes()).await;
    }
    for outside in ["contract/lis", "contract/list", "contract/list0", "contract/lisu", "contract/LIST/1"] {
        create(one, outside, b"outside").await;
    }
    let expired = Some(Duration::ZERO);
    for number in ["007x", "100x", "999"] {
        one.save(&format!("contract/list/{number}"), b"gone", &Expected::Absent, expired).await.unwrap();
    }
    let whole = other.list("contract/list/", None, 1_000).await.unwrap().expect("this store lists");
    let keys: Vec<_> = whole.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys, (0..250).map(of).collect::<Vec<_>>(), "all of the prefix, in order, nothing that has expired");
    let (_, entry) = &whole[42];
    assert_eq!(entry.blob, b"42");
    assert_eq!(entry.version, one.load(&of(42)).await.unwrap().unwrap().version, "with the version to write over it");

    assert!(page(one, "contract/list/", None, 0).await.is_empty());
    assert_eq!(page(one, "contract/list/", None, 2).await, [of(0), of(1)]);
    assert_eq!(page(one, "contract/list/", Some(&of(1)), 2).await, [of(2), of(3)]);
    assert_eq!(page(one, "contract/list/", Some("contract/list/001x"), 1).await, [of(2)], "after a key that is gone");
    assert_eq!(page(one, "contract/list/", Some("a"), 1).await, [of(0)], "after what lies before the prefix");
    assert!(page(one, "contract/list/", Some("contract/list0"), 5).await.is_empty(), "after what lies behind it");
    assert!(page(one, "contract/list/", Some(&of(249)), 5).await.is_empty());
    assert!(page(one, "contract/nothing/", None, 5).await.is_empty());

    // While one reads page by page, another writes: what was there all the time is seen exactly once.
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let keys = page(one, "contract/list/", after.as_deref(), 40).await;
        let full = keys.len() == 40;
        seen.extend(keys);
        if !full {
            break;
        }
        after = seen.last().cloned();
        create(other, &format!("{}+", seen[seen.len() - 1]), b"ahead").await;
        create(other, &format!("contract/list/000+{}", seen.len()), b"behind").await;
    }
    let before: Vec<_> = seen.iter().filter(|key| !key.contains('+')).cloned().collect();
    assert_eq!(before, (0..250).map(of).collect::<Vec<_>>());
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "nothing comes twice");
}
