//! The scheduler's figures, for metrics and for people.

use super::Scheduler;
use super::types::{LaneStatus, Snapshot};
use crate::domain::id::WebhookNo;
use crate::domain::time::Timestamp;

impl Scheduler {
    /// Exchanges going on.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.board.budget.in_flight() as usize
    }

    /// Figures over all lanes; walks through all of them.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let mut all = Snapshot {
            lanes: self.lanes.len(),
            ready: self.board.budget.ready(),
            in_flight: self.in_flight(),
            bytes_in_flight: self.board.budget.bytes(),
            rows: self.board.rows,
            loads: self.loads,
            offline: self.uplink.is_offline(),
            ..Snapshot::default()
        };
        for lane in self.lanes.values() {
            let Some(busy) = &lane.busy else { continue };
            all.active += 1;
            all.probing += usize::from(busy.condition.is_probing());
            all.unsettled += busy.flights.len() - busy.flights.in_air() as usize;
            all.overdue += busy.window.overdue(now);
            // No one waits for what a stopped lane has; it holds no rows in memory.
            let overdue_on_disk = !lane.is_stopped() && busy.window.overdue_on_disk(now);
            all.overdue_on_disk += usize::from(overdue_on_disk);
            all.oldest_due = all.oldest_due.into_iter().chain(busy.window.oldest_due()).min();
        }
        all
    }

    /// Whether a webhook is served: what waits for others is read when they are.
    #[must_use]
    pub fn serves(&self, webhook: WebhookNo) -> bool {
        self.lanes.get(&webhook).is_some_and(|lane| !lane.is_stopped())
    }

    /// One lane's figures.
    #[must_use]
    pub fn lane(&self, webhook: WebhookNo, now: Timestamp) -> Option<LaneStatus> {
        self.lanes.get(&webhook).map(|lane| lane.status(&self.config, now))
    }
}
