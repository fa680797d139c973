//! Records as members of JSON objects, and the words for what stands in them.

pub(super) mod coder;
mod fault;
pub(super) mod line;
pub(super) mod words;

pub(super) use fault::Fault;
