//! The story: two webhooks, one event, two failures, a crash in the middle, and everything arrives.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::process::{Command, Process, connect};
use super::receiver::{Arrival, Receiver};
use crate::cli::connection::{Daemon, with_query};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, clean};
use crate::clock;
use crate::domain::time::Timestamp;
use crate::sign::verify::{TOLERANCE, Verifier, verify};

/// How long each thing may take before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the daemon is asked how a delivery stands.
const PAUSE: Duration = Duration::from_millis(20);

/// Everything on stage.
pub(super) struct Script {
    pub(super) output: Output,
    pub(super) receiver: Receiver,
    pub(super) command: Command,
    pub(super) process: Process,
    pub(super) daemon: Daemon,
}

/// A webhook of the story.
struct Hook {
    id: String,
    verifier: Verifier,
}

impl Script {
    /// Plays the story from beginning to end.
    pub(super) async fn play(&mut self) -> Result<(), Failure> {
        let ready = &self.process.ready;
        let store = self.command.directory.display();
        self.output.line(&format!("ready  {}   admin {}   store {store}", ready.api, ready.admin))?;
        let ok = self.add("/ok", "").await?;
        let flaky = self.add("/flaky", "   (fails twice, then works)").await?;
        let sent_at = clock::monotonic();
        let event = self.send().await?;

        let arrival = arrival(&mut self.receiver.ok, "/ok").await?;
        let took = human(clock::monotonic() - sent_at);
        self.verified(&ok, &arrival, &took)?;
        for number in 1..=2 {
            self.failed_attempt(&flaky, &event, number).await?;
        }
        self.crash().await?;
        let arrival = arrival_of_success(&mut self.receiver.flaky).await?;
        self.verified(&flaky, &arrival, "")?;
        self.settled(&event).await
    }

    async fn add(&self, path: &str, note: &str) -> Result<Hook, Failure> {
        let url = format!("http://{}{path}", self.receiver.address);
        let body = json!({"url": url, "events": ["*"], "profile": "demo"});
        let answer = self.daemon.api(Method::POST, "/v1/webhooks", Some(&body)).await?;
        let id = text(&answer, "id")?;
        let secret = text(&answer, "secret")?;
        let verifier = Verifier::parse(&secret).map_err(|why| Failure::other(format!("its secret {why}")))?;
        let (short, url) = (clean(&id), format!("{url:<30}"));
        self.output.line(&format!("  webhook   {short}  → {url} demo{note}"))?;
        Ok(Hook { id, verifier })
    }

    async fn send(&self) -> Result<String, Failure> {
        let body =
            json!({"type": "order.paid", "data": {"order": "1001", "total": "49.90", "currency": "EUR"}});
        let answer = self.daemon.api(Method::POST, "/v1/events", Some(&body)).await?;
        let id = text(&answer, "id")?;
        let count = answer.get("deliveries").and_then(Value::as_u64).unwrap_or(0);
        self.output.line(&format!("  event     {}  order.paid   {count} deliveries, durable", clean(&id)))?;
        if count == 2 { Ok(id) } else { Err(Failure::other("the event should have 2 deliveries")) }
    }

    /// Tells a delivery that arrived, once its signature is verified.
    fn verified(&self, hook: &Hook, arrival: &Arrival, took: &str) -> Result<(), Failure> {
        check(hook, arrival)?;
        let status = arrival.status.as_u16();
        self.output.line(&format!("  delivered {}  {status}  {took:<8} signature verified", hook.id))
    }

    async fn failed_attempt(&mut self, hook: &Hook, event: &str, number: u64) -> Result<(), Failure> {
        let arrival = arrival(&mut self.receiver.flaky, "/flaky").await?;
        check(hook, &arrival)?;
        let recorded = |delivery: &Value| attempts(delivery) >= number;
        let delivery = self.delivery(event, &hook.id, "the failed attempt on record", recorded).await?;
        let next = delivery.get("next_attempt_at").and_then(Value::as_str);
        let next = next.and_then(|text| text.parse::<Timestamp>().ok());
        let next = next.map_or_else(|| "none".to_owned(), |at| human(round(at.since(clock::now()))));
        let status = arrival.status.as_u16();
        self.output.line(&format!("  attempt {number} {}  {status}  next in {next}", hook.id))
    }

