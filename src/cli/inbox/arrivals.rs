//! What has arrived at an inbox: the newest requests, each with whether its signature was verified.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::cli::output::clean;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::sign::verify::{TOLERANCE, Verifier, verify};

/// A request that has arrived.
#[derive(Debug)]
pub(super) struct Arrival {
    /// From 1, in the order of arrival.
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) method: Method,
    /// With the query.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// Its first bytes.
    pub(super) body: Bytes,
    /// How long the body is.
    pub(super) length: usize,
    pub(super) verdict: Verdict,
    /// What it was answered.
    pub(super) status: StatusCode,
}

/// Whether a signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Verified,
    /// It was not, and why.
    Refused(String),
    /// There is no secret to verify it with.
    Unchecked,
}

impl Verdict {
    /// What a verifier makes of a request.
    pub(super) fn of(verifier: Option<&Verifier>, request: &Request<Bytes>, now: Timestamp) -> Self {
        let Some(verifier) = verifier else { return Self::Unchecked };
        match verify(request.headers(), request.body(), verifier, now, TOLERANCE) {
            Ok(_) => Self::Verified,
            Err(why) => Self::Refused(why.to_string()),
        }
    }
}

impl Arrival {
    /// Whether it was answered with success, and nothing is wrong with its signature.
    pub(super) fn is_fine(&self) -> bool {
        self.status.is_success() && !matches!(self.verdict, Verdict::Refused(_))
    }

    /// A line for people.
    pub(super) fn line(&self) -> String {
        let verdict = match &self.verdict {
            Verdict::Verified => "verified",
            Verdict::Refused(why) => &format!("not verified: {why}"),
            Verdict::Unchecked => "not checked",
        };
        let at = self.at.to_string();
        let time = at.get(11..19).unwrap_or_default();
        let line = format!("{time}  {} {}  {}  {verdict}", self.method, self.path, self.status.as_u16());
        clean(&line)
    }

    /// It as JSON, without its headers and its body.
    pub(super) fn json(&self) -> Value {
        let (verified, detail) = match &self.verdict {
            Verdict::Verified => (Some(true), None),
            Verdict::Refused(why) => (Some(false), Some(why)),
            Verdict::Unchecked => (None, None),
        };
        json!({
            "type": "arrival", "number": self.number, "at": self.at.to_string(), "method": self.method.as_str(),
            "path": self.path, "length": self.length, "verified": verified, "detail": detail,
            "status": self.status.as_u16(),
        })
    }
}

/// The newest arrivals.
#[derive(Debug, Default)]
pub(super) struct Arrivals(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// How many have arrived.
    count: u64,
    /// The newest last.
    newest: VecDeque<Arrival>,
}

impl Arrivals {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a request, which is made with its number, in place of the oldest where there are many.
    pub(super) fn keep(&self, make: impl FnOnce(u64) -> Arrival) {
        let mut kept = self.kept();
        kept.count += 1;
        let mut arrival = make(kept.count);
        // A copy, so that a long body is not held for its beginning.
        let most = arrival.body.len().min(limits::INBOX_BODY_BYTES);
        arrival.body = Bytes::copy_from_slice(arrival.body.get(..most).unwrap_or_default());
        if kept.newest.len() >= limits::INBOX_ARRIVALS {
            kept.newest.pop_front();
        }
        kept.newest.push_back(arrival);
    }

    /// What `show` makes of those after the first `seen`, newest first, and how many have arrived.
    pub(super) fn after<T>(&self, seen: u64, show: impl Fn(&Arrival) -> T) -> (Vec<T>, u64) {
        let kept = self.kept();
        let newer = kept.newest.iter().rev().take_while(|arrival| arrival.number > seen);
        (newer.map(show).collect(), kept.count)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::cli::inbox) fn arrival(number: u64, body: &[u8]) -> Arrival {
        Arrival {
            number,
            at: Timestamp::from_millis(1_777_638_896_789),
            method: Method::POST,
            path: "/hook".to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body),
            length: body.len(),
            verdict: Verdict::Unchecked,
            status: StatusCode::OK,
        }
    }

    #[test]
    fn the_newest_are_kept_to_a_bound() {
        let arrivals = Arrivals::default();
        let many = limits::INBOX_ARRIVALS as u64 + 3;
        for _ in 0..many {
            arrivals.keep(|number| arrival(number, &vec![b'a'; limits::INBOX_BODY_BYTES + 9]));
        }
        let (shown, count) =
            arrivals.after(0, |arrival| (arrival.number, arrival.body.len(), arrival.length));
        assert_eq!((shown.len(), count), (limits::INBOX_ARRIVALS, many));
        assert_eq!(shown[0], (many, limits::INBOX_BODY_BYTES, limits::INBOX_BODY_BYTES + 9));
        let newer = arrivals.after(many - 2, |arrival| arrival.number).0;
        assert_eq!(newer, [many, many - 1]);
        assert_eq!(arrivals.after(many, |arrival| arrival.number), (vec![], many));
    }
}
