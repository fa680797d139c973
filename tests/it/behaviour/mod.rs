//! What users of webhook senders have reported as faults, each as the behaviour that is right.

mod answers;
mod backlogs;
mod clocks;
mod cloud_events;
mod damage;
mod dataset_items;
mod encodings;
mod ends;
mod hook_metadata;
mod restarts;
mod run_clients;
mod run_store;
mod secrets;
mod waiting;
