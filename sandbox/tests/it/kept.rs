//! What an `Idempotency-Key` keeps of an answer with a secret in it.

use std::path::Path;

use loop_sandbox::{Database, NewApp, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, MACHINE_SCOPES, USER_SCOPES};
use crate::world::{Answer, World};

const APPS: &str = "/identity/v1/admin/oauth-clients";

async fn with_file(path: &Path) -> Api {
    let options = Options { database: Database::File(path.to_owned()), ..Options::default() };
    let world = World::with(options, NewApp::default().scopes(USER_SCOPES)).await;
    let machine = world.sandbox.register(NewApp::machine("Night shift", MACHINE_SCOPES)).await.unwrap();
    Api { world, machine }
}

/// Everything that the database has written, in the file and beside it.
fn written(path: &Path) -> Vec<u8> {
    let beside = path.with_file_name(format!("{}-wal", path.file_name().unwrap().to_str().unwrap()));
    [std::fs::read(path).unwrap(), std::fs::read(beside).unwrap_or_default()].concat()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name}: {answer}"))
}

#[tokio::test]
async fn a_repeated_request_finds_the_app_and_no_secret_and_neither_does_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let api = with_file(&path).await;
    let machine = api.machine_token("admin:identity").await;
    let send = async |method: Method, path: &str, body: Option<&Value>| -> Answer {
        api.send_with(method, path, &machine, body, &[("idempotency-key", "once")]).await
    };
    let body = json!({
        "client_name": "New", "redirect_uris": ["https://a.example/cb"], "allowed_scopes": ["openid"],
        "webhook_url": "https://a.example/hook",
    });
    let first = send(Method::POST, APPS, Some(&body)).await;
    let again = send(Method::POST, APPS, Some(&body)).await;
    assert_eq!((first.status, again.status), (201, 201));
    let (first, again) = (first.json(), again.json());
    assert_eq!(again["client"], first["client"]);
    assert_eq!(again["client_secret"], json!(null));
    assert_eq!(again.get("webhook_signing_secret"), None);
    assert!(text(&first, "webhook_signing_secret").starts_with("whsec_"));

    let app = format!("{APPS}/{}", text(&first["client"], "client_id"));
    let rotate = format!("{app}/rotate-secret");
    let rotated = send(Method::POST, &rotate, None).await.json();
    let repeated = send(Method::POST, &rotate, None).await;
    assert_eq!((repeated.status, &repeated.json()["client_secret"]), (200, &json!(null)));
    assert_eq!(api.world.sandbox.stats().api_writes_done, 2, "nothing is done twice");

    for answer in [&first, &rotated] {
        assert!(!holds(&written(&path), text(answer, "client_secret")));
    }
    assert!(holds(&written(&path), text(&first["client"], "client_id")), "the file was looked at");
}

#[tokio::test]
async fn a_link_to_a_provider_is_made_anew_for_whoever_repeats_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let api = with_file(&path).await;
    let ada = api.token("ada").await;
    let send = async |provider: &str| {
        let body = json!({ "provider": provider, "redirectUri": "https://app.example.com/connected" });
        let key = [("idempotency-key", "once")];
        api.send_with(Method::POST, "/integrations/v1/connections/authorize", &ada, Some(&body), &key).await
    };
    let (first, second) = (send("whoop").await.json(), send("whoop").await.json());
    assert_ne!(first["state"], second["state"]);
    assert_eq!(send("dexcom").await.error(), "conflict", "the key still belongs to its request");
    for answer in [&first, &second] {
        assert!(!holds(&written(&path), text(answer, "state")));
        assert_eq!(api.world.get(text(answer, "url")).await.status, 303);
    }
}

#[tokio::test]
async fn a_file_of_an_older_sandbox_forgets_the_answers_that_it_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    drop(with_file(&path).await);
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "DROP TABLE idempotency;
             CREATE TABLE idempotency (holder TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL,
                 body_hash TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL,
                 PRIMARY KEY (holder, route, key));
             INSERT INTO idempotency VALUES ('a', 'b', 'c', 'd', 201, 'secret_of-long-ago', 9999999999);",
        )
        .unwrap();
    drop(database);
    let api = with_file(&path).await;
    let kept = rusqlite::Connection::open(&path).unwrap();
    let count: i64 = kept.query_row("SELECT count(*) FROM idempotency", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 0);
    drop((kept, api));
}
