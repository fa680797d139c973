//! A stream of events, one JSON document per line, answered line by line in its order.
//!
//! Whatever has arrived is committed together, up to a bound; a bad line is answered and does not
//! stop the rest. Memory is bounded by one batch of lines. A client reads the answer while it sends:
//! one that does not is held up once the answers fill the connection.

use bytes::{Buf as _, Bytes, BytesMut};
use serde::Serialize;
use tokio::sync::mpsc;

use super::accept::{RequestKey, commit_each};
use super::post::line_accept;
use super::view::AcceptedView;
use crate::api::answer::{Answer, streamed};
use crate::api::call::Call;
use crate::api::problem::{Code, Problem, ProblemView};
use crate::clock;
use crate::limits;
use crate::store::StoreError;
use crate::store::command::Accept;

/// Waits for a busy store before its lines are refused: 50 × 20 ms.
const PATIENCE: u32 = 50;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

#[derive(Serialize)]
struct LineView<'a> {
    line: u64,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What<'a> {
    Accepted(AcceptedView),
    Refused { error: ProblemView<'a> },
}

/// Starts to answer a stream.
#[must_use]
pub fn answer(call: Call, key: Option<RequestKey>) -> Answer {
    let (answers, body) = mpsc::channel(4);
    let lines = Lines::new(call.context.settings.event_data_bytes + limits::EVENT_EXTRA_BYTES);
    tokio::spawn(Stream { call, key, answers, lines }.run());
    streamed("application/x-ndjson", body)
}

struct Stream {
    call: Call,
    key: Option<RequestKey>,
    answers: mpsc::Sender<Bytes>,
    lines: Lines,
}

impl Stream {
    async fn run(mut self) {
        let mut stop = self.call.context.drain_signal();
        loop {
            let chunk = tokio::select! {
                chunk = self.call.chunk() => chunk,
                // A stream without end must not hold the daemon up.
                _ = stop.wait_for(|stop| *stop) => self.call.context.open_for_new().map(|()| None),
            };
            match chunk {
                Ok(Some(chunk)) => self.lines.push(&chunk),
                Ok(None) => {
                    self.lines.end();
                    let _ = self.batches().await;
                    return;
                }
                // What is left is a part of a line; it is not an event.
                Err(problem) => {
                    let line = self.lines.taken + 1;
                    let mut out = Vec::new();
                    self.write(&mut out, line, Err(problem));
                    let _ = self.answers.send(out.into()).await;
                    return;
                }
            }
            if self.batches().await.is_err() {
                return;
            }
        }
    }

    /// Commits and answers the lines that are complete. An error means that nobody listens.
    async fn batches(&mut self) -> Result<(), mpsc::error::SendError<Bytes>> {
        loop {
            let batch: Vec<(u64, Line)> =
                std::iter::from_fn(|| self.lines.next()).take(limits::STREAM_LINES).collect();
            if batch.is_empty() {
                return Ok(());
            }
            let out = self.accept(batch).await;
            self.answers.send(out.into()).await?;
        }
    }

    async fn accept(&self, batch: Vec<(u64, Line)>) -> Vec<u8> {
        let now = clock::now();
        let (mut accepts, mut outcomes) = (Vec::new(), Vec::new());
        for (number, line) in batch {
            let accept = self.call.context.open_for_new().and_then(|()| match line {
                Line::Whole(text) => line_accept(
                    &self.call.context,
                    &text,
                    self.call.account(),
                    self.key.as_ref(),
                    number,
                    now,
                ),
                Line::TooLong => {
                    let most = self.lines.most;
                    Err(Problem::new(Code::TooLarge, format!("a line may have at most {most} bytes")))
                }
            });
            outcomes.push((number, accept.map(|accept| accepts.push(accept))));
        }
        let mut accepted = self.commit(accepts, now).await.into_iter();
        let mut out = Vec::new();
        for (number, outcome) in outcomes {
            let missing = || Err(Problem::from(StoreError::Unavailable));
            let outcome = outcome.and_then(|()| accepted.next().unwrap_or_else(missing));
            self.write(&mut out, number, outcome);
        }
        out
    }

