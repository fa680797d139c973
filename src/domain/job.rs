//! Jobs: work that somebody else does, with its state, its end, and the events about them.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::dialect::Dialect;
use super::event::{Key, NewEvent};
use super::event_type::EventType;
use super::id::{AccountNo, JobId, Seq, WebhookNo};
use super::reserved::JOB_CREATED;
use super::scope::Scope;
use super::time::Timestamp;
use super::webhook::Webhook;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobStatus {
    /// Made; no one works on it yet.
    Queued,
    /// Somebody works on it.
    Running,
    /// Done.
    Succeeded,
    /// It could not be done.
    Failed,
    /// Its deadline passed before its end.
    TimedOut,
    /// Somebody called it off.
    Aborted,
}

impl JobStatus {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// The status's word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Aborted => "aborted",
        }
    }

    /// Whether the job has ended.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Succeeded | Self::Failed | Self::TimedOut | Self::Aborted => true,
        }
    }
}

/// What a run keeps under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its media type, as the one who put it said.
    pub content_type: Box<str>,
    /// When it was put.
    pub updated_at: Timestamp,
    /// Its bytes.
    pub data: Arc<[u8]>,
}

/// A job without its input and its results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id; carries its number.
    pub id: JobId,
    /// The tenant it belongs to.
    pub account: AccountNo,
    /// The API it was made through.
    pub dialect: Dialect,
    /// What kind of work it is.
    pub job_type: EventType,
    /// Where it stands.
    pub status: JobStatus,
    /// What went wrong: a JSON text.
    pub error: Option<Box<str>>,
    /// How many rows of results there are.
    pub result_count: u64,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// When it times out, unless it has ended.
    pub deadline: Option<Timestamp>,
    /// The owner's labels: a JSON object's text.
    pub metadata: Option<Box<str>>,
    /// What its events are about besides the job itself.
    pub scopes: Vec<Scope>,
    /// The one-shot webhooks that were made with it. They go when it ends, unless something is still
    /// pending for them.
    pub webhooks: Vec<WebhookNo>,
    /// The numbers of its newest events. The store keeps them.
    pub events: Vec<Seq>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody first worked on it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// Why a job cannot take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// It has ended.
    #[error("the job has ended")]
    Ended,
    /// Somebody works on it already.
    #[error("the job runs already")]
    Running,
    /// It has not ended.
    #[error("the job has not ended")]
    NotEnded,
    /// Its deadline has not passed.
    #[error("the job's deadline has not passed")]
    NotDue,
    /// Jobs of its API end for good.
    #[error("a job that has ended stays so")]
    Final,
}

impl Job {
    /// Somebody begins to work on it.
    ///
    /// # Errors
    /// When it is not queued.
    pub fn start(&self, now: Timestamp) -> Result<Self, NotNow> {
        match self.status {
            JobStatus::Queued => {
                Ok(Self { status: JobStatus::Running, started_at: Some(now), ..self.clone() })
            }
            JobStatus::Running => Err(NotNow::Running),
            _ => Err(NotNow::Ended),
        }
    }

    /// Its work is done, also when no one said before that it had begun.
    ///
    /// # Errors
    /// When it has ended.
    pub fn succeed(&self, now: Timestamp) -> Result<Self, NotNow> {
        let job = self.end(JobStatus::Succeeded, now)?;
        Ok(Self { started_at: job.started_at.or(Some(now)), ..job })
    }

    /// Its work could not be done; `error` is a JSON text that says why.
    ///
    /// # Errors
    /// When it has ended.
    pub fn fail(&self, error: Option<Box<str>>, now: Timestamp) -> Result<Self, NotNow> {
        let job = self.end(JobStatus::Failed, now)?;
        Ok(Self { started_at: job.started_at.or(Some(now)), error, ..job })
    }

    /// Somebody calls it off.
    ///
    /// # Errors
    /// When it has ended.
    pub fn abort(&self, now: Timestamp) -> Result<Self, NotNow> {
        self.end(JobStatus::Aborted, now)
    }

    /// Its deadline passes.
    ///
    /// # Errors
    /// When it has ended, or its deadline lies ahead.
    pub fn time_out(&self, now: Timestamp) -> Result<Self, NotNow> {
        if !self.status.is_terminal() && self.deadline.is_none_or(|deadline| deadline > now) {
            return Err(NotNow::NotDue);
        }
        self.end(JobStatus::TimedOut, now)
    }

