//! Starting runs, and what can be done with one. A run is a job: the executor works with
//! `/v1/jobs`, or with this dialect's datasets.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::StatusCode;
use http::header::{CONTENT_TYPE, USER_AGENT};
use schemars::JsonSchema;
use serde::Deserialize;

use super::run::{self, Options, RunMetadata, RunView};
use super::run_list::newest;
use super::unsupported::refuse;
use super::view::user;
use super::window::{Data, data, flag};
use crate::api::call::Call;
use crate::api::param::{Count, Param};
use crate::api::route::{BodyForm, Forms, InForm, Takes, TakesAny, body_form};
use crate::app::jobs;
use crate::app::jobs::{Made, NewJob};
use crate::app::tail;
use crate::app::webhooks::Approved;
use crate::domain::actor::ActorId;
use crate::domain::dialect::Dialect;
use crate::domain::id::JobId;
use crate::domain::job::{Job, NotNow};
use crate::http::problem::{Code, Problem};
use crate::http::reply::Json;
use crate::http::response::typed;
use crate::limits;

/// How long an answer may wait for a run's end.
pub const WAIT: Param = Param::of::<Count>("waitForFinish", "Seconds to wait for the run's end, at most 60.");

/// What can be said of a new run besides its input.
pub const START: [Param; 8] = [
    WAIT,
    Param::text("webhooks", "A JSON array of webhooks for this run only, in base64."),
    Param::of::<Count>("timeout", "Seconds that the run may take; 0, the default, for any time."),
    Param::of::<Count>("memory", "Megabytes, kept for the executor."),
    Param::text("build", "A build's tag or number, kept for the executor."),
    Param::text("maxItems", "The maximum number of items to charge for, kept for the executor."),
    Param::text("maxTotalChargeUsd", "The most the run may charge, kept for the executor."),
    Param::of::<bool>("restartOnError", "1 or true: start it again if it fails; kept for the executor."),
];

/// What can be said of a run that goes on.
pub const RESURRECT: [Param; 3] = [
    Param::of::<Count>("timeout", "Seconds that the run may take from now on; unchanged by default."),
    Param::of::<Count>("memory", "Megabytes, kept for the executor; unchanged by default."),
    Param::text("build", "A build's tag or number, kept for the executor; unchanged by default."),
];

/// The pauses after commits that did not end the run: a busy store is not asked all the time.
const PAUSE: Duration = Duration::from_millis(25);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Either alphabet has its own characters beyond the common ones; padding may be left out.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Answers `POST /v2/actors/{id}/runs`.
///
/// # Errors
/// When a parameter or a webhook cannot be taken; then there is no run.
pub async fn start(mut call: Box<Call>, _: TakesAny) -> Result<Json<Data<RunView>>, Problem> {
    let actor: ActorId = call.param.parse().map_err(|_| Problem::not_found("actor"))?;
    let wait = wait(&call)?;
    let text = |name| call.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (content_type, user_agent) = (text(CONTENT_TYPE), text(USER_AGENT));
    // A label of who started the run; what a browser says of itself is longer than is of use.
    let user_agent = user_agent.map(|name| name.chars().take(limits::RUN_LABEL_BYTES).collect());
    let timeout = seconds(&call, "timeout")?.filter(|timeout| !timeout.is_zero());
    let options = Options::of(&call)?;
    refuse(&call, &["forcePermissionLevel"])?;
    for (name, text) in [("build", &options.build), ("Content-Type", &content_type)] {
        if text.as_ref().is_some_and(|text| text.len() > limits::RUN_LABEL_BYTES) {
            let detail = format!("{name} may have at most {} bytes", limits::RUN_LABEL_BYTES);
            return Err(Problem::new(Code::BadParameter, detail));
        }
    }
    let callbacks = ad_hoc(&call)?;
    let input = call.body.whole(limits::JOB_INPUT_BYTES).await?;
    let asked = RunMetadata {
        actor_id: actor.to_string(),
        content_type: content_type.filter(|_| !input.is_empty()),
        user_agent,
        input_bytes: input.len(),
        options,
        ..RunMetadata::default()
    };
    let new = NewJob {
        account: call.account(),
        dialect: Dialect::RunWebhooks,
        // An actor of somebody is written with a tilde in paths, and with a slash elsewhere.
        job_type: actor.as_str().replace('~', "/").parse().or_else(|_| "run".parse()).map_err(internal)?,
        input: (!input.is_empty()).then(|| input.as_ref().into()),
        timeout,
        metadata: asked.text(),
        scopes: vec![actor.scope()],
        callbacks,
        idempotency: None,
    };
    drop(input);
    let Made { job, .. } = jobs::create(&call.context.app, new, call.now).await?;
    let location = format!("/v2/actor-runs/{}", job.id);
    let job = finished(&mut call, job, wait).await?;
    shown(&call, StatusCode::CREATED, &job).map(|answer| answer.located(&location))
}

