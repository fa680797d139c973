//! What is read when a store is opened: everything small, and of the backlog only the lanes' heads.

use std::collections::BTreeSet;
use std::sync::Arc;

use redb::ReadTransaction;

use super::audit::Ends;
use super::committed::LaneHead;
use super::engine_error::EngineError;
use super::gathering::Gathering;
use super::records::{
    account, actor, attempt, audit, batch, checked, due, event, readable, replay, secret, signing_key,
    webhook,
};
use super::seal::Seal;
use super::tables::{self, meta, number};
use super::upkeep::ReplayState;
use super::writer::{AuditLog, PruneCursor, ResealCursor, State, Sweep, Sweeps};
use crate::domain::delivery::Reason;
use crate::domain::directory::Directory;
use crate::domain::id::{AccountNo, NumberMap, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Failing, Waits};
use crate::{clock, limits};

/// What was found.
pub(super) struct Found {
    pub(super) directory: Directory,
    pub(super) state: State,
    pub(super) lanes: Vec<LaneHead>,
    pub(super) failing: Vec<(WebhookNo, Failing)>,
    pub(super) waits: Vec<(WebhookNo, Waits)>,
}

pub(super) fn load(txn: &ReadTransaction, seal: &Seal) -> Result<Found, EngineError> {
    let mut directory = Directory::default();
    load_accounts(txn, &mut directory)?;
    load_secrets(txn, seal, &mut directory)?;
    load_actors(txn, seal, &mut directory)?;
    load_signing_keys(txn, seal, &mut directory)?;
    load_replays(txn, &mut directory)?;
    let unreadable = load_webhooks(txn, seal, &mut directory)?;
    let dropping = directory.webhooks().filter_map(|webhook| Some((webhook.no(), webhook.dropping?)));
    let mut sweeps = Sweeps::default();
    dropping.for_each(|(no, up_to)| sweeps.insert(no, Sweep::dropping(no, up_to)));
    let mut lanes = Vec::new();
    for head in lane_heads(txn)? {
        let no = head.webhook;
        if directory.webhook(no).is_some() {
            lanes.push(head);
        } else if !unreadable.contains(&no) {
            sweeps.insert(no, Sweep::removing(no, why_removed(txn, no)?));
        }
    }
    let mut orphans = BTreeSet::new();
    let gathering = load_gathering(txn, &directory, |no| {
        orphans.insert(no);
    })?;
    for no in orphans.difference(&unreadable) {
        sweeps.insert(*no, Sweep::removing(*no, why_removed(txn, *no)?));
    }
    let state = State { gathering, ..load_state(txn, seal, sweeps)? };
    let failing = load_failing(txn, &directory)?;
    let waits = load_waits(txn, &directory)?;
    Ok(Found { directory, state, lanes, failing, waits })
}

fn load_accounts(txn: &ReadTransaction, directory: &mut Directory) -> Result<(), EngineError> {
    for row in tables::ACCOUNTS.read(txn)?.iter()? {
        let (key, row) = row?;
        if let Some(account) = readable("accounts", key.value(), account::read_account(row.value())) {
            directory.put_account(account);
        }
    }
    for row in tables::TOKENS.read(txn)?.iter()? {
        let (key, row) = row?;
        if let Some(token) = readable("tokens", "…", account::read_token(key.value(), row.value())) {
            directory.put_token(token);
        }
    }
    for row in tables::EVENT_TYPES.read(txn)?.iter()? {
        let (key, row) = row?;
        if let Some(record) = readable("event_types", key.value(), account::read_event_type(row.value())) {
            directory.put_event_type(AccountNo(key.value().0), record);
        }
    }
    Ok(())
}

fn load_secrets(txn: &ReadTransaction, seal: &Seal, directory: &mut Directory) -> Result<(), EngineError> {
    for row in tables::SECRETS.read(txn)?.iter()? {
        let (key, row) = row?;
        let (no, name) = key.value();
        let account = AccountNo(no);
        let record = readable("secrets", key.value(), secret::read(account, name, row.value(), seal));
        if let Some(record) = record {
            directory.put_secret(account, record);
        }
    }
    Ok(())
}

fn load_actors(txn: &ReadTransaction, seal: &Seal, directory: &mut Directory) -> Result<(), EngineError> {
    for row in tables::ACTORS.read(txn)?.iter()? {
        let (key, row) = row?;
        let (account, id) = key.value();
        let account = AccountNo(account);
        if let Some(actor) = readable("actors", key.value(), actor::read(account, id, row.value(), seal)) {
            directory.put_actor(account, Arc::new(actor));
        }
    }
    Ok(())
}

