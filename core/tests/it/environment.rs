//! What a process takes from its environment: options, the default store, and no proxy for this machine's own server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use crate::support::{REDIRECT_URI, World};
use loop_sandbox::NewApp;

/// Runs the walker (`examples/walk.rs`) with the app's variables and these.
async fn walk(world: &World, variables: &[(&str, &str)]) -> (bool, String, String) {
    let walker = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples/walk");
    let mut command = Command::new(walker);
    command.env_clear();
    let app = [
        ("LOOP_ENVIRONMENT", world.sandbox.environment()),
        ("LOOP_CLIENT_ID", world.app.client_id.clone()),
        ("LOOP_CLIENT_SECRET", world.app.client_secret.clone().unwrap()),
        ("LOOP_REDIRECT_URI", REDIRECT_URI.to_owned()),
        ("LOOP_SCOPES", "read:biomarkers read:protocols".to_owned()),
    ];
    command.envs(app).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut walker = command.spawn().expect("the walker is built with the tests");
    let mut stdout = BufReader::new(walker.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    if let Ok(begun) = serde_json::from_str::<serde_json::Value>(&first) {
        let callback = world.sandbox.sign_in(begun["authorization_url"].as_str().unwrap(), "ada", true).await.unwrap();
        writeln!(walker.stdin.take().unwrap(), "{callback}").unwrap();
    }
    let rest = tokio::task::spawn_blocking(move || {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut rest).unwrap();
        (walker.wait_with_output().unwrap(), rest)
    });
    let (output, rest) = rest.await.unwrap();
    (output.status.success(), format!("{first}{rest}"), String::from_utf8(output.stderr).unwrap())
}

async fn short_lived() -> World {
    World::with(NewApp::default().access_token_seconds(2), |builder| builder).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quickstart_runs_from_variables_alone_and_past_a_proxy_that_is_meant_for_others() {
    let world = short_lived().await;
    let nowhere = "http://127.0.0.1:1";
    let variables =
        [("LOOP_STORE", "memory:"), ("HTTP_PROXY", nowhere), ("http_proxy", nowhere), ("ALL_PROXY", nowhere)];
    let (succeeded, steps, errors) = walk(&world, &variables).await;
    assert!(succeeded, "{errors}");
    let last: serde_json::Value = serde_json::from_str(steps.lines().last().unwrap()).unwrap();
    assert_eq!(last, serde_json::json!({"step": 6, "rotated": true}));
    assert_eq!(world.token_requests("refresh_token").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_store_the_users_data_directory_is_used_where_it_lasts() {
    let world = short_lived().await;
    let home = tempfile::tempdir().unwrap();
    let variables = [("HOME", home.path().to_str().unwrap())];
    let (succeeded, _, errors) = walk(&world, &variables).await;
    assert!(succeeded, "{errors}");
    assert!(home.path().join(".local/share/loop-sdk/grants.db").exists() || cfg!(not(target_os = "linux")));

    let (succeeded, _, errors) = walk(&world, &[("HOME", "/proc/nobody")]).await;
    assert!(!succeeded && errors.contains("store_required"), "{errors}");
    let ephemeral = [variables[0], ("KUBERNETES_SERVICE_HOST", "10.0.0.1")];
    let (succeeded, _, errors) = walk(&world, &ephemeral).await;
    assert!(!succeeded && errors.contains("store_required") && errors.contains("Kubernetes"), "{errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_variable_is_named() {
    let world = short_lived().await;
    let (succeeded, _, errors) = walk(&world, &[("LOOP_CLIENT_ID", " ")]).await;
    assert!(!succeeded && errors.contains("missing_option") && errors.contains("LOOP_CLIENT_ID"), "{errors}");
    let (succeeded, _, errors) = walk(&world, &[("LOOP_STORE", "memory:"), ("LOOP_SCOPES", "")]).await;
    assert!(!succeeded && errors.contains("LOOP_SCOPES"), "{errors}");
}
