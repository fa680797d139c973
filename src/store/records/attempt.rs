//! `attempts`: one try to send, whole. Its first part is what statistics need, so that they can
//! read it without the rest.

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize, Serializer};

use super::{BadRecord, Coded, Decoded, Raw, body, of_option};
use crate::domain::delivery::{Attempt, Trigger};
use crate::domain::id::DeliveryId;
use crate::domain::outcome::{AttemptError, ErrorKind, Exchange, Response, Timings, Want};
use crate::domain::time::Timestamp;
use crate::store::json::coder::ExportFormat;

const VERSION: u8 = 1;
/// Most attempts, with the headers of both sides and a short answer, are not longer.
const USUAL_BYTES: usize = 1024;

pub(in crate::store) const FORM: (u8, ExportFormat) =
    (VERSION, |coder| <(Head, Number, Rest<'_, Listed<'_>>)>::deserialize(coder).map(drop));

/// What statistics need.
#[derive(Serialize, Deserialize)]
struct Head {
    delivery: [u8; 16],
    started_at: u64,
    error: Option<u8>,
    /// Microseconds.
    total: u64,
}

#[derive(Serialize, Deserialize)]
struct Number {
    number: u32,
}

/// `H`: headers, as they are written or as they are read.
#[derive(Serialize, Deserialize)]
struct Rest<'a, H> {
    trigger: u8,
    dns: Option<u64>,
    connect: Option<u64>,
    tls: Option<u64>,
    first_byte: Option<u64>,
    request_headers: H,
    remote_ip: Option<IpAddr>,
    #[serde(borrow)]
    response: Option<Answer<'a, H>>,
    /// Of the error; where there is none, the note.
    detail: Option<&'a str>,
    no_route: bool,
}

#[derive(Serialize, Deserialize)]
struct Answer<'a, H> {
    status: u16,
    headers: H,
    #[serde(borrow)]
    body: Raw<'a>,
    truncated: bool,
}

/// Headers as they are written, which gives what [`Listed`] reads.
struct Mapped<'a>(&'a HeaderMap);

type Listed<'a> = Vec<(&'a str, Raw<'a>)>;

impl Serialize for Mapped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (name, value) in self.0 {
            list.serialize_element(&(name.as_str(), Raw(value.as_bytes())))?;
        }
        list.end()
    }
}

/// What statistics need of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct AttemptHead {
    pub(in crate::store) delivery: DeliveryId,
    pub(in crate::store) started_at: Timestamp,
    pub(in crate::store) error: Option<ErrorKind>,
    pub(in crate::store) total: Duration,
}

/// An attempt's row without the number, which is known only when it is put into its table.
#[derive(Debug)]
pub(in crate::store) struct Unnumbered {
    row: Vec<u8>,
    /// Where the number belongs.
    at: usize,
}

impl Unnumbered {
    pub(in crate::store) fn len(&self) -> usize {
        self.row.len()
    }

    pub(in crate::store) fn numbered(self, number: u32) -> Vec<u8> {
        let without = self.row.len();
        let mut row = super::append(self.row, &Number { number });
        let bytes = row.len() - without;
        if let Some(rest) = row.get_mut(self.at..) {
            rest.rotate_right(bytes);
        }
        row
    }
}

/// Writes an attempt but for its number; durations are kept to the microsecond.
pub(in crate::store) fn write(attempt: &Attempt) -> Unnumbered {
    let Exchange { timings, remote_ip, response, error, note, want } = &attempt.exchange;
    let head = Head {
        delivery: attempt.delivery.to_bytes(),
        started_at: attempt.started_at.as_millis(),
        error: error.as_ref().map(|error| error.kind.code()),
        total: micros(timings.total),
    };
    let rest = Rest {
        trigger: attempt.trigger.code(),
        dns: timings.dns.map(micros),
        connect: timings.connect.map(micros),
        tls: timings.tls.map(micros),
        first_byte: timings.first_byte.map(micros),
        request_headers: Mapped(&attempt.request_headers),
        remote_ip: *remote_ip,
        response: response.as_ref().map(|response| Answer {
            status: response.status,
            headers: Mapped(&response.headers),
            body: Raw(&response.body),
            truncated: response.truncated,
        }),
        detail: error.as_ref().map(|error| &*error.detail).or(note.as_deref()),
        no_route: *want == Some(Want::Network),
    };
    let mut row = Vec::with_capacity(USUAL_BYTES);
    row.push(VERSION);
    let row = super::append(row, &head);
    let at = row.len();
    Unnumbered { row: super::append(row, &rest), at }
}

