//! A sign-in, an import, a disconnect and more scopes, each beside a refresh, in every order of their steps.
//!
//! The steps are those on the stored grant, and the arrivals of requests and answers. One schedule at a time is played
//! on the real code; the next one differs from it in its last choice that has an alternative. Orders that differ only in
//! steps that have nothing to do with each other are played once ("sleep sets").

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::HOUR;
use crate::support::stepper::{
    Director, FOR_EVER, Free, Given, Order, Process, SCOPES, Shared, Stage, Step, on_a_stage,
};
use loop_sdk::{Action, AuthorizationRequest, Error, ImportGrant, LoopClient, Secret};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What one process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Refresh,
    /// Of a user who is known beforehand.
    SignIn,
    /// The same, for more scopes.
    MoreScopes,
    /// In place of the grant that is stored.
    Import,
    Revoke,
}

use Act::{Import, MoreScopes, Refresh, Revoke, SignIn};

impl Act {
    fn is_sign_in(self) -> bool {
        matches!(self, SignIn | MoreScopes)
    }
}

const ELDER: usize = 10;
const FRESH: usize = 11;
/// Whose grant is imported: an app with a store of its own.
const GIVER: usize = 12;

/// Holds the steps that matter until the schedule lets them go.
#[derive(Debug, Default)]
struct Gates {
    open: AtomicBool,
    waiting: Mutex<Vec<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    process: usize,
    step: Step,
    go: oneshot::Sender<()>,
}

fn matters(step: &Step) -> bool {
    match step {
        Step::Store(access, kind) => matches!(*access, "load" | "save") && kind == "grant",
        Step::Request(what) | Step::Answer(what) => *what != "keys",
    }
}

/// Whether the order of two steps of different processes can make a difference.
fn depend(one: &Step, other: &Step) -> bool {
    match (one, other) {
        (Step::Store(one, _), Step::Store(other, _)) => *one == "save" || *other == "save",
        (Step::Request(_), Step::Request(_)) => true,
        // An answer is heard by one process, and the store knows nothing of requests.
        _ => false,
    }
}

#[async_trait::async_trait]
impl Director for Gates {
    async fn ask(&self, process: usize, step: Step) -> Order {
        if matters(&step) && !self.open.load(Ordering::SeqCst) {
            let (go, gone) = oneshot::channel();
            self.waiting.lock().unwrap().push(Waiting { process, step, go });
            let _ = gone.await;
        }
        Order::Goes
    }
}

impl Gates {
    fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
        if open {
            self.waiting.lock().unwrap().clear();
        }
    }

    /// The next step of each process that is held.
    fn held(&self) -> BTreeMap<usize, Step> {
        let mut held = BTreeMap::new();
        for waiting in self.waiting.lock().unwrap().iter().filter(|waiting| !waiting.go.is_closed()) {
            held.entry(waiting.process).or_insert_with(|| waiting.step.clone());
        }
        held
    }

    fn release(&self, process: usize) {
        let mut waiting = self.waiting.lock().unwrap();
        waiting.retain(|waiting| !waiting.go.is_closed());
        if let Some(at) = waiting.iter().position(|waiting| waiting.process == process) {
            let _ = waiting.remove(at).go.send(());
        }
    }
}

/// What may happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Goes(usize, Step),
    /// Time passes, so that whoever sleeps looks again.
    Tick,
}

impl Choice {
    fn depends_on(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Goes(one, step), Self::Goes(other, next)) => one == other || depend(step, next),
            _ => true,
        }
    }
}

/// Chooses among the steps that are held, in one play.
trait Scheduler {
    /// The number of one of them; none where this order need not be played.
    fn choose(&mut self, choices: &[Choice], last: Option<usize>) -> Option<usize>;

    /// How long a tick is.
    fn tick(&self) -> Duration {
        TICK
    }

    /// Whether time may pass though nobody sleeps.
    fn lets_time_pass(&self) -> bool {
        false
    }
}

/// Plays every order once, depth first.
struct Tree {
    path: Vec<Node>,
    depth: usize,
    /// How often a play may leave a process that could go on.
    switches: usize,
    used: usize,
    ticks: usize,
    ticks_used: usize,
}

struct Node {
    choices: Vec<Choice>,
    /// What was played here before, in another order that makes no difference.
    asleep: Vec<Choice>,
    chosen: usize,
}

