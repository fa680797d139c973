use std::time::Duration;

use super::*;
use crate::domain::form::{PayloadForm, Verification};
use crate::domain::hmac_scheme::{Encoding, HmacAlgorithm, HmacKey, HmacScheme};
use crate::domain::profile::{JwtAlgorithm, SignatureScheme};
use crate::domain::profiles::Profiles;
use crate::domain::retry::{OnGone, RetryOn, Waits};

fn file(text: &str) -> Inputs {
    Inputs { file: Some(("ringback.toml".into(), text.into())), ..Inputs::default() }
}

fn problems(inputs: Inputs) -> Vec<String> {
    load(inputs).unwrap_err().0.iter().map(ToString::to_string).collect()
}

fn vars(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn nothing_is_a_working_configuration() {
    let Loaded { config, warnings, .. } = load(Inputs::default()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8420");
    assert_eq!(config.admin_listen.to_string(), "127.0.0.1:8421");
    assert_eq!(config.data_dir, PathBuf::from("./ringback-data"));
    assert_eq!(config.seal_key, SealKey::Beside("./ringback-data/seal-key".into()));
    assert_eq!(config.profiles, Profiles::new([]));
    assert!(config.egress.allow.is_empty() && !config.egress.allow_http);
    assert!(warnings.is_empty());
}

#[test]
fn flag_wins_over_variable_over_file_over_default() {
    let mut inputs = file("listen = \"127.0.0.1:1\"\nadmin_listen = \"127.0.0.1:2\"\ndata_dir = \"/file\"\n");
    inputs.env = vars(&[
        ("RINGBACK_ADMIN_LISTEN", "127.0.0.1:3\r\n"),
        ("RINGBACK_DATA_DIR", "/env"),
        ("RINGBACK_LISTEN", ""),
    ]);
    inputs.flags = vec![Flag { key: "data_dir", name: "--data-dir", text: "/flag".into() }];
    let config = load(inputs).unwrap().config;
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.admin_listen, Listen::Tcp("127.0.0.1:3".parse().unwrap()));
    assert_eq!(config.data_dir, PathBuf::from("/flag"));
    assert_eq!(config.log.level, "info");
}

/// A value that is not the default.
fn other(key: &str) -> &'static str {
    match key {
        "listen" => "127.0.0.1:0",
        "admin_listen" => "unix:/run/admin.sock",
        key if key.starts_with("admin_tls.") => "",
        "public_url" => "https://hooks.example.com",
        "otlp.endpoint" => "http://collector.example:4318/",
        "egress.proxy" => "http://user:word@127.0.0.1:3128",
        "egress.no_proxy" => "example.com",
        "dev"
        | "metrics.open_on_loopback"
        | "egress.allow_http"
        | "egress.allow_special_names"
        | "egress.allow_any_certificate" => "true",
        "log.format" => "json",
        "api.default_profile" => "job-webhooks",
        "webhooks.verification" => "challenge",
        "egress.allow" => "10.0.0.0/8, 192.168.0.0/16",
        "trusted_proxies" => "127.0.0.1, 10.0.0.0/8",
        "egress.ports" => "443,8443",
        "dispatch.in_flight_global" | "dispatch.in_flight_per_webhook" | "backup.keep" => "6",
        "log.level" => "ringback=debug,hyper=warn",
        key if key.ends_with("time") || key.ends_with("window") || key.starts_with("retention.e") => "7s",
        "retention.attempts" | "retention.audit" | "backup.every" => "9d",
        key if key.contains("bytes") || key.contains("floor") => "4MiB",
        key if key.starts_with("quotas.") || key == "metrics.per_webhook" => "7",
        _ => "/some/path",
    }
}

