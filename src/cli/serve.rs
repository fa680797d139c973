//! `serve`: the daemon. All of its settings become one [`crate::config::Config`].

use super::context::Context;
use super::failure::{Exit, Failure};
use crate::config::Flag;
use crate::daemon::listeners::Sockets;
use crate::daemon::{Start, files};
use crate::telemetry;

/// Runs the daemon until it is asked to stop.
pub type Serve = fn(Start) -> anyhow::Result<()>;

/// What `serve` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// For a developer's machine: let webhooks point at this host, over plain http
    #[arg(long)]
    dev: bool,
    /// The API's listen address [default: 127.0.0.1:8420]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The admin listener's address, or unix:/PATH [default: 127.0.0.1:8421]
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<String>,
}

impl Args {
    fn flags(&self) -> Vec<Flag> {
        let flag = |key, name, text: Option<String>| text.map(|text| Flag { key, name, text });
        let flags = [
            flag("dev", "--dev", self.dev.then(|| "true".to_owned())),
            flag("listen", "--listen", self.listen.clone()),
            flag("admin_listen", "--admin-listen", self.admin_listen.clone()),
        ];
        flags.into_iter().flatten().collect()
    }
}

pub(super) fn run(context: &Context, args: &Args, serve: Serve) -> Result<(), Failure> {
    let sockets = Sockets::inherited().map_err(|error| Failure::other(format!("{error:#}")))?;
    let source = context.source(args.flags());
    let loaded = source.load()?;
    let files = files::read(&loaded)?;
    let (_log, level) =
        telemetry::init(&loaded.config.log).map_err(|error| Failure::new(Exit::Config, error.to_string()))?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let start = Start { loaded, files, source, level, sockets };
    serve(start).map_err(|error| Failure::other(format!("{error:#}")))
}
