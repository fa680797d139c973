//! Reading the configuration again while the daemon runs. Everything that can fail comes first: a
//! configuration that is bad anywhere changes nothing. Readers hold watch channels and take a
//! snapshot when they need one; what asks for a restart is named in the log and stays as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus_client::metrics::gauge::Gauge;
use serde_json::{Value, json};
use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::files::{self, Files};
use super::start::Start;
use super::{actors, keys, rules, service_manager};
use crate::admin::Reload;
use crate::api::context::{Context, Rules as ApiRules};
use crate::app::Rules as AppRules;
use crate::clock;
use crate::config::process::Source;
use crate::config::{ConfigChange, ConfigError, Loaded};
use crate::dispatch::Rules as DispatchRules;
use crate::domain::rsa::RsaKey;
use crate::egress::{Egress, EgressError};
use crate::http::problem::{Code, Problem};
use crate::store::Store;
use crate::store::audit::{Actor, Note};
use crate::store::upkeep::RetentionPolicy;
use crate::telemetry::Level;

/// What is in force after a reload, the operator's RSA key, and what differs.
type Changed = (Arc<Loaded>, Option<Arc<RsaKey>>, Vec<ConfigChange>);

/// The configuration in force, as each room sees it.
pub(super) struct Live {
    source: Source,
    level: Level,
    pub(super) egress: Egress,
    pub(super) api: watch::Sender<Arc<ApiRules>>,
    pub(super) app: watch::Sender<Arc<AppRules>>,
    pub(super) dispatch: watch::Sender<Arc<DispatchRules>>,
    pub(super) retention: watch::Sender<RetentionPolicy>,
    pub(super) tls: Option<watch::Sender<TlsAcceptor>>,
    pub(super) admin_tls: Option<watch::Sender<TlsAcceptor>>,
    pub(super) in_force: watch::Sender<Arc<Loaded>>,
}

impl Live {
    pub(super) fn new(start: Start) -> Result<Self, EgressError> {
        let Start { loaded, files, source, level, .. } = start;
        let config = &loaded.config;
        Ok(Self {
            source,
            level,
            egress: Egress::new(rules::egress(config, &files))?,
            api: watch::channel(rules::api(config)).0,
            app: watch::channel(rules::app(config)).0,
            dispatch: watch::channel(rules::dispatch(config)).0,
            retention: watch::channel(rules::retention(config)).0,
            tls: files.tls.map(|tls| watch::channel(tls).0),
            admin_tls: files.admin_tls.map(|tls| watch::channel(tls).0),
            in_force: watch::channel(Arc::new(loaded)).0,
        })
    }

    /// Reads the configuration again whenever the process is sent SIGHUP or somebody asks, until
    /// no one can ask any more. `successful` says how the last time went.
    pub(super) async fn follow(
        self,
        (context, store): (Arc<Context>, Store),
        mut hangups: Signal,
        mut asked: mpsc::Receiver<Reload>,
        successful: Gauge,
    ) {
        loop {
            let (by, reply) = tokio::select! {
                _ = hangups.recv() => (Actor::Daemon, None),
                asked = asked.recv() => match asked {
                    Some(Reload { by, reply }) => (by, Some(reply)),
                    None => return,
                },
            };
            service_manager::reloading();
            let done = self.reload(&context, &store, by).await;
            successful.set(done.is_ok().into());
            service_manager::ready();
            if let Some(reply) = reply {
                let _ = reply.send(done.map_err(|error| refusal(&error)));
            }
        }
    }

    async fn reload(&self, context: &Context, store: &Store, by: Actor) -> Result<Value, ConfigError> {
        let done = tokio::task::block_in_place(|| self.change(store));
        match &done {
            Ok((new, rs256, changes)) => {
                log_changes(new, changes);
                enter(store, changes, by).await;
                if let Err(error) = keys::signing_keys(store, rs256.clone()).await {
                    tracing::error!("signing.rs256_key_file: the new key is not used: {error:#}");
                }
                if let Some(directory) = &new.config.actors_dir {
                    actors::load_actors(context, directory).await;
                }
            }
            Err(error) => {
                for problem in &error.0 {
                    tracing::error!(%problem, "the configuration is invalid; the old one stays in force");
                }
            }
        }
        done.map(|(new, _, changes)| report(&new, &changes))
    }

