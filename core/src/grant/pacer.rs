//! Permits for the token endpoint: taken from the store in blocks, so that the whole fleet stays under one cap.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::records::{Change, Damaged, Records};
use super::window::{Class, Lease, PERMIT_LIFE, Window};
use crate::error::{Code, Error};
use crate::sys::{Millis, millis};

/// A caller does not sit through a longer pause that the platform asked for.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Hands out permits to this process's requests, the important ones first.
pub(crate) struct Pacer {
    records: Arc<Records>,
    cap: u32,
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: [VecDeque<oneshot::Sender<Result<Permit, Error>>>; 4],
    /// Permits that were taken from the store and not used.
    spare: Vec<Permitted>,
    pumping: bool,
    /// The last answer was that there are none: only then does the length of the queue say how long it takes.
    dry: bool,
}

#[derive(Clone, Copy)]
struct Permitted {
    counted_at: Millis,
    good_until: Millis,
}

/// The right to one request. Unused it goes back.
pub(crate) struct Permit {
    pacer: Arc<Pacer>,
    permitted: Option<Permitted>,
}

impl Permit {
    /// Uses it up. False where it is too old: the request would be counted in a minute that is not its own.
    pub(crate) fn redeem(mut self, now: Millis) -> bool {
        self.permitted.take().is_some_and(|permitted| now < permitted.good_until)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(permitted) = self.permitted.take() {
            self.pacer.lock().spare.push(permitted);
            // It goes back now where a pump can run, else with the next one that does.
            if tokio::runtime::Handle::try_current().is_ok() {
                self.pacer.start();
            }
        }
    }
}

/// Says that nobody pumps any more, however the pump ends.
struct Pumping(Option<Arc<Pacer>>);

impl Drop for Pumping {
    fn drop(&mut self) {
        if let Some(pacer) = &self.0 {
            pacer.lock().pumping = false;
        }
    }
}