#[test]
fn every_setting_can_be_a_variable() {
    let env = keys().map(|key| (key.variable(), other(key.name).to_owned())).collect();
    let config = load(Inputs { env, ..Inputs::default() }).unwrap().config;
    assert_eq!(config.egress.ports, Ports::Only(vec![443, 8443]));
    assert_eq!(config.egress.allow.len(), 4, "dev adds this host to the ranges");
    assert_eq!(config.retention.attempts, Duration::from_secs(9 * 86_400));
    assert_eq!(config.seal_key, SealKey::Configured("/some/path".into()));
    assert_eq!(config.store.cache_bytes, 4 << 20);
    let every = Duration::from_secs(9 * 86_400);
    assert_eq!(config.backup, Backup { dir: Some("/some/path".into()), every, keep: 6 });
}

/// A row reads into one place, shows that place, and keeps it.
#[test]
fn every_row_reads_shows_and_keeps_the_same() {
    let default = load(Inputs::default()).unwrap();
    for key in keys().filter(|key| !key.name.contains("tls.")) {
        let env = vars(&[(&key.variable(), other(key.name))]);
        let mut changed = load(Inputs { env, ..Inputs::default() }).unwrap();
        let differ = |changed: &Loaded| {
            let pairs = default.settings.iter().zip(&changed.settings);
            let differ = pairs.filter(|(old, new)| old.value != new.value);
            differ.map(|(old, _)| old.key.clone()).collect::<Vec<_>>()
        };
        // These are where another one says.
        let follow: &[&str] = match key.name {
            "dev" => &["egress.allow", "egress.allow_http", "egress.allow_special_names", "egress.ports"],
            "data_dir" => &["secrets.key_file"],
            _ => &[],
        };
        let mut expected: Vec<&str> = std::iter::once(key.name).chain(follow.iter().copied()).collect();
        let mut found = differ(&changed);
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected);
        for name in &expected {
            let row = keys().find(|key| key.name == *name).unwrap();
            (row.keep)(&default.config, &mut changed.config);
        }
        assert_eq!(changed.config, default.config, "{}", key.name);
    }
}

#[test]
fn a_certificate_is_read_shown_and_kept_with_its_key() {
    for table in ["tls", "admin_tls"] {
        let text = format!("[{table}]\ncert_file = \"/c.pem\"\nkey_file = \"/k.pem\"\n");
        let loaded = load(file(&text)).unwrap();
        let shown = |name: &str| {
            let key = format!("{table}.{name}");
            loaded.settings.iter().find(|setting| setting.key == key).unwrap().value.clone()
        };
        assert_eq!((shown("cert_file"), shown("key_file")), ("/c.pem".into(), "/k.pem".into()));
        for half in ["cert_file", "key_file"] {
            let told = problems(file(&format!("[{table}]\n{half} = \"/c.pem\"\n")));
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].ends_with(&format!("is required: {half} is given")), "{told:?}");
        }
    }
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let mut inputs = file(
        "lisen = \"127.0.0.1:1\"\nlisten = \"here\"\n[log]\nformat = \"xml\"\nleveel = \"info\"\n[dispatch]\nin_flight_global = 0\n[egress]\nallow = [\"10.0.0.0/8\", \"home\"]\n",
    );
    inputs.env = vars(&[("RINGBACK_DEV", "perhaps")]);
    let problems = problems(inputs);
    assert_eq!(problems.len(), 7, "{problems:#?}");
    for expected in [
        "ringback.toml:1: lisen: unknown setting; did you mean `listen`?",
        "ringback.toml:2: listen: must be an address and a port up to 65535, such as 127.0.0.1:8420, [::1]:8420, or :8420 for every address",
        "ringback.toml:4: log.format: must be auto, logfmt or json",
        "ringback.toml:5: log.leveel: unknown setting; did you mean `level`?",
        "ringback.toml:7: dispatch.in_flight_global: must be 1 to 65536",
        "ringback.toml:9: egress.allow: must be an address range such as 192.168.1.0/24",
        "RINGBACK_DEV: dev: must be true or false",
    ] {
        assert!(problems.iter().any(|p| p == expected), "{expected} is not in {problems:#?}");
    }
}

