//! The six steps, spoken with a walker line by line and checked against the sandbox's own journal.

use std::fmt;
use std::io::Write;

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _, Lines};
use url::Url;

use super::browser::Browser;
use super::paint::{Painter, Tone};
use super::show;
use crate::journal::JournalEntry;
use crate::{RegisteredApp, Sandbox, scopes, seed};

/// Who signs in where no person does.
const PERSON: &str = "ada";
/// What step 5 needs.
const READS: &str = "read:biomarkers";

/// Why a walk ended early.
#[derive(Debug)]
pub struct Failure {
    /// The step, or 0 when it was not about one.
    pub step: u8,
    /// In plain words, beginning with the step.
    pub sentence: String,
    /// The last lines that the walker wrote to its standard error.
    pub stderr: Vec<String>,
}

impl Failure {
    pub(super) fn new(step: u8, sentence: String) -> Failure {
        let sentence = if step == 0 { sentence } else { format!("Step {step}: {sentence}") };
        Failure { step, sentence, stderr: Vec::new() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence)?;
        self.stderr.iter().try_for_each(|line| write!(formatter, "\n      │ {line}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(failure: std::io::Error) -> Failure {
        Failure::new(0, format!("The walker can't be spoken with: {failure}."))
    }
}

/// What a walk needs around it.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The one that the walker talks to.
    pub sandbox: &'a Sandbox,
    /// The walker's app.
    pub app: &'a RegisteredApp,
    /// The one registered for it.
    pub redirect_uri: &'a str,
    /// For what is written to the terminal.
    pub painter: Painter,
    /// Where a person clicks; without it Ada signs in by herself.
    pub browser: Option<&'a Browser>,
}

/// A walk under way.
struct Walk<'a, Reader, Out> {
    stage: &'a Stage<'a>,
    lines: Lines<Reader>,
    out: &'a mut Out,
    seen: u64,
    person: Option<&'static seed::Person>,
}

/// Walks all six steps with whatever speaks at the other end.
pub async fn walk<Reader, Writer, Out>(
    stage: &Stage<'_>,
    from_walker: Reader,
    mut to_walker: Writer,
    out: &mut Out,
) -> Result<(), Failure>
where
    Reader: AsyncBufRead + Unpin,
    Writer: AsyncWrite + Unpin,
    Out: Write,
{
    let mut walk = Walk { stage, lines: from_walker.lines(), out, seen: 0, person: None };
    walk.register()?;
    let callback_url = walk.authorize().await?;
    to_walker.write_all(format!("{callback_url}\n").as_bytes()).await?;
    to_walker.flush().await?;
    walk.callback(&callback_url).await?;
    walk.exchange().await?;
    walk.call().await?;
    walk.refresh().await?;
    match walk.lines.next_line().await? {
        None => Ok(()),
        Some(line) => Err(Failure::new(6, format!("It printed more after the last step: {}", start_of(&line)))),
    }
}

