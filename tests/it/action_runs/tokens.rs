//! The signed token of a callback: who verifies it, its claims, and the keys behind it.

use super::*;

/// The claims of a token, not verified.
fn claims(request: &Received) -> Value {
    part(request.header(SIGNATURE), 1)
}

fn part(token: &str, at: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

/// A verifier of its own, which fetches the keys as it likes.
struct Verifier {
    name: &'static str,
    _child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Verifier {
    /// The verifiers that can be run here.
    fn all(daemon: &Daemon) -> Vec<Self> {
        let found = [
            ("PyJWT", Self::start(daemon, "PyJWT", "venv/bin/python", "verify_jwt.py")),
            ("jose", Self::start(daemon, "jose", "node", "verify_jwt.mjs")),
        ];
        found.into_iter().filter_map(|(name, verifier)| tools::found(name, verifier)).collect()
    }

    fn start(daemon: &Daemon, name: &'static str, program: &str, script: &str) -> Result<Self, String> {
        let home = std::env::var("RINGBACK_CLIENTS").map_err(|_| "RINGBACK_CLIENTS is not set".to_owned())?;
        let program = if program == "node" { program.into() } else { Path::new(&home).join(program) };
        let mut child = Command::new(&program)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script))
            .args([&format!("{}/.well-known/jwks.json", daemon.url()), daemon.url()])
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Ok(Self { name, _child: child, stdin, answers: BufReader::new(stdout).lines() })
    }

    async fn says(&mut self, token: &str, algorithm: &str, request: &Received) -> String {
        let message = json!({
            "token": token, "subject": request.json()["data"]["id"], "algorithms": [algorithm],
            "body_base64": STANDARD.encode(&request.body),
        });
        self.stdin.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        self.answers.next_line().await.unwrap().unwrap_or_else(|| panic!("{} ended", self.name))
    }

    /// Takes both of a request's tokens.
    async fn takes(&mut self, request: &Received) {
        for (header, algorithm) in [(SIGNATURE, "RS256"), ("x-eddsa-signature", "EdDSA")] {
            let said = self.says(request.header(header), algorithm, request).await;
            assert_eq!(said, "ok", "{} of {algorithm}, key {}", self.name, part(request.header(header), 0));
        }
    }

    /// Rejects its tokens for another run's body.
    async fn rejects(&mut self, request: &Received, other: &Received) {
        let said = self.says(request.header(SIGNATURE), "RS256", other).await;
        assert!(said.starts_with("rejected: "), "{}: {said}", self.name);
        let token = request.header(SIGNATURE);
        let forged = format!("{}A", &token[..token.len() - 1].replacen("ey", "eY", 1));
        let said = self.says(&forged, "RS256", request).await;
        assert!(said.starts_with("rejected: "), "{}: {said}", self.name);
    }
}

fn kid(request: &Received) -> String {
    part(request.header(SIGNATURE), 0)["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn action_runs_13_verified_by_others_through_a_rotation() {
    // The first as new stores sign unless told, the second by name.
    let settings = "[profiles.action-runs]\nsignature = [\
                    { scheme = \"jwt\", header = \"Ringback-Callback-Signature\" }, \
                    { scheme = \"jwt\", header = \"X-EdDSA-Signature\", alg = \"EdDSA\" }]";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    let mut verifiers = Verifier::all(&daemon);
    let (mut seen, mut verified) = (BTreeSet::new(), 0);
    // One rotation begins after the third burst; it goes on until some bursts are signed by the new key.
    let mut after = 0;
    for burst in 0.. {
        if burst == 3 {
            let body = json!({"activate_after_seconds": 2});
            daemon.post("/v1/signing-keys/rotate", body).await.expect(201);
        }
        let one = async || {
            let id = run(&daemon, &sink.url("/cb")).await;
            succeed(&daemon, &id, "1").await;
        };
        tokio::join!(one(), one(), one(), one(), one(), one(), one(), one());
        let received = sink.wait("/cb", (burst + 1) * 8).await;
        for request in &received[verified..] {
            for verifier in &mut verifiers {
                verifier.takes(request).await;
            }
            seen.insert(kid(request));
        }
        verified = received.len();
        after += usize::from(seen.len() == 2);
        if after == 4 {
            break;
        }
    }
    let received = sink.received("/cb");
    assert_eq!((seen.len(), kid(&received[0]) == kid(&received[verified - 1])), (2, false));
    // Whoever fetches the keys only now still finds those of the first callbacks.
    let mut fresh = Verifier::all(&daemon);
    for verifier in &mut fresh {
        verifier.takes(&received[0]).await;
        verifier.rejects(&received[0], &received[1]).await;
    }
    let names: Vec<_> = verifiers.iter().map(|verifier| verifier.name).collect();
    println!("{verified} callbacks of 2 keys taken by {names:?}");
}

/// Writes a fresh RSA key where the configuration names one.
fn write_rsa_key(daemon: &Daemon) {
    let key = STANDARD.encode(&*ringback::clock::fresh_rsa_key().unwrap().pkcs8());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    std::fs::write(daemon.dir().join("rs256.pem"), pem).unwrap();
}

#[tokio::test]
async fn action_runs_13_a_replaced_key_file_waits_until_the_new_key_is_known() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let listed = async |daemon: &Daemon| {
        let keys = daemon.get("/v1/signing-keys").await.expect(200).json["data"].as_array().unwrap().clone();
        let rsa = keys.into_iter().filter(|key| key["algorithm"] == "RS256");
        rsa.map(|key| (key["kid"].clone(), key["state"].clone(), key["origin"].clone())).collect::<Vec<_>>()
    };
    let published = async |daemon: &Daemon| {
        let keys =
            daemon.get("/.well-known/jwks.json").await.expect(200).json["keys"].as_array().unwrap().clone();
        let rsa = keys.iter().take_while(|key| key["kty"] == "RSA");
        rsa.map(|key| key["kid"].clone()).collect::<Vec<_>>()
    };
    let signed = async |daemon: &Daemon, count: usize| {
        let id = run(daemon, &sink.url("/cb")).await;
        succeed(daemon, &id, "1").await;
        json!(kid(&sink.wait("/cb", count).await[count - 1]))
    };
    let [(made, ..)] = &listed(&daemon).await[..] else { panic!("one key that the daemon made") };
    assert_eq!(signed(&daemon, 1).await, *made);
    // The operator brings a key, and replaces it later: the next one is published, and signs nothing yet.
    write_rsa_key(&daemon);
    let file = daemon.dir().join("ringback.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let named = format!("[signing]\nrs256_key_file = \"{}\"", daemon.dir().join("rs256.pem").display());
    std::fs::write(&file, format!("{settings}\n{named}\n")).unwrap();
    for keys in 2..4 {
        let reloaded = daemon.cli(&["reload"]).await;
        assert_eq!(reloaded.0, 0, "{reloaded:?}");
        let all = listed(&daemon).await;
        let states: Vec<_> = all.iter().map(|(_, state, origin)| (state.clone(), origin.clone())).collect();
        let mut expected = vec![(json!("waiting"), json!("file")); keys - 1];
        expected.push((json!("signing"), json!("made")));
        assert_eq!(states, expected);
        assert_eq!(published(&daemon).await, all.iter().map(|(kid, ..)| kid.clone()).collect::<Vec<_>>());
        assert_eq!(signed(&daemon, keys).await, *made);
        write_rsa_key(&daemon);
    }
    let refused = daemon.post("/v1/signing-keys/rotate", json!({"algorithm": "RS256"})).await.expect(422);
    assert!(refused.text.contains("signing.rs256_key_file"), "{}", refused.text);
    // A restart takes the third over, and forgets none.
    daemon.terminate().await;
    daemon.restart().await;
    assert_eq!((published(&daemon).await.len(), signed(&daemon, 4).await), (4, made.clone()));
}

