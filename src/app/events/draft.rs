//! Events as a request has them, in whatever form.

use crate::app::request_key::RequestKey;
use crate::domain::event::NewEvent;
use crate::domain::refusal::{Faults, Refusal};

/// An event, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The event, if enough of it can be used.
    pub event: Option<NewEvent>,
    /// The source that its id belongs to, of a CloudEvent; else empty.
    pub source: String,
    /// What cannot be as it is.
    pub faults: Faults,
}

impl Draft {
    /// Bytes of its data.
    #[must_use]
    pub fn size(&self) -> usize {
        self.event.as_ref().map_or(0, |event| event.data.len())
    }

    /// The event, if nothing is wrong with it by itself.
    #[cfg(test)]
    pub fn whole(self) -> Result<NewEvent, crate::domain::refusal::Refusal> {
        self.faults.unless(self.event)
    }
}

/// The events of a request.
pub struct Posted {
    /// Each with its place in the request, or with what kept it from being read.
    pub(super) drafts: Vec<(u64, Result<Draft, Refusal>)>,
    /// What a repetition of the request is recognised by.
    pub(super) key: Option<RequestKey>,
    /// How they belong together.
    pub(super) unit: Unit,
}

/// How the events of a request belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// It is one event.
    One,
    /// They are stored in one commit, all or none.
    Array,
    /// Each stands for itself. They are one commit where they fit.
    Stream,
}

impl Posted {
    /// One event.
    #[must_use]
    pub fn one(draft: Draft, key: Option<RequestKey>) -> Self {
        Self { drafts: vec![(0, Ok(draft))], key, unit: Unit::One }
    }

    /// Events of which all are accepted or none.
    #[must_use]
    pub fn array(drafts: Vec<Result<Draft, Refusal>>, key: Option<RequestKey>) -> Self {
        Self { drafts: (0..).zip(drafts).collect(), key, unit: Unit::Array }
    }

    /// Some events of a stream, with their places in it.
    #[must_use]
    pub fn of_stream(drafts: Vec<(u64, Result<Draft, Refusal>)>, key: Option<RequestKey>) -> Self {
        Self { drafts, key, unit: Unit::Stream }
    }

    /// Whether it is an array of events, and not one by itself.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.unit == Unit::Array
    }
}
