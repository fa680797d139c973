//! What users of webhook senders have reported as faults, each as the behaviour that is right.

mod dataset_items;
mod ends;
mod run_clients;
