//! Every setting with its name, its bounds and its default: the one place for them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use tracing_subscriber::filter::Targets;

use super::reader::Section;
use super::settings::{
    Backup, Config, Dispatch, Egress, Events, Listen, Log, LogFormat, Ports, Quotas, Retention, SealKey,
    Store, Tls,
};
use super::{parse, profile};
use crate::domain;
use crate::domain::form::Verification;
use crate::domain::profiles::Profiles;
use crate::domain::quota::Held;
use crate::limits;

/// The settings a variable may set: all but profiles.
pub(super) const KEYS: [&str; if cfg!(feature = "otlp") { 48 } else { 47 }] = [
    "listen",
    "admin_listen",
    "public_url",
    "data_dir",
    "actors_dir",
    "trusted_proxies",
    "dev",
    "api.default_profile",
    "log.format",
    "log.level",
    "egress.allow",
    "egress.allow_http",
    "egress.allow_special_names",
    "egress.ports",
    "egress.extra_ca",
    "egress.allow_any_certificate",
    "dispatch.in_flight_global",
    "dispatch.in_flight_per_webhook",
    "dispatch.drain_time",
    "webhooks.verification",
    "events.idempotency_window",
    "events.max_data_bytes",
    "retention.events",
    "retention.attempts",
    "retention.audit",
    "retention.max_store_bytes",
    "quotas.webhooks",
    "quotas.event_types",
    "quotas.memory_bytes",
    "quotas.replays",
    "quotas.connections",
    "quotas.waits",
    "quotas.requests_per_second",
    "quotas.requests_per_second_per_token",
    "quotas.auth_failures_per_minute",
    "store.cache_bytes",
    "store.disk_free_floor",
    "backup.dir",
    "backup.every",
    "backup.keep",
    "secrets.key_file",
    "secrets.previous_key_files",
    "signing.rs256_key_file",
    "tls.cert_file",
    "tls.key_file",
    "admin_tls.cert_file",
    "admin_tls.key_file",
    #[cfg(feature = "otlp")]
    "otlp.endpoint",
];

/// Settings of other builds. They are read only to be refused.
#[cfg(feature = "otlp")]
pub(super) const LACKING: &[&str] = &[];
#[cfg(not(feature = "otlp"))]
pub(super) const LACKING: &[&str] = &["otlp.endpoint"];

/// Defaults that the surroundings decide.
pub(super) struct Around {
    pub(super) state_dir: Option<PathBuf>,
    pub(super) sealed_credential: Option<PathBuf>,
}

pub(super) fn read(mut root: Section<'_>, around: Around) -> Config {
    let dev = root.take("dev", false, parse::boolean);
    let default_dir = around.state_dir.unwrap_or_else(|| PathBuf::from("./ringback-data"));
    let data_dir = root.take("data_dir", default_dir, path);
    let listen = root.take("listen", ([127, 0, 0, 1], 8420).into(), parse::socket);
    let at = root.origin("admin_listen");
    let admin_listen = root.take("admin_listen", Listen::Tcp(([127, 0, 0, 1], 8421).into()), parse::listen);
    if admin_listen == Listen::Tcp(listen) && listen.port() != 0 {
        root.refuse_at(at, "admin_listen", "must not be the same as listen; give it another port");
    }
    let tls = self::tls(root.section("tls"));
    let at = root.origin("admin_tls");
    let admin_tls = self::tls(root.section("admin_tls"));
    if admin_tls.is_some() && matches!(admin_listen, Listen::Unix(_)) {
        root.refuse_at(at, "admin_tls", "does not apply to a Unix socket; remove it");
    }
    let (key_file, previous_seal_keys) =
        secrets(root.section("secrets"), around.sealed_credential.as_deref());
    let rs256_key = signing(root.section("signing"));
    let profiles = Profiles::new(root.section("profiles").tables(profile::read));
    let profiles = profiles.requiring(webhooks(root.section("webhooks")));
    let profiles = api(root.section("api"), profiles);
    let config = Config {
        listen,
        admin_listen,
        public_url: root.optional("public_url", public_url),
        actors_dir: root.optional("actors_dir", path),
        trusted_proxies: root.list("trusted_proxies", parse::range).unwrap_or_default(),
        dev,
        log: log(root.section("log")),
        egress: egress(root.section("egress"), dev),
        dispatch: dispatch(root.section("dispatch")),
        events: events(root.section("events")),
        retention: retention(root.section("retention")),
        quotas: quotas(root.section("quotas")),
        store: store(root.section("store")),
        backup: backup(root.section("backup")),
        seal_key: match around.sealed_credential.or(key_file) {
            Some(given) => SealKey::Given(given),
            None => SealKey::Beside(data_dir.join("seal-key")),
        },
        previous_seal_keys,
        rs256_key,
        #[cfg(feature = "otlp")]
        otlp: otlp(root.section("otlp")),
        tls,
        admin_tls,
        profiles,
        data_dir,
    };
    #[cfg(not(feature = "otlp"))]
    root.withhold("otlp", "is not part of this build; remove it, or build with `--features otlp`");
    root.finish();
    config
}

