//! Lists of deliveries. One webhook's are one range of the file; those of all webhooks are found
//! through the events' own lists of webhooks.

use std::ops::{Bound, RangeBounds as _};
use std::sync::Arc;

use redb::ReadTransaction;

use super::listed::walk_account;
use super::window::{Events, Window, header, wants, window};
use crate::domain::delivery::{Delivery, DueRow};
use crate::domain::event::EventHeader;
use crate::domain::id::{AccountNo, DeliveryId, Seq, WebhookNo};
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::engine::ReadTable;
use crate::store::engine_error::EngineError;
use crate::store::query::{Counted, DeliveryCursor, DeliveryFilter, EventFilter, Page, PageRequest};
use crate::store::records::delivery::{Batching, DeliveryRecord};
use crate::store::records::{due, event, readable};
use crate::store::tables::{DeliveryKey, LISTED_EVENTS};
use crate::store::{Store, StoreError, tables};

/// What a walk over deliveries is to find.
pub(super) struct Walk<'f> {
    pub(super) account: AccountNo,
    pub(super) filter: &'f DeliveryFilter,
    /// Only events up to this one.
    pub(super) up_to: Seq,
    pub(super) page: PageRequest<DeliveryCursor>,
    /// Rows it may look at.
    pub(super) scan: usize,
}

type Found = Page<(Delivery, Arc<EventHeader>), DeliveryCursor>;

impl Store {
    /// A page of an account's deliveries with their events' headers. Those that went with a batch are
    /// left out: the batch's is there for all of them.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn deliveries(
        &self,
        account: AccountNo,
        filter: &DeliveryFilter,
        page: PageRequest<DeliveryCursor>,
    ) -> Result<Page<(Delivery, Arc<EventHeader>), DeliveryCursor>, StoreError> {
        let walk = Walk { account, filter, up_to: Seq(u64::MAX), page, scan: limits::PAGE_SCAN };
        self.read(|txn| walk.run(txn))
    }

    /// Pending deliveries as the scheduler sees them, in their order; `None` for one that is not pending, or waits
    /// for others of a batch.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn due_rows(&self, ids: &[DeliveryId]) -> Result<Vec<Option<DueRow>>, StoreError> {
        let webhooks: Vec<_> = {
            let directory = self.directory();
            ids.iter().map(|id| directory.webhook(id.webhook()).cloned()).collect()
        };
        self.read(|txn| {
            let (deliveries, dues) = (tables::DELIVERIES.read(txn)?, tables::DUE.read(txn)?);
            let mut rows = Vec::with_capacity(ids.len());
            for (id, webhook) in ids.iter().zip(&webhooks) {
                let row = webhook.as_deref().map(|webhook| due_row(&deliveries, &dues, webhook, id.event()));
                rows.push(row.transpose()?.flatten());
            }
            Ok(rows)
        })
    }

    /// How many deliveries match, looking at about `scan` rows at most.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn count_deliveries(
        &self,
        account: AccountNo,
        filter: &DeliveryFilter,
        scan: usize,
    ) -> Result<Counted, StoreError> {
        let mut counted = Counted { count: 0, exact: false };
        let mut page = PageRequest { after: None, descending: true, limit: limits::PAGE_SCAN };
        // Each page is a transaction of its own, so that a long count pins nothing.
        for _ in 0..scan.div_ceil(limits::PAGE_SCAN) {
            let found = self.deliveries(account, filter, page)?;
            counted.count += found.rows.len() as u64;
            page.after = found.next;
            if found.next.is_none() {
                counted.exact = true;
                break;
            }
        }
        Ok(counted)
    }
}

fn due_row(
    deliveries: &ReadTable<DeliveryKey, &'static [u8]>,
    dues: &ReadTable<tables::DueTableKey, &'static [u8]>,
    webhook: &Webhook,
    event: Seq,
) -> Result<Option<DueRow>, EngineError> {
    let no = webhook.no();
    let key = tables::delivery_key(no, event);
    let Some(row) = deliveries.get(key)? else { return Ok(None) };
    let Some(record) = readable("deliveries", key, DeliveryRecord::read(row.value())) else {
        return Ok(None);
    };
    let key = due::key_of(webhook, event, record.due);
    let Some(row) = dues.get(tables::due_key(no, key))? else { return Ok(None) };
    Ok(readable("due", (no, key), due::read(key, row.value())))
}

/// A walk under way.
struct Walker<'w> {
    walk: &'w Walk<'w>,
    events: &'w Events,
    deliveries: &'w ReadTable<DeliveryKey, &'static [u8]>,
    left: usize,
    last: Option<DeliveryCursor>,
    found: Found,
}

impl Walk<'_> {
    pub(super) fn run(&self, txn: &ReadTransaction) -> Result<Found, EngineError> {
        let events = tables::EVENTS.read(txn)?;
        let filter = self.filter;
        let window = bounded(window(&events, filter.since, filter.until)?, self.up_to);
        let (from, to) = filter.event.map_or(window, |event| only(window, event.seq()));
        let mut walker = Walker {
            walk: self,
            events: &events,
            deliveries: &tables::DELIVERIES.read(txn)?,
            left: self.scan,
            last: None,
            found: Page { rows: Vec::new(), next: None },
        };
        match filter.webhook {
            Some(webhook) => walker.one_webhook(webhook, (from, to))?,
            None => walker.all_webhooks(txn, (from, to))?,
        }
        Ok(walker.found)
    }
}

