//! Lanes that fail take no time from those that deliver.

use super::*;

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
    // Those no one knows yet get seven eighths at most, and a few of what is free at a time.
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
