//! `replays`: past deliveries that are being sent again.

use serde::{Deserialize, Serialize};

use super::{BadRecord, Coded, Decoded, decode, encode, of_option};
use crate::domain::event::Key;
use crate::domain::id::{AccountNo, EventId, ReplayId, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::store::json::coder::ExportFormat;
use crate::store::query::{DeliveryCursor, DeliveryFilter, Label};
use crate::store::upkeep::{Replay, ReplayState};

const VERSION: u8 = 2;
/// Of rows that programs of schema 1 wrote.
const FIRST: u8 = 1;
/// In place of a delivery's state: what its webhook missed.
const SKIPPED: u8 = 0;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

pub(in crate::store) const FIRST_FORM: (u8, ExportFormat) =
    (FIRST, |coder| FirstRecord::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record {
    first: FirstRecord,
    event: Option<[u8; 16]>,
    source_id: Option<String>,
    label: Option<(String, String)>,
}

/// What is asked for by what a delivery says itself, and how far it is.
#[derive(Serialize, Deserialize)]
struct FirstRecord {
    id: [u8; 16],
    account: u32,
    webhook: Option<u32>,
    state: Option<u8>,
    event_type: Option<String>,
    since: Option<u64>,
    until: Option<u64>,
    error: Option<u8>,
    up_to: u64,
    rate_per_second: Option<u32>,
    matched: u64,
    matched_exact: bool,
    done: u64,
    cursor: Option<(u64, u32)>,
    progress: u8,
    created_at: u64,
    finished_at: Option<u64>,
}

pub(in crate::store) fn write(replay: &Replay) -> Vec<u8> {
    let filter = &replay.filter;
    let label = filter.label.as_ref();
    let record = Record {
        first: first(replay),
        event: filter.event.map(EventId::to_bytes),
        source_id: filter.source_id.as_ref().map(|key| key.as_str().to_owned()),
        label: label.map(|label| (label.name.clone(), label.value.clone())),
    };
    encode(VERSION, &record)
}

/// The row as this program writes it, of one of schema 1; `None` when it is not of that schema.
pub(in crate::store) fn upgrade(bytes: &[u8]) -> Decoded<Option<Vec<u8>>> {
    if bytes.first() != Some(&FIRST) {
        return Ok(None);
    }
    let first = decode(FIRST, bytes)?;
    Ok(Some(encode(VERSION, &Record { first, event: None, source_id: None, label: None })))
}

fn first(replay: &Replay) -> FirstRecord {
    let filter = &replay.filter;
    FirstRecord {
        id: replay.id.to_bytes(),
        account: replay.account.0,
        webhook: filter.webhook.map(|no| no.0),
        state: if replay.skipped { Some(SKIPPED) } else { filter.state.map(Coded::code) },
        event_type: filter.event_type.as_ref().map(ToString::to_string),
        since: filter.since.map(Timestamp::as_millis),
        until: filter.until.map(Timestamp::as_millis),
        error: filter.error.map(Coded::code),
        up_to: replay.up_to.0,
        rate_per_second: replay.rate_per_second,
        matched: replay.matched,
        matched_exact: replay.matched_exact,
        done: replay.done,
        cursor: replay.cursor.map(|cursor| (cursor.event.0, cursor.webhook.0)),
        progress: match replay.state {
            ReplayState::Running => 1,
            ReplayState::Done => 2,
            ReplayState::Cancelled => 3,
        },
        created_at: replay.created_at.as_millis(),
        finished_at: replay.finished_at.map(Timestamp::as_millis),
    }
}

pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<Replay> {
    let Record { first: record, event, source_id, label } = decode(VERSION, bytes)?;
    let event_type = record.event_type.map(|text| text.parse()).transpose();
    Ok(Replay {
        id: ReplayId::from_bytes(record.id),
        account: AccountNo(record.account),
        filter: DeliveryFilter {
            webhook: record.webhook.map(WebhookNo),
            state: of_option(record.state.filter(|code| *code != SKIPPED))?,
            event_type: event_type.map_err(|_| BadRecord::Field("pattern"))?,
            since: record.since.map(Timestamp::from_millis),
            until: record.until.map(Timestamp::from_millis),
            error: of_option(record.error)?,
            event: event.map(EventId::from_bytes),
            source_id: source_id
                .map(|text| Key::new(&text))
                .transpose()
                .map_err(|_| BadRecord::Field("source id"))?,
            label: label.map(|(name, value)| Label { name, value }),
        },
        skipped: record.state == Some(SKIPPED),
        up_to: Seq(record.up_to),
        rate_per_second: record.rate_per_second,
        matched: record.matched,
        matched_exact: record.matched_exact,
        done: record.done,
        cursor: record
            .cursor
            .map(|(event, webhook)| DeliveryCursor { event: Seq(event), webhook: WebhookNo(webhook) }),
        state: match record.progress {
            1 => ReplayState::Running,
            2 => ReplayState::Done,
            3 => ReplayState::Cancelled,
            _ => return Err(BadRecord::Field("replay state")),
        },
        created_at: Timestamp::from_millis(record.created_at),
        finished_at: record.finished_at.map(Timestamp::from_millis),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::DeliveryState;
    use crate::domain::outcome::ErrorKind;

    #[test]
    fn round_trips() {
        let at = Timestamp::from_millis(9);
        let mut replay = Replay {
            id: ReplayId::new(at, 7),
            account: AccountNo(1),
            filter: DeliveryFilter {
                webhook: Some(WebhookNo(2)),
                state: Some(DeliveryState::Failed),
                event_type: Some("order.*".parse().unwrap()),
                since: Some(at),
                until: None,
                error: Some(ErrorKind::Dns),
                event: Some(EventId::new(at, Seq(4), 5)),
                source_id: Some(Key::new("own").unwrap()),
                label: Some(Label { name: "customer".to_owned(), value: "42".to_owned() }),
            },
            skipped: false,
            up_to: Seq(77),
            rate_per_second: Some(5),
            matched: 10,
            matched_exact: true,
            done: 3,
            cursor: Some(DeliveryCursor { event: Seq(4), webhook: WebhookNo(2) }),
            state: ReplayState::Running,
            created_at: at,
            finished_at: Some(at),
        };
        for state in [ReplayState::Running, ReplayState::Done, ReplayState::Cancelled] {
            replay.state = state;
            assert_eq!(read(&write(&replay)).unwrap(), replay);
        }
        (replay.skipped, replay.filter.state) = (true, None);
        assert_eq!(read(&write(&replay)).unwrap(), replay);
        let first = encode(FIRST, &super::first(&replay));
        assert!(read(&first).is_err() && upgrade(&write(&replay)).unwrap().is_none());
        let upgraded = upgrade(&first).unwrap().unwrap();
        (replay.filter.event, replay.filter.source_id, replay.filter.label) = (None, None, None);
        assert_eq!(read(&upgraded).unwrap(), replay);
    }
}
