//! Making and changing webhooks. Whatever API, declaration or job asks for a webhook, it is checked here
//! and nowhere else: only this file makes an [`Approved`] or a [`WebhookChange`], and the store is given no other.

mod draft;

use std::sync::Arc;
use std::time::Duration;

pub use self::draft::{Asking, Draft, Fault, Member, fresh_secret, unfit_secret};
use self::draft::{Faults, checked};
use crate::domain::event_type::EventPattern;
use crate::domain::id::{JobId, Seq, WebhookId, WebhookNo};
use crate::domain::scope::Scope;
use crate::domain::secret::SecretSet;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Webhook, WebhookState};

/// A new webhook that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved(Webhook);

impl Approved {
    /// The webhook; the number in its id is the store's to give.
    #[must_use]
    pub fn webhook(&self) -> &Webhook {
        &self.0
    }

    /// The webhook, for a command that makes it together with other things.
    #[must_use]
    pub fn into_webhook(self) -> Webhook {
        self.0
    }

    /// With the events that `wanted` keeps; `None` when that is none.
    #[must_use]
    pub fn listening(mut self, wanted: impl FnMut(&EventPattern) -> bool) -> Option<Self> {
        self.0.events.retain(wanted);
        (!self.0.events.is_empty()).then_some(self)
    }

    /// Bound to one job, under a number that was reserved: it takes one event, and goes.
    #[must_use]
    pub fn bound_to(self, job: JobId, no: WebhookNo) -> Self {
        let mut webhook = self.0;
        let random = u64::from_be_bytes(webhook.id.to_bytes().last_chunk().copied().unwrap_or_default());
        webhook.id = WebhookId::new(webhook.created_at, no, random);
        (webhook.terms.scope, webhook.terms.once) = (Some(Scope::of("job", job)), true);
        Self(webhook)
    }
}

/// A change of a webhook that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookChange {
    from: Arc<Webhook>,
    to: Webhook,
}

impl WebhookChange {
    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self.from == self.to
    }

    /// Which members it changes.
    #[must_use]
    pub fn members(&self) -> Vec<&'static str> {
        self.from.differing(&self.to)
    }

    /// What it becomes.
    #[must_use]
    pub fn to(&self) -> &Webhook {
        &self.to
    }

    /// What it was computed from, and what it becomes.
    #[must_use]
    pub fn into_parts(self) -> (Arc<Webhook>, Webhook) {
        (self.from, self.to)
    }
}

/// Checks a new webhook.
///
/// # Errors
/// Names every member that cannot be as it is asked for.
pub fn make(draft: Draft, asking: &Asking<'_>) -> Result<Approved, Vec<Fault>> {
    let mut faults = Faults::default();
    if draft.url.is_none() && !draft.listener {
        faults.add(Member::Url, "is required");
    }
    let webhook = checked(draft, None, asking, &mut faults);
    let approved = |webhook| Approved(Webhook { state: unconfirmed(&webhook, asking), ..webhook });
    faults.unless(webhook.map(approved))
}

/// Checks what a webhook is to become.
///
/// # Errors
/// Names every member that cannot be as it is asked for.
pub fn change(from: Arc<Webhook>, draft: Draft, asking: &Asking<'_>) -> Result<WebhookChange, Vec<Fault>> {
    let mut faults = Faults::default();
    let given = draft.url.is_some();
    if draft.settings.ordering != from.ordering {
        faults.add(Member::Ordering, "cannot be changed after a webhook is created; create another one");
    }
    let to = checked(draft, Some(&from), asking, &mut faults).map(|to| {
        let updated_at = later(&from, asking.now);
        let mut to = Webhook { dropping: from.dropping, created_at: from.created_at, updated_at, ..to };
        settle_target(&from, &mut to, given, asking);
        to
    });
    faults.unless(to.map(|to| WebhookChange { from, to }))
}

