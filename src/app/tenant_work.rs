//! Work whose cost tenants decide, such as compiling a schema, validating data, reading a large event, and
//! running many filters and templates, on threads of its own: never on the runtime's workers, which answer
//! everybody.
//!
//! The threads are few and shared fairly: an account has one at a time, so that its work waits for its own,
//! and other accounts take turns. Each piece of work has a thread with a large stack, because validators
//! recurse as deep as schemas and data nest; the stack's memory goes back when the thread ends.

use tokio::sync::oneshot;

use crate::domain::id::AccountNo;
use crate::domain::refusal::{Code, Refusal};
use crate::fair::FairBudget;
use crate::limits;

/// Runs the work of all accounts.
pub struct TenantWork {
    threads: FairBudget<AccountNo>,
    /// Places for those who wait for a thread or have one.
    places: FairBudget<AccountNo>,
}

impl Default for TenantWork {
    fn default() -> Self {
        Self {
            threads: FairBudget::new(1, limits::TENANT_WORK_THREADS),
            places: FairBudget::new(limits::TENANT_WORK_WAITING, limits::TENANT_WORK_WAITING_ALL),
        }
    }
}

impl TenantWork {
    /// Runs `work` for an account when it is the account's turn, and gives what it returns. Once it has
    /// begun it runs to its end, even if the caller no longer waits: it has to be bounded by itself.
    ///
    /// # Errors
    /// 429 when too much of the account's work waits, 503 when no thread can be started.
    pub async fn run<T: Send + 'static>(
        &self,
        account: AccountNo,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = self.places.try_take(account, 1).map_err(|_| {
            let detail =
                "too many requests of this account are waiting for schema checks; send fewer at once";
            Refusal::new(Code::RateLimited, detail).retry_after(1)
        })?;
        self.on_thread(account, place, work).await
    }

    /// Does `work` here and now unless it is `long`. What is long waits for the account's turn, however much
    /// of its work waits already: its requests in progress and their bodies are bounded by themselves.
    ///
    /// # Errors
    /// 503 when no thread can be started.
    pub async fn run_if_long<T: Send + 'static>(
        &self,
        account: AccountNo,
        long: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        if long { self.on_thread(account, (), work).await } else { Ok(work()) }
    }

    /// Does `work` on a thread when it is the account's turn; `place` is given back at its end.
    async fn on_thread<T: Send + 'static>(
        &self,
        account: AccountNo,
        place: impl Send + 'static,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let thread = self.threads.take(account).await;
        let (done, result) = oneshot::channel();
        let started = std::thread::Builder::new()
            .name("tenant-work".to_owned())
            .stack_size(limits::TENANT_WORK_STACK)
            .spawn(move || {
                let result = work();
                drop((thread, place));
                let _ = done.send(result);
            });
        started.map_err(|_| {
            Refusal::new(Code::Overloaded, "the daemon has too much to do; try again later").retry_after(1)
        })?;
        result.await.map_err(|_| Refusal::new(Code::Internal, "the work for this request ended unexpectedly"))
    }
}

/// The turn of a task that prepares many events: after some it lets others have theirs.
#[derive(Default)]
pub struct Turn {
    bytes: usize,
}

impl Turn {
    /// An event of so many bytes comes next.
    pub async fn take(&mut self, bytes: usize) {
        if self.bytes > limits::PREPARED_BYTES {
            self.bytes = 0;
            tokio::task::yield_now().await;
        }
        self.bytes += bytes + limits::PREPARED_EVENT_BYTES;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt as _;

    use super::*;

    /// Work that says that it began and then waits until it is let go.
    fn held(began: mpsc::SyncSender<u32>, account: u32) -> (impl FnOnce() + Send, mpsc::SyncSender<()>) {
        let (go, wait) = mpsc::sync_channel(8);
        let work = move || {
            began.send(account).unwrap();
            let _ = wait.recv();
        };
        (work, go)
    }

    #[tokio::test]
    async fn an_account_has_one_thread_and_leaves_the_others_theirs() {
        let works = TenantWork::default();
        let (began, begun) = mpsc::sync_channel(8);
        let (going, works): (Vec<_>, Vec<_>) = [1, 1, 1, 2]
            .map(|account| {
                let (work, go) = held(began.clone(), account);
                (go, Box::pin(works.run(AccountNo(account), work)))
            })
            .into_iter()
            .unzip();
        let mut all = Box::pin(futures_util::future::join_all(works));
        assert!((&mut all).now_or_never().is_none());
        let mut seen = [begun.recv().unwrap(), begun.recv().unwrap()];
        seen.sort_unstable();
        assert_eq!(seen, [1, 2], "the second account does not wait for the first one's queue");
        assert!((&mut all).now_or_never().is_none() && begun.try_recv().is_err());
        drop(going);
        assert!(all.await.iter().all(Result::is_ok));
        assert_eq!(begun.try_iter().collect::<Vec<_>>(), [1, 1]);
    }

    #[tokio::test]
    async fn what_is_short_never_waits_and_what_is_long_is_never_refused() {
        let works = TenantWork::default();
        let (began, begun) = mpsc::sync_channel(8);
        let (work, go) = held(began, 1);
        let mut first = Box::pin(works.run(AccountNo(1), work));
        assert!((&mut first).now_or_never().is_none());
        begun.recv().unwrap();
        let here = std::thread::current().id();
        let thread = || std::thread::current().id();
        assert_eq!(works.run_if_long(AccountNo(1), false, thread).now_or_never(), Some(Ok(here)));
        let mut long: Vec<_> = (0..2 * limits::TENANT_WORK_WAITING)
            .map(|_| Box::pin(works.run_if_long(AccountNo(1), true, thread)))
            .collect();
        assert!(long.iter_mut().all(|one| one.now_or_never().is_none()), "one thread for one account");
        assert_ne!(works.run_if_long(AccountNo(2), true, thread).await, Ok(here));
        drop(go);
        first.await.unwrap();
        assert!(futures_util::future::join_all(long).await.iter().all(|ran| *ran != Ok(here)));
    }

    #[tokio::test]
    async fn what_waits_is_bounded_and_what_panics_frees_its_place() {
        let works = TenantWork::default();
        let (began, begun) = mpsc::sync_channel(8);
        let (work, go) = held(began, 1);
        let mut first = Box::pin(works.run(AccountNo(1), work));
        assert!((&mut first).now_or_never().is_none());
        begun.recv().unwrap();
        let mut waiting: Vec<_> =
            (1..limits::TENANT_WORK_WAITING).map(|_| Box::pin(works.run(AccountNo(1), || ()))).collect();
        assert!(waiting.iter_mut().all(|one| one.now_or_never().is_none()));
        let refused = works.run(AccountNo(1), || ()).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::RateLimited, Some(1)));
        assert_eq!(works.run(AccountNo(2), || 7).await, Ok(7));
        drop(go);
        first.await.unwrap();
        assert!(futures_util::future::join_all(waiting).await.iter().all(Result::is_ok));
        #[allow(clippy::panic, reason = "it is what is tested")]
        let broken = works.run(AccountNo(1), || -> () { panic!("a test's") }).await;
        assert_eq!(broken.unwrap_err().code, Code::Internal);
        assert_eq!(works.run(AccountNo(1), || 8).await, Ok(8));
    }
}
