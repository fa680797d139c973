//! `/v1/event-types`: declared types, and the schemas their events' data must fit.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::api::call::Call;
use crate::api::display_json::{DisplayJson, raw};
use crate::api::members::description;
use crate::api::query::Listing;
use crate::api::route::Takes;
use crate::app::event_types::{self, Declared};
use crate::domain::event_type::{EventType, EventTypeRecord};
use crate::domain::name::ManagedBy;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::reply::{Json, created, json};
use crate::http::response::{Response, no_content, segment};

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
    /// The tool that manages it, such as `apply:shop`.
    #[serde(default)]
    managed_by: Option<String>,
}

/// A declared event type.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventTypeView {
    name: DisplayJson<EventType>,
    description: String,
    schema: Option<Box<RawValue>>,
    example: Option<Box<RawValue>>,
    /// The tool that manages it.
    managed_by: Option<DisplayJson<ManagedBy>>,
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
            managed_by: record.managed_by.clone().map(DisplayJson),
            created_at: DisplayJson(record.created_at),
            updated_at: DisplayJson(record.updated_at),
        }
    }
}

fn name(call: &Call) -> Result<EventType, Problem> {
    call.param.parse().map_err(|_| Problem::not_found("event type"))
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
    let (app, account) = (&call.context.app, call.account());
    let (schema, example) = (body.schema.as_deref(), body.example.as_deref());
    let checked =
        event_types::check(app, account, schema.map(RawValue::get), example.map(RawValue::get)).await?;
    let checked = faults.extend(checked);
    let description = description(body.description, &mut faults);
    let managed_by = faults.parse("/managed_by", body.managed_by.as_deref());
    let checked = faults.unless(checked)?;
    let by = if call.query.is_dry_run()? { None } else { Some(call.actor()) };
    let named = (name, description, managed_by);
    let Declared { record, is_new } =
        event_types::declare(app, account, named, checked, by, call.now).await?;
    let view = EventTypeView::new(&record);
    if is_new && by.is_some() {
        return created(&format!("/v1/event-types/{}", segment(record.name.as_str())), &view);
    }
    json(StatusCode::OK, &view)
}

/// Answers `GET /v1/event-types`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<EventTypeView>>, Problem> {
    let page = call.query.page_by_name()?;
    let found = event_types::page(&call.context.app, call.account(), &page);
    call.list(found.rows.iter().map(|record| EventTypeView::new(record)).collect(), found.next)
}

/// Answers `GET /v1/event-types/{name}`.
///
/// # Errors
/// When the type is not declared.
pub async fn show(call: Box<Call>) -> Result<Json<EventTypeView>, Problem> {
    let record = event_types::find(&call.context.app, call.account(), &name(&call)?)?;
    json(StatusCode::OK, &EventTypeView::new(&record))
}

/// Answers `DELETE /v1/event-types/{name}`.
///
/// # Errors
/// When the type is not declared.
pub async fn delete(call: Box<Call>) -> Result<Response, Problem> {
    let name = name(&call)?;
    event_types::delete(&call.context.app, call.account(), name, call.actor(), call.now).await?;
    Ok(no_content())
}
