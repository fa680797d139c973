//! Keeps what was sent in confidence out of what is stored of the answer: a receiver that repeats its
//! request would otherwise put header values, named secrets and the target's query into the store, its
//! backups, and before readers.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use memchr::memmem;
use zeroize::Zeroizing;

use super::MASK;
use crate::domain::outcome::{Exchange, Response};
use crate::domain::target::TargetUrl;
use crate::limits;

/// Values that a request carries and no one may read in its answer.
#[derive(Default)]
pub struct Confidential(Vec<Zeroizing<Vec<u8>>>);

impl Confidential {
    /// The header values of `sent` that are masked in `kept`, the token of `Bearer TOKEN` by itself too.
    pub fn add_headers(&mut self, sent: &HeaderMap, kept: &HeaderMap) {
        for (name, value) in sent.iter().filter(|(name, _)| kept.get(*name).is_some_and(|kept| kept == MASK))
        {
            let value = value.as_bytes();
            self.add(value);
            if let (true, Some(space)) = (is_credentials(name), memchr::memchr(b' ', value)) {
                self.add(value.get(space + 1..).unwrap_or_default());
            }
        }
    }

    /// The values in a target's query, as they are written there and as they are meant.
    pub fn add_target(&mut self, target: &TargetUrl) {
        for value in target.query_values() {
            self.add(value.as_bytes());
            let meant = percent_decoded(value);
            if meant != value.as_bytes() {
                self.add(&meant);
            }
        }
    }

    /// A named secret, however short it is.
    pub fn add_secret(&mut self, text: &str) {
        self.insert(text.as_bytes());
    }

    fn add(&mut self, value: &[u8]) {
        if value.len() >= limits::MASKED_VALUE_BYTES {
            self.insert(value);
        }
    }

    /// In every form in which a receiver may repeat it.
    fn insert(&mut self, value: &[u8]) {
        for form in encoded(value).filter(|form| form.len() >= limits::MASKED_VALUE_BYTES) {
            self.insert_form(form.as_bytes());
        }
        if is_unreserved(value) {
            return self.insert_form(value);
        }
        for reading in readings(value) {
            for written in
                [as_is, json_escaped, json_with_slashes, json_in_ascii, html_escaped, percent_encoded]
            {
                self.insert_form(&written(&reading));
            }
        }
    }

    /// The longest first, so that a value within another leaves nothing of that one.
    fn insert_form(&mut self, form: &[u8]) {
        if !form.is_empty() && !self.0.iter().any(|kept| kept.as_slice() == form) {
            let at = self.0.partition_point(|kept| kept.len() > form.len());
            self.0.insert(at, Zeroizing::new(form.to_vec()));
        }
    }

    /// The values in characters of more than a byte.
    fn widened(&self, widen: Widen) -> Self {
        let mut wide = Self::default();
        self.0
            .iter()
            .filter_map(|value| std::str::from_utf8(value).ok())
            .for_each(|text| wide.insert_form(&widen(text)));
        wide
    }

    /// Masks the values in what is kept of an exchange: in its answer, and in what its error and note quote
    /// of it.
    pub fn mask(&self, exchange: &mut Exchange) {
        if self.0.is_empty() {
            return;
        }
        let error = exchange.error.as_mut().map(|error| &mut error.detail);
        for text in error.into_iter().chain(&mut exchange.note) {
            if let Some(masked) = self.masked(text.as_bytes(), MASK.as_bytes(), true) {
                *text = String::from_utf8_lossy(&masked).into_owned();
            }
        }
        if let Some(response) = &mut exchange.response {
            self.mask_response(response);
        }
    }

    fn mask_response(&self, response: &mut Response) {
        for value in response.headers.values_mut() {
            if let Some(masked) = self.masked(value.as_bytes(), MASK.as_bytes(), false) {
                // What is left of a header's value is one, and so is the mask.
                *value = HeaderValue::from_maybe_shared(Bytes::from(masked))
                    .unwrap_or_else(|_| HeaderValue::from_static(MASK));
            }
        }
        if let Some(masked) = self.masked(&response.body, MASK.as_bytes(), response.truncated) {
            response.body = masked;
        }
        if response.body.iter().all(|byte| byte.is_ascii() && *byte != 0) {
            return;
        }
        // Whichever character set the answer names, and whether or not it names one.
        for widen in WIDE {
            let masked = self.widened(widen).masked(&response.body, &widen(MASK), response.truncated);
            response.body = masked.unwrap_or_else(|| std::mem::take(&mut response.body));
        }
    }