    async fn commit(
        &self,
        accepts: Vec<Accept>,
        now: crate::domain::time::Timestamp,
    ) -> Vec<Result<AcceptedView, Problem>> {
        if accepts.is_empty() {
            return Vec::new();
        }
        let count = accepts.len();
        for _ in 0..PATIENCE {
            match commit_each(&self.call.context, accepts.clone(), now).await {
                Ok(views) => return views,
                Err(StoreError::Busy) => tokio::time::sleep(PAUSE).await,
                Err(error) => return (0..count).map(|_| Err(error.clone().into())).collect(),
            }
        }
        (0..count).map(|_| Err(StoreError::Busy.into())).collect()
    }

    fn write(&self, out: &mut Vec<u8>, line: u64, outcome: Result<AcceptedView, Problem>) {
        let written = match &outcome {
            Err(problem) => {
                let error = problem.view(&self.call.request_id);
                serde_json::to_writer(&mut *out, &LineView { line, what: What::Refused { error } })
            }
            Ok(_) => Ok(()),
        };
        let written = written.and(match outcome {
            Ok(view) => serde_json::to_writer(&mut *out, &LineView { line, what: What::Accepted(view) }),
            Err(_) => Ok(()),
        });
        if let Err(error) = written {
            tracing::error!(%error, "a line's answer has no JSON form");
        }
        out.push(b'\n');
    }
}

/// Bytes cut into lines.
struct Lines {
    /// Bytes that one line may have.
    most: usize,
    buffer: BytesMut,
    /// Bytes at the buffer's start that are known to hold no line's end.
    searched: usize,
    /// Whether the line that is arriving is too long already.
    skipping: bool,
    taken: u64,
    ended: bool,
}

#[derive(Debug, PartialEq)]
enum Line {
    Whole(Bytes),
    TooLong,
}

impl Lines {
    fn new(most: usize) -> Self {
        Self { most, buffer: BytesMut::new(), searched: 0, skipping: false, taken: 0, ended: false }
    }

    fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// What is left is the last line.
    fn end(&mut self) {
        self.ended = true;
    }

    /// The next complete line that is not blank, with its number from 1.
    fn next(&mut self) -> Option<(u64, Line)> {
        loop {
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            let text = match rest.iter().position(|&b| b == b'\n') {
                Some(step) => {
                    let text = self.buffer.split_to(self.searched + step);
                    self.buffer.advance(1);
                    text
                }
                None if self.ended && (self.skipping || !self.buffer.is_empty()) => self.buffer.split(),
                None => {
                    self.searched = self.buffer.len();
                    if self.searched > self.most {
                        self.buffer.clear();
                        self.searched = 0;
                        self.skipping = true;
                    }
                    return None;
                }
            };
            self.searched = 0;
            self.taken += 1;
            if std::mem::take(&mut self.skipping) || text.len() > self.most {
                return Some((self.taken, Line::TooLong));
            }
            if !text.trim_ascii().is_empty() {
                return Some((self.taken, Line::Whole(text.freeze())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(chunks: &[&[u8]]) -> Vec<(u64, Line)> {
        let mut lines = Lines::new(100);
        let mut found = Vec::new();
        for chunk in chunks {
            lines.push(chunk);
            found.extend(std::iter::from_fn(|| lines.next()));
        }
        lines.end();
        found.extend(std::iter::from_fn(|| lines.next()));
        found
    }

    fn whole(number: u64, text: &str) -> (u64, Line) {
        (number, Line::Whole(Bytes::copy_from_slice(text.as_bytes())))
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_cut(texts in prop::collection::vec("[a-z]{0,5}", 0..20), step in 1usize..9) {
            let all = texts.join("\n");
            let chunks: Vec<&[u8]> = all.as_bytes().chunks(step).collect();
            let want: Vec<(u64, Line)> =
                (1..).zip(&texts).filter(|(_, t)| !t.is_empty()).map(|(n, t)| whole(n, t)).collect();
            prop_assert_eq!(lines(&chunks), want);
        }
    }

    #[test]
    fn a_line_too_long_is_skipped_in_bounded_memory() {
        let chunk = vec![b'x'; 100_000];
        let mut lines = Lines::new(1 << 20);
        for _ in 0..40 {
            lines.push(&chunk);
            assert_eq!(lines.next(), None);
            assert!(lines.buffer.len() <= lines.most + chunk.len());
        }
        lines.push(b"\n{}\n");
        assert_eq!(lines.next(), Some((1, Line::TooLong)));
        assert_eq!(lines.next(), Some(whole(2, "{}")));
        assert_eq!(lines.next(), None);
    }
}
