//! What a job goes through, whatever API it was made through: each step is one commit with the
//! events about it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::core::{App, DAEMON};
use super::entropy::id_bits;
use super::events::planned;
use super::job_dialect::Step;
use super::refused::refused;
use super::webhooks::Approved;
use crate::domain::dialect::Dialect;
use crate::domain::event::NewEvent;
use crate::domain::event_type::EventType;
use crate::domain::fanout::Allowance;
use crate::domain::id::{AccountNo, EventId, JobId, Seq, WebhookNo};
use crate::domain::job::{Job, JobStatus, NotNow};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
pub use crate::store::JobFilter;
use crate::store::command::{Accept, CreateJob, Idempotency, Refused, UpdateJob};
use crate::store::{Page, PageRequest};

/// How often a step is computed again because the job changed meanwhile: results that are being
/// appended change it with each commit.
const TRIES: u32 = 100;

/// A job to create.
pub struct NewJob {
    /// The tenant it belongs to.
    pub account: AccountNo,
    /// The API it is made through.
    pub dialect: Dialect,
    /// What kind of work it is.
    pub job_type: EventType,
    /// Its input: a JSON text.
    pub input: Option<Arc<[u8]>>,
    /// How long it may take, from now on.
    pub timeout: Option<Duration>,
    /// The owner's labels: a JSON object's text.
    pub metadata: Option<Box<str>>,
    /// What its events are about besides the job itself.
    pub scopes: Vec<Scope>,
    /// Webhooks that are made with it, bound to it, and go with their first delivery or its end.
    pub callbacks: Vec<Approved>,
    /// What a repetition is recognised by. Its API's jobs emit an event when they are created.
    pub idempotency: Option<Idempotency>,
}

/// A job that was made.
pub struct Made {
    /// The job.
    pub job: Job,
    /// The webhooks that were made with it and are still there.
    pub webhooks: Vec<Webhook>,
    /// Whether an earlier request with the same key created it.
    pub duplicate: bool,
}

/// The events of a step: those of every job, and those of its API.
fn events_of(app: &App, job: &Job, step: Step, input: Option<&[u8]>, now: Timestamp) -> Vec<NewEvent> {
    let own = match step {
        Step::Created => job.created(input),
        Step::Ended => job.ended(),
        Step::Started | Step::Resurrected => None,
    };
    let account = app.store.directory().account(job.account).map(|account| account.id.to_string());
    let dialect = app.jobs.of(job.dialect).event(job, step, &account.unwrap_or_default(), now);
    own.into_iter().chain(dialect).collect()
}

/// The event that only the job's own webhooks hear, where its API has such a thing. It is computed from
/// the results, so it is computed again when they changed meanwhile.
async fn callback(app: &App, job: &Job, step: Step, now: Timestamp) -> Result<Option<Accept>, Refusal> {
    let dialect = app.jobs.of(job.dialect);
    if step != Step::Ended || job.webhooks.is_empty() || !dialect.calls_back() {
        return Ok(None);
    }
    let most = app.rules().event_data_bytes;
    let (id, count) = (job.id, job.result_count);
    let rows = app.read(job.account, move |store| store.rows(id, 0, count, most)).await?;
    let Some(event) = dialect.callback(job, &rows, most) else { return Ok(None) };
    let mut webhooks = app.store.webhooks_of(job.account, &job.webhooks);
    webhooks.retain(|webhook| job.owns(webhook));
    let plan = planned(app, &event, webhooks, Vec::new(), now, &mut Allowance::default()).await?;
    Ok(Some(Accept { event, plan, idempotency: Vec::new(), random: id_bits()? }))
}

