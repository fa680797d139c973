//! One authenticated request on its way through its handler.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answer::{Answer, json};
use super::arriving::Arriving;
use super::auth::Caller;
use super::budgets::{Owner, Place};
use super::connection::Connection;
use super::context::Context;
use super::document::{self, Faults};
use super::gather::Gathered;
use super::inflate::{Corrupt, Inflate};
use super::problem::{Code, Problem};
use super::query::Query;
use super::standing::{Ended, Standing};
use super::walk;
use crate::app::webhooks::{self, Approved, Change};
use crate::clock;
use crate::domain::account::{Role, Roles};
use crate::domain::id::AccountNo;
use crate::domain::target::TargetUrl;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::fair::{Exhausted, Permit};
use crate::limits;
use crate::store::command::{Actor, Edit, Edited, Idempotency};
use crate::store::{Store, StoreError};

/// A byte order mark in UTF-8.
pub(in crate::api) const BOM: &[u8] = "\u{FEFF}".as_bytes();

/// A request whose caller may make it.
pub struct Call {
    /// What handlers work with.
    pub context: Arc<Context>,
    /// Who calls.
    pub caller: Caller,
    /// Whether its token still opens anything; `None` where none was asked for.
    pub standing: Option<Standing>,
    /// The address it came from.
    pub peer: IpAddr,
    /// The request's method.
    pub method: Method,
    /// The request's headers.
    pub headers: HeaderMap,
    /// Its query parameters.
    pub query: Query,
    /// What stands for the path template's first variable, percent-decoded once.
    pub param: String,
    /// The same for its second one: the key of something within what the first one names.
    pub key: String,
    /// The request's id.
    pub request_id: Arc<str>,
    /// When it came.
    pub now: Timestamp,
    pub(super) body: Source,
    /// The body's share of what all bodies may have.
    pub(super) held: Option<Permit<Owner>>,
    /// When the body was last looked at for progress, and how much of it there was.
    pub(super) pace: Option<(Instant, u64)>,
    /// The connection it came on.
    pub(super) connection: Arc<Connection>,
    /// Whom what it takes is counted for.
    pub(super) owner: Owner,
}

/// A body as it arrives, inflated where it is compressed.
pub(super) struct Source {
    arriving: Arriving,
    inflate: Option<Inflate>,
    /// Bytes that have arrived, as they were sent.
    arrived: u64,
}

impl Source {
    /// The body of a request.
    ///
    /// # Errors
    /// 415 for a content encoding that is not known.
    pub(super) fn new(headers: &HeaderMap, arriving: Arriving) -> Result<Self, Problem> {
        let inflate = if arriving.is_end_stream() { None } else { Inflate::of(headers)? };
        Ok(Self { arriving, inflate, arrived: 0 })
    }

    /// The next piece; `None` at the end.
    async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            if let Some(inflate) = &mut self.inflate {
                // Others have their turn between two pieces.
                tokio::task::yield_now().await;
                if let Some(piece) = inflate.next().map_err(corrupt)? {
                    return Ok(Some(piece));
                }
            }
            // Of a known length, the end is known with the last piece, a turn before it is told.
            let more = if self.arriving.is_end_stream() { None } else { self.arriving.frame().await };
            let Some(frame) = more else {
                let whole = self.inflate.take().is_none_or(|mut inflate| inflate.is_whole());
                return if whole { Ok(None) } else { Err(corrupt(Corrupt)) };
            };
            let Ok(data) = frame.map_err(|_| broken())?.into_data() else { continue };
            self.arrived += data.len() as u64;
            match &mut self.inflate {
                Some(inflate) => inflate.give(data),
                None => return Ok(Some(data)),
            }
        }
    }

    /// What it takes to inflate it, in bytes.
    fn memory(&self) -> usize {
        self.inflate.as_ref().map_or(0, Inflate::memory)
    }
}

