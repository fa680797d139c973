//! What the store and the plans of events refuse, in words.

use crate::domain::fanout::PlanError;
use crate::domain::refusal::{Code, Refusal};
use crate::limits;
use crate::store::StoreError;
use crate::store::command::Refused;

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => {
                Self::new(Code::Overloaded, "too much is waiting to be stored; try again later").retry_after(1)
            }
            StoreError::AccountBusy => {
                let most = limits::ACCOUNT_INGEST_QUEUE;
                let detail = format!(
                    "this account has {most} requests in the store's queue, the maximum; send fewer at once and try again"
                );
                Self::new(Code::RateLimited, detail).retry_after(1)
            }
            StoreError::TooLarge => {
                let (most, row) = (limits::COMMAND_BYTES >> 20, limits::ROW_WEIGHT_BYTES);
                let detail = format!(
                    "one request may store at most {most} MiB, where each delivery counts {row} bytes beside its body;                      send fewer events at once, or stream them as application/x-ndjson"
                );
                Self::new(Code::TooLarge, detail)
            }
            StoreError::Full => Self::new(
                Code::StorageFull,
                "the disk is full: nothing new is stored until there is space; what is stored is served and delivered",
            )
            .retry_after(60),
            StoreError::Waiting => Self::new(
                Code::StorageFull,
                "the disk is full and the write is waiting for space: it may still be stored once there is some",
            )
            .retry_after(60),
            StoreError::Share => Self::new(
                Code::StorageFull,
                "what is pending of this account takes more than its share of the store's budget: nothing new is \
                 stored for it until deliveries end or are cancelled",
            )
            .retry_after(60),
            StoreError::Damaged => Self::new(
                Code::StoreDamaged,
                "the requested data is damaged in the store; the daemon's log names its row",
            ),
            StoreError::Unavailable => {
                Self::new(Code::StoreUnavailable, "the store cannot be used at the moment").retry_after(5)
            }
        }
    }
}

impl From<PlanError> for Refusal {
    fn from(error: PlanError) -> Self {
        let code = if error.is_of_request() { Code::TooLarge } else { Code::Invalid };
        Self::new(code, error.to_string())
    }
}

/// Why an edit of a thing called `what` is refused.
#[must_use]
pub fn refused(why: &Refused, what: &'static str) -> Refusal {
    match *why {
        Refused::NotFound => Refusal::not_found(what),
        Refused::Stale => Refusal::new(Code::Conflict, "it was changed at the same time; try again"),
        Refused::KeyTaken => Refusal::new(Code::Conflict, why.to_string()),
        Refused::State(why) | Refused::Limit(why) => Refusal::new(Code::Conflict, why),
        Refused::Quota { .. } | Refused::StoreQuota { .. } => {
            Refusal::new(Code::QuotaExceeded, why.to_string())
        }
        Refused::Repeated { .. } => {
            Refusal::new(Code::Conflict, "the key was used before, with other content")
        }
    }
}
