//! What callers share, and how much of it one of them may have: per account first, in all second, so
//! that anyone who is over a budget hears 429 or 503 and no one else notices.

use crate::app::caller::Caller;
use crate::domain::id::{AccountNo, TokenId};
use crate::fair::{Exhausted, FairBudget, Permit};
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::http::response::row_room;
use crate::limits;

/// Everything that is shared.
pub(super) struct Budgets {
    /// KiB of bodies that are read or worked on.
    pub(super) bodies: FairBudget<Owner>,
    /// Bytes of answers that wait for their reader.
    pub(super) answers: FairBudget<Owner>,
    /// Requests in progress.
    pub(super) requests: Places,
    /// Answers that wait for something to happen.
    pub(super) waits: Places,
    /// Live tails.
    pub(super) tails: Places,
    /// Connected listeners.
    pub(super) listeners: Places,
}

impl Budgets {
    pub(super) fn new() -> Self {
        let bodies = limits::BODIES_BYTES >> 10;
        Self {
            bodies: FairBudget::new(bodies / 2, bodies),
            answers: FairBudget::new(limits::ANSWERS_BYTES / 4, limits::ANSWERS_BYTES),
            requests: Places::new(limits::LISTENER_CONNECTIONS),
            waits: Places::new(limits::WAITS),
            tails: Places::new(limits::TAILS),
            listeners: Places::new(limits::LISTENERS),
        }
    }

    /// Counts a row of `length` bytes that is read for an answer, with what is written of it.
    ///
    /// # Errors
    /// As [`Self::hold_answer`].
    pub(super) fn hold_row(&self, owner: Owner, length: usize) -> Result<Permit<Owner>, Problem> {
        self.hold_answer(owner, row_room(length, &self.answers))
    }

    /// Counts an answer of `length` bytes among those that wait for their reader.
    ///
    /// # Errors
    /// 429 when its owner has too many of them, 503 when all together have.
    pub(super) fn hold_answer(&self, owner: Owner, length: usize) -> Result<Permit<Owner>, Problem> {
        self.answers.try_take(owner, length).map_err(|why| match why {
            Exhausted::Key => {
                let most = self.answers.per_key();
                let detail = format!(
                    "responses that you have not read yet use all {most} bytes allowed; read them, or request less at once"
                );
                Problem::new(Code::RateLimited, detail).retry_after(1)
            }
            Exhausted::All => {
                let detail = "responses that clients have not read yet take too much memory; try again later";
                Problem::new(Code::Overloaded, detail).retry_after(1)
            }
        })
    }
}

/// Places that accounts share; a token may have half of what its account may.
#[derive(Debug, Clone)]
pub(super) struct Places {
    by_token: FairBudget<TokenId>,
    by_account: FairBudget<AccountNo>,
}

/// A place that is taken; it is free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _token: Permit<TokenId>,
    _account: Permit<AccountNo>,
}

/// Who has as many places as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// The token, which may have so many.
    Token(usize),
    /// The account.
    Account(usize),
    /// All accounts together.
    All,
}

impl Places {
    pub(super) fn new(total: usize) -> Self {
        Self { by_token: FairBudget::new(total, usize::MAX), by_account: FairBudget::new(total, total) }
    }

    /// A place for a caller, whose account may have so many.
    ///
    /// # Errors
    /// Says who has too many.
    pub(super) fn take(&self, caller: &Caller, per_account: usize) -> Result<Place, Taken> {
        let per_token = per_account.div_ceil(2);
        let token = self.by_token.try_take_within(caller.token, 1, per_token);
        let token = token.map_err(|_| Taken::Token(per_token))?;
        let account = self.by_account.try_take_within(caller.account, 1, per_account);
        let account = account.map_err(|why| match why {
            Exhausted::Key => Taken::Account(per_account),
            Exhausted::All => Taken::All,
        })?;
        Ok(Place { _token: token, _account: account })
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.by_account.held()
    }
}

impl Taken {
    /// The problem of a caller that gets no place for `what`, which `setting` bounds, if one does.
    pub(super) fn problem(self, what: &str, setting: Option<&str>) -> Problem {
        let of = setting.map(|setting| format!(" ({setting})")).unwrap_or_default();
        let (code, detail) = match self {
            Self::Token(most) => (
                Code::RateLimited,
                format!("this token has the maximum number of {what}: {most}, half of its account's{of}"),
            ),
            Self::Account(most) => {
                (Code::RateLimited, format!("this account has the maximum number of {what}: {most}{of}"))
            }
            Self::All => {
                (Code::Overloaded, format!("all accounts together have too many {what}; try again later"))
            }
        };
        Problem::new(code, detail).retry_after(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn places_are_bounded_per_token_per_account_and_in_all() {
        let places = Places::new(12);
        let caller = |account, token| Caller {
            token: TokenId::new(Timestamp::default(), token),
            account: AccountNo(account),
            ..Caller::anonymous()
        };
        let mut held = Vec::new();
        let mut take =
            |account, token| places.take(&caller(account, token), 4).map(|place| held.push(place)).err();
        assert_eq!([take(1, 1), take(1, 1)], [None, None]);
        assert_eq!(take(1, 1), Some(Taken::Token(2)));
        assert_eq!([take(1, 2), take(1, 2)], [None, None]);
        assert_eq!(take(1, 3), Some(Taken::Account(4)));
        assert_eq!([take(2, 4), take(2, 4), take(2, 5), take(2, 5)], [None; 4]);
        // The last ones are not for anyone who has some already.
        assert_eq!([take(3, 6), take(3, 6), take(3, 7)], [None, None, Some(Taken::All)]);
        assert_eq!(take(4, 8), None);
        held.clear();
        assert_eq!(places.taken(), 0);
    }
}
