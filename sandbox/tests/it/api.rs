//! Every operation of the API, with every kind of token.

use std::collections::{BTreeMap, BTreeSet};

use loop_sandbox::{NewApp, Options, RegisteredApp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, Tokens, World, query_of};

pub(crate) const USER_SCOPES: &str = "openid profile email read:account manage:connected_apps read:biomarkers \
    write:biomarkers read:protocols write:protocols read:check_ins write:check_ins read:recommendations read:red_flags \
    read:profile read:wearables write:wearables read:lab_catalog read:lab_results write:lab_orders read:entitlements \
    manage:subscriptions manage:preferences";
pub(crate) const MACHINE_SCOPES: &str = "admin:identity admin:clinical admin:payments";

/// A sandbox with an app that may ask for everything, and a machine that may do everything.
pub(crate) struct Api {
    pub(crate) world: World,
    pub(crate) machine: RegisteredApp,
}

impl Api {
    pub(crate) async fn new() -> Api {
        let world = World::with(Options::default(), NewApp::default().scopes(USER_SCOPES)).await;
        let machine = world.sandbox.register(NewApp::machine("Night shift", MACHINE_SCOPES)).await.unwrap();
        Api { world, machine }
    }

    pub(crate) async fn tokens(&self, person: &str, scopes: &str) -> Tokens {
        let url = self.world.authorization_url(&[("scope", scopes)]);
        let callback = self.world.sandbox.sign_in(&url, person, true).await.unwrap();
        self.world.exchange(&query_of(&callback)["code"]).await.tokens()
    }

    /// An access token of this person for everything.
    pub(crate) async fn token(&self, person: &str) -> String {
        self.tokens(person, USER_SCOPES).await.access
    }

    pub(crate) async fn mint(&self, fields: &[(&str, &str)]) -> Answer {
        let secret = self.machine.client_secret.as_deref().unwrap();
        let mut form = vec![("client_id", self.machine.client_id.as_str()), ("client_secret", secret)];
        form.extend(fields);
        self.world.form("/identity/v1/tokens", &[], &form).await
    }