/// A base that paths are put behind: without a slash at its end.
fn public_url(text: &str) -> Result<String, String> {
    let wrong =
        || "must be an http or https URL without a query, such as https://hooks.example.com".to_owned();
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !plain || url.host_str().is_none() || !["http", "https"].contains(&url.scheme()) {
        return Err(wrong());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn path(text: &str) -> Result<PathBuf, String> {
    parse::text(text).map(PathBuf::from)
}

fn log(mut section: Section<'_>) -> Log {
    let log = Log {
        format: section.take("format", LogFormat::Auto, |word| match word {
            "auto" => Ok(LogFormat::Auto),
            "logfmt" => Ok(LogFormat::Logfmt),
            "json" => Ok(LogFormat::Json),
            _ => Err("must be auto, logfmt or json".to_owned()),
        }),
        level: section.take("level", "info".to_owned(), level),
    };
    section.finish();
    log
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

fn egress(mut section: Section<'_>, dev: bool) -> Egress {
    let mut allow = section.list("allow", parse::range).unwrap_or_default();
    if dev {
        allow.extend(loopback());
    }
    let egress = Egress {
        allow,
        allow_http: section.take("allow_http", dev, parse::boolean),
        allow_special_names: section.take("allow_special_names", dev, parse::boolean),
        ports: ports(&mut section, dev),
        extra_ca: section.list("extra_ca", path).unwrap_or_default(),
        allow_any_certificate: section.take("allow_any_certificate", false, parse::boolean),
    };
    section.finish();
    egress
}

fn loopback() -> impl Iterator<Item = IpNet> {
    let all = [IpNet::new([127, 0, 0, 0].into(), 8), IpNet::new([0, 0, 0, 0, 0, 0, 0, 1].into(), 128)];
    all.into_iter().flatten()
}

fn ports(section: &mut Section<'_>, dev: bool) -> Ports {
    let named: Option<Vec<Ports>> = section.list("ports", |text| match text {
        "standard" => Ok(Ports::Standard),
        "any" => Ok(Ports::Any),
        number => match number.parse() {
            Ok(port) if port > 0 => Ok(Ports::Only(vec![port])),
            _ => Err("must be \"standard\", \"any\" or a list of ports from 1 to 65535".to_owned()),
        },
    });
    let default = if dev { Ports::Any } else { Ports::Standard };
    named.into_iter().flatten().reduce(Ports::or).unwrap_or(default)
}

fn dispatch(mut section: Section<'_>) -> Dispatch {
    let (global, lane) = (limits::GLOBAL_IN_FLIGHT, limits::LANE_IN_FLIGHT);
    let lane_max = limits::LANE_IN_FLIGHT_MAX;
    let dispatch = Dispatch {
        in_flight_global: section.bounded("in_flight_global", global, (1, 65_536), parse::whole),
        in_flight_per_webhook: section.bounded("in_flight_per_webhook", lane, (1, lane_max), parse::whole),
        drain_time: section.take("drain_time", Duration::from_secs(30), parse::duration),
    };
    section.finish();
    dispatch
}

/// The confirmation that every webhook needs.
fn webhooks(mut section: Section<'_>) -> Option<Verification> {
    let required = profile::verification(&mut section, None);
    section.finish();
    required
}

/// The profiles, with the one of webhooks that name none.
fn api(mut section: Section<'_>, profiles: Profiles) -> Profiles {
    let at = section.origin("default_profile");
    let name = section.optional("default_profile", |name| Ok(name.to_owned()));
    let known = name.as_ref().is_none_or(|name| profiles.get(name).is_some());
    if !known {
        let names: Vec<&str> = profiles.names().collect();
        let detail = format!("must be a profile's name; there are {}", names.join(", "));
        section.refuse_at(at, "default_profile", &detail);
    }
    section.finish();
    match name.filter(|_| known) {
        Some(name) => profiles.defaulting(name),
        None => profiles,
    }
}

fn events(mut section: Section<'_>) -> Events {
    let day = Duration::from_secs(24 * 3600);
    let most = limits::REQUEST_BODY_BYTES;
    let events = Events {
        idempotency_window: section.take("idempotency_window", day, parse::duration),
        max_data_bytes: section.bounded("max_data_bytes", limits::EVENT_DATA_BYTES, (1, most), bytes),
    };
    section.finish();
    events
}

fn bytes(text: &str) -> Result<usize, String> {
    usize::try_from(parse::size(text)?).map_err(|_| "is too large".to_owned())
}

fn retention(mut section: Section<'_>) -> Retention {
    let month = Duration::from_secs(30 * 24 * 3600);
    let retention = Retention {
        events: section.take("events", month, parse::duration),
        attempts: section.take("attempts", month, parse::duration),
        audit: section.take("audit", limits::AUDIT_FOR, parse::duration),
        max_store_bytes: section.optional("max_store_bytes", parse::size),
    };
    section.finish();
    retention
}

fn quotas(mut section: Section<'_>) -> Quotas {
    let Held { webhooks, event_types, replays, bytes: memory } = Quotas::default().held.0;
    let (count, memory_bounds) = ((1, 100_000_000), (1 << 20, 64 << 30));
    let connections = limits::LISTENER_CONNECTIONS;
    let per_second = limits::REQUESTS_PER_SECOND;
    let rates = (1, 100_000_000);
    let quotas = Quotas {
        held: domain::quota::Quotas(Held {
            webhooks: section.bounded("webhooks", webhooks, count, parse::whole),
            event_types: section.bounded("event_types", event_types, count, parse::whole),
            replays: section.bounded("replays", replays, (1, 10_000), parse::whole),
            bytes: section.bounded("memory_bytes", memory, memory_bounds, bytes),
        }),
        connections: section.bounded(
            "connections",
            limits::ACCOUNT_CONNECTIONS,
            (1, connections),
            parse::whole,
        ),
        waits: section.bounded("waits", limits::ACCOUNT_WAITS, (0, connections), parse::whole),
        requests_per_second: section.bounded("requests_per_second", per_second, rates, parse::whole),
        requests_per_second_per_token: section.bounded(
            "requests_per_second_per_token",
            per_second,
            rates,
            parse::whole,
        ),
        auth_failures_per_minute: section.bounded(
            "auth_failures_per_minute",
            limits::AUTH_FAILURES,
            rates,
            parse::whole,
        ),
    };
    section.finish();
    quotas
}

fn store(mut section: Section<'_>) -> Store {
    let bounds = (1 << 20, 64 << 30);
    let store = Store {
        cache_bytes: section.bounded("cache_bytes", limits::STORE_CACHE_BYTES, bounds, bytes),
        disk_free_floor: section.take("disk_free_floor", limits::DISK_FREE_FLOOR, parse::size),
    };
    section.finish();
    store
}

fn backup(mut section: Section<'_>) -> Backup {
    let day = Duration::from_secs(24 * 3600);
    let backup = Backup {
        dir: section.optional("dir", path),
        every: section.take("every", day, |text| match parse::duration(text)? {
            every if every < Duration::from_secs(1) => Err("must be at least 1s".to_owned()),
            every => Ok(every),
        }),
        keep: section.bounded("keep", 7, (1, 10_000), parse::whole),
    };
    section.finish();
    backup
}

fn secrets(mut section: Section<'_>, credential: Option<&Path>) -> (Option<PathBuf>, Vec<PathBuf>) {
    let at = section.origin("key_file");
    let file = section.optional("key_file", path);
    if file.as_deref().zip(credential).is_some_and(|(file, credential)| file != credential) {
        let twins = "the service manager's credential seal-key is set too; remove one of the two";
        section.refuse_at(at, "key_file", twins);
    }
    let previous = section.list("previous_key_files", path).unwrap_or_default();
    section.finish();
    (file, previous)
}

fn signing(mut section: Section<'_>) -> Option<PathBuf> {
    let file = section.optional("rs256_key_file", path);
    section.finish();
    file
}

fn tls(mut section: Section<'_>) -> Option<Tls> {
    let (cert, key) = (section.has("cert_file"), section.has("key_file"));
    let cert_file = section.optional("cert_file", path);
    let key_file = section.optional("key_file", path);
    match (cert, key) {
        (true, false) => section.refuse("key_file is required: cert_file is given"),
        (false, true) => section.refuse("cert_file is required: key_file is given"),
        (true, true) | (false, false) => {}
    }
    section.finish();
    cert_file.zip(key_file).map(|(cert_file, key_file)| Tls { cert_file, key_file })
}

#[cfg(feature = "otlp")]
fn otlp(mut section: Section<'_>) -> Option<String> {
    let endpoint = section.optional("endpoint", |text| match public_url(text) {
        Ok(url) if url.starts_with("http://") => Ok(url),
        _ => {
            Err("must be an http URL without a query, such as http://127.0.0.1:4318; https is not supported"
                .to_owned())
        }
    });
    section.finish();
    endpoint
}

/// What an operator should know about a configuration that works.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Listen::Tcp(address) = config.admin_listen
        && !address.ip().is_loopback()
    {
        warnings.push(format!("the admin listener is reachable from outside: {address}"));
    }
    if config.dev && !config.listen.ip().is_loopback() {
        warnings.push(
            "dev is on and the API listens outside this host: callers can reach this host's own services"
                .to_owned(),
        );
    }
    if config.trusted_proxies.iter().any(|range| range.prefix_len() == 0) {
        warnings.push("trusted_proxies holds every address: clients can claim any address".to_owned());
    }
    let asking = config.profiles.iter().find(|(_, profile)| profile.verification.is_some());
    if let Some((name, _)) = asking.filter(|_| config.profiles.required().is_none()) {
        warnings.push(format!(
            "profiles.{name}.verification can be avoided: callers who create webhooks may choose a profile without confirmation. Set webhooks.verification if every receiver has to confirm"
        ));
    }
    if config.egress.allow_any_certificate {
        let risk = "webhooks may accept any certificate: anyone between the daemon and their receivers can then read and change what is sent, secrets included";
        warnings.push(format!("egress.allow_any_certificate is on: {risk}"));
    }
    warnings
}