#[test]
fn wrong_shapes_are_problems() {
    for (text, expected) in [
        ("log = 5\n", "must be a table"),
        ("listen = [\"a\"]\n", "not a list"),
        ("[listen]\n", "not a table"),
        ("[egress.allow]\n", "must be a list"),
        ("[profiles]\nx = 1\n", "must be a table"),
        ("a = = 1\n", "ringback.toml:1"),
        ("listen = \"127.0.0.1:5\"\nadmin_listen = \"127.0.0.1:5\"\n", "must not be the same"),
    ] {
        let problems = problems(file(text));
        assert!(problems.iter().any(|p| p.contains(expected)), "{text}: {problems:?}");
    }
}

#[test]
fn dev_opens_this_host() {
    let config = load(file("dev = true\n")).unwrap().config;
    let local: std::net::IpAddr = [127, 0, 0, 1].into();
    assert!(config.egress.allow.iter().any(|net| net.contains(&local)));
    assert!(config.egress.allow_http && config.egress.ports == Ports::Any);
    let config = load(file("dev = true\n[egress]\nallow_http = false\n")).unwrap().config;
    assert!(!config.egress.allow_http, "what is written wins");
}

#[test]
fn taking_any_certificate_is_warned_of() {
    assert_eq!(load(Inputs::default()).unwrap().warnings.len(), 0);
    let loaded = load(file("[egress]\nallow_any_certificate = true\n")).unwrap();
    assert!(loaded.config.egress.allow_any_certificate);
    assert!(loaded.warnings.iter().any(|warning| warning.contains("secrets")), "{:?}", loaded.warnings);
}

#[test]
fn the_service_manager_names_the_directory_and_the_key() {
    let env = vars(&[("STATE_DIRECTORY", "/var/lib/ringback:/var/lib/other")]);
    let inputs =
        Inputs { env, sealed_credential: Some("/run/credentials/seal-key".into()), ..Inputs::default() };
    let both = Inputs { file: file("[secrets]\nkey_file = \"/k\"\n").file, ..inputs.clone() };
    assert!(problems(both)[0].contains("remove one of the two"), "which of them seals must be plain");
    let config = load(inputs).unwrap().config;
    assert_eq!(config.data_dir, PathBuf::from("/var/lib/ringback"));
    assert_eq!(config.seal_key, SealKey::Configured("/run/credentials/seal-key".into()));
}

#[test]
fn strange_variables_warn_only_when_they_look_like_slips() {
    let env =
        vars(&[("RINGBACK_LISTN", "x"), ("RINGBACK_PORT_8420_TCP_PROTO", "tcp"), ("RINGBACK_TOKEN", "t")]);
    let warnings = load(Inputs { env, ..Inputs::default() }).unwrap().warnings;
    assert_eq!(warnings, ["unknown setting RINGBACK_LISTN; did you mean RINGBACK_LISTEN?"]);
}