/// Makes a job, unless the same request made it before.
///
/// # Errors
/// When it cannot be stored, its event goes to too many webhooks, or its key was used with other content.
pub async fn create(app: &App, new: NewJob, now: Timestamp) -> Result<Made, Refusal> {
    let count = u32::try_from(new.callbacks.len()).unwrap_or(u32::MAX);
    let reserved = app.store.reserve(new.account, count).await?.map_err(|refused| job_refused(&refused))?;
    let id = JobId::new(now, reserved.job, id_bits()?);
    let numbers = (reserved.webhook.0..).map(WebhookNo);
    let callbacks = new.callbacks.into_iter().zip(numbers);
    let webhooks: Vec<Webhook> =
        callbacks.map(|(callback, no)| callback.bound_to(id, no).into_webhook()).collect();
    let job = Job {
        id,
        account: new.account,
        dialect: new.dialect,
        job_type: new.job_type,
        status: JobStatus::Queued,
        error: None,
        result_count: 0,
        timeout: new.timeout,
        deadline: new.timeout.map(|timeout| now.plus(timeout)),
        metadata: new.metadata,
        scopes: new.scopes,
        webhooks: webhooks.iter().map(Webhook::no).collect(),
        events: Vec::new(),
        created_at: now,
        started_at: None,
        completed_at: None,
    };
    let events = events_of(app, &job, Step::Created, new.input.as_deref(), now);
    let mut emit = accepts(app, &job, events, &webhooks, now).await?;
    // The job's own event comes first.
    if let Some(created) = emit.first_mut() {
        created.idempotency = new.idempotency.into_iter().collect();
    }
    let create = CreateJob { job, input: new.input, webhooks: webhooks.clone(), emit };
    let emitted = create.emit.len() as u64;
    match app.store.create_job(create, now).await? {
        Ok(job) => {
            app.events_accepted.inc_by(emitted);
            Ok(Made { job, webhooks, duplicate: false })
        }
        Err(Refused::Repeated { event, same: true }) => made_before(app, new.account, event).await,
        Err(refused) => Err(job_refused(&refused)),
    }
}

/// The job that an event is about.
async fn made_before(app: &App, account: AccountNo, event: EventId) -> Result<Made, Refusal> {
    let gone = || Refusal::new(Code::Conflict, "the key was used before, for a job that no longer exists");
    let created = app.read(account, move |store| store.event_header(event.seq())).await?;
    let id = created.and_then(|event| event.order_key?.as_str().parse().ok()).ok_or_else(gone)?;
    let job = app.read(account, move |store| store.job(id)).await?;
    let job = job.filter(|job| job.account == account).ok_or_else(gone)?;
    let webhooks = {
        let directory = app.store.directory();
        let named = job.webhooks.iter().filter_map(|&no| directory.webhook(no));
        named.filter(|webhook| job.owns(webhook)).map(|webhook| (**webhook).clone()).collect()
    };
    Ok(Made { job, webhooks, duplicate: true })
}

/// Takes a job of an account a step on.
///
/// # Errors
/// 404 when there is no such job, 409 when it cannot take the step now.
pub async fn step(
    app: &App,
    account: AccountNo,
    id: JobId,
    change: impl Fn(&Job) -> Result<Job, NotNow>,
    now: Timestamp,
) -> Result<Job, Refusal> {
    for _ in 0..TRIES {
        let from = find(app, account, id).await?;
        let to = change(&from).map_err(|why| not_now(&from, why))?;
        let events = events_of(app, &to, Step::between(&from, &to), None, now);
        let mut emit = accepts(app, &to, events, &[], now).await?;
        emit.extend(callback(app, &to, Step::between(&from, &to), now).await?);
        let emitted = emit.len() as u64;
        match app.store.update_job(UpdateJob { from, to, emit }, now).await? {
            Ok(job) => {
                app.events_accepted.inc_by(emitted);
                return Ok(job);
            }
            Err(Refused::Stale) => {}
            Err(refused) => return Err(job_refused(&refused)),
        }
    }
    Err(job_refused(&Refused::Stale))
}

/// A job of an account.
///
/// # Errors
/// 404 when there is none.
pub async fn find(app: &App, account: AccountNo, id: JobId) -> Result<Job, Refusal> {
    let job = app.read(account, move |store| store.job(id)).await?;
    job.filter(|job| job.account == account).ok_or_else(not_found)
}

