//! The revision of a webhook: of two people who edit one, neither undoes unseen what the other did.

use http::HeaderValue;
use http::header::{ETAG as NAME, IF_MATCH as CONDITION};

use super::view::{WebhookView, state};
use crate::api::call::Call;
use crate::api::param::Param;
use crate::domain::webhook::Webhook;
use crate::http::problem::{Code, Problem};
use crate::http::reply::Json;

/// The header that says which revision an answer shows.
pub const ETAG: Param = Param {
    always: true,
    ..Param::text("ETag", "The webhook's revision: a change may be made to depend on it with `If-Match`.")
};

/// The header that names the revision that is to be changed.
pub const IF_MATCH: Param = Param::text(
    "If-Match",
    "An `ETag` of the webhook, or several. The request is refused if the webhook was changed since.",
);

/// A webhook's revision: each change is later than the one before, and the daemon's own change its state.
fn of(webhook: &Webhook, call: &Call) -> String {
    let moves = if webhook.pending_url.is_some() { "-moving" } else { "" };
    let state = state(webhook, call.now).0.as_str();
    format!("\"{:x}-{state}{moves}\"", webhook.updated_at.as_millis())
}

/// An answer that says which revision of the webhook it shows.
pub(super) fn tagged(mut answer: Json<WebhookView>, webhook: &Webhook, call: &Call) -> Json<WebhookView> {
    if let Ok(revision) = HeaderValue::from_str(&of(webhook, call)) {
        answer.headers_mut().insert(NAME, revision);
    }
    answer
}

/// Refuses a change of another revision than those that the request names.
///
/// # Errors
/// 412 when the webhook has another one.
pub(super) fn check(call: &Call, webhook: &Webhook) -> Result<(), Problem> {
    let named =
        call.headers.get_all(CONDITION).iter().flat_map(|value| value.as_bytes().split(|b| *b == b','));
    let mut named = named.map(<[u8]>::trim_ascii).peekable();
    let now = of(webhook, call);
    if named.peek().is_none() || named.any(|one| one == b"*" || one == now.as_bytes()) {
        return Ok(());
    }
    let detail = format!(
        "the webhook was changed; its ETag is {now}. Read it again, and repeat the change if it still holds"
    );
    Err(Problem::new(Code::PreconditionFailed, detail))
}
