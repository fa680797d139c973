//! A request's body: bounded in length, in time, and in what it takes of the memory that all bodies share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use http::HeaderMap;
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::arriving::Arriving;
use super::body_buffer::BodyBuffer;
use super::connection::Connection;
use super::document::BOM;
use super::inflate::{Corrupt, Inflate};
use super::owner::Owner;
use super::problem::{Code, Problem};
use crate::clock;
use crate::fair::{Exhausted, FairBudget, Permit};
use crate::limits;

/// A request's body.
pub struct RequestBody {
    source: Source,
    connection: Arc<Connection>,
    /// Whom what it takes is counted for.
    owner: Owner,
    /// KiB that all bodies together may have.
    budget: FairBudget<Owner>,
    /// How long it may take.
    deadline: Duration,
    /// Its share of the budget.
    held: Option<Permit<Owner>>,
    /// When it was last checked for progress, and how much of it there was.
    pace: Option<(Instant, u64)>,
}

/// A body as it arrives, inflated where it is compressed.
struct Source {
    arriving: Arriving,
    inflate: Option<Inflate>,
    /// Bytes that have arrived, as they were sent.
    arrived: u64,
}

impl Source {
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
            // Of a known length, the end is known with the last piece, one poll before it is reported.
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

impl RequestBody {
    /// The body of a request, which counts in `budget` for `owner` and may take as long as `deadline`.
    ///
    /// # Errors
    /// 415 for a content encoding that is not known.
    pub fn new(
        headers: &HeaderMap,
        arriving: Arriving,
        connection: Arc<Connection>,
        (owner, budget): (Owner, FairBudget<Owner>),
        deadline: Duration,
    ) -> Result<Self, Problem> {
        let inflate = if arriving.is_end_stream() { None } else { Inflate::of(headers)? };
        let source = Source { arriving, inflate, arrived: 0 };
        Ok(Self { source, connection, owner, budget, deadline, held: None, pace: None })
    }

    /// Whether it is known to have no more bytes.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.source.arriving.is_end_stream()
    }

    /// Bytes of it that have arrived, as they were sent.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.source.arrived
    }

    /// The whole body, at most `most` bytes.
    ///
    /// # Errors
    /// 413 beyond that, 408 when it does not end in time.
    pub async fn whole(&mut self, most: usize) -> Result<Bytes, Problem> {
        if self.source.arriving.size_hint().lower() > most as u64 {
            return Err(too_large(most));
        }
        match tokio::time::timeout(self.deadline, self.collect(most)).await {
            Ok(collected) => collected,
            Err(_) => {
                self.source.arriving.give_up();
                Err(late(self.deadline))
            }
        }
    }

    /// The whole body as JSON text, without the byte order mark that some programs begin it with (RFC 8259, 8.1).
    ///
    /// # Errors
    /// As [`Self::whole`].
    pub async fn json(&mut self, most: usize) -> Result<Bytes, Problem> {
        let mut body = self.whole(most).await?;
        if body.starts_with(BOM) {
            body.advance(BOM.len());
        }
        Ok(body)
    }

    async fn collect(&mut self, most: usize) -> Result<Bytes, Problem> {
        let mut buffer = BodyBuffer::default();
        while let Some(piece) = self.piece().await? {
            buffer.push(piece);
            if buffer.len() > most {
                return Err(too_large(most));
            }
            self.hold(buffer.len() + self.source.memory())?;
        }
        self.hold_only(buffer.len());
        self.pace = None;
        Ok(buffer.whole())
    }

    /// The next piece of a streamed body; `None` at its end.
    ///
    /// # Errors
    /// 408 when nothing comes for too long, 400 when the stream breaks.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        let silence = limits::STREAM_SILENCE.min(self.deadline * 2);
        let Ok(piece) = tokio::time::timeout(silence, self.piece()).await else {
            self.source.arriving.give_up();
            return Err(late(silence));
        };
        let piece = piece?;
        self.hold(self.source.memory())?;
        Ok(piece)
    }

    /// The body's next piece, unless it gives way: when its connection's place is needed, or when it is
    /// slow while bodies have little memory left.
    async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let connection = Arc::clone(&self.connection);
        loop {
            let (began, had) = *self.pace.get_or_insert_with(|| (clock::monotonic(), self.source.arrived));
            let look = began + limits::BODY_PACE;
            let waiting = connection.wait();
            let piece = tokio::select! {
                biased;
                piece = self.source.piece() => Some(piece),
                () = connection.asked_to_give_way() => {
                    drop(waiting);
                    self.source.arriving.give_up();
                    return Err(gave_way("connections are"));
                }
                () = tokio::time::sleep_until(look.into()) => None,
            };
            drop(waiting);
            if clock::monotonic() >= look {
                self.pace = None;
                let slow = self.source.arrived.saturating_sub(had) < limits::BODY_PACE_BYTES;
                let scarce = self.budget.held() > self.budget.total() / 4 * 3;
                if slow && scarce && self.held.is_some() && !matches!(piece, Some(Ok(None))) {
                    self.source.arriving.give_up();
                    return Err(gave_way("memory for bodies is"));
                }
            }
            if let Some(piece) = piece {
                return piece;
            }
        }
    }

    /// Counts `length` bytes among those that are held of bodies.
    ///
    /// # Errors
    /// 413 when it is too much by itself, 429 when its account's bodies together are, 503 when all bodies are.
    pub fn hold(&mut self, length: usize) -> Result<(), Problem> {
        let wanted = permits(length);
        let held = match &mut self.held {
            Some(held) if held.units() >= wanted => return Ok(()),
            Some(held) => held.resize(wanted),
            None if wanted == 0 => return Ok(()),
            none => self.budget.try_take(self.owner, wanted).map(|permit| *none = Some(permit)),
        };
        held.map_err(|why| {
            if wanted > self.budget.per_key() {
                let detail = "the body and the memory to decompress it exceed what one account may use; send it in parts, or uncompressed";
                return Problem::new(Code::TooLarge, detail).closing();
            }
            let (code, whose) = match why {
                Exhausted::Key => (Code::RateLimited, "of this account "),
                Exhausted::All => (Code::Overloaded, ""),
            };
            let detail = format!("too many large bodies {whose}are being processed; try again later");
            Problem::new(code, detail).retry_after(1).closing()
        })
    }

    /// Counts no more than a body of `length` bytes any longer.
    pub fn hold_only(&mut self, length: usize) {
        if let Some(held) = &mut self.held
            && permits(length) < held.units()
        {
            // It never fails to hold less.
            let _ = held.resize(permits(length));
        }
    }

    /// Counts nothing any longer: what was read of it is gone.
    pub fn release(&mut self) {
        self.held = None;
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
    let detail =
        format!("the body arrived slowly while {what} scarce, and was dropped in favor of others; try again");
    Problem::new(Code::Overloaded, detail).retry_after(1).closing()
}

fn broken() -> Problem {
    Problem::new(Code::MalformedRequest, "the body ended early").closing()
}

fn corrupt(Corrupt: Corrupt) -> Problem {
    Problem::new(Code::MalformedRequest, "the body does not match its Content-Encoding").closing()
}
