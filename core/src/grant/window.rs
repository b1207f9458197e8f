//! How many token requests may be sent now: pure decisions over what the whole fleet was allowed lately.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::record::Stamped;
use crate::sys::Millis;

/// What the platform counts over.
const WINDOW: Millis = 60_000;
/// Requests take their time to arrive, and clocks run apart.
const MARGIN: Millis = 2_000;
/// A permit that was not used by then is void, so that it can't be used long after it was counted.
pub(crate) const PERMIT_LIFE: Millis = 3_000;
/// Permits are counted by the second: their number does not make the record longer.
const BUCKET: Millis = 1_000;
/// Nobody is believed that asks for a longer pause.
const LONGEST_PAUSE: Millis = 24 * 60 * 60 * 1000;

/// Who wants to send, the most important first. Each may use a share of the cap, so that the others find room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// A person waits in front of a browser, and the code lives for a minute.
    Exchange,
    /// A call waits.
    Caller,
    /// Nobody waits yet.
    Ahead,
    /// There are days left.
    KeepAlive,
}

impl Class {
    pub(crate) const ALL: [Self; 4] = [Self::Exchange, Self::Caller, Self::Ahead, Self::KeepAlive];

    /// How many permits of a minute this class may bring the total to.
    pub(crate) fn share(self, cap: u32) -> u32 {
        let percent = match self {
            Self::Exchange => 100,
            Self::Caller => 80,
            Self::Ahead => 60,
            Self::KeepAlive => 40,
        };
        u32::try_from(u64::from(cap) * percent / 100).unwrap_or(cap).max(1)
    }
}

/// What the fleet was allowed lately, and until when it is asked to be quiet. One record for each issuer and client.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) min_reader: u32,
    /// Oldest first.
    #[serde(default)]
    buckets: Vec<Bucket>,
    #[serde(default)]
    paused_until: Millis,
    /// The issuer has called a live refresh token of this client active.
    #[serde(default)]
    pub(crate) introspects: bool,
    #[serde(default)]
    stamp: String,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Bucket {
    at: Millis,
    permits: u32,
}

/// The answer to who asks for permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lease {
    /// So many, counted at this moment.
    Granted { permits: u32, at: Millis },
    /// None before this moment.
    Later { at: Millis, paused: bool },
}

impl Stamped for Window {
    fn stamp(&mut self, stamp: String) {
        self.stamp = stamp;
    }

    fn life(&self) -> Option<Duration> {
        // Long enough for everything in it to be over.
        Some(Duration::from_secs(2 * 24 * 60 * 60))
    }
}

impl Window {
    pub(crate) fn new() -> Self {
        Self { min_reader: 1, ..Self::default() }
    }

    /// The moment until which the platform asked for quiet, if it has not passed.
    pub(crate) fn pause(&self, now: Millis) -> Option<Millis> {
        // One in the far future comes from a clock that was wrong.
        Some(self.paused_until).filter(|until| now < *until && *until - now <= LONGEST_PAUSE)
    }

    /// Notes a pause. False where a longer one is known.
    pub(crate) fn pause_until(&mut self, until: Millis, now: Millis) -> bool {
        let longer = self.pause(now).is_none_or(|known| until > known);
        if longer {
            self.paused_until = until;
        }
        longer
    }

    /// Takes up to `wanted` permits, and counts them until the platform has forgotten the requests made with them.
    pub(crate) fn lease(&mut self, class: Class, wanted: u32, cap: u32, now: Millis) -> Lease {
        if let Some(at) = self.pause(now) {
            return Lease::Later { at, paused: true };
        }
        self.forget(now);
        let used = self.buckets.iter().fold(0, |used: u32, bucket| used.saturating_add(bucket.permits));
        let share = class.share(cap);
        let free = share.saturating_sub(used);
        if free == 0 {
            return Lease::Later { at: self.free_at((used - share).saturating_add(1), now), paused: false };
        }
        let permits = wanted.min(free);
        let at = now - now % BUCKET;
        match self.buckets.last_mut() {
            Some(bucket) if bucket.at == at => bucket.permits = bucket.permits.saturating_add(permits),
            _ => self.buckets.push(Bucket { at, permits }),
        }
        Lease::Granted { permits, at }
    }

    /// Takes permits back that nobody used.
    pub(crate) fn give_back(&mut self, permits: u32, at: Millis) {
        if let Some(bucket) = self.buckets.iter_mut().find(|bucket| bucket.at == at) {
            bucket.permits = bucket.permits.saturating_sub(permits);
        }
    }

    fn forget(&mut self, now: Millis) {
        for bucket in &mut self.buckets {
            // One of the future was counted by a clock that was put back since: it may have been just now.
            bucket.at = bucket.at.min(now.saturating_add(MARGIN));
        }
        self.buckets.retain(|bucket| now < ends(bucket));
    }

