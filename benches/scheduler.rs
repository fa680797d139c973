//! How many decisions a second the scheduler makes, and what a lane costs in memory.
//!
//! A decision is one delivery's whole way: committed, started, ended, settled.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(missing_docs, reason = "not a library")]

use std::time::{Duration, Instant};

use ringback::domain::delivery::{DueKey, DueRow, Trigger};
use ringback::domain::form::PayloadForm;
use ringback::domain::id::{Seq, WebhookNo};
use ringback::domain::time::Timestamp;
use ringback::schedule::{Action, Health, Input, LaneSettings, Scheduler, SchedulerConfig};

const START: u64 = 1_700_000_000_000;
const RUN: Duration = Duration::from_secs(1);

fn main() {
    println!("{:<44} {:>14}", "decisions", "per second");
    for lanes in [1, 100, 10_000] {
        println!("{:<44} {:>14.0}", format!("{lanes} living lanes"), decisions(lanes, 0));
    }
    println!("{:<44} {:>14.0}", "1 living lane beside 10,000 dead ones", decisions(1, 10_000));
    println!();
    println!("{:<44} {:>14}", "memory of 100,000 lanes", "bytes each");
    println!("{:<44} {:>14.0}", "idle", memory(0));
    println!("{:<44} {:>14.0}", "active, 1 row", memory(1));
    println!("{:<44} {:>14.0}", "active, 16 rows", memory(16));
}

fn row(event: u64, due: u64) -> DueRow {
    DueRow {
        key: DueKey { order: due, event: Seq(event) },
        due: Timestamp::from_millis(due),
        attempts: 0,
        order_key: None,
        trigger: Trigger::Scheduled,
        form: PayloadForm::Data,
        bytes: 1024,
        wait: 0,
    }
}

fn open(scheduler: &mut Scheduler, webhook: u32, now: Timestamp) {
    let (webhook, settings) = (WebhookNo(webhook), LaneSettings::default());
    scheduler.handle(
        Input::LaneOpened { webhook, settings, disk_from: None, failing: None, waits: Default::default() },
        now,
    );
}

/// Whole ways per second over `living` lanes, while `dead` ones have backlogs and time out.
fn decisions(living: u32, dead: u32) -> f64 {
    let mut scheduler = Scheduler::new(SchedulerConfig::default());
    let mut now = Timestamp::from_millis(START);
    let mut event = 0;
    for webhook in 0..living + dead {
        open(&mut scheduler, webhook, now);
        if webhook >= living {
            for _ in 0..20 {
                event += 1;
                let row = row(event, START);
                scheduler.handle(Input::Committed { webhook: WebhookNo(webhook), row }, now);
            }
        }
    }
    kill(&mut scheduler, living, &mut now);
    let (begun, mut made, mut turn) = (Instant::now(), 0u64, 0u32);
    while begun.elapsed() < RUN {
        for _ in 0..256 {
            event += 1;
            let (webhook, row) = (WebhookNo(turn % living), row(event, now.as_millis()));
            turn = turn.wrapping_add(1);
            scheduler.handle(Input::Committed { webhook, row }, now);
            made += deliver(&mut scheduler, living, now);
        }
        now = now.plus(Duration::from_millis(1));
    }
    made as f64 / begun.elapsed().as_secs_f64()
}

/// Lets every dead lane time out until all of them only probe.
fn kill(scheduler: &mut Scheduler, living: u32, now: &mut Timestamp) {
    for _ in 0..2000 {
        let mut started = Vec::new();
        while let Some(action) = scheduler.next(*now) {
            if let Action::Start { webhook, row, .. } = action {
                started.push((webhook, row));
            }
        }
        *now = now.plus(Duration::from_secs(30));
        for (webhook, row) in started.into_iter().filter(|(webhook, _)| webhook.0 >= living) {
            scheduler.ended(webhook, row.key.event, Health::TimedOut.into(), *now);
            scheduler.handle(Input::Settled { webhook, event: row.key.event, next: Some(row) }, *now);
        }
    }
}

/// Pulls what there is to do; living lanes deliver at once, dead ones hang.
fn deliver(scheduler: &mut Scheduler, living: u32, now: Timestamp) -> u64 {
    let mut made = 0;
    while let Some(action) = scheduler.next(now) {
        let Action::Start { webhook, row, .. } = action else { continue };
        if webhook.0 < living {
            let event = row.key.event;
            scheduler.ended(webhook, event, Health::Success.into(), now);
            scheduler.handle(Input::Settled { webhook, event, next: None }, now);
            made += 1;
        }
    }
    made
}

/// Bytes per lane of 100,000 lanes with so many rows each.
fn memory(rows: u64) -> f64 {
    const LANES: u32 = 100_000;
    let before = resident();
    let now = Timestamp::from_millis(START);
    let config = SchedulerConfig { all_rows: usize::MAX, ..SchedulerConfig::default() };
    let mut scheduler = Scheduler::new(config);
    for webhook in 0..LANES {
        open(&mut scheduler, webhook, now);
        for event in 0..rows {
            let row = row(u64::from(webhook) * rows + event, START);
            scheduler.handle(Input::Committed { webhook: WebhookNo(webhook), row }, now);
        }
    }
    let used = resident().saturating_sub(before);
    assert_eq!(scheduler.snapshot(now).lanes, LANES as usize);
    // Leaked, so that the next measurement does not reuse its pages.
    std::mem::forget(scheduler);
    used as f64 / f64::from(LANES)
}

/// The process's resident bytes.
fn resident() -> u64 {
    const PAGE: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE
}
