//! Unpacks what is kept of an answer that came compressed, although no one asked for that: so that it can be
//! read, and so that what it repeats of the request's secrets is found in it.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::domain::outcome::Response;
use crate::limits;

/// How bodies begin that are packed, whatever their headers say.
const MAGIC: [(&[u8], &str); 6] = [
    (b"\x1F\x8B\x08", "gzip"),
    (b"\x28\xB5\x2F\xFD", "zstd"),
    (b"\xFD7zXZ", "xz"),
    (b"7z\xBC\xAF\x27\x1C", "7z"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
];

/// Unpacks a body in gzip or deflate, as far as it is kept and whole, one packing after the other. Of a body that
/// cannot be unpacked nothing is kept but that: what it repeats would not be found in it. Its headers stay as
/// they came.
pub fn unpack(response: &mut Response) {
    let mut named = codings(&response.headers);
    for _ in 0..=limits::ANSWER_CODINGS {
        let body = response.body.as_slice();
        let Some(coding) = named.pop().or_else(|| begins_as(body).map(str::to_owned)) else { return };
        let unpacked = match coding.as_str() {
            // What is not packed at all, whatever it says, stays as it is.
            _ if body.is_empty() || is_text(body) => continue,
            "gzip" | "x-gzip" => read(MultiGzDecoder::new(body)),
            // As it is defined, and as many write it.
            "deflate" => read(ZlibDecoder::new(body)).or_else(|| read(DeflateDecoder::new(body))),
            _ => None,
        };
        let Some(unpacked) = unpacked else { return drop_body(response, &coding) };
        response.truncated |= unpacked.len() > limits::RESPONSE_KEPT_BYTES;
        response.body = unpacked;
        response.body.truncate(limits::RESPONSE_KEPT_BYTES);
    }
    if !is_text(&response.body) {
        drop_body(response, "many");
    }
}

/// In what a body is packed by its headers; the last was applied last.
fn codings(headers: &HeaderMap) -> Vec<String> {
    let values =
        headers.get_all(CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let words = values
        .flat_map(|value| value.split(',').map(|word| word.trim().to_ascii_lowercase()).collect::<Vec<_>>());
    words.filter(|word| !matches!(word.as_str(), "" | "identity")).collect()
}

fn begins_as(body: &[u8]) -> Option<&'static str> {
    MAGIC.iter().find(|(magic, _)| body.starts_with(magic)).map(|(_, coding)| *coding)
}

/// Whether it is text that people read, which may break off within a character.
fn is_text(body: &[u8]) -> bool {
    let whole = match std::str::from_utf8(body) {
        Ok(_) => body,
        Err(error) if error.error_len().is_none() => body.get(..error.valid_up_to()).unwrap_or_default(),
        Err(_) => return false,
    };
    !whole.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
}

/// Says in a body's place why it is not there.
fn drop_body(response: &mut Response, coding: &str) {
    response.body = format!("(not kept: its content coding, {coding:?}, cannot be unpacked)").into_bytes();
    response.truncated = false;
}

/// As much as there is, and one byte more than is kept; `None` if that is nothing although there should be
/// something.
fn read(decoder: impl Read) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    // What was cut off ends with an error; what came before it is there.
    let read = decoder.take(limits::RESPONSE_KEPT_BYTES as u64 + 1).read_to_end(&mut unpacked);
    (read.is_ok() || !unpacked.is_empty()).then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
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
        for (coding, body) in
            [("br", "no br"), ("gzip", "not packed"), ("identity", "x"), ("deflate", "{}"), ("gzip", "")]
        {
            assert_eq!(unpacked(coding, body.into()).body, body.as_bytes());
        }
        assert_eq!(unpacked("gzip", gzip(b"")).body, b"");
    }

    #[test]
    fn every_packing_is_undone_or_nothing_is_kept() {
        let raw = |text: &[u8]| {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        let text = b"you sent canary-in-a-header";
        for (coding, body) in [
            ("deflate", raw(text)),
            ("gzip, gzip", gzip(&gzip(text))),
            ("deflate , GZIP", gzip(&raw(text))),
            ("gzip", gzip(&gzip(text))),
            ("identity", gzip(text)),
            ("", gzip(&gzip(text))),
        ] {
            assert_eq!(unpacked(coding, body).body, text, "{coding}");
        }
        let deep = |times| (0..times).fold(text.to_vec(), |inner, _| gzip(&inner));
        assert_eq!(unpacked("", deep(limits::ANSWER_CODINGS)).body, text);
        let kept = |coding, body| {
            let kept = unpacked(coding, body);
            (String::from_utf8(kept.body).unwrap(), kept.truncated)
        };
        for (coding, body, named) in [
            ("br", b"\x0b\x0d\x80you sent canary\x03".to_vec(), "br"),
            ("zstd", b"\x28\xB5\x2F\xFDcanary".to_vec(), "zstd"),
            ("", b"\x28\xB5\x2F\xFDcanary".to_vec(), "zstd"),
            ("gzip", raw(text), "gzip"),
            ("gzip", gzip(text).split_off(10), "gzip"),
            ("deflate", b"\xFF\xFE".to_vec(), "deflate"),
            ("br, gzip", gzip(b"\x0b\x0d\x80canary\x03"), "br"),
            ("", deep(limits::ANSWER_CODINGS + 2), "many"),
        ] {
            let said = format!("(not kept: its content coding, {named:?}, cannot be unpacked)");
            assert_eq!(kept(coding, body), (said, false), "{coding}");
        }
    }

    #[test]
    fn a_bomb_is_as_long_as_any_answer() {
        let bomb = unpacked("gzip", gzip(&vec![b'a'; 10 << 20]));
        assert_eq!((bomb.body.len(), bomb.truncated), (limits::RESPONSE_KEPT_BYTES, true));
    }
}
