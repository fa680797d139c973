//! How a command comes to the writer, and its answer back.

use tokio::sync::oneshot;

use super::handle::{Store, StoreError};
use super::queue::Lane;
use super::writer::{Command, Queued};
use crate::domain::id::AccountNo;
use crate::fair::{Exhausted, Permit};
use crate::limits;

impl Store {
    /// Queues a command of an account that takes room on the disk, and waits for its answer.
    pub(super) async fn ingest<T>(
        &self,
        account: AccountNo,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        if self.core.budget.refuses(account) {
            return Err(StoreError::Share);
        }
        self.room_to_grow()?;
        self.ask_for(account, command).await
    }

    /// Makes sure that there is room for what makes the store grow.
    pub(super) fn room_to_grow(&self) -> Result<(), StoreError> {
        self.core.space.check();
        if self.core.space.is_full() { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Queues a command of the daemon's own. How many there are is bounded by what they are about: rows that
    /// dispatch holds in memory, and what goes on in the background.
    pub(super) fn push(&self, command: Command) -> Result<(), StoreError> {
        self.queue_in(Lane::Daemon, command, None)
    }

    pub(super) fn queue_in(
        &self,
        lane: Lane,
        command: Command,
        places: Option<Permit<AccountNo>>,
    ) -> Result<(), StoreError> {
        let weight = command.weight();
        let queued = Queued { command, weight, places };
        self.queue.push(lane, weight, queued).map_err(|_| StoreError::Unavailable)
    }

    /// Queues a command of the daemon's own and waits for its answer.
    pub(super) async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.push(command(reply))?;
        answer.await.map_err(|_| StoreError::Unavailable)
    }

    /// Queues a command of an account and waits for its answer.
    pub(super) async fn ask_for<T>(
        &self,
        account: AccountNo,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let command = command(reply);
        let weight = command.weight();
        if weight > limits::COMMAND_BYTES {
            return Err(StoreError::TooLarge);
        }
        let places = self.core.places.try_take(account, 1 + weight / limits::INGEST_UNIT_BYTES);
        let places = places.map_err(|why| match why {
            Exhausted::Key => StoreError::AccountBusy,
            Exhausted::All => StoreError::Busy,
        })?;
        self.queue_in(Lane::Account(account), command, Some(places))?;
        self.or_waiting(answer).await
    }

    /// The answer to a caller. It may come late when a write waits for room, and then the caller hears that.
    pub(super) async fn or_waiting<T>(&self, answer: oneshot::Receiver<T>) -> Result<T, StoreError> {
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|_| StoreError::Unavailable),
            () = self.core.space.waited_for_room() => Err(StoreError::Waiting),
        }
    }
}
