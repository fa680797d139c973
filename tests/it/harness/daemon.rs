//! The real daemon on ports and a directory of its own, and the handle of one test on one that it shares.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::Full;
use ringback::cli::client::{Client, Reply};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::shared::Shared;
use super::{BOUND, tools, wait_for};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_ringback");

/// Quick retries, and one profile for each rule that a test asks about.
const PROFILES: &str = r#"
[profiles.quick]
retry = { schedule = ["0s", "50ms", "50ms", "50ms"], jitter = 0 }

[profiles.patient]
retry = { schedule = ["0s", "1h", "1h"], jitter = 0 }

[profiles.verbatim]
payload = "data"

[profiles.hasty]
retry = { schedule = ["0s", "100ms", "100ms", "100ms", "100ms", "100ms"], jitter = 0 }
timeouts = { connect = "1s", body = "300ms", total = "1s" }
"#;

/// A running daemon. One of the test's own is killed when dropped, and its directory goes with it.
pub(crate) struct Daemon {
    home: Home,
    running: Option<Running>,
}

/// The directory around a daemon's configuration and its store.
enum Home {
    Own(TempDir),
    Shared(PathBuf),
}

struct Running {
    /// None for a shared daemon, which no test may stop.
    process: Option<Process>,
    ready: String,
    url: String,
    admin_url: String,
    /// The token of all that the test asks.
    token: String,
    api: Client,
    admin: Client,
}

struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    /// What a daemon says when it is ready, and the token to ask it with.
    fn new(process: Option<Process>, ready: String, token: String, ca: Option<&Path>) -> Self {
        let is_url = |word: &&str| word.starts_with("http") || word.starts_with("unix:");
        let mut urls = ready.split_whitespace().filter(is_url).map(str::to_owned);
        let (url, admin_url) = (urls.next().unwrap(), urls.next().unwrap());
        let api = Client::trusting(ca, &url, Some(token.clone())).unwrap();
        let admin = Client::trusting(ca, &admin_url, Some(token.clone())).unwrap();
        Self { process, ready, url, admin_url, token, api, admin }
    }

    fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("it is others' daemon, too; start one of its own for this test")
    }
}

/// An answer of the daemon.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// A webhook that was made.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status: reply.status.as_u16(), headers: reply.headers, text, json }
    }
}

impl Answer {
    /// The answer, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A text member, which must be there.
    #[track_caller]
    pub(crate) fn text_of(&self, member: &str) -> String {
        self.json[member].as_str().unwrap_or_else(|| panic!("no {member} in {}", self.text)).to_owned()
    }
}

/// The binary, without what the tests' own variables and the user's own configuration would set.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(BINARY);
    clear_variables(|name| _ = command.env_remove(name));
    command.env("HOME", "/nonexistent").env_remove("XDG_CONFIG_HOME");
    command
}

/// The tests' own variables, which daemons must not read.
pub(super) fn clear_variables(mut clear: impl FnMut(&OsStr)) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RINGBACK_")) {
        clear(&name);
    }
}

/// Writes the configuration of a daemon in `dir`: these settings, and the tests' profiles.
pub(super) fn write_settings(dir: &Path, settings: &str) {
    std::fs::write(dir.join("ringback.toml"), format!("{settings}\n{PROFILES}")).unwrap();
}

pub(super) fn log_file(dir: &Path) -> PathBuf {
    dir.join("log")
}

impl Daemon {
    /// A daemon for receivers on loopback.
    pub(crate) async fn start() -> Self {
        Self::with_config("").await
    }

    /// A daemon with settings of its own besides the tests' profiles. `settings` come first in the
    /// file, so that they may begin with keys of no table.
    pub(crate) async fn with_config(settings: &str) -> Self {
        Self::in_directory(tempfile::tempdir().unwrap(), settings).await
    }

    /// A daemon that other tests use as well, and an account of the test's own on it. Its token produces and manages, so
    /// that it may do all but what is for admins. A test that stops its daemon, reads its log or figures, changes what all accounts share, or has
    /// names that do not resolve (two of them are taken for a lost network) needs one of its own.
    pub(crate) async fn shared() -> Self {
        Self::shared_with("").await
    }

    /// As [`Self::shared`], of those with these settings.
    pub(crate) async fn shared_with(settings: &str) -> Self {
        let shared = Shared::with(settings);
        let admin_token = std::fs::read_to_string(shared.dir.join("data/admin-token")).unwrap();
        let admin = Running::new(None, shared.ready.clone(), admin_token.trim().to_owned(), None);
        let mut daemon = Self { home: Home::Shared(shared.dir.clone()), running: Some(admin) };
        let account = shared.account();
        daemon.post("/v1/accounts", json!({"name": account})).await.expect(201);
        let token = json!({"roles": ["producer", "manager"], "account": account});
        let token = daemon.post("/v1/tokens", token).await.expect(201).text_of("token");
        daemon.running = Some(Running::new(None, shared.ready.clone(), token, None));
        daemon
    }

