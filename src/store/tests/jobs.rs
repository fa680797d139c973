//! Jobs: made, changed once, given rows, taken away.

use std::time::Duration;

use super::check::consistent;
use super::sample::{self, Rig, at};
use crate::domain::delivery::{DeliveryState, DueRow, Reason};
use crate::domain::dialect::Dialect;
use crate::domain::id::{AccountNo, JobId, Seq, WebhookId, WebhookNo};
use crate::domain::job::{Job, JobStatus};
use crate::domain::result_rows::ResultRows;
use crate::domain::scope::Scope;
use crate::domain::terms::Terms;
use crate::domain::webhook::Webhook;
use crate::store::command::{Accept, AppendRows, CreateJob, DeliveryChange, Refused, UpdateJob};
use crate::store::query::{JobFilter, PageRequest};
use crate::store::upkeep::RetentionPolicy;

const DAY: u64 = 24 * 3_600_000;

pub(super) fn queued(seq: Seq, deadline: Option<u64>) -> Job {
    Job {
        id: JobId::new(at(0), seq, 5),
        account: AccountNo(1),
        dialect: Dialect::Native,
        job_type: "batch_detail".parse().unwrap(),
        status: JobStatus::Queued,
        error: None,
        result_count: 0,
        timeout: None,
        deadline: deadline.map(at),
        metadata: None,
        scopes: vec![],
        webhooks: vec![],
        events: vec![],
        created_at: at(0),
        started_at: None,
        completed_at: None,
    }
}

pub(super) fn about(job: &Job, to: &[WebhookNo]) -> Accept {
    let event = job.ended().unwrap_or_else(|| job.created(None).unwrap());
    Accept { event, ..sample::accept("", to) }
}

impl Rig {
    async fn job(&self, deadline: Option<u64>) -> Job {
        let reserved = self.store().reserve(AccountNo(1), 0).await.unwrap().unwrap();
        let job = queued(reserved.job, deadline);
        let emit = vec![about(&job, &[])];
        let create = CreateJob { job, input: Some((*b"[1]").into()), webhooks: vec![], emit };
        self.store().create_job(create, at(0)).await.unwrap().unwrap()
    }

    async fn step(&self, from: &Job, to: Job, emit: Vec<Accept>) -> Result<Job, Refused> {
        self.store().update_job(UpdateJob { from: from.clone(), to, emit }, at(3)).await.unwrap()
    }

    async fn rows_of(&self, job: &Job, offset: Option<u64>, rows: &[&str]) -> Result<u64, Refused> {
        let mut all = ResultRows::default();
        rows.iter().for_each(|row| all.push(row.as_bytes()));
        let append = AppendRows { account: AccountNo(1), job: job.id, offset, rows: all.into() };
        self.store().append_rows(append, at(2)).await.unwrap()
    }

