//! What must not be guessed.

use crate::clock;
use crate::domain::refusal::{Code, Refusal};

/// Unpredictable bits for an id.
pub fn random() -> Result<u64, Refusal> {
    clock::random_bytes().map(u64::from_be_bytes).map_err(|error| no_entropy(&error))
}

/// The random part of an event's or a job's id.
pub fn id_bits() -> Result<u32, Refusal> {
    clock::random_bits().map_err(|error| no_entropy(&error))
}

/// The refusal of an operating system without random bytes.
pub fn no_entropy(error: &clock::EntropyError) -> Refusal {
    tracing::error!(%error, "no random bytes could be read from the system");
    Refusal::new(Code::Internal, "no random bytes could be read from the system")
}
