//! One test per rule.

use std::time::Duration;

use super::flights::Flights;
use super::window::Window;
use super::*;
use crate::domain::delivery::{DueKey, DueRow, Trigger};
use crate::domain::form::PayloadForm;
use crate::domain::profile::DisableAfter;
use crate::domain::waiting::{Waiting, WaitingFor};
use crate::domain::webhook::{Failing, Ordering, RateLimit, Waits};
use crate::limits;

const A: WebhookNo = WebhookNo(1);
const B: WebhookNo = WebhookNo(2);

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + ms)
}

fn row(event: u64, due: Timestamp) -> DueRow {
    DueRow {
        key: DueKey { order: due.as_millis(), event: Seq(event) },
        due,
        attempts: 0,
        order_key: None,
        trigger: Trigger::Scheduled,
        form: PayloadForm::Data,
        bytes: 100,
        wait: DueRow::ANY_WAIT,
    }
}

/// A row of a lane with an order.
fn ordered(event: u64, due: Timestamp, order_key: Option<u64>) -> DueRow {
    DueRow { key: DueKey { order: 0, event: Seq(event) }, order_key, ..row(event, due) }
}

/// A scheduler and what a driver does with it.
struct Driver(Scheduler);

impl Driver {
    fn new(config: SchedulerConfig) -> Self {
        Self(Scheduler::new(config))
    }

    /// With the lanes A and B, which delivered before.
    fn with(settings: LaneSettings, config: SchedulerConfig) -> Self {
        let mut driver = Self::new(config);
        for lane in [A, B] {
            driver.open(lane, settings);
            driver.prove(lane);
        }
        driver
    }

    fn prove(&mut self, webhook: WebhookNo) {
        self.0.lanes.get_mut(&webhook).unwrap().proven = true;
    }

    fn open(&mut self, webhook: WebhookNo, settings: LaneSettings) {
        let opened =
            Input::LaneOpened { webhook, settings, disk_from: None, failing: None, waits: Waits::default() };
        self.0.handle(opened, at(0));
    }

    fn commit(&mut self, webhook: WebhookNo, row: DueRow) {
        let now = row.due.min(at(0));
        self.0.handle(Input::Committed { webhook, row }, now);
    }

    fn backlog(&mut self, webhook: WebhookNo, events: std::ops::Range<u64>) {
        events.for_each(|event| self.commit(webhook, row(event, at(0))));
    }

    fn actions(&mut self, now: Timestamp) -> Vec<Action> {
        std::iter::from_fn(|| self.0.next(now)).collect()
    }

    /// The attempts that start: lanes and events.
    fn starts(&mut self, now: Timestamp) -> Vec<(WebhookNo, u64)> {
        let started = |action| match action {
            Action::Start { webhook, row, .. } => Some((webhook, row.key.event.0)),
            _ => None,
        };
        self.actions(now).into_iter().filter_map(started).collect()
    }

    fn end(&mut self, webhook: WebhookNo, event: u64, health: Health, now: Timestamp) -> bool {
        self.0.ended(webhook, Seq(event), health.into(), now).spent
    }

    /// How the run of failures changed with an attempt that ends and is settled for good.
    fn run(&mut self, event: u64, health: Health, now: Timestamp) -> Option<RunChange> {
        let landed = self.0.ended(A, Seq(event), health.into(), now);
        self.settle(A, event, None, now);
        landed.run
    }

    fn settle(&mut self, webhook: WebhookNo, event: u64, next: Option<DueRow>, now: Timestamp) {
        self.0.handle(Input::Settled { webhook, event: Seq(event), next }, now);
    }

    /// An attempt ends and is settled for good.
    fn finish(&mut self, webhook: WebhookNo, event: u64, health: Health, now: Timestamp) -> bool {
        let spent = self.end(webhook, event, health, now);
        self.settle(webhook, event, None, now);
        spent
    }

    fn lane(&self, webhook: WebhookNo, now: Timestamp) -> LaneStatus {
        self.0.lane(webhook, now).unwrap()
    }
}

fn config() -> SchedulerConfig {
    SchedulerConfig { lane_in_flight: 4, breaker_after: 3, ..SchedulerConfig::default() }
}

fn plain() -> Driver {
    Driver::with(LaneSettings::default(), config())
}

fn ordering(ordering: Ordering) -> LaneSettings {
    LaneSettings { ordering, ..LaneSettings::default() }
}

fn failing(order: u64, since: Timestamp, attempts: u32) -> Option<RunChange> {
    Some(RunChange { order, failing: Some(Failing { since, attempts, warned: false }), news: None })
}

/// The run is over, and was known of.
fn recovered(order: u64) -> Option<RunChange> {
    Some(RunChange { order, failing: None, news: Some(RunNews::Recovered) })
}

#[test]
fn nothing_starts_before_its_time_and_the_wakeup_is_that_time() {
    let mut driver = plain();
    driver.commit(A, row(1, at(500)));
    assert_eq!(driver.starts(at(499)), []);
    assert_eq!(driver.0.next_wakeup(), Some(at(500)));
    assert_eq!(driver.starts(at(500)), [(A, 1)]);
    assert_eq!(driver.0.next_wakeup(), None);
}

#[test]
fn ready_lanes_take_turns() {
    let mut driver = plain();
    driver.backlog(A, 0..10);
    driver.backlog(B, 10..12);
    assert_eq!(driver.starts(at(0)), [(A, 0), (B, 10), (A, 1), (B, 11), (A, 2), (A, 3)]);
}

#[test]
fn an_end_frees_the_slot_and_a_settlement_the_row() {
    let mut driver = plain();
    driver.backlog(A, 0..5);
    assert_eq!(driver.starts(at(0)).len(), 4);
    driver.end(A, 0, Health::Success, at(1));
    assert_eq!(driver.starts(at(1)), [(A, 4)]);
    // Known until it is settled: what is reported of it in the meantime starts nothing.
    driver.end(A, 1, Health::Failure, at(2));
    driver.commit(A, row(1, at(0)));
    assert_eq!(driver.starts(at(2)), []);
    driver.settle(A, 1, Some(row(1, at(50))), at(3));
    assert_eq!(driver.starts(at(50)), [(A, 1)]);
}

#[test]
fn what_is_told_of_unknown_lanes_and_rows_is_harmless() {
    let mut driver = plain();
    driver.backlog(A, 0..2);
    assert_eq!(driver.starts(at(0)).len(), 2);
    driver.0.handle(Input::LaneRemoved { webhook: A }, at(0));
    assert_eq!(driver.0.in_flight(), 0);
    assert!(driver.end(A, 0, Health::Success, at(1)));
    driver.settle(A, 0, Some(row(0, at(0))), at(1));
    driver.settle(B, 99, None, at(1));
    driver.0.handle(Input::Withdrawn { webhook: B, event: Seq(7) }, at(1));
    assert_eq!(driver.actions(at(1)), []);
    assert_eq!(driver.0.snapshot(at(1)), Snapshot { lanes: 1, ..Snapshot::default() });
}

#[test]
fn withdrawn_rows_do_not_start() {
    let mut driver = plain();
    driver.backlog(A, 0..2);
    driver.0.handle(Input::Withdrawn { webhook: A, event: Seq(0) }, at(0));
    assert_eq!(driver.starts(at(0)), [(A, 1)]);
}

#[test]
fn a_row_rescheduled_from_outside_is_one_row() {
    let mut driver = plain();
    driver.commit(A, row(1, at(9000)));
    driver.commit(A, row(1, at(10)));
    assert_eq!(driver.starts(at(10)), [(A, 1)]);
    driver.finish(A, 1, Health::Success, at(11));
    assert_eq!(driver.starts(at(9000)), []);
}