impl Tree {
    fn new(switches: usize, ticks: usize) -> Self {
        Self { path: Vec::new(), depth: 0, switches, used: 0, ticks, ticks_used: 0 }
    }

    /// Goes to the next order. False where there is none.
    fn advance(&mut self) -> bool {
        (self.depth, self.used, self.ticks_used) = (0, 0, 0);
        while let Some(mut node) = self.path.pop() {
            let explored = node.choices[node.chosen].clone();
            node.asleep.push(explored);
            let next = (node.chosen + 1..node.choices.len()).find(|at| !node.asleep.contains(&node.choices[*at]));
            if let Some(next) = next {
                node.chosen = next;
                self.path.push(node);
                return true;
            }
        }
        false
    }
}

impl Scheduler for Tree {
    fn choose(&mut self, choices: &[Choice], last: Option<usize>) -> Option<usize> {
        let goes_on =
            |choice: &Choice| matches!((choice, last), (Choice::Goes(process, _), Some(last)) if *process == last);
        // Whoever went last goes on first: each other choice is a switch.
        let mut sorted: Vec<Choice> = choices.to_vec();
        sorted.sort_by_key(|choice| !goes_on(choice));
        let could_go_on = sorted.first().is_some_and(goes_on);
        sorted.retain(|choice| match choice {
            Choice::Tick => self.ticks_used < self.ticks,
            Choice::Goes(..) => !could_go_on || goes_on(choice) || self.used < self.switches,
        });
        let (depth, chosen) = (
            self.depth,
            if let Some(node) = self.path.get_mut(self.depth) {
                // The same order leads to the same choices; where it did not, the rest of the order is a new one.
                if node.choices != sorted {
                    node.chosen = sorted.iter().position(|choice| *choice == node.choices[node.chosen]).unwrap_or(0);
                    node.choices.clone_from(&sorted);
                }
                node.chosen
            } else {
                let asleep = self.path.last().map_or_else(Vec::new, |parent| {
                    let taken = &parent.choices[parent.chosen];
                    parent.asleep.iter().filter(|choice| !choice.depends_on(taken)).cloned().collect()
                });
                let chosen = sorted.iter().position(|choice| !asleep.contains(choice))?;
                self.path.push(Node { choices: sorted.clone(), asleep, chosen });
                chosen
            },
        );
        self.depth = depth + 1;
        let choice = &sorted[chosen];
        self.used += usize::from(could_go_on && !goes_on(choice) && *choice != Choice::Tick);
        self.ticks_used += usize::from(*choice == Choice::Tick);
        choices.iter().position(|each| each == choice)
    }
}

/// Any order, as a number says.
struct Dice(u64);

impl Scheduler for Dice {
    fn choose(&mut self, choices: &[Choice], _: Option<usize>) -> Option<usize> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let sides = u64::try_from(choices.len()).unwrap();
        Some(usize::try_from((self.0 >> 33) % sides).unwrap())
    }
}

/// One process goes alone for so many steps, and is stopped while another goes on alone.
struct Stopped {
    process: usize,
    after: usize,
    by: Duration,
    gone: usize,
    passed: Duration,
    at: Option<Step>,
}

impl Scheduler for Stopped {
    fn choose(&mut self, choices: &[Choice], _: Option<usize>) -> Option<usize> {
        let goes = |wanted: bool| {
            choices
                .iter()
                .position(|choice| matches!(choice, Choice::Goes(each, _) if (*each == self.process) == wanted))
        };
        if self.gone < self.after
            && let Some(own) = goes(true)
        {
            self.gone += 1;
            return Some(own);
        }
        if self.passed >= self.by || self.gone < self.after {
            return goes(true).or(goes(false));
        }
        if let (None, Some(own)) = (&self.at, goes(true))
            && let Choice::Goes(_, step) = &choices[own]
        {
            self.at = Some(step.clone());
        }
        goes(false).or_else(|| {
            self.passed += self.tick();
            choices.iter().position(|choice| *choice == Choice::Tick)
        })
    }

    fn tick(&self) -> Duration {
        if self.passed < Duration::from_secs(3) { TICK } else { 10 * TICK }
    }

    fn lets_time_pass(&self) -> bool {
        self.gone >= self.after && self.passed < self.by
    }
}

/// As often as whoever waits looks again.
const TICK: Duration = Duration::from_millis(100);

/// Who plays on one stage, in all plays.
struct Cast<'a> {
    stage: &'a Stage,
    gates: Arc<Gates>,
    players: Vec<Process>,
    elder: Process,
    fresh: Process,
    giver: Process,
    givers_store: Arc<Shared>,
}

