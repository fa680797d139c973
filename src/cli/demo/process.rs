//! The daemon as a child process: started, killed without warning, or asked to stop.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{interval, timeout};

use crate::cli::connection::{Daemon, TOKEN_FILE};
use crate::cli::failure::Failure;

/// How long the daemon may take to be ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at whether it has stopped.
const LOOK: Duration = Duration::from_millis(20);

/// How to start it.
pub(super) struct Command {
    pub(super) directory: PathBuf,
    pub(super) config: PathBuf,
    pub(super) log: PathBuf,
    pub(super) listen: u16,
    pub(super) admin_listen: u16,
}

/// Where a daemon says it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) api: String,
    pub(super) admin: String,
}

/// A daemon that runs. It is killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have stopped already.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

impl Running {
    async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        let mut looks = interval(LOOK);
        loop {
            looks.tick().await;
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
        }
    }
}

/// A daemon that is ready.
pub(super) struct Process {
    running: Running,
    // Kept open: a daemon whose output no one holds would fail to write to it.
    _stdout: BufReader<ChildStdout>,
    pub(super) ready: Ready,
}

impl Command {
    /// Starts the daemon and waits until it is ready; on other ports, if its own were taken meanwhile.
    pub(super) async fn start(&self) -> Result<Process, Failure> {
        match self.start_at(self.listen, self.admin_listen).await {
            Err(_) if (self.listen, self.admin_listen) != (0, 0) => self.start_at(0, 0).await,
            started => started,
        }
    }

    async fn start_at(&self, listen: u16, admin_listen: u16) -> Result<Process, Failure> {
        let child = self
            .spawn(listen, admin_listen)
            .map_err(|error| Failure::other(format!("the daemon: {error}")))?;
        let mut running = Running(child);
        let stdout = running.0.stdout.take().ok_or_else(|| Failure::other("the daemon has no output"))?;
        let ready = tokio::task::spawn_blocking(|| wait_ready(BufReader::new(stdout)));
        let ready = timeout(PATIENCE, ready).await;
        let ready =
            ready.map_err(|_| Failure::other(format!("the daemon was not ready within {PATIENCE:?}")))?;
        let (ready, stdout) = ready.map_err(Failure::other)??;
        Ok(Process { running, _stdout: stdout, ready })
    }

    fn spawn(&self, listen: u16, admin_listen: u16) -> std::io::Result<Child> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = std::process::Command::new(std::env::current_exe()?);
        for (name, _) in std::env::vars_os() {
            let ours = name.to_str().is_some_and(|name| name.starts_with("RINGBACK_"));
            if ours || name == "STATE_DIRECTORY" || name == "CREDENTIALS_DIRECTORY" {
                command.env_remove(name);
            }
        }
        command.arg("serve").arg("--dev");
        command.arg("--config").arg(&self.config).arg("--data-dir").arg(&self.directory);
        command.arg("--listen").arg(format!("127.0.0.1:{listen}"));
        command.arg("--admin-listen").arg(format!("127.0.0.1:{admin_listen}"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()
    }
}

fn wait_ready(mut stdout: BufReader<ChildStdout>) -> Result<(Ready, BufReader<ChildStdout>), Failure> {
    let mut line = String::new();
    while stdout.read_line(&mut line).map_err(Failure::other)? > 0 {
        if let Some(ready) = parse_ready(&line) {
            return Ok((ready, stdout));
        }
        line.clear();
    }
    Err(Failure::other("the daemon stopped before it was ready"))
}

/// The addresses of a line such as `ready  http://A   admin http://B   store DIR`.
fn parse_ready(line: &str) -> Option<Ready> {
    let mut words = line.split_whitespace();
    if words.next()? != "ready" {
        return None;
    }
    let api = words.find(|word| word.starts_with("http://"))?;
    let admin = words.find(|word| word.starts_with("http://"))?;
    Some(Ready { api: api.to_owned(), admin: admin.to_owned() })
}

impl Process {
    /// Kills it without warning, as `kill -9` does.
    pub(super) async fn kill(&mut self) -> Result<(), Failure> {
        let wrong = |error| Failure::other(format!("kill -9: {error}"));
        self.running.0.kill().map_err(wrong)?;
        self.running.ended().await.map(drop).map_err(wrong)
    }

    /// Lets it serve until Ctrl-C, or until it stops on its own.
    pub(super) async fn serve(&mut self) -> Result<(), Failure> {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Failure::other),
            status = self.running.ended() => Err(stopped(status)),
        }
    }

    /// Asks it to stop, and waits until it has.
    pub(super) async fn terminate(&mut self) -> Result<(), Failure> {
        let id = i32::try_from(self.running.0.id()).ok().and_then(Pid::from_raw);
        if let Some(id) = id {
            kill_process(id, Signal::TERM).map_err(Failure::other)?;
        }
        let ended = timeout(PATIENCE, self.running.ended()).await;
        match ended.map_err(|_| Failure::other(format!("the daemon did not stop within {PATIENCE:?}")))? {
            Ok(status) if status.success() => Ok(()),
            status => Err(stopped(status)),
        }
    }
}

fn stopped(status: std::io::Result<ExitStatus>) -> Failure {
    match status {
        Ok(status) => Failure::other(format!("the daemon stopped: {status}")),
        Err(error) => Failure::other(format!("the daemon: {error}")),
    }
}

/// The daemon, with the token it wrote.
pub(super) fn connect(process: &Process, directory: &Path) -> Result<Daemon, Failure> {
    let token = std::fs::read_to_string(directory.join(TOKEN_FILE));
    let token = token.map_err(|error| Failure::other(format!("{TOKEN_FILE}: {error}")))?;
    Daemon::at(&process.ready.api, &process.ready.admin, Some(token.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_is_read_leniently() {
        let ready = Ready { api: "http://127.0.0.1:1".into(), admin: "http://127.0.0.1:2".into() };
        for line in [
            "ready  http://127.0.0.1:1   admin http://127.0.0.1:2   store ./ringback-demo\n",
            "ready http://127.0.0.1:1 http://127.0.0.1:2",
        ] {
            assert_eq!(parse_ready(line), Some(ready.clone()), "{line}");
        }
        for line in ["", "ready", "starting http://a http://b", "ready http://127.0.0.1:1"] {
            assert_eq!(parse_ready(line), None, "{line}");
        }
    }
}