#[test]
fn a_paused_lane_keeps_its_rows() {
    let mut driver = plain();
    driver.backlog(A, 0..2);
    let paused = LaneSettings { paused: true, ..LaneSettings::default() };
    driver.0.handle(Input::LaneChanged { webhook: A, settings: paused }, at(0));
    assert_eq!(driver.actions(at(0)), []);
    assert_eq!((driver.lane(A, at(0)).rows, driver.lane(A, at(0)).more_on_disk), (0, true));
    driver.0.handle(Input::LaneChanged { webhook: A, settings: LaneSettings::default() }, at(0));
    let [Action::LoadPage { from, .. }] = driver.actions(at(0))[..] else { panic!() };
    assert_eq!(from, row(0, at(0)).key);
    let rows = vec![row(0, at(0)), row(1, at(0))];
    driver.0.handle(Input::Page { webhook: A, from, rows, next: None }, at(0));
    assert_eq!(driver.starts(at(0)), [(A, 0), (A, 1)]);
}

#[test]
fn draining_starts_nothing_more() {
    let mut driver = plain();
    driver.backlog(A, 0..9);
    assert_eq!(driver.starts(at(0)).len(), 4);
    driver.0.handle(Input::Drain, at(0));
    driver.finish(A, 0, Health::Success, at(1));
    assert_eq!((driver.actions(at(9000)), driver.0.next_wakeup()), (vec![], None));
}

#[test]
fn a_lane_in_order_waits_for_the_settlement_of_its_head() {
    let mut driver = Driver::with(ordering(Ordering::Webhook), config());
    (1..4).for_each(|event| driver.commit(A, ordered(event, at(0), None)));
    assert_eq!(driver.starts(at(0)), [(A, 1)]);
    driver.end(A, 1, Health::Failure, at(1));
    assert_eq!(driver.starts(at(1)), []);
    driver.settle(A, 1, Some(ordered(1, at(500), None)), at(2));
    assert_eq!(driver.starts(at(499)), []);
    assert_eq!(driver.starts(at(500)), [(A, 1)]);
    driver.finish(A, 1, Health::Failure, at(501));
    assert_eq!(driver.starts(at(501)), [(A, 2)]);
}

#[test]
fn a_lane_in_order_by_key_holds_up_only_the_key() {
    let mut driver = Driver::with(ordering(Ordering::Key), config());
    for (event, key) in [(1, Some(7)), (2, Some(7)), (3, Some(8)), (4, None), (5, None)] {
        driver.commit(A, ordered(event, at(0), key));
    }
    assert_eq!(driver.starts(at(0)), [(A, 1), (A, 3), (A, 4), (A, 5)]);
    [3, 4, 5].into_iter().for_each(|event| _ = driver.finish(A, event, Health::Success, at(1)));
    assert_eq!(driver.starts(at(1)), []);
    driver.finish(A, 1, Health::Success, at(2));
    assert_eq!(driver.starts(at(2)), [(A, 2)]);
}

/// Answers page requests from `disk` until nothing more is wanted; the events that started.
fn serve(driver: &mut Driver, disk: &[DueRow], now: Timestamp) -> Vec<u64> {
    let mut started = Vec::new();
    for _ in 0..1000 {
        match driver.0.next(now) {
            Some(Action::LoadPage { webhook, from, limit }) => {
                let mut rest = disk.iter().filter(|row| row.key >= from);
                let rows = rest.by_ref().take(limit).copied().collect();
                let next = rest.next().map(|row| (row.key, row.due));
                driver.0.handle(Input::Page { webhook, from, rows, next }, now);
            }
            Some(Action::Start { row, .. }) => started.push(row.key.event.0),
            Some(_) => {}
            None => return started,
        }
    }
    panic!("it has no end");
}

#[test]
fn a_blocked_key_with_a_long_backlog_holds_up_no_other_key() {
    let mut driver = Driver::new(SchedulerConfig { lane_rows: 8, ..config() });
    let later = at(3_600_000);
    let mut disk = vec![ordered(0, later, Some(1))];
    disk.extend((1..300).map(|event| ordered(event, at(0), Some(1))));
    disk.extend((300..303).map(|event| ordered(event, at(0), Some(2))));
    let settings = ordering(Ordering::Key);
    let disk_from = Some((disk[0].key, disk[0].due));
    driver.0.handle(
        Input::LaneOpened { webhook: A, settings, disk_from, failing: None, waits: Waits::default() },
        at(0),
    );
    for event in 300..303 {
        assert_eq!(serve(&mut driver, &disk, at(0)), [event]);
        driver.finish(A, event, Health::Success, at(0));
        disk.retain(|row| row.key.event.0 != event);
    }
    // When its time has come, the blocked key's rows come too, all and in order.
    for event in 0..300 {
        assert_eq!(serve(&mut driver, &disk, later), [event]);
        driver.finish(A, event, Health::Success, later);
        disk.remove(0);
    }
    assert_eq!(driver.0.snapshot(later), Snapshot { lanes: 1, ..Snapshot::default() });
}

#[test]
fn what_does_not_fit_in_memory_is_read_back_when_it_is_due() {
    let mut driver = Driver::with(LaneSettings::default(), SchedulerConfig { lane_rows: 4, ..config() });
    for event in 0..10 {
        driver.commit(A, row(event, at(event * 100)));
    }
    assert_eq!(driver.lane(A, at(0)).rows, 4);
    let mut seen: Vec<u64> = Vec::new();
    for now in (0..1000).step_by(50).map(at) {
        for action in driver.actions(now) {
            match action {
                Action::Start { row, .. } => {
                    seen.push(row.key.event.0);
                    driver.finish(A, row.key.event.0, Health::Success, now);
                }
                Action::LoadPage { from, limit, .. } => {
                    assert!(from.order <= now.as_millis(), "read before it is due");
                    let mut rest =
                        (0..10).map(|event| row(event, at(event * 100))).filter(|row| row.key >= from);
                    let rows = rest.by_ref().take(limit).collect();
                    let next = rest.next().map(|row| (row.key, row.due));
                    driver.0.handle(Input::Page { webhook: A, from, rows, next }, now);
                }
                other => panic!("{other:?}"),
            }
        }
        driver.starts(now).into_iter().for_each(|(lane, event)| {
            seen.push(event);
            driver.finish(lane, event, Health::Success, now);
        });
    }
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
}

#[test]
fn a_page_that_came_too_late_is_asked_for_again() {
    let mut driver = Driver::new(SchedulerConfig { lane_rows: 2, ..config() });
    let disk_from = Some((row(5, at(0)).key, at(0)));
    let settings = LaneSettings::default();
    driver.0.handle(
        Input::LaneOpened { webhook: A, settings, disk_from, failing: None, waits: Waits::default() },
        at(0),
    );
    let [Action::LoadPage { from, .. }] = driver.actions(at(0))[..] else { panic!() };
    // A pause moves everything back to disk, with an earlier first row.
    driver.0.handle(Input::Committed { webhook: A, row: row(3, at(0)) }, at(0));
    let paused = LaneSettings { paused: true, ..settings };
    driver.0.handle(Input::LaneChanged { webhook: A, settings: paused }, at(0));
    driver.0.handle(Input::LaneChanged { webhook: A, settings }, at(0));
    driver.0.handle(Input::Page { webhook: A, from, rows: vec![row(5, at(0))], next: None }, at(0));
    let [Action::LoadPage { from, .. }] = driver.actions(at(0))[..] else { panic!() };
    assert_eq!(from, row(3, at(0)).key);
}

#[test]
fn pages_are_read_a_few_at_a_time() {
    let mut driver = Driver::new(SchedulerConfig { lane_loads: 2, ..config() });
    let disk_from = Some((row(0, at(0)).key, at(0)));
    for webhook in (0..5).map(WebhookNo) {
        let settings = LaneSettings::default();
        driver.0.handle(
            Input::LaneOpened { webhook, settings, disk_from, failing: None, waits: Waits::default() },
            at(0),
        );
    }
    assert_eq!(driver.actions(at(0)).len(), 2);
    let (webhook, from) = (WebhookNo(0), row(0, at(0)).key);
    driver.0.handle(Input::Page { webhook, from, rows: vec![], next: None }, at(0));
    assert_eq!(driver.actions(at(0)).len(), 1);
    driver.0.handle(Input::LaneRemoved { webhook: WebhookNo(1) }, at(0));
    assert_eq!(driver.actions(at(0)).len(), 1);
}