fn internal(error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal, error.to_string())
}

/// The webhooks in the query.
fn ad_hoc(call: &Call) -> Result<Vec<Approved>, Problem> {
    let Some(text) = call.query.text("webhooks").filter(|text| !text.is_empty()) else {
        return Ok(Vec::new());
    };
    let wrong = || Problem::new(Code::BadParameter, "webhooks must be a JSON array in base64");
    let url_safe = text.bytes().any(|b| matches!(b, b'-' | b'_'));
    let alphabet = if url_safe { base64::alphabet::URL_SAFE } else { base64::alphabet::STANDARD };
    let json = GeneralPurpose::new(&alphabet, LENIENT).decode(text).map_err(|_| wrong())?;
    let all: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&json).map_err(|_| wrong())?;
    if all.len() > limits::WEBHOOKS_PER_JOB {
        let detail = format!("webhooks may hold at most {}", limits::WEBHOOKS_PER_JOB);
        return Err(Problem::new(Code::BadParameter, detail));
    }
    all.into_iter().map(|one| super::webhooks::ad_hoc(call, one.get())).collect()
}

fn seconds(call: &Call, name: &str) -> Result<Option<Duration>, Problem> {
    let Some(seconds) = call.query.number::<u64>(name)? else { return Ok(None) };
    let time = Duration::from_secs(seconds);
    if time > limits::JOB_TIMEOUT {
        let most = limits::JOB_TIMEOUT.as_secs();
        return Err(Problem::new(Code::BadParameter, format!("{name} may be at most {most} seconds")));
    }
    Ok(Some(time))
}

/// How long to wait; clients that would wait for any time name a large number.
fn wait(call: &Call) -> Result<Duration, Problem> {
    let seconds = call.query.number::<u64>(WAIT.name)?.unwrap_or(0);
    Ok(Duration::from_secs(seconds).min(limits::RUN_WAIT))
}

