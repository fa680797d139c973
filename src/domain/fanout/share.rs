//! What one webhook gets of an event.

use std::sync::Arc;

use super::cost::{Allowance, PlanError};
use super::filling::Filling;
use crate::domain::form::PayloadForm;
use crate::domain::id::WebhookNo;
use crate::domain::profiles::Profiles;
use crate::domain::terms::Template;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;

/// One webhook's share of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The webhook.
    pub webhook: WebhookNo,
    /// What its body will hold.
    pub form: PayloadForm,
    /// What the webhook's template gives, where `form` says so. `None` when it is too large to be
    /// kept; then the delivery fails.
    pub body: Option<Arc<[u8]>>,
    /// When its first attempt is due.
    pub due: Timestamp,
    /// How many bytes of data one body of that form may hold.
    pub room: u32,
}

/// The share of a webhook that gets an event accepted at `accepted_at`, to be sent from `now` on: what its template
/// says, else its terms, else its profile.
///
/// # Errors
/// When the allowance does not suffice.
pub(super) fn share_of(
    webhook: &Webhook,
    profiles: &Profiles,
    filling: &mut Filling<'_>,
    request: &mut Allowance,
    accepted_at: Timestamp,
    now: Timestamp,
) -> Result<Share, PlanError> {
    let (profile, bytes) = (profiles.of(webhook), filling.data.len());
    let template = webhook.terms.template.as_deref();
    let (wanted, body) = match template {
        Some(Template { payload: Some(text), interpolate_strings, .. }) => {
            (PayloadForm::Template, filling.fill(text, *interpolate_strings, accepted_at, request)?)
        }
        _ => match webhook.terms.payload.unwrap_or(profile.payload) {
            // Without a template it is the event as it is.
            PayloadForm::Template => (PayloadForm::Data, None),
            form => (form, None),
        },
    };
    let too_large = bytes > wanted.room(profile.max_body);
    let form =
        if too_large && webhook.terms.resource.when_too_large { PayloadForm::ResourceUrl } else { wanted };
    let room = u32::try_from(form.room(profile.max_body)).unwrap_or(u32::MAX);
    Ok(Share { webhook: webhook.no(), form, body, due: now.plus(profile.retry.first_wait()), room })
}
