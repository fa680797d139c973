//! The snippets of `docs/recipes.md`, run as they are written.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use ringback::cli::client::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::harness::daemon::BINARY;
use crate::harness::{BOUND, Daemon, Sink, tools, wait_for};

#[path = "../../docs/examples/send.rs"]
#[expect(unreachable_pub, reason = "the reader's own module")]
mod send;
#[path = "../../docs/examples/verify.rs"]
#[expect(unreachable_pub, reason = "the reader's own module")]
mod verify;

const PAGE: &str = include_str!("../../docs/recipes.md");
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The page's blocks, each with its language, in their order.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut blocks = Vec::new();
    for part in PAGE.split("\n```").skip(1).step_by(2) {
        blocks.push(part.split_once('\n').unwrap());
    }
    blocks
}

/// The block in which these words are.
#[track_caller]
fn block(words: &str) -> &'static str {
    let mut all = blocks().into_iter().filter(|(_, text)| text.contains(words));
    let found = all.next().unwrap_or_else(|| panic!("no block says {words}"));
    assert!(all.next().is_none(), "more than one block says {words}");
    found.1
}

/// Whether a program is there; told with its reason where it is not and need not be.
fn there_is(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).exists()));
    if !found {
        tools::skip(format_args!("there is no {program}"));
    }
    found
}

/// A place to run snippets in.
struct Desk {
    dir: TempDir,
    daemon: Daemon,
}

impl Desk {
    async fn new(settings: &str) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), daemon: Daemon::with_config(settings).await }
    }

    /// Keeps a block, whose first line names it, as that file.
    fn file(&self, name: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        std::fs::write(&file, block(&format!(" {name}"))).unwrap();
        file
    }

    /// A command in this place, with the variables that the page promises.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let binaries = Path::new(BINARY).parent().unwrap().display();
        command.env("PATH", format!("{binaries}:{}", std::env::var("PATH").unwrap()));
        command.env("RINGBACK_URL", self.daemon.url()).env("RINGBACK_TOKEN", self.daemon.token());
        command.env("WEBHOOK_SECRET", SECRET).env("HOME", self.dir.path());
        command.env("GOCACHE", concat!(env!("CARGO_MANIFEST_DIR"), "/target/go-cache")).env("GOFLAGS", "");
        command.current_dir(self.dir.path()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    async fn run(&self, mut command: Command) -> Output {
        timeout(4 * BOUND, command.output()).await.expect("it does not end").unwrap()
    }

    /// What a block of shell prints.
    async fn shell(&self, text: &str) -> (bool, String) {
        let mut command = self.command("sh");
        let output = self.run({
            command.arg("-ec").arg(text);
            command
        });
        let output = output.await;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    }
}

/// A port for a program that has to be told one. A connection that was accepted on it and closed there
/// keeps the kernel from giving it to anybody who asks for any, for a minute; whoever asks for this one
/// gets it.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = std::net::TcpStream::connect(address).unwrap();
    drop(listener.accept().unwrap());
    drop(client);
    address.port()
}

