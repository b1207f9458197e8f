//! Webhook events: what may be an event's name, and whose claim an abandoned event frees.

use std::fmt::Write as _;
use std::time::Duration;

use crate::support::code;
use crate::support::scripted::Bench;
use hmac::{Hmac, KeyInit as _, Mac as _};
use loop_sdk::webhook::{SIGNATURE_HEADER, WebhookEvent, verify};
use loop_sdk::{Code, Error, EventClaim, Secret};
use serde_json::json;
use sha2::Sha256;

fn delivered(id: &str, event_type: &str) -> Result<WebhookEvent, Error> {
    let body = json!({ "id": id, "type": event_type, "occurred_at": "2026-05-22T12:34:56Z", "data": {} }).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec").unwrap();
    mac.update(body.as_bytes());
    let mut signature = String::new();
    for byte in mac.finalize().into_bytes() {
        write!(signature, "{byte:02x}").unwrap();
    }
    verify(body.as_bytes(), [(SIGNATURE_HEADER, signature.as_str())], &[Secret::new("whsec")])
}

#[test]
fn what_is_printed_of_an_event_is_a_name() {
    let (longest, too_long) = ("e".repeat(200), "e".repeat(201));
    for good in ["evt_01HXY", "a-b.c:d", &longest] {
        let event = delivered(good, "clinical.x.v1").unwrap();
        assert_eq!(format!("{event:?}"), format!("<WebhookEvent clinical.x.v1 {good}: values hidden>"));
        assert_eq!(delivered("evt_1", good).unwrap().event_type, good);
    }
    for bad in ["", "evt_1\nINFO forged", "a b", "\u{1b}[2J", "é", "<b>", &too_long] {
        assert_eq!(code(delivered(bad, "clinical.x.v1")), Code::WebhookMalformed, "{bad}");
        assert_eq!(code(delivered("evt_1", bad)), Code::WebhookMalformed, "{bad}");
    }
}

const WORK: Duration = Duration::from_secs(5 * 60);

#[tokio::test]
async fn a_claim_is_freed_by_the_process_that_took_it_and_by_no_other() {
    let bench = Bench::new().await;
    let (slow, next, third) = (&bench.client, bench.other_process(), bench.other_process());
    assert_eq!(slow.claim_event("evt_1").await.unwrap(), EventClaim::New);
    bench.later(WORK);
    assert_eq!(next.claim_event("evt_1").await.unwrap(), EventClaim::New);
    slow.abandon_event("evt_1").await.unwrap();
    assert_eq!(third.claim_event("evt_1").await.unwrap(), EventClaim::UnderWay, "it is the next one's");
    third.abandon_event("evt_1").await.unwrap();
    assert_eq!(third.claim_event("evt_1").await.unwrap(), EventClaim::UnderWay);
    next.abandon_event("evt_1").await.unwrap();
    assert_eq!(third.claim_event("evt_1").await.unwrap(), EventClaim::New);
}

#[tokio::test]
async fn two_handlers_of_one_process_free_an_event_when_both_have_given_up() {
    let bench = Bench::new().await;
    let (client, other) = (&bench.client, bench.other_process());
    assert_eq!(client.claim_event("evt_1").await.unwrap(), EventClaim::New);
    bench.later(WORK);
    assert_eq!(client.claim_event("evt_1").await.unwrap(), EventClaim::New);
    client.abandon_event("evt_1").await.unwrap();
    assert_eq!(other.claim_event("evt_1").await.unwrap(), EventClaim::UnderWay);
    client.abandon_event("evt_1").await.unwrap();
    assert_eq!(other.claim_event("evt_1").await.unwrap(), EventClaim::New);
}

#[tokio::test]
async fn work_that_was_done_is_done_whoever_held_the_claim_by_then() {
    let bench = Bench::new().await;
    let (slow, next) = (&bench.client, bench.other_process());
    assert_eq!(slow.claim_event("evt_1").await.unwrap(), EventClaim::New);
    bench.later(WORK);
    assert_eq!(next.claim_event("evt_1").await.unwrap(), EventClaim::New);
    slow.finish_event("evt_1").await.unwrap();
    next.abandon_event("evt_1").await.unwrap();
    assert_eq!(next.claim_event("evt_1").await.unwrap(), EventClaim::Done);
}
