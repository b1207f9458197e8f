//! The command line: what can be said, and what a failure looks like.

mod env_file;
mod serve;
mod webhooks;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use loop_sandbox::{Rotation, demo, sys};

/// The Loop platform on your own machine.
///
/// Sign-in and consent pages, tokens that rotate and expire, and clinical data of invented people: everything that an
/// app meets when it connects with Loop, without an account and without a network.
#[derive(Debug, Parser)]
#[command(name = "loop-sandbox", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What a shell makes of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Serve),
    Demo(Demo),
    Webhooks(webhooks::Webhooks),
}

/// Start the sandbox and keep it running until Ctrl-C.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is one switch of the command line")]
#[command(after_help = "\
Examples:
  loop-sandbox serve
      Listens on http://127.0.0.1:4010; open it in a browser to see how to connect.

  loop-sandbox serve --open
      Opens it in a browser at once.

  loop-sandbox serve --write-env .env.loop
      Registers an app too, and writes LOOP_CLIENT_ID and the rest to a file that a shell can source.

  loop-sandbox serve --port 0 --json --exit-with-stdin --redirect-uri http://localhost:5000/callback
      For a test: one line of JSON says where it listens; it stops when its standard input closes.")]
struct Serve {
    /// Port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = 4010)]
    port: u16,
    /// Keep apps, grants and tokens in this SQLite file; without it they are gone when the sandbox stops
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Register an app and write its LOOP_* variables to this file, readable by you alone
    #[arg(long, value_name = "FILE")]
    write_env: Option<PathBuf>,
    /// Name of the registered app, as the consent page shows it
    #[arg(long, value_name = "NAME", default_value = "My Lab Aggregator")]
    app_name: String,
    /// Redirect URI of the registered app; repeat it for several. Also makes --json register an app
    /// [default: http://localhost:3000/callback]
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// What the registered app may ask for, separated by spaces
    #[arg(long, value_name = "SCOPES", default_value = "openid profile read:biomarkers read:protocols")]
    scopes: String,
    /// Register a phone or browser app, which has no secret
    #[arg(long)]
    public: bool,
    /// How long the app's access tokens live [default: 3600]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    access_token_seconds: Option<u32>,
    /// Refuse the scope openid to apps that did not register it
    #[arg(long)]
    strict_openid: bool,
    /// Accept openid without a nonce, as some samples in the platform's documentation do
    #[arg(long)]
    lenient_nonce: bool,
    /// Consent to all scopes or none: no checkboxes on the consent page
    #[arg(long)]
    all_or_nothing: bool,
    /// How refresh tokens follow one another: strict, grace:SECONDS, previous_until_used, none, none:same
    #[arg(long, value_name = "RULE", default_value_t = Rotation::Strict)]
    rotation: Rotation,
    /// Requests a minute that the token endpoint lets through for each app, for instance 60 [default: no limit]
    #[arg(long, value_name = "N")]
    token_rate_limit: Option<u32>,
    /// Limit every kind of request as the platform does, a minute and for each app: 60 at the token endpoint and 60 at
    /// the one for revocation, 600 introspections, 1000 reads, 200 writes and 100 administrative requests; and 30
    /// sign-ins that begin from one address
    #[arg(long)]
    platform_limits: bool,
    /// Open the home page in a browser: what runs, who can sign in, and the last requests live
    #[arg(long)]
    open: bool,
    /// Print one line of JSON once listening, and nothing else
    #[arg(long)]
    json: bool,
    /// Stop when standard input closes, so that a test that dies leaves no server behind
    #[arg(long)]
    exit_with_stdin: bool,
}

/// Run the quickstart in front of your eyes, in one or more languages.
///
/// For each walker the demo registers an app, starts the command with the LOOP_* variables set, signs Ada in through the
/// real pages, and shows all six steps with what went over the wire. It exits with 0 only if every walker got through.
#[derive(Debug, Args)]
#[command(after_help = "\
A walker prints one line of JSON per step and reads one line:
  prints  {\"step\":2,\"authorization_url\":\"…\"}
  reads   the callback URL
  prints  {\"step\":3}
  prints  {\"step\":4,\"user_id\":\"…\",\"scopes\":[…],\"expires_at\":\"…\"}
  prints  {\"step\":5,\"biomarkers\":[{…}]}
  prints  {\"step\":6,\"rotated\":true}

Examples:
  loop-sandbox demo --walker 'Python=python3 walk.py' --walker 'Node=node walk.mjs'

  loop-sandbox demo --browser --walker 'Python=python3 walk.py'
      You sign in and answer on the consent page, in your own browser.")]
struct Demo {
    /// A language and the command that walks the quickstart in it
    #[arg(long = "walker", value_name = "LABEL=COMMAND", required = true)]
    walkers: Vec<demo::WalkerCommand>,
    /// Let a person sign in and click on the consent page, in the system's browser
    #[arg(long)]
    browser: bool,
    /// Open no browser: print {"authorization_url":"…"} on a line of its own
    #[arg(long, requires = "browser")]
    print_url: bool,
    /// No colours, also on a terminal
    #[arg(long)]
    plain: bool,
}

/// One sentence on standard error, and 1, for everything that goes wrong.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(failure) => {
            return failed(&format!("The sandbox can't start its threads ({failure})."));
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Serve(command) => serve::run(command).await.map(|()| ExitCode::SUCCESS),
            Command::Webhooks(command) => {
                let is_right = webhooks::run(command).await?;
                Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
            Command::Demo(command) => show(&command).await,
        }
    });
    outcome.unwrap_or_else(|failure| failed(&failure.to_string()))
}

async fn show(command: &Demo) -> anyhow::Result<ExitCode> {
    let painter = demo::Painter::new(!command.plain && wants_colour());
    let visitor = match (command.browser, command.print_url) {
        (false, _) => demo::Visitor::Ada,
        (true, false) => demo::Visitor::InBrowser,
        (true, true) => demo::Visitor::AtPrintedAddress,
    };
    let mut out = std::io::stdout();
    tokio::select! {
        all_passed = demo::run(&command.walkers, visitor, painter, &mut out) => {
            Ok(if all_passed? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        // Leaving ends the sandbox, the port and the walker.
        signal = tokio::signal::ctrl_c() => {
            signal?;
            failed("\nStopped.");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

fn failed(sentence: &str) -> ExitCode {
    // With standard error closed there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "{sentence}");
    ExitCode::FAILURE
}

fn wants_colour() -> bool {
    let is_dumb = sys::environment_variable("TERM").is_some_and(|term| term == "dumb");
    std::io::stdout().is_terminal() && sys::environment_variable("NO_COLOR").is_none() && !is_dumb
}
