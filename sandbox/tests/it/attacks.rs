//! Input that nobody means well with.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, USER_SCOPES, new_biomarkers, user_id};
use crate::world::World;

const PARSE: &str = "/clinical/v1/biomarkers/parse";

#[tokio::test]
async fn a_clock_at_its_limits_stops_nothing() {
    let api = Api::new().await;
    let century = 100 * 365 * 24 * 3600_i64;
    for seconds in [i64::MAX, i64::MIN, century + 1] {
        let answer = api.world.lever("switches", json!({ "clock_skew_seconds": seconds })).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"), "{seconds}");
    }
    for seconds in [i64::MAX, i64::MIN, century, -century] {
        api.world.sandbox.switch(|switches| switches.clock_skew_seconds = seconds);
        assert_eq!(api.world.get(&api.world.url("/healthz")).await.status, 200);
        assert_eq!(api.mint(&[("grant_type", "client_credentials")]).await.status, 200);
        api.world.signed_in().await;
    }
}

/// Whether the token endpoint knows the app by this secret.
async fn is_known_by(world: &World, secret: &str) -> bool {
    let fields = [
        ("client_id", world.app.client_id.as_str()),
        ("client_secret", secret),
        ("grant_type", "refresh_token"),
        ("refresh_token", "lph_rt_none"),
    ];
    let error = world.form("/identity/v1/oauth/token", &[], &fields).await.error();
    assert!(["invalid_grant", "invalid_client"].contains(&error.as_str()), "{error}");
    error == "invalid_grant"
}

#[tokio::test]
async fn every_secret_works_for_its_day_though_another_rotation_comes_before_it_is_over() {
    let world = World::new().await;
    let path = format!("/_sandbox/clients/{}/rotate-secret", world.app.client_id);
    let rotate = async || {
        let answer = world.json(Method::POST, &path, json!({})).await.json();
        answer["client_secret"].as_str().unwrap().to_owned()
    };
    let first = world.app.client_secret.clone().unwrap();
    let second = rotate().await;
    world.sandbox.advance_clock(Duration::from_secs(3600));
    let third = rotate().await;
    assert!(!is_known_by(&world, "secret_guessed").await);
    // Some seconds over the hour: the machine's own clock goes on meanwhile.
    for (seconds, expected) in [(0, [true; 3]), (23 * 3600 + 5, [false, true, true]), (3600, [false, false, true])] {
        world.sandbox.advance_clock(Duration::from_secs(seconds));
        for (secret, expected) in [&first, &second, &third].into_iter().zip(expected) {
            assert_eq!(is_known_by(&world, secret).await, expected, "after {seconds} seconds more");
        }
    }
}

#[tokio::test]
async fn an_app_can_take_no_name_that_deceives_and_no_page_that_runs() {
    let world = World::new().await;
    let register = async |changes: Value| {
        let mut body = json!({
            "client_name": "Lab 健康 📈", "redirect_uris": ["https://a.example/cb"], "allowed_scopes": ["openid"],
        });
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        world.lever("clients", body).await
    };
    assert_eq!(register(json!({})).await.status, 201);
    for (field, wrong) in [
        ("client_name", json!("Loop\u{202e}ppA")),
        ("client_name", json!("Loop\nAllow everything")),
        ("client_name", json!("\u{200b}")),
        ("logo_uri", json!("javascript:alert(1)")),
        ("client_uri", json!("http://a.example")),
        ("allowed_origins", json!(["*"])),
        ("redirect_uris", json!(["https://a.example/cb", "javascript:alert(1)"])),
    ] {
        let answer = register(json!({ field: wrong })).await;
        assert_eq!(answer.status, 400, "{field}: {wrong}");
        assert!(
            answer.json()["message"].as_str().unwrap().contains(field.trim_end_matches('s'))
                || field == "redirect_uris"
        );
    }
}

#[tokio::test]
async fn links_that_open_something_are_not_in_the_journal() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let body = json!({ "provider": "whoop", "redirectUri": "https://app.example.com/connected" });
    let begun = api.post("/integrations/v1/connections/authorize", &ada, &body).await.json();
    let link = begun["url"].as_str().unwrap();
    let looked = api.world.send(Method::HEAD, link, &[], None).await;
    assert_eq!(looked.status, 405, "a look at a link does not use it up");
    assert_eq!(api.world.get(link).await.status, 303);
    let orders = api.get("/integrations/v1/labs/orders", &ada).await.json();
    let report = orders["data"][0]["result_bloodwork_id"].as_str().unwrap().to_owned();
    let view = api.get(&format!("/clinical/v1/bloodwork/view/{report}"), &ada).await.json();
    let file = view["signed_url"].as_str().unwrap();
    let answer = api.world.get(file).await;
    assert_eq!((answer.status, answer.header("x-content-type-options")), (200, "nosniff"));
    assert_eq!(api.world.get(&file.replace("expires=", "expires=9")).await.status, 403);
    let journal = api.world.get(&api.world.url("/_sandbox/journal")).await.text;
    let signature = file.split_once("signature=").unwrap().1;
    for secret in [begun["state"].as_str().unwrap(), signature] {
        assert!(!journal.contains(secret), "{secret}");
    }
    assert!(journal.contains("/files/bloodwork/"), "the journal was looked at");
    for wrong in ["javascript:alert(1)", "data:text/html,hi", "file:///etc/passwd", "nonsense"] {
        let body = json!({ "provider": "whoop", "redirectUri": wrong });
        assert_eq!(api.post("/integrations/v1/connections/authorize", &ada, &body).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn one_key_at_a_time_and_without_spaces() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let body = new_biomarkers(&patient);
    for keys in [&[("idempotency-key", "a b")][..], &[("idempotency-key", "a"), ("idempotency-key", "b")]] {
        let answer = api.send_with(Method::POST, PARSE, &ada, Some(&body), keys).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "validation_error"), "{keys:?}");
    }
    assert_eq!(api.world.sandbox.stats().api_writes_done, 0);
}