#[test]
fn a_profile_says_everything() {
    let text = r#"
        [profiles.acme]
        extends = "job-webhooks"
        signature = ["standard", { scheme = "timestamped", header = "X-Acme-Signature", multi_signature = true }]
        payload = "envelope"
        headers = { X-Env = "prod" }
        event_header = "X-Acme-Event"
        user_agent = "acme/1"
        content_type = "application/json; charset=utf-8"
        retry = { exponential = { base = "1m", factor = 2, max = "12h", attempts = 12 }, jitter = 0.2 }
        retry_on = "server_errors"
        respect_retry_after = true
        on_gone = "retry"
        retry_too_large = false
        default_events = ["order.*", "job.failed"]
        timeouts = { connect = "1s", body = "2s", total = "3s" }
        max_body = "1MiB"
        disable_after = { failing_for = "1d", attempts = 5 }
    "#;
    let config = load(file(text)).unwrap().config;
    let profile = config.profiles.get("acme").unwrap();
    let header = http::HeaderName::from_static("x-acme-signature");
    assert_eq!(
        profile.signature,
        [SignatureScheme::Standard, SignatureScheme::Timestamped { header, multi_signature: true }]
    );
    assert_eq!(profile.payload, PayloadForm::Envelope);
    assert_eq!(profile.headers.len(), 1);
    let hours12 = Duration::from_secs(12 * 3600);
    let base = Duration::from_secs(60);
    assert_eq!(profile.retry.waits, Waits::Exponential { base, factor: 2.0, max: hours12, attempts: 12 });
    assert_eq!((profile.retry.retry_on, profile.retry.on_gone), (RetryOn::ServerErrors, OnGone::Retry));
    assert!((profile.retry.jitter - 0.2).abs() < 1e-9);
    assert_eq!(profile.timeouts.total, Duration::from_secs(3));
    assert_eq!(profile.max_body, 1 << 20);
    assert!(!profile.retry.retry_too_large);
    assert_eq!(profile.default_events, ["order.*", "job.failed"].map(|name| name.parse().unwrap()));
    assert_eq!(profile.disable_after.unwrap().attempts, 5);
}

#[test]
fn an_empty_profile_is_the_one_it_extends() {
    let text = "[profiles.plain]\n[profiles.quick]\nextends = \"job-webhooks\"\n[profiles.job-webhooks]\ndisable_after = \"never\"\n";
    let config = load(file(text)).unwrap().config;
    let built_in = Profiles::new([]);
    assert_eq!(config.profiles.get("plain"), built_in.get("standard"));
    assert_eq!(config.profiles.get("quick"), built_in.get("job-webhooks"));
    let redefined = config.profiles.get("job-webhooks").unwrap();
    assert_eq!(redefined.payload, PayloadForm::Stamped, "a redefined built-in keeps what is not said");
    assert_eq!(redefined.disable_after, None);
}

#[test]
fn the_example_of_run_webhooks_is_the_built_in_profile() {
    let text = include_str!("../../packaging/profiles/run-webhooks.toml");
    let config = load(file(text)).unwrap().config;
    assert_eq!(config.profiles.get("run-webhooks"), Profiles::new([]).get("run-webhooks"));
    let text = text.replace("[profiles.run-webhooks]", "[profiles.other]");
    let config = load(file(&text)).unwrap().config;
    assert_eq!(config.profiles.get("other"), Profiles::new([]).get("run-webhooks"));
    for (line, expected) in [
        ("max_attempts = { \"a b\" = 1 }", "may hold only"),
        ("max_attempts = { TEST = 0 }", "must be 1 to 100"),
        ("delivery_header = \"a b\"", "delivery_header"),
    ] {
        let told = load(file(&format!("[profiles.x]\n{line}\n"))).unwrap_err().to_string();
        assert!(told.contains(expected), "{line}: {told}");
    }
}

