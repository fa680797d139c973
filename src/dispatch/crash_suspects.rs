//! Finding the delivery that brings the process down.
//!
//! In flight is not stored, so after a crash no one knows what was being sent. For a while after an
//! unclean end each attempt is therefore noted before it begins, and the note is taken away with its
//! outcome. Noted deliveries that saw another crash are tried one at a time, and take no slot while they
//! wait for that; one that was alone under suspicion for two more is given up, with the reason. Being killed from outside looks the
//! same, so the most suspected wait until the others had their turn: by then a killer that has
//! nothing to do with them is mostly over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::task::Task;
use crate::clock;
use crate::domain::delivery::DueRow;
use crate::domain::id::{NumberMap, Seq, WebhookNo};
use crate::domain::time::Timestamp;

/// How long attempts are noted after an unclean end.
const WATCH: Duration = Duration::from_secs(10);
/// Suspects whose turn it may be that are looked at in one turn of the loop.
const LOOKS: usize = 16;
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
pub(super) struct CrashSuspects {
    until: Timestamp,
    suspects: NumberMap<(WebhookNo, Seq), u32>,
    /// Held by the one suspect under way.
    alone: Arc<Semaphore>,
    /// Suspects that were to start, and before when they may not: they wait for their turn.
    line: VecDeque<(Task, Instant)>,
}

impl CrashSuspects {
    /// `unclean`: the last run did not end by its own will; `suspects`: deliveries that were noted,
    /// with how many crashes they saw.
    pub(super) fn new(unclean: bool, suspects: Vec<(WebhookNo, Seq, u32)>, now: Timestamp) -> Self {
        let until = if unclean { now.plus(WATCH) } else { Timestamp::default() };
        let suspects =
            suspects.into_iter().map(|(webhook, event, crashes)| ((webhook, event), crashes)).collect();
        Self { until, suspects, alone: Arc::new(Semaphore::new(1)), line: VecDeque::new() }
    }

    /// Has a suspect wait for its turn, and at least so long.
    pub(super) fn line_up(&mut self, task: Task, wait: Duration) {
        self.line.push_back((task, clock::monotonic() + wait));
    }

    /// A suspect that changed in the store before its turn came waits no longer; whether it did.
    pub(super) fn leave_line(&mut self, webhook: WebhookNo, event: Seq) -> bool {
        let of = |task: &Task| task.webhook.no() == webhook && task.row.key.event == event;
        let at = self.line.iter().position(|(task, _)| of(task));
        at.and_then(|at| self.line.remove(at)).is_some()
    }

    /// The next suspect, if none is under way: one that `resume` lets start; those that are not to start any
    /// more (`None`) leave the line.
    pub(super) fn next_alone(
        &mut self,
        mut resume: impl FnMut(&Task) -> Option<bool>,
    ) -> Option<(Task, OwnedSemaphorePermit)> {
        let looks = self.line.len().min(LOOKS);
        let alone = if looks == 0 { None } else { Arc::clone(&self.alone).try_acquire_owned().ok() }?;
        let now = clock::monotonic();
        for _ in 0..looks {
            let (task, from) = self.line.pop_front()?;
            match if from > now { Some(false) } else { resume(&task) } {
                Some(true) => return Some((task, alone)),
                Some(false) => self.line.push_back((task, from)),
                None => {}
            }
        }
        None
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
    use crate::domain::form::PayloadForm;
    use crate::domain::id::{AccountNo, WebhookId};
    use crate::domain::secret::Secret;
    use crate::domain::target::TargetUrl;
    use crate::domain::webhook::Webhook;

    fn row(event: u64) -> DueRow {
        DueRow {
            key: DueKey { order: 0, event: Seq(event) },
            due: Timestamp::default(),
            attempts: 0,
            order_key: None,
            trigger: Trigger::Scheduled,
            form: PayloadForm::Data,
            bytes: 0,
            wait: 0,
        }
    }

    #[test]
    fn a_clean_start_costs_nothing() {
        let now = Timestamp::from_millis(1_000_000);
        let mut crash_suspects = CrashSuspects::new(false, vec![], now);
        assert_eq!(crash_suspects.care(WebhookNo(1), &row(1), now), Care::None);
    }

    #[test]
    fn suspicion_grows_with_each_crash() {
        let now = Timestamp::from_millis(1_000_000);
        let seen = [1, 2, 3].map(|crashes| (WebhookNo(1), Seq(crashes.into()), crashes)).to_vec();
        let mut crash_suspects = CrashSuspects::new(true, seen, now);
        let mut care = |event| crash_suspects.care(WebhookNo(1), &row(event), now);
        assert_eq!(care(1), Care::Alone(Duration::ZERO));
        assert_eq!(care(2), Care::Alone(WATCH));
        assert_eq!(care(3), Care::Quarantine);
        assert_eq!(care(4), Care::Note);
        assert_eq!(care(1), Care::Note, "an attempt that ended clears the suspicion");
        let later = now.plus(WATCH);
        assert_eq!(crash_suspects.care(WebhookNo(1), &row(4), later), Care::None);
    }

    fn task(event: u64) -> Task {
        let (at, no) = (Timestamp::from_millis(1), WebhookNo(1));
        let url = TargetUrl::from_stored("https://example.com/").unwrap();
        let secret = Secret::from_random([7; 24]);
        let webhook = Webhook::plain(WebhookId::new(at, no, 7), AccountNo(1), url, secret, at);
        Task { webhook: Arc::new(webhook), row: row(event), event: None, body: None, unread: None }
    }

    #[test]
    fn suspects_are_tried_one_at_a_time_and_leave_the_line_when_they_change() {
        let mut crash_suspects = CrashSuspects::new(true, vec![], Timestamp::from_millis(1));
        crash_suspects.line_up(task(1), WATCH);
        (2..6).for_each(|event| crash_suspects.line_up(task(event), Duration::ZERO));
        let event = |task: &Task| task.row.key.event.0;
        assert!(
            crash_suspects.leave_line(WebhookNo(1), Seq(2))
                && !crash_suspects.leave_line(WebhookNo(1), Seq(2))
        );
        // Of 3 the lane wants nothing now, and 4 is to be tried no more.
        let resume = |task: &Task| if event(task) == 4 { None } else { Some(event(task) != 3) };
        let (first, alone) = crash_suspects.next_alone(resume).unwrap();
        assert_eq!(event(&first), 5);
        assert!(crash_suspects.next_alone(|_| Some(true)).is_none(), "one is under way");
        drop(alone);
        let left: Vec<u64> = crash_suspects.line.iter().map(|(task, _)| event(task)).collect();
        assert_eq!(left, [1, 3]);
        assert_eq!(event(&crash_suspects.next_alone(|_| Some(true)).unwrap().0), 3, "1 has to wait");
    }
}
