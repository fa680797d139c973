//! `status`: how the daemon is, with what is wrong first; `--wait` waits until it is ready, `--ready` only asks.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::connection::Daemon;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::output::clean;
use super::screen;
use crate::clock;

/// What `status` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 all is well, 1 something needs attention (or, with --ready, the daemon is not \
                        ready), 5 no daemon reached. With --wait: 0 once it is ready."
)]
pub(super) struct Args {
    /// Only say whether the daemon is ready, or why not; needs no token
    #[arg(long, conflicts_with = "wait")]
    ready: bool,
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
    let output = context.output;
    if args.ready {
        let why = why_not_ready(&daemon).await?;
        match (&why, output.json) {
            (why, true) => output.line(&json!({"ready": why.is_none(), "why": why}).to_string())?,
            (Some(why), false) => output.line(&format!("not ready: {}", clean(why)))?,
            (None, false) => output.line("ready")?,
        }
        return why.map_or(Ok(()), |_| Err(said()));
    }
    if args.wait {
        wait(&daemon, Duration::from_secs(args.timeout.into())).await?;
    }
    let status = daemon.admin_json("/admin/status").await?;
    let output = output.now();
    let problems = screen::problems(&status, output.look.now);
    if output.json {
        output.thing(&status)?;
    } else {
        output.line(screen::screen(&status, &problems, output).trim_end())?;
    }
    // Who waits for the start of a daemon waits for nothing else.
    if problems.is_empty() || args.wait { Ok(()) } else { Err(said()) }
}

/// A failure of which everything was said.
fn said() -> Failure {
    Failure::new(Exit::Other, "")
}

async fn why_not_ready(daemon: &Daemon) -> Result<Option<String>, Failure> {
    let reply = daemon.admin(Method::GET, "/readyz").await?;
    Ok((reply.status != StatusCode::OK).then(|| one_line(&reply.body)))
}

async fn wait(daemon: &Daemon, limit: Duration) -> Result<(), Failure> {
    let deadline = clock::monotonic() + limit;
    loop {
        let failure = match why_not_ready(daemon).await {
            Ok(None) => return Ok(()),
            Ok(Some(why)) => Failure::new(Exit::Other, format!("not ready: {why}")),
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
