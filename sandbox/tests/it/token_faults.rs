//! Faults of the token endpoint, looked at over a bare connection.

use std::time::Duration;

use loop_sandbox::{At, Done, Fault, FaultBody, JournalEntry, Presented};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::wire::{End, connect, hear, refresh, refresh_request};
use crate::world::{Tokens, World};

/// The journal's last entry.
fn last(world: &World) -> JournalEntry {
    world.sandbox.journal().pop().unwrap()
}

/// Whether the token that was presented still works; asking spends it.
async fn is_live(world: &World, tokens: &Tokens) -> bool {
    world.sandbox.clear_faults();
    world.refresh(&tokens.refresh).await.status == 200
}

/// Waits until the journal says that something was done, or not, with the last request.
async fn until_done(world: &World, done: Done) {
    while last(world).done != Some(done) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_answer_is_not_one_byte_and_a_close_in_order() {
    for after in [false, true] {
        let world = World::new().await;
        let tokens = world.signed_in().await;
        let fault = Fault::no_answer();
        world.sandbox.fault(if after { fault.after() } else { fault.before() }).unwrap();
        let heard = refresh(&world, &tokens.refresh).await;
        assert_eq!((heard.bytes.len(), heard.end), (0, End::Closed));
        let entry = last(&world);
        assert_eq!(entry.status, None, "no status was sent");
        assert_eq!(entry.presented_state, Some(Presented::Live));
        assert_eq!(entry.done, Some(if after { Done::Rotated } else { Done::Nothing }));
        let fault = serde_json::to_value(entry.fault).unwrap();
        assert_eq!(fault, json!({ "kind": "no_answer", "when": if after { "after" } else { "before" } }));
        assert_eq!(is_live(&world, &tokens).await, !after);
    }
}

#[tokio::test]
async fn a_reset_comes_at_the_byte_asked_for() {
    for after in [false, true] {
        for byte in [0, 5, 40] {
            let world = World::new().await;
            let tokens = world.signed_in().await;
            let fault = Fault::reset(At::Byte(byte));
            world.sandbox.fault(if after { fault.after() } else { fault }).unwrap();
            let heard = refresh(&world, &tokens.refresh).await;
            assert_eq!((heard.bytes.len() as u64, heard.end), (byte, End::Reset));
            assert_eq!(last(&world).status.is_some(), byte >= 12);
            assert_eq!(is_live(&world, &tokens).await, !after);
        }
    }
}

#[tokio::test]
async fn a_reset_within_the_body_comes_after_whole_headers() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.fault(Fault::reset(At::BodyByte(10)).after()).unwrap();
    let heard = refresh(&world, &tokens.refresh).await;
    let (head, body) = heard.halves();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!((body.len(), heard.end), (10, End::Reset));
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_brings() {
    for (byte, after) in [(0, true), (1, true), (60, true), (60, false)] {
        let world = World::new().await;
        let tokens = world.signed_in().await;
        let fault = Fault::truncate(At::BodyByte(byte));
        world.sandbox.fault(if after { fault.after() } else { fault }).unwrap();
        let heard = refresh(&world, &tokens.refresh).await;
        let (head, body) = heard.halves();
        assert!(head.starts_with(if after { "HTTP/1.1 200" } else { "HTTP/1.1 502" }));
        assert_eq!((body.len() as u64, heard.end), (byte, End::Closed));
        assert!(heard.content_length() > body.len());
        assert_eq!(is_live(&world, &tokens).await, !after);
    }
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.fault(Fault::truncate(At::Byte(17)).after()).unwrap();
    assert_eq!(refresh(&world, &tokens.refresh).await.text(), "HTTP/1.1 200 OK\r\n");
}

#[tokio::test]
async fn a_cut_that_was_not_reached_does_not_haunt_the_connection() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.fault(Fault::truncate(At::Byte(5_000)).after()).unwrap();
    let mut stream = connect(&world).await;
    for _ in 0..20 {
        let request = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        assert!(stream.read(&mut answer).await.unwrap() > 0);
    }
    stream.write_all(refresh_request(&world, &tokens.refresh).as_bytes()).await.unwrap();
    let mut seen = 0;
    let mut answer = vec![0; 4096];
    while seen == 0 || !answer[..seen].ends_with(b"}") {
        seen += stream.read(&mut answer[seen..]).await.unwrap();
    }
    let close = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    let many = close.replace("connection: close\r\n", "");
    for _ in 0..30 {
        stream.write_all(many.as_bytes()).await.unwrap();
        assert!(stream.read(&mut answer).await.unwrap() > 0);
    }
    stream.write_all(close.as_bytes()).await.unwrap();
    assert_eq!(hear(stream).await.end, End::Closed);
}

