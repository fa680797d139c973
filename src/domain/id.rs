//! Typed ids: a prefix and 128 time-ordered bits in lowercase Crockford base32.
//!
//! Ids of rows carry the row's own number, so a lookup by id needs no index: the text names the
//! row, and the stored row is then compared with the whole id. Numbers never leave the process
//! outside an id.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::base32;
use super::time::Timestamp;

const TEXT_LEN: usize = 26;
/// The longest prefix.
const PREFIX_MOST: usize = 5;
const SEQ_BITS: u32 = 48;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text does not begin with the prefix of this kind of id.
    #[error("must begin with \"{0}\"")]
    Prefix(&'static str),
    /// The rest is not 26 characters of the alphabet.
    #[error("must be \"{0}\" and 26 characters of 0-9a-z without i, l, o, u")]
    Body(&'static str),
}

fn encode(prefix: &str, bits: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // Written at once: each piece takes about as long as all digits together.
    let mut room = [0; PREFIX_MOST + TEXT_LEN];
    let text = room.get_mut(..prefix.len() + TEXT_LEN).ok_or(fmt::Error)?;
    let (before, digits) = text.split_at_mut_checked(prefix.len()).ok_or(fmt::Error)?;
    before.copy_from_slice(prefix.as_bytes());
    base32::write(bits, digits);
    f.write_str(std::str::from_utf8(text).map_err(|_| fmt::Error)?)
}

fn decode(prefix: &'static str, text: &str) -> Result<u128, IdError> {
    let body = text.strip_prefix(prefix).ok_or(IdError::Prefix(prefix))?;
    if body.len() != TEXT_LEN {
        return Err(IdError::Body(prefix));
    }
    body.bytes().try_fold(0u128, |bits, byte| {
        let digit = base32::value(byte).ok_or(IdError::Body(prefix))?;
        if bits >> 123 != 0 {
            return Err(IdError::Body(prefix));
        }
        Ok(bits << 5 | u128::from(digit))
    })
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The text every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// The id's 16 bytes, big-endian.
            #[must_use]
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// The id of 16 big-endian bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }
        }

        const _: () = assert!($prefix.len() <= PREFIX_MOST);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode($prefix, self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                decode($prefix, text).map(Self)
            }
        }
    };
}

/// The number of an account inside one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountNo(pub u32);

/// The number of a webhook inside one store; also the number of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WebhookNo(pub u32);

/// A number in the store's one sequence of accepted events, made attempts and jobs (48 bits used).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

/// A map by numbers that the store gives out. No one outside chooses them, so their hash need not be
/// one that withstands chosen keys.
pub type NumberMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

typed_id!(
    /// A tenant: `acct_…`.
    AccountId, "acct_"
);
typed_id!(
    /// A webhook (a subscription): `wh_…`.
    WebhookId, "wh_"
);
typed_id!(
    /// An accepted event: `evt_…`.
    EventId, "evt_"
);
typed_id!(
    /// One event's way to one webhook: `dlv_…`.
    DeliveryId, "dlv_"
);
typed_id!(
    /// One try to send a delivery: `att_…`.
    AttemptId, "att_"
);
typed_id!(
    /// A job, a piece of work that goes on elsewhere: `job_…`.
    JobId, "job_"
);
typed_id!(
    /// An access token's public id: `tok_…` (never the token itself).
    TokenId, "tok_"
);
typed_id!(
    /// A replay of past deliveries: `rpl_…`.
    ReplayId, "rpl_"
);

fn numbered(at: Timestamp, no: u32, random: u64) -> u128 {
    u128::from(at.as_millis()) << 80 | u128::from(no) << 48 | u128::from(random & ((1 << 48) - 1))
}

fn numbered_no(bits: u128) -> u32 {
    (bits >> 48 & 0xffff_ffff) as u32
}

fn sequenced(at: Timestamp, seq: Seq, tail: u32) -> u128 {
    let seq = seq.0 & ((1 << SEQ_BITS) - 1);
    u128::from(at.as_millis()) << 80 | u128::from(seq) << 32 | u128::from(tail)
}

fn sequenced_seq(bits: u128) -> Seq {
    let [_, _, _, _, _, _, seq @ .., _, _, _, _] = bits.to_be_bytes();
    Seq(seq.iter().fold(0, |seq, &byte| seq << 8 | u64::from(byte)))
}

