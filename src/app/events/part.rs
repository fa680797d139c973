//! Events that become one commit.

use super::draft::Unit;
use crate::app::schemas;
use crate::domain::fanout;
use crate::domain::refusal::Refusal;
use crate::store::command::Accept;

/// What the events of one request may still cost, together.
#[derive(Default)]
pub(crate) struct Allowances {
    /// For checking them against schemas.
    pub(super) schemas: schemas::Allowance,
    /// For what they make.
    pub(super) plan: fanout::Allowance,
}

/// Events that become one commit.
pub(super) struct Part {
    /// How they belong together.
    pub(super) unit: Unit,
    /// Whether the request has a key.
    pub(super) keyed: bool,
    pub(super) accepts: Vec<Accept>,
    /// What is wrong with each event, unless it is among `accepts`.
    pub(super) outcomes: Vec<Result<(), Refusal>>,
    pub(super) allowances: Allowances,
    /// What `accepts` weigh in a commit.
    pub(super) weight: usize,
}

impl Part {
    pub(super) fn add(&mut self, accept: Accept) {
        self.weight += accept.weight();
        self.accepts.push(accept);
        self.outcomes.push(Ok(()));
    }
}
