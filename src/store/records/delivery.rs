//! `deliveries`: where one event's way to one webhook stands.

use serde::{Deserialize, Serialize};

use super::{BadRecord, Coded, Decoded, decode, encode, of_option};
use crate::domain::delivery::{Delivery, DeliveryState, DueKey, DueRow, Reason, Trigger};
use crate::domain::form::PayloadForm;
use crate::domain::id::{DeliveryId, EventId, Seq, WebhookNo};
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::json::coder::ExportFormat;

const VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

/// What a delivery has to do with batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Batching {
    /// Nothing.
    Alone,
    /// Its event waits for others; its row is in `gathering`, not in `due`.
    Waiting,
    /// It went with a batch, the event of this number, whose delivery says how it stands.
    In(Seq),
    /// It is a batch's.
    Whole,
}

/// A delivery's row. It holds what is needed to make a due row again, so that a retry by hand
/// reads no other table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct DeliveryRecord {
    pub(in crate::store) created_at: Timestamp,
    /// When it was made, or last sent again.
    pub(in crate::store) started_at: Timestamp,
    /// The random tail of the event's id.
    pub(in crate::store) event_random: u32,
    pub(in crate::store) form: PayloadForm,
    pub(in crate::store) state: DeliveryState,
    /// Attempts that count against the policy.
    pub(in crate::store) attempts: u32,
    /// Attempts made.
    pub(in crate::store) made: u32,
    /// The newest attempts' numbers in the sequence, oldest first.
    pub(in crate::store) log: Vec<Seq>,
    /// When the next attempt is due, while pending; else when it last was.
    pub(in crate::store) due: Timestamp,
    /// When it ended; while it is `revived`, when it had.
    pub(in crate::store) finished_at: Option<Timestamp>,
    /// Why it ended, unless it was delivered; while it is `revived`, why it had.
    pub(in crate::store) reason: Option<Reason>,
    /// How the last attempt failed.
    pub(in crate::store) error: Option<ErrorKind>,
    /// Whether it had ended before and is pending for one more attempt by hand.
    pub(in crate::store) revived: bool,
    /// A hash of the event's order key.
    pub(in crate::store) order_key: Option<u64>,
    /// The payload's length.
    pub(in crate::store) bytes: u32,
    pub(in crate::store) batching: Batching,
}

#[derive(Serialize, Deserialize)]
struct Record {
    created_at: u64,
    started_at: u64,
    event_random: u32,
    form: u8,
    state: u8,
    attempts: u32,
    made: u32,
    log: Vec<u64>,
    due: u64,
    finished_at: Option<u64>,
    reason: Option<u8>,
    error: Option<u8>,
    revived: bool,
    order_key: Option<u64>,
    bytes: u32,
    batching: (u8, u64),
}

impl DeliveryRecord {
    pub(in crate::store) fn write(&self) -> Vec<u8> {
        let record = Record {
            created_at: self.created_at.as_millis(),
            started_at: self.started_at.as_millis(),
            event_random: self.event_random,
            form: self.form.code(),
            state: self.state.code(),
            attempts: self.attempts,
            made: self.made,
            log: self.log.iter().map(|seq| seq.0).collect(),
            due: self.due.as_millis(),
            finished_at: self.finished_at.map(Timestamp::as_millis),
            reason: self.reason.map(Coded::code),
            error: self.error.map(Coded::code),
            revived: self.revived,
            order_key: self.order_key,
            bytes: self.bytes,
            batching: match self.batching {
                Batching::Alone => (0, 0),
                Batching::Waiting => (1, 0),
                Batching::In(batch) => (2, batch.0),
                Batching::Whole => (3, 0),
            },
        };
        encode(VERSION, &record)
    }

    pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<Self> {
        let record: Record = decode(VERSION, bytes)?;
        Ok(Self {
            created_at: Timestamp::from_millis(record.created_at),
            started_at: Timestamp::from_millis(record.started_at),
            event_random: record.event_random,
            form: PayloadForm::of(record.form)?,
            state: DeliveryState::of(record.state)?,
            attempts: record.attempts,
            made: record.made,
            log: record.log.into_iter().map(Seq).collect(),
            due: Timestamp::from_millis(record.due),
            finished_at: record.finished_at.map(Timestamp::from_millis),
            reason: of_option(record.reason)?,
            error: of_option(record.error)?,
            revived: record.revived,
            order_key: record.order_key,
            bytes: record.bytes,
            batching: match record.batching {
                (0, _) => Batching::Alone,
                (1, _) => Batching::Waiting,
                (2, batch) => Batching::In(Seq(batch)),
                (3, _) => Batching::Whole,
                _ => return Err(BadRecord::Field("batching")),
            },
        })
    }

    /// The row of a delivery that starts (over): pending, nothing tried yet.
    pub(in crate::store) fn start(&mut self, due: Timestamp) {
        self.state = DeliveryState::Pending;
        self.started_at = due;
        self.attempts = 0;
        self.due = due;
        self.finished_at = None;
        self.reason = None;
        self.error = None;
        self.revived = false;
    }

    /// Makes a delivery that has ended pending for one more attempt by hand.
    pub(in crate::store) fn revive(&mut self, now: Timestamp) {
        self.state = DeliveryState::Pending;
        self.started_at = now;
        self.due = now;
        self.error = None;
        self.revived = true;
    }

    /// Whether it has ended without being delivered.
    pub(in crate::store) fn has_failed(&self) -> bool {
        !matches!(self.state, DeliveryState::Pending | DeliveryState::Delivered)
    }

