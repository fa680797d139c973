//! What makes the repetition of an event recognisable.

use sha2::{Digest as _, Sha256};

use super::media_type::plain_labels;
use crate::app::core::App;
use crate::app::request_key::{RequestKey, digest_of};
use crate::domain::event::{Key, NewEvent};
use crate::domain::json;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::command::Idempotency;

/// What a repetition of an event is recognised by, besides its own id.
#[derive(Debug, Clone, Copy)]
struct Dedup<'a> {
    /// The source that its id belongs to, of a CloudEvent.
    source: &'a str,
    /// The request's key, and the event's place in the request.
    request: Option<(&'a RequestKey, u64)>,
}

impl Dedup<'_> {
    /// The request's key first.
    fn keys(self, event: &NewEvent) -> impl Iterator<Item = Key> {
        let request = self
            .request
            .and_then(|(key, place)| digest_of(&[b"request", key.as_str().as_bytes(), &place.to_be_bytes()]));
        let own = event
            .source_id
            .as_ref()
            .and_then(|id| digest_of(&[b"own", self.source.as_bytes(), id.as_str().as_bytes()]));
        request.into_iter().chain(own)
    }
}

/// What a repetition of an event is recognised by: its source and its own id, and the request's key with the event's
/// place in the request. Long data is looked at where it holds no one up.
///
/// # Errors
/// When long data cannot be looked at now.
pub(super) async fn idempotency(
    app: &App,
    event: &NewEvent,
    source: &str,
    request: Option<(&RequestKey, u64)>,
    now: Timestamp,
) -> Result<Vec<Idempotency>, Refusal> {
    let keys: Vec<Key> = Dedup { source, request }.keys(event).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let expires_at = now.plus(app.rules().idempotency_window);
    let (long, digested) = (event.data.len() > limits::LONG_DIGEST_BYTES, event.clone());
    let (texts, is_cloud) = (app.store.has_text_keys(now), !source.is_empty());
    let named = move || {
        let (body, text) = (digest(&digested, is_cloud), texts.then(|| text_digest(&digested)));
        keys.into_iter().map(|key| Idempotency { key, body, text, expires_at }).collect()
    };
    app.tenant_work.run_if_long(event.account, long, named).await
}

/// A digest of everything that an event says, however it was written. What a CloudEvent, which `is_cloud`, says of its
/// data's type is part of it, and no more than other members is that compared by its spelling.
fn digest(event: &NewEvent, is_cloud: bool) -> [u8; 32] {
    let label = |text: &str| json::digest(text.as_bytes());
    let metadata = event.metadata.as_ref().map(|text| match plain_labels(text).filter(|_| is_cloud) {
        Some(plain) => label(&plain),
        None => label(text),
    });
    digest_with(event, metadata.as_ref().map(<[u8; 32]>::as_slice), &json::digest(&event.data))
}

/// The same of its text, as versions before this one kept it.
fn text_digest(event: &NewEvent) -> [u8; 32] {
    digest_with(event, event.metadata.as_ref().map(|text| text.as_bytes()), &event.data)
}

fn digest_with(event: &NewEvent, metadata: Option<&[u8]>, data: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let occurred_at = event.occurred_at.map(|at| at.as_millis().to_be_bytes());
    let parts: [Option<&[u8]>; 6] = [
        Some(event.event_type.as_str().as_bytes()),
        event.source_id.as_ref().map(|key| key.as_str().as_bytes()),
        occurred_at.as_ref().map(<[u8; 8]>::as_slice),
        event.order_key.as_ref().map(|key| key.as_str().as_bytes()),
        metadata,
        Some(data),
    ];
    for part in parts {
        let length = part.map_or(u64::MAX, |bytes| bytes.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::AccountNo;

    fn event(id: &str) -> NewEvent {
        NewEvent {
            account: AccountNo(1),
            event_type: "a.b".parse().unwrap(),
            source_id: Some(Key::new(id).unwrap()),
            occurred_at: None,
            order_key: None,
            metadata: None,
            data: b"{}".as_slice().into(),
        }
    }

    #[test]
    fn keys_of_different_kinds_never_meet() {
        let key = RequestKey::new(Key::new("x").unwrap());
        let unnamed = NewEvent { source_id: None, ..event("x") };
        let own = |source, event: &NewEvent| Dedup { source, request: None }.keys(event).collect::<Vec<_>>();
        let at = |place| Dedup { source: "", request: Some((&key, place)) }.keys(&unnamed).collect();
        let keys = [own("", &event("x")), own("x", &event("x")), own("", &event("xx")), at(0), at(1)];
        for (n, one) in keys.iter().enumerate() {
            assert!(one.len() == 1 && keys.iter().skip(n + 1).all(|other| other != one), "{n}");
        }
        assert_eq!(own("s", &unnamed), []);
        let both = Dedup { source: "", request: Some((&key, 0)) }.keys(&event("x")).collect::<Vec<_>>();
        assert_eq!(both, [at(0), own("", &event("x"))].concat());
    }

    /// What a store of version 0.1.0 has: it must be found again.
    #[test]
    fn the_digest_of_a_text_is_what_it_was() {
        let metadata = Some(r#"{"b":1, "a":2}"#.into());
        let event = NewEvent { metadata, data: br#"{ "n": 1.0 }"#.as_slice().into(), ..event("x") };
        let hex: String = text_digest(&event).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "958bdf28791b1a5e6d058ebd4626461bede0b1bfcd31515738824a73627f8703");
    }

    #[test]
    fn the_digest_tells_members_apart() {
        let key = |text: &str| Key::new(text).ok();
        let one = NewEvent { source_id: key("a"), order_key: None, ..event("x") };
        let two = NewEvent { source_id: None, order_key: key("a"), ..event("x") };
        assert_ne!(digest(&one, false), digest(&two, false));
        assert_eq!(digest(&one, false), digest(&one.clone(), true));
    }
}
