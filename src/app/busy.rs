//! Waiting for a store that is busy: what has arrived already is worth a moment's wait in the store's queue.

use std::time::Duration;

use crate::limits;
use crate::store::StoreError;

/// Asks the store, and asks it again while it is busy, for about as long as `patience`.
///
/// # Errors
/// What the store answers last.
pub(super) async fn while_busy<T, A>(patience: Duration, ask: impl Fn() -> A) -> Result<T, StoreError>
where
    A: Future<Output = Result<T, StoreError>>,
{
    // Counted, not timed: how long the store takes to answer is no part of it.
    let mut left = patience.as_millis() / limits::BUSY_PAUSE.as_millis();
    loop {
        match ask().await {
            Err(StoreError::Busy | StoreError::AccountBusy) if left > 0 => {
                left -= 1;
                tokio::time::sleep(limits::BUSY_PAUSE).await;
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// How often the store is asked that gives `answer` after `busy` refusals, and what comes of it.
    async fn asked(busy: u32, answer: Result<u8, StoreError>) -> (u32, Result<u8, StoreError>) {
        let asked = Cell::new(0);
        let ask = || {
            asked.set(asked.get() + 1);
            let is_busy = asked.get() <= busy;
            let answer = answer.clone();
            async move { if is_busy { Err(StoreError::AccountBusy) } else { answer } }
        };
        let answer = while_busy(3 * limits::BUSY_PAUSE, ask).await;
        (asked.get(), answer)
    }

    #[tokio::test]
    async fn a_busy_store_is_asked_again_for_a_while() {
        assert_eq!(asked(0, Ok(7)).await, (1, Ok(7)));
        assert_eq!(asked(3, Ok(7)).await, (4, Ok(7)));
        assert_eq!(asked(4, Ok(7)).await, (4, Err(StoreError::AccountBusy)));
    }

    #[tokio::test]
    async fn another_refusal_is_final() {
        assert_eq!(asked(1, Err(StoreError::Full)).await, (2, Err(StoreError::Full)));
    }
}
