//! The only place that wires: the store, the way out, dispatch, the listeners, signals, readiness
//! and the drain.

mod actors;
mod background;
mod backups;
mod figures;
pub mod files;
pub mod keys;
mod leap;
pub mod listeners;
mod process;
mod reload;
mod rules;
mod watchdog;

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use prometheus_client::registry::Registry;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc, watch};

use crate::admin::{Admin, AdminContext};
use crate::api::context::Context;
use crate::api::metrics::ApiMetrics;
use crate::api::router::Api;
use crate::api::server::{self, Bounds};
use crate::clock;
use crate::config::process::Source;
use crate::config::{Config, Listen, Loaded};
use crate::dispatch;
use crate::limits;
use crate::store::audit::Note;
use crate::store::command::Actor;
use crate::store::{OpenOptions, Store};
use crate::telemetry::Level;
use crate::telemetry::metrics::{BackupFigures, Metrics};
#[cfg(feature = "otlp")]
use crate::telemetry::otlp;
use figures::Figures;
use files::Files;
use listeners::Sockets;
use reload::Live;

/// Why the daemon stops.
enum Why {
    Signal(&'static str),
    Asked,
    /// A failure; the daemon ends with an error, for its supervisor to start it again.
    Failed(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => f.write_str(name),
            Self::Asked => f.write_str("asked over the admin listener"),
            Self::Failed(reason) => f.write_str(reason),
        }
    }
}

/// What the daemon starts with.
pub struct Start {
    /// The configuration.
    pub loaded: Loaded,
    /// What the files that it names held.
    pub files: Files,
    /// Where it comes from.
    pub source: Source,
    /// Which log lines there are.
    pub level: Level,
    /// Sockets that the service manager handed over.
    pub sockets: Sockets,
}

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// When it cannot start, or its store fails while it runs.
pub fn run(start: Start) -> anyhow::Result<()> {
    process::keep_out_of_core_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(start))
}

async fn serve(mut start: Start) -> anyhow::Result<()> {
    process::take_descriptors();
    let signals = Signals::new()?;
    let hangups = signal(SignalKind::hangup())?;
    let Sockets { api: api_socket, admin: admin_socket } = std::mem::take(&mut start.sockets);
    let rs256 = start.files.rs256.take();
    let live = Live::new(start)?;
    let in_force = live.in_force.subscribe();
    let loaded = Arc::clone(&in_force.borrow());
    let config = &loaded.config;
    keys::private_directory(&config.data_dir)?;
    // Held to the end: whoever moves the store away must not start another daemon in its place.
    let _held = process::hold_directory(&config.data_dir)?;
    keys::warn_of_open_files(config);
    let opened = open_store(config).await?;
    let store = opened.store.clone();
    store.set_quotas(config.quotas.held);
    let crashed = if opened.was_unclean { "; the last stop was not in order" } else { "" };
    let version = format!("version {}{crashed}", env!("CARGO_PKG_VERSION"));
    store.note(Note::global("daemon.start", "", version), Actor::Daemon, clock::now()).await?;
    keys::admin_token(&store, &config.data_dir).await?;
    keys::signing_keys(&store, rs256).await?;
    let tls = live.tls.as_ref().map(watch::Sender::subscribe);
    let listener = listeners::open("listen", &Listen::Tcp(config.listen), api_socket, tls).await?;
    let tls = live.admin_tls.as_ref().map(watch::Sender::subscribe);
    let admin_listener = listeners::open("admin_listen", &config.admin_listen, admin_socket, tls).await?;
    let urls = [listener.url.clone(), admin_listener.url.clone()];
    let _socket_file = admin_listener.file;

    let mut registry = Registry::with_prefix("ringback");
    let metrics = Arc::new(Metrics::register(&mut registry));
    let api_metrics = ApiMetrics::default();
    api_metrics.register(&mut registry);
    let backup_figures = BackupFigures::register(&mut registry);
    let public_url: Arc<str> = config.public_url.clone().unwrap_or(listener.url).into();
    #[cfg(feature = "otlp")]
    let (spans, export) =
        config.otlp.as_deref().map(otlp::start).transpose().context("otlp.endpoint")?.unzip();
    let parts = dispatch::Parts {
        opened,
        egress: live.egress.clone(),
        rules: live.dispatch.subscribe(),
        metrics: Arc::clone(&metrics),
        public_url: Arc::clone(&public_url),
        #[cfg(feature = "otlp")]
        spans,
    };
    // From here on somebody is told that there is no room; before, a start fails for it.
    store.let_writes_wait(true);
    let mut dispatch = dispatch::start(parts);

    let (draining, drains) = watch::channel(false);
    let drain = Arc::new(Notify::new());
    let notices = dispatch.notices.clone();
    let context = Context::new(store.clone(), live.api.subscribe(), public_url, api_metrics, drains);
    let context = Arc::new(context);
    if let Some(directory) = &config.actors_dir {
        actors::take_in(&context, directory).await;
    }
    let (stop, stopping) = watch::channel(false);
    let mut background = background::start(
        live.retention.subscribe(),
        &context,
        &notices,
        config.store.disk_free_floor,
        &stopping,
    );
    backups::start(config, &store, notices, backup_figures, &stopping, &mut background);
    let api = Arc::new(Api::new(Arc::clone(&context))?);
    let figures = Figures::new(store.clone(), dispatch.status.clone(), metrics, registry);
    // One asks, one waits: whoever asks meanwhile waits for the next turn.
    let (reload, asked) = mpsc::channel(1);
    let reload_successful = figures.reload_successful();
    tokio::spawn(live.follow(Arc::clone(&context), hangups, asked, reload_successful));
    let shown = in_force.clone();
    let admin = Arc::new(Admin::new(AdminContext {
        api: context,
        reload,
        config: Box::new(move || reload::shown(&shown.borrow())),
        dispatch: dispatch.status.clone(),
        metrics: Box::new(move || figures.text()),
        drain: Arc::clone(&drain),
        started_at: clock::now(),
    }));
    let connections = process::descriptors() / 4;
    let connections = connections.clamp(limits::LISTENER_CONNECTIONS_LEAST, limits::LISTENER_CONNECTIONS);
    let bounds = Bounds { connections, ..Bounds::default() };
    let api = tokio::spawn(server::serve(listener.listener, api, bounds, stopping.clone()));
    // Probes and figures go on while requests and attempts end.
    let (stop_admin, admin_stopping) = watch::channel(false);
    let admin = tokio::spawn(server::serve(admin_listener.listener, admin, bounds, admin_stopping));
    // Until the very end: a stop that hangs is to be noticed too.
    tokio::spawn(watchdog::run(dispatch.status.clone()));

    // Ready means that the scheduler turns, too.
    let mut turning = dispatch.status.clone();
    let _ = turning.wait_for(|status| status.turned_at.is_some()).await;
    announce(&urls, config)?;
    let why = until_told(&store, &drain, signals, &mut dispatch).await;
    tracing::info!("stopping: {why}");
    // One that waits for room would hold up the end; what it was to store is done again after the next start.
    store.let_writes_wait(false);
    draining.send_replace(true);
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    stop.send_replace(true);
    let _ = api.await;
    let drain_time = in_force.borrow().config.dispatch.drain_time;
    let notices = dispatch.notices.clone();
    dispatch.drain(drain_time).await;
    notices.tell_all_rests(clock::now()).await;
    while background.join_next().await.is_some() {}
    #[cfg(feature = "otlp")]
    if let Some(export) = export {
        export.end().await;
    }
    stop_admin.send_replace(true);
    let _ = admin.await;
    let stopped = Note::global("daemon.stop", "", why.to_string());
    if let Err(error) = store.note(stopped, Actor::Daemon, clock::now()).await {
        tracing::warn!(%error, "the stop is not in the audit log");
    }
    if let Why::Failed(reason) = why {
        bail!("{reason}; start again once the cause is mended");
    }
    store.close_cleanly().await.context("the store could not be closed cleanly")?;
    Ok(())
}

