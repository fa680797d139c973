//! `POST /admin/backup`: a consistent copy of the store as a stream.

use std::io::{self, BufWriter, Write};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::api::answer::{Answer, streamed};
use crate::limits;
use crate::store::Store;

/// The answer that streams it. A client that stops reading ends it; one that reads slowly slows it
/// down and nothing else.
pub(super) fn stream(store: &Store) -> Answer {
    let (pieces, body) = mpsc::channel(limits::BACKUP_PIECES);
    let store = store.clone();
    tokio::task::spawn_blocking(move || {
        let out = BufWriter::with_capacity(limits::BACKUP_PIECE_BYTES, Pieces(pieces));
        match store.backup(out) {
            Ok(summary) => tracing::info!(rows = summary.rows, bytes = summary.bytes, "backup made"),
            // The stream ends without its end, which whoever reads it will find.
            Err(error) => tracing::warn!(%error, "a backup was not finished"),
        }
    });
    streamed("application/vnd.ringback.backup", body)
}

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