/// The media type without its parameters, in lower case.
///
/// # Errors
/// 415 for a character set that is not UTF-8.
pub fn media_type(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let (media_type, parameters) = text.split_once(';').unwrap_or((text, ""));
    let media_type = media_type.trim().to_ascii_lowercase();
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"'))
    });
    let is_utf8 =
        |charset: &str| ["utf-8", "utf8", "us-ascii"].iter().any(|name| charset.eq_ignore_ascii_case(name));
    match charset {
        Some(charset) if !is_utf8(charset) => Err(unsupported(text, "UTF-8 only")),
        _ => Ok(Some(media_type)),
    }
}

/// Makes sure that a body, if it says of what type it is, is JSON.
///
/// # Errors
/// 415 when it is of another type.
pub fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    match media_type(headers)?.as_deref() {
        None | Some("application/json" | "application/merge-patch+json") => Ok(()),
        Some(other) => Err(unsupported(other, "application/json")),
    }
}

/// The problem of a body of another type than those taken.
#[must_use]
pub fn unsupported(found: &str, taken: &str) -> Problem {
    let detail = format!("the body's type is \"{found}\"; taken here: {taken}");
    Problem::new(Code::UnsupportedMediaType, detail).closing()
}

impl Call {
    /// The account the caller acts for.
    #[must_use]
    pub fn account(&self) -> AccountNo {
        self.caller.account
    }

    /// Refuses more of a stream once the daemon is about to stop, or the caller's token has ended.
    ///
    /// # Errors
    /// 503 while draining, 401 after the token's end.
    pub fn open_for_more(&self) -> Result<(), Problem> {
        self.context.open_for_new()?;
        self.standing.as_ref().map_or(Ok(()), Standing::check).map_err(Ended::problem)
    }

    /// The whole body, at most `most` bytes.
    ///
    /// # Errors
    /// 413 beyond that, 408 when it does not end in time.
    pub async fn body(&mut self, most: usize) -> Result<Bytes, Problem> {
        let deadline = self.context.rules().settings.body_deadline;
        if self.body.arriving.size_hint().lower() > most as u64 {
            return Err(too_large(most));
        }
        match tokio::time::timeout(deadline, self.collect(most)).await {
            Ok(collected) => collected,
            Err(_) => {
                self.body.arriving.give_up();
                Err(late(deadline))
            }
        }
    }

    /// The whole body as JSON text, without the byte order mark that some programs begin it with (RFC 8259, 8.1).
    ///
    /// # Errors
    /// As [`Self::body`].
    pub async fn json_body(&mut self, most: usize) -> Result<Bytes, Problem> {
        let mut body = self.body(most).await?;
        if body.starts_with(BOM) {
            bytes::Buf::advance(&mut body, BOM.len());
        }
        Ok(body)
    }

    async fn collect(&mut self, most: usize) -> Result<Bytes, Problem> {
        let mut gathered = Gathered::default();
        loop {
            let piece = self.piece().await?;
            let Some(data) = piece else { break };
            gathered.push(data);
            if gathered.len() > most {
                return Err(too_large(most));
            }
            self.hold(gathered.len() + self.body.memory())?;
        }
        self.hold_only(gathered.len());
        self.pace = None;
        Ok(gathered.whole())
    }

