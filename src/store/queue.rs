//! What waits for the writer, and whose turn it is.
//!
//! Each account has a lane of its own, and so has the daemon, whose commands are the outcomes of attempts
//! above all. Accounts take turns, one command each; between two of them the daemon has one. So however
//! much one account has waiting, another's command is in the next commit. Within a lane the order stays.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::domain::id::AccountNo;
use crate::limits;

/// Whose commands are kept in one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    /// The daemon's own.
    Daemon,
    /// What an account asked for.
    Account(AccountNo),
    /// What comes when nothing else waits any more.
    Last,
}

/// What goes into one commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch<T> {
    pub(super) commands: Vec<T>,
    /// Its weight, at most [`limits::COMMIT_BYTES`] unless it is a single command.
    pub(super) weight: usize,
}

struct Waiting<T> {
    weight: usize,
    command: T,
}

struct Queue<T> {
    state: Mutex<State<T>>,
    /// Rings when something was added, or nothing more can be.
    changed: Condvar,
}

struct State<T> {
    lanes: HashMap<Lane, VecDeque<Waiting<T>>>,
    /// The lanes in which something waits, but for the last one, in the order of their turns.
    turns: VecDeque<Lane>,
    waiting: usize,
    /// No one is left who could add anything.
    closed: bool,
    /// No one is left who would take anything.
    ended: bool,
}

/// Adds commands. Clones add to the same queue.
pub(super) struct Sender<T>(Arc<Open<T>>);

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What all senders share; the queue is closed when it goes.
struct Open<T>(Arc<Queue<T>>);

/// Takes commands. When it goes, so does what waits.
pub(super) struct Receiver<T>(Arc<Queue<T>>);

/// The two ends of a queue.
pub(super) fn queue<T>() -> (Sender<T>, Receiver<T>) {
    let (lanes, turns) = (HashMap::new(), VecDeque::new());
    let state = State { lanes, turns, waiting: 0, closed: false, ended: false };
    let queue = Arc::new(Queue { state: Mutex::new(state), changed: Condvar::new() });
    (Sender(Arc::new(Open(Arc::clone(&queue)))), Receiver(queue))
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<T> {
    /// Adds a command of a weight. Gives it back when no one will take it.
    pub(super) fn push(&self, lane: Lane, weight: usize, command: T) -> Result<(), T> {
        let queue = &self.0.0;
        let mut state = queue.lock();
        if state.ended {
            return Err(command);
        }
        state.push(lane, Waiting { weight, command });
        drop(state);
        queue.changed.notify_one();
        Ok(())
    }

    /// How many commands wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.0.lock().waiting
    }
}

