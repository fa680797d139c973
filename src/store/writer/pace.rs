//! A turn for the runtime between two commits.

use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::pending_reply::PendingReply;
use crate::domain::id::AccountNo;
use crate::fair::Permit;

/// Lets answers go, and the next commit begin when those they are for had a turn.
///
/// What could run when a commit ended runs before the next one begins, for as long as the last one took
/// at most. That is no time on an idle machine. On a busy one a commit that began at once would be for
/// the few who came meanwhile, and would take the processors from all who could come along.
pub(in crate::store) struct Pace {
    /// Where callers wait, if they do so in a runtime.
    runtime: Option<Handle>,
    /// Hears that the runtime had its turn.
    turn: Option<mpsc::Receiver<()>>,
    /// How long the turn may be.
    most: Duration,
}

impl Pace {
    pub(in crate::store) fn new(runtime: Option<Handle>) -> Self {
        Self { runtime, turn: None, most: Duration::ZERO }
    }

    /// Lets the answers of a commit that took so long go, and frees the places of what they answer. Inside the runtime they wake their callers in
    /// one go; from this thread each would cost a system call.
    pub(super) fn answer(
        &mut self,
        answers: Vec<PendingReply>,
        places: Vec<Permit<AccountNo>>,
        took: Duration,
    ) {
        let all = move || {
            answers.into_iter().for_each(PendingReply::send);
            drop(places);
        };
        let Some(runtime) = &self.runtime else { return all() };
        let (over, turn) = mpsc::sync_channel(1);
        (self.turn, self.most) = (Some(turn), took);
        runtime.spawn(async move {
            all();
            // Behind everything that can run by now.
            tokio::task::yield_now().await;
            // No one hears it who did not wait so long.
            let _ = over.send(());
        });
    }

    /// Waits until the runtime had its turn.
    pub(super) fn rest(&mut self) {
        if let Some(turn) = self.turn.take() {
            // Neither a runtime that is held up nor one that ended holds up the writer.
            let _ = turn.recv_timeout(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::runtime::Builder;
    use tokio::sync::oneshot;

    use super::*;
    use crate::clock;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn whoever_is_answered_has_a_turn_before_the_next_commit() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let mut pace = Pace::new(Some(runtime.handle().clone()));
        let (run, mut answers) = (Arc::new(AtomicUsize::new(0)), Vec::<PendingReply>::new());
        for _ in 0..100 {
            let (answer, answered) = oneshot::channel();
            answers.push(PendingReply::Other(Box::new(move || answer.send(()).unwrap())));
            let run = Arc::clone(&run);
            runtime.spawn(async move {
                answered.await.unwrap();
                run.fetch_add(1, Ordering::SeqCst);
            });
        }
        pace.answer(answers, vec![], LONG);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = std::thread::spawn(move || runtime.block_on(stopped));
        pace.rest();
        assert_eq!(run.load(Ordering::SeqCst), 100);
        stop.send(()).unwrap();
        running.join().unwrap().unwrap();
    }

    #[test]
    fn a_runtime_that_does_not_run_holds_nobody_up() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let mut pace = Pace::new(Some(runtime.handle().clone()));
        let begun = clock::monotonic();
        pace.answer(vec![], vec![], Duration::from_millis(20));
        pace.rest();
        pace.answer(vec![], vec![], LONG);
        drop(runtime);
        pace.rest();
        assert!(clock::monotonic().duration_since(begun) < LONG);
    }

    #[test]
    fn without_a_runtime_answers_go_at_once() {
        let (answer, mut answered) = oneshot::channel();
        let mut pace = Pace::new(None);
        pace.answer(vec![PendingReply::Other(Box::new(move || answer.send(()).unwrap()))], vec![], LONG);
        assert_eq!(answered.try_recv(), Ok(()));
        pace.rest();
    }
}
