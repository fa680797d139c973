//! `version`: what this is, for people in one line and for scripts as JSON.

use serde_json::json;

use super::Context;
use super::failure::Failure;
use crate::store::SCHEMA;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    if !context.output.json {
        return context.output.line(&format!("ringback {version}"));
    }
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let about = json!({
        "version": version,
        "commit": option_env!("RINGBACK_COMMIT"),
        "target": target,
        "store_schema": SCHEMA,
    });
    context.output.line(&about.to_string())
}
