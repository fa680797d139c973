//! Results on standard output: the API's JSON, or tables for people. What others wrote (names,
//! descriptions, error texts) never reaches a terminal with its control characters.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::connection::JsonReply;
use super::failure::Failure;
use super::table::{self, Look, plain, render};
use super::words;
use crate::clock;

pub(super) use super::table::{Column, Shows, clean};

/// Where results go, and in which form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) json: bool,
    pub(super) look: Look,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum When {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Also through a pipe
    Always,
    /// Nowhere
    Never,
}

/// How wide a terminal is that does not say it.
const WIDTH: u16 = 80;
/// What is shown before all else, in this order.
const FIRST: [&str; 13] = [
    "wrong",
    "id",
    "secret",
    "token",
    "name",
    "type",
    "event_type",
    "url",
    "state",
    "status",
    "event_id",
    "webhook_id",
    "webhook_name",
];
/// What others wrote as JSON: shown as it is written.
const WRITTEN: [&str; 6] = ["data", "metadata", "filter", "schema", "input", "output"];

/// A member that is a list of things, and their columns.
pub(super) type Nested<'a> = (&'a str, &'a [Column<'a>]);

/// What can be written as JSON, or be looked into for people.
pub(super) trait Printed {
    /// Its JSON text.
    fn json(&self) -> Cow<'_, [u8]>;
    /// What is in it.
    fn value(&self) -> &Value;
}

impl Printed for Value {
    fn json(&self) -> Cow<'_, [u8]> {
        self.to_string().into_bytes().into()
    }

    fn value(&self) -> &Value {
        self
    }
}

/// The answer's own text, byte for byte.
impl Printed for JsonReply {
    fn json(&self) -> Cow<'_, [u8]> {
        (&*self.text).into()
    }

    fn value(&self) -> &Value {
        self
    }
}

impl Output {
    /// Standard output.
    pub(super) fn new(json: bool, color: When) -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let terminal = io::stdout().is_terminal();
        let color = match color {
            When::Auto => terminal && set("NO_COLOR").is_none(),
            When::Always => true,
            When::Never => false,
        };
        let width = || set("COLUMNS").and_then(|text| text.parse().ok()).or_else(table::terminal_width);
        let width = terminal.then(|| width().filter(|width| *width > 0).unwrap_or(WIDTH));
        Self { json, look: Look { width, color, now: clock::now() } }
    }

    /// It at this moment, from which times are told: a command may have waited.
    pub(super) fn now(self) -> Self {
        Self { look: Look { now: clock::now(), ..self.look }, ..self }
    }

    /// Whether a person reads, on a terminal.
    pub(super) fn terminal(self) -> bool {
        self.look.width.is_some() && !self.json
    }

    /// Writes a line.
    pub(super) fn line(self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    fn bytes(self, line: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = out.write_all(line).and_then(|()| out.write_all(b"\n"));
        written.and_then(|()| out.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::other(format!("standard output: {error}")),
        })
    }

    /// Writes one thing: as JSON, or each member on a line of its own.
    pub(super) fn thing(self, thing: &impl Printed) -> Result<(), Failure> {
        self.thing_with_tables(thing, &[])
    }

    /// Writes one thing of which some members are lists of things, with their columns.
    pub(super) fn thing_with_tables(
        self,
        thing: &impl Printed,
        tables: &[Nested<'_>],
    ) -> Result<(), Failure> {
        if self.json {
            return self.bytes(&thing.json());
        }
        self.line(self.now().members(thing, tables).trim_end())
    }

    /// Writes a list: as JSON, or its rows as a table.
    pub(super) fn list(self, page: &impl Printed, columns: &[Column<'_>]) -> Result<(), Failure> {
        if self.json {
            return self.bytes(&page.json());
        }
        let page = page.value();
        let rows = page.get("data").and_then(Value::as_array);
        self.line(render(rows.map_or(&[], Vec::as_slice), columns, self.now().look).trim_end())?;
        more(page);
        Ok(())
    }

    /// Says that something is gone.
    pub(super) fn removed(self, id: &str) -> Result<(), Failure> {
        let id = clean(id);
        let gone =
            if self.json { json!({"id": id, "removed": true}).to_string() } else { format!("{id} removed") };
        self.line(&gone)
    }

    /// Each member on a line of its own, what people look for first; what is not set is left out.
    pub(super) fn members(self, thing: &impl Printed, nested: &[Nested<'_>]) -> String {
        let value = thing.value();
        let Some(members) = value.as_object() else { return plain(value) };
        // As they are written: a value rounds numbers and sorts members.
        let json = thing.json();
        let written: HashMap<String, &RawValue> = serde_json::from_slice(&json).unwrap_or_default();
        let (mut lines, mut tables) = (Vec::new(), String::new());
        let rank = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
        let mut members: Vec<(&String, &Value)> = members.iter().collect();
        members.sort_by_key(|(name, _)| rank(name));
        for (name, value) in members {
            match value.as_array().filter(|rows| rows.iter().any(Value::is_object)) {
                Some(rows) => {
                    // Writing to a String cannot fail; so below.
                    let _ = writeln!(tables, "{}", clean(name));
                    let columns =
                        nested.iter().find(|(member, _)| member == name).map_or(&[][..], |found| found.1);
                    for line in rows_of(rows, columns, self.look).lines() {
                        let _ = writeln!(tables, "  {line}");
                    }
                }
                None if WRITTEN.contains(&name.as_str()) || value.is_number() => {
                    let as_written = written.get(name).map(|written| clean(written.get()));
                    lines.push((clean(name), as_written.filter(|text| text != "null")));
                }
                None => self.flat(&clean(name), value, &mut lines),
            }
        }
        let lines: Vec<_> = lines.into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
        let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, value) in lines {
            let _ = writeln!(text, "{name:<width$}  {}", self.paint(value));
        }
        text + &tables
    }

    /// The lines of a member: an object's members have lines of their own.
    fn flat(self, name: &str, value: &Value, lines: &mut Vec<(String, Option<String>)>) {
        match value {
            Value::Object(members) => {
                for (inner, value) in members {
                    self.flat(&format!("{name}.{}", clean(inner)), value, lines);
                }
            }
            Value::Null => {}
            Value::Array(items) if items.is_empty() => {}
            Value::String(text) if text.is_empty() => {}
            Value::String(text) if text.starts_with(CERTIFICATE) => {
                let told = match text.matches(CERTIFICATE).count() {
                    1 => "1 certificate (--json shows it)".to_owned(),
                    count => format!("{count} certificates (--json shows them)"),
                };
                lines.push((name.to_owned(), Some(told)));
            }
            Value::String(text) => {
                let time = words::time(text).filter(|_| self.look.width.is_some());
                let told = time.map(|time| format!(" ({})", words::relative(time, self.look.now)));
                lines.push((name.to_owned(), Some(clean(text) + &told.unwrap_or_default())));
            }
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                lines.push((name.to_owned(), Some(plain(value))));
            }
        }
    }

    /// Colours a line that is about something wrong.
    pub(super) fn alarm(self, text: String) -> String {
        if self.look.color { table::painted(&text, table::ALARM) } else { text }
    }

    /// Colours a line about something that goes or is made.
    pub(super) fn diff(self, goes: bool, made: bool, text: String) -> String {
        let color = match (goes, made) {
            (true, _) => table::GOES,
            (_, true) => table::MADE,
            _ => table::CHANGES,
        };
        if self.look.color { table::painted(&text, color) } else { text }
    }

    /// Colours words that say how something stands.
    pub(super) fn paint(self, text: String) -> String {
        match table::color(&text).filter(|_| self.look.color) {
            Some(color) => table::painted(&text, color),
            None => text,
        }
    }
}