#[test]
fn a_wrong_profile_is_reported() {
    for (line, expected) in [
        ("signature = [\"rot13\"]", "profiles.x.signature: must be"),
        (
            "signature = [{ scheme = \"timestamped\" }]",
            "ringback.toml:2: profiles.x.signature: header is required",
        ),
        ("signature = [{ scheme = \"standard\", header = \"X\" }]", "unknown setting"),
        ("retry = { schedule = [] }", "ringback.toml:2: profiles.x.retry: a retry policy makes 1 to"),
        ("retry = { schedule = [\"5\"] }", "must be a duration"),
        ("retry = { schedule = [\"5s\"], quadratic = { attempts = 2 } }", "name one of"),
        ("retry = { quadratic = { attempts = 0 } }", "this one makes 0"),
        ("retry = { exponential = { factor = 0.5 } }", "at least 1"),
        ("retry = { schedule = [\"99d\"] }", "days at most"),
        ("retry = { exponentail = { base = \"1s\" } }", "did you mean `exponential`?"),
        ("timeouts = { connect = \"0s\" }", "more than 0s"),
        ("timeouts = { total = \"1s\" }", "at least connect"),
        ("headers = { \"bad name\" = \"v\" }", "must be a header's name"),
        ("headers = { User-Agent = \"x\" }", "a profile sets it for its webhooks, as `user_agent`"),
        ("headers = { Host = \"x\" }", "host cannot be set: it belongs to the daemon"),
        ("headers = { X-Key = \"{{secrets.KEY}}\" }", "nothing is filled in here"),
        ("default_events = [\"not a type\"]", "default_events"),
        ("extends = \"acme\"", "built-in profile"),
        ("disable_after = \"sometimes\"", "disable_after"),
    ] {
        let problems = problems(file(&format!("[profiles.x]\n{line}\n")));
        assert!(problems.iter().any(|p| p.contains(expected)), "{line}: {problems:?}");
    }
}

#[test]
fn a_profile_may_sign_with_tokens_or_not_at_all() {
    let text = "[profiles.p]\nsignature = [{ scheme = \"jwt\", header = \"X-Brand-Callback\", alg = \"EdDSA\" }]\n\
                [profiles.q]\nsignature = []\n[profiles.r]\nsignature = \"none\"\n";
    let config = load(file(text)).unwrap().config;
    let header = http::HeaderName::from_static("x-brand-callback");
    let scheme = SignatureScheme::Jwt { header, algorithm: Some(JwtAlgorithm::EdDsa) };
    assert_eq!(config.profiles.get("p").unwrap().signature, [scheme]);
    assert_eq!(config.profiles.get("q").unwrap().signature, []);
    assert_eq!(config.profiles.get("r").unwrap().signature, []);
    for (text, expected) in [
        ("{ scheme = \"jwt\" }", "header is required"),
        ("{ scheme = \"jwt\", header = \"X\", alg = \"none\" }", "alg: must be EdDSA or RS256"),
    ] {
        let problems = problems(file(&format!("[profiles.p]\nsignature = [{text}]\n")));
        assert!(problems.iter().any(|p| p.contains(expected)), "{text}: {problems:?}");
    }
    let text = "[signing]\nrs256_key_file = \"/k.pem\"\n[secrets]\nkey_file = \"/new\"\nprevious_key_files = [\"/old\"]\n\
                [profiles.p]\nsignature = [{ scheme = \"jwt\", header = \"X\", alg = \"RS256\" }]\n";
    let config = load(file(text)).unwrap().config;
    assert_eq!(config.rs256_key, Some("/k.pem".into()));
    assert_eq!(config.previous_seal_keys, [PathBuf::from("/old")]);
}

#[test]
fn the_store_says_what_callbacks_are_signed_with_unless_their_profile_does() {
    let algorithm = |text: &str, name: &str| {
        let config = load(file(text)).unwrap().config;
        match config.profiles.get(name).unwrap().signature.as_slice() {
            [SignatureScheme::Jwt { algorithm, .. }] => *algorithm,
            other => panic!("{other:?}"),
        }
    };
    let jwt = |more: &str| format!("signature = [{{ scheme = \"jwt\", header = \"X-Brand\"{more} }}]");
    assert_eq!(algorithm("", "action-runs"), None);
    assert_eq!(algorithm(&format!("[profiles.action-runs]\n{}", jwt("")), "action-runs"), None);
    assert_eq!(algorithm(&format!("[profiles.p]\nextends = \"action-runs\"\n{}", jwt("")), "p"), None);
    let set = format!("[profiles.action-runs]\n{}", jwt(", alg = \"EdDSA\""));
    assert_eq!(algorithm(&set, "action-runs"), Some(JwtAlgorithm::EdDsa));
    assert_eq!(algorithm(&format!("[profiles.p]\n{}", jwt("")), "p"), Some(JwtAlgorithm::EdDsa));
}

