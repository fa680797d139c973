//! The types of the events that the daemon itself posts, and no one else may.

use super::event_type::EventType;

pub(super) const WEBHOOK_FAILING: &str = "webhook.failing";

pub(super) const WEBHOOK_DISABLED: &str = "webhook.disabled";

pub(super) const WEBHOOK_RECOVERED: &str = "webhook.recovered";

pub(super) const WEBHOOK_EXPIRED: &str = "webhook.expired";

pub(super) const DELIVERY_EXHAUSTED: &str = "delivery.exhausted";

pub(super) const STORE_LOW_SPACE: &str = "store.low_space";

pub(super) const BACKUP_FINISHED: &str = "backup.finished";

pub(super) const BACKUP_FAILED: &str = "backup.failed";

/// Every type of operational events.
pub const TYPES: [&str; 8] = [
    WEBHOOK_FAILING,
    WEBHOOK_DISABLED,
    WEBHOOK_RECOVERED,
    WEBHOOK_EXPIRED,
    DELIVERY_EXHAUSTED,
    STORE_LOW_SPACE,
    BACKUP_FINISHED,
    BACKUP_FAILED,
];

/// The type of the event about a new job.
pub const JOB_CREATED: &str = "job.created";

/// The types of the events about a job's end: what a webhook for jobs is for.
pub const JOB_ENDS: [&str; 4] = ["job.succeeded", "job.failed", "job.timed_out", "job.aborted"];

/// The type of the events that test a webhook.
pub const WEBHOOK_TEST: &str = "webhook.test";

/// What the types of the run dialect's events begin with.
const OF_RUNS: &str = "ACTOR.";

/// Whether events of this type are operational. `*` does not match them, only patterns that name them or
/// their prefix; and their own failures make no further events, or a dead listener would feed itself.
#[must_use]
pub fn is_operational(event_type: &EventType) -> bool {
    TYPES.contains(&event_type.as_str())
}

/// Whether only the daemon may post events of this type: a receiver takes them as said by it.
#[must_use]
pub fn is_reserved(event_type: &EventType) -> bool {
    is_operational(event_type) || event_type.as_str() == WEBHOOK_TEST || is_of_a_job(event_type)
}

/// Whether an event of this type is about a job's or a run's step: its order key is the job's id.
#[must_use]
pub fn is_of_a_job(event_type: &EventType) -> bool {
    let name = event_type.as_str();
    name == JOB_CREATED || JOB_ENDS.contains(&name) || name.starts_with(OF_RUNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_daemons_own_types_are_reserved() {
        let reserved = |name: &str| is_reserved(&name.parse().unwrap());
        let job = ["job.created", "job.succeeded", "job.failed", "job.timed_out", "job.aborted"];
        let others = [WEBHOOK_TEST, "ACTOR.RUN.SUCCEEDED", "ACTOR.anything"];
        assert!(TYPES.into_iter().chain(job).chain(others).all(reserved));
        for own in [
            "delivery.shipped",
            "webhook.created",
            "webhook",
            "webhook.failing.x",
            "job.started",
            "job",
            "store.opened",
            "backup.failed2",
            "ACTOR",
            "ACTORS.x",
            "actor.run",
            "TEST",
            "x.webhook.disabled",
        ] {
            assert!(!reserved(own), "{own}");
        }
    }
}
