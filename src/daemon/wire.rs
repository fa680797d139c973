//! The second step of a start: the parts get to know each other, and their tasks start.

use std::fs::File;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(feature = "otlp")]
use anyhow::Context as _;
use prometheus_client::registry::Registry;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::figures::Figures;
use super::listeners::SocketFile;
use super::open::Open;
use super::reload::{self, Live};
use super::signals::{Signals, StopSignals};
use super::{actors, background, backups, process, watchdog};
use crate::admin::{Admin, AdminContext};
use crate::api::context::{Context, DispatchInfo};
use crate::api::dialects::job_dialects;
use crate::api::metrics::ApiMetrics;
use crate::api::router::Api;
use crate::app::{App, listening};
use crate::config::{Config, Loaded};
use crate::dispatch::Waits;
use crate::domain::delivery::DueRow;
use crate::domain::id::WebhookNo;
use crate::domain::waiting::Waiting;
use crate::domain::webhook::ReceiverHealth;
use crate::http::server::{self, Bounds};
use crate::store::Store;
use crate::telemetry::metrics::{BackupFigures, Metrics};
#[cfg(feature = "otlp")]
use crate::telemetry::otlp;
use crate::{clock, dispatch, limits};

/// A daemon whose tasks run.
pub(super) struct Daemon {
    pub(super) store: Store,
    pub(super) in_force: watch::Receiver<Arc<Loaded>>,
    pub(super) dispatch: dispatch::Handle,
    /// The base URLs of the API and of the admin listener.
    pub(super) urls: [String; 2],
    /// Someone asked over the admin listener that the daemon stops.
    pub(super) drain: Arc<Notify>,
    /// Turns true when the daemon begins to stop: requests that wait give up then.
    pub(super) draining: watch::Sender<bool>,
    /// Turns true when the API and the background tasks are to end.
    pub(super) stop: watch::Sender<bool>,
    pub(super) api: JoinHandle<()>,
    pub(super) background: JoinSet<()>,
    /// Turns true when the admin listener is to end, the last of all.
    pub(super) stop_admin: watch::Sender<bool>,
    pub(super) admin: JoinHandle<()>,
    #[cfg(feature = "otlp")]
    pub(super) export: Option<otlp::Export>,
    /// Held to the end: anyone who moves the store away must not start another daemon in its place.
    _held: File,
    _socket_file: Option<SocketFile>,
}

/// Makes the parts and starts their tasks. From here on requests are accepted.
pub(super) async fn wire(open: Open) -> anyhow::Result<(Daemon, StopSignals)> {
    let Open { live, loaded, opened, signals, listener, admin_listener, held } = open;
    let Signals { stop: signals, hangup } = signals;
    let config = &loaded.config;
    let in_force = live.in_force.subscribe();
    let store = opened.store.clone();
    let urls = [listener.url.clone(), admin_listener.url.clone()];
    let public_url: Arc<str> = config.public_url.clone().unwrap_or(listener.url).into();
    let Registered { registry, metrics, api_metrics, backup_figures } = register(config.metrics.per_webhook);
    #[cfg(feature = "otlp")]
    let (spans, export) =
        config.otlp.as_deref().map(otlp::start).transpose().context("otlp.endpoint")?.unzip();
    // From here on a write that finds no room waits for it; before, the start fails.
    store.let_writes_wait(true);
    let dispatch = dispatch::start(dispatch::Parts {
        opened,
        egress: live.egress.clone(),
        rules: live.dispatch.subscribe(),
        metrics: Arc::clone(&metrics),
        public_url: Arc::clone(&public_url),
        #[cfg(feature = "otlp")]
        spans,
    });

    let (draining, drains) = watch::channel(false);
    let context = context(&live, &store, &dispatch, public_url, api_metrics, drains).await;
    if let Some(directory) = &config.actors_dir {
        actors::load_actors(&context, directory).await;
    }
    let (stop, stopping) = watch::channel(false);
    let background =
        background(config, &live, &store, &context.app, &dispatch, backup_figures.clone(), &stopping);
    let api = Arc::new(Api::new(Arc::clone(&context))?);
    let figures = Figures::new(store.clone(), dispatch.status.clone(), metrics, registry);
    // The channel holds one request to reload, so that those who ask while one runs share the next.
    let (reloads, asked) = mpsc::channel(1);
    let asked_of = (Arc::clone(&context), store.clone());
    tokio::spawn(live.follow(asked_of, hangup, asked, figures.reload_successful()));
    let drain = Arc::new(Notify::new());
    let admin = Arc::new(Admin::new(AdminContext {
        api: context,
        store: store.clone(),
        reload: reloads,
        config: settings_shown(in_force.clone()),
        dispatch: dispatch.status.clone(),
        metrics: Box::new(move || figures.text()),
        drain: Arc::clone(&drain),
        backups: backup_figures,
        started_at: clock::now(),
    }));
    let api = tokio::spawn(server::serve(listener.listener, api, bounds(), stopping));
    // Probes and metrics are served while requests and attempts end.
    let (stop_admin, admin_stopping) = watch::channel(false);
    let admin = tokio::spawn(server::serve(admin_listener.listener, admin, bounds(), admin_stopping));
    // Never stopped: a stop that hangs is to be noticed too.
    tokio::spawn(watchdog::run(dispatch.status.clone()));
    let daemon = Daemon {
        store,
        in_force,
        dispatch,
        urls,
        drain,
        draining,
        stop,
        api,
        background,
        stop_admin,
        admin,
        #[cfg(feature = "otlp")]
        export,
        _held: held,
        _socket_file: admin_listener.file,
    };
    Ok((daemon, signals))
}

