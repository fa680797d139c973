//! Accepting events. In whatever form they came, they are [`Draft`]s here, and take one way: each is checked,
//! it is planned where it goes, and they are stored together with what they make.

use super::busy::while_busy;
use super::core::App;
use super::request_key::RequestKey;
use super::schemas;
use super::tenant_work::Turn;
use crate::domain::id::EventId;
use crate::domain::refusal::{Code, Invalid, Refusal};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::StoreError;
use crate::store::command::{Accept, Accepted};

mod draft;
mod media_type;
mod prepare;

pub use self::draft::Draft;
use self::prepare::as_one_request;
pub use self::prepare::planned;
pub(crate) use self::prepare::{Allowances, prepare};

/// An event that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub id: EventId,
    /// How many deliveries were made of it.
    pub deliveries: u32,
    /// Whether it was there already.
    pub duplicate: bool,
}

/// Why none of the events of a request was accepted.
#[derive(Debug)]
pub enum Rejection {
    /// The request as a whole.
    Request(Refusal),
    /// Some of its events, by their places.
    Events(Vec<(usize, Refusal)>),
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self::Request(refusal)
    }
}

/// Accepts one event.
///
/// # Errors
/// When something is wrong with it, its key is taken for something else, or the store cannot.
pub async fn accept_one(
    app: &App,
    draft: Draft,
    key: Option<&RequestKey>,
    now: Timestamp,
) -> Result<Receipt, Refusal> {
    let request = key.map(|key| (key, 0));
    let accept = prepare(app, draft, request, &mut Allowances::default(), now).await?;
    commit_one(app, accept, now).await
}

/// Accepts the events of one request in one commit, all or none.
///
/// # Errors
/// When one of them cannot be accepted, they are too much for one request, or the store cannot.
pub async fn accept_all(
    app: &App,
    drafts: Vec<Result<Draft, Refusal>>,
    key: Option<&RequestKey>,
    now: Timestamp,
) -> Result<Vec<Receipt>, Rejection> {
    let mut accepts = prepare_all(app, drafts, key, now).await?;
    if key.is_some() {
        as_one_request(&mut accepts);
    }
    let accepted = app.store.accept(accepts, now).await.map_err(Refusal::from)?;
    let conflicts: Vec<Invalid> = accepted
        .iter()
        .enumerate()
        .filter_map(|(at, accepted)| match accepted {
            Accepted::Conflict { id } => Some(Invalid::new(format!("/{at}"), taken(*id))),
            Accepted::New { .. } | Accepted::Duplicate { .. } | Accepted::Withheld => None,
        })
        .collect();
    if !conflicts.is_empty() {
        let detail = "the request's key, or the id of one of its events, was used before with other content; no event was accepted";
        return Err(Refusal { errors: conflicts, ..Refusal::new(Code::Conflict, detail) }.into());
    }
    Ok(receipts(app, accepted).into_iter().collect::<Result<_, _>>()?)
}

/// The commands for a request's events.
async fn prepare_all(
    app: &App,
    drafts: Vec<Result<Draft, Refusal>>,
    key: Option<&RequestKey>,
    now: Timestamp,
) -> Result<Vec<Accept>, Rejection> {
    let (mut accepts, mut refused) = (Vec::with_capacity(drafts.len()), Vec::new());
    let (mut allowances, mut turn, mut weight) = (Allowances::default(), Turn::default(), 0);
    for (at, draft) in drafts.into_iter().enumerate() {
        turn.take(draft.as_ref().map_or(0, Draft::size)).await;
        let request = key.map(|key| (key, at as u64));
        let accept = match draft {
            Ok(draft) => prepare(app, draft, request, &mut allowances, now).await,
            Err(refusal) => Err(refusal),
        };
        match accept {
            Ok(accept) => {
                weight += accept.weight();
                accepts.push(accept);
            }
            Err(refusal) if allowances.plan.is_exceeded() => return Err(refusal.into()),
            Err(refusal) => refused.push((at, refusal)),
        }
        // The store would refuse it, once all of it is in memory.
        if weight > limits::COMMAND_BYTES {
            return Err(Refusal::from(StoreError::TooLarge).into());
        }
        if refused.len() == limits::PROBLEM_ERRORS {
            break;
        }
    }
    if refused.is_empty() { Ok(accepts) } else { Err(Rejection::Events(refused)) }
}

/// Events of a stream that become one commit.
#[derive(Default)]
struct Part {
    allowances: Allowances,
    accepts: Vec<Accept>,
    /// What they weigh in a commit.
    weight: usize,
    /// What is wrong with each event, unless it is among `accepts`.
    outcomes: Vec<Result<(), Refusal>>,
}

