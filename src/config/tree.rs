//! The raw form: a tree of texts, each of which knows where it was written. A file is read into it,
//! environment variables and flags are laid over it, and nothing in it is checked yet.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::error::Problem;

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the file, on this line.
    File { name: String, line: usize },
    /// In an environment variable.
    Env(String),
    /// On the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Env(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting or a table of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) value: Value,
}

/// What was written. Numbers and booleans are kept as texts: an environment variable has no more.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

/// Reads a TOML text. What can be read is returned besides the problems, so that one run shows all.
pub(super) fn parse(name: &str, text: &str) -> (BTreeMap<String, Node>, Vec<Problem>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let file = File { name, text };
    let problems = errors.iter().map(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let detail = match error.message() {
            "duplicate key" => "is set twice; keep one of them".to_owned(),
            why => format!("is not valid TOML: {why}; write KEY = VALUE, with quotes around texts"),
        };
        Problem { origin: file.origin(at).to_string(), key: file.key(at), detail }
    });
    (file.table(document.get_ref()), problems.collect())
}

struct File<'t> {
    name: &'t str,
    text: &'t str,
}

impl File<'_> {
    /// The setting on the line at `offset`, as far as can be seen in a text that is not TOML.
    fn key(&self, offset: usize) -> Option<String> {
        let whole = self.text.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1);
        let (above, line) = (self.text.get(..whole)?, self.text.get(whole..)?.lines().next()?);
        let name = |text: &str| {
            let name = text.trim().trim_matches(['[', ']']).split([' ', '=', '#']).next()?.to_owned();
            (!name.is_empty()).then_some(name)
        };
        let key = name(line)?;
        let table = above.lines().rev().find(|line| line.trim_start().starts_with('['));
        match table.filter(|_| !line.trim_start().starts_with('[')).and_then(name) {
            Some(table) => Some(format!("{table}.{key}")),
            None => Some(key),
        }
    }

    fn origin(&self, offset: usize) -> Origin {
        let lines = self.text.bytes().take(offset).filter(|&byte| byte == b'\n').count();
        Origin::File { name: self.name.to_owned(), line: lines + 1 }
    }

    fn table(&self, table: &DeTable<'_>) -> BTreeMap<String, Node> {
        let node = |key: &Spanned<_>, value| self.node(key.span().start, value);
        table.iter().map(|(key, value)| (key.get_ref().to_string(), node(key, value))).collect()
    }

    fn list(&self, items: &DeArray<'_>) -> Vec<Node> {
        items.iter().map(|item| self.node(item.span().start, item)).collect()
    }

    fn node(&self, offset: usize, value: &Spanned<DeValue<'_>>) -> Node {
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => Value::Text(decimal(number.as_str(), number.radix())),
            DeValue::Float(number) => Value::Text(number.as_str().to_owned()),
            DeValue::Boolean(is) => Value::Text(is.to_string()),
            DeValue::Datetime(at) => Value::Text(at.to_string()),
            DeValue::Array(items) => Value::List(self.list(items)),
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { origin: self.origin(offset), value }
    }
}

fn decimal(digits: &str, radix: u32) -> String {
    u64::from_str_radix(digits, radix).map_or_else(|_| digits.to_owned(), |number| number.to_string())
}

/// The setting of a dotted key, if it was written.
pub(super) fn find<'t>(table: &'t BTreeMap<String, Node>, key: &str) -> Option<&'t Node> {
    match key.split_once('.') {
        None => table.get(key),
        Some((section, rest)) => match &table.get(section)?.value {
            Value::Table(inner) => find(inner, rest),
            Value::Text(_) | Value::List(_) => None,
        },
    }
}

/// Lays one setting over the tree, in place of what is there.
pub(super) fn overlay(table: &mut BTreeMap<String, Node>, key: &str, origin: Origin, text: String) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), Node { origin, value: Value::Text(text) });
        }
        Some((section, rest)) => {
            let empty = Node { origin: origin.clone(), value: Value::Table(BTreeMap::new()) };
            let node = table.entry(section.to_owned()).or_insert(empty);
            if let Value::Table(inner) = &mut node.value {
                overlay(inner, rest, origin, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_know_their_lines() {
        let (table, problems) = parse("f.toml", "listen = \"a\"\n\n[log]\nlevel = \"info\"\n");
        assert!(problems.is_empty());
        let Value::Table(log) = &table["log"].value else { panic!("not a table") };
        assert_eq!(log["level"].origin.to_string(), "f.toml:4");
        assert_eq!(log["level"].value, Value::Text("info".into()));
    }

    #[test]
    fn a_broken_text_names_its_line() {
        let (_, problems) = parse("f.toml", "listen = \"a\"\nthis is not toml\n");
        assert_eq!(problems[0].origin, "f.toml:2");
    }

    #[test]
    fn an_overlay_wins_and_makes_its_section() {
        let (mut table, _) = parse("f.toml", "dev = false\n");
        overlay(&mut table, "dev", Origin::Flag("--dev".into()), "true".into());
        overlay(&mut table, "log.level", Origin::Env("RINGBACK_LOG_LEVEL".into()), "debug".into());
        assert_eq!(table["dev"].value, Value::Text("true".into()));
        let Value::Table(log) = &table["log"].value else { panic!("not a table") };
        assert_eq!(log["level"].origin.to_string(), "RINGBACK_LOG_LEVEL");
    }

    #[test]
    fn numbers_of_any_radix_become_decimal() {
        let (table, _) = parse("f", "a = 0x10\nb = 1_000\n");
        assert_eq!(table["a"].value, Value::Text("16".into()));
        assert_eq!(table["b"].value, Value::Text("1000".into()));
    }
}
