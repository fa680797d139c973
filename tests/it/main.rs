//! The daemon from outside: the real binary, real sockets, hostile and healthy receivers.

#[cfg(test)]
mod action_runs;
#[cfg(test)]
mod apply;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod broken;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod client_certificates;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod compact;
#[cfg(test)]
mod confirmation;
#[cfg(test)]
mod contracts;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod events;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod job_results;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod listen;
#[cfg(test)]
mod listeners;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod operational_events;
#[cfg(feature = "otlp")]
#[cfg(test)]
mod otlp;
#[cfg(test)]
mod paging;
#[cfg(all(test, feature = "faults"))]
mod poison;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod recipes;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod rest_hooks;
#[cfg(test)]
mod run_hooks;
#[cfg(test)]
mod run_webhooks;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod skips;
#[cfg(test)]
mod systemd;
#[cfg(test)]
mod watching;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod words;
