//! What the daemon listens at: TLS, a Unix socket, sockets that are handed over; and journald.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ringback::cli::client::{Client, ClientError};
use rustix::process::{Pid, Signal, kill_process};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::harness::daemon::{BINARY, binary};
use crate::harness::{BOUND, Daemon, Sink, tools, wait_for, wait_until};

fn signal(id: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(id).unwrap()).unwrap(), signal).unwrap();
}

#[tokio::test]
async fn the_admin_listener_may_be_a_unix_socket() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let url = format!("unix:{}", path.display());
    let mut daemon = Daemon::in_directory(dir, &format!("admin_listen = \"{url}\"")).await;
    assert!(daemon.ready_line().contains(&format!("admin {url} ")), "{}", daemon.ready_line());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let (code, out, err) = daemon.cli(&["status", "--json"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\"ready\":true"), "{out}");
    let stranger = Client::new(&url, None).unwrap();
    let reply = stranger.send(http::Method::GET, "/admin/status", None).await.unwrap();
    assert_eq!(reply.status.as_u16(), 401);

    // Where the configuration says it is, it is found.
    let config = daemon.dir().join("ringback.toml");
    let reload = async || {
        let mut command = binary();
        command.arg("--config").arg(&config).arg("--data-dir").arg(daemon.data_dir()).arg("reload");
        command.output().await.unwrap().status.code()
    };
    assert_eq!(reload().await, Some(0));
    // Also where the configuration is bad elsewhere, so that the daemon's log has it too.
    let good = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{good}\n[queue]\n")).unwrap();
    assert_eq!(reload().await, Some(78));
    wait_until("the error", || daemon.log().contains("queue: unknown setting")).await;
    std::fs::write(&config, good).unwrap();

    daemon.kill9().await;
    assert!(path.exists());
    daemon.restart().await;
    assert_eq!(daemon.admin("/readyz").await.status, 200);
    assert!(daemon.terminate().await.0.success());
    assert!(!path.exists(), "it goes with an orderly stop");
}

/// A new certificate for 127.0.0.1 in the daemon's files; the clients trust it if `trusted`.
fn certify(dir: &Path, trusted: bool) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    if trusted {
        std::fs::write(dir.join("ca.pem"), made.cert.pem()).unwrap();
    }
    made.cert.der().clone()
}

async fn tls_daemon() -> Daemon {
    let dir = tempfile::tempdir().unwrap();
    certify(dir.path(), true);
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let tls = format!("cert_file = \"{cert}\"\nkey_file = \"{key}\"\n");
    let settings = format!("[tls]\n{tls}[admin_tls]\n{tls}");
    Daemon::in_directory(dir, &settings).await
}

