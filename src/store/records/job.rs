//! `jobs`, `job_inputs` and `results`.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BadRecord, Coded, Decoded, decode, encode, event};
use crate::domain::dialect::Dialect;
use crate::domain::id::{AccountNo, JobId, Seq, WebhookNo};
use crate::domain::job::{Job, JobStatus};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::store::json::coder::ExportFormat;

const VERSION: u8 = 1;
const BLOCK_VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    id: [u8; 16],
    account: u32,
    dialect: u8,
    job_type: &'a str,
    status: u8,
    error: Option<&'a str>,
    result_count: u64,
    timeout_ms: Option<u64>,
    deadline: Option<u64>,
    metadata: Option<&'a str>,
    #[serde(borrow)]
    scopes: Vec<&'a str>,
    webhooks: Vec<u32>,
    events: Vec<u64>,
    created_at: u64,
    started_at: Option<u64>,
    completed_at: Option<u64>,
}

pub(in crate::store) fn write(job: &Job) -> Vec<u8> {
    let record = Record {
        id: job.id.to_bytes(),
        account: job.account.0,
        dialect: job.dialect.code(),
        job_type: job.job_type.as_str(),
        status: job.status.code(),
        error: job.error.as_deref(),
        result_count: job.result_count,
        timeout_ms: job.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
        deadline: job.deadline.map(Timestamp::as_millis),
        metadata: job.metadata.as_deref(),
        scopes: job.scopes.iter().map(Scope::as_str).collect(),
        webhooks: job.webhooks.iter().map(|no| no.0).collect(),
        events: job.events.iter().map(|seq| seq.0).collect(),
        created_at: job.created_at.as_millis(),
        started_at: job.started_at.map(Timestamp::as_millis),
        completed_at: job.completed_at.map(Timestamp::as_millis),
    };
    encode(VERSION, &record)
}

pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<Job> {
    let record: Record<'_> = decode(VERSION, bytes)?;
    Ok(Job {
        id: JobId::from_bytes(record.id),
        account: AccountNo(record.account),
        dialect: Dialect::of(record.dialect)?,
        job_type: record.job_type.parse().map_err(|_| BadRecord::Field("job type"))?,
        status: JobStatus::of(record.status)?,
        error: record.error.map(Into::into),
        result_count: record.result_count,
        timeout: record.timeout_ms.map(Duration::from_millis),
        deadline: record.deadline.map(Timestamp::from_millis),
        metadata: record.metadata.map(Into::into),
        scopes: record.scopes.into_iter().map(Scope::from_stored).collect(),
        webhooks: record.webhooks.into_iter().map(WebhookNo).collect(),
        events: record.events.into_iter().map(Seq).collect(),
        created_at: Timestamp::from_millis(record.created_at),
        started_at: record.started_at.map(Timestamp::from_millis),
        completed_at: record.completed_at.map(Timestamp::from_millis),
    })
}

/// An input's row is made as a payload's is.
pub(in crate::store) fn write_input(input: &[u8]) -> Vec<u8> {
    event::write_payload(input)
}

pub(in crate::store) fn read_input(bytes: &[u8]) -> Decoded<Arc<[u8]>> {
    event::read_payload(bytes)
}

/// A block of results: version, CRC-32 of what follows, how many rows, the rows.
pub(in crate::store) fn write_block(count: u32, rows: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.len() + BLOCK_HEAD);
    bytes.push(BLOCK_VERSION);
    bytes.extend([0; 4]);
    bytes.extend(count.to_be_bytes());
    bytes.extend(rows);
    let crc = crc32fast::hash(bytes.get(CRC_AFTER..).unwrap_or_default()).to_be_bytes();
    if let Some(place) = bytes.get_mut(1..CRC_AFTER) {
        place.copy_from_slice(&crc);
    }
    bytes
}

/// Where what the checksum covers begins.
const CRC_AFTER: usize = 5;
/// Where the rows begin.
const BLOCK_HEAD: usize = 9;

/// How many rows a block has, and the rows.
pub(in crate::store) fn read_block(bytes: &[u8]) -> Decoded<(u32, &[u8])> {
    let (crc, rest) = super::body(BLOCK_VERSION, bytes)?.split_first_chunk().ok_or(BadRecord::Checksum)?;
    if *crc != crc32fast::hash(rest).to_be_bytes() {
        return Err(BadRecord::Checksum);
    }
    let (count, rows) = rest.split_first_chunk().ok_or(BadRecord::Checksum)?;
    Ok((u32::from_be_bytes(*count), rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn round_trips() {
        let at = Timestamp::from_millis(9);
        let mut job = Job {
            id: JobId::new(at, Seq(7), 1),
            account: AccountNo(2),
            dialect: Dialect::RunWebhooks,
            job_type: "batch_detail".parse().unwrap(),
            status: JobStatus::Queued,
            error: Some("{}".into()),
            result_count: u64::MAX,
            timeout: Some(Duration::from_millis(1500)),
            deadline: Some(at),
            metadata: Some("{}".into()),
            scopes: vec![Scope::of("actor", "a"), Scope::of("task", "b")],
            webhooks: vec![WebhookNo(4)],
            events: vec![Seq(8), Seq(9)],
            created_at: at,
            started_at: Some(at),
            completed_at: None,
        };
        for status in JobStatus::ALL {
            job.status = status;
            assert_eq!(read(&write(&job)).unwrap(), job);
        }
    }

    proptest! {
        #[test]
        fn a_damaged_block_is_noticed(rows: Vec<u8>, count: u32, at: prop::sample::Index, flip in 1u8..) {
            let mut bytes = write_block(count, &rows);
            prop_assert_eq!(read_block(&bytes).unwrap(), (count, &rows[..]));
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(read_block(&bytes).is_err());
        }

        #[test]
        fn any_bytes_are_a_record_or_an_error(bytes: Vec<u8>) {
            let _ = read(&bytes);
            let _ = read_block(&bytes);
        }
    }
}
