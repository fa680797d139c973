//! Carrying out commands: each is applied to the transaction being filled, and answered once that is committed.

use super::CommitBatch;
use super::command::Command;
use super::pending_reply::PendingReply;
use crate::clock;
use crate::domain::time::Timestamp;
use crate::store::command::{Accept, Accepted, Refused};
use crate::store::engine_error::{EditError, EngineError};
use crate::store::tables::{self, meta};
use tokio::sync::oneshot;

impl CommitBatch<'_> {
    pub(super) fn apply(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Accept { events, together, now, reply } => {
                let accepted = self.accept_all(events, together, now)?;
                self.answer(reply, accepted);
            }
            Command::Complete { outcome, now } => self.complete(*outcome, now)?,
            Command::Edit { edit, actor, now, reply } => {
                let edited = answered(self.edit(edit, actor, now))?;
                self.later(reply, edited);
            }
            Command::Reserve { webhooks, reply } => {
                let reserved = answered(self.reserve(webhooks))?;
                self.later(reply, reserved);
            }
            Command::CreateJob { create, now, reply } => {
                let job = answered(self.create_job(*create, now))?;
                self.later(reply, job);
            }
            Command::UpdateJob { update, unfired: _, now, reply } => {
                let job = answered(self.update_job(*update, now))?;
                self.later(reply, job);
            }
            Command::PutRecord { put, reply } => {
                let done = answered(self.put_record(&put))?;
                self.later(reply, done);
            }
            Command::AppendRows { append, now, reply } => {
                let count = answered(self.append_rows(&append, now))?;
                self.later(reply, count);
            }
            Command::LoadLane { webhook, from, limit } => self.load_lane(webhook, from, limit)?,
            #[cfg(test)]
            Command::SetFailing(webhook, failing) => self.set_failing(webhook, failing)?,
            Command::UseResource { delivery, now, reply } => {
                let first = self.use_resource(delivery, now)?;
                self.later(reply, first);
            }
            Command::CloseBatches { now, reply } => {
                self.close_due(now)?;
                self.later(reply, ());
            }
            Command::MarkSuspects { rows, reply } => {
                self.mark_suspects(&rows)?;
                self.later(reply, ());
            }
            Command::Replay { slice, now, reply } => {
                let done = self.replay_slice(*slice, now)?;
                self.later(reply, done);
            }
            Command::Prune { policy, held, now, reply } => {
                let pruned = self.prune(&policy, held, now)?;
                self.later(reply, pruned);
            }
            Command::Reseal { reply } => {
                let resealed = self.reseal()?;
                self.later(reply, resealed);
            }
            Command::TokensUsed { uses, reply } => {
                self.tokens_used(&uses)?;
                self.later(reply, ());
            }
            Command::Close { reply } => {
                self.count_frequent(clock::now(), true)?;
                self.clear_noted()?;
                self.rows.open_for_write(tables::META)?.insert(meta::CLEAN, [1].as_slice())?;
                self.later(reply, ());
            }
        }
        Ok(())
    }

    /// Accepts events; if they are stored together, all or none.
    fn accept_all(
        &mut self,
        events: Vec<Accept>,
        together: bool,
        now: Timestamp,
    ) -> Result<Vec<Accepted>, EngineError> {
        let conflicts = if together { self.conflicts(&events, now)? } else { None };
        match conflicts {
            Some(conflicts) => Ok(conflicts),
            None => events.into_iter().map(|event| self.accept(event, now)).collect(),
        }
    }

    /// The one place where answers to `accept` are let go: after the commit, in `Writer::publish`.
    fn answer(&mut self, reply: oneshot::Sender<Vec<Accepted>>, accepted: Vec<Accepted>) {
        let answer = PendingReply::Accepted { reply, accepted };
        if self.early_ack { answer.send() } else { self.answers.push(answer) }
    }

    fn later<T: Send + 'static>(&mut self, reply: oneshot::Sender<T>, answer: T) {
        self.answers.push(PendingReply::Other(Box::new(move || {
            let _ = reply.send(answer);
        })));
    }
}

/// Tells a refusal, which is an answer, from a failure, which ends the writer.
fn answered<T>(done: Result<T, EditError>) -> Result<Result<T, Refused>, EngineError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(EditError::Refused(refused)) => Ok(Err(refused)),
        Err(EditError::EngineError(engine_error)) => Err(engine_error),
    }
}
