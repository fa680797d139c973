//! The real daemon as a child process, and what it uses.

use std::ffi::OsString;
use std::io::BufRead as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::http;

/// A running daemon on a fresh store; killed when dropped.
pub struct Daemon {
    pub addr: SocketAddr,
    pub admin: SocketAddr,
    pub token: String,
    child: Child,
    dir: TempDir,
}

/// What a process has used so far.
pub struct Usage {
    pub rss_bytes: u64,
    pub peak_rss_bytes: u64,
    pub cpu_seconds: f64,
}

impl Daemon {
    pub async fn start() -> Self {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (child, [addr, admin]) = spawn(&dir);
        let token = std::fs::read_to_string(dir.path().join("admin-token")).unwrap().trim().to_owned();
        Self { addr, admin, token, child, dir }
    }

    /// Kills the daemon and starts it again on its store.
    pub fn restart(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        (self.child, [self.addr, self.admin]) = spawn(&self.dir);
    }

    pub async fn add_webhook(&self, url: &str, max_in_flight: usize) {
        self.add(serde_json::json!({ "url": url, "max_in_flight": max_in_flight })).await;
    }

    pub async fn add(&self, webhook: serde_json::Value) {
        let (status, body) =
            http::once(self.addr, "POST", "/v1/webhooks", Some(&self.token), webhook.to_string()).await;
        assert_eq!(status, 201, "{body:?}");
    }

    pub fn usage(&self) -> Usage {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap();
        let status = read("status");
        let kib = |key: &str| -> u64 {
            let line = status.lines().find(|line| line.starts_with(key)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        let stat = read("stat");
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Usage {
            rss_bytes: kib("VmRSS:") << 10,
            peak_rss_bytes: kib("VmHWM:") << 10,
            // USER_HZ is 100 on every Linux that has /proc/PID/stat as documented.
            cpu_seconds: ticks as f64 / 100.0,
        }
    }

    pub fn file_bytes(&self) -> u64 {
        let entries = std::fs::read_dir(self.dir.path()).unwrap().map(Result::unwrap);
        let stores = entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "redb"));
        stores.map(|entry| entry.metadata().unwrap().len()).sum()
    }
}

/// The daemon of this build, or another build to compare it with.
fn binary() -> OsString {
    std::env::var_os("RINGBACK_BENCH_DAEMON").unwrap_or_else(|| env!("CARGO_BIN_EXE_ringback").into())
}

fn spawn(dir: &TempDir) -> (Child, [SocketAddr; 2]) {
    let mut child = Command::new(binary())
        .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir"])
        .arg(dir.path())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(dir.path().join("log")).unwrap())
        .spawn()
        .unwrap();
    let stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    let ready = stdout.lines().map(Result::unwrap).find(|line| line.starts_with("ready")).unwrap();
    let mut addresses = ready.split("http://").skip(1).map(|rest| rest.split_whitespace().next().unwrap());
    let addresses = [(); 2].map(|()| addresses.next().unwrap().parse().unwrap());
    (child, addresses)
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
