//! Where log lines go: a bounded buffer and a thread that writes what has gathered in one go. A
//! reader of the log that stalls costs lines, which are counted and reported, never the daemon's time.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::limits;

/// How long the end of the process waits for the last lines.
const FLUSH_WAIT: Duration = Duration::from_secs(1);
/// How long lines gather: under load one write, and one wake-up, serves many lines.
const GATHER: Duration = Duration::from_millis(5);

/// Room for lines that is kept from one write to the next; a burst of more is given back.
const ROOM_KEPT: usize = 64 << 10;

#[derive(Default)]
struct Gathered {
    lines: Vec<u8>,
    lost: u64,
    /// Told once everything before it is written.
    flushes: Vec<SyncSender<()>>,
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.lost == 0 && self.flushes.is_empty()
    }
}

#[derive(Default)]
struct Buffer {
    gathered: Mutex<Gathered>,
    more: Condvar,
}

impl Buffer {
    // The thread that panicked held nothing half-done.
    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Gathered)) {
        let mut gathered = self.lock();
        let idle = gathered.is_empty();
        change(&mut gathered);
        drop(gathered);
        if idle {
            self.more.notify_one();
        }
    }

    /// What has gathered; further lines gather in `empty`, whose room serves them.
    fn take(&self, empty: Vec<u8>) -> Gathered {
        let mut gathered = self.lock();
        while gathered.is_empty() {
            gathered = self.more.wait(gathered).unwrap_or_else(PoisonError::into_inner);
        }
        drop(gathered);
        std::thread::park_timeout(GATHER);
        std::mem::replace(&mut *self.lock(), Gathered { lines: empty, ..Gathered::default() })
    }
}

/// The buffer's near end.
#[derive(Clone)]
pub(super) struct Sink(Arc<Buffer>);

/// Writes the last lines when dropped.
#[must_use = "dropping it early only means that the last lines may be lost"]
pub struct Guard(Arc<Buffer>);

/// Starts the thread that writes to `out`; its own lines begin with `begin`.
pub(super) fn start(out: impl Write + Send + 'static, begin: &'static str) -> io::Result<(Sink, Guard)> {
    let buffer = Arc::new(Buffer::default());
    let source = Arc::clone(&buffer);
    std::thread::Builder::new().name("log".to_owned()).spawn(move || write(&source, out, begin))?;
    Ok((Sink(Arc::clone(&buffer)), Guard(buffer)))
}

fn write(source: &Buffer, mut out: impl Write, begin: &str) {
    let mut written = Vec::new();
    loop {
        let Gathered { mut lines, lost, flushes } = source.take(written);
        if lost > 0 {
            let message = "log lines were lost, the log's reader is too slow";
            lines.extend_from_slice(format!("{begin}level=warn msg=\"{message}\" lines={lost}\n").as_bytes());
        }
        // A log that cannot be written has nowhere to say so.
        let _ = out.write_all(&lines).and_then(|()| out.flush());
        for done in flushes {
            let _ = done.send(());
        }
        written = lines;
        written.clear();
        written.shrink_to(ROOM_KEPT);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (done, wait) = sync_channel(1);
        self.0.change(|gathered| gathered.flushes.push(done));
        let _ = wait.recv_timeout(FLUSH_WAIT);
    }
}

impl Write for Sink {
    /// Takes one whole line: that is how the layer writes.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.change(|gathered| {
            if gathered.lines.len() + line.len() > limits::LOG_BYTES {
                gathered.lost += 1;
            } else {
                gathered.lines.extend_from_slice(line);
            }
        });
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Sink {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_last_lines_are_written() {
        let out = Shared::default();
        let (mut sink, guard) = start(out.clone(), "<4>").unwrap();
        for line in 0..100 {
            sink.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
        drop(guard);
        assert!(out.0.lock().unwrap().ends_with(b"98\n99\n"));
    }

    #[test]
    fn a_stalled_reader_costs_lines_and_they_are_counted() {
        let out = Shared::default();
        let stalled = out.0.lock().unwrap();
        let (mut sink, guard) = start(out.clone(), "<4>").unwrap();
        let written = limits::LOG_BYTES / 5 * 3;
        for _ in 0..written {
            sink.write_all(b"line\n").unwrap();
        }
        drop(stalled);
        drop(guard);
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("<4>level=warn msg=\"log lines were lost"), "{}", text.len());
        assert!(text.lines().count() < written);
    }
}
