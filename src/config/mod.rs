//! The configuration: a TOML file, `RINGBACK_*` variables and flags become one checked [`Config`].
//!
//! [`load`] is pure: the file's text, the environment and the flags are arguments; [`process`] reads
//! them. Settings are taken one by one out of a raw tree that knows where each was written, rather
//! than through derived deserialisation, which stops at the first error and knows no variables.

mod error;
mod live;
mod parse;
pub mod process;
mod profile;
mod reader;
mod schema;
pub mod seal_key;
mod shown;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

pub use error::{ConfigError, Problem, unreadable};
pub use live::Change;
pub use shown::Setting;

use crate::domain::profiles::Profiles;
use crate::domain::quota;
use crate::limits;
use reader::Section;
use tree::Origin;

/// What precedes a setting's name in the environment: `log.level` is `RINGBACK_LOG_LEVEL`.
const ENV_PREFIX: &str = "RINGBACK_";

/// Variables with the prefix that are no settings of the daemon.
const ENV_OTHER: [&str; 5] = ["CONFIG", "URL", "ADMIN_URL", "TOKEN", "CA"];

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
    /// Backups that the daemon makes by itself.
    pub backup: Backup,
    /// Where the key that seals secrets at rest is.
    pub seal_key: SealKey,
    /// Files of keys that seal nothing any more, while what they sealed is sealed anew.
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// Which ports a target may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// The built-in rule.
    Standard,
    /// These and no others.
    Only(Vec<u16>),
    /// Every port.
    Any,
}

/// How much is sent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispatch {
    /// Attempts in flight over all webhooks.
    pub in_flight_global: u32,
    /// Attempts in flight per webhook unless it says otherwise.
    pub in_flight_per_webhook: u32,
    /// How long a stopping daemon waits for attempts in flight.
    pub drain_time: Duration,
}

/// What events may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events {
    /// For how long an idempotency key answers again.
    pub idempotency_window: Duration,
    /// One event's `data` in bytes.
    pub max_data_bytes: usize,
}

/// What is kept for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Default for Quotas {
    fn default() -> Self {
        Self {
            held: quota::Quotas::default(),
            connections: limits::ACCOUNT_CONNECTIONS,
            waits: limits::ACCOUNT_WAITS,
            requests_per_second: limits::REQUESTS_PER_SECOND,
            requests_per_second_per_token: limits::REQUESTS_PER_SECOND,
            auth_failures_per_minute: limits::AUTH_FAILURES,
        }
    }
}

/// The store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Store {
    /// The page cache in bytes.
    pub cache_bytes: usize,
    /// Free disk in bytes below which events are refused.
    pub disk_free_floor: u64,
}

/// Backups that the daemon makes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Given(PathBuf),
    /// A file beside the store, made at the first start.
    Beside(PathBuf),
}

/// What a configuration is made of.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The file's name, for messages, and its text.
    pub file: Option<(String, String)>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// Flags that were given.
    pub flags: Vec<Flag>,
    /// Whether the credentials directory holds a seal key.
    pub sealed_credential: Option<PathBuf>,
}

/// A flag that stands for a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The setting, as `listen`.
    pub key: &'static str,
    /// The flag, as `--listen`.
    pub name: &'static str,
    /// What was given.
    pub text: String,
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

/// Makes a configuration: flags win over variables, these over the file, and that over defaults.
///
/// # Errors
/// Every problem at once, each with its place.
pub fn load(inputs: Inputs) -> Result<Loaded, ConfigError> {
    let (loaded, problems) = read(inputs);
    if problems.is_empty() { Ok(loaded) } else { Err(ConfigError(problems)) }
}

/// Makes of a configuration what can be made of it: for what is wrong, its default stands in.
#[must_use]
pub fn read(inputs: Inputs) -> (Loaded, Vec<Problem>) {
    let Inputs { file, env, flags, sealed_credential } = inputs;
    let (mut table, mut problems) = match &file {
        Some((name, text)) => tree::parse(name, text),
        None => (BTreeMap::new(), Vec::new()),
    };
    for (key, name) in schema::KEYS.iter().chain(schema::LACKING).map(|&key| (key, env_name(key))) {
        // Variables that were read from files end in their line ends; an empty one is how a container says
        // that there is none.
        let text = env.get(&name).map_or("", |text| text.trim_end_matches(['\r', '\n']));
        if !text.is_empty() {
            tree::overlay(&mut table, key, Origin::Env(name), text.to_owned());
        }
    }
    for flag in flags {
        tree::overlay(&mut table, flag.key, Origin::Flag(flag.name.to_owned()), flag.text);
    }
    let written = shown::Written::of(&table, sealed_credential.is_some());
    let around = schema::Around { state_dir: state_dir(&env), sealed_credential };
    let name = file.as_ref().map_or("configuration", |(name, _)| name);
    let root = Section::root(name, table, &mut problems);
    let config = schema::read(root, around);
    let mut warnings = unknown_variables(&env);
    warnings.extend(schema::warnings(&config));
    let settings = written.settings(&config);
    (Loaded { config, settings, warnings }, problems)
}

fn env_name(key: &str) -> String {
    format!("{ENV_PREFIX}{}", key.replace('.', "_").to_uppercase())
}

/// The service manager's state directory; it may name several, separated by colons.
fn state_dir(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let first = env.get("STATE_DIRECTORY")?.split(':').next()?;
    (!first.is_empty()).then(|| PathBuf::from(first))
}

/// Variables that look like settings but are none. They only warn: container platforms put
/// variables named after services into every process.
fn unknown_variables(env: &BTreeMap<String, String>) -> Vec<String> {
    let known: Vec<String> = schema::KEYS.iter().map(|key| env_name(key)).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let ours = env.keys().filter_map(|name| Some((name, name.strip_prefix(ENV_PREFIX)?)));
    let strange = ours.filter(|(name, rest)| !ENV_OTHER.contains(rest) && !known.contains(&name.as_str()));
    let hints = strange.filter_map(|(name, _)| Some((name, reader::nearest(name, &known)?)));
    hints.map(|(name, near)| format!("unknown setting {name}; did you mean {near}?")).collect()
}

#[cfg(test)]
mod tests;
