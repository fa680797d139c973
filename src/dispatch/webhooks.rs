//! What follows for the loop from webhooks as they are: how their lanes are served, when they expire, who is
//! asked to confirm one or informed of its end; and what lanes bring about in webhooks.

use std::collections::HashMap;
use std::sync::Arc;

use super::dispatcher::Dispatcher;
use super::unsubscribe_notice;
use crate::clock::{self, Leap};
use crate::domain::id::WebhookNo;
use crate::domain::operational::Notice;
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Failing, Waits, Webhook};
use crate::limits;
use crate::schedule::{Input, LaneSettings, SchedulerConfig};
use crate::store::audit::Actor;
use crate::store::command::Edit;
use crate::store::committed::LaneHead;

impl Dispatcher {
    pub(super) fn open_lanes(
        &mut self,
        lanes: &[LaneHead],
        failing: &HashMap<WebhookNo, Failing>,
        waits: &HashMap<WebhookNo, Waits>,
    ) {
        let webhooks: Vec<_> = self.store.directory().webhooks().cloned().collect();
        let now = clock::now();
        // While nothing was sent nothing failed, and a clock that is ahead now says no more than that.
        let off = now.since(self.store.last_seen());
        for webhook in webhooks {
            let no = webhook.no();
            let at = |found: Result<usize, usize>| found.ok();
            let disk_from = at(lanes.binary_search_by_key(&no, |lane| lane.webhook))
                .and_then(|at| lanes.get(at))
                .map(|head| (head.key, head.due));
            let failing = failing.get(&no).map(|run| Failing { since: run.since.plus(off).min(now), ..*run });
            let settings = self.settings(&webhook, now);
            let waits = waits.get(&no).copied().unwrap_or_default();
            let opened = Input::LaneOpened { webhook: no, settings, disk_from, failing, waits };
            self.scheduler.handle(opened, now);
            // One that was disabled before is nothing new.
            self.duties.is_newly_disabled(&webhook);
            self.track(&webhook, now);
        }
    }

    /// Sees to what a webhook's state asks for besides deliveries.
    pub(super) fn track(&mut self, webhook: &Arc<Webhook>, now: Timestamp) {
        let no = webhook.no();
        self.duties.expires(webhook, now);
        if !unsubscribe_notice::is_owed(webhook) {
            self.duties.notified.remove(&no);
        } else if self.duties.notified.insert(no) {
            let (sender, webhook) = (Arc::clone(&self.sender), Arc::clone(webhook));
            self.background.spawn(async move { sender.send_deactivated(&webhook).await });
        }
        self.duties.stop_asking(no);
        if webhook.to_confirm().is_some() {
            let turn = self.duties.turns.clone();
            let asking = Arc::clone(&self.sender).confirm(no, turn);
            self.duties.pending.insert(no, self.duties.asking.spawn(asking));
        }
    }

    /// Lets the lanes rest whose webhooks have expired, before anything of them is started.
    pub(super) fn rest_expired(&mut self, now: Timestamp) {
        while let Some(&(at, no)) = self.duties.expiries.first().filter(|(at, _)| *at <= now) {
            self.duties.expiries.remove(&(at, no));
            let found = self.store.directory().webhook(no).cloned();
            if let Some(webhook) = found {
                let settings = self.settings(&webhook, now);
                self.scheduler.handle(Input::LaneChanged { webhook: no, settings }, now);
            }
        }
    }

    pub(super) fn save_lane(&mut self, webhook: &Webhook, now: Timestamp) {
        let (no, settings) = (webhook.no(), self.settings(webhook, now));
        self.scheduler.handle(
            match self.scheduler.lane(no, now) {
                Some(_) => Input::LaneChanged { webhook: no, settings },
                None => {
                    let waits = Waits::default();
                    Input::LaneOpened { webhook: no, settings, disk_from: None, failing: None, waits }
                }
            },
            now,
        );
    }

    /// Reads the clocks, and takes notice of a wall clock that was set.
    pub(super) fn now(&mut self) -> Timestamp {
        let now = clock::now();
        match self.leaps.look(now, clock::monotonic()) {
            Leap::None => {}
            Leap::Ahead(by) if by >= limits::CLOCK_LEAP => {
                tracing::warn!(
                    seconds = by.as_secs(),
                    "the clock jumped ahead; failures do not count as lasting longer"
                );
                self.scheduler.leapt(by, now);
            }
            Leap::Ahead(_) => {}
            Leap::Back => {
                // What had expired by it has not.
                let bounds = self.sender.rules().scheduler;
                self.take_rules(bounds, now);
            }
        }
        now
    }

    /// Serves every lane by the rules that hold from now on.
    pub(super) fn take_rules(&mut self, bounds: SchedulerConfig, now: Timestamp) {
        self.scheduler.set_config(bounds, now);
        let webhooks: Vec<_> = self.store.directory().webhooks().cloned().collect();
        for webhook in webhooks {
            let settings = self.settings(&webhook, now);
            self.duties.expires(&webhook, now);
            self.scheduler.handle(Input::LaneChanged { webhook: webhook.no(), settings }, now);
        }
    }

    pub(super) fn settings(&self, webhook: &Webhook, now: Timestamp) -> LaneSettings {
        let rules = self.sender.rules();
        let profile = rules.profiles.of(webhook);
        LaneSettings {
            ordering: webhook.ordering,
            max_in_flight: webhook.max_in_flight,
            rate_limit: webhook.rate_limit,
            paused: !self.sender.serves(webhook, now),
            disable_after: profile.disable_after,
        }
    }

    /// Lets the lanes go on or wait whose listeners came or left.
    pub(super) fn take_listeners(&mut self) {
        let now = self.now();
        for no in self.sender.listeners.take_changed() {
            let found = self.store.directory().webhook(no).cloned();
            if let Some(webhook) = found {
                let settings = self.settings(&webhook, now);
                self.scheduler.handle(Input::LaneChanged { webhook: no, settings }, now);
            }
        }
    }

    fn last_error(&self, no: WebhookNo) -> Option<ErrorKind> {
        self.duties.last_errors.get(&no).copied()
    }

    pub(super) fn disable(&mut self, no: WebhookNo, since: Timestamp, now: Timestamp) {
        let Some(webhook) = self.store.directory().webhook(no).cloned() else { return };
        let why = DisabledWhy::Failing;
        let notice = Notice::WebhookDisabled { why, by: None };
        let emit = self.sender.notices.accept(&notice, &webhook, self.last_error(no), now);
        let edit = Edit::DisableWebhook { webhook: webhook.id, why, since, emit: emit.into_iter().collect() };
        let store = self.store.clone();
        self.background.spawn(async move {
            // It may have been changed or resumed by now, and then it is not disabled.
            let _ = store.edit(edit, Actor::Daemon, now).await;
        });
    }
}
