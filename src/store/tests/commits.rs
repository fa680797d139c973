//! What goes into one commit, and whose: by weight and by turns, never by the clock.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::sample::{self, Rig, at};
use crate::domain::id::{AccountNo, Seq, WebhookNo};
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::StoreError;
use crate::store::audit::Actor;
use crate::store::command::{Accept, CreateJob, Edit, UpdateJob};
use crate::store::committed::Committed;
use crate::store::tests::jobs::{about, queued};
use crate::store::writer::Command;

/// An event of an account, whose data sets it apart from others.
fn event(account: u32, data: &str, webhook: WebhookNo) -> Accept {
    let mut accept = sample::accept(data, &[webhook]);
    accept.event.account = AccountNo(account);
    accept
}

/// A store whose writer waits for its stream to be read, with a webhook.
async fn held() -> (Rig, WebhookNo) {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    hold(&rig, webhook).await;
    (rig, webhook)
}

/// Has the writer wait for its stream to be read.
async fn hold(rig: &Rig, webhook: WebhookNo) {
    // The one that made the webhook is in the stream as well; the last of these does not fit into it.
    for _ in 0..limits::COMMITTED_QUEUE {
        rig.accept(event(1, "0", webhook)).await;
    }
}

/// The data of the events in each of the next commits until `events` were read.
async fn commits(rig: &mut Rig, mut events: usize) -> Vec<Vec<Arc<[u8]>>> {
    let mut commits = Vec::new();
    while events > 0 {
        let committed = rig.opened.committed.recv().await.unwrap();
        let datas = committed.iter().filter_map(|committed| match committed {
            Committed::Accepted { event, .. } => Some(Arc::clone(&event.data)),
            _ => None,
        });
        let datas: Vec<_> = datas.filter(|data| **data != *b"0").collect();
        events -= datas.len();
        commits.extend(Some(datas).filter(|datas| !datas.is_empty()));
    }
    commits
}

#[tokio::test]
async fn one_accounts_backlog_does_not_hold_up_anothers_event() {
    let mut rig = Rig::new();
    let account = rig.other().await;
    let others = rig.webhook(Webhook { account, ..sample::webhook(0) }).await;
    rig.wait_in_stream(|committed| matches!(committed, Committed::WebhookSaved(_)).then_some(())).await;
    let webhook = rig.webhook(sample::webhook(0)).await;
    hold(&rig, webhook).await;
    let store = rig.store();
    let most = limits::ACCOUNT_INGEST_QUEUE;
    let backlog =
        join_all((0..most).map(|n| store.accept(vec![event(1, &format!("{{\"n\":{n}}}"), webhook)], at(0))));
    let beyond = store.accept(vec![event(1, "\"beyond\"", webhook)], at(0));
    let other = store.accept(vec![event(account.0, "\"other\"", others)], at(0));
    let (backlog, beyond, other, commits) = tokio::join!(backlog, beyond, other, commits(&mut rig, most + 1));
    assert!(backlog.iter().all(Result::is_ok) && other.is_ok());
    assert_eq!(beyond, Err(StoreError::AccountBusy), "the account has its places and no more");
    assert!(commits.len() > 1 && commits[0].iter().any(|data| **data == *b"\"other\""), "in the next commit");
    assert_eq!(commits.concat().len(), most + 1);
    let own: Vec<_> = commits.concat().into_iter().filter(|data| data.starts_with(b"{")).collect();
    let in_order: Vec<Arc<[u8]>> = (0..most).map(|n| format!("{{\"n\":{n}}}").as_bytes().into()).collect();
    assert_eq!(own, in_order);
    assert!(store.accept(vec![event(1, "1", webhook)], at(0)).await.is_ok(), "places are free again");
}

#[tokio::test]
async fn a_commit_takes_no_more_than_its_weight() {
    let (mut rig, webhook) = held().await;
    let store = rig.store();
    let mib = |n: usize| "1".repeat(n << 20);
    // Of one account, so that they keep their order.
    let sizes = [3, 3, 3, 7, 1];
    let datas: Vec<String> = sizes.iter().map(|size| mib(*size)).collect();
    let all = join_all(datas.iter().map(|data| store.accept(vec![event(1, data, webhook)], at(0))));
    let (all, commits) = tokio::join!(all, commits(&mut rig, sizes.len()));
    assert!(all.iter().all(Result::is_ok));
    let found: Vec<Vec<usize>> =
        commits.iter().map(|datas| datas.iter().map(|data| data.len() >> 20).collect()).collect();
    // The last two weigh a little more than a commit, with their deliveries.
    assert_eq!(found, [vec![3, 3], vec![3], vec![7], vec![1]]);

    let heavy = mib(limits::COMMAND_BYTES >> 20);
    let refused = store.accept(vec![event(1, &heavy, webhook)], at(0)).await;
    assert_eq!(refused, Err(StoreError::TooLarge), "with its delivery it is more than a command may weigh");
    let whole = mib(limits::REQUEST_BODY_BYTES >> 20);
    assert!(store.accept(vec![event(1, &whole, webhook)], at(0)).await.is_ok());
}

