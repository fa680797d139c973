//! A budget that many share fairly: connections, bytes, places in a queue. A key is anyone the
//! budget is shared by: an account, a token, an address.
//!
//! One key may hold [`FairBudget::new`]'s `per_key` at most, and never more than is left for others
//! when it asks. So the more a key holds, the sooner it is refused, and a key that holds nothing
//! still finds something while others press.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// One of those that share a budget.
pub trait Key: Copy + Eq + Hash + Debug {}

impl<K: Copy + Eq + Hash + Debug> Key for K {}

/// A budget of so many units. Clones share it.
#[derive(Debug)]
pub struct FairBudget<K: Key>(Arc<Budget<K>>);

impl<K: Key> Clone for FairBudget<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Budget<K: Key> {
    per_key: usize,
    total: usize,
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K: Key> {
    held: usize,
    by_key: HashMap<K, usize>,
    /// Who waits for a unit, by key, and whose turn is next.
    waiting: HashMap<K, VecDeque<oneshot::Sender<Permit<K>>>>,
    turns: VecDeque<K>,
}

/// Why a budget gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// The key holds as much as one key may.
    Key,
    /// Too little is left: all keys together hold too much.
    All,
}

/// Units that are held; they are free again when it is dropped.
#[derive(Debug)]
pub struct Permit<K: Key> {
    budget: Arc<Budget<K>>,
    key: K,
    units: usize,
}

impl<K: Key> FairBudget<K> {
    /// A budget of `total` units, of which one key may hold `per_key`.
    #[must_use]
    pub fn new(per_key: usize, total: usize) -> Self {
        let state =
            State { held: 0, by_key: HashMap::new(), waiting: HashMap::new(), turns: VecDeque::new() };
        Self(Arc::new(Budget { per_key, total, state: Mutex::new(state) }))
    }

    /// Takes `units` for `key` at once.
    ///
    /// # Errors
    /// When the key, or all keys together, would hold too much. Then nothing is taken.
    pub fn try_take(&self, key: K, units: usize) -> Result<Permit<K>, Exhausted> {
        self.try_take_within(key, units, self.0.per_key)
    }

    /// The same where one key may hold `per_key`, whatever the budget was made with: a setting that
    /// may change.
    ///
    /// # Errors
    /// As [`Self::try_take`].
    pub fn try_take_within(&self, key: K, units: usize, per_key: usize) -> Result<Permit<K>, Exhausted> {
        self.0.lock().take(self.0.total, per_key, key, units)?;
        Ok(Permit { budget: Arc::clone(&self.0), key, units })
    }

    /// Takes one unit for `key`, and waits until there is one. Keys that wait have their turn one
    /// after the other, however many units each of them waits for.
    pub async fn take(&self, key: K) -> Permit<K> {
        loop {
            let waiting = {
                let mut state = self.0.lock();
                // Who waits already comes first.
                if !state.waiting.contains_key(&key)
                    && state.take(self.0.total, self.0.per_key, key, 1).is_ok()
                {
                    return Permit { budget: Arc::clone(&self.0), key, units: 1 };
                }
                state.wait(key)
            };
            // Those before it may have left, and then no permit that ends would call it.
            self.0.serve();
            // The sender is kept until it gives a permit, so this is no loop in practice.
            if let Ok(permit) = waiting.await {
                return permit;
            }
        }
    }

    /// How many units are held, over all keys.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.lock().held
    }

    /// How many units a key holds.
    #[must_use]
    pub fn held_by(&self, key: K) -> usize {
        self.0.lock().by_key.get(&key).copied().unwrap_or(0)
    }

    /// How many units there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.total
    }

    /// How many of them one key may hold.
    #[must_use]
    pub fn per_key(&self) -> usize {
        self.0.per_key
    }
}

impl<K: Key> Budget<K> {
    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives what is free to those who wait, one unit to each key in turn.
    fn serve(self: &Arc<Self>) {
        loop {
            let Some((key, sender)) = self.lock().next_turn(self) else { return };
            let permit = Permit { budget: Arc::clone(self), key, units: 1 };
            if let Err(mut unwanted) = sender.send(permit) {
                // The one that waited has gone. Not dropped as it is: that would call this again.
                unwanted.units = 0;
                self.lock().give_back(key, 1);
            }
        }
    }
}

