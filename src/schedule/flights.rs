//! The rows of one lane that were started and whose outcome is not committed yet.

use crate::domain::delivery::DueRow;
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::limits;

/// A row that was started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) event: Seq,
    pub(super) order_key: Option<u64>,
    pub(super) bytes: u32,
    /// Whether it was started to test the receiver.
    pub(super) probe: bool,
    /// The scheduler's count of starts when it was started.
    pub(super) ticket: u64,
    /// When it was started.
    started: Timestamp,
    /// Whether the exchange is over and only the commit is awaited, or has not begun.
    pub(super) ended: bool,
    /// Whether that commit is expected to remove or disable the webhook.
    pub(super) is_final: bool,
}

/// A lane's flights: few, so a plain list.
#[derive(Debug, Default)]
pub(super) struct Flights {
    all: Vec<Flight>,
    in_air: u32,
    bytes: u64,
    /// Those whose commit ends the webhook.
    finals: u32,
}

impl Flights {
    pub(super) fn begin(&mut self, row: &DueRow, probe: bool, ticket: u64, started: Timestamp) {
        let (event, order_key, bytes) = (row.key.event, row.order_key, row.bytes);
        self.all.push(Flight {
            event,
            order_key,
            bytes,
            probe,
            ticket,
            started,
            ended: false,
            is_final: false,
        });
        self.in_air += 1;
        self.bytes += u64::from(bytes);
    }

    /// Marks the exchange as over; `None` if there is none going on for the event.
    pub(super) fn end(&mut self, event: Seq, is_final: bool) -> Option<Flight> {
        let flight = self.all.iter_mut().find(|flight| flight.event == event && !flight.ended)?;
        (flight.ended, flight.is_final) = (true, is_final);
        self.finals += u32::from(is_final);
        self.in_air -= 1;
        self.bytes -= u64::from(flight.bytes);
        Some(*flight)
    }

    /// The exchange of a row that was set aside begins; false if there is none.
    pub(super) fn resume(&mut self, event: Seq, now: Timestamp) -> bool {
        let Some(flight) = self.all.iter_mut().find(|flight| flight.event == event && flight.ended) else {
            return false;
        };
        (flight.ended, flight.started) = (false, now);
        self.in_air += 1;
        self.bytes += u64::from(flight.bytes);
        true
    }

    /// When the first of the exchanges going on has gone for so long that it should have given a sign.
    pub(super) fn silent_at(&self) -> Option<Timestamp> {
        let started = self.all.iter().filter(|flight| !flight.ended).map(|flight| flight.started).min();
        started.map(|started| started.plus(limits::FIRST_SIGN))
    }

    /// Takes notice of a clock that was set back.
    pub(super) fn clamp(&mut self, now: Timestamp) {
        self.all.iter_mut().for_each(|flight| flight.started = flight.started.min(now));
    }

    /// Forgets the row; its exchange must be over.
    pub(super) fn settle(&mut self, event: Seq) -> Option<Flight> {
        let at = self.all.iter().position(|flight| flight.event == event && flight.ended)?;
        let flight = self.all.swap_remove(at);
        self.finals -= u32::from(flight.is_final);
        Some(flight)
    }

    pub(super) fn has(&self, event: Seq) -> bool {
        self.all.iter().any(|flight| flight.event == event)
    }

    pub(super) fn order_keys(&self) -> impl Iterator<Item = u64> + '_ {
        self.all.iter().filter_map(|flight| flight.order_key)
    }

    /// Whether the webhook is as good as removed or disabled.
    pub(super) fn are_final(&self) -> bool {
        self.finals > 0
    }

    /// Exchanges going on.
    pub(super) fn in_air(&self) -> u32 {
        self.in_air
    }

    /// Payload bytes of the exchanges going on.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Rows not settled, in the air or not.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}
