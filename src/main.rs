//! The `ringback` command.

use std::process::ExitCode;

/// A fifth less CPU per delivery than the system's allocator. Huge pages stay off (the feature
/// `no_thp`), or an idle daemon would hold 10 MiB more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringback::cli::main(ringback::daemon::run)
}
