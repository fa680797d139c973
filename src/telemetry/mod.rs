//! Logging: tracing's events become lines on standard error. Standard output is for results alone.
//!
//! Set up once, at the rim. No line says when it was written where somebody else does: journald
//! stamps what it reads.

pub mod journal;
pub mod metrics;
#[cfg(feature = "otlp")]
pub mod otlp;

mod line;
mod recent;
mod sink;
pub mod webhook_metrics;

pub use recent::recent;
pub use sink::Guard;

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::clock;
use crate::config::{Log, LogFormat};
use journal::Prioritised;
use line::{Line, Style};
use recent::Recent;

/// Logging cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level is no filter.
    #[error("log.level: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// The thread that writes lines cannot start.
    #[error("the log cannot be written: {0}")]
    Thread(#[from] std::io::Error),
    /// It was set up before.
    #[error("{0}")]
    Again(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// How lines look where the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    json: bool,
    style: Style,
    stamped: bool,
    /// Whether lines begin with their priority.
    prioritised: bool,
}

impl Look {
    fn new(format: LogFormat, terminal: bool, journal: bool, no_color: bool) -> Self {
        let style = match (format, terminal) {
            (LogFormat::Auto, true) => Style::Human { color: !no_color },
            (LogFormat::Auto, false) | (LogFormat::Logfmt | LogFormat::Json, _) => Style::Logfmt,
        };
        Self { json: format == LogFormat::Json, style, stamped: !journal, prioritised: journal }
    }
}

/// Which lines there are, to be changed later.
#[derive(Clone)]
pub struct Level(reload::Handle<Targets, Registry>);

impl Level {
    /// Lets other lines through from now on.
    ///
    /// # Errors
    /// When `level` is no filter, or logging has ended.
    pub fn change(&self, level: &str) -> Result<(), String> {
        let filter: Targets = level.parse().map_err(|error| format!("{error}"))?;
        self.0.reload(filter).map_err(|error| error.to_string())
    }
}

/// Sets logging up for the rest of the process's life; the guard writes the last lines.
///
/// # Errors
/// When the level is no filter, or logging was set up before.
pub fn init(log: &Log) -> Result<(Guard, Level), TelemetryError> {
    let filter: Targets = log.level.parse()?;
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let look = Look::new(log.format, std::io::stderr().is_terminal(), journal::on_stderr(), no_color);
    let (sink, guard) = sink::start(std::io::stderr(), if look.prioritised { journal::WARNING } else { "" })?;
    let (filter, level) = reload::Layer::new(filter);
    tracing::subscriber::set_global_default(subscriber(look, filter, sink))?;
    Ok((guard, Level(level)))
}

fn subscriber<W>(
    look: Look,
    filter: reload::Layer<Targets, Registry>,
    out: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let registry = tracing_subscriber::registry();
    let plain = fmt::layer().with_writer(out);
    if look.json {
        let json = plain.json().flatten_event(true).with_current_span(false).with_span_list(false);
        let timed = json.with_timer(Clock { silent: !look.stamped });
        let lines = timed.map_event_format(|inner| Prioritised { wanted: look.prioritised, inner });
        return Box::new(registry.with(lines.with_filter(filter)).with(Recent::layer()));
    }
    let inner = Line { style: look.style, stamped: look.stamped, now: clock::now };
    let lines = plain.event_format(Prioritised { wanted: look.prioritised, inner });
    Box::new(registry.with(lines.with_filter(filter)).with(Recent::layer()))
}

/// The house's clock as tracing's.
struct Clock {
    silent: bool,
}

impl FormatTime for Clock {
    fn format_time(&self, out: &mut Writer<'_>) -> std::fmt::Result {
        if self.silent { Ok(()) } else { write!(out, "{}", clock::now()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(look: Look, filter: &str) -> String {
        let buffer = Buffer::default();
        let out = buffer.clone();
        let filter = reload::Layer::new(filter.parse().unwrap()).0;
        let subscriber = subscriber(look, filter, move || out.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(webhook = "wh_1", status = 503, error = "it \"broke\"\nbadly", "attempt failed");
            tracing::debug!("a detail");
        });
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_look_follows_the_place() {
        let terminal = Look::new(LogFormat::Auto, true, false, false);
        assert_eq!(terminal.style, Style::Human { color: true });
        assert_eq!(Look::new(LogFormat::Auto, true, false, true).style, Style::Human { color: false });
        assert_eq!(Look::new(LogFormat::Auto, false, false, false).style, Style::Logfmt);
        assert_eq!(Look::new(LogFormat::Logfmt, true, false, false).style, Style::Logfmt);
        assert!(!Look::new(LogFormat::Auto, false, true, false).stamped);
    }

    #[test]
    fn logfmt_is_one_line_with_its_values_quoted() {
        let look = Look { json: false, style: Style::Logfmt, stamped: false, prioritised: false };
        let line = logged(look, "info");
        let expected =
            "level=info msg=\"attempt failed\" webhook=wh_1 status=503 error=\"it \\\"broke\\\"\\nbadly\"\n";
        assert_eq!(line, expected);
    }

    #[test]
    fn a_stamped_line_begins_with_its_time() {
        let look = Look { json: false, style: Style::Logfmt, stamped: true, prioritised: false };
        let line = logged(look, "info");
        let time = line.strip_prefix("ts=").and_then(|rest| rest.split(' ').next()).unwrap();
        assert!(time.parse::<crate::domain::time::Timestamp>().is_ok(), "{line}");
    }

    #[test]
    fn people_see_no_control_characters_of_others() {
        let look =
            Look { json: false, style: Style::Human { color: false }, stamped: false, prioritised: false };
        let line = logged(look, "info");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.starts_with("INFO  attempt failed"), "{line}");
    }

    #[test]
    fn json_is_one_object_per_line() {
        let look = Look { json: true, style: Style::Logfmt, stamped: true, prioritised: false };
        let value: serde_json::Value = serde_json::from_str(logged(look, "info").trim()).unwrap();
        assert_eq!(value["message"], "attempt failed");
        assert_eq!(value["status"], 503);
        assert_eq!(value["level"], "INFO");
    }

    #[test]
    fn journald_gets_each_lines_priority() {
        for json in [false, true] {
            let look = Look { json, style: Style::Logfmt, stamped: false, prioritised: true };
            let buffer = Buffer::default();
            let out = buffer.clone();
            let filter = reload::Layer::new("trace".parse().unwrap()).0;
            tracing::subscriber::with_default(subscriber(look, filter, move || out.clone()), || {
                tracing::error!("e");
                tracing::warn!("w");
                tracing::info!("i");
                tracing::debug!("d");
                tracing::trace!("t");
            });
            let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
            let begins: Vec<&str> = text.lines().map(|line| &line[..4]).collect();
            let after = if json { '{' } else { 'l' };
            assert_eq!(begins, ["<3>", "<4>", "<6>", "<7>", "<7>"].map(|begin| format!("{begin}{after}")));
        }
    }

    #[test]
    fn the_filter_decides() {
        let look = Look { json: false, style: Style::Logfmt, stamped: false, prioritised: false };
        assert_eq!(logged(look, "debug").lines().count(), 2);
        assert_eq!(logged(look, "other=trace").lines().count(), 0);
    }

    #[test]
    fn the_filter_can_be_changed() {
        let buffer = Buffer::default();
        let out = buffer.clone();
        let (filter, level) = reload::Layer::new("info".parse().unwrap());
        let level = Level(level);
        let look = Look { json: false, style: Style::Logfmt, stamped: false, prioritised: false };
        tracing::subscriber::with_default(subscriber(look, filter, move || out.clone()), || {
            tracing::debug!("before");
            level.change("debug").unwrap();
            tracing::debug!("after");
            assert!(level.change("a=b=c").is_err());
        });
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "level=debug msg=after\n");
    }
}
