//! What running the filters and templates of webhooks costs, and what it may cost for one event and for one
//! request. Everything is taken off before it is done.

use crate::domain::template::FillBudget;
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
    pub(super) steps: u64,
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
