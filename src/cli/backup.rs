//! `backup` and `restore`: a copy of the running daemon's store, and a store of a copy.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use bytes::{Buf as _, Bytes};
use serde_json::json;

use super::Context;
use super::failure::{Exit, Failure};
use super::offline;
use super::progress::Progress;
use crate::limits;
use crate::store::backup::{self, BackupSummary, RestoreError};

/// What `backup` takes.
#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The file to write, or - for standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What `restore` takes.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read it to its end and say what it holds; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the place of a store that is there
    #[arg(long)]
    replace: bool,
}

/// Writes what the daemon streams, and reads it with the eyes of a restore at the same time, so that
/// a copy that is not whole is never called one.
pub(super) async fn backup(context: &Context, args: &BackupArgs) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let standard = args.file.as_os_str() == "-";
    if standard && io::stdout().is_terminal() {
        return Err(Failure::usage("a backup is no text for a terminal; name a file, or redirect it"));
    }
    let partial = partial(&args.file);
    let mut out: Box<dyn Write + Send> =
        if standard { Box::new(io::stdout()) } else { Box::new(private(&partial)?) };
    let check = Check::start();
    let mut progress = Progress::new("written", None);
    let written = daemon
        .admin_stream("/admin/backup", |piece| {
            out.write_all(&piece)
                .map_err(|error| Failure::other(format!("{}: {error}", args.file.display())))?;
            progress.add(piece.len());
            check.take(piece);
            Ok(())
        })
        .await;
    let checked = written.and_then(|()| {
        out.flush().map_err(Failure::other)?;
        check.end().map_err(|error| Failure::other(error.to_string()))
    });
    drop(progress);
    if standard {
        return checked.map(|_| ());
    }
    let named = checked.and_then(|summary| name(&partial, &args.file).map(|()| summary));
    let summary = named.inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
    told(context, &args.file, summary, "written")
}

/// Reads a backup into a store that the configuration names.
pub(super) fn restore(context: &Context, args: &RestoreArgs) -> Result<(), Failure> {
    let (path, options) = offline::store(context)?;
    let (input, total): (Box<dyn Read>, _) = if args.file.as_os_str() == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let wrong = |error| Failure::usage(format!("{}: {error}", args.file.display()));
        let file = File::open(&args.file).map_err(wrong)?;
        let length = file.metadata().map_err(wrong)?.len();
        (Box::new(file), Some(length))
    };
    let input = Counted { input, progress: Progress::new("read", total) };
    if args.dry_run {
        let summary = backup::verify(input, Some(&options)).map_err(refused)?;
        return told(context, &args.file, summary, "whole");
    }
    let summary = backup::restore(input, &path, &options, args.replace).map_err(refused)?;
    told(context, &path, summary, "restored")
}

fn refused(error: RestoreError) -> Failure {
    match error {
        RestoreError::Exists(_) => Failure::new(Exit::Refused, format!("{error}; --replace takes its place")),
        RestoreError::Store(error) => offline::refused(&error),
        other => Failure::new(Exit::Refused, other.to_string()),
    }
}

fn told(context: &Context, path: &Path, summary: BackupSummary, what: &str) -> Result<(), Failure> {
    let BackupSummary { rows, bytes } = summary;
    let path = path.display().to_string();
    context.output.thing(&json!({ "file": path, "state": what, "rows": rows, "bytes": bytes }))
}

fn partial(path: &Path) -> PathBuf {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    partial.into()
}

/// A new file for its owner alone.
fn private(path: &Path) -> Result<File, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Gives a whole file its name, durably.
fn name(partial: &Path, path: &Path) -> Result<(), Failure> {
    let named =
        File::open(partial).and_then(|file| file.sync_all()).and_then(|()| std::fs::rename(partial, path));
    let directory = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = named.and_then(|()| File::open(directory)?.sync_all());
    synced.map_err(|error| Failure::other(format!("{}: {error}", path.display())))
}

/// Reads along in a thread of its own.
struct Check {
    pieces: SyncSender<Bytes>,
    reader: JoinHandle<Result<BackupSummary, RestoreError>>,
}

impl Check {
    fn start() -> Self {
        let (pieces, read) = sync_channel(limits::BACKUP_PIECES);
        let reader = std::thread::spawn(move || backup::verify(Pieces { read, rest: Bytes::new() }, None));
        Self { pieces, reader }
    }

    fn take(&self, piece: Bytes) {
        // A reader that ended early has found something, which `end` tells.
        let _ = self.pieces.send(piece);
    }

    fn end(self) -> Result<BackupSummary, RestoreError> {
        drop(self.pieces);
        self.reader.join().unwrap_or(Err(RestoreError::Damaged("it cannot be read")))
    }
}

struct Pieces {
    read: Receiver<Bytes>,
    rest: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.read.recv() {
                Ok(piece) => self.rest = piece,
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.rest.len());
        let (to, _) = buffer.split_at_mut(length);
        self.rest.copy_to_slice(to);
        Ok(length)
    }
}

struct Counted {
    input: Box<dyn Read>,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.progress.add(length);
        Ok(length)
    }
}
