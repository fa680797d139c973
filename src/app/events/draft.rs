//! An event as a request has it, in whatever form.

use crate::domain::event::NewEvent;
use crate::domain::refusal::Faults;

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
