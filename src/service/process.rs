//! What the process takes for itself, and what it keeps from others.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context as _;
#[cfg(target_os = "linux")]
use rustix::process::DumpableBehavior;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::store::OpenError;

/// Keeps keys and tokens out of core files, and other processes of the same user out of the memory.
pub(super) fn keep_out_of_core_files() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core files cannot be switched off; one would hold keys and tokens");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "the process cannot be kept from being dumped; a core file would hold keys and tokens");
    }
}

/// Takes the data directory for this daemon alone.
pub(super) fn hold_directory(dir: &Path) -> anyhow::Result<File> {
    let held = File::open(dir).with_context(|| format!("the data directory {}", dir.display()))?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked)
            .with_context(|| format!("the data directory {} is another daemon's", dir.display())),
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "the data directory cannot be locked; see that no other daemon uses it");
            Ok(held)
        }
    }
}
