//! No secret and no clinical value reaches a log at any level, an error, or a printed form.

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::support::{HOUR, World};
use loop_sdk::{ApiRequest, AuthorizationRequest, ImportGrant};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Sink {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Sink {
    fn print(&self, value: &impl Debug) {
        writeln!(self.clone(), "{value:?} {value:#?}").unwrap();
    }
}

#[tokio::test]
async fn nothing_that_is_printed_or_logged_holds_a_secret_or_a_value() {
    let sink = Sink::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(sink.clone()).finish();
    // For this thread alone: the sandbox runs on it too, and its own logs are part of what must be clean.
    let guard = tracing::subscriber::set_default(subscriber);

    let world = World::new().await;
    let begun = world.begin().await;
    let callback = world.allow(&begun).await;
    let tokens = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap();
    let user = world.client.user(&tokens.user_id);
    let biomarkers = user.clinical().list_biomarkers().await.unwrap();
    let answer = world.client.request(&tokens.user_id, ApiRequest::get("clinical", "/v1/biomarkers/me")).await.unwrap();
    world.later(HOUR);
    let second = world.client.access_token(&tokens.user_id).await.unwrap();
    let reload = world.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap_err();
    let missing = world.client.user("user_nobody").clinical().list_biomarkers().await.unwrap_err();
    let unknown = user.clinical().get_protocol("canary-protocol").await.unwrap_err();
    let import = ImportGrant::new("user_canary", "canary-refresh");
    world.client.import_grant(import.clone()).await.unwrap();
    let ended = world.client.access_token("user_canary").await.unwrap_err();

    for error in [&reload, &missing, &unknown, &ended] {
        sink.print(error);
        writeln!(sink.clone(), "{error}").unwrap();
    }
    sink.print(&(&world.client, &begun, &tokens, &biomarkers, &answer));
    sink.print(&(&second, &import, &user, AuthorizationRequest::new().browser_secret(begun.browser_secret.clone())));
    sink.print(&world.client.user("u").clinical().list_biomarkers());
    writeln!(sink.clone(), "{biomarkers} {}", biomarkers[0]).unwrap();
    drop(guard);

    let printed = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    assert!(printed.contains("TRACE") && printed.contains("hyper"), "the log was caught");
    let callback = url::Url::parse(&callback).unwrap();
    let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let url = url::Url::parse(&begun.url).unwrap();
    let sent = |wanted| url.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
    let secrets = [
        world.app.client_secret.clone().unwrap(),
        begun.state.expose().to_owned(),
        begun.browser_secret.expose().to_owned(),
        sent("nonce"),
        tokens.access_token.expose().to_owned(),
        second.expose().to_owned(),
        "canary".to_owned(),
        code,
    ];
    let mut forbidden: Vec<String> = secrets.to_vec();
    // Any token at all, the refresh tokens included, which nobody outside ever holds.
    forbidden.extend(["lph_at_", "lph_rt_", "eyJ"].map(str::to_owned));
    for biomarker in &biomarkers {
        forbidden.extend([biomarker.biomarker_name.clone(), biomarker.biomarker_code.clone(), biomarker.id.clone()]);
    }
    for (index, text) in forbidden.iter().enumerate() {
        let line = printed.lines().find(|line| line.contains(text));
        assert!(line.is_none(), "forbidden text {index} ({text}) is printed: {}", line.unwrap_or_default());
    }
}
