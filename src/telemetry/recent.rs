//! The newest warnings and errors, kept in memory for anyone who asks what went wrong: the journal may be
//! somebody else's.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{Filtered, LevelFilter};
use tracing_subscriber::layer::Context;

use super::line;
use crate::clock;
use crate::limits;

/// See the module.
#[derive(Default)]
pub(super) struct Recent(Mutex<VecDeque<String>>);

impl Recent {
    /// The layer that keeps them, whatever the log's level is.
    pub(super) fn layer<S: Subscriber>() -> Filtered<Self, LevelFilter, S> {
        Self::default().with_filter(LevelFilter::WARN)
    }

    // The thread that panicked held nothing half-done.
    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, mut line: String) {
        if let Some((end, _)) = line.char_indices().nth(limits::RECENT_LINE_CHARS) {
            line.truncate(end);
        }
        let mut lines = self.lines();
        if lines.len() >= limits::RECENT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl<S: Subscriber> Layer<S> for Recent {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.keep(line::logfmt(event, Some(clock::now())));
    }
}

/// The newest warnings and errors of this process, the oldest first; none where logging was not set up.
#[must_use]
pub fn recent() -> Vec<String> {
    tracing::dispatcher::get_default(|all| {
        all.downcast_ref::<Recent>().map_or_else(Vec::new, |recent| recent.lines().iter().cloned().collect())
    })
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn the_newest_warnings_are_kept_and_no_more() {
        let layers = tracing_subscriber::registry().with(Recent::layer());
        tracing::subscriber::with_default(layers, || {
            assert_eq!(recent(), Vec::<String>::new());
            for n in 0..=limits::RECENT_LINES {
                tracing::warn!(n, "it\nbroke");
                tracing::info!("a detail");
            }
            tracing::error!("{}", "ä".repeat(10_000));
            let lines = recent();
            assert_eq!(lines.len(), limits::RECENT_LINES);
            assert!(lines[0].ends_with("level=warn msg=\"it\\nbroke\" n=2"), "{}", lines[0]);
            assert!(lines[0].starts_with("ts="), "{}", lines[0]);
            assert_eq!(lines.last().unwrap().chars().count(), limits::RECENT_LINE_CHARS);
        });
    }
}
