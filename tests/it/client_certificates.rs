//! Webhooks with TLS of their own, against servers of others that demand a client certificate (Debian's nginx and
//! Caddy), and on the way through a real proxy.

use std::process::Stdio;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::harness::{Daemon, daemon::Webhook, tools, wait_for, wait_until};
use crate::moving::beside;
use crate::proxy::{free_port, start_proxy};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Issuer {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key in PEM form.
fn issued(by: &Issuer, subject: &str, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, subject);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, by).unwrap().pem(), key.serialize_pem())
}

/// A receiver of somebody's making that serves only those whom `clients` vouches for.
struct Receiver {
    dir: tempfile::TempDir,
    port: u16,
    servers: Issuer,
    clients: Issuer,
}

impl Receiver {
    fn new() -> Self {
        let (servers, clients) = (authority("servers"), authority("clients"));
        let own = issued(&servers, "server", |_| ());
        let receiver = Self { dir: tempfile::tempdir().unwrap(), port: free_port(), servers, clients };
        receiver.keep("server.pem", &own.0);
        receiver.keep("server.key", &own.1);
        receiver.keep("clients.pem", &receiver.clients.pem());
        receiver.keep("ca.pem", &receiver.servers.pem());
        receiver
    }

    fn keep(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).unwrap();
    }

    fn at(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}/in", self.port)
    }

    /// By its name, which Caddy has to be asked for.
    fn named_url(&self) -> String {
        format!("https://localhost:{}/in", self.port)
    }

    /// What a webhook needs to be served.
    fn tls(&self) -> Value {
        let (cert, key) = issued(&self.clients, "ringback", |_| ());
        json!({"ca": self.servers.pem(), "client_cert": cert, "client_key": key})
    }

    /// Starts a program; `None`, with a printed reason, where there is none.
    async fn start(&self, program: &str, arguments: &[&str]) -> Option<Child> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.dir.path()).env("HOME", self.dir.path());
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = tools::found(program, quiet.kill_on_drop(true).spawn())?;
        wait_for("a receiver", async || tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok())
            .await;
        Some(child)
    }

    /// Answers with the client's name, and agrees to be sent events (CloudEvents' handshake).
    async fn start_nginx(&self) -> Option<Child> {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", self.at(name)))
            .concat();
        let (port, log) = (self.port, self.at("log"));
        self.keep(
            "nginx.conf",
            &format!(
                "daemon off;\nmaster_process off;\nerror_log stderr;\npid {};\nevents {{}}\nhttp {{\n{temporary}\
                 log_format from '$request_method $ssl_client_s_dn';\naccess_log {log} from;\n\
                 server {{ listen 127.0.0.1:{port} ssl; ssl_certificate server.pem; ssl_certificate_key server.key;\n\
                 ssl_client_certificate clients.pem; ssl_verify_client on;\n\
                 add_header WebHook-Allowed-Origin *;\nlocation / {{ return 200 \"from $ssl_client_s_dn\"; }} }} }}\n",
                self.at("pid")
            ),
        );
        self.start("nginx", &["-p", &self.at(""), "-c", &self.at("nginx.conf")]).await
    }

    /// The same of the handshake alone: Caddy refuses in it, and nginx answers with a status.
    async fn start_caddy(&self) -> Option<Child> {
        let (port, at) = (self.port, |name| self.at(name));
        let (cert, key, clients) = (at("server.pem"), at("server.key"), at("clients.pem"));
        self.keep(
            "Caddyfile",
            &format!(
                "{{\n admin off\n auto_https disable_redirects\n skip_install_trust\n}}\n\
                 https://localhost:{port} {{\n bind 127.0.0.1\n tls {cert} {key} {{\n  protocols tls1.2 tls1.2\n  client_auth {{\n   \
                 mode require_and_verify\n   trusted_ca_cert_file {clients}\n  }}\n }}\n respond \"from caddy\" 200\n}}\n"
            ),
        );
        self.start("caddy", &["run", "--adapter", "caddyfile", "--config", &self.at("Caddyfile")]).await
    }
}

