//! What may change while the daemon runs, and what a newly read configuration changes.

use serde_json::{Value as Json, json};

use super::key::Applies;
use super::keys::all;
use super::settings::{Loaded, Setting};

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
        let waits = |key: &str| changes.iter().any(|change| change.needs_restart && change.key == key);
        let mut config = new.config;
        for key in all().filter(|key| waits(key.name)) {
            (key.keep)(&self.config, &mut config);
        }
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

/// Whether a reload applies a change. It applies profiles.
fn is_live(name: &str, from: &Json, to: &Json) -> bool {
    match all().find(|key| key.name == name).map(|key| key.applies) {
        Some(Applies::AtStart) => false,
        // Other certificates, but neither more nor fewer listeners that have one.
        Some(Applies::OnReloadIfSet) => !from.is_null() && !to.is_null(),
        Some(Applies::OnReload) | None => true,
    }
}
