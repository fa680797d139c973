//! What a webhook would have got, as it is now, and did not: because it was paused or disabled and kept nothing, or
//! because its types or its filter were others.

use std::sync::Arc;

use redb::ReadTransaction;

use super::deliveries::{bounded, only};
use super::listed::walk_account;
use super::window::{wants, window};
use crate::domain::event::{Event, EventHeader, Skip};
use crate::domain::fanout::{self, Allowance};
use crate::domain::id::Seq;
use crate::domain::reserved::{WEBHOOK_TEST, is_operational};
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::query::{Counted, DeliveryCursor, DeliveryFilter, EventFilter, Page};
use crate::store::records::{event, readable};
use crate::store::tables::{self, LISTED_EVENTS};
use crate::store::{Store, StoreError};

type Found = Page<Event, DeliveryCursor>;

/// Which of a webhook's missed events are wanted: those of the filter, after a place, up to an event.
pub(super) struct Missed<'m> {
    pub(super) webhook: &'m Arc<Webhook>,
    pub(super) filter: &'m DeliveryFilter,
    pub(super) up_to: Seq,
    pub(super) after: Option<DeliveryCursor>,
    pub(super) limit: usize,
}

impl Store {
    /// How many events a webhook missed, looking at about [`limits::REPLAY_COUNT_SCAN`] at most, and at no more than
    /// its filter may take for one request.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn count_missed(
        &self,
        webhook: &Arc<Webhook>,
        filter: &DeliveryFilter,
    ) -> Result<Counted, StoreError> {
        let mut counted = Counted { count: 0, exact: false };
        let (mut after, mut allowance) = (None, Allowance::default());
        for _ in 0..limits::REPLAY_COUNT_SCAN.div_ceil(limits::PAGE_SCAN) {
            let missed = Missed { webhook, filter, up_to: Seq(u64::MAX), after, limit: limits::PAGE_SCAN };
            let found = self.missed(&missed, &mut allowance)?;
            counted.count += found.rows.len() as u64;
            after = found.next;
            if allowance.is_exceeded() {
                break;
            }
            if after.is_none() {
                counted.exact = true;
                break;
            }
        }
        Ok(counted)
    }

    /// A page of what a webhook missed, oldest first. It looks at a bounded number of rows and bytes, and ends when
    /// the allowance does.
    pub(super) fn missed(&self, missed: &Missed<'_>, allowance: &mut Allowance) -> Result<Found, StoreError> {
        let found = self.read(|txn| missed.candidates(txn))?;
        let mut wanted = Page { rows: Vec::new(), next: missed.after };
        // Filters take their time: not while a transaction keeps pages of the file.
        for event in found.rows {
            let webhook = std::slice::from_ref(missed.webhook);
            // What its filter would take too long for by itself, it does not get.
            let gets = fanout::wanting(webhook, &event.data, allowance).is_ok_and(|some| !some.is_empty());
            if allowance.is_exceeded() {
                return Ok(wanted);
            }
            wanted.next = Some(DeliveryCursor { event: event.header.id.seq(), webhook: missed.webhook.no() });
            if gets {
                wanted.rows.push(event);
            }
        }
        Ok(Page { next: found.next, ..wanted })
    }
}

impl Missed<'_> {
    /// What it missed if its filter wants it.
    fn candidates(&self, txn: &ReadTransaction) -> Result<Found, EngineError> {
        let DeliveryFilter { event_type, since, until, .. } = self.filter;
        let filter = EventFilter { event_type: event_type.clone(), since: *since, until: *until };
        let (events, payloads) = (tables::EVENTS.read(txn)?, tables::PAYLOADS.read(txn)?);
        let deliveries = tables::DELIVERIES.read(txn)?;
        let window = bounded(window(&events, *since, *until)?, self.up_to);
        let window = self.filter.event.map_or(window, |event| only(window, event.seq()));
        let account = (self.webhook.account, LISTED_EVENTS);
        let after = self.after.map(|after| after.event);
        let mut found = Page { rows: Vec::new(), next: None };
        let (mut left, mut bytes, mut last) = (limits::PAGE_SCAN, 0, None);
        for row in walk_account(txn, account, &events, window, after, false)? {
            let (seq, row) = row?;
            let seq = Seq(seq.value());
            if left == 0 || found.rows.len() == self.limit || bytes > limits::COMMIT_BYTES {
                found.next = last;
                break;
            }
            left -= 1;
            last = Some(DeliveryCursor { event: seq, webhook: self.webhook.no() });
            let Some(header) = readable("events", seq, event::read(row.value())) else { continue };
            if !wants(&filter, &header) || !self.filter.wants(&header) || !would_get(self.webhook, &header) {
                continue;
            }
            if deliveries.get(tables::delivery_key(self.webhook.no(), seq))?.is_some() {
                continue;
            }
            let Some(row) = payloads.get(seq.0)? else { continue };
            let Some(data) = readable("payloads", seq, event::read_payload(row.value())) else { continue };
            bytes += data.len();
            found.rows.push(Event { header, data });
        }
        Ok(found)
    }
}

/// Whether a webhook, as it is now, would have got an event if its filter wanted it.
fn would_get(webhook: &Webhook, header: &EventHeader) -> bool {
    let skipped = header.skipped.iter().find(|(no, _)| *no == webhook.no()).map(|(_, skip)| *skip);
    let of_all = webhook.terms.scope.is_none() && !is_operational(&header.event_type);
    let could = match skipped {
        Some(Skip::Spent | Skip::Twin | Skip::Removed) => false,
        Some(_) => true,
        // What an event is about is not kept with it, nor which webhook an operational one is of.
        None => of_all,
    };
    could
        && header.account == webhook.account
        && header.batch_of == 0
        && header.accepted_at >= webhook.created_at
        && header.event_type.as_str() != WEBHOOK_TEST
        && webhook.listens_to(&header.event_type)
}