impl<'a> Cast<'a> {
    async fn new(stage: &'a Stage, players: usize) -> Self {
        // The strictest reading of Loop's rule: what a sign-in has replaced counts as stolen.
        stage.sandbox.switch(|switches| switches.replaced_is_reuse = true);
        let gates = Arc::new(Gates::default());
        let (director, free) = (Arc::clone(&gates) as Arc<dyn Director>, Arc::new(Free) as Arc<dyn Director>);
        let givers_store = stage.other_store();
        let mut processes = Vec::new();
        for number in 0..players {
            processes.push(stage.process(number, &director).await);
        }
        Self {
            stage,
            gates,
            players: processes,
            elder: stage.process(ELDER, &free).await,
            fresh: stage.process(FRESH, &free).await,
            giver: stage.process_on(GIVER, &free, &givers_store).await,
            givers_store,
        }
    }
}

/// What came of one order.
struct Played {
    /// What each heard; nothing where the order need not be played.
    heard: Vec<&'static str>,
    wrong: Vec<String>,
    trace: Vec<String>,
}

type Heard = Result<(), Error>;

fn said(heard: &Heard) -> &'static str {
    heard.as_ref().map_or_else(|error| error.code().as_str(), |()| "ok")
}

async fn begin(cast: &Cast<'_>, user: Option<&str>, scopes: &[&str]) -> (String, Secret) {
    let mut request = AuthorizationRequest::new();
    request.user_id = user.map(str::to_owned);
    request.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let begun = cast.elder.client.authorization_url(request).await.unwrap();
    (cast.stage.allow(&begun.url, "ada").await, begun.browser_secret)
}

/// The user, and what each player is about to do.
async fn prepare(cast: &Cast<'_>, acts: &[Act]) -> (String, Vec<JoinHandle<Option<Heard>>>) {
    let stage = cast.stage;
    cast.gates.set_open(true);
    stage.clear().await;
    cast.givers_store.clear();
    let (callback, secret) = begin(cast, None, &SCOPES).await;
    let user = cast.elder.client.handle_callback(&callback, Some(&secret)).await.unwrap().user_id;
    if acts.contains(&Import) {
        let begun = cast.giver.client.authorization_url(AuthorizationRequest::new()).await.unwrap();
        // Another person's, so that both grants live: whichever is lost shows.
        let callback = stage.allow(&begun.url, "ben").await;
        cast.giver.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    }
    let imported = stage.ledger.entries().pop().unwrap().got.unwrap().refresh;
    stage.later(2 * HOUR).await;
    let mut calls = Vec::new();
    for act in acts {
        calls.push(match act {
            SignIn => Some(begin(cast, Some(&user), &SCOPES).await),
            MoreScopes => Some(begin(cast, Some(&user), &["read:biomarkers", "read:protocols"]).await),
            _ => None,
        });
    }
    cast.gates.set_open(false);
    let calls = acts.iter().zip(calls).zip(&cast.players).map(|((act, callback), player)| {
        let mut import = ImportGrant::new(&user, imported.as_str());
        import.replace = true;
        tokio::spawn(perform(player.client.clone(), *act, user.clone(), callback, import))
    });
    (user.clone(), calls.collect())
}

async fn perform(
    client: LoopClient,
    act: Act,
    user: String,
    callback: Option<(String, Secret)>,
    import: ImportGrant,
) -> Option<Heard> {
    let performs = async {
        match act {
            Refresh => client.access_token(&user).await.map(drop),
            SignIn | MoreScopes => {
                let (callback, secret) = callback.unwrap();
                client.handle_callback(&callback, Some(&secret)).await.map(drop)
            }
            Import => client.import_grant(import).await.map(drop),
            Revoke => client.revoke(&user).await,
        }
    };
    tokio::time::timeout(FOR_EVER, performs).await.ok()
}

/// Adds a step to a trace. Who looks again and again is named once.
fn note(trace: &mut Vec<String>, step: String) {
    trace.push(step);
    if let [.., first, second, again, once_more] = trace.as_slice()
        && (first, second) == (again, once_more)
    {
        trace.truncate(trace.len() - 2);
    }
}

