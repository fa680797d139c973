//! Secrets of webhooks: rotated, and revealed to those who may.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edit::{fresh_secret, own};
use crate::api::call::Call;
use crate::api::shown::Shown;
use crate::api::tokens::private;
use crate::app::webhooks::{unfit_secret, with_secrets};
use crate::domain::id::WebhookId;
use crate::domain::profile::SignatureScheme;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::store::command::Edit;

/// How long a replaced secret goes on signing unless the request says otherwise: a day.
const OVERLAP_SECONDS: u64 = 24 * 3600;

/// How to rotate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotateSecretBody")]
pub struct RotateBody {
    /// The new secret; one is made unless given.
    #[serde(default)]
    secret: Option<String>,
    /// How long the replaced one goes on signing; a day unless given.
    #[serde(default)]
    overlap_seconds: Option<u64>,
}

/// What a webhook signs with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SecretView {
    webhook_id: Shown<WebhookId>,
    /// The newest secret.
    secret: String,
    /// The public key, where the secret has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    /// When each replaced secret stops to sign. None does where the profile signs with the newest alone
    /// (`multi_signature`).
    previous_until: Vec<Shown<Timestamp>>,
}

fn view(webhook: &Webhook, call: &Call) -> SecretView {
    let now = call.now;
    let signs_with_several = |scheme: &SignatureScheme| match scheme {
        SignatureScheme::Standard => true,
        SignatureScheme::Timestamped { multi_signature, .. } => *multi_signature,
        SignatureScheme::Jwt { .. } => false,
    };
    let overlaps = call.context.rules().profiles.of(webhook).signature.iter().any(signs_with_several);
    let previous = webhook.secrets.previous.iter().map(|(_, until)| *until).filter(|_| overlaps);
    SecretView {
        webhook_id: Shown(webhook.id),
        secret: webhook.secrets.current.expose().to_owned(),
        public_key: webhook.secrets.current.public(),
        previous_until: previous.filter(|until| *until > now).map(Shown).collect(),
    }
}

/// Answers `POST /v1/webhooks/{id}/rotate-secret`.
///
/// # Errors
/// When there is no such webhook, the secret or the overlap cannot be taken, or the daemon changed the
/// webhook meanwhile.
pub async fn rotate(mut call: Box<Call>) -> Result<Answer, Problem> {
    own(&call)?;
    let (body, mut faults) = call.optional_document::<RotateBody>().await?;
    let _one_at_a_time = call.context.editing(call.caller.account).await;
    let from = own(&call)?;
    let secret = match body.secret {
        Some(text) => faults.check("/secret", Secret::parse(&text)),
        None => Some(fresh_secret()?),
    };
    let rules = call.context.rules();
    let profile = rules.profiles.of(&from);
    if let Some(why) = secret.as_ref().and_then(|secret| unfit_secret(profile, secret)) {
        faults.add("/secret", why);
    }
    let overlap = body.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
    let rotated = secret
        .and_then(|secret| faults.check("/overlap_seconds", from.secrets.rotate(secret, overlap, call.now)));
    let change = with_secrets(from, faults.unless(rotated)?, call.now);
    json(StatusCode::OK, &view(&*call.save_webhook(change).await?, &call)).map(private)
}

/// Answers `GET /v1/webhooks/{id}/secret`. It is in the audit log before it is in the answer.
///
/// # Errors
/// When there is no such webhook, or the audit log cannot be written.
pub async fn reveal(call: Box<Call>) -> Result<Answer, Problem> {
    let webhook = own(&call)?;
    call.edit(Edit::RevealSecret(webhook.no()), "webhook").await?;
    json(StatusCode::OK, &view(&webhook, &call)).map(private)
}
