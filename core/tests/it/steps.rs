//! Every operation, interrupted at every step: what its caller hears, and what stands afterwards.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::HOUR;
use crate::support::stepper::{
    Director, FOR_EVER, Free, Given, Order, Process, Shared, Stage, Step, let_others_run, on_a_stage,
};
use loop_sdk::{Action, AuthorizationRequest, Error, ImportGrant, LoopClient, Secret};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// What is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    AuthorizationUrl,
    /// A callback of somebody who was named beforehand, and has a grant.
    CodeOfAKnownUser,
    /// `exchange_code`, of somebody who comes for the first time.
    CodeOfANewUser,
    /// A callback of somebody who has a grant, and was not named.
    CodeOfAnUnnamedUser,
    ImportOfANewUser,
    ImportInPlaceOfAGrant,
    Revoke,
    Refresh,
}

use Operation::{
    AuthorizationUrl, CodeOfAKnownUser, CodeOfANewUser, CodeOfAnUnnamedUser, ImportInPlaceOfAGrant, ImportOfANewUser,
    Refresh, Revoke,
};

impl Operation {
    const ALL: [Self; 8] = [
        AuthorizationUrl,
        CodeOfAKnownUser,
        CodeOfANewUser,
        CodeOfAnUnnamedUser,
        ImportOfANewUser,
        ImportInPlaceOfAGrant,
        Revoke,
        Refresh,
    ];

    fn has_a_code(self) -> bool {
        matches!(self, CodeOfAKnownUser | CodeOfANewUser | CodeOfAnUnnamedUser)
    }
}

/// How a step goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Disturbance {
    /// It is not done, and the process hears of a failure. A request gets no answer, and did not arrive.
    Fails,
    /// A write is not done, and nobody can say so.
    Vanishes,
    /// It is done, and its answer is lost.
    LosesAnswer,
    /// A write is done, and the store says that it failed.
    FailsAfterwards,
    /// The store is away from here on, and comes back while the process lives.
    Down,
    /// The store is away from here on, and the process ends before it comes back.
    DownThenDies,
    /// The caller gives up just before, or just after.
    CancelledBefore,
    CancelledAfter,
    /// The process ends just before, or just after.
    Dies,
    DiesAfterwards,
}

impl Disturbance {
    fn of(step: &Step) -> &'static [Self] {
        use Disturbance::{
            CancelledAfter, CancelledBefore, Dies, DiesAfterwards, Down, DownThenDies, Fails, FailsAfterwards,
            LosesAnswer, Vanishes,
        };
        match step {
            Step::Request(_) | Step::Answer(_) => {
                &[Fails, LosesAnswer, CancelledBefore, CancelledAfter, Dies, DiesAfterwards]
            }
            Step::Store("save" | "delete", _) => &[
                Fails,
                Vanishes,
                LosesAnswer,
                FailsAfterwards,
                Down,
                DownThenDies,
                CancelledBefore,
                CancelledAfter,
                Dies,
                DiesAfterwards,
            ],
            Step::Store(..) => &[Fails, Down, DownThenDies, CancelledBefore, Dies],
        }
    }
}

const ELDER: usize = 0;
const SUBJECT: usize = 1;
const FRESH: usize = 2;
/// Whose grant is imported: an app with a store of its own.
const GIVER: usize = 3;

/// Disturbs one step of the subject.
#[derive(Debug, Default)]
struct Script {
    state: Mutex<State>,
    died: Notify,
}

#[derive(Debug, Default)]
struct State {
    counting: bool,
    disturbed: Option<(usize, Disturbance)>,
    steps: Vec<Step>,
    down: bool,
    dead: bool,
    caller: Option<AbortHandle>,
}

