//! The connection over which deliveries come, taken up again when it is lost, and what is done with them: each is
//! forwarded, and what its target answered is posted. What the daemon said it has is never sent again; all else is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use serde_json::{Map, Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout_at};

use super::answer::{self, Posted};
use super::report::Report;
use super::target::{Request, Target};
use crate::cli::client::Reply;
use crate::cli::connection::{Daemon, with_id};
use crate::cli::failure::{Exit, Failure};
use crate::cli::many::eprint_line;
use crate::cli::output::clean;
use crate::cli::sse::{Item, Reader};
use crate::domain::outcome::{ErrorKind, Exchange};
use crate::{clock, limits};

/// The pauses before a lost connection is taken up again: the first one, and what doubling it comes to.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// The flags that make the members of the request.
const FLAGS: [(&str, &str); 4] =
    [("/events", "--events"), ("/profile", "--profile"), ("/secret", "--secret"), ("/keep", "--keep")];

/// What the daemon is asked for.
#[derive(Debug, Default)]
pub(in crate::cli) struct Wish {
    pub(in crate::cli) events: Vec<String>,
    pub(in crate::cli) profile: Option<String>,
    /// The name under which the webhook is kept; without one it ends with the connection.
    pub(in crate::cli) keep: Option<String>,
    pub(in crate::cli) secret: Option<String>,
}

/// Called once deliveries come, with the webhook, and its secret where that was asked for or this made the webhook.
pub(in crate::cli) type OnReady = Box<dyn FnMut(&Value, Option<&str>) -> Result<(), Failure>>;

/// A listener.
pub(in crate::cli) struct Session {
    wish: Wish,
    /// Whether the secret is asked for.
    reveal: bool,
    /// How long the daemon may be away.
    max_away: Duration,
    on_ready: OnReady,
    forwarder: Arc<Forwarder>,
    /// Requests at the target, and answers on their way.
    answers: JoinSet<Result<(), Failure>>,
    /// The webhook's id, once there is one.
    webhook: Option<String>,
    /// When the daemon last sent anything.
    heard: Option<Instant>,
    /// Whether it was said that the daemon is away.
    said: bool,
    bye: Option<Bye>,
}

/// Forwards requests.
struct Forwarder {
    daemon: Daemon,
    target: Target,
    /// Where requests and answers are printed.
    report: Option<Report>,
    permits: Semaphore,
}

/// Why the daemon ended the stream.
#[derive(serde::Deserialize)]
struct Bye {
    reason: String,
    detail: String,
}

/// How a connection ended.
enum Ended {
    /// By Ctrl-C.
    Stopped,
    /// It may be taken up again.
    Lost(Failure),
    /// For good.
    Over(Failure),
}

/// What the daemon answered with a stream that ended, or in its place.
type Read = Result<Result<(), Reply>, Failure>;

impl Session {
    pub(in crate::cli) fn new(
        daemon: Daemon,
        (wish, reveal): (Wish, bool),
        target: Target,
        report: Option<Report>,
        max_away: Duration,
        on_ready: OnReady,
    ) -> Self {
        let forwarder = Forwarder { daemon, target, report, permits: Semaphore::new(limits::FORWARDS) };
        Self {
            wish,
            reveal,
            max_away,
            on_ready,
            forwarder: Arc::new(forwarder),
            answers: JoinSet::new(),
            webhook: None,
            heard: None,
            said: false,
            bye: None,
        }
    }

