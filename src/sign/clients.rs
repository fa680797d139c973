//! Signatures against independent implementations: the scripts in `tests/clients`.
//!
//! They run where `RINGBACK_CLIENTS` names a directory that holds `venv/` (of
//! `tests/clients/requirements.txt`) and `node_modules/` (of `tests/clients/package-lock.json`).

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::{Message, sign};
use crate::clock;
use crate::config;
use crate::domain::profile::SignatureScheme;
use crate::domain::secret::{Secret, SecretSet};

const TARGET: &str = "https://receiver.example/in?of=shop";
const BODIES: [&str; 4] = ["{}", r#"{"test": 2432232314}"#, "{\"a\":\"äöü €\"}\n", "[1,\r\n2]"];

/// Runs `script` on `messages`; its answers, one per message, or why it cannot be run here.
fn answers(program: &str, script: &str, messages: &[Value]) -> Result<Vec<String>, String> {
    let home = std::env::var("RINGBACK_CLIENTS").map_err(|_| "RINGBACK_CLIENTS is not set".to_owned())?;
    let program = if program == "node" { program.into() } else { Path::new(&home).join(program) };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let mut child = Command::new(&program)
        .arg(&script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let lines: String = messages.iter().map(|message| format!("{message}\n")).collect();
    // Dropping the pipe ends the script's input.
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{} failed: {:?} {written:?}", script.display(), output.status);
    let answers: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), messages.len(), "one answer per message: {answers:?}");
    Ok(answers)
}

fn message(scheme: &SignatureScheme, secrets: &SecretSet, held: &Secret, body: &str, sent: &[u8]) -> Value {
    let mut headers = HeaderMap::new();
    let message = Message {
        id: "evt_06ey6x8n0g9k3v5t2r7q4w1zab",
        now: clock::now(),
        url: TARGET,
        body: body.as_bytes(),
    };
    sign(std::slice::from_ref(scheme), secrets, None, &message, &mut headers).unwrap();
    let headers: serde_json::Map<_, _> =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect();
    json!({"secret": held.expose(), "url": TARGET, "headers": headers, "body_base64": STANDARD.encode(sent)})
}

/// Every fresh signature is taken, by receivers that hold any of the secrets it was made with, and
/// each with one byte of the body altered is rejected.
fn verified_by(program: &str, script: &str, scheme: &SignatureScheme) {
    let fresh = || Secret::from_random(clock::random_bytes().unwrap());
    let single = SecretSet::new(fresh());
    let overlapping = single.rotate(fresh(), 60, clock::now()).unwrap();
    let longest = SecretSet::new(Secret::parse(&format!("whsec_{}", STANDARD.encode([9; 64]))).unwrap());
    let mut held =
        vec![(&single, &single.current), (&overlapping, &overlapping.current), (&longest, &longest.current)];
    let newest_only = matches!(
        scheme,
        SignatureScheme::Timestamped { multi_signature: false, .. } | SignatureScheme::Hmac(_)
    );
    if !newest_only {
        held.push((&overlapping, &single.current));
    }
    let mut messages = Vec::new();
    for (secrets, held) in held {
        for body in BODIES {
            messages.push(message(scheme, secrets, held, body, body.as_bytes()));
            let mut altered = body.as_bytes().to_vec();
            altered[0] ^= 1;
            messages.push(message(scheme, secrets, held, body, &altered));
        }
    }
    match answers(program, script, &messages) {
        Ok(answers) => {
            for (at, pair) in answers.chunks(2).enumerate() {
                assert_eq!(pair[0], "ok", "{script}, pair {at}");
                assert!(pair[1].starts_with("rejected: "), "{script}, pair {at}: {}", pair[1]);
            }
            println!("{script}: {} taken, {} altered ones rejected", answers.len() / 2, answers.len() / 2);
        }
        Err(why) if std::env::var_os("RINGBACK_REQUIRE_TOOLS").is_some_and(|value| value == "1") => {
            panic!("{why}")
        }
        // Not by a macro: what those print of tests that pass is shown to no one.
        Err(why) => drop(writeln!(std::io::stderr(), "skipped: {script}: {why}")),
    }
}

fn timestamped(multi_signature: bool) -> SignatureScheme {
    SignatureScheme::Timestamped { header: HeaderName::from_static("x-brand-signature"), multi_signature }
}

#[test]
fn python_standardwebhooks_takes_our_signatures() {
    verified_by("venv/bin/python", "verify_standard.py", &SignatureScheme::Standard);
}

#[test]
fn javascript_standardwebhooks_takes_our_signatures() {
    verified_by("node", "verify_standard.mjs", &SignatureScheme::Standard);
}

#[test]
fn stripe_takes_our_signatures() {
    verified_by("venv/bin/python", "verify_stripe.py", &timestamped(false));
    verified_by("venv/bin/python", "verify_stripe.py", &timestamped(true));
}

/// The scheme of a profile that is handed out with the program.
fn packaged(name: &str) -> SignatureScheme {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/profiles").join(format!("{name}.toml"));
    let file = Some((name.to_owned(), std::fs::read_to_string(path).unwrap()));
    let loaded = config::load(config::Inputs { file, ..config::Inputs::default() }).unwrap();
    let [scheme] = &loaded.config.profiles.get(name).unwrap().signature[..] else { panic!("{name}") };
    scheme.clone()
}

#[test]
fn receivers_of_other_providers_take_our_signatures() {
    verified_by("node", "verify_octokit.mjs", &packaged("github-like"));
    verified_by("venv/bin/python", "verify_slack.py", &packaged("slack-like"));
    verified_by("venv/bin/python", "verify_square.py", &packaged("square-like"));
}