#[tokio::test]
async fn a_hang_lasts_until_its_time_is_over_or_the_client_leaves() {
    for after in [false, true] {
        let world = World::new().await;
        let tokens = world.signed_in().await;
        let fault = |ms| if after { Fault::hang(ms).after() } else { Fault::hang(ms) };
        world.sandbox.fault(fault(Some(1))).unwrap();
        let heard = refresh(&world, &tokens.refresh).await;
        assert_eq!((heard.bytes.len(), heard.end), (0, End::Closed));
        assert_eq!((last(&world).status, is_live(&world, &tokens).await), (None, !after));

        let tokens = world.signed_in().await;
        world.sandbox.fault(fault(None)).unwrap();
        let mut stream = connect(&world).await;
        stream.write_all(refresh_request(&world, &tokens.refresh).as_bytes()).await.unwrap();
        while last(&world).fault.is_none() {
            tokio::task::yield_now().await;
        }
        let silence = tokio::time::timeout(Duration::from_millis(50), stream.read_u8()).await;
        assert!(silence.is_err(), "something came: {silence:?}");
        drop(stream);
        assert_eq!(is_live(&world, &tokens).await, !after);
    }
}

#[tokio::test]
async fn a_sandbox_that_stops_ends_what_hangs() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.fault(Fault::hang(None)).unwrap();
    let mut stream = connect(&world).await;
    stream.write_all(refresh_request(&world, &tokens.refresh).as_bytes()).await.unwrap();
    while last(&world).fault.is_none() {
        tokio::task::yield_now().await;
    }
    drop(world);
    let heard = tokio::time::timeout(Duration::from_secs(20), hear(stream)).await;
    assert_eq!(heard.expect("the connection must not outlive the sandbox").bytes, b"");
}

#[tokio::test]
async fn a_delay_after_the_work_is_the_right_answer_late() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.fault(Fault::delay(1_000).after()).unwrap();
    let request = world.refresh(&tokens.refresh);
    tokio::pin!(request);
    tokio::select! {
        answer = &mut request => panic!("too early: {answer:?}"),
        () = until_done(&world, Done::Rotated) => {}
    }
    let entry = last(&world);
    assert_eq!((entry.done, entry.status), (Some(Done::Rotated), None));
    request.await.tokens();
}

#[tokio::test]
async fn a_delay_before_the_work_works_on_for_a_client_that_has_left() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.fault(Fault::delay(1_000)).unwrap();
    let mut stream = connect(&world).await;
    stream.write_all(refresh_request(&world, &tokens.refresh).as_bytes()).await.unwrap();
    while last(&world).fault.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(last(&world).done, Some(Done::Nothing));
    drop(stream);
    until_done(&world, Done::Rotated).await;
    assert_eq!((last(&world).status, is_live(&world, &tokens).await), (None, false));
}

#[tokio::test]
async fn a_delayed_request_that_comes_too_late_is_a_replay() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.fault(Fault::delay(1_000)).unwrap();
    let (late, quick) = tokio::join!(world.refresh(&tokens.refresh), async {
        while world.sandbox.journal().last().is_none_or(|entry| entry.fault.is_none()) {
            tokio::task::yield_now().await;
        }
        world.refresh(&tokens.refresh).await
    });
    assert_eq!((quick.status, late.status), (200, 400));
    let stats = world.sandbox.stats();
    assert_eq!((stats.replays, stats.revoked_families), (1, 1));
}

