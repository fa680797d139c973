//! Damage to rows that say again what other rows say: it is counted and found, and what they stand for comes back.

use std::path::Path;

use redb::ReadableTable as _;

use super::damage::{page, served};
use super::export::populated;
use super::sample::{self, Rig, at};
use super::upkeep::{POLICY, prune_all};
use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::id::{AccountNo, Seq, WebhookNo};
use crate::domain::job::RunRecord;
use crate::store::command::PutRecord;
use crate::store::committed::Committed;
use crate::store::query::{DeliveryFilter, EventFilter, JobFilter};
use crate::store::verify::verify;
use crate::store::{Store, tables};

const ACCOUNT: AccountNo = AccountNo(1);

type Raw = redb::TableDefinition<'static, &'static [u8], &'static [u8]>;
type Row = (Vec<u8>, Vec<u8>);

fn rows(path: &Path, table: &'static str) -> Vec<Row> {
    let db = redb::Database::open(path).unwrap();
    let txn = db.begin_write().unwrap();
    let rows = txn.open_table(Raw::new(table)).unwrap();
    let rows = rows.iter().unwrap().map(|row| row.unwrap());
    rows.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).collect()
}

/// Puts a row in place of another; whether there is room for it.
fn replace(path: &Path, table: &'static str, old: &[u8], new: &Row) -> bool {
    let db = redb::Database::open(path).unwrap();
    let txn = db.begin_write().unwrap();
    {
        let mut rows = txn.open_table(Raw::new(table)).unwrap();
        rows.remove(old).unwrap();
        if rows.insert(&*new.0, &*new.1).unwrap().is_some() {
            return false;
        }
    }
    txn.commit().unwrap();
    true
}

/// Some of everything, and a job that waits for its end and keeps something.
async fn filled() -> (tempfile::TempDir, Vec<u8>) {
    let rig = populated().await;
    let job = rig.store().jobs(ACCOUNT, &JobFilter::default(), page()).unwrap().rows[0].id;
    let record =
        RunRecord { content_type: "text/plain".into(), updated_at: at(1), data: b"x".as_slice().into() };
    let put = PutRecord { account: ACCOUNT, job, key: "INPUT".into(), record: Some(record) };
    rig.store().put_record(put).await.unwrap().unwrap();
    let dir = rig.stop().await;
    let bytes = std::fs::read(dir.path().join("store")).unwrap();
    (dir, bytes)
}

/// Where a flip is: a byte of the key or of the value as it is written, from its end.
#[derive(Debug, Clone, Copy)]
enum Place {
    Key(usize),
    Value(usize),
}

impl Place {
    const ALL: [Self; 5] = [Self::Key(0), Self::Key(7), Self::Key(11), Self::Value(0), Self::Value(4)];

    fn flip(self, (mut key, mut value): Row) -> Option<Row> {
        let (bytes, from_end) = match self {
            Self::Key(place) => (&mut key, place),
            Self::Value(place) => (&mut value, place),
        };
        let at = bytes.len().checked_sub(from_end + 1)?;
        bytes[at] ^= 1;
        Some((key, value))
    }
}

/// Enough steps to look at everything, in the pass that begins with them.
async fn look_at_all(rig: &Rig) {
    for _ in 0..15 {
        prune_all(rig, POLICY, at(100)).await;
    }
}

/// Each table without records of its own, and whether what it stands for is in other rows, too.
const INDEXES: [(&str, bool); 8] = [
    ("due", true),
    ("gathering", true),
    ("listed", true),
    ("job_deadlines", true),
    ("run_record_lengths", true),
    ("used", false),
    ("suspects", false),
    ("expiry", false),
];

#[tokio::test]
async fn a_flip_in_an_index_is_found_counted_and_mended() {
    let (dir, bytes) = filled().await;
    let path = dir.path().join("store");
    let whole = Store::open(&path, &sample::options()).unwrap();
    let truth = served(&whole.store);
    assert_eq!(whole.store.figures().damaged, 0);
    for kind in ["length ", "deadline ", "listed event ", "job "] {
        assert!(truth.keys().any(|key| key.starts_with(kind)), "{kind}");
    }
    Rig { opened: whole, dir: tempfile::tempdir().unwrap() }.stop().await;
    for (table, is_made) in INDEXES {
        std::fs::write(&path, &bytes).unwrap();
        let all = rows(&path, table);
        let mut tried = 0;
        for (row, place) in [all.first(), all.last()]
            .into_iter()
            .flatten()
            .flat_map(|row| Place::ALL.into_iter().map(move |place| (row, place)))
        {
            std::fs::write(&path, &bytes).unwrap();
            let Some(flipped) = place.flip(row.clone()) else { continue };
            if !replace(&path, table, &row.0, &flipped) {
                continue;
            }
            tried += 1;
            let what = format!("{table}, {place:?}");
            let verdict = verify(&path, &sample::options()).unwrap();
            assert!(verdict.faults > 0, "{what}");

            let opened = Store::open(&path, &sample::options()).unwrap();
            let rig = Rig { opened, dir: tempfile::tempdir().unwrap() };
            look_at_all(&rig).await;
            assert!(rig.store().figures().damaged > 0, "{what}");
            if is_made {
                assert_eq!(served(&rig.store()), truth, "{what}");
            }
            rig.stop().await;
            let after = verify(&path, &sample::options()).unwrap();
            if is_made {
                assert_eq!((after.faults, &after.listed), (0, &Vec::new()), "{what}");
                let again = Store::open(&path, &sample::options()).unwrap();
                assert_eq!(again.store.figures().damaged, 0, "{what}: what is mended is ready");
                Rig { opened: again, dir: tempfile::tempdir().unwrap() }.stop().await;
            }
        }
        assert!(tried >= 3, "{table}: {tried}");
    }
}

