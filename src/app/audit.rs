//! The audit log: looking at it, and checking that it is whole.

use super::core::App;
use crate::domain::id::AccountNo;
use crate::domain::refusal::Refusal;
use crate::limits;
pub use crate::store::audit::{Actor, AuditCheck, AuditEntry, AuditFilter, Break};
use crate::store::audit::{AuditWalk, Walked};
use crate::store::{Page, PageRequest};

/// A page of the entries that a filter wants, for who acts for an account.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    app: &App,
    account: AccountNo,
    filter: &AuditFilter,
    mut page: PageRequest<u64>,
) -> Result<Page<AuditEntry, u64>, Refusal> {
    // Each look is a read of its own, so that a long way past others' entries holds up no one.
    let mut found = Page { rows: Vec::new(), next: page.after };
    for _ in 0..limits::AUDIT_LOOKS {
        let filter = filter.clone();
        found = app.read(account, move |store| store.audit(&filter, page)).await?;
        if !found.rows.is_empty() || found.next.is_none() {
            break;
        }
        page.after = found.next;
    }
    Ok(found)
}

/// What a look through the whole log finds, for who acts for an account. Each step of it is a read of its own,
/// so that it holds up neither other readers nor a worker.
///
/// # Errors
/// When the store cannot be read.
pub async fn check(app: &App, account: AccountNo) -> Result<AuditCheck, Refusal> {
    let mut walk = AuditWalk::default();
    loop {
        match app.read(account, move |store| store.check_audit(walk)).await? {
            Walked::More(more) => walk = more,
            Walked::Done(check) => return Ok(check),
        }
    }
}
