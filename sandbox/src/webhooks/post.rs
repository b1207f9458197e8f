//! One attempt: signing the body, and sending it.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;
use sha2::Sha256;

use crate::ids::hex;

/// How long an app may take to answer. The platform names no time: this is our choice.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How much of an answer is kept for the developer to read.
const ANSWER_KEPT: usize = 300;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered { status: u16, text: String },
    NoAnswer(String),
}

impl Outcome {
    /// Only a 2xx: a redirect is not followed, since nobody signed up its target.
    pub(super) fn is_accepted(&self) -> bool {
        matches!(self, Outcome::Answered { status: 200..300, .. })
    }

    pub(super) fn parts(&self) -> (Option<u16>, &str) {
        match self {
            Outcome::Answered { status, text } => (Some(*status), text),
            Outcome::NoAnswer(why) => (None, why),
        }
    }
}

/// Lower-case hexadecimal HMAC-SHA256 of the raw body.
pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length, so this fails for none.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(body);
            hex(&mac.finalize().into_bytes())
        },
    )
}

/// What is sent.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) url: &'a str,
    pub(super) event_id: &'a str,
    pub(super) event_type: &'a str,
    pub(super) signature: &'a str,
    pub(super) attempt: u32,
    pub(super) body: &'a str,
}

/// One client for all deliveries: no redirects, no proxy, five seconds in all.
pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().redirect(Policy::none()).no_proxy().timeout(ANSWER_WITHIN).build()
}

/// Sends it, and reads the beginning of the answer.
pub(super) async fn send(client: &reqwest::Client, message: &Message<'_>) -> Outcome {
    let request = client
        .post(message.url)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("Loop-Webhooks/1 (sandbox ", env!("CARGO_PKG_VERSION"), ")"))
        .header("x-loop-event-id", message.event_id)
        .header("x-loop-event-type", message.event_type)
        .header("x-loop-signature", message.signature)
        .header("x-loop-delivery-attempt", message.attempt)
        .body(message.body.to_owned());
    let mut answer = match request.send().await {
        Ok(answer) => answer,
        Err(failure) => return Outcome::NoAnswer(words(&failure)),
    };
    let mut bytes = Vec::new();
    // The status has been said; a body that does not arrive whole changes nothing.
    while bytes.len() < ANSWER_KEPT {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(ANSWER_KEPT);
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    Outcome::Answered { status: answer.status().as_u16(), text }
}

fn words(failure: &reqwest::Error) -> String {
    if failure.is_timeout() {
        format!("No answer within {} seconds.", ANSWER_WITHIN.as_secs())
    } else if failure.is_connect() {
        "Nothing answers at this address.".to_owned()
    } else {
        "The connection broke before an answer came.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_rfc_4231_test_case_2() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature("Jefe", b"what do ya want for nothing?"), expected);
    }
}
