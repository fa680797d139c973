//! The daemon itself: its listeners, files, keys and log.

use std::path::PathBuf;

use tracing_subscriber::filter::Targets;

use super::super::field::Field;
use super::super::key::{Key, key};
use super::super::parse::{self, path};
use super::super::settings::{Listen, LogFormat, SealKey, Tls};
use super::super::show::Show as _;

pub(super) const KEYS: &[Key] = &[
    key!(
        "listen",
        AtStart,
        "The API's listen address; ignored where systemd hands over a socket (ringback.socket). Give it a certificate ([tls]), or put a proxy with TLS in front of it, before opening it to others.",
        listen = |from, _| from.take(([127, 0, 0, 1], 8420).into(), parse::socket)
    ),
    key!(
        "admin_listen",
        AtStart,
        "Where probes, metrics and operations listen. Keep it on loopback, or make it a socket that only the daemon's user and group can use, such as \"unix:/run/ringback/admin.sock\".",
        admin_listen = |from, config| {
            let listen = from.take(Listen::Tcp(([127, 0, 0, 1], 8421).into()), parse::listen);
            if listen == Listen::Tcp(config.listen) && config.listen.port() != 0 {
                from.refuse("must not be the same as listen; give it another port");
            }
            listen
        }
    ),
    key!(
        "public_url", AtStart,
        "The API's base URL as others see it; resource URLs and tokens name it. By default the listen address.",
        public_url = |from, _| from.optional(parse::public_url),
        example "\"https://hooks.example.com\""
    ),
    key!(
        "data_dir",
        AtStart,
        "The directory of the store. Under systemd: its state directory.",
        data_dir = |from, config| from.take(config.data_dir.clone(), path)
    ),
    key!(
        "actors_dir", OnReload,
        "A directory with the declarations of actors, ID/actor.json or ID.json, read at each start and reload.",
        actors_dir = |from, _| from.optional(path),
        example "\"/etc/ringback/actors\""
    ),
    key!(
        "trusted_proxies",
        OnReload,
        "Proxies in front of the listeners, as addresses and ranges: [\"127.0.0.1\", \"::1\", \"10.0.0.0/8\"]. The client's address is taken from Forwarded or X-Forwarded-For only for their requests. Requests over a Unix socket count as from 127.0.0.1.",
        trusted_proxies = |from, _| from.list(parse::range).unwrap_or_default()
    ),
    key!(
        "dev",
        OnReload,
        "For a developer's machine: targets on this host, plain http and every port are allowed.",
        dev = |from, _| from.take(false, parse::boolean)
    ),
    key!(
        "log.format",
        AtStart,
        "auto (for people on a terminal, logfmt otherwise), logfmt or json.",
        log.format = |from, _| from.take(LogFormat::Auto, |word| match word {
            "auto" => Ok(LogFormat::Auto),
            "logfmt" => Ok(LogFormat::Logfmt),
            "json" => Ok(LogFormat::Json),
            _ => Err("must be auto, logfmt or json".to_owned()),
        })
    ),
    key!(
        "log.level",
        OnReload,
        "error, warn, info, debug, trace or off, or target=level pairs separated by commas.",
        log.level = |from, _| from.take("info".to_owned(), level)
    ),
    key!(
        "secrets.key_file", AtStart,
        "The key that seals secrets at rest: 32 bytes in base64. By default the service manager's credential \"seal-key\", or else a file beside the store, created at the first start.",
        seal_key = |from, config| {
            let file = from.optional(path);
            match &config.seal_key {
                SealKey::Configured(credential) => {
                    if file.is_some_and(|file| file != *credential) {
                        from.refuse("the service manager's credential seal-key is set too; remove one of the two");
                    }
                    SealKey::Configured(credential.clone())
                }
                SealKey::Beside(_) => match file {
                    Some(file) => SealKey::Configured(file),
                    None => SealKey::Beside(config.data_dir.join("seal-key")),
                },
            }
        },
        example "\"/etc/ringback/seal-key\""
    ),
    key!(
        "secrets.previous_key_files",
        AtStart,
        "Earlier keys. Everything is sealed again with key_file, after which they are no longer needed.",
        previous_seal_keys = |from, _| from.list(path).unwrap_or_default()
    ),
    key!(
        "signing.rs256_key_file", OnReload,
        "An RSA key (PKCS#8, PEM) to sign RS256 tokens with instead of a key that the daemon makes. A replaced file is published at the next reload and signs 5 minutes later; the key before it stays published for its last tokens.",
        rs256_key = |from, _| from.optional(path),
        example "\"/etc/ringback/rs256.pem\""
    ),
    key!(
        "tls.cert_file", OnReloadIfSet, "The certificate, in PEM form.",
        tls = |from, _| cert_file(from),
        show |tls: &Option<Tls>| tls.as_ref().map(|tls| tls.cert_file.clone()).show(),
        example "\"/etc/ringback/cert.pem\""
    ),
    key!(
        "tls.key_file", OnReloadIfSet, "Its key.",
        tls = |from, config| key_file(from, config.tls.as_ref()),
        show |tls: &Option<Tls>| tls.as_ref().map(|tls| tls.key_file.clone()).show(),
        example "\"/etc/ringback/key.pem\""
    ),
    key!(
        "admin_tls.cert_file", OnReloadIfSet, "The certificate, in PEM form.",
        admin_tls = |from, _| cert_file(from),
        show |tls: &Option<Tls>| tls.as_ref().map(|tls| tls.cert_file.clone()).show(),
        example "\"/etc/ringback/cert.pem\""
    ),
    key!(
        "admin_tls.key_file", OnReloadIfSet, "Its key.",
        admin_tls = |from, config| {
            if config.admin_tls.is_some() && matches!(config.admin_listen, Listen::Unix(_)) {
                from.table().refuse("does not apply to a Unix socket; remove it");
            }
            key_file(from, config.admin_tls.as_ref())
        },
        show |tls: &Option<Tls>| tls.as_ref().map(|tls| tls.key_file.clone()).show(),
        example "\"/etc/ringback/key.pem\""
    ),
    #[cfg(feature = "otlp")]
    key!(
        "otlp.endpoint", AtStart,
        "The collector of spans, as an http URL.",
        otlp = |from, _| from.optional(|text| match parse::public_url(text) {
            Ok(url) if url.starts_with("http://") => Ok(url),
            _ => Err(
                "must be an http URL without a query, such as http://127.0.0.1:4318; https is not supported"
                    .to_owned(),
            ),
        }),
        example "\"http://127.0.0.1:4318\""
    ),
];

