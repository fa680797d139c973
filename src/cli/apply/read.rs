//! Reads files: everything that is wrong with them is said at once, with its file and line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::declared::{Declared, Kind};
use crate::cli::failure::{Exit, Failure};
use crate::http::document::nearest;

/// What a file, or the files of a directory, declare.
pub(super) fn all(path: &Path, env: &BTreeMap<String, String>) -> Result<Vec<Declared>, Failure> {
    let shown = path.display();
    let unreadable =
        |path: &Path, error: std::io::Error| Failure::usage(format!("{}: {error}", path.display()));
    let mut files: Vec<PathBuf> = Vec::new();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(|error| unreadable(path, error))? {
            let file = entry.map_err(|error| unreadable(path, error))?.path();
            files.extend(Some(file).filter(|file| file.extension().is_some_and(|end| end == "toml")));
        }
        files.sort();
        if files.is_empty() {
            return Err(Failure::usage(format!(
                "{shown}: has no *.toml files; name a file, or another directory"
            )));
        }
    } else {
        files.push(path.to_owned());
    }
    let (mut declared, mut problems) = (Vec::new(), Vec::new());
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, error))?;
        read(file, &text, env, &mut declared, &mut problems);
    }
    twice(&declared, &mut problems);
    if problems.is_empty() { Ok(declared) } else { Err(Failure::new(Exit::Config, problems.join("\n"))) }
}

fn read(
    file: &Path,
    text: &str,
    env: &BTreeMap<String, String>,
    declared: &mut Vec<Declared>,
    problems: &mut Vec<String>,
) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { file, text, env, problems };
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        let why = match error.message() {
            "duplicate key" => "is set twice; keep one of them".to_owned(),
            why => format!("is not valid TOML: {why}"),
        };
        reader.note(at, "", &why);
    }
    // What is wrong with a broken file's members may only follow from that.
    if errors.is_empty() {
        reader.document(document.get_ref(), declared);
    }
}