    /// Puts what is written now in force; it, and what differs.
    fn change(&self, store: &Store) -> Result<Changed, ConfigError> {
        let old = Arc::clone(&self.in_force.borrow());
        let loaded = self.source.load()?;
        let files = files::read(&loaded)?;
        keep_profiles(&old, &loaded, store)?;
        let (new, changes) = old.then(loaded);
        let failed = |error: EgressError| ConfigError(vec![old.problem("egress", error.to_string())]);
        self.egress.change(rules::egress(&new.config, &files)).map_err(failed)?;
        let new = Arc::new(new);
        self.put(&new, &files, store);
        Ok((new, files.rs256, changes))
    }

    fn put(&self, new: &Arc<Loaded>, files: &Files, store: &Store) {
        let config = &new.config;
        if let Err(error) = self.level.change(&config.log.level) {
            tracing::error!(error, "log.level stays as it was");
        }
        self.api.send_replace(rules::api(config));
        self.app.send_replace(rules::app(config));
        self.dispatch.send_replace(rules::dispatch(config));
        self.retention.send_replace(rules::retention(config));
        store.set_quotas(config.quotas.held);
        for (tls, new) in [(&self.tls, &files.tls), (&self.admin_tls, &files.admin_tls)] {
            if let Some((tls, new)) = tls.as_ref().zip(new.clone()) {
                tls.send_replace(new);
            }
        }
        self.in_force.send_replace(Arc::clone(new));
    }
}

/// Enters into the audit log which settings are others now. Their values are not: some are secrets.
async fn enter(store: &Store, changes: &[ConfigChange], by: Actor) {
    let of = |needs_restart| {
        let some = changes.iter().filter(|change| change.needs_restart == needs_restart);
        some.map(|change| change.key.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (changed, waiting) = (of(false), of(true));
    let detail = match (changed.as_str(), waiting.as_str()) {
        ("", "") => "no setting changed".to_owned(),
        (changed, "") => format!("changed: {changed}"),
        ("", waiting) => format!("after a restart: {waiting}"),
        (changed, waiting) => format!("changed: {changed}; after a restart: {waiting}"),
    };
    if let Err(error) = store.note(Note::global("config.reload", "", detail), by, clock::now()).await {
        tracing::warn!(%error, "the reload is not in the audit log");
    }
}

/// Refuses to lose a profile that webhooks name.
fn keep_profiles(old: &Loaded, new: &Loaded, store: &Store) -> Result<(), ConfigError> {
    let mut lost: BTreeMap<String, usize> = BTreeMap::new();
    for webhook in store.directory().webhooks() {
        let had = |loaded: &Loaded| loaded.config.profiles.get(&webhook.profile).is_some();
        if had(old) && !had(new) {
            *lost.entry(webhook.profile.clone()).or_default() += 1;
        }
    }
    let problem = |(name, count): (String, usize)| {
        let remedy = "keep it, or give them another profile first";
        old.problem(&format!("profiles.{name}"), format!("is gone, but {count} webhooks use it; {remedy}"))
    };
    let problems: Vec<_> = lost.into_iter().map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(ConfigError(problems)) }
}

fn log_changes(new: &Loaded, changes: &[ConfigChange]) {
    for warning in &new.warnings {
        tracing::warn!("{warning}");
    }
    for ConfigChange { key, from, to, needs_restart } in changes {
        if *needs_restart {
            tracing::warn!(key, %from, %to, "changed, but needs a restart");
        } else {
            tracing::info!(key, %from, %to, "changed");
        }
    }
    tracing::info!("configuration reloaded");
}

fn report(new: &Loaded, changes: &[ConfigChange]) -> Value {
    let of = |needs_restart| {
        let some = changes.iter().filter(move |change| change.needs_restart == needs_restart);
        some.map(ConfigChange::json).collect::<Value>()
    };
    json!({"changed": of(false), "needs_restart": of(true), "warnings": new.warnings})
}

fn refusal(error: &ConfigError) -> Problem {
    let problem = Problem::new(Code::Invalid, "the configuration is invalid; the old one stays in force");
    error.0.iter().fold(problem, |whole, one| {
        let key = one.key.as_deref().unwrap_or_default();
        let pointer = key.split('.').filter(|part| !part.is_empty()).map(|part| format!("/{part}"));
        whole.at(pointer.collect::<String>(), one.to_string())
    })
}

/// The configuration in force, each setting with where it was written.
pub(super) fn shown(loaded: &Loaded) -> Value {
    let setting = |setting: &crate::config::Setting| json!({"key": setting.key, "value": setting.value, "source": setting.source});
    json!({"settings": loaded.settings.iter().map(setting).collect::<Value>()})
}