impl<Reader: AsyncBufRead + Unpin, Out: Write> Walk<'_, Reader, Out> {
    fn register(&mut self) -> Result<(), Failure> {
        let painter = self.stage.painter;
        let secret = if self.stage.app.client_secret.is_some() { "secret_••••" } else { "none: a public app" };
        self.say(&show::step(painter, 1, "Register your app"))?;
        self.say(&show::fact(painter, "app", "My Lab Aggregator"))?;
        self.say(&show::fact(painter, "redirect URI", self.stage.redirect_uri))?;
        self.say(&show::fact(painter, "client_id", &self.stage.app.client_id))?;
        self.say(&show::fact(painter, "client_secret", secret))
    }

    async fn authorize(&mut self) -> Result<String, Failure> {
        let painter = self.stage.painter;
        let line = self.step(2).await?;
        let wrong = |why: &str| Failure::new(2, format!("The authorization URL is not right: {why}."));
        let text = line["authorization_url"].as_str().ok_or_else(|| wrong("there is none"))?;
        let url = Url::parse(text).map_err(|_| wrong("it is no URL"))?;
        for name in ["state", "nonce", "code_challenge", "scope"] {
            if !url.query_pairs().any(|(key, value)| key == name && !value.is_empty()) {
                return Err(wrong(&format!("it has no {name}")));
            }
        }
        self.say(&show::step(painter, 2, "Send the browser to Loop"))?;
        self.say(&show::address(painter, &url))?;
        let callback_url = match self.stage.browser {
            Some(browser) => self.sign_in_there(browser, &url).await?,
            None => self.sign_in_here(&url).await?,
        };
        self.wire()?;
        Ok(callback_url)
    }

    /// Ada, without a person.
    async fn sign_in_here(&mut self, url: &Url) -> Result<String, Failure> {
        let painter = self.stage.painter;
        let callback_url = self.stage.sandbox.sign_in(url.as_str(), PERSON, true).await.map_err(|refused| {
            Failure::new(2, format!("Signing in ended on a page ({}): {}", refused.error, refused.message))
        })?;
        self.person = seed::find(PERSON);
        self.say(&show::fact(painter, "signs in", self.person.map_or(PERSON, |person| person.name)))?;
        let asked = url.query_pairs().find(|(key, _)| key == "scope").map(|(_, value)| value.into_owned());
        for scope in scopes::split(&asked.unwrap_or_default()) {
            let consent = scopes::find(&scope).map_or("", |scope| scope.consent);
            self.say(&show::fact(
                painter,
                "allows",
                &format!("{consent} {}", painter.paint(Tone::Soft, &format!("({scope})"))),
            ))?;
        }
        Ok(callback_url)
    }

    /// Whoever clicks in the browser.
    async fn sign_in_there(&mut self, browser: &Browser, url: &Url) -> Result<String, Failure> {
        self.say("")?;
        self.say(&browser.show(url))?;
        let callback = browser.callback().await?;
        match callback.query_pairs().find(|(name, _)| name == "error").map(|(_, code)| code.into_owned()) {
            None => Ok(callback.into()),
            Some(code) if code == "access_denied" => Err(Failure::new(
                2,
                "The answer on the consent page was Deny, so the app was told access_denied and got nothing. Run the \
                 demo again and choose Allow to see the rest."
                    .to_owned(),
            )),
            Some(code) => Err(Failure::new(2, format!("Loop sent the browser back with the error {code}."))),
        }
    }

    async fn callback(&mut self, callback_url: &str) -> Result<(), Failure> {
        self.step(3).await?;
        let painter = self.stage.painter;
        self.say(&show::step(painter, 3, "Handle the callback"))?;
        if let Ok(url) = Url::parse(callback_url) {
            self.say(&show::address(painter, &url))?;
        }
        self.say(&show::fact(painter, "state and issuer", &painter.paint(Tone::Good, "verified by the app")))
    }

    async fn exchange(&mut self) -> Result<(), Failure> {
        let line = self.step(4).await?;
        let painter = self.stage.painter;
        let user_id = line["user_id"].as_str().unwrap_or_default();
        if self.stage.browser.is_some() {
            // Who clicked is known to the person alone, but it was one of the sandbox's people.
            self.person = self.stage.sandbox.people().iter().find(|person| person.user_id == user_id);
        }
        let person = self.person.map_or("nobody", |person| person.user_id);
        if user_id != person {
            return Err(Failure::new(4, format!("It signed in \"{user_id}\", but {person} was at the pages.")));
        }
        if self.answered_200("authorization_code") != 1 {
            return Err(Failure::new(4, "No code was exchanged at the token endpoint.".to_owned()));
        }
        let granted: Vec<&str> = line["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        self.say(&show::step(painter, 4, "Exchange the code for tokens"))?;
        self.say(&show::fact(painter, "user", user_id))?;
        self.say(&show::fact(painter, "scopes", &granted.join(" ")))?;
        self.say(&show::fact(painter, "access token until", &text(&line["expires_at"])))?;
        self.wire()?;
        if granted.contains(&READS) {
            Ok(())
        } else {
            let text = format!("{READS} was left out on the consent page, so there are no results to show.");
            Err(Failure::new(4, text))
        }
    }

    async fn call(&mut self) -> Result<(), Failure> {
        let line = self.step(5).await?;
        let painter = self.stage.painter;
        let biomarkers = line["biomarkers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let expected = self.person.map(seed::of_person).unwrap_or_default();
        let is_same = |(shown, result): (&Value, &seed::Biomarker)| {
            shown["id"] == result.id.as_str() && text(&shown["value"]).parse() == Ok(result.value)
        };
        if biomarkers.len() != expected.len() || !biomarkers.iter().zip(&expected).all(is_same) {
            let counts = format!("{} for {}", biomarkers.len(), expected.len());
            return Err(Failure::new(5, format!("The results are not the ones that the sandbox sent ({counts}).")));
        }
        self.say(&show::step(painter, 5, "Make an authenticated call"))?;
        self.say(&show::results(painter, biomarkers))?;
        self.wire()
    }

    async fn refresh(&mut self) -> Result<(), Failure> {
        let line = self.step(6).await?;
        let painter = self.stage.painter;
        self.say(&show::step(painter, 6, "Refresh when the access token expires"))?;
        let is_rotated = line["rotated"] == true;
        self.say(&show::fact(painter, "refresh token rotated", if is_rotated { "yes" } else { "no" }))?;
        self.wire()?;
        let attempts = self.journal(|entry| entry.grant_type.as_deref() == Some("refresh_token")).len();
        let rotations = self.answered_200("refresh_token");
        if (attempts, rotations) != (1, 1) {
            let text = format!(
                "The journal has {attempts} refresh requests, {rotations} of them answered with 200; exactly one was due."
            );
            return Err(Failure::new(6, text));
        }
        if !is_rotated {
            return Err(Failure::new(
                6,
                "The sandbox rotated the refresh token, but the walker did not notice.".to_owned(),
            ));
        }
        let calls = self.journal(|entry| entry.path == "/v1/biomarkers/me" && entry.status == Some(200)).len();
        if calls < 2 {
            return Err(Failure::new(6, "The new access token was not used for a call.".to_owned()));
        }
        Ok(())
    }

    /// The walker's next line, which must be this step's.
    async fn step(&mut self, expected: u8) -> Result<Value, Failure> {
        let Some(line) = self.lines.next_line().await? else {
            return Err(Failure::new(expected, "The walker ended before it.".to_owned()));
        };
        let value: Value = serde_json::from_str(&line).unwrap_or_default();
        if value["step"].as_u64() == Some(u64::from(expected)) {
            Ok(value)
        } else {
            let text =
                format!("Expected a line of JSON with \"step\":{expected}; the walker printed: {}", start_of(&line));
            Err(Failure::new(expected, text))
        }
    }

    fn journal(&self, wanted: impl Fn(&JournalEntry) -> bool) -> Vec<JournalEntry> {
        self.stage.sandbox.journal().into_iter().filter(wanted).collect()
    }

    fn answered_200(&self, grant_type: &str) -> usize {
        self.journal(|entry| entry.grant_type.as_deref() == Some(grant_type) && entry.status == Some(200)).len()
    }

    /// What went over the wire since the last time.
    fn wire(&mut self) -> Result<(), Failure> {
        let entries = self.journal(|entry| entry.seq > self.seen);
        self.seen = entries.last().map_or(self.seen, |entry| entry.seq);
        let text = show::wire(self.stage.painter, &entries);
        self.say(&text)
    }

    fn say(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(|failure| Failure::new(0, format!("The demo can't be shown: {failure}.")))
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Enough of a line to recognise it, not enough to spill what is in it.
fn start_of(line: &str) -> String {
    let start: String = line.chars().take(60).collect();
    if line.chars().count() > 60 { format!("{start}…") } else { start }
}
