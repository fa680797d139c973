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

/// Where results go, and in which form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) json: bool,
    color: bool,
}

/// A column: its heading, and the JSON pointer of its value.
pub(super) type Column = (&'static str, &'static str);

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
    /// Standard output; colour only on a terminal.
    pub(super) fn new(json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { json, color: io::stdout().is_terminal() && !no_color }
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
        self.thing_with_rows(thing, &[])
    }

    /// Writes one thing whose rows (a member that is a list of things) have these columns.
    pub(super) fn thing_with_rows(self, thing: &impl Printed, columns: &[Column]) -> Result<(), Failure> {
        if self.json {
            return self.bytes(&thing.json());
        }
        self.line(self.members(thing, columns).trim_end())
    }

    /// Writes a list: as JSON, or its rows as a table.
    pub(super) fn list(self, page: &impl Printed, columns: &[Column]) -> Result<(), Failure> {
        if self.json {
            return self.bytes(&page.json());
        }
        let page = page.value();
        let rows = page.get("data").and_then(Value::as_array);
        self.line(self.table(rows.map_or(&[], Vec::as_slice), columns).trim_end())?;
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(cursor) => self.line(&format!("more: --cursor {}", clean(cursor))),
            None => Ok(()),
        }
    }

    /// Says that something is gone.
    pub(super) fn removed(self, id: &str) -> Result<(), Failure> {
        let id = clean(id);
        let gone =
            if self.json { json!({"id": id, "removed": true}).to_string() } else { format!("{id} removed") };
        self.line(&gone)
    }

    fn members(self, thing: &impl Printed, columns: &[Column]) -> String {
        let value = thing.value();
        let Some(members) = value.as_object() else { return cell(value) };
        // As they are written: a value rounds numbers and sorts members.
        let json = thing.json();
        let written: HashMap<String, &RawValue> = serde_json::from_slice(&json).unwrap_or_default();
        let width = members.keys().map(String::len).max().unwrap_or(0);
        let mut text = String::new();
        for (name, value) in members {
            match value.as_array() {
                Some(rows) if rows.iter().any(Value::is_object) => {
                    // Writing to a String cannot fail; so below.
                    let _ = writeln!(text, "{}", clean(name));
                    for line in self.table(rows, columns).lines() {
                        let _ = writeln!(text, "  {line}");
                    }
                }
                _ => {
                    let as_written = written.get(name).filter(|_| value.is_object() || value.is_number());
                    let cell = as_written.map_or_else(|| cell(value), |written| clean(written.get()));
                    let _ = writeln!(text, "{:<width$}  {}", clean(name), self.paint(cell));
                }
            }
        }
        text
    }

    /// The rows under their headings; without columns, those of the first row's plain members.
    fn table(self, rows: &[Value], columns: &[Column]) -> String {
        let (headings, pointers) = match columns {
            [] => plain_members(rows),
            _ => columns.iter().map(|(heading, at)| ((*heading).to_owned(), (*at).to_owned())).unzip(),
        };
        let cells =
            |row: &Value| pointers.iter().map(|at| row.pointer(at).map_or_else(String::new, cell)).collect();
        let body: Vec<Vec<String>> = rows.iter().map(cells).collect();
        let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
        for row in &body {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for row in std::iter::once(&headings).chain(&body) {
            let mut line = String::new();
            for (cell, &width) in row.iter().zip(&widths) {
                let pad = width.saturating_sub(cell.chars().count()) + 2;
                let _ = write!(line, "{}{:pad$}", self.paint(cell.clone()), "");
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    /// Colours the words that say how something stands.
    fn paint(self, text: String) -> String {
        let code = match text.as_str() {
            _ if !self.color => return text,
            "delivered" | "active" | "ready" => 32,
            "failed" | "disabled" | "expired" => 31,
            "pending" | "paused" | "cancelled" => 33,
            _ => return text,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

fn plain_members(rows: &[Value]) -> (Vec<String>, Vec<String>) {
    let members = rows.first().and_then(Value::as_object).into_iter().flatten();
    let plain = members.filter(|(_, value)| !value.is_object() && !value.is_array());
    plain.map(|(name, _)| (clean(name).to_uppercase(), format!("/{}", escape(name)))).unzip()
}

/// A member's name inside a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => clean(text),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(cell).collect::<Vec<_>>().join(",")
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => clean(&value.to_string()),
    }
}

/// A text without what a terminal would obey.
pub(super) fn clean(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Output = Output { json: false, color: false };

    #[test]
    fn a_table_is_aligned_and_has_no_trailing_blanks() {
        let rows = [json!({"id":"wh_1","state":"active"}), json!({"id":"wh_22","n":{"x":3}})];
        let text = PLAIN.table(&rows, &[("ID", "/id"), ("STATE", "/state"), ("X", "/n/x")]);
        assert_eq!(text, "ID     STATE   X\nwh_1   active\nwh_22          3\n");
    }

    #[test]
    fn colour_does_not_move_the_columns() {
        let color = Output { json: false, color: true };
        let rows = [json!({"s":"failed","n":1})];
        let text = color.table(&rows, &[("S", "/s"), ("N", "/n")]);
        assert_eq!(text, "S       N\n\x1b[31mfailed\x1b[0m  1\n");
    }

    #[test]
    fn members_show_nested_rows_as_a_table() {
        let value = json!({"id":"dlv_1","attempts":[{"number":1,"status_code":503}],"reason":null});
        let text = PLAIN.members(&value, &[]);
        assert_eq!(text, "attempts\n  NUMBER  STATUS_CODE\n  1       503\nid        dlv_1\nreason    -\n");
    }

    #[test]
    fn others_texts_reach_no_terminal_raw() {
        assert_eq!(cell(&json!("a\u{1b}[2Jb\nc")), "a\\u{1b}[2Jb\\nc");
        assert_eq!(cell(&json!("größe")), "größe");
    }
}
