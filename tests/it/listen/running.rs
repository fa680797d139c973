//! A command that goes on until it is stopped, and prints lines of JSON.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use crate::harness::BOUND;
use crate::harness::daemon::binary;

pub(super) struct Running {
    pub(super) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts a command with `--json` for the daemon at a URL.
    pub(super) fn start(args: &[&str], url: &str, token: &str) -> Self {
        let mut command = binary();
        command.args(args).args(["--json", "--url", url]).env("RINGBACK_TOKEN", token);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line.
    pub(super) async fn line(&mut self) -> Value {
        let line = timeout(BOUND, self.lines.next_line()).await.expect("no line").unwrap();
        let Some(line) = line else { panic!("it ended: {:?}", self.ended().await) };
        serde_json::from_str(&line).unwrap()
    }

    /// The next line, which must be of this type.
    pub(super) async fn next(&mut self, kind: &str) -> Value {
        let line = self.line().await;
        assert_eq!(line["type"], kind, "{line}");
        line
    }

    /// Presses Ctrl-C.
    pub(super) fn interrupt(&self) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
    }

    /// Waits until it ends; its exit code, and what it said of that.
    pub(super) async fn ended(&mut self) -> (Option<i32>, String) {
        let status = timeout(BOUND, self.child.wait()).await.expect("it goes on").unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
        (status.code(), said)
    }
}
