//! `loop-sandbox webhooks send`.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use loop_sandbox::demo::Painter;
use loop_sandbox::webhook_play::{self, Play};
use serde_json::Value;

use super::wants_colour;

/// Play the platform's webhooks against your app.
#[derive(Debug, Args)]
pub(crate) struct Webhooks {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Send(Send),
}

/// Send one signed event to a URL, as the platform would; no sandbox needs to run.
///
/// It is tried again until your app answers with a 2xx or five attempts are over. Exits with 0 if it was accepted, else
/// with 1.
#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is one switch of the command line")]
#[command(after_help = "\
Examples:
  loop-sandbox webhooks send --to http://localhost:3000/webhooks/loop --secret whsec_…
      One event about Ada's lab results, with the platform's headers and signature.

  loop-sandbox webhooks send --to http://localhost:3000/webhooks/loop --replay
      The same event twice, as a replay sends it. The secret is that of LOOP_WEBHOOK_SECRET.

  loop-sandbox webhooks send --to http://localhost:3000/webhooks/loop --secret whsec_… --bad-signature
      Exits with 0 if your app refuses it.")]
struct Send {
    /// Where your app takes webhooks: https, or http on this machine
    #[arg(long, value_name = "URL")]
    to: String,
    /// The signing secret that your app knows
    #[arg(long, value_name = "SECRET", env = "LOOP_WEBHOOK_SECRET", hide_env_values = true)]
    secret: String,
    /// What has happened
    #[arg(long, value_name = "TYPE", default_value = "clinical.biomarker.parsed.v1")]
    r#type: String,
    /// Whom it concerns: a test person, or any user id
    #[arg(long, value_name = "USER", default_value = "ada")]
    user: String,
    /// Your app's client id, as the event names it
    #[arg(long, value_name = "ID", env = "LOOP_CLIENT_ID", default_value = "client_01HXYWEBH00K5A4NDB0XPREV1E")]
    client_id: String,
    /// The event's data: JSON, or @FILE [default: an example that fits the type]
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// Attempts until it is given up
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=5))]
    attempts: u32,
    /// Once accepted, send the same event again
    #[arg(long)]
    replay: bool,
    /// Sign with another secret: your app should answer 401
    #[arg(long)]
    bad_signature: bool,
    /// Wait between attempts as the platform does: 10 seconds, a minute, ten minutes, an hour
    #[arg(long)]
    real_waits: bool,
    /// No colours, also on a terminal
    #[arg(long)]
    plain: bool,
}

impl std::fmt::Debug for Send {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Send").field("to", &self.to).finish_non_exhaustive()
    }
}

/// `true` when the app did what it should.
pub(crate) async fn run(command: Webhooks) -> anyhow::Result<bool> {
    let Command::Send(send) = command.command;
    let painter = Painter::new(!send.plain && wants_colour());
    let play = Play {
        data: send.data.as_deref().map(data).transpose()?,
        to: send.to,
        secret: send.secret,
        event_type: send.r#type,
        user: send.user,
        client_id: send.client_id,
        attempts: send.attempts,
        replay: send.replay,
        bad_signature: send.bad_signature,
        real_waits: send.real_waits,
    };
    webhook_play::run(&play, painter, &mut std::io::stdout()).await
}

fn data(text: &str) -> anyhow::Result<Value> {
    let json = match text.strip_prefix('@') {
        None => text.to_owned(),
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("The file {path} can't be read."))?,
    };
    serde_json::from_str(&json).context("--data must be JSON, or @ and the name of a file that holds JSON.")
}