#[tokio::test]
async fn action_runs_14_a_fresh_token_for_each_attempt() {
    let daemon = Daemon::with_config("public_url = \"https://hooks.example.com\"").await;
    let sink = Sink::start().await;
    sink.first("/cb", [Act::Status(500), Act::Status(503)]);
    let id = run(&daemon, &sink.url("/cb")).await;
    succeed(&daemon, &id, "1").await;
    called_back(&daemon, &id, "delivered").await;
    let received = sink.received("/cb");
    let keys = daemon.get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys.headers["cache-control"], "public, max-age=300");
    let mut ids = BTreeSet::new();
    for request in &received {
        let head = part(request.header(SIGNATURE), 0);
        assert_eq!(head, json!({"alg": "RS256", "typ": "JWT", "kid": keys.json["keys"][0]["kid"]}));
        let claims = claims(request);
        let number = |name: &str| claims[name].as_u64().unwrap();
        assert_eq!(number("exp") - number("iat"), 300);
        assert!(number("iat") <= ringback::clock::now().as_secs());
        assert_eq!((&claims["sub"], &claims["iss"]), (&json!(id), &json!("https://hooks.example.com")));
        let digest: String = Sha256::digest(&request.body).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(claims["body_sha256"], digest);
        assert_eq!(claims.as_object().unwrap().len(), 6, "and no audience: {claims}");
        ids.insert(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_eq!((received.len(), ids.len()), (3, 3));
    let iat = |at: usize| claims(&received[at])["iat"].as_u64().unwrap();
    assert!(iat(2) >= iat(0) + 2, "signed anew when it was sent");
}

#[tokio::test]
async fn action_runs_18_without_a_token() {
    let daemon = strict().await;
    let paths = [
        (Method::POST, RUNS),
        (Method::GET, "/v2/action-runs/arun_x"),
        (Method::GET, "/v2/action-runs/arun_x/callback"),
    ];
    for token in [None, Some("rb_wrong".to_owned())] {
        let stranger = ringback::cli::client::Client::new(daemon.url(), token).unwrap();
        for (method, path) in paths.clone() {
            let body = (method == Method::POST).then(|| json!({"action": "a"}).to_string());
            let reply = stranger.send(method, path, body).await.unwrap();
            assert_eq!(reply.status.as_u16(), 401);
            let reported: Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(
                (&reported["errors"][0]["status"], &reported["errors"][0]["code"]),
                (&json!(401), &json!("unauthorized"))
            );
        }
    }
    stores_nothing(&daemon).await;
}

#[tokio::test]
async fn a_token_is_about_the_job_or_the_event_where_there_is_no_run() {
    let signed = "signature = [{ scheme = \"jwt\", header = \"Ringback-Callback-Signature\" }]";
    let settings = format!("[profiles.signed]\n{signed}\n[profiles.job-webhooks]\n{signed}");
    let (daemon, sink) = (Daemon::with_config(&settings).await, Sink::start().await);
    daemon.webhook(&sink.url("/event"), json!({"events": ["a.*"], "profile": "signed"})).await;
    let event = daemon.event("a.b", json!(1)).await;
    assert_eq!(claims(&sink.wait("/event", 1).await[0])["sub"], json!(event));
    let job =
        daemon.post("/v1/jobs", json!({"type": "a", "callback_url": sink.url("/job")})).await.expect(201);
    let id = job.text_of("id");
    daemon.post(&format!("/v1/jobs/{id}/complete"), json!({"status": "succeeded"})).await.expect(200);
    assert_eq!(claims(&sink.wait("/job", 1).await[0])["sub"], json!(id));
}
