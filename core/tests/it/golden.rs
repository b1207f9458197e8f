//! Every operation once against the sandbox: the decoded value is the one in `conformance/operations.json`, which the
//! other languages are held to as well.

use std::collections::HashMap;
use std::path::Path;

use loop_sandbox::{NewApp, Options, Sandbox};
use loop_sdk::Code;
use loop_sdk::bridge::{CancelHandle, Client, Hooks};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/operations.json");
const PERSON: &str = "user_01HXYADA00M7Q4T9W2K5R8N3B6";
const NOBODYS: &str = "user_01HXYN1A00D2F6K8P4T7W1Z3X5";

/// A person's client and a machine's, on one sandbox.
struct World {
    person: Client,
    machine: Client,
}

impl World {
    async fn new(sandbox: &Sandbox) -> Self {
        let scopes = loop_sdk::scope::ALL.iter().map(|scope| scope.name.to_owned());
        let (admin, own): (Vec<String>, Vec<String>) = scopes.partition(|scope| scope.starts_with("admin:"));
        let redirect_uri = "http://localhost:3000/callback";
        let app = sandbox.register(NewApp::named("Golden app").scopes(&own.join(" "))).await.unwrap();
        let machine = NewApp::machine("Golden machine", &admin.join(" "));
        let machine = sandbox.register(machine).await.unwrap();
        let options = json!({
            "client_id": app.client_id, "client_secret": app.client_secret, "redirect_uri": redirect_uri,
            "environment": sandbox.environment(), "store": "memory:", "scopes": own,
        });
        let person = Client::new(&options.to_string(), Hooks::default(), "test").unwrap();
        let options = json!({
            "client_id": machine.client_id, "client_secret": machine.client_secret, "environment": sandbox.environment(),
        });
        let mut hooks = Hooks::default();
        hooks.machine = true;
        let world = Self { person, machine: Client::new(&options.to_string(), hooks, "test").unwrap() };
        let begun = call(&world.person, "authorization_url", &json!({})).await;
        let callback = sandbox.sign_in(begun["url"].as_str().unwrap(), "ada", true).await.unwrap();
        let finish = json!({ "url_or_query": callback, "browser_secret": begun["browser_secret"] });
        assert_eq!(call(&world.person, "handle_callback", &finish).await["user_id"], PERSON);
        world
    }
}

async fn call(client: &Client, method: &str, arguments: &Value) -> Value {
    let reply = client.call(method, &arguments.to_string(), None, &CancelHandle::new()).await;
    let reply = reply.unwrap_or_else(|error| panic!("{method} {arguments}: {error:?}"));
    serde_json::from_str(&reply.into_json().unwrap()).unwrap()
}

/// Pulls one of the sandbox's levers.
async fn lever(sandbox: &Sandbox, name: &str, body: &Value) -> Value {
    let request = reqwest::Client::new().post(format!("{}/_sandbox/{name}", sandbox.base_url()));
    let answer = request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{name}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// `${name}` anywhere in the arguments becomes what an earlier case saved.
fn filled(value: &Value, saved: &HashMap<String, Value>) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => saved.get(name).unwrap_or_else(|| panic!("nothing is saved as {name}")).clone(),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, saved)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, inner)| (name.clone(), filled(inner, saved)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// What differs from run to run says only that it is there.
fn masked(value: &mut Value, names: &[String]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| masked(item, names)),
        Value::Object(members) => {
            for (name, inner) in members {
                if names.contains(name) && !inner.is_null() {
                    *inner = "<masked>".into();
                } else {
                    masked(inner, names);
                }
            }
        }
        _ => {}
    }
}

fn save(saved: &mut HashMap<String, Value>, wanted: &Value, result: &Value) {
    for (name, path) in wanted.as_object().into_iter().flatten() {
        saved.insert(name.clone(), at(result, path.as_str().unwrap()).clone());
    }
}

fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .fold(value, |value, part| part.parse::<usize>().map_or_else(|_| &value[part], |index| &value[index]))
}

#[tokio::test]
async fn every_operation_returns_its_golden_value() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    let writes = std::env::var_os("LOOP_WRITE_GOLDEN").is_some();
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let world = Box::pin(World::new(&sandbox)).await;
    let mut saved: HashMap<String, Value> =
        [("person".to_owned(), PERSON.into()), ("nia".to_owned(), NOBODYS.into())].into();
    let mut seen = Vec::new();
    let mut wrong = Vec::new();
    for case in file["cases"].as_array_mut().unwrap() {
        let operation = case["operation"].as_str().unwrap().to_owned();
        if let Some(wanted) = case["prepare"]["lever"].as_str() {
            let made = lever(&sandbox, wanted, &filled(&case["prepare"]["body"], &saved)).await;
            save(&mut saved, &case["prepare"]["save"], &made);
        }
        let mut arguments = filled(&case["arguments"], &saved);
        let client = if case["caller"] == "machine" {
            &world.machine
        } else {
            arguments["user_id"] = PERSON.into();
            &world.person
        };
        let result = call(client, &operation, &arguments).await;
        save(&mut saved, &case["save"], &result);
        let names: Vec<String> = case["masked"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect();
        let view = loop_sdk::bridge::safe_view(loop_sdk::operation(&operation).unwrap(), &result);
        for (name, mut value) in [("result", result), ("safe_view", view)] {
            masked(&mut value, &names);
            if writes {
                case[name] = value;
            } else if case[name] != value {
                wrong.push(format!("{operation}: {name}\n  expected {}\n  got      {value}", case[name]));
            }
        }
        seen.push(operation);
    }
    if writes {
        std::fs::write(Path::new(FILE), format!("{}\n", serde_json::to_string_pretty(&file).unwrap())).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for operation in loop_sdk::SERVICES.iter().flat_map(|service| service.operations) {
        assert!(seen.iter().any(|seen| seen == operation.name), "{} has no golden value", operation.name);
    }
    // The last case disconnected the app, whose token is no good from then on.
    let arguments = json!({ "user_id": PERSON }).to_string();
    let ended = world.person.call("identity.get_me", &arguments, None, &CancelHandle::new()).await.unwrap_err();
    assert_eq!(ended.code(), Code::GrantEnded, "{ended:?}");
}
