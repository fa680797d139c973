//! What a setting is: one row says its name, how it is read and shown, where it goes, whether a reload
//! applies it, and what people are told about it.

use serde_json::Value as Json;

use super::field::Field;
use super::settings::Config;

/// A setting.
pub struct Key {
    /// Its name, as `log.level`.
    pub name: &'static str,
    /// When a change of it applies.
    pub applies: Applies,
    /// What people are told about it, as in `packaging/ringback.toml`.
    pub help: &'static str,
    /// What the documentation gives as its value.
    pub documented: Documented,
    /// Reads it, or its default, into the configuration.
    pub(super) read: fn(&mut Field<'_, '_>, &mut Config),
    /// What it is.
    pub(super) show: fn(&Config) -> Json,
    /// Takes over what it was in an earlier configuration.
    pub(super) keep: fn(&Config, &mut Config),
}

/// When a change of a setting applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// When the configuration is reloaded.
    OnReload,
    /// When the daemon starts.
    AtStart,
    /// On reload, as long as the setting was and stays set; else at the start.
    OnReloadIfSet,
}

/// A value for the documentation, as TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Documented {
    /// The default as it is shown.
    Shown,
    /// The default, written in another unit than it is shown in.
    As(&'static str),
    /// There is no default, or the surroundings decide it: an example.
    Example(&'static str),
}

impl Key {
    /// The table it is in, and its name there.
    #[must_use]
    pub fn place(&self) -> (Option<&'static str>, &'static str) {
        self.name.split_once('.').map_or((None, self.name), |(section, name)| (Some(section), name))
    }

    /// The environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(self.name)
    }
}

/// The environment variable of a setting's name: `log.level` is `RINGBACK_LOG_LEVEL`.
pub(super) fn variable(name: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", name.replace('.', "_").to_uppercase())
}

/// What precedes a setting's name in the environment.
pub(super) const VARIABLE_PREFIX: &str = "RINGBACK_";

/// What a row's reader reads.
pub(super) fn value<T>(
    read: fn(&mut Field<'_, '_>, &Config) -> T,
    field: &mut Field<'_, '_>,
    config: &Config,
) -> T {
    read(field, config)
}

/// A row: name, when it applies, help; the setting's place in [`Config`] and how it is read; then, unless
/// its type says it, how it is shown; and unless it is documented as it is shown, `as` or `example`.
macro_rules! key {
    ($name:literal, $applies:ident, $help:literal, $($place:tt).+ = $read:expr $(, show $show:expr)? $(, as $as:literal)? $(, example $example:literal)?) => {
        $crate::config::key::Key {
            name: $name,
            applies: $crate::config::key::Applies::$applies,
            help: $help,
            documented: key!(@documented $($as)? $(, $example)?),
            read: |field, config| config.$($place).+ = $crate::config::key::value($read, field, config),
            show: |config| key!(@show &config.$($place).+ $(, $show)?),
            keep: |from, to| to.$($place).+.clone_from(&from.$($place).+),
        }
    };
    (@documented) => { $crate::config::key::Documented::Shown };
    (@documented $as:literal) => { $crate::config::key::Documented::As($as) };
    (@documented , $example:literal) => { $crate::config::key::Documented::Example($example) };
    (@show $value:expr) => { $crate::config::show::Show::show($value) };
    (@show $value:expr, $show:expr) => { $show($value) };
}
pub(super) use key;
