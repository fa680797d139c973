//! What a lost network and an absent resolver cost.

use super::*;

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

/// As on a host with a network of its own and no way to the internet: what leads out of it holds up what stays in it
/// once for each webhook that leads out, and for no longer than until the first probe.
#[test]
fn lanes_without_a_route_hold_up_a_lane_with_one_for_moments_only() {
    let mut driver = plain();
    let out: Vec<WebhookNo> = (10..20).map(WebhookNo).collect();
    for (lane, event) in out.iter().zip(1_000..) {
        driver.open(*lane, LaneSettings::default());
        driver.commit(*lane, row(event, at(0)));
    }
    let (mut waited, mut delivered, mut next) = (Vec::new(), 0, 2_000);
    for now in (0..120_000).step_by(50) {
        if now % 200 == 0 {
            next += 1;
            driver.0.handle(Input::Committed { webhook: B, row: row(next, at(now)) }, at(now));
        }
        for (lane, event) in driver.starts(at(now)) {
            if lane == B {
                delivered += 1;
                waited.push(now - (event - 2_001) * 200);
                driver.finish(B, event, Health::Success, at(now));
            } else {
                driver.end(lane, event, Health::NoRoute, at(now));
                driver.settle(lane, event, Some(row(event, at(now + 5_000))), at(now));
            }
        }
    }
    assert_eq!(delivered, 600, "all of them");
    let first_probe = u64::try_from(limits::PROBE_FIRST.as_millis()).unwrap();
    assert!(waited.iter().all(|&waited| waited <= first_probe), "{:?}", waited.iter().max());
    let held = waited.iter().filter(|&&waited| waited > 0).count() as u64;
    assert!(held <= out.len() as u64 * first_probe / 200, "{held} were held up");
}
