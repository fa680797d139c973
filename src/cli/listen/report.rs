//! What `listen` prints: a line when a request comes, and one when its target has answered.

use serde_json::{Value, json};

use super::answer::Posted;
use super::target::Request;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, clean};
use crate::cli::words;
use crate::domain::outcome::Exchange;

/// Where the lines go.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Report(pub(in crate::cli) Output);

impl Report {
    /// A request has come.
    pub(super) fn came(self, request: &Request) -> Result<(), Failure> {
        if self.0.json {
            return self.json(&json!({
                "type": "request", "delivery_id": request.delivery_id, "event_id": request.event_id,
                "event_type": request.event_type, "attempt": request.attempt,
            }));
        }
        let again = match request.attempt {
            0 | 1 => String::new(),
            number => format!(", {} try", words::ordinal(number.into())),
        };
        self.0.line(&format!("--> {} [{}]{again}", clean(&request.event_type), self.id(request)))
    }

    /// What came of it, and whether the daemon has that.
    pub(super) fn went(self, request: &Request, exchange: &Exchange, posted: Posted) -> Result<(), Failure> {
        let status = exchange.status();
        let millis = exchange.timings.total.as_secs_f64() * 1e3;
        if self.0.json {
            let error = exchange.error.as_ref().filter(|_| status.is_none());
            let error = error.map(|error| json!({"kind": error.kind.as_str(), "detail": error.detail}));
            return self.json(&json!({
                "type": "answer", "delivery_id": request.delivery_id, "event_id": request.event_id,
                "attempt": request.attempt, "status": status, "error": error, "duration_ms": (millis * 1e3).round() / 1e3,
                "recorded": match posted {
                    Posted::Recorded => Some(true),
                    Posted::Unknown => None,
                    Posted::Dropped => Some(false),
                },
            }));
        }
        let late = match posted {
            Posted::Recorded => "",
            Posted::Unknown => "; the daemon did not say that it has this, and may send it again",
            Posted::Dropped => "; the daemon had stopped waiting, and sends it again",
        };
        let line = match (status, &exchange.error) {
            (None, Some(error)) => {
                format!("<-- [{}] {} [{}]{late}", error.kind.as_str(), clean(&error.detail), self.id(request))
            }
            _ => format!("<-- [{}] {millis:.0} ms [{}]{late}", status.unwrap_or_default(), self.id(request)),
        };
        self.0.line(&if exchange.succeeded() && posted == Posted::Recorded {
            line
        } else {
            self.0.alarm(line)
        })
    }

    fn json(self, line: &Value) -> Result<(), Failure> {
        self.0.line(&line.to_string())
    }

    fn id(self, request: &Request) -> String {
        let id = clean(&request.delivery_id);
        if self.0.terminal() { words::short(&id, words::least(&id)) } else { id }
    }
}