#[test]
fn a_profile_may_sign_with_an_hmac_of_its_own() {
    let scheme = |table: &str| {
        let text = format!("[profiles.p]\nsignature = [{{ scheme = \"hmac\", {table} }}]\n");
        match load(file(&text)).map(|loaded| loaded.config.profiles.get("p").unwrap().signature.clone()) {
            Ok(schemes) => match &schemes[..] {
                [SignatureScheme::Hmac(scheme)] => Ok(scheme.clone()),
                other => panic!("{other:?}"),
            },
            Err(_) => Err(problems(file(&text)).join("; ")),
        }
    };
    let header = |name: &'static str| http::HeaderName::from_static(name);
    let plain = HmacScheme {
        header: header("x-sig"),
        algorithm: HmacAlgorithm::Sha256,
        content: "{body}".parse().unwrap(),
        encoding: Encoding::Hex,
        prefix: String::new(),
        key: HmacKey::Text,
        timestamp_header: None,
        id_header: None,
    };
    assert_eq!(scheme("header = \"X-Sig\""), Ok(plain.clone()));
    let all = "header = \"X-Sig\", algorithm = \"sha1\", content = \"{url}{timestamp}{id}{body}\", encoding = \"base64\", \
               prefix = \"v0=\", key = \"bytes\", timestamp_header = \"X-Time\", id_header = \"X-Id\"";
    let full = HmacScheme {
        algorithm: HmacAlgorithm::Sha1,
        content: "{url}{timestamp}{id}{body}".parse().unwrap(),
        encoding: Encoding::Base64,
        prefix: "v0=".to_owned(),
        key: HmacKey::Bytes,
        timestamp_header: Some(header("x-time")),
        id_header: Some(header("x-id")),
        ..plain
    };
    assert_eq!(scheme(all), Ok(full));
    for (table, expected) in [
        ("algorithm = \"sha1\"", "header is required"),
        ("header = \"X\", algorithm = \"md5\"", "algorithm: must be sha256, sha512 or sha1"),
        ("header = \"X\", encoding = \"base32\"", "encoding: must be hex or base64"),
        ("header = \"X\", key = \"raw\"", "key: must be text"),
        ("header = \"X\", prefix = \"a b\"", "prefix: must be at most 64 visible ASCII characters"),
        ("header = \"X\", content = \"{timestamp}\"", "content: must hold {body}"),
        ("header = \"X\", content = \"{stamp}.{body}\"", "content: holds a brace"),
        ("header = \"X\", content = \"{timestamp}.{body}\"", "set timestamp_header"),
        ("header = \"X\", id_header = \"x\"", "x is the name of two headers"),
        ("header = \"Content-Length\"", "header: content-length"),
        ("header = \"User-Agent\"", "user_agent"),
        ("header = \"X\", multi_signature = true", "multi_signature"),
    ] {
        let refused = scheme(table).unwrap_err();
        assert!(refused.contains(expected), "{table}: {refused}");
    }
}

/// Examples that people copy must be taken as they are.
#[test]
fn packaged_profiles_are_configurations() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/profiles");
    let mut found = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let Loaded { config, warnings, .. } =
            load(file(&text)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let table: toml::Table = text.parse().unwrap();
        let named = table.get("profiles").and_then(toml::Value::as_table).into_iter().flatten();
        for (name, _) in named {
            assert!(config.profiles.get(name).is_some(), "{}: {name}", path.display());
            found += 1;
        }
        assert!(warnings.is_empty(), "{}: {warnings:?}", path.display());
    }
    assert!(found >= 9);
}

/// The file that documents every setting, and the same with what is commented out.
fn documented() -> (String, String) {
    let text = include_str!("../../packaging/ringback.toml");
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => rest.to_owned(),
        _ => line.to_owned(),
    };
    (text.to_owned(), text.lines().map(|line| uncomment(line) + "\n").collect())
}

