//! `check`: whether the configuration would do. The same loader as `serve`, and nothing besides: no
//! port is bound, no store opened, no file written.

use serde_json::json;

use super::Context;
use super::failure::{Exit, Failure};
use crate::config::seal_key;
use crate::service::keys;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let loaded = context.load(Vec::new())?;
    let key = seal_key::read(&loaded.config.seal_key);
    let key = key.map_err(|error| Failure::new(Exit::Config, error.to_string()))?;
    let others = keys::previous_seal_keys(&loaded.config.previous_seal_keys).map(drop);
    let others = others.and_then(|()| keys::rs256(&loaded.config));
    others.map_err(|error| Failure::new(Exit::Config, format!("{error:#}")))?;
    let mut warnings = loaded.warnings;
    if key.is_none() {
        warnings.push("secrets.key_file is not set: the first start makes a key beside the store".to_owned());
    }
    if context.output.json {
        return context.output.line(&json!({"ok": true, "warnings": warnings}).to_string());
    }
    for warning in &warnings {
        context.output.line(&format!("warning: {warning}"))?;
    }
    context.output.line("the configuration is good")
}
