//! Every order of events that a few processes and one issuer can come to, within bounds: the functions that decide are
//! the SDK's own, what is around them is a model. `docs/src/model.md` says what it shows.

mod process;
mod world;

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model, Property};

use self::process::{At, Ending, Operation, Process, Write};
use self::world::{Issuer, Left, Rotation, Stored, USER, World, bit, number, rules, tokens};
use super::decide::{self, Need, Step};
use super::record::GrantRecord;
use crate::profile::{Profile, Rules};
use crate::sys::{Millis, environment_variable};

use Operation::{Access, Import, Revoke, SignIn, SignInUnknown};

/// What a process of the model leaves out, to see that the checker notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    NoIntent,
    NoReadBack,
    NoLastAttempt,
    NoTombstone,
    NoGeneration,
    NoLastLook,
    ConflictForgets,
}

/// One world to explore.
#[derive(Clone)]
struct Setting {
    profile: Profile,
    rotation: Rotation,
    /// What each process does, one after the other.
    programs: Vec<Vec<Operation>>,
    /// Nothing is stored at first, and the app itself holds the first token.
    empty: bool,
    left: Left,
    ticks: Vec<Millis>,
    put_back: Millis,
    /// How long after its sender's last look a request reaches the issuer at most.
    delay: Option<Millis>,
    /// Whether it can reach the issuer after its sender has lost the connection.
    given_up_arrives: bool,
    broken: Option<Broken>,
}

/// Within the time to send, out of it, and long after everything.
const TICKS: [Millis; 3] = [4_000, 15_000, 140_000];
/// A new sign-in waits for so long after the last moment in which a refresh may be sent.
const DELAY: Millis = 15_000;

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Begin(usize),
    Step(usize, Write),
    Pay(usize, Write),
    Crash(usize),
    Serve(usize),
    Deliver(usize),
    /// The request did nothing, and its sender knows.
    NeverLeft(usize),
    AnswerLost(usize),
    /// The sender stops listening while the request is still on its way.
    GiveUp(usize),
    /// A request to whose answer nobody listens is lost.
    Vanish(usize),
    Pass(Millis),
    PutClockBack,
    RollBack,
}

const WRITES: [Write; 4] =
    [Write::Done, Write::AnswerLost, Write::Away { applied: true }, Write::Away { applied: false }];

impl Setting {
    fn rules(&self) -> Rules {
        rules(self.profile)
    }

    fn stored(&self) -> Option<Stored> {
        (!self.empty).then(|| Stored::new(GrantRecord::granted(USER, tokens(0, START - world::LIFE), None, START)))
    }

    fn arrives(&self, world: &World, at: usize) -> bool {
        self.delay.is_none_or(|delay| world.own - world.wire[at].looked_at <= delay)
    }

    fn apply(&self, world: &mut World, action: &Action) -> Option<()> {
        match *action {
            Action::Begin(p) => world.begin(self, p),
            Action::Step(p, how) => {
                let before = world.processes[p].sighting;
                let done = world.step(self, p, how);
                done.or((world.processes[p].sighting != before).then_some(()))
            }
            Action::Pay(p, how) => world.pay(self, p, how),
            Action::Crash(p) => world.crash(p),
            Action::Serve(at) => {
                let (own, request) = (world.own, &mut world.wire[at]);
                let reply = world.issuer.serve(request.asked, request.sent_at, own, self.rotation);
                request.reply = Some(reply);
                if request.orphaned {
                    world.wire.remove(at);
                }
                Some(())
            }
            Action::Deliver(at) => world.deliver(at, None),
            Action::AnswerLost(at) => {
                world.left.losses = world.left.losses.checked_sub(1)?;
                world.deliver(at, Some(Ending::Lost))
            }
            Action::NeverLeft(at) => {
                world.left.losses = world.left.losses.checked_sub(1)?;
                let request = world.wire.remove(at);
                world.conclude(request.attempt.0.into(), &request, Ending::Nothing)
            }
            Action::GiveUp(at) => {
                // A request that can't arrive any more ends by itself.
                if self.arrives(world, at) {
                    world.left.losses = world.left.losses.checked_sub(1)?;
                }
                world.stalled = true;
                let mut request = world.wire.remove(at);
                if self.given_up_arrives {
                    request.orphaned = true;
                    world.wire.insert(at, request.clone());
                }
                world.conclude(request.attempt.0.into(), &request, Ending::Lost)
            }
            Action::Vanish(at) => {
                world.wire.remove(at);
                Some(())
            }
            Action::Pass(time) => {
                world.left.ticks = world.left.ticks.checked_sub(1)?;
                world.now += time;
                world.own += time;
                Some(())
            }
            Action::PutClockBack => {
                world.left.jumps = world.left.jumps.checked_sub(1)?;
                world.now -= self.put_back;
                Some(())
            }
            Action::RollBack => {
                world.left.rollbacks = world.left.rollbacks.checked_sub(1)?;
                world.write((*self.stored()?.record).clone());
                Some(())
            }
        }
    }

