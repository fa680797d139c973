//! Storing events, and what came of each.

use sha2::{Digest as _, Sha256};

use super::draft::Unit;
use super::part::Part;
use super::receipt::{Receipt, taken};
use crate::app::busy::while_busy;
use crate::app::core::App;
use crate::domain::refusal::{Code, Invalid, Refusal};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::StoreError;
use crate::store::command::{Accept, Accepted};

/// Stores events; what came of each of them.
///
/// # Errors
/// When those of a request that is stored as a whole cannot be.
pub(super) async fn commit(
    app: &App,
    part: Part,
    now: Timestamp,
) -> Result<Vec<Result<Receipt, Refusal>>, Refusal> {
    let Part { unit, keyed, mut accepts, outcomes, .. } = part;
    match unit {
        Unit::One => {}
        Unit::Array if keyed => as_one_request(&mut accepts),
        Unit::Array => {}
        Unit::Stream => return Ok(commit_each(app, accepts, outcomes, now).await),
    }
    let accepted = app.store.accept(accepts, now).await?;
    if unit == Unit::Array {
        conflicts(&accepted)?;
    }
    Ok(receipts(app, accepted).collect())
}

/// Stores one event that is prepared.
///
/// # Errors
/// When the store cannot.
pub fn commit_one(
    app: &App,
    accept: Accept,
    now: Timestamp,
) -> impl Future<Output = Result<Receipt, Refusal>> {
    // Not within the future, which would hold the event beside its place in the list.
    let accepts = vec![accept];
    async move {
        let accepted = app.store.accept(accepts, now).await?;
        let first = receipts(app, accepted).next();
        first.unwrap_or_else(|| Err(Refusal::new(Code::Internal, "nothing was accepted")))
    }
}

/// Stores events, each for itself, those that are not wrong by their outcomes; where the store is busy, it is waited
/// for a while.
async fn commit_each(
    app: &App,
    accepts: Vec<Accept>,
    outcomes: Vec<Result<(), Refusal>>,
    now: Timestamp,
) -> Vec<Result<Receipt, Refusal>> {
    let accepted = match accepts.is_empty() {
        true => Ok(Vec::new()),
        false => while_busy(limits::EVENTS_PATIENCE, || app.store.accept_each(accepts.clone(), now)).await,
    };
    let failure = accepted.as_ref().err().cloned().unwrap_or(StoreError::Unavailable);
    let mut receipts = receipts(app, accepted.unwrap_or_default());
    let mut next = || receipts.next().unwrap_or_else(|| Err(failure.clone().into()));
    outcomes.into_iter().map(|outcome| outcome.and_then(|()| next())).collect()
}

/// Makes the events of an array one request: its key is taken by all of them together, so that with one
/// changed, left out or added it is another.
fn as_one_request(accepts: &mut [Accept]) {
    let (mut values, mut texts) = (Sha256::new(), Some(Sha256::new()));
    for key in accepts.iter().filter_map(|accept| accept.idempotency.first()) {
        values.update(key.body);
        texts = texts.zip(key.text).map(|(texts, text)| texts.chain_update(text));
    }
    let body: [u8; 32] = values.finalize().into();
    let text = texts.map(|texts| texts.finalize().into());
    for key in accepts.iter_mut().filter_map(|accept| accept.idempotency.first_mut()) {
        (key.body, key.text) = (body, text);
    }
}

/// Makes sure that no key of an array's events is taken for something else.
fn conflicts(accepted: &[Accepted]) -> Result<(), Refusal> {
    let conflict = |(at, accepted): (usize, &Accepted)| match accepted {
        Accepted::Conflict { id } => Some(Invalid::new(format!("/{at}"), taken(*id))),
        Accepted::New { .. } | Accepted::Duplicate { .. } | Accepted::Withheld => None,
    };
    let errors: Vec<Invalid> = accepted.iter().enumerate().filter_map(conflict).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let detail = "the request's key, or the id of one of its events, was used before with other content; no event was accepted";
    Err(Refusal { errors, ..Refusal::new(Code::Conflict, detail) })
}

/// What came of events that the store looked at.
fn receipts(app: &App, accepted: Vec<Accepted>) -> impl Iterator<Item = Result<Receipt, Refusal>> {
    let fresh = accepted.iter().filter(|accepted| matches!(accepted, Accepted::New { .. })).count();
    app.events_accepted.inc_by(fresh as u64);
    accepted.into_iter().map(Receipt::of)
}