/// What a webhook that stands becomes when it is declared again as `draft`: it keeps its id, its secrets,
/// its log and its state.
#[must_use]
pub fn declared_again(from: Arc<Webhook>, draft: Approved, now: Timestamp) -> WebhookChange {
    let to_be = draft.0.state;
    let mut to = Webhook {
        id: from.id,
        name: from.name.clone(),
        managed_by: from.managed_by.clone(),
        secrets: from.secrets.clone(),
        tls: from.tls.clone(),
        state: from.state,
        collect: from.collect,
        dropping: from.dropping,
        created_at: from.created_at,
        updated_at: from.updated_at,
        ..draft.into_webhook()
    };
    let unconfirmed = to_be == WebhookState::Pending && from.state != WebhookState::Pending;
    if unconfirmed && to.url == *from.wanted_url() {
        (to.url, to.pending_url) = (from.url.clone(), from.pending_url.clone());
    } else if unconfirmed {
        let wanted = std::mem::replace(&mut to.url, from.url.clone());
        to.pending_url = Some(wanted).filter(|wanted| *wanted != from.url);
    }
    if to != *from {
        to.updated_at = later(&from, now);
    }
    WebhookChange { from, to }
}

/// When a webhook that is changed now was changed: each time later than the time before.
fn later(from: &Webhook, now: Timestamp) -> Timestamp {
    now.max(from.updated_at.plus(Duration::from_millis(1)))
}

/// A webhook that gets nothing until it is resumed.
///
/// # Errors
/// When it is in no state for that.
pub fn pause(from: Arc<Webhook>, now: Timestamp) -> Result<WebhookChange, WrongState> {
    match from.state {
        WebhookState::Pending | WebhookState::Removed { .. } => return Err(WrongState),
        _ if from.expired(now) => return Err(WrongState),
        WebhookState::Active | WebhookState::Paused { .. } | WebhookState::Disabled { .. } => {}
    }
    let to = Webhook {
        state: WebhookState::Paused { since: now },
        updated_at: later(&from, now),
        ..Webhook::clone(&from)
    };
    Ok(WebhookChange { from, to })
}

/// What becomes of what waits for a webhook that is resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backlog {
    /// It is sent.
    Deliver,
    /// What there is of events up to this one is called off.
    Drop(Seq),
}

/// A webhook that is served again. One that awaits its confirmation, or was given up, has its receiver asked
/// now; one that was only paused is served where its receiver confirmed it.
///
/// # Errors
/// When it is in no state for that.
pub fn resume(
    from: Arc<Webhook>,
    backlog: Backlog,
    asking: &Asking<'_>,
) -> Result<WebhookChange, WrongState> {
    if matches!(from.state, WebhookState::Removed { .. }) || from.expired(asking.now) {
        return Err(WrongState);
    }
    let mut to = Webhook {
        state: WebhookState::Active,
        updated_at: later(&from, asking.now),
        ..Webhook::clone(&from)
    };
    if matches!(from.state, WebhookState::Pending | WebhookState::Disabled { .. }) {
        (to.url, to.pending_url) = (from.wanted_url().clone(), None);
        to.state = unconfirmed(&to, asking);
    }
    if let Backlog::Drop(up_to) = backlog {
        to.dropping = Some(up_to);
    }
    Ok(WebhookChange { from, to })
}

/// A webhook that signs with other secrets.
#[must_use]
pub fn with_secrets(from: Arc<Webhook>, secrets: SecretSet, now: Timestamp) -> WebhookChange {
    let to = Webhook { secrets, updated_at: later(&from, now), ..Webhook::clone(&from) };
    WebhookChange { from, to }
}

/// The webhook is in no state for what is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongState;

/// The state of a webhook that is to be served from now on, if its receiver wants it.
fn unconfirmed(webhook: &Webhook, asking: &Asking<'_>) -> WebhookState {
    match asking.profiles.verification(webhook) {
        Some(_) => WebhookState::Pending,
        None => WebhookState::Active,
    }
}

/// Decides where a changed webhook is served. One whose receiver has to confirm the change, be it another
/// target or another way to confirm, is served where it was until that is done, so nothing is lost meanwhile.
fn settle_target(from: &Webhook, to: &mut Webhook, given: bool, asking: &Asking<'_>) {
    to.state = from.state;
    let target = if given { to.url.clone() } else { from.wanted_url().clone() };
    let (was, is) = (asking.profiles.verification(from), asking.profiles.verification(to));
    if from.state == WebhookState::Pending || is.is_none() {
        (to.url, to.pending_url) = (target, None);
        if from.state == WebhookState::Pending {
            to.state = unconfirmed(to, asking);
        }
        return;
    }
    to.url = from.url.clone();
    to.pending_url = match given || is != was {
        true => Some(target).filter(|target| *target != from.url || is != was),
        false => from.pending_url.clone(),
    };
}