async fn quick(daemon: &Daemon, receiver: &Receiver, tls: Value) -> Webhook {
    daemon.webhook(&receiver.url(), json!({"profile": "quick", "tls": tls})).await
}

/// The last attempt of what an event is to a webhook, once that is in a state.
async fn attempt(daemon: &Daemon, event: &str, webhook: &Webhook, state: &str) -> Value {
    let delivery = daemon.settled(event, webhook, state).await;
    let shown = daemon.get(&format!("/v1/deliveries/{}", delivery["id"].as_str().unwrap())).await;
    shown.json["attempt_log"].as_array().unwrap().last().unwrap().clone()
}

/// What an attempt failed of.
fn failed(attempt: &Value, kind: &str, words: &str) {
    assert_eq!(attempt["error"]["kind"], kind, "{attempt}");
    assert!(attempt["error"]["detail"].as_str().unwrap().contains(words), "{attempt}");
}

/// A webhook that is served, added on the command line.
async fn added(daemon: &Daemon, receiver: &Receiver) -> Webhook {
    let (cert, key) = issued(&receiver.clients, "ringback", |_| ());
    receiver.keep("cert.pem", &cert);
    receiver.keep("key.pem", &key);
    let (code, out, err) = daemon
        .cli(&[
            "--json",
            "webhook",
            "add",
            &receiver.url(),
            "--profile",
            "quick",
            "--tls-ca",
            &receiver.at("ca.pem"),
            "--client-cert",
            &receiver.at("cert.pem"),
            "--client-key",
            &receiver.at("key.pem"),
        ])
        .await;
    assert_eq!(code, 0, "{err}");
    let made: Value = serde_json::from_str(&out).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let webhook = Webhook { id: text("id"), secret: text("secret") };
    assert_eq!(made["tls"]["client_key"], "***", "{made}");
    webhook
}

#[tokio::test]
async fn nginx_serves_whom_it_knows_and_only_on_their_own_connections() {
    let receiver = Receiver::new();
    let Some(_nginx) = receiver.start_nginx().await else { return };
    let daemon = Daemon::start().await;
    let known = added(&daemon, &receiver).await;

    // Its connection is open when the others begin, to the same address.
    let first = daemon.event("a.b", json!(1)).await;
    let served = attempt(&daemon, &first, &known, "delivered").await;
    assert_eq!(served["response_body"], "from CN=ringback", "{served}");
    let ca = receiver.servers.pem();
    let unnamed = quick(&daemon, &receiver, json!({"ca": ca})).await;
    let untrusting = quick(&daemon, &receiver, Value::Null).await;
    let stranger = issued(&authority("others"), "stranger", |_| ());
    let wrong =
        quick(&daemon, &receiver, json!({"ca": ca, "client_cert": stranger.0, "client_key": stranger.1}))
            .await;
    let old = issued(&receiver.clients, "old", |params| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 3, 4);
    });
    let expired =
        quick(&daemon, &receiver, json!({"ca": ca, "client_cert": old.0, "client_key": old.1})).await;
    let second = daemon.event("a.b", json!(2)).await;
    let served = attempt(&daemon, &second, &known, "delivered").await;
    assert_eq!((&served["response_body"], &served["tls_ms"]), (&json!("from CN=ringback"), &Value::Null));
    for (webhook, words) in
        [(&unnamed, "No required SSL certificate was sent"), (&wrong, "SSL certificate error")]
    {
        let refused = attempt(&daemon, &second, webhook, "failed").await;
        assert_eq!(refused["status_code"], 400, "{refused}");
        assert!(refused["response_body"].as_str().unwrap().contains(words), "{refused}");
    }
    failed(&attempt(&daemon, &second, &untrusting, "failed").await, "tls", "name its authority in tls.ca");
    failed(
        &attempt(&daemon, &second, &expired, "failed").await,
        "tls",
        "expired at 2002-03-04T00:00:00.000Z",
    );

    // Without its certificate it is nobody, whatever connection it had.
    let (code, _, err) = daemon.cli(&["webhook", "edit", &known.id, "--client-cert", ""]).await;
    assert_eq!(code, 0, "{err}");
    let third = daemon.event("a.b", json!(3)).await;
    let refused = attempt(&daemon, &third, &known, "failed").await;
    assert_eq!(refused["status_code"], 400, "{refused}");

    // What would go in the clear is not made.
    let path = format!("/v1/webhooks/{}", known.id);
    let plain = daemon.call(http::Method::PATCH, &path, Some(json!({"url": "http://127.0.0.1:9/"}))).await;
    assert!(
        plain.status == 422 && plain.text.contains("/tls") && plain.text.contains("https://"),
        "{}",
        plain.text
    );
    let log = std::fs::read_to_string(receiver.at("log")).unwrap();
    assert!(log.contains("POST CN=ringback") && !log.contains("CN=old"), "{log}");
}

