//! `POST /admin/backup` and `POST /admin/export`: a consistent copy of the store as a stream.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::http::response::{Response, streamed};
use crate::store::Store;
use crate::store::backup::BackupError;
use crate::{clock, limits};

/// The answer that streams a backup.
pub(super) fn backup(store: &Store) -> Response {
    let store = store.clone();
    stream("application/vnd.ringback.backup", "backup made", move |out| {
        store.backup(out).map(|summary| (summary.rows, summary.bytes))
    })
}

/// The answer that streams an export.
pub(super) fn export(store: &Store) -> Response {
    let store = store.clone();
    stream("application/jsonl", "export made", move |out| {
        store.export(out).map(|summary| (summary.rows(), summary.bytes))
    })
}

/// Streams what `make` writes. A client that stops reading, or hardly reads, ends it; one that reads slowly
/// slows it down and nothing else.
fn stream(
    media_type: &'static str,
    made: &'static str,
    make: impl FnOnce(Out) -> Result<(u64, u64), BackupError> + Send + 'static,
) -> Response {
    let (pieces, body) = mpsc::channel(limits::BACKUP_PIECES);
    tokio::task::spawn_blocking(move || {
        let pieces = Pieces::new(pieces, limits::BACKUP_STALL);
        match make(BufWriter::with_capacity(limits::BACKUP_PIECE_BYTES, pieces)) {
            Ok((rows, bytes)) => tracing::info!(rows, bytes, "{made}"),
            // The stream ends without its end, which anyone who reads it will find.
            Err(error) => tracing::warn!(%error, "a copy of the store was not finished"),
        }
    });
    streamed(media_type, body)
}

type Out = BufWriter<Pieces>;

/// How long a piece waits for its reader before the writer hears of it.
const LOOK: Duration = Duration::from_secs(1);

/// Pieces on their way to a reader, who has to take so many within `stall`.
struct Pieces {
    pieces: mpsc::Sender<Bytes>,
    stall: Duration,
    /// Since it was last looked: how long the reader was waited for, and what it took.
    waited: Duration,
    taken: usize,
}

impl Pieces {
    fn new(pieces: mpsc::Sender<Bytes>, stall: Duration) -> Self {
        Self { pieces, stall, waited: Duration::ZERO, taken: 0 }
    }

    /// Waits for a place, but not for long.
    fn place(&mut self) -> io::Result<mpsc::Permit<'_, Bytes>> {
        let begun = clock::monotonic();
        let place = Handle::current().block_on(timeout(LOOK.min(self.stall), self.pieces.reserve()));
        self.waited += clock::monotonic().duration_since(begun);
        match place {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) if self.waited < self.stall => Err(io::ErrorKind::WouldBlock.into()),
            Err(_) => {
                let least = limits::BACKUP_LEAST_BYTES;
                let why = format!("its reader took less than {least} bytes in {} s", self.stall.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, why))
            }
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.taken >= limits::BACKUP_LEAST_BYTES {
            (self.waited, self.taken) = (Duration::ZERO, 0);
        }
        self.place()?.send(Bytes::copy_from_slice(bytes));
        self.taken += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_millis(50);

    /// Writes pieces until one is refused, while a reader takes those that `takes` says; gives how many went
    /// through and how it ended.
    async fn written(takes: usize) -> (usize, io::ErrorKind) {
        let (pieces, mut reader) = mpsc::channel(1);
        let writing = tokio::task::spawn_blocking(move || {
            let mut pieces = Pieces::new(pieces, STALL);
            for n in 0..1000 {
                loop {
                    match pieces.write(&[0; 1 << 20]) {
                        Ok(_) => break,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) => return (n, error.kind()),
                    }
                }
            }
            panic!("nothing ended it");
        });
        for _ in 0..takes {
            // Slowly, but enough.
            tokio::time::sleep(STALL / 10).await;
            reader.recv().await.unwrap();
        }
        let ended = writing.await.unwrap();
        drop(reader);
        ended
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_reader_that_stops_ends_the_copy_and_a_slow_one_does_not() {
        assert_eq!(written(0).await, (1, io::ErrorKind::TimedOut));
        let (pieces, ended) = written(40).await;
        assert!(pieces >= 40 && ended == io::ErrorKind::TimedOut, "{pieces} {ended:?}");
    }
}
