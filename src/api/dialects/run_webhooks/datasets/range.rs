//! Some of a dataset's items, as they are read.

use super::super::shape::Shape;
use crate::api::context::Context;
use crate::api::v1::jobs::csv::Header;
use crate::app::results::{LongRow, Rows, short_rows};
use crate::domain::id::{AccountNo, JobId};
use crate::domain::result_rows::ResultRows;
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::limits;

/// The most rows that are read at once from the end.
const BACKWARDS: u64 = 1000;

/// Some of a dataset's items.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) account: AccountNo,
    pub(super) job: JobId,
    pub(super) from: u64,
    pub(super) until: u64,
    pub(super) desc: bool,
}

impl Range {
    /// So many rows are done with.
    pub(super) fn pass(&mut self, rows: u64) {
        if self.desc {
            self.until -= rows;
        } else {
            self.from += rows;
        }
    }

    /// The columns of the items.
    pub(super) async fn header(mut self, context: &Context, shape: &Shape) -> Result<Header, Problem> {
        self.desc = false;
        let mut header = Header::nested();
        while self.from < self.until {
            let mut _held = None;
            let rows = match self.next(context, limits::RESULT_ROW_BYTES).await {
                Err(Unread::Long(length)) => {
                    _held = Some(context.budgets.hold_row(Owner::Account(self.account), length)?);
                    self.next(context, length).await
                }
                read => read,
            };
            let broken = |_| Problem::new(Code::StoreUnavailable, "the items cannot be read at the moment");
            let rows = rows.map_err(|why| broken(why).retry_after(5))?;
            for row in rows.iter() {
                let (mut shown, mut wrong, mut whole) = (0, None, false);
                while !whole && wrong.is_none() {
                    let start = shown;
                    whole = shape.each(row, start, &mut |item| {
                        shown += 1;
                        wrong = item.and_then(|item| header.add(&item).err());
                        wrong.is_none() && shown < start + limits::UNWOUND_AT_ONCE
                    });
                    if !whole {
                        // Others have their turn between the parts of a long list.
                        tokio::task::yield_now().await;
                    }
                }
                wrong.map_or(Ok(()), Err)?;
            }
            self.pass(rows.len());
        }
        Ok(header)
    }

    /// The next rows, in the order they were stored, none of them longer than `longest`.
    pub(super) async fn next(&self, context: &Context, longest: usize) -> Result<ResultRows, Unread> {
        let mut wanted = (self.until - self.from).min(if self.desc { BACKWARDS } else { u64::MAX });
        loop {
            let job = self.job;
            let first = if self.desc { self.until - wanted } else { self.from };
            let (account, bytes) = (self.account, limits::RESULT_CHUNK_BYTES);
            let asked = Rows { account, job, from: first, limit: wanted, bytes };
            let rows = match short_rows(&context.app, asked, longest).await {
                Ok(Ok(rows)) if !rows.is_empty() => rows,
                Ok(Err(_)) if self.desc && wanted > 1 => {
                    wanted /= 2;
                    continue;
                }
                Ok(Err(LongRow(length))) => return Err(Unread::Long(length)),
                // The answer ends without its last byte, so its reader knows.
                Ok(_) => {
                    tracing::warn!(%job, first, "the items were deleted while they were being sent");
                    return Err(Unread::Broken);
                }
                Err(refusal) => {
                    tracing::warn!(%job, detail = %refusal.detail, "the items could not be sent completely");
                    return Err(Unread::Broken);
                }
            };
            if self.desc && rows.len() != wanted {
                // Too large to be had at once: fewer of them, from the end.
                wanted = (rows.len() / 2).max(1);
                continue;
            }
            return Ok(rows);
        }
    }
}

/// Why rows were not read.
pub(super) enum Unread {
    /// The first of them is so long.
    Long(usize),
    /// They cannot be, as the log says.
    Broken,
}