async fn open_store(config: &Config) -> anyhow::Result<crate::store::Opened> {
    let path = config.store_path();
    let seal_key = keys::seal_key(&config.seal_key, &path)?;
    let previous = keys::previous_seal_keys(&config.previous_seal_keys)?;
    let random = u64::from_le_bytes(clock::random_bytes()?);
    let options = OpenOptions {
        cache_bytes: config.store.cache_bytes,
        free_floor: config.store.disk_free_floor,
        previous_seal_keys: previous.iter().map(|key| **key).collect(),
        ..OpenOptions::new(*seal_key, clock::now(), random)
    };
    let shown = path.display().to_string();
    let opened = tokio::task::spawn_blocking(move || Store::open(&path, &options)).await;
    // The engine panics on some damage that it does not expect.
    let opened = opened.with_context(|| format!("the store {shown} is damaged; restore a copy"))?;
    opened.with_context(|| format!("the store {shown} cannot be opened"))
}

/// Says on standard output and to the service manager that requests are taken.
fn announce([listen, admin]: &[String; 2], config: &Config) -> anyhow::Result<()> {
    let store = config.data_dir.display();
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready  {listen}   admin {admin}   store {store}")?;
    out.flush()?;
    tracing::info!(listen, admin, %store, "ready");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    Ok(())
}

/// Tells the service manager that the configuration is being read anew; `Ready` ends it.
fn notify_reloading() {
    use sd_notify::NotifyState;
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        let _ = sd_notify::notify(&[NotifyState::Reloading, now]);
    }
}

/// The signals that end the daemon. They are caught from the very start, so that one that comes
/// right after the ready line, or before it, ends it in order too.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }
}

async fn until_told(
    store: &Store,
    drain: &Notify,
    mut signals: Signals,
    dispatch: &mut dispatch::Handle,
) -> Why {
    tokio::select! {
        biased;
        reason = store.failed() => Why::Failed(format!("the store failed and can be written no more: {reason}")),
        () = dispatch.ended() => Why::Failed("the dispatch loop ended".to_owned()),
        _ = signals.terminate.recv() => Why::Signal("SIGTERM"),
        _ = signals.interrupt.recv() => Why::Signal("SIGINT"),
        () = drain.notified() => Why::Asked,
    }
}