impl Script {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap())
    }

    fn decide(&self, step: Step) -> Order {
        self.with(|state| {
            if state.dead {
                return Order::Dies;
            }
            if !state.counting || matches!(step, Step::Answer(_)) {
                return Order::Goes;
            }
            let number = state.steps.len();
            let of_the_store = matches!(step, Step::Store(..));
            state.steps.push(step);
            let disturbance = match state.disturbed {
                Some((at, disturbance)) if at == number => disturbance,
                _ if state.down && of_the_store => return Order::Fails,
                _ => return Order::Goes,
            };
            match disturbance {
                Disturbance::Fails => Order::Fails,
                Disturbance::Vanishes => Order::Vanishes,
                Disturbance::LosesAnswer => Order::LosesAnswer,
                Disturbance::FailsAfterwards => Order::FailsAfterwards,
                Disturbance::Down | Disturbance::DownThenDies => {
                    state.down = true;
                    Order::Fails
                }
                Disturbance::CancelledBefore => {
                    state.caller.iter().for_each(AbortHandle::abort);
                    Order::Goes
                }
                Disturbance::CancelledAfter => Order::GoesAndTells,
                Disturbance::Dies => {
                    state.dead = true;
                    Order::Dies
                }
                Disturbance::DiesAfterwards => {
                    state.dead = true;
                    Order::DiesAfterwards
                }
            }
        })
    }
}

#[async_trait::async_trait]
impl Director for Script {
    async fn ask(&self, process: usize, step: Step) -> Order {
        if process != SUBJECT {
            return Order::Goes;
        }
        let order = self.decide(step);
        if self.with(|state| state.dead) {
            self.died.notify_one();
        }
        // Where the caller gave up, what it dropped is gone before the step is done.
        let_others_run().await;
        order
    }

    async fn done(&self) {
        self.with(|state| state.caller.iter().for_each(AbortHandle::abort));
        let_others_run().await;
    }
}

/// What came of one play.
#[derive(Debug)]
struct Played {
    heard: String,
    /// What a reload of the callback said.
    reload: Option<&'static str>,
    /// Whose grant works afterwards, or what a call says instead.
    stands: &'static str,
    wrong: Vec<String>,
    steps: Vec<Step>,
}

fn said<T>(outcome: &Result<T, Error>) -> &'static str {
    outcome.as_ref().map_or_else(|error| error.code().as_str(), |_| "ok")
}

/// Who plays beside the subject, in all plays on one stage.
struct Cast<'a> {
    stage: &'a Stage,
    elder: Process,
    fresh: Process,
    giver: Process,
    givers_store: Arc<Shared>,
}

impl<'a> Cast<'a> {
    async fn new(stage: &'a Stage) -> Self {
        let free: Arc<dyn Director> = Arc::new(Free);
        let givers_store = stage.other_store();
        Self {
            stage,
            elder: stage.process(ELDER, &free).await,
            fresh: stage.process(FRESH, &free).await,
            giver: stage.process_on(GIVER, &free, &givers_store).await,
            givers_store,
        }
    }
}

/// What a play needs to begin with.
struct Scene {
    operation: Operation,
    user: &'static str,
    import: Option<ImportGrant>,
    callback: Option<Callback>,
}

#[derive(Clone)]
struct Callback {
    url: String,
    browser_secret: Secret,
}

async fn sign_in(stage: &Stage, process: &Process, user: Option<&str>) -> Result<(), Error> {
    let callback = begin(stage, process, user).await;
    let call = process.client.handle_callback(&callback.url, Some(&callback.browser_secret));
    stage.run(call).await.map(drop)
}

async fn begin(stage: &Stage, process: &Process, user: Option<&str>) -> Callback {
    let mut request = AuthorizationRequest::new();
    request.user_id = user.map(str::to_owned);
    let begun = process.client.authorization_url(request).await.unwrap();
    Callback { url: stage.allow(&begun.url, "ada").await, browser_secret: begun.browser_secret }
}

async fn prepare(cast: &Cast<'_>, operation: Operation) -> Scene {
    let Cast { stage, elder, giver, givers_store, .. } = cast;
    stage.clear().await;
    givers_store.clear();
    let user = stage.sandbox.people()[0].user_id;
    if !matches!(operation, CodeOfANewUser | ImportOfANewUser) {
        sign_in(stage, elder, None).await.unwrap();
    }
    let mut import = None;
    if matches!(operation, ImportOfANewUser | ImportInPlaceOfAGrant) {
        sign_in(stage, giver, None).await.unwrap();
        let newest = stage.ledger.entries().pop().unwrap().got.unwrap();
        let mut grant = ImportGrant::new(user, newest.refresh);
        grant.replace = true;
        import = Some(grant);
    }
    if operation != Revoke {
        // Every access token is over.
        stage.later(2 * HOUR).await;
    }
    let mut callback = None;
    if operation.has_a_code() {
        callback = Some(begin(stage, elder, Some(user).filter(|_| operation == CodeOfAKnownUser)).await);
    }
    Scene { operation, user, import, callback }
}