#[tokio::test]
async fn a_status_comes_with_the_body_and_the_waits_asked_for() {
    let world = World::new().await;
    for (status, error) in [
        (400, "invalid_request"),
        (401, "invalid_client"),
        (408, "invalid_request"),
        (429, "rate_limited"),
        (500, "server_error"),
        (502, "server_error"),
        (503, "temporarily_unavailable"),
        (504, "server_error"),
    ] {
        for (body, after) in [("oauth", false), ("html", true), ("empty", false), ("json_other", true)] {
            let tokens = world.signed_in().await;
            let when = if after { "after" } else { "before" };
            let mut order = json!({ "kind": "status", "status": status, "body": body, "when": when, "retry_after": 7 });
            if body == "oauth" || body == "json_other" {
                order["retry_after_ms"] = json!(1500);
            }
            assert_eq!(world.lever("token-faults", order).await.status, 204);
            let answer = world.refresh(&tokens.refresh).await;
            assert_eq!((answer.status, answer.header("retry-after")), (status, "7"), "{body}");
            match body {
                "oauth" => {
                    assert_eq!((answer.error().as_str(), &answer.json()["retry_after_ms"]), (error, &json!(1500)));
                }
                "html" => {
                    assert!(answer.header("content-type").starts_with("text/html") && answer.text.contains("<h1>"));
                }
                "empty" => assert_eq!(answer.text, ""),
                _ => assert_eq!((answer.json().get("error"), &answer.json()["retry_after_ms"]), (None, &json!(1500))),
            }
            assert_eq!(last(&world).status, Some(status));
            assert_eq!(is_live(&world, &tokens).await, !after, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn an_ordered_status_may_say_anything() {
    let world = World::new().await;
    let fault =
        Fault::status(400, FaultBody::Oauth).error("invalid_grant").retry_after("Fri, 31 Dec 1999 23:59:59 GMT");
    world.sandbox.fault(fault).unwrap();
    let answer = world.refresh("x").await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    assert_eq!(answer.header("retry-after"), "Fri, 31 Dec 1999 23:59:59 GMT");
    assert_eq!(last(&world).error.as_deref(), Some("invalid_grant"));
}

#[tokio::test]
async fn a_200_can_be_spoilt_in_its_type_its_refresh_token_or_altogether() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    world.sandbox.fault(Fault::content_type("text/html")).unwrap();
    let answer = world.refresh(&tokens.refresh).await;
    assert_eq!(answer.header("content-type"), "text/html");
    let tokens = answer.tokens();

    world.sandbox.fault(Fault::drop_refresh_token()).unwrap();
    let answer = world.refresh(&tokens.refresh).await;
    assert_eq!((answer.status, answer.json().get("refresh_token")), (200, None));
    assert_eq!(last(&world).done, Some(Done::Renewed), "before: the token that was sent stays");
    world.sandbox.fault(Fault::drop_refresh_token().after()).unwrap();
    let answer = world.refresh(&tokens.refresh).await;
    assert_eq!((answer.status, answer.json().get("refresh_token")), (200, None));
    assert_eq!(last(&world).done, Some(Done::Rotated), "after: the new one is withheld");
    assert!(!is_live(&world, &tokens).await);

    for after in [false, true] {
        let tokens = world.signed_in().await;
        let fault = Fault::garbage_200();
        world.sandbox.fault(if after { fault.after() } else { fault }).unwrap();
        let answer = world.refresh(&tokens.refresh).await;
        assert_eq!(answer.status, 200);
        assert!(serde_json::from_str::<Value>(&answer.text).is_err());
        assert_eq!(is_live(&world, &tokens).await, !after);
    }
}

#[tokio::test]
async fn a_fault_waits_for_its_kind_of_request_and_strikes_as_often_as_asked() {
    let world = World::new().await;
    world.sandbox.fault(Fault::status(502, FaultBody::Html).only("refresh_token").times(2)).unwrap();
    world.sandbox.fault(Fault::status(503, FaultBody::Html).only_client("client_other")).unwrap();
    let tokens = world.signed_in().await;
    for expected in [502, 502, 200] {
        assert_eq!(world.refresh(&tokens.refresh).await.status, expected);
    }
    let queued = world.get(&world.url("/_sandbox/token-faults")).await.json();
    assert_eq!(
        queued,
        json!([{ "kind": "status", "client_id": "client_other", "times": 1, "status": 503, "body": "html" }])
    );
    assert_eq!(world.send(Method::DELETE, &world.url("/_sandbox/token-faults"), &[], None).await.status, 204);
    assert_eq!(world.get(&world.url("/_sandbox/token-faults")).await.json(), json!([]));
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused_with_a_reason() {
    let world = World::new().await;
    for (order, named) in [
        (json!({}), "kind"),
        (json!({ "kind": "sideways" }), "sideways"),
        (json!({ "kind": "no_answer", "speed": 1 }), "speed"),
        (json!({ "kind": "no_answer", "ms": 1 }), "ms"),
        (json!({ "kind": "no_answer", "times": 0 }), "times"),
        (json!({ "kind": "no_answer", "when": "during" }), "during"),
        (json!({ "kind": "delay" }), "ms"),
        (json!({ "kind": "reset" }), "at_byte"),
        (json!({ "kind": "truncate", "at_byte": 1, "at_body_byte": 1 }), "at_byte"),
        (json!({ "kind": "status" }), "status"),
        (json!({ "kind": "status", "status": 199 }), "status"),
        (json!({ "kind": "status", "status": 503, "body": "html", "retry_after_ms": 1 }), "retry_after_ms"),
        (json!({ "kind": "status", "status": 503, "body": "empty", "error": "x" }), "error"),
        (json!({ "kind": "status", "status": 503, "retry_after": "a\nb" }), "retry_after"),
        (json!({ "kind": "content_type" }), "content_type"),
        (json!({ "kind": "content_type", "content_type": "a/b", "when": "before" }), "before"),
    ] {
        let answer = world.lever("token-faults", order.clone()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"), "{order}");
        assert!(answer.json()["message"].as_str().unwrap().contains(named), "{order}: {}", answer.text);
    }
    assert!(world.sandbox.fault(Fault::status(42, FaultBody::Empty)).is_err());
}
