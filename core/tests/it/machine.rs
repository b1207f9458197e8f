//! A machine's token: one request for everybody, whose failure is everybody's too, within each caller's time.

use std::time::Duration;

use crate::support::code;
use loop_sdk::{Action, ApiRequest, Clock, Code, Environment, Error, M2MClient, Secret};
use serde_json::json;
use wiremock::matchers::{path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKENS: &str = "/identity/v1/tokens";

struct Machine {
    server: MockServer,
    clock: Clock,
    client: M2MClient,
}

impl Machine {
    async fn new(limit: Duration) -> Self {
        let (server, clock) = (MockServer::start().await, Clock::manual());
        let client = M2MClient::builder()
            .client_id("client_1")
            .client_secret("secret")
            .scopes(["admin:clinical"])
            .environment(Environment::Template(format!("{}/{{service}}", server.uri())))
            .timeout(limit)
            .clock(clock.clone())
            .build()
            .unwrap();
        Self { server, clock, client }
    }

    /// The token endpoint gives these answers, the last one for ever.
    async fn tokens(&self, answers: Vec<ResponseTemplate>) {
        self.server.reset().await;
        let last = answers.len() - 1;
        for (at, answer) in answers.into_iter().enumerate() {
            let mock = Mock::given(path(TOKENS)).respond_with(answer);
            if at == last { mock } else { mock.up_to_n_times(1) }.mount(&self.server).await;
        }
        let things = Mock::given(path_regex("^/clinical/"));
        things.respond_with(ResponseTemplate::new(200).set_body_string("[]")).mount(&self.server).await;
    }

    async fn token_requests(&self) -> usize {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().filter(|request| request.url.path() == TOKENS).count()
    }

    /// What so many calls at the same time come to.
    async fn calls(&self, number: usize) -> Vec<Result<u16, Error>> {
        let call = || async {
            let request = ApiRequest::get("clinical", "/v1/things");
            self.client.request(request).await.map(|answer| answer.status)
        };
        futures_util::future::join_all((0..number).map(|_| call())).await
    }
}

fn granted(number: u32) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "access_token": format!("m{number}"), "token_type": "Bearer", "expires_in": 3600, "scope": "admin:clinical",
    }))
}

fn refusal(status: u16, error: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": error })).insert_header("x-request-id", "req_1")
}

#[tokio::test]
async fn a_pause_of_the_token_endpoint_holds_for_fifty_callers_and_for_all_later_ones() {
    for (status, error, code) in [
        (429, "rate_limited", Code::RateLimited),
        (503, "temporarily_unavailable", Code::ServerUnavailable),
        // A proxy's, without a word of OAuth.
        (503, "", Code::ServerUnavailable),
    ] {
        let machine = Machine::new(Duration::from_secs(30)).await;
        let body = if error.is_empty() { String::new() } else { json!({ "error": error }).to_string() };
        let pause = refusal(status, error).set_body_string(body).insert_header("retry-after", "60");
        machine.tokens(vec![pause, granted(1)]).await;
        let minute = Duration::from_secs(60);
        for outcome in machine.calls(50).await {
            let error = outcome.unwrap_err();
            assert_eq!((error.code(), error.retry_after()), (code, Some(minute)));
            assert_eq!((error.status(), error.request_id()), (Some(status), Some("req_1")));
        }
        machine.clock.advance(Duration::from_secs(59));
        let later = machine.client.access_token().await.unwrap_err();
        assert_eq!((later.code(), later.retry_after()), (code, Some(Duration::from_secs(1))));
        assert_eq!(machine.token_requests().await, 1, "{status}");

        machine.clock.advance(Duration::from_secs(1));
        assert_eq!(machine.calls(50).await.into_iter().map(Result::unwrap).max(), Some(200));
        assert_eq!(machine.token_requests().await, 2);
    }
}

#[tokio::test]
async fn a_short_pause_is_waited_out_by_one_for_all() {
    let machine = Machine::new(Duration::from_secs(30)).await;
    let pause = refusal(429, "rate_limited").insert_header("retry-after", "1");
    machine.tokens(vec![pause, granted(1)]).await;
    let before = tokio::time::Instant::now();
    assert!(machine.calls(20).await.iter().all(Result::is_ok));
    assert!(before.elapsed() >= Duration::from_secs(1));
    assert_eq!(machine.token_requests().await, 2);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_once_for_fifty_callers() {
    let machine = Machine::new(Duration::from_secs(30)).await;
    machine.tokens(vec![refusal(401, "invalid_client")]).await;
    for outcome in machine.calls(50).await {
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.code(), error.status(), error.request_id()),
            (Code::ClientRejected, Some(401), Some("req_1"))
        );
        assert_eq!(error.retry_after(), None, "waiting does not make it right");
    }
    assert_eq!(machine.token_requests().await, 1);
    machine.clock.advance(Duration::from_secs(1));
    assert_eq!(code(machine.client.access_token().await), Code::ClientRejected);
    assert_eq!(machine.token_requests().await, 2);
}

