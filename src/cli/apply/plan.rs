//! What has to change so that the daemon has what files declare. The daemon itself says what a change would
//! do (`dry_run`), since it alone can compare what it never shows.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Map, Value, json};

use super::declared::{Declared, Kind};
pub(super) use super::diff::{Action, Step};
use super::diff::{Change, created, differences, webhook_changes};
use crate::cli::connection::{Daemon, with_id, with_query};
use crate::cli::failure::{Exit, Failure};
use crate::limits;

const WEBHOOKS: &str = "/v1/webhooks";
const EVENT_TYPES: &str = "/v1/event-types";
const SECRETS: &str = "/v1/secrets";
const ACCOUNTS: &str = "/v1/accounts";

/// What is to be done, and what is left of what was declared once.
pub(super) struct Planned {
    pub(super) steps: Vec<Step>,
    pub(super) left: Vec<String>,
}

/// What plans are made with.
pub(super) struct Planner<'a> {
    pub(super) daemon: &'a Daemon,
    pub(super) managed_by: &'a str,
    pub(super) adopt: bool,
    pub(super) prune: bool,
}

impl Planner<'_> {
    /// Compares what is declared with what there is; every fault is said at once.
    pub(super) async fn plan(&self, declared: &[Declared]) -> Result<Planned, Failure> {
        let mut of_accounts: BTreeMap<Option<&str>, Vec<&Declared>> = BTreeMap::from([(None, Vec::new())]);
        for one in declared {
            let account = match one.kind {
                Kind::Account => Some(one.name.as_str()),
                _ => one.account.as_deref(),
            };
            of_accounts.entry(account).or_default().push(one);
        }
        let mut new = BTreeSet::new();
        if declared.iter().any(|one| one.kind == Kind::Account) {
            let known = self.names(&self.daemon.of(None), ACCOUNTS).await?;
            let accounts = declared.iter().filter(|one| one.kind == Kind::Account);
            new.extend(accounts.map(|one| one.name.as_str()).filter(|name| !known.contains_key(*name)));
        }
        let (mut steps, mut left, mut faults) = (Vec::new(), Vec::new(), None::<Failure>);
        for (account, things) in of_accounts {
            let daemon = account.map_or_else(|| self.daemon.clone(), |account| self.daemon.of(Some(account)));
            let is_new = account.is_some_and(|account| new.contains(account));
            let secrets = match things.iter().any(|one| one.kind == Kind::Secret) && !is_new {
                true => self.names(&daemon, SECRETS).await?,
                false => BTreeMap::new(),
            };
            for one in &things {
                let step = match one.kind {
                    Kind::Account => Ok(is_new.then(|| account_step(one))),
                    Kind::Secret => secret(&daemon, one, &secrets, is_new).await,
                    Kind::EventType => self.event_type(&daemon, one, is_new).await,
                    Kind::Webhook => self.webhook(&daemon, one, is_new).await,
                };
                match step {
                    Ok(step) => steps.extend(step),
                    Err(failure) => {
                        let failure = failure.about(&one.subject());
                        faults = Some(match faults {
                            Some(first) => first.and(failure),
                            None => failure,
                        });
                    }
                }
            }
            if !is_new {
                self.forgotten(&daemon, account, &things, (&mut steps, &mut left)).await?;
            }
        }
        // What is named by others is made before them, and what goes, goes last.
        steps.sort_by_key(|step| (step.action == Action::Remove, step.kind));
        faults.map_or(Ok(Planned { steps, left }), Err)
    }

    /// The things of a list by their names, each with when it last changed.
    async fn names(&self, daemon: &Daemon, path: &str) -> Result<BTreeMap<String, Value>, Failure> {
        let rows = rows(daemon, path, &[]).await?;
        let named = rows.iter().filter_map(|row| {
            Some((row.get("name")?.as_str()?.to_owned(), row.get("updated_at").cloned().unwrap_or_default()))
        });
        Ok(named.collect())
    }

    /// What is known of a thing is this set's, or is taken over.
    fn may_change(&self, known: &Value) -> Result<(), Failure> {
        let by = known.get("managed_by").and_then(Value::as_str);
        if by == Some(self.managed_by) || self.adopt {
            return Ok(());
        }
        let who = match by {
            Some(by) => format!("is managed by {by}"),
            None => "exists and was not made by apply".to_owned(),
        };
        Err(Failure::new(
            Exit::Refused,
            format!("{who}; --adopt takes it over, or give it another name here"),
        ))
    }

    async fn event_type(
        &self,
        daemon: &Daemon,
        one: &Declared,
        is_new: bool,
    ) -> Result<Option<Step>, Failure> {
        let mut body = one.members.clone();
        body.insert("managed_by".to_owned(), json!(self.managed_by));
        let path = with_id(EVENT_TYPES, &one.name, "");
        let known = if is_new { None } else { found(daemon.api(Method::GET, &path, None).await)? };
        let requests = vec![(Method::PUT, path.clone(), Some(Value::Object(body.clone())))];
        if is_new {
            return Ok(Some(Step::new(Action::Create, one, created(&body), requests)));
        }
        if let Some(known) = &known {
            self.may_change(known)?;
        }
        let wanted = daemon.api(Method::PUT, &dry(&path), Some(&Value::Object(body.clone()))).await?;
        let Some(known) = known else {
            return Ok(Some(Step::new(Action::Create, one, created(&body), requests)));
        };
        let changes = differences(&known, &wanted, &["managed_by", "description", "schema", "example"]);
        Ok((!changes.is_empty()).then(|| Step::new(Action::Change, one, changes, requests)))
    }

    async fn webhook(&self, daemon: &Daemon, one: &Declared, is_new: bool) -> Result<Option<Step>, Failure> {
        let mut body = one.members.clone();
        body.insert("name".to_owned(), json!(one.name));
        body.insert("managed_by".to_owned(), json!(self.managed_by));
        let query = [("name", Some(one.name.clone()))];
        let known = match is_new {
            true => None,
            false => daemon
                .api(Method::GET, &with_query(WEBHOOKS, &query), None)
                .await?
                .pointer("/data/0")
                .cloned(),
        };
        let Some(known) = known else {
            let mut members = created(&body);
            members.extend(one.secret.as_ref().map(|_| Change::hidden("secret", None)));
            body.extend(one.secret.as_ref().map(|secret| ("secret".to_owned(), json!(secret))));
            let body = Value::Object(body);
            if !is_new {
                daemon.api(Method::POST, &dry(WEBHOOKS), Some(&body)).await?;
            }
            return Ok(Some(Step::new(
                Action::Create,
                one,
                members,
                vec![(Method::POST, WEBHOOKS.to_owned(), Some(body))],
            )));
        };
        self.may_change(&known)?;
        let id = known.get("id").and_then(Value::as_str).unwrap_or_default();
        let (path, body) = (with_id(WEBHOOKS, id, ""), Value::Object(whole(body, &known)));
        let wanted = daemon.api(Method::PATCH, &dry(&path), Some(&body)).await?;
        let mut changes = webhook_changes(&known, &wanted);
        let mut requests = Vec::new();
        if !changes.is_empty() {
            requests.push((Method::PATCH, path, Some(body)));
        }
        if let Some(secret) = &one.secret {
            let (path, body) = (with_id(WEBHOOKS, id, "/rotate-secret"), json!({"secret": secret}));
            let rotated = daemon.api(Method::POST, &dry(&path), Some(&body)).await?;
            if rotated.get("changed") == Some(&Value::Bool(true)) {
                changes.push(Change::hidden("secret", Some("rotated; the old one also signs for a day")));
                requests.push((Method::POST, path, Some(body)));
            }
        }
        Ok((!changes.is_empty()).then(|| Step::new(Action::Change, one, changes, requests)))
    }

    /// What of this set is no longer declared: removed, or said to be left.
    async fn forgotten(
        &self,
        daemon: &Daemon,
        account: Option<&str>,
        things: &[&Declared],
        (steps, left): (&mut Vec<Step>, &mut Vec<String>),
    ) -> Result<(), Failure> {
        let mine = [("managed_by", Some(self.managed_by.to_owned()))];
        let webhooks = rows(daemon, WEBHOOKS, &mine).await?;
        let types = rows(daemon, EVENT_TYPES, &[]).await?;
        for (kind, path, rows) in [(Kind::EventType, EVENT_TYPES, types), (Kind::Webhook, WEBHOOKS, webhooks)]
        {
            for row in rows {
                let text = |member: &str| row.get(member).and_then(Value::as_str);
                let declared = |name| things.iter().any(|one| one.kind == kind && one.name == name);
                if text("managed_by") != Some(self.managed_by) || text("name").is_some_and(declared) {
                    continue;
                }
                let id = text(if kind == Kind::Webhook { "id" } else { "name" }).unwrap_or_default();
                let step = Step {
                    action: Action::Remove,
                    kind,
                    account: account.map(str::to_owned),
                    name: text("name").unwrap_or(id).to_owned(),
                    origin: None,
                    changes: Vec::new(),
                    requests: vec![(Method::DELETE, with_id(path, id, ""), None)],
                };
                if self.prune {
                    steps.push(step);
                } else {
                    left.push(step.subject());
                }
            }
        }
        Ok(())
    }
}

