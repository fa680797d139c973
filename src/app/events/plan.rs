//! Where an event goes, and what each of its webhooks gets.

use std::sync::Arc;

use crate::app::core::App;
use crate::domain::event::NewEvent;
use crate::domain::fanout::{self, Plan};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;

/// Where an event goes of all that listen to it, and of the `fresh` webhooks, which are made in the same commit
/// and get it in any case. What it makes is taken off the request's allowance. Long plans are made where they
/// hold no one up.
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
        let plan = fanout::plan(&listeners, &fresh, &rules.profiles, &data, now, &mut left);
        (plan, left)
    };
    let long = price > limits::LONG_STEPS;
    let (plan, left) = app.tenant_work.run_if_long(event.account, long, work).await?;
    *allowance = left;
    Ok(plan?)
}