fn load_signing_keys(
    txn: &ReadTransaction,
    seal: &Seal,
    directory: &mut Directory,
) -> Result<(), EngineError> {
    for row in tables::SIGNING_KEYS.read(txn)?.iter()? {
        let (no, row) = row?;
        let key = signing_key::read(no.value(), row.value(), seal);
        if let Some(key) = readable("signing_keys", no.value(), key) {
            directory.put_signing_key(no.value(), key);
        }
    }
    Ok(())
}

fn load_replays(txn: &ReadTransaction, directory: &mut Directory) -> Result<(), EngineError> {
    for row in tables::REPLAYS.read(txn)?.iter()? {
        let (key, row) = row?;
        if let Some(replay) = readable("replays", key.value(), replay::read(row.value()))
            && replay.state == ReplayState::Running
        {
            directory.put_replay(replay.id, replay.account);
        }
    }
    Ok(())
}

/// Why what waits for a removed webhook is cancelled.
fn why_removed(txn: &ReadTransaction, no: WebhookNo) -> Result<Reason, EngineError> {
    let row = tables::REMOVED.read(txn)?.get(no.0)?;
    let expired = |(since, expires_at): (Timestamp, Option<Timestamp>)| {
        expires_at.is_some_and(|at| at.plus(limits::EXPIRED_GRACE) <= since)
    };
    let removed = row.and_then(|row| webhook::read_removed(row.value()));
    Ok(if removed.is_some_and(expired) { Reason::Expired } else { Reason::WebhookRemoved })
}

/// The webhooks; those that do not decode are reported: their rows wait for a program that can read them.
fn load_webhooks(
    txn: &ReadTransaction,
    seal: &Seal,
    directory: &mut Directory,
) -> Result<BTreeSet<WebhookNo>, EngineError> {
    let mut unreadable = BTreeSet::new();
    for row in tables::WEBHOOKS.read(txn)?.iter()? {
        let (key, row) = row?;
        let no = WebhookNo(key.value());
        match readable("webhooks", no, webhook::read(row.value(), seal)) {
            Some(webhook) => directory.put_webhook(Arc::new(webhook)),
            None => {
                unreadable.insert(no);
            }
        }
    }
    Ok(unreadable)
}

/// The first row of each lane, by one seek per lane.
fn lane_heads(txn: &ReadTransaction) -> Result<Vec<LaneHead>, EngineError> {
    let table = tables::DUE.read(txn)?;
    let (mut heads, now) = (Vec::new(), clock::now());
    let mut from = Some((0, 0, 0));
    while let Some(start) = from {
        let Some((key, row)) = table.range(start..)?.next().transpose()? else { break };
        let (webhook, key) = tables::decode_due_key(key.value());
        // A head that does not decode is still a head: the page that is loaded from it leaves it out.
        let due = readable("due", (webhook, key), due::read(key, row.value()))
            .map_or(Timestamp::default(), |row| row.read_at(now));
        heads.push(LaneHead { webhook, key, due });
        from = webhook.0.checked_add(1).map(|next| (next, 0, 0));
    }
    Ok(heads)
}

/// What is being gathered; `orphan` is called with webhooks that no longer exist. Events wait for others for a
/// short time, so there are few at any time.
fn load_gathering(
    txn: &ReadTransaction,
    directory: &Directory,
    mut orphan: impl FnMut(WebhookNo),
) -> Result<Gathering, EngineError> {
    let mut gathering = Gathering::default();
    for row in tables::GATHERING.read(txn)?.iter()? {
        let (key, row) = row?;
        let (no, event_type, event) = key.value();
        let no = WebhookNo(no);
        let Some(webhook) = directory.webhook(no) else {
            orphan(no);
            continue;
        };
        let added = readable("gathering", (no, event), batch::read_added(row.value()));
        if let (Some(added), Ok(event_type)) = (added, event_type.parse()) {
            let max_wait = webhook.terms.batch.map(|batch| batch.max_wait).unwrap_or_default();
            gathering.add(&(no, event_type), added, max_wait);
        }
    }
    Ok(gathering)
}

