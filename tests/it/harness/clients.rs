//! Programs of others that talk to the daemon: the scripts in `tests/clients`, with the packages that
//! `tests/clients/requirements.txt` and `tests/clients/package-lock.json` name.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::{BOUND, Daemon, tools};

/// Where the packages are.
pub(crate) struct Clients(PathBuf);

/// A program that goes on until it is dropped.
pub(crate) struct Program {
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Program {
    /// Its next line of output.
    pub(crate) async fn line(&mut self) -> String {
        let line = timeout(BOUND, self.lines.next_line()).await.expect("it says nothing");
        line.unwrap().expect("it ended")
    }
}

impl Clients {
    /// `None`, with its reason printed, where they are not installed and need not be.
    pub(crate) fn find() -> Option<Self> {
        let home = std::env::var_os("RINGBACK_CLIENTS").ok_or("RINGBACK_CLIENTS is not set");
        Some(Self(tools::found("the clients", home)?.into()))
    }

    /// A program among the packages.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn node_modules(&self) -> PathBuf {
        self.0.join("node_modules")
    }

    /// Python with its packages.
    pub(crate) fn python(&self, daemon: &Daemon) -> Command {
        self.command(&self.0.join("venv/bin/python"), daemon)
    }

    /// Node with its packages.
    pub(crate) fn node(&self, daemon: &Daemon) -> Command {
        self.command(Path::new("node"), daemon)
    }

    fn command(&self, program: &Path, daemon: &Daemon) -> Command {
        let mut command = Command::new(program);
        command.env("RINGBACK_CLIENTS", &self.0).env("RINGBACK_URL", daemon.url());
        command.env("APIFY_TOKEN", daemon.token()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// A script's place.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// Runs a script that says "ok" in the end; gives the lines it said before.
pub(crate) async fn passes(mut command: Command, name: &str) -> Vec<String> {
    command.arg(script(name));
    let output = timeout(4 * BOUND, command.output()).await.expect("the script does not end").unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<String> = out.lines().map(str::to_owned).collect();
    let last = lines.pop();
    assert!(output.status.success() && last.as_deref() == Some("ok"), "{name}: {out}\n{err}");
    lines
}

/// Starts a program whose output is read line by line.
pub(crate) fn start(mut command: Command) -> Program {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Program { lines, _child: child }
}
