//! What can be asked of the writer, and what it answers.

use std::sync::Arc;

use super::audit::Note;
use super::upkeep::{NewReplay, Replay};
use crate::domain::account::{Account, Token};
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::delivery::{Attempt, DueRow, Reason};
use crate::domain::directory::Directory;
use crate::domain::event::{Key, NewEvent};
use crate::domain::event_type::{EventType, EventTypeRecord};
use crate::domain::fanout::{Plan, Share};
use crate::domain::id::{
    AccountNo, DeliveryId, EventId, JobId, ReplayId, Seq, TokenId, WebhookId, WebhookNo,
};
use crate::domain::job::{Job, RunRecord};
use crate::domain::result_rows::ResultRows;
use crate::domain::secret::{SecretName, SecretRecord};
use crate::domain::signing_key::SigningKey;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Failing, Waits, Webhook};

/// An event to accept, with where it goes.
#[derive(Debug, Clone)]
pub struct Accept {
    /// The event.
    pub event: NewEvent,
    /// Its webhooks. The writer leaves out those that went away meanwhile.
    pub plan: Plan,
    /// What makes a repetition recognisable, any of them: the request's `Idempotency-Key`, the event's own
    /// id.
    pub idempotency: Vec<Idempotency>,
    /// Unpredictable bits of its id.
    pub random: u32,
}

/// What makes a repetition recognisable.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The caller's key.
    pub key: Key,
    /// A digest of what the request asked for, the same however it was written.
    pub body: [u8; 32],
    /// SHA-256 of its text, for keys from before values were compared; `None` once there are none.
    pub text: Option<[u8; 32]>,
    /// Until when the key is remembered.
    pub expires_at: Timestamp,
}

/// The result for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is durable, with its deliveries.
    New {
        /// Its id.
        id: EventId,
        /// How many webhooks it goes to.
        deliveries: u32,
    },
    /// The same request was accepted before.
    Duplicate {
        /// The first one's id.
        id: EventId,
        /// How many webhooks the first one went to.
        deliveries: u32,
    },
    /// The key was used before for something else.
    Conflict {
        /// The event that the key belongs to; `None` when that is one of the same request, which is
        /// not stored.
        id: Option<EventId>,
    },
    /// It was not stored, because another event of the same request conflicts.
    Withheld,
}

/// How an attempt changes its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryChange {
    /// Delivered.
    Delivered,
    /// Still pending, due at this time.
    Retry {
        /// When.
        due: Timestamp,
        /// Whether the attempt counts against the policy (while the uplink is down it does not).
        spent: bool,
    },
    /// Given up.
    Failed(Reason),
    /// The receiver is gone: the webhook is removed in the same commit, what waits for it cancelled.
    RemoveWebhook,
    /// The receiver is gone: the webhook is disabled in the same commit; the delivery fails.
    DisableWebhook(DisabledWhy),
}

/// The outcome of an attempt, to be committed.
#[derive(Debug)]
pub struct Complete {
    /// The row that was in flight. When it is no longer there (cancelled, moved), the attempt is
    /// still logged, and the delivery stays as it is.
    pub row: DueRow,
    /// The webhook.
    pub webhook: WebhookNo,
    /// The attempt. Its `number` is given when it is committed.
    pub attempt: Attempt,
    /// What follows.
    pub change: DeliveryChange,
    /// How it changed the run of failures that the webhook is in.
    pub run: Option<RunChange>,
    /// What sending to the webhook has to wait for, where that is to be kept.
    pub waits: Option<Waits>,
    /// Operational events that are true once this is committed, accepted in the same commit. When the
    /// delivery's end or the webhook's is an earlier commit's already, they are dropped.
    pub emit: Vec<Accept>,
}

