//! A fleet whose users all come due in the same minute: the token endpoint's cap holds, sign-ins find room, and whoever
//! has a live access token goes on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::support::process::{Asked, Process};
use crate::support::server::REDIRECT_URI;
use crate::support::store::Store;
use crate::support::{counted, error_of, is_full, rounds, token_of};

const PROCESSES: usize = 4;
const CAP: usize = 60;
/// What calls may use of it; the rest is for sign-ins.
const FOR_CALLS: usize = 48;
const MINUTE: Duration = Duration::from_secs(60);
/// How often the fleet's users call, all of a wave at once.
const WAVES: Duration = Duration::from_secs(10);
const SIGN_INS: Duration = Duration::from_secs(6);

/// A token endpoint that grants everything and notes when.
#[derive(Clone, Default)]
struct Endpoint(Arc<Mutex<Vec<(Instant, bool)>>>);

impl Respond for Endpoint {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let is_exchange = String::from_utf8_lossy(&request.body).contains("authorization_code");
        let mut arrivals = self.0.lock().unwrap();
        arrivals.push((Instant::now(), is_exchange));
        let number = arrivals.len();
        ResponseTemplate::new(200).set_body_json(json!({
            "access_token": format!("a{number}"), "refresh_token": format!("r{number}"), "expires_in": 3600,
            "token_type": "Bearer",
        }))
    }
}

impl Endpoint {
    fn arrivals(&self) -> Vec<(Instant, bool)> {
        self.0.lock().unwrap().clone()
    }

    /// The most that any minute saw.
    fn busiest_minute(&self) -> usize {
        let arrivals = self.arrivals();
        let within = |first: Instant| move |at: &&(Instant, bool)| at.0 >= first && at.0 < first + MINUTE;
        arrivals.iter().map(|(first, _)| arrivals.iter().filter(within(*first)).count()).max().unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_that_comes_due_at_once_stays_under_the_cap_and_lets_sign_ins_through() {
    let users = rounds(200, 10_000);
    let lasts = if is_full() { 2 * MINUTE } else { WAVES };
    let platform = MockServer::start().await;
    let endpoint = Endpoint::default();
    Mock::given(path("/identity/v1/oauth/token")).respond_with(endpoint.clone()).mount(&platform).await;
    let store = Store::new();
    let options = json!({
        "client_id": "client_1", "environment": format!("{}/{{service}}", platform.uri()), "store": store.url(),
        "redirect_uri": REDIRECT_URI, "scopes": ["read:biomarkers"], "identify": false, "timeout": 12,
        "token_requests_per_minute": CAP,
    });
    let mut fleet = Vec::new();
    for _ in 0..PROCESSES {
        fleet.push(Process::open(&options).await);
    }
    for user in 0..users {
        fleet[0].import(&format!("user_{user}"), &format!("due_{user}")).await;
    }
    let living = json!({
        "op": "import", "user_id": "living", "refresh_token": "far", "access_token": "good", "expires_at": 4_000_000_000_u64,
    });
    assert_eq!(fleet[1].ask(living).await["imported"], "imported");
    let mut front = Process::open(&options).await;

    let (mut asked, mut sign_ins, mut user) = (Vec::<(usize, Asked)>::new(), 0_u32, 0_u32);
    let (began, mut next_wave, mut next_sign_in) = (Instant::now(), Instant::now(), Instant::now());
    while began.elapsed() < lasts {
        if Instant::now() >= next_wave {
            next_wave += WAVES;
            for number in 0..200 {
                let process = number % PROCESSES;
                let call = json!({ "op": "access_token", "user_id": format!("user_{}", user % users) });
                asked.push((process, fleet[process].send(call).await));
                user += 1;
            }
        }
        if Instant::now() >= next_sign_in {
            next_sign_in += SIGN_INS;
            let signed_in = sign_in(&mut front, sign_ins).await;
            assert_eq!(signed_in["ok"], true, "a sign-in finds room: {signed_in}");
            sign_ins += 1;
        }
        token_of(&fleet[sign_ins as usize % PROCESSES].access_token("living").await);
        sleep_until((Instant::now() + Duration::from_millis(250)).min(next_wave).min(next_sign_in)).await;
    }
    let (mut served, mut later) = (0, 0);
    for (process, asked) in asked {
        let answer = fleet[process].answer(asked).await.expect("the process lives");
        match error_of(&answer) {
            None => served += 1,
            Some("paced" | "refresh_in_progress") => later += 1,
            Some(other) => panic!("{other}"),
        }
    }
    let arrivals = endpoint.arrivals();
    let exchanges = arrivals.iter().filter(|(_, is_exchange)| *is_exchange).count();
    assert_eq!(exchanges, sign_ins as usize);
    assert!(endpoint.busiest_minute() <= CAP, "{} in one minute", endpoint.busiest_minute());
    let calls = arrivals.len() - exchanges;
    let at_most = FOR_CALLS * (1 + usize::try_from(lasts.as_secs()).unwrap() / 60);
    // Nearly the whole share is used: who could have been served is not told to wait.
    assert!((FOR_CALLS - CAP / 10..=at_most).contains(&calls), "{calls} refreshes");
    assert!(served >= calls.min(10), "who asked is served: {served} of {calls}");
    counted(
        "10,000 users due at once",
        &format!(
            "{users} users, {PROCESSES} processes, {}s: {calls} refreshes, {served} calls served, {later} told to wait, \
             {sign_ins} sign-ins, at most {} of {CAP} requests in a minute",
            lasts.as_secs(),
            endpoint.busiest_minute()
        ),
    );
}

async fn sign_in(front: &mut Process, number: u32) -> Value {
    let begun = front.ask(json!({ "op": "authorize", "user_id": format!("new_{number}") })).await;
    let state = begun["state"].as_str().expect("a state");
    let callback = format!("{REDIRECT_URI}?code=code_{number}&state={state}");
    front.ask(json!({ "op": "finish", "callback": callback, "browser_secret": begun["browser_secret"] })).await
}