/// Plays one order to its end.
async fn play(cast: &Cast<'_>, acts: &[Act], scheduler: &mut impl Scheduler) -> Played {
    let stage = cast.stage;
    let (user, calls) = prepare(cast, acts).await;
    let (mut trace, mut last, mut passed, mut redundant) = (Vec::new(), None, Duration::ZERO, false);
    loop {
        stage.settle().await;
        if calls.iter().all(JoinHandle::is_finished) {
            break;
        }
        let held = cast.gates.held();
        let mut choices: Vec<Choice> = held.into_iter().map(|(process, step)| Choice::Goes(process, step)).collect();
        let sleeps =
            |process: usize| !choices.iter().any(|choice| matches!(choice, Choice::Goes(each, _) if *each == process));
        let somebody_sleeps = calls.iter().enumerate().any(|(process, call)| !call.is_finished() && sleeps(process));
        if somebody_sleeps || choices.is_empty() || scheduler.lets_time_pass() {
            choices.push(Choice::Tick);
        }
        let chosen = match choices.as_slice() {
            [Choice::Tick] => Some(0),
            choices => scheduler.choose(choices, last),
        };
        match chosen.map(|chosen| &choices[chosen]) {
            None => {
                redundant = true;
                break;
            }
            Some(Choice::Goes(process, step)) => {
                note(&mut trace, format!("{process}: {step}"));
                last = Some(*process);
                cast.gates.release(*process);
            }
            Some(Choice::Tick) => {
                let alone = choices.len() == 1;
                let step = if alone && passed > 30 * TICK { 10 * TICK } else { scheduler.tick() };
                if !alone {
                    note(&mut trace, "tick".to_owned());
                }
                passed += step;
                stage.later(step).await;
            }
        }
    }
    cast.gates.set_open(true);
    let (mut heard, mut wrong) = (Vec::new(), Vec::new());
    for call in calls {
        let outcome = stage.run(call).await.unwrap();
        if outcome.is_none() {
            wrong.push("a call waits for ever".to_owned());
        }
        heard.push(outcome.unwrap_or(Ok(())));
    }
    for player in &cast.players {
        if !stage.run(player.client.drain(Some(FOR_EVER))).await {
            wrong.push("a process never comes to rest".to_owned());
        }
    }
    stage.settle().await;
    if redundant && wrong.is_empty() {
        return Played { heard: Vec::new(), wrong, trace };
    }
    judge(cast, acts, &user, &heard, &mut wrong).await;
    Played { heard: heard.iter().map(said).collect(), wrong, trace }
}

/// What must hold after every order.
async fn judge(cast: &Cast<'_>, acts: &[Act], user: &str, heard: &[Heard], wrong: &mut Vec<String>) {
    let stage = cast.stage;
    let (given, stored) = look(cast, wrong).await;
    let went_well = |wanted: fn(Act) -> bool| -> Vec<usize> {
        let each = acts.iter().zip(heard).enumerate();
        each.filter(|(_, (act, heard))| wanted(**act) && heard.is_ok()).map(|(process, _)| process).collect()
    };
    let imported = !went_well(|act| act == Import).is_empty();
    let revoked = !went_well(|act| act == Revoke).is_empty();
    let signed_in = went_well(Act::is_sign_in);
    // Somebody heard that an answer was lost, and that the person has to sign in or to disconnect elsewhere.
    let told = heard.iter().any(|heard| {
        matches!(said(heard), "exchange_outcome_unknown" | "refresh_outcome_unknown" | "revoke_unconfirmed")
    });
    let lives = |pair: &&Given| pair.refresh_lives && pair.root_process != GIVER;
    let of_the_stored = given.iter().find(|pair| stored.as_ref() == Some(&pair.refresh));
    for pair in given.iter().filter(lives) {
        // An import with `replace` says that what was there may be forgotten.
        if !imported && !told && stored.as_ref() != Some(&pair.refresh) {
            wrong.push(format!("a grant lives that nobody can reach: {pair:?}"));
        }
    }
    if !told && of_the_stored.is_some_and(|pair| !pair.refresh_lives) {
        wrong.push(format!("what is stored is dead: {of_the_stored:?}"));
    }
    if !signed_in.is_empty() && !revoked && !imported {
        let newest = given.iter().filter(|pair| signed_in.contains(&pair.root_process)).map(|pair| pair.root).max();
        if of_the_stored.map(|pair| pair.root) != newest {
            wrong.push("the newest sign-in is lost".to_owned());
        }
    }
    if imported && signed_in.is_empty() && !revoked && of_the_stored.is_none_or(|pair| pair.root_process != GIVER) {
        wrong.push("what was imported is lost".to_owned());
    }
    if revoked {
        let outlives = |pair: &&Given| (pair.refresh_lives || pair.access_lives) && pair.root_process == ELDER;
        if let Some(pair) = given.iter().find(outlives).filter(|_| !imported) {
            wrong.push(format!("something lives after a confirmed disconnect: {pair:?}"));
        }
        if signed_in.is_empty() && !imported && given.iter().any(|pair| lives(&pair)) {
            wrong.push("somebody is connected after a confirmed disconnect".to_owned());
        }
    }
    for error in heard.iter().filter_map(|heard| heard.as_ref().err()) {
        if !matches!(error.action(), Action::Retry | Action::SignInAgain) {
            wrong.push(format!("{error}"));
        }
    }
    let record = stage.shared.record().await;
    if !told && record.as_ref().is_some_and(|record| !record["intent"].is_null()) {
        wrong.push("an intent was left behind".to_owned());
    }
    // Another process finds what is stored in working order.
    stage.later(2 * HOUR).await;
    let works = stage.run(tokio::time::timeout(FOR_EVER, cast.fresh.client.access_token(user))).await;
    stage.run(cast.fresh.client.drain(Some(FOR_EVER))).await;
    match works {
        Ok(Ok(_)) if stored.is_some() => {}
        Ok(Err(error)) if (told || stored.is_none()) && error.action() == Action::SignInAgain => {}
        other => wrong.push(format!("afterwards a call says {other:?}")),
    }
    look(cast, wrong).await;
}

