//! `loop-sandbox serve`.

use std::io::{Read as _, Write as _};

use anyhow::Context as _;
use loop_sandbox::demo::{Painter, Tone};
use loop_sandbox::{Database, NewApp, Options, RegisteredApp, Sandbox, Switches, shell};
use serde_json::json;
use tokio::sync::oneshot;

use super::{Serve, env_file, wants_colour};

/// All that a machine can hold.
const MACHINE_SCOPES: &str = "admin:identity admin:clinical admin:payments";

/// The registered app with what was asked for it.
struct App {
    registered: RegisteredApp,
    redirect_uri: String,
    scopes: String,
    /// What the app's own server uses where nobody is signed in.
    machine: RegisteredApp,
}

pub(crate) async fn run(command: Serve) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options {
        port: command.port,
        database: command.database.clone().map_or(Database::Memory, Database::File),
        strict_openid: command.strict_openid,
        lenient_nonce: command.lenient_nonce,
        all_or_nothing: command.all_or_nothing,
        rotation: command.rotation,
        token_rate_limit: command.token_rate_limit,
    })
    .await?;
    if command.platform_limits {
        sandbox.switch(Switches::limit_as_the_platform);
        if let Some(limit) = command.token_rate_limit {
            sandbox.switch(|switches| switches.token_rate_limit = Some(limit));
        }
    }
    let wants_app = command.write_env.is_some() || !command.redirect_uris.is_empty();
    let app = if wants_app { Some(register(&sandbox, &command).await?) } else { None };
    if let (Some(path), Some(app)) = (&command.write_env, &app) {
        let text = env_file::text(&variables(&sandbox, app));
        env_file::write(path, &text).with_context(|| {
            format!("The file {} can't be written; choose another with --write-env.", path.display())
        })?;
    }
    if command.json {
        say(&format!("{}\n", json_line(&sandbox, app.as_ref())))?;
    } else {
        say(&greeting(&sandbox, &command, app.as_ref(), Painter::new(wants_colour())))?;
    }
    if command.open && open::that_detached(sandbox.base_url()).is_err() {
        // It runs all the same, and the reader can open the address by hand.
        say_aside(&format!("No browser can be opened here; open {} yourself.\n", sandbox.base_url()));
    }
    if command.exit_with_stdin {
        tokio::select! {
            done = sandbox.wait() => done?,
            () = stdin_closed() => {}
        }
    } else {
        sandbox.wait().await?;
    }
    Ok(())
}

async fn register(sandbox: &Sandbox, command: &Serve) -> anyhow::Result<App> {
    let mut app = NewApp::named(&command.app_name).scopes(&command.scopes);
    app.confidential = !command.public;
    app.access_token_seconds = command.access_token_seconds;
    if !command.redirect_uris.is_empty() {
        app.redirect_uris.clone_from(&command.redirect_uris);
    }
    let redirect_uri = app.redirect_uris.first().cloned().unwrap_or_default();
    let scopes = app.scopes.join(" ");
    let machine = NewApp::machine(format!("{} (server)", command.app_name), MACHINE_SCOPES);
    let machine = sandbox.register(machine).await?;
    Ok(App { registered: sandbox.register(app).await?, redirect_uri, scopes, machine })
}

fn variables(sandbox: &Sandbox, app: &App) -> Vec<(&'static str, String)> {
    let mut variables =
        vec![("LOOP_ENVIRONMENT", sandbox.environment()), ("LOOP_CLIENT_ID", app.registered.client_id.clone())];
    variables.extend(app.registered.client_secret.clone().map(|secret| ("LOOP_CLIENT_SECRET", secret)));
    variables.push(("LOOP_REDIRECT_URI", app.redirect_uri.clone()));
    variables.push(("LOOP_SCOPES", app.scopes.clone()));
    variables.push(("LOOP_SERVICE_CLIENT_ID", app.machine.client_id.clone()));
    variables.extend(app.machine.client_secret.clone().map(|secret| ("LOOP_SERVICE_CLIENT_SECRET", secret)));
    variables
}

fn json_line(sandbox: &Sandbox, app: Option<&App>) -> String {
    let mut line = json!({ "base_url": sandbox.base_url(), "environment": sandbox.environment() });
    if let Some(app) = app {
        line["client_id"] = json!(app.registered.client_id);
        line["client_secret"] = json!(app.registered.client_secret);
        line["redirect_uri"] = json!(app.redirect_uri);
        line["scopes"] = json!(app.scopes);
        line["service_client_id"] = json!(app.machine.client_id);
        line["service_client_secret"] = json!(app.machine.client_secret);
    }
    line.to_string()
}

fn greeting(sandbox: &Sandbox, command: &Serve, app: Option<&App>, painter: Painter) -> String {
    let url = painter.paint(Tone::Strong, sandbox.base_url());
    let heading = |text: &str| painter.paint(Tone::Heading, text);
    let soft = |text: &str| painter.paint(Tone::Soft, text);
    let running = painter.paint(Tone::Good, "The Loop sandbox is running at");
    let mut lines = vec![String::new(), format!("{running} {url}"), String::new(), heading("Test people")];
    for person in sandbox.people() {
        lines.push(format!("  {:<5} {:<16} {}", person.handle, person.name, soft(person.about)));
    }
    lines.extend([String::new(), heading("What to do next")]);
    if let Some(app) = app {
        lines.push(format!("  {} is registered as {}", command.app_name, app.registered.client_id));
    }
    match (&command.write_env, app) {
        (Some(path), _) => {
            let path = shell::quoted(&path.display().to_string());
            lines.push(format!("  set -a; . {path}; set +a    {}", soft("then start your app")));
        }
        (None, Some(_)) => lines.push("  Start with --write-env FILE or --json to be given its secret.".to_owned()),
        (None, None) => {
            lines.push(format!("  Open {url} to see how to connect your app,"));
            lines.push("  or start with --write-env .env.loop to have one registered.".to_owned());
        }
    }
    let journal = format!("  Every request: {}/_sandbox/journal · Stop with Ctrl-C", sandbox.base_url());
    lines.extend([String::new(), soft(&journal), String::new()]);
    lines.join("\n")
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("Standard output can't be written to.")
}

/// To standard error, where a line of JSON is not expected.
fn say_aside(text: &str) {
    // With standard error closed there is nobody left to tell.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Resolves when standard input ends. A thread of its own, because tokio's would keep the runtime from ending.
async fn stdin_closed() {
    let (closed, hears) = oneshot::channel();
    std::thread::spawn(move || {
        let mut ignored = [0; 1024];
        while !matches!(std::io::stdin().read(&mut ignored), Ok(0) | Err(_)) {}
        // The other end is gone when the sandbox stops for another reason.
        let _ = closed.send(());
    });
    let _ = hears.await;
}
