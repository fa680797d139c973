//! Questions of people who ask why deliveries are not being sent.

use tokio::sync::{mpsc, oneshot};

use crate::domain::delivery::DueRow;
use crate::domain::id::WebhookNo;
use crate::domain::waiting::Waiting;
use crate::domain::webhook::ReceiverHealth;

/// A question to the loop. One is asked for a whole page of a list, and the loop answers one between two turns.
pub(super) enum Question {
    /// What deliveries wait for that are pending in the store.
    Rows(Vec<(WebhookNo, DueRow)>, oneshot::Sender<Vec<Option<Waiting>>>),
    /// How receivers have been doing.
    Health(Vec<WebhookNo>, oneshot::Sender<Vec<ReceiverHealth>>),
}

/// Asks the loop.
#[derive(Clone)]
pub struct Waits(pub(super) mpsc::Sender<Question>);

impl Waits {
    /// What pending deliveries wait for, in their order; `None` for one that is being sent, or is about to be. Of
    /// a loop that has ended no one hears anything: then the daemon ends, too.
    pub async fn rows(self, rows: Vec<(WebhookNo, DueRow)>) -> Vec<Option<Waiting>> {
        self.ask(|reply| Question::Rows(rows, reply)).await
    }

    /// How the receivers of webhooks have been doing, in their order.
    pub async fn health(self, webhooks: Vec<WebhookNo>) -> Vec<ReceiverHealth> {
        self.ask(|reply| Question::Health(webhooks, reply)).await
    }

    async fn ask<T: Default>(self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> T {
        let (reply, answer) = oneshot::channel();
        if self.0.send(question(reply)).await.is_err() {
            return T::default();
        }
        answer.await.unwrap_or_default()
    }
}