/// The operation itself. It may say where to sign in; nothing where it never ended.
async fn act(client: LoopClient, scene: Scene) -> Option<Result<Option<String>, Error>> {
    let acts = async {
        match scene.operation {
            AuthorizationUrl => {
                let mut request = AuthorizationRequest::new().user_id(scene.user);
                request.check_browser = Some(false);
                client.authorization_url(request).await.map(|begun| Some(begun.url))
            }
            CodeOfANewUser => {
                let url = scene.callback.unwrap().url;
                client.exchange_code(&field(&url, "code"), &field(&url, "state")).await.map(|_| None)
            }
            CodeOfAKnownUser | CodeOfAnUnnamedUser => {
                let Callback { url, browser_secret } = scene.callback.unwrap();
                client.handle_callback(&url, Some(&browser_secret)).await.map(|_| None)
            }
            ImportOfANewUser | ImportInPlaceOfAGrant => client.import_grant(scene.import.unwrap()).await.map(|_| None),
            Revoke => client.revoke(scene.user).await.map(|()| None),
            Refresh => client.access_token(scene.user).await.map(|_| None),
        }
    };
    tokio::time::timeout(FOR_EVER, acts).await.ok()
}

fn field(url: &str, name: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned()
}

async fn play(cast: &Cast<'_>, operation: Operation, disturbed: Option<(usize, Disturbance)>) -> Played {
    let Cast { stage, fresh, .. } = cast;
    let scene = prepare(cast, operation).await;
    let (user, callback) = (scene.user, scene.callback.clone());
    let script = Arc::new(Script::default());
    let subject = stage.process(SUBJECT, &(Arc::clone(&script) as Arc<dyn Director>)).await;
    script.with(|state| (state.counting, state.disturbed) = (true, disturbed));
    let call = tokio::spawn(act(subject.client.clone(), scene));
    script.with(|state| state.caller = Some(call.abort_handle()));
    let ended = async {
        tokio::select! {
            biased;
            ended = call => Some(ended),
            () = script.died.notified() => None,
        }
    };
    let outcome = stage.run(ended).await;
    let mut wrong = Vec::new();
    let mut heard = match &outcome {
        None => "died".to_owned(),
        Some(Err(_)) => "gave up".to_owned(),
        Some(Ok(None)) => "nothing".to_owned(),
        Some(Ok(Some(outcome))) => said(outcome).to_owned(),
    };
    if outcome.is_none() || matches!(disturbed, Some((_, Disturbance::DownThenDies))) {
        script.with(|state| state.dead = true);
        let sent = stage.ledger.entries().iter().any(|sent| sent.process == SUBJECT);
        let died = if sent { "died after sending" } else { "died" };
        heard = if outcome.is_some() { format!("{heard}, {died}") } else { died.to_owned() };
    } else {
        script.with(|state| state.down = false);
        // Also what was going on beside the call comes to its end.
        if !stage.run(subject.client.drain(Some(FOR_EVER))).await {
            wrong.push("the process never comes to rest".to_owned());
        }
    }
    stage.settle().await;
    script.with(|state| state.counting = false);
    let steps = script.with(|state| state.steps.clone());
    drop(subject);

    let mut reload = None;
    if let Some(Callback { url, browser_secret }) = &callback {
        let again = within(stage, fresh.client.handle_callback(url, Some(browser_secret))).await;
        reload = Some(again.as_ref().map_or("nothing", said));
    }
    // Past every deadline, and within the life of an access token.
    stage.later(Duration::from_secs(200)).await;
    let given = invariants(stage, heard != "ok", &mut wrong).await;
    if operation == Revoke && heard == "ok" && given.iter().any(|pair| pair.refresh_lives || pair.access_lives) {
        wrong.push("something lives after a confirmed disconnect".to_owned());
    }
    if operation == AuthorizationUrl
        && let Some(Ok(Some(Ok(Some(url))))) = &outcome
    {
        let back = stage.allow(url, "ada").await;
        let finished = within(stage, fresh.client.exchange_code(&field(&back, "code"), &field(&back, "state"))).await;
        if !matches!(finished, Some(Ok(_))) {
            wrong.push(format!("the URL is worth nothing: {finished:?}"));
        }
    }
    // One failure, of a store that is well again, costs no sign-in.
    let failed_once = matches!(disturbed, Some((_, Disturbance::Fails))) && heard == "store_unavailable";
    if failed_once && reload == Some("already_completed") {
        wrong.push("nothing was sent, and a reload does not help".to_owned());
    }
    let stands = what_stands(cast, operation, user, &mut wrong).await;
    Played { heard, reload, stands, wrong, steps }
}

