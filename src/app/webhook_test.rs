//! Events that go to one webhook, whatever it listens to, so that people see what arrives.

use std::sync::Arc;

use super::core::App;
use super::entropy::id_bits;
use super::events::{Receipt, commit_one};
use crate::domain::event::NewEvent;
use crate::domain::fanout::{self, Plan};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::command::Accept;

/// A test that is stored.
pub struct Sent {
    /// Its event.
    pub receipt: Receipt,
    /// Whether it waits for others, to go with them as one delivery.
    pub gathered: bool,
}

/// Sends an event of this type and with this data to a webhook.
///
/// # Errors
/// When the store cannot, or the data is too much for the webhook.
pub async fn send_test(
    app: &App,
    webhook: &Webhook,
    event_type: &str,
    data: Arc<[u8]>,
    now: Timestamp,
) -> Result<Sent, Refusal> {
    let event_type =
        event_type.parse().map_err(|_| Refusal::new(Code::Internal, "no test could be created"))?;
    let event = NewEvent {
        account: webhook.account,
        event_type,
        source_id: None,
        occurred_at: None,
        order_key: None,
        metadata: None,
        data,
    };
    let share = fanout::share(webhook, &app.rules().profiles, &event.data, now, now)?;
    let gathered = webhook.terms.gathers(share.form).is_some();
    let plan = Plan { shares: vec![share], skipped: Vec::new() };
    let accept = Accept { event, plan, idempotency: Vec::new(), random: id_bits()? };
    Ok(Sent { receipt: commit_one(app, accept, now).await?, gathered })
}
