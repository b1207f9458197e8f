//! The audit log: every call that begins has one entry that says how it ended, also where its caller did not wait for that.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::code;
use crate::support::scripted::{Bench, granted};
use loop_sdk::{ApiRequest, AuditEntry, AuditLog, Code, Environment, Error, M2MClient};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use wiremock::matchers::{path, path_regex};
use wiremock::{Mock, ResponseTemplate};

const KEY: &str = "order-17";

/// A log that passes its entries on.
fn log() -> (AuditLog, mpsc::UnboundedReceiver<AuditEntry>) {
    let (sender, entries) = mpsc::unbounded_channel();
    let log = AuditLog::callback(move |entry| std::future::ready(sender.send(entry).map_err(Error::audit_failed)));
    (log, entries)
}

/// The next entry; none where there will be no more.
async fn next<T>(entries: &mut mpsc::UnboundedReceiver<T>) -> Option<T> {
    tokio::time::timeout(Duration::from_secs(20), entries.recv()).await.expect("an entry is missing")
}

/// A person's client, connected, whose API gives this answer.
async fn bench(log: AuditLog, answer: ResponseTemplate) -> Bench {
    let bench = Bench::with(move |builder| builder.audit_log(log.clone())).await;
    bench.token_endpoint(granted(1)).await;
    bench.client.access_token("u").await.unwrap();
    Mock::given(path_regex("^/clinical/")).respond_with(answer).mount(&bench.server).await;
    bench
}

fn slow() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string("[]").set_delay(Duration::from_secs(30))
}

fn things(method: &str) -> ApiRequest {
    ApiRequest::new(method, "clinical", "/v1/things")
}

fn write() -> ApiRequest {
    let mut request = things("POST");
    request.idempotency_key = Some(KEY.to_owned());
    request
}

/// Drops a call once its request has arrived.
async fn leave(bench: &Bench) {
    let arrived = async {
        while bench.posts("things").await.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        _ = bench.client.request("u", things("GET")) => panic!("it has no end"),
        () = arrived => {}
    }
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_call_that_its_caller_drops_leaves_one_entry() {
    let (log, mut entries) = log();
    let bench = bench(log, slow()).await;
    leave(&bench).await;
    let entry = next(&mut entries).await.unwrap();
    assert_eq!((entry.operation.as_str(), entry.outcome.as_str()), ("request GET clinical", "cancelled"));
    assert_eq!((entry.user_id.as_deref(), entry.records), (Some("u"), None));
    drop(bench);
    assert!(next(&mut entries).await.is_none(), "no second one");
}

#[tokio::test]
async fn a_required_log_has_both_entries_of_a_dropped_call_in_their_order() {
    let (log, mut entries) = log();
    leave(&bench(log.required(), slow()).await).await;
    for expected in ["begun", "cancelled"] {
        assert_eq!(next(&mut entries).await.unwrap().outcome, expected);
    }
    assert!(next(&mut entries).await.is_none());
}

#[tokio::test]
async fn a_call_that_is_dropped_while_its_first_entry_is_written_has_both_in_their_order() {
    let (gate, seen) = (Arc::new(Notify::new()), Arc::new(Mutex::new(Vec::new())));
    let (sender, mut ended) = mpsc::unbounded_channel();
    let (opened, written) = (Arc::clone(&gate), Arc::clone(&seen));
    let log = AuditLog::callback(move |entry| {
        let (gate, seen, sender) = (Arc::clone(&opened), Arc::clone(&written), sender.clone());
        async move {
            if entry.outcome == "begun" {
                gate.notified().await;
            }
            seen.lock().unwrap().push(entry.outcome);
            sender.send(()).map_err(Error::audit_failed)
        }
    });
    let bench = bench(log.required(), slow()).await;
    let call = bench.client.request("u", things("GET"));
    tokio::time::timeout(Duration::from_millis(20), call).await.unwrap_err();
    gate.notify_one();
    next(&mut ended).await.unwrap();
    next(&mut ended).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["begun", "cancelled"]);
    assert!(bench.posts("things").await.is_empty(), "nothing was sent before the first entry");
}

