//! Clients that generators make of `/openapi.json`, each used for a day's work.

use std::path::Path;
use std::process::Output;

use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::clients::{Clients, script};
use crate::harness::{BOUND, Daemon, Sink};

async fn run(command: &mut Command) -> Output {
    timeout(4 * BOUND, command.kill_on_drop(true).output()).await.expect("it does not end").unwrap()
}

/// Runs something that has to end well; gives what it said.
async fn passes(command: &mut Command) -> String {
    let output = run(command).await;
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

/// A daemon, its description in a file, and a receiver that takes everything.
async fn described(directory: &Path) -> (Daemon, Sink) {
    let daemon = Daemon::shared().await;
    let text = daemon.get("/openapi.json").await.expect(200).text;
    std::fs::write(directory.join("api.json"), text).unwrap();
    (daemon, Sink::start().await)
}

async fn for_the_day(command: &mut Command, daemon: &Daemon, receiver: &Sink) -> String {
    command
        .env("RINGBACK_URL", daemon.url())
        .env("RINGBACK_TOKEN", daemon.token())
        .env("RECEIVER", receiver.url("/"));
    passes(command).await
}

#[tokio::test]
async fn a_python_client_is_generated_without_a_warning_and_works() {
    let Some(clients) = Clients::find() else { return };
    let directory = tempfile::tempdir().unwrap();
    let (daemon, receiver) = described(directory.path()).await;
    let mut generate = Command::new(clients.tool("venv/bin/openapi-python-client"));
    generate.arg("generate").arg("--path").arg(directory.path().join("api.json")).args(["--meta", "none"]);
    generate.arg("--output-path").arg(directory.path().join("ringback_api"));
    generate.arg("--config").arg(script("openapi-python-client.yml")).arg("--fail-on-warning");
    let said = passes(&mut generate).await;
    assert!(!said.to_lowercase().contains("warning"), "{said}");
    let mut day = clients.python(&daemon);
    day.arg(script("generated.py")).env("RINGBACK_API", directory.path());
    assert!(for_the_day(&mut day, &daemon, &receiver).await.ends_with("ok\n"));
}

#[tokio::test]
async fn a_typescript_client_is_generated_without_a_warning_and_works() {
    let Some(clients) = Clients::find() else { return };
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let (daemon, receiver) = described(directory.path()).await;
    let mut generate = Command::new(clients.tool("node_modules/.bin/openapi-typescript"));
    let said = passes(generate.arg(at("api.json")).arg("--output").arg(at("api.d.ts"))).await;
    assert!(!said.to_lowercase().contains("warn"), "{said}");
    std::os::unix::fs::symlink(clients.node_modules(), at("node_modules")).unwrap();
    std::fs::write(at("package.json"), r#"{"type": "module"}"#).unwrap();
    std::fs::copy(script("generated.ts"), at("day.ts")).unwrap();
    let mut compile = Command::new(clients.tool("node_modules/.bin/tsc"));
    compile.args(["--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext"]);
    passes(compile.args(["--types", "node", "day.ts"]).current_dir(directory.path())).await;
    let mut day = clients.node(&daemon);
    day.arg(at("day.js"));
    assert!(for_the_day(&mut day, &daemon, &receiver).await.ends_with("ok\n"));
}
