//! A change as it is made and as it is printed; no secret is in what is printed.

use http::Method;
use serde_json::{Map, Value, json};

use super::declared::{Declared, Kind};
use crate::cli::connection::Daemon;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, clean};

/// What is done with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Change,
    Remove,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Remove => "remove",
        }
    }

    fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '~',
            Self::Remove => '-',
        }
    }
}

/// A member that changes, as it is printed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    member: String,
    from: Value,
    to: Value,
    /// What is said in place of values that are not shown.
    hidden: Option<&'static str>,
}

impl Change {
    /// A member whose values are not shown.
    pub(super) fn hidden(member: &str, why: Option<&'static str>) -> Self {
        let hidden = Some(why.unwrap_or("set; its value is not shown"));
        Self { member: member.to_owned(), from: Value::Null, to: Value::Null, hidden }
    }

    fn text(&self) -> String {
        if let Some(hidden) = self.hidden {
            return hidden.to_owned();
        }
        match (&self.from, &self.to) {
            (Value::Null, to) => shown(to),
            (from, to) => format!("{} → {}", shown(from), shown(to)),
        }
    }

    fn json(&self) -> Value {
        match self.hidden {
            Some(_) => json!({"member": self.member}),
            None => json!({"member": self.member, "from": self.from, "to": self.to}),
        }
    }
}

/// A value on one line.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "(default)".to_owned(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        other => crate::cli::table::plain(other),
    }
}

/// One thing that is made, changed or removed.
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) kind: Kind,
    pub(super) account: Option<String>,
    pub(super) name: String,
    /// The file and line that ask for it.
    pub(super) origin: Option<String>,
    pub(super) changes: Vec<Change>,
    /// What is asked of the daemon; may hold secrets.
    pub(super) requests: Vec<(Method, String, Option<Value>)>,
}

impl Step {
    pub(super) fn new(
        action: Action,
        one: &Declared,
        changes: Vec<Change>,
        requests: Vec<(Method, String, Option<Value>)>,
    ) -> Self {
        let (kind, account, name) = (one.kind, one.account.clone(), one.name.clone());
        Self { action, kind, account, name, origin: Some(one.origin.clone()), changes, requests }
    }

    /// Does it.
    pub(super) async fn take(&self, daemon: &Daemon) -> Result<(), Failure> {
        let daemon = match (self.kind, &self.account) {
            (Kind::Account, _) => daemon.of(None),
            (_, Some(account)) => daemon.of(Some(account)),
            (_, None) => daemon.clone(),
        };
        for (method, path, body) in &self.requests {
            let done = daemon.api(method.clone(), path, body.as_ref()).await.map(drop);
            match done {
                // Somebody else removed it.
                Err(Failure::Failed { exit: crate::cli::failure::Exit::NotFound, .. })
                    if self.action == Action::Remove => {}
                done => done?,
            }
        }
        Ok(())
    }

    /// What it is about.
    pub(super) fn subject(&self) -> String {
        let account =
            self.account.as_ref().map(|account| format!(" of account {account}")).unwrap_or_default();
        let origin = self.origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
        format!("{origin}{} {:?}{account}", self.kind.word(), self.name)
    }

    /// For people.
    pub(super) fn text(&self, output: Output) -> String {
        let Self { action, kind, account, name, changes, .. } = self;
        let account =
            account.as_ref().map(|account| format!(" of account {}", clean(account))).unwrap_or_default();
        let line = format!("{} {} {} {:?}{account}", action.sign(), action.word(), kind.word(), name);
        let mut text = output.diff(*action == Action::Remove, *action == Action::Create, line) + "\n";
        let width = changes.iter().map(|change| change.member.len()).max().unwrap_or(0);
        for change in changes {
            text.push_str(&format!("    {:width$}  {}\n", change.member, change.text()));
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let Self { action, kind, account, name, changes, .. } = self;
        let members: Vec<Value> = changes.iter().map(Change::json).collect();
        json!({"action": action.word(), "kind": kind.word().replace(' ', "_"), "account": account, "name": name, "members": members})
    }
}

/// The members of a thing that is made.
pub(super) fn created(body: &Map<String, Value>) -> Vec<Change> {
    let told = body.iter().filter(|(member, _)| !["name", "managed_by"].contains(&member.as_str()));
    told.map(|(member, value)| {
        if member == "tls" {
            return Change::hidden(member, None);
        }
        let to = if member == "headers" { names(value) } else { value.clone() };
        Change { member: member.clone(), from: Value::Null, to, hidden: None }
    })
    .collect()
}

/// The names of headers: their values may be secrets.
fn names(headers: &Value) -> Value {
    headers.as_object().map_or_else(|| headers.clone(), |headers| headers.keys().cloned().collect())
}

/// Which of these members differ, as they are shown.
pub(super) fn differences(known: &Value, wanted: &Value, members: &[&str]) -> Vec<Change> {
    let mut changes = Vec::new();
    for member in members {
        let of = |thing: &Value| thing.get(*member).cloned().unwrap_or_default();
        let (mut from, mut to) = (of(known), of(wanted));
        if from == to {
            continue;
        }
        if *member == "headers" {
            (from, to) = (names(&from), names(&to));
        }
        changes.push(Change { member: (*member).to_owned(), from, to, hidden: None });
    }
    changes
}

/// What a change of a webhook would change: what can be seen of it, and what the daemon says besides.
pub(super) fn webhook_changes(known: &Value, wanted: &Value) -> Vec<Change> {
    let Some(would) = wanted.get("would_change").and_then(Value::as_array).filter(|would| !would.is_empty())
    else {
        return Vec::new();
    };
    let mut changes = differences(known, wanted, &VISIBLE);
    for member in would.iter().filter_map(Value::as_str) {
        let seen = changes.iter().any(|change| change.member == member)
            || TERMS.contains(&member) && !changes.is_empty();
        if !seen {
            changes.push(Change::hidden(member, Some("changed; its values are not shown")));
        }
    }
    changes
}

/// What answers show of a webhook's settings.
const VISIBLE: [&str; 18] = [
    "managed_by",
    "url",
    "pending_url",
    "events",
    "profile",
    "description",
    "headers",
    "filter",
    "rate_limit",
    "max_in_flight",
    "ordering",
    "collect",
    "expires_at",
    "batch",
    "resource",
    "metadata",
    "verification",
    "state",
];
/// What several members are together.
const TERMS: [&str; 1] = ["terms"];
