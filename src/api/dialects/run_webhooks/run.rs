//! A run as its clients know it: a job of this dialect, and the events about its steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::display_json::DisplayJson;
use crate::app::job_dialect::{JobDialect, Step};
use crate::domain::event::NewEvent;
use crate::domain::id::JobId;
use crate::domain::job::{Job, JobStatus};
use crate::domain::time::Timestamp;

/// The memory of a run whose starter names none, in MB. The executor decides what it gets.
pub(super) const MEMORY_MBYTES: u32 = 1024;

/// Who else may see a thing: no one but its account. Clients of some versions take no run without it.
pub(super) const GENERAL_ACCESS: &str = "RESTRICTED";

/// What a run's starter said besides the input; the job's metadata.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RunMetadata {
    /// The actor, for the executor.
    pub(super) actor_id: String,
    /// The input's media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    /// Who started it, as its client calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<String>,
    /// The input's length.
    pub(super) input_bytes: usize,
    /// What the executor is to keep to.
    #[serde(flatten)]
    pub(super) options: Options,
    /// How often it was resurrected.
    pub(super) resurrected: u32,
    /// What it says of how it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_message: Option<String>,
    /// Whether it is the run's final status message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_status_message_terminal: bool,
}

/// What a run's starter asks of the executor.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) build: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) memory_mbytes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_items: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_total_charge_usd: Option<serde_json::Number>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) restart_on_error: bool,
}

impl RunMetadata {
    pub(super) fn of(job: &Job) -> Self {
        job.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// As the job's metadata.
    pub(super) fn text(&self) -> Option<Box<str>> {
        serde_json::to_string(self).ok().map(Into::into)
    }
}

pub(super) fn status(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Queued => "READY",
        JobStatus::Running => "RUNNING",
        JobStatus::Succeeded => "SUCCEEDED",
        JobStatus::Failed => "FAILED",
        JobStatus::TimedOut => "TIMED-OUT",
        JobStatus::Aborted => "ABORTED",
    }
}

/// When a run is shown to have started.
pub(super) fn started_at(job: &Job) -> Timestamp {
    job.started_at.unwrap_or(job.created_at)
}

/// The status of a word.
pub(super) fn status_of(word: &str) -> Option<JobStatus> {
    JobStatus::ALL.into_iter().find(|known| status(*known) == word)
}

/// A run in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ActorRunSummary")]
pub struct RunSummary {
    id: DisplayJson<JobId>,
    act_id: String,
    user_id: String,
    started_at: DisplayJson<Timestamp>,
    finished_at: Option<DisplayJson<Timestamp>>,
    status: &'static str,
    meta: RunOrigin,
    /// There are no builds here: an actor is its own.
    build_id: String,
    usage_total_usd: u32,
    general_access: &'static str,
    default_key_value_store_id: DisplayJson<JobId>,
    default_dataset_id: DisplayJson<JobId>,
    default_request_queue_id: DisplayJson<JobId>,
}

/// Who started a run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ActorRunOrigin")]
struct RunOrigin {
    origin: &'static str,
    user_agent: Option<String>,
}

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ActorRun")]
pub struct RunView {
    #[serde(flatten)]
    summary: RunSummary,
    /// What its executor said of how it stands, last of all why it failed.
    status_message: Option<String>,
    is_status_message_terminal: bool,
    stats: RunStats,
    options: RunOptions,
    exit_code: Option<u8>,
}

/// What a run took.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ActorRunStats")]
struct RunStats {
    input_body_len: usize,
    restart_count: u32,
    resurrect_count: u32,
    duration_millis: Option<u64>,
    run_time_secs: Option<f64>,
    compute_units: u32,
}

/// What a run's executor is to keep to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ActorRunSettings")]
struct RunOptions {
    build: String,
    timeout_secs: u64,
    memory_mbytes: u32,
    disk_mbytes: u32,
    max_items: Option<u64>,
    max_total_charge_usd: Option<serde_json::Number>,
    restart_on_error: bool,
}

