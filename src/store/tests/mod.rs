//! Tests of the whole room: through its public surface, against the real writer.
#![expect(clippy::cast_possible_truncation, reason = "small numbers of tests")]

mod actors;
mod audit;
mod backup;
mod basics;
mod batches;
mod check;
mod commits;
mod compact;
mod damage;
mod disk;
mod export;
mod indexes;
mod jobs;
mod lists;
mod migrate;
mod model;
mod numbers;
mod one_shots;
mod opening;
mod power;
mod quotas;
mod room;
pub(in crate::store) mod sample;
mod sealing;
mod subscriptions;
mod templates;
mod upkeep;
mod waiting;
