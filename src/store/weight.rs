//! What commands weigh, in bytes: about what they make a commit write. The commit that a command goes into is
//! chosen by it, so everything that a caller decides the size of is counted.

use super::command::{Accept, ActorChange, CreateJob, Edit, UpdateJob};
use super::writer::Command;
use crate::domain::fanout::Share;
use crate::domain::quota::Held;
use crate::domain::webhook::Webhook;
use crate::limits;

impl Accept {
    /// What it weighs: the event, its data, its labels, its deliveries with their bodies.
    #[must_use]
    pub fn weight(&self) -> usize {
        let event = &self.event;
        limits::ROW_WEIGHT_BYTES * (1 + self.idempotency.len())
            + event.data.len()
            + event.metadata.as_ref().map_or(0, |text| text.len())
            + of_shares(&self.plan.shares)
    }
}

fn of_shares(shares: &[Share]) -> usize {
    let body = |share: &Share| share.body.as_ref().map_or(0, |body| body.len());
    shares.iter().map(|share| limits::ROW_WEIGHT_BYTES + body(share)).sum()
}

fn of_events(events: &[Accept]) -> usize {
    events.iter().map(Accept::weight).sum()
}

fn of_webhook(webhook: &Webhook) -> usize {
    Held::of_webhook(webhook).bytes
}

fn of_text(text: Option<&[u8]>) -> usize {
    text.map_or(0, <[u8]>::len)
}

impl CreateJob {
    fn weight(&self) -> usize {
        let Self { job, input, webhooks, emit } = self;
        of_text(input.as_deref())
            + of_text(job.metadata.as_deref().map(str::as_bytes))
            + webhooks.iter().map(of_webhook).sum::<usize>()
            + of_events(emit)
    }
}

impl UpdateJob {
    fn weight(&self) -> usize {
        let Self { from: _, to, emit } = self;
        of_text(to.error.as_deref().map(str::as_bytes))
            + of_text(to.metadata.as_deref().map(str::as_bytes))
            + of_events(emit)
    }
}

impl ActorChange {
    fn weight(&self) -> usize {
        let Self { actor, make, update, remove } = self;
        let webhooks = update.iter().map(|(_, to)| to).chain(make);
        Held::of_actor(actor).bytes
            + webhooks.map(of_webhook).sum::<usize>()
            + remove.len() * limits::REMOVAL_WEIGHT_BYTES
    }
}

impl Edit {
    fn weight(&self) -> usize {
        match self {
            Self::CreateWebhook { webhook, .. } | Self::Subscribe(webhook) => of_webhook(webhook),
            Self::UpdateWebhook { to, .. } => of_webhook(to),
            Self::DisableWebhook { emit, .. } => of_events(emit),
            Self::ExpireWebhook { emit, .. } => of_events(emit.as_slice()),
            Self::PutEventType(_, record) => Held::of_event_type(record).bytes,
            Self::PutSecret(_, record) => Held::of_secret(record).bytes,
            Self::PutActor(_, change) => change.weight(),
            Self::Replay { shares, .. } => of_shares(shares),
            Self::RemoveWebhook(_) => limits::REMOVAL_WEIGHT_BYTES,
            Self::DeleteActor(..) => limits::WEBHOOKS_PER_ACTOR * limits::REMOVAL_WEIGHT_BYTES,
            Self::AddSigningKeys(keys) => keys.len() * limits::ROW_WEIGHT_BYTES,
            Self::CreateAccount(_)
            | Self::CreateToken(_)
            | Self::RevokeToken(_)
            | Self::DeleteEventType(..)
            | Self::DeleteSecret(..)
            | Self::RetryNow(_)
            | Self::Cancel(_)
            | Self::RevealSecret(_)
            | Self::Quarantine(_)
            | Self::CreateReplay(_)
            | Self::Note(_)
            | Self::CancelReplay(_) => 0,
        }
    }
}

impl Command {
    /// What it weighs in a commit.
    pub(super) fn weight(&self) -> usize {
        let more = match self {
            Self::Accept { events, .. } => of_events(events),
            Self::Complete { outcome, .. } => {
                let of_run = outcome.run.as_ref().map_or(0, |run| of_events(run.emit.as_slice()));
                outcome.attempt.len() + of_events(&outcome.emit) + of_run
            }
            Self::Edit { edit, .. } => edit.weight(),
            Self::CreateJob { create, .. } => create.weight(),
            Self::UpdateJob { update, unfired, .. } => {
                update.weight() + unfired * limits::REMOVAL_WEIGHT_BYTES
            }
            Self::PutRecord { put, .. } => put.record.as_ref().map_or(0, |record| record.data.len()),
            Self::AppendRows { append, .. } => append.rows.text().len(),
            Self::TokensUsed { uses, .. } => uses.len() * limits::ROW_WEIGHT_BYTES,
            Self::MarkSuspects { rows, .. } => rows.len() * limits::ROW_WEIGHT_BYTES,
            Self::Replay { slice, .. } => {
                let bodies = slice.missed.iter().filter_map(|(_, share)| share.body.as_ref());
                let rows = slice.rows.len() + slice.missed.len();
                rows * limits::ROW_WEIGHT_BYTES + bodies.map(|body| body.len()).sum::<usize>()
            }
            Self::Prune { .. } => limits::COMMIT_SWEEP * limits::ROW_WEIGHT_BYTES,
            Self::Reseal { .. } => limits::RESEAL_BYTES,
            Self::Reserve { .. }
            | Self::LoadLane { .. }
            | Self::UseResource { .. }
            | Self::CloseBatches { .. }
            | Self::Close { .. } => 0,
            #[cfg(test)]
            Self::SetFailing(..) => 0,
        };
        limits::ROW_WEIGHT_BYTES + more
    }
}