/// How the lines of one begin, which tell people nothing.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// Says how a list goes on; not among its rows.
pub(super) fn more(page: &Value) {
    if let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) {
        let _ = writeln!(io::stderr(), "more: --cursor {}", clean(cursor));
    }
}

/// Rows under their headings; without columns, those of the first row's plain members.
fn rows_of(rows: &[Value], columns: &[Column<'_>], look: Look) -> String {
    if !columns.is_empty() {
        return render(rows, columns, look);
    }
    let members = rows.first().and_then(Value::as_object).into_iter().flatten();
    let members = members.filter(|(_, value)| !value.is_object() && !value.is_array());
    let (headings, pointers): (Vec<String>, Vec<String>) =
        members.map(|(name, _)| (clean(name).to_uppercase(), format!("/{}", escape(name)))).unzip();
    let columns = headings.iter().zip(&pointers).map(|(heading, at)| (heading.as_str(), Shows::Text(at)));
    render(rows, &columns.collect::<Vec<_>>(), look)
}

/// A member's name inside a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::{Look, Output};
    use crate::domain::time::Timestamp;
    use serde_json::json;

    fn plain() -> Output {
        Output { json: false, look: Look { width: None, color: false, now: Timestamp::from_millis(60_000) } }
    }

    #[test]
    fn what_people_look_for_comes_first_and_what_is_not_set_not_at_all() {
        let value = json!({
            "a": "x", "at": "1970-01-01T00:00:00.000Z", "batch": null, "events": ["a.*", "b"], "headers": {},
            "health": {"state": "ok", "since": null}, "id": "wh_1", "n": 1.5, "note": "", "secret": "whsec_x",
            "data": {"z": 1, "a": {"b": 2}}, "wrong": [],
        });
        assert_eq!(
            plain().members(&value, &[]),
            "id            wh_1\nsecret        whsec_x\na             x\nat            1970-01-01T00:00:00.000Z\n\
             data          {\"a\":{\"b\":2},\"z\":1}\nevents        a.*,b\nhealth.state  ok\nn             1.5\n"
        );
        let terminal = Output { look: Look { width: Some(80), ..plain().look }, ..plain() };
        assert!(terminal.members(&value, &[]).contains("1970-01-01T00:00:00.000Z (1 min ago)\n"));
    }

    #[test]
    fn certificates_are_counted() {
        let one = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let value = json!({"tls": {"ca": one.repeat(2), "client_cert": one}});
        assert_eq!(
            plain().members(&value, &[]),
            "tls.ca           2 certificates (--json shows them)\ntls.client_cert  1 certificate (--json shows it)\n"
        );
    }

    #[test]
    fn members_show_nested_rows_as_a_table_below() {
        let value = json!({"attempts":[{"number":1,"status_code":503}],"id":"dlv_1","reason":null});
        assert_eq!(
            plain().members(&value, &[]),
            "id  dlv_1\nattempts\n  NUMBER  STATUS_CODE\n  1       503\n"
        );
    }
}
