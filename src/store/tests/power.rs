//! Power cuts under load, through the real writer: whatever was acknowledged is there afterwards,
//! the file always opens, and its tables fit together.
//!
//! `RINGBACK_POWER_CUTS` sets the number of cases, `RINGBACK_POWER_SEED` replays one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;

use super::check::consistent;
use super::disk::{Chance, Disk};
use super::jobs::{about, queued};
use super::sample::{self, at};
use crate::domain::delivery::{DeliveryState, DueKey, Reason};
use crate::domain::id::{AccountNo, EventId, JobId, Seq, WebhookNo};
use crate::domain::job::JobStatus;
use crate::domain::result_rows::ResultRows;
use crate::domain::terms::{Batch, Terms};
use crate::domain::webhook::{Ordering, Webhook};
use crate::store::audit::Actor;
use crate::store::command::{Accept, Accepted, AppendRows, CreateJob, DeliveryChange, UpdateJob};
use crate::store::committed::{Committed, LaneHead};
use crate::store::file::{builder, initialise};
use crate::store::open::start;
use crate::store::space::Space;
use crate::store::{OpenError, Opened, Store};

pub(super) const WEBHOOKS: [WebhookNo; 3] = [WebhookNo(1), WebhookNo(2), WebhookNo(3)];
/// A webhook that gathers events of a type into batches of three.
pub(super) const BATCHING: WebhookNo = WebhookNo(4);
/// All of them.
const ALL: [WebhookNo; 4] = [WebhookNo(1), WebhookNo(2), WebhookNo(3), BATCHING];
/// Cuts in the life of one file.
const GENERATIONS: u64 = 3;

pub(super) fn power_up(disk: Disk, early_ack: bool) -> Result<Opened, OpenError> {
    let db = builder(&sample::options()).create_with_backend(disk)?;
    start(db, &sample::options(), Arc::new(Space::unlimited()), None, early_ack)
}

/// The bytes of a store with its webhooks, one of them ordered. Made on a thread of its own, since the test that asks first may already run a runtime.
pub(super) static IMAGE: LazyLock<Vec<u8>> = LazyLock::new(|| std::thread::spawn(image).join().unwrap());

fn image() -> Vec<u8> {
    let disk = Disk::new(vec![], u64::MAX);
    let db = builder(&sample::options()).create_with_backend(disk.clone()).unwrap();
    initialise(&db, &sample::options()).unwrap();
    drop(db);
    block_on(async {
        let Opened { store, mut committed, .. } = power_up(disk.clone(), false).unwrap();
        for no in ALL {
            let ordering = if no.0 == 3 { Ordering::Webhook } else { Ordering::None };
            let batch = Batch { max_events: 3, max_bytes: 100, max_wait: Duration::from_millis(10) };
            let terms = Terms { batch: (no == BATCHING).then_some(batch), ..Terms::default() };
            let webhook = Webhook { ordering, terms, ..sample::webhook(0) };
            store
                .edit(sample::create_webhook(Box::new(webhook)), Actor::Daemon, at(0))
                .await
                .unwrap()
                .unwrap();
        }
        drop(store);
        while committed.recv().await.is_some() {}
    });
    disk.after_power_cut(&mut Chance(0))
}

pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// What the outside world was answered.
#[derive(Default)]
struct Promised {
    events: Vec<(EventId, u32, String)>,
    /// Per delivery: attempts that were settled, and whether it ended.
    settled: BTreeMap<(WebhookNo, Seq), (u32, bool)>,
    /// Per job: its rows, and where it stood.
    jobs: BTreeMap<JobId, (u64, JobStatus)>,
}

/// Producers that post at the same time, so that commits hold several requests.
async fn produce(store: &Store, seed: u64, promised: &Mutex<Promised>) {
    let mut chance = Chance(seed);
    for turn in 0..12 {
        let datas: Vec<String> =
            (0..1 + chance.below(3)).map(|n| format!("{{\"n\":\"{seed}-{turn}-{n}\"}}")).collect();
        let count = chance.below(5) as usize;
        let key = chance.below(4) == 0;
        let event = |(n, data): (usize, &String)| Accept {
            idempotency: key
                .then(|| sample::idempotency(&format!("{seed}-{turn}-{n}"), 1, at(1 << 40)))
                .into_iter()
                .collect(),
            ..sample::accept(data, &ALL[ALL.len() - count..])
        };
        let events = datas.iter().enumerate().map(event).collect();
        let Ok(accepted) = store.accept(events, at(turn)).await else { return };
        if chance.below(4) == 0 && store.close_batches(at(turn + 10)).await.is_err() {
            return;
        }
        let mut promised = promised.lock().unwrap();
        for (accepted, data) in accepted.into_iter().zip(datas) {
            let Accepted::New { id, deliveries } = accepted else { panic!("{accepted:?}") };
            promised.events.push((id, deliveries, data));
        }
    }
}

