//! Takes settings out of a raw table one by one. What cannot be read is noted and its default
//! stands in, so that one run finds every problem; what no one took is unknown.

use std::collections::BTreeMap;

use super::error::Problem;
use super::tree::{Node, Origin, Value};

/// Reads one setting's text; the error says what would be right.
pub(super) type Parse<T> = fn(&str) -> Result<T, String>;

/// A table being read.
pub(super) struct Section<'p> {
    path: String,
    /// Where the table was written.
    origin: String,
    table: BTreeMap<String, Node>,
    known: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'p> Section<'p> {
    /// The whole configuration, called `name`.
    pub(super) fn root(name: &str, table: BTreeMap<String, Node>, problems: &'p mut Vec<Problem>) -> Self {
        Self { path: String::new(), origin: name.to_owned(), table, known: Vec::new(), problems }
    }

    /// The table `key` of this one.
    fn inner(&mut self, key: &str, origin: String, table: BTreeMap<String, Node>) -> Section<'_> {
        Section { path: self.key(key), origin, table, known: Vec::new(), problems: self.problems }
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn note(&mut self, origin: &Origin, key: &str, detail: String) {
        let key = Some(self.key(key));
        self.problems.push(Problem { origin: origin.to_string(), key, detail });
    }

    fn node(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        self.table.remove(key)
    }

    /// Whether `key` was written; does not take it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where `key` was written, else where the table was; for what is found wrong after it was taken.
    pub(super) fn origin(&self, key: &str) -> String {
        self.table.get(key).map_or_else(|| self.origin.clone(), |node| node.origin.to_string())
    }

    /// Notes a problem with `key`, which was written at `origin`.
    pub(super) fn refuse_at(&mut self, origin: String, key: &str, detail: &str) {
        let key = Some(self.key(key));
        self.problems.push(Problem { origin, key, detail: detail.to_owned() });
    }

    /// A setting, if it was written and can be read.
    pub(super) fn optional<T>(&mut self, key: &'static str, parse: Parse<T>) -> Option<T> {
        let node = self.node(key)?;
        self.read(key, &node, parse)
    }

    /// A setting that must be written.
    pub(super) fn required<T>(&mut self, key: &'static str, parse: Parse<T>) -> Option<T> {
        if !self.has(key) {
            self.refuse(&format!("{key} is required"));
        }
        self.optional(key, parse)
    }

    /// Whether `key` is this very word; then it is taken.
    pub(super) fn takes_word(&mut self, key: &str, word: &str) -> bool {
        let is = self.table.get(key).is_some_and(|node| node.value == Value::Text(word.to_owned()));
        is && self.table.remove(key).is_some()
    }

    /// A setting or its default.
    pub(super) fn take<T>(&mut self, key: &'static str, default: T, parse: Parse<T>) -> T {
        self.optional(key, parse).unwrap_or(default)
    }

    /// A number within bounds, or its default.
    pub(super) fn bounded<T>(&mut self, key: &'static str, default: T, bounds: (T, T), parse: Parse<T>) -> T
    where
        T: PartialOrd + std::fmt::Display,
    {
        let (low, high) = bounds;
        let Some(node) = self.node(key) else { return default };
        match self.read(key, &node, parse) {
            Some(value) if value < low || value > high => {
                self.note(&node.origin, key, format!("must be {low} to {high}"));
                default
            }
            value => value.unwrap_or(default),
        }
    }

    fn read<T>(&mut self, key: &str, node: &Node, parse: Parse<T>) -> Option<T> {
        let read = match &node.value {
            Value::Text(text) => parse(text),
            Value::List(_) => Err("must be one value, not a list".to_owned()),
            Value::Table(_) => Err("must be one value, not a table".to_owned()),
        };
        read.map_err(|detail| self.note(&node.origin, key, detail)).ok()
    }

    /// A list, if it was written; a text is a list separated by commas.
    pub(super) fn list<T>(&mut self, key: &'static str, parse: Parse<T>) -> Option<Vec<T>> {
        let Node { origin, value } = self.node(key)?;
        let items = match value {
            Value::List(items) => items,
            Value::Text(text) => split(&text, &origin),
            Value::Table(_) => {
                self.note(&origin, key, "must be a list, not a table".to_owned());
                return None;
            }
        };
        Some(items.iter().filter_map(|item| self.read(key, item, parse)).collect())
    }

    /// A list whose items may be tables, if it was written: each text as `word` reads it, each
    /// table as `read` does.
    pub(super) fn list_of<T>(
        &mut self,
        key: &'static str,
        word: Parse<T>,
        read: impl Fn(&mut Section<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Node { origin, value } = self.node(key)?;
        let items = match value {
            Value::List(items) => items,
            value @ (Value::Text(_) | Value::Table(_)) => vec![Node { origin, value }],
        };
        let mut read_item = |Node { origin, value }| match value {
            Value::Table(table) => {
                let mut section = self.inner(key, origin.to_string(), table);
                let read = read(&mut section);
                section.finish();
                read
            }
            value @ (Value::Text(_) | Value::List(_)) => self.read(key, &Node { origin, value }, word),
        };
        Some(items.into_iter().filter_map(&mut read_item).collect())
    }

    /// Takes `key` out and notes that it cannot be used here.
    #[cfg(not(feature = "otlp"))]
    pub(super) fn withhold(&mut self, key: &str, detail: &str) {
        if let Some(node) = self.table.remove(key) {
            self.note(&node.origin, key, detail.to_owned());
        }
    }

    /// A table inside this one; an empty one if it was not written.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'_> {
        match self.node(key) {
            None => self.inner(key, self.origin.clone(), BTreeMap::new()),
            Some(Node { origin, value: Value::Table(table) }) => self.inner(key, origin.to_string(), table),
            Some(Node { origin, value: Value::Text(_) | Value::List(_) }) => {
                self.note(&origin, key, format!("must be a table, such as [{}]", self.key(key)));
                self.inner(key, origin.to_string(), BTreeMap::new())
            }
        }
    }

    /// A table of settings whose names are free: each name with its text.
    pub(super) fn names<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str, &str) -> Result<T, String>,
    ) -> Vec<T> {
        let table = self.section(key).table;
        let mut all = Vec::new();
        for (name, node) in table {
            let path = format!("{}.{name}", self.key(key));
            let value = match &node.value {
                Value::Text(text) => read(&name, text),
                Value::List(_) | Value::Table(_) => Err("must be one value".to_owned()),
            };
            match value {
                Ok(value) => all.push(value),
                Err(detail) => {
                    self.problems.push(Problem { origin: node.origin.to_string(), key: Some(path), detail });
                }
            }
        }
        all
    }

    /// Tables inside this one whose names are free, each read by `read`.
    pub(super) fn tables<T>(mut self, read: impl Fn(&str, &mut Section<'_>) -> T) -> Vec<(String, T)> {
        let mut all = Vec::new();
        for (name, node) in std::mem::take(&mut self.table) {
            match node.value {
                Value::Table(table) => {
                    let mut section = self.inner(&name, node.origin.to_string(), table);
                    let value = read(&name, &mut section);
                    section.finish();
                    all.push((name, value));
                }
                Value::Text(_) | Value::List(_) => {
                    self.note(&node.origin, &name, format!("must be a table, such as [{}]", self.key(&name)));
                }
            }
        }
        all
    }

    /// Notes a problem with the table as a whole.
    pub(super) fn refuse(&mut self, detail: &str) {
        let key = (!self.path.is_empty()).then(|| self.path.clone());
        self.problems.push(Problem { origin: self.origin.clone(), key, detail: detail.to_owned() });
    }

    /// Ends the reading: what no one took is unknown.
    pub(super) fn finish(mut self) {
        for (key, node) in std::mem::take(&mut self.table) {
            let near = nearest(&key, &self.known);
            let detail = near.map_or_else(
                || format!("unknown setting; there are {}", self.known.join(", ")),
                |near| format!("unknown setting; did you mean `{near}`?"),
            );
            self.note(&node.origin, &key, detail);
        }
    }
}

fn split(text: &str, origin: &Origin) -> Vec<Node> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| Node { origin: origin.clone(), value: Value::Text(item.to_owned()) }).collect()
}

/// The known name that takes the fewest edits to reach, if few enough to be a slip.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let best = known.iter().map(|&key| (strsim::levenshtein(name, key), key)).min()?;
    (best.0 <= 1 + name.len() / 4).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_none() {
        let known = ["listen", "admin_listen", "data_dir"];
        assert_eq!(nearest("lisen", &known), Some("listen"));
        assert_eq!(nearest("datadir", &known), Some("data_dir"));
        assert_eq!(nearest("webhooks", &known), None);
    }
}
