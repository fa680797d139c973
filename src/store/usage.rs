//! What each account holds in the file, about, and what is its share of a budget.

use crate::domain::event::EventHeader;
use crate::domain::id::{AccountNo, NumberMap};

/// Bytes by account.
pub(super) type Usage = NumberMap<AccountNo, u64>;

/// How what is held stands to the budget.
pub(super) enum Held {
    /// The whole file fits, or there is no budget.
    Fits,
    /// As far as is known, what was counted last.
    Unknown,
    Counted(Usage),
}

/// What a row takes besides its value where that is small, about.
pub(super) const ROW_BYTES: u64 = 300;
/// The engine's page. A value that does not fit into one among others has pages of its own, a power of two.
const PAGE_BYTES: u64 = 4096;
/// Beyond half a page a value is alone.
const SMALL_BYTES: u64 = PAGE_BYTES / 2;
/// What a page has besides one value.
const PAGE_HEAD_BYTES: u64 = 64;

/// What a value takes in the file.
/// What a run's record of so many bytes takes, with its type and time.
pub(super) fn record_bytes(length: u64) -> u64 {
    value_bytes(length.saturating_add(64))
}

pub(super) fn value_bytes(length: u64) -> u64 {
    if length <= SMALL_BYTES {
        return length;
    }
    length.saturating_add(PAGE_HEAD_BYTES).max(PAGE_BYTES).checked_next_power_of_two().unwrap_or(u64::MAX)
}

/// What an event takes without its deliveries' bodies and attempts.
pub(super) fn event_bytes(header: &EventHeader) -> u64 {
    let rows = 1 + header.webhooks.len() as u64;
    rows * ROW_BYTES + value_bytes(header.data_len.into())
}

/// What no account holds more than when those that hold the most have given up so much that all fit into
/// `budget`. Who holds less gives up nothing.
pub(super) fn share(usage: &Usage, budget: u64) -> u64 {
    let mut held: Vec<u64> = usage.values().copied().collect();
    held.sort_unstable();
    let (mut left, mut accounts) = (budget, held.len() as u64);
    for bytes in held {
        if bytes > left / accounts {
            return left / accounts;
        }
        left -= bytes;
        accounts -= 1;
    }
    u64::MAX
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usage(bytes: &[u64]) -> Usage {
        (1..).map(AccountNo).zip(bytes.iter().copied()).collect()
    }

    #[test]
    fn who_holds_the_most_pays() {
        assert_eq!(share(&usage(&[54, 1]), 12), 11);
        assert_eq!(share(&usage(&[54, 30, 1]), 21), 10);
        assert_eq!(share(&usage(&[5, 5]), 10), u64::MAX);
        assert_eq!(share(&usage(&[5, 5]), 0), 0);
        assert_eq!(share(&usage(&[]), 0), u64::MAX);
    }

    #[test]
    fn large_values_have_pages_of_their_own() {
        assert_eq!([0, 100, 2048].map(value_bytes), [0, 100, 2048]);
        assert_eq!([2049, 4000, 4096, 900_000].map(value_bytes), [4096, 4096, 8192, 1 << 20]);
        assert_eq!(value_bytes(u64::MAX), u64::MAX);
    }

    proptest! {
        #[test]
        fn what_is_left_fits_and_wastes_nothing(held in prop::collection::vec(0u64..1000, 0..20), budget in 0u64..5000) {
            let share = share(&usage(&held), budget);
            let left: u64 = held.iter().map(|bytes| share.min(*bytes)).sum();
            let all: u64 = held.iter().sum();
            prop_assert!(left <= budget);
            prop_assert!(left == all || left + held.len() as u64 >= budget);
        }
    }
}
