//! What the authorization server does with a refresh token that it has seen before: it decides what a lost answer costs.

use std::time::Duration;

use crate::config::invalid;
use crate::error::Error;
use crate::sys::{Millis, millis};

/// The server's rule for refresh tokens that were used before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// A second use ends the grant: Loop, and every server of which nothing is known.
    #[default]
    Strict,
    /// As strict, but the server says at its introspection endpoint whether a refresh token is still good.
    Introspect,
    /// The former token still works for this long after its rotation.
    Grace(Duration),
    /// The former token stays good: the server does not rotate, or not until the next one is used.
    Replay,
}

/// The longest grace that is believed.
const LONGEST_GRACE: Duration = Duration::from_secs(60 * 60);
/// The shortest that leaves time for a second request.
const SHORTEST_GRACE: Duration = Duration::from_secs(2);

impl Profile {
    /// `strict`, `introspect`, `grace:SECONDS` or `replay`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || invalid("profile", "must be strict, introspect, grace:SECONDS (2 to 3600) or replay");
        match text {
            "strict" => Ok(Self::Strict),
            "introspect" => Ok(Self::Introspect),
            "replay" => Ok(Self::Replay),
            _ => {
                let seconds = text.strip_prefix("grace:").and_then(|seconds| seconds.parse().ok()).ok_or_else(wrong)?;
                Self::Grace(Duration::from_secs(seconds)).checked().ok_or_else(wrong)
            }
        }
    }

    pub(crate) fn checked(self) -> Option<Self> {
        match self {
            Self::Grace(grace) if !(SHORTEST_GRACE..=LONGEST_GRACE).contains(&grace) => None,
            other => Some(other),
        }
    }
}

/// The times of one attempt, and what may follow it when its answer is lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) profile: Profile,
    /// The operator's choice: under `strict`, one second use in place of a sign-in.
    pub(crate) replay_once: bool,
    /// Nothing runs beside a request on this host: a token is renewed by the call that needs it.
    pub(crate) no_background: bool,
}

impl Rules {
    /// How long after its intent a request may still be sent.
    pub(crate) fn send_window(&self) -> Millis {
        match self.profile {
            Profile::Grace(grace) => (millis(grace) / 4).min(5_000),
            _ => 5_000,
        }
    }

    /// The time limit of a token request. Long, because an answer that is given up may hold the only new refresh token.
    pub(crate) fn answer_limit(&self) -> Duration {
        match self.profile {
            Profile::Grace(grace) => (grace / 2).min(Duration::from_secs(120)),
            _ => Duration::from_secs(120),
        }
    }

    /// How long after its last moment to be sent a request counts as under way: its time limit, and a margin.
    pub(crate) fn answer_window(&self) -> Millis {
        let limit = millis(self.answer_limit());
        limit + (limit / 12).min(10_000)
    }

    /// Until when the token of an attempt that began then may be sent again.
    pub(crate) fn grace_ends(&self, first_at: Millis) -> Option<Millis> {
        match self.profile {
            // The margin is for the way to the server, and for clocks that run apart.
            Profile::Grace(grace) => Some(first_at.saturating_add(millis(grace) - millis(grace) / 10)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_named_by_one_text() {
        assert_eq!(Profile::parse("strict").unwrap(), Profile::Strict);
        assert_eq!(Profile::parse("grace:30").unwrap(), Profile::Grace(Duration::from_secs(30)));
        for wrong in ["", "Strict", "grace", "grace:", "grace:0", "grace:1", "grace:3601", "grace:-5", "grace:1.5"] {
            assert_eq!(Profile::parse(wrong).unwrap_err().detail(), Some("profile"), "{wrong}");
        }
    }

    #[test]
    fn an_attempt_lasts_as_long_as_its_request_may_take() {
        let strict = Rules::default();
        assert_eq!((strict.send_window(), strict.answer_window()), (5_000, 130_000));
    }

    #[test]
    fn under_grace_a_lost_attempt_is_over_while_the_token_may_still_be_sent_again() {
        for seconds in [2, 5, 10, 30, 600, 3600] {
            let rules = Rules { profile: Profile::Grace(Duration::from_secs(seconds)), ..Rules::default() };
            let over = rules.send_window() + rules.answer_window();
            let ends = rules.grace_ends(0).unwrap();
            assert!(over < ends && ends < seconds * 1000, "{seconds}: {over} {ends}");
            assert!(rules.answer_limit().as_secs() * 2 <= seconds);
        }
    }
}
