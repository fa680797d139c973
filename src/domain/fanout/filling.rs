//! Filling in the templates of one event's webhooks, within what is left for the event and for its request.

use std::sync::Arc;

use super::cost::{Allowance, PlanError};
use crate::domain::template::{Compiled, Data, FillBudget};
use crate::domain::time::Timestamp;
use crate::limits;

/// Fills in templates with the data of one event.
pub(super) struct Filling<'d> {
    pub(super) data: &'d [u8],
    /// The data as templates want it, once one has asked for it.
    read: Option<Data<'d>>,
    /// What is left for the event.
    budget: FillBudget,
}

impl<'d> Filling<'d> {
    pub(super) fn new(data: &'d [u8]) -> Self {
        let (work, given) = (limits::TEMPLATE_WORK_PER_EVENT, limits::TEMPLATED_PER_EVENT);
        Self { data, read: None, budget: FillBudget { work, given } }
    }

    /// What a template gives; `None` when that is more than one may give, or than those of an event may give or
    /// read together.
    ///
    /// # Errors
    /// When too little is left of what the request's templates may give or read.
    pub(super) fn fill(
        &mut self,
        text: &str,
        strings: bool,
        accepted_at: Timestamp,
        allowance: &mut Allowance,
    ) -> Result<Option<Arc<[u8]>>, PlanError> {
        let (event, request) = (self.budget, allowance.templates);
        let left = FillBudget { work: event.work.min(request.work), given: event.given.min(request.given) };
        let mut budget = left;
        let filled = self.filled(text, strings, accepted_at, &mut budget);
        let (work, given) = (left.work - budget.work, left.given - budget.given);
        self.budget = FillBudget { work: event.work - work, given: event.given - given };
        allowance.templates = FillBudget { work: request.work - work, given: request.given - given };
        // Alone in a request, the event might have had more.
        let of_request = (budget.work == 0 && request.work < event.work)
            || (request.given < event.given && request.given < limits::TEMPLATE_OUTPUT_BYTES);
        if filled.is_none() && of_request { Err(PlanError::Templated) } else { Ok(filled) }
    }

    fn filled(
        &mut self,
        text: &str,
        strings: bool,
        accepted_at: Timestamp,
        budget: &mut FillBudget,
    ) -> Option<Arc<[u8]>> {
        // It is read twice: for its variables, and as the JSON that it has to be.
        budget.work(2 * text.len()).ok()?;
        // A template was checked when its webhook was made: it names no secret.
        let compiled = Compiled::read(text, strings).ok()?;
        if self.read.is_none() {
            budget.work(self.data.len()).ok()?;
        }
        let data = self.read.get_or_insert_with(|| Data::new(self.data));
        let filled = compiled.fill(data, accepted_at, |_| None, budget).ok()?;
        Some(filled.as_slice().into())
    }
}