    pub(crate) async fn machine_token(&self, scope: &str) -> String {
        let answer = self.mint(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> Answer {
        self.send_with(method, path, token, body, &[]).await
    }

    pub(crate) async fn send_with(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<&Value>,
        more: &[(&str, &str)],
    ) -> Answer {
        let authorization = format!("Bearer {token}");
        let mut headers = vec![];
        if !token.is_empty() {
            headers.push(("authorization", authorization.as_str()));
        }
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        headers.extend(more);
        self.world.send(method, &self.world.url(path), &headers, body.map(ToString::to_string)).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, token, None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, token, Some(body)).await
    }

    /// The id in a person's clinical records.
    pub(crate) async fn patient(&self, person: &str) -> String {
        let machine = self.machine_token("admin:clinical").await;
        let user_id = user_id(person);
        let metrics = self.get(&format!("/patient-graph/v1/patients/{user_id}/metrics"), &machine).await.json();
        metrics["patient_id"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn user_id(person: &str) -> &'static str {
    match person {
        "ada" => "user_01HXYADA00M7Q4T9W2K5R8N3B6",
        "ben" => "user_01HXYBEN00C4V8J1P6S3D7G2F5",
        "mei" => "user_01HXYME100H9Z5X2Y8A4E7M1K6",
        "omar" => "user_01HXY0MAR0R3W6T1N9Q5B8V2J4",
        "nia" => "user_01HXYN1A00D2F6K8P4T7W1Z3X5",
        "kai" => "user_01HXYKA100E5G9N3R7V1X4Z8B2",
        _ => panic!("{person}"),
    }
}

/// One right request for an operation.
struct Case {
    id: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
    status: u16,
    /// It names a person, so that another's token must find nothing.
    names_person: bool,
}

fn case(id: &'static str, method: Method, path: impl Into<String>) -> Case {
    Case { id, method, path: path.into(), body: None, status: 200, names_person: false }
}

impl Case {
    fn body(self, body: Value) -> Case {
        Case { body: Some(body), ..self }
    }

    fn status(self, status: u16) -> Case {
        Case { status, ..self }
    }

    fn of_person(self) -> Case {
        Case { names_person: true, ..self }
    }
}

const PDF: &str = "JVBERi0xLjQK";

pub(crate) fn new_biomarkers(patient: &str) -> Value {
    json!({
        "patient_id": patient, "brand_id": "loop", "source": "manual",
        "biomarkers": [{
            "code": "ferritin", "name": "Ferritin", "value": 41.5, "unit": "ng/mL", "reference_low": 15,
            "reference_high": null, "collected_at": "2026-06-01T08:00:00Z",
        }],
    })
}

pub(crate) fn new_lab_order(patient: &str) -> Value {
    json!({
        "brand_id": "loop", "patient_id": patient, "panel_id": "pcos",
        "patient": { "first_name": "Ada", "last_name": "Okafor", "dob": "1988-02-11", "email": "ada@example.com" },
        "address": { "line1": "1 High St", "city": "Austin", "state": "TX", "zip": "78701", "country": "US" },
    })
}

#[allow(clippy::too_many_lines, reason = "one line or two for each operation")]
fn cases(patient: &str, ids: &BTreeMap<&str, String>) -> Vec<Case> {
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    let user = user_id("ada");
    let of = |more: Value| {
        let mut body = json!({ "patient_id": patient, "brand_id": "loop" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let client =
        json!({ "client_name": "New", "redirect_uris": ["https://a.example/cb"], "allowed_scopes": ["openid"] });
    let dose = json!({
        "peptide_id": ids["compound"], "protocol_id": "prt_iron_vitamin_d", "status": "taken",
        "scheduled_at": "2026-05-21T07:00:00Z",
    });
    let enrolment = json!({
        "patient_id": patient, "protocol_id": "prt_lipid_control", "goals": ["Live long"],
        "consent": { "agreed_to_privacy": true, "agreed_to_terms": true },
        "intake": { "age": 38, "conditions": ["none"], "email": "ada@example.com", "full_name": "Ada Okafor" },
    });
    let marker = json!({ "markers": [{
        "slug": "new-marker", "name": "New", "description": "", "biomarker_code": "new", "units": "U",
        "wholesale_cost": 1.5, "currency": "USD", "source_lab_id": "quest", "tags": ["new"],
    }] });
    let extract = json!({
        "brand_id": "loop", "requested_by": user, "mime_type": "application/pdf", "file_base64": PDF,
    });
    let upload = of(json!({ "content_type": "application/pdf", "source": "app", "file_base64": PDF }));
    let pg = "/patient-graph/v1";
    vec![
        case("identity.get_me", get.clone(), "/identity/v1/users/me"),
        case("identity.get_settings", get.clone(), "/identity/v1/users/me/settings"),
        case("identity.list_sessions", get.clone(), "/identity/v1/users/me/sessions"),
        case("identity.list_grants", get.clone(), "/identity/v1/me/grants"),
        case("identity.delete_grant", delete.clone(), "/identity/v1/me/grants/none").status(204),
        case("identity.list_connected_apps", get.clone(), "/identity/v1/users/me/connected-apps"),
        case(
            "identity.delete_connected_app",
            delete,
            format!("/identity/v1/users/me/connected-apps/{}", ids["other app"]),
        )
        .status(204),
        case("identity.get_user", get.clone(), format!("/identity/v1/admin/users/{user}")),
        case("identity.list_oauth_clients", get.clone(), "/identity/v1/admin/oauth-clients"),
        case("identity.create_oauth_client", post.clone(), "/identity/v1/admin/oauth-clients").body(client).status(201),
        case("identity.update_oauth_client", patch, format!("/identity/v1/admin/oauth-clients/{}", ids["other app"]))
            .body(json!({ "client_name": "Renamed" })),
        case(
            "identity.rotate_oauth_client_secret",
            post.clone(),
            format!("/identity/v1/admin/oauth-clients/{}/rotate-secret", ids["other app"]),
        ),
        case("clinical.list_biomarkers", get.clone(), "/clinical/v1/biomarkers/me"),
        case("clinical.list_patient_biomarkers", get.clone(), format!("/clinical/v1/biomarkers?user_id={user}")),
        case("clinical.parse_biomarkers", post.clone(), "/clinical/v1/biomarkers/parse")
            .body(new_biomarkers(patient))
            .of_person(),
        case("clinical.parse_vendor_results", post.clone(), "/clinical/v1/biomarkers/parse/vendor")
            .body(of(json!({ "vendor": "quest", "raw_payload": { "results": [{ "code": "tsh", "value": "2.5" }] } })))
            .of_person(),
        case("clinical.upload_bloodwork", post.clone(), "/clinical/v1/bloodwork/upload")
            .body(upload)
            .status(201)
            .of_person(),
        case("clinical.view_bloodwork", get.clone(), format!("/clinical/v1/bloodwork/view/{}", ids["bloodwork"]))
            .of_person(),
        case("clinical.list_lab_markers", get.clone(), "/clinical/v1/lab-catalog/markers?state=NY"),
        case("clinical.upsert_lab_markers", post.clone(), "/clinical/v1/admin/lab-catalog/markers").body(marker),
        case("clinical.create_lab_order", post.clone(), "/clinical/v1/lab-orders")
            .body(new_lab_order(patient))
            .status(201)
            .of_person(),
        case("clinical.get_lab_order", get.clone(), format!("/clinical/v1/lab-orders/{}", ids["order"])).of_person(),
        case("clinical.list_check_ins", get.clone(), "/clinical/v1/check-ins"),
        case("clinical.get_next_check_in", get.clone(), "/clinical/v1/check-ins/next?enrolled_at=2026-03-19T00:00:00Z"),
        case("clinical.get_protocol", get.clone(), "/clinical/v1/protocols/prt_lipid_control"),
        case("clinical.match_protocols", post.clone(), "/clinical/v1/protocols/match").body(of(json!({}))).of_person(),
        case("clinical.evaluate_protocol", post.clone(), "/clinical/v1/protocol-engine/evaluate")
            .body(of(
                json!({ "protocol_id": "prt_iron_vitamin_d", "medications": ["levothyroxine"], "current_week": 3 }),
            ))
            .of_person(),
        case("clinical.enroll", post.clone(), "/clinical/v1/enrollments").body(enrolment).status(201).of_person(),
        case("clinical.check_contraindications", post.clone(), "/clinical/v1/contraindications/check")
            .body(of(json!({ "protocol_id": "prt_lipid_control", "medications": ["Atorvastatin"] })))
            .of_person(),
        case("clinical.generate_recommendations", post.clone(), "/clinical/v1/recommendations/generate")
            .body(of(json!({})))
            .of_person(),
        case("clinical.list_red_flags", get.clone(), format!("/clinical/v1/red-flags/{patient}")).of_person(),
        case("clinical.evaluate_red_flags", post.clone(), "/clinical/v1/red-flags/evaluate")
            .body(of(json!({})))
            .of_person(),
        case("clinical.compute_health_score", post.clone(), "/clinical/v1/health-engine/score")
            .body(of(json!({})))
            .of_person(),
        case("clinical.list_wearable_metrics", get.clone(), "/clinical/v1/wearables/metrics"),
        case("clinical.list_wearable_connections", get.clone(), "/clinical/v1/wearables/connections"),
        case("patient_graph.get_protocol", get.clone(), format!("{pg}/protocols/{}", ids["graph protocol"])),
        case("patient_graph.list_metrics", get.clone(), format!("{pg}/patients/{patient}/metrics")).of_person(),
        case(
            "patient_graph.get_metric_series",
            get.clone(),
            format!("{pg}/patients/{patient}/metrics/weight_kg?from=2026-04-01&granularity=month"),
        )
        .of_person(),
        case("patient_graph.get_streak", get.clone(), format!("{pg}/adherence/streak/me")),
        case(
            "patient_graph.get_adherence_summary",
            get.clone(),
            format!("{pg}/adherence/summary?patient_id={patient}&protocol_id=prt_iron_vitamin_d"),
        )
        .of_person(),
        case("patient_graph.log_dose", post.clone(), format!("{pg}/adherence/doses")).body(dose).status(201),
        case(
            "patient_graph.get_today_schedule",
            get.clone(),
            format!("{pg}/adherence/today-schedule?patient_id={patient}&date=2026-05-20"),
        )
        .of_person(),
        case(
            "patient_graph.get_calendar",
            get.clone(),
            format!("{pg}/adherence/calendar?patient_id={patient}&month=2026-05"),
        )
        .of_person(),
        case("integrations.authorize_connection", post.clone(), "/integrations/v1/connections/authorize")
            .body(json!({ "provider": "whoop", "redirectUri": "https://a.example/connected" })),
        case("integrations.list_connections", get.clone(), format!("/integrations/v1/connections?userId={user}"))
            .of_person(),
        case("integrations.sync_connection", post.clone(), format!("/integrations/v1/sync/{}", ids["connection"]))
            .of_person(),
        case("integrations.list_lab_orders", get.clone(), "/integrations/v1/labs/orders"),
        case("integrations.get_lab_order", get.clone(), format!("/integrations/v1/labs/orders/{}", ids["order"]))
            .of_person(),
        case("membership.create_membership", post.clone(), "/membership/v1/memberships")
            .body(json!({ "user_id": user, "brand_id": "loop", "tier": "plus" }))
            .status(409)
            .of_person(),
        case("membership.get_membership", get.clone(), format!("/membership/v1/memberships/{}", ids["membership"]))
            .of_person(),
        case(
            "membership.list_transitions",
            get.clone(),
            format!("/membership/v1/memberships/{}/history", ids["membership"]),
        )
        .of_person(),
        case(
            "membership.get_conversion_eligibility",
            get.clone(),
            format!("/membership/v1/memberships/{user}/conversion-eligibility"),
        )
        .of_person(),
        case(
            "entitlements.get_entitlements",
            get.clone(),
            format!("/entitlements/v1/entitlements/user/{user}?tier=plus&brand_id=loop"),
        )
        .of_person(),
        case(
            "entitlements.preview",
            get.clone(),
            format!("/entitlements/v1/admin/entitlements/preview?user_id={user}"),
        ),
        case("comms.list_notifications", get.clone(), "/comms/v1/notifications"),
        case("events.publish", post.clone(), "/events/v1/events")
            .body(json!({ "name": "clinical.vial.created.v1", "payload": { "user_id": user } }))
            .status(201),
        case("ai.extract_bloodwork", post, "/ai/v1/extract/bloodwork").body(extract).of_person(),
    ]
}

/// The scope that each kind of token needs, as the document says.
fn scopes_of(document: &Value) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let mut found = BTreeMap::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let Some(security) = operation["security"].as_array() else {
                continue;
            };
            let scope = |kind: &str| security.iter().find_map(|entry| entry[kind][0].as_str()).map(str::to_owned);
            found.insert(operation["operationId"].as_str().unwrap().to_owned(), (scope("user"), scope("machine")));
        }
    }
    found
}

/// The ids of records that Ada has from the start, and of an app that she has connected besides.
async fn ids(api: &Api, token: &str) -> BTreeMap<&'static str, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let orders = api.get("/integrations/v1/labs/orders", token).await.json();
    let connections = api.get("/clinical/v1/wearables/connections", token).await.json();
    let membership = api.get(&format!("/membership/v1/memberships/{}", user_id("ada")), token).await.json();
    let protocol = api.get("/patient-graph/v1/protocols/prt_iron_vitamin_d", token).await.json();
    let other = api.world.sandbox.register(NewApp::named("Other")).await.unwrap();
    let url = api.world.authorization_url(&[("client_id", &other.client_id)]);
    let callback = api.world.sandbox.sign_in(&url, "ada", true).await.unwrap();
    assert!(callback.contains("code="));
    BTreeMap::from([
        ("order", text(&orders["data"][0]["id"])),
        ("bloodwork", text(&orders["data"][0]["result_bloodwork_id"])),
        ("connection", text(&connections["connections"][0]["id"])),
        ("membership", text(&membership["id"])),
        ("graph protocol", text(&protocol["id"])),
        ("compound", text(&protocol["compounds"][0]["compound_id"])),
        ("other app", other.client_id),
    ])
}

#[tokio::test]
async fn every_operation_opens_to_the_right_tokens_and_to_no_other() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let ben = api.token("ben").await;
    // The app has one live grant with each person, but any number of access tokens.
    let narrow = api.tokens("mei", "openid").await.access;
    let machine = api.machine_token(MACHINE_SCOPES).await;
    let patient = api.patient("ada").await;
    let ids = ids(&api, &ada).await;
    let scopes = scopes_of(&api.world.sandbox.openapi());
    let cases = cases(&patient, &ids);
    let tested: BTreeSet<&str> = cases.iter().map(|case| case.id).collect();
    let elsewhere = ["webhooks.replay_delivery"];
    let documented: BTreeSet<&str> = scopes.keys().map(String::as_str).filter(|id| !elsewhere.contains(id)).collect();
    assert_eq!(tested, documented, "an operation is not tested");
    for (position, case) in cases.iter().enumerate() {
        let (user_scope, machine_scope) = &scopes[case.id];
        let key = format!("key-{position}");
        let send = async |token: &str, suffix: &str| {
            let key = format!("{key}-{suffix}");
            api.send_with(case.method.clone(), &case.path, token, case.body.as_ref(), &[("idempotency-key", &key)])
                .await
        };
        let none = send("", "none").await;
        assert_eq!((none.status, none.error().as_str()), (401, "unauthenticated"), "{}", case.id);

        let refused = send(&narrow, "narrow").await;
        assert_eq!((refused.status, refused.error().as_str()), (403, "insufficient_scope"), "{}", case.id);
        let needed = user_scope.as_ref().or(machine_scope.as_ref()).unwrap();
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"");
        assert_eq!(refused.header("www-authenticate"), challenge, "{}", case.id);

        if case.names_person {
            let other = send(&ben, "other").await;
            assert_eq!((other.status, other.error().as_str()), (404, "not_found"), "{}", case.id);
        }
        for (token, scope, kind) in [(&machine, machine_scope, "machine"), (&ada, user_scope, "user")] {
            let answer = send(token, kind).await;
            let expected = if scope.is_some() { case.status } else { 403 };
            assert_eq!(answer.status, expected, "{} as {kind}: {}", case.id, answer.text);
            assert_eq!(answer.header("cache-control"), "no-store", "{}", case.id);
        }
    }
}