    fn faultless(&self, world: &World) -> bool {
        let (Left { crashes, losses, .. }, all) = (world.left, self.left);
        !world.stalled && (crashes, losses) == (all.crashes, all.losses)
    }

    /// Nobody does anything, or will.
    fn over(&self, world: &World) -> bool {
        let idle = |(process, program): (&Process, &Vec<Operation>)| {
            process.at == At::Idle && !process.owes() && process.begun == program.len()
        };
        world.wire.is_empty() && world.processes.iter().zip(&self.programs).all(idle)
    }
}

const START: Millis = 10_000_000;

impl Model for Setting {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            now: START,
            own: START,
            store: self.stored(),
            issuer: Issuer::new(),
            wire: Vec::new(),
            processes: vec![Process::new(); self.programs.len()],
            left: self.left,
            held: 1,
            sent: 0,
            sent_twice: false,
            stalled: false,
            confirmed: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (p, process) in world.processes.iter().enumerate() {
            let ways = if world.left.outages > 0 { &WRITES[..] } else { &WRITES[..1] };
            if process.at == At::Idle {
                actions.push(Action::Begin(p));
            } else {
                actions.extend(ways.iter().map(|how| Action::Step(p, *how)));
            }
            if process.owes() {
                actions.extend(ways.iter().map(|how| Action::Pay(p, *how)));
            }
            if world.left.crashes > 0 {
                actions.push(Action::Crash(p));
            }
        }
        for (at, request) in world.wire.iter().enumerate() {
            let (asked, arrives) = (request.reply.is_none(), self.arrives(world, at));
            if asked && arrives {
                actions.push(Action::Serve(at));
            }
            match (request.orphaned, asked) {
                (true, _) => actions.push(Action::Vanish(at)),
                (false, true) => {
                    actions.push(Action::GiveUp(at));
                    actions.push(Action::NeverLeft(at));
                }
                (false, false) => {
                    actions.push(Action::Deliver(at));
                    actions.push(Action::AnswerLost(at));
                }
            }
        }
        if !self.over(world) {
            actions.extend(self.ticks.iter().map(|time| Action::Pass(*time)));
            actions.push(Action::PutClockBack);
            actions.push(Action::RollBack);
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        self.apply(&mut world, &action)?;
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ALARM, |_, world: &World| !world.issuer.alarmed),
            Property::always(TWICE, |setting: &Self, world: &World| {
                setting.profile != Profile::Strict || !world.sent_twice
            }),
            Property::always(KEPT, |_, world: &World| arrived_tokens_are_kept(world)),
            Property::always(DEAD, |setting: &Self, world: &World| !setting.over(world) || disconnected_is_dead(world)),
            Property::always(WAIT, |setting: &Self, world: &World| {
                nobody_waits_for_ever(setting, world) && (!setting.over(world) || a_call_ends(setting, world))
            }),
            Property::always(TOLD, |setting: &Self, world: &World| {
                !setting.over(world) || every_disconnect_is_told(world)
            }),
            Property::always(CAUSE, |setting: &Self, world: &World| {
                !setting.over(world) || !setting.faultless(world) || usable(world)
            }),
        ]
    }
}

const ALARM: &str = "no spent token is sent";
const TWICE: &str = "no token is sent twice";
const KEPT: &str = "tokens that arrived are kept";
const DEAD: &str = "nothing lives after a confirmed disconnect";
const WAIT: &str = "nobody waits for ever";
/// Not so where an answer was lost: [`Setting::breaks`] shows it.
const TOLD: &str = "every disconnect is confirmed";
const CAUSE: &str = "where nothing was lost, the grant goes on";

/// Tokens that live at the issuer and reached a process are in the store, or on their way there.
fn arrived_tokens_are_kept(world: &World) -> bool {
    let current = world.issuer.current;
    let stored = world.record().filter(|record| record.ended_at.is_none()).and_then(GrantRecord::refresh_token);
    !world.issuer.alive
        || world.held & bit(current) == 0
        || stored.map(number) == Some(current)
        || world.processes.iter().any(|process| process.holds(current))
        // The app itself still holds what it will import.
        || (current == 0 && world.record().is_none_or(|record| record.tokens.is_none()))
}

