//! The HTTP server of all listeners: the accept loop and its bounds, bodies, JSON with every fault reported,
//! problem answers. It knows no store, no dialect, and nothing of what a request asks for.

pub mod arriving;
pub mod body;
mod body_buffer;
pub mod connection;
pub mod content_type;
pub mod document;
pub mod head;
mod inflate;
pub mod json_check;
pub mod lines;
pub mod listener;
pub mod owner;
pub mod problem;
pub mod proxies;
pub mod reply;
pub mod request_id;
pub mod response;
pub mod server;

pub use server::{Bounds, Handler, serve};
