//! Replays: past deliveries made pending again, slice by slice. A slice and the cursor after it are
//! one commit, so a crash neither repeats a slice nor leaves one out.

use super::command::Slice;
use super::{CommitBatch, DirectoryChange};
use crate::domain::id::{ReplayId, Seq};
use crate::domain::quota::Held;
use crate::domain::time::Timestamp;
use crate::store::command::{Edited, Refused};
use crate::store::engine_error::{EditError, EngineError};
use crate::store::records::{readable, replay as record};
use crate::store::tables;
use crate::store::upkeep::{NewReplay, Replay, ReplayState};

impl CommitBatch<'_> {
    pub(super) fn create_replay(&mut self, new: NewReplay, now: Timestamp) -> Result<Edited, EditError> {
        self.room(new.account, Held::default(), Held::of_replay())?;
        let replay = Replay {
            id: new.id,
            account: new.account,
            filter: new.filter,
            skipped: new.skipped,
            up_to: Seq(self.state.next_seq.saturating_sub(1)),
            rate_per_second: new.rate_per_second,
            matched: new.matched.count,
            matched_exact: new.matched.exact,
            done: 0,
            cursor: None,
            state: ReplayState::Running,
            created_at: now,
            finished_at: None,
        };
        self.save_replay(&replay)?;
        self.change(DirectoryChange::Replay(replay.id, replay.account));
        Ok(Edited::Replay(Box::new(replay)))
    }

    pub(super) fn cancel_replay(&mut self, id: ReplayId, now: Timestamp) -> Result<Edited, EditError> {
        let mut replay = self.replay(id)?.ok_or(Refused::NotFound)?;
        if replay.state != ReplayState::Running {
            return Err(Refused::State("the replay has ended").into());
        }
        (replay.state, replay.finished_at) = (ReplayState::Cancelled, Some(now));
        self.save_replay(&replay)?;
        self.change(DirectoryChange::RemoveReplay(replay.id, replay.account));
        Ok(Edited::Replay(Box::new(replay)))
    }

    /// Makes a slice's deliveries pending again; how many it were.
    pub(super) fn replay_slice(&mut self, slice: Slice, now: Timestamp) -> Result<u64, EngineError> {
        let Some(mut replay) = self.replay(slice.replay)? else { return Ok(0) };
        if replay.state != ReplayState::Running || replay.cursor != slice.from {
            return Ok(0);
        }
        let missed = slice.missed.iter().map(|(event, share)| (share.webhook, *event));
        if slice.rows.iter().copied().chain(missed).any(|(no, event)| self.drops(no, event)) {
            // It goes on here once what waited before it is called off.
            return Ok(0);
        }
        let mut done = 0;
        for (no, event) in slice.rows {
            let Some(webhook) = self.webhook_in(replay.account, no) else { continue };
            let Some(mut record) = self.record(no, event)? else { continue };
            if self.is_pending(no, &record)? || self.rows.payloads.get(event)?.is_none() {
                continue;
            }
            let Some(header) = self.header(event)? else { continue };
            self.start_over(&webhook, &header, &mut record, (now, u32::MAX, now))?;
            done += 1;
        }
        for (event, share) in slice.missed {
            // Another replay may have been quicker.
            if self.record(share.webhook, event)?.is_none() {
                done += u64::from(self.send_again(event, vec![share], now)?);
            }
        }
        replay.done += done;
        match slice.next {
            Some(next) => replay.cursor = Some(next),
            None => {
                (replay.state, replay.finished_at) = (ReplayState::Done, Some(now));
                self.change(DirectoryChange::RemoveReplay(replay.id, replay.account));
            }
        }
        self.save_replay(&replay)?;
        Ok(done)
    }

    fn replay(&self, id: ReplayId) -> Result<Option<Replay>, EngineError> {
        let table = self.rows.open_for_read(tables::REPLAYS)?;
        let Some(row) = table.get(id.to_bytes())? else { return Ok(None) };
        Ok(readable("replays", id, record::read(row.value())))
    }

    fn save_replay(&mut self, replay: &Replay) -> Result<(), EngineError> {
        self.rows
            .open_for_write(tables::REPLAYS)?
            .insert(replay.id.to_bytes(), record::write(replay).as_slice())?;
        Ok(())
    }
}
