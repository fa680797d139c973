//! How far a long command is: a line on a terminal, nothing through a pipe.

use std::io::{self, IsTerminal as _, Write as _};

/// Bytes from one line to the next.
const STEP: u64 = 1 << 20;

/// Counts bytes. Its line ends when it is dropped.
pub(super) struct Progress {
    what: &'static str,
    bytes: u64,
    /// How many there will be, if that is known.
    total: Option<u64>,
    shown: u64,
    terminal: bool,
}

impl Progress {
    pub(super) fn new(what: &'static str, total: Option<u64>) -> Self {
        Self { what, bytes: 0, total, shown: 0, terminal: io::stderr().is_terminal() }
    }

    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        if self.terminal && self.bytes - self.shown >= STEP {
            self.shown = self.bytes;
            let _ = write!(io::stderr(), "\r{}", line(self.what, self.bytes, self.total));
        }
    }
}

fn line(what: &str, bytes: u64, total: Option<u64>) -> String {
    let mib = |bytes: u64| bytes >> 20;
    match total {
        // What was only estimated may turn out to be more.
        Some(total) if total >= bytes && total > 0 => {
            let (percent, bar) = (bytes * 100 / total, bytes * 20 / total);
            let bar: String = (0..20).map(|at| if at < bar { '#' } else { '.' }).collect();
            format!("[{bar}] {percent:>3} %, {} of {} MiB {what}", mib(bytes), mib(total))
        }
        _ => format!("{} MiB {what}", mib(bytes)),
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown > 0 {
            let _ = writeln!(io::stderr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(line("read", 5 << 20, None), "5 MiB read");
        assert_eq!(line("read", 5 << 20, Some(20 << 20)), "[#####...............]  25 %, 5 of 20 MiB read");
        assert_eq!(line("read", 5 << 20, Some(1)), "5 MiB read", "more than was thought");
    }
}
