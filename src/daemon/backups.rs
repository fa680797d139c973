//! Backups that the daemon makes by itself: when one is due, where it goes, and which ones are removed.
//!
//! The files' names say when they were made, so nothing else is remembered: a restart neither skips nor
//! repeats one. Files that are named otherwise, or after a time that is yet to come, are left alone.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{background::stopped, keys};
use crate::clock;
use crate::config::Config;
use crate::dispatch::Notices;
use crate::domain::operational::DaemonNotice;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::Store;
use crate::store::audit::{Actor, Note};
use crate::telemetry::metrics::BackupFigures;

/// How often the directory is looked at anyway: the wall clock may be set, and files removed.
const LOOK: Duration = Duration::from_secs(60);
/// The first pause after a failure; doubled after each.
const AGAIN_FIRST: Duration = Duration::from_secs(60);
/// The longest pause after a failure.
const AGAIN_MAX: Duration = Duration::from_secs(3600);
/// What is being written; there is one at a time.
const PARTIAL: &str = "ringback.backup.partial";

struct Backups {
    store: Store,
    dir: PathBuf,
    every: Duration,
    keep: usize,
    /// Free bytes that a backup leaves on its disk.
    keep_free: u64,
    figures: BackupFigures,
    stopping: watch::Receiver<bool>,
}

/// What one look at the directory led to.
enum Turn {
    /// None is due for so long.
    Wait(Duration),
    Made {
        file: String,
        bytes: u64,
    },
}

/// Starts them in `work` if they are configured; they end when `stopping` turns true.
pub(super) fn start(
    config: &Config,
    store: &Store,
    notices: Notices,
    figures: BackupFigures,
    stopping: &watch::Receiver<bool>,
    work: &mut JoinSet<()>,
) {
    let Some(dir) = config.backup.dir.clone() else { return };
    let every = config.backup.every;
    figures.interval.set(i64::try_from(every.as_secs()).unwrap_or(i64::MAX));
    let backups = Backups {
        store: store.clone(),
        dir,
        every,
        keep: config.backup.keep,
        // As much as lets events be accepted again, should it be the store's own disk.
        keep_free: config.store.disk_free_floor.saturating_add(2 * limits::BALLAST_BYTES),
        figures,
        stopping: stopping.clone(),
    };
    work.spawn(run(Arc::new(backups), notices));
}

async fn run(backups: Arc<Backups>, notices: Notices) {
    let mut stopping = backups.stopping.clone();
    let first = AGAIN_FIRST.min(backups.every);
    let mut again = first;
    loop {
        let turn = Arc::clone(&backups);
        let turn = tokio::task::spawn_blocking(move || turn.turn(clock::now())).await;
        let wait = match turn.map_err(anyhow::Error::from).flatten() {
            Ok(Turn::Wait(wait)) => wait.min(LOOK),
            Ok(Turn::Made { file, bytes }) => {
                tracing::info!(file, bytes, "backup made");
                let note =
                    Note::global("store.backup", file.as_str(), format!("{bytes} bytes, as scheduled"));
                if let Err(error) = backups.store.note(note, Actor::Daemon, clock::now()).await {
                    tracing::warn!(%error, "the backup is not in the audit log");
                }
                notices.emit_to_operator(&DaemonNotice::BackupFinished { file, bytes }, clock::now()).await;
                again = first;
                Duration::ZERO
            }
            Err(_) if *stopping.borrow() => return,
            Err(error) => {
                let (kind, wait) = (kind(&error), again);
                let error = format!("{error:#}");
                tracing::error!(error, again_in = ?wait, "a scheduled backup was not made");
                backups.figures.failures.inc();
                notices.emit_to_operator(&DaemonNotice::BackupFailed { error: kind }, clock::now()).await;
                again = (again * 2).min(AGAIN_MAX);
                wait
            }
        };
        if stopped(&mut stopping, wait).await {
            return;
        }
    }
}

