//! Making runs.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::callback;
use super::view::run_id;
use crate::api::call::Call;
use crate::api::route::Takes;
use crate::app::jobs;
use crate::app::jobs::NewJob;
use crate::domain::dialect::Dialect;
use crate::http::document;
use crate::http::document::Faults;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};
use crate::limits;

/// The type of the jobs that runs are.
const JOB_TYPE: &str = "action";

/// A run to create.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RunBody {
    /// All members may also be given inside this object.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    data: Option<Box<RawValue>>,
    /// Which action to run.
    action: Option<String>,
    /// Whose authentication it uses.
    #[schemars(with = "Option<serde_json::Value>")]
    authentication: Option<Box<RawValue>>,
    /// The input.
    #[schemars(with = "Option<serde_json::Value>")]
    input: Option<Box<RawValue>>,
    /// An alias inside `data`.
    #[schemars(with = "Option<serde_json::Value>")]
    inputs: Option<Box<RawValue>>,
    /// Gets the result when the run ends: a public https URL.
    callback_url: Option<String>,
}

/// The created run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MadeAnswer {
    data: Made,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Made {
    /// `run`.
    r#type: &'static str,
    id: String,
}

/// What the worker is given, whichever form the request had.
#[derive(Serialize)]
struct Input {
    action: String,
    authentication: Option<Box<RawValue>>,
    inputs: Option<Box<RawValue>>,
}

impl RunBody {
    fn checked(self, call: &Call, faults: &mut Faults) -> Result<Option<NewJob>, Problem> {
        let action = faults.require("/action", self.action.filter(|action| !action.is_empty()));
        let callback = match self.callback_url {
            Some(url) => callback::webhook(url, call, faults)?,
            None => None,
        };
        let Some(action) = action else { return Ok(None) };
        let input = Input { action, authentication: self.authentication, inputs: self.inputs.or(self.input) };
        let input = serde_json::to_vec(&input).unwrap_or_default();
        if input.len() > limits::JOB_INPUT_BYTES {
            faults.add("", format_args!("may have at most {} bytes", limits::JOB_INPUT_BYTES));
        }
        let Some(job_type) = faults.parse("", Some(JOB_TYPE)) else { return Ok(None) };
        Ok(Some(NewJob {
            account: call.account(),
            dialect: Dialect::ActionRuns,
            job_type,
            input: Some(input.into()),
            timeout: None,
            metadata: None,
            scopes: Vec::new(),
            callbacks: callback.into_iter().collect(),
            idempotency: None,
        }))
    }
}

/// Answers `POST /v2/action-runs`.
///
/// # Errors
/// 400 with every member that cannot be taken.
pub async fn create(mut call: Box<Call>, document: Takes<RunBody>) -> Result<Json<MadeAnswer>, Problem> {
    let most = limits::JOB_INPUT_BYTES + limits::EVENT_EXTRA_BYTES;
    let new = match document.read_of(&mut call, most).await {
        Ok((outer, faults)) => read(&call, outer, faults),
        Err(problem) => Err(problem),
    };
    let new = new.map_err(bad_request)?;
    let jobs::Made { job, .. } = jobs::create(&call.context.app, new, call.now).await?;
    let made = Made { r#type: "run", id: run_id(job.id) };
    json(StatusCode::OK, &MadeAnswer { data: made })
}

fn read(call: &Call, outer: RunBody, faults: Faults) -> Result<NewJob, Problem> {
    match &outer.data {
        Some(data) => {
            members(call, document::read(data.get().as_bytes())).map_err(|problem| within("/data", problem))
        }
        None => members(call, Ok((outer, faults))),
    }
}

fn members(call: &Call, read: Result<(RunBody, Faults), Problem>) -> Result<NewJob, Problem> {
    let (body, mut faults) = read?;
    let new = body.checked(call, &mut faults)?;
    Ok(faults.unless(new)?)
}

/// The problem of a part of the document, with its members named from the document's beginning.
fn within(part: &str, mut problem: Problem) -> Problem {
    for member in &mut problem.refusal.errors {
        member.pointer.insert_str(0, part);
    }
    problem
}

/// Invalid members are a bad request here.
fn bad_request(problem: Problem) -> Problem {
    match problem.code {
        Code::Invalid => problem.with_status(StatusCode::BAD_REQUEST),
        _ => problem,
    }
}
