//! What the process takes for itself, and what it keeps from others.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context as _;
#[cfg(target_os = "linux")]
use rustix::process::DumpableBehavior;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::limits;
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

/// Takes as many descriptors as it may have, and says so when they are few.
pub(super) fn take_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, all)
    {
        tracing::warn!(%error, "the limit of open files cannot be raised to what is allowed");
    }
    let may_have = descriptors();
    if may_have / 4 < limits::LISTENER_CONNECTIONS {
        tracing::warn!(
            may_have,
            "the limit of open files is low (LimitNOFILE, ulimit -n), so fewer connections are accepted"
        );
    }
}

/// How many descriptors it may have. Each of its uses is a part of them, so that none takes those of another.
pub(super) fn descriptors() -> usize {
    let most = getrlimit(Resource::Nofile).current;
    most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

/// Takes the data directory for this daemon alone.
pub(super) fn hold_directory(dir: &Path) -> anyhow::Result<File> {
    let held = File::open(dir).with_context(|| format!("the data directory {}", dir.display()))?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked)
            .with_context(|| format!("the data directory {} is used by another daemon", dir.display())),
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "the data directory cannot be locked; see that no other daemon uses it");
            Ok(held)
        }
    }
}
