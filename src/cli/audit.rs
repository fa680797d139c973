//! `audit`: who changed what, whether the log of it is what was written, and the log as a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::{Path, PathBuf};

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::backup::{create_private, name, partial, unwritten};
use super::connection::with_query;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::output::{clean, more};
use super::query::{Page, Param, moment};
use crate::domain::id::AccountId;
use crate::limits;
use crate::store::audit::{AuditEntry, Break, Chain, Hash};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List entries, newest first
    #[command(visible_alias = "ls")]
    List(Box<List>),
    /// Check that no entry was changed or deleted, in the daemon's log or in an export
    Verify(Verify),
    /// Write entries as lines of JSON, oldest first
    Export(Export),
}

/// Which entries.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    which: Which,
    /// Only entries of this actor: a token's id, daemon or anonymous
    #[arg(long)]
    actor: Option<String>,
    /// Only entries of this action or pattern, such as webhook.*
    #[arg(long)]
    action: Option<String>,
    /// Only entries about this id or name
    #[arg(long, value_name = "ID")]
    object: Option<String>,
    #[command(flatten)]
    page: Page,
}

/// Whose entries, and from when.
#[derive(Debug, clap::Args)]
struct Which {
    /// Only entries of this time or later, such as 2026-05-01T12:34:56Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// Only entries before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<String>,
}

/// What is checked.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// An export of all accounts' entries, or - for standard input; by default the running daemon's log
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The digest that the newest entry must have: the head that `verify` printed earlier
    #[arg(long, value_name = "DIGEST", requires = "file")]
    head: Option<String>,
}

/// What is written.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The file to write, or - for standard output
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    which: Which,
}

const PATH: &str = "/v1/audit";
/// How wide a list is.
const WIDTH: usize = 80;

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List(list) => show(context, *list).await,
        Command::Export(export) => write(context, &export).await,
        Command::Verify(Verify { file: None, .. }) => {
            let checked = context.daemon()?.api(Method::GET, &format!("{PATH}/verify"), None).await?;
            context.output.thing(&checked)?;
            broken(&checked)
        }
        Command::Verify(Verify { file: Some(file), head }) => {
            let head = head.as_deref().map(|text| digest(text).ok_or(text)).transpose();
            let head = head.map_err(|_| Failure::usage("--head: must be 64 hexadecimal digits"))?;
            let checked = check_file(&file, head)?;
            context.output.thing(&checked)?;
            broken(&checked)
        }
    }
}

/// A failure if something was found broken.
fn broken(checked: &Value) -> Result<(), Failure> {
    let Some(first) = checked.pointer("/breaks/0") else { return Ok(()) };
    let (no, why) = (first.get("no").unwrap_or(&Value::Null), first.get("why").and_then(Value::as_str));
    let why = why.unwrap_or("it was changed after it was written");
    Err(Failure::other(format!("the audit log is broken at entry {no}: {why}")))
}

impl Which {
    fn params(&self) -> [Param; 2] {
        let Self { since, until } = self;
        [("since", since.clone()), ("until", until.clone())]
    }
}

async fn show(context: &Context, list: List) -> Result<(), Failure> {
    let List { which, actor, action, object, page } = list;
    let mut query: Vec<Param> = vec![("actor", actor), ("action", action), ("object", object)];
    query.extend(which.params());
    query.extend(page.params());
    let page = context.daemon()?.page(PATH, &query).await?;
    if context.output.json {
        return context.output.thing(&page);
    }
    for entry in page.get("data").and_then(Value::as_array).into_iter().flatten() {
        context.output.line(&text(entry))?;
    }
    more(&page);
    Ok(())
}

/// An entry for people: when and what, and below it who, on what, and the rest.
fn text(entry: &Value) -> String {
    let member = |name: &str| entry.get(name).and_then(Value::as_str).map(clean).unwrap_or_default();
    let no = entry.get("no").and_then(Value::as_u64).unwrap_or_default();
    let mut below = format!("by {}", member("actor"));
    for (word, name) in [(" on ", "object"), (" in account ", "account"), (": ", "detail")] {
        let value = member(name);
        if !value.is_empty() {
            below.push_str(word);
            below.push_str(&value);
        }
    }
    let indent = "    ";
    let mut text = format!("{no}  {}  {}", member("at"), member("action"));
    for line in wrapped(&below, WIDTH - indent.len()) {
        text.push('\n');
        text.push_str(indent);
        text.push_str(&line);
    }
    text
}

/// A text in lines of at most `width` characters, broken between words where that is possible.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let chars: Vec<char> = word.chars().collect();
        for (at, piece) in chars.chunks(width).enumerate() {
            let needed = piece.len() + usize::from(length > 0);
            if at > 0 || length > 0 && length + needed > width {
                lines.push(String::new());
                length = 0;
            }
            let line = lines.last_mut().map(|line| {
                if length > 0 {
                    line.push(' ');
                }
                line.extend(piece);
                line.chars().count()
            });
            length = line.unwrap_or_default();
        }
    }
    lines
}

