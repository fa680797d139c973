//! When tokens were last used, to the hour. A use is noted in memory, and stored now and then with all the
//! others in one commit: never for a request of its own.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::account::Token;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::Edit;
use crate::store::{Store, StoreError};

const HOUR_MILLIS: u64 = 3_600_000;

/// The uses that are not stored yet.
#[derive(Debug, Default)]
pub struct TokenUses(Mutex<HashMap<[u8; 32], Timestamp>>);

impl TokenUses {
    /// Notes that a token is used. In an hour in which that is stored already, nothing is to be done.
    pub(super) fn note(&self, token: &Token, now: Timestamp) {
        let hour = Timestamp::from_millis(now.as_millis() - now.as_millis() % HOUR_MILLIS);
        if token.last_used_at < Some(hour) {
            self.noted().insert(token.digest, hour);
        }
    }

    /// When a token was last used.
    pub(super) fn last(&self, token: &Token) -> Option<Timestamp> {
        self.noted().get(&token.digest).copied().max(token.last_used_at)
    }

    fn noted(&self) -> MutexGuard<'_, HashMap<[u8; 32], Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores what was noted, and takes away tokens that expired long ago.
///
/// # Errors
/// When the store is unavailable.
pub async fn keep(uses: &TokenUses, store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let noted = std::mem::take(&mut *uses.noted());
    if !noted.is_empty() {
        store.tokens_used(noted.into_iter().collect()).await?;
    }
    let long_over: Vec<_> = {
        let directory = store.directory();
        let over = directory.tokens().filter(|token| token.expired(now.minus(limits::EXPIRED_TOKENS_KEPT)));
        over.map(|token| token.id).collect()
    };
    for id in long_over {
        // Somebody may have revoked it by now.
        let _ = store.edit(Edit::RevokeToken(id), Actor::Daemon, now).await?;
    }
    Ok(())
}
