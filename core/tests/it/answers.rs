//! Answers that can't be used, come in part, or lead in circles: what the caller is told, and what is sent again.

use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt as _;
use loop_sdk::model::{JsonObject, NewBiomarker, Nullable};
use loop_sdk::{ApiRequest, AuthorizationRequest, Code, Environment, Error, ImportGrant, LoopClient, M2MClient};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::code;
use crate::support::scripted::Bench;

/// The first `times` requests to this path of the clinical service get this answer.
async fn answers(bench: &Bench, route: &str, answer: ResponseTemplate, times: u64) {
    let mock = Mock::given(path(format!("/clinical{route}"))).respond_with(answer);
    mock.up_to_n_times(times).mount(&bench.server).await;
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("x-request-id", "req_1")
}

fn things(method: &str) -> ApiRequest {
    ApiRequest::new(method, "clinical", "/v1/things")
}

/// A client of a server that sends these bytes to everybody, and then closes or holds the connection.
async fn client_of(answer: &'static str, closes: bool) -> LoopClient {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 8192]).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
            if !closes {
                held.push(stream);
            }
        }
    });
    let environment = Environment::Template(format!("http://127.0.0.1:{port}/{{service}}"));
    let builder = LoopClient::builder().client_id("c").environment(environment).store("memory:");
    let client = builder.timeout(Duration::from_secs(2)).build().unwrap();
    let mut grant = ImportGrant::new("u", "r0");
    (grant.access_token, grant.expires_at) =
        (Some("a0".into()), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(10_000_000_000)));
    client.import_grant(grant).await.unwrap();
    client
}

