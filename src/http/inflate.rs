//! Compressed request bodies, inflated piece by piece. Nothing is allocated by what a body claims of
//! itself, and the one that takes the pieces counts them: a small body may stand for a huge one.

use std::io::Write as _;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::{Buf as _, Bytes};
use flate2::write::GzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::problem::{Code, Problem};
use crate::limits;

/// Bytes of one piece: little enough to stop early, enough to be quick.
const PIECE: usize = 32 << 10;

/// What a gzip decoder takes: its window and its tables.
const GZIP_MEMORY: usize = 48 << 10;
/// What a brotli decoder's tables take, unless somebody is out to make them large; its window comes on
/// top.
const BROTLI_TABLES: usize = 256 << 10;

/// A body's decoder, and what it was given and has not used yet.
pub(crate) struct Inflate {
    coder: Coder,
    input: Bytes,
}

enum Coder {
    Gzip(Box<Gzip>),
    Brotli { state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>, ended: bool },
}

/// The decoder of one member of a gzip file, which may have several, and what all of them took so far.
struct Gzip {
    decoder: GzDecoder<Vec<u8>>,
    members: u64,
    used: u64,
}

impl Gzip {
    fn new() -> Box<Self> {
        Box::new(Self { decoder: GzDecoder::new(Vec::new()), members: 1, used: 0 })
    }

    /// Goes on with the next member, where this one is at its end.
    fn next_member(&mut self) -> Result<(), Corrupt> {
        self.decoder.try_finish().map_err(|_| Corrupt)?;
        self.members += 1;
        // Each takes a decoder of its own, so one must not be had for next to nothing.
        if self.members > limits::GZIP_MEMBERS + self.used / limits::GZIP_MEMBER_BYTES {
            return Err(Corrupt);
        }
        let made = std::mem::take(self.decoder.get_mut());
        self.decoder = GzDecoder::new(made);
        Ok(())
    }
}

/// What was given is not in the encoding it is said to be in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

impl Inflate {
    /// The decoder of a request's body; `None` for a plain one.
    ///
    /// # Errors
    /// 415 for encodings that are not known.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(encoding) = headers.get(CONTENT_ENCODING) else { return Ok(None) };
        let text = encoding.to_str().unwrap_or_default().trim();
        let alone = headers.get_all(CONTENT_ENCODING).iter().count() == 1;
        let coder = match text.to_ascii_lowercase().as_str() {
            "" | "identity" if alone => return Ok(None),
            "gzip" | "x-gzip" if alone => Coder::Gzip(Gzip::new()),
            "br" if alone => {
                let alloc = StandardAlloc::default;
                // Strict: windows of at most 16 MiB, as in HTTP.
                let state = Box::new(BrotliState::new_strict(alloc(), alloc(), alloc()));
                Coder::Brotli { state, ended: false }
            }
            _ => {
                let detail = format!("the body is encoded as \"{text}\"; use gzip, br or no encoding");
                return Err(Problem::new(Code::UnsupportedMediaType, detail).closing());
            }
        };
        Ok(Some(Self { coder, input: Bytes::new() }))
    }

    /// Gives what arrived; what was given before must be used up.
    pub(crate) fn give(&mut self, input: Bytes) {
        self.input = input;
    }

    /// The next piece of the body, never long; `None` when more is to be given.
    ///
    /// # Errors
    /// When what was given cannot be inflated, or goes on after its end.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Corrupt> {
        let piece = match &mut self.coder {
            Coder::Gzip(gzip) => gunzip(gzip, &mut self.input)?,
            Coder::Brotli { state, ended } => unbrotli(state, ended, &mut self.input)?,
        };
        Ok((!piece.is_empty()).then(|| piece.into()))
    }

    /// Bytes that the decoder itself takes.
    pub(crate) fn memory(&self) -> usize {
        match &self.coder {
            Coder::Gzip(_) => GZIP_MEMORY,
            // While its window grows, the one before is there as well.
            Coder::Brotli { state, .. } => {
                BROTLI_TABLES + usize::try_from(state.ringbuffer_size).unwrap_or(0) / 2 * 3
            }
        }
    }

    /// Whether the body ended where it should; asked when nothing more comes.
    pub(crate) fn is_whole(&mut self) -> bool {
        match &mut self.coder {
            Coder::Gzip(gzip) => gzip.decoder.try_finish().is_ok() && gzip.decoder.get_ref().is_empty(),
            Coder::Brotli { ended, .. } => *ended,
        }
    }
}

fn gunzip(gzip: &mut Gzip, input: &mut Bytes) -> Result<Vec<u8>, Corrupt> {
    loop {
        let decoder = &mut gzip.decoder;
        // A write takes no more than makes 32 KiB, and flushing gives those out.
        let used = if input.is_empty() { 0 } else { decoder.write(input).map_err(|_| Corrupt)? };
        if used == 0 && !input.is_empty() {
            gzip.next_member()?;
            continue;
        }
        input.advance(used);
        gzip.used += used as u64;
        if decoder.header().is_some() {
            decoder.flush().map_err(|_| Corrupt)?;
        }
        if !decoder.get_ref().is_empty() || input.is_empty() {
            return Ok(std::mem::take(decoder.get_mut()));
        }
    }
}

