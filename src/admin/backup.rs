//! `POST /admin/backup` and `POST /admin/export`: a consistent copy of the store as a stream.

use std::io::{self, BufWriter, Write};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::api::answer::{Answer, streamed};
use crate::limits;
use crate::store::Store;
use crate::store::backup::BackupError;

/// The answer that streams a backup.
pub(super) fn backup(store: &Store) -> Answer {
    let store = store.clone();
    stream("application/vnd.ringback.backup", "backup made", move |out| {
        store.backup(out).map(|summary| (summary.rows, summary.bytes))
    })
}

/// The answer that streams an export.
pub(super) fn export(store: &Store) -> Answer {
    let store = store.clone();
    stream("application/jsonl", "export made", move |out| {
        store.export(out).map(|summary| (summary.rows(), summary.bytes))
    })
}

/// Streams what `make` writes. A client that stops reading ends it; one that reads slowly slows it down
/// and nothing else.
fn stream(
    media_type: &'static str,
    made: &'static str,
    make: impl FnOnce(Out) -> Result<(u64, u64), BackupError> + Send + 'static,
) -> Answer {
    let (pieces, body) = mpsc::channel(limits::BACKUP_PIECES);
    tokio::task::spawn_blocking(move || {
        match make(BufWriter::with_capacity(limits::BACKUP_PIECE_BYTES, Pieces(pieces))) {
            Ok((rows, bytes)) => tracing::info!(rows, bytes, "{made}"),
            // The stream ends without its end, which whoever reads it will find.
            Err(error) => tracing::warn!(%error, "a copy of the store was not finished"),
        }
    });
    streamed(media_type, body)
}

type Out = BufWriter<Pieces>;

struct Pieces(mpsc::Sender<Bytes>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        self.0.blocking_send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