    /// The text with its values masked, and with the beginning of one at its end where it was `cut`;
    /// `None` if it holds none.
    fn masked(&self, text: &[u8], mask: &[u8], cut: bool) -> Option<Vec<u8>> {
        let mut masked: Option<Vec<u8>> = None;
        for value in &self.0 {
            let text = masked.as_deref().unwrap_or(text);
            let mut from = 0;
            let mut out = Vec::new();
            for at in memmem::find_iter(text, value.as_slice()) {
                out.extend_from_slice(text.get(from..at).unwrap_or_default());
                out.extend_from_slice(mask);
                from = at + value.len();
            }
            if from > 0 {
                out.extend_from_slice(text.get(from..).unwrap_or_default());
                masked = Some(out);
            }
        }
        let text = masked.as_deref().unwrap_or(text);
        if let Some(whole) = self.cut_value(text).filter(|_| cut) {
            let mut out = text.get(..whole).unwrap_or_default().to_vec();
            out.extend_from_slice(mask);
            masked = Some(out);
        }
        masked
    }

    /// Where a value begins that the text's end cuts off.
    fn cut_value(&self, text: &[u8]) -> Option<usize> {
        let longest = self.0.first()?.len();
        let from = text.len().saturating_sub(longest);
        (from..text.len().saturating_sub(limits::MASKED_VALUE_BYTES - 1)).find(|&at| {
            let rest = text.get(at..).unwrap_or_default();
            self.0.iter().any(|value| value.len() > rest.len() && value.starts_with(rest))
        })
    }
}

/// Whether a header's value is a scheme and what it authenticates with.
fn is_credentials(name: &http::HeaderName) -> bool {
    matches!(*name, http::header::AUTHORIZATION | http::header::PROXY_AUTHORIZATION)
}

/// Writes text in characters of more than a byte.
type Widen = fn(&str) -> Vec<u8>;

const WIDE: [Widen; 4] = [
    |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    |text| text.chars().flat_map(|char| u32::from(char).to_le_bytes()).collect(),
    |text| text.chars().flat_map(|char| u32::from(char).to_be_bytes()).collect(),
];

/// A header's bytes, and what they are where a receiver reads or writes them as Latin-1.
fn readings(value: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut readings = vec![Cow::Borrowed(value)];
    if value.is_ascii() {
        return readings;
    }
    let read_as_latin: String = value.iter().map(|&byte| char::from(byte)).collect();
    readings.push(Cow::Owned(read_as_latin.into_bytes()));
    let latin =
        |text: &str| text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect::<Option<Vec<u8>>>();
    readings.extend(std::str::from_utf8(value).ok().and_then(latin).map(Cow::Owned));
    readings
}

fn as_is(value: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(value)
}

/// A value as it stands within a JSON string.
fn json_escaped(value: &[u8]) -> Cow<'_, [u8]> {
    let quoted = std::str::from_utf8(value).ok().and_then(|text| serde_json::to_string(text).ok());
    let inner = quoted.as_deref().and_then(|quoted| quoted.get(1..quoted.len() - 1));
    inner.map_or(Cow::Borrowed(value), |inner| Cow::Owned(inner.as_bytes().to_vec()))
}

/// The same as PHP writes it.
fn json_with_slashes(value: &[u8]) -> Cow<'_, [u8]> {
    let mut escaped = Vec::with_capacity(value.len());
    for &byte in json_in_ascii(value).iter() {
        escaped.extend((byte == b'/').then_some(b'\\'));
        escaped.push(byte);
    }
    Cow::Owned(escaped)
}

/// The same as Python and PHP write it, without what is not ASCII.
fn json_in_ascii(value: &[u8]) -> Cow<'_, [u8]> {
    let json = json_escaped(value);
    let Ok(text) = std::str::from_utf8(&json) else { return json };
    let mut units = [0; 2];
    let mut ascii = String::new();
    for char in text.chars() {
        if char.is_ascii() {
            ascii.push(char);
        } else {
            char.encode_utf16(&mut units).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")));
        }
    }
    Cow::Owned(ascii.into_bytes())
}

/// A value as it stands in HTML.
fn html_escaped(value: &[u8]) -> Cow<'_, [u8]> {
    let mut escaped = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'&' => escaped.extend_from_slice(b"&amp;"),
            b'<' => escaped.extend_from_slice(b"&lt;"),
            b'>' => escaped.extend_from_slice(b"&gt;"),
            b'"' => escaped.extend_from_slice(b"&quot;"),
            b'\'' => escaped.extend_from_slice(b"&#39;"),
            byte => escaped.push(*byte),
        }
    }
    Cow::Owned(escaped)
}

