//! What happens, as it happens: accepted events and attempts, in the order of their numbers.

use tokio::sync::watch;

use super::core::App;
use crate::domain::id::{AccountNo, Seq};
use crate::domain::refusal::Refusal;
use crate::limits;
pub use crate::store::TailItem;

/// The newest number there is; it changes with every commit.
#[must_use]
pub fn newest(app: &App) -> watch::Receiver<Seq> {
    app.store.watch()
}

/// What happened to an account after a number, and up to which number that was looked for.
///
/// # Errors
/// When the store cannot be read.
pub async fn after(
    app: &App,
    account: AccountNo,
    after: Seq,
) -> Result<(Vec<(Seq, TailItem)>, Seq), Refusal> {
    Ok(app.read(account, move |store| store.tail(Some(account), after, limits::TAIL_PAGE)).await?)
}