/// A call that comes to an end, whatever happens.
async fn within<T>(stage: &Stage, call: impl Future<Output = Result<T, Error>>) -> Option<Result<T, Error>> {
    stage.run(tokio::time::timeout(FOR_EVER, call)).await.ok()
}

/// What must hold whatever was interrupted: nothing is used twice, and what lives can be reached, or its loss was told.
async fn invariants(stage: &Stage, told: bool, wrong: &mut Vec<String>) -> Vec<Given> {
    let stats = stage.sandbox.stats();
    if stats.replays + stats.code_replays + stats.revoked_families + stats.alerts > 0 {
        wrong.push(format!("the server saw a second use: {stats:?}"));
    }
    wrong.extend(stage.sent_twice());
    let given = stage.given().await;
    let record = stage.shared.record().await;
    let stored = record.as_ref().and_then(|record| record["tokens"]["refresh_token"].as_str());
    for pair in &given {
        if pair.refresh_lives && stored != Some(&pair.refresh) && pair.root_process != GIVER && !told {
            wrong.push(format!("a grant lives that nobody can reach: {pair:?}"));
        }
    }
    given
}

/// What another process finds when it needs a new access token; and that the person can sign in, whatever it finds.
async fn what_stands(cast: &Cast<'_>, operation: Operation, user: &str, wrong: &mut Vec<String>) -> &'static str {
    let Cast { stage, fresh, .. } = cast;
    stage.later(2 * HOUR).await;
    let works = within(stage, fresh.client.access_token(user)).await;
    // At its first call a process also tells the server of disconnects that were not confirmed.
    stage.run(fresh.client.drain(Some(FOR_EVER))).await;
    stage.settle().await;
    let error = match works {
        Some(Ok(token)) => {
            let given = invariants(stage, false, wrong).await;
            return match given.iter().find(|pair| pair.access == token.expose()) {
                Some(pair) if pair.refresh_lives && pair.access_lives && pair.root_process == ELDER => "former",
                Some(pair) if pair.refresh_lives && pair.access_lives => "new",
                _ => "dead",
            };
        }
        Some(Err(error)) => error,
        None => return "nothing",
    };
    let given = invariants(stage, true, wrong).await;
    let lost = given.iter().any(|pair| pair.refresh_lives && pair.root_process != GIVER);
    if lost && operation == Revoke {
        wrong.push("a disconnect is never told to the server".to_owned());
    }
    if lost && error.action() != Action::SignInAgain {
        wrong.push(format!("a grant lives, and nobody is told to sign in: {}", error.code().as_str()));
    }
    let again = sign_in(stage, fresh, Some(user)).await;
    stage.later(2 * HOUR).await;
    let works = within(stage, fresh.client.access_token(user)).await;
    if again.is_err() || !matches!(works, Some(Ok(_))) {
        wrong.push(format!("nobody can sign in any more: {again:?}, {works:?}"));
    }
    invariants(stage, false, wrong).await;
    error.code().as_str()
}

/// What may be heard, what a reload of the callback may say then, and what may stand afterwards: whose grant works, or
/// what a call says.
type Row = (Operation, &'static str, &'static str, &'static [&'static str]);