impl RunView {
    /// A run, of the account with this id.
    pub(super) fn of(job: &Job, user: &str) -> Self {
        let asked = RunMetadata::of(job);
        let took = job.completed_at.zip(job.started_at).map(|(end, start)| end.since(start));
        Self {
            status_message: message(job).or_else(|| asked.status_message.clone()),
            is_status_message_terminal: asked.is_status_message_terminal || job.status.is_terminal(),
            stats: RunStats {
                input_body_len: asked.input_bytes,
                restart_count: 0,
                resurrect_count: asked.resurrected,
                duration_millis: took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
                run_time_secs: took.map(|took| took.as_secs_f64()),
                compute_units: 0,
            },
            options: RunOptions::of(job, &asked.options),
            exit_code: match job.status {
                JobStatus::Succeeded => Some(0),
                JobStatus::Failed => Some(1),
                JobStatus::Queued | JobStatus::Running | JobStatus::TimedOut | JobStatus::Aborted => None,
            },
            summary: RunSummary::new(job, user, asked),
        }
    }
}

impl RunOptions {
    fn of(job: &Job, asked: &Options) -> Self {
        let memory = asked.memory_mbytes.unwrap_or(MEMORY_MBYTES);
        Self {
            build: asked.build.clone().unwrap_or_else(|| "latest".to_owned()),
            timeout_secs: job.timeout.map_or(0, |timeout| timeout.as_secs()),
            memory_mbytes: memory,
            disk_mbytes: memory.saturating_mul(2),
            max_items: asked.max_items,
            max_total_charge_usd: asked.max_total_charge_usd.clone(),
            restart_on_error: asked.restart_on_error,
        }
    }
}

impl RunSummary {
    /// A run, of the account with this id.
    pub(super) fn of(job: &Job, user: &str) -> Self {
        Self::new(job, user, RunMetadata::of(job))
    }

    fn new(job: &Job, user: &str, asked: RunMetadata) -> Self {
        let id = DisplayJson(job.id);
        Self {
            id,
            act_id: asked.actor_id.clone(),
            user_id: user.to_owned(),
            started_at: DisplayJson(started_at(job)),
            finished_at: job.completed_at.map(DisplayJson),
            status: status(job.status),
            meta: RunOrigin { origin: "API", user_agent: asked.user_agent },
            build_id: asked.actor_id,
            usage_total_usd: 0,
            general_access: GENERAL_ACCESS,
            default_key_value_store_id: id,
            default_dataset_id: id,
            default_request_queue_id: id,
        }
    }
}

/// What is said of how it stands: what its executor gave as its error.
fn message(job: &Job) -> Option<String> {
    let error: Value = serde_json::from_str(job.error.as_deref()?).ok()?;
    let message = error.get("message").unwrap_or(&error);
    Some(message.as_str().map_or_else(|| message.to_string(), str::to_owned))
}

/// What the daemon knows of a run, a line for each step.
pub(super) fn log(job: &Job) -> String {
    let mut lines = format!("{} {}\n", job.created_at, status(JobStatus::Queued));
    let mut add = |at: Option<Timestamp>, status: &str, more: &str| {
        if let Some(at) = at {
            lines.push_str(&format!("{at} {status}{more}\n"));
        }
    };
    add(job.started_at, status(JobStatus::Running), "");
    let message = message(job).map(|message| format!(": {message}")).unwrap_or_default();
    add(job.completed_at, status(job.status), &message);
    lines
}

/// Runs emit an event at each of their steps.
pub struct Runs;

impl JobDialect for Runs {
    fn event(&self, job: &Job, step: Step, account: &str, now: Timestamp) -> Option<NewEvent> {
        event(job, step, account, now)
    }
}

