//! The command line: one file per command. Commands talk to the daemon over HTTP and never open the
//! store of a running one; only `serve` is the daemon.
//!
//! Results go to standard output, everything else to standard error, and a pipe gets what a
//! terminal gets, without colour.

mod account;
mod apply;
mod audit;
mod backup;
mod check;
pub mod client;
mod compact;
mod completions;
mod config;
mod connection;
mod context;
mod delivery;
mod demo;
mod event;
mod event_type;
mod export;
pub mod failure;
mod filter;
mod ids;
mod inbox;
mod input;
mod job;
mod listen;
mod man;
mod many;
mod offline;
mod openapi;
mod output;
mod pages;
mod progress;
mod query;
mod receiver;
mod reload;
mod replay;
mod result;
mod sample;
mod screen;
mod secret;
mod serve;
mod signing_key;
pub mod sse;
mod status;
mod support;
mod table;
mod tail;
mod token;
mod trigger;
mod verify;
mod verify_store;
mod version;
mod webhook;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::telemetry::journal;
use connection::Connection;
use context::Context;
use failure::Failure;
use output::{Output, When};

pub use serve::Serve;

/// How every command ends; `failure::Exit` in words.
const ENDS: &str = "Exit status: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 no daemon \
                    reached, 6 not authorised, 78 invalid configuration.";

/// How wide help is: as narrow as terminals are, and the same everywhere.
const HELP_WIDTH: usize = 80;

/// What stands above the flags that every command has, so that a command's own come first.
const GLOBAL: &str = "Global options";

/// Ringback: a webhook delivery daemon in one process and one file.
#[derive(Debug, Parser)]
#[command(name = "ringback", arg_required_else_help = true, disable_version_flag = true)]
#[command(after_help = ENDS, term_width = HELP_WIDTH)]
struct Cli {
    /// Print the version
    #[arg(long, short = 'V')]
    version: bool,
    /// Print the API's JSON instead of tables
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,
    /// When to use colour; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "WHEN", value_enum, default_value_t)]
    color: When,
    /// The configuration file [env: RINGBACK_CONFIG] [default: ./ringback.toml, else
    /// ~/.config/ringback/ringback.toml, else /etc/ringback/ringback.toml, where there is one]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The directory of the store [env: RINGBACK_DATA_DIR] [default: ./ringback-data]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Serve(serve::Args),
    /// Run a demonstration on this machine: send, fail, crash, recover and verify
    Demo(demo::Args),
    /// Check the configuration without starting anything
    Check,
    /// Reload the daemon's configuration and print what changed
    Reload,
    /// Show the daemon's status
    Status(status::Args),
    /// Send, list and replay events
    #[command(subcommand, alias = "events")]
    Event(event::Command),
    /// Manage webhooks
    #[command(subcommand, alias = "webhooks")]
    Webhook(webhook::Command),
    /// List, show, retry and cancel deliveries
    #[command(subcommand, alias = "deliveries")]
    Delivery(delivery::Command),
    /// Send past deliveries again, after printing how many match
    #[command(alias = "replays")]
    Replay(Box<replay::Args>),
    /// Make accounts, secrets, event types and webhooks what files say they are
    Apply(apply::Args),
    /// Follow accepted events and attempts as they come
    Tail(tail::Args),
    /// Receive deliveries on this machine, which needs no public address
    Listen(Box<listen::Args>),
    /// Show what arrives at this machine, on a page, and fail as asked
    Inbox(Box<inbox::Args>),
    /// Send a sample event of a type
    Trigger(trigger::Args),
    /// Declare event types, and what their data must look like
    #[command(subcommand, alias = "event-types")]
    EventType(event_type::Command),
    /// Test filters
    #[command(subcommand, alias = "filters")]
    Filter(filter::Command),
    /// Create, complete and show jobs
    #[command(subcommand, alias = "jobs")]
    Job(Box<job::Command>),
    /// Manage accounts
    #[command(subcommand, alias = "accounts")]
    Account(account::Command),
    /// Write a consistent copy of the running daemon's store to a file, or to - for standard output
    Backup(backup::BackupArgs),
    /// Create a store from a backup; the daemon must be stopped
    Restore(backup::RestoreArgs),
    /// Shrink the store's file to what it holds; the daemon must be stopped
    Compact(compact::Args),
    /// Check the whole store for damage; the daemon must be stopped
    VerifyStore,
    /// Write every row of the running daemon's store as a line of JSON; secrets stay sealed
    Export(export::ExportArgs),
    /// Create a store from an export; the daemon must be stopped
    Import(export::ImportArgs),
    /// Manage secrets that header templates can name
    #[command(subcommand, alias = "secrets")]
    Secret(secret::Command),
    /// Manage the daemon's signing keys
    #[command(subcommand, alias = "signing-keys")]
    SigningKey(signing_key::Command),
    /// Show the daemon's settings
    #[command(subcommand)]
    Config(config::Command),
    /// Manage access tokens
    #[command(subcommand, alias = "tokens")]
    Token(token::Command),
    /// List, verify and export the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Check a delivery's signature and say why it fails
    Verify(verify::Args),
    /// Print a shell's completion script
    Completions(completions::Args),
    /// Print a manual page: `ringback man | man -l -`
    Man(man::Args),
    /// Collect what is needed to diagnose a problem into one file, without secrets
    SupportBundle(support::Args),
    /// Print the description of the API (OpenAPI 3.1)
    Openapi(openapi::Args),
    /// Print the version
    Version,
}

