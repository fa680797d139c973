//! journald: whether standard error goes there, and the priority that it reads off a line's beginning,
//! so that `journalctl -p err` finds the errors.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// How a line begins of a failure.
pub const ERROR: &str = "<3>";
/// How a line begins of a warning.
pub(super) const WARNING: &str = "<4>";

/// How a line of a level begins; sd-daemon(3).
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => ERROR,
        Level::WARN => WARNING,
        Level::INFO => "<6>",
        _ => "<7>",
    }
}

/// A format whose lines begin with their priority, where that is wanted.
pub(super) struct Prioritised<F> {
    pub(super) wanted: bool,
    pub(super) inner: F,
}

impl<S, N, F> FormatEvent<S, N> for Prioritised<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if self.wanted {
            out.write_str(priority(*event.metadata().level()))?;
        }
        self.inner.format_event(context, out, event)
    }
}

/// Whether it goes there: the service manager names the journal's socket by device and inode.
#[must_use]
pub fn on_stderr() -> bool {
    let named = std::env::var("JOURNAL_STREAM").ok();
    let stderr = std::fs::metadata("/proc/self/fd/2").ok();
    is_journal(named.as_deref(), stderr.map(|file| (file.dev(), file.ino())))
}

fn is_journal(named: Option<&str>, stderr: Option<(u64, u64)>) -> bool {
    let numbers = named.and_then(|text| text.split_once(':'));
    let journal = numbers.and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    journal.is_some() && journal == stderr
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_stream_is_the_journal() {
        assert!(is_journal(Some("8:1234"), Some((8, 1234))));
        assert!(!is_journal(Some("8:1234"), Some((8, 1235))), "redirected away from it");
        assert!(!is_journal(None, Some((8, 1234))));
        assert!(!is_journal(Some("nonsense"), Some((8, 1234))));
        assert!(!is_journal(Some("nonsense"), None));
    }
}
