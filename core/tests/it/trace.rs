//! The header `traceparent`: the app's own, that of the request that it serves, and no other.

use loop_sandbox::{NewApp, Options, Sandbox};
use loop_sdk::bridge::{CancelHandle, Client, Hooks};
use loop_sdk::{Code, Environment, M2MClient};
use serde_json::{Value, json};

const OWN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const INCOMING: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

struct World {
    sandbox: Sandbox,
    person: Client,
    user_id: Value,
    machine: Client,
    rust: M2MClient,
}

async fn call(client: &Client, method: &str, arguments: Value) -> Result<Value, loop_sdk::Error> {
    let reply = client.call(method, &arguments.to_string(), None, &CancelHandle::new()).await?;
    Ok(serde_json::from_str(&reply.into_json()?).unwrap())
}

impl World {
    async fn new() -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let app = sandbox.register(NewApp::named("App").scopes("openid profile")).await.unwrap();
        let machine = sandbox.register(NewApp::machine("Machine", "admin:identity")).await.unwrap();
        let options = json!({
            "client_id": app.client_id, "client_secret": app.client_secret, "scopes": "openid profile",
            "redirect_uri": "http://localhost:3000/callback", "environment": sandbox.environment(), "store": "memory:",
        });
        let person = Client::new(&options.to_string(), Hooks::default(), "test").unwrap();
        let begun = call(&person, "authorization_url", json!({})).await.unwrap();
        let callback = sandbox.sign_in(begun["url"].as_str().unwrap(), "ada", true).await.unwrap();
        let finish = json!({ "url_or_query": callback, "browser_secret": begun["browser_secret"] });
        let user_id = call(&person, "handle_callback", finish).await.unwrap()["user_id"].clone();
        let secret = machine.client_secret.unwrap();
        let options = json!({
            "client_id": machine.client_id, "client_secret": secret, "environment": sandbox.environment(),
        });
        let mut hooks = Hooks::default();
        hooks.machine = true;
        let rust = M2MClient::builder().client_id(machine.client_id).client_secret(secret);
        let rust = rust.environment(Environment::parse(&sandbox.environment()).unwrap()).build().unwrap();
        let machine = Client::new(&options.to_string(), hooks, "test").unwrap();
        Self { sandbox, person, user_id, machine, rust }
    }

    /// What came with each call of an API since this was asked last; token requests belong to no trace.
    fn traces(&self) -> Vec<Option<String>> {
        let entries = self.sandbox.journal();
        self.sandbox.clear_journal();
        let is_call = |scheme: &Option<String>| scheme.as_deref() == Some("Bearer");
        let (calls, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| is_call(&entry.authorization));
        assert!(others.iter().all(|entry| entry.traceparent.is_none()), "{others:?}");
        calls.into_iter().map(|entry| entry.traceparent).collect()
    }
}

#[tokio::test]
async fn a_call_belongs_to_the_trace_that_the_app_names_else_to_that_of_the_request_it_serves() {
    let world = World::new().await;
    let raw = json!({ "service": "identity", "path": "/v1/admin/oauth-clients" });
    let user = &world.user_id;
    for (client, method, arguments) in [
        (&world.person, "identity.get_me", json!({ "user_id": user })),
        (&world.person, "request", json!({ "user_id": user, "service": "identity", "path": "/v1/users/me" })),
        (&world.machine, "identity.list_oauth_clients", json!({})),
        (&world.machine, "request", raw),
    ] {
        for (own, incoming, sent) in [
            (None, None, None),
            (Some(OWN), None, Some(OWN)),
            (None, Some(json!(INCOMING)), Some(INCOMING)),
            (Some(OWN), Some(json!(INCOMING)), Some(OWN)),
            (None, Some(json!(format!("{INCOMING}, {OWN}"))), None),
            (None, Some(json!(17)), None),
            (None, Some(Value::Null), None),
        ] {
            let mut arguments = arguments.clone();
            arguments["traceparent"] = json!(own);
            if let Some(incoming) = incoming {
                arguments["incoming_traceparent"] = incoming;
            }
            world.traces();
            call(client, method, arguments.clone()).await.unwrap();
            assert_eq!(world.traces(), [sent.map(str::to_owned)], "{method} {arguments}");
        }
        let mut wrong = arguments;
        wrong["traceparent"] = "00-canary".into();
        let error = call(client, method, wrong).await.unwrap_err();
        assert_eq!((error.code(), error.detail()), (Code::InvalidOption, Some("traceparent")), "{method}");
    }
}

#[tokio::test]
async fn any_method_of_a_client_may_be_called_while_a_request_is_served() {
    let world = World::new().await;
    let status = json!({ "user_id": world.user_id, "incoming_traceparent": INCOMING });
    assert_eq!(call(&world.person, "status", status).await.unwrap()["connected"], true);
    for own in [None, Some(OWN)] {
        let token = json!({ "traceparent": own, "incoming_traceparent": INCOMING });
        assert!(call(&world.machine, "access_token", token).await.unwrap().is_string());
    }
    let wrong = call(&world.machine, "access_token", json!({ "traceparent": "" })).await.unwrap_err();
    assert_eq!(wrong.detail(), Some("traceparent"));
    let of_a_person = call(&world.machine, "access_token", json!({ "user_id": "u" })).await.unwrap_err();
    assert_eq!(of_a_person.detail(), Some("user_id"));
}

#[tokio::test]
async fn a_machine_in_a_trace_shares_its_token_with_the_one_it_was_made_of() {
    let world = World::new().await;
    let traced = world.rust.in_trace(OWN).unwrap();
    traced.identity().list_oauth_clients().await.unwrap();
    world.rust.identity().list_oauth_clients().await.unwrap();
    assert_eq!(world.traces(), [Some(OWN.to_owned()), None]);
    assert_eq!(traced.access_token().await.unwrap().expose(), world.rust.access_token().await.unwrap().expose());
    assert_eq!(world.rust.in_trace("00-canary").unwrap_err().detail(), Some("traceparent"));
}
