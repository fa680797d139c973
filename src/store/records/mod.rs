//! How rows are written: one version byte, then postcard of a struct that only this room knows.
//!
//! Domain types do not derive serde, so that a change there cannot silently change the file. Enums
//! are stored as fixed codes. A row that does not decode is left alone and reported loudly; it never
//! stops the daemon.

pub(super) mod account;
pub(super) mod actor;
pub(super) mod attempt;
pub(super) mod audit;
pub(super) mod batch;
pub(super) mod delivery;
pub(super) mod due;
pub(super) mod event;
pub(super) mod idempotency;
pub(super) mod job;
pub(super) mod kept;
pub(super) mod replay;
pub(super) mod secret;
pub(super) mod signing_key;
mod terms;
pub(super) mod webhook;

use std::cell::Cell;

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::engine::checksum;

/// A row that does not decode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRecord {
    /// The row is empty, or of a version that this program does not know.
    #[error("unknown record version {0:?}")]
    Version(Option<u8>),
    /// The bytes are not what the version says.
    #[error("malformed record: {0}")]
    ExportFormat(#[from] postcard::Error),
    /// A field holds what its type cannot.
    #[error("bad {0}")]
    Field(&'static str),
    /// The checksum does not match.
    #[error("checksum mismatch")]
    Checksum,
    /// The sealed part does not open.
    #[error("the sealed part does not open")]
    Sealed,
}

pub(super) type Decoded<T> = Result<T, BadRecord>;

/// Reports a row that does not decode. The row stays where it is.
pub(super) fn readable<T>(table: &'static str, key: impl std::fmt::Debug, row: Decoded<T>) -> Option<T> {
    let noted = row.inspect_err(|error| {
        tracing::error!(table, ?key, %error, "a row does not decode and is left out");
        // What another key sealed is not damaged.
        if *error != BadRecord::Sealed {
            DAMAGED.set(DAMAGED.get() + 1);
        }
    });
    noted.ok()
}

/// The same for a row without a record: its value, if that is what was written.
pub(super) fn checked<T>(table: &'static str, key: impl std::fmt::Debug, value: Option<T>) -> Option<T> {
    readable(table, key, value.ok_or(BadRecord::Checksum))
}

thread_local! {
    static DAMAGED: Cell<u64> = const { Cell::new(0) };
}

/// How often rows that do not decode were met on this thread: a check of the store in it sees what
/// was met meanwhile.
pub(super) fn damaged() -> u64 {
    DAMAGED.get()
}

fn encode<T: Serialize>(version: u8, record: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.push(version);
    append(bytes, record)
}

/// Puts a record, or a part of one, after what is there.
fn append<T: Serialize>(bytes: Vec<u8>, record: &T) -> Vec<u8> {
    // Writing into memory fails only for values without a length, which no record has.
    postcard::serialize_with_flavor(record, Bytes(bytes)).unwrap_or_default()
}

/// What postcard writes to. Its own way into a vector that is there goes byte by byte. A record has many
/// fields, so that the code of a call is the shorter.
struct Bytes(Vec<u8>);

impl Flavor for Bytes {
    type Output = Vec<u8>;

    #[inline(never)]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline(never)]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

fn decode<'a, T: Deserialize<'a>>(version: u8, bytes: &'a [u8]) -> Decoded<T> {
    Ok(postcard::from_bytes(body(version, bytes)?)?)
}

fn body(version: u8, bytes: &[u8]) -> Decoded<&[u8]> {
    match bytes.split_first() {
        Some((&found, rest)) if found == version => Ok(rest),
        Some(_) if bytes == checksum::DAMAGED => Err(BadRecord::Checksum),
        Some((&found, _)) => Err(BadRecord::Version(Some(found))),
        None => Err(BadRecord::Version(None)),
    }
}

/// An enum that is stored as a fixed code.
pub(super) trait Coded: Sized {
    fn code(self) -> u8;
    fn of(code: u8) -> Decoded<Self>;
    /// What a code stands for, as `FinalAnswer`.
    fn word(code: u8) -> Option<&'static str>;
}

macro_rules! coded {
    ($($type:ident { $($variant:ident = $code:literal),+ $(,)? })+) => {
        $(impl Coded for $type {
            fn code(self) -> u8 {
                match self { $(Self::$variant => $code),+ }
            }
            fn of(code: u8) -> Decoded<Self> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    _ => Err(BadRecord::Field(stringify!($type))),
                }
            }
            fn word(code: u8) -> Option<&'static str> {
                match code {
                    $($code => Some(stringify!($variant)),)+
                    _ => None,
                }
            }
        })+
    };
}

