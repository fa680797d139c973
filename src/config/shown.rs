//! The configuration as people see it: every setting with what it is and where that was written. No
//! secret is in it: keys are named by their files, and the values of profiles' headers are left out.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::schema::KEYS;
use super::settings::{Config, LogFormat, Ports, SealKey, Setting};
use super::tree::{self, Node, Value};
use crate::domain::form::Verification;
use crate::domain::quota::Held;

/// What stands in place of a header's value.
const MASK: &str = "***";

/// Where settings were written, noted before they are read.
pub(super) struct Written {
    sources: Vec<String>,
    profiles: Vec<Setting>,
}

impl Written {
    pub(super) fn of(table: &BTreeMap<String, Node>, credential: bool) -> Self {
        let source = |key: &&str| match tree::find(table, key) {
            _ if credential && *key == "secrets.key_file" => "CREDENTIALS_DIRECTORY".to_owned(),
            Some(node) => node.origin.to_string(),
            None => "default".to_owned(),
        };
        let profiles = match table.get("profiles").map(|node| &node.value) {
            Some(Value::Table(profiles)) => profiles
                .iter()
                .map(|(name, node)| Setting {
                    key: format!("profiles.{name}"),
                    value: as_json(node, false),
                    source: node.origin.to_string(),
                })
                .collect(),
            _ => Vec::new(),
        };
        Self { sources: KEYS.iter().map(source).collect(), profiles }
    }

    /// Every setting of `config`, which was read from the same.
    pub(super) fn settings(self, config: &Config) -> Vec<Setting> {
        let settings = values(config).into_iter().zip(self.sources);
        let settings = settings.map(|((key, value), source)| Setting { key: key.to_owned(), value, source });
        settings.chain(self.profiles).collect()
    }
}

fn as_json(node: &Node, masked: bool) -> Json {
    match &node.value {
        Value::Text(_) if masked => json!(MASK),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(|item| as_json(item, masked)).collect(),
        Value::Table(table) => {
            let member =
                |(name, node): (&String, &Node)| (name.clone(), as_json(node, masked || name == "headers"));
            Json::Object(table.iter().map(member).collect())
        }
    }
}

/// What every setting is, in the order of [`KEYS`].
fn values(config: &Config) -> [(&'static str, Json); KEYS.len()] {
    let Config { egress, dispatch, events, retention, quotas, store, backup, .. } = config;
    let Held { webhooks, event_types, replays, bytes } = quotas.held.0;
    let path = |path: &Path| json!(path.display().to_string());
    let paths = |paths: &[std::path::PathBuf]| paths.iter().map(|file| path(file)).collect::<Json>();
    let some = |file: &Option<std::path::PathBuf>| file.as_deref().map(path);
    let (SealKey::Given(seal_key) | SealKey::Beside(seal_key)) = &config.seal_key;
    [
        ("listen", json!(config.listen)),
        ("admin_listen", json!(config.admin_listen.to_string())),
        ("public_url", json!(config.public_url)),
        ("data_dir", path(&config.data_dir)),
        ("actors_dir", json!(some(&config.actors_dir))),
        ("trusted_proxies", config.trusted_proxies.iter().map(|range| json!(range.to_string())).collect()),
        ("dev", json!(config.dev)),
        ("api.default_profile", json!(config.profiles.default_name())),
        ("log.format", format(config.log.format)),
        ("log.level", json!(config.log.level)),
        ("egress.allow", egress.allow.iter().map(|range| json!(range.to_string())).collect()),
        ("egress.allow_http", json!(egress.allow_http)),
        ("egress.allow_special_names", json!(egress.allow_special_names)),
        ("egress.ports", ports(&egress.ports)),
        ("egress.extra_ca", paths(&egress.extra_ca)),
        ("egress.allow_any_certificate", json!(egress.allow_any_certificate)),
        ("dispatch.in_flight_global", json!(dispatch.in_flight_global)),
        ("dispatch.in_flight_per_webhook", json!(dispatch.in_flight_per_webhook)),
        ("dispatch.drain_time", period(dispatch.drain_time)),
        ("webhooks.verification", json!(config.profiles.required().map_or("none", Verification::as_str))),
        ("events.idempotency_window", period(events.idempotency_window)),
        ("events.max_data_bytes", json!(events.max_data_bytes)),
        ("retention.events", period(retention.events)),
        ("retention.attempts", period(retention.attempts)),
        ("retention.audit", period(retention.audit)),
        ("retention.max_store_bytes", json!(retention.max_store_bytes)),
        ("quotas.webhooks", json!(webhooks)),
        ("quotas.event_types", json!(event_types)),
        ("quotas.memory_bytes", json!(bytes)),
        ("quotas.replays", json!(replays)),
        ("quotas.connections", json!(quotas.connections)),
        ("quotas.waits", json!(quotas.waits)),
        ("quotas.requests_per_second", json!(quotas.requests_per_second)),
        ("quotas.requests_per_second_per_token", json!(quotas.requests_per_second_per_token)),
        ("quotas.auth_failures_per_minute", json!(quotas.auth_failures_per_minute)),
        ("store.cache_bytes", json!(store.cache_bytes)),
        ("store.disk_free_floor", json!(store.disk_free_floor)),
        ("backup.dir", json!(some(&backup.dir))),
        ("backup.every", period(backup.every)),
        ("backup.keep", json!(backup.keep)),
        ("secrets.key_file", path(seal_key)),
        ("secrets.previous_key_files", paths(&config.previous_seal_keys)),
        ("signing.rs256_key_file", json!(some(&config.rs256_key))),
        ("tls.cert_file", json!(config.tls.as_ref().map(|tls| path(&tls.cert_file)))),
        ("tls.key_file", json!(config.tls.as_ref().map(|tls| path(&tls.key_file)))),
        ("admin_tls.cert_file", json!(config.admin_tls.as_ref().map(|tls| path(&tls.cert_file)))),
        ("admin_tls.key_file", json!(config.admin_tls.as_ref().map(|tls| path(&tls.key_file)))),
        #[cfg(feature = "otlp")]
        ("otlp.endpoint", json!(config.otlp)),
    ]
}

fn format(format: LogFormat) -> Json {
    json!(match format {
        LogFormat::Auto => "auto",
        LogFormat::Logfmt => "logfmt",
        LogFormat::Json => "json",
    })
}

fn ports(ports: &Ports) -> Json {
    match ports {
        Ports::Standard => json!("standard"),
        Ports::Only(ports) => json!(ports),
        Ports::Any => json!("any"),
    }
}

/// A duration as it is written, in the largest unit that fits.
fn period(period: Duration) -> Json {
    let millis = period.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    let unit = units.into_iter().find(|(_, unit)| millis > 0 && millis.is_multiple_of(*unit));
    let (name, unit) = unit.unwrap_or(("ms", 1));
    json!(format!("{}{name}", millis / unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Inputs, load};

    /// Values and sources are paired by their places.
    #[test]
    fn values_stand_in_the_order_of_their_keys() {
        let config = load(Inputs::default()).unwrap().config;
        assert_eq!(values(&config).map(|(key, _)| key), KEYS);
    }
}
