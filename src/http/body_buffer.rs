//! A body put together from the pieces it comes in, in about as much memory as it is long. A buffer
//! that grows by doubling has up to three times that, and what it leaves behind is kept by the
//! allocator for a while: many large bodies at once would take a multiple of what is counted for them.

use bytes::Bytes;

/// Bytes of one block: little enough to be filled, enough that there are few.
const BLOCK: usize = 64 << 10;

/// What of a body has come so far.
#[derive(Default)]
pub(crate) struct BodyBuffer {
    /// Most bodies come in one piece, which is used as it is.
    only: Option<Bytes>,
    blocks: Vec<Vec<u8>>,
    length: usize,
}

impl BodyBuffer {
    /// Bytes that have come.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        if self.length == 0 {
            self.length = piece.len();
            self.only = Some(piece);
            return;
        }
        self.length += piece.len();
        // Copied: a piece may be a small part of a buffer that it would keep.
        if let Some(only) = self.only.take() {
            self.copy(&only);
        }
        self.copy(&piece);
    }

    /// The body; each block is freed when it was copied.
    pub(crate) fn whole(self) -> Bytes {
        if let Some(only) = self.only {
            return only;
        }
        let mut whole = Vec::with_capacity(self.length);
        for block in self.blocks {
            whole.extend_from_slice(&block);
        }
        whole.into()
    }

    fn copy(&mut self, mut rest: &[u8]) {
        while !rest.is_empty() {
            let room = self.blocks.last().map_or(0, |block| BLOCK - block.len());
            let (now, later) = rest.split_at(room.min(rest.len()));
            if let Some(block) = self.blocks.last_mut() {
                block.extend_from_slice(now);
            }
            rest = later;
            if !rest.is_empty() {
                self.blocks.push(Vec::with_capacity(BLOCK));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn buffered(body: &[u8], step: usize) -> BodyBuffer {
        let mut gathered = BodyBuffer::default();
        for piece in body.chunks(step) {
            gathered.push(Bytes::copy_from_slice(piece));
        }
        gathered
    }

    proptest! {
        #[test]
        fn it_is_what_came_whatever_the_pieces(length in 0..3 * BLOCK, step in 1..2 * BLOCK) {
            let body: Vec<u8> = (0..=250).cycle().take(length).collect();
            let gathered = buffered(&body, step);
            prop_assert_eq!(gathered.len(), length);
            prop_assert!(gathered.whole() == body);
        }
    }

    #[test]
    fn one_piece_is_not_copied() {
        let piece = Bytes::from(vec![b'x'; 3 * BLOCK]);
        let mut gathered = BodyBuffer::default();
        gathered.push(Bytes::new());
        gathered.push(piece.clone());
        assert_eq!(gathered.whole().as_ptr(), piece.as_ptr());
    }

    #[test]
    fn it_has_no_more_memory_than_its_length_and_a_block() {
        for (length, step) in [(1 << 20, 1), (1 << 20, 777), ((1 << 20) + 1, 32 << 10), (5 << 20, 1 << 20)] {
            let gathered = buffered(&vec![b'x'; length], step);
            let taken: usize = gathered.blocks.iter().map(Vec::capacity).sum();
            assert!(taken < length + BLOCK, "{taken} bytes for {length}");
        }
    }
}
