//! What starts, when, and within which bounds.

use super::*;

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
fn inputs_about_unknown_lanes_and_rows_are_harmless() {
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