/// The whole lane of a webhook.
async fn lane(rig: &mut Rig, webhook: WebhookNo) -> Vec<DueRow> {
    let from = DueKey { order: 0, event: Seq(0) };
    rig.store().load_lane(webhook, from, 100).unwrap();
    loop {
        for committed in rig.opened.committed.recv().await.unwrap() {
            if let Committed::Page { rows, .. } = committed {
                return rows;
            }
        }
    }
}

/// Flips the last byte of a webhook's row for an event, or moves it to another event.
fn damage_due(rig: &Rig, webhook: WebhookNo, event: Seq, to: Option<Seq>) {
    let txn = rig.store().core.db.begin_write().unwrap();
    {
        let mut table = tables::DUE.write(&txn).unwrap();
        let key = |seq: Seq| {
            let order = at(0).as_millis();
            [webhook.0.to_be_bytes().as_slice(), &order.to_be_bytes(), &seq.0.to_be_bytes()].concat()
        };
        let order = at(0).as_millis();
        let row = table.remove((webhook.0, order, event.0)).unwrap();
        let mut stored = row.unwrap().bytes().to_vec();
        if to.is_none() {
            *stored.last_mut().unwrap() ^= 1;
        }
        table.put_stored(&key(to.unwrap_or(event)), &stored).unwrap();
    }
    txn.commit().unwrap();
}

#[tokio::test]
async fn a_delivery_whose_row_is_damaged_is_in_the_page_that_meets_it() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let mut events = Vec::new();
    for data in ["1", "2", "3"] {
        events.push(rig.accept(sample::accept(data, &[webhook])).await.seq());
    }
    let whole = lane(&mut rig, webhook).await;
    assert_eq!(whole.iter().map(|row| row.key.event).collect::<Vec<_>>(), events);
    damage_due(&rig, webhook, events[1], None);
    let mended = lane(&mut rig, webhook).await;
    assert_eq!(
        mended.iter().map(|row| row.key).collect::<Vec<_>>(),
        whole.iter().map(|row| row.key).collect::<Vec<_>>()
    );
    assert_eq!(rig.store().figures().damaged, 1, "counted once");
    assert_eq!(rig.store().figures().pending, 3);

    // Nothing says whose a row was whose key is damaged: the deliveries are looked through.
    damage_due(&rig, webhook, events[1], Some(Seq(events[1].0 | 1 << 40)));
    assert_eq!(lane(&mut rig, webhook).await.len(), 2);
    prune_all(&rig, POLICY, at(100)).await;
    assert_eq!(lane(&mut rig, webhook).await.len(), 3);
    assert_eq!((rig.store().figures().damaged, rig.store().figures().pending), (2, 3));
}

/// What of a list is behind a damaged row is left out, and the daemon says that something is damaged.
#[tokio::test]
async fn a_list_counts_the_damage_that_it_meets() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    rig.accept(sample::accept("1", &[webhook])).await;
    let txn = rig.store().core.db.begin_write().unwrap();
    {
        let mut table = tables::LISTED.write(&txn).unwrap();
        let row = table.last().unwrap().unwrap();
        let (key, mut stored) = (row.0.bytes().to_vec(), row.1.bytes().to_vec());
        drop(row);
        stored[1] ^= 1;
        table.put_stored(&key, &stored).unwrap();
    }
    txn.commit().unwrap();
    let list = || rig.store().events(ACCOUNT, &EventFilter::default(), page()).unwrap().rows.len();
    assert_eq!((list(), rig.store().figures().damaged), (0, 1));
    let deliveries = rig.store().deliveries(ACCOUNT, &DeliveryFilter::default(), page()).unwrap();
    assert_eq!((deliveries.rows.len(), rig.store().figures().damaged), (0, 2));
    look_at_all(&rig).await;
    assert_eq!(list(), 1);
}
