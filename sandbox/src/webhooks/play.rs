//! The platform's part, played against one URL without a running sandbox: for `loop-sandbox webhooks send`.

use std::io::Write;
use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, json};

use super::outbox::{Happened, WAITS_SECONDS};
use super::post::{self, Message, Outcome};
use super::{catalogue, endpoint};
use crate::demo::{Painter, Tone};
use crate::seed;
use crate::sys::{Clock, real_millis};

/// In place of the platform's waits, so that nobody waits an hour to see the fifth attempt.
const SHORT_WAITS_MS: [u64; 4] = [500, 1000, 2000, 3000];

/// What to send, and how.
#[derive(Clone)]
pub struct Play {
    /// Where to.
    pub to: String,
    /// The signing secret.
    pub secret: String,
    /// The event's name; one that nobody knows is sent too.
    pub event_type: String,
    /// A test person, or any other id.
    pub user: String,
    /// Whose event it is.
    pub client_id: String,
    /// The event's own data; else an example that fits.
    pub data: Option<Value>,
    /// The platform's five, or fewer.
    pub attempts: u32,
    /// Send the event again once it was accepted.
    pub replay: bool,
    /// Sign wrongly, to see that it is noticed.
    pub bad_signature: bool,
    /// Wait as long as the platform does.
    pub real_waits: bool,
}

impl std::fmt::Debug for Play {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Play")
            .field("to", &self.to)
            .field("event_type", &self.event_type)
            .finish_non_exhaustive()
    }
}

/// One event, ready to be sent as often as it takes.
struct Stage<'a> {
    play: &'a Play,
    client: reqwest::Client,
    event_id: String,
    body: String,
    signature: String,
    painter: Painter,
}

/// Sends the event until it is accepted or given up, and tells the reader. `true` when the app did what it should.
pub async fn run(play: &Play, painter: Painter, out: &mut impl Write) -> anyhow::Result<bool> {
    if let Err(why) = endpoint::check_url(&play.to) {
        bail!(why);
    }
    let stage = Stage::set(play, painter)?;
    let name = painter.paint(Tone::Strong, &play.event_type);
    writeln!(out, "\n{name} to {}", painter.paint(Tone::Strong, &play.to))?;
    writeln!(
        out,
        "{}\n",
        painter.paint(Tone::Soft, &format!("{} · signed over {} bytes", stage.event_id, stage.body.len()))
    )?;
    if play.bad_signature {
        return stage.forged(out).await;
    }
    let Some(attempt) = stage.until_accepted(out).await? else {
        let text = format!("Not accepted in {}. The platform gives up here.", attempts(play.attempts));
        writeln!(out, "\n{}\n", painter.paint(Tone::Bad, &text))?;
        return Ok(false);
    };
    writeln!(out, "\n{}", painter.paint(Tone::Good, &format!("Accepted at attempt {attempt}.")))?;
    if play.replay && !stage.replayed(out).await? {
        return Ok(false);
    }
    writeln!(out)?;
    Ok(true)
}

