//! Looking at jobs.

use http::StatusCode;

use super::edit::id;
use super::view::JobView;
use crate::api::call::Call;
use crate::api::param::{Param, Pattern};
use crate::api::query::Listing;
use crate::app::jobs::{self, JobFilter};
use crate::app::pages::fitting;
use crate::domain::id::Seq;
use crate::domain::job::JobStatus;
use crate::http::problem::Problem;
use crate::http::reply::{Json, json};

/// What jobs can be filtered by.
pub const FILTERS: [Param; 3] = [
    Param::word::<JobStatus>("status", "Only jobs with this status."),
    Param::of::<Pattern>("type", "Only jobs of this type, or of types that match, such as report.*"),
    Param::time("since", "Only jobs created at or after this time."),
];

/// Answers `GET /v1/jobs`.
///
/// # Errors
/// When a parameter makes no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<JobView>>, Problem> {
    let filter = JobFilter {
        statuses: call.query.word("status")?.into_iter().collect(),
        job_type: call.query.value("type")?,
        since: call.query.value("since")?,
        ..JobFilter::default()
    };
    let page = call.query.page::<Seq>()?;
    let found = jobs::list(&call.context.app, call.account(), filter, page).await?;
    let (mut rows, mut next) = (found.rows, found.next);
    let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
    let fitting = fitting(rows.iter().map(|job| text(&job.error) + text(&job.metadata)));
    if fitting < rows.len() {
        rows.truncate(fitting);
        next = rows.last().map(|job| job.id.seq());
    }
    call.list(rows.iter().map(JobView::new).collect(), next)
}

/// Answers `GET /v1/jobs/{id}`.
///
/// # Errors
/// When there is no such job, or the store cannot be read.
pub async fn show(call: Box<Call>) -> Result<Json<JobView>, Problem> {
    let app = &call.context.app;
    let job = jobs::find(app, call.account(), id(&call)?).await?;
    let input = jobs::input(app, &job).await?;
    json(StatusCode::OK, &JobView::new(&job).with_input(input.as_deref()))
}
