//! Values that are one of a few words. Which words those are stands with the type alone: the description, what
//! is read and what an error names come from there.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::account::Role;
use crate::domain::delivery::{DeliveryState, Reason, Trigger};
use crate::domain::event::Skip;
use crate::domain::form::Verification;
use crate::domain::job::JobStatus;
use crate::domain::outcome::ErrorKind;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::terms::ResourceAuth;
use crate::domain::waiting::WaitingFor;
use crate::domain::webhook::{DisabledWhy, Ordering};

/// A value that a word stands for.
pub trait Words: Copy + 'static {
    /// The type's name in the description.
    const NAME: &'static str;
    /// Every value.
    const ALL: &'static [Self];

    /// Its word.
    fn word(self) -> &'static str;

    /// The value of a word.
    #[must_use]
    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.word() == word)
    }

    /// Every word.
    #[must_use]
    fn words() -> Vec<&'static str> {
        Self::ALL.iter().map(|value| value.word()).collect()
    }
}

macro_rules! words {
    ($($kind:ident $name:literal),+ $(,)?) => {
        $(impl $crate::api::words::Words for $kind {
            const NAME: &'static str = $name;
            const ALL: &'static [Self] = &Self::ALL;
            fn word(self) -> &'static str {
                self.as_str()
            }
        })+
    };
}
pub(in crate::api) use words;

words! {
    DeliveryState "DeliveryState",
    DisabledWhy "DisabledReason",
    ErrorKind "ErrorKind",
    JobStatus "JobStatus",
    JwtAlgorithm "SigningAlgorithm",
    Ordering "Ordering",
    Reason "DeliveryReason",
    ResourceAuth "ResourceAuth",
    Role "Role",
    Skip "SkipReason",
    Trigger "Trigger",
    Verification "Verification",
    WaitingFor "WaitingFor",
}

/// A value that requests and responses show as its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneOf<T>(pub T);

impl<T: Words> Serialize for OneOf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de, T: Words> Deserialize<'de> for OneOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        let rule = || serde::de::Error::custom(format_args!("must be one of {}", T::words().join(", ")));
        T::of_word(&word).map(Self).ok_or_else(rule)
    }
}

impl<T: Words> JsonSchema for OneOf<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": T::words()})
    }
}