#[tokio::test]
async fn another_brand_is_forbidden_and_a_missing_scope_may_be_a_401() {
    let api = Api::new().await;
    let ada = api.token("ada").await;
    let patient = api.patient("ada").await;
    let body = json!({ "patient_id": patient, "brand_id": "loopbio" });
    let answer = api.post("/clinical/v1/health-engine/score", &ada, &body).await;
    assert_eq!((answer.status, answer.error().as_str()), (403, "forbidden"));
    api.world.lever("switches", json!({ "insufficient_scope_status": 401 })).await;
    let narrow = api.tokens("ben", "openid").await.access;
    let answer = api.get("/clinical/v1/biomarkers/me", &narrow).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "insufficient_scope"));
    let refused = api.world.lever("switches", json!({ "insufficient_scope_status": 200 })).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn health_data_needs_an_agreement() {
    let app = NewApp::default().scopes("openid read:account read:biomarkers").without_baa();
    let world = World::with(Options::default(), app).await;
    let refused = world.authorize(&[("scope", "openid read:biomarkers")]).await.redirect();
    assert_eq!(refused["error"], "invalid_scope");
    assert!(refused["error_description"].contains("BAA"), "{refused:?}");
    let allowed = world.authorize(&[("scope", "openid read:account")]).await;
    assert!(allowed.header("location").contains("/sign-in"));
    let path = format!("/_sandbox/clients/{}", world.app.client_id);
    assert_eq!(world.json(Method::PATCH, &path, json!({ "baa": true })).await.json()["client"]["baa"], true);
    assert!(world.authorize(&[("scope", "openid read:biomarkers")]).await.header("location").contains("/sign-in"));
}

