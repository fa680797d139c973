//! Running the filters of one event's webhooks, within what is left for the event and for its request.

use super::cost::{Allowance, PlanError};
use crate::domain::event::Skip;
use crate::domain::filter::{Data, Filter, Verdict};
use crate::limits;

/// Runs filters over the data of one event.
pub(super) struct Filtering<'d> {
    data: &'d [u8],
    /// The data as filters want it, once one has asked for it.
    read: Option<Data>,
    /// Steps that are left for the event.
    steps: u64,
}

impl<'d> Filtering<'d> {
    pub(super) fn new(data: &'d [u8]) -> Self {
        Self { data, read: None, steps: limits::FILTER_STEPS_PER_EVENT }
    }

    /// Why a filter keeps the event from its webhook, if it does.
    ///
    /// # Errors
    /// When too few steps are left.
    pub(super) fn skip(
        &mut self,
        filter: &Filter,
        request: &mut Allowance,
    ) -> Result<Option<Skip>, PlanError> {
        let data = self.read.get_or_insert_with(|| Data::read(self.data));
        let left = self.steps.min(request.steps);
        let mut after = left;
        let verdict = filter.judge(data, &mut after);
        self.steps -= left - after;
        request.steps -= left - after;
        match verdict {
            Verdict::Wanted => Ok(None),
            Verdict::Unwanted => Ok(Some(Skip::Filter)),
            Verdict::TooCostly => Ok(Some(Skip::FilterCost)),
            Verdict::OutOfSteps if self.steps == 0 => Err(PlanError::Filters),
            Verdict::OutOfSteps => Err(PlanError::FiltersOfRequest),
        }
    }
}
