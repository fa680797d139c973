//! What running the filters and templates of webhooks costs, and what it may cost for one event and for one
//! request. Everything is taken off before it is done.

use std::sync::Arc;

use crate::domain::event::Skip;
use crate::domain::filter::{self, Filter, Verdict};
use crate::domain::template::{Compiled, Data, FillBudget};
use crate::domain::time::Timestamp;
use crate::limits;

/// Why an event cannot be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It reaches more webhooks than one event may.
    #[error("the event matches more than {} webhooks", limits::DELIVERIES_PER_EVENT)]
    TooWide,
    /// With the events before it in its request, it makes more deliveries than one commit may hold.
    #[error(
        "the events of one request may make {} deliveries together; post fewer events at once",
        limits::DELIVERIES_PER_REQUEST
    )]
    Deliveries,
    /// With the events before it in its request, it fills in more of its webhooks' templates than one
    /// commit may hold.
    #[error(
        "what webhooks' templates give for the events of one request may have {} bytes together, and they may read {}; \
         post fewer events at once",
        limits::TEMPLATED_PER_REQUEST,
        limits::TEMPLATE_WORK_PER_REQUEST
    )]
    Templated,
    /// The filters of the webhooks that listen take longer for its data than they may together.
    #[error(
        "the filters of the webhooks that listen to the event's type would take more than {} steps for its \
         data; make the data smaller, or the filters fewer or simpler",
        limits::FILTER_STEPS_PER_EVENT
    )]
    Filters,
    /// The same with the events before it in its request.
    #[error(
        "the filters of webhooks would take more than {} steps for the events of one request; \
         post fewer events at once",
        limits::FILTER_STEPS_PER_REQUEST
    )]
    FiltersOfRequest,
}

impl PlanError {
    /// Whether the event can be planned in a request of its own.
    #[must_use]
    pub fn is_of_request(self) -> bool {
        match self {
            Self::Deliveries | Self::Templated | Self::FiltersOfRequest => true,
            Self::TooWide | Self::Filters => false,
        }
    }
}

/// What the events of one request may still make and take, together: they are one commit, which must not be long.
#[derive(Debug, Clone)]
pub struct Allowance {
    pub(super) deliveries: usize,
    /// Steps of filters.
    steps: u64,
    pub(super) templates: FillBudget,
    pub(super) exceeded: bool,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            deliveries: limits::DELIVERIES_PER_REQUEST,
            steps: limits::FILTER_STEPS_PER_REQUEST,
            templates: FillBudget {
                work: limits::TEMPLATE_WORK_PER_REQUEST,
                given: limits::TEMPLATED_PER_REQUEST,
            },
            exceeded: false,
        }
    }
}

impl Allowance {
    /// Whether an event did not find what it needs.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.exceeded
    }
}

/// Runs the filters and templates of one event's webhooks, within what is left for the event and for its request.
pub(super) struct Run<'d, 'a> {
    data: &'d [u8],
    /// The data as filters want it, once one has asked for it.
    filtered: Option<filter::Data>,
    /// The data as templates want it, once one has asked for it.
    readable: Option<Data<'d>>,
    pub(super) request: &'a mut Allowance,
    /// What is left for the event.
    steps: u64,
    templates: FillBudget,
}

impl<'d, 'a> Run<'d, 'a> {
    pub(super) fn new(data: &'d [u8], request: &'a mut Allowance) -> Self {
        Self {
            data,
            filtered: None,
            readable: None,
            request,
            steps: limits::FILTER_STEPS_PER_EVENT,
            templates: FillBudget {
                work: limits::TEMPLATE_WORK_PER_EVENT,
                given: limits::TEMPLATED_PER_EVENT,
            },
        }
    }

    pub(super) fn data(&self) -> &'d [u8] {
        self.data
    }

    /// Why a filter keeps the event from its webhook, if it does.
    ///
    /// # Errors
    /// When too few steps are left.
    pub(super) fn skip(&mut self, filter: &Filter) -> Result<Option<Skip>, PlanError> {
        let data = self.filtered.get_or_insert_with(|| filter::Data::read(self.data));
        let left = self.steps.min(self.request.steps);
        let mut after = left;
        let verdict = filter.judge(data, &mut after);
        self.steps -= left - after;
        self.request.steps -= left - after;
        match verdict {
            Verdict::Wanted => Ok(None),
            Verdict::Unwanted => Ok(Some(Skip::Filter)),
            Verdict::TooCostly => Ok(Some(Skip::FilterCost)),
            Verdict::OutOfSteps if self.steps == 0 => Err(PlanError::Filters),
            Verdict::OutOfSteps => Err(PlanError::FiltersOfRequest),
        }
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
    ) -> Result<Option<Arc<[u8]>>, PlanError> {
        let (event, request) = (self.templates, self.request.templates);
        let left = FillBudget { work: event.work.min(request.work), given: event.given.min(request.given) };
        let mut budget = left;
        let filled = self.filled(text, strings, accepted_at, &mut budget);
        let (work, given) = (left.work - budget.work, left.given - budget.given);
        self.templates = FillBudget { work: event.work - work, given: event.given - given };
        self.request.templates = FillBudget { work: request.work - work, given: request.given - given };
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
        if self.readable.is_none() {
            budget.work(self.data.len()).ok()?;
        }
        let data = self.readable.get_or_insert_with(|| Data::new(self.data));
        let filled = compiled.fill(data, accepted_at, |_| None, budget).ok()?;
        Some(filled.as_slice().into())
    }
}
