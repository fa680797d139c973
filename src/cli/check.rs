//! `check`: whether the configuration would do. The same loader as `serve`, and nothing besides: no
//! port is bound, no store opened, no file written.

use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use crate::daemon::files;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let loaded = context.load(Vec::new())?;
    let files = files::read(&loaded)?;
    let mut warnings = loaded.warnings;
    if !files.has_seal_key {
        warnings
            .push("secrets.key_file is not set: the first start creates a key beside the store".to_owned());
    }
    if context.output.json {
        return context.output.line(&json!({"ok": true, "warnings": warnings}).to_string());
    }
    for warning in &warnings {
        context.output.line(&format!("warning: {warning}"))?;
    }
    context.output.line("the configuration is valid")
}
