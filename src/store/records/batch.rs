//! `gathering`: an event that waits for others; and `batches`: the events that went together.

use serde::{Deserialize, Serialize};

use super::{Coded, Decoded, decode, encode};
use crate::domain::form::PayloadForm;
use crate::domain::id::{EventId, WebhookNo};
use crate::domain::time::Timestamp;
use crate::store::gathering::Added;
use crate::store::json::coder::ExportFormat;

const VERSION: u8 = 1;
/// Of a row that says how much a body holds, where that is less than what the webhook asks for.
const NARROW: u8 = 2;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));
/// Since when an event waits, its bytes and its form.
pub(in crate::store) const GATHERING_FORM: (u8, ExportFormat) =
    (VERSION, |coder| <(u64, u64, u8)>::deserialize(coder).map(drop));

pub(in crate::store) fn write_added(added: Added) -> Vec<u8> {
    let Added { at, bytes, form, room } = added;
    match room {
        None => encode(VERSION, &(at.as_millis(), bytes, form.code())),
        Some(room) => encode(NARROW, &(at.as_millis(), bytes, form.code(), room)),
    }
}

pub(in crate::store) fn read_added(bytes: &[u8]) -> Decoded<Added> {
    let (at, bytes, form, room) = if bytes.first() == Some(&NARROW) {
        let (at, bytes, form, room): (u64, u64, u8, u32) = decode(NARROW, bytes)?;
        (at, bytes, form, Some(room))
    } else {
        let (at, bytes, form): (u64, u64, u8) = decode(VERSION, bytes)?;
        (at, bytes, form, None)
    };
    Ok(Added { at: Timestamp::from_millis(at), bytes, form: PayloadForm::of(form)?, room })
}

/// The webhook that a batch was gathered for, and its events in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct BatchRecord {
    pub(in crate::store) webhook: WebhookNo,
    pub(in crate::store) members: Vec<EventId>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    webhook: u32,
    members: Vec<[u8; 16]>,
}

impl BatchRecord {
    pub(in crate::store) fn write(&self) -> Vec<u8> {
        let members = self.members.iter().map(|id| id.to_bytes()).collect();
        encode(VERSION, &Record { webhook: self.webhook.0, members })
    }

    pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<Self> {
        let Record { webhook, members } = decode(VERSION, bytes)?;
        let members = members.into_iter().map(EventId::from_bytes).collect();
        Ok(Self { webhook: WebhookNo(webhook), members })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_round_trip(webhook: u32, members: Vec<[u8; 16]>) {
            let members = members.into_iter().map(EventId::from_bytes).collect();
            let record = BatchRecord { webhook: WebhookNo(webhook), members };
            prop_assert_eq!(BatchRecord::read(&record.write()).unwrap(), record);
        }

        #[test]
        fn waiting_rows_round_trip(at in 0u64..1 << 47, bytes: u64, room: Option<u32>) {
            let added = Added { at: Timestamp::from_millis(at), bytes, form: PayloadForm::ResourceUrl, room };
            prop_assert_eq!(read_added(&write_added(added)).unwrap(), added);
        }

        #[test]
        fn any_bytes_are_a_row_or_an_error(bytes: Vec<u8>) {
            let _ = (read_added(&bytes), BatchRecord::read(&bytes));
        }
    }
}
