//! Work that takes long, done where it holds up no task of the runtime.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does it on this thread, whose other tasks another worker takes over. A runtime of one thread has no
/// other, and does it in turn.
pub(super) fn off_worker<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn other_tasks_of_the_worker_run_meanwhile() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (done, hears) = mpsc::sync_channel(8);
        let waited = runtime.block_on(runtime.spawn(async move {
            tokio::spawn(async move { done.send(()).unwrap() });
            // The one worker is here; the other task runs all the same.
            off_worker(|| hears.recv_timeout(Duration::from_secs(60)))
        }));
        assert_eq!(waited.unwrap(), Ok(()));
    }
}