const TABLE: &[Row] = &[
    (AuthorizationUrl, "died", "-", &["former"]),
    (AuthorizationUrl, "gave up", "-", &["former"]),
    (AuthorizationUrl, "ok", "-", &["new"]),
    (AuthorizationUrl, "store_unavailable", "-", &["former"]),
    (AuthorizationUrl, "store_unavailable, died", "-", &["former"]),
    (CodeOfAKnownUser, "died", "already_completed", &["exchange_outcome_unknown", "former"]),
    (CodeOfAKnownUser, "died", "ok", &["new"]),
    (CodeOfAKnownUser, "died after sending", "already_completed", &["exchange_outcome_unknown", "new"]),
    (CodeOfAKnownUser, "exchange_outcome_unknown", "already_completed", &["exchange_outcome_unknown"]),
    (CodeOfAKnownUser, "gave up", "already_completed", &["new"]),
    (CodeOfAKnownUser, "ok", "already_completed", &["new"]),
    (CodeOfAKnownUser, "ok, died after sending", "already_completed", &["new"]),
    (CodeOfAKnownUser, "store_unavailable", "already_completed", &["former"]),
    (CodeOfAKnownUser, "store_unavailable", "ok", &["new"]),
    (CodeOfAKnownUser, "store_unavailable, died", "already_completed", &["exchange_outcome_unknown", "former"]),
    (CodeOfAKnownUser, "store_unavailable, died", "ok", &["new"]),
    (CodeOfAKnownUser, "token_not_saved", "already_completed", &["new"]),
    (CodeOfAKnownUser, "token_not_saved, died after sending", "already_completed", &["exchange_outcome_unknown"]),
    (CodeOfAKnownUser, "unreachable", "ok", &["new"]),
    (CodeOfANewUser, "died", "already_completed", &["not_connected"]),
    (CodeOfANewUser, "died", "ok", &["new"]),
    (CodeOfANewUser, "died after sending", "already_completed", &["new", "not_connected"]),
    (CodeOfANewUser, "exchange_outcome_unknown", "already_completed", &["not_connected"]),
    (CodeOfANewUser, "gave up", "already_completed", &["new"]),
    (CodeOfANewUser, "ok", "already_completed", &["new"]),
    (CodeOfANewUser, "ok, died after sending", "already_completed", &["new"]),
    (CodeOfANewUser, "store_unavailable", "already_completed", &["not_connected"]),
    (CodeOfANewUser, "store_unavailable", "ok", &["new"]),
    (CodeOfANewUser, "store_unavailable, died", "already_completed", &["not_connected"]),
    (CodeOfANewUser, "store_unavailable, died", "ok", &["new"]),
    (CodeOfANewUser, "token_not_saved", "already_completed", &["new"]),
    (CodeOfANewUser, "token_not_saved, died after sending", "already_completed", &["not_connected"]),
    (CodeOfANewUser, "unreachable", "ok", &["new"]),
    (CodeOfAnUnnamedUser, "died", "already_completed", &["former"]),
    (CodeOfAnUnnamedUser, "died", "ok", &["new"]),
    (CodeOfAnUnnamedUser, "died after sending", "already_completed", &["former", "grant_ended", "new"]),
    (CodeOfAnUnnamedUser, "exchange_outcome_unknown", "already_completed", &["former", "grant_ended"]),
    (CodeOfAnUnnamedUser, "gave up", "already_completed", &["new"]),
    (CodeOfAnUnnamedUser, "ok", "already_completed", &["new"]),
    (CodeOfAnUnnamedUser, "ok, died after sending", "already_completed", &["new"]),
    (CodeOfAnUnnamedUser, "store_unavailable", "already_completed", &["former"]),
    (CodeOfAnUnnamedUser, "store_unavailable", "ok", &["new"]),
    (CodeOfAnUnnamedUser, "store_unavailable, died", "already_completed", &["former"]),
    (CodeOfAnUnnamedUser, "store_unavailable, died", "ok", &["new"]),
    (CodeOfAnUnnamedUser, "token_not_saved", "already_completed", &["new"]),
    (CodeOfAnUnnamedUser, "token_not_saved, died after sending", "already_completed", &["grant_ended"]),
    (CodeOfAnUnnamedUser, "unreachable", "ok", &["new"]),
    (ImportOfANewUser, "died", "-", &["new", "not_connected"]),
    (ImportOfANewUser, "gave up", "-", &["new"]),
    (ImportOfANewUser, "ok", "-", &["new"]),
    (ImportOfANewUser, "store_unavailable", "-", &["new", "not_connected"]),
    (ImportOfANewUser, "store_unavailable, died", "-", &["not_connected"]),
    (ImportInPlaceOfAGrant, "died", "-", &["grant_ended", "new"]),
    (ImportInPlaceOfAGrant, "gave up", "-", &["new"]),
    (ImportInPlaceOfAGrant, "ok", "-", &["new"]),
    (ImportInPlaceOfAGrant, "store_unavailable", "-", &["grant_ended", "new"]),
    (ImportInPlaceOfAGrant, "store_unavailable, died", "-", &["grant_ended"]),
    (Revoke, "died", "-", &["former", "not_connected"]),
    (Revoke, "gave up", "-", &["not_connected"]),
    (Revoke, "ok", "-", &["not_connected"]),
    (Revoke, "revoke_unconfirmed", "-", &["not_connected"]),
    (Revoke, "store_unavailable", "-", &["former", "not_connected"]),
    (Revoke, "store_unavailable, died", "-", &["former", "not_connected"]),
    (Refresh, "died", "-", &["former", "refresh_outcome_unknown"]),
    (Refresh, "died after sending", "-", &["former", "refresh_outcome_unknown"]),
    (Refresh, "gave up", "-", &["former"]),
    (Refresh, "ok", "-", &["former"]),
    (Refresh, "ok, died after sending", "-", &["former"]),
    (Refresh, "refresh_outcome_unknown", "-", &["refresh_outcome_unknown"]),
    (Refresh, "store_unavailable", "-", &["former"]),
    (Refresh, "store_unavailable, died", "-", &["former", "refresh_outcome_unknown"]),
    (Refresh, "token_not_saved", "-", &["former"]),
    (Refresh, "token_not_saved, died after sending", "-", &["refresh_outcome_unknown"]),
];