/// Notes what is declared twice.
fn twice(declared: &[Declared], problems: &mut Vec<String>) {
    let mut first: BTreeMap<(Kind, Option<&str>, &str), &Declared> = BTreeMap::new();
    for one in declared {
        let Some(other) = first.insert((one.kind, one.account.as_deref(), &one.name), one) else { continue };
        let Declared { origin, name, .. } = one;
        let table = one.kind.table();
        problems.push(format!(
            "{origin}: {table}.{name:?}: is declared in {} too; keep one of them",
            other.origin
        ));
    }
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    env: &'a BTreeMap<String, String>,
    problems: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn origin(&self, offset: usize) -> String {
        let lines = self.text.bytes().take(offset).filter(|&byte| byte == b'\n').count();
        format!("{}:{}", self.file.display(), lines + 1)
    }

    fn note(&mut self, offset: usize, key: &str, why: &str) {
        let colon = if key.is_empty() { "" } else { ": " };
        self.problems.push(format!("{}: {key}{colon}{why}", self.origin(offset)));
    }

    fn unknown(&mut self, offset: usize, key: &str, name: &str, known: &[&str]) {
        let why = match nearest(name, known.iter().copied()) {
            Some(near) => format!("is not a known key; did you mean {near:?}?"),
            None if known.is_empty() => "is not a known key; there are none here".to_owned(),
            None => format!("is not a known key; known are {}", known.join(", ")),
        };
        self.note(offset, key, &why);
    }

    fn document(&mut self, table: &DeTable<'_>, declared: &mut Vec<Declared>) {
        for (name, value) in table.iter() {
            let (at, name) = (name.span().start, name.get_ref());
            let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.table() == name) else {
                self.unknown(at, name, name, &Kind::ALL.map(Kind::table));
                continue;
            };
            let DeValue::Table(things) = value.get_ref() else {
                self.note(at, name, &format!("must be a table: [{}.NAME]", kind.table()));
                continue;
            };
            for (name, value) in things.iter() {
                let key = format!("{}.{:?}", kind.table(), name.get_ref());
                let DeValue::Table(members) = value.get_ref() else {
                    self.note(name.span().start, &key, &format!("must be a table: [{key}]"));
                    continue;
                };
                declared.push(self.thing(kind, name, &key, members));
            }
        }
    }

    fn thing(
        &mut self,
        kind: Kind,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        key: &str,
        table: &DeTable<'_>,
    ) -> Declared {
        let at = name.span().start;
        let origin = self.origin(at);
        let mut thing = Declared {
            kind,
            account: None,
            name: name.get_ref().to_string(),
            origin,
            members: Map::new(),
            secret: None,
        };
        for (name, value) in table.iter() {
            let (at, name) = (name.span().start, &**name.get_ref());
            let key = format!("{key}.{name}");
            if !kind.keys().contains(&name) {
                self.unknown(at, &key, name, kind.keys());
                continue;
            }
            match (kind, name, value.get_ref()) {
                (_, "account", DeValue::String(account)) => thing.account = Some(account.to_string()),
                (_, "account", _) => self.note(at, &key, "must be an account's name"),
                (Kind::Secret, ..) => {}
                (Kind::Webhook, "secret", value) => thing.secret = self.secret(at, &key, value),
                (Kind::Webhook, "headers", value) => {
                    thing.members.insert(name.to_owned(), self.headers(at, &key, value));
                }
                (Kind::Webhook, "tls", value) => {
                    thing.members.insert(name.to_owned(), self.tls(at, &key, value));
                }
                (Kind::EventType, "schema_file" | "example_file", value) => {
                    let member = name.trim_end_matches("_file").to_owned();
                    thing.members.extend(self.json_file(at, &key, value).map(|value| (member, value)));
                }
                (_, _, value) => {
                    thing.members.insert(name.to_owned(), json(value));
                }
            }
        }
        if kind == Kind::Secret {
            let given: DeTable<'_> = table
                .iter()
                .filter(|(name, _)| ["env", "file"].contains(&&**name.get_ref()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            thing.secret = self.secret(at, key, &DeValue::Table(given));
        }
        if kind == Kind::Webhook && !table.iter().any(|(name, _)| name.get_ref() == "url") {
            self.note(at, key, "needs a url");
        }
        thing
    }

    /// A secret that is named and not written: a file, or a variable of the environment.
    fn secret(&mut self, at: usize, key: &str, value: &DeValue<'_>) -> Option<String> {
        let rule =
            "must name a secret, as { file = \"…\" } or { env = \"…\" }; it is not written into these files";
        let mut named = match value {
            DeValue::Table(table) => {
                table.iter().map(|(name, value)| (name.get_ref().to_string(), value)).collect()
            }
            _ => Vec::new(),
        };
        let Some((name, value)) = named.pop().filter(|_| named.is_empty()) else {
            self.note(at, key, rule);
            return None;
        };
        let DeValue::String(from) = value.get_ref() else {
            self.note(at, key, rule);
            return None;
        };
        let text = match name.as_str() {
            "file" => self.beside(at, key, from)?,
            "env" => match self.env.get(&**from) {
                Some(text) => text.clone(),
                None => {
                    self.note(at, key, &format!("the environment has no {from}; set it, or name a file"));
                    return None;
                }
            },
            _ => {
                self.note(at, key, rule);
                return None;
            }
        };
        let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
        Some(text.to_owned())
    }

    /// Headers, whose values may be secrets.
    fn headers(&mut self, at: usize, key: &str, value: &DeValue<'_>) -> Value {
        let DeValue::Table(table) = value else { return json(value) };
        let mut headers = Map::new();
        for (name, value) in table.iter() {
            let name = name.get_ref().to_string();
            let value = match value.get_ref() {
                value @ DeValue::Table(_) => {
                    self.secret(at, &format!("{key}.{name}"), value).map(Value::String)
                }
                value => Some(json(value)),
            };
            headers.extend(value.map(|value| (name, value)));
        }
        Value::Object(headers)
    }

    /// Certificates, in place or in files, and a key, which is named and not written.
    fn tls(&mut self, at: usize, key: &str, value: &DeValue<'_>) -> Value {
        let DeValue::Table(table) = value else { return json(value) };
        let mut members = Map::new();
        for (name, value) in table.iter() {
            let name = name.get_ref().to_string();
            let value = match (name.as_str(), value.get_ref()) {
                ("client_key", value) | (_, value @ DeValue::Table(_)) => {
                    self.secret(at, &format!("{key}.{name}"), value).map(Value::String)
                }
                (_, value) => Some(json(value)),
            };
            members.extend(value.map(|value| (name, value)));
        }
        Value::Object(members)
    }

    fn json_file(&mut self, at: usize, key: &str, value: &DeValue<'_>) -> Option<Value> {
        let DeValue::String(name) = value else {
            self.note(at, key, "must be the name of a file with JSON");
            return None;
        };
        let text = self.beside(at, key, name)?;
        let read = serde_json::from_str(&text);
        read.map_err(|error| self.note(at, key, &format!("{name}: must be JSON: {error}"))).ok()
    }

    /// The text of a file that is named from the directory of this one.
    fn beside(&mut self, at: usize, key: &str, name: &str) -> Option<String> {
        let path = self.file.parent().unwrap_or(Path::new("")).join(name);
        let read = std::fs::read_to_string(&path);
        read.map_err(|error| self.note(at, key, &format!("{}: {error}", path.display()))).ok()
    }
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let (digits, radix) = (number.as_str(), number.radix());
            let whole = i64::from_str_radix(digits, radix).map(Number::from);
            let whole = whole.or_else(|_| u64::from_str_radix(digits, radix).map(Number::from));
            whole.map_or_else(|_| Value::String(digits.to_owned()), Value::Number)
        }
        DeValue::Float(number) => {
            let float = number.as_str().parse().ok().and_then(Number::from_f64);
            float.map_or_else(|| Value::String(number.as_str().to_owned()), Value::Number)
        }
        DeValue::Boolean(is) => Value::Bool(*is),
        DeValue::Datetime(at) => Value::String(at.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| json(item.get_ref())).collect()),
        DeValue::Table(table) => {
            let members =
                table.iter().map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref())));
            Value::Object(members.collect())
        }
    }
}
