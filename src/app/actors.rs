//! Declared actors: what is run, and the webhooks that hear of each of its runs.

use std::sync::Arc;

use super::core::App;
use super::pages::{Page, PageRequest, page_by_size};
use super::webhooks::{Approved, WebhookChange, declared_again};
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::directory::Directory;
use crate::domain::id::AccountNo;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::store::audit::Actor;
use crate::store::command::{ActorChange, Edit, Edited};

/// A declaration that was read.
pub struct Declaration {
    /// Whose it is.
    pub id: ActorId,
    /// Its text, to be kept.
    pub text: Box<str>,
    /// The webhooks that there are to be.
    pub webhooks: Vec<Approved>,
}

/// Makes an actor of an account and its webhooks what the declaration says, in one commit. Nothing is stored when
/// they are so already.
///
/// # Errors
/// When the account has too much, or the store cannot.
pub async fn declare(
    app: &App,
    account: AccountNo,
    declaration: Declaration,
    by: Actor,
    now: Timestamp,
) -> Result<Arc<ActorRecord>, Refusal> {
    let Declaration { id, text, webhooks } = declaration;
    let _one_at_a_time = app.editing(account).await;
    let (before, standing) = {
        let directory = app.store.directory();
        let before = directory.actor(account, &id).cloned();
        let standing = before.as_ref().map(|before| made_from(&directory, account, before));
        (before, standing.unwrap_or_default())
    };
    let (make, update, remove) = reconciled(webhooks, standing, now);
    if let Some(before) = &before
        && *before.declaration == *text
        && make.is_empty()
        && remove.is_empty()
        && update.iter().all(WebhookChange::is_none)
    {
        return Ok(Arc::clone(before));
    }
    let actor = ActorRecord {
        id,
        declaration: text.into(),
        webhooks: Vec::new(),
        created_at: before.map_or(now, |before| before.created_at),
        updated_at: now,
    };
    let make = make.into_iter().map(Approved::into_webhook).collect();
    let update = update.into_iter().map(WebhookChange::into_parts).collect();
    let remove = remove.iter().map(|webhook| webhook.no()).collect();
    let change = ActorChange { actor, make, update, remove };
    match app.edit(Edit::PutActor(account, Box::new(change)), by, "actor", now).await? {
        Edited::Actor(actor) => Ok(actor),
        _ => Err(Refusal::new(Code::Internal, "the actor was not declared")),
    }
}

type Reconciled = (Vec<Approved>, Vec<WebhookChange>, Vec<Arc<Webhook>>);

/// Which webhooks are to be made, which are to become what, and which are to go. One that stays keeps
/// its id, its log and its state.
fn reconciled(drafts: Vec<Approved>, mut standing: Vec<Arc<Webhook>>, now: Timestamp) -> Reconciled {
    let (mut make, mut update) = (Vec::new(), Vec::new());
    let alike: [fn(&Webhook, &Webhook) -> bool; 3] = [
        |one, other| *one.wanted_url() == other.url && one.events == other.events,
        |one, other| *one.wanted_url() == other.url,
        // One that has to be confirmed is moved, so that the old target is served meanwhile.
        |one, other| one.events == other.events && other.state == WebhookState::Pending,
    ];
    let mut left = drafts;
    for alike in alike {
        for draft in std::mem::take(&mut left) {
            match standing.iter().position(|webhook| alike(webhook, draft.webhook())) {
                Some(at) => update.push(declared_again(standing.swap_remove(at), draft, now)),
                None => left.push(draft),
            }
        }
    }
    make.extend(left);
    (make, update, standing)
}

/// The declared actor of an id.
///
/// # Errors
/// When there is none.
pub fn find(app: &App, account: AccountNo, id: &ActorId) -> Result<Arc<ActorRecord>, Refusal> {
    app.store.directory().actor(account, id).cloned().ok_or_else(|| Refusal::not_found("actor"))
}

/// The webhooks that were made from an actor's declaration.
#[must_use]
pub fn webhooks_of(app: &App, account: AccountNo, actor: &ActorRecord) -> Vec<Arc<Webhook>> {
    made_from(&app.store.directory(), account, actor)
}

