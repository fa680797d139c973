//! What is signed, and why it could not be.

use http::HeaderName;
use http::header::InvalidHeaderValue;

use crate::domain::secret::SecretError;
use crate::domain::time::Timestamp;

/// Why a message cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// An Ed25519 secret where only HMAC is known.
    #[error(
        "the signature in {0} needs a symmetric secret (whsec_…), the webhook's newest is an Ed25519 key"
    )]
    Asymmetric(HeaderName),
    /// A text where bytes are needed.
    #[error("the signature in {header} needs a secret in base64 (whsec_…); the webhook's newest {why}")]
    Text {
        /// The signature's header.
        header: HeaderName,
        /// What the secret lacks.
        why: SecretError,
    },
    /// No key of the daemon's for an algorithm.
    #[error("there is no key to sign with {0}")]
    NoKey(&'static str),
    /// A token where no one says who makes it.
    #[error("no issuer is configured to sign a token as")]
    NoIssuer,
    /// The id holds what no header may hold.
    #[error("the message's id cannot be sent in a header")]
    Id(#[from] InvalidHeaderValue),
}

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The message's id, the same for every attempt.
    pub id: &'a str,
    /// The time of this attempt.
    pub now: Timestamp,
    /// The URL it is sent to.
    pub url: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}
