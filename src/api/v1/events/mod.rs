//! `/v1/events`: accepting events in all their forms, and looking at them.

pub mod body;
pub mod cloud;
pub mod documents;
pub mod form;
pub mod list;
pub mod post;
pub mod stream;
pub mod view;
