//! What may change while the daemon runs, and what a newly read configuration changes.

use serde_json::{Value as Json, json};

use super::settings::{Config, Loaded, Log, Setting, Tls};

/// The settings, and the sections, that take effect when the configuration is read anew, besides
/// certificates. Every other asks for a restart.
const LIVE: [&str; 13] = [
    "dev",
    "actors_dir",
    "trusted_proxies",
    "api.",
    "log.level",
    "egress.",
    "dispatch.",
    "webhooks.",
    "events.",
    "retention.",
    "quotas.",
    "signing.",
    "profiles.",
];

/// A setting that a newly read configuration changes.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigChange {
    /// The setting, as `log.level`.
    pub key: String,
    /// What is in force; null: nothing.
    pub from: Json,
    /// What is written now; null: nothing.
    pub to: Json,
    /// Whether it takes effect only when the daemon starts again.
    pub needs_restart: bool,
}

impl ConfigChange {
    /// It as an answer shows it.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({"key": self.key, "from": self.from, "to": self.to})
    }
}

impl Loaded {
    /// What is in force once `new` was read while `self` was: `new` but for what asks for a restart;
    /// and all that differs.
    #[must_use]
    pub fn then(&self, new: Self) -> (Self, Vec<ConfigChange>) {
        let changes = self.changes(&new);
        let (old, to) = (&self.config, new.config);
        // Other certificates, but neither more nor fewer listeners that have one.
        let tls = |old: &Option<Tls>, new| old.as_ref().and(new).or_else(|| old.clone());
        let config = Config {
            dev: to.dev,
            actors_dir: to.actors_dir,
            trusted_proxies: to.trusted_proxies,
            log: Log { level: to.log.level, format: old.log.format },
            egress: to.egress,
            dispatch: to.dispatch,
            events: to.events,
            retention: to.retention,
            quotas: to.quotas,
            rs256_key: to.rs256_key,
            profiles: to.profiles,
            tls: tls(&old.tls, to.tls),
            admin_tls: tls(&old.admin_tls, to.admin_tls),
            ..old.clone()
        };
        let waits = |key: &str| changes.iter().any(|change| change.needs_restart && change.key == key);
        let settings = new.settings.into_iter().map(|setting| match self.setting(&setting.key) {
            Some(kept) if waits(&setting.key) => kept.clone(),
            _ => setting,
        });
        (Self { config, settings: settings.collect(), warnings: new.warnings }, changes)
    }

    fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key == key)
    }

    fn changes(&self, new: &Self) -> Vec<ConfigChange> {
        let gone = self.settings.iter().filter(|old| new.setting(&old.key).is_none());
        let keys = new.settings.iter().chain(gone).map(|setting| setting.key.as_str());
        let differs = |key: &&str| match key.strip_prefix("profiles.") {
            // However it is written, and masked values count too.
            Some(name) => self.config.profiles.get(name) != new.config.profiles.get(name),
            None => self.value(key) != new.value(key),
        };
        let change = |key: &str| {
            let (key, from, to) = (key.to_owned(), self.value(key), new.value(key));
            let needs_restart = !is_live(&key, &from, &to);
            ConfigChange { key, from, to, needs_restart }
        };
        keys.filter(differs).map(change).collect()
    }

    fn value(&self, key: &str) -> Json {
        self.setting(key).map_or(Json::Null, |setting| setting.value.clone())
    }
}

fn is_live(key: &str, from: &Json, to: &Json) -> bool {
    if key.starts_with("tls.") || key.starts_with("admin_tls.") {
        return !from.is_null() && !to.is_null();
    }
    LIVE.iter().any(|live| *live == key || live.ends_with('.') && key.starts_with(live))
}