/// Writes all entries that are asked for, page by page. A file has its name only once it is whole.
async fn write(context: &Context, export: &Export) -> Result<(), Failure> {
    let Export { file, which } = export;
    let daemon = context.daemon()?;
    let standard = file.as_os_str() == "-";
    let partial = partial(file);
    let mut out: Box<dyn Write> =
        if standard { Box::new(io::stdout()) } else { Box::new(create_private(&partial)?) };
    let mut query: Vec<Param> =
        vec![("order", Some("asc".to_owned())), ("limit", Some(limits::PAGE_MAX.to_string()))];
    query.extend(which.params());
    let (mut entries, mut head) = (0_u64, Value::Null);
    let mut all = async || {
        loop {
            let page = daemon.api(Method::GET, &with_query(PATH, &query), None).await?;
            for entry in page.get("data").and_then(Value::as_array).into_iter().flatten() {
                writeln!(out, "{entry}").map_err(|error| unwritten(file, &error))?;
                entries += 1;
                head = entry.get("hash").cloned().unwrap_or_default();
            }
            let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else { break };
            // It keeps the filters.
            let limit = ("limit", Some(limits::PAGE_MAX.to_string()));
            query = vec![("cursor", Some(cursor.to_owned())), limit];
        }
        out.flush().map_err(|error| unwritten(file, &error))
    };
    let written = all().await;
    if standard {
        return written;
    }
    written.and_then(|()| name(&partial, file)).inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
    let file = file.display().to_string();
    context.output.thing(&json!({"file": file, "state": "written", "entries": entries, "head": head}))
}

/// An entry as a line of an export.
#[derive(Deserialize)]
struct Line {
    no: u64,
    at: String,
    actor: String,
    account_id: Option<String>,
    action: String,
    object: String,
    detail: String,
    previous: String,
    hash: String,
    version: u8,
}

impl Line {
    fn entry(self) -> Option<AuditEntry> {
        let Self { no, action, object, detail, version, .. } = self;
        let account = self.account_id.map(|id| id.parse::<AccountId>()).transpose().ok()?;
        let (at, actor) = (self.at.parse().ok()?, self.actor.parse().ok()?);
        let (previous, hash) = (digest(&self.previous)?, digest(&self.hash)?);
        Some(AuditEntry { no, at, actor, account, action, object, detail, previous, hash, version })
    }
}

/// Follows the chain of an export; its first entry is taken for what it is.
fn check_file(file: &Path, head: Option<Hash>) -> Result<Value, Failure> {
    let wrong = |error: io::Error| Failure::usage(format!("{}: {error}", file.display()));
    let mut input: Box<dyn BufRead> = match file.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(file).map_err(wrong)?)),
    };
    let (mut chain, mut from, mut last) = (None::<Chain>, None, None);
    for number in 1_u64.. {
        let mut bytes = Vec::new();
        (&mut input).take(limits::AUDIT_LINE_BYTES).read_until(b'\n', &mut bytes).map_err(wrong)?;
        if bytes.is_empty() {
            break;
        }
        let line = serde_json::from_slice::<Line>(&bytes).ok().and_then(Line::entry);
        let entry = line.ok_or_else(|| {
            let message = format!("{}: line {number} is not an entry of the audit log", file.display());
            Failure::new(Exit::Refused, message)
        })?;
        let chain = chain.get_or_insert_with(|| Chain::new(entry.no, entry.previous));
        chain.follow(entry.no, Some(&entry));
        from = from.or(Some(entry.no));
        last = Some((entry.no, entry.hash));
    }
    let mut breaks = chain.as_ref().map(|chain| chain.breaks.clone()).unwrap_or_default();
    if head.is_some() && head != last.map(|(_, hash)| hash) {
        breaks.push(Break { no: last.map_or(0, |(no, _)| no), why: "the newest entry is another one" });
    }
    let entries = chain.map_or(0, |chain| chain.entries);
    Ok(json!({
        "intact": breaks.is_empty(),
        "entries": entries,
        "from": from,
        "to": last.map(|(no, _)| no),
        "head": last.map(|(_, hash)| hex::encode(hash)),
        "breaks": breaks.iter().map(|Break { no, why }| json!({"no": no, "why": why})).collect::<Value>(),
    }))
}

/// The digest of a text.
fn digest(text: &str) -> Option<Hash> {
    let mut digest = Hash::default();
    hex::decode_to_slice(text, &mut digest).ok().map(|()| digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_fits_into_80_columns_and_holds_nothing_that_a_terminal_obeys() {
        let entry = json!({
            "no": 123_456, "at": "2026-11-30T07:41:35.123Z", "action": "webhook.rotate_secret",
            "actor": "tok_00000000000000000000000000", "object": "wh_00000000000000000000000000",
            "account": "default", "detail": format!("secrets, {}\u{1b}[2J", "x".repeat(200)),
        });
        let text = text(&entry);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("123456  2026-11-30T07:41:35.123Z  webhook.rotate_secret"));
        let who = "    by tok_00000000000000000000000000 on wh_00000000000000000000000000 in";
        assert_eq!(lines.next(), Some(who));
        assert_eq!(lines.next(), Some("    account default: secrets,"));
    }

    #[test]
    fn every_line_is_as_wide_as_it_may_be() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
        assert_eq!(wrapped("", 3), [""]);
    }
}
