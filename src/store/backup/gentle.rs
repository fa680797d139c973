//! Reading the whole store while it serves: in short stints with rests, so that callers hardly notice.
//!
//! The moment that is read is kept until the end, so the file grows by what is changed meanwhile. The reading
//! is given up before that takes the room that producers need.

use std::io::{self, Write};
use std::time::Instant;

use crate::store::space::Space;
use crate::{clock, limits};

/// Writes on, and rests after each stint twice as long as it took. Where `out` says that it would block, having
/// waited for a while, it looks at the room that is left and goes on.
pub(in crate::store) struct Gentle<'s, W> {
    out: W,
    begun: Instant,
    bytes: usize,
    space: &'s Space,
    /// Free bytes when it began.
    free: u64,
}

impl<'s, W> Gentle<'s, W> {
    pub(in crate::store) fn new(out: W, space: &'s Space) -> Self {
        space.check();
        Self { out, begun: clock::monotonic(), bytes: 0, space, free: space.free() }
    }

    fn look(&self) -> io::Result<()> {
        self.space.check();
        if self.space.runs_out(self.free) {
            let why = "the store's disk is running out of room, and the store grows for as long as it is being read";
            return Err(io::Error::new(io::ErrorKind::StorageFull, why));
        }
        Ok(())
    }
}

impl<W: Write> Write for Gentle<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = loop {
            match self.out.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.look()?,
                written => break written?,
            }
        };
        self.bytes += written;
        if self.bytes >= limits::BACKUP_STINT_BYTES {
            self.look()?;
            let worked = clock::monotonic().duration_since(self.begun);
            // A slow reader gives rest enough.
            std::thread::park_timeout((worked * 2).min(limits::BACKUP_REST));
            (self.begun, self.bytes) = (clock::monotonic(), 0);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        loop {
            match self.out.flush() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.look()?,
                flushed => return flushed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::time::Duration;

    use super::*;
    use crate::store::space::Floor;

    const FLOOR: u64 = 1000;

    /// A reader that has stopped, beside which the disk fills up to `left`.
    struct Stopped {
        free: Arc<AtomicU64>,
        left: u64,
        waits: u32,
    }

    impl Write for Stopped {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.free.store(self.left, Relaxed);
            if self.waits == 0 {
                return Ok(bytes.len());
            }
            self.waits -= 1;
            std::thread::park_timeout(Duration::from_millis(1));
            Err(io::ErrorKind::WouldBlock.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// How reading ends on a disk with so much free when it begins, and so much later.
    fn read(begins: u64, left: u64) -> io::Result<()> {
        let dir = tempfile::tempdir().unwrap();
        let free = Arc::new(AtomicU64::new(begins));
        let probed = Arc::clone(&free);
        let floor = Floor { free: FLOOR, ballast: 0 };
        let space =
            Space::probed(&dir.path().join("store"), floor, Box::new(move || Ok(probed.load(Relaxed))));
        let waits = u32::try_from(limits::SPACE_CHECK.as_millis()).unwrap() * 2;
        Gentle::new(Stopped { free, left, waits }, &space).write_all(&[0; 100])
    }

    #[test]
    fn it_is_given_up_before_the_stores_disk_is_full() {
        let given_up = read(5000, FLOOR + FLOOR / 5).unwrap_err();
        assert_eq!(given_up.kind(), io::ErrorKind::StorageFull);
        read(5000, 2 * FLOOR).unwrap();
        // Where there was little room before, a backup is what helps.
        read(FLOOR, FLOOR).unwrap();
    }
}
