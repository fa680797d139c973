//! Sending again: one event, or past deliveries, many at a time, at a pace, across restarts.

use std::sync::Arc;

use super::core::App;
use super::deliveries::{counted, rows_of};
use super::entropy::no_entropy;
use crate::clock;
use crate::domain::delivery::DeliveryState;
use crate::domain::event::{EventHeader, Skip};
use crate::domain::fanout::{self, Allowance};
use crate::domain::id::{AccountNo, EventId, ReplayId, WebhookNo};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::reserved::WEBHOOK_TEST;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::{Edit, Edited};
use crate::store::upkeep::NewReplay;
pub use crate::store::upkeep::Replay;
use crate::store::{Counted, DeliveryFilter, Page, PageRequest, Store};

/// Which deliveries are to be sent again.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whose they are.
    pub account: AccountNo,
    /// Those that it wants.
    pub filter: DeliveryFilter,
    /// Whether it is what the filter's webhook missed instead.
    pub skipped: bool,
    /// At most so many per second.
    pub rate_per_second: Option<u32>,
}

/// How many deliveries there are that are wanted.
///
/// # Errors
/// When the store cannot be read.
pub async fn count(app: &App, wanted: &Wanted) -> Result<Counted, Refusal> {
    let (account, filter) = (wanted.account, wanted.filter.clone());
    let webhook = filter.webhook.filter(|_| wanted.skipped);
    let webhook = webhook.and_then(|no| app.store.directory().webhook_in(account, no).cloned());
    let count = move |store: &Store| counted(store, account, &filter, webhook.as_ref());
    Ok(app.read(account, count).await?)
}

/// Begins to send them, of which so many were counted.
///
/// # Errors
/// When too many replays are running, or the store cannot.
pub async fn start(
    app: &App,
    wanted: Wanted,
    matched: Counted,
    by: Actor,
    now: Timestamp,
) -> Result<Replay, Refusal> {
    let random = clock::random_bytes().map(u128::from_be_bytes).map_err(|error| no_entropy(&error))?;
    let Wanted { account, filter, skipped, rate_per_second } = wanted;
    let id = ReplayId::new(now, random);
    let replay = NewReplay { id, account, filter, skipped, rate_per_second, matched };
    match app.edit(Edit::CreateReplay(Box::new(replay)), by, "replay", now).await? {
        Edited::Replay(replay) => Ok(*replay),
        _ => Err(Refusal::new(Code::Internal, "the replay was not created")),
    }
}

/// A page of an account's replays.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    app: &App,
    account: AccountNo,
    page: PageRequest<ReplayId>,
) -> Result<Page<Replay, ReplayId>, Refusal> {
    Ok(app.read(account, move |store| store.replays(account, page)).await?)
}

/// A replay of an account.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub async fn find(app: &App, account: AccountNo, id: ReplayId) -> Result<Replay, Refusal> {
    let found = app.read(account, move |store| store.replay(id)).await?;
    found.filter(|replay| replay.account == account).ok_or_else(|| Refusal::not_found("replay"))
}

/// Stops a replay; the replay afterwards.
///
/// # Errors
/// When there is no such replay, or it has ended.
pub async fn cancel(
    app: &App,
    account: AccountNo,
    id: ReplayId,
    by: Actor,
    now: Timestamp,
) -> Result<Replay, Refusal> {
    find(app, account, id).await?;
    app.edit(Edit::CancelReplay(id), by, "replay", now).await?;
    find(app, account, id).await
}

/// An event and its data.
pub type Event = (EventHeader, Arc<[u8]>);

/// An event of an account, to be sent again.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub async fn event(app: &App, account: AccountNo, id: EventId) -> Result<Event, Refusal> {
    let found = app
        .read(account, move |store| {
            let Some(header) = store.event_header(id.seq())? else { return Ok(None) };
            let event = store.event(id.seq())?;
            Ok(Some((header, event.map(|event| event.data).unwrap_or_default())))
        })
        .await?;
    let own = found.filter(|(header, _)| header.id == id && header.account == account);
    own.ok_or_else(|| Refusal::not_found("event"))
}

