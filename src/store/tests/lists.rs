//! Lists: every row once, in order, whatever the page size, the direction and the filter.

use proptest::prelude::*;

use super::check::consistent;
use super::disk::Disk;
use super::power::{IMAGE, WEBHOOKS, block_on, power_up};
use super::sample::{self, Rig, at};
use super::upkeep::{DAY, POLICY};
use crate::domain::account::Account;
use crate::domain::delivery::{DeliveryState, Reason};
use crate::domain::id::{AccountId, AccountNo, Seq, WebhookNo};
use crate::domain::outcome::ErrorKind;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::{Accept, Accepted, DeliveryChange, Edit};
use crate::store::committed::Committed;
use crate::store::query::{DeliveryCursor, DeliveryFilter, EventFilter, Page, PageRequest};
use crate::store::{Opened, Store, StoreError};

/// Every page of a list, one after the other.
fn pages<T, C: Copy>(
    descending: bool,
    limit: usize,
    mut page: impl FnMut(PageRequest<C>) -> Result<Page<T, C>, StoreError>,
) -> Vec<T> {
    let (mut rows, mut after) = (vec![], None);
    loop {
        let found = page(PageRequest { after, descending, limit }).unwrap();
        assert!(found.rows.len() <= limit);
        rows.extend(found.rows);
        after = found.next;
        if after.is_none() {
            return rows;
        }
    }
}

fn typed(name: &str, webhooks: &[WebhookNo]) -> Accept {
    let mut accept = sample::accept("{}", webhooks);
    accept.event.event_type = name.parse().unwrap();
    accept
}

fn deliveries(store: &Store, filter: &DeliveryFilter, descending: bool, limit: usize) -> Vec<DeliveryCursor> {
    let rows = pages(descending, limit, |page| store.deliveries(AccountNo(1), filter, page));
    rows.iter()
        .map(|(delivery, _)| DeliveryCursor { event: delivery.id.event(), webhook: delivery.webhook })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn pages_hold_every_row_once(
        events in prop::collection::vec((0u8..8, any::<bool>(), 0u64..3), 0..25),
        limit in 1usize..7, descending: bool, only in prop::option::of(0usize..3), typed_only: bool,
        since in prop::option::of(0u64..40_000_000), until in prop::option::of(0u64..40_000_000),
    ) {
        let disk = Disk::new(IMAGE.clone(), u64::MAX);
        block_on(async {
            let Opened { store, committed: _stream, .. } = power_up(disk, false).unwrap();
            let mut expected = vec![];
            let mut expected_events = vec![];
            let mut now = 0;
            let event_type = typed_only.then(|| "order.*".parse().unwrap());
            let filter = DeliveryFilter {
                webhook: only.map(|only| WEBHOOKS[only]),
                event_type: event_type.clone(),
                since: since.map(at),
                until: until.map(at),
                ..DeliveryFilter::default()
            };
            for (n, (webhooks, order, hours)) in events.into_iter().enumerate() {
                now += hours * 3_600_000;
                let chosen: Vec<_> = WEBHOOKS.into_iter().filter(|no| webhooks >> (no.0 - 1) & 1 == 1).collect();
                let name = if order { "order.paid" } else { "user.made" };
                store.accept(vec![typed(name, &chosen)], at(now)).await.unwrap();
                let seq = Seq(n as u64 + 1);
                let wanted = (order || !typed_only) && since.is_none_or(|since| now >= since) && until.is_none_or(|until| now < until);
                if wanted {
                    expected_events.push(seq);
                    let of = chosen.into_iter().filter(|no| filter.webhook.is_none_or(|only| only == *no));
                    expected.extend(of.map(|webhook| DeliveryCursor { event: seq, webhook }));
                }
            }
            if descending {
                expected.reverse();
                expected_events.reverse();
            }
            assert_eq!(deliveries(&store, &filter, descending, limit), expected);
            let filter = EventFilter { event_type, since: since.map(at), until: until.map(at) };
            let found = pages(descending, limit, |page| store.events(AccountNo(1), &filter, page));
            assert_eq!(found.iter().map(|header| header.id.seq()).collect::<Vec<_>>(), expected_events);
            assert!(pages(descending, limit, |page| store.events(AccountNo(2), &filter, page)).is_empty());
        });
    }
}