/// The run once it has ended, or as it is after a while.
async fn finished(call: &mut Call, job: Job, wait: Duration) -> Result<Job, Problem> {
    if wait.is_zero() || job.status.is_terminal() {
        return Ok(job);
    }
    let Some(_place) = call.place_to_wait() else { return Ok(job) };
    call.body.release();
    let connection = std::sync::Arc::clone(&call.connection);
    let _waiting = connection.wait();
    let mut changes = tail::newest(&call.context.app);
    let mut stop = call.context.drain_signal();
    let (account, id) = (call.account(), job.id);
    let ended = async {
        let mut pause = PAUSE;
        loop {
            let job = jobs::find(&call.context.app, account, id).await?;
            if job.status.is_terminal() || changes.changed().await.is_err() {
                return Ok(job);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    };
    tokio::select! {
        ended = ended => return ended,
        () = tokio::time::sleep(wait) => {}
        // Others need its place.
        () = connection.asked_to_give_way() => {}
        // A stopping daemon waits for no one.
        _ = stop.wait_for(|stop| *stop) => {}
    }
    Ok(jobs::find(&call.context.app, account, id).await?)
}

impl Options {
    /// What a request's parameters ask for.
    fn of(call: &Call) -> Result<Self, Problem> {
        let dollars = match call.query.text("maxTotalChargeUsd").map(serde_json::from_str) {
            Some(Err(_)) => {
                return Err(Problem::new(Code::BadParameter, "maxTotalChargeUsd must be a number"));
            }
            Some(Ok(dollars)) => Some(dollars),
            None => None,
        };
        Ok(Self {
            build: call.query.text("build").map(str::to_owned),
            memory_mbytes: call.query.number("memory")?,
            max_items: call.query.number("maxItems")?,
            max_total_charge_usd: dollars,
            restart_on_error: flag(call, "restartOnError")?,
        })
    }
}

/// The run that the path names: by its id, also below its actor's, or as its actor's newest one.
pub(super) async fn run_in_path(call: &Call) -> Result<Job, Problem> {
    let path = call.query.path();
    if path.contains("/runs/last") {
        return newest(call).await;
    }
    let missing = || Problem::not_found("run");
    let of_actor = path.contains("/runs/{run}");
    let actor: Option<ActorId> = of_actor.then(|| call.param.parse()).transpose().map_err(|_| missing())?;
    let text = if of_actor { &call.key } else { &call.param };
    let id: JobId = text.parse().map_err(|_| missing())?;
    let is_its = |job: &Job| actor.is_none_or(|actor| job.scopes.contains(&actor.scope()));
    match jobs::find(&call.context.app, call.account(), id).await {
        Ok(job) if job.dialect == Dialect::RunWebhooks && is_its(&job) => Ok(job),
        // A store that cannot be read says nothing of the run.
        Err(refusal) if refusal.code != Code::JobNotFound => Err(refusal.into()),
        _ => Err(missing()),
    }
}

fn shown(call: &Call, status: StatusCode, job: &Job) -> Result<Json<Data<RunView>>, Problem> {
    data(status, RunView::of(job, &user(call)))
}

/// Answers `GET /v2/actor-runs/{id}`.
///
/// # Errors
/// When there is no such run.
pub async fn show(mut call: Box<Call>) -> Result<Json<Data<RunView>>, Problem> {
    let wait = wait(&call)?;
    let job = run_in_path(&call).await?;
    let job = finished(&mut call, job, wait).await?;
    shown(&call, StatusCode::OK, &job)
}

/// A run's status message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusBody {
    /// A description; cut after a thousand bytes.
    status_message: String,
    /// Whether it is the run's final status message.
    #[serde(default)]
    is_status_message_terminal: bool,
}

/// Answers `PUT /v2/actor-runs/{id}`.
///
/// # Errors
/// When there is no such run, or it has ended.
pub async fn update(
    mut call: Box<Call>,
    document: Takes<StatusBody>,
) -> Result<Json<Data<RunView>>, Problem> {
    let id = run_in_path(&call).await?.id;
    let (body, faults) = document.read(&mut call).await?;
    faults.done()?;
    let mut message = body.status_message;
    message.truncate(message.floor_char_boundary(limits::RUN_MESSAGE_BYTES));
    let said = |job: &Job| {
        if job.status.is_terminal() {
            return Err(NotNow::Ended);
        }
        let asked = RunMetadata {
            status_message: Some(message.clone()),
            is_status_message_terminal: body.is_status_message_terminal,
            ..RunMetadata::of(job)
        };
        Ok(Job { metadata: asked.text(), ..job.clone() })
    };
    let job = jobs::step(&call.context.app, call.account(), id, said, call.now).await?;
    shown(&call, StatusCode::OK, &job)
}

/// Answers `POST /v2/actor-runs/{id}/abort`. A run that has ended stays as it is.
///
/// # Errors
/// When there is no such run.
pub async fn abort(call: Box<Call>) -> Result<Json<Data<RunView>>, Problem> {
    refuse(&call, &["gracefully"])?;
    let job = run_in_path(&call).await?;
    let ended = |job: &Job| if job.status.is_terminal() { Err(NotNow::Ended) } else { job.abort(call.now) };
    let job = match jobs::step(&call.context.app, call.account(), job.id, ended, call.now).await {
        Err(problem) if problem.code == Code::Conflict => run_in_path(&call).await?,
        aborted => aborted?,
    };
    shown(&call, StatusCode::OK, &job)
}

/// Answers `POST /v2/actor-runs/{id}/resurrect`. The run has its whole time again.
///
/// # Errors
/// When there is no such run, or it has not ended.
pub async fn resurrect(call: Box<Call>) -> Result<Json<Data<RunView>>, Problem> {
    let timeout = seconds(&call, "timeout")?;
    let Options { build, memory_mbytes, .. } = Options::of(&call)?;
    refuse(&call, &["maxItems", "maxTotalChargeUsd", "restartOnError"])?;
    let again = |job: &Job| {
        let mut asked = RunMetadata::of(job);
        asked.resurrected += 1;
        asked.options.build = build.clone().or(asked.options.build);
        asked.options.memory_mbytes = memory_mbytes.or(asked.options.memory_mbytes);
        let timeout = timeout.or(job.timeout).filter(|timeout| !timeout.is_zero());
        Job { timeout, metadata: asked.text(), ..job.clone() }.resurrect(call.now)
    };
    let id = run_in_path(&call).await?.id;
    let job = jobs::step(&call.context.app, call.account(), id, again, call.now).await?;
    shown(&call, StatusCode::OK, &job)
}

/// Lines of text.
pub struct Log;

impl Forms for Log {
    const FORMS: &'static [BodyForm] = &[body_form::<String>("text/plain")];
}

/// Answers `GET /v2/logs/{id}`: what the daemon knows of a run, a line for each step.
///
/// # Errors
/// When there is no such run.
pub async fn log(call: Box<Call>) -> Result<InForm<Log>, Problem> {
    let job = run_in_path(&call).await?;
    Ok(typed(StatusCode::OK, "text/plain; charset=utf-8", run::log(&job).into_bytes()).into())
}