async fn listens(port: u16) {
    wait_for("a listener", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
}

/// How a program of the page is run.
type Runs = fn(&Desk, &Path) -> Command;

fn go(desk: &Desk, file: &Path) -> Command {
    // Built first, so that what is killed in the end is the program itself.
    let binary = file.with_extension("bin");
    let mut build = std::process::Command::new("go");
    build.arg("build").arg("-o").arg(&binary).arg(file).current_dir(desk.dir.path());
    for (name, value) in desk.command("go").as_std().get_envs() {
        build.env(name, value.unwrap());
    }
    assert!(build.status().unwrap().success(), "{}", file.display());
    desk.command(binary.to_str().unwrap())
}

fn script(desk: &Desk, file: &Path) -> Command {
    let python = file.extension().is_some_and(|extension| extension == "py");
    let mut command = desk.command(if python { "python3" } else { "node" });
    command.arg(file);
    command
}

/// One language's sender and receiver: what is sent arrives, and is refused when it is not signed.
async fn sends_and_verifies(sender: &str, receiver: &str, runs: Runs) {
    let desk = Desk::new("").await;
    let port = free_port();
    let mut receive = runs(&desk, &desk.file(receiver));
    let _receiver: Child = receive.env("PORT", port.to_string()).stderr(Stdio::null()).spawn().unwrap();
    listens(port).await;
    let url = format!("http://127.0.0.1:{port}/hook");
    let webhook = desk.daemon.webhook(&url, json!({"secret": SECRET, "profile": "quick"})).await;
    let mut events = Vec::new();
    let file = desk.file(sender);
    for _ in 0..2 {
        let output = desk.run(runs(&desk, &file)).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        events.push(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    }
    assert_eq!(events[0], events[1], "the same key is the same event");
    let delivery = desk.daemon.settled(&events[0], &webhook, "delivered").await;
    assert_eq!(delivery["attempts"], 1, "{delivery}");
    let now = ringback::clock::now().as_millis() / 1000;
    for (id, timestamp, signature) in
        [("msg_1", now.to_string(), "v1,AAAA v1,c2lnbmVk"), ("msg_1", "12".to_owned(), "v1,AAAA")]
    {
        let client = Client::new(&format!("http://127.0.0.1:{port}"), None).unwrap();
        let forged = Request::post("/hook").header("webhook-id", id).header("webhook-timestamp", timestamp);
        let forged = forged.header("webhook-signature", signature).body(Full::from(Bytes::from("{}")));
        assert_eq!(client.request(forged.unwrap()).await.unwrap().status.as_u16(), 401);
    }
}

#[tokio::test]
async fn python() {
    if there_is("python3") {
        sends_and_verifies("send.py", "receive.py", script).await;
    }
}

#[tokio::test]
async fn node() {
    if there_is("node") {
        sends_and_verifies("send.mjs", "receive.mjs", script).await;
    }
}

#[tokio::test]
async fn golang() {
    if there_is("go") {
        sends_and_verifies("send.go", "receive.go", go).await;
    }
}

#[tokio::test]
async fn rust() {
    assert_eq!(block("// send.rs").trim_end(), include_str!("../../docs/examples/send.rs").trim_end());
    assert_eq!(block("// verify.rs").trim_end(), include_str!("../../docs/examples/verify.rs").trim_end());
    let (desk, sink) = (Desk::new("").await, Sink::start().await);
    desk.daemon.webhook(&sink.url("/in"), json!({"secret": SECRET})).await;
    let (url, token) = (desk.daemon.url().to_owned(), desk.daemon.token());
    let send = move || send::send(&url, &token, "order.paid", &json!({"order": "1001"}), "order-1001-paid");
    let event = tokio::task::spawn_blocking(send).await.unwrap().unwrap();
    assert!(event.starts_with("evt_"), "{event}");
    let got = sink.wait("/in", 1).await.remove(0);
    let timestamp = got.header("webhook-timestamp");
    let now: i64 = timestamp.parse().unwrap();
    let check = |secret: &str, signatures: &str, body: &[u8], now: i64| {
        verify::verify(secret, got.header("webhook-id"), timestamp, signatures, body, now)
    };
    let signature = got.header("webhook-signature");
    assert!(check(SECRET, signature, &got.body, now));
    assert!(check(SECRET, &format!("v1,AAAA {signature}"), &got.body, now + 300));
    assert!(!check(SECRET, signature, &got.body, now + 301));
    assert!(!check(SECRET, signature, b"{}", now));
    assert!(!check("whsec_AAAA", signature, &got.body, now));
}

#[tokio::test]
async fn commands() {
    let (desk, sink) = (Desk::new("").await, Sink::start().await);
    let (done, said) = desk.shell(block("token create")).await;
    assert!(done && said.contains("rb_"), "{said}");
    if !there_is("curl") {
        return;
    }
    desk.daemon.webhook(&sink.url("/in"), json!({"secret": SECRET})).await;
    let (done, said) = desk.shell(block("curl --fail")).await;
    assert!(done && said.contains("evt_"), "{said}");
    let got = sink.wait("/in", 1).await.remove(0);
    assert_eq!(got.json()["data"], json!({"order": "1001"}));
    let headers = got.headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    std::fs::write(desk.dir.path().join("headers.txt"), headers.collect::<String>()).unwrap();
    std::fs::write(desk.dir.path().join("body.json"), &got.body).unwrap();
    let (done, said) = desk.shell(block("ringback verify")).await;
    assert!(done, "{said}");
    std::fs::write(desk.dir.path().join("body.json"), "{}").unwrap();
    let (done, said) = desk.shell(block("ringback verify")).await;
    assert!(!done, "{said}");
}

/// Starts a block that goes on, with something in it replaced; gives its lines.
fn started(desk: &Desk, words: &str, (from, to): (&str, &str)) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = desk.command("sh");
    assert!(block(words).contains(from), "{from}");
    // In place of the shell, so that what is killed in the end is the program itself.
    command.arg("-ec").arg(format!("exec {}", block(words).replace(from, to))).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

/// The first line that holds these words.
async fn line(lines: &mut Lines<BufReader<ChildStdout>>, words: &str) -> String {
    loop {
        let line = timeout(BOUND, lines.next_line()).await.expect(words).unwrap().expect(words);
        if line.contains(words) {
            return line;
        }
    }
}

#[tokio::test]
async fn on_your_own_machine() {
    let (desk, sink) = (Desk::new("dev = false\n").await, Sink::start().await);
    let free = ("ringback inbox", "ringback inbox --listen 127.0.0.1:0");
    let (_inbox, mut arrivals) = started(&desk, "ringback inbox", free);
    line(&mut arrivals, "by webhook wh_").await;
    let to = sink.url("/hook");
    let (_listen, mut lines) = started(&desk, "ringback listen", ("http://localhost:3000/hook", &to));
    let secret = line(&mut lines, "secret").await.replace("secret", "").trim().to_owned();
    line(&mut lines, "webhook wh_").await;
    let (done, said) = desk.shell(block("ringback trigger")).await;
    assert!(done && said.contains("order.paid  to 2 webhooks"), "{said}");
    assert!(line(&mut arrivals, "POST /").await.ends_with("  200  verified"));
    line(&mut lines, "--> order.paid").await;
    line(&mut lines, "<-- [200]").await;
    let got = sink.wait("/hook", 1).await.remove(0);
    let headers = got.headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
    let now = ringback::clock::now();
    ringback::sign::verify::check(&secret, &headers.collect::<String>(), &got.body, now).unwrap();
}

#[tokio::test]
async fn behind_nginx() {
    if !there_is("nginx") || !there_is("curl") {
        return;
    }
    let desk = Desk::new("").await;
    let at = |name: &str| desk.dir.path().join(name).display().to_string();
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["hooks.example.com".to_owned()]).unwrap();
    std::fs::write(at("hooks.pem"), cert.pem()).unwrap();
    std::fs::write(at("hooks.key"), signing_key.serialize_pem()).unwrap();
    let port = free_port();
    let server = block("proxy_pass").replace("listen 443", &format!("listen 127.0.0.1:{port}"));
    let server = server.replace("/etc/ssl/", &at("")).replace("http://127.0.0.1:8420", desk.daemon.url());
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {};\n", at(name)))
        .concat();
    let whole = format!(
        "daemon off;\nmaster_process off;\nerror_log stderr;\npid {};\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}{server}\n}}\n",
        at("pid")
    );
    std::fs::write(at("nginx.conf"), whole).unwrap();
    let nginx = || {
        let mut command = desk.command("nginx");
        command.arg("-p").arg(desk.dir.path()).arg("-c").arg(at("nginx.conf"));
        command
    };
    let mut test = nginx();
    test.arg("-t");
    let tested = desk.run(test).await;
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
    let _proxy = nginx().stderr(Stdio::null()).spawn().unwrap();
    listens(port).await;
    let through = block("curl --fail").replace("$RINGBACK_URL", &format!("https://hooks.example.com:{port}"));
    let through = through
        .replace("curl ", &format!("curl --cacert hooks.pem --resolve hooks.example.com:{port}:127.0.0.1 "));
    let (done, said) = desk.shell(&through).await;
    assert!(done && said.contains("evt_"), "{said}");
}

#[tokio::test]
async fn behind_caddy() {
    if !there_is("caddy") {
        return;
    }
    let desk = Desk::new("").await;
    let file = desk.dir.path().join("Caddyfile");
    std::fs::write(&file, block("reverse_proxy")).unwrap();
    let mut command = desk.command("caddy");
    command.args(["validate", "--adapter", "caddyfile", "--config"]).arg(&file);
    let output = desk.run(command).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_homelab() {
    let closed = Desk::new("dev = false\n").await;
    let add = block("doorbell");
    assert!(!closed.shell(add).await.0, "it is closed unless it is opened");
    let open = Desk::new(&format!("dev = false\n{}", block("[egress]"))).await;
    let (done, said) = open.shell(add).await;
    assert!(done, "{said}");
    for name in ["http://printer/", "http://nas.local/hook", "https://192.168.1.9/"] {
        let (done, said) = open.shell(&format!("ringback webhook add {name}")).await;
        assert!(done, "{name}: {said}");
    }
    for other in
        ["http://127.0.0.1/", "http://169.254.169.254/", "http://192.168.2.1/", "http://192.168.1.20:22/"]
    {
        assert!(!open.shell(&format!("ringback webhook add {other}")).await.0, "{other}");
    }
}

/// Svix's answers for an application with two endpoints, on two pages.
const SVIX: &str = r#"
import json, os, urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer

def endpoint(id, disabled, types):
    return {"id": id, "url": f"https://example.com/{id}", "description": f"the {id}", "version": 1,
            "disabled": disabled, "filterTypes": types, "channels": None, "metadata": {}}

PAGES = {"": {"data": [endpoint("ep_1", False, ["order.paid"])], "done": False, "iterator": "it_1"},
         "it_1": {"data": [endpoint("ep_2", True, None)], "done": True, "iterator": "it_2"}}

class Svix(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        parts = url.path.split("/")
        assert parts[:6] == ["", "api", "v1", "app", "app_1", "endpoint"], parts
        assert self.headers["authorization"] == "Bearer testsk"
        query = urllib.parse.parse_qs(url.query)
        answer = {"secret": {"key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
                  "headers": {"headers": {"x-shop": "1"}, "sensitive": []}}.get(parts[-1])
        body = json.dumps(answer or PAGES[query.get("iterator", [""])[0]]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Svix).serve_forever()
"#;

#[tokio::test]
async fn from_svix() {
    if !there_is("python3") {
        return;
    }
    let desk = Desk::new(block("[profiles.svix]")).await;
    let port = free_port();
    let mut svix = desk.command("python3");
    svix.args(["-c", SVIX]).env("PORT", port.to_string()).stderr(Stdio::null());
    let _svix = svix.spawn().unwrap();
    listens(port).await;
    let mut command = script(&desk, &desk.file("from_svix.py"));
    command.env("SVIX_URL", format!("http://127.0.0.1:{port}"));
    command.env("SVIX_TOKEN", "testsk").env("SVIX_APP", "app_1");
    let output = desk.run(command).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = desk.daemon.get("/v1/webhooks").await.expect(200).json;
    let mut rows: Vec<&Value> = page["data"].as_array().unwrap().iter().collect();
    rows.sort_by_key(|row| row["url"].as_str());
    let brief = |row: &Value| json!([row["url"], row["events"], row["state"], row["description"]]);
    assert!(rows.iter().all(|row| row["profile"] == "svix" && row["headers"].get("x-shop").is_some()));
    assert_eq!(brief(rows[0]), json!(["https://example.com/ep_1", ["order.paid"], "active", "the ep_1"]));
    assert_eq!(brief(rows[1]), json!(["https://example.com/ep_2", ["*"], "paused", "the ep_2"]));
    let id = rows[0]["id"].as_str().unwrap();
    let secret = desk.daemon.get(&format!("/v1/webhooks/{id}/secret")).await.expect(200);
    assert_eq!(secret.text_of("secret"), SECRET);
}

#[test]
fn every_block_is_run() {
    // What each block is known by to the tests above.
    let known = [
        "token create",
        "curl --fail",
        " send.py",
        " send.mjs",
        " send.go",
        " send.rs",
        "ringback verify",
        " receive.py",
        " receive.mjs",
        " receive.go",
        " verify.rs",
        "reverse_proxy",
        "proxy_pass",
        "[egress]",
        "doorbell",
        "[profiles.svix]",
        " from_svix.py",
        "ringback inbox",
        "ringback trigger",
        "ringback listen",
    ];
    for words in known {
        block(words);
    }
    assert_eq!(blocks().len(), known.len(), "a block of docs/recipes.md is not run");
}