/// A sign-in whose code was sent after the disconnect began is another grant.
fn disconnected_is_dead(world: &World) -> bool {
    let tombstone = world.record().and_then(|record| record.tombstone.as_ref());
    let at = tombstone.filter(|tombstone| tombstone.confirmed).map(|tombstone| tombstone.at).max(world.confirmed);
    !world.issuer.alive || at.is_none_or(|at| world.issuer.signed_in_at >= at)
}

fn every_disconnect_is_told(world: &World) -> bool {
    world.record().and_then(|record| record.tombstone.as_ref()).is_none_or(|tombstone| tombstone.confirmed)
}

/// A call that comes when all is quiet ends, whatever it ends with.
fn a_call_ends(setting: &Setting, world: &World) -> bool {
    let programs = vec![vec![Access]];
    let setting = Setting { programs, left: Left { ticks: u8::MAX, ..Left::default() }, ..setting.clone() };
    let mut world = World { left: setting.left, ..world.clone() };
    world.processes.truncate(1);
    world.processes[0].begun = 0;
    let moves = [Action::Step(0, Write::Done), Action::Serve(0), Action::Deliver(0), Action::Pass(140_000)];
    let mut done = world.begin(&setting, 0).is_some();
    for _ in 0..40 {
        if world.processes[0].at == At::Idle {
            return done;
        }
        done = moves.iter().any(|action| {
            let possible = match (action, world.wire.first()) {
                (Action::Serve(_), Some(request)) => request.reply.is_none(),
                (Action::Deliver(_), Some(request)) => request.reply.is_some(),
                (Action::Serve(_) | Action::Deliver(_), None) => false,
                _ => true,
            };
            possible && setting.next_state(&world, action.clone()).map(|next| world = next).is_some()
        });
    }
    false
}

/// Whatever is stored, minutes later it can be judged; and by the own clock of whoever watches, too.
fn nobody_waits_for_ever(setting: &Setting, world: &World) -> bool {
    let later = world.now + 11 * 60_000;
    let step = decide::next_step(world.record(), &Need::Live, 0, later, &setting.rules());
    let spans = world.record().and_then(|record| record.intent.as_ref()).map_or(0, decide::span);
    !matches!(step, Step::Wait { .. }) && decide::courtesy(world.record(), later).is_none() && spans <= 10 * 60_000
}

/// What is stored is what lives at the issuer, and nothing stands in its way.
fn usable(world: &World) -> bool {
    let Some(record) = world.record().filter(|record| record.tombstone.is_none()) else { return true };
    let token = record.refresh_token().map(number);
    if record.is_live() {
        record.intent.is_none() && world.issuer.alive && token == Some(world.issuer.current)
    } else {
        record.tokens.is_none()
    }
}

fn strict<const N: usize>(programs: [&[Operation]; N]) -> Setting {
    Setting {
        profile: Profile::Strict,
        rotation: Rotation::Strict,
        programs: programs.into_iter().map(<[_]>::to_vec).collect(),
        empty: false,
        left: Left::default(),
        ticks: TICKS.to_vec(),
        put_back: 0,
        delay: Some(DELAY),
        given_up_arrives: true,
        broken: None,
    }
}

/// Everything that is promised where the server's rule is strict, and what under every rule.
const STRICT: [&str; 6] = [ALARM, TWICE, KEPT, DEAD, WAIT, CAUSE];
/// Of an unguarded sign-in and a disconnect that cross, either may count as the later one.
const CROSSED: [&str; 5] = [ALARM, TWICE, KEPT, DEAD, WAIT];
const ANY: [&str; 3] = [ALARM, DEAD, WAIT];

impl Setting {
    /// What may go wrong in a usual run, and what when `LOOP_PROVE` is set.
    fn with(self, usual: Left, proof: Left) -> Self {
        let left = if environment_variable("LOOP_PROVE").is_some() { proof } else { usual };
        Self { left, ..self }
    }

    fn empty(self) -> Self {
        Self { empty: true, ..self }
    }

