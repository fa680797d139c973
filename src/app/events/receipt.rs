//! What came of events.

use crate::domain::id::EventId;
use crate::domain::refusal::{Code, Invalid, Refusal};
use crate::store::command::Accepted;

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

impl Receipt {
    /// What came of an event that the store looked at.
    ///
    /// # Errors
    /// When its key is taken for something else, or that of another event of its request is.
    pub(super) fn of(accepted: Accepted) -> Result<Self, Refusal> {
        match accepted {
            Accepted::New { id, deliveries } => Ok(Self { id, deliveries, duplicate: false }),
            Accepted::Duplicate { id, deliveries } => Ok(Self { id, deliveries, duplicate: true }),
            Accepted::Conflict { id } => Err(Refusal::new(Code::Conflict, taken(id))),
            Accepted::Withheld => Err(Refusal::new(Code::Conflict, "another event of the request conflicts")),
        }
    }
}

/// Why a key cannot be taken.
pub(super) fn taken(by: Option<EventId>) -> String {
    match by {
        Some(id) => format!("its key or id was used before, for the event {id}, with other content"),
        None => "its key or id is used earlier in this array, with other content".to_owned(),
    }
}

/// Why an array is not accepted: every fault of its events, with the worst one's code. Each event is named by its
/// place.
pub(super) fn together(refused: Vec<(u64, Refusal)>) -> Refusal {
    let worst = refused.iter().map(|(_, refusal)| refusal.code).max_by_key(|code| code.status().as_u16());
    let mut all = Refusal::invalid(refused.into_iter().flat_map(at_place).collect());
    all.code = worst.unwrap_or(all.code);
    all
}

/// What is wrong with an event, as faults of the array.
fn at_place((at, refusal): (u64, Refusal)) -> Vec<Invalid> {
    let place = |pointer: &str, detail: &str| Invalid::new(format!("/{at}{pointer}"), detail);
    match refusal.errors.as_slice() {
        [] => vec![place("", &refusal.detail)],
        errors => errors.iter().map(|error| place(&error.pointer, &error.detail)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faults_of_an_arrays_events_are_named_by_place() {
        let invalid = Refusal::invalid(vec![Invalid::new("/type", "is required")]);
        let refusal = together(vec![(3, invalid), (5, Refusal::new(Code::TooLarge, "is too large"))]);
        let pointers: Vec<&str> = refusal.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!((refusal.code, pointers), (Code::Invalid, vec!["/3/type", "/5"]));
    }
}