    /// A daemon that may have so many files open.
    pub(crate) async fn with_files(files: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write_settings(dir.path(), "");
        let inner = Self::command(dir.path());
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={files}:{files}")).arg(inner.as_std().get_program());
        command.args(inner.as_std().get_args());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        clear_variables(|name| _ = command.env_remove(name));
        let mut daemon = Self { home: Home::Own(dir), running: None };
        assert!(daemon.run(command).await, "not ready; log:\n{}", daemon.log());
        daemon
    }

    /// As [`Self::with_config`], in a directory of the caller's choice.
    pub(crate) async fn in_directory(dir: TempDir, settings: &str) -> Self {
        write_settings(dir.path(), settings);
        let mut daemon = Self { home: Home::Own(dir), running: None };
        daemon.restart().await;
        daemon
    }

    /// The command that runs a daemon in `dir`: for receivers on loopback, unless its settings say
    /// themselves what is allowed.
    pub(crate) fn command(dir: &Path) -> Command {
        let mut command = binary();
        let settings = std::fs::read_to_string(dir.join("ringback.toml")).unwrap_or_default();
        let dev = if settings.starts_with("dev = ") { None } else { Some("--dev") };
        command.arg("serve").args(dev).args(["--listen", "127.0.0.1:0"]);
        if !settings.contains("admin_listen = ") {
            command.args(["--admin-listen", "127.0.0.1:0"]);
        }
        command.arg("--config").arg(dir.join("ringback.toml")).arg("--data-dir").arg(dir.join("data"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Starts the daemon (again) and waits until it is ready.
    pub(crate) async fn restart(&mut self) {
        assert!(self.try_restart().await, "not ready; log:\n{}", self.log());
    }

    /// Starts the daemon again; false when it ended before it was ready.
    pub(crate) async fn try_restart(&mut self) -> bool {
        assert!(self.running.is_none(), "stop it first");
        self.run(Self::command(self.dir())).await
    }

    /// Starts the daemon again with a wall clock that is set to another time (`+40d`, `-5h`), by the library of the
    /// program `faketime`; false, with the reason printed, where that is missing.
    pub(crate) async fn restart_at(&mut self, offset: &str) -> bool {
        assert!(self.running.is_none(), "stop it first");
        // The program itself would stay between the daemon and whoever kills it.
        let names = ["-f", offset, "printenv", "LD_PRELOAD"];
        let library = match Command::new("faketime").args(names).output().await {
            Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap(),
            found => {
                tools::skip(format_args!("faketime: {found:?}"));
                return false;
            }
        };
        let mut command = Self::command(self.dir());
        command.env("LD_PRELOAD", library.trim()).env("FAKETIME", offset);
        for exclude in ["DONT_FAKE_MONOTONIC", "FAKETIME_DONT_FAKE_MONOTONIC"] {
            command.env(exclude, "1");
        }
        assert!(self.run(command).await, "not ready; log:\n{}", self.log());
        true
    }

    async fn run(&mut self, mut command: Command) -> bool {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut child = command.stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        let read = timeout(BOUND, stdout.read_line(&mut ready)).await;
        assert!(read.is_ok(), "it neither ended nor is ready; log:\n{}", self.log());
        if !ready.starts_with("ready") {
            timeout(BOUND, child.wait()).await.expect("it did not end").unwrap();
            return false;
        }
        let token = self.token();
        let process = Some(Process { child, stdout });
        self.running = Some(Running::new(process, ready, token, self.ca().as_deref()));
        true
    }

    /// What its clients trust: the file `ca.pem` beside its configuration, if there is one.
    pub(crate) fn ca(&self) -> Option<PathBuf> {
        Some(self.dir().join("ca.pem")).filter(|file| file.exists())
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the daemon was stopped")
    }

    /// The line that said it was ready.
    pub(crate) fn ready_line(&self) -> &str {
        &self.running().ready
    }

    pub(crate) fn url(&self) -> &str {
        &self.running().url
    }

    pub(crate) fn admin_url(&self) -> &str {
        &self.running().admin_url
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        let process = self.running().process.as_ref();
        process.expect("a shared daemon is asked nothing of its process").child.id().unwrap()
    }

    /// The token that the test asks with: the one that its own daemon made at the first start.
    pub(crate) fn token(&self) -> String {
        let of_file = || std::fs::read_to_string(self.token_file()).unwrap().trim().to_owned();
        self.running.as_ref().map_or_else(of_file, |running| running.token.clone())
    }

    /// The directory around its configuration and its store.
    pub(crate) fn dir(&self) -> &Path {
        match &self.home {
            Home::Own(dir) => dir.path(),
            Home::Shared(dir) => dir,
        }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir().join("data")
    }

    pub(crate) fn token_file(&self) -> PathBuf {
        self.data_dir().join("admin-token")
    }

    fn log_file(&self) -> PathBuf {
        log_file(self.dir())
    }

    /// The most memory it has had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let id = self.pid();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Kills it without warning.
    pub(crate) async fn kill9(&mut self) {
        self.running.take().unwrap().process().child.kill().await.unwrap();
    }

    /// Whether it has not ended by itself.
    #[cfg(feature = "faults")]
    pub(crate) fn is_running(&mut self) -> bool {
        let ended =
            self.running.as_mut().is_none_or(|running| running.process().child.try_wait().unwrap().is_some());
        if ended {
            self.running = None;
        }
        !ended
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let id = i32::try_from(self.pid()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut running = self.running.take().unwrap();
        timeout(BOUND, running.process().child.wait()).await.expect("it goes on").unwrap()
    }

    /// Asks it to stop, and waits until it has; what it wrote to standard output after its first
    /// line comes with its status.
    pub(crate) async fn terminate(&mut self) -> (ExitStatus, String) {
        let mut running = self.running.take().unwrap();
        let id = i32::try_from(running.process().child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
        let status = timeout(BOUND, running.process().child.wait()).await.expect("it did not stop").unwrap();
        let mut rest = String::new();
        running.process().stdout.read_to_string(&mut rest).await.unwrap();
        (status, rest)
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string());
        self.running().api.send(method, path, body).await.unwrap().into()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn admin(&self, path: &str) -> Answer {
        self.running().admin.send(Method::GET, path, None).await.unwrap().into()
    }

    /// A figure without labels.
    pub(crate) async fn figure(&self, name: &str) -> f64 {
        let text = self.admin("/metrics").await.expect(200).text;
        let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("no {name}")).rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Writes a backup of it with the command line.
    pub(crate) async fn backup(&self, file: &Path) {
        let file = file.display().to_string();
        let (code, _, err) = self.offline(&["--admin-url", self.admin_url(), "backup", &file]).await;
        assert_eq!(code, 0, "{err}");
    }

    /// A command of the binary on its directories, whether it runs or not.
    pub(crate) fn command_here(&self, args: &[&str]) -> Command {
        let mut command = binary();
        command.arg("--config").arg(self.dir().join("ringback.toml")).arg("--data-dir").arg(self.data_dir());
        command.args(args).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs it; gives its exit code and both outputs.
    pub(crate) async fn offline(&self, args: &[&str]) -> (i32, String, String) {
        let output = timeout(BOUND, self.command_here(args).output()).await.expect("no end").unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    /// Posts a body of any kind.
    pub(crate) async fn post_raw(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let request = headers.iter().fold(Request::post(path), |request, (k, v)| request.header(*k, *v));
        let request = request.body(Full::new(Bytes::copy_from_slice(body.as_ref()))).unwrap();
        self.running().api.request(request).await.unwrap().into()
    }

    /// Makes a webhook to `url` with more members from `more`.
    pub(crate) async fn webhook(&self, url: &str, mut more: Value) -> Webhook {
        more["url"] = json!(url);
        let answer = self.post("/v1/webhooks", more).await.expect(201);
        Webhook { id: answer.text_of("id"), secret: answer.text_of("secret") }
    }

    /// Sends an event; gives its id.
    pub(crate) async fn event(&self, event_type: &str, data: Value) -> String {
        let answer = self.post("/v1/events", json!({"type": event_type, "data": data})).await;
        answer.expect(202).text_of("id")
    }

    /// Posts what may end the daemon; the answer's status and body, if there is one.
    pub(crate) async fn try_post(&self, path: &str, body: Value) -> Option<(u16, Value)> {
        let reply = self.running().api.send(Method::POST, path, Some(body.to_string())).await;
        reply.ok().map(Answer::from).map(|answer| (answer.status, answer.json))
    }

    /// An event's delivery to a webhook, if there is one.
    pub(crate) async fn delivery(&self, event: &str, webhook: &Webhook) -> Option<Value> {
        let page = self.get(&format!("/v1/deliveries?webhook_id={}", webhook.id)).await.expect(200);
        page.json["data"].as_array().unwrap().iter().find(|row| row["event_id"] == event).cloned()
    }

    /// Waits until an event's delivery to a webhook is in a state.
    pub(crate) async fn settled(&self, event: &str, webhook: &Webhook, state: &str) -> Value {
        wait_for(&format!("a delivery that is {state}"), async || {
            self.delivery(event, webhook).await.filter(|delivery| delivery["state"] == state)
        })
        .await
    }

    /// Waits until an event's delivery to a webhook has had so many attempts.
    pub(crate) async fn attempted(&self, event: &str, webhook: &Webhook, attempts: u64) -> Value {
        wait_for(&format!("attempt {attempts}"), async || {
            let delivery = self.delivery(event, webhook).await;
            delivery.filter(|delivery| delivery["attempts"].as_u64() >= Some(attempts))
        })
        .await
    }

    /// Runs a command of the binary against this daemon; gives its exit code and both outputs.
    pub(crate) async fn cli(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = binary();
        command.args(args).arg("--url").arg(self.url()).arg("--admin-url").arg(self.admin_url());
        command.env("RINGBACK_DATA_DIR", self.data_dir()).stdin(Stdio::null());
        if let Home::Shared(_) = self.home {
            command.env("RINGBACK_TOKEN", self.token());
        }
        if let Some(ca) = self.ca() {
            command.env("RINGBACK_CA", ca);
        }
        let output = timeout(BOUND, command.output()).await.expect("the command did not end").unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }
}