impl Walker<'_> {
    fn one_webhook(&mut self, webhook: WebhookNo, (from, to): Window) -> Result<(), EngineError> {
        let page = self.walk.page;
        let (mut from, mut to) = (lower(webhook, from), upper(webhook, to));
        if let Some(after) = page.after {
            let after = Bound::Excluded((webhook.0, after.event.0));
            *(if page.descending { &mut to } else { &mut from }) = after;
        }
        // A cursor outside the window leaves a range that ends before it begins; it is empty.
        let mut rows = self.deliveries.range((from, to))?;
        while let Some(row) = if page.descending { rows.next_back() } else { rows.next() } {
            let (key, row) = row?;
            let (_, event) = key.value();
            if self.is_over() {
                break;
            }
            self.look(DeliveryCursor { event: Seq(event), webhook });
            let Some(record) = readable("deliveries", key.value(), DeliveryRecord::read(row.value())) else {
                continue;
            };
            if self.wants(&record)
                && let Some(header) = header(self.events, Seq(event))?
                && self.wants_event(&header)
            {
                self.found.rows.push((record.into_delivery(Seq(event), webhook), Arc::new(header)));
            }
        }
        Ok(())
    }

    fn all_webhooks(&mut self, txn: &ReadTransaction, window: Window) -> Result<(), EngineError> {
        let PageRequest { after, descending, .. } = self.walk.page;
        // The event at the cursor may have more webhooks after it.
        let resumed = match after {
            Some(after) => header(self.events, after.event)?.map(|header| (after, header)),
            None => None,
        };
        if let Some((after, header)) = resumed {
            let beyond = |no: WebhookNo| if descending { no < after.webhook } else { no > after.webhook };
            if !self.of_event(header, beyond)? {
                return Ok(());
            }
        }
        let (of, after) = ((self.walk.account, LISTED_EVENTS), after.map(|after| after.event));
        for row in walk_account(txn, of, self.events, window, after, descending)? {
            let (seq, row) = row?;
            let Some(header) = readable("events", seq.value(), event::read(row.value())) else { continue };
            if !self.of_event(header, |_| true)? {
                break;
            }
        }
        Ok(())
    }

    /// Looks at an event's deliveries; whether the walk goes on.
    fn of_event(
        &mut self,
        header: EventHeader,
        beyond: impl Fn(WebhookNo) -> bool,
    ) -> Result<bool, EngineError> {
        if self.is_over() {
            return Ok(false);
        }
        let (seq, descending) = (header.id.seq(), self.walk.page.descending);
        let mut webhooks = header.webhooks.clone();
        webhooks.sort_unstable();
        if descending {
            webhooks.reverse();
        }
        let header = Arc::new(header);
        if self.wants_event(&header) {
            for webhook in webhooks.into_iter().filter(|&no| beyond(no)) {
                if self.is_over() {
                    return Ok(false);
                }
                self.look(DeliveryCursor { event: seq, webhook });
                let key = tables::delivery_key(webhook, seq);
                let Some(row) = self.deliveries.get(key)? else { continue };
                let record = readable("deliveries", key, DeliveryRecord::read(row.value()));
                if let Some(record) = record.filter(|record| self.wants(record)) {
                    self.found.rows.push((record.into_delivery(seq, webhook), Arc::clone(&header)));
                }
            }
        }
        let whole = if descending { WebhookNo(0) } else { WebhookNo(u32::MAX) };
        self.look(DeliveryCursor { event: seq, webhook: whole });
        Ok(true)
    }

    /// Whether the page is full or has looked at enough; then the next one begins here.
    fn is_over(&mut self) -> bool {
        let over = self.left == 0 || self.found.rows.len() >= self.walk.page.limit;
        if over {
            self.found.next = self.last;
        }
        over
    }

    fn look(&mut self, at: DeliveryCursor) {
        self.left = self.left.saturating_sub(1);
        self.last = Some(at);
    }

    fn wants(&self, record: &DeliveryRecord) -> bool {
        let filter = self.walk.filter;
        // What went with a batch is found as the batch.
        !matches!(record.batching, Batching::In(_))
            && filter.state.is_none_or(|state| record.state == state)
            && filter.error.is_none_or(|error| record.error == Some(error))
    }

    fn wants_event(&self, header: &EventHeader) -> bool {
        let DeliveryFilter { event_type, since, until, .. } = self.walk.filter;
        let filter = EventFilter { event_type: event_type.clone(), since: *since, until: *until };
        header.account == self.walk.account && wants(&filter, header) && self.walk.filter.wants(header)
    }
}

/// One event of a window, if it is in there.
pub(super) fn only((from, to): Window, event: Seq) -> Window {
    let event = event.0;
    let is_in = (from, to).contains(&event);
    (Bound::Included(event), if is_in { Bound::Included(event) } else { Bound::Excluded(event) })
}

/// What of a window is not after an event.
pub(super) fn bounded((from, to): Window, up_to: Seq) -> Window {
    let to = match to {
        Bound::Unbounded => Bound::Included(up_to.0),
        Bound::Excluded(to) | Bound::Included(to) => Bound::Excluded(to.min(up_to.0.saturating_add(1))),
    };
    (from, to)
}

fn lower(webhook: WebhookNo, from: Bound<u64>) -> Bound<DeliveryKey> {
    match from {
        Bound::Included(from) => Bound::Included((webhook.0, from)),
        Bound::Excluded(from) => Bound::Excluded((webhook.0, from)),
        Bound::Unbounded => Bound::Included((webhook.0, 0)),
    }
}

fn upper(webhook: WebhookNo, to: Bound<u64>) -> Bound<DeliveryKey> {
    match to {
        Bound::Included(to) => Bound::Included((webhook.0, to)),
        Bound::Excluded(to) => Bound::Excluded((webhook.0, to)),
        Bound::Unbounded => Bound::Included((webhook.0, u64::MAX)),
    }
}