    /// Somebody works on it again after its end, for as long as it may take from now on.
    ///
    /// # Errors
    /// When it has not ended, or its API knows no such thing.
    pub fn resurrect(&self, now: Timestamp) -> Result<Self, NotNow> {
        if !self.status.is_terminal() {
            return Err(NotNow::NotEnded);
        }
        if self.dialect != Dialect::RunWebhooks {
            return Err(NotNow::Final);
        }
        let deadline = self.timeout.map(|timeout| now.plus(timeout));
        let again = Self { error: None, deadline, completed_at: None, ..self.clone() };
        Ok(Self { status: JobStatus::Running, ..again })
    }

    fn end(&self, status: JobStatus, now: Timestamp) -> Result<Self, NotNow> {
        if self.status.is_terminal() {
            return Err(NotNow::Ended);
        }
        // A clock that was set back gives no job an end before its beginning.
        let completed_at = now.max(self.started_at.unwrap_or(self.created_at));
        Ok(Self { status, completed_at: Some(completed_at), ..self.clone() })
    }

    /// Everything its events are about.
    #[must_use]
    pub fn about(&self) -> Vec<Scope> {
        let own = Scope::of("job", self.id);
        std::iter::once(own).chain(self.scopes.iter().cloned()).collect()
    }

    /// The job with a deadline no later than its whole timeout from now on, where it has a later one: a clock that was
    /// ahead set that.
    #[must_use]
    pub fn clamped(&self, now: Timestamp) -> Option<Self> {
        let latest = now.plus(self.timeout?);
        let late = self.waits_until().is_some_and(|deadline| deadline > latest);
        late.then(|| Self { deadline: Some(latest), ..self.clone() })
    }

    /// Whether a webhook whose number it names was made with it. Numbers of webhooks that are gone are given again
    /// to others.
    #[must_use]
    pub fn owns(&self, webhook: &Webhook) -> bool {
        webhook.account == self.account && webhook.terms.scope.as_ref() == Some(&Scope::of("job", self.id))
    }

    /// When the store has to look whether it timed out.
    #[must_use]
    pub fn waits_until(&self) -> Option<Timestamp> {
        self.deadline.filter(|_| !self.status.is_terminal())
    }

    /// `job.created`, which carries the input to the worker.
    #[must_use]
    pub fn created(&self, input: Option<&[u8]>) -> Option<NewEvent> {
        let timeout_ms = self.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        let job = Created {
            data: JobData::of(self),
            timeout_ms,
            metadata: self.metadata.as_deref().and_then(|text| raw(text.as_bytes())),
            input: input.and_then(raw),
        };
        self.event(JOB_CREATED, &Data { job })
    }

    /// The event about its end; `None` before it.
    #[must_use]
    pub fn ended(&self) -> Option<NewEvent> {
        let name = match self.status {
            JobStatus::Queued | JobStatus::Running => return None,
            JobStatus::Succeeded => "job.succeeded",
            JobStatus::Failed => "job.failed",
            JobStatus::TimedOut => "job.timed_out",
            JobStatus::Aborted => "job.aborted",
        };
        self.event(name, &Data { job: JobData::of(self) })
    }

    /// An event of the job's account.
    #[must_use]
    pub fn event(&self, name: &str, data: &impl Serialize) -> Option<NewEvent> {
        Some(NewEvent {
            account: self.account,
            event_type: name.parse().ok()?,
            source_id: None,
            occurred_at: None,
            // Where a webhook keeps an order by key, a job's events come in theirs.
            order_key: Key::new(&self.id.to_string()).ok(),
            metadata: None,
            data: Arc::from(serde_json::to_vec(data).ok()?),
        })
    }
}

fn raw(text: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(text).ok()
}

#[derive(Serialize)]
struct Data<T> {
    job: T,
}

/// What an event says of a job.
#[derive(Serialize)]
struct JobData<'a> {
    id: String,
    r#type: &'a str,
    status: &'static str,
    result_count: u64,
    created_at: String,
    started_at: Option<String>,
    completed_at: Option<String>,
}

impl<'a> JobData<'a> {
    fn of(job: &'a Job) -> Self {
        Self {
            id: job.id.to_string(),
            r#type: job.job_type.as_str(),
            status: job.status.as_str(),
            result_count: job.result_count,
            created_at: job.created_at.to_string(),
            started_at: job.started_at.map(|at| at.to_string()),
            completed_at: job.completed_at.map(|at| at.to_string()),
        }
    }
}

