//! The rim of the configuration: the only place that reads the file and the environment for it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::unreadable;
use super::{ConfigError, Flag, Inputs, Loaded, Problem};

/// The environment, without variables that are not UTF-8.
#[must_use]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}

/// Where a configuration comes from; it may be read again.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file; `None`: the one that `RINGBACK_CONFIG` names, if any.
    pub file: Option<PathBuf>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// Flags that were given.
    pub flags: Vec<Flag>,
}

impl Source {
    /// Reads the file and makes the configuration.
    ///
    /// # Errors
    /// Every problem at once; a file that cannot be read is one.
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        super::load(self.inputs()?)
    }

    /// Reads the file and makes of it what can be made; for what is wrong, its default stands in.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> Result<(Loaded, Vec<Problem>), ConfigError> {
        Ok(super::read(self.inputs()?))
    }

    fn inputs(&self) -> Result<Inputs, ConfigError> {
        let var = |name: &str| self.env.get(name).filter(|value| !value.is_empty());
        let file = self.file.clone().or_else(|| var("RINGBACK_CONFIG").map(PathBuf::from));
        let file = file.map(|path| read(&path)).transpose()?;
        let credential = var("CREDENTIALS_DIRECTORY").map(|dir| PathBuf::from(dir).join("seal-key"));
        let sealed_credential = credential.filter(|path| path.exists());
        let (env, flags) = (self.env.clone(), self.flags.clone());
        Ok(Inputs { file, env, flags, sealed_credential })
    }
}

fn read(path: &std::path::Path) -> Result<(String, String), ConfigError> {
    let name = path.display().to_string();
    let problem = |detail: String| ConfigError(vec![Problem { origin: name.clone(), key: None, detail }]);
    let text = std::fs::read_to_string(path).map_err(|error| problem(unreadable(&error)))?;
    Ok((name, text))
}