fn account_step(one: &Declared) -> Step {
    let requests = vec![(Method::POST, ACCOUNTS.to_owned(), Some(json!({"name": one.name})))];
    Step::new(Action::Create, one, Vec::new(), requests)
}

async fn secret(
    daemon: &Daemon,
    one: &Declared,
    known: &BTreeMap<String, Value>,
    is_new: bool,
) -> Result<Option<Step>, Failure> {
    let (path, body) = (with_id(SECRETS, &one.name, ""), json!({"value": one.secret}));
    let requests = vec![(Method::PUT, path.clone(), Some(body.clone()))];
    if is_new {
        return Ok(Some(Step::new(Action::Create, one, vec![Change::hidden("value", None)], requests)));
    }
    let set = daemon.api(Method::PUT, &dry(&path), Some(&body)).await?;
    let changes = vec![Change::hidden("value", None)];
    Ok(match known.get(&one.name) {
        None => Some(Step::new(Action::Create, one, changes, requests)),
        Some(before) if Some(before) != set.get("updated_at") => {
            Some(Step::new(Action::Change, one, changes, requests))
        }
        Some(_) => None,
    })
}

/// A path that only says what would be done.
fn dry(path: &str) -> String {
    with_query(path, &[("dry_run", Some("true".to_owned()))])
}