/// To whom an event is sent again.
pub enum Whom {
    /// This webhook.
    One(WebhookNo),
    /// All that have a delivery of it or would get it now.
    All,
    /// Those that missed it.
    Missed,
}

/// Sends an event again; how many deliveries are made or made pending again.
///
/// # Errors
/// When it goes to too many webhooks, or the store cannot.
pub async fn send_again(
    app: &App,
    (header, data): Event,
    whom: Whom,
    by: Actor,
    now: Timestamp,
) -> Result<u32, Refusal> {
    let (sent_to, may_get) = chosen(app, &header, whom).await?;
    let of = |numbers: &[_]| app.store.webhooks_of(header.account, numbers);
    let (sent_to, may_get) = (of(&sent_to), of(&may_get));
    let (rules, accepted_at) = (app.rules(), header.accepted_at);
    let price = |webhooks: &[_]| fanout::price(webhooks, data.len());
    let long = price(&sent_to).saturating_add(price(&may_get)) > limits::LONG_STEPS;
    let shares = move || {
        let mut left = Allowance::default();
        let wanted = fanout::wanting(&may_get, &data, &mut Allowance::default())?;
        let all = [sent_to, wanted].concat();
        fanout::shares(&all, &rules.profiles, &data, accepted_at, now, &mut left)
    };
    let shares = app.tenant_work.run_if_long(header.account, long, shares).await??;
    if shares.is_empty() {
        return Ok(0);
    }
    let replay = Edit::Replay { event: header.id.seq(), shares };
    let edited = app.edit(replay, by, "event", now).await?;
    Ok(if let Edited::Count(count) = edited { count } else { 0 })
}

/// The webhooks to send to, and those to send to if their filters want it.
async fn chosen(
    app: &App,
    event: &EventHeader,
    whom: Whom,
) -> Result<(Vec<WebhookNo>, Vec<WebhookNo>), Refusal> {
    match whom {
        Whom::One(no) => Ok((vec![no], Vec::new())),
        Whom::All => {
            let listeners = match event.event_type.as_str() {
                // A test is for its one webhook.
                WEBHOOK_TEST => Vec::new(),
                _ => app.store.directory().listeners(event.account, &event.event_type, &[]).to_vec(),
            };
            let never = |no: &WebhookNo| {
                event.skipped.iter().any(|(of, skip)| of == no && matches!(skip, Skip::Spent | Skip::Twin))
            };
            let unsent = listeners.into_iter().filter(|no| !event.webhooks.contains(no) && !never(no));
            let missed = event.skipped.iter().filter(|(_, skip)| skip.is_missed()).map(|(no, _)| *no);
            let mut may_get: Vec<_> = unsent.chain(missed).collect();
            may_get.sort_unstable();
            may_get.dedup();
            Ok((event.webhooks.clone(), may_get))
        }
        Whom::Missed => {
            let of = event.clone();
            let failed = app
                .read(event.account, move |store| {
                    let missed = [DeliveryState::Failed, DeliveryState::Cancelled];
                    let all = rows_of(store, &of)?.into_iter();
                    Ok(all.filter(|d| missed.contains(&d.state)).map(|d| d.webhook).collect())
                })
                .await?;
            let skipped = event.skipped.iter().filter(|(_, skip)| skip.is_missed()).map(|(no, _)| *no);
            Ok((failed, skipped.chain(skipped_besides(app, event)).collect()))
        }
    }
}

/// The webhooks that an event may have skipped besides those that are remembered with it: that there are more is
/// not known of an event with as many as are remembered. Their filters say whether they would have got it.
fn skipped_besides(app: &App, event: &EventHeader) -> Vec<WebhookNo> {
    if event.skipped.len() < limits::SKIPPED_PER_EVENT || event.event_type.as_str() == WEBHOOK_TEST {
        return Vec::new();
    }
    let directory = app.store.directory();
    let listeners = directory.listeners(event.account, &event.event_type, &[]).to_vec();
    let had = |no: &WebhookNo| event.webhooks.contains(no) || event.skipped.iter().any(|(of, _)| of == no);
    let stood = |no: &WebhookNo| {
        directory.webhook(*no).is_some_and(|webhook| webhook.created_at <= event.accepted_at)
    };
    listeners.into_iter().filter(|no| !had(no) && stood(no)).collect()
}
