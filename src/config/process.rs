//! The rim of the configuration: the only place that reads the file and the environment for it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{ConfigError, Flag, Inputs, Loaded, Problem};

/// The environment, without variables that are not UTF-8.
#[must_use]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}

/// Reads the file (`file`, else the one `RINGBACK_CONFIG` names) and makes the configuration.
///
/// # Errors
/// Every problem at once; a file that cannot be read is one.
pub fn load(
    file: Option<PathBuf>,
    env: BTreeMap<String, String>,
    flags: Vec<Flag>,
) -> Result<Loaded, ConfigError> {
    let file = file.or_else(|| env.get("RINGBACK_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from));
    let file = file.map(|path| read(&path)).transpose()?;
    let credential = env.get("CREDENTIALS_DIRECTORY").map(|dir| PathBuf::from(dir).join("seal-key"));
    let sealed_credential = credential.filter(|path| path.exists());
    super::load(Inputs { file, env, flags, sealed_credential })
}

fn read(path: &std::path::Path) -> Result<(String, String), ConfigError> {
    let name = path.display().to_string();
    let problem = |detail: String| ConfigError(vec![Problem { origin: name.clone(), key: None, detail }]);
    let text = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    Ok((name, text))
}