/// A change of a webhook's run of failures.
#[derive(Debug)]
pub struct RunChange {
    /// Counts the changes since the start: one that comes after a later one changes nothing.
    pub order: u64,
    /// The run; `None` when it is over.
    pub failing: Option<Failing>,
    /// The operational event about it, accepted in the same commit.
    pub emit: Option<Accept>,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What it names does not exist (any more).
    #[error("not found")]
    NotFound,
    /// It was computed from what is no longer so.
    #[error("it was changed at the same time; try again")]
    Stale,
    /// What it names is not in a state for this.
    #[error("{0}")]
    State(&'static str),
    /// A bound is reached.
    #[error("{0}")]
    Limit(&'static str),
    /// The account would hold more than one account may.
    #[error("an account may have {most} {what} at most; remove some, or ask the operator to raise {setting}")]
    Quota {
        /// Of what.
        what: &'static str,
        /// How much of it an account may have.
        most: usize,
        /// The setting that says so.
        setting: &'static str,
    },
    /// All accounts together would hold more than they may.
    #[error("all accounts together have as many {what} as they may; ask the operator to raise {setting}")]
    StoreQuota {
        /// Of what.
        what: &'static str,
        /// The setting that their number is derived from.
        setting: &'static str,
    },
    /// Its idempotency key was used before, for a webhook with other settings.
    #[error("the key was used before, for a webhook with other settings or one that was removed since")]
    KeyTaken,
    /// Its idempotency key was used before.
    #[error("the key was used before")]
    Repeated {
        /// The event that the key belongs to.
        event: EventId,
        /// Whether the same was asked then.
        same: bool,
    },
}

/// The digest of a token, and the hour in which it was used.
pub type TokenUse = ([u8; 32], Timestamp);

/// A declaration to keep, and what becomes of its webhooks.
#[derive(Debug, Clone)]
pub struct ActorChange {
    /// The actor; its webhooks' numbers are the store's to say.
    pub actor: ActorRecord,
    /// Webhooks to make.
    pub make: Vec<Webhook>,
    /// Webhooks that stay, what each is to become computed from what it was.
    pub update: Vec<(Arc<Webhook>, Webhook)>,
    /// Webhooks to remove.
    pub remove: Vec<WebhookNo>,
}

/// A change by a caller to anything but events. Each is one audited step.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Makes a webhook; the number inside its id is replaced. If its owner has one under the same key,
    /// that one is given, as it is.
    CreateWebhook {
        /// The webhook.
        webhook: Box<Webhook>,
        /// What its repetition is recognised by, which gives the webhook that was made.
        idempotency: Option<Idempotency>,
    },
    /// Makes a webhook, unless its account has subscribed the target to one of its events already. A
    /// subscription to the same events that has an end, or does not work, is renewed: it keeps its id.
    Subscribe(Box<Webhook>),
    /// Replaces a webhook's settings, secrets or state. Refused when the webhook is no longer what
    /// the change was computed from.
    UpdateWebhook {
        /// What it was computed from.
        from: Arc<Webhook>,
        /// What it becomes.
        to: Box<Webhook>,
    },
    /// Disables a webhook, whatever its settings are by now.
    DisableWebhook {
        /// The webhook.
        webhook: WebhookId,
        /// Why.
        why: DisabledWhy,
        /// Since when it failed: if it was resumed since then, it stays as it is.
        since: Timestamp,
        /// Operational events about it, accepted in the same commit. A webhook that is disabled
        /// already stays as it is, and these are dropped.
        emit: Vec<Accept>,
    },
    /// Enters that a webhook's expiry has passed, which retention reports until this is done. It is removed after
    /// [`crate::limits::EXPIRED_GRACE`].
    ExpireWebhook {
        /// The webhook.
        webhook: WebhookId,
        /// The operational event about it, accepted in the same commit. If the webhook has been renewed, or this
        /// was done before, nothing changes, and it is dropped.
        emit: Option<Accept>,
    },
    /// Removes a webhook; its pending deliveries are cancelled, its log stays.
    RemoveWebhook(WebhookId),
    /// Makes an account; the number inside its id is replaced.
    CreateAccount(Account),
    /// Makes a token.
    CreateToken(Token),
    /// Revoke a token.
    RevokeToken(TokenId),
    /// Declares an event type, or changes its declaration.
    PutEventType(AccountNo, EventTypeRecord),
    /// Takes a declaration back.
    DeleteEventType(AccountNo, EventType),
    /// Sets a secret of an account.
    PutSecret(AccountNo, SecretRecord),
    /// Takes a secret away.
    DeleteSecret(AccountNo, SecretName),
    /// Declares an actor, or changes its declaration; its webhooks follow.
    PutActor(AccountNo, Box<ActorChange>),
    /// Takes an actor's declaration back, and its webhooks with it.
    DeleteActor(AccountNo, ActorId),
    /// Makes a delivery's next attempt due now; a finished delivery is pending again for it.
    RetryNow(DeliveryId),
    /// Cancel a pending delivery.
    Cancel(DeliveryId),
    /// Sends an event again to these webhooks, as fresh deliveries: a pending one stays as it is, a
    /// finished one starts over with its log kept, a missing one is made.
    Replay {
        /// The event.
        event: Seq,
        /// To whom.
        shares: Vec<Share>,
    },
    /// Adds signing keys.
    AddSigningKeys(Vec<SigningKey>),
    /// Remembers that a secret was revealed.
    RevealSecret(WebhookId),
    /// Enters something into the audit log that changes nothing in the store.
    Note(Box<Note>),
    /// Gives up a pending delivery that brought the process down.
    Quarantine(DeliveryId),
    /// Starts to send past deliveries again, at a pace, across restarts.
    CreateReplay(Box<NewReplay>),
    /// Stops a running replay; what it has sent stays sent.
    CancelReplay(ReplayId),
}

impl Edit {
    /// Whether it makes something, which is for when there is room on the disk. What changes or takes away
    /// what is there is done even when there is little.
    pub(super) fn makes(&self) -> bool {
        matches!(
            self,
            Self::CreateWebhook { .. }
                | Self::Subscribe(_)
                | Self::CreateAccount(_)
                | Self::CreateToken(_)
                | Self::PutEventType(..)
                | Self::PutSecret(..)
                | Self::PutActor(..)
                | Self::Replay { .. }
                | Self::CreateReplay(_)
        )
    }