#[test]
fn the_global_cap_leaves_room_for_those_who_deliver() {
    let settings = LaneSettings { max_in_flight: Some(8), ..LaneSettings::default() };
    let mut driver = Driver::with(settings, SchedulerConfig { global_in_flight: 16, ..config() });
    driver.backlog(B, 0..1);
    assert_eq!(driver.starts(at(0)), [(B, 0)]);
    driver.finish(B, 0, Health::Success, at(0));
    for lane in 10..30 {
        driver.open(WebhookNo(lane), settings);
        let first = u64::from(lane) * 100;
        driver.backlog(WebhookNo(lane), first..first + 8);
    }
    // Those nobody knows yet get seven eighths at most, and a few of what is free at a time.
    let mut started = driver.starts(at(0));
    assert_eq!(started.len(), 4, "{started:?}");
    (1..20).for_each(|second| started.extend(driver.starts(at(second * 1000))));
    assert_eq!(started.len(), 14, "{started:?}");
    driver.backlog(B, 1..3);
    assert_eq!(driver.starts(at(20_000)).first(), Some(&(B, 1)));
    // Those that time out get a half.
    for (lane, event) in started {
        driver.finish(lane, event, Health::TimedOut, at(30_000));
    }
    let of_others = |started: &[(WebhookNo, u64)]| started.iter().filter(|(lane, _)| *lane != B).count();
    let mut started = driver.starts(at(30_000));
    (31..50).for_each(|second| started.extend(driver.starts(at(second * 1000))));
    assert!((8..=14).contains(&of_others(&started)), "{started:?}");
}

/// Hundreds of lanes that never answer, and at some time one more.
struct Silent {
    driver: Driver,
    flying: Vec<(u64, WebhookNo, u64)>,
}

impl Silent {
    const COUNT: u32 = 600;

    /// With the stored run that each lane is in.
    fn new(failing: Option<Failing>) -> Self {
        let mut driver = Driver::new(SchedulerConfig::default());
        for webhook in (0..Self::COUNT).map(WebhookNo) {
            let settings = LaneSettings::default();
            driver.0.handle(
                Input::LaneOpened { webhook, settings, disk_from: None, failing, waits: Waits::default() },
                at(0),
            );
            let first = u64::from(webhook.0) * 1000;
            driver.backlog(webhook, first..first + 20);
        }
        Self { driver, flying: Vec::new() }
    }

    /// Lets a time go by; whether another lane started something.
    fn pass(&mut self, from: u64, to: u64) -> bool {
        let mut other = false;
        for now in (from..=to).step_by(50) {
            let (ended, still) =
                std::mem::take(&mut self.flying).into_iter().partition(|(end, ..)| *end <= now);
            self.flying = still;
            let ended: Vec<(u64, WebhookNo, u64)> = ended;
            for (_, lane, event) in ended {
                self.driver.end(lane, event, Health::TimedOut, at(now));
                self.driver.settle(lane, event, Some(row(event, at(now + 5000))), at(now));
            }
            for (lane, event) in self.driver.starts(at(now)) {
                other |= lane.0 >= Self::COUNT;
                self.flying.push((now + 20_000, lane, event));
            }
        }
        other
    }
}

#[test]
fn a_lane_that_was_never_served_does_not_wait_behind_hundreds_of_silent_ones() {
    for comes in [0, 500, 3_000, 10_000, 18_000, 25_000, 60_000] {
        let mut silent = Silent::new(None);
        silent.pass(0, comes);
        let webhook = WebhookNo(Silent::COUNT + 7);
        silent.driver.open(webhook, LaneSettings::default());
        silent.driver.0.handle(Input::Committed { webhook, row: row(1_000_000, at(comes)) }, at(comes));
        assert!(silent.pass(comes, comes + 1_000), "it comes at {comes} ms");
    }
}

#[test]
fn with_few_slots_webhooks_are_not_asked_one_after_the_other_for_the_first_time() {
    for (slots, want) in [(8, 4), (4, 2), (2, 1), (1, 1)] {
        let mut driver = Driver::new(SchedulerConfig { global_in_flight: slots, ..config() });
        for lane in (1..=20).map(WebhookNo) {
            driver.open(lane, LaneSettings::default());
            driver.commit(lane, row(lane.0.into(), at(0)));
        }
        assert_eq!(driver.starts(at(0)).len(), want, "of {slots}");
    }
}

#[test]
fn after_a_restart_nobody_waits_behind_hundreds_that_failed_before_it() {
    let run = Failing { since: at(0).minus(Duration::from_secs(60)), attempts: 1, warned: false };
    let mut silent = Silent::new(Some(run));
    for lane in (0..100).map(|n| WebhookNo(Silent::COUNT + n)) {
        silent.driver.open(lane, LaneSettings::default());
        silent.driver.backlog(lane, u64::from(lane.0) * 1000..u64::from(lane.0) * 1000 + 1);
    }
    let (mut waited, mut now) = (0, 0);
    while waited < 100 {
        let started = silent.driver.starts(at(now));
        for (lane, event) in started.into_iter().filter(|(lane, _)| lane.0 >= Silent::COUNT) {
            silent.driver.finish(lane, event, Health::Success, at(now));
            waited += 1;
        }
        now += 10;
        assert!(now <= 1_000, "{waited} of 100 were served");
    }
}

#[test]
fn what_a_receiver_asked_for_and_what_a_rate_limit_gave_survive_a_restart() {
    let rate_limit = Some(RateLimit { per_second: 0.1, burst: 2 });
    let settings = LaneSettings { rate_limit, ..LaneSettings::default() };
    let mut driver = Driver::with(settings, config());
    driver.backlog(A, 0..9);
    assert_eq!(driver.starts(at(0)), [(A, 0), (A, 1)]);
    let landed = driver.0.ended(A, Seq(0), Health::Success.into(), at(10));
    let kept = Waits { tokens_full_at: Some(at(20_000)), ..Waits::default() };
    assert_eq!(landed.waits, Some(kept));
    let asked = Health::RetryAfter(at(3_600_000));
    let waits = driver.0.ended(A, Seq(1), asked.into(), at(20)).waits.unwrap();
    let rests_for = Duration::from_millis(3_600_000 - 20);
    assert_eq!(waits, Waits { rests_until: Some(at(3_600_000)), rests_for, ..kept });

    let opened = |waits, now| {
        let mut driver = Driver::new(config());
        let opened = Input::LaneOpened { webhook: A, settings, disk_from: None, failing: None, waits };
        driver.0.handle(opened, now);
        for event in 0..9 {
            driver.0.handle(Input::Committed { webhook: A, row: row(event, now) }, now);
        }
        driver
    };
    assert_eq!(opened(waits, at(5_000)).starts(at(3_599_999)), []);
    let mut limited = opened(kept, at(5_000));
    assert_eq!(limited.starts(at(9_999)), []);
    assert_eq!(limited.starts(at(10_000)).len(), 1);
    assert_eq!(limited.starts(at(19_999)).len(), 0);
    // A clock that was set back before the start makes neither longer than it can be.
    let before = Timestamp::from_millis(1_000);
    let mut driver = opened(waits, before);
    driver.commit(A, row(50, before));
    assert_eq!(driver.lane(A, before).rests_until, Some(before.plus(rests_for)));
    assert_eq!(opened(Waits::default(), at(0)).starts(at(0)).len(), 2);
    let mut plain = plain();
    plain.backlog(A, 0..1);
    plain.starts(at(0));
    assert_eq!(
        plain.0.ended(A, Seq(0), Health::Failure.into(), at(1)).waits,
        None,
        "there is nothing to keep"
    );
}

#[test]
fn a_lane_that_failed_before_a_restart_begins_with_one_attempt_at_a_time() {
    let failing = Some(Failing { since: at(0), attempts: 1, warned: false });
    let mut driver = Driver::new(config());
    let settings = LaneSettings::default();
    let opened =
        Input::LaneOpened { webhook: A, settings, disk_from: None, failing, waits: Waits::default() };
    driver.0.handle(opened, at(0));
    driver.backlog(A, 0..20);
    assert_eq!(driver.starts(at(0)).len(), 1);
    driver.finish(A, 0, Health::Success, at(1));
    assert_eq!(driver.starts(at(1)).len(), 2);
}

/// A row that was made due so many seconds after it was decided on.
fn waiting(event: u64, due: Timestamp, wait: u32) -> DueRow {
    DueRow { wait, ..row(event, due) }
}