fn load_state(txn: &ReadTransaction, seal: &Seal, sweeps: Sweeps) -> Result<State, EngineError> {
    let table = tables::META.read(txn)?;
    let floor = |name: &str| number(&table, name).map(|floor| floor.unwrap_or(1));
    let after = |last: Option<u64>| last.map_or(1, |last| last.saturating_add(1));
    let events = tables::EVENTS.read(txn)?.last()?.map(|(key, _)| key.value());
    let attempts = tables::ATTEMPTS.read(txn)?.last()?.map(|(key, _)| key.value());
    let jobs = tables::JOBS.read(txn)?.last()?.map(|(key, _)| key.value());
    let webhooks = tables::WEBHOOKS.read(txn)?.last()?.map(|(key, _)| key.value().into());
    let accounts = tables::ACCOUNTS.read(txn)?.last()?.map(|(key, _)| key.value().into());
    let removed = tables::REMOVED.read(txn)?.last()?.map(|(key, _)| key.value().into());
    let next_webhook = after(webhooks).max(after(removed)).max(floor(meta::WEBHOOK_FLOOR)?);
    Ok(State {
        next_seq: after(events).max(after(attempts)).max(after(jobs)).max(floor(meta::SEQ_FLOOR)?),
        // Past the last number there is, it goes on from the first: used ones are passed over.
        next_webhook: u32::try_from(next_webhook).unwrap_or(1),
        next_account: u32::try_from(after(accounts)).unwrap_or(u32::MAX),
        audit: AuditLog::new(Ends::read(txn, seal)?.go_on()),
        sweeps,
        suspects: load_suspects(txn)?,
        noted: BTreeSet::new(),
        run_changes: NumberMap::default(),
        resumed: NumberMap::default(),
        gathering: Gathering::default(),
        listed: NumberMap::default(),
        prune: PruneCursor::default(),
        reseal: ResealCursor::default(),
        pending: tables::DUE.read(txn)?.len()? + tables::GATHERING.read(txn)?.len()?,
    })
}

fn load_suspects(txn: &ReadTransaction) -> Result<NumberMap<(WebhookNo, Seq), u32>, EngineError> {
    let mut suspects = NumberMap::default();
    for row in tables::SUSPECTS.read(txn)?.iter()? {
        let (key, crashes) = row?;
        let (webhook, event) = key.value();
        if let Some(crashes) = checked("suspects", key.value(), crashes.sound()) {
            suspects.insert((WebhookNo(webhook), Seq(event)), crashes);
        }
    }
    Ok(suspects)
}

fn load_failing(
    txn: &ReadTransaction,
    directory: &Directory,
) -> Result<Vec<(WebhookNo, Failing)>, EngineError> {
    let mut failing = Vec::new();
    for row in tables::FAILING.read(txn)?.iter()? {
        let (key, row) = row?;
        let no = WebhookNo(key.value());
        let run = readable("failing", no, account::read_failing(row.value()));
        failing.extend(run.filter(|_| directory.webhook(no).is_some()).map(|run| (no, run)));
    }
    Ok(failing)
}

fn load_waits(txn: &ReadTransaction, directory: &Directory) -> Result<Vec<(WebhookNo, Waits)>, EngineError> {
    let mut waits = Vec::new();
    for row in tables::WAITS.read(txn)?.iter()? {
        let (key, row) = row?;
        let no = WebhookNo(key.value());
        let found = readable("waits", no, account::read_waits(row.value()));
        waits.extend(found.filter(|_| directory.webhook(no).is_some()).map(|found| (no, found)));
    }
    Ok(waits)
}

/// The latest time that the newest rows hold: about when the store was last in use.
pub(super) fn last_seen(txn: &ReadTransaction) -> Result<Timestamp, EngineError> {
    let (events, attempts) = (tables::EVENTS.read(txn)?, tables::ATTEMPTS.read(txn)?);
    let log = tables::AUDIT.read(txn)?;
    let event = events.last()?.and_then(|(_, row)| event::read(row.value()).ok());
    let attempt = attempts.last()?.and_then(|(_, row)| attempt::read_head(row.value()).ok());
    let noted = log.last()?.and_then(|(no, row)| audit::read(no.value(), row.value()).ok());
    let times = [
        event.map(|event| event.accepted_at),
        attempt.map(|head| head.started_at),
        noted.map(|entry| entry.at),
    ];
    Ok(times.into_iter().flatten().max().unwrap_or_default())
}
