//! Confirmation: what a receiver is asked before anything is sent to it, and whether its answer consents.

use bytes::Bytes;
use http::{HeaderName, Method};
use serde_json::{Value, json};

use crate::domain::form::Verification;
use crate::domain::outcome::Exchange;

const HOOK_SECRET: HeaderName = HeaderName::from_static("x-hook-secret");
const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
const ALLOWED_ORIGIN: &str = "webhook-allowed-origin";

/// What a question is made of.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// How it is asked.
    pub kind: Verification,
    /// Unpredictable text that is to be echoed.
    pub challenge: &'a str,
    /// The host that deliveries come from.
    pub origin: &'a str,
    /// What the webhook listens to.
    pub topic: &'a str,
    /// How long it lasts, in seconds.
    pub lease: Option<u64>,
}

/// A request that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its method.
    pub method: Method,
    /// What comes to the target's query.
    pub query: String,
    /// A header and its value.
    pub header: Option<(HeaderName, String)>,
    /// Its body, JSON where there is one.
    pub body: Bytes,
}

impl Question {
    /// The question.
    #[must_use]
    pub fn new(asking: &Asking<'_>) -> Self {
        let plain = |method| Self { method, query: String::new(), header: None, body: Bytes::new() };
        match asking.kind {
            Verification::HookSecret => {
                Self { header: Some((HOOK_SECRET, asking.challenge.to_owned())), ..plain(Method::POST) }
            }
            Verification::CloudEvents => {
                Self { header: Some((REQUEST_ORIGIN, asking.origin.to_owned())), ..plain(Method::OPTIONS) }
            }
            Verification::WebSub => Self { query: subscribe_query(asking), ..plain(Method::GET) },
            Verification::Challenge => {
                let body = json!({"type": "url_verification", "challenge": asking.challenge});
                Self { body: body.to_string().into(), ..plain(Method::POST) }
            }
        }
    }
}

/// WebSub's verification of intent (W3C WebSub, section 5.3).
fn subscribe_query(asking: &Asking<'_>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("hub.mode", "subscribe");
    query.append_pair("hub.topic", asking.topic);
    query.append_pair("hub.challenge", asking.challenge);
    if let Some(lease) = asking.lease {
        query.append_pair("hub.lease_seconds", &lease.to_string());
    }
    query.finish()
}

/// Whether an answer consents; else why it does not.
///
/// # Errors
/// What is missing in the answer, in words that hold nothing of the question.
pub fn consents(asking: &Asking<'_>, exchange: &Exchange) -> Result<(), String> {
    let Some(response) = exchange.response.as_ref().filter(|_| exchange.succeeded()) else {
        let error = exchange.error.as_ref().map_or("there was no answer", |error| error.detail.as_str());
        return Err(error.to_owned());
    };
    let header = |wanted: &str| response.headers.get(wanted).map(|value| value.as_bytes().trim_ascii());
    let body = response.body.trim_ascii();
    let (consents, missing) = match asking.kind {
        Verification::HookSecret => {
            let echoed = header(HOOK_SECRET.as_str()) == Some(asking.challenge.as_bytes());
            (echoed && [200, 204].contains(&response.status), "200 or 204 with X-Hook-Secret echoed")
        }
        Verification::CloudEvents => {
            let allowed = header(ALLOWED_ORIGIN);
            let allowed = allowed.is_some_and(|origin| {
                origin == b"*" || origin.eq_ignore_ascii_case(asking.origin.as_bytes())
            });
            (allowed, "WebHook-Allowed-Origin with this daemon's host or *")
        }
        Verification::WebSub => (body == asking.challenge.as_bytes(), "hub.challenge as its body"),
        Verification::Challenge => {
            let member = serde_json::from_slice::<Value>(body).ok();
            let member = member.as_ref().and_then(|value| value.get("challenge")?.as_str());
            let echoed = body == asking.challenge.as_bytes() || member == Some(asking.challenge);
            (echoed, "the challenge as its body, or as a member of that name")
        }
    };
    if consents {
        Ok(())
    } else {
        Err(format!("the receiver answered {} without {missing}", response.status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outcome::{ErrorKind, Response};

    fn terms(kind: Verification) -> Asking<'static> {
        Asking { kind, challenge: "c-1", origin: "hooks.example.com", topic: "a.b,c", lease: Some(60) }
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Exchange {
        let headers =
            headers.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let response = Response { status, headers: headers.collect(), body: body.into(), truncated: false };
        let mut exchange = Exchange::failed(ErrorKind::Status, "the receiver answered 4xx");
        exchange.response = Some(response);
        if status < 300 {
            exchange.error = None;
        }
        exchange
    }

    #[test]
    fn each_kind_asks_in_its_way() {
        let question = Question::new(&terms(Verification::HookSecret));
        assert_eq!(question.method, Method::POST);
        assert_eq!(question.header, Some((HOOK_SECRET, "c-1".to_owned())));
        let question = Question::new(&terms(Verification::CloudEvents));
        assert_eq!(question.method, Method::OPTIONS);
        assert_eq!(question.header, Some((REQUEST_ORIGIN, "hooks.example.com".to_owned())));
        let question = Question::new(&terms(Verification::WebSub));
        assert_eq!(question.method, Method::GET);
        let query = "hub.mode=subscribe&hub.topic=a.b%2Cc&hub.challenge=c-1&hub.lease_seconds=60";
        assert_eq!(question.query, query);
        let question = Question::new(&terms(Verification::Challenge));
        assert_eq!(question.body, r#"{"challenge":"c-1","type":"url_verification"}"#);
    }

    #[test]
    fn only_what_was_asked_for_consents() {
        use Verification as V;
        for (kind, answer, want) in [
            (V::HookSecret, answer(200, &[("X-Hook-Secret", "c-1")], ""), true),
            (V::HookSecret, answer(204, &[("x-hook-secret", "c-1")], ""), true),
            (V::HookSecret, answer(201, &[("x-hook-secret", "c-1")], ""), false),
            (V::HookSecret, answer(200, &[("x-hook-secret", "c-2")], ""), false),
            (V::HookSecret, answer(200, &[], "c-1"), false),
            (V::HookSecret, answer(403, &[("x-hook-secret", "c-1")], ""), false),
            (V::CloudEvents, answer(200, &[("WebHook-Allowed-Origin", "*")], ""), true),
            (V::CloudEvents, answer(204, &[("webhook-allowed-origin", "Hooks.example.com")], ""), true),
            (V::CloudEvents, answer(200, &[("webhook-allowed-origin", "example.com")], ""), false),
            (V::CloudEvents, answer(200, &[], ""), false),
            (V::CloudEvents, answer(405, &[("webhook-allowed-origin", "*")], ""), false),
            (V::WebSub, answer(200, &[], "c-1\n"), true),
            (V::WebSub, answer(200, &[], "c-11"), false),
            (V::WebSub, answer(404, &[], "c-1"), false),
            (V::Challenge, answer(200, &[], "c-1"), true),
            (V::Challenge, answer(200, &[], r#"{"challenge": "c-1"}"#), true),
            (V::Challenge, answer(200, &[], r#"{"challenge": "c"}"#), false),
            (V::Challenge, answer(200, &[], "ok"), false),
        ] {
            let found = consents(&terms(kind), &answer);
            assert_eq!(found.is_ok(), want, "{kind:?} {answer:?}");
            assert!(found.err().is_none_or(|why| !why.contains("c-1")));
        }
        let dead = Exchange::failed(ErrorKind::Connect, "nobody there");
        assert_eq!(consents(&terms(V::WebSub), &dead), Err("nobody there".to_owned()));
    }
}
