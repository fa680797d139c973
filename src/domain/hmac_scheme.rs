//! An HMAC as a profile describes it, for receivers that expect another provider's signature.

use std::str::FromStr;

use http::HeaderName;

/// A signature that is an HMAC over a pattern, in one header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HmacScheme {
    /// The header of the signature.
    pub header: HeaderName,
    /// The hash.
    pub algorithm: HmacAlgorithm,
    /// What is signed.
    pub content: Pattern,
    /// How the bytes of the HMAC are written.
    pub encoding: Encoding,
    /// What stands before them: `sha256=`.
    pub prefix: String,
    /// What of the webhook's secret is the key.
    pub key: HmacKey,
    /// The header of the time of the attempt, in seconds since 1970.
    pub timestamp_header: Option<HeaderName>,
    /// The header of the message's id.
    pub id_header: Option<HeaderName>,
}

/// The hash of an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HmacAlgorithm {
    /// SHA-1, for legacy receivers.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How the bytes of a signature are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Lower-case hexadecimal.
    Hex,
    /// Standard base64 with its padding.
    Base64,
}

/// What of a secret is the key of an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HmacKey {
    /// The secret's whole text, `whsec_` included.
    Text,
    /// The bytes that its base64 stands for.
    Bytes,
}

/// What is signed: texts and what is filled in between them, such as `v0:{timestamp}:{body}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

/// A part of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A text as it is.
    Text(String),
    /// The message's id.
    Id,
    /// The time of the attempt, in seconds since 1970.
    Timestamp,
    /// The webhook's URL.
    Url,
    /// The body's bytes.
    Body,
}

impl Part {
    /// What can be filled in, by the names that stand between braces.
    const NAMED: [(&str, Self); 4] =
        [("{id}", Self::Id), ("{timestamp}", Self::Timestamp), ("{url}", Self::Url), ("{body}", Self::Body)];
}

impl Pattern {
    /// Its parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A brace that begins or ends nothing known.
    #[error("holds a brace that is not part of {{id}}, {{timestamp}}, {{url}} or {{body}}")]
    Brace,
    /// Without the body anything could be sent under the signature.
    #[error("must hold {{body}}, or the signature says nothing about what is sent")]
    NoBody,
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let named = Part::NAMED.iter().find_map(|(name, part)| Some((part, rest.strip_prefix(name)?)));
            if let Some((part, after)) = named {
                parts.push(part.clone());
                rest = after;
                continue;
            }
            let (text, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            if text.is_empty() || text.contains('}') {
                return Err(PatternError::Brace);
            }
            parts.push(Part::Text(text.to_owned()));
            rest = after;
        }
        if parts.contains(&Part::Body) { Ok(Self(parts)) } else { Err(PatternError::NoBody) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_part_by_part() {
        let text = |text: &str| Part::Text(text.to_owned());
        for (pattern, parts) in [
            ("{body}", vec![Part::Body]),
            ("v0:{timestamp}:{body}", vec![text("v0:"), Part::Timestamp, text(":"), Part::Body]),
            ("{url}{body}", vec![Part::Url, Part::Body]),
            ("{id}.{timestamp}.{body}", vec![Part::Id, text("."), Part::Timestamp, text("."), Part::Body]),
            ("{body}{body}x", vec![Part::Body, Part::Body, text("x")]),
        ] {
            assert_eq!(pattern.parse::<Pattern>().unwrap().parts(), parts, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "v0:{timestamp}", "body", "{url}"] {
            assert_eq!(text.parse::<Pattern>(), Err(PatternError::NoBody), "{text}");
        }
        for text in ["{Body}", "{body", "body}", "{{body}}", "{body}}", "{secret}{body}", "{}{body}"] {
            assert_eq!(text.parse::<Pattern>(), Err(PatternError::Brace), "{text}");
        }
    }
}
