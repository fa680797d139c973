//! Rows that do not fit in memory and are read back from the store.

use super::*;

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
fn a_row_that_was_changed_since_is_not_taken_for_the_one_that_is_known() {
    let mut driver = plain();
    driver.commit(A, row(5, at(5000)));
    assert_eq!(driver.starts(at(0)), []);
    let retry = DueRow { trigger: Trigger::Manual, ..row(5, at(0)) };
    assert_eq!(driver.0.waiting_for(A, &retry, at(0)), None, "it is sent as soon as it is known");
}