    /// The body's next piece, unless it gives way: when its connection's place is needed, or when it is
    /// slow while bodies have little memory left.
    async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let connection = Arc::clone(&self.connection);
        loop {
            let (began, had) = *self.pace.get_or_insert_with(|| (clock::monotonic(), self.body.arrived));
            let look = began + limits::BODY_PACE;
            let waiting = connection.wait();
            let piece = tokio::select! {
                biased;
                piece = self.body.piece() => Some(piece),
                () = connection.asked_to_give_way() => {
                    drop(waiting);
                    self.body.arriving.give_up();
                    return Err(gave_way("connections are"));
                }
                () = tokio::time::sleep_until(look.into()) => None,
            };
            drop(waiting);
            if clock::monotonic() >= look {
                self.pace = None;
                let slow = self.body.arrived.saturating_sub(had) < limits::BODY_PACE_BYTES;
                let bodies = &self.context.budgets.bodies;
                let scarce = bodies.held() > bodies.total() / 4 * 3;
                if slow && scarce && self.held.is_some() && !matches!(piece, Some(Ok(None))) {
                    self.body.arriving.give_up();
                    return Err(gave_way("memory for bodies is"));
                }
            }
            if let Some(piece) = piece {
                return piece;
            }
        }
    }

    /// Counts a body of `length` bytes among those that are held.
    ///
    /// # Errors
    /// 413 when it is too much by itself, 429 when its account's bodies together are, 503 when all bodies are.
    pub(super) fn hold(&mut self, length: usize) -> Result<(), Problem> {
        let wanted = permits(length);
        let bodies = &self.context.budgets.bodies;
        let held = match &mut self.held {
            Some(held) if held.units() >= wanted => return Ok(()),
            Some(held) => held.resize(wanted),
            None if wanted == 0 => return Ok(()),
            none => bodies.try_take(self.owner, wanted).map(|permit| *none = Some(permit)),
        };
        held.map_err(|why| {
            if wanted > bodies.per_key() {
                let detail = "the body and what it takes to inflate it are more than one account may have in memory; send it in parts, or uncompressed";
                return Problem::new(Code::TooLarge, detail).closing();
            }
            let (code, whose) = match why {
                Exhausted::Key => (Code::RateLimited, "of this account "),
                Exhausted::All => (Code::Overloaded, ""),
            };
            let detail = format!("too many large bodies {whose}are being worked on; try again");
            Problem::new(code, detail).retry_after(1).closing()
        })
    }

    /// Counts no more than a body of `length` bytes any longer.
    fn hold_only(&mut self, length: usize) {
        if let Some(held) = &mut self.held
            && permits(length) < held.units()
        {
            // It never fails to hold less.
            let _ = held.resize(permits(length));
        }
    }

    /// Bytes of the body that have arrived, as they were sent.
    pub(super) fn arrived(&self) -> u64 {
        self.body.arrived
    }

    /// A place among the answers that wait for something to happen, if there is one. Without it the
    /// answer is given at once, as things are.
    pub(super) fn place_to_wait(&self) -> Option<Place> {
        let per_account = self.context.rules().settings.waits;
        self.context.budgets.waits.take(&self.caller, per_account).ok()
    }

    /// Reads from the store where blocking is allowed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.context.read(self.account(), read).await
    }

    /// The next piece of a streamed body; `None` at its end.
    ///
    /// # Errors
    /// 408 when nothing comes for too long, 400 when the stream breaks.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        let silence = limits::STREAM_SILENCE.min(self.context.rules().settings.body_deadline * 2);
        let Ok(piece) = tokio::time::timeout(silence, self.piece()).await else {
            self.body.arriving.give_up();
            return Err(late(silence));
        };
        let piece = piece?;
        self.hold(self.body.memory())?;
        Ok(piece)
    }

    /// The body as a JSON document of settings, and the faults of its form.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn document<T: DeserializeOwned + JsonSchema>(&mut self) -> Result<(T, Faults), Problem> {
        self.document_of(limits::SETTINGS_BODY_BYTES).await
    }

    /// The body as a JSON document of at most `most` bytes, and the faults of its form.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn document_of<T: DeserializeOwned + JsonSchema>(
        &mut self,
        most: usize,
    ) -> Result<(T, Faults), Problem> {
        is_json(&self.headers)?;
        let body = self.json_body(most).await?;
        document::read(&body)
    }

    /// The body as a JSON document of settings; an empty body is an empty object.
    ///
    /// # Errors
    /// When it is no such document at all.
    pub async fn optional_document<T: DeserializeOwned + JsonSchema>(
        &mut self,
    ) -> Result<(T, Faults), Problem> {
        let body = self.json_body(limits::SETTINGS_BODY_BYTES).await?;
        if body.trim_ascii().is_empty() {
            return document::read(b"{}");
        }
        is_json(&self.headers)?;
        document::read(&body)
    }

    /// Makes sure that nothing is asked for in a body: there is none, or an empty object.
    ///
    /// # Errors
    /// Names what is in it.
    pub(super) async fn no_document(&mut self) -> Result<(), Problem> {
        if self.body.arriving.is_end_stream() {
            return Ok(());
        }
        let (members, mut faults) = self.optional_document::<Map<String, Value>>().await?;
        for name in members.keys().take(limits::PROBLEM_ERRORS) {
            let mut pointer = String::new();
            walk::push(&mut pointer, name);
            faults.add(&pointer, "is not known here; this path takes no members");
        }
        faults.done()
    }

    /// A target as the caller may see it: the values in its query may be its password.
    #[must_use]
    pub fn shown_target(&self, target: &TargetUrl) -> String {
        if self.manages_secrets() { target.as_str().to_owned() } else { target.masked() }
    }

    /// Carries out an edit in the caller's name.
    ///
    /// # Errors
    /// When the store cannot, or refuses it; `what` is the thing that may not exist.
    pub async fn edit(&self, edit: Edit, what: &'static str) -> Result<Edited, Problem> {
        let actor = Actor::Token(self.caller.token);
        let edited = self.context.store.edit(edit, actor, self.now).await?;
        edited.map_err(|refused| Problem::refused(&refused, what))
    }

    /// Whether the caller may manage the account's secrets.
    #[must_use]
    pub fn manages_secrets(&self) -> bool {
        self.caller.roles.may(Roles::of(&[Role::Manager]))
    }

    /// Makes a webhook in the caller's name.
    ///
    /// # Errors
    /// When the store cannot, or refuses it.
    pub async fn create_webhook(
        &self,
        approved: Approved,
        idempotency: Option<Idempotency>,
    ) -> Result<Arc<Webhook>, Problem> {
        let actor = Actor::Token(self.caller.token);
        let created = webhooks::create(&self.context.store, approved, idempotency, actor, self.now).await?;
        created.map_err(|refused| Problem::refused(&refused, "account"))
    }

    /// Stores a change of a webhook in the caller's name.
    ///
    /// # Errors
    /// When the store cannot, or somebody was quicker.
    pub async fn save_webhook(&self, change: Change) -> Result<Arc<Webhook>, Problem> {
        let actor = Actor::Token(self.caller.token);
        let saved = webhooks::save(&self.context.store, change, actor, self.now).await?;
        saved.map_err(|refused| Problem::refused(&refused, "webhook"))
    }

    /// The page of a list as its answer.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn list<T: serde::Serialize, P: super::query::Position>(
        &self,
        rows: Vec<T>,
        next: Option<P>,
    ) -> Result<Answer, Problem> {
        json(StatusCode::OK, &self.query.listing(rows, next))
    }
}

/// KiB that a body of `length` bytes counts.
fn permits(length: usize) -> usize {
    length.saturating_sub(limits::BODY_FREE_BYTES).div_ceil(1024)
}

fn too_large(most: usize) -> Problem {
    Problem::new(Code::TooLarge, format!("the body may have at most {most} bytes")).closing()
}

fn late(wait: Duration) -> Problem {
    Problem::new(Code::RequestTimeout, format!("the body did not arrive within {} s", wait.as_secs_f64()))
        .closing()
}

fn gave_way(what: &str) -> Problem {
    let detail = format!("the body came slowly while {what} scarce, and gave way to others; try again");
    Problem::new(Code::Overloaded, detail).retry_after(1).closing()
}

fn broken() -> Problem {
    Problem::new(Code::MalformedRequest, "the body broke off").closing()
}

fn corrupt(Corrupt: Corrupt) -> Problem {
    Problem::new(Code::MalformedRequest, "the body is not in the content encoding it is said to be in")
        .closing()
}
