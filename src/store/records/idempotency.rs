//! `idempotency`: which event a caller's key stands for.

use serde::{Deserialize, Serialize};

use super::{Decoded, decode, encode};
use crate::store::export::Form;

const VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, Form) =
    (VERSION, |coder| IdempotencyRecord::deserialize(coder).map(drop));

/// A remembered key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct IdempotencyRecord {
    /// The event's id.
    pub(in crate::store) event: [u8; 16],
    pub(in crate::store) deliveries: u32,
    /// SHA-256 of what was asked.
    pub(in crate::store) body: [u8; 32],
    /// Milliseconds since the epoch.
    pub(in crate::store) expires_at: u64,
}

impl IdempotencyRecord {
    pub(in crate::store) fn write(&self) -> Vec<u8> {
        encode(VERSION, self)
    }

    pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<Self> {
        decode(VERSION, bytes)
    }
}
