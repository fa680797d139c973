//! A stream of events, one JSON document per line, answered line by line in its order.
//!
//! Whatever has arrived is committed together, up to a bound; a bad line is answered and does not
//! stop the rest. Memory is bounded by one batch of lines. A client reads the answer while it sends:
//! one that does not is held up once the answers fill the connection.

use schemars::JsonSchema;
use serde::Serialize;

use super::body::one_event;
use super::documents::{document, is_long};
use super::view::AcceptedView;
use crate::api::call::Call;
use crate::app::events::{Draft, Posted, accept};
use crate::app::request_key::RequestKey;
use crate::app::standing::ended;
use crate::app::tenant_work::Turn;
use crate::clock;
use crate::domain::refusal::Refusal;
use crate::http::lines::{Line, Lines};
use crate::http::problem::{Code, Problem, ProblemView};
use crate::http::response::{Pieces, Response};
use crate::limits;

/// The response to one line.
#[derive(Serialize, JsonSchema)]
pub struct LineView<'a> {
    line: u64,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum What<'a> {
    Accepted(AcceptedView),
    Refused { error: ProblemView<'a> },
}

/// Starts to answer a stream.
#[must_use]
pub fn answer(call: Box<Call>, key: Option<RequestKey>) -> Response {
    let (answers, answer) = call.pieces("application/x-ndjson");
    let lines = Lines::new(call.context.app.rules().event_data_bytes + limits::EVENT_EXTRA_BYTES);
    tokio::spawn(Stream { call, key, answers, lines, accepted: 0, refused: 0 }.run());
    answer
}

struct Stream {
    call: Box<Call>,
    key: Option<RequestKey>,
    answers: Pieces,
    lines: Lines,
    accepted: u64,
    refused: u64,
}

impl Stream {
    async fn run(mut self) {
        let mut stop = self.call.context.drain_signal();
        let mut standing = self.call.standing.clone();
        loop {
            let chunk = tokio::select! {
                chunk = self.call.body.chunk() => chunk,
                // A stream without end must not hold the daemon up.
                _ = stop.wait_for(|stop| *stop) => self.call.context.open_for_new().map(|()| None),
                ended = ended(standing.as_mut()) => Err(ended.into()),
            };
            match chunk {
                Ok(Some(chunk)) => self.lines.push(&chunk),
                Ok(None) => {
                    self.lines.end();
                    self.batches().await;
                    return;
                }
                // What is left is a part of a line; it is not an event.
                Err(problem) => {
                    let line = self.lines.taken() + 1;
                    let mut out = Vec::new();
                    self.write(&mut out, line, Err(problem));
                    if let Some(room) = self.answers.room(out.len()).await {
                        self.answers.put(out, room).await;
                    }
                    return;
                }
            }
            if self.batches().await.is_none() {
                return;
            }
        }
    }

    /// Commits and answers the lines that are complete; `None` when the stream is at its end: no one listens, or it
    /// brought too much that is worth nothing.
    async fn batches(&mut self) -> Option<()> {
        loop {
            let batch: Vec<(u64, Line)> =
                std::iter::from_fn(|| self.lines.next_line()).take(limits::STREAM_LINES).collect();
            if batch.is_empty() {
                return Some(());
            }
            let room = self.answers.room(limits::PIECE_BYTES).await?;
            let mut out = self.accept(batch).await;
            let end = self.overdrawn();
            if let Some(problem) = &end {
                self.write(&mut out, self.lines.taken() + 1, Err(problem.clone()));
            }
            if !self.answers.put(out, room).await || end.is_some() {
                return None;
            }
        }
    }

    /// Why a stream ends before its last line: a few bytes of it must not become many of an answer, or of the store.
    fn overdrawn(&self) -> Option<Problem> {
        let detail = if self.refused > limits::STREAM_REFUSALS + self.accepted {
            "too many lines were refused; this line and the ones after it were not read: correct them and send them again"
        } else if self.lines.taken() > limits::STREAM_FREE_LINES + self.call.body.arrived() {
            "the stream is compressed to less than a byte a line; this line and the ones after it were not read: send them uncompressed"
        } else {
            return None;
        };
        Some(Problem::new(Code::TooLarge, detail))
    }

    /// Accepts lines, and writes the answer to each.
    async fn accept(&mut self, batch: Vec<(u64, Line)>) -> Vec<u8> {
        let (mut drafts, mut turn, mut out) = (Vec::with_capacity(batch.len()), Turn::default(), Vec::new());
        let numbers: Vec<u64> = batch.iter().map(|(number, _)| *number).collect();
        for (number, line) in batch {
            turn.take(if let Line::Whole(text) = &line { text.len() } else { 0 }).await;
            let draft = self.read(line).await.map_err(Refusal::from);
            // Places begin at 0 whatever form a request has.
            drafts.push((number.saturating_sub(1), draft));
        }
        let posted = Posted::of_stream(drafts, self.key.clone());
        let receipts = accept(&self.call.context.app, posted, clock::now()).await;
        let receipts = receipts.unwrap_or_else(|refusal| vec![Err(refusal); numbers.len()]);
        for (number, receipt) in numbers.into_iter().zip(receipts) {
            *if receipt.is_ok() { &mut self.accepted } else { &mut self.refused } += 1;
            self.write(&mut out, number, receipt.map(AcceptedView::from).map_err(Problem::from));
        }
        out
    }

    async fn read(&self, line: Line) -> Result<Draft, Problem> {
        self.call.open_for_more()?;
        match line {
            Line::Whole(text) => {
                let (app, account, long) = (&self.call.context.app, self.call.account(), is_long(&text));
                let most = app.rules().event_data_bytes;
                app.tenant_work
                    .run_if_long(account, long, move || document(&text, one_event, account, most))
                    .await?
            }
            Line::TooLong => {
                let most = self.lines.most();
                Err(Problem::new(Code::TooLarge, format!("a line may have at most {most} bytes")))
            }
        }
    }

    fn write(&self, out: &mut Vec<u8>, line: u64, outcome: Result<AcceptedView, Problem>) {
        let written = match outcome {
            Ok(view) => serde_json::to_writer(&mut *out, &LineView { line, what: What::Accepted(view) }),
            Err(mut problem) => {
                problem.refusal.errors.truncate(limits::LINE_ERRORS);
                let error = problem.view(&self.call.request_id);
                serde_json::to_writer(&mut *out, &LineView { line, what: What::Refused { error } })
            }
        };
        if let Err(error) = written {
            tracing::error!(%error, "the response to a line cannot be written as JSON");
        }
        out.push(b'\n');
    }
}