    fn keeps(self, promises: &[&'static str]) {
        let checker = self.checker().spawn_bfs().join();
        let (states, depth) = (checker.unique_state_count(), checker.max_depth());
        println!("{:?}: {states} states, {depth} steps", checker.model().programs);
        for promise in promises {
            checker.assert_no_discovery(promise);
        }
    }

    /// The shortest trace that breaks a promise.
    fn breaks(self, promise: &'static str) -> String {
        let wanted = HasDiscoveries::AnyOf(BTreeSet::from([promise]));
        let checker = self.checker().finish_when(wanted).spawn_bfs().join();
        let path = checker.discovery(promise).unwrap_or_else(|| panic!("nothing breaks: {promise}"));
        let trace = path.into_actions().iter().map(|action| format!("{action:?}")).collect::<Vec<_>>().join(" ");
        println!("{:?}: {promise}: {trace}", checker.model().programs);
        trace
    }
}

/// Ticks, crashes, lost answers, writes without an answer.
fn left([ticks, crashes, losses, outages]: [u8; 4]) -> Left {
    Left { ticks, crashes, losses, outages, ..Left::default() }
}

#[test]
fn a_refresh_beside_a_refresh() {
    let setting = strict([&[Access, Access], &[Access]]);
    setting.clone().with(left([2, 1, 1, 0]), left([3, 1, 1, 0])).keeps(&STRICT);
    setting.with(left([1, 0, 0, 1]), left([2, 1, 0, 2])).keeps(&STRICT);
}

#[test]
fn a_refresh_beside_a_sign_in() {
    let setting = strict([&[Access], &[SignIn]]);
    setting.clone().with(left([2, 1, 1, 0]), left([3, 1, 1, 0])).keeps(&STRICT);
    setting.with(left([1, 0, 0, 1]), left([2, 0, 0, 2])).keeps(&STRICT);
}

#[test]
fn a_refresh_beside_a_disconnect() {
    let setting = strict([&[Access], &[Revoke]]);
    setting.clone().with(left([2, 1, 1, 0]), left([3, 1, 1, 0])).keeps(&STRICT);
    setting.with(left([1, 0, 0, 1]), left([2, 0, 0, 2])).keeps(&STRICT);
}

#[test]
fn a_sign_in_beside_a_sign_in() {
    strict([&[SignIn], &[SignIn]]).with(left([2, 1, 1, 0]), left([3, 1, 1, 0])).keeps(&STRICT);
}

#[test]
fn a_sign_in_beside_a_disconnect() {
    strict([&[SignIn], &[Revoke]]).with(left([2, 1, 1, 0]), left([3, 1, 1, 0])).keeps(&STRICT);
    strict([&[SignInUnknown], &[Revoke]]).with(left([2, 0, 0, 1]), left([3, 0, 0, 2])).keeps(&CROSSED);
}

#[test]
fn an_import_at_every_start() {
    let setting = strict([&[Import, Access], &[Import, Access]]).empty();
    setting.with(left([2, 1, 0, 1]), left([3, 1, 1, 0])).keeps(&STRICT);
    strict([&[Import], &[SignIn]]).empty().with(left([2, 1, 0, 0]), left([3, 1, 1, 0])).keeps(&STRICT);
}

#[test]
fn three_at_once() {
    strict([&[Access], &[SignIn], &[Revoke]]).with(left([1, 0, 0, 0]), left([2, 1, 0, 0])).keeps(&STRICT);
    strict([&[Access], &[Access], &[Access]]).with(left([1, 0, 1, 0]), left([2, 1, 1, 0])).keeps(&STRICT);
}

/// In tests of their own: with the wide bounds each takes minutes.
fn put_back(by: Millis) {
    let setting = Setting { put_back: by, ..strict([&[Access], &[Access]]) };
    let usual = Left { jumps: 1, ..left([1, 1, 0, 0]) };
    setting.with(usual, Left { jumps: 1, ..left([3, 1, 1, 0]) }).keeps(&STRICT);
    let setting = Setting { put_back: by, ..strict([&[Access], &[SignIn]]) };
    setting.with(usual, Left { jumps: 1, ..left([3, 1, 0, 0]) }).keeps(&STRICT);
}

#[test]
fn a_clock_that_is_put_back_a_little() {
    put_back(10_000);
}

#[test]
fn a_clock_that_is_put_back_by_minutes() {
    put_back(300_000);
}

/// By the length of an attempt: what was over by the former reading has only just begun.
#[test]
fn a_clock_that_is_put_back_between_a_sign_ins_reading_and_its_claim() {
    let left = Left { jumps: 1, ..left([1, 0, 0, 0]) };
    Setting { put_back: 140_000, left, ..strict([&[Access], &[SignIn]]) }.keeps(&STRICT);
}

/// Servers with another rule, and requests that arrive as soon as the rule needs.
fn lenient(profile: Profile, rotation: Rotation) -> [Setting; 2] {
    [strict([&[Access, Access], &[Access]]), strict([&[Access], &[SignIn]])].map(|setting| {
        // With grace, or where the server does not rotate, the former token is sent again at once.
        let given_up_arrives = profile == Profile::Introspect;
        let setting = Setting { profile, rotation, given_up_arrives, ..setting };
        match profile {
            Profile::Grace(_) => Setting { delay: Some(3_000), ticks: vec![3_000, 23_000, 140_000], ..setting },
            Profile::Introspect => Setting { ticks: vec![4_000, 135_000, 61_000], ..setting },
            _ => setting,
        }
    })
}

const GRACE: Profile = Profile::Grace(std::time::Duration::from_secs(30));

fn under(profile: Profile, rotation: Rotation) {
    let [refreshes, sign_in] = lenient(profile, rotation);
    refreshes.with(left([2, 0, 1, 0]), left([3, 0, 1, 0])).keeps(&ANY);
    sign_in.with(left([1, 0, 1, 0]), left([3, 1, 1, 0])).keeps(&ANY);
}

#[test]
fn a_server_with_a_grace() {
    under(GRACE, Rotation::Grace(30_000));
}

#[test]
fn a_server_that_can_be_asked() {
    under(Profile::Introspect, Rotation::Strict);
}

#[test]
fn a_server_whose_former_token_works_until_the_next_is_used() {
    under(Profile::Replay, Rotation::UntilUsed);
}

#[test]
fn a_server_that_does_not_rotate() {
    under(Profile::Replay, Rotation::None);
}

#[test]
fn without_one_of_its_parts_it_breaks() {
    use Broken::*;
    for (broken, programs, numbers, promise) in [
        (NoIntent, [Access, Access], [0, 0, 0, 0], TWICE),
        (NoReadBack, [Access, SignIn], [1, 0, 0, 0], ALARM),
        (NoLastAttempt, [SignIn, Access], [1, 0, 0, 1], TWICE),
        (NoTombstone, [SignInUnknown, Revoke], [1, 0, 0, 0], DEAD),
        (NoGeneration, [SignIn, SignIn], [2, 0, 0, 0], KEPT),
        (NoLastLook, [Access, SignIn], [0, 0, 0, 0], ALARM),
        (ConflictForgets, [Access, SignIn], [1, 0, 0, 1], CAUSE),
    ] {
        let setting = strict([&programs[..1], &programs[1..]]);
        Setting { broken: Some(broken), left: left(numbers), ..setting }.breaks(promise);
    }
}

#[test]
fn what_no_client_can_prevent() {
    let with = |setting: Setting, numbers| Setting { left: left(numbers), ..setting };
    let unbounded = |setting: Setting| Setting { delay: None, ..setting };
    // A process is stopped between its last look and its request, or the request is under way for very long.
    with(unbounded(strict([&[Access], &[SignIn]])), [1, 0, 0, 0]).breaks(ALARM);
    // Nobody knows whose code it is, so it crosses a refresh, or another sign-in.
    with(strict([&[Access], &[SignInUnknown]]), [1, 0, 0, 0]).breaks(ALARM);
    with(strict([&[SignIn], &[SignInUnknown]]), [2, 0, 0, 0]).breaks(ALARM);
    // Its answer is lost: nobody knows that there is something to disconnect.
    with(strict([&[SignInUnknown], &[Revoke]]), [1, 0, 1, 0]).breaks(DEAD);
    // The answer to a refresh is lost: what to disconnect is not known.
    with(strict([&[Access], &[Revoke]]), [1, 0, 1, 0]).breaks(TOLD);
    // A store that goes back in time, or whose clock is put back by more than the minutes that an attempt may take.
    let jump = Setting { put_back: 3_600_000, ..strict([&[Access], &[SignIn]]) };
    Setting { left: Left { jumps: 1, ..left([1, 0, 0, 0]) }, ..jump }.breaks(ALARM);
    let back = strict([&[Access, Access]]);
    Setting { left: Left { rollbacks: 1, ..left([1, 0, 0, 0]) }, ..back }.breaks(ALARM);
    // A request arrives after the server has twice said that the token is still good.
    let [introspect, _] = lenient(Profile::Introspect, Rotation::Strict);
    with(unbounded(introspect), [2, 0, 0, 0]).breaks(ALARM);
    // The former token is sent again after its grace.
    let [grace, _] = lenient(GRACE, Rotation::Grace(30_000));
    with(unbounded(grace), [2, 0, 0, 0]).breaks(ALARM);
    // A lost request arrives after the one that took its place.
    for (profile, rotation) in [(GRACE, Rotation::Grace(30_000)), (Profile::Replay, Rotation::UntilUsed)] {
        let [lenient, _] = lenient(profile, rotation);
        with(Setting { given_up_arrives: true, ..lenient }, [1, 0, 1, 0]).breaks(ALARM);
    }
}