#[test]
fn what_a_clock_ahead_made_due_is_due_within_its_wait() {
    let mut driver = Driver::with(LaneSettings::default(), config());
    let hours = 5 * 3_600_000;
    driver.backlog(A, 0..1);
    driver.starts(at(hours));
    driver.settle(A, 0, Some(waiting(0, at(hours + 60_000), 60)), at(hours));
    // What is only on disk was made due by the same clock: it is read that much earlier.
    let disk_from = Some((row(7, at(hours)).key, at(hours + 1)));
    let (settings, waits) = (LaneSettings::default(), Waits::default());
    driver.0.handle(Input::LaneOpened { webhook: B, settings, disk_from, failing: None, waits }, at(hours));
    assert_eq!(driver.starts(at(hours)), []);
    assert_eq!(driver.actions(at(0)), []);
    let [Action::LoadPage { webhook: B, from, .. }] = driver.actions(at(1))[..] else { panic!() };
    let rows = vec![waiting(7, at(hours), 5), waiting(8, at(hours + 1), 90)];
    driver.0.handle(Input::Page { webhook: B, from, rows, next: None }, at(1));
    assert_eq!(driver.starts(at(5_000)), []);
    assert_eq!(driver.starts(at(5_001)), [(B, 7)]);
    assert_eq!(driver.starts(at(59_999)), []);
    assert_eq!(driver.starts(at(60_000)), [(A, 0)]);
    assert_eq!(driver.starts(at(90_000)), []);
    assert_eq!(driver.starts(at(90_001)), [(B, 8)]);
}

#[test]
fn what_was_never_tried_does_not_wait_behind_a_retry() {
    let hours = 5 * 3_600_000;
    let rows =
        [waiting(1, at(hours), 36_000), waiting(2, at(hours + 1), 0), waiting(3, at(hours + 2), 36_000)];
    let mut driver = Driver::with(LaneSettings::default(), config());
    rows.into_iter().for_each(|row| driver.0.handle(Input::Committed { webhook: A, row }, at(hours - 100)));
    assert_eq!(driver.starts(at(5_000)), [(A, 1), (A, 2)], "what is before it waits no longer either");
    assert_eq!(driver.starts(at(hours + 2)), [(A, 3)]);
    // With a clock that is right nothing starts before its time.
    let mut driver = Driver::with(LaneSettings::default(), config());
    driver.0.handle(Input::Committed { webhook: A, row: waiting(1, at(hours), 18_000) }, at(0));
    driver.0.handle(Input::Committed { webhook: A, row: waiting(2, at(4_000), 4) }, at(0));
    assert_eq!(driver.starts(at(4_000)), [(A, 2)]);
    assert_eq!(driver.starts(at(hours - 1)), []);
}

/// The first row on disk may wait for hours by right while one behind it is due now.
#[test]
fn a_lane_whose_first_row_a_clock_ahead_made_is_read_at_once() {
    let hour = 3_600_000;
    let (head, behind) = (waiting(1, at(9 * hour), 7_200), waiting(2, at(9 * hour + 1), 0));
    let (now, right) = (at(hour), waiting(3, at(2 * hour), 7_200));
    assert_eq!((head.read_at(now), head.clamped(now).due), (now, at(3 * hour)));
    assert_eq!(right.read_at(now), right.due);
    let mut driver = Driver::with(LaneSettings::default(), config());
    let disk_from = Some((head.key, head.read_at(now)));
    let (settings, failing, waits) = (LaneSettings::default(), None, Default::default());
    let opened = Input::LaneOpened { webhook: A, settings, disk_from, failing, waits };
    driver.0.handle(opened, now);
    assert!(matches!(driver.actions(now)[..], [Action::LoadPage { .. }]));
    driver.0.handle(Input::Page { webhook: A, from: head.key, rows: vec![head, behind], next: None }, now);
    let starts = driver.starts(now);
    assert!(starts.contains(&(A, 2)), "{starts:?}");
}

#[test]
fn why_a_row_waits_is_known_though_the_clock_was_set_back() {
    let limited = LaneSettings { max_in_flight: Some(1), ..LaneSettings::default() };
    let mut driver = Driver::with(limited, config());
    let stored = waiting(1, at(900_000), 60);
    driver.0.handle(Input::Committed { webhook: A, row: stored }, at(840_000));
    assert_eq!(driver.starts(at(0)), []);
    let waiting = driver.0.waiting_for(A, &stored, at(0));
    assert_eq!(waiting, Some(Waiting { what: WaitingFor::Retry, until: Some(at(60_000)) }));
}

#[test]
fn what_is_behind_a_withdrawn_head_is_looked_at_though_the_clock_was_set_back() {
    let mut driver = Driver::with(ordering(Ordering::Webhook), config());
    let (settings, head) = (ordering(Ordering::Webhook), ordered(5, at(900_000), None));
    let disk_from = Some((head.key, head.due));
    let opened =
        Input::LaneOpened { webhook: A, settings, disk_from, failing: None, waits: Waits::default() };
    driver.0.handle(opened, at(500_000));
    let paused = LaneSettings { paused: true, ..settings };
    driver.0.handle(Input::LaneChanged { webhook: A, settings: paused }, at(500_000));
    driver.0.handle(Input::Withdrawn { webhook: A, event: Seq(5) }, at(500_000));
    driver.0.handle(Input::LaneChanged { webhook: A, settings }, at(1_000));
    let actions = driver.actions(at(1_000));
    assert!(matches!(actions[..], [Action::LoadPage { webhook: A, .. }]), "{actions:?}");
}

#[test]
fn a_clock_that_leaps_makes_no_failure_last_longer_and_no_rest_shorter() {
    let disable_after = Some(DisableAfter { failing_for: Duration::from_secs(3_600), attempts: 2 });
    let settings = LaneSettings { disable_after, ..LaneSettings::default() };
    let mut driver = Driver::with(settings, SchedulerConfig { breaker_after: 99, ..config() });
    driver.backlog(A, 0..9);
    driver.backlog(B, 10..19);
    driver.starts(at(0));
    driver.finish(A, 0, Health::Failure, at(0));
    driver.finish(B, 10, Health::RetryAfter(at(60_000)), at(0));
    let leap = 7_200_000;
    driver.0.leapt(Duration::from_millis(leap), at(leap + 1_000));
    driver.finish(A, 1, Health::Failure, at(leap + 1_000));
    let actions = driver.actions(at(leap + 1_000));
    assert!(!actions.iter().any(|action| matches!(action, Action::Disable { .. })), "{actions:?}");
    assert_eq!(driver.lane(A, at(leap + 1_000)).failing.unwrap().since, at(leap));
    assert_eq!(driver.lane(B, at(leap + 1_000)).rests_until, Some(at(leap + 60_000)));
    // Set right again, the run is not from the future.
    driver.finish(A, 2, Health::Failure, at(2_000));
    assert_eq!(driver.lane(A, at(2_000)).failing.unwrap().since, at(2_000));
    driver.finish(A, 3, Health::Failure, at(3_602_000));
    let disabled = |action: &Action| matches!(action, Action::Disable { webhook: A, .. });
    assert!(driver.actions(at(3_602_000)).iter().any(disabled), "time that went by counts");
}

#[test]
fn an_attempt_that_is_set_aside_takes_no_slot_and_keeps_its_row() {
    let mut driver =
        Driver::with(LaneSettings::default(), SchedulerConfig { global_in_flight: 1, ..config() });
    driver.backlog(A, 0..1);
    assert_eq!(driver.starts(at(0)), [(A, 0)]);
    driver.0.set_aside(A, Seq(0), at(0));
    driver.backlog(B, 1..4);
    assert_eq!((driver.starts(at(0)), driver.0.in_flight()), (vec![(B, 1)], 1), "others start meanwhile");
    assert_eq!(driver.0.resume(A, Seq(0), at(1)), Some(false), "there is no slot");
    driver.finish(B, 1, Health::Success, at(1));
    let paused = LaneSettings { paused: true, ..LaneSettings::default() };
    driver.0.handle(Input::LaneChanged { webhook: A, settings: paused }, at(1));
    assert_eq!(driver.0.resume(A, Seq(0), at(1)), Some(false), "nothing is sent to a paused webhook");
    driver.0.handle(Input::LaneChanged { webhook: A, settings: LaneSettings::default() }, at(1));
    assert_eq!(driver.0.resume(A, Seq(0), at(1)), Some(true));
    assert!(driver.finish(A, 0, Health::Success, at(2)));
    assert_eq!(driver.0.resume(A, Seq(0), at(2)), None, "it is over");
    driver.0.handle(Input::LaneRemoved { webhook: A }, at(2));
    assert_eq!(driver.0.resume(A, Seq(0), at(2)), None);
}

