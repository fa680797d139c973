//! Starting attempts that cannot start at once: their payloads must be read, or they must be noted
//! or be alone first.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::attempt::{Sender, Task};
use crate::domain::id::Seq;

impl Sender {
    /// Makes attempts together: one read for all payloads that memory did not keep, and one commit
    /// for all notes.
    pub(super) async fn run_held(self: Arc<Self>, mut tasks: Vec<Task>, note: bool) {
        if note {
            let rows = tasks.iter().map(|task| (task.webhook.no(), task.row.key.event)).collect();
            if self.store.mark_suspects(rows).await.is_err() {
                return;
            }
        }
        self.read_payloads(&mut tasks).await;
        let attempts = tasks.into_iter().map(|task| {
            let sender = Arc::clone(&self);
            async move { sender.run(task).await }
        });
        attempts.collect::<JoinSet<()>>().join_all().await;
    }

    /// Makes an attempt while no other suspect is under way. It is noted in a commit after the one of
    /// the outcome of the suspect before it, which is therefore durable by then.
    pub(super) async fn run_alone(self: Arc<Self>, task: Task, alone: Arc<Semaphore>, wait: Duration) {
        tokio::time::sleep(wait).await;
        let Ok(_alone) = alone.acquire().await else { return };
        self.run_held(vec![task], true).await;
    }

    /// Gives up a delivery that brought the process down.
    pub(super) async fn run_quarantine(self: Arc<Self>, task: Task) {
        let mut task = [task];
        self.read_payloads(&mut task).await;
        let [task] = task;
        self.quarantine(task).await;
    }

    async fn read_payloads(&self, tasks: &mut [Task]) {
        let missing: Vec<Seq> =
            tasks.iter().filter(|task| task.event.is_none()).map(|task| task.row.key.event).collect();
        if missing.is_empty() {
            return;
        }
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || {
            missing.into_iter().map(|seq| store.event(seq).ok().flatten().map(Arc::new)).collect::<Vec<_>>()
        });
        let events = read.await.unwrap_or_default();
        let waiting = tasks.iter_mut().filter(|task| task.event.is_none());
        waiting.zip(events).for_each(|(task, event)| task.event = event);
    }
}
