//! `/v1/event-types`: declared types, and the schemas their events' data must fit.

use std::sync::Arc;

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::api::call::Call;
use crate::api::display_json::{DisplayJson, raw};
use crate::api::members::description;
use crate::api::query::Listing;
use crate::api::query::fitting;
use crate::api::route::Takes;
use crate::app::pages::{Page, page_of};
use crate::app::schemas::Checker;
use crate::domain::event_type::{EventType, EventTypeRecord};
use crate::domain::quota::Held;
use crate::domain::schema::Shape;
use crate::domain::time::Timestamp;
use crate::http::document::Faults;
use crate::http::problem::{Invalid, Problem};
use crate::http::reply::{Json, created, json};
use crate::http::response::{Response, no_content, segment};
use crate::limits;
use crate::store::command::Edit;

/// A declaration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTypeBody {
    /// A description.
    #[serde(default)]
    description: Option<String>,
    /// A JSON Schema that `data` must match. It sees fractions, and whole numbers beyond 64 bits, as the nearest
    /// doubles: 0.1 and 0.10000000000000000001 are one number to it.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Value>")]
    schema: Option<Box<RawValue>>,
    /// An example of `data`; must match the schema.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Value>")]
    example: Option<Box<RawValue>>,
}

/// A declared event type.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventTypeView {
    name: DisplayJson<EventType>,
    description: String,
    schema: Option<Box<RawValue>>,
    example: Option<Box<RawValue>>,
    created_at: DisplayJson<Timestamp>,
    updated_at: DisplayJson<Timestamp>,
}

impl EventTypeView {
    fn new(record: &EventTypeRecord) -> Self {
        Self {
            name: DisplayJson(record.name.clone()),
            description: record.description.clone(),
            schema: record.schema.as_deref().and_then(raw),
            example: record.example.as_deref().and_then(raw),
            created_at: DisplayJson(record.created_at),
            updated_at: DisplayJson(record.updated_at),
        }
    }
}

fn name(call: &Call) -> Result<EventType, Problem> {
    call.param.parse().map_err(|_| Problem::not_found("event type"))
}

fn declared(call: &Call, name: &EventType) -> Option<std::sync::Arc<EventTypeRecord>> {
    call.context.store.directory().event_type(call.account(), name).cloned()
}

/// Answers `PUT /v1/event-types/{name}`.
///
/// # Errors
/// When the name, the schema or the example cannot be taken.
pub async fn put(
    mut call: Box<Call>,
    document: Takes<EventTypeBody>,
) -> Result<Json<EventTypeView>, Problem> {
    let name: EventType =
        call.param.parse().map_err(|error| Problem::bad_name("an event type", &call.param, error))?;
    let (body, mut faults) = document.read(&mut call).await?;
    check_schema(&call, &body, &mut faults).await?;
    let description = description(body.description, &mut faults);
    faults.done()?;
    let before = declared(&call, &name);
    let text = |raw: Option<Box<RawValue>>| raw.map(|raw| raw.get().into());
    let record = EventTypeRecord {
        name: name.clone(),
        description,
        schema: text(body.schema),
        example: text(body.example),
        created_at: before.as_ref().map_or(call.now, |before| before.created_at),
        // Later than before even within one millisecond, since compiled schemas go by it.
        updated_at: before
            .as_ref()
            .map_or(call.now, |b| call.now.max(b.updated_at.plus(std::time::Duration::from_millis(1)))),
    };
    call.edit(Edit::PutEventType(call.account(), record.clone()), "event type").await?;
    let view = EventTypeView::new(&record);
    match before {
        Some(_) => json(StatusCode::OK, &view),
        None => created(&format!("/v1/event-types/{}", segment(name.as_str())), &view),
    }
}

async fn check_schema(call: &Call, body: &EventTypeBody, faults: &mut Faults) -> Result<(), Problem> {
    for (pointer, text) in [("/schema", &body.schema), ("/example", &body.example)] {
        if text.as_ref().is_some_and(|text| text.get().len() > limits::SCHEMA_BYTES) {
            faults.add(pointer, format_args!("may have at most {} bytes", limits::SCHEMA_BYTES));
            return Ok(());
        }
    }
    let text = |raw: &Option<Box<RawValue>>| raw.as_ref().map(|raw| raw.get().to_owned());
    let Some(schema) = text(&body.schema) else { return Ok(()) };
    let example = text(&body.example);
    let work = move || check_example(&schema, example.as_deref());
    for fault in call.context.app.tenant_work.run(call.account(), work).await? {
        faults.add(&fault.pointer, fault.detail);
    }
    Ok(())
}

/// What is wrong with a schema, or with the example beside it.
fn check_example(schema: &str, example: Option<&str>) -> Vec<Invalid> {
    match (Checker::compile(schema), example) {
        (Err(faults), _) => faults,
        (Ok(_), None) => Vec::new(),
        (Ok(checker), Some(example)) => {
            checker.faults(example.as_bytes(), &Shape::of(example.as_bytes()), "/example")
        }
    }
}

/// Answers `GET /v1/event-types`.
///
/// # Errors
/// When a parameter has no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<EventTypeView>>, Problem> {
    let mut page = call.query.page::<String>()?;
    page.descending = call.query.text("order") == Some("desc");
    let (rows, next) = {
        let directory = call.context.store.directory();
        let records = directory.event_types(call.account());
        let place = |record: &&Arc<EventTypeRecord>| record.name.to_string();
        let Page { mut rows, mut next } = page_of(records, place, &page);
        let fitting = fitting(rows.iter().map(|record| Held::of_event_type(record).bytes));
        if fitting < rows.len() {
            rows.truncate(fitting);
            next = rows.last().map(place);
        }
        (rows.into_iter().map(|record| EventTypeView::new(record)).collect(), next)
    };
    call.list(rows, next)
}

/// Answers `GET /v1/event-types/{name}`.
///
/// # Errors
/// When the type is not declared.
pub async fn show(call: Box<Call>) -> Result<Json<EventTypeView>, Problem> {
    let record = declared(&call, &name(&call)?).ok_or_else(|| Problem::not_found("event type"))?;
    json(StatusCode::OK, &EventTypeView::new(&record))
}

/// Answers `DELETE /v1/event-types/{name}`.
///
/// # Errors
/// When the type is not declared.
pub async fn delete(call: Box<Call>) -> Result<Response, Problem> {
    let name = name(&call)?;
    declared(&call, &name).ok_or_else(|| Problem::not_found("event type"))?;
    call.edit(Edit::DeleteEventType(call.account(), name), "event type").await?;
    Ok(no_content())
}
