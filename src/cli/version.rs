//! `version`: what this is, for people in one line and for scripts as JSON.

use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use crate::store::SCHEMA;

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    if !context.output.json {
        return context.output.line(concat!("ringback ", env!("CARGO_PKG_VERSION")));
    }
    context.output.line(&about().to_string())
}

/// What this program is.
pub(super) fn about() -> Value {
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": option_env!("RINGBACK_COMMIT"),
        "target": target,
        "store_schema": SCHEMA,
    })
}
