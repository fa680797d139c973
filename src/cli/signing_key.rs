//! `signing-key`: the daemon's own keys, whose public halves receivers fetch.

use http::Method;
use serde_json::{Map, Value, json};

use super::context::Context;
use super::failure::Failure;
use super::output::{Column, Shows};
use super::query::seconds;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List signing keys, newest first
    #[command(visible_alias = "ls")]
    List,
    /// Make new signing keys; they sign once receivers had time to fetch them
    Rotate {
        /// Only this algorithm: EdDSA or RS256
        #[arg(long)]
        algorithm: Option<String>,
        /// How long until the new key signs, such as 5m
        #[arg(long, value_name = "DURATION", value_parser = seconds)]
        activate_after: Option<u64>,
    },
}

const PATH: &str = "/v1/signing-keys";
const COLUMNS: [Column<'_>; 5] = [
    ("KEY", Shows::Text("/kid")),
    ("ALGORITHM", Shows::Text("/algorithm")),
    ("STATE", Shows::Text("/state")),
    ("SIGNS FROM", Shows::Time("/signs_from")),
    ("PUBLISHED UNTIL", Shows::Time("/published_until")),
];
const FLAGS: [(&str, &str); 2] =
    [("/algorithm", "--algorithm"), ("/activate_after_seconds", "--activate-after")];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let keys = match command {
        Command::List => daemon.api(Method::GET, PATH, None).await?,
        Command::Rotate { algorithm, activate_after } => {
            let mut body = Map::new();
            body.extend(algorithm.map(|name| ("algorithm".to_owned(), json!(name))));
            body.extend(activate_after.map(|after| ("activate_after_seconds".to_owned(), json!(after))));
            let path = format!("{PATH}/rotate");
            let rotated = daemon.api(Method::POST, &path, Some(&Value::Object(body))).await;
            rotated.map_err(|failure| failure.naming(&FLAGS))?
        }
    };
    if keys.get("data").is_some() {
        context.output.list(&keys, &COLUMNS)
    } else {
        context.output.thing(&keys)
    }
}
