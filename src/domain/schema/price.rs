//! What a schema costs, for each value of the data that it is to validate.

use super::shape::Shape;
use super::units::{Cost, KINDS};
use crate::limits;

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
    pub(super) levels: Vec<[Cost; KINDS]>,
    /// The same where every error is collected.
    pub(super) explained: Vec<[Cost; KINDS]>,
    /// How many errors there may be.
    pub(super) errors: Vec<[Cost; KINDS]>,
    /// For data of each depth, how deep the validator recurses.
    pub(super) frames: Vec<u32>,
    /// Whether an error can hold the errors of many branches, even where only the first error is asked for.
    pub(super) branches: bool,
    /// Whether searches leave memory behind that grows with the texts.
    pub(super) remembers: bool,
    /// What the validator takes in memory.
    pub(super) bytes: usize,
}

impl Price {
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
