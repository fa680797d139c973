//! Names that people give to what they manage.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::id::WebhookId;
use crate::limits;

/// A webhook's name: what people call it, unique in its account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebhookName(Arc<str>);

/// Why a text is not the name of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookNameError {
    /// It is empty, or too long.
    #[error("must have 1 to {} bytes", limits::WEBHOOK_NAME_BYTES)]
    Length,
    /// A terminal or a log could not show it as it is.
    #[error("must not contain control characters, nor begin or end with a space")]
    Character,
    /// It could be taken for an id.
    #[error("must not begin as ids do, with wh_, … or ...")]
    Id,
}

impl WebhookName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebhookName {
    type Err = WebhookNameError;
    fn from_str(text: &str) -> Result<Self, WebhookNameError> {
        if !(1..=limits::WEBHOOK_NAME_BYTES).contains(&text.len()) {
            return Err(WebhookNameError::Length);
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            return Err(WebhookNameError::Character);
        }
        if [WebhookId::PREFIX, "…", "..."].iter().any(|id| text.starts_with(id)) {
            return Err(WebhookNameError::Id);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for WebhookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which tool keeps a thing as its files say, such as `apply:shop`: what it did not make is none of its business.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ManagedBy(Arc<str>);

/// Why a text names no tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} lowercase letters, digits and . _ - : /", limits::MANAGED_BY_BYTES)]
pub struct ManagedByError;

impl ManagedBy {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ManagedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ManagedBy {
    type Err = ManagedByError;
    fn from_str(text: &str) -> Result<Self, ManagedByError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-:/".contains(&b);
        let fits = (1..=limits::MANAGED_BY_BYTES).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Self(text.into())) } else { Err(ManagedByError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_people_write_and_no_id() {
        for good in ["CRM sync", "a", "Zürich: Bestellungen", "0fsrk", &"x".repeat(100)] {
            assert_eq!(good.parse::<WebhookName>().unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("", WebhookNameError::Length),
            (&*"x".repeat(101), WebhookNameError::Length),
            (" a", WebhookNameError::Character),
            ("a ", WebhookNameError::Character),
            ("a\nb", WebhookNameError::Character),
            ("\u{1b}[2J", WebhookNameError::Character),
            ("wh_x", WebhookNameError::Id),
            ("…x", WebhookNameError::Id),
            ("...x", WebhookNameError::Id),
        ] {
            assert_eq!(bad.parse::<WebhookName>(), Err(why), "{bad:?}");
        }
    }

    #[test]
    fn a_tool_has_a_plain_name() {
        assert_eq!("apply:shop".parse::<ManagedBy>().unwrap().as_str(), "apply:shop");
        for bad in ["", "Apply", "a b", &"x".repeat(65)] {
            assert!(bad.parse::<ManagedBy>().is_err(), "{bad:?}");
        }
    }
}
