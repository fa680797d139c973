//! `listen`: deliveries on this machine. The daemon sends them over a connection that is opened from here, so nothing
//! has to reach this machine; each is forwarded to a local server, and what that answers is the attempt.

mod answer;
mod report;
mod session;
mod target;

use std::time::Duration;

use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::input::argument_bytes;
use super::output::{Output, clean};
use crate::domain::time::duration;
use crate::limits;
use report::Report;
use session::Wish;

pub(super) use session::Session;
pub(super) use target::Target;

/// What is listened for, and where it goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback listen --forward-to http://localhost:3000/hook
  ringback listen --forward-to localhost:3000/hook --events 'order.*' --print-secret")]
pub(super) struct Args {
    /// Where deliveries go: a server on this machine, such as http://localhost:3000/hook
    #[arg(long, value_name = "URL")]
    forward_to: String,
    /// Permit a server on another machine
    #[arg(long)]
    allow_external: bool,
    /// Print the secret that verifies the deliveries
    #[arg(long)]
    print_secret: bool,
    #[command(flatten)]
    webhook: Webhook,
    /// The name under which the webhook, its secret and what waits for it are kept [default: user, host and target]
    #[arg(long, value_name = "NAME")]
    keep: Option<String>,
    /// End the webhook, and what waits for it, with this command
    #[arg(long, conflicts_with = "keep")]
    no_keep: bool,
}

/// The webhook that is listened for.
#[derive(Debug, clap::Args)]
pub(super) struct Webhook {
    /// The event types: names, or patterns such as order.* [default: all, or the profile's]
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub(super) events: Vec<String>,
    /// The profile: how to render, sign and retry
    #[arg(long)]
    profile: Option<String>,
    /// The secret to sign with: whsec_… (`-` and `@FILE` are read) [default: one that the daemon makes]
    #[arg(long)]
    secret: Option<String>,
    /// End after the daemon was away for this long
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m")]
    pub(super) max_away: Duration,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let Args { forward_to, allow_external, print_secret, webhook, keep, no_keep } = args;
    let target = Target::new(&forward_to, allow_external).await?;
    let keep = if no_keep { None } else { keep.or_else(|| Some(own_name(context, target.shown()))) };
    let max_away = webhook.max_away;
    let secret = webhook.secret()?;
    let wish = webhook.wish(keep, secret);
    let (output, shown, kept) = (context.output, target.shown().to_owned(), wish.keep.clone());
    let on_ready = move |webhook: &Value, secret: Option<&str>| {
        say_ready(output, webhook, secret.filter(|_| print_secret), &shown, kept.as_deref())
    };
    let report = Some(Report(context.output));
    Session::new(daemon, (wish, print_secret), target, report, max_away, Box::new(on_ready)).run().await
}

impl Webhook {
    /// A flag that was given and means nothing unless the daemon makes the webhook.
    pub(super) fn only_made(&self) -> Option<&'static str> {
        let events = (!self.events.is_empty()).then_some("--events");
        events.or_else(|| self.profile.as_ref().map(|_| "--profile"))
    }

    /// The secret that was given. What is on standard input is there only once.
    pub(super) fn secret(&self) -> Result<Option<String>, Failure> {
        let secret = self.secret.as_deref().map(argument_bytes).transpose()?;
        let secret = secret.map(String::from_utf8).transpose();
        let secret = secret.map_err(|_| Failure::usage("--secret: must be text"))?;
        Ok(secret.map(|secret| secret.trim().to_owned()))
    }

    pub(super) fn wish(self, keep: Option<String>, secret: Option<String>) -> Wish {
        // Whatever was listened for under this name before.
        let all = self.events.is_empty() && self.profile.is_none();
        let events = if all { vec!["*".to_owned()] } else { self.events };
        Wish { events, profile: self.profile, keep, secret }
    }
}

/// The name of what is listened for here: the same one each time, and another one for others.
fn own_name(context: &Context, target: &str) -> String {
    let var = |name: &str| context.env.get(name).cloned().filter(|value| !value.is_empty());
    let user = var("USER").or_else(|| var("LOGNAME")).unwrap_or_else(|| "user".to_owned());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| var("HOSTNAME"));
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    let name = format!("{user}@{}:{}", host.trim(), super::words::address(target));
    name.chars().filter(char::is_ascii_graphic).take(limits::KEY_BYTES).collect()
}

fn say_ready(
    output: Output,
    webhook: &Value,
    secret: Option<&str>,
    target: &str,
    kept: Option<&str>,
) -> Result<(), Failure> {
    let text = |name: &str| webhook.get(name).and_then(Value::as_str).unwrap_or_default();
    if output.json {
        let mut line = json!({"type": "ready", "webhook_id": text("id"), "events": webhook.get("events"),
            "profile": text("profile"), "forward_to": target, "keep": kept});
        if let (Some(secret), Some(members)) = (secret, line.as_object_mut()) {
            members.insert("secret".to_owned(), json!(secret));
        }
        return output.line(&line.to_string());
    }
    let events = webhook.get("events").map(super::table::plain).unwrap_or_default();
    let end = match kept {
        Some(name) => format!("kept as {}", clean(name)),
        None => "ends with this command".to_owned(),
    };
    if let Some(secret) = secret {
        output.line(&format!("secret  {}", clean(secret)))?;
    }
    output.line(&format!("ready   {events} → {}", clean(target)))?;
    output.line(&format!("        webhook {}, {end}", clean(text("id"))))
}