#[test]
fn without_a_network_an_attempt_that_was_set_aside_is_the_probe_when_no_other_can_be() {
    let mut driver = Driver::with(ordering(Ordering::Webhook), config());
    driver.backlog(B, 9..10);
    driver.0.handle(Input::Committed { webhook: A, row: ordered(1, at(0), None) }, at(0));
    driver.0.handle(Input::Committed { webhook: A, row: ordered(2, at(0), None) }, at(0));
    assert_eq!(driver.starts(at(0)).len(), 2);
    driver.0.set_aside(A, Seq(1), at(0));
    driver.end(B, 9, Health::NoRoute, at(1));
    driver.0.handle(Input::LaneRemoved { webhook: B }, at(1));
    assert!(driver.starts(at(1)).is_empty() && driver.0.snapshot(at(1)).offline);
    assert_eq!(driver.0.resume(A, Seq(1), at(1)), Some(false), "probes wait a while");
    assert_eq!(driver.0.resume(A, Seq(1), at(60_000)), Some(true));
    driver.finish(A, 1, Health::Success, at(60_001));
    assert_eq!(driver.starts(at(60_001)), [(A, 2)]);
}

#[test]
fn one_lane_takes_half_of_the_free_slots_at_most() {
    let settings = LaneSettings { max_in_flight: Some(256), ..LaneSettings::default() };
    let mut driver = Driver::with(settings, SchedulerConfig { global_in_flight: 16, ..config() });
    driver.backlog(A, 0..100);
    assert_eq!(driver.starts(at(0)).len(), 8);
}

#[test]
fn bodies_in_flight_keep_to_their_budget_and_a_large_one_goes_alone() {
    let config = SchedulerConfig { bytes_in_flight: 1000, ..config() };
    let mut driver = Driver::with(LaneSettings::default(), config);
    let sized = |event, bytes| DueRow { bytes, ..row(event, at(0)) };
    (1..4).for_each(|event| driver.commit(A, sized(event, 400)));
    driver.commit(B, sized(4, 5000));
    assert_eq!(driver.starts(at(0)), [(A, 1)]);
    driver.finish(A, 1, Health::Success, at(1));
    assert_eq!(driver.starts(at(1)), [(B, 4)]);
    driver.finish(B, 4, Health::Success, at(2));
    assert_eq!(driver.starts(at(2)), [(A, 2), (A, 3)]);
}

#[test]
fn a_rate_limit_spreads_the_starts() {
    let rate_limit = Some(RateLimit { per_second: 2.0, burst: 2 });
    let mut driver = Driver::with(LaneSettings { rate_limit, ..LaneSettings::default() }, config());
    driver.backlog(A, 0..4);
    assert_eq!(driver.starts(at(0)), [(A, 0), (A, 1)]);
    assert_eq!(driver.0.next_wakeup(), Some(at(500)));
    assert_eq!(driver.starts(at(500)), [(A, 2)]);
}

#[test]
fn a_faster_rate_counts_at_once() {
    let limited = |per_second| LaneSettings {
        rate_limit: Some(RateLimit { per_second, burst: 1 }),
        ..LaneSettings::default()
    };
    let mut driver = Driver::with(limited(0.001), config());
    driver.backlog(A, 0..3);
    assert_eq!(driver.starts(at(0)), [(A, 0)]);
    assert_eq!(driver.0.next_wakeup(), Some(at(1_000_000)));
    driver.0.handle(Input::LaneChanged { webhook: A, settings: limited(10.0) }, at(1));
    assert_eq!(driver.0.next_wakeup(), Some(at(101)));
}

#[test]
fn ninety_nine_dead_lanes_cost_a_living_one_nothing() {
    let mut driver = Driver::new(SchedulerConfig::default());
    let living = WebhookNo(99);
    for lane in (0..100).map(WebhookNo) {
        driver.open(lane, LaneSettings::default());
        let first = u64::from(lane.0) * 1000;
        if lane != living {
            driver.backlog(lane, first..first + 100);
        }
    }
    driver.prove(living);
    let mut flying: Vec<(u64, WebhookNo, u64)> = Vec::new();
    let mut delivered = 0;
    for now in (0..180_000).step_by(10) {
        let (ended, still): (Vec<_>, Vec<_>) = flying.into_iter().partition(|(end, ..)| *end <= now);
        flying = still;
        for (_, lane, event) in ended {
            let health = if lane == living { Health::Success } else { Health::TimedOut };
            driver.end(lane, event, health, at(now));
            let next = (lane != living).then(|| row(event, at(now + 5000)));
            driver.settle(lane, event, next, at(now));
        }
        driver.0.handle(Input::Committed { webhook: living, row: row(1_000_000 + now, at(now)) }, at(now));
        for (lane, event) in driver.starts(at(now)) {
            delivered += u64::from(lane == living);
            flying.push((now + if lane == living { 20 } else { 30_000 }, lane, event));
        }
        assert_eq!(delivered, now / 10 + 1, "it waits at {now} ms");
    }
}

#[test]
fn timeouts_halve_a_lanes_share_once_a_round_and_successes_restore_it() {
    let mut driver = Driver::with(LaneSettings::default(), SchedulerConfig { breaker_after: 99, ..config() });
    driver.backlog(A, 0..60);
    for (lane, event) in driver.starts(at(0)) {
        driver.finish(lane, event, Health::TimedOut, at(1));
    }
    assert_eq!(driver.lane(A, at(1)).allowed, 2);
    for (lane, event) in driver.starts(at(1)) {
        driver.finish(lane, event, Health::TimedOut, at(2));
    }
    assert_eq!(driver.lane(A, at(2)).allowed, 1);
    for now in 3..20 {
        for (lane, event) in driver.starts(at(now)) {
            driver.finish(lane, event, Health::Success, at(now));
        }
    }
    assert_eq!(driver.lane(A, at(20)).allowed, 4);
}