#[tokio::test]
async fn an_entry_on_its_way_is_written_once_although_the_caller_leaves() {
    let (gate, (sender, mut entries)) = (Arc::new(Notify::new()), mpsc::unbounded_channel());
    let (asked, opened) = (Arc::new(Notify::new()), Arc::clone(&gate));
    let asks = Arc::clone(&asked);
    let log = AuditLog::callback(move |entry| {
        let (gate, sender) = (Arc::clone(&opened), sender.clone());
        asks.notify_one();
        async move {
            gate.notified().await;
            sender.send(entry).map_err(Error::audit_failed)
        }
    });
    let bench = bench(log, ResponseTemplate::new(200).set_body_string("[]")).await;
    tokio::select! {
        _ = bench.client.request("u", things("GET")) => panic!("its entry waits"),
        () = asked.notified() => {}
    }
    gate.notify_one();
    assert_eq!(next(&mut entries).await.unwrap().outcome, "ok");
    drop(bench);
    assert!(next(&mut entries).await.is_none());
}

#[test]
fn a_file_has_the_entry_of_a_call_that_ended_with_its_runtime() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bench = servers.block_on(bench(AuditLog::file(&file), slow()));
    let app = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let client = bench.client.clone();
    app.spawn(async move { client.request("u", things("GET")).await.map(drop) });
    servers.block_on(async {
        while bench.posts("things").await.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    drop(app);
    let outcomes: Vec<Value> = lines(&file).into_iter().map(|entry| entry["outcome"].clone()).collect();
    assert_eq!(outcomes, ["cancelled"]);
}

#[tokio::test]
async fn an_answer_that_nobody_can_read_is_not_ok() {
    for body in ["<html>", r#"{"results":[{"id":1}]}"#] {
        let (log, mut entries) = log();
        let bench = bench(log, ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(code(bench.client.user("u").clinical().list_biomarkers().await), Code::AnswerInvalid);
        let entry = next(&mut entries).await.unwrap();
        assert_eq!((entry.outcome.as_str(), entry.records), ("answer_invalid", None), "{body}");
    }
    let (log, mut entries) = log();
    let bench = bench(log, ResponseTemplate::new(200).set_body_string("<html>")).await;
    assert_eq!(code(bench.client.request("u", things("GET")).await), Code::AnswerInvalid);
    assert_eq!(next(&mut entries).await.unwrap().outcome, "answer_invalid");
}

#[tokio::test]
async fn an_entry_prints_without_the_people_in_it() {
    let (log, mut entries) = log();
    let bench = bench(log, ResponseTemplate::new(200).set_body_string("[]")).await;
    bench.client.user("u").actor("dr_canary").purpose("canary").clinical().list_biomarkers().await.unwrap();
    let entry = next(&mut entries).await.unwrap();
    assert_eq!(format!("{entry:?}"), "<AuditEntry clinical.list_biomarkers ok: values hidden, use serde>");
    assert_eq!(json!(entry)["actor"], "dr_canary");
}

#[tokio::test]
async fn an_entry_of_a_machine_says_whose_data_it_was() {
    let (log, mut entries) = log();
    let bench = bench(AuditLog::tracing(), ResponseTemplate::new(200).set_body_string("[]")).await;
    let token = json!({ "access_token": "m1", "token_type": "Bearer", "expires_in": 3600 });
    let answer = ResponseTemplate::new(200).set_body_json(token);
    Mock::given(path("/identity/v1/tokens")).respond_with(answer).mount(&bench.server).await;
    let machine = M2MClient::builder()
        .client_id("client_1")
        .client_secret("secret")
        .environment(Environment::Template(format!("{}/{{service}}", bench.server.uri())))
        .audit_log(log)
        .build()
        .unwrap();
    machine.clinical().list_patient_biomarkers().patient_id("user_1").await.unwrap();
    machine.request(things("GET")).await.unwrap();
    let people = [next(&mut entries).await.unwrap().user_id, next(&mut entries).await.unwrap().user_id];
    assert_eq!(people, [Some("user_1".to_owned()), None]);
}

#[tokio::test]
async fn a_write_whose_end_could_not_be_recorded_can_be_repeated_by_its_key() {
    let log = AuditLog::callback(|entry| async move {
        if entry.outcome == "begun" { Ok(()) } else { Err(Error::audit_failed(std::io::Error::other("full"))) }
    });
    let answer = ResponseTemplate::new(200).insert_header("x-request-id", "req_1").set_body_string("[]");
    let bench = bench(log.required(), answer).await;
    let error = bench.client.request("u", write()).await.unwrap_err();
    assert_eq!((error.code(), error.detail()), (Code::AuditFailed, Some(KEY)));
    assert_eq!((error.status(), error.request_id()), (Some(200), Some("req_1")));
    assert_eq!(bench.posts("things").await.len(), 1);
}

#[tokio::test]
async fn a_required_log_that_nobody_listens_to_lets_no_call_through() {
    let bench = bench(AuditLog::tracing().required(), ResponseTemplate::new(200).set_body_string("[]")).await;
    let quiet = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::sink).finish();
    let _guard = tracing::subscriber::set_default(quiet);
    assert_eq!(code(bench.client.request("u", things("GET")).await), Code::AuditFailed);
    assert!(bench.posts("things").await.is_empty());
}

#[cfg(unix)]
mod file {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::PathBuf;

    use super::*;

    /// A client whose log is a file in a directory of its own.
    struct Filed {
        directory: tempfile::TempDir,
        bench: Bench,
    }

    impl Filed {
        async fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let log = AuditLog::file(directory.path().join("audit.jsonl")).required();
            let bench = bench(log, ResponseTemplate::new(200).set_body_string("[]")).await;
            Self { directory, bench }
        }

        fn path(&self) -> PathBuf {
            self.directory.path().join("audit.jsonl")
        }

        async fn call(&self) -> Result<(), Error> {
            self.bench.client.request("u", things("GET")).await.map(drop)
        }

        fn mode(&self) -> u32 {
            self.path().metadata().unwrap().permissions().mode() & 0o7777
        }
    }

    #[tokio::test]
    async fn a_file_that_was_deleted_or_moved_is_made_anew() {
        let filed = Filed::new().await;
        filed.call().await.unwrap();
        assert_eq!((lines(&filed.path()).len(), filed.mode()), (2, 0o600));
        std::fs::remove_file(filed.path()).unwrap();
        filed.call().await.unwrap();
        assert_eq!(lines(&filed.path()).len(), 2);
        let moved = filed.directory.path().join("audit.1");
        std::fs::rename(filed.path(), &moved).unwrap();
        filed.call().await.unwrap();
        assert_eq!((lines(&moved).len(), lines(&filed.path()).len()), (2, 2));
        std::fs::remove_dir_all(filed.directory.path()).unwrap();
        assert_eq!(code(filed.call().await), Code::AuditFailed);
    }

    #[tokio::test]
    async fn a_file_that_was_there_is_closed_to_others() {
        for (before, after) in [(0o666, 0o640), (0o640, 0o640), (0o755, 0o640), (0o600, 0o600)] {
            let filed = Filed::new().await;
            std::fs::write(filed.path(), "").unwrap();
            std::fs::set_permissions(filed.path(), std::fs::Permissions::from_mode(before)).unwrap();
            filed.call().await.unwrap();
            assert_eq!(filed.mode(), after, "{before:o}");
        }
    }

    #[tokio::test]
    async fn a_link_takes_no_entry() {
        let filed = Filed::new().await;
        let target = filed.directory.path().join("target");
        symlink(&target, filed.path()).unwrap();
        assert_eq!(code(filed.call().await), Code::AuditFailed);
        assert!(!target.exists());
    }

    #[tokio::test]
    async fn an_entry_is_not_glued_to_a_line_that_was_cut_off() {
        let filed = Filed::new().await;
        std::fs::write(filed.path(), "{\"half").unwrap();
        filed.call().await.unwrap();
        let text = std::fs::read_to_string(filed.path()).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("{\"half"));
        assert_eq!(lines.filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 2);
    }
}

