//! Events that go to one webhook, whatever it listens to, so that people see what arrives.

use std::sync::Arc;

use super::core::App;
use super::entropy::id_bits;
use super::events::{Receipt, commit_one};
use crate::domain::event::NewEvent;
use crate::domain::fanout::{self, Plan};
use crate::domain::id::DeliveryId;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::audit::Actor;
use crate::store::command::{Accept, Edit};

/// Sends an event of this type and with this data to a webhook, at once also where others are gathered.
///
/// # Errors
/// When the store cannot, or the data is too much for the webhook.
pub async fn send_test(
    app: &App,
    webhook: &Webhook,
    (event_type, data): (&str, Arc<[u8]>),
    by: Actor,
    now: Timestamp,
) -> Result<Receipt, Refusal> {
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
    let gathered = webhook.terms.batch_for(share.form).is_some();
    let plan = Plan { shares: vec![share], skipped: Vec::new() };
    let accept = Accept { event, plan, idempotency: Vec::new(), random: id_bits()? };
    let receipt = commit_one(app, accept, now).await?;
    if gathered {
        // The one who tests does not want to wait for others. It is refused where the test was not gathered, or its
        // batch has closed already.
        let retry = Edit::RetryNow(DeliveryId::new(now, receipt.id.seq(), webhook.no()));
        app.store.edit(retry, by, now).await?.ok();
    }
    Ok(receipt)
}