/// What there is; nothing where there is no such thing.
fn found<T: std::ops::Deref<Target = Value>>(answer: Result<T, Failure>) -> Result<Option<Value>, Failure> {
    match answer {
        Ok(found) => Ok(Some(found.clone())),
        Err(Failure::Failed { exit: Exit::NotFound, .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The body of a change that leaves nothing as it happens to be: what is not declared is set back.
fn whole(mut body: Map<String, Value>, known: &Value) -> Map<String, Value> {
    for member in Kind::Webhook.keys().iter().filter(|member| !FIXED.contains(member)) {
        body.entry(*member).or_insert(Value::Null);
    }
    // Their members are merged: those that are not declared are removed by name.
    for member in ["headers", "metadata", "tls"] {
        let Some(Value::Object(wanted)) = body.get_mut(member) else { continue };
        for name in known.get(member).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            if !wanted
                .keys()
                .any(|wanted| wanted.eq_ignore_ascii_case(name) && (member == "headers" || wanted == name))
            {
                wanted.insert(name.clone(), Value::Null);
            }
        }
    }
    body
}

/// The members of a webhook that are never set back: what it is, and its ordering, which cannot change.
const FIXED: [&str; 4] = ["account", "ordering", "secret", "url"];

/// All rows of a list.
async fn rows(
    daemon: &Daemon,
    path: &str,
    filters: &[(&'static str, Option<String>)],
) -> Result<Vec<Value>, Failure> {
    let limit = ("limit", Some(limits::PAGE_MAX.to_string()));
    let mut query = [filters, std::slice::from_ref(&limit)].concat();
    let mut all = Vec::new();
    loop {
        let page = daemon.page(path, &query).await?;
        all.extend(page.get("data").and_then(Value::as_array).into_iter().flatten().cloned());
        let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else { return Ok(all) };
        query = vec![limit.clone(), ("cursor", Some(cursor.to_owned()))];
    }
}
