//! What a row that does not start says it waits for.

use super::*;

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
