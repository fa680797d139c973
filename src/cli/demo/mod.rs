//! `demo`: the real daemon in a child process, killed for real in the middle; this process is the
//! sender, the receiver and the verifier. What is printed has happened; if something does not
//! happen in time, the demo says what and fails.

mod directory;
mod process;
mod receiver;
mod script;

use std::path::PathBuf;

use super::context::Context;
use super::failure::Failure;
use directory::Directory;
use receiver::Receiver;
use script::Script;

/// What `demo` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Exit after the demonstration instead of serving on
    #[arg(long)]
    exit: bool,
}

/// The documented ports; another one is taken where one is in use.
const API_PORT: u16 = 8420;
const ADMIN_PORT: u16 = 8421;
const RECEIVER_PORT: u16 = 9000;

/// Short waits, so that the story is short.
const CONFIG: &str =
    "[profiles.demo]\nretry = { schedule = [\"0s\", \"1s\", \"2s\", \"4s\", \"8s\"], jitter = 0 }\n";

pub(super) async fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let path = context.data_dir.clone().unwrap_or_else(|| PathBuf::from("./ringback-demo"));
    let directory = Directory::fresh(&path)?;
    let ended = run_script(context, args, &directory).await;
    ended.map_err(|failure| match failure {
        Failure::ClosedPipe => Failure::ClosedPipe,
        Failure::Failed { exit, message } => {
            let log = directory.log();
            Failure::new(exit, format!("{message}\nthe daemon's log is {}", log.display()))
        }
    })
}

async fn run_script(context: &Context, args: &Args, directory: &Directory) -> Result<(), Failure> {
    std::fs::write(directory.config(), CONFIG).map_err(Failure::other)?;
    let receiver = Receiver::start(RECEIVER_PORT).await.map_err(Failure::other)?;
    let command = process::Command {
        directory: directory.path().to_owned(),
        config: directory.config(),
        log: directory.log(),
        listen: free(API_PORT),
        admin_listen: free(ADMIN_PORT),
    };
    let process = command.start().await?;
    let daemon = process::connect(&process, directory.path())?;
    let mut script = Script { output: context.output, receiver, command, process, daemon };
    script.play().await?;
    if !args.exit {
        context.output.line("serving; Ctrl-C to stop")?;
        script.process.serve().await?;
    }
    script.process.terminate().await
}

/// `port`, or 0 (any) if it is in use.
fn free(port: u16) -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", port)).map_or(0, |_| port)
}
