//! A whole, checked configuration.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde_json::Value as Json;

use super::error::Problem;
use crate::domain::profiles::Profiles;
use crate::domain::proxy::{Direct, ProxyUrl};
use crate::domain::quota;

/// A whole, checked configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The API's listen address.
    pub listen: SocketAddr,
    /// Where the admin listener listens.
    pub admin_listen: Listen,
    /// The API's certificate; `None`: it speaks plain http.
    pub tls: Option<Tls>,
    /// Likewise the admin listener's.
    pub admin_tls: Option<Tls>,
    /// The API's base URL as others see it, without a slash at its end; `None`: where it listens.
    pub public_url: Option<String>,
    /// The directory of the store.
    pub data_dir: PathBuf,
    /// A directory of actors' declarations that are taken in at the start.
    pub actors_dir: Option<PathBuf>,
    /// Proxies whose word about their clients' addresses is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// For a developer's machine: targets on this host, plain http and every port are allowed.
    pub dev: bool,
    /// Logging.
    pub log: Log,
    /// Where webhooks may point.
    pub egress: Egress,
    /// How much is sent at once.
    pub dispatch: Dispatch,
    /// What events may be.
    pub events: Events,
    /// What is kept for how long.
    pub retention: Retention,
    /// What one account may have and do.
    pub quotas: Quotas,
    /// The store.
    pub store: Store,
    /// What `/metrics` shows, and to whom.
    pub metrics: Metrics,
    /// Backups that the daemon makes by itself.
    pub backup: Backup,
    /// Where the key that seals secrets at rest is.
    pub seal_key: SealKey,
    /// Files of keys that seal nothing any more, while what they sealed is resealed.
    pub previous_seal_keys: Vec<PathBuf>,
    /// A PEM file with an RSA key for receivers that are pinned to RSA.
    pub rs256_key: Option<PathBuf>,
    /// The `http` URL of a collector of spans, without a slash at its end; `None`: there is none.
    #[cfg(feature = "otlp")]
    pub otlp: Option<String>,
    /// How to render, sign, send and retry.
    pub profiles: Profiles,
}

impl Config {
    /// Before any key was read: every key writes itself, or its default.
    pub(super) fn unread() -> Self {
        Self {
            listen: ([0; 4], 0).into(),
            admin_listen: Listen::Unix(PathBuf::new()),
            tls: None,
            admin_tls: None,
            public_url: None,
            data_dir: PathBuf::new(),
            actors_dir: None,
            trusted_proxies: Vec::new(),
            dev: false,
            log: Log { format: LogFormat::Auto, level: String::new() },
            egress: Egress::default(),
            dispatch: Dispatch::default(),
            events: Events::default(),
            retention: Retention::default(),
            quotas: Quotas::default(),
            metrics: Metrics::default(),
            store: Store::default(),
            backup: Backup::default(),
            seal_key: SealKey::Beside(PathBuf::new()),
            previous_seal_keys: Vec::new(),
            rs256_key: None,
            #[cfg(feature = "otlp")]
            otlp: None,
            profiles: Profiles::new([]),
        }
    }

    /// The store's file.
    #[must_use]
    pub fn store_path(&self) -> PathBuf {
        self.data_dir.join("ringback.redb")
    }
}

/// Where a listener listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A listener's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// A PEM file with the certificate, and with those between it and its authority.
    pub cert_file: PathBuf,
    /// A PEM file with its key.
    pub key_file: PathBuf,
}

/// Logging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// Which lines there are: a level, or `target=level` pairs separated by commas.
    pub level: String,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, logfmt otherwise.
    Auto,
    /// `level=info msg=… key=value`.
    Logfmt,
    /// One JSON object per line.
    Json,
}

