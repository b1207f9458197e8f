//! The rules by which refresh tokens follow one another.

use std::time::Duration;

use loop_sandbox::{Database, Done, NewApp, Options, Presented, Rotation};
use serde_json::json;

use crate::world::{Answer, Tokens, World};

async fn world(rotation: Rotation) -> World {
    World::with(Options { rotation, ..Options::default() }, NewApp::default()).await
}

async fn assert_grant_is_dead(world: &World, answer: &Answer, tokens: &[&Tokens]) {
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    for tokens in tokens {
        assert_eq!(world.biomarkers(&tokens.access).await.status, 401);
    }
    let stats = world.sandbox.stats();
    assert_eq!((stats.replays, stats.revoked_families, stats.alerts), (1, 1, 1));
}

#[tokio::test]
async fn under_grace_a_lost_answer_can_be_fetched_again_and_both_newer_tokens_work() {
    let world = world(Rotation::Grace { seconds: 30 }).await;
    let first = world.signed_in().await;
    let lost = world.refresh(&first.refresh).await.tokens();
    world.sandbox.advance_clock(Duration::from_secs(28));
    let again = world.refresh(&first.refresh).await.tokens();
    assert_ne!(lost.refresh, again.refresh);
    for tokens in [&first, &lost, &again] {
        assert_eq!(world.biomarkers(&tokens.access).await.status, 200);
    }
    world.refresh(&again.refresh).await.tokens();
    world.refresh(&lost.refresh).await.tokens();
    let stats = world.sandbox.stats();
    assert_eq!((stats.rotations, stats.superseded_uses, stats.replays, stats.alerts), (4, 1, 0, 0));
}