    /// Kills the daemon while a delivery waits for its next attempt, and starts it again.
    async fn crash(&mut self) -> Result<(), Failure> {
        self.process.kill().await?;
        self.process = self.command.start().await?;
        self.daemon = connect(&self.process, &self.command.directory)?;
        let path = with_query("/v1/deliveries", &[("state", Some("pending".to_owned()))]);
        let page = self.daemon.api(Method::GET, &path, None).await?;
        let pending = page.get("data").and_then(Value::as_array).map_or(0, Vec::len);
        self.output.line(&format!("  kill -9 and restart: {pending} pending recovered"))?;
        if pending == 1 { Ok(()) } else { Err(Failure::other("1 delivery should be pending")) }
    }

    /// Waits until both deliveries are recorded as delivered.
    async fn settled(&self, event: &str) -> Result<(), Failure> {
        let path = with_query("/v1/deliveries", &[("state", Some("pending".to_owned()))]);
        let settle = async {
            loop {
                let page = self.daemon.api(Method::GET, &path, None).await?;
                if page.get("data").and_then(Value::as_array).is_some_and(Vec::is_empty) {
                    return Ok(());
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        within(&format!("the deliveries of {event} on record"), settle).await
    }

    /// Asks for the event's delivery to a webhook until `done`.
    async fn delivery(
        &self,
        event: &str,
        webhook: &str,
        what: &str,
        done: impl Fn(&Value) -> bool,
    ) -> Result<Value, Failure> {
        let path = with_query("/v1/deliveries", &[("webhook_id", Some(webhook.to_owned()))]);
        let ask = async {
            loop {
                let page = self.daemon.api(Method::GET, &path, None).await?;
                let rows = page.get("data").and_then(Value::as_array).into_iter().flatten();
                let mut ours = rows.filter(|row| row.get("event_id").and_then(Value::as_str) == Some(event));
                if let Some(delivery) = ours.find(|row| done(row)) {
                    return Ok(delivery.clone());
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        within(what, ask).await
    }
}

async fn within<T>(what: &str, waiting: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = |_| Failure::other(format!("{what} did not happen within {}", human(PATIENCE)));
    timeout(PATIENCE, waiting).await.map_err(late)?
}

async fn arrival(arrivals: &mut mpsc::Receiver<Arrival>, path: &str) -> Result<Arrival, Failure> {
    let next = async { arrivals.recv().await.ok_or_else(|| Failure::other("the receiver stopped")) };
    within(&format!("a delivery to {path}"), next).await
}

/// The next arrival that was answered with success. A crash may repeat an attempt, so that a
/// failure may come again before it.
async fn arrival_of_success(arrivals: &mut mpsc::Receiver<Arrival>) -> Result<Arrival, Failure> {
    loop {
        let next = arrival(arrivals, "/flaky").await?;
        if next.status.is_success() {
            return Ok(next);
        }
    }
}

fn check(hook: &Hook, arrival: &Arrival) -> Result<(), Failure> {
    let verified = verify(&arrival.headers, &arrival.body, &hook.verifier, clock::now(), TOLERANCE);
    verified.map(|_| ()).map_err(|why| Failure::other(format!("a delivery to {}: {why}", hook.id)))
}

fn text(answer: &Value, member: &str) -> Result<String, Failure> {
    let text = answer.get(member).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| Failure::other(format!("the daemon's answer has no {member}")))
}

/// How many attempts a delivery had.
fn attempts(delivery: &Value) -> u64 {
    delivery.get("attempts").and_then(Value::as_u64).unwrap_or(0)
}

/// To the tenth of a second.
fn round(wait: Duration) -> Duration {
    Duration::from_millis(
        (u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(50) / 100) * 100,
    )
}

/// A duration for people: `4 ms`, `1 s`, `1.5 s`.
fn human(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        millis if millis % 1000 == 0 => format!("{} s", millis / 1000),
        millis => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let millis = Duration::from_millis;
        assert_eq!(human(millis(4)), "4 ms");
        assert_eq!(human(millis(1000)), "1 s");
        assert_eq!(human(millis(1530)), "1.5 s");
        assert_eq!(human(round(millis(984))), "1 s");
        assert_eq!(human(round(millis(1960))), "2 s");
    }
}
