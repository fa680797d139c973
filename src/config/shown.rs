//! The configuration as people see it: every setting with what it is and where that was written. No
//! secret is in it: keys are named by their files, and the values of profiles' headers are left out.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::keys::all;
use super::settings::{Config, Setting};
use super::tree::{self, Node, Value};

/// What stands in place of a header's value.
const MASK: &str = "***";

/// Where settings were written, noted before they are read.
pub(super) struct Written {
    sources: Vec<String>,
    profiles: Vec<Setting>,
}

impl Written {
    pub(super) fn of(table: &BTreeMap<String, Node>, credential: bool) -> Self {
        let source = |name: &str| match tree::find(table, name) {
            _ if credential && name == "secrets.key_file" => "CREDENTIALS_DIRECTORY".to_owned(),
            Some(node) => node.origin.to_string(),
            None => "default".to_owned(),
        };
        let profiles = match table.get("profiles").map(|node| &node.value) {
            Some(Value::Table(profiles)) => profiles
                .iter()
                .map(|(name, node)| Setting {
                    key: format!("profiles.{name}"),
                    value: as_json(node, false),
                    source: node.origin.to_string(),
                })
                .collect(),
            _ => Vec::new(),
        };
        Self { sources: all().map(|key| source(key.name)).collect(), profiles }
    }

    /// Every setting of `config`, which was read from the same.
    pub(super) fn settings(self, config: &Config) -> Vec<Setting> {
        let settings = all().zip(self.sources).map(|(key, source)| Setting {
            key: key.name.to_owned(),
            value: (key.show)(config),
            source,
        });
        settings.chain(self.profiles).collect()
    }
}

fn as_json(node: &Node, masked: bool) -> Json {
    match &node.value {
        Value::Text(_) if masked => json!(MASK),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(|item| as_json(item, masked)).collect(),
        Value::Table(table) => {
            let member =
                |(name, node): (&String, &Node)| (name.clone(), as_json(node, masked || name == "headers"));
            Json::Object(table.iter().map(member).collect())
        }
    }
}