fn made_from(directory: &Directory, account: AccountNo, actor: &ActorRecord) -> Vec<Arc<Webhook>> {
    let there = actor.webhooks.iter().filter_map(|&no| directory.webhook(no));
    there.filter(|webhook| actor.id.owns(account, webhook)).cloned().collect()
}

/// An account's declared actors, by id.
#[must_use]
pub fn list(app: &App, account: AccountNo) -> Vec<Arc<ActorRecord>> {
    app.store.directory().actors(account).cloned().collect()
}

/// A page of them, as many as an answer has room for.
#[must_use]
pub fn page(app: &App, account: AccountNo, page: &PageRequest<String>) -> Page<Arc<ActorRecord>, String> {
    let directory = app.store.directory();
    let bytes = |actor: &Arc<ActorRecord>| actor.declaration.len();
    page_by_size(directory.actors(account).cloned(), |actor| actor.id.to_string(), bytes, page)
}

/// Takes an actor's declaration back, and its webhooks with it.
///
/// # Errors
/// When there is none, or the store cannot.
pub async fn delete(
    app: &App,
    account: AccountNo,
    id: ActorId,
    by: Actor,
    now: Timestamp,
) -> Result<(), Refusal> {
    app.edit(Edit::DeleteActor(account, id), by, "actor", now).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::webhooks::{Asking, Draft, make};
    use crate::domain::id::{WebhookId, WebhookNo};
    use crate::domain::profiles::Profiles;
    use crate::domain::target::TargetPolicy;
    use crate::domain::tls::WebhookTls;

    fn webhook(no: u32, url: &str, events: &[&str]) -> Approved {
        let now = Timestamp::from_millis(5);
        let mut draft = Draft::new(AccountNo(1), now).unwrap();
        draft.id = WebhookId::new(now, WebhookNo(no), no.into());
        draft.settings.events = events.iter().map(|event| event.parse().unwrap()).collect();
        draft.url = Some(url.to_owned());
        let (profiles, targets) = (Profiles::new([]), TargetPolicy::default());
        let asking =
            Asking { profiles: &profiles, targets: &targets, any_certificate: false, secrets: false, now };
        make(draft, &asking).unwrap()
    }

    fn standing(webhook: Approved) -> Arc<Webhook> {
        Arc::new(webhook.into_webhook())
    }

    #[test]
    fn webhooks_follow_their_declaration() {
        let (one, two) = ("https://example.com/1", "https://example.com/2");
        let paused = WebhookState::Paused { since: Timestamp::from_millis(6) };
        let same = Arc::new(Webhook { state: paused, ..webhook(1, one, &["a"]).into_webhook() });
        let tls = Some(Arc::new(WebhookTls { authorities: vec![vec![1].into()], client: None }));
        let other = Arc::new(Webhook { tls: tls.clone(), ..webhook(2, one, &["b"]).into_webhook() });
        let gone = standing(webhook(3, two, &["a"]));
        let drafts = vec![
            webhook(0, one, &["c"]),
            webhook(0, one, &["a"]),
            webhook(0, "https://example.com/3", &["a"]),
        ];
        let now = Timestamp::from_millis(9);
        let standing = vec![Arc::clone(&same), Arc::clone(&other), Arc::clone(&gone)];
        let (make, update, remove) = reconciled(drafts, standing, now);
        assert_eq!(
            make.iter().map(|made| made.webhook().url.as_str()).collect::<Vec<_>>(),
            ["https://example.com/3"]
        );
        assert_eq!(remove, [gone]);
        let update: Vec<_> = update.into_iter().map(WebhookChange::into_parts).collect();
        let [(from, to), (from_other, to_other)] = &update[..] else { panic!("{update:?}") };
        assert_eq!((from, to), (&same, &*same), "with its id, its secret and its state");
        assert_eq!((from_other, to_other.id, &to_other.secrets), (&other, other.id, &other.secrets));
        assert_eq!(to_other.tls, tls, "which its declaration cannot say");
        assert_eq!((to_other.events[0].to_string(), to_other.updated_at), ("c".to_owned(), now));
    }
}