use crate::domain::account::Role;
use crate::domain::delivery::{DeliveryState, Reason, Trigger};
use crate::domain::dialect::Dialect;
use crate::domain::event::Skip;
use crate::domain::form::{PayloadForm, Verification};
use crate::domain::job::JobStatus;
use crate::domain::outcome::ErrorKind;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::signing_key::Origin;
use crate::domain::terms::ResourceAuth;
use crate::domain::webhook::{DisabledWhy, Ordering};

coded! {
    Role { Admin = 1, Producer = 2, Manager = 3, Reader = 4, Metrics = 5 }
    DeliveryState { Pending = 1, Delivered = 2, Failed = 3, Cancelled = 4 }
    Reason {
        Exhausted = 1, FinalAnswer = 2, Cancelled = 3, WebhookRemoved = 4, Gone = 5, Quarantined = 6, Expired = 7,
        TooLarge = 8, Retention = 9, Dropped = 10
    }
    Trigger { Scheduled = 1, Manual = 2 }
    Skip {
        Filter = 1, Paused = 2, Disabled = 3, Pending = 4, Expired = 5, Removed = 6, Twin = 7, Spent = 8,
        FilterCost = 9,
    }
    ErrorKind {
        BlockedAddress = 1, Dns = 2, Connect = 3, Tls = 4, TimeoutConnect = 5, TimeoutResponse = 6,
        TimeoutTotal = 7, BodyTooSlow = 8, Status = 9, Redirect = 10, Protocol = 11, Render = 12,
        SecretMissing = 13
    }
    PayloadForm { Envelope = 1, Data = 2, Stamped = 3, ResourceUrl = 4, Template = 5, CloudEvents = 6 }
    Verification { HookSecret = 1, CloudEvents = 2, WebSub = 3, Challenge = 4 }
    Dialect { Native = 1, RestHooks = 2, RunWebhooks = 3, ActionRuns = 4 }
    ResourceAuth { Required = 1, Token = 2 }
    DisabledWhy { Failing = 1, Gone = 2 }
    JobStatus { Queued = 1, Running = 2, Succeeded = 3, Failed = 4, TimedOut = 5, Aborted = 6 }
    Ordering { None = 1, Webhook = 2, Key = 3 }
    JwtAlgorithm { EdDsa = 1, Rs256 = 2 }
    Origin { Made = 1, File = 2 }
}

fn of_option<T: Coded>(code: Option<u8>) -> Decoded<Option<T>> {
    code.map(T::of).transpose()
}

/// Bytes that are written at once instead of one by one.
#[derive(Debug, Clone, Copy)]
struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(Raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for code in 0..=u8::MAX {
            for again in [
                Role::of(code).map(Coded::code),
                DeliveryState::of(code).map(Coded::code),
                Reason::of(code).map(Coded::code),
                Trigger::of(code).map(Coded::code),
                Skip::of(code).map(Coded::code),
                ErrorKind::of(code).map(Coded::code),
                PayloadForm::of(code).map(Coded::code),
                Verification::of(code).map(Coded::code),
                Dialect::of(code).map(Coded::code),
                ResourceAuth::of(code).map(Coded::code),
                DisabledWhy::of(code).map(Coded::code),
                Ordering::of(code).map(Coded::code),
                JwtAlgorithm::of(code).map(Coded::code),
                Origin::of(code).map(Coded::code),
                JobStatus::of(code).map(Coded::code),
            ] {
                assert!(again.is_err() || again == Ok(code));
            }
        }
    }

    #[test]
    fn unknown_versions_are_reported() {
        assert_eq!(decode::<u8>(1, &[]), Err(BadRecord::Version(None)));
        assert_eq!(decode::<u8>(1, &[2, 0]), Err(BadRecord::Version(Some(2))));
        assert_eq!(decode::<u8>(1, &encode(1, &7u8)), Ok(7));
    }
}
