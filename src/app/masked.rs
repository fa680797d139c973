//! Values that answers mask, when they come back in a request: what was read and is written again changes
//! nothing, and a mask is never taken for a value.

use crate::domain::header::MASK;

/// Why a mask cannot be taken where no value stands that it was shown for.
pub const UNKNOWN: &str =
    "is ***, which responses show instead of a value, and there is no stored value to keep; send the value";

/// Whether `given` is what answers show of a value, `shown`, and not the value itself.
#[must_use]
pub fn comes_back(given: &str, shown: &str) -> bool {
    given == shown && given.contains(MASK)
}