#[test]
fn a_throttled_lane_rests_ever_longer_at_its_least_share() {
    let one = LaneSettings { max_in_flight: Some(1), ..LaneSettings::default() };
    let mut driver = Driver::with(one, config());
    driver.backlog(A, 0..9);
    let mut now = at(0);
    let mut rests = Vec::new();
    for _ in 0..8 {
        let [(lane, event)] = driver.starts(now)[..] else { panic!() };
        driver.finish(lane, event, Health::Throttled, now);
        assert_eq!(driver.starts(now), []);
        let wakeup = driver.0.next_wakeup().unwrap();
        rests.push(wakeup.since(now).as_secs());
        now = wakeup;
    }
    assert_eq!(rests, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn retry_after_rests_the_whole_lane_and_no_longer_when_the_clock_is_set_back() {
    let mut driver = plain();
    driver.backlog(A, 0..5);
    assert_eq!(driver.starts(at(0)).len(), 4);
    driver.finish(A, 0, Health::RetryAfter(at(60_000)), at(0));
    assert_eq!(driver.starts(at(59_999)), []);
    assert_eq!(driver.starts(at(0)), []);
    let back = at(0).minus(Duration::from_secs(3600));
    driver.0.handle(Input::Committed { webhook: A, row: row(9, back) }, back);
    assert_eq!(driver.starts(back), []);
    let ends = back.plus(Duration::from_secs(60));
    assert_eq!(driver.0.next_wakeup(), Some(ends));
    assert_eq!(driver.starts(ends), [(A, 9)]);
}

#[test]
fn the_breaker_probes_with_one_ever_later_and_the_first_success_closes_it() {
    let mut driver = plain();
    driver.backlog(A, 0..9);
    driver.starts(at(0));
    for event in 0..4 {
        let count = u32::try_from(event).unwrap() + 1;
        assert_eq!(driver.run(event, Health::Failure, at(10)), failing(event + 1, at(10), count));
    }
    assert_eq!(driver.actions(at(10)), []);
    assert_eq!(driver.0.next_wakeup(), Some(at(1010)));
    let probe = Action::Start { webhook: A, row: row(4, at(0)), probe: true };
    assert_eq!(driver.actions(at(1010)), [probe]);
    driver.finish(A, 4, Health::Failure, at(1020));
    assert_eq!((driver.starts(at(1020)), driver.0.next_wakeup()), (vec![], Some(at(3020))));
    assert_eq!(driver.starts(at(3020)), [(A, 5)]);
    assert_eq!(driver.run(5, Health::Success, at(3030)), recovered(6));
    assert_eq!(driver.actions(at(3030)).len(), 3);
}

#[test]
fn a_stepped_over_key_is_read_though_the_row_before_it_was_withdrawn_on_disk() {
    let (flights, now) = (Flights::default(), at(0));
    let of = |event, key| ordered(event, at(0), Some(key));
    let key = |event| DueKey { order: 0, event: Seq(event) };
    let mut window = Window::new(Ordering::Key, Some((key(50), now)));
    assert_eq!(window.ask(&flights, 2), Some((key(50), 2)));
    assert!(window.page(key(50), vec![of(50, 0), of(74, 0)], Some((key(80), now)), &flights, 2));
    // 74 waits behind 50 and goes back to disk; then 50 does, for rows that come before it.
    assert_eq!(window.ask(&flights, 2), Some((key(80), 1)));
    assert!(window.page(key(80), vec![of(80, 1)], None, &flights, 2));
    for (event, key) in [(40, 3), (41, 4)] {
        window.place(of(event, key), &flights);
        window.trim(2);
    }
    window.withdraw(Seq(50), &flights);
    assert_eq!([0, 0].map(|at| window.take(at).unwrap().key.event.0), [40, 41]);
    assert_eq!(window.ask(&flights, 2), Some((key(50), 2)));
    assert!(window.page(key(50), vec![of(74, 0), of(80, 1)], None, &flights, 2));
    assert_eq!(window.ask(&flights, 2), Some((key(74), 2)), "nothing is before it any more");
}

#[test]
fn an_attempt_that_is_asked_for_is_the_next_probe_at_once() {
    let mut driver = plain();
    driver.backlog(A, 0..4);
    driver.starts(at(0));
    (0..4).for_each(|event| assert!(driver.finish(A, event, Health::Failure, at(10))));
    driver.starts(at(10));
    driver.backlog(A, 4..5);
    assert_eq!(driver.starts(at(20)), [], "the breaker is open");
    let asked = DueRow { trigger: Trigger::Manual, ..row(9, at(0)) };
    driver.0.handle(Input::Committed { webhook: A, row: asked }, at(30));
    assert_eq!(driver.starts(at(30)), [(A, 9)], "before what waits, and alone");
    // Another one is asked for meanwhile: it follows, and needs no probe's wait either.
    let asked = DueRow { trigger: Trigger::Manual, ..row(10, at(0)) };
    driver.0.handle(Input::Committed { webhook: A, row: asked }, at(35));
    assert_eq!(driver.starts(at(35)), []);
    driver.finish(A, 9, Health::Failure, at(40));
    assert_eq!(driver.starts(at(40)), [(A, 10)]);
    driver.finish(A, 10, Health::Failure, at(50));
    assert_eq!(driver.starts(at(50)), [], "the others wait on");
    assert_eq!(driver.0.next_wakeup(), Some(at(4050)));
}

#[test]
fn the_wait_between_probes_is_bounded() {
    let mut driver = plain();
    driver.backlog(A, 0..40);
    let mut now = at(0);
    let mut longest = Duration::ZERO;
    for _ in 0..14 {
        for (lane, event) in driver.starts(now) {
            driver.finish(lane, event, Health::TimedOut, now);
        }
        driver.starts(now);
        let wakeup = driver.0.next_wakeup().unwrap();
        longest = longest.max(wakeup.since(now));
        now = wakeup;
    }
    assert_eq!(longest, SchedulerConfig::default().probe_max);
}

#[test]
fn a_kept_run_of_failures_makes_the_lane_probe_after_a_restart() {
    let mut driver = Driver::new(config());
    let kept = Some(Failing { since: at(0), attempts: 3, warned: false });
    let settings = LaneSettings::default();
    driver.0.handle(
        Input::LaneOpened { webhook: A, settings, disk_from: None, failing: kept, waits: Waits::default() },
        at(0),
    );
    driver.backlog(A, 0..3);
    assert_eq!(driver.starts(at(0)), [(A, 0)]);
    assert_eq!(driver.run(0, Health::Success, at(1)), recovered(1));
}

#[test]
fn nothing_starts_after_an_end_that_is_to_end_the_webhook() {
    let mut driver = plain();
    driver.backlog(A, 0..9);
    assert_eq!(driver.starts(at(0)).len(), 4);
    let gone = Ended { is_final: true, ..Health::Failure.into() };
    driver.0.ended(A, Seq(0), gone, at(1));
    driver.0.ended(A, Seq(1), gone, at(1));
    assert_eq!(driver.starts(at(1)), [], "its slot is not refilled");
    driver.settle(A, 0, None, at(2));
    assert_eq!(driver.starts(at(2)), []);
    // Its policy was changed meanwhile, say: the webhook goes on.
    driver.settle(A, 1, None, at(2));
    assert_eq!(driver.starts(at(2)).len(), 2);
}

#[test]
fn a_row_that_was_not_tried_is_read_again() {
    let mut driver = plain();
    driver.backlog(A, 0..9);
    assert_eq!(driver.starts(at(0)).len(), 4);
    driver.0.returned(A, &row(2, at(0)), at(1));
    let [Action::LoadPage { webhook: A, from, .. }] = driver.actions(at(1))[..] else { panic!() };
    assert_eq!(from, row(2, at(0)).key);
    let (rows, next) = (vec![row(2, at(0)), row(3, at(0)), row(8, at(0))], None);
    driver.0.handle(Input::Page { webhook: A, from, rows, next }, at(1));
    assert_eq!(driver.starts(at(1)), [(A, 2)], "and 3 is under way");
    driver.finish(A, 3, Health::Success, at(2));
    assert_eq!(driver.starts(at(2)), [(A, 8)], "what was withdrawn meanwhile is not tried");
}

#[test]
fn failing_for_long_disables_once_and_resuming_begins_anew() {
    let disable_after = Some(DisableAfter { failing_for: Duration::from_secs(60), attempts: 2 });
    let settings = LaneSettings { disable_after, ..LaneSettings::default() };
    let mut driver = Driver::with(settings, config());
    driver.backlog(A, 0..9);
    driver.starts(at(0));
    assert_eq!(driver.run(0, Health::Failure, at(0)), failing(1, at(0), 1));
    driver.finish(A, 1, Health::Failure, at(10));
    driver.actions(at(10));
    driver.finish(A, 2, Health::Throttled, at(60_000));
    let run = Failing { since: at(0), attempts: 3, warned: false };
    assert_eq!(driver.actions(at(60_000)), [Action::Disable { webhook: A, failing: run }]);
    driver.finish(A, 3, Health::Failure, at(60_001));
    assert_eq!(driver.actions(at(600_000)), [], "once");
    driver.0.handle(Input::LaneChanged { webhook: A, settings }, at(600_000));
    assert_eq!(driver.run(4, Health::Failure, at(600_001)), failing(5, at(600_001), 1));
}

#[test]
fn without_a_route_one_probe_at_a_time_goes_and_nothing_is_spent() {
    let mut driver = plain();
    driver.backlog(A, 0..3);
    driver.backlog(B, 3..6);
    driver.starts(at(0));
    assert!(!driver.finish(A, 0, Health::NoRoute, at(0)));
    assert_eq!(driver.actions(at(0)), [Action::Offline(true)]);
    (1..3).for_each(|event| assert!(!driver.finish(A, event, Health::Unresolved, at(0))));
    (3..6).for_each(|event| assert!(!driver.finish(B, event, Health::NoRoute, at(0))));
    driver.backlog(A, 10..15);
    driver.backlog(B, 15..20);
    assert_eq!((driver.starts(at(999)), driver.0.next_wakeup()), (vec![], Some(at(1000))));
    let mut now = at(1000);
    let mut waits = Vec::new();
    for _ in 0..7 {
        let [Action::Start { webhook, row, probe: true }] = driver.actions(now)[..] else { panic!() };
        assert!(!driver.finish(webhook, row.key.event.0, Health::Unresolved, now));
        assert_eq!(driver.actions(now), []);
        waits.push(driver.0.next_wakeup().unwrap().since(now).as_secs());
        now = driver.0.next_wakeup().unwrap();
    }
    assert_eq!(waits, [1, 4, 8, 16, 30, 30, 30], "each lane once, and then ever more rarely");
    let [(lane, event)] = driver.starts(now)[..] else { panic!() };
    driver.finish(lane, event, Health::TimedOut, now);
    assert!(driver.actions(now).contains(&Action::Offline(false)));
}

#[test]
fn a_lane_that_was_not_tried_since_the_network_was_lost_is_tried_soon() {
    let mut driver = plain();
    driver.backlog(A, 0..9);
    let now = driver.starts(at(0)).into_iter().fold(at(0), |now, (lane, event)| {
        driver.finish(lane, event, Health::NoRoute, now);
        now
    });
    let mut now = driver.0.next_wakeup().unwrap().max(now);
    for _ in 0..5 {
        for (lane, event) in driver.starts(now) {
            driver.end(lane, event, Health::NoRoute, now);
            driver.settle(lane, event, Some(row(event, now)), now);
        }
        now = driver.0.next_wakeup().unwrap();
    }
    driver.starts(now);
    let probe = driver.0.snapshot(now).in_flight;
    assert_eq!(probe, 1, "one at a time");
    for event in 4..9 {
        driver.finish(A, event, Health::Unresolved, now);
    }
    driver.0.handle(Input::Committed { webhook: B, row: row(20, now) }, now);
    let soon = now.plus(limits::PROBE_FIRST);
    assert_eq!(driver.starts(soon), [(B, 20)]);
    driver.finish(B, 20, Health::Success, soon);
    assert!(!driver.0.snapshot(soon).offline);
}

#[test]
fn a_resolver_that_does_not_answer_means_offline_only_in_a_row_and_in_two_lanes() {
    let mut driver = Driver::with(LaneSettings::default(), SchedulerConfig { breaker_after: 99, ..config() });
    driver.backlog(A, 0..8);
    driver.starts(at(0));
    (0..4).for_each(|event| assert!(driver.finish(A, event, Health::Unresolved, at(0))));
    assert!(!driver.0.snapshot(at(0)).offline);
    driver.starts(at(0));
    driver.backlog(B, 20..24);
    driver.starts(at(0));
    driver.finish(B, 20, Health::Success, at(1));
    (4..7).for_each(|event| assert!(driver.finish(A, event, Health::Unresolved, at(2))));
    assert!(!driver.finish(B, 21, Health::Unresolved, at(3)));
    assert!(driver.0.snapshot(at(3)).offline);
}

#[test]
fn a_lane_alone_without_a_route_stops_nobody_else_twice() {
    let mut driver = plain();
    driver.backlog(A, 0..1);
    driver.backlog(B, 1..2);
    driver.starts(at(0));
    assert!(!driver.finish(A, 0, Health::NoRoute, at(0)));
    driver.finish(B, 1, Health::Success, at(1));
    assert_eq!(driver.actions(at(1)), [Action::Offline(true), Action::Offline(false)]);
    driver.backlog(A, 2..3);
    assert_eq!(driver.starts(at(2)), [(A, 2)]);
    assert!(driver.finish(A, 2, Health::NoRoute, at(2)));
    assert!(!driver.0.snapshot(at(2)).offline);
}

#[test]
fn a_probe_that_is_removed_is_not_waited_for() {
    let mut driver = plain();
    driver.backlog(A, 0..1);
    driver.backlog(B, 1..2);
    assert_eq!(driver.0.next(at(0)).map(|_| driver.0.in_flight()), Some(1));
    driver.finish(A, 0, Health::NoRoute, at(0));
    driver.backlog(A, 2..3);
    driver.0.handle(Input::LaneRemoved { webhook: B }, at(0));
    driver.open(B, LaneSettings::default());
    assert_eq!(driver.starts(at(1000)), [(A, 2)]);
    driver.backlog(B, 3..4);
    driver.0.handle(Input::LaneRemoved { webhook: A }, at(1000));
    assert_eq!(driver.starts(at(3000)), [(B, 3)]);
}

#[test]
fn outcomes_that_wait_for_their_commit_are_bounded() {
    let mut driver = Driver::with(LaneSettings::default(), SchedulerConfig { lane_rows: 8, ..config() });
    let mut unsettled = Vec::new();
    for event in 0..100 {
        driver.commit(A, row(event, at(0)));
        for (lane, event) in driver.starts(at(0)) {
            driver.end(lane, event, Health::Success, at(0));
            unsettled.push(event);
        }
    }
    assert_eq!(unsettled.len(), 12);
    driver.settle(A, 0, None, at(0));
    assert_eq!(driver.starts(at(0)).len(), 1);
}

#[test]
fn an_end_of_our_own_making_says_nothing_about_the_receiver() {
    let mut driver = plain();
    driver.backlog(A, 0..9);
    for _ in 0..2 {
        for (lane, event) in driver.starts(at(0)) {
            assert!(driver.finish(lane, event, Health::Neutral, at(0)));
        }
    }
    assert_eq!(driver.lane(A, at(0)).failing, None);
    assert_eq!(driver.starts(at(0)), [(A, 8)]);
}

#[test]
fn a_lane_at_rest_is_only_its_settings() {
    let mut driver = plain();
    driver.backlog(A, 0..2);
    for (lane, event) in driver.starts(at(0)) {
        driver.finish(lane, event, Health::Success, at(0));
    }
    assert_eq!(driver.0.snapshot(at(0)), Snapshot { lanes: 2, ..Snapshot::default() });
    assert!(size_of::<Lane>() <= 120, "{}", size_of::<Lane>());
}

#[test]
fn other_bounds_hold_for_what_starts_from_then_on() {
    let mut driver = Driver::with(LaneSettings::default(), SchedulerConfig { lane_in_flight: 4, ..config() });
    driver.backlog(A, 0..9);
    assert_eq!(driver.starts(at(0)).len(), 4);
    driver.0.set_config(SchedulerConfig { lane_in_flight: 2, ..config() }, at(0));
    driver.finish(A, 0, Health::Success, at(0));
    driver.finish(A, 1, Health::Success, at(0));
    assert_eq!(driver.starts(at(0)), [], "two are in flight still");
    driver.finish(A, 2, Health::Success, at(0));
    assert_eq!(driver.starts(at(0)).len(), 1);
    driver.0.set_config(SchedulerConfig { lane_in_flight: 4, ..config() }, at(0));
    assert_eq!(driver.starts(at(0)).len(), 2, "nothing has to happen first");
    driver.0.set_config(SchedulerConfig { global_in_flight: 1, ..config() }, at(0));
    driver.finish(A, 3, Health::Success, at(0));
    assert_eq!(driver.starts(at(0)), []);
}

#[test]
fn a_warning_comes_half_way_and_once_in_a_run() {
    let disable_after = Some(DisableAfter { failing_for: Duration::from_secs(60), attempts: 4 });
    let settings = LaneSettings { disable_after, ..LaneSettings::default() };
    let config = SchedulerConfig { lane_in_flight: 9, breaker_after: 99, ..SchedulerConfig::default() };
    let mut driver = Driver::with(settings, config);
    driver.backlog(A, 0..9);
    driver.starts(at(0));
    let mut run_news = |event, health: Health, half_used, now| {
        let run = driver.0.ended(A, Seq(event), Ended { half_used, ..health.into() }, at(now)).run.unwrap();
        run.news.map(|news| (news, run.failing))
    };
    let warn = |since, attempts| {
        let run = Failing { since: at(since), attempts, warned: true };
        Some((RunNews::HalfWay, Some(run)))
    };
    assert_eq!(run_news(0, Health::Failure, false, 0), None, "one attempt in no time");
    assert_eq!(run_news(1, Health::Failure, false, 29_999), None, "half of the attempts, less of the time");
    assert_eq!(run_news(2, Health::Failure, false, 30_000), warn(0, 3));
    assert_eq!(run_news(3, Health::Failure, true, 31_000), None, "once");
    assert_eq!(run_news(4, Health::Success, false, 32_000), Some((RunNews::Recovered, None)));
    assert_eq!(run_news(5, Health::Failure, false, 99_000), None, "another run");
    assert_eq!(
        run_news(6, Health::Failure, true, 99_001),
        warn(99_000, 2),
        "a delivery has used half of its own"
    );
}

#[test]
fn a_row_that_does_not_start_says_what_it_waits_for() {
    let rate_limit = Some(RateLimit { per_second: 0.1, burst: 4 });
    let mut driver = Driver::with(LaneSettings { rate_limit, ..LaneSettings::default() }, config());
    let manual = |event, now| DueRow { trigger: Trigger::Manual, ..row(event, now) };
    let asks = |driver: &Driver, row: DueRow, now: Timestamp| {
        driver.0.waiting_for(A, &row, now).map(|Waiting { what, until }| (what, until))
    };
    // Not known yet, in a lane at rest, and in one that could start others.
    assert_eq!(asks(&driver, manual(99, at(0)), at(0)), None, "it will be sent at once");
    assert_eq!(asks(&driver, row(99, at(5)), at(0)), Some((WaitingFor::Retry, Some(at(5)))));
    driver.backlog(A, 0..9);
    assert_eq!(driver.starts(at(0)).len(), 4);
    assert_eq!(asks(&driver, row(1, at(0)), at(0)), None, "it is being sent");
    let limited = Some((WaitingFor::RateLimit, Some(at(10_000))));
    assert_eq!(asks(&driver, row(5, at(0)), at(0)), limited);
    assert_eq!(asks(&driver, manual(99, at(0)), at(0)), limited);
    assert_eq!(asks(&driver, row(5, at(0)), at(10_000)), Some((WaitingFor::Slot, None)));
    driver.finish(A, 0, Health::RetryAfter(at(90_000)), at(0));
    assert_eq!(asks(&driver, manual(99, at(0)), at(0)), Some((WaitingFor::RetryAfter, Some(at(90_000)))));
    assert_eq!(
        asks(&driver, row(5, at(95_000)), at(0)),
        Some((WaitingFor::Retry, Some(at(95_000)))),
        "the latest time of all"
    );
    let paused = LaneSettings { paused: true, ..LaneSettings::default() };
    driver.0.handle(Input::LaneChanged { webhook: A, settings: paused }, at(0));
    assert_eq!(asks(&driver, row(5, at(0)), at(0)), Some((WaitingFor::Paused, None)));
}

#[test]
fn what_waits_for_a_probe_or_a_slot_says_so() {
    let mut driver =
        Driver::with(LaneSettings::default(), SchedulerConfig { global_in_flight: 5, ..config() });
    let asks = |driver: &Driver, lane, row: DueRow, now: Timestamp| {
        driver.0.waiting_for(lane, &row, now).map(|Waiting { what, until }| (what, until))
    };
    let manual = |event, now| DueRow { trigger: Trigger::Manual, ..row(event, now) };
    driver.backlog(A, 0..9);
    driver.backlog(B, 20..29);
    assert_eq!(driver.starts(at(0)).len(), 4, "no lane takes more than what is left for others");
    driver.commit(B, manual(40, at(0)));
    assert_eq!(driver.starts(at(0)), []);
    assert_eq!(asks(&driver, B, manual(40, at(0)), at(0)), Some((WaitingFor::Slot, None)), "of all lanes");
    let mut driver = plain();
    driver.backlog(A, 0..9);
    assert_eq!(driver.starts(at(0)).len(), 4);
    assert_eq!(asks(&driver, A, manual(99, at(0)), at(0)), Some((WaitingFor::Slot, None)), "of its lane");
    for event in 0..4 {
        driver.finish(A, event, Health::Failure, at(0));
    }
    assert_eq!(asks(&driver, A, row(5, at(0)), at(0)), Some((WaitingFor::Probe, Some(at(1000)))));
    assert_eq!(asks(&driver, A, manual(99, at(0)), at(0)), None, "a person does not wait between probes");
    assert_eq!(driver.starts(at(1000)).len(), 1);
    assert_eq!(asks(&driver, A, manual(99, at(0)), at(1000)), Some((WaitingFor::Probe, None)));
}

#[test]
fn a_retry_lets_a_failing_lane_probe_at_once_and_says_what_it_waits_for() {
    for (ordering, first, waits) in [
        (Ordering::None, 9, None),
        // Where rows keep an order, the probe is made with the oldest one.
        (Ordering::Key, 4, Some((WaitingFor::Probe, None))),
    ] {
        let mut driver = Driver::with(LaneSettings { ordering, ..LaneSettings::default() }, config());
        for event in 0..6 {
            driver.commit(A, ordered(event, at(0), Some(event)));
        }
        assert_eq!(driver.starts(at(0)).len(), 4);
        for event in 0..4 {
            driver.finish(A, event, Health::Failure, at(0));
        }
        let asks = |driver: &Driver, row: DueRow| {
            driver.0.waiting_for(A, &row, at(0)).map(|Waiting { what, until }| (what, until))
        };
        let rests = Some((WaitingFor::Probe, Some(at(1000))));
        assert_eq!(asks(&driver, ordered(5, at(0), Some(5))), rests, "{ordering:?}");
        let retry = DueRow { trigger: Trigger::Manual, ..ordered(9, at(0), Some(9)) };
        driver.commit(A, retry);
        assert_eq!(driver.starts(at(0)), [(A, first)], "{ordering:?}");
        assert_eq!(asks(&driver, retry), waits, "{ordering:?}");
    }
}

#[test]
fn a_row_that_was_changed_since_is_not_taken_for_the_one_that_is_known() {
    let mut driver = plain();
    driver.commit(A, row(5, at(5000)));
    assert_eq!(driver.starts(at(0)), []);
    let retry = DueRow { trigger: Trigger::Manual, ..row(5, at(0)) };
    assert_eq!(driver.0.waiting_for(A, &retry, at(0)), None, "it is sent as soon as it is known");
}

#[test]
fn what_waits_for_others_of_its_order_or_for_a_network_says_so() {
    let asks = |driver: &Driver, row: DueRow, now: Timestamp| {
        driver.0.waiting_for(A, &row, now).map(|Waiting { what, until }| (what, until))
    };
    for (ordering, key) in [(Ordering::Webhook, None), (Ordering::Key, Some(7))] {
        let mut driver = Driver::with(LaneSettings { ordering, ..LaneSettings::default() }, config());
        let second = DueRow { trigger: Trigger::Manual, ..ordered(2, at(0), key) };
        driver.commit(A, ordered(1, at(0), key));
        assert_eq!(driver.starts(at(0)), [(A, 1)]);
        assert_eq!(asks(&driver, second, at(0)), Some((WaitingFor::Order, None)), "the first is under way");
        driver.end(A, 1, Health::Failure, at(0));
        driver.settle(A, 1, Some(ordered(1, at(5000), key)), at(0));
        driver.commit(A, second);
        assert_eq!(driver.starts(at(0)), []);
        assert_eq!(asks(&driver, second, at(0)), Some((WaitingFor::Order, Some(at(5000)))));
        let other = DueRow { order_key: key.map(|key| key + 1), ..ordered(0, at(0), None) };
        assert_eq!(asks(&driver, other, at(5000)), Some((WaitingFor::Slot, None)), "nothing is before it");
    }
    let mut driver = plain();
    driver.backlog(A, 0..9);
    driver.starts(at(0));
    driver.finish(A, 0, Health::NoRoute, at(0));
    let Some((WaitingFor::Offline, Some(_))) = asks(&driver, row(9, at(0)), at(0)) else { panic!() };
}
