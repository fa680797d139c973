//! `backup` and `restore`: a copy of the running daemon's store, and a store of a copy.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use bytes::{Buf as _, Bytes};
use serde_json::json;

use super::context::Context;
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
    /// Read the whole file and print what it holds; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace an existing store
    #[arg(long)]
    replace: bool,
}

/// Writes a copy of the running daemon's store.
pub(super) async fn backup(context: &Context, args: &BackupArgs) -> Result<(), Failure> {
    if args.file.as_os_str() == "-" && io::stdout().is_terminal() {
        return Err(Failure::usage(
            "a backup cannot be written to a terminal; name a file, or redirect the output",
        ));
    }
    let saved = save(context, "/admin/backup", &args.file, |pieces| backup::verify(pieces, None)).await?;
    saved.map_or(Ok(()), |summary| report(context, &args.file, summary, "written"))
}

/// Writes what the daemon streams, and reads it with the eyes of a restore at the same time, so that
/// a copy that is not whole is never called one. Gives what it holds, unless it went to standard output.
pub(super) async fn save<T: Send + 'static>(
    context: &Context,
    from: &str,
    file: &Path,
    verify: fn(Pieces) -> Result<T, RestoreError>,
) -> Result<Option<T>, Failure> {
    let daemon = context.daemon()?;
    let standard = file.as_os_str() == "-";
    // A copy takes the file's name, which must not be a device's.
    if !standard && file.exists() && !file.is_file() {
        return Err(Failure::usage(format!(
            "{} is not a regular file; use - and redirect the output",
            file.display()
        )));
    }
    let partial = partial(file);
    let mut out: Box<dyn Write + Send> =
        if standard { Box::new(io::stdout()) } else { Box::new(create_private(&partial)?) };
    let check = Check::start(verify);
    let mut progress = Progress::new("written", None);
    let written = daemon
        .admin_stream(from, |piece| {
            out.write_all(&piece).map_err(|error| unwritten(file, &error))?;
            progress.add(piece.len());
            check.take(piece);
            Ok(())
        })
        .await;
    let checked = written.and_then(|()| {
        out.flush().map_err(|error| unwritten(file, &error))?;
        check.end().map_err(|error| Failure::other(error.to_string()))
    });
    drop(progress);
    if standard {
        return checked.map(|_| None);
    }
    let named = checked.and_then(|summary| name(&partial, file).map(|()| summary));
    named.map(Some).inspect_err(|_| drop(std::fs::remove_file(&partial)))
}

pub(super) fn unwritten(file: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
        _ => Failure::other(format!("{}: {error}", file.display())),
    }
}

/// Reads a backup into a store that the configuration names.
pub(super) fn restore(context: &Context, args: &RestoreArgs) -> Result<(), Failure> {
    let (path, options) = offline::store(context)?;
    let input = input(&args.file)?;
    if args.dry_run {
        let summary = backup::verify(input, Some(&options)).map_err(refused)?;
        return report(context, &args.file, summary, "whole");
    }
    let summary = backup::restore(input, &path, &options, args.replace).map_err(refused)?;
    report(context, &path, summary, "restored")
}

/// A file, or standard input, with the progress of reading it.
pub(super) fn input(file: &Path) -> Result<Counted, Failure> {
    let (input, total): (Box<dyn Read>, _) = if file.as_os_str() == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let wrong = |error| Failure::usage(format!("{}: {error}", file.display()));
        let input = File::open(file).map_err(wrong)?;
        let length = input.metadata().map_err(wrong)?.len();
        (Box::new(input), Some(length))
    };
    Ok(Counted { input, progress: Progress::new("read", total) })
}

pub(super) fn refused(error: RestoreError) -> Failure {
    match error {
        RestoreError::Exists(_) => {
            Failure::new(Exit::Refused, format!("{error}; use --replace to overwrite it"))
        }
        RestoreError::Store(error) => offline::refused(&error),
        other => Failure::new(Exit::Refused, other.to_string()),
    }
}

fn report(context: &Context, path: &Path, summary: BackupSummary, what: &str) -> Result<(), Failure> {
    let BackupSummary { rows, bytes } = summary;
    let path = path.display().to_string();
    context.output.thing(&json!({ "file": path, "state": what, "rows": rows, "bytes": bytes }))
}

pub(super) fn partial(path: &Path) -> PathBuf {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    partial.into()
}

/// A new file for its owner alone.
pub(super) fn create_private(path: &Path) -> Result<File, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Gives a whole file its name, durably.
pub(super) fn name(partial: &Path, path: &Path) -> Result<(), Failure> {
    let named =
        File::open(partial).and_then(|file| file.sync_all()).and_then(|()| std::fs::rename(partial, path));
    let directory = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = named.and_then(|()| File::open(directory)?.sync_all());
    synced.map_err(|error| Failure::other(format!("{}: {error}", path.display())))
}

/// Reads along in a thread of its own.
struct Check<T> {
    pieces: SyncSender<Bytes>,
    reader: JoinHandle<Result<T, RestoreError>>,
}

impl<T: Send + 'static> Check<T> {
    fn start(verify: fn(Pieces) -> Result<T, RestoreError>) -> Self {
        let (pieces, read) = sync_channel(limits::BACKUP_PIECES);
        let reader = std::thread::spawn(move || verify(Pieces { read, rest: Bytes::new() }));
        Self { pieces, reader }
    }

    fn take(&self, piece: Bytes) {
        // A reader that ended early has found something, which `end` reports.
        let _ = self.pieces.send(piece);
    }

    fn end(self) -> Result<T, RestoreError> {
        drop(self.pieces);
        self.reader.join().unwrap_or(Err(RestoreError::Damaged("it cannot be read")))
    }
}

/// What the daemon streams, to be read.
pub(super) struct Pieces {
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

/// What is read, with how far that is.
pub(super) struct Counted {
    input: Box<dyn Read>,
    pub(super) progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.progress.add(length);
        Ok(length)
    }
}
