//! What is small and asked for all the time, in memory: accounts, tokens, webhooks, event types.
//! The store keeps it equal to what it has committed.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::account::{Account, Token};
use super::actor::{ActorId, ActorRecord};
use super::dialect::Dialect;
use super::event::Key;
use super::event_type::{EventType, EventTypeRecord};
use super::fanout::{Found, Index};
use super::id::{AccountNo, ReplayId, WebhookId, WebhookNo};
use super::name::WebhookName;
use super::quota::Held;
use super::scope::Scope;
use super::secret::{SecretName, SecretRecord};
use super::signing_key::{SigningKey, SigningKeys};
use super::subscriptions::Subscriptions;
use super::webhook::Webhook;

/// Everything that is mirrored in memory.
#[derive(Debug, Default)]
pub struct Directory {
    accounts: BTreeMap<AccountNo, Arc<Account>>,
    tokens: HashMap<[u8; 32], Arc<Token>>,
    webhooks: BTreeMap<WebhookNo, Arc<Webhook>>,
    /// Webhooks by their names.
    named: HashMap<(AccountNo, WebhookName), WebhookNo>,
    /// Webhooks by their owners' own keys.
    keyed: HashMap<(AccountNo, Dialect, Key), WebhookNo>,
    /// Webhooks that take one event only, by what they are bound to.
    one_shots: HashMap<(AccountNo, Scope), BTreeSet<WebhookNo>>,
    /// Replays that have not ended.
    replays: BTreeMap<ReplayId, AccountNo>,
    /// What each account holds, and what all do.
    held: BTreeMap<AccountNo, Held>,
    held_by_all: Held,
    event_types: BTreeMap<(AccountNo, EventType), Arc<EventTypeRecord>>,
    secrets: BTreeMap<AccountNo, BTreeMap<SecretName, Arc<SecretRecord>>>,
    actors: BTreeMap<(AccountNo, ActorId), Arc<ActorRecord>>,
    signing_keys: Arc<SigningKeys>,
    index: Index,
    subscriptions: Subscriptions,
}

impl Directory {
    /// Adds or replaces an account.
    pub fn put_account(&mut self, account: Account) {
        self.accounts.insert(account.no(), Arc::new(account));
    }

    /// The account of a number.
    #[must_use]
    pub fn account(&self, no: AccountNo) -> Option<&Arc<Account>> {
        self.accounts.get(&no)
    }

    /// Every account, oldest first.
    pub fn accounts(&self) -> impl DoubleEndedIterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// The account of a name.
    #[must_use]
    pub fn account_named(&self, name: &str) -> Option<&Arc<Account>> {
        self.accounts.values().find(|account| account.name == name)
    }

    /// Adds or replaces a token.
    pub fn put_token(&mut self, token: Token) {
        self.remove_token(&token.digest);
        self.hold(token.account, Held::default(), Held::of_token(&token));
        self.tokens.insert(token.digest, Arc::new(token));
    }

    /// Takes a token away.
    pub fn remove_token(&mut self, digest: &[u8; 32]) {
        if let Some(old) = self.tokens.remove(digest) {
            self.hold(old.account, Held::of_token(&old), Held::default());
        }
    }

    /// The token of a digest. A digest is compared, never a token's text, so the time this takes
    /// reveals nothing about a token.
    #[must_use]
    pub fn token(&self, digest: &[u8; 32]) -> Option<&Arc<Token>> {
        self.tokens.get(digest)
    }

    /// Every token, in no order.
    pub fn tokens(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.tokens.values()
    }

    /// Adds or replaces a webhook.
    pub fn put_webhook(&mut self, webhook: Arc<Webhook>) {
        self.remove_webhook(webhook.no());
        self.index.insert(&webhook);
        self.subscriptions.insert(&webhook);
        self.hold(webhook.account, Held::default(), Held::of_webhook(&webhook));
        if let Some(name) = webhook.name.clone() {
            self.named.insert((webhook.account, name), webhook.no());
        }
        if let Some(key) = key_of(&webhook) {
            self.keyed.insert(key, webhook.no());
        }
        if let Some(bound) = bound(&webhook) {
            self.one_shots.entry(bound).or_default().insert(webhook.no());
        }
        self.webhooks.insert(webhook.no(), webhook);
    }

