//! Broken configurations: each is refused with its place, its setting and what would be right, and
//! nothing is made on disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::daemon::BINARY;

/// What was written (`DIR` is the directory of the files), its line, the setting, and a part of the remedy.
const BROKEN: &[(&str, usize, &str, &str)] = &[
    ("lisen = \"127.0.0.1:1\"", 1, "lisen", "did you mean `listen`?"),
    ("[log]\nlevle = \"info\"", 2, "log.levle", "did you mean `level`?"),
    ("[log]\nlevel = \"info\"\nshape = 1", 3, "log.shape", "there are format, level"),
    ("[dispach]\nin_flight_global = 5", 1, "dispach", "did you mean `dispatch`?"),
    ("[queue]", 1, "queue", "there are listen, admin_listen"),
    ("dev = \"yes\"", 1, "dev", "true or false"),
    ("listen = [\"127.0.0.1:1\"]", 1, "listen", "one value, not a list"),
    ("log = \"info\"", 1, "log", "a table, such as [log]"),
    ("profiles = 5", 1, "profiles", "a table, such as [profiles]"),
    ("[egress.allow]\nlan = \"10.0.0.0/8\"", 1, "egress.allow", "a list, not a table"),
    ("[retention]\nevents = \"30 days\"", 2, "retention.events", "\"30d\""),
    ("[events]\nidempotency_window = 5", 2, "events.idempotency_window", "a duration such as"),
    ("[store]\ncache_bytes = \"16MB\"", 2, "store.cache_bytes", "\"20MiB\""),
    ("[store]\ncache_bytes = \"1KiB\"", 2, "store.cache_bytes", "1048576 to"),
    ("[dispatch]\nin_flight_global = 0", 2, "dispatch.in_flight_global", "1 to 65536"),
    ("[dispatch]\nin_flight_per_webhook = -1", 2, "dispatch.in_flight_per_webhook", "a whole number"),
    ("[events]\nmax_data_bytes = \"9TiB\"", 2, "events.max_data_bytes", "must be 1 to"),
    ("listen = \"localhost\"", 1, "listen", "as 127.0.0.1:8420"),
    ("\nlisten = \"127.0.0.1:70000\"", 2, "listen", "a port up to 65535"),
    ("listen = \"127.0.0.1:5\"\nadmin_listen = \"127.0.0.1:5\"", 2, "admin_listen", "another port"),
    ("admin_listen = \"unix:admin.sock\"", 1, "admin_listen", "as unix:/run/ringback/admin.sock"),
    ("public_url = \"hooks\"", 1, "public_url", "as https://hooks.example.com"),
    ("data_dir = \"\"", 1, "data_dir", "must not be empty"),
    ("dev = true\ndev = false", 2, "dev", "keep one of them"),
    ("[log]\nlevel = \"info\"\nlevel = \"warn\"", 3, "log.level", "keep one of them"),
    ("[log]\nlevel \"info\"", 2, "log.level", "expected `=`"),
    ("listen = \"127.0.0.1:1", 1, "listen", "quotes around texts"),
    ("dev = true\n[egress\nallow = []", 2, "egress", "expected `]`"),
    ("[log]\nlevel = \"loud\"", 2, "log.level", "error, warn, info"),
    ("[log]\nlevel = \"ringback=loud\"", 2, "log.level", "target=level"),
    ("[log]\nformat = \"xml\"", 2, "log.format", "auto, logfmt or json"),
    ("[egress]\nallow = [\"10.0.0.0/33\"]", 2, "egress.allow", "as 192.168.1.0/24"),
    ("[egress]\nallow = [\n  \"10.0.0.1/8\",\n]", 3, "egress.allow", "write 10.0.0.0/8"),
    ("[egress]\nports = [443, 0]", 2, "egress.ports", "from 1 to 65535"),
    ("[egress]\nextra_ca = [\"DIR/none.pem\"]", 2, "egress.extra_ca", "put the file there"),
    ("[egress]\nextra_ca = [\"DIR/short\"]", 2, "egress.extra_ca", "BEGIN CERTIFICATE"),
    ("[secrets]\nkey_file = \"DIR/none\"", 2, "secrets.key_file", "put the file there"),
    ("[secrets]\nkey_file = \"DIR\"", 2, "secrets.key_file", "name a readable text file"),
    ("[secrets]\nkey_file = \"DIR/short\"", 2, "secrets.key_file", "openssl rand -base64 32"),
    (
        "[secrets]\nprevious_key_files = [\"DIR/short\"]",
        2,
        "secrets.previous_key_files",
        "32 bytes in base64",
    ),
    ("[signing]\nrs256_key_file = \"DIR/short\"", 2, "signing.rs256_key_file", "openssl genpkey"),
    ("[tls]\ncert_file = \"DIR/cert.pem\"", 1, "tls", "key_file is required"),
    ("[admin_tls]\nkey_file = \"DIR/key.pem\"", 1, "admin_tls", "cert_file is required"),
    ("[tls]\ncert_file = \"DIR/cert.pem\"\nkey_file = \"DIR/other.pem\"", 3, "tls.key_file", "give its key"),
    (
        "[tls]\ncert_file = \"DIR/key.pem\"\nkey_file = \"DIR/key.pem\"",
        2,
        "tls.cert_file",
        "BEGIN CERTIFICATE",
    ),
    (
        "[tls]\ncert_file = \"DIR/cert.pem\"\nkey_file = \"DIR/cert.pem\"",
        3,
        "tls.key_file",
        "private key in PEM form",
    ),
    (
        "admin_listen = \"unix:/a.sock\"\n[admin_tls]\ncert_file = \"DIR/cert.pem\"\nkey_file = \"DIR/key.pem\"",
        2,
        "admin_tls",
        "remove it",
    ),
    ("[profiles.a]\nextends = \"b\"", 2, "profiles.a.extends", "a built-in profile: action-runs"),
    (
        "[profiles.a]\nextends = \"b\"\n[profiles.b]\nextends = \"a\"",
        4,
        "profiles.b.extends",
        "a built-in profile",
    ),
    ("[profiles.a]\npayload = \"xml\"", 2, "profiles.a.payload", "envelope, data"),
    ("[profiles.a]\nheaders = { \"bad name\" = \"x\" }", 2, "profiles.a.headers.bad name", "a header's name"),
    ("[profiles.a]\nretry = { schedule = [] }", 2, "profiles.a.retry", "makes 1 to"),
    ("[profiles.a.timeouts]\ntotal = \"1s\"\nconnect = \"5s\"", 1, "profiles.a.timeouts", "at least connect"),
    ("[profiles.a]\nsignature = [{ scheme = \"jwt\" }]", 2, "profiles.a.signature", "header is required"),
];

