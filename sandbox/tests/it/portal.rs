//! The developer portal, the account pages and the home page, as a browser without script meets them.

use loop_sandbox::{NewApp, Options};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::world::{Answer, World};

/// A browser in which somebody may be signed in.
pub(crate) struct Tab<'a> {
    world: &'a World,
    cookie: String,
}

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    page.split_once(&start).and_then(|(_, rest)| rest.split_once('"')).expect(name).0.to_owned()
}

/// The text of the first element that begins with `tag`.
fn text_of<'a>(page: &'a str, tag: &str) -> &'a str {
    page.split_once(tag).and_then(|(_, rest)| rest.split_once('<')).expect(tag).0
}

impl<'a> Tab<'a> {
    pub(crate) async fn signed_in(world: &'a World, person: &str) -> Tab<'a> {
        let page = world.get(&world.url("/developers")).await;
        let mut tab = Tab { world, cookie: cookie_of(&page) };
        let fields = [("csrf", hidden(&page.text, "csrf")), ("person", person.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = world.form("/session", &[("cookie", &tab.cookie)], &fields).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_ne!(cookie_of(&answer), tab.cookie, "a new cookie at every sign-in");
        tab.cookie = cookie_of(&answer);
        tab
    }

    async fn open(&self, path: &str) -> Answer {
        self.world.send(Method::GET, &self.world.url(path), &[("cookie", &self.cookie)], None).await
    }

    /// The form on the page `on`, with its key.
    pub(crate) async fn send(&self, on: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = hidden(&self.open(on).await.text, "csrf");
        let fields = [&[("csrf", csrf.as_str())], fields].concat();
        self.world.form(action, &[("cookie", &self.cookie)], &fields).await
    }

    /// Registers an app, and returns the path of its page.
    async fn register(&self, fields: &[(&str, &str)]) -> String {
        let fields = [&[("name", "Portal app"), ("redirect_uris", "http://localhost:3000/callback")], fields].concat();
        let answer = self.send("/developers/apps/new", "/developers/apps", &fields).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.header("location").to_owned()
    }
}

async fn clients(world: &World) -> Vec<Value> {
    world.get(&world.url("/_sandbox/clients")).await.json()["clients"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_secret_is_shown_once_and_works() {
    let mut world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    let path = tab
        .register(&[
            ("type", "web"),
            ("redirect_uris", "http://localhost:3000/callback\r\nhttps://example.com/cb"),
            ("scope", "openid"),
            ("scope", "read:biomarkers"),
            ("baa", "true"),
            ("webhook_url", "http://127.0.0.1:9/hook"),
        ])
        .await;
    let page = tab.open(&path).await.text;
    let secret = text_of(&page, "<span>Client secret</span><code>").to_owned();
    assert!(secret.starts_with("secret_") && page.contains("whsec_"), "{page}");
    assert_eq!(tab.open(&path).await.text.matches("secret_").count(), 0, "the second time there is none");
    let client_id = path.rsplit('/').next().unwrap().to_owned();
    let client = clients(&world).await.into_iter().find(|client| client["client_id"] == *client_id).unwrap();
    assert_eq!(client["allowed_scopes"], json!(["openid", "read:biomarkers"]));
    assert_eq!(client["webhook_url"], "http://127.0.0.1:9/hook");
    assert_eq!((&client["owner_id"], &client["baa"]), (&json!("user_01HXYBEN00C4V8J1P6S3D7G2F5"), &json!(true)));
    drop(tab);
    world.app.client_id = client_id;
    world.app.client_secret = Some(secret);
    let code = world.code_for(&[("scope", "openid read:biomarkers")]).await;
    world.exchange(&code).await.tokens();
}

#[tokio::test]
async fn a_public_app_has_no_secret_and_a_wrong_form_says_what_is_wrong() {
    let world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    let path = tab.register(&[("type", "mobile"), ("redirect_uris", "myapp://callback"), ("scope", "openid")]).await;
    let page = tab.open(&path).await.text;
    assert!(page.contains("Mobile app") && !page.contains("secret_") && !page.contains("Rotate the secret"));
    let right = [("name", "A"), ("type", "web"), ("redirect_uris", "https://example.com/cb"), ("scope", "openid")];
    for (name, value, why) in [
        ("name", "", "a name"),
        ("redirect_uris", "http://example.com/cb", "http is only for"),
        ("redirect_uris", "", "redirect URI"),
        ("scope", "", "scope"),
        ("scope", "admin:clinical", "scope"),
        ("scope", "read:all", "read:all"),
        ("webhook_url", "http://example.com/hook", "http is only for"),
    ] {
        let mut fields: Vec<(&str, &str)> = right.iter().filter(|(field, _)| *field != name).copied().collect();
        fields.extend((!value.is_empty()).then_some((name, value)));
        let answer = tab.send("/developers/apps/new", "/developers/apps", &fields).await;
        assert_eq!(answer.status, 400, "{name}={value}");
        assert!(text_of(&answer.text, "role=\"alert\">").contains(why), "{name}={value}: {}", answer.text);
    }
    assert_eq!(clients(&world).await.len(), 2, "nothing wrong was registered");
}

#[tokio::test]
async fn a_rotated_secret_leaves_the_former_one_a_day_and_the_page_says_until_when() {
    let mut world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    let path = format!("/developers/apps/{}", world.app.client_id);
    let answer = tab.send(&path, &format!("{path}/rotate-secret"), &[]).await;
    assert_eq!(answer.header("location"), path);
    let page = tab.open(&path).await.text;
    let secret = text_of(&page, "<span>Client secret</span><code>").to_owned();
    let until = page.split_once("The former secret works until").unwrap().1;
    let until: jiff::Timestamp = hidden_time(until).parse().unwrap();
    let now = world.get(&world.url("/_sandbox/clock")).await.json()["now_seconds"].as_i64().unwrap();
    assert!((until.as_second() - now - 24 * 3600).abs() < 60, "{until}");
    drop(tab);
    world.signed_in().await;
    world.app.client_secret = Some(secret);
    world.signed_in().await;
}

fn hidden_time(page: &str) -> &str {
    page.split_once("datetime=\"").and_then(|(_, rest)| rest.split_once('"')).unwrap().0
}

#[tokio::test]
async fn what_the_page_offers_to_a_shell_can_be_pasted_there() {
    let world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    let fields = [("name", "A"), ("scope", "openid"), ("redirect_uris", "https://a.example/';id;'")];
    let answer = tab.send("/developers/apps/new", "/developers/apps", &fields).await;
    let page = tab.open(answer.header("location")).await.text;
    let lines = text_of(&page, "<pre tabindex=\"0\"><code>");
    assert!(lines.contains(r"LOOP_REDIRECT_URI='https://a.example/'\'';id;'\'''"), "{lines}");
}

#[tokio::test]
async fn an_app_can_be_changed_and_switched_off() {
    let world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    let path = format!("/developers/apps/{}", world.app.client_id);
    let fields = [
        ("name", "Renamed"),
        ("redirect_uris", "http://localhost:3000/callback"),
        ("scope", "openid"),
        ("scope", "read:protocols"),
    ];
    assert_eq!(tab.send(&path, &path, &fields).await.status, 303);
    let client = &clients(&world).await[0];
    assert_eq!((&client["client_name"], &client["client_type"]), (&json!("Renamed"), &json!("confidential")));
    assert_eq!(client["allowed_scopes"], json!(["openid", "read:protocols"]));
    tab.send(&path, &format!("{path}/enabled"), &[("enabled", "false")]).await;
    assert_eq!(world.authorize(&[]).await.status, 400);
    tab.send(&path, &format!("{path}/enabled"), &[("enabled", "true")]).await;
    assert_eq!(world.authorize(&[("scope", "openid")]).await.status, 303);
}

#[tokio::test]
async fn an_app_is_its_owners_alone_and_one_without_an_owner_everybodys() {
    let world = World::new().await;
    let (ben, mei) = (Tab::signed_in(&world, "ben").await, Tab::signed_in(&world, "mei").await);
    let path = ben.register(&[("scope", "openid")]).await;
    let list = mei.open("/developers").await.text;
    assert!(!list.contains("Portal app") && list.contains("My Lab Aggregator"));
    assert_eq!(mei.open(&path).await.status, 404);
    let mine = "/developers/apps/new";
    for rest in ["", "/enabled", "/rotate-secret", "/webhook", "/webhook/send", "/deliveries/dlv_1/replay"] {
        let answer = mei.send(mine, &format!("{path}{rest}"), &[("name", "Stolen")]).await;
        assert_eq!(answer.status, 404, "{rest}");
    }
    assert!(ben.open("/developers").await.text.contains("Portal app"));
}

#[tokio::test]
async fn a_forged_form_changes_nothing_and_a_stranger_is_asked_who_they_are() {
    let world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    let path = format!("/developers/apps/{}", world.app.client_id);
    let forms = [
        "/developers/apps".to_owned(),
        path.clone(),
        format!("{path}/enabled"),
        format!("{path}/rotate-secret"),
        format!("{path}/webhook"),
        format!("{path}/webhook/remove"),
        format!("{path}/webhook/rotate-secret"),
        format!("{path}/webhook/send"),
        format!("{path}/deliveries/dlv_1/replay"),
        format!("/account/apps/{}/disconnect", world.app.client_id),
        "/account/sessions/sess_1/end".to_owned(),
        "/session/end".to_owned(),
    ];
    for action in &forms {
        let forged = world.form(action, &[("cookie", &tab.cookie)], &[("csrf", "forged")]).await;
        assert_eq!(forged.status, 400, "{action}");
        let stranger = world.form(action, &[], &[("csrf", "forged")]).await;
        assert!(stranger.text.contains("Sign in to Loop"), "{action}: {stranger:?}");
    }
    assert_eq!(tab.open("/developers").await.status, 200);
    let without_key = world.form("/session", &[("cookie", &tab.cookie)], &[("person", "mei")]).await;
    assert_eq!(without_key.status, 400);
}

#[tokio::test]
async fn signing_out_ends_the_session_in_that_browser_only() {
    let world = World::new().await;
    let (here, there) = (Tab::signed_in(&world, "ben").await, Tab::signed_in(&world, "ben").await);
    here.send("/account", "/session/end", &[]).await;
    assert!(here.open("/account").await.text.contains("Sign in to Loop"));
    assert!(there.open("/account").await.text.contains("Your Loop account"));
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_another_one() {
    let world = World::new().await;
    let (here, there) = (Tab::signed_in(&world, "ben").await, Tab::signed_in(&world, "ben").await);
    let mei = Tab::signed_in(&world, "mei").await;
    let page = here.open("/account").await.text;
    let lines: Vec<&str> = page.split("<li>").filter(|line| line.contains("/account/sessions/sess_")).collect();
    assert_eq!((lines.len(), page.matches("This browser").count()), (2, 1), "{page}");
    let other = lines.iter().find(|line| !line.contains("This browser")).unwrap();
    let other = other.split("/account/sessions/").nth(1).unwrap().split('/').next().unwrap();
    let action = format!("/account/sessions/{other}/end");
    mei.send("/account", &action, &[]).await;
    assert!(there.open("/account").await.text.contains("Your Loop account"), "another person can't");
    here.send("/account", &action, &[]).await;
    assert!(there.open("/account").await.text.contains("Sign in to Loop"));
    assert!(here.open("/account").await.text.contains("Your Loop account"));
}

#[tokio::test]
async fn disconnecting_asks_first_and_then_ends_every_token() {
    let world = World::new().await;
    let tokens = world.signed_in().await;
    let tab = Tab::signed_in(&world, "ada").await;
    let page = tab.open("/account").await.text;
    for words in ["My Lab Aggregator", "View your lab results", "View your current and past protocols", "last used"] {
        assert!(page.contains(words), "{words}");
    }
    let path = format!("/account/apps/{}/disconnect", world.app.client_id);
    assert!(tab.open(&path).await.text.contains("Disconnect My Lab Aggregator?"));
    assert_eq!(world.biomarkers(&tokens.access).await.status, 200, "asking ends nothing");
    let ben = Tab::signed_in(&world, "ben").await;
    assert_eq!(ben.open(&path).await.status, 404);
    assert_eq!(tab.send(&path, &path, &[]).await.status, 303);
    assert!(tab.open("/account").await.text.contains("No app is connected"));
    assert_eq!(world.biomarkers(&tokens.access).await.error(), "invalid_token");
    assert_eq!(world.refresh(&tokens.refresh).await.error(), "invalid_grant");
    let audit = world.get(&world.url("/_sandbox/audit")).await.text;
    assert!(audit.contains("identity.connected_app.revoked"), "{audit}");
}

#[tokio::test]
async fn an_app_without_an_agreement_gets_no_health_data_until_the_box_is_ticked() {
    let world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    let path = tab.register(&[("type", "web"), ("scope", "openid"), ("scope", "read:biomarkers")]).await;
    let client_id = path.rsplit('/').next().unwrap().to_owned();
    let asked = [("client_id", client_id.as_str()), ("scope", "read:biomarkers")];
    assert_eq!(world.authorize(&asked).await.redirect()["error"], "invalid_scope");
    let fields = [
        ("name", "Portal app"),
        ("redirect_uris", "http://localhost:3000/callback"),
        ("scope", "openid"),
        ("scope", "read:biomarkers"),
        ("baa", "true"),
    ];
    tab.send(&path, &path, &fields).await;
    assert_eq!(world.authorize(&asked).await.status, 303);
    let client = clients(&world).await.into_iter().find(|client| client["client_id"] == *client_id).unwrap();
    let ben = world.sandbox.people().iter().find(|person| person.handle == "ben").unwrap();
    assert_eq!((&client["baa"], &client["owner_id"]), (&json!(true), &json!(ben.user_id)));
}

#[tokio::test]
async fn a_session_that_was_ended_here_is_gone_from_the_api_and_in_the_audit_log() {
    let world = World::with(Options::default(), NewApp::default().scopes("openid read:account")).await;
    let code = world.code_for(&[("scope", "openid read:account")]).await;
    let token = world.exchange(&code).await.tokens().access;
    let list = async || world.resource("/identity/v1/users/me/sessions", &token).await.json()["data"].clone();
    let before = list().await;
    let id = before[0]["id"].as_str().unwrap();
    Tab::signed_in(&world, "ada").await.send("/account", &format!("/account/sessions/{id}/end"), &[]).await;
    let after = list().await;
    assert_eq!(after.as_array().unwrap().len() + 1, before.as_array().unwrap().len());
    assert!(!after.to_string().contains(id));
    let audit = world.get(&world.url("/_sandbox/audit")).await.json();
    let row = audit.as_array().unwrap().last().unwrap();
    assert_eq!((&row["event_type"], &row["entity_id"]), (&json!("identity.session.ended"), &json!(id)));
    assert!(row["request_id"].as_str().unwrap().starts_with("req_"), "{row}");
}

#[tokio::test]
async fn a_security_alert_is_told_to_the_person_concerned() {
    let world = World::new().await;
    let first = world.signed_in().await;
    world.refresh(&first.refresh).await.tokens();
    world.refresh(&first.refresh).await;
    assert!(Tab::signed_in(&world, "ada").await.open("/account").await.text.contains("used twice"));
    assert!(!Tab::signed_in(&world, "ben").await.open("/account").await.text.contains("used twice"));
}

#[tokio::test]
async fn the_home_page_says_what_runs_and_runs_no_script_but_its_own() {
    let app = NewApp::named("<script>alert(1)</script>");
    let world = World::with(Options::default(), app).await;
    world.authorize(&[("scope", "nonsense")]).await;
    let home = world.get(&world.url("/")).await;
    let page = &home.text;
    for person in world.sandbox.people() {
        assert!(page.contains(person.name) && page.contains(person.email), "{}", person.name);
    }
    for words in
        ["/developers", "/account", "/docs", "/openapi.json", "/v1/oauth/authorize", "invalid_scope", "/patient-graph"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;"));
    let policy = home.header("content-security-policy");
    assert!(policy.contains("script-src 'self'") && policy.contains("connect-src 'self'"), "{policy}");
    let tab = Tab::signed_in(&world, "ben").await;
    for path in ["/developers", "/developers/apps/new", "/account"] {
        let policy = tab.open(path).await.header("content-security-policy").to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{path}: {policy}");
    }
}

/// The stream of requests, read line by line.
struct Live(BufReader<TcpStream>);

impl Live {
    async fn open(world: &World, headers: &str) -> Live {
        let host = world.sandbox.base_url().strip_prefix("http://").unwrap().to_owned();
        let mut stream = TcpStream::connect(&host).await.unwrap();
        let request = format!("GET /_sandbox/live HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Live(BufReader::new(stream))
    }

    /// The next line that begins so.
    async fn next(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0, "the stream ended before \"{start}\"");
            if let Some(rest) = line.strip_prefix(start) {
                return rest.trim().to_owned();
            }
        }
    }

    async fn event(&mut self) -> Value {
        serde_json::from_str(&self.next("data:").await).unwrap()
    }
}

#[tokio::test]
async fn requests_are_told_live_without_their_secrets() {
    let world = World::new().await;
    let mut live = Live::open(&world, "").await;
    live.next("content-type: text/event-stream").await;
    world.get(&world.url("/developers")).await;
    let arrived = {
        world.refresh("lph_rt_not-one-of-ours").await;
        live.event().await
    };
    assert_eq!((&arrived["path"], &arrived["status"]), (&json!("/identity/v1/oauth/token"), &Value::Null));
    let mut last = arrived.clone();
    while last["status"].is_null() {
        last = live.event().await;
    }
    assert_eq!(last["seq"], arrived["seq"]);
    assert_eq!(
        (&last["status"], &last["note"], &last["app"]),
        (&json!(400), &json!("invalid_grant"), &json!("My Lab Aggregator"))
    );
    assert!(!last.to_string().contains("not-one-of-ours"));
    let path = format!("/clinical/v1/protocols/{}", "lph_at_in-the-path");
    world.get(&world.url(&path)).await;
    assert!(!live.event().await.to_string().contains("in-the-path"));
}

#[tokio::test]
async fn another_origin_can_not_listen() {
    let world = World::new().await;
    let mut live = Live::open(&world, "Origin: https://example.com\r\n").await;
    live.next("HTTP/1.1 403").await;
}

#[tokio::test]
async fn a_service_registered_in_the_portal_gets_machine_tokens() {
    let world = World::new().await;
    let tab = Tab::signed_in(&world, "ben").await;
    // A browser sends what it hides, too: the fields of an app that people sign in to.
    let fields = [("type", "service"), ("scope", "openid"), ("scope", "admin:clinical"), ("webhook_url", "nonsense")];
    let path = tab.register(&fields).await;
    let page = tab.open(&path).await.text;
    assert!(!page.contains("id=\"webhook\"") && !page.contains("redirect_uris"), "{page}");
    let secret = text_of(&page, "<span>Client secret</span><code>").to_owned();
    assert!(page.contains(&format!("LOOP_SERVICE_CLIENT_SECRET={secret}")), "{page}");
    let client_id = path.rsplit('/').next().unwrap();
    let client = clients(&world).await.into_iter().find(|client| client["client_id"] == *client_id).unwrap();
    assert_eq!(client["allowed_scopes"], json!(["admin:clinical"]));
    assert_eq!((&client["redirect_uris"], &client["webhook_url"]), (&json!([]), &json!(null)));
    let form = [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", &secret)];
    let token = world.form("/identity/v1/tokens", &[], &form).await.json()["access_token"].as_str().unwrap().to_owned();
    let answer = world.resource("/clinical/v1/lab-catalog/markers", &token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}