#[tokio::test]
async fn deliveries_are_found_by_state_and_error() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let mut seqs = vec![];
    for change in [
        DeliveryChange::Delivered,
        DeliveryChange::Failed(Reason::Exhausted),
        DeliveryChange::Retry { due: at(99), spent: true },
    ] {
        seqs.push(rig.accept(sample::accept("{}", &[webhook])).await.seq());
        let (_, row) = rig.rows().await[0];
        rig.complete(sample::complete(webhook, row, change, at(1)), at(2)).await;
    }
    let find = |state, error| {
        let filter = DeliveryFilter { state, error, ..DeliveryFilter::default() };
        deliveries(&rig.store(), &filter, false, 10).iter().map(|found| found.event).collect::<Vec<_>>()
    };
    assert_eq!(find(Some(DeliveryState::Failed), None), [seqs[1]]);
    assert_eq!(find(None, Some(ErrorKind::Status)), seqs[1..]);
    assert_eq!(find(Some(DeliveryState::Pending), Some(ErrorKind::Status)), [seqs[2]]);
    assert_eq!(find(None, Some(ErrorKind::Dns)), []);
}

#[tokio::test]
async fn the_tail_goes_on_where_it_stopped() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    for _ in 0..4 {
        rig.accept(sample::accept("{}", &[webhook])).await;
        let (_, row) = rig.rows().await[0];
        rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    }
    let (mut seen, mut place) = (vec![], Seq(0));
    loop {
        let (items, next) = rig.store().tail(Some(AccountNo(1)), place, 3).unwrap();
        if items.is_empty() {
            break;
        }
        seen.extend(items.iter().map(|(seq, _)| seq.0));
        place = next;
    }
    assert_eq!(seen, (1..=8).collect::<Vec<_>>());
    assert_eq!(*rig.store().watch().borrow(), place);
    let (others, end) = rig.store().tail(Some(AccountNo(2)), Seq(0), 3).unwrap();
    assert!(others.is_empty() && end == place, "what is not shown is passed over");
}

#[tokio::test]
async fn a_lane_is_read_in_pages() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    rig.store().accept((0..5).map(|_| sample::accept("{}", &[webhook])).collect(), at(0)).await.unwrap();
    let (mut from, mut seen) = (crate::domain::delivery::DueKey { order: 0, event: Seq(0) }, vec![]);
    loop {
        rig.store().load_lane(webhook, from, 2).unwrap();
        let next = rig
            .wait_in_stream(|committed| match committed {
                Committed::Page { rows, next, .. } => {
                    seen.extend(rows.iter().map(|row| row.key.event.0));
                    Some(*next)
                }
                _ => None,
            })
            .await;
        let Some((key, _)) = next else { break };
        from = key;
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn statistics_tell_the_backlog() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    rig.store().accept((0..7).map(|_| sample::accept("{}", &[webhook])).collect(), at(0)).await.unwrap();
    let stats = rig.store().stats(webhook, at(0)).unwrap();
    assert_eq!((stats.backlog, stats.backlog_more, stats.oldest.map(|row| row.due)), (7, false, Some(at(0))));
    assert_eq!((stats.attempts, stats.p50), (0, None));
    rig.store().edit(Edit::RemoveWebhook(sample::id(webhook)), Actor::Daemon, at(1)).await.unwrap().unwrap();
}

