//! A log line: `level=info msg="…" key=value`, or the same for a person on a terminal. Whatever a
//! value holds, a line stays one line and carries no control character into a terminal.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::domain::time::Timestamp;

/// Who reads the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A person.
    Human { color: bool },
    /// A program.
    Logfmt,
}

/// The format.
pub(super) struct Line {
    pub(super) style: Style,
    pub(super) stamped: bool,
    pub(super) now: fn() -> Timestamp,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let fields = Fields::of(event);
        let level = *event.metadata().level();
        match self.style {
            Style::Logfmt => {
                fields.logfmt(level, self.stamped.then(self.now), &mut out)?;
                out.write_char('\n')
            }
            Style::Human { color } => {
                if self.stamped {
                    let text = (self.now)().to_string();
                    write!(out, "{} ", text.get(11..23).unwrap_or(&text))?;
                }
                let (on, off) = if color { (paint(level), "\x1b[0m") } else { ("", "") };
                let message =
                    fields.message.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'");
                writeln!(out, "{on}{:<5}{off} {message}{}", level.as_str(), fields.rest)
            }
        }
    }
}

/// An event as a line without its end.
pub(super) fn logfmt(event: &Event<'_>, at: Option<Timestamp>) -> String {
    let fields = Fields::of(event);
    let mut line = String::new();
    // Writing to a String cannot fail.
    let _ = fields.logfmt(*event.metadata().level(), at, &mut line);
    line
}

fn paint(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[2m",
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// What the fields of an attempt's line take.
const ROOM: usize = 192;

/// An event's message, and its other fields as ` key=value`.
struct Fields {
    message: String,
    rest: String,
}

impl Fields {
    fn of(event: &Event<'_>) -> Self {
        let mut fields = Self { message: String::new(), rest: String::with_capacity(ROOM) };
        event.record(&mut fields);
        fields
    }

    fn logfmt(&self, level: Level, at: Option<Timestamp>, out: &mut impl fmt::Write) -> fmt::Result {
        if let Some(at) = at {
            write!(out, "ts={at} ")?;
        }
        out.write_str("level=")?;
        out.write_str(word(level))?;
        out.write_str(" msg=")?;
        put(&self.message, out)?;
        out.write_str(&self.rest)
    }

    /// Begins a field other than the message.
    fn name(&mut self, field: &Field) {
        self.rest.push(' ');
        self.rest.push_str(field.name());
        self.rest.push('=');
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        self.rest.push_str(itoa::Buffer::new().format(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            return value.clone_into(&mut self.message);
        }
        self.name(field);
        // Writing to a String cannot fail.
        let _ = put(value, &mut self.rest);
    }

    /// Writes in place, and again if it wants quoting, so that the common line makes no string of each value.
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
            return;
        }
        self.name(field);
        let start = self.rest.len();
        let _ = write!(self.rest, "{value:?}");
        if !self.rest.get(start..).is_some_and(is_bare) {
            let text = self.rest.split_off(start);
            let _ = write!(self.rest, "{text:?}");
        }
    }
}

/// Writes a value, quoted where it would not read back as one.
fn put(value: &str, out: &mut impl fmt::Write) -> fmt::Result {
    if is_bare(value) { out.write_str(value) } else { write!(out, "{value:?}") }
}

/// Whether a value reads back as one without quotes.
fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'=' | b'\\'))
}
