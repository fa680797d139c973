//! From an event as a request has it to a command for the store: where it goes, whether its data fits its
//! type's schema, and what makes a repetition recognisable.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::draft::Draft;
use super::media_type::plain_labels;
use crate::app::core::App;
use crate::app::entropy::id_bits;
use crate::app::request_key::{RequestKey, digest_of};
use crate::app::schemas;
use crate::domain::event::{Key, NewEvent};
use crate::domain::fanout::{self, Plan};
use crate::domain::json;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::reserved::is_reserved;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::command::{Accept, Idempotency};

/// What the events of one request may still cost, together.
#[derive(Default)]
pub(crate) struct Allowances {
    /// For checking them against schemas.
    pub(super) schemas: schemas::Allowance,
    /// For what they make.
    pub(super) plan: fanout::Allowance,
}

impl Draft {
    /// The event, if nothing is wrong with it; where its data does not fit its type's schema, that is reported
    /// together with what else is wrong.
    async fn sound(
        self,
        app: &App,
        allowance: &mut schemas::Allowance,
    ) -> Result<(NewEvent, String), Refusal> {
        let Self { event, source, mut faults } = self;
        if let Some(reserved) = event.as_ref().map(|event| &event.event_type).filter(|name| is_reserved(name))
        {
            let rule = "is reserved for Ringback itself and cannot be posted; choose another name";
            faults.add("/type", format_args!("\"{reserved}\" {rule}"));
        }
        if let (true, Some(event)) = (faults.any(), &event) {
            let misfit = fitting(app, event, allowance).await.err();
            for fault in misfit.into_iter().flat_map(|refusal| refusal.errors) {
                faults.add(&fault.pointer, fault.detail);
            }
        }
        Ok((faults.unless(event)?, source))
    }
}

/// Whether an event's data fits its type's schema, if that has one.
async fn fitting(app: &App, event: &NewEvent, allowance: &mut schemas::Allowance) -> Result<(), Refusal> {
    let declared = app.store.directory().event_type(event.account, &event.event_type).cloned();
    let Some(declared) = declared else { return Ok(()) };
    let (schemas, work) = (&app.schemas, &app.tenant_work);
    schemas.check(work, event.account, &declared, &event.data, allowance).await
}

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

/// Makes the events of an array one request: its key is taken by all of them together, so that with one
/// changed, left out or added it is another.
pub(super) fn as_one_request(accepts: &mut [Accept]) {
    let (mut values, mut texts) = (Sha256::new(), Some(Sha256::new()));
    for key in accepts.iter().filter_map(|accept| accept.idempotency.first()) {
        values.update(key.body);
        texts = texts.zip(key.text).map(|(texts, text)| texts.chain_update(text));
    }
    let body: [u8; 32] = values.finalize().into();
    let text = texts.map(|texts| texts.finalize().into());
    for key in accepts.iter_mut().filter_map(|accept| accept.idempotency.first_mut()) {
        (key.body, key.text) = (body, text);
    }
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

/// The command that accepts an event, which has this place in the request with that key; the request's
/// `allowance` pays for checking its data.
///
/// # Errors
/// When something is wrong with it, its data is too large or does not fit its type's schema, or it goes to
/// too many webhooks.
pub(crate) async fn prepare(
    app: &App,
    draft: Draft,
    request: Option<(&RequestKey, u64)>,
    allowances: &mut Allowances,
    now: Timestamp,
) -> Result<Accept, Refusal> {
    let (event, source) = draft.sound(app, &mut allowances.schemas).await?;
    let dedup = Dedup { source: &source, request };
    let most = app.rules().event_data_bytes;
    if event.data.len() > most {
        let detail = format!("data may have at most {most} bytes");
        return Err(
            Refusal::new(Code::TooLarge, detail).at("/data", format!("may have at most {most} bytes"))
        );
    }
    fitting(app, &event, &mut allowances.schemas).await?;
    let expires_at = now.plus(app.rules().idempotency_window);
    let keys: Vec<Key> = dedup.keys(&event).collect();
    let (long, digested) = (!keys.is_empty() && event.data.len() > limits::LONG_DIGEST_BYTES, event.clone());
    let (texts, is_cloud) = (app.store.has_text_keys(now), !source.is_empty());
    let named = move || {
        if keys.is_empty() {
            return Vec::new();
        }
        let (body, text) = (digest(&digested, is_cloud), texts.then(|| text_digest(&digested)));
        keys.into_iter().map(|key| Idempotency { key, body, text, expires_at }).collect()
    };
    let idempotency = app.tenant_work.run_if_long(event.account, long, named).await?;
    let listeners = app.store.listeners(event.account, &event.event_type, &[]);
    let plan = planned(app, &event, listeners, Vec::new(), now, &mut allowances.plan).await?;
    Ok(Accept { event, plan, idempotency, random: id_bits()? })
}

/// Where an event goes of all that listen to it, and of the `fresh` webhooks, which are made in the same commit
/// and get it in any case. What it makes is taken off the request's allowance. Long plans are made where they
/// hold nobody up.
///
/// # Errors
/// When it goes to too many webhooks, or is too much for one request.
pub async fn planned(
    app: &App,
    event: &NewEvent,
    listeners: Vec<Arc<Webhook>>,
    fresh: Vec<Arc<Webhook>>,
    now: Timestamp,
    allowance: &mut fanout::Allowance,
) -> Result<Plan, Refusal> {
    let bytes = event.data.len();
    let price = fanout::price(&listeners, bytes).saturating_add(fanout::price(&fresh, bytes));
    let (data, rules, mut left) = (Arc::clone(&event.data), app.rules(), allowance.clone());
    let work = move || {
        let plan = fanout::plan(&listeners, &rules.profiles, &data, now, &mut left).and_then(|mut plan| {
            plan.shares.extend(fanout::shares(&fresh, &rules.profiles, &data, now, now, &mut left)?);
            Ok(plan)
        });
        (plan, left)
    };
    let long = price > limits::LONG_STEPS;
    let (plan, left) = app.tenant_work.run_if_long(event.account, long, work).await?;
    *allowance = left;
    Ok(plan?)
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
