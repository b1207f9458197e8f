//! What a grant costs while nothing happens: memory for each cached user, and questions to the store for each call.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "its store has a clock of its own")]

use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use loop_sdk::store::{Entry, Expected, Saved, TokenStore, Version};
use loop_sdk::{Error, LoopClient};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The cache's bound, and what one user in it may cost.
const USERS: usize = 10_000;
const LARGEST: usize = 1024;

/// A store that knows everybody, and takes no memory for it.
#[derive(Debug, Default)]
struct Everybody {
    questions: AtomicUsize,
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[async_trait::async_trait]
impl TokenStore for Everybody {
    async fn load(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        if !key.starts_with("grant/") {
            return Ok(None);
        }
        let now = now();
        let record = json!({
            "min_reader": 1, "user_id": "user_01HXYZ01HXYZ01HXYZ01HXYZ01", "generation": 1, "created_at": now, "updated_at": now,
            "tokens": {
                "access_token": format!("lph_at_{}", key.get(key.len() - 40..).unwrap()),
                "access_expires_at": now + 3_600_000, "obtained_at": now, "refresh_token": "lph_rt_1",
                "scopes": ["openid", "read:biomarkers", "read:protocols"],
            },
        });
        Ok(Some(Entry { version: Version("1".into()), blob: record.to_string().into_bytes() }))
    }

    async fn save(&self, _: &str, _: &[u8], _: &Expected, _: Option<Duration>) -> Result<Saved, Error> {
        Ok(Saved::Conflict)
    }

    async fn delete(&self, _: &str, _: &Version) -> Result<bool, Error> {
        Ok(false)
    }

    async fn now(&self) -> Result<u64, Error> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        Ok(now())
    }
}

fn held(region: &Region<'_, System>) -> usize {
    let change = region.change();
    change.bytes_allocated.saturating_sub(change.bytes_deallocated)
}

/// One test, because every other one in this process would be counted as well.
#[tokio::test]
async fn a_cached_user_costs_a_kilobyte_at_most_and_a_call_no_question_to_the_store() {
    let users: Vec<String> = (0..USERS * 2).map(|number| format!("user_01HXYZ01HXYZ01HXYZ{number:08}")).collect();
    let store = Arc::new(Everybody::default());
    // The client itself counts too: its cache has a size of its own.
    let region = Region::new(ALLOCATOR);
    let client =
        LoopClient::builder().client_id("client_1").store_object(Arc::clone(&store) as Arc<dyn TokenStore>).build();
    let client = client.unwrap();
    for user in &users[..USERS] {
        client.access_token(user).await.unwrap();
    }
    let each = held(&region) / USERS;
    println!("a cached user costs {each} bytes");
    assert!((100..=LARGEST).contains(&each), "{each} bytes a user");

    for user in &users[USERS..] {
        client.access_token(user).await.unwrap();
    }
    let all = held(&region);
    assert!(all < USERS * LARGEST * 3 / 2, "twice as many users hold {all} bytes");

    let before = store.questions.load(Ordering::SeqCst);
    for _ in 0..1000 {
        client.access_token(users.last().unwrap()).await.unwrap();
    }
    assert_eq!(store.questions.load(Ordering::SeqCst), before, "a token that lives is used without asking anybody");
}
