//! The one way of events, in whatever form they came: each is checked, it is planned where it goes, and as many at a
//! time as one commit may hold are stored together with what they make.

use super::commit::commit;
use super::dedup::idempotency;
use super::draft::{Draft, Posted, Unit};
use super::part::{Allowances, Part};
use super::plan::planned;
use super::receipt::{Receipt, together};
use crate::app::core::App;
use crate::app::entropy::id_bits;
use crate::app::request_key::RequestKey;
use crate::app::schemas;
use crate::app::tenant_work::Turn;
use crate::domain::event::NewEvent;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::reserved::is_reserved;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::StoreError;
use crate::store::command::Accept;

/// Accepts the events of a request; what came of each of them, in their order.
///
/// # Errors
/// When none of them is accepted: one, or an array of them, is accepted as a whole.
pub async fn accept(
    app: &App,
    posted: Posted,
    now: Timestamp,
) -> Result<Vec<Result<Receipt, Refusal>>, Refusal> {
    let (mut receipts, mut parts) = (Vec::new(), Parts::of(posted));
    while let Some(part) = parts.next(app, now).await? {
        receipts.extend(commit(app, part, now).await?);
    }
    Ok(receipts)
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

impl Draft {
    /// The event, if nothing is wrong with it; where its data does not fit its type's schema, that is reported
    /// together with what else is wrong.
    async fn sound(
        self,
        app: &App,
        allowance: &mut schemas::Allowance,
    ) -> Result<(NewEvent, String), Refusal> {
        let Self { event, source, mut faults } = self;
        if let Some(reserved) = event.as_ref().map(|event| &event.event_type).filter(|name| is_reserved(name))
        {
            let rule = "is reserved for Ringback itself and cannot be posted; choose another name";
            faults.add("/type", format_args!("\"{reserved}\" {rule}"));
        }
        if let (true, Some(event)) = (faults.any(), &event) {
            let misfit = fitting(app, event, allowance).await.err();
            for fault in misfit.into_iter().flat_map(|refusal| refusal.errors) {
                faults.add(&fault.pointer, fault.detail);
            }
        }
        Ok((faults.unless(event)?, source))
    }
}

/// Whether an event's data fits its type's schema, if that has one.
async fn fitting(app: &App, event: &NewEvent, allowance: &mut schemas::Allowance) -> Result<(), Refusal> {
    let declared = app.store.directory().event_type(event.account, &event.event_type).cloned();
    let Some(declared) = declared else { return Ok(()) };
    let (schemas, work) = (&app.schemas, &app.tenant_work);
    schemas.check(work, event.account, &declared, &event.data, allowance).await
}

/// The command that accepts an event, which has this place in the request with that key; the request's
/// `allowances` pay for checking its data and for what it makes.
///
/// # Errors
/// When something is wrong with it, its data is too large or does not fit its type's schema, or it goes to
/// too many webhooks.
pub(crate) async fn prepare(
    app: &App,
    draft: Draft,
    request: Option<(&RequestKey, u64)>,
    allowances: &mut Allowances,
    now: Timestamp,
) -> Result<Accept, Refusal> {
    let (event, source) = draft.sound(app, &mut allowances.schemas).await?;
    let most = app.rules().event_data_bytes;
    if event.data.len() > most {
        let detail = format!("data may have at most {most} bytes");
        return Err(
            Refusal::new(Code::TooLarge, detail).at("/data", format!("may have at most {most} bytes"))
        );
    }
    fitting(app, &event, &mut allowances.schemas).await?;
    let idempotency = idempotency(app, &event, &source, request, now).await?;
    let listeners = app.store.listeners(event.account, &event.event_type, &[]);
    let plan = planned(app, &event, listeners, Vec::new(), now, &mut allowances.plan).await?;
    Ok(Accept { event, plan, idempotency, random: id_bits()? })
}