    /// The account whose thing it changes, if that is known before it is carried out.
    pub(super) fn account(&self, directory: &Directory) -> Option<AccountNo> {
        let of = |no: WebhookNo| directory.webhook(no).map(|webhook| webhook.account);
        match self {
            Self::CreateWebhook { webhook, .. } | Self::Subscribe(webhook) => Some(webhook.account),
            Self::UpdateWebhook { to, .. } => Some(to.account),
            Self::DisableWebhook { webhook: id, .. }
            | Self::ExpireWebhook { webhook: id, .. }
            | Self::RemoveWebhook(id)
            | Self::RevealSecret(id) => of(id.no()),
            Self::CreateToken(token) => Some(token.account),
            Self::PutEventType(account, _)
            | Self::DeleteEventType(account, _)
            | Self::PutSecret(account, _)
            | Self::DeleteSecret(account, _)
            | Self::PutActor(account, _)
            | Self::DeleteActor(account, _) => Some(*account),
            Self::RetryNow(id) | Self::Cancel(id) | Self::Quarantine(id) => of(id.webhook()),
            Self::Replay { shares, .. } => shares.first().and_then(|share| of(share.webhook)),
            Self::CreateReplay(new) => Some(new.account),
            Self::CancelReplay(id) => {
                directory.replays().find_map(|(running, account)| (running == *id).then_some(account))
            }
            Self::CreateAccount(_) | Self::RevokeToken(_) | Self::AddSigningKeys(_) | Self::Note(_) => None,
        }
    }
}

/// What an edit gave.
#[derive(Debug, Clone)]
pub enum Edited {
    /// The webhook as it is now.
    Webhook(Arc<Webhook>),
    /// The account as it is now.
    Account(Arc<Account>),
    /// The actor as it is now.
    Actor(Arc<ActorRecord>),
    /// The replay as it is now.
    Replay(Box<Replay>),
    /// How many deliveries were changed.
    Count(u32),
    /// Nothing to report.
    Done,
}

/// Numbers that no one else gets, for what is about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    /// A job's.
    pub job: Seq,
    /// The first of as many webhooks' as were asked for.
    pub webhook: WebhookNo,
}

/// A job to make, with everything that is true once it is.
#[derive(Debug, Clone)]
pub struct CreateJob {
    /// The job. Its id carries a number from [`super::Store::reserve`], and so do those of the
    /// webhooks it names.
    pub job: Job,
    /// Its input: a JSON text.
    pub input: Option<Arc<[u8]>>,
    /// The webhooks that are made with it.
    pub webhooks: Vec<Webhook>,
    /// Its events. A key of one that was used before refuses them all, and the job.
    pub emit: Vec<Accept>,
}

/// A step of a job.
#[derive(Debug, Clone)]
pub struct UpdateJob {
    /// What it was computed from. The step is refused when the job is no longer that.
    pub from: Job,
    /// What it becomes.
    pub to: Job,
    /// Events about it, accepted in the same commit.
    pub emit: Vec<Accept>,
}

/// Something for a run to keep, or to keep no longer.
#[derive(Debug, Clone)]
pub struct PutRecord {
    /// The account that the job belongs to.
    pub account: AccountNo,
    /// The job.
    pub job: JobId,
    /// Under which key.
    pub key: Box<str>,
    /// What; `None`: nothing any longer.
    pub record: Option<RunRecord>,
}

/// Rows to add to a job's results.
#[derive(Debug, Clone)]
pub struct AppendRows {
    /// The account that the job belongs to.
    pub account: AccountNo,
    /// The job. One that is queued runs from now on.
    pub job: JobId,
    /// The number of the first row. Rows that are there already are passed over, which makes a
    /// repetition harmless; a gap is refused. `None`: they come after what is there.
    pub offset: Option<u64>,
    /// The rows.
    pub rows: Arc<ResultRows>,
}
