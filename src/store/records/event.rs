//! `events` (headers) and `payloads`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{BadRecord, Coded, Decoded, decode, encode};
use crate::domain::event::{EventHeader, Key, Skip};
use crate::domain::id::{AccountNo, EventId, WebhookNo};
use crate::domain::time::Timestamp;
use crate::store::json::coder::ExportFormat;

const VERSION: u8 = 1;
const PAYLOAD_VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    id: [u8; 16],
    account: u32,
    event_type: &'a str,
    source_id: Option<&'a str>,
    accepted_at: u64,
    occurred_at: u64,
    order_key: Option<&'a str>,
    metadata: Option<&'a str>,
    data_len: u32,
    batch_of: u32,
    webhooks: Vec<u32>,
    skipped: Vec<(u32, u8)>,
}

pub(in crate::store) fn write(header: &EventHeader) -> Vec<u8> {
    let record = Record {
        id: header.id.to_bytes(),
        account: header.account.0,
        event_type: header.event_type.as_str(),
        source_id: header.source_id.as_ref().map(Key::as_str),
        accepted_at: header.accepted_at.as_millis(),
        occurred_at: header.occurred_at.as_millis(),
        order_key: header.order_key.as_ref().map(Key::as_str),
        metadata: header.metadata.as_deref(),
        data_len: header.data_len,
        batch_of: header.batch_of,
        webhooks: header.webhooks.iter().map(|no| no.0).collect(),
        skipped: header.skipped.iter().map(|(no, skip)| (no.0, skip.code())).collect(),
    };
    encode(VERSION, &record)
}

pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<EventHeader> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    let key = |text: Option<&str>| text.map(Key::new).transpose().map_err(|_| BadRecord::Field("key"));
    let skip = |(no, code)| Skip::of(code).map(|skip| (WebhookNo(no), skip));
    Ok(EventHeader {
        id: EventId::from_bytes(record.id),
        account: AccountNo(record.account),
        event_type: record.event_type.parse().map_err(|_| BadRecord::Field("event type"))?,
        source_id: key(record.source_id)?,
        accepted_at: Timestamp::from_millis(record.accepted_at),
        occurred_at: Timestamp::from_millis(record.occurred_at),
        order_key: key(record.order_key)?,
        metadata: record.metadata.map(Into::into),
        data_len: record.data_len,
        batch_of: record.batch_of,
        webhooks: record.webhooks.into_iter().map(WebhookNo).collect(),
        skipped: record.skipped.into_iter().map(skip).collect::<Decoded<_>>()?,
    })
}

/// The account of an event, or of a job, whose records begin alike.
pub(in crate::store) fn read_account(bytes: &[u8]) -> Decoded<AccountNo> {
    let (_, account): ([u8; 16], u32) = decode(VERSION, bytes)?;
    Ok(AccountNo(account))
}

/// A payload's row: version, CRC-32 of the payload, the payload as it came.
pub(in crate::store) fn write_payload(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len() + 5);
    bytes.push(PAYLOAD_VERSION);
    bytes.extend(crc32fast::hash(data).to_be_bytes());
    bytes.extend(data);
    bytes
}

pub(in crate::store) fn read_payload(bytes: &[u8]) -> Decoded<Arc<[u8]>> {
    let (crc, data) = super::body(PAYLOAD_VERSION, bytes)?.split_at_checked(4).ok_or(BadRecord::Checksum)?;
    if crc != crc32fast::hash(data).to_be_bytes() {
        return Err(BadRecord::Checksum);
    }
    Ok(data.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Seq;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(
            ms in 0u64..1 << 47, seq in 0u64..1 << 48, random: u32, account: u32, keyed: bool, data_len: u32,
            webhooks in prop::collection::vec(any::<u32>(), 0..8),
        ) {
            let at = Timestamp::from_millis(ms);
            let key = keyed.then(|| Key::new("k 1").unwrap());
            let header = EventHeader {
                id: EventId::new(at, Seq(seq), random),
                account: AccountNo(account),
                event_type: "order.paid".parse().unwrap(),
                source_id: key.clone(),
                accepted_at: at,
                occurred_at: at,
                order_key: key,
                metadata: keyed.then(|| "{}".into()),
                data_len,
                batch_of: account,
                webhooks: webhooks.iter().copied().map(WebhookNo).collect(),
                skipped: vec![(WebhookNo(3), Skip::Filter)],
            };
            prop_assert_eq!(read(&write(&header)).unwrap(), header);
        }

        #[test]
        fn a_damaged_payload_is_noticed(data: Vec<u8>, at: prop::sample::Index, flip in 1u8..) {
            let mut bytes = write_payload(&data);
            prop_assert_eq!(&*read_payload(&bytes).unwrap(), &data[..]);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(read_payload(&bytes).is_err());
        }

        #[test]
        fn any_bytes_are_a_header_or_an_error(bytes: Vec<u8>) {
            let _ = read(&bytes);
            let _ = read_payload(&bytes);
        }
    }
}