/// The settings in force, as the admin API shows them.
fn settings_shown(in_force: watch::Receiver<Arc<Loaded>>) -> Box<dyn Fn() -> Value + Send + Sync> {
    Box::new(move || reload::shown(&in_force.borrow()))
}

/// The metrics that the parts count in, registered.
struct Registered {
    registry: Registry,
    metrics: Arc<Metrics>,
    api_metrics: ApiMetrics,
    backup_figures: BackupFigures,
}

fn register(per_webhook: usize) -> Registered {
    let mut registry = Registry::with_prefix("ringback");
    let metrics = Arc::new(Metrics::register(&mut registry, per_webhook));
    let api_metrics = ApiMetrics::default();
    api_metrics.register(&mut registry);
    let backup_figures = BackupFigures::register(&mut registry);
    Registered { registry, metrics, api_metrics, backup_figures }
}

async fn context(
    live: &Live,
    store: &Store,
    dispatch: &dispatch::Handle,
    public_url: Arc<str>,
    metrics: ApiMetrics,
    draining: watch::Receiver<bool>,
) -> Arc<Context> {
    let accepted = metrics.events_accepted.clone();
    let app = Arc::new(App::new(
        store.clone(),
        live.app.subscribe(),
        dispatch.listeners.clone(),
        job_dialects(),
        accepted,
    ));
    listening::remove_left_over(&app, clock::now()).await;
    let context = Context::new(app, live.api.subscribe(), public_url, metrics, draining);
    Arc::new(context.with_sends(Box::new(dispatch.waits.clone())))
}

fn background(
    config: &Config,
    live: &Live,
    store: &Store,
    app: &Arc<App>,
    dispatch: &dispatch::Handle,
    backup_figures: BackupFigures,
    stopping: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let (retention, floor) = (live.retention.subscribe(), config.store.disk_free_floor);
    let mut work = background::start(retention, store, app, &dispatch.notices, floor, stopping);
    backups::start(config, store, dispatch.notices.clone(), backup_figures, stopping, &mut work);
    work
}

/// How many connections a listener takes: a part of the descriptors that the process may have.
fn bounds() -> Bounds {
    let connections = process::descriptors() / 4;
    let connections = connections.clamp(limits::LISTENER_CONNECTIONS_LEAST, limits::LISTENER_CONNECTIONS);
    Bounds { connections, ..Bounds::default() }
}

impl DispatchInfo for Waits {
    fn waiting_for(
        &self,
        rows: Vec<(WebhookNo, DueRow)>,
    ) -> Pin<Box<dyn Future<Output = Vec<Option<Waiting>>> + Send>> {
        Box::pin(self.clone().rows(rows))
    }

    fn health(&self, webhooks: Vec<WebhookNo>) -> Pin<Box<dyn Future<Output = Vec<ReceiverHealth>> + Send>> {
        Box::pin(self.clone().health(webhooks))
    }
}
