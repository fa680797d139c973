//! A caller's key for a request: what its repetition is recognised by.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::core::App;
use crate::domain::event::Key;
use crate::domain::id::AccountNo;
use crate::domain::json;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::command::Idempotency;

/// A caller's key for a request.
#[derive(Debug, Clone)]
pub struct RequestKey(Key);

impl RequestKey {
    /// A key that a caller gave.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self(key)
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
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
        app: &App,
        now: Timestamp,
    ) -> Result<Option<Idempotency>, Refusal> {
        let Some(key) = digest_of(&[kind.as_bytes(), self.0.as_str().as_bytes()]) else { return Ok(None) };
        let expires_at = now.plus(app.rules().idempotency_window);
        let (long, texts) = (body.len() > limits::LONG_DIGEST_BYTES, app.store.has_text_keys(now));
        let digests = move || (json::digest(&body), texts.then(|| Sha256::digest(&body).into()));
        let (body, text) = app.tenant_work.run_if_long(account, long, digests).await?;
        // A short password in it is not to be guessed from what is kept of the request.
        let body = app.store.resource_key().digest(&body);
        Ok(Some(Idempotency { key, body, text, expires_at }))
    }
}

/// The key as the store keeps it: a digest, so that no two kinds of keys can meet.
pub fn digest_of(parts: &[&[u8]]) -> Option<Key> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Key::new(&URL_SAFE_NO_PAD.encode(hash.finalize())).ok()
}