/// A value in hexadecimal digits and in base64, by itself and within longer data, where what stands around it shares
/// the characters at its edges.
fn encoded(value: &[u8]) -> impl Iterator<Item = Zeroizing<String>> {
    let digits = |table: &[u8; 16]| {
        let pairs = value.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        pairs.filter_map(|digit| table.get(usize::from(digit)).map(|digit| char::from(*digit))).collect()
    };
    let mut forms = vec![digits(b"0123456789abcdef"), digits(b"0123456789ABCDEF")];
    for (padded, bare) in [(&STANDARD, &STANDARD_NO_PAD), (&URL_SAFE, &URL_SAFE_NO_PAD)] {
        forms.extend([padded.encode(value), bare.encode(value)]);
        for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
            let mut within = Zeroizing::new(vec![0; before]);
            within.extend_from_slice(value);
            let text = Zeroizing::new(bare.encode(within.as_slice()));
            let whole = if within.len().is_multiple_of(3) { text.len() } else { text.len() - 1 };
            forms.push(text.get(shared..whole).unwrap_or_default().to_owned());
        }
    }
    forms.into_iter().map(Zeroizing::new)
}

/// Whether a value stands the same everywhere.
fn is_unreserved(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte))
}

/// A value as it stands within a URL.
fn percent_encoded(value: &[u8]) -> Cow<'_, [u8]> {
    Cow::Owned(url::form_urlencoded::byte_serialize(value).flat_map(str::bytes).collect())
}

