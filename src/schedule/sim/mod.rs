//! Seeded simulations of the scheduler in a fake daemon, checked against a naive model.
//!
//! `RINGBACK_SIM_SEEDS` says how many seeds are run (200 unless said otherwise);
//! `RINGBACK_SIM_SEED=n` replays one.

mod checks;
mod model;
mod receiver;
mod rng;
mod world;
mod writer;

use world::{Fault, World};

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn run(seed: u64, fault: Option<Fault>) -> Result<u64, String> {
    let mut world = World::new(seed, fault);
    world.run()?;
    Ok(world.starts)
}

#[test]
fn random_days_keep_every_rule() {
    let seeds = match number_from("RINGBACK_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number_from("RINGBACK_SIM_SEEDS").unwrap_or(200),
    };
    let mut starts = 0;
    for seed in seeds.clone() {
        match run(seed, None) {
            Ok(some) => starts += some,
            Err(wrong) => panic!("replay with RINGBACK_SIM_SEED={seed}: {wrong}"),
        }
    }
    assert!(starts >= seeds.end - seeds.start, "the runs must do something");
}

/// How many of 20 seeds see a planted fault.
fn caught(fault: Fault) -> usize {
    (0..20).filter(|seed| run(*seed, Some(fault)).is_err()).count()
}

#[test]
fn planted_unfairness_is_seen() {
    assert!(caught(Fault::Unfair) >= 15, "{}", caught(Fault::Unfair));
}

#[test]
fn a_planted_lost_retry_is_seen() {
    assert!(caught(Fault::LostRetry) >= 15, "{}", caught(Fault::LostRetry));
}

#[test]
fn a_planted_early_settlement_is_seen() {
    assert!(caught(Fault::EarlySettle) >= 10, "{}", caught(Fault::EarlySettle));
}
