//! What the benchmarks share: the real daemon, a receiver and a generator, each a process of its own.
#![allow(dead_code, unreachable_pub, reason = "each benchmark is a crate of its own and uses a part")]

pub mod daemon;
pub mod generator;
pub mod http;
pub mod receiver;

/// Keep-alive connections of the generator where their number is not what is measured, and attempts in
/// flight per webhook.
pub const CONNECTIONS: usize = 64;
/// A posted body.
pub const BODY_BYTES: usize = 1024;

/// Runs the role a child process was started for; `false`: this is the parent.
pub async fn play_role() -> bool {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("role-receiver") => receiver::serve().await,
        Some("role-generator") => generator::run(&args[2]).await,
        _ => return false,
    }
    true
}

/// A number from the environment.
pub fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The middle one.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
