//! Clocks that were ahead, leap or are set back.

use super::*;

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