impl Pacer {
    pub(crate) fn new(records: Arc<Records>, cap: u32) -> Self {
        Self { records, cap, queue: Mutex::default(), arrived: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a permit, no longer than `patience`.
    pub(crate) async fn permit(self: &Arc<Self>, class: Class, patience: Duration) -> Result<Permit, Error> {
        let receiver = {
            let mut queue = self.lock();
            let before: usize = queue.waiting[..=class as usize].iter().map(VecDeque::len).sum();
            // Who can't be served in time need not wait to hear it.
            let turn = self.turn(class, before);
            if queue.dry && turn > patience {
                return Err(paced(turn));
            }
            let (sender, receiver) = oneshot::channel();
            queue.waiting[class as usize].push_back(sender);
            receiver
        };
        self.start();
        match tokio::time::timeout(patience, receiver).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => Err(Error::new(Code::Internal, "The wait for the token endpoint ended early; try again.")),
            Err(_) => Err(paced(self.turn(class, 1))),
        }
    }

    /// How long it takes to serve so many before, if nobody else did anything.
    fn turn(&self, class: Class, before: usize) -> Duration {
        Duration::from_secs(60).saturating_mul(u32::try_from(before).unwrap_or(u32::MAX)) / class.share(self.cap)
    }

    /// The pause that the platform asked anybody of the fleet for.
    pub(crate) async fn pause(&self) -> Result<Option<Duration>, Error> {
        let window = self.window().await?;
        let now = self.records.now().await?;
        Ok(window.pause(now).map(|until| Duration::from_millis(until - now)))
    }

    /// Whether anybody of the fleet saw a live refresh token active at the introspection endpoint.
    pub(crate) async fn introspects(&self) -> Result<bool, Error> {
        Ok(self.window().await?.introspects)
    }

    pub(crate) async fn saw_introspection(&self) -> Result<(), Error> {
        self.change(|window| (!std::mem::replace(&mut window.introspects, true), ())).await
    }

    async fn window(&self) -> Result<Window, Error> {
        match self.records.load::<Window>(&self.records.pacing_key()).await {
            Err(error) if super::record::is_damage(&error) => Ok(Window::new()),
            window => Ok(window?.map_or_else(Window::new, |read| read.record)),
        }
    }

    /// Tells the whole fleet to be quiet for so long.
    pub(crate) async fn pause_for(&self, pause: Duration) -> Result<(), Error> {
        let now = self.records.now().await?;
        let until = now.saturating_add(millis(pause));
        self.change(|window| (window.pause_until(until, now), ())).await
    }

    fn start(self: &Arc<Self>) {
        let start = !std::mem::replace(&mut self.lock().pumping, true);
        if start {
            let (pacer, mut pumping) = (Arc::clone(self), Pumping(Some(Arc::clone(self))));
            tokio::spawn(async move {
                pacer.pump().await;
                // It said so itself, and another may pump already.
                pumping.0.take();
            });
        } else {
            self.arrived.notify_one();
        }
    }

    /// Serves whoever waits, then ends.
    async fn pump(self: &Arc<Self>) {
        loop {
            let arrived = self.arrived.notified();
            let (class, wanted, spare) = match self.next_order() {
                Order::Lease { class, wanted, spare } => (class, wanted, spare),
                Order::GiveBack(spare) => {
                    self.give_back(&spare).await;
                    continue;
                }
                Order::Stop => return,
            };
            match self.lease(class, wanted, spare).await {
                Ok(Ok(permits)) => self.serve(class, permits),
                Ok(Err(Later { after, paused })) => {
                    // Nobody sits through a long pause.
                    if paused && after > LONGEST_PAUSE {
                        self.refuse_all(&self::paused(after));
                    }
                    tokio::select! {
                        () = arrived => {}
                        () = tokio::time::sleep(after.min(Duration::from_secs(1))) => {}
                    }
                }
                Err(error) => self.refuse_all(&error),
            }
        }
    }

    fn next_order(&self) -> Order {
        let mut queue = self.lock();
        for waiting in &mut queue.waiting {
            waiting.retain(|waiter| !waiter.is_closed());
        }
        let spare = std::mem::take(&mut queue.spare);
        let next = Class::ALL.into_iter().find(|class| !queue.waiting[*class as usize].is_empty());
        match next {
            Some(class) => Order::Lease { class, wanted: queue.waiting[class as usize].len(), spare },
            None if spare.is_empty() => {
                // Under the lock, so that whoever comes now starts the next pump.
                queue.pumping = false;
                Order::Stop
            }
            None => Order::GiveBack(spare),
        }
    }

    async fn lease(
        &self,
        class: Class,
        wanted: usize,
        mut spare: Vec<Permitted>,
    ) -> Result<Result<Vec<Permitted>, Later>, Error> {
        let now = self.records.now().await?;
        spare.retain(|permitted| now < permitted.good_until);
        if !spare.is_empty() {
            return Ok(Ok(spare));
        }
        let block = (self.cap / 20).clamp(1, 50).min(u32::try_from(wanted).unwrap_or(u32::MAX));
        let lease = self
            .change(|window| {
                let lease = window.lease(class, block, self.cap, now);
                (matches!(lease, Lease::Granted { .. }), lease)
            })
            .await?;
        self.lock().dry = matches!(lease, Lease::Later { .. });
        Ok(match lease {
            Lease::Granted { permits, at } => {
                let permitted = Permitted { counted_at: at, good_until: now.saturating_add(PERMIT_LIFE) };
                Ok(vec![permitted; usize::try_from(permits).unwrap_or(0)])
            }
            Lease::Later { at, paused } => Err(Later { after: Duration::from_millis(at.saturating_sub(now)), paused }),
        })
    }

    fn serve(self: &Arc<Self>, class: Class, permits: Vec<Permitted>) {
        for permitted in permits {
            let mut permit = Permit { pacer: Arc::clone(self), permitted: Some(permitted) };
            // Whoever has given up hands it to the next; the last one back.
            while let Some(waiter) = self.next(class) {
                let Err(Ok(back)) = waiter.send(Ok(permit)) else { break };
                permit = back;
            }
        }
    }

    fn next(&self, class: Class) -> Option<oneshot::Sender<Result<Permit, Error>>> {
        self.lock().waiting[class as usize].pop_front()
    }

    fn refuse_all(&self, error: &Error) {
        let refused: Vec<_> = self.lock().waiting.iter_mut().flat_map(std::mem::take).collect();
        for waiter in refused {
            let _ = waiter.send(Err(error.clone()));
        }
    }

    async fn give_back(&self, spare: &[Permitted]) {
        // Where the store is away they are void in a minute anyway.
        let _ = self
            .change(|window| {
                for permitted in spare {
                    window.give_back(1, permitted.counted_at);
                }
                (true, ())
            })
            .await;
    }

    async fn change<T>(&self, mut change: impl FnMut(&mut Window) -> (bool, T)) -> Result<T, Error> {
        self.records
            .change(&self.records.pacing_key(), Damaged::Replaced, |current: Option<&Window>| {
                let mut window = current.cloned().unwrap_or_else(Window::new);
                match change(&mut window) {
                    (true, answer) => Change::Write(Box::new(window), answer),
                    (false, answer) => Change::Leave(answer),
                }
            })
            .await
    }
}

/// What a pump does next.
enum Order {
    Lease { class: Class, wanted: usize, spare: Vec<Permitted> },
    GiveBack(Vec<Permitted>),
    Stop,
}

struct Later {
    after: Duration,
    paused: bool,
}

fn paced(after: Duration) -> Error {
    Error::new(
        Code::Paced,
        "The token endpoint's limit is used up for the moment, by all processes together; try again later.",
    )
    .with_retry_after(Some(after.max(Duration::from_secs(1))))
}

/// What a caller hears while the platform wants quiet.
pub(crate) fn paused(after: Duration) -> Error {
    Error::new(Code::RateLimited, "Loop asked for a pause at the token endpoint: wait before the next try.")
        .with_retry_after(Some(after))
}