#[tokio::test]
async fn accounts_that_fill_the_queue_together_get_that_refusal() {
    let (mut rig, webhook) = held().await;
    let store = rig.store();
    let body = "1".repeat(limits::REQUEST_BODY_BYTES);
    let many = join_all((1..20).map(|no| store.accept(vec![event(no, &body, webhook)], at(0))));
    let drain = async { while rig.opened.committed.recv().await.is_some() {} };
    let many = tokio::select! { many = many => many, () = drain => panic!() };
    let busy = many.iter().filter(|answer| **answer == Err(StoreError::Busy)).count();
    assert_eq!(many.iter().filter(|answer| answer.is_ok()).count() + busy, many.len());
    assert!((1..many.len() - 3).contains(&busy), "{busy}");
}

#[test]
fn whatever_a_caller_decides_the_size_of_weighs_something() {
    fn reply<T>() -> oneshot::Sender<T> {
        oneshot::channel().0
    }
    let row = limits::ROW_WEIGHT_BYTES;
    let bodied = |bodies: usize| {
        let mut accept = sample::accept(&"x".repeat(1000), &[WebhookNo(1), WebhookNo(2), WebhookNo(3)]);
        for share in accept.plan.shares.iter_mut().take(bodies) {
            share.body = Some(vec![0; 10_000].into());
        }
        accept
    };
    // The event, its data, three deliveries.
    assert_eq!((bodied(0).weight(), bodied(2).weight()), (4 * row + 1000, 4 * row + 21_000));
    let (now, shares, emit) = (at(0), bodied(2).plan.shares, vec![bodied(2), bodied(0)]);
    let events = 8 * row + 22_000;
    let accept = Command::Accept { events: emit.clone(), together: true, now, reply: reply() };
    assert_eq!(accept.weight(), row + events);

    let edit = |edit| Command::Edit { edit, actor: Actor::Daemon, now, reply: reply() }.weight();
    assert_eq!(edit(Edit::Replay { event: Seq(1), shares }), row + 3 * row + 20_000);
    let why = crate::domain::webhook::DisabledWhy::Gone;
    let (webhook, since) = (sample::id(WebhookNo(1)), now);
    assert_eq!(edit(Edit::DisableWebhook { webhook, why, since, emit: emit.clone() }), row + events);
    let mut webhook = sample::webhook(1);
    let plain = edit(sample::create_webhook(Box::new(webhook.clone())));
    webhook.terms.template = sample::terms().template;
    webhook.description = "x".repeat(5000);
    assert!(edit(sample::create_webhook(Box::new(webhook.clone()))) >= plain + 5000);

    let job = queued(Seq(1), None);
    let (input, webhooks) = (Some(vec![0; 3000].into()), vec![webhook.clone(), webhook]);
    let create = CreateJob { emit: vec![about(&job, &[])], job: job.clone(), input, webhooks };
    let create = Command::CreateJob { create: Box::new(create), now, reply: reply() };
    assert!(create.weight() >= 3000 + 2 * 5000);
    let update = UpdateJob { from: job.clone(), to: job, emit };
    assert_eq!(
        Command::UpdateJob { update: Box::new(update), unfired: 0, now, reply: reply() }.weight(),
        row + events
    );
}

#[tokio::test]
async fn payloads_that_wait_to_be_read_are_bounded_and_no_delivery_is_left_out() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let large = format!("\"{}\"", "a".repeat(limits::COMMITTED_BYTES / 8));
    let events = 20;
    for _ in 0..events {
        rig.accept(event(1, &large, webhook)).await;
    }
    let (mut told, mut bytes) = (0, 0);
    while told < events {
        for committed in rig.opened.committed.recv().await.unwrap() {
            match committed {
                Committed::Accepted { event, rows } => {
                    (told, bytes) = (told + rows.len(), bytes + event.data.len());
                }
                Committed::Due { .. } => told += 1,
                _ => (),
            }
        }
    }
    // The last one is published after it is answered, and may find room that was made meanwhile.
    let most = limits::COMMITTED_BYTES + large.len();
    assert!(bytes > limits::COMMITTED_BYTES / 2 && bytes <= most, "{bytes}");
    rig.accept(event(1, &large, webhook)).await;
    let last = rig.opened.committed.recv().await.unwrap();
    assert!(matches!(&last[..], [Committed::Accepted { .. }]), "what was read makes room");
}
