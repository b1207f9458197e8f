//! Processes that are stopped, as by a debugger, a sleeping laptop or a busy host, and go on when the world has changed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::process::{Asked, Process};
use crate::support::server::Server;
use crate::support::store::Store;
use crate::support::{LAPSED, counted, error_of, rounds, token_of};

const USER: &str = "user_1";
/// A request has to be sent this soon after its intent, and it takes real time to be later.
const PAST_SEND_BY: Duration = Duration::from_millis(5_200);

/// A grant that is due, and a process that was stopped while it refreshed it.
struct Scene {
    server: Server,
    store: Store,
    options: Value,
    stopped: Process,
    asked: Asked,
}

impl Scene {
    async fn new(point: &str) -> Self {
        let mut server = Server::sandbox().await;
        let store = Store::new();
        let options = server.options(&store.url());
        let mut stopped = Process::open(&options).await;
        stopped.import(USER, &server.refresh_token().await).await;
        server.mark().await;
        stopped.stop_at(point, "stop").await;
        let asked = stopped.send(json!({ "op": "access_token", "user_id": USER })).await;
        stopped.stopped().await;
        Self { server, store, options, stopped, asked }
    }

    /// What another process hears that has little patience.
    async fn another_hears(&self, ahead: Duration) -> Result<String, String> {
        let mut options = self.options.clone();
        options["timeout"] = 1.into();
        let mut other = Process::open_ahead(&options, ahead).await;
        let answer = other.access_token(USER).await;
        match error_of(&answer) {
            None => Ok(token_of(&answer)),
            Some(error) => Err(error.to_owned()),
        }
    }

    /// The stopped process goes on, and this is what its caller gets in the end.
    async fn go_on(&mut self) -> String {
        self.stopped.go_on();
        token_of(&self.stopped.answer(self.asked).await.expect("the process lives"))
    }

    async fn events(&mut self) -> Value {
        self.stopped.ask(json!({ "op": "events" })).await["events"].clone()
    }

    /// One request in all, nothing used twice, nothing left standing, and a later refresh works.
    async fn ends_well(&self) {
        assert_eq!(self.server.token_requests().await, 1);
        assert!(self.store.grant(USER).get("intent").is_none());
        let mut later = Process::open_ahead(&self.options, crate::support::TWO_HOURS).await;
        token_of(&later.access_token(USER).await);
        assert_eq!((self.server.token_requests().await, self.server.replays().await), (2, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_stopped_before_its_intent_finds_it_refused_and_sends_nothing() {
    let rounds = rounds(2, 50);
    for _ in 0..rounds {
        let mut scene = Scene::new("refresh.before_intent").await;
        let theirs = scene.another_hears(Duration::ZERO).await.expect("nobody is in the way");
        assert_eq!(scene.server.token_requests().await, 1);
        assert_eq!(scene.go_on().await, theirs, "it adopts what the other one stored");
        assert!(scene.events().await.as_array().unwrap().contains(&json!("conflict")));
        scene.ends_well().await;
    }
    counted("SIGSTOP before the intent", &format!("{rounds} rounds, 1 request each"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_stopped_after_its_intent_keeps_its_right_and_loses_it_in_time() {
    let rounds = rounds(1, 10);
    for late in [false, true].into_iter().cycle().take(2 * rounds as usize) {
        let mut scene = Scene::new("refresh.after_intent").await;
        assert_eq!(scene.another_hears(Duration::ZERO).await, Err("refresh_in_progress".to_owned()));
        assert_eq!(scene.another_hears(LAPSED).await, Err("refresh_outcome_unknown".to_owned()));
        assert_eq!(scene.server.token_requests().await, 0);
        if late {
            tokio::time::sleep(PAST_SEND_BY).await;
        }
        let token = scene.go_on().await;
        assert_eq!(scene.another_hears(Duration::ZERO).await, Ok(token), "late: {late}");
        scene.ends_well().await;
    }
    counted("SIGSTOP after the intent", &format!("{} rounds, 1 request each", 2 * rounds));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_stopped_after_the_answer_saves_it_late_and_heals_the_record() {
    let rounds = rounds(1, 25);
    for point in ["refresh.after_answer", "save.before"].into_iter().cycle().take(2 * rounds as usize) {
        let mut scene = Scene::new(point).await;
        assert_eq!(scene.another_hears(Duration::ZERO).await, Err("refresh_in_progress".to_owned()), "{point}");
        assert_eq!(scene.another_hears(LAPSED).await, Err("refresh_outcome_unknown".to_owned()), "{point}");
        assert_eq!(scene.server.token_requests().await, 1, "{point}");
        let token = scene.go_on().await;
        // Also whoever had given it up.
        assert_eq!(scene.another_hears(LAPSED).await, Ok(token.clone()), "{point}");
        assert_eq!(scene.another_hears(Duration::ZERO).await, Ok(token), "{point}");
        scene.ends_well().await;
    }
    counted("SIGSTOP after the answer", &format!("{} rounds, 1 request each, healed by the late save", 2 * rounds));
}
