//! What the core and the store refuse, as problems.

use crate::app::standing::Ended;
use crate::app::webhooks::{Fault, Member};
use crate::domain::fanout::PlanError;
use crate::domain::refusal::Refusal;
use crate::http::document::Faults;
use crate::http::problem::{Code, Problem};

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        Self::new(Code::Unauthorized, ended.to_string()).closing()
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
    use crate::store::StoreError;

    #[test]
    fn headers_say_when_and_how_to_go_on() {
        let busy = Problem::from(Refusal::from(StoreError::Busy)).answer("r");
        assert_eq!((busy.status().as_u16(), &busy.headers()[RETRY_AFTER]), (503, &HeaderValue::from(1)));
        assert_eq!(Problem::from(Refusal::from(StoreError::Full)).answer("r").status().as_u16(), 507);
        let unknown = Problem::new(Code::Unauthorized, "no").closing().answer("r");
        assert!(unknown.headers().contains_key(WWW_AUTHENTICATE));
        assert_eq!(unknown.headers()[CONNECTION], "close");
    }
}
