//! Names of event types, and the patterns webhooks choose them by.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::name::ManagedBy;
use super::time::Timestamp;
use crate::limits;

/// Why a text is not an event type or a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventTypeError {
    /// Empty, or longer than the limit.
    #[error("must be 1 to {} characters long", limits::EVENT_TYPE_BYTES)]
    Length,
    /// A character outside the set.
    #[error("may hold only letters, digits and . _ - : /; found {0:?}")]
    Character(char),
    /// An empty segment between dots.
    #[error("must not begin or end with a dot, nor hold two in a row")]
    Segment,
    /// A `*` that does not stand alone at the end.
    #[error("\"*\" stands alone or as the last segment, as in \"order.*\"")]
    Star,
}

/// The name of an event type: dot-separated segments such as `order.paid`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType(Box<str>);

impl EventType {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EventType {
    type Err = EventTypeError;
    fn from_str(text: &str) -> Result<Self, EventTypeError> {
        check(text).map(|()| Self(text.into()))
    }
}

fn check(text: &str) -> Result<(), EventTypeError> {
    if text.is_empty() || text.len() > limits::EVENT_TYPE_BYTES {
        return Err(EventTypeError::Length);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
    if let Some(bad) = text.chars().find(|&c| !allowed(c)) {
        return Err(EventTypeError::Character(bad));
    }
    if text.split('.').any(str::is_empty) {
        return Err(EventTypeError::Segment);
    }
    Ok(())
}

/// What a webhook listens to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventPattern {
    /// `*`: every type.
    All,
    /// `order.*`: every type below `order.`; holds `order`.
    Under(Box<str>),
    /// One type by name.
    Exact(EventType),
}

impl EventPattern {
    /// Whether `event_type` is meant.
    #[must_use]
    pub fn matches(&self, event_type: &EventType) -> bool {
        match self {
            Self::All => true,
            Self::Exact(name) => name == event_type,
            Self::Under(prefix) => {
                event_type.as_str().strip_prefix(&**prefix).is_some_and(|rest| rest.starts_with('.'))
            }
        }
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Under(prefix) => write!(f, "{prefix}.*"),
            Self::Exact(name) => name.fmt(f),
        }
    }
}

impl FromStr for EventPattern {
    type Err = EventTypeError;
    fn from_str(text: &str) -> Result<Self, EventTypeError> {
        if text == "*" {
            return Ok(Self::All);
        }
        let (name, under) = match text.strip_suffix(".*") {
            Some(prefix) => (prefix, true),
            None => (text, false),
        };
        if name.contains('*') {
            return Err(EventTypeError::Star);
        }
        check(name)?;
        Ok(if under { Self::Under(name.into()) } else { Self::Exact(EventType(name.into())) })
    }
}

/// A declared event type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTypeRecord {
    /// Its name.
    pub name: EventType,
    /// A description.
    pub description: String,
    /// A JSON Schema's text that `data` must fit.
    pub schema: Option<Arc<str>>,
    /// A JSON text that shows what `data` looks like.
    pub example: Option<Arc<str>>,
    /// Which tool manages it.
    pub managed_by: Option<ManagedBy>,
    /// When it was declared.
    pub created_at: Timestamp,
    /// When its declaration last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> EventPattern {
        text.parse().unwrap()
    }

    #[test]
    fn patterns_match_by_segments() {
        let paid: EventType = "order.paid".parse().unwrap();
        for (text, want) in [
            ("*", true),
            ("order.*", true),
            ("order.paid", true),
            ("order", false),
            ("ord.*", false),
            ("order.paid.*", false),
            ("order.paid.eu", false),
        ] {
            assert_eq!(pattern(text).matches(&paid), want, "{text}");
        }
    }

    #[test]
    fn errors_say_what_would_be_right() {
        assert_eq!("".parse::<EventType>(), Err(EventTypeError::Length));
        assert_eq!("a b".parse::<EventType>(), Err(EventTypeError::Character(' ')));
        assert_eq!("a..b".parse::<EventType>(), Err(EventTypeError::Segment));
        assert_eq!("a.*.b".parse::<EventPattern>(), Err(EventTypeError::Star));
        assert_eq!("a*".parse::<EventPattern>(), Err(EventTypeError::Star));
        assert_eq!("order.*".parse::<EventType>(), Err(EventTypeError::Character('*')));
    }

    proptest! {
        #[test]
        fn text_round_trips(text in "[a-z]{1,4}(\\.[a-z0-9_]{1,4}){0,3}(\\.\\*)?|\\*") {
            prop_assert_eq!(pattern(&text).to_string(), text);
        }
    }
}
