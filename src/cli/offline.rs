//! What commands need that work on the store itself, while the daemon is stopped.

use std::path::PathBuf;

use super::context::Context;
use super::failure::{Exit, Failure};
use crate::clock;
use crate::config::seal_key;
use crate::daemon::keys;
use crate::store::{OpenError, OpenOptions};

/// The store that the configuration names, and how to open it.
pub(super) fn store(context: &Context) -> Result<(PathBuf, OpenOptions), Failure> {
    let config = context.load(Vec::new())?.config;
    let bad = |error: String| Failure::new(Exit::Config, error);
    let key = seal_key::read(&config.seal_key).map_err(|error| bad(error.to_string()))?;
    let key = key.ok_or_else(|| {
        bad("there is no seal key; put the one in place that the store was made under (secrets.key_file, or \
             seal-key in the data directory)"
            .to_owned())
    })?;
    let previous =
        keys::previous_seal_keys(&config.previous_seal_keys).map_err(|error| bad(format!("{error:#}")))?;
    let random = clock::random_bytes().map(u64::from_le_bytes).map_err(Failure::other)?;
    let options = OpenOptions {
        cache_bytes: config.store.cache_bytes,
        previous_seal_keys: previous.iter().map(|key| **key).collect(),
        ..OpenOptions::new(*key, clock::now(), random)
    };
    Ok((config.store_path(), options))
}

/// What to print when the store cannot be opened.
pub(super) fn refused(error: &OpenError) -> Failure {
    let remedy = match error {
        OpenError::Locked => "; stop the daemon first",
        _ => "",
    };
    Failure::new(Exit::Refused, format!("{error}{remedy}"))
}
