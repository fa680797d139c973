//! `inbox`: a receiver on this machine that shows what arrives, says whether its signature is right, and fails as it is
//! asked to.

mod arrivals;
mod page;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::context::Context;
use super::failure::{Exit, Failure};
use super::listen::{Session, Target, Webhook};
use super::many::eprint_line;
use super::output::{Output, clean};
use super::receiver::{Desk, Receiver};
use crate::clock;
use crate::domain::time::duration;
use crate::sign::verify::Verifier;
use arrivals::{Arrival, Arrivals, Verdict};

/// Where it listens, and how it answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback inbox --register --events 'order.*'
  ringback inbox --secret whsec_… --fail-first 3
  ringback inbox --status 410 --delay 9s")]
pub(super) struct Args {
    /// Where it listens, and has its page
    #[arg(long, value_name = "ADDRESS", value_parser = crate::config::socket, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Have the daemon send here what happens while this runs, which needs no webhook to this address
    #[arg(long)]
    register: bool,
    /// Answer so many requests with 503, or --status, and the others with 200
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    fail_first: u64,
    /// The status to answer with
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u16).range(200..600))]
    status: Option<u16>,
    /// Answer after this time
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    delay: Option<Duration>,
    #[command(flatten)]
    webhook: Webhook,
}

/// The inbox, as requests find it.
struct Inbox {
    arrivals: Arrivals,
    /// Set once the secret is known.
    verifier: OnceLock<Verifier>,
    /// Whether only this machine reaches it.
    local: bool,
    answers: Answers,
    output: Output,
}

/// How requests are answered.
struct Answers {
    fail_first: u64,
    failure: StatusCode,
    then: StatusCode,
    delay: Duration,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<(), Failure> {
    let Args { listen, register, webhook, .. } = &args;
    if let Some(flag) = webhook.only_made().filter(|_| !register) {
        return Err(Failure::usage(format!(
            "{flag}: needs --register, with which the daemon makes a webhook"
        )));
    }
    let in_use = |error| Failure::new(Exit::Other, format!("--listen: {listen}: {error}"));
    let listener = TcpListener::bind(listen).await.map_err(in_use)?;
    let secret = webhook.secret()?;
    let inbox = Arc::new(Inbox::new(&args, secret.as_deref(), context.output)?);
    let receiver = Receiver::serve(listener, Arc::clone(&inbox)).map_err(in_use)?;
    let address = receiver.address;
    if !inbox.local {
        eprint_line("others who reach this address see what arrives, too");
    }
    inbox.say(&json!({"type": "ready", "url": format!("http://{address}/")}), || {
        format!("ready   http://{address}/")
    })?;
    if !register {
        return tokio::signal::ctrl_c().await.map_err(Failure::other);
    }
    let daemon = context.daemon()?;
    let reached = if address.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], address.port()))
    } else {
        address
    };
    // Its own address, whichever that is.
    let target = Target::new(&format!("http://{reached}/"), true).await?;
    let (max_away, wish) = (args.webhook.max_away, args.webhook.wish(None, secret));
    let on_ready = move |webhook: &Value, secret: Option<&str>| inbox.registered(webhook, secret);
    Session::new(daemon, (wish, true), target, None, max_away, Box::new(on_ready)).run().await
}

impl Inbox {
    fn new(args: &Args, secret: Option<&str>, output: Output) -> Result<Self, Failure> {
        let status = |code: u16| StatusCode::from_u16(code).map_err(Failure::usage);
        let given = args.status.map(status).transpose()?;
        let answers = Answers {
            fail_first: args.fail_first,
            failure: given.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
            then: given.filter(|_| args.fail_first == 0).unwrap_or(StatusCode::OK),
            delay: args.delay.unwrap_or_default(),
        };
        let verifier = OnceLock::new();
        if let Some(secret) = secret {
            let parsed = Verifier::parse(secret).map_err(|why| Failure::usage(format!("--secret: {why}")))?;
            let _ = verifier.set(parsed);
        }
        let local = args.listen.ip().to_canonical().is_loopback();
        Ok(Self { arrivals: Arrivals::default(), verifier, local, answers, output })
    }

    fn registered(&self, webhook: &Value, secret: Option<&str>) -> Result<(), Failure> {
        if let Some(Ok(verifier)) = secret.map(Verifier::parse) {
            // The one that was given is the same.
            let _ = self.verifier.set(verifier);
        }
        let id = webhook.get("id").and_then(Value::as_str).unwrap_or_default();
        let line = json!({"type": "registered", "webhook_id": id, "events": webhook.get("events")});
        self.say(&line, || {
            let events = webhook.get("events").map(super::table::plain).unwrap_or_default();
            format!("        {events}, by webhook {} until this ends", clean(id))
        })
    }

    fn say(&self, json: &Value, line: impl FnOnce() -> String) -> Result<(), Failure> {
        self.output.line(&if self.output.json { json.to_string() } else { line() })
    }

    /// Keeps a request, and prints it; what it is answered.
    fn keep(&self, request: Request<Bytes>) -> StatusCode {
        let at = clock::now();
        let verdict = Verdict::of(self.verifier.get(), &request, at);
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let mut status = self.answers.then;
        self.arrivals.keep(|number| {
            if number <= self.answers.fail_first {
                status = self.answers.failure;
            }
            let (method, headers, length) = (head.method, head.headers, body.len());
            let arrival = Arrival { number, at, method, path, headers, body, length, verdict, status };
            // Who no longer reads this may still look at the page.
            let _ = self.say(&arrival.json(), || {
                let line = arrival.line();
                if arrival.is_fine() { line } else { self.output.alarm(line) }
            });
            arrival
        });
        status
    }

    fn note(&self) -> String {
        let Answers { fail_first, failure, then, delay } = &self.answers;
        let first = match fail_first {
            0 => String::new(),
            count => format!("the first {count} with {}, the others ", failure.as_u16()),
        };
        let late = if delay.is_zero() { String::new() } else { format!(", after {delay:?}") };
        format!("answers {first}with {}{late}", then.as_u16())
    }

    /// Whether the page may be shown: a name that leads here may be the trick of another site.
    fn may_show(&self, request: &Request<Bytes>) -> bool {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let host = url::Url::parse(&format!("http://{host}/"));
        let host =
            host.ok().and_then(|url| url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned()));
        !self.local || host.is_some_and(|host| host == "localhost" || host.parse::<IpAddr>().is_ok())
    }
}

impl Desk for Inbox {
    async fn answer(&self, request: Request<Bytes>) -> Response<Full<Bytes>> {
        if request.method() == Method::GET && ["/", "/arrivals"].contains(&request.uri().path()) {
            if !self.may_show(&request) {
                return with_status(StatusCode::MISDIRECTED_REQUEST);
            }
            let query = request.uri().query().unwrap_or_default();
            let seen = query.strip_prefix("after=").and_then(|seen| seen.parse().ok());
            return match request.uri().path() {
                "/" => page::whole(&self.arrivals, &self.note()),
                _ => page::newer(&self.arrivals, seen.unwrap_or_default()),
            };
        }
        let status = self.keep(request);
        tokio::time::sleep(self.answers.delay).await;
        with_status(status)
    }
}

fn with_status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
