//! `idempotency`: what a caller's key stands for.

use serde::{Deserialize, Serialize};

use super::{Decoded, decode, encode};
use crate::store::json::coder::ExportFormat;

/// What is compared is the digest of a value.
const VERSION: u8 = 2;
/// What is compared is the digest of a text.
const TEXT_VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) =
    (VERSION, |coder| IdempotencyRecord::deserialize(coder).map(drop));
/// The form in stores of schema 1.
pub(in crate::store) const FIRST_FORM: (u8, ExportFormat) = (TEXT_VERSION, FORM.1);

/// A remembered key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct IdempotencyRecord {
    /// The id of the event, or of the webhook, that was made.
    #[serde(rename = "event")]
    pub(in crate::store) made: [u8; 16],
    pub(in crate::store) deliveries: u32,
    /// A digest of what was asked.
    pub(in crate::store) body: [u8; 32],
    /// Milliseconds since the epoch.
    pub(in crate::store) expires_at: u64,
    /// Which digest that is: the version says it.
    #[serde(skip)]
    pub(in crate::store) compares: Compares,
}

/// What has to be the same for a request to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::store) enum Compares {
    /// What the requests' JSON stands for.
    #[default]
    Values,
    /// The text. Stores of schema 1 have such keys, which expire.
    Texts,
}

impl IdempotencyRecord {
    pub(in crate::store) fn write(&self) -> Vec<u8> {
        encode(VERSION, self)
    }

    pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<Self> {
        match bytes.first() {
            Some(&TEXT_VERSION) => Ok(Self { compares: Compares::Texts, ..decode(TEXT_VERSION, bytes)? }),
            _ => decode(VERSION, bytes),
        }
    }
}