#[tokio::test]
async fn times_that_no_other_reader_takes_are_refused_and_a_day_ends_at_its_end() {
    let api = Api::new().await;
    let (ada, patient) = (api.token("ada").await, api.patient("ada").await);
    let parse = async |at: &str| {
        let mut body = new_biomarkers(&patient);
        body["biomarkers"][0]["collected_at"] = json!(at);
        api.post(PARSE, &ada, &body).await.status
    };
    for wrong in ["-000001-01-01T00:00:00Z", "0000-01-01T00:00:00+10:00", "+002026-05-22T00:00:00Z", "2026-05-22"] {
        assert_eq!(parse(wrong).await, 400, "{wrong}");
    }
    assert_eq!(parse("2026-06-02T00:00:00Z").await, 200);
    assert_eq!(parse("2026-06-01T23:59:59.5Z").await, 200);
    let count = async |to: &str| {
        let path = format!("/patient-graph/v1/patients/{patient}/metrics/ferritin?from=2026-06-01&to={to}");
        api.get(&path, &ada).await.json()["count"].clone()
    };
    assert_eq!((count("2026-06-01").await, count("2026-06-02").await), (json!(1), json!(2)));
}

#[tokio::test]
async fn no_method_at_no_path_makes_the_sandbox_fail() {
    let api = Api::new().await;
    let ada = api.tokens("ada", USER_SCOPES).await.access;
    let document = api.world.sandbox.openapi();
    let paths: Vec<String> =
        document["paths"].as_object().unwrap().keys().map(|path| path.replace(['{', '}'], "")).collect();
    let pages = ["/", "/docs", "/openapi.json", "/developers", "/account", "/identity/consent", "/identity/sign-in"];
    for path in paths.iter().map(String::as_str).chain(pages) {
        for method in ["OPTIONS", "HEAD", "TRACE", "PUT", "PROPFIND"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = api.send(method.clone(), path, &ada, None).await;
            assert!(answer.status < 500, "{method} {path}: {answer:?}");
            if method == Method::OPTIONS {
                assert_eq!((answer.status, answer.header("allow").is_empty()), (405, false), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_reaches_a_record_of_another_by_its_id() {
    let api = Api::new().await;
    let (ada, ben) = (api.token("ada").await, api.token("ben").await);
    let of = async |path: &str, list: &str| -> Value { api.get(path, &ada).await.json()[list][0].clone() };
    let order = of("/integrations/v1/labs/orders", "data").await;
    let connection = of(&format!("/integrations/v1/connections?userId={}", user_id("ada")), "connections").await;
    let membership = api.get(&format!("/membership/v1/memberships/{}", user_id("ada")), &ada).await.json();
    let grant = of("/identity/v1/me/grants", "data").await;
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    for path in [
        format!("/clinical/v1/lab-orders/{}", text(&order, "id")),
        format!("/integrations/v1/labs/orders/{}", text(&order, "id")),
        format!("/clinical/v1/bloodwork/view/{}", text(&order, "result_bloodwork_id")),
        format!("/membership/v1/memberships/{}", text(&membership, "id")),
        format!("/membership/v1/memberships/{}/history", text(&membership, "id")),
    ] {
        assert_eq!(api.get(&path, &ada).await.status, 200, "{path}");
        assert_eq!(api.get(&path, &ben).await.error(), "not_found", "{path}");
    }
    let sync = format!("/integrations/v1/sync/{}", text(&connection, "id"));
    assert_eq!(api.send(Method::POST, &sync, &ben, None).await.error(), "not_found");
    let path = format!("/identity/v1/me/grants/{}", text(&grant, "id"));
    assert_eq!(api.send(Method::DELETE, &path, &ben, None).await.status, 204, "as if it had ended already");
    assert_eq!(api.get("/clinical/v1/biomarkers/me", &ada).await.status, 200);
}
