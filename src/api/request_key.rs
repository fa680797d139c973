//! `Idempotency-Key`: what the repetition of a request is recognised by.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use sha2::{Digest as _, Sha256};

use super::context::Context;
use crate::domain::event::Key;
use crate::domain::id::AccountNo;
use crate::domain::json;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::limits;
use crate::store::command::Idempotency;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A caller's key for a request, from `Idempotency-Key`.
#[derive(Debug, Clone)]
pub struct RequestKey(pub(in crate::api) Key);

impl RequestKey {
    /// The key of a request, if it has one.
    ///
    /// # Errors
    /// 400 when the header is not a key.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Problem::new(Code::MalformedRequest, "Idempotency-Key may be sent only once"));
        }
        match Key::new(value.to_str().unwrap_or_default()) {
            Ok(key) => Ok(Some(Self(key))),
            Err(error) => Err(Problem::new(Code::MalformedRequest, format!("Idempotency-Key {error}"))),
        }
    }

    /// Makes sure that a request has no key, where none is taken: whoever gives one must not believe that a
    /// repetition does nothing.
    ///
    /// # Errors
    /// 400 when there is one.
    pub fn refuse(headers: &HeaderMap) -> Result<(), Problem> {
        if !headers.contains_key(&IDEMPOTENCY_KEY) {
            return Ok(());
        }
        let detail =
            "Idempotency-Key is not supported here: a repeated request would not be recognised; leave it out";
        Err(Problem::new(Code::MalformedRequest, detail))
    }

    /// What the repetition of an account's request with this body is recognised by, among those that make
    /// the same kind of thing.
    ///
    /// # Errors
    /// 503 when a long body cannot be looked at now.
    pub async fn idempotency(
        &self,
        kind: &str,
        account: AccountNo,
        body: Bytes,
        context: &Context,
        now: Timestamp,
    ) -> Result<Option<Idempotency>, Problem> {
        let Some(key) = digest_of(&[kind.as_bytes(), self.0.as_str().as_bytes()]) else { return Ok(None) };
        let expires_at = now.plus(context.rules().settings.idempotency_window);
        let (long, texts) = (body.len() > limits::LONG_DIGEST_BYTES, context.store.has_text_keys(now));
        let digests = move || (json::digest(&body), texts.then(|| Sha256::digest(&body).into()));
        let (body, text) = context.tenant_work.run_if_long(account, long, digests).await?;
        // A short password in it is not to be guessed from what is kept of the request.
        let body = context.store.resource_key().digest(&body);
        Ok(Some(Idempotency { key, body, text, expires_at }))
    }
}

/// The key as the store keeps it: a digest, so that no two kinds of keys can meet.
pub(in crate::api) fn digest_of(parts: &[&[u8]]) -> Option<Key> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Key::new(&URL_SAFE_NO_PAD.encode(hash.finalize())).ok()
}
