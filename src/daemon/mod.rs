//! The only place that wires: the store, the way out, dispatch, the listeners, signals, readiness and
//! the end. A daemon is opened, wired, run and stopped, one file each.

mod actors;
mod background;
mod backups;
mod figures;
pub mod files;
pub mod keys;
mod leap;
pub mod listeners;
mod open;
mod process;
mod reload;
mod rules;
mod run;
mod service_manager;
mod signals;
mod start;
mod stop;
mod watchdog;
mod wire;

use anyhow::bail;

pub use start::Start;

/// Runs the daemon until it is asked to stop.
///
/// # Errors
/// When it cannot start, or its store fails while it runs.
pub fn run(start: Start) -> anyhow::Result<()> {
    process::keep_out_of_core_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(serve(start));
    // What still blocks, such as a lookup that hangs, holds up no one.
    runtime.shutdown_background();
    ended
}

async fn serve(start: Start) -> anyhow::Result<()> {
    let (mut daemon, mut signals) = wire::wire(open::open(start).await?).await?;
    let reason = run::run(&mut daemon, &mut signals).await?;
    tokio::select! {
        stopped = stop::stop(daemon, reason) => stopped,
        () = signals.interrupted() => {
            bail!("stopped at once; what was in flight is sent again after the next start")
        }
    }
}
