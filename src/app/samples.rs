//! Samples: the newest events of a type that fit.

use super::core::App;
use crate::domain::event::Event;
use crate::domain::event_type::{EventPattern, EventType};
use crate::domain::filter::{self, Filter, Verdict};
use crate::domain::id::AccountNo;
use crate::domain::refusal::Refusal;
use crate::limits;
use crate::store::{EventFilter, PageRequest, Store, StoreError};

/// Events, and what is held for each of them.
pub struct Samples<H> {
    /// The events, newest first.
    pub events: Vec<Event>,
    /// What is held for them.
    pub held: Vec<H>,
}

/// Which samples.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Events of this type,
    pub event_type: EventType,
    /// whose data this wants;
    pub filter: Option<Filter>,
    /// at most so many.
    pub limit: usize,
}

/// Whether an event fits; takes what that costs off `steps`.
#[must_use]
pub fn fits(filter: Option<&Filter>, event: &Event, steps: &mut u64) -> bool {
    filter.is_none_or(|filter| filter.judge(&filter::Data::read(&event.data), steps) == Verdict::Wanted)
}

/// The newest events of an account that fit, among a bounded number and as many as a page has room for; one
/// at least. `hold` takes each one's length before it is read.
///
/// # Errors
/// The outer one when the store cannot be read, the inner one where `hold` refuses.
pub async fn newest<H: Send + 'static, E: Send + 'static>(
    app: &App,
    account: AccountNo,
    wanted: Wanted,
    hold: impl Fn(usize) -> Result<H, E> + Send + 'static,
) -> Result<Result<Samples<H>, E>, Refusal> {
    Ok(app.read(account, move |store| look(store, account, &wanted, hold)).await?)
}

fn look<H, E>(
    store: &Store,
    account: AccountNo,
    wanted: &Wanted,
    hold: impl Fn(usize) -> Result<H, E>,
) -> Result<Result<Samples<H>, E>, StoreError> {
    let exact = EventPattern::Exact(wanted.event_type.clone());
    let of_type = EventFilter { event_type: Some(exact), ..EventFilter::default() };
    let mut page = PageRequest { after: None, descending: true, limit: limits::SAMPLES_SCAN };
    let mut headers = Vec::new();
    // Those of other types are passed over.
    for _ in 0..limits::SAMPLES_PAGES {
        let found = store.events(account, &of_type, page)?;
        headers.extend(found.rows);
        (page.after, page.limit) = (found.next, limits::SAMPLES_SCAN.saturating_sub(headers.len()));
        if page.after.is_none() || page.limit == 0 {
            break;
        }
    }
    let limit = wanted.limit;
    let mut found = Samples { events: Vec::with_capacity(limit), held: Vec::with_capacity(limit) };
    let (mut steps, mut room) = (limits::FILTER_STEPS_PER_REQUEST, limits::PAGE_BYTES);
    for header in headers {
        let length = header.data_len as usize;
        if found.events.len() == limit || (length > room && !found.events.is_empty()) {
            break;
        }
        let held = match hold(length) {
            Ok(held) => held,
            Err(refused) => return Ok(Err(refused)),
        };
        let Some(event) = store.event(header.id.seq())? else { continue };
        if fits(wanted.filter.as_ref(), &event, &mut steps) {
            room = room.saturating_sub(length);
            found.events.push(event);
            found.held.push(held);
        }
    }
    Ok(Ok(found))
}
