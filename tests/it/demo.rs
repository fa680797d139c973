//! The demo, as a newcomer runs it.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::daemon::BINARY;

#[tokio::test]
async fn the_demo_does_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command.args(["demo", "--exit"]).current_dir(dir.path()).kill_on_drop(true);
    let output = timeout(Duration::from_secs(90), command.output()).await.expect("it did not end").unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let mut lines = out.lines();
    for expected in [
        "ready  http://127.0.0.1:",
        "/ok",
        "/flaky",
        "2 deliveries, durable",
        "signature verified",
        "attempt 1",
        "attempt 2",
        "1 pending recovered",
        "signature verified",
    ] {
        assert!(lines.any(|line| line.contains(expected)), "{expected} is missing or out of place:\n{out}");
    }
    assert!(dir.path().join("ringback-demo").is_dir());
}