#[tokio::test]
async fn a_person_without_results_meets_the_precondition_and_empty_lists() {
    let api = Api::new().await;
    let nia = api.token("nia").await;
    let body = json!({ "patient_id": user_id("nia"), "brand_id": "loop", "protocol_id": "prt_lipid_control" });
    for path in [
        "protocols/match",
        "protocol-engine/evaluate",
        "recommendations/generate",
        "red-flags/evaluate",
        "health-engine/score",
    ] {
        let answer = api.post(&format!("/clinical/v1/{path}"), &nia, &body).await;
        assert_eq!((answer.status, answer.error().as_str()), (412, "precondition_failed"), "{path}");
    }
    for (path, list) in [
        ("/clinical/v1/biomarkers/me", "results"),
        ("/clinical/v1/check-ins", "check_ins"),
        ("/clinical/v1/wearables/connections", "connections"),
        ("/integrations/v1/labs/orders", "data"),
        ("/comms/v1/notifications", "data"),
        ("/identity/v1/users/me/sessions", "data"),
    ] {
        assert_eq!(api.get(path, &nia).await.json()[list], json!([]), "{path}");
    }
    for path in ["/clinical/v1/wearables/metrics", "/patient-graph/v1/adherence/streak/me"] {
        assert_eq!(api.get(path, &nia).await.status, 404, "{path}");
    }
    let membership = json!({ "user_id": user_id("nia"), "brand_id": "loop", "tier": "basic" });
    assert_eq!(api.post("/membership/v1/memberships", &nia, &membership).await.status, 201);
    assert_eq!(api.post("/membership/v1/memberships", &nia, &membership).await.error(), "conflict");
}
