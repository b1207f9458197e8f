//! The rest of the way of a fleet whose users all came due in one minute, on a clock that is moved by hand: everybody is
//! served in the end, and no minute sees more requests than the cap. (`pacing.rs` measures real minutes.)

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use loop_sdk::{AuthorizationRequest, Clock, Code, Environment, ImportGrant, LoopClient};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::support::server::REDIRECT_URI;
use crate::support::store::Store;
use crate::support::{counted, progress, rounds};

const PROCESSES: usize = 4;
const CAP: usize = 60;
const MINUTE: Millis = 60_000;
/// Permits of a minute come back this long after they were taken: the time that they are good for, and clocks' margins.
const WINDOW: Millis = 66_000;
/// What calls may use of a window; the rest is for sign-ins.
const FOR_CALLS: u64 = 48;
/// One person signs in so often: also after the longest steps there is room for all.
const SIGN_INS: Millis = 15_000;
/// An app whose user was told to wait asks again when it was told to, and at some moment of these minutes.
const PATIENT: Millis = 10 * MINUTE;
/// The clock moves by so much at most: sometimes a window fills up in several steps, sometimes in one.
const LONGEST_STEP: Millis = 80_000;

type Millis = u64;

/// The fleet's clock, and how far it was moved.
#[derive(Clone)]
struct Time {
    clock: Clock,
    moved: Arc<AtomicU64>,
}

impl Time {
    fn now(&self) -> Millis {
        self.moved.load(Ordering::SeqCst)
    }

    fn pass(&self, by: Millis) {
        self.moved.fetch_add(by, Ordering::SeqCst);
        self.clock.advance(Duration::from_millis(by));
    }
}

/// A token endpoint that grants everything and notes when, on the fleet's clock. Nothing is under way while that moves.
#[derive(Clone)]
struct Endpoint {
    time: Time,
    arrivals: Arc<Mutex<Vec<Millis>>>,
}

impl Respond for Endpoint {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut arrivals = self.arrivals.lock().unwrap();
        arrivals.push(self.time.now());
        let number = arrivals.len();
        ResponseTemplate::new(200).set_body_json(json!({
            "access_token": format!("a{number}"), "refresh_token": format!("r{number}"), "expires_in": 86_400,
            "token_type": "Bearer",
        }))
    }
}

/// The most that any minute of these moments saw.
fn busiest_minute(moments: &[Millis]) -> usize {
    let ends = |at: usize| moments.partition_point(|moment| *moment < moments[at] + MINUTE);
    (0..moments.len()).map(|at| ends(at) - at).max().unwrap_or_default()
}

/// What became of the users who asked in one step.
#[derive(Default)]
struct Told {
    served: u32,
    /// Users who were told to come back, and how much later.
    later: Vec<(u32, Millis)>,
}

