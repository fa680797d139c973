//! Tables: made for the width of a terminal, or whole through a pipe.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Row, Table};
use serde_json::Value;

use super::words;
use crate::domain::time::Timestamp;

/// Who reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// How many columns a terminal has; `None`: a pipe, which gets everything whole.
    pub(super) width: Option<u16>,
    pub(super) color: bool,
    pub(super) now: Timestamp,
}

/// A column: its heading, and what it shows.
pub(super) type Column<'a> = (&'a str, Shows<'a>);

/// What a column shows of a row; texts are JSON pointers.
#[derive(Clone, Copy)]
pub(super) enum Shows<'a> {
    /// A member.
    Text(&'a str),
    /// A member that may be cut where the terminal is too narrow.
    Long(&'a str),
    /// A URL, which may be cut likewise.
    Url(&'a str),
    /// A webhook: on a terminal its name, or where it has none its URL, which may be cut likewise.
    Target(&'a str, &'a str),
    /// A time: on a terminal, how long ago.
    Time(&'a str),
    /// A time: on a terminal, how long ago, without that word.
    Age(&'a str),
    /// An id: on a terminal, its end.
    Id(&'a str),
    /// What the row says, in words.
    Words(fn(&Value, Timestamp) -> String),
}

/// The rows under their headings.
pub(super) fn render(rows: &[Value], columns: &[Column<'_>], look: Look) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_truncation_indicator("…");
    if look.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    match look.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    let shorts: Vec<usize> = columns.iter().map(|(_, shows)| telling(rows, *shows)).collect();
    for row in rows {
        let texts = columns.iter().zip(&shorts).map(|((_, shows), short)| text(row, *shows, *short, look));
        let mut cells = Row::from(texts.map(cell).collect::<Vec<_>>());
        if look.width.is_some() {
            cells.max_height(1);
        }
        table.add_row(cells);
    }
    let last = columns.len().saturating_sub(1);
    for ((at, column), (_, shows)) in table.column_iter_mut().enumerate().zip(columns) {
        column.set_padding((0, if at == last { 0 } else { 2 }));
        if !matches!(shows, Shows::Long(_) | Shows::Url(_) | Shows::Target(..)) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// How much of the ids in a column tells them apart.
fn telling(rows: &[Value], shows: Shows<'_>) -> usize {
    let Shows::Id(at) = shows else { return 0 };
    words::telling(&rows.iter().filter_map(|row| row.pointer(at)?.as_str()).collect::<Vec<_>>())
}

fn text(row: &Value, shows: Shows<'_>, short: usize, look: Look) -> String {
    if let Shows::Target(name, url) = shows {
        let named = row.pointer(name).and_then(Value::as_str).map(clean);
        return named.unwrap_or_else(|| text(row, Shows::Url(url), short, look));
    }
    let (Shows::Text(at)
    | Shows::Long(at)
    | Shows::Url(at)
    | Shows::Time(at)
    | Shows::Age(at)
    | Shows::Id(at)) = shows
    else {
        let Shows::Words(say) = shows else { return String::new() };
        return say(row, look.now);
    };
    let value = row.pointer(at);
    let told = value.and_then(Value::as_str).filter(|_| look.width.is_some()).and_then(|text| match shows {
        Shows::Url(_) => Some(clean(words::address(text))),
        Shows::Time(_) => words::time(text).map(|time| words::relative(time, look.now)),
        Shows::Age(_) => words::time(text).map(|time| words::span(look.now.since(time).as_secs())),
        Shows::Id(_) => Some(words::short(&clean(text), short)),
        Shows::Text(_) | Shows::Long(_) | Shows::Target(..) | Shows::Words(_) => None,
    });
    told.or_else(|| value.map(plain)).unwrap_or_default()
}

fn cell(text: String) -> Cell {
    match color(&text) {
        Some(color) => Cell::new(text).fg(color),
        None => Cell::new(text),
    }
}

/// The colour of words that say how something stands.
pub(super) fn color(text: &str) -> Option<Color> {
    let first = text.split([' ', ',']).next().unwrap_or_default();
    match first {
        "✓" | "delivered" | "active" | "ready" | "ok" | "succeeded" | "done" => Some(Color::DarkGreen),
        "✗" | "failed" | "failing" | "disabled" | "expired" | "timed_out" | "aborted" => {
            Some(Color::DarkRed)
        }
        "–" | "·" | "Ⅱ" | "pending" | "paused" | "cancelled" | "probing" | "queued" | "running" => {
            Some(Color::DarkYellow)
        }
        _ => None,
    }
}

/// The colour of what is wrong.
pub(super) const ALARM: Color = Color::DarkRed;

/// The colours of what goes, is made and changes.
pub(super) const GOES: Color = Color::DarkRed;
pub(super) const MADE: Color = Color::DarkGreen;
pub(super) const CHANGES: Color = Color::DarkYellow;

/// A text in a colour.
pub(super) fn painted(text: &str, color: Color) -> String {
    let code = match color {
        Color::DarkGreen => 32,
        Color::DarkRed => 31,
        _ => 33,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// How wide the terminal is, if it says so.
pub(super) fn terminal_width() -> Option<u16> {
    Table::new().width()
}

/// A value as it is.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => clean(text),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(plain).collect::<Vec<_>>().join(",")
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
    use serde_json::json;

    fn pipe() -> Look {
        Look { width: None, color: false, now: Timestamp::from_millis(1_800_000_000_000) }
    }

    fn terminal() -> Look {
        Look { width: Some(40), ..pipe() }
    }

    const COLUMNS: &[Column<'_>] = &[
        ("WHEN", Shows::Time("/at")),
        ("TO", Shows::Url("/url")),
        ("STATE", Shows::Text("/state")),
        ("ID", Shows::Id("/id")),
    ];

    fn rows() -> [Value; 2] {
        let at = Timestamp::from_millis(1_799_999_997_000).to_string();
        [
            json!({"at": at, "url": "https://shop.example/hooks/orders", "state": "failed", "id": "wh_00000000000000000000000001"}),
            json!({"at": null, "url": "http://größe.example/", "id": "wh_00000000000000000000000002"}),
        ]
    }

    #[test]
    fn a_pipe_gets_everything_whole() {
        let text = render(&rows(), COLUMNS, pipe());
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].contains("https://shop.example/hooks/orders")
                && lines[1].contains("wh_00000000000000000000000001")
        );
        assert!(lines[1].starts_with("2027-01-15T07:59:57.000Z  https"), "{text}");
        assert_eq!(lines[1].find("wh_"), lines[2].replace("öß", "__").find("wh_"), "{text}");
        assert!(!text.contains('\t') && !text.contains(" \n"), "{text}");
    }

    #[test]
    fn a_terminal_gets_what_fits() {
        let text = render(&rows(), COLUMNS, terminal());
        assert_eq!(
            text,
            "WHEN     TO               STATE   ID\n3 s ago  shop.example/h…  failed  …00001\n-        größe.example            …00002\n"
        );
    }

    #[test]
    fn colour_does_not_move_the_columns() {
        let painted = render(&rows(), COLUMNS, Look { color: true, ..terminal() });
        assert!(painted.contains("\u{1b}[") && painted.contains("failed"), "{painted:?}");
        let bare: String = painted
            .split('\u{1b}')
            .enumerate()
            .map(|(at, piece)| if at == 0 { piece } else { piece.split_once('m').unwrap().1 })
            .collect();
        let lines: Vec<&str> = bare.lines().map(str::trim_end).collect();
        assert_eq!(lines, render(&rows(), COLUMNS, terminal()).lines().collect::<Vec<_>>());
    }

    #[test]
    fn others_texts_reach_no_terminal_raw() {
        assert_eq!(plain(&json!("a\u{1b}[2Jb\nc")), "a\\u{1b}[2Jb\\nc");
        let hostile =
            [json!({"at": "T\u{1b}", "url": "https://\u{1b}[2J", "state": "\u{7}", "id": "\u{1b}"})];
        for look in [pipe(), terminal()] {
            assert!(!render(&hostile, COLUMNS, look).contains(['\u{1b}', '\u{7}']));
        }
    }
}
