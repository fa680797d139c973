//! The events that the jobs of an API emit besides those of every job. Each dialect that emits more gives a value; the
//! daemon puts them together.

use crate::domain::dialect::Dialect;
use crate::domain::event::NewEvent;
use crate::domain::job::Job;
use crate::domain::result_rows::ResultRows;
use crate::domain::time::Timestamp;

/// What has happened to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It was made.
    Created,
    /// Somebody began to work on it.
    Started,
    /// It ended.
    Ended,
    /// Somebody works on it again.
    Resurrected,
}

impl Step {
    /// The step from one state of a job to the next.
    #[must_use]
    pub fn between(from: &Job, to: &Job) -> Self {
        match (from.status.is_terminal(), to.status.is_terminal()) {
            (_, true) => Self::Ended,
            (true, false) => Self::Resurrected,
            (false, false) => Self::Started,
        }
    }
}

/// The events that the jobs of one API emit.
pub trait JobDialect: Send + Sync {
    /// The event of a step, for those who listen; `account` is the id of the job's account.
    fn event(&self, _job: &Job, _step: Step, _account: &str, _now: Timestamp) -> Option<NewEvent> {
        None
    }

    /// Whether only the job's own webhooks hear of its end, by a callback.
    fn calls_back(&self) -> bool {
        false
    }

    /// The callback of a job that has ended: an event whose data has at most `most` bytes. Of its results,
    /// `rows` are those that are not more than that.
    fn callback(&self, _job: &Job, _rows: &ResultRows, _most: usize) -> Option<NewEvent> {
        None
    }
}

/// The jobs of an API that emit no events of their own.
struct Plain;

impl JobDialect for Plain {}

/// Those of all APIs.
#[derive(Default)]
pub struct JobDialects(Vec<(Dialect, Box<dyn JobDialect>)>);

impl JobDialects {
    /// With those of one API.
    #[must_use]
    pub fn with(mut self, dialect: Dialect, jobs: impl JobDialect + 'static) -> Self {
        self.0.push((dialect, Box::new(jobs)));
        self
    }

    /// Those of an API.
    pub(super) fn of(&self, dialect: Dialect) -> &dyn JobDialect {
        self.0.iter().find(|(of, _)| *of == dialect).map_or(&Plain, |(_, jobs)| &**jobs)
    }
}