#[tokio::test]
async fn after_the_grace_a_second_use_ends_the_grant() {
    let world = world(Rotation::Grace { seconds: 30 }).await;
    let first = world.signed_in().await;
    let second = world.refresh(&first.refresh).await.tokens();
    world.sandbox.advance_clock(Duration::from_secs(20));
    // A use within the grace does not begin another one.
    let third = world.refresh(&first.refresh).await.tokens();
    world.sandbox.advance_clock(Duration::from_secs(11));
    let reuse = world.refresh(&first.refresh).await;
    assert_grant_is_dead(&world, &reuse, &[&first, &second, &third]).await;
    assert_eq!(world.refresh(&third.refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn the_previous_token_works_until_the_next_is_used() {
    let world = world(Rotation::PreviousUntilUsed).await;
    let first = world.signed_in().await;
    let lost = world.refresh(&first.refresh).await.tokens();
    world.sandbox.advance_clock(Duration::from_secs(30 * 24 * 3600));
    let second = world.refresh(&first.refresh).await.tokens();
    assert_eq!(world.sandbox.stats().superseded_uses, 1);
    let third = world.refresh(&second.refresh).await.tokens();
    let reuse = world.refresh(&first.refresh).await;
    assert_grant_is_dead(&world, &reuse, &[&second, &third]).await;
    assert_eq!(world.refresh(&lost.refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn without_rotation_the_token_stays_and_its_90_days_begin_again() {
    for (rotation, repeats) in [(Rotation::Never, false), (Rotation::NeverSame, true)] {
        let world = world(rotation).await;
        let first = world.signed_in().await;
        for _ in 0..3 {
            world.sandbox.advance_clock(Duration::from_secs(89 * 24 * 3600));
            let answer = world.refresh(&first.refresh).await;
            assert_eq!(answer.status, 200);
            let repeated = answer.json().get("refresh_token").map(|token| token == &json!(first.refresh));
            assert_eq!(repeated, repeats.then_some(true));
            assert_eq!(world.biomarkers(answer.json()["access_token"].as_str().unwrap()).await.status, 200);
        }
        let stats = world.sandbox.stats();
        assert_eq!((stats.refreshes, stats.rotations, stats.replays), (3, 0, 0));
        let done: Vec<_> = world.sandbox.journal().iter().filter_map(|entry| entry.done).collect();
        assert_eq!(done, [Done::Exchanged, Done::Renewed, Done::Renewed, Done::Renewed]);
    }
}

#[tokio::test]
async fn the_rule_can_be_switched_while_the_sandbox_runs() {
    let world = World::new().await;
    let first = world.signed_in().await;
    world.refresh(&first.refresh).await.tokens();
    let answer = world.lever("switches", json!({ "rotation": "grace:60" })).await;
    assert_eq!(answer.json()["rotation"], "grace:60");
    assert_eq!(answer.json()["strict_openid"], false, "what is not named stays");
    world.refresh(&first.refresh).await.tokens();
    world.sandbox.switch(|rules| rules.rotation = Rotation::Strict);
    assert_eq!(world.refresh(&first.refresh).await.error(), "invalid_grant");
    assert_eq!(world.sandbox.stats().replays, 1);
    for wrong in [json!({ "rotation": "sometimes" }), json!({ "rotatoin": "strict" }), json!({ "rotation": 3 })] {
        let answer = world.lever("switches", wrong).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"));
    }
}

#[tokio::test]
async fn a_second_device_ends_the_refreshes_of_the_first_and_nothing_else() {
    for rotation in [Rotation::Strict, Rotation::Grace { seconds: 600 }, Rotation::PreviousUntilUsed] {
        let world = world(rotation).await;
        let before = world.signed_in().await;
        let first = world.refresh(&before.refresh).await.tokens();
        let second = world.signed_in().await;
        let refused = world.refresh(&first.refresh).await;
        assert_eq!((refused.status, refused.error().as_str()), (400, "invalid_grant"));
        let entry = world.sandbox.journal().pop().unwrap();
        assert_eq!((entry.presented_state, entry.done), (Some(Presented::Replaced), Some(Done::Refused)));
        assert_eq!(world.biomarkers(&first.access).await.status, 200, "its access token lives until its end");
        if rotation != Rotation::Strict {
            // What grace or the unused next token would have allowed went with the sign-in too, without harm.
            assert_eq!(world.refresh(&before.refresh).await.error(), "invalid_grant");
        }
        assert_eq!(world.refresh(&second.refresh).await.status, 200);
        assert_eq!(world.sandbox.stats().alerts, 0);
    }
}

#[tokio::test]
async fn with_the_other_reading_the_first_devices_refresh_ends_the_grant() {
    let world = World::new().await;
    world.sandbox.switch(|rules| rules.replaced_is_reuse = true);
    let first = world.signed_in().await;
    let second = world.signed_in().await;
    assert_eq!(world.refresh(&first.refresh).await.error(), "invalid_grant");
    assert_eq!(world.refresh(&second.refresh).await.error(), "invalid_grant");
    assert_eq!(world.biomarkers(&second.access).await.status, 401);
    let stats = world.sandbox.stats();
    assert_eq!((stats.replays, stats.revoked_families, stats.alerts), (0, 1, 1));
}

#[tokio::test]
async fn a_spent_token_counts_as_a_replay_also_when_its_grant_is_over() {
    let world = World::new().await;
    let first = world.signed_in().await;
    world.refresh(&first.refresh).await.tokens();
    assert!(world.sandbox.end_grant(world.sandbox.people()[0].user_id, &world.app.client_id));
    assert_eq!(world.refresh(&first.refresh).await.error(), "invalid_grant");
    let stats = world.sandbox.stats();
    assert_eq!((stats.replays, stats.revoked_families, stats.alerts), (1, 0, 0));
}

#[tokio::test]
async fn two_requests_with_one_token_are_one_rotation_and_one_replay_however_they_race() {
    for _ in 0..20 {
        let world = World::new().await;
        let first = world.signed_in().await;
        let (one, other) = tokio::join!(world.refresh(&first.refresh), world.refresh(&first.refresh));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        let stats = world.sandbox.stats();
        assert_eq!((stats.refreshes, stats.rotations, stats.replays, stats.revoked_families), (2, 1, 1, 1));
    }
}

#[tokio::test]
async fn a_database_of_an_older_sandbox_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let options = || Options {
        database: Database::File(path.clone()),
        rotation: Rotation::Grace { seconds: 60 },
        ..Options::default()
    };
    drop(World::with(options(), NewApp::default()).await);
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(
        "DROP INDEX refresh_tokens_of_parent;
         ALTER TABLE refresh_tokens DROP COLUMN parent;
         ALTER TABLE refresh_tokens DROP COLUMN rotated_at_ms;
         CREATE UNIQUE INDEX one_live_refresh_token ON refresh_tokens (grant_id) WHERE state = 'live';",
    )
    .unwrap();
    drop(old);
    let world = World::with(options(), NewApp::default()).await;
    let first = world.signed_in().await;
    world.refresh(&first.refresh).await.tokens();
    world.refresh(&first.refresh).await.tokens();
}