#[tokio::test]
async fn a_failing_token_endpoint_is_tried_three_times_for_fifty_callers() {
    let machine = Machine::new(Duration::from_secs(30)).await;
    machine.tokens(vec![ResponseTemplate::new(500).insert_header("x-request-id", "req_1")]).await;
    for outcome in machine.calls(50).await {
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.code(), error.status(), error.request_id()),
            (Code::ServerUnavailable, Some(500), Some("req_1"))
        );
    }
    assert_eq!(machine.token_requests().await, 3);
}

#[tokio::test]
async fn the_time_limit_covers_the_token_and_its_error_says_so() {
    let machine = Machine::new(Duration::from_millis(400)).await;
    machine.tokens(vec![granted(1).set_delay(Duration::from_secs(30))]).await;
    let before = tokio::time::Instant::now();
    let token = machine.client.access_token();
    let (token, calls) = tokio::join!(token, machine.calls(10));
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    for error in calls.into_iter().map(Result::unwrap_err).chain([token.unwrap_err()]) {
        assert!(matches!(error.code(), Code::Timeout | Code::ServerUnavailable), "{error:?}");
        assert!(!error.message().contains("grant"), "{error}");
    }
    assert_eq!(machine.token_requests().await, 1);
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_take_the_token_request_along() {
    let machine = Machine::new(Duration::from_secs(30)).await;
    machine.tokens(vec![granted(1).set_delay(Duration::from_millis(300)), granted(2)]).await;
    let call = machine.client.access_token();
    tokio::time::timeout(Duration::from_millis(50), call).await.unwrap_err();
    assert_eq!(machine.client.access_token().await.unwrap().expose(), "m1");
    assert_eq!(machine.token_requests().await, 1);
}

#[tokio::test]
async fn a_token_that_lives_is_used_while_there_is_no_new_one() {
    let machine = Machine::new(Duration::from_secs(30)).await;
    let pause = refusal(429, "rate_limited").insert_header("retry-after", "600");
    machine.tokens(vec![granted(1), pause]).await;
    let token = async || machine.client.access_token().await.map(|token: Secret| token.expose().to_owned());
    assert_eq!(token().await.unwrap(), "m1");
    machine.clock.advance(Duration::from_secs(58 * 60));
    // Two minutes before its end: the one who asks, and whoever comes after that.
    assert_eq!((token().await.unwrap(), token().await.unwrap()), ("m1".into(), "m1".into()));
    machine.clock.advance(Duration::from_secs(120));
    assert_eq!(code(token().await), Code::RateLimited);
    assert_eq!(machine.token_requests().await, 2);
}

#[tokio::test]
async fn a_machine_without_a_scope_is_not_told_to_sign_a_person_in() {
    let machine = Machine::new(Duration::from_secs(30)).await;
    machine.server.reset().await;
    Mock::given(path(TOKENS)).respond_with(granted(1)).mount(&machine.server).await;
    let refused = refusal(403, "insufficient_scope");
    Mock::given(path("/clinical/v1/biomarkers")).respond_with(refused).mount(&machine.server).await;
    let error = machine.client.clinical().list_patient_biomarkers().patient_id("user_1").await.unwrap_err();
    assert_eq!(
        (error.code(), error.action(), error.detail()),
        (Code::ScopeRequired, Action::AskForScope, Some("admin:clinical"))
    );
    assert_eq!((error.status(), error.request_id()), (Some(403), Some("req_1")));
    assert!(!error.message().contains("person"), "{error}");
}

#[test]
fn a_machine_can_have_no_scope_that_a_person_grants() {
    let machine = |scope| {
        let builder = M2MClient::builder().client_id("c").client_secret("s").scopes([scope]);
        builder.environment(Environment::Production).build()
    };
    machine("admin:clinical").unwrap();
    for persons in ["read:biomarkers", "openid", "administer"] {
        assert_eq!(machine(persons).unwrap_err().detail(), Some("scopes"), "{persons}");
    }
}
