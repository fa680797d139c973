//! Custom headers: which a webhook or a profile may set on its requests.

use http::{HeaderName, HeaderValue};

use crate::limits;

/// Why a custom header cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a header's name.
    #[error("{0:?} is not a header's name; use letters, digits and \"-\"")]
    Name(String),
    /// A name the daemon sets, or that would change what the request is.
    #[error("{0} cannot be set: it belongs to the daemon, the connection or the signature")]
    Reserved(HeaderName),
    /// A name that a profile sets under a key of its own.
    #[error("{0} cannot be set on its own; a profile sets it for its webhooks, as `{1}`")]
    OfProfile(HeaderName, &'static str),
    /// Not a header's value.
    #[error("the value of {0} may hold visible ASCII characters, and spaces between them, only")]
    Value(HeaderName),
    /// A value that looks like a template, and would be sent as it is.
    #[error(
        "the value of {0} holds \"{{{{\", and nothing is filled in here, so it would be sent as it is; write the value \
         itself, which is stored sealed and shown as {MASK}"
    )]
    Template(HeaderName),
    /// Longer than the limit.
    #[error("a header's name and value may be {} bytes long at most", limits::CUSTOM_HEADER_BYTES)]
    Length,
}

/// The headers no one may set: message framing, the connection's (RFC 9110, section 7.6.1), what
/// the profile sets under its own keys, and Standard Webhooks' signature.
const RESERVED: [&str; 16] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
];

/// What stands in place of a value that is kept back.
pub const MASK: &str = "***";

/// Whether a custom header of this name is never sent.
#[must_use]
pub fn is_reserved(name: &HeaderName) -> bool {
    let name = name.as_str();
    RESERVED.contains(&name) || name.starts_with("proxy-")
}

/// Refuses a name that is never sent as a custom header.
///
/// # Errors
/// Says whose the name is.
pub fn check_free(name: &HeaderName) -> Result<(), HeaderError> {
    match name.as_str() {
        "content-type" => Err(HeaderError::OfProfile(name.clone(), "content_type")),
        "user-agent" => Err(HeaderError::OfProfile(name.clone(), "user_agent")),
        _ if is_reserved(name) => Err(HeaderError::Reserved(name.clone())),
        _ => Ok(()),
    }
}

/// Refuses a name for a header that a profile has filled in, such as that of a signature.
///
/// # Errors
/// Says whose the name is.
pub fn check_filled(name: &HeaderName) -> Result<(), HeaderError> {
    if name.as_str().starts_with("webhook-") { Ok(()) } else { check_free(name) }
}

/// The custom header of a name and a value; who keeps it masks the value in logs and answers.
///
/// # Errors
/// Says what is wrong with the name or the value, without repeating the value.
pub fn check_custom_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HeaderError> {
    if name.len() + value.len() > limits::CUSTOM_HEADER_BYTES {
        return Err(HeaderError::Length);
    }
    let name: HeaderName = name.parse().map_err(|_| HeaderError::Name(name.to_owned()))?;
    check_free(&name)?;
    if value.contains("{{") {
        return Err(HeaderError::Template(name));
    }
    let sendable = value.bytes().all(|b| (0x20..0x7f).contains(&b)) && value.trim() == value;
    match HeaderValue::from_str(value) {
        Ok(mut value) if sendable => {
            value.set_sensitive(true);
            Ok((name, value))
        }
        _ => Err(HeaderError::Value(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_that_change_the_request_are_refused() {
        for name in ["Host", "content-LENGTH", "Transfer-Encoding", "Proxy-Authorization", "Webhook-Id", "TE"]
        {
            let refused = check_custom_header(name, "x").unwrap_err();
            assert!(matches!(refused, HeaderError::Reserved(_)), "{name}: {refused}");
        }
        let refused = check_custom_header("User-Agent", "x").unwrap_err();
        assert!(
            refused.to_string().ends_with("a profile sets it for its webhooks, as `user_agent`"),
            "{refused}"
        );
    }

    #[test]
    fn ordinary_headers_are_taken_and_do_not_show() {
        let (name, value) = check_custom_header("Authorization", "Bearer abc").unwrap();
        assert_eq!((name.as_str(), value.as_bytes()), ("authorization", &b"Bearer abc"[..]));
        assert_eq!(format!("{value:?}"), "Sensitive");
    }

    #[test]
    fn refusals_say_why() {
        let refusal = |name: &str, value: &str| check_custom_header(name, value).unwrap_err();
        assert_eq!(refusal("a b", ""), HeaderError::Name("a b".into()));
        assert_eq!(refusal("", ""), HeaderError::Name(String::new()));
        let name = HeaderName::from_static("x-a");
        for value in ["a\r\nHost: b", "a\0", "ä", " a", "a\t"] {
            assert_eq!(refusal("X-A", value), HeaderError::Value(name.clone()), "{value:?}");
        }
        assert_eq!(refusal("X-A", &"a".repeat(4094)), HeaderError::Length);
        let template = refusal("X-A", "Bearer {{secrets.TOKEN}}");
        assert_eq!(template, HeaderError::Template(name));
        let message = template.to_string();
        assert!(
            message.starts_with("the value of x-a holds \"{{\",") && !message.contains("TOKEN"),
            "{message}"
        );
    }

    proptest! {
        #[test]
        fn what_is_taken_is_sent_as_it_was_written(name: String, value: String) {
            if let Ok((kept, sent)) = check_custom_header(&name, &value) {
                prop_assert!(kept.as_str().eq_ignore_ascii_case(&name) && !is_reserved(&kept));
                prop_assert_eq!(sent.as_bytes(), value.as_bytes());
            }
        }
    }
}