    /// When so many of the counted permits will be forgotten.
    fn free_at(&self, wanted: u32, now: Millis) -> Millis {
        let mut freed = 0;
        for bucket in &self.buckets {
            freed = bucket.permits.saturating_add(freed);
            if freed >= wanted {
                return ends(bucket);
            }
        }
        now.saturating_add(WINDOW)
    }
}

fn ends(bucket: &Bucket) -> Millis {
    bucket.at.saturating_add(BUCKET + PERMIT_LIFE + WINDOW + MARGIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn granted(lease: Lease) -> u32 {
        match lease {
            Lease::Granted { permits, .. } => permits,
            Lease::Later { .. } => 0,
        }
    }

    #[test]
    fn the_less_important_leave_room_for_the_more_important() {
        let mut window = Window::new();
        let mut take = |class| granted(window.lease(class, 100, 60, 0));
        assert_eq!([Class::KeepAlive, Class::Ahead, Class::Caller, Class::Exchange].map(&mut take), [24, 12, 12, 12]);
        assert_eq!(take(Class::Exchange), 0);
    }

    #[test]
    fn who_finds_none_learns_when_there_will_be_one() {
        let mut window = Window::new();
        window.lease(Class::Exchange, 40, 60, 0);
        window.lease(Class::Exchange, 20, 60, 10_000);
        assert_eq!(window.lease(Class::Exchange, 1, 60, 11_000), Lease::Later { at: 66_000, paused: false });
        assert_eq!(window.lease(Class::Caller, 1, 60, 11_000), Lease::Later { at: 66_000, paused: false });
        assert_eq!(window.lease(Class::Caller, 100, 60, 66_000), Lease::Granted { permits: 28, at: 66_000 });
    }

    #[test]
    fn unused_permits_go_back() {
        let mut window = Window::new();
        let Lease::Granted { permits: 48, at } = window.lease(Class::Caller, 60, 60, 500) else { panic!() };
        window.give_back(8, at);
        assert_eq!(granted(window.lease(Class::Caller, 60, 60, 600)), 8);
    }

    #[test]
    fn a_pause_holds_for_all_and_the_longest_one_counts() {
        let mut window = Window::new();
        assert!(window.pause_until(30_000, 0) && !window.pause_until(20_000, 0));
        assert_eq!(window.lease(Class::Exchange, 1, 60, 29_999), Lease::Later { at: 30_000, paused: true });
        assert_eq!(granted(window.lease(Class::Exchange, 1, 60, 30_000)), 1);
        window.pause_until(LONGEST_PAUSE * 3, 40_000);
        assert_eq!(window.pause(40_000), None, "nobody is believed that far");
        assert!(window.pause_until(50_000, 40_000), "and it does not hide a pause of today");
        assert_eq!(window.pause(40_000), Some(50_000));
    }

    #[test]
    fn a_clock_that_is_put_back_does_not_stop_everybody() {
        let mut window = Window::new();
        window.lease(Class::Exchange, 60, 60, 10 * LONGEST_PAUSE);
        assert_eq!(granted(window.lease(Class::Exchange, 60, 60, 1_000)), 0, "it may have been a moment ago");
        assert_eq!(granted(window.lease(Class::Exchange, 60, 60, 70_000)), 60);
    }

    #[test]
    fn numbers_that_no_fleet_reaches_do_no_harm() {
        let mut window = Window::new();
        window.buckets = [0, 0].map(|at| Bucket { at, permits: u32::MAX }).to_vec();
        assert!(matches!(window.lease(Class::Exchange, 1, u32::MAX, 1_000), Lease::Later { .. }));
        let mut window = Window::new();
        window.buckets = vec![Bucket { at: u64::MAX, permits: u32::MAX }];
        assert!(matches!(window.lease(Class::Caller, u32::MAX, 60, u64::MAX - 1), Lease::Later { .. }));
    }

    proptest! {
        /// However permits are asked for and returned, no minute sees more requests than the cap: each may arrive at
        /// any moment while its permit is good.
        #[test]
        fn no_minute_sees_more_than_the_cap(
            cap in 1_u32..100,
            asked in proptest::collection::vec((0_u64..5_000, 0_usize..4, 1_u32..30, 0_u64..PERMIT_LIFE), 1..200),
        ) {
            let (mut window, mut now, mut sent) = (Window::new(), 0, Vec::new());
            for (pause, class, wanted, late) in asked {
                now += pause;
                for _ in 0..granted(window.lease(Class::ALL[class], wanted, cap, now)) {
                    sent.push(now + late);
                }
            }
            sent.sort_unstable();
            for (index, first) in sent.iter().enumerate() {
                let within = sent[index..].iter().take_while(|at| **at < first + WINDOW).count();
                prop_assert!(within <= cap as usize, "{within} of {cap}");
            }
        }
    }
}