impl Stage<'_> {
    fn set(play: &Play, painter: Painter) -> anyhow::Result<Stage<'_>> {
        let clock = Clock::default();
        let person = seed::find(&play.user);
        let user_id = person.map_or(play.user.as_str(), |person| person.user_id);
        let sample =
            || person.map_or_else(|| json!({}), |person| catalogue::sample(&play.event_type, person, clock.now()));
        let data = play.data.clone().unwrap_or_else(sample);
        let happened = Happened::now(&clock, &play.event_type, user_id, &data)?;
        let body = happened.body(&play.client_id);
        let secret = if play.bad_signature { "not the secret" } else { &play.secret };
        let signature = post::signature(secret, body.as_bytes());
        Ok(Stage { play, client: post::client()?, event_id: happened.id, body, signature, painter })
    }

    async fn attempt(&self, number: u32, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let began = real_millis();
        let message = Message {
            url: &self.play.to,
            event_id: &self.event_id,
            event_type: &self.play.event_type,
            signature: &self.signature,
            attempt: number,
            body: &self.body,
        };
        let outcome = post::send(&self.client, &message).await;
        let took = self.painter.paint(Tone::Soft, &format!("{} ms", real_millis().saturating_sub(began)));
        let tone = if outcome.is_accepted() { Tone::Good } else { Tone::Bad };
        let status = match outcome.parts() {
            (Some(status), _) => status.to_string(),
            (None, _) => "no answer".to_owned(),
        };
        writeln!(out, "  attempt {number}   {}   {took}", self.painter.paint(tone, &status))?;
        let text = outcome.parts().1.lines().next().unwrap_or_default();
        if !text.is_empty() {
            writeln!(out, "    {}", self.painter.paint(Tone::Soft, text))?;
        }
        if let Some(meaning) = meaning(&outcome, self.play.bad_signature) {
            writeln!(out, "    {meaning}")?;
        }
        Ok(outcome)
    }

    /// The number of the attempt that was accepted.
    async fn until_accepted(&self, out: &mut impl Write) -> anyhow::Result<Option<u32>> {
        for number in 1..=self.play.attempts {
            if self.attempt(number, out).await?.is_accepted() {
                return Ok(Some(number));
            }
            if number < self.play.attempts {
                self.wait(number, out).await?;
            }
        }
        Ok(None)
    }

    async fn wait(&self, after: u32, out: &mut impl Write) -> anyhow::Result<()> {
        let index = usize::try_from(after - 1)?.min(WAITS_SECONDS.len() - 1);
        let real = Duration::from_secs(u64::try_from(WAITS_SECONDS[index])?);
        let wait = if self.play.real_waits { real } else { Duration::from_millis(SHORT_WAITS_MS[index]) };
        let text = if self.play.real_waits {
            format!("  waits {} s", real.as_secs())
        } else {
            format!("  waits {:.1} s (on the platform: {} s)", wait.as_secs_f32(), real.as_secs())
        };
        writeln!(out, "{}", self.painter.paint(Tone::Soft, &text))?;
        out.flush()?;
        tokio::time::sleep(wait).await;
        Ok(())
    }

    async fn replayed(&self, out: &mut impl Write) -> anyhow::Result<bool> {
        writeln!(out, "\nThe same event once more, as a replay sends it:")?;
        let is_accepted = self.attempt(1, out).await?.is_accepted();
        let text = if is_accepted {
            self.painter.paint(Tone::Good, "Accepted. Make sure that its work was not done twice.")
        } else {
            self.painter.paint(Tone::Bad, "Refused. Answer 2xx to an event that you know already, or it is sent again.")
        };
        writeln!(out, "\n{text}")?;
        Ok(is_accepted)
    }

    /// An app that checks signatures refuses this one.
    async fn forged(&self, out: &mut impl Write) -> anyhow::Result<bool> {
        let outcome = self.attempt(1, out).await?;
        let (is_right, tone, text) = match outcome.parts().0 {
            Some(401) => (true, Tone::Good, "Refused with 401, as it should be: the signature is wrong."),
            Some(400..500) => (true, Tone::Warn, "Refused, as it should be; the platform's word for it is 401."),
            Some(200..300) => {
                (false, Tone::Bad, "Accepted, though the signature is wrong: your app does not check it.")
            }
            _ => (false, Tone::Bad, "Neither accepted nor refused."),
        };
        writeln!(out, "\n{}\n", self.painter.paint(tone, text))?;
        Ok(is_right)
    }
}

/// What an answer tells about the app.
fn meaning(outcome: &Outcome, is_forged: bool) -> Option<&'static str> {
    match outcome.parts().0? {
        200..300 => None,
        300..400 => Some("Redirects are not followed: give the address that answers."),
        401 if is_forged => None,
        401 => Some(
            "Your app finds the signature wrong. Is this the secret that it knows? And does it sign the raw body, before \
             any JSON parser has touched it?",
        ),
        403 => {
            Some("Your app refuses the request. Is it protected against forged forms (CSRF)? Webhooks carry no cookie.")
        }
        404 => Some("Your app has nothing at this path."),
        405 => Some("Your app does not take POST at this path."),
        400..500 => Some("Your app does not take this request."),
        _ => Some("Your app failed. The platform tries again."),
    }
}

fn attempts(count: u32) -> String {
    if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") }
}
