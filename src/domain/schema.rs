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
mod graph;
mod pattern;
mod shape;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use shape::Shape;

use crate::limits;
use cost::{Cost, KINDS};

/// What a validator's error takes in memory, besides its place.
const ERROR_BYTES: u64 = 400;

/// Why a schema is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A JSON pointer within the schema.
    pub pointer: String,
    /// What is wrong there, and what helps.
    pub detail: String,
}

/// What a schema costs.
#[derive(Debug, Clone, Default)]
pub struct Price {
    /// For each depth, the most that one value there costs, by its kind.
    levels: Vec<[Cost; KINDS]>,
    /// The same where every error is collected.
    explained: Vec<[Cost; KINDS]>,
    /// How many errors there may be.
    errors: Vec<[Cost; KINDS]>,
    /// For data of each depth, how deep the validator recurses.
    frames: Vec<u32>,
    /// Whether an error can hold the errors of many branches, even where only the first error is asked for.
    branches: bool,
    /// Whether searches leave memory behind that grows with the texts.
    remembers: bool,
    /// What the validator takes in memory.
    bytes: usize,
}

impl Price {
    /// The price of a schema.
    ///
    /// # Errors
    /// When it is too high for any data, or cannot be told.
    pub fn of(schema: &Value) -> Result<Self, Refusal> {
        let graph = graph::Graph::read(schema)?;
        cost::price(&graph)
    }

    /// The most steps that validating data of this shape takes.
    #[must_use]
    pub fn steps(&self, shape: &Shape) -> u64 {
        shape.times(&self.levels)
    }

    /// The most steps that collecting every error of such data takes.
    #[must_use]
    pub fn steps_explained(&self, shape: &Shape) -> u64 {
        shape.times(&self.explained)
    }

    /// What the errors of such data may take in memory. Each holds the place in the data.
    #[must_use]
    pub fn error_bytes(&self, shape: &Shape) -> u64 {
        shape.times(&self.errors).saturating_mul(ERROR_BYTES + shape.pointer_bytes() as u64)
    }

    /// What validating data of this shape may leave in the validator's memory: a bit for each state and byte,
    /// of which four are a step.
    #[must_use]
    pub fn growth(&self, shape: &Shape) -> u64 {
        if self.remembers { self.steps(shape) / 2 } else { 0 }
    }

    /// How deep validating data of this shape recurses.
    #[must_use]
    pub fn frames(&self, shape: &Shape) -> u32 {
        self.frames.get(shape.depth()).or(self.frames.last()).copied().unwrap_or(0)
    }

    /// Whether the first error may hold many others.
    #[must_use]
    pub fn branches(&self) -> bool {
        self.branches
    }

    /// What its validator takes in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether data of this shape may be validated.
    #[must_use]
    pub fn allows(&self, shape: &Shape) -> bool {
        self.steps(shape) <= limits::SCHEMA_STEPS && self.frames(shape) <= limits::SCHEMA_FRAMES
    }
}
