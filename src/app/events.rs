//! Accepting events. In whatever form they came, they are [`Posted`] here, and take one way, a commit's worth at a
//! time: each is checked, it is planned where it goes, and they are stored together with what they make.

mod accept;
mod commit;
mod dedup;
mod draft;
mod look;
mod media_type;
mod part;
mod plan;
mod receipt;

pub use self::accept::accept;
#[cfg(test)]
pub(crate) use self::accept::prepare;
pub use self::commit::commit_one;
pub use self::draft::{Draft, Posted};
pub use self::look::{Followed, find, list};
#[cfg(test)]
pub(crate) use self::part::Allowances;
pub use self::plan::planned;
pub use self::receipt::Receipt;
pub use crate::store::EventFilter;
