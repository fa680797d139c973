//! Examples in the description, by the name of the type or, for bodies that are of no named type, by the operation
//! and the media type. A list's example is made of its rows'.

use serde_json::{Map, Value, json};

const EXAMPLES: &str = include_str!("examples.json");

/// The examples while a description is made.
pub(super) struct Examples(Map<String, Value>);

impl Examples {
    pub(super) fn new() -> Self {
        Self(serde_json::from_str(EXAMPLES).unwrap_or_default())
    }

    /// Of a named type.
    pub(super) fn of(&self, name: &str) -> Option<Value> {
        let row = || name.strip_suffix("List").and_then(|row| self.0.get(row));
        let list = || row().map(|row| json!({"data": [row], "next_cursor": null}));
        self.0.get(name).cloned().or_else(list)
    }

    /// Of what an operation takes or gives as a media type.
    pub(super) fn of_body(&self, operation: &str, media_type: &str) -> Option<Value> {
        self.0.get(&format!("{operation} {media_type}")).cloned()
    }
}
