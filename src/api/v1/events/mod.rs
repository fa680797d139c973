//! `/v1/events`: accepting events in all their forms, and looking at them.

pub mod accept;
pub mod cloud;
pub mod list;
mod media_type;
pub mod post;
pub mod stream;
pub mod view;
