//! Starting attempts. Some cannot start at once: their payloads must be read, or they must be noted
//! or be alone first.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;

use super::crash_suspects::Care;
use super::dispatcher::Dispatcher;
use super::sender::Sender;
use super::task::{Task, Unread};
use crate::domain::delivery::DueRow;
use crate::domain::event::Event;
use crate::domain::form::PayloadForm;
use crate::domain::id::{AccountNo, NumberMap, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::schedule::Input;
use crate::store::{Store, StoreError};

impl Dispatcher {
    pub(super) fn start(&mut self, webhook: WebhookNo, row: DueRow, now: Timestamp) {
        let found = self.store.directory().webhook(webhook).cloned();
        let Some(found) = found.filter(|found| self.sender.serves(found, now)) else {
            return self.give_back(webhook, &row, now);
        };
        let task =
            Task { webhook: found, row, event: self.cache.get(row.key.event), body: None, unread: None };
        let sender = Arc::clone(&self.sender);
        match self.crash_suspects.care(webhook, &row, now) {
            Care::None if task.is_whole() => {
                // Boxed, since a task's future is moved several times before it first runs.
                self.background.spawn(Box::pin(async move { sender.run(task).await }));
            }
            Care::None => self.held.push(task),
            Care::Note => {
                self.note = true;
                self.held.push(task);
            }
            Care::Alone(wait) => {
                self.scheduler.set_aside(webhook, row.key.event, now);
                self.crash_suspects.line_up(task, wait);
            }
            Care::Quarantine => {
                self.background.spawn(sender.run_quarantine(task));
            }
        }
    }

    /// Takes back a row that is not tried, because its webhook was removed, paused or the like in a commit that
    /// the loop does not know of yet.
    pub(super) fn give_back(&mut self, webhook: WebhookNo, row: &DueRow, now: Timestamp) {
        let found = self.store.directory().webhook(webhook).cloned();
        self.scheduler.handle(
            match found {
                Some(found) => Input::LaneChanged { webhook, settings: self.settings(&found, now) },
                None => Input::LaneRemoved { webhook },
            },
            now,
        );
        self.scheduler.returned(webhook, row, now);
    }

    /// Starts the next suspect, if it may.
    pub(super) fn start_suspect(&mut self, now: Timestamp) {
        if self.store.waits_for_room() {
            return;
        }
        let scheduler = &mut self.scheduler;
        let resume = |task: &Task| scheduler.resume(task.webhook.no(), task.row.key.event, now);
        if let Some((task, alone)) = self.crash_suspects.next_alone(resume) {
            self.background.spawn(Arc::clone(&self.sender).run_alone(task, alone));
        }
    }

    /// A row changed in the store: if it is that of a suspect which waits, it is none of those that were started
    /// any more.
    pub(super) fn release_suspect(&mut self, webhook: WebhookNo, event: Seq, now: Timestamp) {
        if self.crash_suspects.leave_line(webhook, event) {
            self.scheduler.handle(Input::Settled { webhook, event, next: None }, now);
        }
    }

    pub(super) fn start_held(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let (held, note) = (std::mem::take(&mut self.held), std::mem::take(&mut self.note));
        self.background.spawn(Arc::clone(&self.sender).run_held(held, note));
    }
}

/// What a task lacks.
struct Wanted {
    webhook: WebhookNo,
    event: Seq,
    payload: bool,
    body: bool,
}

impl Wanted {
    fn read(&self, store: &Store) -> Result<Read, Unread> {
        let event = self.payload.then(|| found(store.event(self.event))).transpose()?;
        let body = self.body.then(|| found(store.body(self.webhook, self.event))).transpose()?;
        Ok((event.map(Arc::new), body.map(Bytes::from_owner)))
    }
}

/// What was read of what a task lacks.
type Read = (Option<Arc<Event>>, Option<Bytes>);

fn found<T>(read: Result<Option<T>, StoreError>) -> Result<T, Unread> {
    match read {
        Ok(Some(found)) => Ok(found),
        Ok(None) | Err(StoreError::Damaged) => Err(Unread::Lost),
        Err(_) => Err(Unread::Failed),
    }
}

impl Sender {
    /// Makes attempts together: one commit for all notes, and few reads for the payloads that memory did
    /// not keep.
    pub(super) async fn run_held(self: Arc<Self>, tasks: Vec<Task>, note: bool) {
        if note {
            let rows = tasks.iter().map(|task| (task.webhook.no(), task.row.key.event)).collect();
            if self.store.mark_suspects(rows).await.is_err() {
                return;
            }
        }
        let attempts = reads(tasks).into_iter().map(|mut tasks| {
            let sender = Arc::clone(&self);
            async move {
                sender.read_payloads(&mut tasks).await;
                let attempts = tasks.into_iter().map(|task| {
                    let sender = Arc::clone(&sender);
                    Box::pin(async move { sender.run(task).await })
                });
                attempts.collect::<JoinSet<()>>().join_all().await;
            }
        });
        attempts.collect::<JoinSet<()>>().join_all().await;
    }

    /// Makes an attempt while no other suspect is under way. It is noted in a commit after the one of
    /// the outcome of the suspect before it, which is therefore durable by then.
    pub(super) async fn run_alone(self: Arc<Self>, task: Task, alone: OwnedSemaphorePermit) {
        self.run_held(vec![task], true).await;
        drop(alone);
    }

    /// Gives up a delivery that brought the process down.
    pub(super) async fn run_quarantine(self: Arc<Self>, task: Task) {
        let mut task = [task];
        self.read_payloads(&mut task).await;
        let [task] = task;
        self.quarantine(task).await;
    }

    /// Reads what tasks of one account lack.
    async fn read_payloads(&self, tasks: &mut [Task]) {
        let wanted = |task: &Task| Wanted {
            webhook: task.webhook.no(),
            event: task.row.key.event,
            payload: task.event.is_none(),
            body: task.row.form == PayloadForm::Template,
        };
        let missing: Vec<Wanted> = tasks.iter().filter(|task| !task.is_whole()).map(wanted).collect();
        let Some(account) = tasks.first().map(|task| task.webhook.account) else { return };
        if missing.is_empty() {
            return;
        }
        let read = self
            .read(account, move |store| missing.iter().map(|wanted| wanted.read(store)).collect::<Vec<_>>());
        give(tasks, read.await);
    }
}

/// Gives the tasks that lack something what was read for each; `None`: the read panicked.
fn give(tasks: &mut [Task], read: Option<Vec<Result<Read, Unread>>>) {
    let read = read.unwrap_or_default().into_iter().chain(std::iter::repeat_with(|| Err(Unread::Failed)));
    for (task, read) in tasks.iter_mut().filter(|task| !task.is_whole()).zip(read) {
        match read {
            Ok((event, body)) => {
                task.event = task.event.take().or(event);
                task.body = body;
            }
            Err(unread) => task.unread = Some(unread),
        }
    }
}

/// Tasks in groups whose payloads are read together: a bounded number of one account.
fn reads(tasks: Vec<Task>) -> Vec<Vec<Task>> {
    let mut groups: Vec<Vec<Task>> = Vec::new();
    let mut open: NumberMap<AccountNo, usize> = NumberMap::default();
    for task in tasks {
        let account = task.webhook.account;
        let group = open.get(&account).and_then(|at| groups.get_mut(*at));
        match group.filter(|group| group.len() < limits::PAYLOADS_PER_READ) {
            Some(group) => group.push(task),
            None => {
                open.insert(account, groups.len());
                groups.push(vec![task]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::{DueKey, Trigger};
    use crate::domain::id::WebhookId;
    use crate::domain::secret::Secret;
    use crate::domain::target::TargetUrl;
    use crate::domain::webhook::Webhook;

    fn task(account: u32, event: u64) -> Task {
        let at = Timestamp::from_millis(1);
        let id = WebhookId::new(at, WebhookNo(account), 7);
        let url = TargetUrl::from_stored("https://example.com/").unwrap();
        let row = DueRow {
            key: DueKey { order: 0, event: Seq(event) },
            due: at,
            attempts: 0,
            order_key: None,
            trigger: Trigger::Scheduled,
            form: PayloadForm::Data,
            bytes: 0,
            wait: 0,
        };
        let webhook = Webhook::plain(id, AccountNo(account), url, Secret::from_random([7; 24]), at);
        Task { webhook: Arc::new(webhook), row, event: None, body: None, unread: None }
    }

    #[test]
    fn a_payload_that_is_lost_is_told_from_one_that_cannot_be_read_now() {
        assert_eq!(found(Ok(Some(1))), Ok(1));
        assert_eq!(found::<()>(Ok(None)), Err(Unread::Lost));
        assert_eq!(found::<()>(Err(StoreError::Damaged)), Err(Unread::Lost));
        assert_eq!(found::<()>(Err(StoreError::Unavailable)), Err(Unread::Failed));
        let mut tasks = [task(1, 1), task(1, 2)];
        give(&mut tasks, Some(vec![Err(Unread::Lost)]));
        assert_eq!(tasks.each_ref().map(|task| task.unread), [Some(Unread::Lost), Some(Unread::Failed)]);
        let mut tasks = [task(1, 1), task(1, 2)];
        give(&mut tasks, None);
        assert!(tasks.iter().all(|task| task.unread == Some(Unread::Failed)));
    }

    #[test]
    fn payloads_are_read_apart_from_other_accounts_and_few_at_a_time() {
        let most = limits::PAYLOADS_PER_READ;
        let mut tasks: Vec<Task> = (0..5 * most as u64).map(|event| task(1, event)).collect();
        tasks.insert(2 * most + 1, task(2, 1000));
        let groups = reads(tasks);
        assert_eq!(groups.len(), 6);
        let others =
            groups.iter().filter(|group| group.iter().any(|task| task.webhook.account == AccountNo(2)));
        assert_eq!(others.map(Vec::len).collect::<Vec<_>>(), [1]);
        let own = groups.iter().flatten().filter(|task| task.webhook.account == AccountNo(1));
        let events: Vec<u64> = own.map(|task| task.row.key.event.0).collect();
        assert!(groups.iter().all(|group| group.len() <= most) && events.is_sorted());
        assert_eq!(events.len(), 5 * most);
    }
}