/// A certificate whose key is still to be read. Neither comes without the other.
fn cert_file(from: &mut Field<'_, '_>) -> Option<Tls> {
    match (from.table().has("cert_file"), from.table().has("key_file")) {
        (true, false) => from.table().refuse("key_file is required: cert_file is given"),
        (false, true) => from.table().refuse("cert_file is required: key_file is given"),
        (true, true) | (false, false) => {}
    }
    from.optional(path).map(|cert_file| Tls { cert_file, key_file: PathBuf::new() })
}

fn key_file(from: &mut Field<'_, '_>, tls: Option<&Tls>) -> Option<Tls> {
    let key_file = from.optional(path);
    tls.zip(key_file).map(|(Tls { cert_file, .. }, key_file)| Tls { cert_file: cert_file.clone(), key_file })
}

fn level(text: &str) -> Result<String, String> {
    // A word alone is a target to the filter, all of whose lines are let through: a slip of a level.
    let levels = ["error", "warn", "info", "debug", "trace", "off"];
    let level = |part: &str| part.rsplit('=').next().is_some_and(|level| levels.contains(&level.trim()));
    let slip = !text.split(',').all(level);
    let read = text.parse::<Targets>();
    let wrong = "must be error, warn, info, debug, trace or off, or target=level pairs";
    read.ok().filter(|_| !slip).map(|_| text.to_owned()).ok_or_else(|| wrong.to_owned())
}