impl<K: Key> State<K> {
    fn take(&mut self, total: usize, per_key: usize, key: K, units: usize) -> Result<(), Exhausted> {
        let own = self.by_key.get(&key).copied().unwrap_or(0).saturating_add(units);
        if own > per_key {
            return Err(Exhausted::Key);
        }
        if own > total.saturating_sub(self.held) {
            return Err(Exhausted::All);
        }
        self.held += units;
        if own > 0 {
            self.by_key.insert(key, own);
        }
        Ok(())
    }

    fn give_back(&mut self, key: K, units: usize) {
        self.held = self.held.saturating_sub(units);
        if let Entry::Occupied(mut own) = self.by_key.entry(key) {
            *own.get_mut() = own.get().saturating_sub(units);
            if *own.get() == 0 {
                own.remove();
            }
        }
    }

    fn wait(&mut self, key: K) -> oneshot::Receiver<Permit<K>> {
        let (sender, receiver) = oneshot::channel();
        let queue = self.waiting.entry(key).or_default();
        if queue.is_empty() {
            self.turns.push_back(key);
        }
        // Now and then, so that those who left do not pile up behind units that are held for long.
        if queue.len() == queue.capacity() {
            queue.retain(|waiting| !waiting.is_closed());
        }
        queue.push_back(sender);
        receiver
    }

    /// The first in turn for whom there is a unit, which is then taken.
    fn next_turn(&mut self, budget: &Budget<K>) -> Option<(K, oneshot::Sender<Permit<K>>)> {
        for _ in 0..self.turns.len() {
            let key = self.turns.pop_front()?;
            let Entry::Occupied(mut queue) = self.waiting.entry(key) else { continue };
            while queue.get().front().is_some_and(oneshot::Sender::is_closed) {
                queue.get_mut().pop_front();
            }
            if queue.get().is_empty() {
                queue.remove();
                continue;
            }
            if self.take(budget.total, budget.per_key, key, 1).is_err() {
                self.turns.push_back(key);
                continue;
            }
            let Entry::Occupied(mut queue) = self.waiting.entry(key) else { continue };
            let sender = queue.get_mut().pop_front();
            if queue.get().is_empty() {
                queue.remove();
            } else {
                self.turns.push_back(key);
            }
            return Some((key, sender?));
        }
        None
    }
}

impl<K: Key> Permit<K> {
    /// How many units are held.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    /// Holds `units` from now on, more or fewer.
    ///
    /// # Errors
    /// When that would be too much. Then it holds nothing any longer, from the same moment: of two that
    /// grow and do not both fit, one is refused and the other goes on.
    pub fn resize(&mut self, units: usize) -> Result<(), Exhausted> {
        let mut state = self.budget.lock();
        if let Some(more) = units.checked_sub(self.units) {
            let taken = state.take(self.budget.total, self.budget.per_key, self.key, more);
            if taken.is_ok() {
                self.units = units;
                return taken;
            }
            state.give_back(self.key, self.units);
            self.units = 0;
            drop(state);
            self.budget.serve();
            return taken;
        }
        state.give_back(self.key, self.units - units);
        self.units = units;
        drop(state);
        self.budget.serve();
        Ok(())
    }
}