impl<T> Drop for Open<T> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl<T> Receiver<T> {
    /// The next commit's commands; `None` once nothing waits and nothing will. Where there is `idle` time it
    /// waits for at least one; else there may be none.
    pub(super) fn take(&self, idle: bool) -> Option<Batch<T>> {
        let mut state = self.0.lock();
        while state.waiting == 0 {
            if state.closed {
                return None;
            }
            if !idle {
                break;
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Some(state.take())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ended = true;
        let dropped = std::mem::take(&mut state.lanes);
        state.turns.clear();
        state.waiting = 0;
        // Those who wait for answers are woken, and may ask for more at once.
        drop(state);
        drop(dropped);
    }
}

impl<T> State<T> {
    fn push(&mut self, lane: Lane, waiting: Waiting<T>) {
        let queue = self.lanes.entry(lane).or_default();
        queue.push_back(waiting);
        let first = queue.len() == 1;
        self.waiting += 1;
        if first {
            self.take_turn(lane);
        }
    }

    /// Has a lane in which something waits take its turn.
    fn take_turn(&mut self, lane: Lane) {
        match lane {
            Lane::Daemon => self.turns.insert(self.turns.len().min(1), lane),
            Lane::Account(_) => self.turns.push_back(lane),
            Lane::Last => {}
        }
    }

    /// What goes into a commit. A lane whose first command does not fit any more is passed over, and begins
    /// the next commit: there anything fits.
    fn take(&mut self) -> Batch<T> {
        let mut commands = Vec::with_capacity(self.waiting.min(limits::COMMIT_COMMANDS));
        let (mut weight, mut passed) = (0usize, Vec::new());
        while commands.len() < limits::COMMIT_COMMANDS && passed.len() < limits::COMMIT_PASSED {
            let Some(lane) = self.turns.pop_front() else { break };
            let room =
                if commands.is_empty() { usize::MAX } else { limits::COMMIT_BYTES.saturating_sub(weight) };
            match self.first_of(lane, room) {
                Some(Waiting { weight: more, command }) => {
                    weight = weight.saturating_add(more);
                    commands.push(command);
                    if self.lanes.contains_key(&lane) {
                        self.take_turn(lane);
                    }
                }
                None => passed.push(lane),
            }
        }
        passed.into_iter().rev().for_each(|lane| self.turns.push_front(lane));
        if commands.is_empty()
            && let Some(last) = self.first_of(Lane::Last, usize::MAX)
        {
            (weight, commands) = (last.weight, vec![last.command]);
        }
        Batch { commands, weight }
    }

    /// Takes a lane's first command if it weighs no more than `room`.
    fn first_of(&mut self, lane: Lane, room: usize) -> Option<Waiting<T>> {
        let queue = self.lanes.get_mut(&lane)?;
        let first = queue.pop_front_if(|first| first.weight <= room)?;
        if queue.is_empty() {
            self.lanes.remove(&lane);
        }
        self.waiting -= 1;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account(no: u32) -> Lane {
        Lane::Account(AccountNo(no))
    }

    #[test]
    fn one_accounts_backlog_holds_up_no_other_command() {
        let (sender, receiver) = queue();
        for weight in [1, limits::INGEST_UNIT_BYTES, limits::COMMIT_BYTES / 4] {
            for n in 0..10_000 {
                sender.push(account(1), weight, n).unwrap();
            }
            let before = receiver.take(true).unwrap();
            assert!(before.commands.iter().all(|n| *n < 10_000));
            sender.push(account(2), limits::INGEST_UNIT_BYTES, 10_001).unwrap();
            sender.push(Lane::Daemon, 300, 10_002).unwrap();
            let next = receiver.take(true).unwrap();
            assert!(next.commands.contains(&10_001) && next.commands.contains(&10_002), "{weight}");
            while sender.waiting() > 0 {
                receiver.take(true);
            }
        }
    }

    #[test]
    fn the_daemon_has_every_second_turn_at_least() {
        let (sender, receiver) = queue();
        for n in 0..2000 {
            sender.push(account(n % 100), 1, "account").unwrap();
        }
        for _ in 0..2000 {
            sender.push(Lane::Daemon, 1, "daemon").unwrap();
        }
        let batch = receiver.take(true).unwrap().commands;
        let own = batch.iter().filter(|who| **who == "daemon").count();
        assert_eq!((batch.len(), own), (limits::COMMIT_COMMANDS, limits::COMMIT_COMMANDS / 2));
    }

    #[test]
    fn the_heaviest_command_has_its_commit_whatever_else_comes() {
        let (sender, receiver) = queue();
        sender.push(account(2), 1, "light").unwrap();
        sender.push(account(1), limits::COMMAND_BYTES, "heavy").unwrap();
        let mut taken = Vec::new();
        for _ in 0..3 {
            // Others always have something that fits.
            sender.push(account(2), 1, "light").unwrap();
            sender.push(Lane::Daemon, 1, "own").unwrap();
            taken.push(receiver.take(true).unwrap().commands);
        }
        assert!(!taken[0].contains(&"heavy"));
        assert_eq!(taken[1], ["heavy"]);
    }

    #[test]
    fn the_last_comes_when_nothing_else_waits() {
        let (sender, receiver) = queue();
        sender.push(Lane::Last, 0, "last").unwrap();
        for _ in 0..=limits::COMMIT_COMMANDS {
            sender.push(account(1), 0, "before").unwrap();
        }
        let all: Vec<_> =
            std::iter::from_fn(|| receiver.take(false).filter(|batch| !batch.commands.is_empty()))
                .flat_map(|batch| batch.commands)
                .collect();
        assert_eq!((all.len(), all.last()), (limits::COMMIT_COMMANDS + 2, Some(&"last")));
    }

    #[test]
    fn either_end_notices_that_the_other_is_gone() {
        let (sender, receiver) = queue::<Arc<()>>();
        let waits = Arc::new(());
        sender.push(account(1), 0, Arc::clone(&waits)).unwrap();
        drop(sender.clone());
        assert_eq!(receiver.take(false).map(|batch| batch.commands.len()), Some(1));
        assert_eq!(receiver.take(false).map(|batch| batch.commands.len()), Some(0));
        sender.push(account(1), 0, Arc::clone(&waits)).unwrap();
        drop(receiver);
        assert_eq!(Arc::strong_count(&waits), 1, "what nobody takes is dropped");
        assert!(sender.push(account(1), 0, waits).is_err());

        let (sender, receiver) = queue();
        sender.push(account(1), 0, ()).unwrap();
        let taker =
            std::thread::spawn(move || [receiver.take(true), receiver.take(true)].map(|b| b.is_some()));
        drop(sender);
        assert_eq!(taker.join().unwrap(), [true, false]);
    }

    proptest! {
        #[test]
        fn no_commit_is_heavier_than_its_bound_and_nothing_is_lost(
            steps in prop::collection::vec(
                (0u32..5, prop_oneof![3 => 1usize..1000, 1 => 1..=limits::COMMIT_BYTES, 1 => 1..=limits::COMMAND_BYTES], 0u8..6),
                1..300,
            ),
        ) {
            let (sender, receiver) = queue();
            let mut given: HashMap<Lane, Vec<usize>> = HashMap::new();
            let mut taken: HashMap<Lane, Vec<usize>> = HashMap::new();
            let mut take = |most: usize| {
                for _ in 0..most {
                    let Some(batch) = receiver.take(false) else { break };
                    let weight: usize = batch.commands.iter().map(|(_, _, weight)| *weight).sum();
                    assert_eq!(weight, batch.weight);
                    let alone = batch.commands.len() == 1 && weight <= limits::COMMAND_BYTES;
                    assert!(alone || weight <= limits::COMMIT_BYTES, "{weight}");
                    assert!(batch.commands.len() <= limits::COMMIT_COMMANDS);
                    for (lane, n, _) in batch.commands {
                        taken.entry(lane).or_default().push(n);
                    }
                }
            };
            for (n, (lane, weight, what)) in steps.into_iter().enumerate() {
                if what == 0 {
                    take(1);
                }
                let lane = if lane == 0 { Lane::Daemon } else { account(lane) };
                sender.push(lane, weight, (lane, n, weight)).unwrap();
                given.entry(lane).or_default().push(n);
            }
            drop(sender);
            take(usize::MAX);
            // Of each lane everything, in its order.
            prop_assert_eq!(taken, given);
        }
    }
}
