//! A delivery as an event makes it.

use crate::domain::delivery::DeliveryState;
use crate::domain::event::{EventHeader, Key};
use crate::domain::fanout::Share;
use crate::store::records::delivery::{Batching, DeliveryRecord};
use sha2::{Digest, Sha256};

/// A delivery of an event that nothing was tried for yet.
pub(super) fn fresh(header: &EventHeader, share: &Share, event_random: u32) -> DeliveryRecord {
    DeliveryRecord {
        created_at: header.accepted_at,
        started_at: header.accepted_at,
        event_random,
        form: share.form,
        state: DeliveryState::Pending,
        attempts: 0,
        made: 0,
        log: Vec::new(),
        due: share.due,
        finished_at: None,
        reason: None,
        error: None,
        revived: false,
        order_key: header.order_key.as_ref().map(order_hash),
        bytes: bytes(header, share),
        batching: Batching::Alone,
    }
}

/// What a delivery's attempts hold in memory.
pub(super) fn bytes(header: &EventHeader, share: &Share) -> u32 {
    let body = share.body.as_ref().map_or(0, |body| body.len());
    header.data_len.saturating_add(u32::try_from(body).unwrap_or(u32::MAX))
}

/// The same for the same key in every version of the program, since it is stored.
fn order_hash(key: &Key) -> u64 {
    let digest: [u8; 32] = Sha256::digest(key.as_str()).into();
    digest.first_chunk().copied().map_or(0, u64::from_be_bytes)
}