/// An error's kind in words, without the paths that its text names.
fn kind(error: &anyhow::Error) -> String {
    match error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()) {
        Some(error) => error.kind().to_string(),
        None => "see the daemon's log".to_owned(),
    }
}

impl Backups {
    /// Makes a backup if one is due. It blocks.
    fn turn(&self, now: Timestamp) -> anyhow::Result<Turn> {
        keys::private_directory(&self.dir).context("backup.dir")?;
        let shown = || self.dir.display().to_string();
        let newest = made(&self.dir, now).with_context(shown)?.last().copied();
        let seconds = newest.map_or(0, Timestamp::as_secs);
        self.figures.last_success.set(i64::try_from(seconds).unwrap_or(i64::MAX));
        let age = newest.map(|at| now.since(at));
        if let Some(wait) = age.and_then(|age| self.every.checked_sub(age)).filter(|wait| !wait.is_zero()) {
            return Ok(Turn::Wait(wait));
        }
        let file = name(now);
        let (partial, path) = (self.dir.join(PARTIAL), self.dir.join(&file));
        let stopping = || *self.stopping.borrow();
        let summary =
            self.store.backup_file(&partial, &path, self.keep_free, &stopping).with_context(shown)?;
        self.remove_old(now);
        Ok(Turn::Made { file, bytes: summary.bytes })
    }

    /// Removes what is beyond `keep`; what cannot be removed now is looked at again after the next one.
    fn remove_old(&self, now: Timestamp) {
        let all = made(&self.dir, now).unwrap_or_default();
        for &old in all.iter().rev().skip(self.keep) {
            let path = self.dir.join(name(old));
            match fs::remove_file(&path) {
                Ok(()) => tracing::info!(file = %path.display(), "removed an old backup"),
                Err(error) => {
                    tracing::warn!(%error, file = %path.display(), "an old backup cannot be removed");
                }
            }
        }
    }
}

/// When the backups in a directory were made, as far as that is not in the future.
fn made(dir: &Path, now: Timestamp) -> io::Result<BTreeSet<Timestamp>> {
    let mut times = BTreeSet::new();
    for entry in fs::read_dir(dir)? {
        times.extend(entry?.file_name().to_str().and_then(time_of).filter(|&at| at <= now));
    }
    Ok(times)
}

/// `ringback-YYYYMMDDTHHMMSSZ.backup`.
fn name(at: Timestamp) -> String {
    let text = at.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    format!("ringback-{}Z.backup", seconds.replace(['-', ':'], ""))
}

/// The time in a name; `None` for other names.
fn time_of(file: &str) -> Option<Timestamp> {
    let text = file.strip_prefix("ringback-")?.strip_suffix("Z.backup")?;
    let at = format!("{text}Z").parse().ok()?;
    (name(at) == file).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_when() {
        let at = Timestamp::from_millis(1_777_638_896_789);
        assert_eq!(name(at), "ringback-20260501T123456Z.backup");
        assert_eq!(time_of(&name(at)), Some(Timestamp::from_millis(1_777_638_896_000)));
        for other in [
            "ringback-20260501T123456Z.backup.partial",
            "ringback-20260501T123456.backup",
            "ringback-2026-05-01T12:34:56Z.backup",
            "ringback-today.backup",
            "other-20260501T123456Z.backup",
            PARTIAL,
        ] {
            assert_eq!(time_of(other), None, "{other}");
        }
    }

    #[test]
    fn only_what_is_named_so_and_lies_back_counts() {
        let dir = tempfile::tempdir().unwrap();
        let at = |secs: u64| Timestamp::from_millis(1_777_000_000_000 + 1000 * secs);
        for file in [&name(at(1)), &name(at(2)), &name(at(99)), "notes.txt", PARTIAL] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        assert_eq!(made(dir.path(), at(50)).unwrap().into_iter().collect::<Vec<_>>(), [at(1), at(2)]);
    }
}
