//! An answer's body as text: as it is, in the character set that it names, or in base64 and marked so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;

use crate::domain::media_type;
use crate::domain::outcome::Response;

/// What stands for bytes that are no text.
pub const BASE64: &str = "base64";

/// A body's text, and in what it is written where that is not plain.
pub fn text(response: &Response) -> (String, Option<&'static str>) {
    let body = response.body.as_slice();
    let content_type = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let charset = charset(content_type.unwrap_or_default());
    // UTF-16 is mostly UTF-8 as well, with a zero beside each letter; without one it is mostly not UTF-16.
    let wide = charset.starts_with("utf-16") && body.contains(&0);
    let plain = if wide { None } else { utf_8(body, response.truncated) };
    let text = plain.map(str::to_owned).or_else(|| in_its_charset(&charset, body));
    match text {
        Some(text) => (text, None),
        None => (STANDARD.encode(body), Some(BASE64)),
    }
}

/// A body's text, or words in its place, where nothing says in what it is written.
pub fn words(response: &Response) -> String {
    match text(response) {
        (text, None) => text,
        (_, Some(_)) => format!("({} bytes that are not text)", response.body.len()),
    }
}

/// Text that may break off within a character where more followed.
fn utf_8(body: &[u8], truncated: bool) -> Option<&str> {
    match std::str::from_utf8(body) {
        Ok(text) => Some(text),
        Err(error) if truncated && error.error_len().is_none() => {
            body.get(..error.valid_up_to()).and_then(|whole| std::str::from_utf8(whole).ok())
        }
        Err(_) => None,
    }
}

fn charset(content_type: &str) -> String {
    let (_, parameters) = media_type::parts(content_type);
    let named = parameters.into_iter().find(|(name, _)| name == "charset");
    named.map(|(_, value)| value.to_ascii_lowercase()).unwrap_or_default()
}

fn in_its_charset(charset: &str, body: &[u8]) -> Option<String> {
    let is_big = match (charset, body) {
        // Each byte is the character of its number; the few that differ in Windows' set are controls here.
        ("iso-8859-1" | "latin1" | "windows-1252" | "us-ascii", _) => {
            return Some(body.iter().map(|&byte| char::from(byte)).collect());
        }
        ("utf-16be", _) | ("utf-16", [0xFE, 0xFF, ..]) => true,
        ("utf-16le" | "utf-16", _) => false,
        _ => return None,
    };
    let (units, _) = body.as_chunks::<2>();
    let units =
        units.iter().map(|pair| if is_big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(text.trim_start_matches('\u{FEFF}').to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn shown(content_type: &'static str, body: &[u8], truncated: bool) -> (String, Option<&'static str>) {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static(content_type))].into_iter().collect();
        text(&Response { status: 500, headers, body: body.to_vec(), truncated })
    }

    #[test]
    fn a_body_is_text_or_marked() {
        let plain = |text: &str| (text.to_owned(), None);
        assert_eq!(shown("text/plain", "zu spät".as_bytes(), false), plain("zu spät"));
        assert_eq!(shown("text/plain", b"zu sp\xC3", true), plain("zu sp"));
        assert_eq!(shown("text/plain; charset=\"ISO-8859-1\"", b"zu sp\xE4t", false), plain("zu spät"));
        assert_eq!(
            shown("text/html; x=\"a;charset=utf-16\"; charset=latin1", b"zu sp\xE4t", false),
            plain("zu spät")
        );
        assert_eq!(shown("text/plain;Charset=utf-16", b"\xFF\xFEo\0k\0", false), plain("ok"));
        assert_eq!(shown("text/plain;charset=utf-16be", b"\0o\0k", false), plain("ok"));
        assert_eq!(shown("text/plain;charset=utf-16", b"not kept", false), plain("not kept"));
        assert_eq!(shown("image/jpeg", b"\xFF\xD8\xFF", false), ("/9j/".to_owned(), Some(BASE64)));
        assert_eq!(shown("text/plain", b"\xC3", false), ("ww==".to_owned(), Some(BASE64)));
        let binary =
            Response { status: 500, headers: Default::default(), body: vec![0xFF; 3], truncated: false };
        assert_eq!(words(&binary), "(3 bytes that are not text)");
    }
}
