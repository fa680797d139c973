//! Why a row is not being sent, for people who ask.

use super::Scheduler;
use super::lane::Lane;
use super::window::When;
use crate::domain::delivery::{DueRow, Trigger};
use crate::domain::id::WebhookNo;
use crate::domain::time::Timestamp;
use crate::domain::waiting::{Waiting, WaitingFor};

impl Scheduler {
    /// What a row of a lane waits for; `None` if it is being sent, or is about to be. To be asked when
    /// [`Scheduler::next`] has nothing more: what could start by then has started. A row that is committed, but
    /// that the scheduler has not heard of yet, is judged by its lane.
    #[must_use]
    pub fn waiting_for(&self, webhook: WebhookNo, row: &DueRow, now: Timestamp) -> Option<Waiting> {
        let lane = self.lanes.get(&webhook)?;
        let busy = lane.busy.as_deref();
        if lane.settings.paused {
            return Some(WaitingFor::Paused.into());
        }
        if busy.is_some_and(|busy| busy.flights.has(row.key.event)) {
            return None;
        }
        if lane.is_stopped() || busy.is_some_and(|busy| busy.flights.are_final()) {
            return Some(WaitingFor::Disabled.into());
        }
        if self.uplink.is_offline() {
            let probed = self.board.budget.pick_any().and_then(|(_, turn)| self.uplink.probes(turn));
            return Some(Waiting { what: WaitingFor::Offline, until: probed });
        }
        if let Some(due) = busy.and_then(|busy| busy.window.before(row, &busy.flights)) {
            return Some(Waiting { what: WaitingFor::Order, until: due.filter(|at| *at > now) });
        }
        // A row that the scheduler has not heard of yet will go first if there is a place for it.
        let place = busy.and_then(|busy| busy.window.place_of(row));
        let asked = match (busy, place) {
            (Some(busy), Some(at)) => busy.window.is_asked(at),
            (busy, _) => {
                row.trigger == Trigger::Manual
                    && row.due <= now
                    && busy.is_none_or(|busy| busy.window.takes_asked())
            }
        };
        // As it is in memory: by a clock that was set back it may be due earlier than it is stored.
        let known = busy.zip(place).and_then(|(busy, at)| busy.window.get(at)).copied();
        lane.waits_until(known.unwrap_or(row.clamped(now)).due, asked, now).or_else(|| {
            let busy = busy?;
            if busy.flights.in_air() >= busy.condition.allowed(lane.cap(&self.config)) {
                let probing = busy.condition.is_probing();
                return Some(if probing { WaitingFor::Probe } else { WaitingFor::Slot }.into());
            }
            // With a slot for it, or for those before it, it would have started.
            let others = matches!(lane.start(&self.config, now), When::Now(_));
            (!asked || others || place.is_some()).then_some(WaitingFor::Slot.into())
        })
    }
}

impl Lane {
    /// The latest of the times before which a row that is due then cannot start; for one that is `asked` for, the wait between
    /// probes is none.
    fn waits_until(&self, due: Timestamp, asked: bool, now: Timestamp) -> Option<Waiting> {
        let condition = self.busy.as_deref().map(|busy| &busy.condition);
        let times = [
            (WaitingFor::RetryAfter, condition.and_then(|condition| condition.wants_nothing_until(now))),
            (WaitingFor::RateLimit, self.settings.rate_limit.and_then(|limit| self.bucket.ahead(limit, now))),
            (WaitingFor::Probe, condition.filter(|_| !asked).and_then(|condition| condition.rests(now))),
            (WaitingFor::Retry, Some(due)),
        ];
        let ahead = times.into_iter().filter(|(_, at)| at.is_some_and(|at| at > now));
        // Of equal ones the first: the rest between probes is the receiver's, too, where that is longer.
        ahead.rev().max_by_key(|(_, at)| *at).map(|(what, until)| Waiting { what, until })
    }
}
