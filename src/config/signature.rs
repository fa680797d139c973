//! `signature` of a profile: how what is sent is signed.

use http::HeaderName;

use super::parse;
use super::reader::Section;
use crate::domain::hmac_scheme::{Encoding, HmacAlgorithm, HmacKey, HmacScheme, Part, Pattern, PatternError};
use crate::domain::profile::{DEFAULT_PROFILE, JwtAlgorithm, SignatureScheme};
use crate::limits;

/// The schemes that a profile names; `None`: it does not say. `base` are those of the profile that it extends.
pub(super) fn read(section: &mut Section<'_>, base: &[SignatureScheme]) -> Option<Vec<SignatureScheme>> {
    if section.takes_word("signature", "none") {
        return Some(Vec::new());
    }
    // A profile whose base leaves the algorithm to the store does so too, unless it says which.
    let unset = base.iter().find_map(|scheme| match scheme {
        SignatureScheme::Jwt { algorithm, .. } => Some(*algorithm),
        _ => None,
    });
    let unset = unset.unwrap_or(Some(JwtAlgorithm::EdDsa));
    section.list_of("signature", word, |table| scheme(table, unset))
}

fn word(word: &str) -> Result<SignatureScheme, String> {
    match word {
        DEFAULT_PROFILE => Ok(SignatureScheme::Standard),
        _ => Err("must be \"none\", or a list of \"standard\" and tables such as { scheme = \"hmac\", header = \"X-…\" }, \
                  whose scheme is timestamped, hmac or jwt"
            .to_owned()),
    }
}

/// A scheme of a table before its settings are read.
enum Scheme {
    Standard,
    Timestamped,
    Hmac,
    Jwt,
}

fn scheme(section: &mut Section<'_>, unset: Option<JwtAlgorithm>) -> Option<SignatureScheme> {
    let scheme = section.optional("scheme", |word| match word {
        DEFAULT_PROFILE => Ok(Scheme::Standard),
        "timestamped" => Ok(Scheme::Timestamped),
        "hmac" => Ok(Scheme::Hmac),
        "jwt" => Ok(Scheme::Jwt),
        _ => Err("must be standard, timestamped, hmac or jwt".to_owned()),
    });
    let Some(scheme) = scheme else {
        section.refuse("scheme must be standard, timestamped, hmac or jwt");
        return None;
    };
    if matches!(scheme, Scheme::Standard) {
        return Some(SignatureScheme::Standard);
    }
    let header = section.required("header", parse::filled_header);
    match scheme {
        Scheme::Standard => None,
        Scheme::Timestamped => {
            let multi_signature = section.take("multi_signature", false, parse::boolean);
            header.map(|header| SignatureScheme::Timestamped { header, multi_signature })
        }
        Scheme::Hmac => hmac(section, header).map(SignatureScheme::Hmac),
        Scheme::Jwt => {
            let algorithm = section.optional("alg", |word| {
                JwtAlgorithm::parse(word).ok_or_else(|| "must be EdDSA or RS256".to_owned())
            });
            let algorithm = algorithm.or(unset);
            header.map(|header| SignatureScheme::Jwt { header, algorithm })
        }
    }
}

fn hmac(section: &mut Section<'_>, header: Option<HeaderName>) -> Option<HmacScheme> {
    let algorithm = section.take("algorithm", HmacAlgorithm::Sha256, |word| match word {
        "sha256" => Ok(HmacAlgorithm::Sha256),
        "sha512" => Ok(HmacAlgorithm::Sha512),
        "sha1" => Ok(HmacAlgorithm::Sha1),
        _ => Err("must be sha256, sha512 or sha1".to_owned()),
    });
    let content =
        section.optional("content", |text| text.parse().map_err(|error: PatternError| error.to_string()));
    let content = content.or_else(|| "{body}".parse::<Pattern>().ok())?;
    let encoding = section.take("encoding", Encoding::Hex, |word| match word {
        "hex" => Ok(Encoding::Hex),
        "base64" => Ok(Encoding::Base64),
        _ => Err("must be hex or base64".to_owned()),
    });
    let prefix = section.take("prefix", String::new(), prefix);
    let key = section.take("key", HmacKey::Text, |word| match word {
        "text" => Ok(HmacKey::Text),
        "bytes" => Ok(HmacKey::Bytes),
        _ => {
            Err("must be text (the secret as it is written) or bytes (what its base64 stands for)".to_owned())
        }
    });
    let timestamp_header = section.optional("timestamp_header", parse::filled_header);
    let id_header = section.optional("id_header", parse::filled_header);
    if content.parts().contains(&Part::Timestamp) && timestamp_header.is_none() {
        section.refuse("content holds {timestamp}, so set timestamp_header, where receivers read it");
    }
    Some(HmacScheme {
        header: header?,
        algorithm,
        content,
        encoding,
        prefix,
        key,
        timestamp_header,
        id_header,
    })
}

/// What stands before a signature in its header.
fn prefix(text: &str) -> Result<String, String> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && text.len() <= limits::SIGNATURE_PREFIX_BYTES {
        return Ok(text.to_owned());
    }
    Err(format!("must be at most {} visible ASCII characters", limits::SIGNATURE_PREFIX_BYTES))
}
