//! Processes that are killed: before the intent and after the save the next one works; between them it works or says
//! that the outcome is unknown. Never is a token used twice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::store::Store;
use crate::support::{LAPSED, Moments, TWO_HOURS, counted, error_of, progress, rounds, token_of};

/// A server, a store, and a user whose grant is due.
struct Scene {
    server: Server,
    store: Store,
    user: String,
    signed_in: u32,
}

impl Scene {
    async fn new() -> Self {
        Self { server: Server::sandbox().await, store: Store::new(), user: String::new(), signed_in: 0 }
    }

    fn options(&self) -> Value {
        self.server.options(&self.store.url())
    }

    /// Another user, whose first call refreshes.
    async fn next_user(&mut self, keeper: &mut Process) {
        self.signed_in += 1;
        self.user = format!("user_{}", self.signed_in);
        keeper.import(&self.user, &self.server.refresh_token().await).await;
        self.server.mark().await;
    }

    /// In which a refresh that nobody disturbs is nearly always over, with the machine as busy as it is.
    async fn time_of_a_refresh(&mut self, keeper: &mut Process, options: &Value) -> Duration {
        let mut times = Vec::new();
        for _ in 0..9 {
            self.next_user(keeper).await;
            let mut process = Process::open(options).await;
            let started = tokio::time::Instant::now();
            token_of(&process.access_token(&self.user).await);
            times.push(started.elapsed());
        }
        times.sort_unstable();
        // The longest would let most of the kills come too late.
        times[times.len() / 2].mul_f64(1.2)
    }

    fn has_intent(&self) -> bool {
        self.store.grant(&self.user).get("intent").is_some()
    }

    /// The next process comes when nothing is under way any more. True where it can't know the outcome.
    async fn next_process_is_in_doubt(&self, options: &Value, ahead: Duration) -> bool {
        let mut next = Process::open_ahead(options, ahead).await;
        let answer = next.access_token(&self.user).await;
        match error_of(&answer) {
            None => false,
            Some("refresh_outcome_unknown") => true,
            Some(other) => panic!("{other}"),
        }
    }

    /// A sign-in is the way out of any doubt.
    async fn a_new_grant_works(&self) {
        let user = self.user.clone();
        let mut later = Process::open_ahead(&self.options(), LAPSED).await;
        later.import(&user, &self.server.refresh_token().await).await;
        token_of(&later.access_token(&user).await);
    }

    /// Waits until the client has asked about the token that it just got.
    async fn signs_of_introspection(&self, process: &mut Process, user: &str) {
        let asked = || {
            let entries = self.server.sandbox_ref().journal();
            entries.iter().any(|entry| entry.path == "/v1/oauth/introspect" && entry.status.is_some())
        };
        while !asked() {
            token_of(&process.access_token(user).await);
        }
        // It has nothing under way, so the answer has arrived too.
        assert_eq!(process.ask(json!({ "op": "drain", "timeout": 10 })).await["settled"], true);
    }

    /// Begins a sign-in of this user and lets the person allow it.
    async fn callback(&self, process: &mut Process, user: Option<&str>) -> Value {
        let begun = process.ask(json!({ "op": "authorize", "user_id": user })).await;
        let callback = self.server.allow(begun["url"].as_str().expect("a URL")).await;
        json!({ "op": "finish", "callback": callback, "browser_secret": begun["browser_secret"] })
    }
}