/// Variables that break a good file: their name, the setting, and a part of the remedy.
const VARIABLES: &[(&str, &str, &str, &str)] = &[
    ("RINGBACK_EGRESS_ALLOW_HTTP", "perhaps", "egress.allow_http", "true or false"),
    ("RINGBACK_LISTEN", "everywhere", "listen", "as 127.0.0.1:8420"),
    ("RINGBACK_EGRESS_PORTS", "443,x", "egress.ports", "from 1 to 65535"),
    ("RINGBACK_DISPATCH_DRAIN_TIME", "soon", "dispatch.drain_time", "a duration such as"),
    ("RINGBACK_SECRETS_KEY_FILE", "/nowhere/key", "secrets.key_file", "put the file there"),
];

/// Every file and directory below `dir`.
fn listing(dir: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path));
        }
        found.insert(path);
    }
    found
}

/// A directory with a good certificate and its key, the key of another, and a file that is none of these.
fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let made = || rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (one, other) = (made(), made());
    for (name, text) in [
        ("cert.pem", one.cert.pem()),
        ("key.pem", one.signing_key.serialize_pem()),
        ("other.pem", other.signing_key.serialize_pem()),
        ("short", "c2hvcnQ=\n".to_owned()),
    ] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// What `check` says of the configuration, which must be refused.
fn refused(dir: &Path, text: &str, variables: &[(&str, &str)]) -> String {
    let file = dir.join("ringback.toml");
    std::fs::write(&file, text.replace("DIR", dir.to_str().unwrap())).unwrap();
    let before = listing(dir);
    let mut command = Command::new(BINARY);
    command.arg("check").arg("--config").arg(&file).current_dir(dir).env_clear();
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let reported = String::from_utf8(output.stderr).unwrap().replace(dir.to_str().unwrap(), "DIR");
    assert_eq!(output.status.code(), Some(78), "{text}\n{reported}");
    assert!(output.stdout.is_empty(), "{text}");
    assert_eq!(listing(dir), before, "{text}");
    reported
}

#[test]
fn each_is_reported_with_its_place_its_setting_and_the_remedy() {
    assert!(BROKEN.len() + VARIABLES.len() > 50);
    let dir = directory();
    for (text, line, key, remedy) in BROKEN {
        let reported = refused(dir.path(), text, &[]);
        let place = format!("error: DIR/ringback.toml:{line}: {key}: ");
        let found = reported.lines().any(|line| line.starts_with(&place) && line.contains(remedy));
        assert!(found, "{text}\n  wants {place}…{remedy}\n{reported}");
    }
    for (name, value, key, remedy) in VARIABLES {
        let reported = refused(dir.path(), "", &[(name, value)]);
        let place = format!("error: {name}: {key}: ");
        assert!(reported.starts_with(&place) && reported.contains(remedy), "{reported}");
    }
}

#[test]
fn a_key_by_two_ways_is_refused() {
    let dir = directory();
    let credentials = dir.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    std::fs::write(credentials.join("seal-key"), key).unwrap();
    std::fs::write(dir.path().join("key"), key).unwrap();
    let variables = [("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    let reported = refused(dir.path(), "[secrets]\nkey_file = \"DIR/key\"", &variables);
    assert!(
        reported.contains("ringback.toml:2: secrets.key_file: ")
            && reported.contains("remove one of the two"),
        "{reported}"
    );
}

#[test]
fn a_file_that_is_not_there_or_no_text_is_named() {
    let dir = directory();
    let check = |file: &Path| {
        let output = Command::new(BINARY).arg("check").arg("--config").arg(file).output().unwrap();
        assert_eq!(output.status.code(), Some(78));
        String::from_utf8(output.stderr).unwrap()
    };
    let file = dir.path().join("none.toml");
    let reported = check(&file);
    assert!(
        reported.contains(file.to_str().unwrap()) && reported.contains("put the file there"),
        "{reported}"
    );
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    let reported = check(&file);
    assert!(
        reported.contains(file.to_str().unwrap()) && reported.contains("name a readable text file"),
        "{reported}"
    );
}