/// Jobs that are made, given rows and ended at the same time.
async fn work(store: &Store, seed: u64, promised: &Mutex<Promised>) {
    let mut chance = Chance(seed);
    for turn in 0..6 {
        let Ok(Ok(reserved)) = store.reserve(AccountNo(1), 0).await else { return };
        let deadline = (chance.below(2) == 0).then_some(1_000);
        let job = queued(reserved.job, deadline);
        let create =
            CreateJob { emit: vec![about(&job, &WEBHOOKS[..1])], job, input: None, webhooks: vec![] };
        let Ok(Ok(job)) = store.create_job(create, at(turn)).await else { return };
        promised.lock().unwrap().jobs.insert(job.id, (0, JobStatus::Queued));
        let mut rows = ResultRows::default();
        (0..1 + chance.below(2_000)).for_each(|n| rows.push(n.to_string().as_bytes()));
        let append = AppendRows { account: AccountNo(1), job: job.id, offset: Some(0), rows: rows.into() };
        let Ok(Ok(count)) = store.append_rows(append, at(turn)).await else { return };
        promised.lock().unwrap().jobs.insert(job.id, (count, JobStatus::Running));
        if chance.below(4) == 0 {
            continue;
        }
        // The power may be cut before the read.
        let Ok(Some(from)) = store.job(job.id) else { return };
        let to = from.succeed(at(turn)).unwrap();
        let emit = vec![about(&to, &WEBHOOKS[..chance.below(3) as usize])];
        let Ok(Ok(_)) = store.update_job(UpdateJob { from, to, emit }, at(turn)).await else { return };
        promised.lock().unwrap().jobs.insert(job.id, (count, JobStatus::Succeeded));
    }
}

/// Attempts what the stream says is due, each row at most thrice.
async fn dispatch(
    store: &Store,
    committed: &mut mpsc::Receiver<Vec<Committed>>,
    lanes: Vec<LaneHead>,
    seed: u64,
    promised: &Mutex<Promised>,
) {
    let mut chance = Chance(seed);
    for lane in lanes {
        let from = DueKey { order: 0, event: Seq(0) };
        if store.load_lane(lane.webhook, from, 1_000).is_err() {
            return;
        }
    }
    let (mut ends, mut known) = (BTreeMap::new(), BTreeSet::new());
    while let Some(batch) = committed.recv().await {
        let mut rows = Vec::new();
        for committed in batch {
            match committed {
                Committed::Accepted { rows: new, .. } => {
                    known.extend(new.iter().map(|(webhook, row)| (*webhook, row.key.event)));
                    rows.extend(new);
                }
                Committed::Page { webhook, rows: page, .. } => {
                    let page = page.into_iter().map(|row| (webhook, row));
                    rows.extend(page.filter(|(webhook, row)| known.insert((*webhook, row.key.event))));
                }
                Committed::Settled { webhook, event, next } => {
                    let key = (webhook, event);
                    let mut promised = promised.lock().unwrap();
                    let settled = promised.settled.entry(key).or_default();
                    *settled = (settled.0 + 1, ends.get(&key) == Some(&true));
                    rows.extend(next.map(|row| (webhook, row)));
                }
                _ => {}
            }
        }
        for (webhook, row) in rows {
            let change = match chance.below(4) {
                0 => continue,
                1 if row.attempts < 3 => DeliveryChange::Retry { due: at(1 + chance.below(50)), spent: true },
                2 => DeliveryChange::Failed(Reason::Exhausted),
                _ => DeliveryChange::Delivered,
            };
            ends.insert((webhook, row.key.event), !matches!(change, DeliveryChange::Retry { .. }));
            if store.complete(sample::complete(webhook, row, change, at(1)), at(2)).is_err() {
                return;
            }
        }
    }
}

