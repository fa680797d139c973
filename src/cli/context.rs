//! What every command is given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::connection::{Connection, Daemon};
use super::failure::Failure;
use super::output::Output;
use crate::config::process::Source;
use crate::config::{self, Flag};

/// What every command is given.
pub(super) struct Context {
    pub(super) output: Output,
    pub(super) env: BTreeMap<String, String>,
    pub(super) config: Option<PathBuf>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) connection: Connection,
}

impl Context {
    pub(super) fn daemon(&self) -> Result<Daemon, Failure> {
        self.connection.open(&self.load(Vec::new())?.config, &self.env)
    }

    /// The configuration with the flags of every command, and `more`.
    pub(super) fn load(&self, more: Vec<Flag>) -> Result<config::Loaded, Failure> {
        Ok(self.source(more).load()?)
    }

    /// Where the configuration comes from, with the flags of every command and `more`.
    pub(super) fn source(&self, more: Vec<Flag>) -> Source {
        let dir = self.data_dir.as_ref().map(|dir| Flag {
            key: "data_dir",
            name: "--data-dir",
            text: dir.display().to_string(),
        });
        let flags = more.into_iter().chain(dir).collect();
        let file = self.config.clone().or_else(|| found(&self.env, Path::is_file));
        Source { file, env: self.env.clone(), flags }
    }
}

/// The configuration when none is named: the one in this directory, the user's own, or the machine's.
fn found(env: &BTreeMap<String, String>, exists: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let var = |name: &str| env.get(name).filter(|value| !value.is_empty());
    if var("RINGBACK_CONFIG").is_some() {
        return None;
    }
    let home = var("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = home.or_else(|| var("HOME").map(|home| Path::new(home).join(".config")));
    let own = home.map(|home| home.join("ringback/ringback.toml"));
    let candidates = [Some("./ringback.toml".into()), own, Some("/etc/ringback/ringback.toml".into())];
    candidates.into_iter().flatten().find(|file| exists(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_configuration_names_the_daemon() {
        let file = |env: &[(&str, &str)], there: &[&str]| {
            let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            found(&env, |file| there.contains(&file.to_str().unwrap()))
        };
        let (own, machine) = ("/home/a/.config/ringback/ringback.toml", "/etc/ringback/ringback.toml");
        let home = [("HOME", "/home/a")];
        assert_eq!(file(&home, &["./ringback.toml", own, machine]), Some("./ringback.toml".into()));
        assert_eq!(file(&home, &[own, machine]), Some(own.into()));
        assert_eq!(file(&[("XDG_CONFIG_HOME", "/x"), home[0]], &[own, machine]), Some(machine.into()));
        assert_eq!(
            file(&[("XDG_CONFIG_HOME", "/x")], &["/x/ringback/ringback.toml"]),
            Some("/x/ringback/ringback.toml".into())
        );
        assert_eq!(file(&home, &[]), None);
        assert_eq!(file(&[("RINGBACK_CONFIG", "/mine.toml"), home[0]], &[own]), None);
    }
}