impl<K: Key> Drop for Permit<K> {
    fn drop(&mut self) {
        if self.units > 0 {
            self.budget.lock().give_back(self.key, self.units);
            self.budget.serve();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_may_hold_its_share_and_another_finds_the_rest() {
        let budget = FairBudget::new(4, 16);
        let own: Vec<_> = (0..4).map(|_| budget.try_take('a', 1).unwrap()).collect();
        assert_eq!(budget.try_take('a', 1).unwrap_err(), Exhausted::Key);
        assert_eq!(budget.try_take('b', 5).unwrap_err(), Exhausted::Key);
        let other = budget.try_take('b', 4).unwrap();
        assert_eq!((budget.held(), budget.held_by('a'), other.units()), (8, 4, 4));
        drop((own, other));
        assert_eq!(budget.held(), 0);
        assert!(budget.0.lock().by_key.is_empty(), "no key is remembered for nothing");
    }

    #[test]
    fn whoever_holds_much_is_refused_before_whoever_holds_nothing() {
        let budget = FairBudget::new(100, 100);
        let mut held = Vec::new();
        for key in 0..6 {
            while let Ok(permit) = budget.try_take(key, 1) {
                held.push(permit);
            }
            assert!(budget.held() < 100, "{key} left nothing");
            assert_eq!(budget.try_take(key, 1).unwrap_err(), Exhausted::All);
        }
        assert!(budget.try_take(99, 1).is_ok());
        assert_eq!(budget.held_by(0), 50);
    }

    #[test]
    fn a_permit_grows_and_shrinks() {
        let budget = FairBudget::new(10, 40);
        let mut permit = budget.try_take('a', 0).unwrap();
        permit.resize(10).unwrap();
        permit.resize(3).unwrap();
        assert_eq!((permit.units(), budget.held()), (3, 3));
        // Of two that grow and do not both fit, one goes on.
        let mut other = budget.try_take('a', 6).unwrap();
        assert_eq!(permit.resize(5), Err(Exhausted::Key));
        assert_eq!((permit.units(), budget.held()), (0, 6));
        other.resize(10).unwrap();
        assert_eq!((other.units(), budget.held()), (10, 10));
    }

    #[tokio::test]
    async fn keys_that_wait_have_their_turn_one_after_the_other() {
        let budget = FairBudget::new(1, 2);
        let first = budget.take('a').await;
        let mut busy: Vec<_> = (0..20).map(|_| Box::pin(budget.take('a'))).collect();
        assert!(busy.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        // Another key finds its unit at once, no matter who waits.
        let other = budget.take('b').now_or_never().unwrap();
        let mut third = Box::pin(budget.take('c'));
        assert!((&mut third).now_or_never().is_none());
        drop(other);
        let third = third.now_or_never().unwrap();
        // Those who left are passed over.
        drop(busy.drain(..5));
        drop(first);
        let granted = busy.iter_mut().filter_map(|waiting| waiting.now_or_never()).collect::<Vec<_>>();
        assert_eq!(granted.len(), 1);
        drop((third, granted, busy));
        assert_eq!(budget.held(), 0);
        assert!(budget.take('z').now_or_never().is_some());
    }

    #[tokio::test]
    async fn whoever_comes_after_those_who_left_is_served() {
        let budget = FairBudget::new(2, 4);
        let held = [budget.take('a').await, budget.take('a').await];
        let mut left = Box::pin(budget.take('a'));
        assert!((&mut left).now_or_never().is_none());
        drop(held);
        drop(left);
        assert!(budget.take('a').now_or_never().is_some());
        assert_eq!(budget.held(), 0);
    }

    #[tokio::test]
    async fn whoever_left_is_not_remembered() {
        let budget = FairBudget::new(1, 1);
        let held = budget.take('a').await;
        for _ in 0..10_000 {
            assert!(budget.take('a').now_or_never().is_none());
        }
        assert!(budget.0.lock().waiting[&'a'].len() < 100);
        drop(held);
        assert!(budget.take('b').now_or_never().is_some());
    }

    #[tokio::test]
    async fn turns_go_round_over_keys() {
        let budget = FairBudget::new(1, 1);
        let held = budget.take(0).await;
        let mut waiting: Vec<_> =
            [1, 1, 1, 2, 2, 3].map(|key| (key, Box::pin(budget.take(key)))).into_iter().collect();
        for (_, future) in &mut waiting {
            assert!(future.as_mut().now_or_never().is_none());
        }
        drop(held);
        let mut order = Vec::new();
        while order.len() < 6 {
            let served = waiting.iter_mut().position(|(key, future)| {
                future.as_mut().now_or_never().is_some_and(|permit| {
                    order.push(*key);
                    drop(permit);
                    true
                })
            });
            drop(waiting.remove(served.expect("nobody had a turn")));
        }
        assert_eq!(order, [1, 2, 3, 1, 2, 1]);
    }

    proptest! {
        #[test]
        fn what_is_held_is_what_permits_say(steps in prop::collection::vec((0u8..4, 0usize..20, 0u8..3), 1..80)) {
            let budget = FairBudget::new(12, 30);
            let mut permits: Vec<Permit<u8>> = Vec::new();
            for (key, units, what) in steps {
                match what {
                    0 => permits.extend(budget.try_take(key, units)),
                    1 if !permits.is_empty() => drop(permits.swap_remove(units % permits.len())),
                    _ => {
                        if let Some(permit) = permits.first_mut() {
                            let want = permit.resize(units).map_or(0, |()| units);
                            prop_assert_eq!(permit.units(), want);
                        }
                    }
                }
                prop_assert!(budget.held() <= 30);
                for key in 0..4 {
                    let held: usize =
                        permits.iter().filter(|permit| permit.key == key).map(Permit::units).sum();
                    prop_assert!(held <= 12);
                    prop_assert_eq!(budget.held_by(key), held);
                }
            }
        }
    }
}
