//! id_tokens that are wrong in one way each: none of them signs anybody in.

use crate::support::{World, code};
use loop_sandbox::IdTokenFault;
use loop_sdk::Code;

async fn refused(fault: IdTokenFault) -> Code {
    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    world.sandbox.next_id_token(fault);
    let code = code(world.client.handle_callback(&callback, Some(&begun.browser_secret)).await);
    let revoked = world.sandbox.journal().into_iter().any(|entry| entry.path == "/v1/oauth/revoke");
    assert!(revoked, "tokens that are not kept do not stay alive");
    code
}

#[tokio::test]
async fn each_wrong_id_token_has_its_own_code() {
    for (fault, expected) in [
        (IdTokenFault::WrongIssuer, Code::IdTokenIssuer),
        (IdTokenFault::WrongAudience, Code::IdTokenAudience),
        (IdTokenFault::WrongNonce, Code::IdTokenNonce),
        (IdTokenFault::MissingNonce, Code::IdTokenNonce),
        (IdTokenFault::WrongSignature, Code::IdTokenSignature),
        (IdTokenFault::AlgNone, Code::IdTokenAlgorithm),
        (IdTokenFault::AlgHs256, Code::IdTokenAlgorithm),
        (IdTokenFault::UnknownKid, Code::IdTokenKeyUnknown),
        (IdTokenFault::Expired, Code::IdTokenExpired),
        (IdTokenFault::IssuedInFuture, Code::IdTokenExpired),
        (IdTokenFault::Malformed, Code::IdTokenMalformed),
        (IdTokenFault::Missing, Code::IdTokenMissing),
    ] {
        assert_eq!(refused(fault).await, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_once_a_minute_at_most() {
    let world = World::new().await;
    world.connect().await;
    let fetches = || world.sandbox.journal().iter().filter(|entry| entry.path.ends_with("jwks.json")).count();
    assert_eq!(fetches(), 1);
    world.connect().await;
    assert_eq!(fetches(), 1, "known keys are not fetched again");

    world.sandbox.rotate_keys();
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    let error = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap_err();
    assert_eq!((error.code(), fetches()), (Code::IdTokenKeyUnknown, 1), "not again within the minute");

    world.clock.advance(std::time::Duration::from_secs(61));
    world.connect().await;
    assert_eq!(fetches(), 2);
}

#[tokio::test]
async fn a_host_clock_that_is_wrong_by_minutes_still_signs_in() {
    for seconds in [240, 290] {
        let world = World::new().await;
        world.sandbox.advance_clock(std::time::Duration::from_secs(seconds));
        world.connect().await;
    }
    let world = World::new().await;
    world.sandbox.advance_clock(std::time::Duration::from_secs(20 * 60));
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    assert_eq!(
        code(world.client.handle_callback(&callback, Some(&begun.browser_secret)).await),
        Code::IdTokenExpired,
        "a skew beyond five minutes is not believed"
    );
}