const SECOND_USE: &str = "the server saw a second use";

/// What the server saw and gave, and what is stored.
async fn look(cast: &Cast<'_>, wrong: &mut Vec<String>) -> (Vec<Given>, Option<String>) {
    let stage = cast.stage;
    let stats = stage.sandbox.stats();
    if stats.replays + stats.code_replays + stats.revoked_families + stats.alerts > 0 {
        wrong.push(format!("{SECOND_USE}: {stats:?}"));
    }
    wrong.extend(stage.sent_twice());
    let record = stage.shared.record().await;
    let stored = record.and_then(|record| record["tokens"]["refresh_token"].as_str().map(str::to_owned));
    (stage.given().await, stored)
}

type Race = &'static [Act];

const PAIRS: &[Race] = &[
    &[Refresh, SignIn],
    &[Refresh, MoreScopes],
    &[Refresh, Import],
    &[Refresh, Revoke],
    &[SignIn, MoreScopes],
    &[SignIn, Import],
    &[SignIn, Revoke],
    &[Import, Revoke],
];

const TRIPLES: &[Race] = &[
    &[Refresh, SignIn, Revoke],
    &[Refresh, SignIn, MoreScopes],
    &[Refresh, Import, Revoke],
    &[Refresh, Refresh, SignIn],
];

/// What a call may say where no process is stopped and no answer lost.
fn may_say(act: Act, race: Race) -> &'static [&'static str] {
    match act {
        Refresh if race.contains(&Revoke) => &["ok", "not_connected"],
        // A disconnect that comes after the consent ends the code too.
        SignIn | MoreScopes if race.contains(&Revoke) => {
            &["ok", "not_connected", "code_rejected", "refresh_in_progress"]
        }
        // Somebody has begun since the import last looked.
        Import => &["ok", "refresh_in_progress"],
        _ => &["ok"],
    }
}

fn is_full() -> bool {
    std::env::var_os("LOOP_PROVE").is_some()
}

/// Plays the orders of each race, and fails with the traces of what went wrong.
fn race(races: &[Race], plays: impl AsyncFn(&mut Records<'_>) + Sync) {
    let (all, next): (Mutex<Vec<String>>, AtomicUsize) = Default::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(race) = races.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let wrong = on_a_stage(async |stage| {
                        let cast = Cast::new(stage, race.len()).await;
                        let (seen, wrong) = (BTreeMap::new(), Vec::new());
                        let mut records = Records { cast, race, seen, wrong, redundant: 0 };
                        plays(&mut records).await;
                        records.report();
                        records.wrong
                    });
                    all.lock().unwrap().extend(wrong);
                }
            });
        }
    });
    let wrong = all.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} wrong\n{}\n", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// What was seen of one race.
struct Records<'a> {
    cast: Cast<'a>,
    race: Race,
    seen: BTreeMap<String, usize>,
    wrong: Vec<String>,
    redundant: usize,
}

