//! Declared event types, and the schemas that their events' data must fit.

use std::sync::Arc;
use std::time::Duration;

use super::core::App;
use super::pages::{Page, PageRequest, page_by_size};
use super::schemas::Checker;
use crate::domain::event_type::{EventPattern, EventType, EventTypeRecord};
use crate::domain::id::AccountNo;
use crate::domain::name::ManagedBy;
use crate::domain::quota::Held;
use crate::domain::refusal::{Invalid, Refusal};
use crate::domain::reserved::{TYPES, is_reserved};
use crate::domain::schema::Shape;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::Edit;

/// A schema and an example that fits it, either of which may be missing.
#[derive(Debug, Default)]
pub struct Checked {
    schema: Option<Arc<str>>,
    example: Option<Arc<str>>,
}

/// Checks the schema that data of an account's events is to match, and the example beside it.
///
/// # Errors
/// The outer one when it cannot be looked at now, the inner one when something is wrong with them.
pub async fn check(
    app: &App,
    account: AccountNo,
    schema: Option<&str>,
    example: Option<&str>,
) -> Result<Result<Checked, Vec<Invalid>>, Refusal> {
    for (pointer, text) in [("/schema", schema), ("/example", example)] {
        if text.is_some_and(|text| text.len() > limits::SCHEMA_BYTES) {
            let detail = format!("may have at most {} bytes", limits::SCHEMA_BYTES);
            return Ok(Err(vec![Invalid::new(pointer, detail)]));
        }
    }
    let checked = Checked { schema: schema.map(Arc::from), example: example.map(Arc::from) };
    let Some(schema) = checked.schema.clone() else { return Ok(Ok(checked)) };
    let example = checked.example.clone();
    let look = move || match (Checker::compile(&schema), example) {
        (Err(faults), _) => faults,
        (Ok(_), None) => Vec::new(),
        (Ok(checker), Some(example)) => {
            checker.faults(example.as_bytes(), &Shape::of(example.as_bytes()), "/example")
        }
    };
    let faults = app.tenant_work.run(account, look).await?;
    Ok(if faults.is_empty() { Ok(checked) } else { Err(faults) })
}

/// An event type that is declared.
pub struct Declared {
    /// It, as it is now.
    pub record: EventTypeRecord,
    /// Whether it was not declared before.
    pub is_new: bool,
}

/// Declares an event type of an account, or changes its declaration; without an actor it is only said what that
/// would be.
///
/// # Errors
/// When the account has too many, or the store cannot.
pub async fn declare(
    app: &App,
    account: AccountNo,
    (name, description, managed_by): (EventType, String, Option<ManagedBy>),
    Checked { schema, example }: Checked,
    by: Option<Actor>,
    now: Timestamp,
) -> Result<Declared, Refusal> {
    let before = find(app, account, &name).ok();
    let created_at = before.as_ref().map_or(now, |before| before.created_at);
    // Later than before even within one millisecond, since compiled schemas go by it.
    let later = |before: &Arc<EventTypeRecord>| now.max(before.updated_at.plus(Duration::from_millis(1)));
    let updated_at = before.as_ref().map_or(now, later);
    let record = EventTypeRecord { name, description, schema, example, managed_by, created_at, updated_at };
    if let Some(by) = by {
        app.edit(Edit::PutEventType(account, record.clone()), by, "event type", now).await?;
    }
    Ok(Declared { record, is_new: before.is_none() })
}

/// The declared event type of a name.
///
/// # Errors
/// When there is none.
pub fn find(app: &App, account: AccountNo, name: &EventType) -> Result<Arc<EventTypeRecord>, Refusal> {
    let found = app.store.directory().event_type(account, name).cloned();
    found.ok_or_else(|| Refusal::not_found("event type"))
}

/// A page of an account's declared event types, by name, as many as an answer has room for.
#[must_use]
pub fn page(app: &App, account: AccountNo, page: &PageRequest<String>) -> Page<Arc<EventTypeRecord>, String> {
    let directory = app.store.directory();
    let bytes = |record: &Arc<EventTypeRecord>| Held::of_event_type(record).bytes;
    page_by_size(directory.event_types(account).cloned(), |record| record.name.to_string(), bytes, page)
}

/// Takes a declaration back.
///
/// # Errors
/// When there is none, or the store cannot.
pub async fn delete(
    app: &App,
    account: AccountNo,
    name: EventType,
    by: Actor,
    now: Timestamp,
) -> Result<(), Refusal> {
    find(app, account, &name)?;
    app.edit(Edit::DeleteEventType(account, name), by, "event type", now).await.map(drop)
}

/// The first of these patterns that takes no event type that an account has declared, nor one of the daemon's own:
/// where an account has declared some, it is taken for a typing mistake.
#[must_use]
pub fn undeclared<'p>(
    app: &App,
    account: AccountNo,
    patterns: &'p [EventPattern],
) -> Option<&'p EventPattern> {
    let directory = app.store.directory();
    directory.event_types(account).next()?;
    let declares = |pattern: &EventPattern| match pattern {
        EventPattern::All => true,
        EventPattern::Exact(name) => is_reserved(name) || directory.event_type(account, name).is_some(),
        EventPattern::Under(_) => {
            let own = |name: &&str| name.parse().is_ok_and(|name| pattern.matches(&name));
            TYPES.iter().any(own)
                || directory.event_types(account).any(|declared| pattern.matches(&declared.name))
        }
    };
    patterns.iter().find(|pattern| !declares(pattern))
}
