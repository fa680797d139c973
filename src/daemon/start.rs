//! What the daemon starts with.

use super::files::Files;
use super::listeners::Sockets;
use crate::config::Loaded;
use crate::config::process::Source;
use crate::telemetry::Level;

/// What the daemon starts with.
pub struct Start {
    /// The configuration.
    pub loaded: Loaded,
    /// What the files that it names held.
    pub files: Files,
    /// Where the configuration comes from, so that it can be read again.
    pub source: Source,
    /// Which log lines are written.
    pub level: Level,
    /// Sockets that the service manager handed over.
    pub sockets: Sockets,
}
