//! The first step of a start: everything that can fail for a reason of the operator's is opened here,
//! before any task runs.

use std::fs::File;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::watch;

use super::listeners::{self, Bound, Sockets};
use super::reload::Live;
use super::signals::Signals;
use super::start::Start;
use super::{keys, process};
use crate::clock;
use crate::config::{Config, Listen, Loaded};
use crate::store::audit::{Actor, Note};
use crate::store::{OpenOptions, Opened, Store};

/// The parts that are open; nothing runs yet.
pub(super) struct Open {
    pub(super) live: Live,
    pub(super) loaded: Arc<Loaded>,
    pub(super) opened: Opened,
    pub(super) signals: Signals,
    pub(super) listener: Bound,
    pub(super) admin_listener: Bound,
    /// The lock on the data directory.
    pub(super) held: File,
}

/// Opens the store and the listeners, and makes the keys that are missing.
pub(super) async fn open(mut start: Start) -> anyhow::Result<Open> {
    process::take_descriptors();
    let signals = Signals::new()?;
    let Sockets { api: api_socket, admin: admin_socket } = std::mem::take(&mut start.sockets);
    let rs256 = start.files.rs256.take();
    let live = Live::new(start)?;
    let loaded = Arc::clone(&live.in_force.borrow());
    let config = &loaded.config;
    keys::private_directory(&config.data_dir)?;
    let held = process::hold_directory(&config.data_dir)?;
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
    Ok(Open { live, opened, signals, listener, admin_listener, held, loaded: Arc::clone(&loaded) })
}

async fn open_store(config: &Config) -> anyhow::Result<Opened> {
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