/// A cursor is opaque, and yet whatever comes back in its place is answered.
#[tokio::test]
async fn a_cursor_outside_its_list_gives_an_empty_page() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    for hour in 0..5 {
        let accept = vec![sample::accept("{}", &[webhook])];
        rig.store().accept(accept, at(hour * 3 * 3_600_000)).await.unwrap();
    }
    let [since, until] = [Some(at(3 * 3_600_000)), Some(at(6 * 3_600_000))];
    for (descending, event, only) in [false, true]
        .into_iter()
        .flat_map(|descending| [0, 1, 5, u64::MAX].map(|event| (descending, event)))
        .flat_map(|(descending, event)| [None, Some(webhook)].map(|only| (descending, event, only)))
    {
        let before = descending == (event < 2);
        let after = Some(Seq(event));
        let filter = EventFilter { event_type: None, since, until };
        let page =
            rig.store().events(AccountNo(1), &filter, PageRequest { after, descending, limit: 9 }).unwrap();
        assert_eq!(page.rows.is_empty(), before, "{event} {descending}");
        let after = Some(DeliveryCursor { event: Seq(event), webhook });
        let filter = DeliveryFilter { webhook: only, since, until, ..DeliveryFilter::default() };
        let page = rig
            .store()
            .deliveries(AccountNo(1), &filter, PageRequest { after, descending, limit: 9 })
            .unwrap();
        assert_eq!(page.rows.is_empty(), before, "{event} {descending} {only:?}");
    }
}

fn of(account: u32, webhooks: &[WebhookNo]) -> Accept {
    let mut accept = sample::accept("{}", webhooks);
    accept.event.account = AccountNo(account);
    accept
}

/// A small account's lists are not far to seek, however many rows another one has before, after and between
/// its own.
#[tokio::test]
async fn a_small_account_beside_a_busy_one_has_its_page() {
    let rig = Rig::new();
    let store = rig.store();
    let id = AccountId::new(at(1), AccountNo(0), 1);
    rig.edit(Edit::CreateAccount(Account { id, name: "small".into(), created_at: at(1) })).await.unwrap();
    let [webhook, busy] = [2, 1].map(|account| Webhook { account: AccountNo(account), ..sample::webhook(0) });
    let (webhook, busy) = (rig.webhook(webhook).await, rig.webhook(busy).await);
    let flood = async || {
        for _ in 0..3 {
            let many = (0..limits::PAGE_SCAN / 2).map(|_| of(1, &[busy])).collect();
            store.accept(many, at(0)).await.unwrap();
        }
    };
    let mut own = Vec::new();
    for _ in 0..3 {
        flood().await;
        own.push(rig.accept(of(2, &[webhook])).await);
    }
    flood().await;
    for descending in [true, false] {
        let mut own = own.clone();
        if descending {
            own.reverse();
        }
        let page = PageRequest { after: None, descending, limit: 50 };
        let events = store.events(AccountNo(2), &EventFilter::default(), page).unwrap();
        assert_eq!(events.rows.iter().map(|header| header.id).collect::<Vec<_>>(), own);
        let page = PageRequest { after: None, descending, limit: 50 };
        let found = store.deliveries(AccountNo(2), &DeliveryFilter::default(), page).unwrap();
        let events: Vec<_> = found.rows.iter().map(|(delivery, _)| delivery.id.event()).collect();
        assert_eq!(events, own.iter().map(|id| id.seq()).collect::<Vec<_>>());
    }
    consistent(&store).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    /// What retention takes, the lists forget, and nothing else.
    #[test]
    fn lists_forget_what_goes(accounts in prop::collection::vec(1u32..4, 1..200), gone in 0u64..200) {
        let disk = Disk::new(IMAGE.clone(), u64::MAX);
        block_on(async {
            let Opened { store, committed: _stream, .. } = power_up(disk, false).unwrap();
            for (hour, &account) in (0..).zip(&accounts) {
                let accepted = store.accept(vec![of(account, &[])], at(hour * 3_600_000)).await.unwrap();
                let is_new = matches!(accepted[0], Accepted::New { .. });
                prop_assert!(is_new);
            }
            let now = at(30 * DAY + gone * 3_600_000);
            while store.prune_tick(POLICY, now).await.unwrap().more {}
            consistent(&store).unwrap();
            let page = PageRequest { after: None, descending: false, limit: 250 };
            let left = (1..4).map(|no| store.events(AccountNo(no), &EventFilter::default(), page).unwrap().rows.len());
            prop_assert_eq!(left.sum::<usize>(), accounts.len().saturating_sub(usize::try_from(gone).unwrap()));
            store.accept(vec![of(1, &[])], now).await.unwrap();
            consistent(&store).unwrap();
            Ok(())
        })?;
    }
}
