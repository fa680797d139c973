//! Pieces of a streamed answer of rows, none longer than [`limits::PIECE_BYTES`] whatever a row becomes.

use crate::limits;

/// Where such an answer stands. A row that does not fit a piece is written again for the next one, so that
/// nothing of it waits while the reader is slow.
#[derive(Debug, Default)]
pub(in crate::api) struct Cutter {
    /// Whether a row is written to its end.
    pub(in crate::api) begun: bool,
    /// Bytes of the next row that are given out.
    given: usize,
}

/// What became of a row that was to be put into a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Put {
    /// It is in, and there is room for more.
    Whole,
    /// It is in, and the piece is long enough.
    Last,
    /// Only a part of it is in.
    Part,
}

/// A piece that is being filled.
pub(in crate::api) struct Piece<'c> {
    cutter: &'c mut Cutter,
    out: Vec<u8>,
}

impl Piece<'_> {
    /// Puts a row. `write` has to write it the same way each time; it hears whether there is one before.
    pub(in crate::api) fn row(&mut self, write: impl FnOnce(bool, &mut Vec<u8>)) -> Put {
        let (cutter, out) = (&mut *self.cutter, &mut self.out);
        let before = out.len();
        write(cutter.begun, out);
        let written = out.len() - before;
        out.drain(before..before + cutter.given.min(written));
        if out.len() > limits::PIECE_BYTES {
            cutter.given += limits::PIECE_BYTES - before;
            out.truncate(limits::PIECE_BYTES);
            return Put::Part;
        }
        cutter.begun |= written > 0;
        cutter.given = 0;
        if out.len() >= limits::RESULT_CHUNK_BYTES { Put::Last } else { Put::Whole }
    }

    /// What is in it.
    pub(in crate::api) fn into_bytes(mut self) -> Vec<u8> {
        // What is counted is what is held.
        self.out.shrink_to_fit();
        self.out
    }
}

impl Cutter {
    /// The next piece, empty.
    pub(in crate::api) fn begin(&mut self) -> Piece<'_> {
        Piece { cutter: self, out: Vec::new() }
    }

    /// A piece of these rows, which begin where the last piece ended, and how many of them it ends.
    pub(in crate::api) fn piece<'r>(
        &mut self,
        rows: impl Iterator<Item = &'r [u8]>,
        mut write: impl FnMut(&'r [u8], bool, &mut Vec<u8>),
    ) -> (Vec<u8>, u64) {
        let (mut piece, mut ended) = (self.begin(), 0);
        for row in rows {
            let put = piece.row(|begun, out| write(row, begun, out));
            ended += u64::from(put != Put::Part);
            if put != Put::Whole {
                break;
            }
        }
        (piece.into_bytes(), ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All pieces of rows that are each written as so many bytes.
    fn pieces(sizes: &[usize]) -> Vec<Vec<u8>> {
        let rows: Vec<Vec<u8>> = sizes.iter().map(|size| size.to_string().into_bytes()).collect();
        let (mut cutter, mut at, mut all) = (Cutter::default(), 0, Vec::new());
        while at < rows.len() && all.len() < 1000 {
            let left = rows.iter().skip(at).map(Vec::as_slice);
            let (piece, ended) = cutter.piece(left, |row, begun, out| {
                let size: usize = std::str::from_utf8(row).unwrap().parse().unwrap();
                out.push(if begun { b',' } else { b'[' });
                out.extend((0..size).map(|n| b"0123456789"[n % 10]));
            });
            at += usize::try_from(ended).unwrap();
            all.push(piece);
        }
        all
    }

    #[test]
    fn no_piece_is_longer_than_reckoned_and_nothing_is_lost() {
        let most = limits::PIECE_BYTES;
        let chunk = limits::RESULT_CHUNK_BYTES;
        let few = [3, chunk - 20, most - 1, most, 5 * most + 7, 0, chunk, 1];
        let many = vec![chunk / 3; 100];
        for sizes in [few.as_slice(), &many, &[4 * most]] {
            let pieces = pieces(sizes);
            assert!(pieces.iter().all(|piece| (1..=most).contains(&piece.len()) && piece.capacity() <= most));
            let mut whole = Vec::new();
            for (at, size) in sizes.iter().enumerate() {
                whole.push(if at > 0 { b',' } else { b'[' });
                whole.extend((0..*size).map(|n| b"0123456789"[n % 10]));
            }
            assert!(pieces.concat() == whole, "{} pieces", pieces.len());
        }
        assert!(pieces(&many).iter().all(|piece| piece.len() < 2 * chunk), "small rows make small pieces");
    }
}
