//! Failing lanes: the breaker, its probes, and when a webhook is disabled.

use super::*;

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

#[test]
fn the_breaker_probes_with_one_ever_later_and_the_first_success_closes_it() {
    let mut driver = plain();
    driver.backlog(A, 0..9);
    driver.starts(at(0));
    for event in 0..4 {
        let count = u32::try_from(event).unwrap() + 1;
        // The third one opens it, which is said once.
        let news = (count == 3).then_some(RunNews::Probing);
        let failed = failing(event + 1, at(10), count).map(|change| RunChange { news, ..change });
        assert_eq!(driver.run(event, Health::Failure, at(10)), failed);
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