    /// Takes a webhook away.
    pub fn remove_webhook(&mut self, no: WebhookNo) {
        let Some(old) = self.webhooks.remove(&no) else { return };
        self.index.remove(&old);
        self.subscriptions.remove(&old);
        self.hold(old.account, Held::of_webhook(&old), Held::default());
        if let Some(name) = old.name.clone() {
            self.named.remove(&(old.account, name));
        }
        if let Some(key) = key_of(&old) {
            self.keyed.remove(&key);
        }
        if let Some(bound) = bound(&old)
            && let Entry::Occupied(mut others) = self.one_shots.entry(bound)
        {
            others.get_mut().remove(&no);
            if others.get().is_empty() {
                others.remove();
            }
        }
    }

    /// The webhook of a number.
    #[must_use]
    pub fn webhook(&self, no: WebhookNo) -> Option<&Arc<Webhook>> {
        self.webhooks.get(&no)
    }

    /// The webhook of an id, if it belongs to `account`.
    #[must_use]
    pub fn webhook_of(&self, account: AccountNo, id: WebhookId) -> Option<&Arc<Webhook>> {
        self.webhook(id.no()).filter(|webhook| webhook.id == id && webhook.account == account)
    }

    /// The webhook of a number that something of an account names, if it is that account's: numbers of webhooks
    /// that are gone are given again, to other accounts too.
    #[must_use]
    pub fn webhook_in(&self, account: AccountNo, no: WebhookNo) -> Option<&Arc<Webhook>> {
        self.webhook(no).filter(|webhook| webhook.account == account)
    }

    /// Every webhook, oldest first.
    pub fn webhooks(&self) -> impl DoubleEndedIterator<Item = &Arc<Webhook>> {
        self.webhooks.values()
    }

    /// The subscriptions by target.
    #[must_use]
    pub fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// The webhook of a name.
    #[must_use]
    pub fn webhook_named(&self, account: AccountNo, name: &WebhookName) -> Option<&Arc<Webhook>> {
        self.webhook(*self.named.get(&(account, name.clone()))?)
    }

    /// The webhook that `like`'s owner made under the same key.
    #[must_use]
    pub fn webhook_keyed_as(&self, like: &Webhook) -> Option<&Arc<Webhook>> {
        self.webhook(*self.keyed.get(&key_of(like)?)?)
    }

    /// The webhooks bound to something that take one event only.
    #[must_use]
    pub fn one_shots_of(&self, account: AccountNo, scope: &Scope) -> Vec<WebhookNo> {
        let found = self.one_shots.get(&(account, scope.clone()));
        found.into_iter().flatten().copied().collect()
    }

    /// What an account holds.
    #[must_use]
    pub fn held_by(&self, account: AccountNo) -> Held {
        self.held.get(&account).copied().unwrap_or_default()
    }

    /// What all accounts hold.
    #[must_use]
    pub fn held_by_all(&self) -> Held {
        self.held_by_all
    }

    fn hold(&mut self, account: AccountNo, before: Held, after: Held) {
        let held = self.held.entry(account).or_default();
        *held = *held - before + after;
        self.held_by_all = self.held_by_all - before + after;
    }

    /// Adds a replay that has not ended.
    pub fn put_replay(&mut self, id: ReplayId, account: AccountNo) {
        if self.replays.insert(id, account).is_none() {
            self.hold(account, Held::default(), Held::of_replay());
        }
    }

    /// Takes away a replay that has ended.
    pub fn remove_replay(&mut self, id: ReplayId) {
        if let Some(account) = self.replays.remove(&id) {
            self.hold(account, Held::of_replay(), Held::default());
        }
    }

    /// The replays that have not ended, oldest first.
    pub fn replays(&self) -> impl Iterator<Item = (ReplayId, AccountNo)> {
        self.replays.iter().map(|(id, account)| (*id, *account))
    }

    /// How many webhooks there are.
    #[must_use]
    pub fn webhook_count(&self) -> usize {
        self.webhooks.len()
    }

    /// Adds or replaces a declared event type.
    pub fn put_event_type(&mut self, account: AccountNo, record: EventTypeRecord) {
        self.remove_event_type(account, &record.name);
        self.hold(account, Held::default(), Held::of_event_type(&record));
        self.event_types.insert((account, record.name.clone()), Arc::new(record));
    }

