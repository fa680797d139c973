//! What the service manager sees: the unit, and what the daemon reports to it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tokio::net::UnixDatagram;
use tokio::time::timeout;

use crate::harness::daemon::BINARY;
use crate::harness::{BOUND, Daemon, tools};

fn unit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/ringback.service")
}

/// Runs `systemd-analyze`; `None`, with a printed reason, where there is none.
fn analyze(arguments: &[&str], unit: &Path) -> Option<(bool, String)> {
    let output = Command::new("systemd-analyze").args(arguments).arg(unit).output();
    let output = tools::found("systemd-analyze", output)?;
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

#[test]
fn the_unit_is_as_closed_as_it_can_be() {
    // The threshold is in tenths: exposure 1.2 at most.
    let arguments = ["security", "--offline=true", "--no-pager", "--threshold=12"];
    let Some((closed, text)) = analyze(&arguments, &unit()) else { return };
    assert!(closed, "{text}");
}

#[test]
fn the_unit_has_no_mistakes() {
    // Verifying looks for the binary, which is where it was built.
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(unit()).unwrap();
    let copy = dir.path().join("ringback.service");
    std::fs::write(&copy, text.replace("/usr/bin/ringback", BINARY)).unwrap();
    let socket = dir.path().join("ringback.socket");
    std::fs::copy(unit().with_extension("socket"), &socket).unwrap();
    for unit in [copy, socket] {
        let Some((right, printed)) = analyze(&["verify", "--man=no"], &unit) else { return };
        assert!(right && !printed.contains("ringback."), "{printed}");
    }
}

#[tokio::test]
async fn the_service_manager_is_notified_of_ready_alive_and_stopping() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ringback.toml"), "").unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let mut command = Daemon::command(dir.path());
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    command.stderr(std::fs::File::create(dir.path().join("log")).unwrap());
    let mut child = command.spawn().unwrap();
    let notified = async |wanted: &str| {
        let mut buffer = [0; 1024];
        loop {
            let length = timeout(BOUND, socket.recv(&mut buffer)).await.expect(wanted).unwrap();
            if String::from_utf8_lossy(&buffer[..length]).lines().any(|line| line == wanted) {
                return;
            }
        }
    };
    notified("READY=1").await;
    notified("WATCHDOG=1").await;
    notified("WATCHDOG=1").await;
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::HUP).unwrap();
    notified("RELOADING=1").await;
    notified("READY=1").await;
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    notified("STOPPING=1").await;
    assert!(timeout(BOUND, child.wait()).await.unwrap().unwrap().success());
}