/// A connection to the API that trusts `certificate` alone.
async fn connect(
    daemon: &Daemon,
    certificate: CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let tcp = TcpStream::connect(daemon.url().strip_prefix("https://").unwrap()).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// Asks for something small on a connection that is to be kept.
async fn ask(stream: &mut TlsStream<TcpStream>) {
    stream.write_all(b"GET /.well-known/jwks.json HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut heard = Vec::new();
    // It is whole when its JSON is.
    while !String::from_utf8_lossy(&heard).ends_with("]}") {
        assert_ne!(timeout(BOUND, stream.read_buf(&mut heard)).await.unwrap().unwrap(), 0);
    }
    assert!(heard.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&heard));
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn a_new_certificate_breaks_no_connection_and_a_bad_one_changes_nothing() {
    let (daemon, sink) = (tls_daemon().await, Sink::start().await);
    assert!(daemon.url().starts_with("https://") && daemon.admin_url().starts_with("https://"));
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;

    let first = CertificateDer::from_pem_file(daemon.dir().join("cert.pem")).unwrap();
    let mut old = connect(&daemon, first.clone()).await.unwrap();
    assert_eq!(old.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    ask(&mut old).await;
    let second = certify(daemon.dir(), false);
    let (code, _, err) = daemon.cli(&["reload"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(connect(&daemon, first.clone()).await.is_err(), "the old certificate is shown no more");
    let new = connect(&daemon, second.clone()).await.unwrap();
    assert_eq!(shown(&new), second);
    ask(&mut old).await;

    std::fs::write(daemon.dir().join("key.pem"), "nonsense").unwrap();
    signal(daemon.pid(), Signal::HUP);
    wait_until("the error", || daemon.log().contains("tls.key_file: ")).await;
    let new = connect(&daemon, second.clone()).await.unwrap();
    assert_eq!(shown(&new), second);
    ask(&mut old).await;
    // Who is not trusted is not talked to, and whoever speaks plain http hears nothing.
    let doubting = Client::new(daemon.url(), None).unwrap();
    assert!(matches!(doubting.send(http::Method::GET, "/", None).await, Err(ClientError::Tls(..))));
    let plain = Client::new(&daemon.url().replace("https", "http"), None).unwrap();
    assert!(plain.send(http::Method::GET, "/", None).await.is_err());
}

#[tokio::test]
async fn curl_speaks_tls_to_it() {
    let daemon = tls_daemon().await;
    let mut command = Command::new("curl");
    command.arg("--silent").arg("--show-error").arg("--max-time").arg("20").arg("--cacert");
    command.arg(daemon.dir().join("cert.pem")).arg(format!("{}/readyz", daemon.admin_url()));
    let Some(output) = tools::found("curl", command.output().await) else { return };
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "{\"status\":\"ready\"}", "{error}");
}

/// Starts a daemon as a service manager does that listens itself: the sockets are descriptors 3 and 4.
async fn hand_over(dir: &Path, sockets: [&std::net::TcpListener; 2], names: &str) -> Child {
    // The sockets come as standard input and output; a shell puts them where they belong.
    let script = "ready=$1; shift; exec 3<&0 4<&1 </dev/null >\"$ready\"; \
                  LISTEN_PID=$$ LISTEN_FDS=2 exec \"$@\"";
    let socket = |at: usize| Stdio::from(OwnedFd::from(sockets[at].try_clone().unwrap()));
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh"])
        .arg(dir.join("ready"))
        .arg(BINARY)
        .args(["serve", "--dev", "--config"]);
    command.arg(dir.join("ringback.toml")).arg("--data-dir").arg(dir.join("data"));
    command.env("LISTEN_FDNAMES", names).stdin(socket(0)).stdout(socket(1)).kill_on_drop(true);
    let log = std::fs::File::options().create(true).append(true).open(dir.join("log")).unwrap();
    command.stderr(log).spawn().unwrap()
}

#[tokio::test]
async fn a_restart_with_handed_over_sockets_refuses_nobody_and_loses_nothing() {
    let sink = Sink::start().await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ringback.toml"), "").unwrap();
    let listen = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (api, admin) = (listen(), listen());
    let url = |socket: &std::net::TcpListener| format!("http://{}", socket.local_addr().unwrap());
    let mut daemon = hand_over(dir.path(), [&api, &admin], "api:admin").await;
    let ready = async || {
        wait_for("the ready line", async || {
            let line = std::fs::read_to_string(dir.path().join("ready")).unwrap_or_default();
            line.contains("store").then_some(line)
        })
        .await
    };
    let line = ready().await;
    assert!(line.contains(&url(&api)) && line.contains(&format!("admin {}", url(&admin))), "{line}");
    let token = std::fs::read_to_string(dir.path().join("data/admin-token")).unwrap().trim().to_owned();
    let client = Client::new(&url(&api), Some(token)).unwrap();
    let post = async |client: &Client, path: &str, body: serde_json::Value| {
        client.send(http::Method::POST, path, Some(body.to_string())).await
    };
    post(&client, "/v1/webhooks", json!({"url": sink.url("/in")})).await.unwrap();

    // Several post without a pause while the daemon is restarted.
    let enough = Arc::new(AtomicBool::new(false));
    let posting = (0..4).map(|_| {
        let (client, enough) = (client.clone(), Arc::clone(&enough));
        tokio::spawn(async move {
            let mut accepted = Vec::new();
            while !enough.load(Ordering::Relaxed) {
                let body = json!({"type": "a.b", "data": accepted.len()}).to_string();
                let reply = client.send(http::Method::POST, "/v1/events", Some(body)).await.unwrap();
                assert_eq!(reply.status.as_u16(), 202, "{}", String::from_utf8_lossy(&reply.body));
                let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
                accepted.push(answer["id"].as_str().unwrap().to_owned());
            }
            accepted
        })
    });
    let posting: Vec<_> = posting.collect();
    sink.wait("/in", 40).await;
    for _ in 0..2 {
        std::fs::remove_file(dir.path().join("ready")).unwrap();
        signal(daemon.id().unwrap(), Signal::TERM);
        assert!(timeout(BOUND, daemon.wait()).await.unwrap().unwrap().success());
        daemon = hand_over(dir.path(), [&api, &admin], "api:admin").await;
        ready().await;
        let before = sink.received("/in").len();
        sink.wait("/in", before + 40).await;
    }
    enough.store(true, Ordering::Relaxed);
    let mut accepted = Vec::new();
    for poster in posting {
        accepted.extend(poster.await.expect("somebody was refused, or heard nothing"));
    }
    wait_for("every event", async || {
        let received = sink.received("/in");
        let arrived: std::collections::HashSet<&str> =
            received.iter().map(|one| one.header("webhook-id")).collect();
        accepted.iter().all(|id| arrived.contains(id.as_str())).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_socket_by_another_name_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ringback.toml"), "").unwrap();
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut daemon = hand_over(dir.path(), [&socket, &socket], "api:metrics").await;
    let status = timeout(BOUND, daemon.wait()).await.unwrap().unwrap();
    let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
    assert!(!status.success() && log.contains("\"metrics\"; set FileDescriptorName="), "{log}");
}

#[tokio::test]
async fn journald_stamps_the_lines_and_reads_their_priorities() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ringback.toml"), "").unwrap();
    // As systemd does it: standard error is a socket, which a variable names.
    let run = |settings: &str| {
        std::fs::write(dir.path().join("ringback.toml"), settings).unwrap();
        let (journal, stderr) = std::os::unix::net::UnixStream::pair().unwrap();
        let stat = rustix::fs::fstat(stderr.as_fd()).unwrap();
        let mut command = Daemon::command(dir.path());
        command.env("JOURNAL_STREAM", format!("{}:{}", stat.st_dev, stat.st_ino));
        let child = command.stderr(OwnedFd::from(stderr)).spawn().unwrap();
        journal.set_nonblocking(true).unwrap();
        (child, BufReader::new(UnixStream::from_std(journal).unwrap()).lines())
    };
    let (mut child, mut lines) = run("");
    let mut heard = Vec::new();
    while !heard.iter().any(|line: &String| line.contains("msg=ready")) {
        heard.push(timeout(BOUND, lines.next_line()).await.unwrap().unwrap().expect("it ended"));
    }
    child.kill().await.unwrap();
    for line in &heard {
        let level = if line.starts_with("<4>") { "warn" } else { "info" };
        let begin = if level == "warn" { "<4>" } else { "<6>" };
        assert!(line.starts_with(&format!("{begin}level={level} msg=")), "{line}");
    }
    assert!(heard.iter().any(|line| line.starts_with("<4>")), "the seal key is warned about: {heard:?}");

    let (mut child, mut lines) = run("lisen = 1\n");
    let line = timeout(BOUND, lines.next_line()).await.unwrap().unwrap().unwrap();
    assert!(line.starts_with("<3>error: ") && line.contains("lisen"), "{line}");
    assert_eq!(timeout(BOUND, child.wait()).await.unwrap().unwrap().code(), Some(78));
}