fn kept(store: &Store, promised: &Promised) -> Result<(), String> {
    for (id, deliveries, data) in &promised.events {
        let event = store.event(id.seq()).unwrap().ok_or(format!("{id} was acknowledged and is lost"))?;
        let found = (event.header.id, event.header.webhooks.len(), &*event.data);
        if found != (*id, *deliveries as usize, data.as_bytes()) {
            return Err(format!("{id} was acknowledged and is another"));
        }
    }
    for (&(webhook, event), &(attempts, ended)) in &promised.settled {
        let delivery =
            store.delivery(event, webhook).unwrap().ok_or(format!("{event:?}/{webhook:?} is lost"))?;
        if (delivery.log.len() as u32) < attempts || ended && delivery.state == DeliveryState::Pending {
            return Err(format!("{event:?}/{webhook:?} fell back from {attempts} attempts: {delivery:?}"));
        }
    }
    for (&id, &(rows, status)) in &promised.jobs {
        let job = store.job(id).unwrap().ok_or(format!("{id} was acknowledged and is lost"))?;
        let ended = status == JobStatus::Succeeded;
        if job.result_count < rows || ended && job.status != status {
            return Err(format!("{id} was acknowledged as {status:?} with {rows} rows and is {job:?}"));
        }
        let told = job.events.iter().filter(|seq| store.event_header(**seq).unwrap().is_some()).count();
        if told != 1 + usize::from(job.status.is_terminal()) {
            return Err(format!("{told} events are about {job:?}"));
        }
    }
    consistent(store)
}

/// One file's life with several power cuts.
fn case(seed: u64, early_ack: bool) -> Result<(), String> {
    let mut chance = Chance(seed);
    let mut bytes = IMAGE.clone();
    let promised = Mutex::new(Promised::default());
    for generation in 0..=GENERATIONS {
        let left = if generation == GENERATIONS { u64::MAX } else { 1 + chance.below(600) };
        let disk = Disk::new(bytes.clone(), left);
        match power_up(disk.clone(), early_ack) {
            Ok(opened) => block_on(async {
                let Opened { store, mut committed, lanes, .. } = opened;
                if !disk.is_dark() {
                    kept(&store, &promised.lock().unwrap())?;
                }
                let seeds = [chance.next(), chance.next(), chance.next()];
                let producers = join_all(seeds.map(|seed| produce(&store, seed, &promised)));
                let dispatcher = dispatch(&store, &mut committed, lanes, chance.next(), &promised);
                let workers =
                    join_all([chance.next(), chance.next()].map(|seed| work(&store, seed, &promised)));
                let load = async { tokio::join!(producers, workers) };
                tokio::select! { biased; () = dispatcher => {}, _ = load => {} }
                drop(store);
                while committed.recv().await.is_some() {}
                Ok::<(), String>(())
            })?,
            Err(error) if disk.is_dark() => drop(error),
            Err(error) => return Err(format!("generation {generation} does not open: {error}")),
        }
        bytes = disk.after_power_cut(&mut chance);
    }
    Ok(())
}

pub(super) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    if let Some(seed) = setting("RINGBACK_POWER_SEED") {
        return case(seed, false).unwrap();
    }
    for seed in 0..setting("RINGBACK_POWER_CUTS").unwrap_or(200) {
        case(seed, false).unwrap_or_else(|lost| panic!("RINGBACK_POWER_SEED={seed}: {lost}"));
    }
}

#[test]
fn an_answer_before_the_commit_is_noticed() {
    assert!((0..200).any(|seed| case(seed, true).is_err_and(|lost| lost.contains("acknowledged"))));
}

/// Creation: the file is made under another name and renamed once it is whole. Whenever the power
/// goes, either the name does not exist, or it names a store that opens.
#[test]
fn creation_survives_power_cuts() {
    for seed in 0..setting("RINGBACK_POWER_CUTS").unwrap_or(200) {
        let mut chance = Chance(seed);
        let disk = Disk::new(vec![], 1 + chance.below(80));
        let options = sample::options();
        let made = builder(&options)
            .create_with_backend(disk.clone())
            .is_ok_and(|db| initialise(&db, &options).is_ok());
        let renamed = made && redb::StorageBackend::sync_data(&disk).is_ok();
        let bytes = disk.after_power_cut(&mut chance);
        if renamed {
            power_up(Disk::new(bytes, u64::MAX), false)
                .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        }
    }
}
