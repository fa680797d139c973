//! Counting what each account holds: bounded pieces in transactions of their own, so that no page that is
//! freed meanwhile waits for the end of it, and nothing of it on the writer's thread.

use redb::ReadTransaction;

use crate::domain::id::{AccountNo, NumberMap, WebhookNo};
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::records::{attempt, checked, event, job, readable};
use crate::store::usage::{ROW_BYTES, Usage, event_bytes, record_bytes, value_bytes};
use crate::store::{Store, StoreError, tables};

/// How far a count is.
struct Count {
    usage: Usage,
    /// Whose webhooks are, removed ones too.
    owners: NumberMap<WebhookNo, AccountNo>,
    next: Next,
}

/// The next row to look at.
#[derive(Clone, Copy)]
enum Next {
    Event(u64),
    Body((u32, u64)),
    Attempt(u64),
    Job(u64),
    Results((u64, u64)),
    Record(u64),
    Done,
}

impl Store {
    /// What each account holds, about. Between the pieces others may go on.
    pub(in crate::store) async fn usage(&self) -> Result<Usage, StoreError> {
        let owners = self.directory().webhooks().map(|webhook| (webhook.no(), webhook.account)).collect();
        let mut count = Count { usage: Usage::default(), owners, next: Next::Event(0) };
        while !matches!(count.next, Next::Done) {
            let store = self.clone();
            let piece = tokio::task::spawn_blocking(move || {
                store.read(|txn| count.piece(txn))?;
                Ok(count)
            });
            count = piece.await.map_err(|_| StoreError::Unavailable)??;
        }
        Ok(count.usage)
    }
}

impl Count {
    fn add(&mut self, account: Option<AccountNo>, bytes: u64) {
        if let Some(account) = account {
            let held = self.usage.entry(account).or_default();
            *held = held.saturating_add(bytes);
        }
    }

    fn owner(&self, webhook: WebhookNo) -> Option<AccountNo> {
        self.owners.get(&webhook).copied()
    }

    fn piece(&mut self, txn: &ReadTransaction) -> Result<(), EngineError> {
        self.next = match self.next {
            Next::Event(from) => self.events(txn, from)?,
            Next::Body(from) => self.bodies(txn, from)?,
            Next::Attempt(from) => self.attempts(txn, from)?,
            Next::Job(from) => self.jobs(txn, from)?,
            Next::Results(from) => self.results(txn, from)?,
            Next::Record(from) => self.records(txn, from)?,
            Next::Done => Next::Done,
        };
        Ok(())
    }

    fn events(&mut self, txn: &ReadTransaction, from: u64) -> Result<Next, EngineError> {
        let mut next = Next::Body((0, 0));
        for (at, row) in tables::EVENTS.read(txn)?.range(from..)?.enumerate() {
            let (seq, row) = row?;
            if at == limits::USAGE_ROWS {
                next = Next::Event(seq.value());
                break;
            }
            let Some(header) = readable("events", seq.value(), event::read(row.value())) else { continue };
            self.owners.extend(header.webhooks.iter().map(|webhook| (*webhook, header.account)));
            self.add(Some(header.account), event_bytes(&header));
        }
        Ok(next)
    }

    fn bodies(&mut self, txn: &ReadTransaction, from: (u32, u64)) -> Result<Next, EngineError> {
        for (at, row) in tables::BODIES.read(txn)?.range(from..)?.enumerate() {
            let (key, body) = row?;
            if at == limits::USAGE_ROWS {
                return Ok(Next::Body(key.value()));
            }
            let (webhook, _) = key.value();
            self.add(self.owner(WebhookNo(webhook)), value_bytes(body.value().len() as u64));
        }
        Ok(Next::Attempt(0))
    }

    fn attempts(&mut self, txn: &ReadTransaction, from: u64) -> Result<Next, EngineError> {
        for (at, row) in tables::ATTEMPTS.read(txn)?.range(from..)?.enumerate() {
            let (seq, row) = row?;
            if at == limits::USAGE_ROWS {
                return Ok(Next::Attempt(seq.value()));
            }
            let Some(head) = readable("attempts", seq.value(), attempt::read_head(row.value())) else {
                continue;
            };
            self.add(self.owner(head.delivery.webhook()), value_bytes(row.value().len() as u64));
        }
        Ok(Next::Job(0))
    }

    fn jobs(&mut self, txn: &ReadTransaction, from: u64) -> Result<Next, EngineError> {
        let inputs = tables::JOB_INPUTS.read(txn)?;
        for (at, row) in tables::JOBS.read(txn)?.range(from..)?.enumerate() {
            let (seq, row) = row?;
            if at == limits::USAGE_ROWS {
                return Ok(Next::Job(seq.value()));
            }
            let Some(job) = readable("jobs", seq.value(), job::read(row.value())) else { continue };
            let input = inputs.get(seq.value())?.map_or(0, |input| input.value().len() as u64);
            self.add(Some(job.account), ROW_BYTES + value_bytes(input));
        }
        Ok(Next::Results((0, 0)))
    }

    fn results(&mut self, txn: &ReadTransaction, from: (u64, u64)) -> Result<Next, EngineError> {
        let jobs = tables::JOBS.read(txn)?;
        let mut of: Option<(u64, Option<AccountNo>)> = None;
        for (at, row) in tables::RESULTS.read(txn)?.range(from..)?.enumerate() {
            let (key, block) = row?;
            if at == limits::USAGE_ROWS {
                return Ok(Next::Results(key.value()));
            }
            let (seq, _) = key.value();
            let account = match of.filter(|(known, _)| *known == seq) {
                Some((_, account)) => account,
                None => {
                    let job = jobs.get(seq)?.and_then(|row| readable("jobs", seq, job::read(row.value())));
                    job.map(|job| job.account)
                }
            };
            of = Some((seq, account));
            self.add(account, value_bytes(block.value().len() as u64));
        }
        Ok(Next::Record(0))
    }

    /// What runs keep. A run has so few that they are counted together.
    fn records(&mut self, txn: &ReadTransaction, from: u64) -> Result<Next, EngineError> {
        let jobs = tables::JOBS.read(txn)?;
        let (mut of, mut account) = (None, None);
        for (at, row) in tables::RUN_RECORD_LENGTHS.read(txn)?.range((from, "")..)?.enumerate() {
            let (key, length) = row?;
            let (seq, _) = key.value();
            if of != Some(seq) {
                if at >= limits::USAGE_ROWS {
                    return Ok(Next::Record(seq));
                }
                let job = jobs.get(seq)?.and_then(|row| readable("jobs", seq, job::read(row.value())));
                (of, account) = (Some(seq), job.map(|job| job.account));
            }
            let length = checked("run_record_lengths", key.value(), length.sound());
            self.add(account, record_bytes(length.unwrap_or_default()));
        }
        Ok(Next::Done)
    }
}
