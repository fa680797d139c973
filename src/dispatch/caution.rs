//! Finding the delivery that brings the process down.
//!
//! In flight is not stored, so after a crash nobody knows what was being sent. For a while after an
//! unclean end each attempt is therefore noted before it begins, and the note is taken away with its
//! outcome. Noted deliveries that saw another crash are tried one at a time; one that was alone
//! under suspicion for two more is given up, with the reason. Being killed from outside looks the
//! same, so the most suspected wait until the others had their turn: by then a killer that has
//! nothing to do with them is mostly over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::domain::delivery::DueRow;
use crate::domain::id::{NumberMap, Seq, WebhookNo};
use crate::domain::time::Timestamp;

/// How long attempts are noted after an unclean end.
const WATCH: Duration = Duration::from_secs(10);
/// Crashes seen while noted: the first in company, two more alone.
const TOO_MANY: u32 = 3;

/// What to do with an attempt that is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Start it.
    None,
    /// Note it, then start it.
    Note,
    /// When no other suspect is under way, and after this wait, note it and start it.
    Alone(Duration),
    /// Give it up.
    Quarantine,
}

/// What is suspected, and until when everything is.
#[derive(Debug)]
pub(super) struct Caution {
    until: Timestamp,
    suspects: NumberMap<(WebhookNo, Seq), u32>,
    /// Held by the one suspect under way.
    pub(super) alone: Arc<Semaphore>,
}

impl Caution {
    /// `unclean`: the last run did not end by its own will; `suspects`: deliveries that were noted,
    /// with how many crashes they saw.
    pub(super) fn new(unclean: bool, suspects: Vec<(WebhookNo, Seq, u32)>, now: Timestamp) -> Self {
        let until = if unclean { now.plus(WATCH) } else { Timestamp::default() };
        let suspects =
            suspects.into_iter().map(|(webhook, event, crashes)| ((webhook, event), crashes)).collect();
        Self { until, suspects, alone: Arc::new(Semaphore::new(1)) }
    }

    /// How an attempt is to start.
    pub(super) fn care(&mut self, webhook: WebhookNo, row: &DueRow, now: Timestamp) -> Care {
        let watch = self.until.since(now).min(WATCH);
        match self.suspects.remove(&(webhook, row.key.event)) {
            Some(crashes) if crashes >= TOO_MANY => Care::Quarantine,
            Some(1) => Care::Alone(Duration::ZERO),
            Some(_) => Care::Alone(watch),
            None if watch > Duration::ZERO => Care::Note,
            None => Care::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::{DueKey, Trigger};
    use crate::domain::profile::PayloadForm;

    fn row(event: u64) -> DueRow {
        DueRow {
            key: DueKey { order: 0, event: Seq(event) },
            due: Timestamp::default(),
            attempts: 0,
            order_key: None,
            trigger: Trigger::Scheduled,
            form: PayloadForm::Data,
            bytes: 0,
        }
    }

    #[test]
    fn a_clean_start_costs_nothing() {
        let now = Timestamp::from_millis(1_000_000);
        let mut caution = Caution::new(false, vec![], now);
        assert_eq!(caution.care(WebhookNo(1), &row(1), now), Care::None);
    }

    #[test]
    fn suspicion_grows_with_each_crash() {
        let now = Timestamp::from_millis(1_000_000);
        let seen = [1, 2, 3].map(|crashes| (WebhookNo(1), Seq(crashes.into()), crashes)).to_vec();
        let mut caution = Caution::new(true, seen, now);
        let mut care = |event| caution.care(WebhookNo(1), &row(event), now);
        assert_eq!(care(1), Care::Alone(Duration::ZERO));
        assert_eq!(care(2), Care::Alone(WATCH));
        assert_eq!(care(3), Care::Quarantine);
        assert_eq!(care(4), Care::Note);
        assert_eq!(care(1), Care::Note, "an attempt that ended clears the suspicion");
        let later = now.plus(WATCH);
        assert_eq!(caution.care(WebhookNo(1), &row(4), later), Care::None);
    }
}
