//! Tools of others, and rights, that some tests need. Where one is missing, its test says so and passes; where all are
//! required, it fails.

use std::fmt::Display;
use std::io::Write as _;

/// Says that a test, or a part of it, is skipped and why. With `RINGBACK_REQUIRE_TOOLS=1` it fails instead.
///
/// # Panics
/// When every tool is required.
#[track_caller]
pub(crate) fn skip(why: impl Display) {
    let required = std::env::var_os("RINGBACK_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "RINGBACK_REQUIRE_TOOLS=1, and this would be skipped: {why}");
    let test = std::thread::current();
    let test = test.name().unwrap_or("a test");
    // Not by a macro: what those print of tests that pass is shown to nobody.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// What a tool gave; says that it is skipped where it could not be started.
#[track_caller]
pub(crate) fn found<T>(tool: &str, outcome: Result<T, impl Display>) -> Option<T> {
    outcome.map_err(|error| skip(format_args!("{tool}: {error}"))).ok()
}