#[test]
fn the_documented_settings_are_the_defaults() {
    let (text, _) = documented();
    let (written, default) = (load(file(&text)).unwrap(), load(Inputs::default()).unwrap());
    assert_eq!((written.config, written.warnings), (default.config, default.warnings));
}

#[test]
fn every_setting_is_documented() {
    let (_, whole) = documented();
    load(file(&whole)).unwrap();
    let table: toml::Table = whole.parse().unwrap();
    // What is only in some builds is described in docs/operations.md.
    for key in keys().map(|key| key.name).filter(|name| !name.starts_with("otlp.")) {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        let inside =
            if section.is_empty() { Some(&table) } else { table.get(section).and_then(|t| t.as_table()) };
        assert!(
            inside.is_some_and(|inside| inside.contains_key(name)),
            "{key} is not in packaging/ringback.toml"
        );
    }
}

#[test]
fn the_packaged_profiles_say_what_is_built_in() {
    let built_in = Profiles::new([]);
    for (name, text) in [
        ("rest-hooks", include_str!("../../packaging/profiles/rest-hooks.toml")),
        ("notification-hooks", include_str!("../../packaging/profiles/notification-hooks.toml")),
    ] {
        // Over the standard profile, so that what the file leaves out shows.
        let bare = text.replacen(&format!("[profiles.{name}]"), "[profiles.read]\nextends = \"standard\"", 1);
        let read = load(file(&bare)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(read.config.profiles.get("read"), built_in.get(name), "{name}");
    }
}

#[test]
fn a_profile_may_ask_for_confirmation() {
    let profile = |text: &str| {
        load(file(&format!("[profiles.p]\n{text}"))).unwrap().config.profiles.get("p").unwrap().clone()
    };
    assert_eq!(profile("").verification, None);
    for kind in Verification::ALL {
        let found = profile(&format!("verification = \"{}\"", kind.as_str()));
        assert_eq!(found.verification, Some(kind));
    }
    assert!(profile("disable_when_exhausted = true").disable_when_exhausted);
    let found = problems(file("[profiles.p]\nverification = \"odd\"\ndisable_when_exhausted = 7"));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.iter().any(|text| text.contains("x-hook-secret, cloudevents, websub, challenge")),
        "{found:?}"
    );
}

#[cfg(not(feature = "otlp"))]
#[test]
fn a_setting_of_another_build_is_refused_wherever_it_is_written() {
    let refused = "is not part of this build; remove it, or build with `--features otlp`";
    let written = file("\n[otlp]\nendpoint = \"http://127.0.0.1:4318\"\n");
    assert_eq!(problems(written), [format!("ringback.toml:2: otlp: {refused}")]);
    let env = vars(&[("RINGBACK_OTLP_ENDPOINT", "http://127.0.0.1:4318")]);
    assert_eq!(
        problems(Inputs { env, ..Inputs::default() }),
        [format!("RINGBACK_OTLP_ENDPOINT: otlp: {refused}")]
    );
}

#[cfg(feature = "otlp")]
#[test]
fn a_collector_is_an_http_url() {
    let otlp = |url: &str| file(&format!("[otlp]\nendpoint = \"{url}\"\n"));
    assert_eq!(load(Inputs::default()).unwrap().config.otlp, None);
    let given = load(otlp("http://[::1]:4318/tenant/")).unwrap().config.otlp;
    assert_eq!(given.as_deref(), Some("http://[::1]:4318/tenant"));
    for bad in ["https://127.0.0.1:4318", "127.0.0.1:4318", "http://127.0.0.1/?a=b", "http://a@b"] {
        let problems = problems(otlp(bad));
        assert!(problems[0].contains("must be an http URL without a query"), "{bad}: {problems:?}");
    }
}
