//! What use cases work with.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Mutex, MutexGuard, oneshot, watch};

use super::auth_failures::AuthFailures;
use super::job_dialect::JobDialects;
use super::refused::refused;
use super::schemas::Schemas;
use super::tenant_work::TenantWork;
use super::token_uses::TokenUses;
use super::webhooks::Asking;
use crate::domain::id::AccountNo;
use crate::domain::profiles::Profiles;
use crate::domain::refusal::Refusal;
use crate::domain::target::TargetPolicy;
use crate::domain::time::Timestamp;
use crate::fair::FairBudget;
use crate::limits;
use crate::listen::Listeners;
use crate::store::audit::Actor;
use crate::store::command::{Edit, Edited};
use crate::store::{Store, StoreError};

/// For what the daemon reads on its own account.
pub const DAEMON: AccountNo = AccountNo(0);
/// Under whose number accounts and tokens themselves are changed.
pub(super) const NO_ACCOUNT: AccountNo = AccountNo(0);

/// What an operator may change while the daemon runs.
pub struct Rules {
    /// The configured profiles.
    pub profiles: Arc<Profiles>,
    /// What the URL gate lets through.
    pub targets: TargetPolicy,
    /// Whether webhooks may ask for any certificate to be taken.
    pub any_certificate: bool,
    /// How long an idempotency key is remembered.
    pub idempotency_window: Duration,
    /// One event's `data` in bytes.
    pub event_data_bytes: usize,
    /// Whether the key for RS256 is the operator's to replace: a file holds it.
    pub rs256_from_file: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            profiles: Arc::new(Profiles::new([])),
            targets: TargetPolicy::default(),
            any_certificate: false,
            idempotency_window: Duration::from_secs(24 * 3600),
            event_data_bytes: limits::EVENT_DATA_BYTES,
            rs256_from_file: false,
        }
    }
}

impl Rules {
    /// What webhooks are checked against; `secrets`: whether the caller may manage the account's secrets.
    #[must_use]
    pub fn asking(&self, secrets: bool, now: Timestamp) -> Asking<'_> {
        let any_certificate = self.any_certificate;
        Asking { profiles: &self.profiles, targets: &self.targets, any_certificate, secrets, now }
    }
}

/// What use cases work with.
pub struct App {
    /// The store. What is asked for is done here.
    pub(super) store: Store,
    rules: watch::Receiver<Arc<Rules>>,
    /// Those who stand for receivers.
    pub(crate) listeners: Listeners,
    pub(super) jobs: JobDialects,
    /// Events made durable; repetitions are not counted.
    pub events_accepted: Counter,
    pub(super) schemas: Schemas,
    /// Work whose cost tenants decide.
    pub tenant_work: TenantWork,
    /// Reads of the store.
    pub reads: FairBudget<AccountNo>,
    /// Uses of tokens that are not stored yet.
    pub token_uses: TokenUses,
    /// Failed authentications that are not in the audit log yet.
    pub auth_failures: AuthFailures,
    /// What accounts are changed under, each under that at its number's place.
    editing: [Mutex<()>; limits::EDITING_PLACES],
}

impl App {
    /// Use cases over a store.
    #[must_use]
    pub fn new(
        store: Store,
        rules: watch::Receiver<Arc<Rules>>,
        listeners: Listeners,
        jobs: JobDialects,
        events_accepted: Counter,
    ) -> Self {
        Self {
            store,
            rules,
            listeners,
            jobs,
            events_accepted,
            schemas: Schemas::default(),
            tenant_work: TenantWork::default(),
            reads: FairBudget::new(limits::ACCOUNT_READS, limits::STORE_READS),
            token_uses: TokenUses::default(),
            auth_failures: AuthFailures::default(),
            editing: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }

    /// Held from reading what is the account's to committing its change, so that no change is lost. Most
    /// other accounts' changes go on meanwhile.
    pub async fn editing(&self, account: AccountNo) -> MutexGuard<'_, ()> {
        let [first, ..] = &self.editing;
        self.editing.get(account.0 as usize % limits::EDITING_PLACES).unwrap_or(first).lock().await
    }

    /// Reads from the store where blocking is allowed, for an account: accounts that wait have their
    /// turn one after the other.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read<T: Send + 'static>(
        &self,
        account: AccountNo,
        read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.blocking(account, Box::new(move |store| drop(answer.send(read(store))))).await;
        answered.await.map_err(|_| StoreError::Unavailable)?
    }

    /// Apart from [`App::read`], and without its types: the runtime's code for a task of its own would
    /// stand in the binary once for each of the hundred things that are read.
    async fn blocking(&self, account: AccountNo, work: Box<dyn FnOnce(&Store) + Send>) {
        let permit = self.reads.take(account).await;
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&store);
        });
    }

    /// Carries out an edit.
    ///
    /// # Errors
    /// When the store cannot, or refuses it; `what` is the thing that may not exist.
    pub(super) async fn edit(
        &self,
        edit: Edit,
        by: Actor,
        what: &'static str,
        now: Timestamp,
    ) -> Result<Edited, Refusal> {
        self.store.edit(edit, by, now).await?.map_err(|why| refused(&why, what))
    }
}