    /// Takes a declared event type away.
    pub fn remove_event_type(&mut self, account: AccountNo, name: &EventType) {
        if let Some(old) = self.event_types.remove(&(account, name.clone())) {
            self.hold(account, Held::of_event_type(&old), Held::default());
        }
    }

    /// The declared event type of a name.
    #[must_use]
    pub fn event_type(&self, account: AccountNo, name: &EventType) -> Option<&Arc<EventTypeRecord>> {
        self.event_types.get(&(account, name.clone()))
    }

    /// An account's declared event types, by name.
    pub fn event_types(&self, account: AccountNo) -> impl DoubleEndedIterator<Item = &Arc<EventTypeRecord>> {
        self.event_types.iter().filter(move |((of, _), _)| *of == account).map(|(_, record)| record)
    }

    /// Sets a secret.
    pub fn put_secret(&mut self, account: AccountNo, record: SecretRecord) {
        self.remove_secret(account, &record.name);
        self.hold(account, Held::default(), Held::of_secret(&record));
        self.secrets.entry(account).or_default().insert(record.name.clone(), Arc::new(record));
    }

    /// Takes a secret away.
    pub fn remove_secret(&mut self, account: AccountNo, name: &SecretName) {
        let old = self.secrets.get_mut(&account).and_then(|secrets| secrets.remove(name));
        if let Some(old) = old {
            self.hold(account, Held::of_secret(&old), Held::default());
        }
    }

    /// An account's secrets, by name.
    pub fn secrets(&self, account: AccountNo) -> impl DoubleEndedIterator<Item = &Arc<SecretRecord>> {
        self.secrets.get(&account).into_iter().flat_map(BTreeMap::values)
    }

    /// The secret of a name.
    #[must_use]
    pub fn secret(&self, account: AccountNo, name: &str) -> Option<&Arc<SecretRecord>> {
        self.secrets.get(&account)?.get(name)
    }

    /// Adds or replaces a declared actor.
    pub fn put_actor(&mut self, account: AccountNo, actor: Arc<ActorRecord>) {
        self.remove_actor(account, &actor.id);
        self.hold(account, Held::default(), Held::of_actor(&actor));
        self.actors.insert((account, actor.id.clone()), actor);
    }

    /// Takes a declared actor away.
    pub fn remove_actor(&mut self, account: AccountNo, id: &ActorId) {
        if let Some(old) = self.actors.remove(&(account, id.clone())) {
            self.hold(account, Held::of_actor(&old), Held::default());
        }
    }

    /// The declared actor of an id.
    #[must_use]
    pub fn actor(&self, account: AccountNo, id: &ActorId) -> Option<&Arc<ActorRecord>> {
        self.actors.get(&(account, id.clone()))
    }

    /// An account's declared actors, by id.
    pub fn actors(&self, account: AccountNo) -> impl DoubleEndedIterator<Item = &Arc<ActorRecord>> {
        self.actors.iter().filter(move |((of, _), _)| *of == account).map(|(_, actor)| actor)
    }

    /// The daemon's signing keys.
    #[must_use]
    pub fn signing_keys(&self) -> Arc<SigningKeys> {
        Arc::clone(&self.signing_keys)
    }

    /// Adds a signing key.
    pub fn put_signing_key(&mut self, no: u64, key: SigningKey) {
        self.signing_keys = Arc::new(self.signing_keys.with(no, key));
    }

    /// Takes a signing key away.
    pub fn remove_signing_key(&mut self, no: u64) {
        self.signing_keys = Arc::new(self.signing_keys.without(no));
    }

    /// The webhooks of `account` that listen to `event_type` and to one of the things the event is `about`,
    /// in order.
    #[must_use]
    pub fn listeners(&self, account: AccountNo, event_type: &EventType, about: &[Scope]) -> Found {
        self.index.listeners(account, event_type, about)
    }
}

fn key_of(webhook: &Webhook) -> Option<(AccountNo, Dialect, Key)> {
    let key = webhook.terms.key.clone()?;
    Some((webhook.account, webhook.terms.dialect, key))
}

fn bound(webhook: &Webhook) -> Option<(AccountNo, Scope)> {
    let scope = webhook.terms.scope.clone().filter(|_| webhook.terms.once)?;
    Some((webhook.account, scope))
}