/// The event about a run's step. Its data is the body that webhooks get unless they have a
/// template.
#[must_use]
fn event(job: &Job, step: Step, user: &str, now: Timestamp) -> Option<NewEvent> {
    let name = match (step, job.status) {
        (Step::Created, _) => "ACTOR.RUN.CREATED",
        (Step::Resurrected, _) => "ACTOR.RUN.RESURRECTED",
        (Step::Ended, JobStatus::Succeeded) => "ACTOR.RUN.SUCCEEDED",
        (Step::Ended, JobStatus::Failed) => "ACTOR.RUN.FAILED",
        (Step::Ended, JobStatus::TimedOut) => "ACTOR.RUN.TIMED_OUT",
        (Step::Ended, JobStatus::Aborted) => "ACTOR.RUN.ABORTED",
        (Step::Ended, JobStatus::Queued | JobStatus::Running) | (Step::Started, _) => return None,
    };
    let run = RunView::of(job, user);
    let data = json!({
        "userId": user,
        "createdAt": now.to_string(),
        "eventType": name,
        "eventData": { "actorId": run.summary.act_id, "actorRunId": run.summary.id },
        "resource": run,
    });
    job.event(name, &data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialect::Dialect;
    use crate::domain::id::{AccountNo, Seq};

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn job() -> Job {
        let asked = RunMetadata { actor_id: "my-actor".into(), input_bytes: 2, ..RunMetadata::default() };
        Job {
            id: JobId::new(at(1000), Seq(7), 3),
            account: AccountNo(1),
            dialect: Dialect::RunWebhooks,
            job_type: "my-actor".parse().unwrap(),
            status: JobStatus::Queued,
            error: None,
            result_count: 0,
            timeout: Some(std::time::Duration::from_secs(300)),
            deadline: Some(at(301_000)),
            metadata: asked.text(),
            scopes: vec![],
            webhooks: vec![],
            events: vec![],
            created_at: at(1000),
            started_at: None,
            completed_at: None,
        }
    }

    #[test]
    fn run_webhooks_10_the_data_is_the_default_payload() {
        let ended = job().start(at(2000)).unwrap().succeed(at(116_000)).unwrap();
        let event = event(&ended, Step::Ended, "abc123", at(116_001)).unwrap();
        assert_eq!(event.event_type.as_str(), "ACTOR.RUN.SUCCEEDED");
        let id = ended.id.to_string();
        let data: Value = serde_json::from_slice(&event.data).unwrap();
        assert_eq!(data["userId"], "abc123");
        assert_eq!(data["createdAt"], "1970-01-01T00:01:56.001Z");
        assert_eq!(data["eventType"], "ACTOR.RUN.SUCCEEDED");
        assert_eq!(data["eventData"], json!({"actorId": "my-actor", "actorRunId": id}));
        let resource = &data["resource"];
        for (member, value) in [
            ("id", json!(id)),
            ("actId", json!("my-actor")),
            ("userId", json!("abc123")),
            ("startedAt", json!("1970-01-01T00:00:02.000Z")),
            ("finishedAt", json!("1970-01-01T00:01:56.000Z")),
            ("status", json!("SUCCEEDED")),
            ("defaultKeyValueStoreId", json!(id)),
            ("defaultDatasetId", json!(id)),
            ("defaultRequestQueueId", json!(id)),
            ("exitCode", json!(0)),
        ] {
            assert_eq!(resource[member], value, "{member}");
        }
        assert_eq!(resource["options"]["timeoutSecs"], 300);
        assert_eq!(resource["stats"]["runTimeSecs"], 114.0);
    }

    #[test]
    fn each_step_has_its_event() {
        let names: Vec<_> = [
            (job(), Step::Created),
            (job().fail(Some("{\"message\":\"no\"}".into()), at(2000)).unwrap(), Step::Ended),
            (job().abort(at(2000)).unwrap(), Step::Ended),
            (job().time_out(at(301_000)).unwrap(), Step::Ended),
            (job().abort(at(2000)).unwrap().resurrect(at(2500)).unwrap(), Step::Resurrected),
        ]
        .into_iter()
        .map(|(job, step)| event(&job, step, "u", at(3000)).unwrap().event_type.to_string())
        .collect();
        let want = ["CREATED", "FAILED", "ABORTED", "TIMED_OUT", "RESURRECTED"];
        assert_eq!(names, want.map(|word| format!("ACTOR.RUN.{word}")));
        assert_eq!(event(&job(), Step::Ended, "u", at(3000)), None);
    }

    #[test]
    fn what_went_wrong_is_the_status_message() {
        for (error, message) in [("{\"message\":\"no\"}", "no"), ("\"why\"", "why"), ("[1]", "[1]")] {
            let failed = job().fail(Some(error.into()), at(2000)).unwrap();
            assert_eq!(json!(RunView::of(&failed, "u"))["statusMessage"], message);
        }
        assert_eq!(json!(RunView::of(&job(), "u"))["statusMessage"], Value::Null);
    }
}
