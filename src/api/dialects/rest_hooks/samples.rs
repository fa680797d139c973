//! Samples: what would have been delivered lately, made by what makes deliveries.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use super::conditions::Conditions;
use super::settings::{Kind, asks_nothing};
use crate::api::call::Call;
use crate::api::param::{Param, Whole};
use crate::api::route::{InForm, JSON, Written};
use crate::app::event_types;
use crate::app::samples::{Samples, Wanted, fits, newest};
use crate::domain::event::{Event, EventHeader};
use crate::domain::event_type::EventType;
use crate::domain::filter::Filter;
use crate::domain::id::{EventId, Seq};
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::http::response::typed;
use crate::limits;
use crate::render::{self, RenderContext};

/// The parameters; every other one is a condition on the data's member of the same name.
pub const PARAMS: [Param; 1] =
    [Param::of::<Whole<1, { limits::SAMPLES as u64 }>>("limit", "Samples: 1 to 20, 3 by default.")];

/// Answers `GET /api/events/{type}/samples`: a bare array, newest first.
///
/// # Errors
/// When a parameter makes no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<InForm<Written<Vec<Value>>>, Problem> {
    let event_type: EventType = call.param.parse().map_err(|_| Problem::not_found("event type"))?;
    let limit = call.query.number::<usize>("limit")?.unwrap_or(limits::SAMPLES_DEFAULT);
    let limit = limit.clamp(1, limits::SAMPLES);
    let filter = conditions(&call)?;
    let (app, account, context) = (&call.context.app, call.account(), Arc::clone(&call.context));
    let hold = move |length| context.budgets.hold_answer(Owner::Account(account), length);
    let wanted = Wanted { event_type: event_type.clone(), filter: filter.clone(), limit };
    // What is held for the samples goes when they do: with the answer, which is held for itself.
    let Samples { mut events, held: _held } = newest(app, account, wanted, hold).await??;
    if events.is_empty() {
        events.extend(
            example(&call, event_type)
                .filter(|event| fits(filter.as_ref(), event, &mut { limits::LONG_STEPS })),
        );
    }
    Ok(typed(StatusCode::OK, JSON, rendered(&call, &events)?).into())
}

fn conditions(call: &Call) -> Result<Option<Filter>, Problem> {
    let mut conditions = Conditions::default();
    for (name, value) in call.query.others().iter().filter(|(name, _)| !asks_nothing(name)) {
        conditions.add(name, &Value::from(value.as_str()).to_string());
    }
    conditions.filter().map_err(|error| Problem::new(Code::BadParameter, format!("the conditions {error}")))
}

/// The declared example as an event that never was.
fn example(call: &Call, event_type: EventType) -> Option<Event> {
    let account = call.account();
    let declared = event_types::find(&call.context.app, account, &event_type).ok()?;
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
    let given = RenderContext { now: call.now, ..RenderContext::default() };
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
        let account = rig.store.directory().account_named("default").unwrap().no();
        let (budgets, owner) = (Arc::new(Budgets::new()), Owner::Account(account));
        let look = async |limit, filter: Option<Filter>| {
            let budgets = Arc::clone(&budgets);
            let hold = move |length| budgets.hold_answer(owner, length);
            let wanted = Wanted { event_type: "order.paid".parse().unwrap(), filter, limit };
            newest(&rig.context.app, account, wanted, hold).await.unwrap()
        };
        let found = look(4, None).await.unwrap();
        assert_eq!((found.events.len(), budgets.answers.held()), (4, 4 * data.len()));
        drop(found);
        assert_eq!(budgets.answers.held(), 0);
        // What does not fit is held no longer than it is looked at.
        let mut conditions = Conditions::default();
        conditions.add("x", "\"other\"");
        let none = look(4, conditions.filter().unwrap()).await.unwrap();
        assert_eq!((none.events.len(), budgets.answers.held()), (0, 0));

        let full = budgets.hold_answer(owner, budgets.answers.per_key() - 2 * data.len()).unwrap();
        assert_eq!(look(2, None).await.unwrap().events.len(), 2);
        let refused = look(3, None).await.err().unwrap();
        assert_eq!(refused.code, Code::RateLimited);
        assert_eq!(budgets.answers.held(), full.units());
    }
}
