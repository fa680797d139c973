//! The live tail: events and attempts, merged by their numbers in the one sequence.

use std::collections::HashMap;
use std::sync::Arc;

use super::window::{Events, header};
use crate::domain::event::EventHeader;
use crate::domain::id::{AccountNo, AttemptId, Seq};
use crate::limits;
use crate::store::engine::Row;
use crate::store::engine_error::EngineError;
use crate::store::query::TailItem;
use crate::store::records::{attempt, event, readable};
use crate::store::{Store, StoreError, tables};

/// Headers that one page has met, so that an event's attempts read it once.
struct Headers<'t> {
    events: &'t Events,
    met: HashMap<Seq, Arc<EventHeader>>,
}

impl Headers<'_> {
    fn get(&mut self, seq: Seq) -> Result<Option<Arc<EventHeader>>, EngineError> {
        if let Some(header) = self.met.get(&seq) {
            return Ok(Some(Arc::clone(header)));
        }
        let header = header(self.events, seq)?.map(Arc::new);
        self.met.extend(header.iter().map(|header| (seq, Arc::clone(header))));
        Ok(header)
    }
}

impl Store {
    /// What the live tail shows after `after`, oldest first, at most `limit` things of `account`
    /// (all accounts: `None`), and the place to go on from.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn tail(
        &self,
        account: Option<AccountNo>,
        after: Seq,
        limit: usize,
    ) -> Result<(Vec<(Seq, TailItem)>, Seq), StoreError> {
        self.read(|txn| {
            let events = tables::EVENTS.read(txn)?;
            let attempts = tables::ATTEMPTS.read(txn)?;
            let from = after.0.saturating_add(1);
            let mut events_left = events.range(from..)?.peekable();
            let mut attempts_left = attempts.range(from..)?.peekable();
            let mut headers = Headers { events: &events, met: HashMap::new() };
            let (mut items, mut place) = (Vec::new(), after);
            for _ in 0..limits::PAGE_SCAN {
                if items.len() >= limit {
                    break;
                }
                let number = |row: Option<&Result<Row<'_, u64, _>, _>>| match row {
                    Some(Ok((seq, _))) => seq.value(),
                    Some(Err(_)) => 0,
                    None => u64::MAX,
                };
                let event_next = number(events_left.peek()) < number(attempts_left.peek());
                let side = if event_next { &mut events_left } else { &mut attempts_left };
                let Some((seq, row)) = side.next().transpose()? else { break };
                place = Seq(seq.value());
                let item = if event_next {
                    let header = readable("events", place, event::read(row.value()));
                    let posted = header.filter(|header| header.batch_of == 0);
                    posted.map(|header| TailItem::Event(Arc::new(header)))
                } else {
                    attempt_item(place, row.value(), &mut headers)?
                };
                let of = |item: &TailItem| match item {
                    TailItem::Event(event) | TailItem::Attempt { event, .. } => event.account,
                };
                items.extend(
                    item.filter(|item| account.is_none_or(|account| of(item) == account))
                        .map(|item| (place, item)),
                );
            }
            Ok((items, place))
        })
    }
}

/// An attempt whose event is still kept.
fn attempt_item(seq: Seq, row: &[u8], headers: &mut Headers<'_>) -> Result<Option<TailItem>, EngineError> {
    let Some(attempt) = readable("attempts", seq, attempt::read(row)) else { return Ok(None) };
    let id = AttemptId::new(attempt.started_at, seq, attempt.delivery.webhook());
    let event = headers.get(attempt.delivery.event())?;
    Ok(event.map(|event| TailItem::Attempt { id, attempt: Arc::new(attempt), event }))
}
