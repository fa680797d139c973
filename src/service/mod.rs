//! The only place that wires: the store, the way out, dispatch, the listeners, signals, readiness
//! and the drain.

mod actors;
mod background;
mod figures;
pub mod keys;
mod watchdog;

use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use prometheus_client::registry::Registry;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};

use crate::admin::{Admin, AdminContext};
use crate::api::context::{ApiSettings, Context};
use crate::api::metrics::ApiMetrics;
use crate::api::router::Api;
use crate::api::server::{self, Bounds};
use crate::clock;
use crate::config::{Config, Ports};
use crate::dispatch::{self, Notices};
use crate::domain::address::AddressPolicy;
use crate::domain::target::{PortPolicy, TargetPolicy};
use crate::domain::time::Timestamp;
use crate::egress::{Egress, EgressConfig};
use crate::schedule::SchedulerConfig;
use crate::store::{OpenOptions, Store};
use crate::telemetry::metrics::Metrics;
use figures::Figures;

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

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// When it cannot start, or its store fails while it runs.
pub fn run(config: &Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config))
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let signals = Signals::new()?;
    keys::state_directory(&config.data_dir)?;
    let opened = open_store(config).await?;
    let store = opened.store.clone();
    keys::admin_token(&store, &config.data_dir).await?;
    keys::signing_key(&store).await?;
    let (listener, listen) = bind("listen", config.listen).await?;
    let (admin_listener, admin_listen) = bind("admin_listen", config.admin_listen).await?;

    let mut registry = Registry::with_prefix("ringback");
    let metrics = Arc::new(Metrics::register(&mut registry));
    let api_metrics = ApiMetrics::default();
    api_metrics.register(&mut registry);
    let profiles = Arc::new(config.profiles.clone());
    let egress = Egress::new(egress_config(config)?)?;
    let scheduler = scheduler_config(config);
    let public_url: Arc<str> = config.public_url.clone().unwrap_or_else(|| format!("http://{listen}")).into();
    let rs256 = keys::rs256(config)?;
    let parts = dispatch::Parts {
        opened,
        egress,
        profiles: Arc::clone(&profiles),
        scheduler,
        metrics,
        public_url: Arc::clone(&public_url),
        rs256: rs256.clone(),
    };
    let mut dispatch = dispatch::start(parts);

    let (draining, drains) = watch::channel(false);
    let drain = Arc::new(Notify::new());
    let settings = ApiSettings {
        idempotency_window: config.events.idempotency_window,
        event_data_bytes: config.events.max_data_bytes,
        any_certificate: config.egress.allow_any_certificate,
        ..ApiSettings::default()
    };
    let notices = Notices::new(store.clone(), Arc::clone(&profiles));
    let targets = target_policy(config);
    let context = Context::new(store.clone(), profiles, targets, settings, public_url, api_metrics, drains);
    let context = Arc::new(context.with_rs256(rs256));
    if let Some(directory) = &config.actors_dir {
        actors::take_in(&context, directory).await;
    }
    let (stop, stopping) = watch::channel(false);
    let mut background = background::start(config.retention, &context, notices, &stopping);
    let api = Arc::new(Api::new(Arc::clone(&context))?);
    let figures = Figures::new(store.clone(), dispatch.status.clone(), registry);
    let admin = Arc::new(Admin::new(AdminContext {
        api: context,
        dispatch: dispatch.status.clone(),
        metrics: Box::new(move || figures.text()),
        drain: Arc::clone(&drain),
        started_at: clock::now(),
    }));
    let api = tokio::spawn(server::serve(listener, api, Bounds::default(), stopping.clone()));
    // Probes and figures go on while requests and attempts end.
    let (stop_admin, admin_stopping) = watch::channel(false);
    let admin = tokio::spawn(server::serve(admin_listener, admin, Bounds::default(), admin_stopping));
    // Until the very end: a stop that hangs is to be noticed too.
    tokio::spawn(watchdog::run(dispatch.status.clone()));

    // Ready means that the scheduler turns, too.
    let mut turning = dispatch.status.clone();
    let _ = turning.wait_for(|status| status.turned_at > Timestamp::default()).await;
    announce(listen, admin_listen, config)?;
    let why = until_told(&store, &drain, signals, &mut dispatch).await;
    tracing::info!("stopping: {why}");
    draining.send_replace(true);
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    stop.send_replace(true);
    let _ = api.await;
    dispatch.drain(config.dispatch.drain_time).await;
    while background.join_next().await.is_some() {}
    stop_admin.send_replace(true);
    let _ = admin.await;
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

async fn bind(key: &str, addr: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener =
        TcpListener::bind(addr).await.with_context(|| format!("{key} = \"{addr}\" cannot be listened on"))?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

fn target_policy(config: &Config) -> TargetPolicy {
    let mut policy = if config.dev { TargetPolicy::dev() } else { TargetPolicy::default() };
    policy.allow_http |= config.egress.allow_http;
    policy.allow_special_names |= config.egress.allow_special_names;
    policy.addresses.allow.extend(config.egress.allow.iter().copied());
    policy.ports = match &config.egress.ports {
        Ports::Standard => policy.ports,
        Ports::Only(ports) => PortPolicy::Only(ports.clone()),
        Ports::Any => PortPolicy::Any,
    };
    policy
}

fn egress_config(config: &Config) -> anyhow::Result<EgressConfig> {
    let roots =
        config.egress.extra_ca.iter().map(|path| certificates(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let addresses: AddressPolicy = target_policy(config).addresses;
    let allow_any_certificate = config.egress.allow_any_certificate;
    Ok(EgressConfig {
        addresses,
        extra_roots: roots.concat(),
        allow_any_certificate,
        ..EgressConfig::default()
    })
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.with_context(|| format!("egress.extra_ca: {}", path.display()))?;
    if found.is_empty() {
        bail!("egress.extra_ca: {} holds no certificate in PEM form", path.display());
    }
    Ok(found)
}

fn scheduler_config(config: &Config) -> SchedulerConfig {
    SchedulerConfig {
        global_in_flight: config.dispatch.in_flight_global,
        lane_in_flight: config.dispatch.in_flight_per_webhook,
        ..SchedulerConfig::default()
    }
}

/// Says on standard output and to the service manager that requests are taken.
fn announce(listen: SocketAddr, admin: SocketAddr, config: &Config) -> anyhow::Result<()> {
    let store = config.data_dir.display();
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready  http://{listen}   admin http://{admin}   store {store}")?;
    out.flush()?;
    tracing::info!(%listen, %admin, %store, "ready");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    Ok(())
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