fn facts(error: &Error) -> (Code, Option<u16>, Option<&str>) {
    (error.code(), error.status(), error.request_id())
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_known_by_its_head() {
    let half = "HTTP/1.1 201 Created\r\nx-request-id: req_7\r\ncontent-length: 100\r\n\r\n{";
    let client = client_of(half, true).await;
    let error = client.request("u", things("POST")).await.unwrap_err();
    assert_eq!(facts(&error), (Code::WriteOutcomeUnknown, Some(201), Some("req_7")));
    let client = client_of(half, false).await;
    let error = client.request("u", things("GET")).await.unwrap_err();
    assert_eq!(facts(&error), (Code::Timeout, Some(201), Some("req_7")));
    let client = client_of("", true).await;
    let error = client.request("u", things("POST")).await.unwrap_err();
    assert_eq!(facts(&error), (Code::WriteOutcomeUnknown, None, None), "nothing of another answer is told");
}

#[tokio::test]
async fn a_refused_young_token_says_which_request_was_refused() {
    let bench = Bench::connected().await;
    answers(&bench, "/v1/things", status(401).set_body_json(json!({"error": "invalid_token"})), 9).await;
    let error = bench.client.request("u", things("GET")).await.unwrap_err();
    assert_eq!(facts(&error), (Code::AccessTokenRejected, Some(401), Some("req_1")));
}

#[tokio::test]
async fn errors_of_the_token_endpoint_say_which_request_they_are_about() {
    for (status, error, at_refresh, at_sign_in) in [
        (503, "temporarily_unavailable", Code::ServerUnavailable, Code::ServerUnavailable),
        (401, "invalid_client", Code::ClientRejected, Code::ClientRejected),
        (400, "invalid_grant", Code::GrantEnded, Code::CodeRejected),
    ] {
        let answer = ResponseTemplate::new(status).insert_header("x-request-id", "req_9");
        // Nobody waits for so long, and a pause is the store's: each has its own.
        let answer = answer.insert_header("retry-after", "600").set_body_json(json!({ "error": error }));
        let (bench, other) = (Bench::new().await, Bench::new().await);
        bench.token_endpoint(answer.clone()).await;
        let refused = bench.client.access_token("u").await.unwrap_err();
        let read_off_the_record = at_refresh == Code::GrantEnded;
        assert_eq!((refused.code(), refused.request_id().is_none()), (at_refresh, read_off_the_record), "{refused:?}");
        other.token_endpoint(answer).await;
        let begun = other.client.authorization_url(AuthorizationRequest::new().user_id("other")).await.unwrap();
        let callback = format!("{}?code=c&state={}", crate::support::REDIRECT_URI, begun.state.expose());
        let refused = other.client.handle_callback(&callback, Some(&begun.browser_secret)).await.unwrap_err();
        assert_eq!(facts(&refused), (at_sign_in, Some(status), Some("req_9")), "{refused:?}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_says_whose_it_is_and_that_a_write_was_done() {
    let bench = Bench::connected().await;
    let clinical = bench.client.user("u").clinical();
    for (answered, body) in [(201, "{"), (202, "<html>"), (204, "")] {
        bench.server.reset().await;
        answers(&bench, "/v1/red-flags/evaluate", status(answered).set_body_string(body), 9).await;
        let call = clinical.evaluate_red_flags().patient_id("p").brand_id("loop").idempotency_key("key-1");
        let error = call.await.unwrap_err();
        assert_eq!(facts(&error), (Code::AnswerInvalid, Some(answered), Some("req_1")));
        assert_eq!((error.detail(), error.user_id()), (Some("key-1"), Some("u")));
        assert!(error.message().starts_with("The write was done."), "{error}");
        assert_eq!(bench.posts("evaluate").await.len(), 1);
    }
    answers(&bench, "/v1/red-flags/p", status(200).set_body_string("[{}]"), 9).await;
    let error = clinical.list_red_flags("p").await.unwrap_err();
    assert_eq!((facts(&error), error.detail()), ((Code::AnswerInvalid, Some(200), Some("req_1")), None));
    assert!(!error.message().contains("write"), "{error}");
    // What is unwrapped before it is decoded, and what has no declaration.
    answers(&bench, "/v1/things", status(201).set_body_string("{"), 9).await;
    let mut request = things("POST");
    request.idempotency_key = Some("key-2".into());
    let error = bench.client.request("u", request).await.unwrap_err();
    assert_eq!((facts(&error).1, error.detail()), (Some(201), Some("key-2")));
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_and_that_finds_nothing_any_more_was_done() {
    for (first, outcome) in [(502, Ok(204)), (503, Err(Code::NotFound)), (404, Err(Code::NotFound))] {
        let bench = Bench::connected().await;
        answers(&bench, "/v1/things", status(first), 1).await;
        answers(&bench, "/v1/things", status(404), 9).await;
        let ended = bench.client.request("u", things("DELETE")).await;
        assert_eq!(ended.map(|answer| answer.status).map_err(|error| error.code()), outcome, "{first}");
        assert_eq!(bench.posts("things").await.len(), if first == 404 { 1 } else { 2 });
    }
    let bench = Bench::connected().await;
    answers(&bench, "/v1/things", status(502), 1).await;
    answers(&bench, "/v1/things", status(404), 9).await;
    assert_eq!(code(bench.client.request("u", things("PUT")).await), Code::NotFound, "it would be there");
}

#[tokio::test]
async fn what_the_platform_did_not_take_in_is_sent_again_where_that_is_safe() {
    for refused in [408, 425] {
        for (method, times) in [("GET", 2), ("DELETE", 2), ("POST", 1)] {
            let bench = Bench::connected().await;
            answers(&bench, "/v1/things", status(refused), 1).await;
            answers(&bench, "/v1/things", status(200).set_body_string("[]"), 9).await;
            let ended = bench.client.request("u", things(method)).await;
            assert_eq!(bench.posts("things").await.len(), times, "{method} {refused}");
            let expected = match (method, refused) {
                ("POST", 408) => Some(Code::WriteOutcomeUnknown),
                ("POST", _) => Some(Code::ServerUnavailable),
                _ => None,
            };
            assert_eq!(ended.err().map(|error| error.code()), expected, "{method} {refused}");
        }
    }
}

/// A service whose lists lead from one cursor to the next as the test says; the first page has none.
async fn lists(bench: &Bench, next: impl Fn(Option<&str>) -> Value + Send + Sync + 'static) {
    let answer = move |request: &Request| {
        let cursor = request.url.query_pairs().find(|(name, _)| name == "cursor" || name == "offset");
        ResponseTemplate::new(200).set_body_json(next(cursor.as_ref().map(|(_, value)| value.as_ref())))
    };
    bench.server.reset().await;
    Mock::given(method("GET")).respond_with(answer).mount(&bench.server).await;
}

fn notification() -> Value {
    json!({"id": "n", "kind": "k", "title": "t", "body": null, "link": null, "read_at": null,
           "created_at": "2026-01-01T00:00:00Z", "metadata": {}})
}

fn marker() -> Value {
    json!({"id": "m", "slug": "s", "name": "n", "description": "d", "biomarker_code": "b", "units": "u",
           "wholesale_cost": 1, "currency": "USD", "source_lab_id": "l", "tags": [], "availability": null,
           "retail_price": 2})
}

#[tokio::test]
async fn a_list_that_leads_in_circles_ends() {
    let bench = Bench::connected().await;
    let comms = bench.client.user("u").comms();
    let followed = |cursor: &str| match cursor {
        "a" => "b",
        "b" => "c",
        _ => "a",
    };
    lists(&bench, |_| json!({"data": [], "next_cursor": "same"})).await;
    let all: Vec<_> = comms.list_notifications().await.unwrap().into_stream().try_collect().await.unwrap();
    assert_eq!((all.len(), bench.posts("notifications").await.len()), (0, 2));
    let second = comms.list_notifications().cursor("same").await.unwrap();
    assert_eq!(second.next_cursor, None, "who goes from page to page by hand comes to an end, too");

    lists(&bench, |_| json!({"data": [notification()], "next_cursor": ""})).await;
    assert_eq!(comms.list_notifications().await.unwrap().next_cursor, None);

    lists(&bench, move |cursor| json!({"data": [notification()], "next_cursor": cursor.map_or("a", followed)})).await;
    let all: Vec<_> = comms.list_notifications().await.unwrap().into_stream().try_collect().await.unwrap();
    assert_eq!(all.len(), 4, "the first page, and those of a, b and c once each");

    // The offset is ignored, and the total grows.
    lists(&bench, |_| json!({"markers": [marker()], "offset": 0, "limit": 1, "total": 9_000_000})).await;
    let page = bench.client.user("u").clinical().list_lab_markers().await.unwrap();
    assert_eq!(page.total, Some(9_000_000));
    let all: Vec<_> = page.into_stream().try_collect().await.unwrap();
    assert_eq!(all.len(), 2);
}

/// Gives machines their tokens.
async fn token_server() -> MockServer {
    let server = MockServer::start().await;
    let token = json!({"access_token": "m", "token_type": "Bearer", "expires_in": 3600, "scope": "admin:clinical"});
    let token = Mock::given(path("/identity/v1/tokens")).respond_with(ResponseTemplate::new(200).set_body_json(token));
    token.mount(&server).await;
    server
}

fn machine(server: &MockServer) -> M2MClient {
    let environment = Environment::Template(format!("{}/{{service}}", server.uri()));
    M2MClient::builder().client_id("m").client_secret("s").environment(environment).build().unwrap()
}

#[tokio::test]
async fn a_change_takes_away_what_is_null_and_leaves_what_is_not_named() {
    let server = token_server().await;
    let answer = json!({"client": {
        "id": "i", "client_id": "c", "client_name": "n", "client_uri": null, "logo_uri": null, "client_type": "public",
        "redirect_uris": [], "allowed_scopes": [], "allowed_origins": [], "owner_id": null, "brand_id": "loop",
        "is_first_party": false, "enabled": true, "created_at": "t", "updated_at": "t",
    }});
    let patch = Mock::given(method("PATCH")).respond_with(ResponseTemplate::new(200).set_body_json(answer));
    patch.mount(&server).await;
    let client = machine(&server);
    let identity = client.identity();
    identity.update_oauth_client("c").client_uri(Nullable::Null).await.unwrap();
    identity.update_oauth_client("c").client_uri("https://example.com").logo_uri(None).await.unwrap();
    identity.update_oauth_client("c").client_name("n").await.unwrap();
    let mut expected = vec![
        json!({"client_uri": null}),
        json!({"client_uri": "https://example.com", "logo_uri": null}),
        json!({"client_name": "n"}),
    ];
    #[cfg(feature = "bridge")]
    {
        use loop_sdk::bridge::{CancelHandle, Client, Hooks};
        let options = json!({
            "client_id": "m", "client_secret": "s", "environment": format!("{}/{{service}}", server.uri()),
        });
        let mut hooks = Hooks::default();
        hooks.machine = true;
        let client = Client::new(&options.to_string(), hooks, "test").unwrap();
        for arguments in [json!({"clientId": "c", "clientUri": null, "clientName": null}), json!({"client_id": "c"})] {
            let call = "identity.update_oauth_client";
            client.call(call, &arguments.to_string(), None, &CancelHandle::new()).await.unwrap();
        }
        expected.extend([json!({"client_uri": null}), json!({})]);
    }
    let requests = server.received_requests().await.unwrap();
    let patches = requests.iter().filter(|request| request.method.as_str() == "PATCH");
    let sent: Vec<Value> = patches.map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_number_that_json_lacks_is_named_and_nothing_is_sent() {
    let bench = Bench::connected().await;
    let clinical = bench.client.user("u").clinical();
    let wrong = NewBiomarker::builder().code("ldl_c").name("LDL").value(f64::NAN).unit("mg/dL");
    let wrong = vec![wrong.collected_at("2026-01-01T00:00:00Z").build()];
    let call = clinical.parse_biomarkers().patient_id("p").brand_id("loop").source("s").biomarkers(wrong);
    let error = call.await.unwrap_err();
    assert_eq!((error.code(), error.detail()), (Code::InvalidOption, Some("biomarkers[0].value")));
    assert!(bench.posts("parse").await.is_empty());
}

#[tokio::test]
async fn a_machines_calls_are_held_by_all_that_the_platform_may_count_them_as() {
    let server = token_server().await;
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "20");
    Mock::given(path("/clinical/v1/biomarkers")).respond_with(limited.clone()).mount(&server).await;
    Mock::given(path("/identity/v1/admin/oauth-clients")).respond_with(limited).mount(&server).await;
    Mock::given(path("/clinical/v1/red-flags/p"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"flags": []})))
        .mount(&server)
        .await;
    let (client, object) = (machine(&server), JsonObject::default());
    assert_eq!(code(client.clinical().list_patient_biomarkers().patient_id("p").await), Code::RateLimited);
    assert_eq!(code(client.identity().list_oauth_clients().await), Code::RateLimited, "an admin call");
    assert_eq!(code(client.events().publish().name("n").payload(object).await), Code::RateLimited, "a machine's own");
    assert_eq!(code(client.clinical().list_red_flags("p").await), Code::RateLimited, "a read");
    let sent = server.received_requests().await.unwrap();
    assert_eq!(sent.iter().filter(|request| !request.url.path().ends_with("tokens")).count(), 1);

    let client = machine(&server);
    assert_eq!(code(client.identity().list_oauth_clients().await), Code::RateLimited);
    assert!(client.clinical().list_red_flags("p").await.is_ok(), "what people may call as well is no admin call");
    assert_eq!(code(client.clinical().list_patient_biomarkers().patient_id("p").await), Code::RateLimited);
}