fn unbrotli(
    state: &mut BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    ended: &mut bool,
    input: &mut Bytes,
) -> Result<Vec<u8>, Corrupt> {
    if *ended {
        return if input.is_empty() { Ok(Vec::new()) } else { Err(Corrupt) };
    }
    let mut piece = vec![0; PIECE];
    let (mut left, mut used, mut room, mut made, mut total) = (input.len(), 0, PIECE, 0, 0);
    let result = BrotliDecompressStream(
        &mut left, &mut used, input, &mut room, &mut made, &mut piece, &mut total, state,
    );
    input.advance(used.min(input.len()));
    piece.truncate(made);
    match result {
        BrotliResult::ResultFailure => Err(Corrupt),
        BrotliResult::ResultSuccess => {
            *ended = true;
            if input.is_empty() { Ok(piece) } else { Err(Corrupt) }
        }
        BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok(piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    /// Brotli of stored bytes, by RFC 7932: enough to carry any text.
    fn stored(plain: &[u8]) -> Vec<u8> {
        // A window of 16 bits; then, per block: not the last, four nibbles of length less one, stored.
        let mut bits: Vec<bool> = vec![false];
        let mut out = Vec::new();
        let push = |bits: &mut Vec<bool>, value: u64, count: u32| {
            bits.extend((0..count).map(|at| value >> at & 1 == 1));
        };
        let flush = |bits: &mut Vec<bool>, out: &mut Vec<u8>| {
            for chunk in bits.chunks(8) {
                out.push(chunk.iter().enumerate().fold(0, |byte, (at, &bit)| byte | u8::from(bit) << at));
            }
            bits.clear();
        };
        for block in plain.chunks(0x1_0000) {
            push(&mut bits, 0, 1);
            push(&mut bits, 0, 2);
            push(&mut bits, block.len() as u64 - 1, 16);
            push(&mut bits, 1, 1);
            flush(&mut bits, &mut out);
            out.extend_from_slice(block);
        }
        push(&mut bits, 0b11, 2);
        flush(&mut bits, &mut out);
        out
    }

    fn inflated(encoding: &str, body: &[u8], step: usize) -> Result<Vec<u8>, Corrupt> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        let mut inflate = Inflate::of(&headers).unwrap().unwrap();
        let mut whole = Vec::new();
        for chunk in body.chunks(step) {
            inflate.give(Bytes::copy_from_slice(chunk));
            while let Some(piece) = inflate.next()? {
                assert!(piece.len() <= 4 * PIECE);
                whole.extend_from_slice(&piece);
            }
        }
        if inflate.is_whole() { Ok(whole) } else { Err(Corrupt) }
    }

    proptest! {
        #[test]
        fn a_body_comes_out_as_it_went_in(
            plain in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..5000),
                (any::<u8>(), 0usize..300_000).prop_map(|(byte, count)| vec![byte; count]),
            ],
            step in 1usize..9000,
        ) {
            prop_assert_eq!(inflated("gzip", &gzip(&plain), step), Ok(plain.clone()));
            prop_assert_eq!(inflated("br", &stored(&plain), step), Ok(plain));
        }

        #[test]
        fn what_is_cut_off_or_goes_on_is_noticed(plain in ".{1,300}", cut in 1usize..9, step in 1usize..50) {
            for (encoding, body) in [("gzip", gzip(plain.as_bytes())), ("br", stored(plain.as_bytes()))] {
                let cut = cut.min(body.len() - 1);
                prop_assert_eq!(inflated(encoding, &body[..body.len() - cut], step), Err(Corrupt));
                prop_assert_eq!(inflated(encoding, &[&body[..], b"x"].concat(), step), Err(Corrupt));
            }
        }

        #[test]
        fn noise_is_refused_or_inflated_but_never_more(noise in proptest::collection::vec(any::<u8>(), 0..2000)) {
            for encoding in ["gzip", "br"] {
                let _ = inflated(encoding, &noise, 100);
            }
        }
    }

    #[test]
    fn members_follow_each_other_and_cost_something() {
        let lines = ["{\"n\":1}\n", "", "{\"n\":2}\n"];
        let body: Vec<u8> = lines.iter().flat_map(|line| gzip(line.as_bytes())).collect();
        for step in [1, 7, body.len()] {
            assert_eq!(inflated("gzip", &body, step).as_deref(), Ok(lines.concat().as_bytes()), "{step}");
        }
        assert_eq!(inflated("gzip", &[&body[..], b"\x1f\x8b"].concat(), 100), Err(Corrupt));
        let most = usize::try_from(limits::GZIP_MEMBERS).unwrap();
        assert!(inflated("gzip", &gzip(b"").repeat(most / 2), 9000).is_ok());
        assert_eq!(inflated("gzip", &gzip(b"").repeat(2 * most), 9000), Err(Corrupt));
    }

    #[test]
    fn a_bomb_comes_in_pieces() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 70_000);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        let mut inflate = Inflate::of(&headers).unwrap().unwrap();
        inflate.give(bomb.into());
        for _ in 0..10 {
            assert!(inflate.next().unwrap().is_some_and(|piece| piece.len() <= 4 * PIECE));
        }
        assert!(!inflate.input.is_empty());
    }

    #[test]
    fn encodings_that_are_not_known_are_refused() {
        for encoding in ["deflate", "zstd", "gzip, br", "compress"] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
            assert_eq!(Inflate::of(&headers).err().unwrap().code, Code::UnsupportedMediaType);
        }
        assert!(Inflate::of(&HeaderMap::new()).unwrap().is_none());
    }
}
