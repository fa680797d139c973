//! The events of a request, as many at a time as one commit may hold.

use super::draft::{Draft, Posted, Unit};
use super::prepare::{Allowances, prepare};
use super::receipt::together;
use crate::app::core::App;
use crate::app::request_key::RequestKey;
use crate::app::schemas;
use crate::app::tenant_work::Turn;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::StoreError;
use crate::store::command::Accept;

/// Events that become one commit.
pub(super) struct Part {
    /// How they belong together.
    pub(super) unit: Unit,
    /// Whether the request has a key.
    pub(super) keyed: bool,
    pub(super) accepts: Vec<Accept>,
    /// What is wrong with each event, unless it is among `accepts`.
    pub(super) outcomes: Vec<Result<(), Refusal>>,
    allowances: Allowances,
    /// What `accepts` weigh in a commit.
    weight: usize,
}

/// What is left of a request's events.
pub(super) struct Parts {
    drafts: std::vec::IntoIter<(u64, Result<Draft, Refusal>)>,
    key: Option<RequestKey>,
    unit: Unit,
    turn: Turn,
    /// The next event, which found no room in the part before.
    waiting: Option<Waiting>,
}

/// An event that found no room in a part.
enum Waiting {
    /// What it makes was too much beside the others' there.
    Draft(u64, Draft),
    /// It weighs too much beside the others there.
    Accept(Accept),
}

impl Parts {
    pub(super) fn of(posted: Posted) -> Self {
        let Posted { drafts, key, unit } = posted;
        Self { drafts: drafts.into_iter(), key, unit, turn: Turn::default(), waiting: None }
    }

    /// The events of the next commit; `None` after the last one.
    ///
    /// # Errors
    /// When those of a request that is stored as a whole cannot be.
    pub(super) async fn next(&mut self, app: &App, now: Timestamp) -> Result<Option<Part>, Refusal> {
        let mut part = Part {
            unit: self.unit,
            keyed: self.key.is_some(),
            accepts: Vec::new(),
            outcomes: Vec::new(),
            allowances: Allowances::default(),
            weight: 0,
        };
        let mut refused = Vec::new();
        while let Some((place, draft)) = self.next_draft(&mut part).await {
            let prepared = match draft {
                Ok(draft) => self.prepared(app, place, draft, &mut part, now).await,
                Err(refusal) => Err(refusal),
            };
            match prepared {
                Ok(Some(accept)) => part.add(accept),
                Ok(None) => return Ok(Some(part)),
                Err(refusal) if self.unit == Unit::Stream => part.outcomes.push(Err(refusal)),
                Err(refusal) if self.unit == Unit::One || part.allowances.plan.is_exceeded() => {
                    return Err(refusal);
                }
                Err(refusal) => refused.push((place, refusal)),
            }
            // The store would refuse it, once all of it is in memory.
            if self.unit != Unit::Stream && part.weight > limits::COMMAND_BYTES {
                return Err(StoreError::TooLarge.into());
            }
            if refused.len() == limits::PROBLEM_ERRORS {
                break;
            }
        }
        match refused.is_empty() {
            true => Ok(Some(part).filter(|part| !part.outcomes.is_empty())),
            false => Err(together(refused)),
        }
    }

    /// The next event, with its place; what waits already and is prepared is put into the part.
    async fn next_draft(&mut self, part: &mut Part) -> Option<(u64, Result<Draft, Refusal>)> {
        match self.waiting.take() {
            Some(Waiting::Draft(place, draft)) => return Some((place, Ok(draft))),
            Some(Waiting::Accept(accept)) => part.add(accept),
            None => {}
        }
        let (place, draft) = self.drafts.next()?;
        self.turn.take(draft.as_ref().map_or(0, Draft::size)).await;
        Some((place, draft))
    }

    /// The command that accepts an event; `None` if it finds no room in the part, and waits for the next one.
    async fn prepared(
        &mut self,
        app: &App,
        place: u64,
        draft: Draft,
        part: &mut Part,
        now: Timestamp,
    ) -> Result<Option<Accept>, Refusal> {
        let is_of_stream = self.unit == Unit::Stream;
        if is_of_stream {
            // However many events there are, each is checked as if it came alone.
            part.allowances.schemas = schemas::Allowance::default();
        }
        let again = (is_of_stream && !part.accepts.is_empty()).then(|| draft.clone());
        let request = self.key.as_ref().map(|key| (key, place));
        let accept = prepare(app, draft, request, &mut part.allowances, now).await;
        if let (true, Some(draft)) = (part.allowances.plan.is_exceeded(), again) {
            self.waiting = Some(Waiting::Draft(place, draft));
            return Ok(None);
        }
        let accept = accept?;
        let is_too_much = part.weight + accept.weight() > limits::COMMIT_BYTES;
        if is_of_stream && is_too_much && !part.accepts.is_empty() {
            self.waiting = Some(Waiting::Accept(accept));
            return Ok(None);
        }
        Ok(Some(accept))
    }
}

impl Part {
    fn add(&mut self, accept: Accept) {
        self.weight += accept.weight();
        self.accepts.push(accept);
        self.outcomes.push(Ok(()));
    }
}
