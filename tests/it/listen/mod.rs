//! Listeners: webhooks whose receiver is a client that holds a connection to the daemon.

mod api;
mod command;
mod inbox;
mod running;
