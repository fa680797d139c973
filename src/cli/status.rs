//! `status`: how the daemon is; `--wait` waits until it is ready.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;

use super::connection::Daemon;
use super::context::Context;
use super::failure::{Exit, Failure};
use crate::clock;

/// What `status` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Wait until the daemon is ready
    #[arg(long)]
    wait: bool,
    /// How many seconds to wait
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "wait")]
    timeout: u32,
}

/// How often a waiting `status` asks.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    if args.wait {
        wait(&daemon, Duration::from_secs(args.timeout.into())).await?;
    }
    context.output.thing(&daemon.admin_json("/admin/status").await?)
}

async fn wait(daemon: &Daemon, limit: Duration) -> Result<(), Failure> {
    let deadline = clock::monotonic() + limit;
    loop {
        let failure = match daemon.admin(Method::GET, "/readyz").await {
            Ok(reply) if reply.status == StatusCode::OK => return Ok(()),
            Ok(reply) => Failure::new(Exit::Other, format!("not ready: {}", one_line(&reply.body))),
            Err(failure) => failure,
        };
        if clock::monotonic() >= deadline {
            return Err(failure);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn one_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let problem = serde_json::from_str::<Value>(&text).ok();
    let detail = problem.and_then(|problem| problem.get("detail")?.as_str().map(str::to_owned));
    detail.unwrap_or_else(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}
