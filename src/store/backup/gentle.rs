//! Reading the whole store while it serves: in short stints with rests, so that callers hardly notice.

use std::io::{self, Write};
use std::time::Instant;

use crate::{clock, limits};

/// Writes on, and rests after each stint twice as long as it took.
pub(in crate::store) struct Gentle<W> {
    out: W,
    begun: Instant,
    bytes: usize,
}

impl<W> Gentle<W> {
    pub(in crate::store) fn new(out: W) -> Self {
        Self { out, begun: clock::monotonic(), bytes: 0 }
    }
}

impl<W: Write> Write for Gentle<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written;
        if self.bytes >= limits::BACKUP_STINT_BYTES {
            let worked = clock::monotonic().duration_since(self.begun);
            // Whoever reads slowly gives rest enough.
            std::thread::park_timeout((worked * 2).min(limits::BACKUP_REST));
            (self.begun, self.bytes) = (clock::monotonic(), 0);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