/// Accepts events of a stream, each for itself; each has its place in the stream. They are one commit, unless
/// together they are too much for one.
pub async fn accept_each(
    app: &App,
    drafts: Vec<(u64, Result<Draft, Refusal>)>,
    key: Option<&RequestKey>,
    now: Timestamp,
) -> Vec<Result<Receipt, Refusal>> {
    let (mut part, mut turn, mut receipts) = (Part::default(), Turn::default(), Vec::new());
    for (place, draft) in drafts {
        turn.take(draft.as_ref().map_or(0, Draft::size)).await;
        let draft = match draft {
            Ok(draft) => draft,
            Err(refusal) => {
                part.outcomes.push(Err(refusal));
                continue;
            }
        };
        let request = key.map(|key| (key, place));
        // However many events there are, each is checked as if it came alone.
        part.allowances.schemas = schemas::Allowance::default();
        let mut again = (!part.accepts.is_empty()).then(|| draft.clone());
        let mut accept = prepare(app, draft, request, &mut part.allowances, now).await;
        if part.allowances.plan.is_exceeded()
            && let Some(draft) = again.take()
        {
            std::mem::take(&mut part).commit(app, now, &mut receipts).await;
            accept = prepare(app, draft, request, &mut part.allowances, now).await;
        }
        let weight = accept.as_ref().map_or(0, Accept::weight);
        if part.weight + weight > limits::COMMIT_BYTES && !part.accepts.is_empty() {
            std::mem::take(&mut part).commit(app, now, &mut receipts).await;
        }
        part.weight += weight;
        part.outcomes.push(accept.map(|accept| part.accepts.push(accept)));
    }
    part.commit(app, now, &mut receipts).await;
    receipts
}

impl Part {
    /// Stores the events, and adds what came of each.
    async fn commit(self, app: &App, now: Timestamp, receipts: &mut Vec<Result<Receipt, Refusal>>) {
        let mut accepted = commit_each(app, self.accepts, now).await.into_iter();
        receipts.extend(self.outcomes.into_iter().map(|outcome| {
            let missing = || Err(StoreError::Unavailable.into());
            outcome.and_then(|()| accepted.next().unwrap_or_else(missing))
        }));
    }
}

/// Stores events, each for itself; where the store is busy, it is tried for a while.
async fn commit_each(app: &App, accepts: Vec<Accept>, now: Timestamp) -> Vec<Result<Receipt, Refusal>> {
    if accepts.is_empty() {
        return Vec::new();
    }
    let ask = || app.store.accept_each(accepts.clone(), now);
    match while_busy(limits::EVENTS_PATIENCE, ask).await {
        Ok(accepted) => receipts(app, accepted),
        Err(error) => accepts.iter().map(|_| Err(error.clone().into())).collect(),
    }
}

/// Stores one event.
///
/// # Errors
/// When its key is taken for something else, or the store cannot.
pub fn commit_one(
    app: &App,
    accept: Accept,
    now: Timestamp,
) -> impl Future<Output = Result<Receipt, Refusal>> {
    // Not within the future, which would hold the event beside its place in the list.
    let accepts = vec![accept];
    async move {
        let accepted = app.store.accept(accepts, now).await?;
        let first = receipts(app, accepted).into_iter().next();
        first.unwrap_or_else(|| Err(Refusal::new(Code::Internal, "nothing was accepted")))
    }
}

fn receipts(app: &App, accepted: Vec<Accepted>) -> Vec<Result<Receipt, Refusal>> {
    let fresh = accepted.iter().filter(|accepted| matches!(accepted, Accepted::New { .. })).count();
    app.events_accepted.inc_by(fresh as u64);
    accepted.into_iter().map(receipt).collect()
}

fn receipt(accepted: Accepted) -> Result<Receipt, Refusal> {
    match accepted {
        Accepted::New { id, deliveries } => Ok(Receipt { id, deliveries, duplicate: false }),
        Accepted::Duplicate { id, deliveries } => Ok(Receipt { id, deliveries, duplicate: true }),
        Accepted::Conflict { id } => Err(Refusal::new(Code::Conflict, taken(id))),
        Accepted::Withheld => Err(Refusal::new(Code::Conflict, "another event of the request conflicts")),
    }
}

fn taken(by: Option<EventId>) -> String {
    match by {
        Some(id) => format!("its key or id was used before, for the event {id}, with other content"),
        None => "its key or id is used earlier in this array, with other content".to_owned(),
    }
}