#[tokio::test]
async fn caddy_refuses_the_handshake_and_the_attempt_says_why() {
    let receiver = Receiver::new();
    let Some(_caddy) = receiver.start_caddy().await else { return };
    let daemon = Daemon::start().await;
    let quick = async |tls: Value| {
        daemon.webhook(&receiver.named_url(), json!({"profile": "quick", "tls": tls})).await
    };
    let known = quick(receiver.tls()).await;
    let nobody = quick(json!({"ca": receiver.servers.pem()})).await;
    let stranger = issued(&authority("others"), "stranger", |_| ());
    let stranger = json!({"ca": receiver.servers.pem(), "client_cert": stranger.0, "client_key": stranger.1});
    let wrong = quick(stranger).await;
    let event = daemon.event("a.b", json!(1)).await;
    let served = attempt(&daemon, &event, &known, "delivered").await;
    assert_eq!(served["response_body"], "from caddy", "{served}");
    for webhook in [&nobody, &wrong] {
        failed(&attempt(&daemon, &event, webhook, "failed").await, "tls", "client certificate");
    }
}

#[tokio::test]
async fn handshakes_tests_and_the_way_through_a_proxy_use_it_too() {
    let receiver = Receiver::new();
    let Some(_nginx) = receiver.start_nginx().await else { return };
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let Some(_proxy) = start_proxy(dir.path(), port, receiver.port).await else { return };
    let proxied = format!("[egress]\nproxy = \"http://user:pass-word@127.0.0.1:{port}\"\n");
    for settings in ["", &proxied] {
        let daemon = Daemon::with_config(settings).await;
        let body = json!({"profile": "quick", "tls": receiver.tls(), "verification": "cloudevents"});
        let webhook = daemon.webhook(&receiver.url(), body).await;
        let path = format!("/v1/webhooks/{}", webhook.id);
        wait_for("its receiver's consent", async || {
            (daemon.get(&path).await.json["state"] == "active").then_some(())
        })
        .await;
        let test = daemon.post(&format!("{path}/test"), json!({})).await.expect(202);
        let served = attempt(&daemon, &test.text_of("id"), &webhook, "delivered").await;
        assert_eq!(served["response_body"], "from CN=ringback", "{served}");
        assert_eq!(served["remote_ip"].is_null(), !settings.is_empty(), "{served}");
    }
    let log = std::fs::read_to_string(receiver.at("log")).unwrap();
    let from = |line: &str| log.lines().filter(|logged| *logged == line).count();
    assert_eq!((from("OPTIONS CN=ringback"), from("POST CN=ringback")), (2, 2), "{log}");
}