/// The command line, for those who describe it.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process.
pub fn main(serve: Serve) -> ExitCode {
    match run(Cli::parse(), serve) {
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Failed { exit, message }) => {
            print_error(&message);
            ExitCode::from(exit as u8)
        }
    }
}

/// Prints a failure on standard error, if that is open.
fn print_error(message: &str) {
    use std::io::Write as _;
    let begin = if journal::on_stderr() { journal::ERROR } else { "" };
    let mut err = std::io::stderr().lock();
    for line in message.lines() {
        // A list that belongs to the line before it is set in.
        let error = if line.starts_with(' ') { "" } else { "error: " };
        let _ = writeln!(err, "{begin}{error}{}", output::clean(line));
    }
}

fn run(cli: Cli, serve: Serve) -> Result<(), Failure> {
    let Cli { version, json, color, config, data_dir, connection, command } = cli;
    let env = crate::config::process::environment();
    let context = Context { output: Output::new(json, color), env, config, data_dir, connection };
    let Some(command) = command.or(version.then_some(Command::Version)) else {
        return Err(Failure::usage("give a command; `ringback --help` lists them"));
    };
    match command {
        Command::Serve(args) => serve::run(&context, &args, serve),
        Command::Demo(args) => wait(demo::run(&context, &args)),
        Command::Check => check::run(&context),
        Command::Reload => wait(reload::run(&context)),
        Command::Status(args) => wait(status::run(&context, &args)),
        Command::Event(command) => wait(event::run(&context, command)),
        Command::Webhook(command) => wait(webhook::run(&context, command)),
        Command::Delivery(command) => wait(delivery::run(&context, command)),
        Command::Replay(args) => wait(replay::run(&context, *args)),
        Command::Apply(args) => wait(apply::run(&context, args)),
        Command::Tail(args) => wait(tail::run(&context, args)),
        Command::Listen(args) => wait(listen::run(&context, *args)),
        Command::Inbox(args) => wait(inbox::run(&context, *args)),
        Command::Trigger(args) => wait(trigger::run(&context, args)),
        Command::EventType(command) => wait(event_type::run(&context, command)),
        Command::Filter(command) => filter::run(&context, &command),
        Command::Job(command) => wait(job::run(&context, *command)),
        Command::Account(command) => wait(account::run(&context, command)),
        Command::Backup(args) => wait(backup::backup(&context, &args)),
        Command::Restore(args) => backup::restore(&context, &args),
        Command::VerifyStore => verify_store::run(&context),
        Command::Compact(args) => compact::run(&context, &args),
        Command::Export(args) => wait(export::export(&context, &args)),
        Command::Import(args) => export::import(&context, &args),
        Command::Secret(command) => wait(secret::run(&context, command)),
        Command::SigningKey(command) => wait(signing_key::run(&context, command)),
        Command::Config(command) => wait(config::run(&context, command)),
        Command::Token(command) => wait(token::run(&context, command)),
        Command::Audit(command) => wait(audit::run(&context, command)),
        Command::Verify(args) => verify::run(&context, &args),
        Command::Completions(args) => completions::run(&context, &args),
        Command::Man(args) => man::run(&context, &args),
        Command::SupportBundle(args) => wait(support::run(&context, &args)),
        Command::Openapi(args) => openapi::run(&context, &args),
        Command::Version => version::run(&context),
    }
}

/// Drives one command to its end.
fn wait(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::other)?.block_on(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_have_the_names_that_people_try() {
        for line in [
            "webhooks create http://y",
            "webhook ls",
            "webhook delete wh_1",
            "webhook remove wh_1",
            "events ls",
            "deliveries ls",
            "jobs ls",
            "accounts ls",
            "account add team",
            "secret ls",
            "secrets delete KEY",
            "tokens ls",
            "token add --role reader",
            "token rm tok_1",
            "replays ls",
            "audit ls",
        ] {
            let parsed = Cli::try_parse_from(std::iter::once("ringback").chain(line.split(' ')));
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
        for (line, near) in
            [("webhok list", "webhook"), ("webhook lst", "list"), ("event list --limt 3", "--limit")]
        {
            let error = Cli::try_parse_from(std::iter::once("ringback").chain(line.split(' '))).unwrap_err();
            assert!(error.to_string().contains(&format!("'{near}'")), "{error}");
        }
    }

    #[test]
    fn help_fits_a_terminal() {
        fn visit(command: &mut clap::Command) {
            let help = command.render_long_help().to_string();
            for line in help.lines() {
                // A word, such as a URL in an example, is not broken.
                let fits = line.chars().count() <= HELP_WIDTH || !line.trim().contains(' ');
                assert!(fits, "{}: {line}", command.get_name());
            }
            command.get_subcommands_mut().for_each(visit);
        }
        let mut command = Cli::command();
        command.build();
        visit(&mut command);
    }

    #[test]
    fn connection_flags_go_before_and_after_the_command() {
        for line in [
            "ringback --url http://x --json event list",
            "ringback event list --url http://x --json",
            "ringback event --json list --url http://x",
            "ringback webhook add http://y --url http://x --json",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert!(cli.json, "{line}");
        }
    }
}
