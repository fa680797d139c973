//! Replays: looking at them, and finding what the next slice of each holds.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use super::deliveries::Walk;
use super::missed::Missed;
use crate::domain::fanout::{self, Allowance};
use crate::domain::id::{AccountNo, ReplayId};
use crate::domain::profiles::Profiles;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::query::{DeliveryCursor, Page, PageRequest};
use crate::store::records::{readable, replay as record};
use crate::store::replay_credit::ReplayCredit;
use crate::store::upkeep::Replay;
use crate::store::writer::{Command, Slice};
use crate::store::{Store, StoreError, tables};

impl Store {
    /// A replay.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn replay(&self, id: ReplayId) -> Result<Option<Replay>, StoreError> {
        self.read_one(|txn| {
            let Some(row) = tables::REPLAYS.read(txn)?.get(id.to_bytes())? else { return Ok(None) };
            Ok(readable("replays", id, record::read(row.value())))
        })
    }

    /// A page of an account's replays by their ids, which begin with their time. It looks at a bounded number
    /// of rows.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn replays(
        &self,
        account: AccountNo,
        page: PageRequest<ReplayId>,
    ) -> Result<Page<Replay, ReplayId>, StoreError> {
        let PageRequest { after, descending, limit } = page;
        let after = after.map(ReplayId::to_bytes);
        let range = match after {
            Some(after) if descending => (Bound::Unbounded, Bound::Excluded(after)),
            Some(after) => (Bound::Excluded(after), Bound::Unbounded),
            None => (Bound::Unbounded, Bound::Unbounded),
        };
        self.read(|txn| {
            let rows = tables::REPLAYS.read(txn)?.range(range)?;
            let rows: Box<dyn Iterator<Item = _>> =
                if descending { Box::new(rows.rev()) } else { Box::new(rows) };
            let mut found = Page { rows: Vec::new(), next: None };
            let mut last = None;
            for (looked, row) in rows.enumerate() {
                if found.rows.len() == limit || looked == limits::PAGE_SCAN {
                    found.next = last;
                    break;
                }
                let (key, value) = row?;
                last = Some(ReplayId::from_bytes(key.value()));
                let replay = readable("replays", key.value(), record::read(value.value()));
                found.rows.extend(replay.filter(|replay| replay.account == account));
            }
            Ok(found)
        })
    }

    /// Does the next slice of the replays that have their turn, at most `max` deliveries each and
    /// within its rate. A slice and its cursor are one commit. Gives how many deliveries were made
    /// pending, and whether some replay has more to do now.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn replay_tick(
        &self,
        profiles: &Arc<Profiles>,
        max: usize,
        now: Timestamp,
    ) -> Result<(u64, bool), StoreError> {
        let (mut done, mut more) = (0, false);
        for id in self.replays_in_turn() {
            let (store, profiles) = (self.clone(), Arc::clone(profiles));
            let found = tokio::task::spawn_blocking(move || store.next_slice(id, &profiles, max, now));
            let Some((slice, goes_on)) = found.await.map_err(|_| StoreError::Unavailable)?? else { continue };
            done += self.ask(|reply| Command::Replay { slice: Box::new(slice), now, reply }).await?;
            more |= goes_on;
        }
        Ok((done, more))
    }

    /// The oldest few replays of each account: what one account wants to replay holds up no one else.
    fn replays_in_turn(&self) -> Vec<ReplayId> {
        let mut by_account: HashMap<AccountNo, usize> = HashMap::new();
        let directory = self.core.directory();
        self.core.paces().retain(|id, _| directory.replays().any(|(running, _)| running == *id));
        let in_turn = directory.replays().filter(|(_, account)| {
            let before = by_account.entry(*account).or_default();
            *before += 1;
            *before <= limits::REPLAYS_AT_ONCE
        });
        in_turn.map(|(id, _)| id).collect()
    }

    /// What a replay does next, if its rate allows anything now; and whether it could go on at once.
    fn next_slice(
        &self,
        id: ReplayId,
        profiles: &Profiles,
        max: usize,
        now: Timestamp,
    ) -> Result<Option<(Slice, bool)>, StoreError> {
        let replay = match self.replay(id) {
            Ok(Some(replay)) => replay,
            // One that is damaged holds up no other.
            Ok(None) | Err(StoreError::Damaged) => return Ok(None),
            Err(error) => return Err(error),
        };
        let limit = self.allowance(&replay, max, now);
        if limit == 0 {
            return Ok(None);
        }
        let slice = if replay.skipped {
            self.slice_of_missed(&replay, profiles, limit, now)?
        } else {
            self.slice(&replay, limit)?
        };
        let found = slice.rows.len() + slice.missed.len();
        let goes_on = slice.next.is_some() && (found < limit || replay.rate_per_second.is_none());
        if let Some(pace) = self.core.paces().get_mut(&id) {
            pace.credit -= found as f64;
        }
        Ok(Some((slice, goes_on)))
    }

    fn slice(&self, replay: &Replay, limit: usize) -> Result<Slice, StoreError> {
        let page = PageRequest { after: replay.cursor, descending: false, limit };
        let Replay { account, filter, up_to, .. } = replay;
        let walk = Walk { account: *account, filter, up_to: *up_to, page, scan: limits::PAGE_SCAN };
        let found = self.read(|txn| walk.run(txn))?;
        let (mut rows, mut next, mut bytes) = (Vec::new(), found.next, 0);
        for (delivery, header) in &found.rows {
            // The writer looks whether each payload is still there, which reads all of it.
            bytes += header.data_len as usize;
            if bytes > limits::COMMIT_BYTES
                && let Some(&(webhook, event)) = rows.last()
            {
                next = Some(DeliveryCursor { event, webhook });
                break;
            }
            rows.push((delivery.webhook, delivery.id.event()));
        }
        Ok(Slice { replay: replay.id, from: replay.cursor, rows, missed: Vec::new(), next })
    }

    /// The same of what the replay's webhook missed; nothing more once that is removed.
    fn slice_of_missed(
        &self,
        replay: &Replay,
        profiles: &Profiles,
        limit: usize,
        now: Timestamp,
    ) -> Result<Slice, StoreError> {
        let empty = Slice {
            replay: replay.id,
            from: replay.cursor,
            rows: Vec::new(),
            missed: Vec::new(),
            next: None,
        };
        let webhook =
            replay.filter.webhook.and_then(|no| self.directory().webhook_in(replay.account, no).cloned());
        let Some(webhook) = webhook else { return Ok(empty) };
        let Replay { filter, up_to, cursor: after, .. } = replay;
        let missed = Missed { webhook: &webhook, filter, up_to: *up_to, after: *after, limit };
        let found = self.missed(&missed, &mut Allowance::default())?;
        let (mut missed, mut next, mut bytes) = (Vec::new(), found.next, 0);
        for event in found.rows {
            let seq = event.header.id.seq();
            // One template never gives more than may be.
            let share = fanout::share(&webhook, profiles, &event.data, event.header.accepted_at, now);
            let Ok(share) = share else { continue };
            bytes += event.data.len() + share.body.as_ref().map_or(0, |body| body.len());
            if bytes > limits::COMMIT_BYTES
                && let Some(&(last, _)) = missed.last()
            {
                next = Some(DeliveryCursor { event: last, webhook: webhook.no() });
                break;
            }
            missed.push((seq, share));
        }
        Ok(Slice { missed, next, ..empty })
    }

    /// How many deliveries a replay may send now: what its rate gave since the last look, at most
    /// one second's worth.
    fn allowance(&self, replay: &Replay, max: usize, now: Timestamp) -> usize {
        let Some(rate) = replay.rate_per_second else { return max };
        let rate = f64::from(rate.max(1));
        let mut paces = self.core.paces();
        let pace = paces.entry(replay.id).or_insert(ReplayCredit { credit: rate, at: now });
        let passed = now.since(pace.at).min(Duration::from_secs(1));
        pace.credit = (pace.credit + passed.as_secs_f64() * rate).min(rate);
        pace.at = now;
        // A float's conversion saturates: a debt is nothing.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded by `rate` and `max`"
        )]
        let credit = pace.credit as usize;
        credit.min(max)
    }
}
