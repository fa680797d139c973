//! Templates: JSON text in which `{{variables}}` stand for values of an event.
//!
//! A template is read once, from its own text only: what is filled in is never looked at again, so
//! an event's data cannot bring variables of its own. Nothing loops, calls or reads anything else.
//!
//! A bare variable becomes JSON, a missing one `null`. Inside a JSON string nothing is filled in
//! unless the template says so; then a string that is one variable and nothing else becomes the
//! variable's value, and any other variable becomes part of the text. Names of members are never
//! filled in.

mod budget;
mod compiled;
mod fill;
mod headers;
mod read;
#[cfg(test)]
mod tests;
mod values;

pub use budget::{FillBudget, FillError};
pub use compiled::{Compiled, Roots, TemplateError};
pub use headers::{HeadersError, check_headers, fill_headers, holds_mask, masked};
pub use values::Data;
