//! Lanes that keep an order, whole or by key.

use super::*;

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
