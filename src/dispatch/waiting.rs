//! Answers to people who ask why a delivery is not being sent.

use tokio::sync::{mpsc, oneshot};

use crate::domain::delivery::DueRow;
use crate::domain::id::WebhookNo;
use crate::domain::waiting::Waiting;

/// A question about a delivery that is pending in the store.
pub(super) struct Question {
    pub(super) webhook: WebhookNo,
    pub(super) row: DueRow,
    pub(super) reply: oneshot::Sender<Option<Waiting>>,
}

/// Asks the loop what deliveries wait for.
#[derive(Clone)]
pub struct Waits(pub(super) mpsc::Sender<Question>);

impl Waits {
    /// What a pending delivery waits for; `None` if it is being sent, or is about to be.
    pub async fn ask(self, webhook: WebhookNo, row: DueRow) -> Option<Waiting> {
        let (reply, answer) = oneshot::channel();
        // When the loop has ended nothing is sent at all, and the daemon ends too.
        self.0.send(Question { webhook, row, reply }).await.ok()?;
        answer.await.ok()?
    }
}