type Play = (Operation, usize, Step, Disturbance);

/// Every step of every operation with everything that can go wrong there.
async fn all_plays(stage: &Stage) -> Vec<Play> {
    let (cast, mut plays) = (Cast::new(stage).await, Vec::new());
    for operation in Operation::ALL {
        let undisturbed = play(&cast, operation, None).await;
        assert!(undisturbed.wrong.is_empty() && undisturbed.heard == "ok", "{operation:?}: {undisturbed:?}");
        println!("{operation:?}: {} steps", undisturbed.steps.len());
        for (at, step) in undisturbed.steps.iter().enumerate() {
            plays.extend(Disturbance::of(step).iter().map(|how| (operation, at, step.clone(), *how)));
        }
    }
    plays
}

type Seen = BTreeSet<(Operation, String, &'static str, &'static str)>;

/// Plays one after the other of those that are left.
async fn play_some(stage: &Stage, plays: &[Play], next: &AtomicUsize) -> (Vec<String>, Seen) {
    let (cast, mut wrong, mut seen) = (Cast::new(stage).await, Vec::new(), Seen::new());
    while let Some((operation, at, step, disturbance)) = plays.get(next.fetch_add(1, Ordering::SeqCst)) {
        let played = play(&cast, *operation, Some((*at, *disturbance))).await;
        let name = format!("{operation:?}, step {at} ({step}) {disturbance:?}");
        let reload = played.reload.unwrap_or("-");
        let outcome = format!("heard {}, reload {reload}, then {}", played.heard, played.stands);
        wrong.extend(played.wrong.iter().map(|wrong| format!("{name}: {wrong}; {outcome}")));
        let expected = |row: &&Row| (row.0, row.1, row.2) == (*operation, &played.heard, reload);
        if !TABLE.iter().filter(expected).any(|row| row.3.contains(&played.stands)) {
            wrong.push(format!("{name}: not in the table: {outcome}"));
        }
        seen.insert((*operation, played.heard, reload, played.stands));
    }
    (wrong, seen)
}

#[test]
fn every_operation_interrupted_at_every_step_leaves_what_the_table_says() {
    let mut plays = on_a_stage(all_plays);
    let (all, full) = (plays.len(), std::env::var_os("LOOP_PROVE").is_some());
    if !full {
        // A sample; the full proof plays them all.
        let mut number = 0;
        plays.retain(|_| {
            number += 1;
            number % 4 == 0
        });
    }
    println!("{} of {all} plays", plays.len());
    let next = AtomicUsize::new(0);
    let (mut wrong, mut seen) = (Vec::new(), Seen::new());
    std::thread::scope(|scope| {
        let worker = || scope.spawn(|| on_a_stage(async |stage| play_some(stage, &plays, &next).await));
        for worker in [worker(), worker()] {
            let (more, of_it) = worker.join().unwrap();
            wrong.extend(more);
            seen.extend(of_it);
        }
    });
    if full {
        for (operation, heard, reload, stands) in TABLE {
            for stands in *stands {
                if !seen.contains(&(*operation, (*heard).to_owned(), *reload, *stands)) {
                    wrong.push(format!("never seen: {operation:?}, heard {heard}, reload {reload}, then {stands}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}\n", wrong.len(), wrong.join("\n"));
}
