//! What the core and the store refuse, as problems.

use crate::app::webhooks::{Fault, Member};
use crate::domain::fanout::PlanError;
use crate::http::document::Faults;
use crate::http::problem::{Code, Problem};
use crate::limits;
use crate::store::StoreError;
use crate::store::command::Refused;

impl From<StoreError> for Problem {
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

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        let code = if error.is_of_request() { Code::TooLarge } else { Code::Invalid };
        Self::new(code, error.to_string())
    }
}

impl Problem {
    /// The problem of a refused edit of a thing called `what`.
    #[must_use]
    pub fn refused(refused: &Refused, what: &'static str) -> Self {
        match *refused {
            Refused::NotFound => Self::not_found(what),
            Refused::Stale => Self::new(Code::Conflict, "it was changed at the same time; try again"),
            Refused::KeyTaken => Self::new(Code::Conflict, refused.to_string()),
            Refused::State(why) | Refused::Limit(why) => Self::new(Code::Conflict, why),
            Refused::Quota { .. } | Refused::StoreQuota { .. } => {
                Self::new(Code::QuotaExceeded, refused.to_string())
            }
            Refused::Repeated { .. } => {
                Self::new(Code::Conflict, "the key was used before, with other content")
            }
        }
    }
}

impl Faults {
    /// A webhook that passed the checks, or its faults under the names that its API has for its members.
    pub fn judged<T>(
        &mut self,
        judged: Result<T, Vec<Fault>>,
        name: impl Fn(Member) -> &'static str,
    ) -> Option<T> {
        let faults = match judged {
            Ok(value) => return Some(value),
            Err(faults) => faults,
        };
        for Fault { member, detail } in faults {
            self.add(name(member), detail);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};

    use super::*;

    #[test]
    fn headers_say_when_and_how_to_go_on() {
        let busy = Problem::from(StoreError::Busy).answer("r");
        assert_eq!((busy.status().as_u16(), &busy.headers()[RETRY_AFTER]), (503, &HeaderValue::from(1)));
        assert_eq!(Problem::from(StoreError::Full).answer("r").status().as_u16(), 507);
        let unknown = Problem::new(Code::Unauthorized, "no").closing().answer("r");
        assert!(unknown.headers().contains_key(WWW_AUTHENTICATE));
        assert_eq!(unknown.headers()[CONNECTION], "close");
    }
}
