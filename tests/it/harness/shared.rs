//! Daemons that many tests share, one for each configuration that they ask for. Each test has an account of its own on
//! it, so that what it lists and counts is its own.
//!
//! Nothing runs at the end of a test process, and a process that is killed could not run it. So each daemon has a
//! keeper, a shell that reads from a pipe of which this process holds the other end: the kernel closes it however the
//! process ends, and the keeper then kills the daemon and removes its directory.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, mpsc};

use super::{BOUND, daemon, wait_for};

/// Starts the command after the directory, and kills it and removes the directory at the end of the input. What ends a
/// test process from a terminal goes to the keeper, too, which has its work to do then.
const KEEPER: &str = r#"
trap '' INT TERM HUP
dir=$1
shift
"$@" </dev/null &
exec >&-
read -r _
kill -KILL $!
wait $!
rm -rf "$dir"
"#;

/// A daemon that ends with this process.
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    /// The line that said it was ready.
    pub(super) ready: String,
    accounts: AtomicUsize,
    keeper: Mutex<Child>,
}

static DAEMONS: LazyLock<Mutex<BTreeMap<String, Arc<Shared>>>> = LazyLock::new(Mutex::default);

impl Shared {
    /// The daemon with these settings; the first that asks starts it.
    pub(super) fn with(settings: &str) -> Arc<Self> {
        let mut daemons = DAEMONS.lock().expect("a shared daemon could not be started");
        let made = || Arc::new(Self::start(settings));
        Arc::clone(daemons.entry(settings.to_owned()).or_insert_with(made))
    }

    fn start(settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap().keep();
        daemon::write_settings(&dir, settings);
        let inner = daemon::Daemon::command(&dir);
        let log = std::fs::File::create(daemon::log_file(&dir)).unwrap();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&dir);
        keeper.arg(inner.as_std().get_program()).args(inner.as_std().get_args());
        daemon::clear_variables(|name| _ = keeper.env_remove(name));
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut keeper = keeper.spawn().unwrap();
        let mut stdout = BufReader::new(keeper.stdout.take().unwrap());
        let (sender, first_line) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let mut ready = String::new();
            _ = stdout.read_line(&mut ready);
            _ = sender.send(ready);
            // A daemon that writes into a pipe that no one reads would end.
            _ = std::io::copy(&mut stdout, &mut std::io::sink());
        });
        let ready = first_line.recv_timeout(BOUND).unwrap_or_default();
        assert!(ready.starts_with("ready"), "not ready; log:\n{}", log_of(&dir));
        Self { dir, ready, accounts: AtomicUsize::new(0), keeper: Mutex::new(keeper) }
    }

    /// A name for another account.
    pub(super) fn account(&self) -> String {
        format!("test-{}", self.accounts.fetch_add(1, Ordering::Relaxed))
    }

    /// Closes this process's end of the pipe, as its end would.
    fn close_pipe(&self) {
        drop(self.keeper.lock().unwrap().stdin.take());
    }
}

fn log_of(dir: &Path) -> String {
    std::fs::read_to_string(daemon::log_file(dir)).unwrap_or_default()
}

#[tokio::test]
async fn a_shared_daemon_ends_with_the_process_that_started_it() {
    let shared = Shared::start("");
    let url = shared.ready.split_whitespace().find_map(|word| word.strip_prefix("http://")).unwrap();
    let connects = || std::net::TcpStream::connect(url).is_ok();
    assert!(connects() && shared.dir.exists());
    shared.close_pipe();
    let status =
        wait_for("the end of the daemon", async || shared.keeper.lock().unwrap().try_wait().unwrap()).await;
    assert!(status.success() && !connects() && !shared.dir.exists());
}
