//! What every command is given.

use std::collections::BTreeMap;
use std::path::PathBuf;

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
        Source { file: self.config.clone(), env: self.env.clone(), flags }
    }
}