/// Where webhooks may point.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Egress {
    /// Address ranges that are opened besides the public internet.
    pub allow: Vec<IpNet>,
    /// Whether `http://` targets may be used.
    pub allow_http: bool,
    /// Whether `localhost`, `.local` and single-label names may be used.
    pub allow_special_names: bool,
    /// Which ports may be named.
    pub ports: Ports,
    /// PEM files of certificate authorities to trust besides the system's.
    pub extra_ca: Vec<PathBuf>,
    /// Whether webhooks may ask for any certificate to be taken.
    pub allow_any_certificate: bool,
    /// The proxy that requests go through.
    pub proxy: Option<ProxyUrl>,
    /// What is reached without it.
    pub no_proxy: Vec<Direct>,
}

/// Which ports a target may name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Ports {
    /// The built-in rule.
    #[default]
    Standard,
    /// These and no others.
    Only(Vec<u16>),
    /// Every port.
    Any,
}

/// How much is sent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dispatch {
    /// Attempts in flight over all webhooks.
    pub in_flight_global: u32,
    /// Attempts in flight per webhook unless it says otherwise.
    pub in_flight_per_webhook: u32,
    /// How long a stopping daemon waits for attempts in flight.
    pub drain_time: Duration,
}

/// What events may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Events {
    /// For how long an idempotency key answers again.
    pub idempotency_window: Duration,
    /// One event's `data` in bytes.
    pub max_data_bytes: usize,
}

/// What is kept for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// How long finished events and their deliveries are kept.
    pub events: Duration,
    /// How long attempts are kept.
    pub attempts: Duration,
    /// How long entries of the audit log are kept.
    pub audit: Duration,
    /// The store's size in bytes beyond which the oldest finished events go early; `None`: no bound.
    pub max_store_bytes: Option<u64>,
}

/// What one account may have and do, so that no account is in another's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quotas {
    /// What it may hold.
    pub held: quota::Quotas,
    /// Requests in progress at once.
    pub connections: usize,
    /// Answers at once that wait for something to happen.
    pub waits: usize,
    /// Requests per second of one account.
    pub requests_per_second: u32,
    /// Requests per second of one token.
    pub requests_per_second_per_token: u32,
    /// Failed authentications of one address per minute.
    pub auth_failures_per_minute: u32,
}

/// The store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Store {
    /// The page cache in bytes.
    pub cache_bytes: usize,
    /// Free disk in bytes below which events are refused.
    pub disk_free_floor: u64,
}

/// `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metrics {
    /// Whether callers on this host need no token for it.
    pub open_on_loopback: bool,
    /// How many webhooks have figures of their own.
    pub per_webhook: usize,
}

/// Backups that the daemon makes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backup {
    /// Where they go; `None`: there are none.
    pub dir: Option<PathBuf>,
    /// The time from one to the next.
    pub every: Duration,
    /// How many of them are kept.
    pub keep: usize,
}

/// Where the key that seals secrets at rest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealKey {
    /// A file that must exist: from the service manager's credentials, or named by the operator.
    Configured(PathBuf),
    /// A file beside the store, made at the first start.
    Beside(PathBuf),
}

/// A configuration, and what its operator should know.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// It key by key, for people.
    pub settings: Vec<Setting>,
    /// One sentence each; nothing in them stops the daemon.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// That something is wrong with what a setting names.
    #[must_use]
    pub fn problem(&self, key: &str, detail: String) -> Problem {
        let setting = self.settings.iter().find(|setting| setting.key == key);
        let origin = setting.map_or_else(|| "configuration".to_owned(), |setting| setting.source.clone());
        Problem { origin, key: Some(key.to_owned()), detail }
    }
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its name, as `log.level` or `profiles.acme`.
    pub key: String,
    /// What it is; of a profile, what was written of it.
    pub value: Json,
    /// Where it was written: `FILE:LINE`, a variable, a flag, or `default`.
    pub source: String,
}

impl Ports {
    /// Both: the wider one, or the ports of two lists.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Standard, _) | (_, Self::Standard) => Self::Standard,
            (Self::Only(one), Self::Only(two)) => Self::Only(one.into_iter().chain(two).collect()),
        }
    }
}
