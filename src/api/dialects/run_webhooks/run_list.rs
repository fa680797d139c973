//! Which runs there are: lists of them, and the newest of an actor.

use super::run::{self, RunSummary};
use super::unsupported::refuse;
use super::view::user;
use super::window::{Listed, Window};
use crate::api::call::Call;
use crate::api::param::Param;
use crate::app::PageRequest;
use crate::app::jobs::{self, JobFilter};
use crate::domain::actor::ActorId;
use crate::domain::dialect::Dialect;
use crate::domain::job::{Job, JobStatus};
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::limits;

/// Which runs a list shows.
pub const FILTERS: [Param; 3] = [
    Param::text("status", "Only runs in this state, such as SUCCEEDED; separate several with commas."),
    Param::time("startedAfter", "Only runs started at or after this time."),
    Param::time("startedBefore", "Only runs started at or before this time."),
];

fn filter(call: &Call) -> Result<JobFilter, Problem> {
    let words = call.query.text("status").into_iter().flat_map(|text| text.split(','));
    let statuses: Option<Vec<JobStatus>> = words.map(|word| run::status_of(word.trim())).collect();
    let statuses = statuses.ok_or_else(|| {
        let words = JobStatus::ALL.map(run::status).join(", ");
        Problem::new(Code::BadParameter, format!("status must be one of {words}"))
    })?;
    Ok(JobFilter { statuses, dialect: Some(Dialect::RunWebhooks), ..JobFilter::default() })
}

fn of_actor(call: &Call) -> Result<JobFilter, Problem> {
    let actor: ActorId = call.param.parse().map_err(|_| Problem::not_found("actor"))?;
    Ok(JobFilter { scope: Some(actor.scope()), ..filter(call)? })
}

/// Answers `GET /v2/actor-runs`.
///
/// # Errors
/// When a parameter makes no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Listed<RunSummary> {
    let filter = filter(&call)?;
    listed(&call, filter).await
}

/// Answers `GET /v2/actors/{id}/runs`.
///
/// # Errors
/// When a parameter makes no sense, or the store cannot be read.
pub async fn list_of_actor(call: Box<Call>) -> Listed<RunSummary> {
    let filter = of_actor(&call)?;
    listed(&call, filter).await
}

/// When the runs were started that are asked for.
struct Started {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

impl Started {
    fn of(call: &Call) -> Result<Self, Problem> {
        Ok(Self { after: call.query.value("startedAfter")?, before: call.query.value("startedBefore")? })
    }

    fn admits(&self, job: &Job) -> bool {
        let started = run::started_at(job);
        self.after.is_none_or(|after| started >= after) && self.before.is_none_or(|before| started <= before)
    }
}

async fn listed(call: &Call, filter: JobFilter) -> Listed<RunSummary> {
    let window = Window::of(call)?;
    let asked = Started::of(call)?;
    let (mut items, mut total) = (Vec::new(), 0_u64);
    let user = user(call);
    each(call, filter, window.desc, |job| {
        if asked.admits(job) {
            if total >= window.offset && (items.len() as u64) < window.limit {
                items.push(RunSummary::of(job, &user));
            }
            total += 1;
        }
        true
    })
    .await?;
    window.answer(items, total)
}

/// Shows the runs that a filter wants to `look`, until it has seen enough. Those of very many are not
/// all looked at.
async fn each(
    call: &Call,
    filter: JobFilter,
    descending: bool,
    mut look: impl FnMut(&Job) -> bool,
) -> Result<(), Problem> {
    let account = call.account();
    let mut after = None;
    for _ in 0..limits::RUN_LIST_PAGES {
        let page = PageRequest { after, descending, limit: limits::PAGE_SCAN };
        let wanted = filter.clone();
        let found = jobs::list(&call.context.app, account, wanted, page).await?;
        if !found.rows.iter().all(&mut look) || found.next.is_none() {
            return Ok(());
        }
        after = found.next;
    }
    Ok(())
}

/// The newest run of the actor in the path, of those that are asked for.
pub(super) async fn newest(call: &Call) -> Result<Job, Problem> {
    refuse(call, &["origin"])?;
    let asked = Started::of(call)?;
    let mut newest = None;
    each(call, of_actor(call)?, true, |job| {
        newest = asked.admits(job).then(|| job.clone());
        newest.is_none()
    })
    .await?;
    newest.ok_or_else(|| Problem::not_found("run"))
}