#[cfg(feature = "bridge")]
mod bridge {
    use loop_sdk::bridge::{CancelHandle, Client, Hooks};

    use super::*;

    /// A binding's client of an API that never answers, and its entries.
    async fn client(required: bool) -> (Bench, Client, Arc<Mutex<Vec<Value>>>) {
        let bench = bench(AuditLog::tracing(), slow()).await;
        let entries = Arc::new(Mutex::new(Vec::new()));
        let (mut hooks, kept) = (Hooks::default(), Arc::clone(&entries));
        hooks.audit_log = Some(Arc::new(move |entry| {
            kept.lock().unwrap().push(serde_json::from_str(&entry).unwrap());
            Box::pin(std::future::ready(Ok(())))
        }));
        let options = json!({
            "client_id": "client_1", "redirect_uri": crate::support::REDIRECT_URI, "store": "memory:", "identify": false,
            "environment": format!("{}/{{service}}", bench.server.uri()), "audit_required": required,
        });
        let client = Client::new(&options.to_string(), hooks, "test").unwrap();
        let grant = json!({ "user_id": "u", "refresh_token": "r" });
        client.call("import_grant", &grant.to_string(), None, &CancelHandle::new()).await.unwrap();
        client.call("access_token", r#"{"user_id":"u"}"#, None, &CancelHandle::new()).await.unwrap();
        (bench, client, entries)
    }

    fn outcomes(entries: &Mutex<Vec<Value>>) -> Vec<String> {
        let entries = entries.lock().unwrap();
        entries.iter().map(|entry| entry["outcome"].as_str().unwrap().to_owned()).collect()
    }

    fn arguments(method: &str) -> String {
        json!({
            "user_id": "u", "service": "clinical", "path": "/v1/things", "method": method, "idempotency_key": KEY,
        })
        .to_string()
    }

    #[tokio::test]
    async fn the_log_says_of_a_call_that_ran_out_of_time_what_its_caller_heard() {
        for (method, expected) in [("GET", Code::Timeout), ("POST", Code::WriteOutcomeUnknown)] {
            let (_bench, client, entries) = client(false).await;
            let limit = Some(Duration::from_millis(300));
            let outcome = client.call("request", &arguments(method), limit, &CancelHandle::new()).await;
            assert_eq!(code(outcome), expected);
            // It is there when the call ends: the process may end now.
            assert_eq!(outcomes(&entries), [expected.as_str()]);
        }
    }

    #[tokio::test]
    async fn a_write_that_is_cancelled_names_its_key_and_is_in_the_log() {
        for required in [false, true] {
            let (bench, client, entries) = client(required).await;
            let cancel = CancelHandle::new();
            let arrived = async {
                while bench.posts("things").await.is_empty() {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                cancel.cancel();
            };
            let arguments = arguments("POST");
            let (error, ()) = tokio::join!(client.call("request", &arguments, None, &cancel), arrived);
            let error = error.unwrap_err();
            assert_eq!((error.code(), error.detail()), (Code::Cancelled, Some(KEY)));
            let expected: &[&str] = if required { &["begun", "cancelled"] } else { &["cancelled"] };
            assert_eq!(outcomes(&entries), expected);
        }
    }

    #[tokio::test]
    async fn an_operation_that_is_cancelled_names_the_key_that_the_sdk_made() {
        let (_bench, client, entries) = client(false).await;
        let cancel = CancelHandle::new();
        cancel.cancel();
        let arguments = r#"{"user_id":"u","patient_id":"u","brand_id":"b"}"#;
        let error = client.call("clinical.compute_health_score", arguments, None, &cancel).await.unwrap_err();
        assert_eq!((error.code(), error.detail().map(str::len)), (Code::Cancelled, Some(24)));
        assert!(outcomes(&entries).is_empty(), "it never began");
    }
}
