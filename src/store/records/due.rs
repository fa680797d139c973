//! `due`: a pending delivery as the scheduler sees it.

use serde::{Deserialize, Serialize};

use super::{Coded, Decoded, decode, encode};
use crate::domain::delivery::{DueKey, DueRow, Trigger};
use crate::domain::form::PayloadForm;
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Ordering, Webhook};
use crate::store::json::coder::ExportFormat;

const VERSION: u8 = 2;
/// Of rows that programs of schema 1 wrote. They stay as they are until their next attempt, since there may be
/// millions.
const FIRST: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));
pub(in crate::store) const FIRST_FORM: (u8, ExportFormat) =
    (FIRST, |coder| FirstRecord::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record {
    due: u64,
    attempts: u32,
    order_key: Option<u64>,
    trigger: u8,
    form: u8,
    bytes: u32,
    wait: u32,
}

/// Without its wait.
#[derive(Serialize, Deserialize)]
struct FirstRecord {
    due: u64,
    attempts: u32,
    order_key: Option<u64>,
    trigger: u8,
    form: u8,
    bytes: u32,
}

/// A row's place in its lane.
pub(in crate::store) fn key_of(webhook: &Webhook, event: Seq, due: Timestamp) -> DueKey {
    let order = match webhook.ordering {
        Ordering::None => due.as_millis(),
        Ordering::Webhook | Ordering::Key => 0,
    };
    DueKey { order, event }
}

pub(in crate::store) fn write(row: &DueRow) -> Vec<u8> {
    let DueRow { key: _, due, attempts, order_key, trigger, form, bytes, wait } = *row;
    encode(
        VERSION,
        &Record {
            due: due.as_millis(),
            attempts,
            order_key,
            trigger: trigger.code(),
            form: form.code(),
            bytes,
            wait,
        },
    )
}

pub(in crate::store) fn read(key: DueKey, bytes: &[u8]) -> Decoded<DueRow> {
    let record = if bytes.first() == Some(&FIRST) {
        let FirstRecord { due, attempts, order_key, trigger, form, bytes } = decode(FIRST, bytes)?;
        Record { due, attempts, order_key, trigger, form, bytes, wait: DueRow::UNKNOWN_WAIT }
    } else {
        decode(VERSION, bytes)?
    };
    Ok(DueRow {
        key,
        due: Timestamp::from_millis(record.due),
        attempts: record.attempts,
        order_key: record.order_key,
        trigger: Trigger::of(record.trigger)?,
        form: PayloadForm::of(record.form)?,
        bytes: record.bytes,
        wait: record.wait,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Seq;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(due in 0u64..1 << 47, attempts: u32, order_key: Option<u64>, manual: bool, bytes: u32, wait: u32) {
            let trigger = if manual { Trigger::Manual } else { Trigger::Scheduled };
            let key = DueKey { order: due, event: Seq(7) };
            let row = DueRow { key, due: Timestamp::from_millis(due), attempts, order_key, trigger, form: PayloadForm::Data, bytes, wait };
            prop_assert_eq!(read(key, &write(&row)).unwrap(), row);
            let (trigger, form) = (trigger.code(), row.form.code());
            let first = encode(FIRST, &FirstRecord { due, attempts, order_key, trigger, form, bytes });
            prop_assert_eq!(read(key, &first).unwrap(), DueRow { wait: DueRow::UNKNOWN_WAIT, ..row });
        }

        #[test]
        fn any_bytes_are_a_row_or_an_error(bytes: Vec<u8>) {
            let _ = read(DueKey { order: 0, event: Seq(1) }, &bytes);
        }
    }
}