pub(in crate::store) fn read_head(bytes: &[u8]) -> Decoded<AttemptHead> {
    let (head, _) = postcard::take_from_bytes(body(VERSION, bytes)?)?;
    head_of(&head)
}

pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<Attempt> {
    let (head, Number { number }, rest): (Head, Number, Rest<'_, Listed<'_>>) =
        postcard::from_bytes(body(VERSION, bytes)?)?;
    let AttemptHead { delivery, started_at, error, total } = head_of(&head)?;
    let note = rest.detail.filter(|_| error.is_none()).map(str::to_owned);
    let detail = rest.detail.unwrap_or_default();
    Ok(Attempt {
        delivery,
        number,
        trigger: Trigger::of(rest.trigger)?,
        started_at,
        request_headers: owned_headers(rest.request_headers)?,
        exchange: Exchange {
            timings: Timings {
                dns: rest.dns.map(Duration::from_micros),
                connect: rest.connect.map(Duration::from_micros),
                tls: rest.tls.map(Duration::from_micros),
                first_byte: rest.first_byte.map(Duration::from_micros),
                total,
            },
            remote_ip: rest.remote_ip,
            response: rest.response.map(respond).transpose()?,
            error: error.map(|kind| AttemptError { kind, detail: detail.to_owned() }),
            note,
            want: rest.no_route.then_some(Want::Network),
        },
    })
}

fn head_of(head: &Head) -> Decoded<AttemptHead> {
    Ok(AttemptHead {
        delivery: DeliveryId::from_bytes(head.delivery),
        started_at: Timestamp::from_millis(head.started_at),
        error: of_option(head.error)?,
        total: Duration::from_micros(head.total),
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn respond(answer: Answer<'_, Listed<'_>>) -> Decoded<Response> {
    Ok(Response {
        status: answer.status,
        headers: owned_headers(answer.headers)?,
        body: answer.body.0.to_vec(),
        truncated: answer.truncated,
    })
}

fn owned_headers(headers: Listed<'_>) -> Decoded<HeaderMap> {
    let mut own = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BadRecord::Field("header name"))?;
        own.append(name, HeaderValue::from_bytes(value.0).map_err(|_| BadRecord::Field("header value"))?);
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{Seq, WebhookNo};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(
            ms in 0u64..1 << 47, us: u32, failed: bool, body: Vec<u8>, v6: bool, status in 100u16..600,
            headers in prop::collection::vec(("[a-z]{1,8}", "[ -~é]{0,9}"), 0..4),
        ) {
            let at = Timestamp::from_millis(ms);
            let value = |text: String| HeaderValue::from_bytes(text.as_bytes()).unwrap();
            let headers = headers.into_iter().map(|(name, text)| (name.parse::<HeaderName>().unwrap(), value(text)));
            let headers: HeaderMap = headers.collect();
            let attempt = Attempt {
                delivery: DeliveryId::new(at, Seq(5), WebhookNo(6)),
                number: 3,
                trigger: Trigger::Manual,
                started_at: at,
                request_headers: headers.clone(),
                exchange: Exchange {
                    timings: Timings {
                        dns: failed.then_some(Duration::from_micros(1)),
                        total: Duration::from_micros(us.into()),
                        ..Timings::default()
                    },
                    remote_ip: Some(if v6 { "::1".parse().unwrap() } else { "127.0.0.1".parse().unwrap() }),
                    response: Some(Response { status, headers, body, truncated: failed }),
                    error: failed.then(|| AttemptError { kind: ErrorKind::Status, detail: "503".into() }),
                    note: (!failed && v6).then(|| "cut off".to_owned()),
                    want: v6.then_some(Want::Network),
                },
            };
            let bytes = write(&attempt).numbered(attempt.number);
            let head = read_head(&bytes).unwrap();
            prop_assert_eq!((head.started_at, head.total), (at, Duration::from_micros(us.into())));
            prop_assert_eq!(read(&bytes).unwrap(), attempt);
        }

        #[test]
        fn any_bytes_are_an_attempt_or_an_error(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }

    #[test]
    fn a_wrong_code_is_reported() {
        assert_eq!(ErrorKind::of(0), Err(BadRecord::Field("ErrorKind")));
    }
}