    fn read(&self, job: &Job, from: u64, limit: u64, bytes: usize) -> Vec<String> {
        let rows = self.store().rows(job.id, from, limit, bytes).unwrap();
        rows.iter().map(|row| String::from_utf8(row.to_vec()).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_job_ends_once_and_its_event_is_part_of_that() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let job = rig.job(Some(100)).await;
    assert_eq!(rig.store().next_deadline().unwrap(), Some(at(100)));
    assert_eq!(rig.store().job_input(job.id).unwrap().as_deref(), Some(b"[1]".as_slice()));
    assert_eq!(rig.store().overdue_jobs(at(99), 10).unwrap(), []);
    assert_eq!(rig.store().overdue_jobs(at(100), 10).unwrap(), std::slice::from_ref(&job));
    let (done, late) = (job.succeed(at(3)).unwrap(), job.time_out(at(100)).unwrap());
    let (tell_done, tell_late) = (about(&done, &[webhook]), about(&late, &[webhook]));
    let (one, two) = tokio::join!(
        rig.step(&job, done, vec![tell_done.clone()]),
        rig.step(&job, late.clone(), vec![tell_late.clone()]),
    );
    assert_eq!(two, Err(Refused::Stale));
    let ended = one.unwrap();
    assert_eq!((ended.status, ended.events.len()), (JobStatus::Succeeded, 2));
    assert_eq!(rig.step(&job, late, vec![tell_late]).await, Err(Refused::Stale));
    assert_eq!(rig.store().next_deadline().unwrap(), None);
    assert_eq!(rig.rows().await.len(), 1);
    consistent(&rig.store()).unwrap();
    let rig = rig.reopen().await;
    assert_eq!(rig.store().job(job.id).unwrap(), Some(ended.clone()));
    assert_eq!(rig.store().job(JobId::new(at(0), job.id.seq(), 6)).unwrap(), None, "another id");
    assert_eq!(rig.store().figures().pending, 1);
    assert_eq!(
        rig.rows_of(&ended, None, &["1"]).await,
        Err(Refused::State("the job has ended; it takes no more results"))
    );
}

#[tokio::test]
async fn numbers_are_given_out_once_and_not_used_again_after_a_restart() {
    let rig = Rig::new();
    let one = rig.store().reserve(AccountNo(1), 2).await.unwrap().unwrap();
    let two = rig.store().reserve(AccountNo(1), 1).await.unwrap().unwrap();
    assert!(one.job < two.job && one.webhook.0 + 2 == two.webhook.0);
    assert_eq!(rig.store().figures().row_writes, 0);
    let job = rig.job(None).await;
    let rig = rig.reopen().await;
    assert!(rig.store().reserve(AccountNo(1), 0).await.unwrap().unwrap().job > job.id.seq());
}

#[tokio::test]
async fn rows_are_appended_once_and_read_from_anywhere() {
    let rig = Rig::new();
    let job = rig.job(None).await;
    assert_eq!(rig.rows_of(&job, None, &["0", "1", "2"]).await, Ok(3));
    let running = rig.store().job(job.id).unwrap().unwrap();
    assert_eq!(
        (running.status, running.started_at, running.result_count),
        (JobStatus::Running, Some(at(2)), 3)
    );
    assert_eq!(rig.rows_of(&job, Some(1), &["1", "2"]).await, Ok(3));
    assert_eq!(rig.rows_of(&job, Some(2), &["2", "3"]).await, Ok(4));
    let gap = Refused::State("the offset is beyond the last stored row");
    assert_eq!(rig.rows_of(&job, Some(5), &["5"]).await, Err(gap));
    let wide: Vec<String> = (4..2000).map(|n| format!("{n:0100}")).collect();
    let before = rig.store().figures().row_writes;
    let refs: Vec<&str> = wide.iter().map(String::as_str).collect();
    assert_eq!(rig.rows_of(&job, Some(4), &refs).await, Ok(2000));
    assert!(rig.store().figures().row_writes - before < 10, "many rows are few writes");
    assert_eq!(rig.read(&job, 0, 5, usize::MAX), ["0", "1", "2", "3", wide[0].as_str()]);
    for from in [3, 4, 500, 1234, 1999] {
        let row = format!("{from:0100}");
        let found = rig.read(&job, from, 1, usize::MAX);
        assert_eq!(found[0].trim_start_matches('0'), row.trim_start_matches('0'));
    }
    assert_eq!(rig.read(&job, 2000, 9, usize::MAX), Vec::<String>::new());
    assert_eq!(rig.read(&job, 1000, 900, 250).len(), 3, "until the bytes are reached");
    assert_eq!(rig.read(&job, 0, u64::MAX, usize::MAX).len(), 2000);
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn a_one_shot_webhook_goes_with_the_end_of_a_delivery() {
    let mut rig = Rig::new();
    for change in
        [DeliveryChange::Delivered, DeliveryChange::Failed(Reason::Exhausted), DeliveryChange::RemoveWebhook]
    {
        let webhook = rig.webhook(Webhook { terms: once(None), ..sample::webhook(0) }).await;
        let event = rig.accept(sample::accept("{}", &[webhook])).await;
        let (_, row) = rig.rows().await[0];
        let retry = DeliveryChange::Retry { due: at(5), spent: true };
        let row = rig.complete(sample::complete(webhook, row, retry, at(1)), at(2)).await.unwrap();
        assert!(rig.store().directory().webhook(webhook).is_some());
        rig.complete(sample::complete(webhook, row, change, at(5)), at(6)).await;
        assert!(rig.store().directory().webhook(webhook).is_none());
        let delivery = rig.store().delivery(event.seq(), webhook).unwrap().unwrap();
        assert_eq!((delivery.log.len(), delivery.finished_at), (2, Some(at(6))), "its log stays");
    }
    let webhook = rig.webhook(Webhook { terms: once(None), ..sample::webhook(0) }).await;
    let event = rig.accept(sample::accept("{}", &[webhook])).await;
    let delivery = rig.store().delivery(event.seq(), webhook).unwrap().unwrap();
    rig.edit(crate::store::command::Edit::Cancel(delivery.id)).await.unwrap();
    assert!(rig.store().directory().webhook(webhook).is_none());
    consistent(&rig.store()).unwrap();
}

fn once(scope: Option<Scope>) -> Terms {
    Terms { once: true, scope, ..Terms::default() }
}

#[tokio::test]
async fn webhooks_made_with_a_job_go_with_it_unless_something_waits_for_them() {
    let mut rig = Rig::new();
    let reserved = rig.store().reserve(AccountNo(1), 2).await.unwrap().unwrap();
    let mut job = queued(reserved.job, None);
    let scope = Scope::of("job", job.id);
    let hook = |no: u32| Webhook {
        id: WebhookId::new(at(0), WebhookNo(no), 1),
        terms: once(Some(scope.clone())),
        ..sample::webhook(0)
    };
    let (fired, unfired) = (reserved.webhook, WebhookNo(reserved.webhook.0 + 1));
    job.webhooks = vec![fired, unfired];
    let create = CreateJob { job, input: None, webhooks: vec![hook(fired.0), hook(unfired.0)], emit: vec![] };
    let job = rig.store().create_job(create, at(0)).await.unwrap().unwrap();
    assert!(rig.store().directory().webhook(unfired).is_some());
    let done = job.succeed(at(3)).unwrap();
    let event = about(&done, &[fired]);
    rig.step(&job, done, vec![event]).await.unwrap();
    assert!(rig.store().directory().webhook(unfired).is_none());
    assert!(rig.store().directory().webhook(fired).is_some());
    let (_, row): (_, DueRow) = rig.rows().await[0];
    rig.complete(sample::complete(fired, row, DeliveryChange::Delivered, at(5)), at(6)).await;
    assert!(rig.store().directory().webhook(fired).is_none());
}

#[tokio::test]
async fn jobs_are_listed_by_what_they_are() {
    let rig = Rig::new();
    let (one, two) = (rig.job(None).await, rig.job(None).await);
    rig.step(&two, two.abort(at(4)).unwrap(), vec![]).await.unwrap();
    let list = |filter: &JobFilter, after| {
        let page = PageRequest { after, descending: true, limit: 1 };
        let found = rig.store().jobs(AccountNo(1), filter, page).unwrap();
        (found.rows.iter().map(|job| job.id).collect::<Vec<_>>(), found.next)
    };
    assert_eq!(list(&JobFilter::default(), None), (vec![two.id], Some(two.id.seq())));
    assert_eq!(list(&JobFilter::default(), Some(two.id.seq())), (vec![one.id], None));
    let queued = JobFilter { statuses: vec![JobStatus::Queued], ..JobFilter::default() };
    assert_eq!(list(&queued, None).0, [one.id]);
    let none = [
        JobFilter { since: Some(at(1)), ..JobFilter::default() },
        JobFilter { job_type: "other".parse().ok(), ..JobFilter::default() },
        JobFilter { dialect: Some(Dialect::ActionRuns), ..JobFilter::default() },
        JobFilter { scope: Some(Scope::of("actor", 1)), ..JobFilter::default() },
    ];
    assert!(none.iter().all(|filter| list(filter, None).0.is_empty()));
    let page = PageRequest { after: None, descending: true, limit: 9 };
    assert!(rig.store().jobs(AccountNo(2), &JobFilter::default(), page).unwrap().rows.is_empty());
}

#[tokio::test]
async fn old_jobs_go_with_their_results_and_those_with_something_pending_stay() {
    let mut rig = Rig::new();
    let policy = RetentionPolicy {
        audit_for: crate::limits::AUDIT_FOR,
        audit_entries: crate::limits::AUDIT_ENTRIES,
        events_for: Duration::from_millis(30 * DAY),
        attempts_for: Duration::from_millis(30 * DAY),
        max_bytes: None,
    };
    let webhook = rig.webhook(sample::webhook(0)).await;
    let (open, done, stuck) = (rig.job(None).await, rig.job(None).await, rig.job(None).await);
    let wide = "x".repeat(50_000);
    for job in [&open, &done, &stuck] {
        for _ in 0..2 {
            rig.rows_of(job, None, &[wide.as_str(); 300]).await.unwrap();
        }
    }
    for (job, to) in [(&done, vec![]), (&stuck, vec![webhook])] {
        let job = rig.store().job(job.id).unwrap().unwrap();
        let ended = job.succeed(at(3)).unwrap();
        let event = about(&ended, &to);
        rig.step(&job, ended, vec![event]).await.unwrap();
    }
    let (_, waiting) = rig.rows().await[0];
    assert_eq!(prune(&rig, policy, 29 * DAY).await.0, 0);
    let (jobs, steps) = prune(&rig, policy, 31 * DAY).await;
    assert!(jobs == 1 && steps > 2, "{jobs} in {steps} steps");
    let there = |job: &Job| rig.store().job(job.id).unwrap().is_some();
    assert!(there(&open) && there(&stuck) && !there(&done));
    assert_eq!(rig.read(&done, 0, 1, 1), Vec::<String>::new());
    consistent(&rig.store()).unwrap();
    rig.complete(sample::complete(webhook, waiting, DeliveryChange::Delivered, at(31 * DAY)), at(31 * DAY))
        .await;
    assert_eq!(
        rig.store().delivery(waiting.key.event, webhook).unwrap().unwrap().state,
        DeliveryState::Delivered
    );
    assert_eq!(prune(&rig, policy, 31 * DAY + 2 * 3_600_000).await.0, 1);
    assert!(rig.store().job(open.id).unwrap().is_some());
}

/// Prunes to the end; how many jobs went, in how many steps.
async fn prune(rig: &Rig, policy: RetentionPolicy, now: u64) -> (u64, u32) {
    let (mut jobs, mut steps) = (0, 0);
    loop {
        let step = rig.store().prune_tick(policy, at(now)).await.unwrap();
        (jobs, steps) = (jobs + step.jobs, steps + 1);
        if !step.more {
            return (jobs, steps);
        }
    }
}

#[tokio::test]
async fn over_the_files_budget_finished_jobs_go_before_their_time() {
    let rig = Rig::new();
    let (open, done) = (rig.job(Some(DAY)).await, rig.job(None).await);
    let rows = ["1", "2", "3"];
    for job in [&open, &done] {
        rig.rows_of(job, None, &rows).await.unwrap();
    }
    let running = rig.store().job(done.id).unwrap().unwrap();
    let ended = running.succeed(at(3)).unwrap();
    let event = about(&ended, &[]);
    rig.step(&running, ended, vec![event]).await.unwrap();
    let day = Duration::from_millis(DAY);
    let policy = |max_bytes| RetentionPolicy {
        audit_for: crate::limits::AUDIT_FOR,
        audit_entries: crate::limits::AUDIT_ENTRIES,
        events_for: day,
        attempts_for: day,
        max_bytes,
    };
    assert_eq!(prune(&rig, policy(None), 4).await.0, 0);
    assert_eq!(prune(&rig, policy(Some(1)), 4).await.0, 1);
    assert!(rig.store().job(done.id).unwrap().is_none());
    assert_eq!(rig.read(&open, 0, 9, 99), rows, "one that goes on stays");
    consistent(&rig.store()).unwrap();
    let rig = rig.reopen().await;
    // The job's own number, its first event's, and its last one's.
    let used = Seq(done.id.seq().0 + 2);
    assert!(rig.store().reserve(AccountNo(1), 0).await.unwrap().unwrap().job > used, "numbers go on");
}

#[tokio::test]
async fn deadlines_are_read_page_by_page() {
    let rig = Rig::new();
    let (mut jobs, mut found, mut after) = (Vec::new(), Vec::new(), (at(3).as_millis(), u64::MAX));
    for deadline in 1..=9 {
        jobs.push(rig.job(Some(deadline)).await);
    }
    loop {
        let page = rig.store().deadlines(after, 2).unwrap();
        assert!(page.rows.len() <= 2);
        found.extend(page.rows);
        let Some(last) = page.next else { break };
        after = last;
    }
    assert_eq!(found, jobs[3..]);
}
