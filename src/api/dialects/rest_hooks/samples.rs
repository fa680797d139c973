//! Samples: what would have been delivered lately, made by what makes deliveries.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use super::conditions::Conditions;
use super::settings::{Kind, asks_nothing};
use crate::api::call::Call;
use crate::api::query::Param;
use crate::api::route::{InForm, JSON, Written};
use crate::domain::event::{Event, EventHeader};
use crate::domain::event_type::{EventPattern, EventType};
use crate::domain::filter::{self, Filter, Verdict};
use crate::domain::id::{AccountNo, EventId, Seq};
use crate::fair::Permit;
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::http::response::typed;
use crate::limits;
use crate::render::{self, Given};
use crate::store::{EventFilter, PageRequest, Store, StoreError};

/// The parameters; every other one is a condition on the data's member of the same name.
pub const PARAMS: [Param; 1] = [Param { name: "limit", about: "Samples: 1 to 20, 3 by default." }];

/// Answers `GET /api/events/{type}/samples`: a bare array, newest first.
///
/// # Errors
/// When a parameter has no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<InForm<Written<Vec<Value>>>, Problem> {
    let event_type: EventType = call.param.parse().map_err(|_| Problem::not_found("event type"))?;
    let limit = call.query.number::<usize>("limit")?.unwrap_or(limits::SAMPLES_DEFAULT);
    let limit = limit.clamp(1, limits::SAMPLES);
    let filter = conditions(&call)?;
    let (account, wanted, asked) = (call.account(), event_type.clone(), filter.clone());
    let context = Arc::clone(&call.context);
    let hold = move |length| context.budgets.hold_answer(Owner::Account(account), length);
    let look = move |store: &Store| newest(store, account, wanted, asked.as_ref(), limit, hold);
    // What is held for the samples goes when they do: with the answer, which is held for itself.
    let Samples { mut events, held: _held } = call.read(look).await??;
    if events.is_empty() {
        events.extend(
            example(&call, event_type)
                .filter(|event| fits(filter.as_ref(), event, &mut { limits::LONG_STEPS })),
        );
    }
    Ok(typed(StatusCode::OK, JSON, rendered(&call, &events)?).into())
}

/// Events, and their share of what the account's answers may have.
struct Samples {
    events: Vec<Event>,
    held: Vec<Permit<Owner>>,
}

fn conditions(call: &Call) -> Result<Option<Filter>, Problem> {
    let mut conditions = Conditions::default();
    for (name, value) in call.query.others().iter().filter(|(name, _)| !asks_nothing(name)) {
        conditions.add(name, &Value::from(value.as_str()).to_string());
    }
    conditions.filter().map_err(|error| Problem::new(Code::BadParameter, format!("the conditions {error}")))
}

/// Whether an event fits; takes what that costs off `steps`.
fn fits(filter: Option<&Filter>, event: &Event, steps: &mut u64) -> bool {
    filter.is_none_or(|filter| filter.judge(&filter::Data::read(&event.data), steps) == Verdict::Wanted)
}

/// The newest events of a type that fit, among a bounded number and as many as a page has room for; one
/// at least. Each is held before it is read.
fn newest(
    store: &Store,
    account: AccountNo,
    event_type: EventType,
    filter: Option<&Filter>,
    limit: usize,
    hold: impl Fn(usize) -> Result<Permit<Owner>, Problem>,
) -> Result<Result<Samples, Problem>, StoreError> {
    let of_type = EventFilter { event_type: Some(EventPattern::Exact(event_type)), ..EventFilter::default() };
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
    let mut found = Samples { events: Vec::with_capacity(limit), held: Vec::with_capacity(limit) };
    let (mut steps, mut room) = (limits::FILTER_STEPS_PER_REQUEST, limits::PAGE_BYTES);
    for header in headers {
        let length = header.data_len as usize;
        if found.events.len() == limit || (length > room && !found.events.is_empty()) {
            break;
        }
        let held = match hold(length) {
            Ok(held) => held,
            Err(problem) => return Ok(Err(problem)),
        };
        let Some(event) = store.event(header.id.seq())? else { continue };
        if fits(filter, &event, &mut steps) {
            room = room.saturating_sub(length);
            found.events.push(event);
            found.held.push(held);
        }
    }
    Ok(Ok(found))
}

/// The declared example as an event that never was.
fn example(call: &Call, event_type: EventType) -> Option<Event> {
    let account = call.account();
    let declared = call.context.store.directory().event_type(account, &event_type).cloned()?;
    let data: Arc<[u8]> = declared.example.as_deref()?.as_bytes().into();
    let header = EventHeader {
        id: EventId::new(call.now, Seq(0), 0),
        account,
        event_type,
        source_id: None,
        accepted_at: call.now,
        occurred_at: call.now,
        order_key: None,
        metadata: None,
        data_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
        webhooks: Vec::new(),
        skipped: Vec::new(),
        batch_of: 0,
    };
    Some(Event { header, data })
}

/// The events' bodies as a JSON array, as the dialect's profile makes them.
fn rendered(call: &Call, events: &[Event]) -> Result<Vec<u8>, Problem> {
    let rules = call.context.app.rules();
    let profile = rules.profiles.get(Kind::Rest.profile());
    let profile = profile.ok_or_else(|| Problem::new(Code::Internal, "the profile is missing"))?;
    let given = Given { now: call.now, ..Given::default() };
    let bodies = events.iter().filter_map(|event| {
        render::render(event, &[], profile, profile.payload, &given).ok().map(|rendered| rendered.body)
    });
    let mut array = Vec::from(b"[");
    for (at, body) in bodies.enumerate() {
        if at > 0 {
            array.push(b',');
        }
        array.extend_from_slice(&body);
    }
    array.push(b']');
    Ok(array)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::budgets::Budgets;
    use crate::api::tests::Rig;

    #[tokio::test]
    async fn each_sample_is_held_before_it_is_read() {
        let rig = Rig::new().await;
        let data = serde_json::json!({"x": "x".repeat(1000)}).to_string();
        for _ in 0..6 {
            rig.post("/v1/events", &format!(r#"{{"type":"order.paid","data":{data}}}"#)).await.expect(202);
        }
        let store = &rig.context.store;
        let account = store.directory().account_named("default").unwrap().no();
        let (budgets, owner) = (Budgets::new(), Owner::Account(account));
        let look = |limit, filter: Option<&Filter>| {
            let hold = |length| budgets.hold_answer(owner, length);
            newest(store, account, "order.paid".parse().unwrap(), filter, limit, hold).unwrap()
        };
        let found = look(4, None).unwrap();
        assert_eq!((found.events.len(), budgets.answers.held()), (4, 4 * data.len()));
        drop(found);
        assert_eq!(budgets.answers.held(), 0);
        // What does not fit is held no longer than it is looked at.
        let mut conditions = Conditions::default();
        conditions.add("x", "\"other\"");
        let none = look(4, conditions.filter().unwrap().as_ref()).unwrap();
        assert_eq!((none.events.len(), budgets.answers.held()), (0, 0));

        let full = budgets.hold_answer(owner, budgets.answers.per_key() - 2 * data.len()).unwrap();
        assert_eq!(look(2, None).unwrap().events.len(), 2);
        let refused = look(3, None).err().unwrap();
        assert_eq!(refused.code, Code::RateLimited);
        assert_eq!(budgets.answers.held(), full.units());
    }
}
