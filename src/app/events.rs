//! Accepting events. In whatever form they came, they are [`Posted`] here, and take one way, a commit's worth at a
//! time: each is checked, it is planned where it goes, and they are stored together with what they make.

mod commit;
mod dedup;
mod draft;
mod look;
mod media_type;
mod parts;
mod plan;
mod prepare;
mod receipt;

pub use self::commit::commit_one;
pub use self::draft::{Draft, Posted};
pub use self::look::{Followed, find, list};
pub use self::plan::planned;
#[cfg(test)]
pub(crate) use self::prepare::{Allowances, prepare};
pub use self::receipt::Receipt;
use super::core::App;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
pub use crate::store::EventFilter;

/// Accepts the events of a request; what came of each of them, in their order.
///
/// # Errors
/// When none of them is accepted: one, or an array of them, is accepted as a whole.
pub async fn accept(
    app: &App,
    posted: Posted,
    now: Timestamp,
) -> Result<Vec<Result<Receipt, Refusal>>, Refusal> {
    let (mut receipts, mut parts) = (Vec::new(), parts::Parts::of(posted));
    while let Some(part) = parts.next(app, now).await? {
        receipts.extend(commit::commit(app, part, now).await?);
    }
    Ok(receipts)
}
