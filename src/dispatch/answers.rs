//! What the loop answers to people who ask why deliveries are not being sent.

use super::dispatcher::Dispatcher;
use super::waiting::Question;
use crate::domain::delivery::DueRow;
use crate::domain::id::WebhookNo;
use crate::domain::time::Timestamp;
use crate::domain::waiting::{Waiting, WaitingFor};
use crate::domain::webhook::ReceiverHealth;

impl Dispatcher {
    /// Answers what was asked, once everything that can start now has started.
    pub(super) fn answer_questions(&mut self, now: Timestamp) {
        for question in std::mem::take(&mut self.questions) {
            // The caller may have gone.
            match question {
                Question::Rows(rows, reply) => {
                    let waiting = rows.iter().map(|(webhook, row)| self.waiting_for(*webhook, row, now));
                    let _ = reply.send(waiting.collect());
                }
                Question::Health(webhooks, reply) => {
                    let _ =
                        reply.send(webhooks.into_iter().map(|webhook| self.health(webhook, now)).collect());
                }
            }
        }
    }

    fn waiting_for(&self, webhook: WebhookNo, row: &DueRow, now: Timestamp) -> Option<Waiting> {
        match self.scheduler.waiting_for(webhook, row, now) {
            // Nothing starts while its outcome could not be stored.
            None | Some(Waiting { what: WaitingFor::Slot, .. }) if self.store.waits_for_room() => {
                Some(WaitingFor::Journal.into())
            }
            Some(Waiting { what: WaitingFor::Paused, .. }) if self.misses_its_listener(webhook, now) => {
                Some(WaitingFor::Listener.into())
            }
            waiting => waiting,
        }
    }

    /// Whether nothing but its listener's absence keeps a webhook from being sent to.
    fn misses_its_listener(&self, no: WebhookNo, now: Timestamp) -> bool {
        let found = self.store.directory().webhook(no).cloned();
        found.is_some_and(|webhook| webhook.is_served(now) && !self.sender.serves(&webhook, now))
    }

    fn health(&self, webhook: WebhookNo, now: Timestamp) -> ReceiverHealth {
        let Some(lane) = self.scheduler.lane(webhook, now) else { return ReceiverHealth::default() };
        ReceiverHealth { failing: lane.failing, probing: lane.probing, rests_until: lane.rests_until }
    }
}
