//! What a JSON Schema costs, worked out before anything is compiled or validated.
//!
//! Schemas come from tenants. A few lines of one can ask for more steps than there are atoms, because
//! references may be applied twice at every level, and for gigabytes of compiled patterns. So a schema has a
//! [`Price`]: how many steps it takes at most for each value of the data, by the value's kind and depth, and
//! how many bytes its validator takes. A [`Shape`] says how many values of each kind some data has at each
//! depth. The price of validating that data is their product, and costs one pass over the data's bytes.
//!
//! A step is about 25 ns on a common core. Prices are upper bounds: they know nothing of what a validator
//! remembers or skips.

mod cost;
pub mod explain;
mod graph;
mod pattern;
mod price;
mod shape;
#[cfg(test)]
mod tests;
mod units;

use serde_json::Value;

pub use price::{Price, Refusal};
pub use shape::Shape;

impl Price {
    /// The price of a schema.
    ///
    /// # Errors
    /// When it is too high for any data, or cannot be computed.
    pub fn of(schema: &Value) -> Result<Self, Refusal> {
        let graph = graph::Graph::read(schema)?;
        cost::price(&graph)
    }
}