#[tokio::test]
async fn any_certificate_is_taken_where_the_operator_allows_it_and_as_long() {
    let receiver = Receiver::new();
    let Some(_nginx) = receiver.start_nginx().await else { return };
    let strict = Daemon::start().await;
    let mut tls = receiver.tls();
    tls["ca"] = Value::Null;
    let careful = tls.clone();
    tls["insecure"] = json!(true);
    let body = json!({"url": receiver.url(), "profile": "quick", "tls": tls});
    let refused = strict.post("/v1/webhooks", body.clone()).await.expect(422);
    assert_eq!(refused.json["errors"][0]["pointer"], "/tls/insecure", "{}", refused.text);
    assert!(refused.text.contains("egress.allow_any_certificate"), "{}", refused.text);
    let (code, _, err) = strict.cli(&["webhook", "add", &receiver.url(), "--insecure"]).await;
    assert!(code != 0 && err.contains("--insecure") && err.contains("egress.allow_any_certificate"), "{err}");

    let lax = Daemon::with_config("[egress]\nallow_any_certificate = true").await;
    let webhook = quick(&lax, &receiver, tls.clone()).await;
    wait_until("the operator is warned", || {
        lax.log().contains("a webhook takes any certificate") && lax.log().contains(&webhook.id)
    })
    .await;
    let other = quick(&lax, &receiver, careful).await;
    let event = lax.event("a.b", json!(1)).await;
    let served = attempt(&lax, &event, &webhook, "delivered").await;
    assert_eq!(served["response_body"], "from CN=ringback", "{served}");
    failed(&attempt(&lax, &event, &other, "failed").await, "tls", "not signed by a trusted authority");
    assert_eq!(lax.get(&format!("/v1/webhooks/{}", webhook.id)).await.json["tls"]["insecure"], true);
    tls["ca"] = json!(receiver.servers.pem());
    let both = lax.post("/v1/webhooks", json!({"url": receiver.url(), "tls": tls})).await.expect(422);
    assert!(both.text.contains("beside ca"), "{}", both.text);

    // It was only ever the operator's to allow.
    let config = lax.dir().join("ringback.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("allow_any_certificate = true", "")).unwrap();
    let (code, _, err) = lax.cli(&["reload"]).await;
    assert_eq!(code, 0, "{err}");
    let event = lax.event("a.b", json!(2)).await;
    failed(&attempt(&lax, &event, &webhook, "failed").await, "tls", "not signed by a trusted authority");
}

/// The bytes of a key's PEM form, as they would stand in a file.
fn forms(key: &str) -> [String; 3] {
    let base64: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = KeyPair::from_pem(key).unwrap().serialize_der();
    let hex = der.iter().map(|byte| format!("{byte:02x}")).collect();
    [base64, hex, key.lines().nth(1).unwrap().to_owned()]
}

#[tokio::test]
async fn an_import_keeps_it_and_an_export_does_not_show_the_key() {
    let receiver = Receiver::new();
    let Some(_nginx) = receiver.start_nginx().await else { return };
    let mut daemon = Daemon::start().await;
    let tls = receiver.tls();
    let key = tls["client_key"].as_str().unwrap();
    let webhook = quick(&daemon, &receiver, tls.clone()).await;
    let file = receiver.dir.path().join("export");
    let (code, _, err) = daemon.cli(&["export", &file.display().to_string()]).await;
    assert_eq!(code, 0, "{err}");
    let exported = std::fs::read_to_string(&file).unwrap();
    assert!(exported.contains(&webhook.id));
    for form in forms(key) {
        assert!(!exported.contains(&form), "the key is in the export");
    }
    daemon.terminate().await;
    let store = std::fs::read(daemon.data_dir().join("ringback.redb")).unwrap();
    let der = KeyPair::from_pem(key).unwrap().serialize_der();
    assert!(!store.windows(der.len()).any(|bytes| bytes == der), "the key is in the store's file");

    let mut other = beside(&daemon).await;
    let (code, _, err) = other.offline(&["import", &file.display().to_string(), "--replace"]).await;
    assert_eq!(code, 0, "{err}");
    other.restart().await;
    let event = other.event("a.b", json!(1)).await;
    let served = attempt(&other, &event, &webhook, "delivered").await;
    assert_eq!(served["response_body"], "from CN=ringback", "{served}");
}
