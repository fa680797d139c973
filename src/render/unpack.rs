//! Unpacks what is kept of an answer that came compressed, although nobody asked for that: so that it can be
//! read, and so that what it repeats of the request's secrets is found in it.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::header::CONTENT_ENCODING;

use crate::domain::outcome::Response;
use crate::limits;

/// Unpacks a body in gzip or deflate, as far as it is kept and whole. Its headers stay as they came.
pub fn unpack(response: &mut Response) {
    let coding = response.headers.get(CONTENT_ENCODING).and_then(|coding| coding.to_str().ok());
    let packed = response.body.as_slice();
    let unpacked = match coding.map(str::trim).unwrap_or_default().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(packed)),
        "deflate" => read(ZlibDecoder::new(packed)),
        _ => return,
    };
    // What is not packed at all, whatever it says, stays as it is.
    if unpacked.is_empty() {
        return;
    }
    response.truncated |= unpacked.len() > limits::RESPONSE_KEPT_BYTES;
    response.body = unpacked;
    response.body.truncate(limits::RESPONSE_KEPT_BYTES);
}

/// As much as there is, and one byte more than is kept.
fn read(decoder: impl Read) -> Vec<u8> {
    let mut unpacked = Vec::new();
    // What was cut off ends with an error; what came before it is there.
    let _ = decoder.take(limits::RESPONSE_KEPT_BYTES as u64 + 1).read_to_end(&mut unpacked);
    unpacked
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};
    use http::HeaderValue;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(coding: &'static str, body: Vec<u8>) -> Response {
        let headers = [(CONTENT_ENCODING, HeaderValue::from_static(coding))].into_iter().collect();
        let mut response = Response { status: 500, headers, body, truncated: false };
        unpack(&mut response);
        response
    }

    #[test]
    fn what_is_packed_can_be_read() {
        assert_eq!(unpacked("gzip", gzip(b"database is locked")).body, b"database is locked");
        assert_eq!(unpacked("X-GZIP", [gzip(b"two "), gzip(b"members")].concat()).body, b"two members");
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"locked").unwrap();
        assert_eq!(unpacked("deflate", zlib.finish().unwrap()).body, b"locked");
        let lines: String = (0..2_000).map(|n| format!("line {n} is locked; ")).collect();
        let whole = gzip(lines.as_bytes());
        let half = unpacked("gzip", whole[..whole.len() / 2].to_vec());
        assert!(half.body.starts_with(b"line 0 is locked; line 1"), "{:?}", half.body.len());
        for (coding, body) in [("br", &b"\x8b\x02"[..]), ("gzip", b"not packed"), ("identity", b"x")] {
            assert_eq!(unpacked(coding, body.to_vec()).body, body);
        }
    }

    #[test]
    fn a_bomb_is_as_long_as_any_answer() {
        let bomb = unpacked("gzip", gzip(&vec![b'a'; 10 << 20]));
        assert_eq!((bomb.body.len(), bomb.truncated), (limits::RESPONSE_KEPT_BYTES, true));
    }
}