macro_rules! numbered_id {
    ($id:ident, $no:ident) => {
        impl $id {
            /// An id that carries `no`; 48 of `random`'s bits make it hard to guess.
            #[must_use]
            pub fn new(at: Timestamp, no: $no, random: u64) -> Self {
                Self(numbered(at, no.0, random))
            }

            /// The number the id carries.
            #[must_use]
            pub fn no(self) -> $no {
                $no(numbered_no(self.0))
            }

            /// Whether it was drawn as the other was: all of it but its number.
            #[must_use]
            pub fn is_drawn_as(self, other: Self) -> bool {
                (self.0 ^ other.0) & !(u128::from(u32::MAX) << 48) == 0
            }
        }
    };
}
numbered_id!(AccountId, AccountNo);
numbered_id!(WebhookId, WebhookNo);

macro_rules! random_id {
    ($id:ident) => {
        impl $id {
            /// An id of a time and 80 of `random`'s bits.
            #[must_use]
            pub fn new(at: Timestamp, random: u128) -> Self {
                Self(u128::from(at.as_millis()) << 80 | random & ((1 << 80) - 1))
            }
        }
    };
}
random_id!(TokenId);
random_id!(ReplayId);

macro_rules! sequenced_id {
    ($id:ident) => {
        impl $id {
            /// The id of the row with number `seq`; `random` makes it hard to guess.
            #[must_use]
            pub fn new(at: Timestamp, seq: Seq, random: u32) -> Self {
                Self(sequenced(at, seq, random))
            }

            /// The row's number.
            #[must_use]
            pub fn seq(self) -> Seq {
                sequenced_seq(self.0)
            }
        }
    };
}
sequenced_id!(EventId);
sequenced_id!(JobId);

impl DeliveryId {
    /// The id of an event's delivery to a webhook.
    #[must_use]
    pub fn new(accepted_at: Timestamp, event: Seq, webhook: WebhookNo) -> Self {
        Self(sequenced(accepted_at, event, webhook.0))
    }

    /// The event's number.
    #[must_use]
    pub fn event(self) -> Seq {
        sequenced_seq(self.0)
    }

    /// The webhook's number.
    #[must_use]
    pub fn webhook(self) -> WebhookNo {
        WebhookNo((self.0 & 0xffff_ffff) as u32)
    }
}

impl AttemptId {
    /// The id of the attempt with number `seq`, made for `webhook`.
    #[must_use]
    pub fn new(started_at: Timestamp, seq: Seq, webhook: WebhookNo) -> Self {
        Self(sequenced(started_at, seq, webhook.0))
    }

    /// The attempt's number in the store's sequence.
    #[must_use]
    pub fn seq(self) -> Seq {
        sequenced_seq(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_round_trips(bits: u128) {
            let id = EventId(bits);
            prop_assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
            prop_assert_eq!(EventId::from_bytes(id.to_bytes()), id);
        }

        #[test]
        fn text_orders_as_time(a in 0u64..1 << 47, b in 0u64..1 << 47, s1 in 0u64..1 << 48, s2 in 0u64..1 << 48) {
            let one = EventId::new(Timestamp::from_millis(a), Seq(s1), 7);
            let two = EventId::new(Timestamp::from_millis(b), Seq(s2), 3);
            prop_assert_eq!((a, s1).cmp(&(b, s2)), one.to_string().cmp(&two.to_string()).then(std::cmp::Ordering::Equal));
        }

        #[test]
        fn rows_are_named_by_their_ids(ms in 0u64..1 << 47, seq in 0u64..1 << 48, no: u32, random: u64) {
            let at = Timestamp::from_millis(ms);
            prop_assert_eq!(WebhookId::new(at, WebhookNo(no), random).no(), WebhookNo(no));
            let delivery = DeliveryId::new(at, Seq(seq), WebhookNo(no));
            prop_assert_eq!((delivery.event(), delivery.webhook()), (Seq(seq), WebhookNo(no)));
            prop_assert_eq!(EventId::new(at, Seq(seq), no).seq(), Seq(seq));
        }

        #[test]
        fn any_text_is_an_id_or_an_error(text: String) {
            if let Ok(id) = text.parse::<WebhookId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn errors_name_the_prefix() {
        assert_eq!("evt_1".parse::<WebhookId>(), Err(IdError::Prefix("wh_")));
        assert_eq!("wh_1".parse::<WebhookId>(), Err(IdError::Body("wh_")));
        assert_eq!("wh_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<WebhookId>(), Err(IdError::Body("wh_")));
    }
}