    /// Listens until Ctrl-C, or until the stream is lost for good.
    ///
    /// # Errors
    /// Says why it is.
    pub(in crate::cli) async fn run(mut self) -> Result<(), Failure> {
        let mut interrupts = signal(SignalKind::interrupt()).map_err(Failure::other)?;
        let (least, most) = PAUSES;
        let mut pause = least;
        loop {
            let before = self.heard;
            let why = match self.connect(&mut interrupts).await {
                Ended::Stopped => break,
                Ended::Over(failure) => return Err(failure),
                Ended::Lost(why) => why,
            };
            // Only a daemon that was there before may be away for a while.
            let Some(heard) = self.heard else { return Err(why) };
            if clock::monotonic().duration_since(heard) >= self.max_away {
                return Err(why.about(&format!("the daemon was away for {:?}", self.max_away)));
            }
            pause = if self.heard == before { (pause * 2).min(most) } else { least };
            if let (false, Failure::Failed { message, .. }) = (self.said, &why) {
                eprint_line(&format!("{}; trying again", clean(message)));
                self.said = true;
            }
            tokio::select! {
                () = sleep(pause) => {}
                _ = interrupts.recv() => break,
            }
        }
        if let (Some(name), Some(id)) = (&self.wish.keep, &self.webhook) {
            let (name, id) = (clean(name), clean(id));
            eprint_line(&format!(
                "deliveries wait for {name} until it listens again; `ringback webhook rm {id}` ends that"
            ));
        }
        Ok(())
    }

    /// One connection, from its beginning to its end.
    async fn connect(&mut self, interrupts: &mut Signal) -> Ended {
        let (sender, mut items) = mpsc::channel(limits::FORWARD_ITEMS);
        let mut reading = JoinSet::new();
        reading.spawn(read(self.forwarder.daemon.clone(), self.wish.body(), sender));
        let mut stopping = false;
        while !stopping || !self.answers.is_empty() {
            tokio::select! {
                item = items.recv() => match item {
                    Some(item) => {
                        self.heard = Some(clock::monotonic());
                        // What comes now is for the next connection.
                        if !stopping && let Err(failure) = self.item(item).await {
                            return Ended::Over(failure);
                        }
                    }
                    None => break,
                },
                Some(done) = self.answers.join_next() => {
                    if let Ok(Err(failure)) = done {
                        return Ended::Over(failure);
                    }
                }
                _ = interrupts.recv() => {
                    if stopping {
                        return Ended::Stopped;
                    }
                    stopping = true;
                    if !self.answers.is_empty() {
                        eprint_line(&format!("waiting for {} answers; Ctrl-C again stops at once", self.answers.len()));
                    }
                }
            }
        }
        if stopping {
            return Ended::Stopped;
        }
        let read = reading.join_next().await;
        self.ended(read.and_then(Result::ok).unwrap_or(Ok(Ok(()))))
    }

    /// What the end of a stream means.
    fn ended(&mut self, read: Read) -> Ended {
        if let Some(Bye { reason, detail }) = self.bye.take() {
            let exit = if ["revoked", "expired"].contains(&reason.as_str()) {
                Exit::Unauthorised
            } else {
                Exit::Other
            };
            let why = Failure::new(exit, format!("{reason}: {detail}"));
            let again = ["draining", "slow", "unanswered"].contains(&reason.as_str());
            return if again { Ended::Lost(why) } else { Ended::Over(why) };
        }
        match read {
            Ok(Ok(())) => Ended::Lost(Failure::new(Exit::Unreachable, "the daemon ended the connection")),
            Ok(Err(reply)) if answer::is_busy(reply.status) => Ended::Lost(self.refusal(&reply)),
            Ok(Err(reply)) => Ended::Over(self.refusal(&reply)),
            Err(failure @ Failure::Failed { exit: Exit::Unreachable, .. }) => Ended::Lost(failure),
            Err(failure) => Ended::Over(failure),
        }
    }

    fn refusal(&self, reply: &Reply) -> Failure {
        self.forwarder.daemon.refusal(reply).naming(&FLAGS)
    }

