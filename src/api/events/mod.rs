//! `/v1/events`: accepting events in all their forms, and looking at them.

pub mod accept;
pub mod cloud;
pub mod list;
pub mod post;
pub mod stream;
pub mod view;