async fn ask(fleet: &[LoopClient], users: Vec<u32>) -> Told {
    let calls: Vec<_> = users
        .into_iter()
        .map(|user| {
            let client = fleet[user as usize % PROCESSES].clone();
            tokio::spawn(async move { (user, client.access_token(&format!("user_{user}")).await) })
        })
        .collect();
    let mut told = Told::default();
    for call in calls {
        match call.await.unwrap() {
            (_, Ok(_)) => told.served += 1,
            (user, Err(error)) => {
                let after = match error.code() {
                    Code::Paced => error.retry_after().expect("whoever is told to wait is told for how long"),
                    // A refresh that goes on when its caller's time is up.
                    Code::RefreshInProgress => Duration::from_secs(1),
                    _ => panic!("{error}"),
                };
                let after = u64::try_from(after.as_millis()).unwrap();
                told.later.push((user, after));
            }
        }
    }
    for client in fleet {
        assert!(client.drain(Some(Duration::from_secs(60))).await, "nothing goes on for ever");
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_of_a_fleet_that_came_due_at_once_is_served_in_the_end() {
    const NAME: &str = "10,000 users due at once, to the last of them";
    let users = rounds(150, 10_000);
    let time = Time { clock: Clock::manual(), moved: Arc::default() };
    let endpoint = Endpoint { time: time.clone(), arrivals: Arc::default() };
    let platform = MockServer::builder().disable_request_recording().start().await;
    Mock::given(path("/identity/v1/oauth/token")).respond_with(endpoint.clone()).mount(&platform).await;
    let store = Store::new();
    let client = || {
        LoopClient::builder()
            .client_id("client_1")
            .redirect_uri(REDIRECT_URI)
            .scopes(["read:biomarkers"])
            .environment(Environment::Template(format!("{}/{{service}}", platform.uri())))
            .store(&store.url())
            .identify(false)
            .token_requests_per_minute(u32::try_from(CAP).unwrap())
            // In real time, which the fleet's clock waits for: a caller who can't be served now hears it soon.
            .timeout(Duration::from_millis(1_200))
            .clock(time.clock.clone())
            .build()
            .unwrap()
    };
    let fleet: Vec<LoopClient> = (0..PROCESSES).map(|_| client()).collect();
    for user in 0..users {
        fleet[0].import_grant(ImportGrant::new(format!("user_{user}"), format!("due_{user}"))).await.unwrap();
    }
    let mut living = ImportGrant::new("living", "far");
    living.access_token = Some("good".into());
    living.expires_at = Some(UNIX_EPOCH + Duration::from_secs(4_000_000_000));
    fleet[1].import_grant(living).await.unwrap();

    let mut random = StdRng::seed_from_u64(u64::from(users));
    let mut due: BinaryHeap<Reverse<(Millis, u32)>> =
        (0..users).map(|user| Reverse((random.random_range(0..MINUTE), user))).collect();
    let mut tries = vec![0_u32; users as usize];
    let (mut served, mut sign_ins, mut steps) = (0, 0, 0);
    // As long as the cap makes it, and as long as the last ones need who come back only now and then. Three times that,
    // because a busy machine serves fewer of a step: its callers' patience is real time.
    let longest = 3 * ((u64::from(users) / FOR_CALLS + 1) * WINDOW + 2 * PATIENT);
    while served < users {
        let now = time.now();
        assert!(now < longest, "{} users still wait after {}s", users - served, now / 1000);
        let mut asking = Vec::new();
        while due.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            asking.extend(due.pop().map(|Reverse((_, user))| user));
        }
        for user in &asking {
            tries[*user as usize] += 1;
        }
        let told = ask(&fleet, asking).await;
        for _ in 0..told.served {
            served += 1;
            progress(NAME, served, users);
        }
        for (user, after) in told.later {
            due.push(Reverse((now + after + random.random_range(0..PATIENT), user)));
        }
        // The endpoint is as busy as it may be with those, and a person with a code is not kept waiting.
        while sign_ins < now / SIGN_INS {
            sign_in(&fleet[usize::try_from(sign_ins).unwrap() % PROCESSES], sign_ins).await;
            sign_ins += 1;
        }
        for client in &fleet {
            client.access_token("living").await.expect("a living token needs no permit");
        }
        steps += 1;
        time.pass(random.random_range(1_000..LONGEST_STEP));
    }
    let arrivals = endpoint.arrivals.lock().unwrap().clone();
    assert_eq!(arrivals.len() as u64, u64::from(users) + sign_ins, "one request each");
    let busiest = busiest_minute(&arrivals);
    assert!(busiest <= CAP, "{busiest} requests in one minute");
    counted(
        NAME,
        &format!(
            "{users} users, {PROCESSES} clients, {steps} steps, {} minutes of their clock: all served, after {:.1} tries \
             each and {} at most, {sign_ins} sign-ins at once, at most {busiest} of {CAP} requests in a minute",
            time.now() / MINUTE,
            f64::from(tries.iter().sum::<u32>()) / f64::from(users),
            tries.iter().max().unwrap(),
        ),
    );
}

async fn sign_in(client: &LoopClient, number: u64) {
    let begun = client.authorization_url(AuthorizationRequest::new().user_id(format!("new_{number}"))).await.unwrap();
    let callback = format!("{REDIRECT_URI}?code=code_{number}&state={}", begun.state.expose());
    client.handle_callback(&callback, Some(&begun.browser_secret)).await.expect("a sign-in finds room");
}
