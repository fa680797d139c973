//! What must not be guessed.

use crate::clock;
use crate::http::problem::{Code, Problem};

/// Unpredictable bits for an id.
pub(in crate::api) fn random() -> Result<u64, Problem> {
    clock::random_bytes().map(u64::from_be_bytes).map_err(|error| no_entropy(&error))
}

/// The random part of an event's or a job's id.
pub(in crate::api) fn id_bits() -> Result<u32, Problem> {
    clock::random_bits().map_err(|error| no_entropy(&error))
}

/// The problem of an operating system without random bytes.
pub(in crate::api) fn no_entropy(error: &clock::EntropyError) -> Problem {
    tracing::error!(%error, "no random bytes could be read from the system");
    Problem::new(Code::Internal, "no random bytes could be read from the system")
}
