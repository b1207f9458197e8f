//! The demo, with walkers made for it.

use loop_sandbox::demo::{Browser, Painter, Stage, Visitor, WalkerCommand, run, walk};
use loop_sandbox::{NewApp, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::world::{REDIRECT_URI, VERIFIER, World, query_of};

async fn say(stream: &mut DuplexStream, line: Value) {
    stream.write_all(format!("{line}\n").as_bytes()).await.unwrap();
}

/// A walker in this process. `refreshes` is how often it refreshes at step 6.
async fn walker(
    world: &World,
    mut out: DuplexStream,
    input: DuplexStream,
    refreshes: usize,
    redirect_uri: &str,
    user_id: &str,
) {
    let url = world.authorization_url(&[("redirect_uri", redirect_uri)]);
    say(&mut out, json!({ "step": 2, "authorization_url": url })).await;
    let mut callback = String::new();
    BufReader::new(input).read_line(&mut callback).await.unwrap();
    say(&mut out, json!({ "step": 3 })).await;
    let code = query_of(callback.trim())["code"].clone();
    let exchange = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", redirect_uri)];
    let verifier = ("code_verifier", VERIFIER);
    let mut tokens = world.oauth("token", &[exchange.as_slice(), &[verifier]].concat()).await.tokens();
    let scopes = ["openid", "read:biomarkers", "read:protocols"];
    say(&mut out, json!({ "step": 4, "user_id": user_id, "scopes": scopes, "expires_at": "2026-01-01T00:00:00Z" }))
        .await;
    let results = world.biomarkers(&tokens.access).await.json()["results"].clone();
    say(&mut out, json!({ "step": 5, "biomarkers": results })).await;
    for _ in 0..refreshes {
        tokens = world.refresh(&tokens.refresh).await.tokens();
    }
    world.biomarkers(&tokens.access).await;
    say(&mut out, json!({ "step": 6, "rotated": true })).await;
}

async fn walked(refreshes: usize) -> (Result<(), String>, String) {
    let world = World::with(Options::default(), NewApp::default().access_token_seconds(2)).await;
    let (walker_out, demo_in) = duplex(64 * 1024);
    let (demo_out, walker_in) = duplex(64 * 1024);
    let stage = Stage {
        sandbox: &world.sandbox,
        app: &world.app,
        redirect_uri: REDIRECT_URI,
        painter: Painter::new(false),
        browser: None,
    };
    let user_id = world.sandbox.people()[0].user_id;
    let mut shown = Vec::new();
    let demo = walk(&stage, BufReader::new(demo_in), demo_out, &mut shown);
    let (outcome, ()) = tokio::join!(demo, walker(&world, walker_out, walker_in, refreshes, REDIRECT_URI, user_id));
    (outcome.map_err(|failure| failure.to_string()), String::from_utf8(shown).unwrap())
}

#[tokio::test]
async fn a_walker_that_does_it_right_is_shown_step_by_step_without_a_secret() {
    let (outcome, shown) = walked(1).await;
    outcome.unwrap();
    for words in [
        "Register your app",
        "Send the browser to Loop",
        "View your lab results",
        "Exchange the code",
        "Ferritin",
        "15 – 150",
        "POST /identity/v1/oauth/token",
        "refresh_token=lph_rt_…",
        "Bearer ••••",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    for secret in ["the-state", "the-nonce", crate::world::CHALLENGE, VERIFIER] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_walker_that_refreshes_never_or_twice_fails() {
    for refreshes in [0, 2] {
        let refusal = walked(refreshes).await.0.unwrap_err();
        assert!(refusal.contains("Step 6") && refusal.contains("exactly one"), "{refusal}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_walker_that_crashes_or_talks_nonsense_fails_with_its_own_last_words() {
    let walkers: Vec<WalkerCommand> = ["Crash=echo no such module >&2; exit 3", "Chatter=echo hello", "Silent=true"]
        .map(|text| text.parse().unwrap())
        .to_vec();
    let mut shown = Vec::new();
    assert!(!run(&walkers, Visitor::Ada, Painter::new(false), &mut shown).await.unwrap());
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("│ no such module") && shown.contains("exit status: 3"), "{shown}");
    assert!(shown.contains("the walker printed: hello"), "{shown}");
    assert_eq!(shown.matches("  ✗ ").count(), 6, "{shown}");
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn a_walker_is_a_label_and_a_command() {
    let walker: WalkerCommand = "Python=A=b python3 walk.py".parse().unwrap();
    assert_eq!((walker.label.as_str(), walker.command.as_str()), ("Python", "A=b python3 walk.py"));
    assert!("python3 walk.py".parse::<WalkerCommand>().is_err());
}

/// A terminal in this process, whose reader hears of each piece at once.
struct Screen {
    shown: String,
    shows: UnboundedSender<String>,
}

impl std::io::Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.shown.push_str(&text);
        // The person has read enough by then.
        let _ = self.shows.send(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is written to the demo's terminal, line by line, while it runs.
#[cfg(unix)]
struct Terminal {
    child: std::process::Child,
    lines: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

/// A walker of a shell's own: it begins a sign-in, and prints what came back of it to its standard error.
#[cfg(unix)]
const SHELL_WALKER: &str = r#"Shell=printf '{"step":2,"authorization_url":"%s"}\n' "${LOOP_ENVIRONMENT%/*}/identity/v1/oauth/authorize?response_type=code&client_id=$LOOP_CLIENT_ID&redirect_uri=$LOOP_REDIRECT_URI&scope=openid+read:biomarkers&state=the-state&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"; read line; echo "it read $line" >&2"#;

#[cfg(unix)]
impl Terminal {
    /// The command, up to the address that a person would open.
    fn open() -> (Terminal, String) {
        use std::io::BufRead as _;
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_loop-sandbox"))
            .args(["demo", "--plain", "--browser", "--print-url", "--walker", SHELL_WALKER])
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let line =
            lines.find_map(|line| line.ok().filter(|line| line.starts_with('{'))).expect("an address is printed");
        let said: Value = serde_json::from_str(&line).unwrap();
        (Terminal { child, lines }, said["authorization_url"].as_str().unwrap().to_owned())
    }

    fn end(mut self) -> (Option<i32>, String) {
        let rest: Vec<String> = self.lines.map_while(Result::ok).collect();
        (self.child.wait().unwrap().code(), rest.join("\n"))
    }
}

/// Goes through the pages as a person would, and opens the address that they lead to.
#[cfg(unix)]
async fn click(authorization_url: &str, allow: bool, forge: impl Fn(&str) -> String) -> (u16, String) {
    let base = authorization_url.split("/identity/").next().unwrap();
    let order = json!({ "authorization_url": authorization_url, "person": "ada", "allow": allow });
    let answer = reqwest::Client::new()
        .post(format!("{base}/_sandbox/sign-in"))
        .header("content-type", "application/json")
        .body(order.to_string())
        .send()
        .await
        .unwrap();
    let done: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let page = reqwest::get(forge(done["callback_url"].as_str().unwrap())).await.unwrap();
    (page.status().as_u16(), page.text().await.unwrap())
}

#[tokio::test]
async fn a_person_in_a_browser_takes_the_walk_to_the_table() {
    let painter = Painter::new(false);
    let browser = Browser::listen(Visitor::AtPrintedAddress, painter).await.unwrap();
    let redirect_uri = browser.redirect_uri().to_owned();
    let app = NewApp::default().redirect_uri(&redirect_uri).access_token_seconds(2);
    let world = World::with(Options::default(), app).await;
    let stage = Stage {
        sandbox: &world.sandbox,
        app: &world.app,
        redirect_uri: &redirect_uri,
        painter,
        browser: Some(&browser),
    };
    let (walker_out, demo_in) = duplex(64 * 1024);
    let (demo_out, walker_in) = duplex(64 * 1024);
    let (shows, mut reads) = unbounded_channel();
    let mut screen = Screen { shown: String::new(), shows };
    let person = async {
        let line = loop {
            let text: String = reads.recv().await.unwrap();
            if text.starts_with('{') {
                break text;
            }
        };
        let line: Value = serde_json::from_str(&line).unwrap();
        let url = line["authorization_url"].as_str().unwrap();
        let callback = world.sandbox.sign_in(url, "mei", true).await.unwrap();
        reqwest::get(&callback).await.unwrap().text().await.unwrap()
    };
    let mei = world.sandbox.people().iter().find(|person| person.handle == "mei").unwrap();
    let walker = walker(&world, walker_out, walker_in, 1, &redirect_uri, mei.user_id);
    let demo = walk(&stage, BufReader::new(demo_in), demo_out, &mut screen);
    let (outcome, page, ()) = tokio::join!(demo, person, walker);
    outcome.unwrap();
    assert!(page.contains("You are connected"), "{page}");
    assert!(screen.shown.contains(mei.user_id) && screen.shown.contains("Ferritin"), "{}", screen.shown);
}

#[cfg(unix)]
#[tokio::test]
async fn a_denial_is_said_in_words_in_the_browser_and_in_the_terminal() {
    let (terminal, url) = Terminal::open();
    let (status, page) = click(&url, false, str::to_owned).await;
    assert_eq!(status, 200);
    assert!(page.contains("Nothing was shared"), "{page}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("Deny") && shown.contains("choose Allow"), "{shown}");
    assert!(!shown.contains("it read http"), "the walker is told no address: {shown}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_sign_in_that_is_waited_for_comes_back() {
    let (terminal, url) = Terminal::open();
    let (status, page) = click(&url, true, |callback| callback.replace("the-state", "another-state")).await;
    assert_eq!(status, 400);
    assert!(page.contains("Not this sign-in"), "{page}");
    let (status, _) = click(&url, true, str::to_owned).await;
    assert_eq!(status, 200);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("it read http://127.0.0.1:") && !shown.contains("another-state"), "{shown}");
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_a_demo_that_waits_for_a_person() {
    let (terminal, url) = Terminal::open();
    let pid = terminal.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    assert!(reqwest::get(&url).await.is_err(), "the sandbox is gone");
}
