//! `run_records`: what a run keeps under a key.

use serde::{Deserialize, Serialize};

use super::{Decoded, decode, encode};
use crate::domain::job::RunRecord;
use crate::domain::time::Timestamp;
use crate::store::json::coder::ExportFormat;

const VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    content_type: &'a str,
    updated_at: u64,
    data: &'a [u8],
}

pub(in crate::store) fn write(kept: &RunRecord) -> Vec<u8> {
    let record = Record {
        content_type: &kept.content_type,
        updated_at: kept.updated_at.as_millis(),
        data: &kept.data,
    };
    encode(VERSION, &record)
}

pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<RunRecord> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    Ok(RunRecord {
        content_type: record.content_type.into(),
        updated_at: Timestamp::from_millis(record.updated_at),
        data: record.data.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(data: Vec<u8>) {
            let kept = RunRecord {
                content_type: "text/plain".into(),
                updated_at: Timestamp::from_millis(7),
                data: data.into(),
            };
            let bytes = write(&kept);
            prop_assert_eq!(read(&bytes).unwrap(), kept);
        }

        #[test]
        fn any_bytes_are_a_record_or_an_error(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
