//! `support-bundle`: what somebody who is to help needs to know, in one text. It holds no secret, no
//! event's data and no target.

use std::fmt::Write as _;
use std::path::PathBuf;

use http::{Method, StatusCode};
use serde_json::Value;

use super::connection::{Daemon, parse};
use super::context::Context;
use super::failure::{Exit, Failure};
use super::output::clean;
use super::version;

/// What `support-bundle` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file to write, or - for standard output
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

pub(super) async fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let mut text = String::new();
    // Writing to a String cannot fail; so below.
    let _ = writeln!(text, "# Ringback support bundle\n\n## This command\n\n{}", version::about());
    for (title, path) in [
        ("Status", "/admin/status"),
        ("Configuration", "/admin/config"),
        ("Warnings and errors", "/admin/log"),
        ("Figures", "/metrics"),
    ] {
        let _ = writeln!(text, "\n## {title}\n\n{}", section(&daemon, path).await?);
    }
    if args.file.as_os_str() == "-" {
        return context.output.line(text.trim_end());
    }
    let written = std::fs::write(&args.file, text);
    written.map_err(|error| Failure::new(Exit::Other, format!("{}: {error}", args.file.display())))?;
    context.output.line(&format!("{} written; look through it before you share it", args.file.display()))
}

/// What the daemon says there. One that does not know the path is of another version, which is worth
/// telling too.
async fn section(daemon: &Daemon, path: &str) -> Result<String, Failure> {
    let reply = daemon.admin(Method::GET, path).await?;
    if reply.status == StatusCode::NOT_FOUND {
        return Ok(format!("(this daemon has no {path})"));
    }
    let reply = daemon.accepted(reply)?;
    let Ok(mut value) = parse(&reply) else { return Ok(String::from_utf8_lossy(&reply.body).into_owned()) };
    // Whose webhooks need attention is no one else's business; how many do, is.
    if let Some(attention) = value.value_mut().get_mut("attention").and_then(Value::as_object_mut) {
        attention.remove("first");
    }
    match value.get("data").and_then(Value::as_array) {
        Some(lines) => Ok(lines.iter().filter_map(Value::as_str).map(clean).collect::<Vec<_>>().join("\n")),
        None => serde_json::to_string_pretty(&*value).map_err(Failure::other),
    }
}