/// Where a refresh is killed, whether an intent stands then, and whether the server has rotated.
const REFRESH: &[(&str, bool, bool)] = &[
    ("refresh.before_intent", false, false),
    ("refresh.after_intent", true, false),
    ("refresh.before_request", true, false),
    ("refresh.after_answer", true, true),
    ("save.before", true, true),
    ("save.after", false, true),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_killed_at_any_step_is_not_repeated_and_not_lost() {
    let mut scene = Scene::new().await;
    let options = scene.options();
    let mut keeper = Process::open(&options).await;
    let (rounds, mut kills, mut unknown) = (rounds(1, 10), 0, 0);
    for (point, stands, rotated) in REFRESH.iter().copied().cycle().take(REFRESH.len() * rounds as usize) {
        scene.next_user(&mut keeper).await;
        let mut victim = Process::open(&options).await;
        victim.stop_at(point, "kill").await;
        victim.send(json!({ "op": "access_token", "user_id": scene.user })).await;
        assert!(victim.was_killed().await, "{point}");
        kills += 1;
        assert_eq!(scene.has_intent(), stands, "{point}");
        assert_eq!(scene.server.token_requests().await, usize::from(rotated), "{point}");

        let in_doubt = scene.next_process_is_in_doubt(&options, LAPSED).await;
        assert_eq!(in_doubt, stands, "{point}");
        unknown += u32::from(in_doubt);
        assert!(scene.server.token_requests().await <= 1, "{point}");
        if in_doubt {
            scene.a_new_grant_works().await;
        }
        assert_eq!(scene.server.replays().await, 0, "{point}");
    }
    counted("kill -9 at each step of a refresh", &format!("{kills} kills, {unknown} unknown, 0 replays"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_killed_at_a_random_moment_is_not_repeated_and_not_lost() {
    const NAME: &str = "kill -9 at random moments";
    let mut scene = Scene::new().await;
    let options = scene.options();
    let mut keeper = Process::open(&options).await;
    let time = scene.time_of_a_refresh(&mut keeper, &options).await;
    let mut moments = Moments::new(NAME);
    let (rounds, mut between, mut unknown, mut rotated) = (rounds(25, 500), 0, 0, 0);
    for round in 0..rounds {
        progress(NAME, round, rounds);
        scene.next_user(&mut keeper).await;
        let mut victim = Process::open(&options).await;
        victim.send(json!({ "op": "access_token", "user_id": scene.user })).await;
        moments.pass(time).await;
        victim.kill().await;
        let stands = scene.has_intent();
        between += u32::from(stands);
        rotated += scene.server.token_requests().await;

        let in_doubt = scene.next_process_is_in_doubt(&options, LAPSED).await;
        assert!(stands || !in_doubt, "round {round}: no intent stood, and it can't know?");
        unknown += u32::from(in_doubt);
        assert!(scene.server.token_requests().await <= 1, "round {round}");
        assert_eq!(scene.server.replays().await, 0, "round {round}");
    }
    assert!(unknown <= between);
    let figures = format!("{rounds} kills, {between} with an intent, {rotated} after the request arrived");
    counted(NAME, &format!("{figures}, {unknown} unknown, 0 replays"));
}

/// Rules of a server that allow recovery: the profile, the sandbox's rule, and how much later the next process comes.
const RULES: &[(&str, &str, Duration)] = &[
    ("introspect", "strict", Duration::from_secs(210)),
    ("grace:60", "grace:60", Duration::from_secs(45)),
    ("replay", "previous_until_used", LAPSED),
    ("replay", "none", LAPSED),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_rule_of_the_server_allows_recovery_nothing_stays_unknown() {
    let (rounds, mut kills, mut over) = (rounds(1, 10), 0, 0);
    for (profile, rotation, ahead) in RULES.iter().copied() {
        let mut scene = Scene::new().await;
        scene.server.rotation(rotation).await;
        let mut options = scene.options();
        options["profile"] = profile.into();
        let mut keeper = Process::open(&options).await;
        for (point, stands, rotated) in REFRESH.iter().copied().cycle().take(REFRESH.len() * rounds as usize) {
            let case = format!("{profile} at a server with {rotation}, {point}");
            let mut next = Process::open_ahead(&options, ahead).await;
            if profile == "introspect" {
                // Only a client that has seen a live token called active believes the server.
                scene.next_user(&mut keeper).await;
                token_of(&next.access_token(&scene.user).await);
                let user = scene.user.clone();
                scene.signs_of_introspection(&mut next, &user).await;
            }
            scene.next_user(&mut keeper).await;
            let mut victim = Process::open(&options).await;
            victim.stop_at(point, "kill").await;
            victim.send(json!({ "op": "access_token", "user_id": scene.user })).await;
            assert!(victim.was_killed().await, "{case}");
            kills += 1;

            scene.server.sandbox_ref().advance_clock(ahead);
            let answer = next.access_token(&scene.user).await;
            if profile == "introspect" && stands && rotated {
                // The server says that the token is spent, so its answer was lost: that is known for sure.
                assert_eq!(error_of(&answer), Some("grant_ended"), "{case}");
                over += 1;
            } else {
                token_of(&answer);
            }
            if profile == "introspect" {
                assert_eq!(scene.server.replays().await, 0, "{case}");
            }
            assert_eq!(scene.server.alerts().await, 0, "{case}");
        }
    }
    counted("kill -9 under lenient rules", &format!("{kills} kills, 0 unknown, {over} known to be over, 0 alarms"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_a_random_moment_nothing_stays_unknown_where_the_rule_allows_recovery() {
    for (profile, rotation, ahead) in RULES.iter().copied() {
        let name = format!("kill -9 at random moments, {profile} at a server with {rotation}");
        let mut scene = Scene::new().await;
        scene.server.rotation(rotation).await;
        let mut options = scene.options();
        options["profile"] = profile.into();
        let mut keeper = Process::open(&options).await;
        let time = scene.time_of_a_refresh(&mut keeper, &options).await;
        if profile == "introspect" {
            scene.next_user(&mut keeper).await;
            token_of(&keeper.access_token(&scene.user).await);
            let user = scene.user.clone();
            scene.signs_of_introspection(&mut keeper, &user).await;
        }
        let mut moments = Moments::new(&name);
        let (rounds, mut between, mut rotated, mut over) = (rounds(6, 500), 0, 0, 0);
        for round in 0..rounds {
            progress(&name, round, rounds);
            scene.next_user(&mut keeper).await;
            let mut victim = Process::open(&options).await;
            victim.send(json!({ "op": "access_token", "user_id": scene.user })).await;
            moments.pass(time).await;
            victim.kill().await;
            let stands = scene.has_intent();
            between += u32::from(stands);
            rotated += scene.server.token_requests().await;

            scene.server.sandbox_ref().advance_clock(ahead);
            let mut next = Process::open_ahead(&options, ahead).await;
            let answer = next.access_token(&scene.user).await;
            if profile == "introspect" && error_of(&answer) == Some("grant_ended") {
                // The server has said that the token is spent: the answer was lost for sure.
                let lost = stands && scene.server.token_requests().await == 1;
                assert!(lost, "{name}, round {round}: nothing was lost, and it is over?");
                over += 1;
            } else {
                token_of(&answer);
            }
            if profile == "introspect" {
                assert_eq!(scene.server.replays().await, 0, "{name}, round {round}");
            }
            assert_eq!(scene.server.alerts().await, 0, "{name}, round {round}");
        }
        let figures = format!("{rounds} kills, {between} with an intent, {rotated} after the request arrived");
        counted(&name, &format!("{figures}, 0 unknown, {over} known to be over, 0 alarms"));
    }
}

/// Where a sign-in is killed, and what the next call of a user that had a grant before says.
const EXCHANGE: &[(&str, Option<&str>)] = &[
    ("exchange.before_intent", None),
    ("exchange.after_intent", Some("exchange_outcome_unknown")),
    ("exchange.before_request", Some("exchange_outcome_unknown")),
    ("exchange.after_answer", Some("exchange_outcome_unknown")),
    ("save.before", Some("exchange_outcome_unknown")),
    ("save.after", None),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_killed_at_any_step_leaves_the_former_grant_or_asks_for_another_sign_in() {
    let mut kills = 0;
    for (point, error) in EXCHANGE.iter().copied() {
        let scene = Scene::new().await;
        let options = scene.options();
        let mut first = Process::open(&options).await;
        let finish = scene.callback(&mut first, None).await;
        let connected = first.ask(finish).await;
        assert_eq!(connected["ok"], true, "{connected}");
        let user = connected["user_id"].as_str().unwrap().to_owned();

        let mut victim = Process::open(&options).await;
        let finish = scene.callback(&mut victim, Some(&user)).await;
        victim.stop_at(point, "kill").await;
        victim.send(finish.clone()).await;
        assert!(victim.was_killed().await, "{point}");
        kills += 1;

        let mut next = Process::open_ahead(&options, TWO_HOURS).await;
        scene.server.sandbox_ref().advance_clock(TWO_HOURS);
        let reloaded = next.ask(finish).await;
        // Ten minutes later nobody knows the sign-in any more: either way its code is not sent again.
        assert!(matches!(error_of(&reloaded), Some("already_completed" | "state_unknown")), "{point}: {reloaded}");
        let answer = next.access_token(&user).await;
        assert_eq!(error_of(&answer), error, "{point}: {answer}");
        let finish = scene.callback(&mut next, Some(&user)).await;
        let again = next.ask(finish).await;
        assert_eq!(again["ok"], true, "{point}: {again}");
        let mut later = Process::open_ahead(&options, TWO_HOURS * 2).await;
        token_of(&later.access_token(&user).await);
        assert_eq!(scene.server.replays().await, 0, "{point}");
    }
    counted("kill -9 at each step of a sign-in", &format!("{kills} kills, 0 replays, each can sign in again"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disconnect_killed_at_any_step_leaves_a_grant_that_works_or_none_that_lives() {
    let mut kills = 0;
    for point in ["revoke.before_tombstone", "revoke.after_tombstone", "revoke.after_answer"] {
        let mut scene = Scene::new().await;
        let options = scene.options();
        let mut keeper = Process::open(&options).await;
        scene.next_user(&mut keeper).await;
        token_of(&keeper.access_token(&scene.user).await);
        let mut victim = Process::open(&options).await;
        victim.stop_at(point, "kill").await;
        victim.send(json!({ "op": "revoke", "user_id": scene.user })).await;
        assert!(victim.was_killed().await, "{point}");
        kills += 1;

        let mut next = Process::open_ahead(&options, TWO_HOURS).await;
        let answer = next.access_token(&scene.user).await;
        if point == "revoke.before_tombstone" {
            token_of(&answer);
            continue;
        }
        assert_eq!(error_of(&answer), Some("not_connected"), "{point}");
        // The first call of a later process tells Loop again; its clock is past the time that this waits.
        let told = async {
            while scene.store.grant(&scene.user)["tombstone"]["confirmed"] != true {
                next.ask(json!({ "op": "drain", "timeout": 1 })).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), told).await.expect("Loop is told again");
        assert!(scene.server.revocations() >= 1, "{point}");
        assert!(scene.store.grant(&scene.user)["tokens"].is_null(), "{point}: the secrets are stripped");
        assert_eq!(scene.server.replays().await, 0, "{point}");
    }
    counted("kill -9 at each step of a disconnect", &format!("{kills} kills, nothing alive behind a tombstone"));
}