    /// Ends the delivery. An attempt by hand after its end changes how it ended only by delivering it.
    pub(in crate::store) fn finish(&mut self, state: DeliveryState, reason: Option<Reason>, now: Timestamp) {
        // Earlier programs did not keep how a revived one had ended.
        if self.revived && self.finished_at.is_some() && state != DeliveryState::Delivered {
            self.state = self.reason.map_or(DeliveryState::Delivered, Reason::state);
        } else {
            self.state = state;
            self.reason = reason;
            self.finished_at = Some(now);
        }
        self.revived = false;
    }

    /// Ends as the batch did that it went with.
    pub(in crate::store) fn end_as(&mut self, batch: &Self) {
        self.state = batch.state;
        self.attempts = batch.attempts;
        self.finished_at = batch.finished_at;
        self.reason = batch.reason;
        self.error = batch.error;
    }

    /// Remembers an attempt; the oldest makes room.
    pub(in crate::store) fn log_attempt(&mut self, seq: Seq, error: Option<ErrorKind>) {
        if self.log.len() >= limits::ATTEMPTS_PER_DELIVERY {
            self.log.remove(0);
        }
        self.log.push(seq);
        self.made = self.made.saturating_add(1);
        self.error = error;
    }

    /// Its due row, if its next attempt is decided on now.
    pub(in crate::store) fn due_row(&self, key: DueKey, trigger: Trigger, now: Timestamp) -> DueRow {
        let Self { due, attempts, order_key, form, bytes, .. } = *self;
        DueRow { key, due, attempts, order_key, trigger, form, bytes, wait: DueRow::wait_until(due, now) }
    }

    /// The delivery's id.
    pub(in crate::store) fn id(&self, event: Seq, webhook: WebhookNo) -> DeliveryId {
        DeliveryId::new(self.created_at, event, webhook)
    }

    /// The delivery as people see it, where it went with a batch, whose delivery this is.
    pub(in crate::store) fn into_member(self, event: Seq, batch: Delivery) -> Delivery {
        let own = self.into_delivery(event, batch.webhook);
        Delivery { id: own.id, event: own.event, created_at: own.created_at, batch: Some(batch.id), ..batch }
    }

    /// The delivery as people see it.
    pub(in crate::store) fn into_delivery(self, event: Seq, webhook: WebhookNo) -> Delivery {
        let ended = self.state != DeliveryState::Pending;
        Delivery {
            id: self.id(event, webhook),
            event: EventId::new(self.created_at, event, self.event_random),
            webhook,
            state: self.state,
            form: self.form,
            attempts: self.attempts,
            due: (self.state == DeliveryState::Pending && self.batching != Batching::Waiting)
                .then_some(self.due),
            batch: None,
            created_at: self.created_at,
            started_at: self.started_at,
            finished_at: self.finished_at.filter(|_| ended),
            reason: self.reason.filter(|_| ended),
            last_error: self.error,
            log: self.log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(ms: u64, log: Vec<u64>, flag: bool, batching: Batching) -> DeliveryRecord {
        let at = Timestamp::from_millis(ms);
        DeliveryRecord {
            created_at: at,
            started_at: at,
            event_random: 9,
            form: PayloadForm::Data,
            state: DeliveryState::Failed,
            attempts: 3,
            made: 4,
            log: log.into_iter().map(Seq).collect(),
            due: at,
            finished_at: flag.then_some(at),
            reason: flag.then_some(Reason::Exhausted),
            error: flag.then_some(ErrorKind::Dns),
            revived: flag,
            order_key: flag.then_some(5),
            bytes: 10,
            batching,
        }
    }

    proptest! {
        #[test]
        fn round_trips(ms in 0u64..1 << 47, log: Vec<u64>, flag: bool) {
            for batching in [Batching::Alone, Batching::Waiting, Batching::In(Seq(ms)), Batching::Whole] {
                let record = record(ms, log.clone(), flag, batching);
                prop_assert_eq!(DeliveryRecord::read(&record.write()).unwrap(), record);
            }
        }

        #[test]
        fn any_bytes_are_a_delivery_or_an_error(bytes: Vec<u8>) {
            let _ = DeliveryRecord::read(&bytes);
        }
    }

    #[test]
    fn a_try_by_hand_changes_an_end_only_by_delivering() {
        let (then, now) = (Timestamp::from_millis(1), Timestamp::from_millis(9));
        let ends = [None, Some(Reason::Exhausted), Some(Reason::Cancelled), Some(Reason::Gone)];
        for reason in ends {
            let mut ended = record(1, vec![], false, Batching::Alone);
            ended.finish(reason.map_or(DeliveryState::Delivered, Reason::state), reason, then);
            for (to, why) in [
                (DeliveryState::Delivered, None),
                (DeliveryState::Failed, Some(Reason::FinalAnswer)),
                (DeliveryState::Cancelled, Some(Reason::WebhookRemoved)),
            ] {
                let mut tried = ended.clone();
                tried.revive(now);
                let seen = tried.clone().into_delivery(Seq(1), WebhookNo(1));
                assert_eq!((seen.state, seen.reason, seen.finished_at), (DeliveryState::Pending, None, None));
                tried.finish(to, why, now);
                let stays = (ended.state, reason, Some(then), false);
                let want = if why.is_none() { (to, None, Some(now), false) } else { stays };
                assert_eq!((tried.state, tried.reason, tried.finished_at, tried.revived), want);
            }
        }
    }

    #[test]
    fn the_log_is_bounded() {
        let mut record = record(1, vec![], false, Batching::Alone);
        for seq in 0..100 {
            record.log_attempt(Seq(seq), None);
        }
        assert_eq!(record.log.len(), limits::ATTEMPTS_PER_DELIVERY);
        assert_eq!((record.log[0], record.log[63], record.made), (Seq(36), Seq(99), 104));
    }
}
