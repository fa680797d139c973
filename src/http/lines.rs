//! Bytes of a stream cut into lines, in bounded memory.

use bytes::{Buf as _, Bytes, BytesMut};

use super::document::BOM;

/// See the module.
pub struct Lines {
    /// Bytes that one line may have.
    most: usize,
    buffer: BytesMut,
    /// Bytes at the buffer's start that are known to hold no line's end.
    searched: usize,
    /// Whether the line that is arriving is too long already.
    skipping: bool,
    taken: u64,
    ended: bool,
}

/// A line.
#[derive(Debug, PartialEq)]
pub enum Line {
    /// One that is not.
    Whole(Bytes),
    /// One that is too long; its text is gone.
    TooLong,
}

impl Lines {
    /// Cuts into lines of at most `most` bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, buffer: BytesMut::new(), searched: 0, skipping: false, taken: 0, ended: false }
    }

    /// Bytes that one line may have.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many lines were taken, blank ones too.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Adds what has arrived.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// Nothing more will arrive: what is left is the last line.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Bytes that wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// Whether the last line was taken.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ended && self.buffer.is_empty()
    }

    /// The next complete line that is not blank, with its number from 1.
    pub fn next_line(&mut self) -> Option<(u64, Line)> {
        loop {
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            let text = match rest.iter().position(|&b| b == b'\n') {
                Some(step) => {
                    let text = self.buffer.split_to(self.searched + step);
                    self.buffer.advance(1);
                    text
                }
                None if self.ended && (self.skipping || !self.buffer.is_empty()) => self.buffer.split(),
                None => {
                    self.searched = self.buffer.len();
                    if self.searched > self.most {
                        self.buffer.clear();
                        self.searched = 0;
                        self.skipping = true;
                    }
                    return None;
                }
            };
            let mut text = text;
            if self.taken == 0 && text.starts_with(BOM) {
                text.advance(BOM.len());
            }
            self.searched = 0;
            self.taken += 1;
            if std::mem::take(&mut self.skipping) || text.len() > self.most {
                return Some((self.taken, Line::TooLong));
            }
            if !text.trim_ascii().is_empty() {
                return Some((self.taken, Line::Whole(text.freeze())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(chunks: &[&[u8]]) -> Vec<(u64, Line)> {
        let mut lines = Lines::new(100);
        let mut found = Vec::new();
        for chunk in chunks {
            lines.push(chunk);
            found.extend(std::iter::from_fn(|| lines.next_line()));
        }
        lines.end();
        found.extend(std::iter::from_fn(|| lines.next_line()));
        found
    }

    fn whole(number: u64, text: &str) -> (u64, Line) {
        (number, Line::Whole(Bytes::copy_from_slice(text.as_bytes())))
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_cut(texts in prop::collection::vec("[a-z]{0,5}", 0..20), step in 1usize..9) {
            let all = texts.join("\n");
            let chunks: Vec<&[u8]> = all.as_bytes().chunks(step).collect();
            let want: Vec<(u64, Line)> =
                (1..).zip(&texts).filter(|(_, t)| !t.is_empty()).map(|(n, t)| whole(n, t)).collect();
            prop_assert_eq!(lines(&chunks), want);
        }
    }

    #[test]
    fn a_line_too_long_is_skipped_in_bounded_memory() {
        let chunk = vec![b'x'; 100_000];
        let mut lines = Lines::new(1 << 20);
        for _ in 0..40 {
            lines.push(&chunk);
            assert_eq!(lines.next_line(), None);
            assert!(lines.buffer.len() <= lines.most + chunk.len());
        }
        lines.push(b"\n{}\n");
        assert_eq!(lines.next_line(), Some((1, Line::TooLong)));
        assert_eq!(lines.next_line(), Some(whole(2, "{}")));
        assert_eq!(lines.next_line(), None);
    }
}