/// A page of an account's jobs that a filter wants.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    app: &App,
    account: AccountNo,
    filter: JobFilter,
    page: PageRequest<Seq>,
) -> Result<Page<Job, Seq>, Refusal> {
    Ok(app.read(account, move |store| store.jobs(account, &filter, page)).await?)
}

/// The input of a job, as long as it is kept.
///
/// # Errors
/// When the store cannot be read.
pub async fn input(app: &App, job: &Job) -> Result<Option<Arc<[u8]>>, Refusal> {
    let id = job.id;
    Ok(app.read(job.account, move |store| store.job_input(id)).await?)
}

/// The refusal of a job that is not there.
#[must_use]
pub fn not_found() -> Refusal {
    Refusal::new(Code::JobNotFound, "the job was not found")
}

fn not_now(job: &Job, why: NotNow) -> Refusal {
    Refusal::new(Code::Conflict, format!("{why}; its status is {}", job.status.as_str()))
}

/// The refusal of a step that the store refuses.
pub fn job_refused(why: &Refused) -> Refusal {
    match why {
        Refused::NotFound => not_found(),
        other => refused(other, "job"),
    }
}

/// The commands that accept a job's events; `fresh` are webhooks that are made in the same commit.
async fn accepts(
    app: &App,
    job: &Job,
    events: Vec<NewEvent>,
    fresh: &[Webhook],
    now: Timestamp,
) -> Result<Vec<Accept>, Refusal> {
    let about = job.about();
    let (mut accepts, mut allowance) = (Vec::with_capacity(events.len()), Allowance::default());
    for event in events {
        let listeners = app.store.listeners(event.account, &event.event_type, &about);
        let wanted = fresh.iter().filter(|webhook| webhook.listens_to(&event.event_type));
        let fresh = wanted.cloned().map(Arc::new).collect();
        let plan = planned(app, &event, listeners, fresh, now, &mut allowance).await?;
        accepts.push(Accept { event, plan, idempotency: Vec::new(), random: id_bits()? });
    }
    Ok(accepts)
}

/// Has no job wait longer than its whole timeout from now on, after the clock was set back; looks at so many at a
/// time.
///
/// # Errors
/// When some could not be changed; the others were.
pub async fn clamp_deadlines(app: &App, at_once: usize, now: Timestamp) -> Result<(), Refusal> {
    let (mut after, mut failure) = ((now.as_millis(), u64::MAX), None);
    loop {
        let Page { rows, next } = app.read(DAEMON, move |store| store.deadlines(after, at_once)).await?;
        let late = rows
            .into_iter()
            .filter_map(|from| Some(UpdateJob { to: from.clamped(now)?, from, emit: Vec::new() }));
        for updated in join_all(late.map(|update| app.store.update_job(update, now))).await {
            match updated {
                Ok(Ok(_)) | Ok(Err(Refused::NotFound)) => {}
                Ok(Err(refused)) => failure = Some(job_refused(&refused)),
                Err(error) => failure = Some(error.into()),
            }
        }
        let Some(last) = next else { return failure.map_or(Ok(()), Err) };
        after = last;
    }
}

/// Ends the jobs whose deadline has passed; how many there were. One that ended by itself meanwhile
/// stays as it ended.
///
/// # Errors
/// When the store cannot, or a job's event goes to too many webhooks.
pub async fn time_out(app: &App, most: usize, now: Timestamp) -> Result<usize, Refusal> {
    let overdue = app.read(DAEMON, move |store| store.overdue_jobs(now, most)).await?;
    let mut failure = None;
    for job in &overdue {
        match step(app, job.account, job.id, |job| job.time_out(now), now).await {
            Ok(job) => tracing::info!(job = %job.id, "job timed out"),
            Err(refusal) if matches!(refusal.code, Code::Conflict | Code::JobNotFound) => {}
            Err(refusal) => failure = Some(refusal),
        }
    }
    failure.map_or(Ok(overdue.len()), Err)
}