fn percent_decoded(value: &str) -> Vec<u8> {
    // A value without "=" is read as a name.
    let pair = url::form_urlencoded::parse(value.as_bytes()).next();
    pair.map(|(name, _)| name.into_owned().into_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outcome::ErrorKind;
    use proptest::prelude::*;

    fn response(headers: &[(&'static str, &str)], body: &[u8], truncated: bool) -> Response {
        let headers = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        });
        Response { status: 200, headers: headers.collect(), body: body.to_vec(), truncated }
    }

    fn masked(confidential: &Confidential, body: &str, truncated: bool) -> String {
        let mut response = response(&[], body.as_bytes(), truncated);
        confidential.mask_response(&mut response);
        String::from_utf8(response.body).unwrap()
    }

    #[test]
    fn an_echo_holds_nothing_that_was_sent_in_confidence() {
        let sent = response(
            &[("authorization", "Bearer s3cr3t-t0ken"), ("x-key", "quo\"ted value"), ("user-agent", "shown")],
            b"",
            false,
        )
        .headers;
        let kept = response(&[("authorization", MASK), ("x-key", MASK), ("user-agent", "shown")], b"", false)
            .headers;
        let mut confidential = Confidential::default();
        confidential.add_headers(&sent, &kept);
        confidential.add_secret("k1");
        let target = TargetUrl::from_stored("https://example.com/p?key=a%2Fb%2Fcde&T0K3N-alone").unwrap();
        confidential.add_target(&target);
        let body = r#"Bearer s3cr3t-t0ken, s3cr3t-t0ken; "quo\"ted value" quo%22ted+value /p?key=a%2Fb%2Fcde&T0K3N-alone a/b/cde k1 shown"#;
        assert_eq!(masked(&confidential, body, false), r#"***, ***; "***" *** /p?key=***&*** *** *** shown"#);
        let mut echo = response(&[("x-echo", "got Bearer s3cr3t-t0ken"), ("x-other", "plain")], b"", false);
        confidential.mask_response(&mut echo);
        assert_eq!(
            (&echo.headers["x-echo"], &echo.headers["x-other"]),
            (&HeaderValue::from_static("got ***"), &HeaderValue::from_static("plain"))
        );
    }

    #[test]
    fn an_error_that_quotes_the_answer_holds_nothing_either() {
        let mut confidential = Confidential::default();
        confidential.add_secret("topsecret-0123456789");
        let mut exchange = Exchange::failed(ErrorKind::Redirect, "points to /topsecret-0123456789/x");
        exchange.note = Some("began with topsecret-0123456789".to_owned());
        confidential.mask(&mut exchange);
        assert_eq!(exchange.error.unwrap().detail, "points to /***/x");
        assert_eq!(exchange.note.unwrap(), "began with ***");
    }

    #[test]
    fn a_value_that_the_answers_end_cuts_is_masked_too() {
        let mut confidential = Confidential::default();
        confidential.add_secret("topsecret-0123456789");
        assert_eq!(masked(&confidential, "echo topsecret-01", true), "echo ***");
        assert_eq!(masked(&confidential, "echo topsecret-01", false), "echo topsecret-01");
        assert_eq!(masked(&confidential, "echo t", true), "echo t");
    }

    #[test]
    fn an_echo_in_any_writing_holds_nothing() {
        let mut confidential = Confidential::default();
        confidential.add_secret("clé/\"<k>&'1'");
        for echo in [
            r#"clé/\"<k>&'1'"#,
            r#"cl\u00e9/\"<k>&'1'"#,
            r#"cl\u00e9\/\"<k>&'1'"#,
            "clé/&quot;&lt;k&gt;&amp;&#39;1&#39;",
            "cl%C3%A9%2F%22%3Ck%3E%26%271%27",
            "clÃ©/\"<k>&'1'",
        ] {
            assert_eq!(masked(&confidential, &format!("got {echo}."), false), "got ***.", "{echo}");
        }
        let mut latin = response(&[], b"got cl\xE9/\"<k>&'1'.", false);
        confidential.mask_response(&mut latin);
        assert_eq!(latin.body, b"got ***.");
    }

    #[test]
    fn an_echo_in_wide_characters_holds_nothing_whatever_it_says_of_itself() {
        let mut confidential = Confidential::default();
        for secret in ["topsecret-0123456789", "quo\"ted", "ключ-от-двери", "鍵の言葉"] {
            confidential.add_secret(secret);
        }
        let text = "you sent topsecret-0123456789 \"quo\\\"ted\" ключ-от-двери 鍵の言葉!";
        for widen in WIDE {
            let mut echo = response(&[], &widen(text), false);
            confidential.mask_response(&mut echo);
            assert_eq!(echo.body, widen("you sent *** \"***\" *** ***!"));
            let mut cut = response(&[], &widen("you sent topsecret-0"), true);
            confidential.mask_response(&mut cut);
            // A byte of the last character may be left.
            let left = cut.body.strip_prefix(widen("you sent ***").as_slice());
            assert!(
                left.is_some_and(|left| left.len() < 4 && left.iter().all(|&byte| byte == 0)),
                "{left:?}"
            );
        }
    }

    /// Of what is masked within longer data, an edge's characters may be left, which say less than a byte.
    #[test]
    fn an_echo_in_another_encoding_holds_nothing() {
        let secrets: [&[u8]; 4] =
            [b"topsecret-0123456789", b"abcdef", b"quo\"ted \xFB\xEF\xBE>?", &[0xFF; 7]];
        for secret in secrets {
            let mut confidential = Confidential::default();
            confidential.insert(secret);
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            for echo in [
                hex.clone(),
                hex.to_uppercase(),
                STANDARD.encode(secret),
                STANDARD_NO_PAD.encode(secret),
                URL_SAFE.encode(secret),
                URL_SAFE_NO_PAD.encode(secret),
            ] {
                assert_eq!(masked(&confidential, &format!("got {echo}."), false), "got ***.", "{echo}");
                let mut header = response(&[("x-echo", &echo)], b"", false);
                confidential.mask_response(&mut header);
                assert_eq!(header.headers["x-echo"], MASK, "{echo}");
            }
            for (before, after) in (0..3).flat_map(|before| (0..3).map(move |after| (before, after))) {
                let data = [&b"xyz"[..before], secret, &b"uvw"[..after]].concat();
                for text in [STANDARD.encode(&data), URL_SAFE_NO_PAD.encode(&data)] {
                    let shown = masked(&confidential, &text, false);
                    let (first, last) = shown.split_once(MASK).unwrap_or_else(|| panic!("{text}: {shown}"));
                    assert!(first.len() <= 3 && last.trim_end_matches('=').len() <= 4, "{text}: {shown}");
                }
            }
        }
        // Too short to be known by: three characters may stand for anything.
        let mut short = Confidential::default();
        short.add_secret("k1");
        assert_eq!(masked(&short, "azE= 6b31 k1", false), "azE= 6b31 ***");
    }

    proptest! {
        #[test]
        fn no_value_is_left(
            values in proptest::collection::vec("[ab\"/ ]{6,12}", 1..4),
            around in "[ab\"/ ]{0,40}",
            at in any::<prop::sample::Index>(),
        ) {
            let mut confidential = Confidential::default();
            values.iter().for_each(|value| confidential.add_secret(value));
            let at = at.index(around.len() + 1);
            let body = format!("{}{}{}", &around[..at], values[0], &around[at..]);
            let mut answer = response(&[], body.as_bytes(), false);
            confidential.mask_response(&mut answer);
            let left = String::from_utf8(answer.body).unwrap();
            prop_assert!(!left.contains(&values[0]), "{left}");
        }
    }
}
