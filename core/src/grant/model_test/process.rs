//! One process, step by step: between two steps it may be killed, be stopped for any time, or see its write's answer
//! lost. What it does in a step, the functions of the SDK decide.

use std::sync::Arc;

use super::world::{Asked, Attempt, Reply, Request, Token, USER, World, bit, number, tokens};
use super::{Broken, Setting};
use crate::grant::decide::{self, Need, Step};
use crate::grant::late::{self, Late};
use crate::grant::manager::PATIENCE;
use crate::grant::owed::Arrived;
use crate::grant::record::{GrantRecord, IntentKind};
use crate::grant::records::Change;
use crate::grants;
use crate::revoke;
use crate::sys::{Millis, millis};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Access,
    /// Of a user that `authorization_url` was told of.
    SignIn,
    /// Of one that only the answer names.
    SignInUnknown,
    /// Of the first token.
    Import,
    Revoke,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Write {
    Done,
    /// Done, but the writer does not hear it and has to look.
    AnswerLost,
    /// The store went away, after the write or before.
    Away {
        applied: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Debt {
    attempt: Attempt,
    kind: Asked,
    pub(super) token: Token,
    sent_at: Millis,
    replaces: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ending {
    Nothing,
    Lost,
    Rejected,
}

/// Where a process stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum At {
    Idle,
    Look,
    /// `fresh` while nobody wrote since it was read.
    Ask {
        now: Millis,
        fresh: bool,
        lost: Attempt,
        first: Option<bool>,
    },
    /// It has its permit; now is when it begins.
    Claim {
        now: Millis,
        began: Millis,
        fresh: bool,
    },
    ReadBack {
        attempt: Attempt,
        began: Millis,
    },
    /// `replaces` the generation that a sign-in of a known user found.
    InFlight {
        replaces: Option<u64>,
    },
    Conclude {
        attempt: Attempt,
        ending: Ending,
    },
    Save(Debt),
    /// The app disconnected meanwhile: the issuer has to forget these tokens.
    Forsake(Debt),
    Quiet {
        began: Millis,
    },
    ClaimCode {
        attempt: Attempt,
        now: Millis,
        claimed_at: Millis,
        began: Millis,
    },
    Crossed {
        attempt: Attempt,
        began: Millis,
    },
    ReadBackCode {
        attempt: Attempt,
        claimed_at: Millis,
        generation: u64,
        tombstone: Option<Millis>,
    },
    WaitForRefresh {
        debt: Debt,
        began: Millis,
    },
    Import {
        now: Millis,
    },
    Bury {
        now: Millis,
    },
    WaitForAnswer {
        generation: u64,
        attempt: Option<Attempt>,
    },
    ReadBuried {
        generation: u64,
    },
    Tell {
        generation: u64,
        token: Option<Token>,
        unknown: bool,
    },
    Confirm {
        generation: u64,
    },
    Unconfirmed {
        generation: u64,
    },
    /// It wrote and does not know: if its write is still what is stored, `then`; else `back`.
    Unsure {
        on_top: bool,
        then: Box<At>,
        back: Box<At>,
    },
}

impl At {
    pub(super) fn overtaken(&mut self) {
        match self {
            Self::Ask { fresh, .. } | Self::Claim { fresh, .. } => *fresh = false,
            Self::Unsure { on_top, .. } => *on_top = false,
            _ => {}
        }
    }

    fn debt(&self) -> Option<&Debt> {
        match self {
            Self::Save(debt) | Self::Forsake(debt) | Self::WaitForRefresh { debt, .. } => Some(debt),
            Self::Unsure { back, .. } => back.debt(),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Process {
    pub(super) at: At,
    pub(super) begun: usize,
    attempts: u8,
    pub(super) debts: Vec<Debt>,
    pub(super) idle: Vec<Attempt>,
    /// The attempt of another that it saw last, and when by its own clock.
    pub(super) sighting: Option<(Attempt, Millis)>,
}

impl Process {
    pub(super) fn new() -> Self {
        Self { at: At::Idle, begun: 0, attempts: 0, debts: Vec::new(), idle: Vec::new(), sighting: None }
    }

    pub(super) fn owes(&self) -> bool {
        !self.debts.is_empty() || !self.idle.is_empty()
    }

    pub(super) fn holds(&self, token: Token) -> bool {
        self.debts.iter().chain(self.at.debt()).any(|debt| debt.token == token)
    }

    fn attempt(&mut self, process: usize) -> Attempt {
        self.attempts += 1;
        Attempt(u8::try_from(process).unwrap(), self.attempts)
    }

    fn owe(&mut self, debt: &Debt) {
        self.settle(debt.attempt);
        self.debts.push(debt.clone());
    }

    fn settle(&mut self, attempt: Attempt) {
        self.debts.retain(|known| known.attempt != attempt);
    }
}

enum Outcome<T> {
    Answer(T),
    Unsure(T),
    Away,
}

/// `None`: nothing happens in this step.
type Done = Option<()>;

impl World {
    pub(super) fn begin(&mut self, setting: &Setting, p: usize) -> Done {
        let operation = *setting.programs[p].get(self.processes[p].begun)?;
        let (now, own) = (self.now, self.own);
        if self.processes[p].at != At::Idle || (operation != Operation::SignInUnknown && self.processes[p].owes()) {
            return None;
        }
        self.processes[p].begun += 1;
        let at = match operation {
            Operation::Access => At::Look,
            Operation::SignIn | Operation::Import => At::Quiet { began: own },
            Operation::SignInUnknown => {
                let attempt = self.processes[p].attempt(p);
                self.post(attempt, Asked::Code);
                At::InFlight { replaces: None }
            }
            Operation::Revoke => {
                let confirmed = |record: &GrantRecord| record.tombstone.as_ref().is_some_and(|each| each.confirmed);
                if self.record().is_none_or(confirmed) { At::Idle } else { At::Bury { now } }
            }
        };
        self.go(p, at)
    }

    pub(super) fn crash(&mut self, p: usize) -> Done {
        if self.processes[p].at == At::Idle && !self.processes[p].owes() {
            return None;
        }
        self.left.crashes = self.left.crashes.checked_sub(1)?;
        let stored = self.record().and_then(GrantRecord::refresh_token).map(number);
        for token in 0..=self.issuer.issued {
            if self.processes[p].holds(token) && stored != Some(token) {
                self.held &= !bit(token);
            }
        }
        for request in self.wire.iter_mut().filter(|request| usize::from(request.attempt.0) == p) {
            request.orphaned = true;
        }
        let Process { begun, attempts, .. } = self.processes[p];
        self.processes[p] = Process { begun, attempts, ..Process::new() };
        Some(())
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each place where a process can stand")]
    pub(super) fn step(&mut self, setting: &Setting, p: usize, how: Write) -> Done {
        let at = self.processes[p].at.clone();
        let (now, own, rules) = (self.now, self.own, setting.rules());
        let writes = matches!(
            at,
            At::Claim { .. }
                | At::Conclude { .. }
                | At::Save(_)
                | At::ClaimCode { .. }
                | At::Import { .. }
                | At::Bury { .. }
                | At::Confirm { .. }
                | At::Unconfirmed { .. }
                | At::Ask { first: Some(false), .. }
        );
        if how != Write::Done {
            if !writes {
                return None;
            }
            self.left.outages = self.left.outages.checked_sub(1)?;
        }
        let back = at.clone();
        match at {
            At::Look => {
                let judged_at = self.judged_at(setting, p);
                match decide::next_step(self.record(), &Need::Live, 0, judged_at, &rules) {
                    Step::Wait { .. } => None,
                    Step::Refresh => self.go(p, At::Claim { now, began: own, fresh: true }),
                    Step::Introspect => {
                        let lost = Attempt::of(&self.record()?.intent.as_ref()?.attempt);
                        self.go(p, At::Ask { now, fresh: true, lost, first: None })
                    }
                    _ => self.go(p, At::Idle),
                }
            }
            At::Ask { now, fresh, lost, first } => {
                // Two questions, and the record is only looked at again by the write that follows.
                let token = self.record().and_then(GrantRecord::refresh_token).map(number);
                let active = token.is_some_and(|token| self.issuer.active(token));
                match (first, active) {
                    (None, _) => self.go(p, At::Ask { now, fresh, lost, first: Some(active) }),
                    (Some(true), true) => self.go(p, At::Claim { now: self.now, began: own, fresh }),
                    (Some(false), false) => {
                        let ended = self.change(how, |current| late::end_lost(current, &lost.name(), now))?;
                        self.follow(p, ended, back, |_| At::Look, At::Idle)
                    }
                    _ => self.go(p, At::Idle),
                }
            }
            At::Claim { fresh: false, .. } if how == Write::Done => self.go(p, At::Look),
            At::Idle | At::InFlight { .. } | At::Claim { fresh: false, .. } => None,
            At::Claim { now, began, .. } => {
                let attempt = self.processes[p].attempt(p);
                let name = attempt.name();
                if setting.broken == Some(Broken::NoIntent) {
                    return self.send_refresh(p, attempt);
                }
                let claim = |current: Option<&GrantRecord>| {
                    let mut record = current.unwrap().clone();
                    let token = record.refresh_token().unwrap().clone();
                    record.intent = Some(decide::refresh_intent(&record, &name, &token, now, &rules));
                    Change::Write(Box::new(record), ())
                };
                let claimed = self.change(how, claim)?;
                if matches!(claimed, Outcome::Away) {
                    self.processes[p].idle.push(attempt);
                }
                let back = match setting.broken {
                    Some(Broken::ConflictForgets) => At::Look,
                    _ => At::Conclude { attempt, ending: Ending::Nothing },
                };
                self.follow(p, claimed, back, |()| At::ReadBack { attempt, began }, At::Idle)
            }
            At::ReadBack { attempt, began } => {
                let in_time = own - began < rules.send_window();
                let mine = self.record().is_some_and(|record| {
                    in_time
                        && decide::may_send(&without(setting, Broken::NoTombstone, record), &attempt.name(), now, None)
                });
                if mine || setting.broken == Some(Broken::NoReadBack) {
                    return self.send_refresh(p, attempt);
                }
                self.go(p, At::Conclude { attempt, ending: Ending::Nothing })
            }
            At::Conclude { attempt, ending } => {
                let name = attempt.name();
                let concluded = self.change(how, |current| {
                    late::while_it_stands(current, &name, |record| match ending {
                        Ending::Nothing => late::clear(record, &name, &rules),
                        Ending::Lost => late::mark_ambiguous(record, &name),
                        Ending::Rejected => late::end(record, &name, now),
                    })
                })?;
                let refreshes = setting.programs[p][self.processes[p].begun - 1] == Operation::Access;
                let next = if refreshes { At::Look } else { At::Idle };
                let mut away = At::Idle;
                if ending == Ending::Nothing && matches!(concluded, Outcome::Away) {
                    self.processes[p].idle.push(attempt);
                    away = next.clone();
                }
                self.follow(p, concluded, back, |_| next, away)
            }
            At::Save(mut debt) => {
                let saved = self.save(setting, &mut debt, false, how)?;
                let back = At::Save(debt.clone());
                if !matches!(saved, Outcome::Answer(Late::Disconnected) | Outcome::Away | Outcome::Unsure(_)) {
                    self.processes[p].settle(debt.attempt);
                } else if self.processes[p].debts.iter().any(|known| known.attempt == debt.attempt) {
                    self.processes[p].owe(&debt);
                }
                let then = |saved| match (saved, debt.kind) {
                    (Late::Saved, _) | (Late::Ended, Asked::Code) => At::Idle,
                    (Late::Disconnected, _) => At::Forsake(debt),
                    _ => At::Look,
                };
                self.follow(p, saved, back, then, At::Idle)
            }
            At::Forsake(debt) => {
                self.issuer.revoke(debt.token);
                self.processes[p].settle(debt.attempt);
                self.go(p, At::Idle)
            }
            At::Quiet { began } => {
                let judged_at = self.judged_at(setting, p);
                let quiet = decide::courtesy(self.record(), judged_at).is_none();
                if !quiet && own - began < millis(PATIENCE) {
                    return None;
                }
                if setting.programs[p][self.processes[p].begun - 1] == Operation::Import {
                    return self.go(p, At::Import { now });
                }
                let attempt = self.processes[p].attempt(p);
                self.go(p, At::ClaimCode { attempt, now, claimed_at: own, began })
            }
            At::Crossed { attempt, began } => {
                let judged_at = self.judged_at(setting, p);
                let quiet = decide::courtesy(self.record(), judged_at).is_none();
                match own - began < millis(PATIENCE) {
                    true if quiet => self.go(p, At::ClaimCode { attempt, now, claimed_at: own, began }),
                    true => None,
                    false => self.go(p, At::Conclude { attempt, ending: Ending::Nothing }),
                }
            }
            At::ClaimCode { attempt, now, claimed_at, began } => {
                let name = attempt.name();
                let judged_at = self.judged_at(setting, p).max(now);
                let claimed = self.change(how, |current| {
                    let mut record = current.cloned().unwrap_or_else(|| GrantRecord::placeholder(USER, now));
                    let told_soon = own - began < millis(PATIENCE) && decide::is_being_told(&record, judged_at);
                    let crosses = told_soon || decide::would_cross(&record, &name, judged_at);
                    if crosses && setting.broken != Some(Broken::NoLastLook) {
                        return Change::Leave(None);
                    }
                    record.intent = Some(decide::exchange_intent(&record, &name, now, &rules));
                    let found = (record.generation, record.tombstone.as_ref().map(|each| each.at));
                    Change::Write(Box::new(record), Some(found))
                })?;
                if matches!(claimed, Outcome::Away) {
                    self.processes[p].idle.push(attempt);
                }
                let then = |found| match found {
                    Some((generation, tombstone)) => At::ReadBackCode { attempt, claimed_at, generation, tombstone },
                    None => At::Crossed { attempt, began },
                };
                self.follow(p, claimed, back, then, At::Idle)
            }
            At::ReadBackCode { attempt, claimed_at, generation, tombstone } => {
                let mine = self.record().is_some_and(|record| {
                    let (record, tombstone) = match setting.broken {
                        Some(Broken::NoTombstone) => (without(setting, Broken::NoTombstone, record), None),
                        _ => (record.clone(), tombstone),
                    };
                    let record = without(setting, Broken::NoLastLook, &record);
                    let in_time = own - claimed_at < rules.send_window();
                    in_time && decide::may_send(&record, &attempt.name(), now, tombstone)
                });
                if !mine && setting.broken != Some(Broken::NoReadBack) {
                    return self.go(p, At::Conclude { attempt, ending: Ending::Nothing });
                }
                self.post(attempt, Asked::Code);
                self.go(p, At::InFlight { replaces: Some(generation) })
            }
            At::WaitForRefresh { debt, began } => {
                let judged_at = self.judged_at(setting, p).max(debt.sent_at);
                let crossing = self.record().map(|record| GrantRecord { tombstone: None, ..record.clone() });
                if decide::courtesy(crossing.as_ref(), judged_at).is_some() && own - began < millis(PATIENCE) {
                    return None;
                }
                self.go(p, At::Save(debt))
            }
            At::Import { now } => {
                let held = tokens(0, now);
                let imported = self.change(how, |current| grants::imported(current, USER, &held, false, now))?;
                self.follow(p, imported, back, |_| At::Idle, At::Idle)
            }
            At::Bury { now } => {
                let buried = self.change(how, |current| revoke::buried(current, now))?;
                let then = |buried: Option<GrantRecord>| match buried {
                    Some(buried) => At::WaitForAnswer {
                        generation: buried.generation,
                        attempt: buried.intent.map(|intent| Attempt::of(&intent.attempt)),
                    },
                    None => At::Idle,
                };
                self.follow(p, buried, back, then, At::Idle)
            }
            At::WaitForAnswer { generation, attempt } => {
                let judged_at = self.judged_at(setting, p);
                let intent = attempt.and_then(|attempt| self.record()?.intent_of(&attempt.name()));
                if intent.is_some_and(|intent| decide::is_under_way(intent, judged_at)) {
                    return None;
                }
                self.go(p, At::ReadBuried { generation })
            }
            At::ReadBuried { generation } => {
                let buried = self.record().filter(|each| each.generation == generation && each.tombstone.is_some());
                let Some(record) = buried else { return self.go(p, At::Idle) };
                let (token, unknown) = (record.refresh_token().map(number), record.intent.is_some());
                self.go(p, At::Tell { generation, token, unknown })
            }
            At::Tell { generation, token, unknown } => {
                if let Some(token) = token {
                    self.issuer.revoke(token);
                }
                self.go(p, if unknown { At::Unconfirmed { generation } } else { At::Confirm { generation } })
            }
            At::Confirm { generation } => {
                let at = self.record().and_then(|record| Some(record.tombstone.as_ref()?.at));
                let strips = self.record().is_some_and(|record| record.generation == generation) && at.is_some();
                let told = self.change(how, |current| {
                    revoke::while_buried(current, generation, |record| revoke::strip(record, now))
                })?;
                if strips && !matches!(told, Outcome::Away) {
                    self.confirmed = at;
                }
                self.follow(p, told, back, |()| At::Idle, At::Unconfirmed { generation })
            }
            At::Unconfirmed { generation } => {
                let told = self.change(how, |current| {
                    revoke::while_buried(current, generation, |record| {
                        if let Some(tombstone) = &mut record.tombstone {
                            tombstone.busy_by = 0;
                        }
                    })
                })?;
                self.follow(p, told, back, |()| At::Idle, At::Idle)
            }
            At::Unsure { on_top, then, back } => self.go(p, if on_top { *then } else { *back }),
        }
    }

    /// Pays what a process owes the store, beside whatever else it does.
    pub(super) fn pay(&mut self, setting: &Setting, p: usize, how: Write) -> Done {
        if how != Write::Done {
            self.left.outages = self.left.outages.checked_sub(1)?;
        }
        if let Some(mut debt) = self.processes[p].debts.first().cloned() {
            let saved = self.save(setting, &mut debt, true, how)?;
            match saved {
                Outcome::Answer(Late::Disconnected) => {
                    self.issuer.revoke(debt.token);
                    self.processes[p].settle(debt.attempt);
                }
                Outcome::Answer(_) => self.processes[p].settle(debt.attempt),
                _ => self.processes[p].owe(&debt),
            }
            return Some(());
        }
        let attempt = *self.processes[p].idle.first()?;
        let name = attempt.name();
        let cleared = self.change(how, |current| {
            late::while_it_stands(current, &name, |record| late::clear(record, &name, &setting.rules()))
        })?;
        if matches!(cleared, Outcome::Answer(_)) {
            self.processes[p].idle.retain(|known| *known != attempt);
        }
        Some(())
    }

    /// The answer reaches its process.
    pub(super) fn deliver(&mut self, at: usize, ending: Option<Ending>) -> Done {
        let request = self.wire.remove(at);
        let (attempt, p) = (request.attempt, usize::from(request.attempt.0));
        let At::InFlight { replaces } = self.processes[p].at else { return None };
        let ending = match (ending, request.reply?) {
            (None, Reply::Granted(token)) => {
                self.held |= bit(token);
                let Request { asked: kind, sent_at, .. } = request;
                let debt = Debt { attempt, kind, token, sent_at, replaces };
                self.processes[p].owe(&debt);
                let unguarded = kind == Asked::Code && replaces.is_none();
                let began = self.own;
                return self.go(p, if unguarded { At::WaitForRefresh { debt, began } } else { At::Save(debt) });
            }
            (None, Reply::Rejected) => Ending::Rejected,
            (Some(ending), _) => ending,
        };
        self.conclude(p, &request, ending)
    }

    /// A request ends without an answer, as its process sees it.
    pub(super) fn conclude(&mut self, p: usize, request: &Request, ending: Ending) -> Done {
        if let (Asked::Refresh(token), Ending::Nothing) = (request.asked, ending) {
            self.sent &= !bit(token);
        }
        let At::InFlight { replaces } = self.processes[p].at else { return None };
        let claimed = request.asked != Asked::Code || replaces.is_some();
        let attempt = request.attempt;
        self.go(p, if claimed { At::Conclude { attempt, ending } } else { At::Idle })
    }

    #[allow(clippy::unnecessary_wraps, reason = "the last words of every step")]
    fn go(&mut self, p: usize, at: At) -> Done {
        self.processes[p].at = at;
        Some(())
    }

    fn follow<T>(&mut self, p: usize, out: Outcome<T>, back: At, then: impl FnOnce(T) -> At, away: At) -> Done {
        let at = match out {
            Outcome::Answer(answer) => then(answer),
            Outcome::Unsure(answer) => At::Unsure { on_top: true, then: Box::new(then(answer)), back: Box::new(back) },
            Outcome::Away => away,
        };
        self.go(p, at)
    }

    /// Reads, lets `change` decide, writes: what is written over has not changed since, or this would be tried again.
    fn change<T>(
        &mut self,
        how: Write,
        change: impl FnOnce(Option<&GrantRecord>) -> Change<GrantRecord, T>,
    ) -> Option<Outcome<T>> {
        let current = self.store.as_ref().map(|stored| Arc::clone(&stored.record));
        match (change(current.as_deref()), how) {
            (Change::Leave(answer), Write::Done) => Some(Outcome::Answer(answer)),
            (_, Write::Away { applied: false }) => Some(Outcome::Away),
            (Change::Leave(_), _) => None,
            (Change::Write(record, answer), how) => {
                self.write(*record);
                Some(match how {
                    Write::Done => Outcome::Answer(answer),
                    Write::AnswerLost => Outcome::Unsure(answer),
                    Write::Away { .. } => Outcome::Away,
                })
            }
        }
    }

    fn save(&mut self, setting: &Setting, debt: &mut Debt, is_late: bool, how: Write) -> Option<Outcome<Late>> {
        let (name, now) = (debt.attempt.name(), self.now);
        let tokens = tokens(debt.token, debt.sent_at);
        let seen = |current: Option<&GrantRecord>| {
            current.map(|record| {
                let record = without(setting, Broken::NoLastAttempt, record);
                without(setting, Broken::NoTombstone, &record)
            })
        };
        let out = match debt.kind {
            Asked::Refresh(_) => self.change(how, |current| late::rotated(seen(current).as_ref(), &name, &tokens)),
            Asked::Code => {
                let mut replaces = debt.replaces.filter(|_| setting.broken != Some(Broken::NoGeneration));
                let kind = IntentKind::Exchange;
                let arrived = Arrived { attempt: name, kind, tokens, replaces };
                let out = self.change(how, |current| {
                    late::granted(seen(current).as_ref(), USER, &arrived, &mut replaces, is_late, now)
                });
                debt.replaces = replaces;
                out
            }
        }?;
        Some(match out {
            Outcome::Answer((late, _)) => Outcome::Answer(late),
            Outcome::Unsure((late, _)) => Outcome::Unsure(late),
            Outcome::Away => Outcome::Away,
        })
    }

    fn send_refresh(&mut self, p: usize, attempt: Attempt) -> Done {
        let token = number(self.record()?.refresh_token()?);
        self.sent_twice |= self.sent & bit(token) != 0;
        self.sent |= bit(token);
        self.post(attempt, Asked::Refresh(token));
        self.go(p, At::InFlight { replaces: None })
    }

    fn post(&mut self, attempt: Attempt, asked: Asked) {
        let (sent_at, looked_at) = (self.now, self.own);
        self.wire.push(Request { attempt, asked, sent_at, looked_at, orphaned: false, reply: None });
        self.wire.sort_by_key(|request| (request.attempt.0, request.attempt.1));
    }

    /// The moment to judge the stored intent by. Both clocks go alike where none is put back.
    fn judged_at(&mut self, setting: &Setting, p: usize) -> Millis {
        let now = self.now;
        let Some(intent) = self.record().and_then(|record| record.intent.as_ref()) else { return now };
        if setting.left.jumps == 0 || !decide::is_open(intent, now) {
            return now;
        }
        let (attempt, span, over) = (Attempt::of(&intent.attempt), decide::span(intent), decide::over_at(intent));
        let own = self.own;
        let sighting = &mut self.processes[p].sighting;
        let first = match *sighting {
            Some((known, first)) if known == attempt => first,
            _ => {
                *sighting = Some((attempt, own));
                own
            }
        };
        if own - first >= span { now.max(over) } else { now }
    }
}

/// The record as a process sees it that does not know of a part of it.
fn without(setting: &Setting, broken: Broken, record: &GrantRecord) -> GrantRecord {
    let mut record = record.clone();
    match broken {
        _ if setting.broken != Some(broken) => {}
        Broken::NoLastAttempt => record.last_attempt = None,
        Broken::NoTombstone => record.tombstone = None,
        // At what it displaced, which is looked at twice.
        Broken::NoLastLook => {
            if let Some(intent) = &mut record.intent {
                intent.displaced = None;
            }
        }
        _ => {}
    }
    record
}