    async fn item(&mut self, item: Item) -> Result<(), Failure> {
        match item.name.as_str() {
            "listening" => self.listening(&item.data).await,
            "request" => {
                let request: Request = parsed(&item.data)?;
                let (webhook, came) = (self.webhook.clone().unwrap_or_default(), clock::monotonic());
                let forwarder = Arc::clone(&self.forwarder);
                self.answers.spawn(async move { forwarder.forward(&webhook, &request, came).await });
                Ok(())
            }
            "bye" => {
                self.bye = Some(parsed(&item.data)?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn listening(&mut self, data: &str) -> Result<(), Failure> {
        let mut first: Value = parsed(data)?;
        let webhook = first.get_mut("webhook").map(Value::take).unwrap_or_default();
        let text = |name: &str| webhook.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("id").unwrap_or_default();
        let known = self.webhook.replace(id.clone()).is_some();
        if self.wish.keep.is_none() {
            // The next connection makes another webhook, for which this one's receiver is to be ready.
            self.wish.secret = text("secret").or(self.wish.secret.take());
        }
        if let Some(state) = text("state").filter(|state| state != "active") {
            eprint_line(&format!(
                "the webhook is {}: `ringback webhook resume {}`",
                clean(&state),
                clean(&id)
            ));
        }
        if known {
            if std::mem::take(&mut self.said) {
                eprint_line("connected again");
            }
            return Ok(());
        }
        let mut secret = text("secret");
        if secret.is_none() && self.reveal {
            let path = with_id("/v1/webhooks", &id, "/secret");
            let shown = self.forwarder.daemon.api(Method::GET, &path, None).await?;
            secret = shown.get("secret").and_then(Value::as_str).map(str::to_owned);
        }
        (self.on_ready)(&webhook, secret.as_deref())
    }
}

impl Wish {
    fn body(&self) -> Value {
        let mut body = Map::new();
        if !self.events.is_empty() {
            body.insert("events".to_owned(), json!(self.events));
        }
        for (name, given) in [("profile", &self.profile), ("keep", &self.keep), ("secret", &self.secret)] {
            body.extend(given.as_ref().map(|given| (name.to_owned(), json!(given))));
        }
        Value::Object(body)
    }
}

impl Forwarder {
    /// Forwards a request and posts what came of it. Only a reader of the output that has left is a failure.
    async fn forward(&self, webhook: &str, request: &Request, came: Instant) -> Result<(), Failure> {
        self.report.map_or(Ok(()), |report| report.came(request))?;
        let by = came + Duration::from_millis(request.timeout_ms);
        let turn = timeout_at(by.into(), self.permits.acquire()).await;
        let exchange = match &turn {
            Ok(_) => self.target.exchange(request, by.saturating_duration_since(clock::monotonic())).await,
            Err(_) => Exchange::failed(ErrorKind::TimeoutTotal, "requests before it took all the time"),
        };
        drop(turn);
        let posted =
            answer::post(&self.daemon, webhook, request, &exchange, by + limits::LISTENER_GRACE).await;
        let posted = posted.unwrap_or_else(|failure| {
            if let Failure::Failed { message, .. } = failure {
                eprint_line(&format!("an answer was refused: {}", clean(&message)));
            }
            Posted::Dropped
        });
        self.report.map_or(Ok(()), |report| report.went(request, &exchange, posted))
    }
}

/// Reads the stream into `items` until it ends.
async fn read(daemon: Daemon, body: Value, items: mpsc::Sender<Item>) -> Read {
    let request = http::Request::post("/v1/listen").header(CONTENT_TYPE, "application/json");
    let request = request.body(Full::from(body.to_string())).map_err(Failure::other)?;
    let mut reader = Reader::default();
    let take = |item| {
        items.try_send(item).map_err(|_| Failure::other("the daemon sends more than may be in flight"))
    };
    daemon.api_stream(request, |piece| reader.take(&piece)?.into_iter().try_for_each(take)).await
}

fn parsed<T: serde::de::DeserializeOwned>(data: &str) -> Result<T, Failure> {
    serde_json::from_str(data).map_err(|error| Failure::other(format!("the daemon's stream: {error}")))
}
