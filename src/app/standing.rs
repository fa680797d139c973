//! Whether the token that something was begun with still opens anything. What is open under one ends soon
//! after the token does.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock;
use crate::domain::account::Token;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::Store;

/// The longest sleep until a token's end, so that a clock that is set forward is noticed.
const LOOK: Duration = Duration::from_secs(10);

/// Why a token opens nothing any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Somebody revoked it.
    Revoked,
    /// Its time was up.
    Expired(Timestamp),
}

impl Ended {
    /// The reason as a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Expired(_) => "expired",
        }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Revoked => f.write_str("the token was revoked"),
            Self::Expired(at) => write!(f, "the token expired at {at}"),
        }
    }
}

/// The standing of one token.
#[derive(Clone)]
pub struct Standing {
    store: Store,
    digest: [u8; 32],
    expires_at: Option<Timestamp>,
    gone: watch::Receiver<()>,
}

impl Standing {
    /// The standing of a token that the directory has. `gone` is older than that look at the directory.
    pub(super) fn of(store: Store, token: &Token, gone: watch::Receiver<()>) -> Self {
        Self { store, digest: token.digest, expires_at: token.expires_at, gone }
    }

    /// Makes sure that the token still opens what it did.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check(&self) -> Result<(), Ended> {
        if let Some(at) = self.expires_at.filter(|at| *at <= clock::now()) {
            return Err(Ended::Expired(at));
        }
        let changed = self.gone.has_changed().unwrap_or(true);
        if changed && self.store.directory().token(&self.digest).is_none() {
            return Err(Ended::Revoked);
        }
        Ok(())
    }

    /// Waits until the token opens nothing any longer.
    pub async fn ended(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.check() {
                return ended;
            }
            let left = self.expires_at.map(|at| at.since(clock::now()).min(LOOK));
            let expiry = async {
                match left {
                    Some(left) => tokio::time::sleep(left).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Another token's end, most often: the directory is looked at then only.
                changed = self.gone.changed() => {
                    if changed.is_err() {
                        // A store that is gone ends by itself what reads it.
                        std::future::pending::<()>().await;
                    }
                    if self.store.directory().token(&self.digest).is_none() {
                        return Ended::Revoked;
                    }
                }
                () = expiry => {}
            }
        }
    }

    /// Waits until the token opened nothing for a while, in which what ends by itself, or has a last word to
    /// say, does so. The request that revokes its own token is answered in it, too.
    pub async fn ended_for_a_while(mut self) -> Ended {
        let ended = self.ended().await;
        tokio::time::sleep(limits::TOKEN_END_GRACE).await;
        ended
    }
}

/// Waits until a token opens nothing any longer; for ever where none was asked for.
pub async fn ended(standing: Option<&mut Standing>) -> Ended {
    match standing {
        Some(standing) => standing.ended().await,
        None => std::future::pending().await,
    }
}
