//! The configuration: a TOML file, `RINGBACK_*` variables and flags become one checked [`Config`].
//!
//! [`load`] is pure: the file's text, the environment and the flags are arguments; [`process`] reads
//! them. Settings are taken one by one out of a raw tree that knows where each was written, rather
//! than through derived deserialisation, which stops at the first error and knows no variables.

mod error;
mod field;
mod key;
mod keys;
mod live;
mod parse;
pub mod process;
mod profile;
mod reader;
mod schema;
pub mod seal_key;
mod settings;
mod show;
mod shown;
mod signature;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use error::{ConfigError, Problem, unreadable};
pub use key::{Applies, Documented, Key};
pub use live::ConfigChange;
pub(crate) use parse::socket;
pub use settings::{
    Backup, Config, Dispatch, Egress, Events, Listen, Loaded, Log, LogFormat, Ports, Quotas, Retention,
    SealKey, Setting, Store, Tls,
};

use reader::Section;
use tree::Origin;

/// Variables with the prefix that are no settings of the daemon.
const ENV_OTHER: [&str; 5] = ["CONFIG", "URL", "ADMIN_URL", "TOKEN", "CA"];

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
    for key in keys::all().map(|key| key.name).chain(keys::LACKING.iter().copied()) {
        // Variables that were read from files end in their line ends; an empty one is how a container says
        // that there is none.
        let name = key::variable(key);
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

/// Every setting but profiles, in the order of the documentation.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    keys::all()
}

/// What people are told about a table of settings.
#[must_use]
pub fn about(section: &str) -> &'static str {
    keys::SECTIONS.iter().find(|(name, _)| *name == section).map_or("", |(_, about)| about)
}

/// The service manager's state directory; it may name several, separated by colons.
fn state_dir(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let first = env.get("STATE_DIRECTORY")?.split(':').next()?;
    (!first.is_empty()).then(|| PathBuf::from(first))
}

/// Variables that look like settings but are none. They only warn: container platforms put
/// variables named after services into every process.
fn unknown_variables(env: &BTreeMap<String, String>) -> Vec<String> {
    let known: Vec<String> = keys::all().map(Key::variable).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let ours = env.keys().filter_map(|name| Some((name, name.strip_prefix(key::VARIABLE_PREFIX)?)));
    let strange = ours.filter(|(name, rest)| !ENV_OTHER.contains(rest) && !known.contains(&name.as_str()));
    let hints = strange.filter_map(|(name, _)| Some((name, reader::nearest(name, &known)?)));
    hints.map(|(name, near)| format!("unknown setting {name}; did you mean {near}?")).collect()
}

#[cfg(test)]
mod tests;