/// What its first event says besides.
#[derive(Serialize)]
struct Created<'a> {
    #[serde(flatten)]
    data: JobData<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reserved::JOB_ENDS;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn job() -> Job {
        Job {
            id: JobId::new(at(1000), Seq(7), 3),
            account: AccountNo(1),
            dialect: Dialect::Native,
            job_type: "batch_detail".parse().unwrap(),
            status: JobStatus::Queued,
            error: None,
            result_count: 213,
            timeout: None,
            deadline: Some(at(9000)),
            metadata: None,
            scopes: vec![Scope::of("actor", "a")],
            webhooks: vec![],
            events: vec![],
            created_at: at(1000),
            started_at: None,
            completed_at: None,
        }
    }

    #[test]
    fn a_job_ends_once() {
        let queued = job();
        let running = queued.start(at(2000)).unwrap();
        assert_eq!(running.start(at(2500)), Err(NotNow::Running));
        let ends = |job: &Job| {
            [
                job.succeed(at(9000)),
                job.fail(Some("1".into()), at(9000)),
                job.abort(at(9000)),
                job.time_out(at(9000)),
            ]
        };
        for from in [&queued, &running] {
            for ended in ends(from) {
                let ended = ended.unwrap();
                assert!(ended.status.is_terminal() && ended.completed_at == Some(at(9000)));
                assert_eq!(ended.waits_until(), None);
                assert!(ends(&ended).iter().all(|again| again == &Err(NotNow::Ended)));
                assert_eq!(ended.start(at(9000)), Err(NotNow::Ended));
                assert_eq!(ended.resurrect(at(9000)), Err(NotNow::Final));
            }
        }
        assert_eq!(running.time_out(at(8999)), Err(NotNow::NotDue));
        assert_eq!(Job { deadline: None, ..running.clone() }.time_out(at(9000)), Err(NotNow::NotDue));
        assert_eq!(running.succeed(at(1)).unwrap().completed_at, Some(at(2000)));
    }

    #[test]
    fn where_the_api_knows_it_a_job_goes_on_after_its_end() {
        let run = Job { dialect: Dialect::RunWebhooks, timeout: Some(Duration::from_secs(8)), ..job() };
        assert_eq!(run.resurrect(at(9000)), Err(NotNow::NotEnded));
        let again = run.fail(Some("{}".into()), at(2000)).unwrap().resurrect(at(9000)).unwrap();
        assert_eq!(
            (again.status, again.error.as_deref(), again.completed_at),
            (JobStatus::Running, None, None)
        );
        assert_eq!(again.deadline, Some(at(17_000)));
        assert_eq!(again.succeed(at(3000)).unwrap().status, JobStatus::Succeeded);
    }

    #[test]
    fn its_events_say_what_the_contract_says() {
        let ended = job().start(at(2000)).unwrap().succeed(at(3000)).unwrap();
        let event = ended.ended().unwrap();
        assert_eq!(event.event_type.as_str(), "job.succeeded");
        let text = format!(
            r#"{{"job":{{"id":"{}","type":"batch_detail","status":"succeeded","result_count":213,"created_at":"1970-01-01T00:00:01.000Z","started_at":"1970-01-01T00:00:02.000Z","completed_at":"1970-01-01T00:00:03.000Z"}}}}"#,
            ended.id
        );
        assert_eq!(String::from_utf8_lossy(&event.data), text);
        assert!(job().ended().is_none());
        let words: Vec<_> = [
            job().succeed(at(1)).unwrap(),
            job().fail(None, at(1)).unwrap(),
            job().time_out(at(9000)).unwrap(),
            job().abort(at(1)).unwrap(),
        ]
        .iter()
        .map(|job| job.ended().unwrap().event_type.to_string())
        .collect();
        assert_eq!(words, JOB_ENDS);
        let made =
            Job { metadata: Some(r#"{"a": 1}"#.into()), timeout: Some(Duration::from_secs(8)), ..job() };
        let event = made.created(Some(br#"{"n": 1.50}"#)).unwrap();
        let text = String::from_utf8_lossy(&event.data).into_owned();
        assert!(text.ends_with(r#""timeout_ms":8000,"metadata":{"a": 1},"input":{"n": 1.50}}}"#), "{text}");
        assert_eq!(made.about(), [Scope::of("job", made.id), Scope::of("actor", "a")]);
    }

    #[test]
    fn a_deadline_that_a_clock_ahead_set_is_no_later_than_the_timeout_from_now_on() {
        let job = Job { timeout: Some(Duration::from_secs(5)), deadline: Some(at(9000)), ..job() };
        assert_eq!(job.clamped(at(4000)), None);
        assert_eq!(job.clamped(at(3999)).unwrap().deadline, Some(at(8999)));
        assert_eq!(Job { timeout: None, ..job.clone() }.clamped(at(0)), None, "nobody knows");
        assert_eq!(job.succeed(at(1)).unwrap().clamped(at(0)), None, "it has ended");
    }
}