impl Records<'_> {
    async fn play(&mut self, scheduler: &mut impl Scheduler) {
        let mut played = play(&self.cast, self.race, scheduler).await;
        if played.heard.is_empty() {
            self.redundant += 1;
            return;
        }
        let expected = |(act, heard): (&Act, &&str)| may_say(*act, self.race).contains(heard);
        if !self.race.iter().zip(&played.heard).all(expected) {
            played.wrong.push("nobody expects to hear that".to_owned());
        }
        self.note(played);
    }

    fn note(&mut self, played: Played) {
        let (heard, trace) = (played.heard.join(", "), played.trace.join("; "));
        let note = |wrong| format!("{:?}: {wrong}\n  heard {heard}\n  after {trace}", self.race);
        self.wrong.extend(played.wrong.into_iter().map(note));
        *self.seen.entry(heard).or_default() += 1;
    }

    /// Every order with so many switches and ticks.
    async fn play_all(&mut self, switches: usize, ticks: usize) {
        let mut tree = Tree::new(switches, ticks);
        loop {
            self.play(&mut tree).await;
            if !tree.advance() {
                break;
            }
        }
    }

    async fn play_any(&mut self, plays: u64) {
        for number in 0..plays {
            self.play(&mut Dice(number)).await;
        }
    }

    fn report(&self) {
        let plays: usize = self.seen.values().sum();
        println!("{:?}: {plays} orders, {} like another: {:?}", self.race, self.redundant, self.seen);
    }
}

#[test]
fn whatever_races_a_refresh_ends_well_in_every_order() {
    race(PAIRS, async |records| {
        if is_full() {
            records.play_all(usize::MAX, 2).await;
        } else {
            records.play_all(1, 0).await;
            records.play_any(8).await;
        }
    });
}

#[test]
fn whatever_three_do_at_once_ends_well() {
    race(TRIPLES, async |records| {
        records.play_any(if is_full() { 600 } else { 12 }).await;
    });
}

/// A refresh that is stopped between its last look and its request, for longer than a sign-in waits for it: no client can
/// prevent what comes of that (see the docs, "What no client can do").
fn is_documented(race: &[Act], at: &Step, by: Duration) -> bool {
    *at == Step::Request("refresh") && race[1].is_sign_in() && by > Duration::from_secs(20)
}

#[test]
fn a_process_that_is_stopped_at_any_step_harms_nobody_but_as_documented() {
    let seconds: &[u64] = if is_full() { &[6, 12, 19, 30, 150] } else { &[30] };
    race(&PAIRS[..4], async |records| {
        for (process, by) in
            (0..2).flat_map(|process| seconds.iter().map(move |by| (process, Duration::from_secs(*by))))
        {
            for after in 0.. {
                let mut stopped = Stopped { process, after, by, gone: 0, passed: Duration::ZERO, at: None };
                let mut played = play(&records.cast, records.race, &mut stopped).await;
                let Some(at) = stopped.at else { break };
                if is_documented(records.race, &at, by) {
                    let is_seen = played.wrong.iter().any(|wrong| wrong.starts_with(SECOND_USE));
                    played.wrong =
                        if is_seen { Vec::new() } else { vec!["what is documented was not seen".to_owned()] };
                }
                played.trace.insert(0, format!("{process} was stopped at {at} for {by:?}"));
                records.note(played);
            }
        }
    });
}

/// Plays one order that was written down.
struct Written(Vec<usize>);

impl Scheduler for Written {
    fn choose(&mut self, choices: &[Choice], _: Option<usize>) -> Option<usize> {
        let process = if self.0.is_empty() { usize::MAX } else { self.0.remove(0) };
        let next = choices.iter().position(|choice| matches!(choice, Choice::Goes(each, _) if *each == process));
        Some(next.unwrap_or(0))
    }
}

#[test]
fn a_disconnect_that_meets_a_sign_in_does_not_speak_of_a_lost_refresh() {
    on_a_stage(async |stage| {
        let cast = Cast::new(stage, 2).await;
        // The sign-in looks and finds nothing to wait for; the tombstone comes; the sign-in claims its turn all the same.
        let played = play(&cast, &[SignIn, Revoke], &mut Written(vec![0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1])).await;
        assert_eq!(played.heard[1], "ok", "{:?}", played.trace);
        assert!(played.wrong.is_empty(), "{:?}", played.wrong);
    });
}
